//! Owns the reading of one row: cells and columns become a member and what is wrong with it. It
//! refuses to know other rows.

use super::columns::{Column, Columns};
use super::{Fault, Problem, repair};
use crate::organisation::{Address, Language, Member};
use crate::spelling;

/// One cell.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Cell {
    Text(String),
    Number(f64),
    Bool(bool),
    /// A date that the program knows to be one; its value is never kept.
    Date,
    /// The error of a formula.
    Error,
}

/// The cells of a row that hold something, with their columns from 0 in order.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Row {
    /// From 1.
    pub(super) number: usize,
    pub(super) cells: Vec<(usize, Cell)>,
}

/// Longest text of a cell, characters.
const CELL_MAX: usize = 400;
/// Longest name, characters.
const NAME_MAX: usize = 120;

impl Row {
    fn cell(&self, index: Option<usize>) -> Option<&Cell> {
        let index = index?;
        self.cells
            .iter()
            .find(|(i, _)| *i == index)
            .map(|(_, cell)| cell)
    }

    /// The texts of the row, for finding the header.
    pub(super) fn texts(&self) -> impl Iterator<Item = (usize, &str)> {
        self.cells.iter().filter_map(|(index, cell)| match cell {
            Cell::Text(text) => Some((*index, text.as_str())),
            Cell::Number(_) | Cell::Bool(_) | Cell::Date | Cell::Error => None,
        })
    }
}

/// What a row turned out to be.
#[derive(Debug)]
pub(super) enum Reading {
    /// No member stands here: empty, a sum, a signature, the header again.
    Nothing,
    /// A row that cannot be used.
    Unusable(Vec<Fault>),
    /// A member.
    Member(Box<Member>, Vec<Fault>),
}

/// The reading of one row under way.
struct Reader<'r> {
    columns: &'r Columns,
    row: &'r Row,
    faults: Vec<Fault>,
}

/// Reads one row.
pub(super) fn read(columns: &Columns, row: &Row) -> Reading {
    let mut reader = Reader {
        columns,
        row,
        faults: Vec::new(),
    };
    let code = reader.code();
    let name = reader.name();
    let email = reader.text(Column::Email);
    let no_email = email.trim().is_empty();
    let label = || {
        [code.as_deref().unwrap_or_default(), &name]
            .into_iter()
            .any(is_label)
    };
    if no_email && ((name.is_empty() && code.is_none()) || label()) {
        return Reading::Nothing;
    }
    if name.is_empty() {
        let column = columns.find(Column::Name).or(columns.find(Column::Given));
        reader.fault(Problem::MissingName, column, "");
        return Reading::Unusable(reader.faults);
    }
    let address = reader.address(&email);
    let branch = reader.text(Column::Branch);
    let branch = spelling::line(&branch);
    if branch.is_empty() && columns.find(Column::Branch).is_some() {
        reader.fault(Problem::MissingBranch, columns.find(Column::Branch), "");
    }
    let post = spelling::line(&reader.text(Column::Post));
    let official = reader.official();
    let language = reader.language();
    let paused = reader.paused();
    reader.look_at_what_is_not_kept();
    let unreachable = reader
        .faults
        .iter()
        .find(|fault| matches!(fault.problem, Problem::MissingEmail | Problem::InvalidEmail));
    let fault = unreachable.map(|fault| match fault.there.as_str() {
        "" => fault.message.vi.clone(),
        there => format!("{}: {there}", fault.message.vi),
    });
    let member = Member {
        code,
        name,
        address,
        branch,
        post,
        official,
        language,
        paused,
        fault,
    };
    Reading::Member(Box::new(member), reader.faults)
}

/// True for words that stand where a name stands, but are none: sums and repeated headers.
fn is_label(text: &str) -> bool {
    let folded = spelling::fold(text);
    let starts = |word: &str| folded.starts_with(&spelling::fold(word));
    let again = Columns::of_header([(0, text), (1, "Email")].into_iter()).is_some();
    ["tổng số", "tổng cộng", "cộng:", "tổng:"]
        .into_iter()
        .any(starts)
        || folded == "cộng"
        || folded == "tổng"
        || again
}

impl Reader<'_> {
    fn fault(&mut self, problem: Problem, column: Option<usize>, there: &str) {
        let place = column.map(|index| self.columns.place(index));
        self.faults
            .push(Fault::new(problem, self.row.number, place, there));
    }

    /// The text of a column, as typed; empty where there is none.
    fn text(&mut self, column: Column) -> String {
        let index = self.columns.find(column);
        match self.row.cell(index) {
            None | Some(Cell::Date) => String::new(),
            Some(Cell::Text(text)) if text.chars().count() > CELL_MAX => {
                let start: String = text.chars().take(CELL_MAX).collect();
                self.fault(Problem::TooLong, index, &start);
                String::new()
            }
            Some(Cell::Text(text)) => text.clone(),
            Some(Cell::Number(number)) => number.to_string(),
            Some(Cell::Bool(value)) => value.to_string(),
            Some(Cell::Error) => {
                self.fault(Problem::ErrorCell, index, "");
                String::new()
            }
        }
    }

    fn code(&mut self) -> Option<String> {
        let code = spelling::line(&self.text(Column::Code));
        (!code.is_empty()).then_some(code)
    }

    fn name(&mut self) -> String {
        let whole = self.columns.find(Column::Name);
        let raw = if whole.is_some() {
            self.text(Column::Name)
        } else {
            let (family, given) = (self.text(Column::Family), self.text(Column::Given));
            format!("{} {}", family.trim(), given.trim())
                .trim()
                .to_owned()
        };
        let column = whole.or(self.columns.find(Column::Given));
        let (name, problems) = repair::name(&raw);
        for problem in problems {
            self.fault(problem, column, &name);
        }
        if name.contains('\u{fffd}') {
            self.fault(Problem::Unreadable, column, &name);
        }
        if name.chars().count() > NAME_MAX {
            self.fault(Problem::TooLong, column, &name);
            return String::new();
        }
        name
    }

    fn address(&mut self, raw: &str) -> Option<Address> {
        let column = self.columns.find(Column::Email);
        match repair::address(raw) {
            Ok((address, problems)) => {
                for problem in problems {
                    self.fault(problem, column, raw);
                }
                Some(address)
            }
            Err(problem) => {
                let place = column.map(|index| self.columns.place(index));
                let mut fault = Fault::new(problem, self.row.number, place, raw);
                if let Some(guess) = repair::guess(raw) {
                    fault = fault.instead(format!("có phải {guess}?"), format!("{guess}, perhaps"));
                }
                self.faults.push(fault);
                None
            }
        }
    }

    /// Official unless the row says probationary: by a word, or by a mark under a header.
    fn official(&mut self) -> bool {
        let membership = self
            .columns
            .iter()
            .find(|(_, c)| matches!(c, Column::Membership { .. }));
        let Some((index, column @ Column::Membership { marked_is_official })) = membership else {
            return true;
        };
        let typed = self.text(column);
        let plain = spelling::ascii(&typed).to_ascii_lowercase();
        match plain.trim() {
            "chinh thuc" | "ct" | "dang vien chinh thuc" | "dvct" | "official" => true,
            "du bi" | "db" | "dang vien du bi" | "dvdb" | "probationary" => false,
            "" if self.row.cell(Some(index)) == Some(&Cell::Date) => marked_is_official,
            "" => !marked_is_official || self.only_membership(index),
            mark => match truth(mark) {
                Some(marked) => marked == marked_is_official,
                None => {
                    self.fault(Problem::UnknownType, Some(index), &typed);
                    true
                }
            },
        }
    }

    /// True if no second column says the other half ("Chính thức" beside "Dự bị").
    fn only_membership(&self, index: usize) -> bool {
        let others = self.columns.iter().filter(|(i, c)| {
            *i != index
                && matches!(c, Column::Membership { .. })
                && self.row.cell(Some(*i)).is_some()
        });
        others.count() == 0
    }

    fn language(&mut self) -> Option<Language> {
        let typed = spelling::line(&self.text(Column::Language));
        let plain = spelling::ascii(&typed).to_ascii_lowercase();
        match plain.as_str() {
            "" => None,
            "vi" | "tieng viet" | "vn" => Some(Language::Vi),
            "en" | "tieng anh" | "english" => Some(Language::En),
            _ => {
                let column = self.columns.find(Column::Language);
                self.fault(Problem::UnknownWord, column, &typed);
                if let Some(fault) = self.faults.last_mut() {
                    *fault = fault.clone().instead("vi | en", "vi | en");
                }
                None
            }
        }
    }

    /// A word that is not understood pauses nobody, but is a fault.
    fn paused(&mut self) -> bool {
        let typed = spelling::line(&self.text(Column::Paused));
        let plain = spelling::ascii(&typed).to_ascii_lowercase();
        if plain.is_empty() {
            return false;
        }
        truth(&plain).unwrap_or_else(|| {
            self.fault(
                Problem::UnknownWord,
                self.columns.find(Column::Paused),
                &typed,
            );
            false
        })
    }

    /// Telephone numbers and dates: their faults are said, their values neither kept nor repeated.
    fn look_at_what_is_not_kept(&mut self) {
        for (index, column) in self.columns.iter() {
            let problem = match (column, self.row.cell(Some(index))) {
                (Column::Phone, Some(Cell::Number(_))) => Some(Problem::PhoneLostZero),
                (Column::Phone, Some(Cell::Text(text))) => phone_problem(text.trim()),
                (Column::Date, Some(Cell::Text(text))) => {
                    let text = text.trim();
                    let iso = text.parse::<chrono::NaiveDate>().is_ok();
                    (!text.is_empty() && !iso).then_some(Problem::DateText)
                }
                _ => None,
            };
            if let Some(problem) = problem {
                self.fault(problem, Some(index), "");
            }
        }
    }
}

/// Digits of a telephone number in Việt Nam that lost its leading 0.
const PHONE_DIGITS_WITHOUT_ZERO: usize = 9;

fn phone_problem(text: &str) -> Option<Problem> {
    if !text.bytes().all(|b| b.is_ascii_digit()) {
        return Some(Problem::PhoneFormat);
    }
    let lost = text.len() == PHONE_DIGITS_WITHOUT_ZERO && !text.starts_with('0');
    lost.then_some(Problem::PhoneLostZero)
}

/// Yes or no, as lists write it, in plain small letters.
fn truth(plain: &str) -> Option<bool> {
    match plain {
        "x" | "1" | "true" | "co" | "yes" | "v" | "dung" => Some(true),
        "0" | "false" | "khong" | "no" | "-" | "sai" => Some(false),
        _ => None,
    }
}
