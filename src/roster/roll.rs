//! Owns the roll under way: which codes, people, addresses and branches came already, and handing
//! the entries on in order. It refuses to know files and cells.

use std::collections::hash_map::{DefaultHasher, Entry as Seen};
use std::collections::{HashMap, HashSet};
use std::hash::{Hash, Hasher};
use std::ops::ControlFlow;

use super::columns::{Column, Columns};
use super::row::{self, Reading, Row};
use super::{BRANCHES_MAX, Entry, Fault, Level, MEMBERS_MAX, Problem, Sink};
use crate::organisation::{Branch, BranchCode, Member, Phrase};
use crate::spelling;

/// Most names of branches in a piece of advice.
const ADVISED_MAX: usize = 10;
/// Keys are kept as hashes: a million members stay within some 130 MB.
type Rows = HashMap<u64, usize>;

fn hash(text: &str) -> u64 {
    let mut hasher = DefaultHasher::new();
    text.hash(&mut hasher);
    hasher.finish()
}

/// The first row with this key, if an earlier one has it.
fn earlier(rows: &mut Rows, key: &str, row: usize) -> Option<usize> {
    match rows.entry(hash(key)) {
        Seen::Occupied(seen) => Some(*seen.get()),
        Seen::Vacant(place) => {
            place.insert(row);
            None
        }
    }
}

/// The roll.
pub(super) struct Roll<'s, 'f> {
    sink: &'s mut Sink<'f>,
    stopped: bool,
    /// By the key by which a member is known again.
    people: Rows,
    addresses: Rows,
    /// Hashes of addresses whose first row was told that it is not alone.
    shared: HashSet<u64>,
    /// Local parts that do not fit their member's name.
    unlike: Rows,
    /// Usual local parts of members without an address.
    lacking: Rows,
    /// Folded codes and names of branches, with their row and as they were written.
    branches: HashMap<String, (usize, String)>,
    /// There is a list of branches: one that it lacks is a fault.
    listed: bool,
    members: usize,
}

impl<'s, 'f> Roll<'s, 'f> {
    pub(super) fn new(sink: &'s mut Sink<'f>) -> Self {
        Self {
            sink,
            stopped: false,
            people: Rows::new(),
            addresses: Rows::new(),
            shared: HashSet::new(),
            unlike: Rows::new(),
            lacking: Rows::new(),
            branches: HashMap::new(),
            listed: false,
            members: 0,
        }
    }

    /// True until the sink breaks or a limit is reached.
    pub(super) fn going(&self) -> bool {
        !self.stopped
    }

    fn give(&mut self, entry: Entry) {
        if !self.stopped && (self.sink)(entry) == ControlFlow::Break(()) {
            self.stopped = true;
        }
    }

    pub(super) fn fault(&mut self, fault: Fault) {
        self.give(Entry::Fault(fault));
    }

    /// A fault of the whole file, with what the reader said.
    pub(super) fn file_fault(&mut self, problem: Problem, there: &str) {
        self.fault(Fault::new(problem, 0, None, there));
    }

    /// A cell that has the rows after it in it: what is left is only a part of the list.
    pub(super) fn open_quote(&mut self, row: usize, cell: &str) {
        let start = cell.lines().next().unwrap_or_default();
        self.fault(Fault::new(Problem::OpenQuote, 0, None, start).at_row(row));
    }

    /// A branch of the list of branches.
    pub(super) fn branch(&mut self, branch: Branch, row: usize) {
        self.listed = true;
        let code = branch.code.as_ref().map(|code| spelling::fold(&code.0));
        for key in code.into_iter().chain([spelling::fold(&branch.name)]) {
            let seen = self.branches.insert(key, (row, branch.name.clone()));
            if let Some((other, _)) = seen {
                let fault = Fault::new(Problem::DuplicateCode, row, None, &branch.name);
                self.fault(fault.with_row(other));
                return;
            }
        }
        if self.branches.len() > 2 * BRANCHES_MAX {
            self.file_fault(Problem::TooMany, "chi bộ");
            self.stopped = true;
        }
        self.give(Entry::Branch(branch));
    }

    /// One row below the header.
    pub(super) fn row(&mut self, columns: &Columns, row: &Row) {
        match row::read(columns, row) {
            Reading::Nothing => {}
            Reading::Unusable(faults) => faults.into_iter().for_each(|fault| self.fault(fault)),
            Reading::Member(member, faults) => self.member(columns, row.number, *member, faults),
        }
    }

    fn member(&mut self, columns: &Columns, row: usize, member: Member, mut faults: Vec<Fault>) {
        self.members += 1;
        if self.members > MEMBERS_MAX {
            self.file_fault(Problem::TooMany, &MEMBERS_MAX.to_string());
            self.stopped = true;
            return;
        }
        let place = |column| columns.find(column).map(|index| columns.place(index));
        if let Some(other) = earlier(&mut self.people, &member.key(), row) {
            let (problem, column, there) = match &member.code {
                Some(code) => (Problem::DuplicateCode, Column::Code, code.as_str()),
                None => (Problem::SamePerson, Column::Name, member.name.as_str()),
            };
            let fault = Fault::new(problem, row, place(column), there).with_row(other);
            // Which of the two is right only the office knows: the first stays, as it was.
            self.fault(fault);
            return;
        }
        if let Some(address) = &member.address
            && let Some(other) = earlier(&mut self.addresses, address.as_str(), row)
        {
            let there = address.as_str();
            let shared = |row, with| {
                Fault::new(Problem::DuplicateEmail, row, place(Column::Email), there).with_row(with)
            };
            if self.shared.insert(hash(there)) {
                faults.push(shared(other, row));
            }
            faults.push(shared(row, other));
        }
        faults.extend(self.of_another(&member, row, place(Column::Email)));
        if let Some(fault) = self.branch_of(&member, row, place(Column::Branch)) {
            faults.push(fault);
        }
        self.give(Entry::Member { row, member });
        faults.sort_by_key(|fault| match fault.level {
            Level::Error => 0,
            Level::Warning => 1,
            Level::Note => 2,
        });
        faults.into_iter().for_each(|fault| self.fault(fault));
    }

    /// An address copied one line too far: it does not fit its member's name, but that of another
    /// who has none.
    fn of_another(
        &mut self,
        member: &Member,
        row: usize,
        place: Option<super::Place>,
    ) -> Option<Fault> {
        let usual = super::repair::usual_local(&member.name);
        let local = member
            .address
            .as_ref()
            .and_then(|a| a.as_str().split('@').next());
        let (address_row, other) = match local {
            Some(local) if local == usual => return None,
            Some(local) => {
                self.unlike.insert(hash(local), row);
                (row, *self.lacking.get(&hash(local))?)
            }
            None => {
                self.lacking.insert(hash(&usual), row);
                (*self.unlike.get(&hash(&usual))?, row)
            }
        };
        let mut fault = Fault::new(Problem::DuplicateEmail, address_row, place, "");
        fault.message = Phrase::new(
            "địa chỉ thư có vẻ là của người khác, người đó đang thiếu địa chỉ",
            "the address seems to be that of another member, who has none",
        );
        Some(fault.with_row(other))
    }

    /// Hands on the branch of a member where it is new; says if the list lacks it.
    fn branch_of(
        &mut self,
        member: &Member,
        row: usize,
        place: Option<super::Place>,
    ) -> Option<Fault> {
        let key = spelling::fold(&member.branch);
        if key.is_empty() || self.branches.contains_key(&key) {
            return None;
        }
        if self.listed {
            let mut names: Vec<String> = self.branches.values().map(|(_, n)| n.clone()).collect();
            names.sort_unstable();
            names.dedup();
            let names = names
                .into_iter()
                .take(ADVISED_MAX)
                .collect::<Vec<_>>()
                .join(" | ");
            let fault = Fault::new(Problem::UnknownBranch, row, place, &member.branch);
            return Some(fault.instead(names.clone(), names));
        }
        self.branches.insert(key, (row, member.branch.clone()));
        if self.branches.len() > BRANCHES_MAX {
            self.file_fault(Problem::TooMany, "chi bộ");
            self.stopped = true;
        }
        let name = member.branch.clone();
        self.give(Entry::Branch(Branch {
            code: None,
            name,
            mailbox: None,
        }));
        None
    }
}

/// A branch from its three fields as typed; none where it has neither code nor name. An unusable
/// mailbox is a fault, and the branch is reached by its officers.
pub(super) fn branch_of_fields(
    roll: &mut Roll<'_, '_>,
    row: usize,
    [code, name, mailbox]: [&str; 3],
) {
    let (code, name) = (spelling::line(code), spelling::line(name));
    if code.is_empty() && name.is_empty() {
        return;
    }
    let mailbox = match super::repair::address(mailbox) {
        Ok((address, _)) => Some(address),
        Err(problem) => {
            if problem == Problem::InvalidEmail {
                let place = super::Place {
                    letter: String::new(),
                    header: "hop_thu".into(),
                };
                roll.fault(Fault::new(problem, row, Some(place), mailbox));
            }
            None
        }
    };
    let name = if name.is_empty() { code.clone() } else { name };
    let code = (!code.is_empty()).then_some(BranchCode(code));
    roll.branch(
        Branch {
            code,
            name,
            mailbox,
        },
        row,
    );
}
