//! Owns the list of who has not yet received a document: in the roster now, and why. It refuses to
//! decide who is owed it.

use std::process::ExitCode;

use anyhow::Result;

use super::output::{Output, Sink};
use super::{capital, heading, kind, local, masked, moment, time};
use crate::cli::command;
use crate::cli::open::Desk;
use crate::cli::show::Screen;
use crate::daemon::now;
use crate::document::Standing;
use crate::ledger::documents::DocumentRow;
use crate::ledger::report::{self, BranchRow};
use crate::ledger::{LedgerError, Tx};
use crate::letter::Because;
use crate::organisation::Language;
use crate::publish::{Inquiry, Page, Unreceived};
use crate::table::{Cell, Column, Sums, Table, Tone};

/// What is counted, for programs and for people.
const COUNTS: [(&str, (&str, &str), Tone); 3] = [
    ("addressed", ("Phải nhận", "To receive it"), Tone::Plain),
    ("received", ("Đã nhận", "Received"), Tone::Good),
    ("missing", ("Chưa nhận", "Not received"), Tone::Bad),
];
/// Columns and how wide they get.
const COLUMNS: [((&str, &str), u16); 8] = [
    (("Mã", "Code"), 12),
    (("Người nhận", "Recipient"), 26),
    (("Gửi tới", "Sent to"), 12),
    (("Lý do chưa nhận", "Why not"), 34),
    (("Phải nhận từ", "Owed since"), 18),
    (("Đợt gần nhất", "Last edition"), 12),
    (("Lần gửi cuối", "Last attempt"), 18),
    (("Địa chỉ cần kiểm tra", "Address to check"), 28),
];

pub(super) async fn run(desk: &Desk, ask: &command::Report, document: &str) -> Result<ExitCode> {
    let screen = &desk.screen;
    desk.read_roster().await?;
    let row = desk.document(document).await?;
    owed(&row, screen)?;
    let branch = match &ask.branch {
        Some(text) => Some(desk.branch(text).await?),
        None => None,
    };
    let symbol = row.document.facts.symbol.as_ref();
    let symbol = symbol.map_or_else(|| row.document.file.clone(), |f| f.value.to_string());
    let parts = ["chua-nhan", &symbol, branch.as_deref().unwrap_or("")];
    let output = Output::of(desk, ask, &parts.join("-"))?;

    let mut tx = desk.ledger.snapshot().await?;
    let inquiry = Inquiry::about(&mut tx, &desk.config, &row).await?;
    let mut branches = report::branches(&mut tx).await?;
    branches.retain(|b| b.present && branch.as_ref().is_none_or(|code| *code == b.code));
    let sums = sums(&mut tx, &inquiry, &branches, screen).await?;
    let total = sums.total();
    let mut heading = heading(
        desk,
        screen.say(
            "Danh sách chưa nhận văn bản",
            "Who has not yet received a document",
        ),
    );
    let (vi, en) = (
        format!("{} trong số {} nơi phải nhận", total[2], total[0]),
        format!("{} of {} that are to receive it", total[2], total[0]),
    );
    heading.facts = vec![
        (screen.say("Văn bản", "Document"), described(&row, screen)),
        (
            screen.say("Chưa nhận", "Not received"),
            screen.say(&vi, &en).to_owned(),
        ),
        (screen.say("Lập lúc", "Made"), moment(now(), screen)),
    ];
    heading.nothing = screen.say(
        "Mọi nơi phải nhận đều đã nhận văn bản này.",
        "Everybody who is to receive this document has received it.",
    );
    heading.columns = COLUMNS
        .iter()
        .map(|((vi, en), widest)| Column {
            head: screen.say(vi, en),
            widest: *widest,
        })
        .collect();
    heading.one_list = true;
    heading.rows = total[2];
    heading.sums = sums.clone();
    let written = match output.begin(screen, heading) {
        Ok(table) => write(&mut tx, &inquiry, &branches, screen, table).await,
        Err(error) => Err(error),
    };
    tx.rollback().await.map_err(LedgerError::from)?;
    output.end(
        screen,
        written,
        (total[2], &sums),
        &COUNTS.map(|count| count.0),
    )?;
    Ok(ExitCode::SUCCESS)
}

/// A document that nobody is owed has no such list.
fn owed(row: &DocumentRow, screen: &Screen) -> Result<()> {
    let (id, standing) = (row.id, row.document.standing);
    if standing == Standing::Accepted {
        return Ok(());
    }
    let word = screen.word(standing.word());
    let (vi, en) = match standing {
        Standing::Waiting => (
            "cần phê duyệt trước: `phobien documents approve`",
            "approve it first: `phobien documents approve`",
        ),
        Standing::Superseded => (
            "đề nghị hỏi về bản thay thế: `phobien documents list`",
            "ask about the version that replaced it: `phobien documents list`",
        ),
        _ => ("không ai còn phải nhận", "nobody is to receive it any more"),
    };
    let vi = format!("{id} ({word}) chưa hoặc không còn phải gửi cho ai: {vi}");
    let en = format!("{id} ({word}) is owed to nobody: {en}");
    Err(screen.failed(&vi, &en))
}

/// The first reading: how many, by branch.
async fn sums(
    tx: &mut Tx,
    inquiry: &Inquiry,
    branches: &[BranchRow],
    screen: &Screen,
) -> Result<Sums> {
    let mut groups = Vec::new();
    for branch in branches {
        let (mut addressed, mut missing) = (0, 0);
        let mut pages = Pages::of(inquiry, branch.id);
        while let Some(page) = pages.next(tx).await? {
            addressed += page.addressed;
            missing += page.missing.len() as u64;
        }
        if addressed > 0 {
            groups.push((
                branch.name.clone(),
                vec![addressed, addressed - missing, missing],
            ));
        }
    }
    let heads = COUNTS
        .iter()
        .map(|(_, (vi, en), tone)| (screen.say(vi, en), *tone));
    Ok(Sums {
        heads: heads.collect(),
        groups,
    })
}

/// The second reading, of the same snapshot: who.
async fn write(
    tx: &mut Tx,
    inquiry: &Inquiry,
    branches: &[BranchRow],
    screen: &Screen,
    mut table: Table<Sink<'_>>,
) -> Result<()> {
    for branch in branches {
        let mut pages = Pages::of(inquiry, branch.id);
        let mut named = false;
        while let Some(page) = pages.next(tx).await? {
            if page.missing.is_empty() {
                continue;
            }
            if !std::mem::replace(&mut named, true) {
                table.group(&branch.name)?;
            }
            let rows: Vec<_> = page.missing.iter().map(|row| cells(row, screen)).collect();
            table.rows(&rows)?;
        }
    }
    Ok(table.finish()?)
}

/// The recipients of a branch, itself and its members, page by page.
struct Pages<'i> {
    inquiry: &'i Inquiry,
    branch: i64,
    kind: usize,
    after: i64,
}

impl<'i> Pages<'i> {
    fn of(inquiry: &'i Inquiry, branch: i64) -> Self {
        Self {
            inquiry,
            branch,
            kind: 0,
            after: 0,
        }
    }

    async fn next(&mut self, tx: &mut Tx) -> Result<Option<Page>> {
        while let Some(kind) = self.inquiry.kinds.get(self.kind) {
            let page = self
                .inquiry
                .page(tx, (*kind, self.branch), self.after)
                .await?;
            if let Some(page) = page {
                self.after = page.last;
                return Ok(Some(page));
            }
            self.kind += 1;
            self.after = 0;
        }
        Ok(None)
    }
}

fn cells(row: &Unreceived, screen: &Screen) -> Vec<Cell> {
    let tone = match row.why {
        Because::Queued | Because::NotYet | Because::PutOff(_) | Because::InDoubt => Tone::Waiting,
        _ => Tone::Bad,
    };
    let edition = row.edition.map(|id| id.to_string());
    vec![
        Cell::text(row.code.as_deref().unwrap_or("")),
        Cell::text(&row.name),
        kind(row.kind, screen),
        Cell::Word(capital(&row.why.words(screen.language)), tone),
        Cell::Time(local(row.since, screen)),
        Cell::text(edition.as_deref().unwrap_or("")),
        time(row.last_attempt_at, screen),
        Cell::text(&masked(row.address.as_deref())),
    ]
}

/// A document as an office names it: type, symbol, date, title; else the name of its file.
pub(super) fn described(row: &DocumentRow, screen: &Screen) -> String {
    let facts = &row.document.facts;
    let Some(symbol) = &facts.symbol else {
        return row.document.file.clone();
    };
    let kind = facts.kind.as_ref().map_or("", |f| f.value.as_str());
    let (number, of) = (screen.say("số", "No."), screen.say(", ngày", ", of"));
    let mut words = format!("{kind} {number} {}", symbol.value);
    if let Some(day) = &facts.issued_on {
        let form = match screen.language {
            Language::Vi => "%d/%m/%Y",
            Language::En => "%Y-%m-%d",
        };
        words.push_str(&format!("{of} {}", day.value.format(form)));
    }
    if let Some(title) = &facts.title {
        words.push_str(&format!(", {}", title.value));
    }
    capital(words.trim())
}
