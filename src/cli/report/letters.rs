//! Owns the report of letters: the log as people read it, by branch, with sums. It refuses to hold
//! more of it in memory than a page and what counting needs.

use std::process::ExitCode;

use anyhow::Result;

use super::output::{Output, Sink};
use super::{capital, heading, kind, local, masked, moment, time};
use crate::cli::command;
use crate::cli::log;
use crate::cli::named;
use crate::cli::open::Desk;
use crate::cli::show::Screen;
use crate::cli::stop::Stop;
use crate::daemon::now;
use crate::delivery::State;
use crate::ledger::log::{LogFilter, LogRow};
use crate::ledger::report::{self, BranchRow, Chosen};
use crate::ledger::{LedgerError, Tx};
use crate::letter::Because;
use crate::publish;
use crate::table::{Cell, Column, Sums, Table, Tone};

/// Rows read at a time.
const PAGE: usize = 500;
/// What is counted: the word for programs, what people call it, how it is meant, which states.
type Count = (
    &'static str,
    (&'static str, &'static str),
    Tone,
    &'static [State],
);
/// The whole, then its parts.
const COUNTS: [Count; 6] = [
    ("total", ("Tổng số thư", "Letters"), Tone::Plain, State::ALL),
    ("sent", ("Đã gửi", "Sent"), Tone::Good, &[State::Sent]),
    (
        "waiting",
        ("Đang chờ", "Waiting"),
        Tone::Waiting,
        &[State::Pending, State::Sending, State::Deferred],
    ),
    (
        "unknown",
        ("Chưa rõ", "In doubt"),
        Tone::Waiting,
        &[State::Unknown],
    ),
    (
        "failed",
        ("Không tới", "Failed"),
        Tone::Bad,
        &[State::Failed, State::Bounced],
    ),
    (
        "cancelled",
        ("Đã dừng", "Stopped"),
        Tone::Plain,
        &[State::Cancelled],
    ),
];
/// Columns and how wide they get.
const COLUMNS: [((&str, &str), u16); 11] = [
    (("Mã", "Code"), 12),
    (("Người nhận", "Recipient"), 24),
    (("Gửi tới", "Sent to"), 12),
    (("Văn bản", "Documents"), 24),
    (("Đợt", "Edition"), 9),
    (("Hẹn gửi", "Due"), 18),
    (("Trạng thái", "State"), 17),
    (("Lần gửi cuối", "Last attempt"), 18),
    (("Số lần", "Attempts"), 9),
    (("Xác nhận", "Confirmed"), 18),
    (("Ghi chú", "Note"), 34),
];

pub(super) async fn run(desk: &Desk, ask: &command::Report) -> Result<ExitCode> {
    let screen = &desk.screen;
    let filter = filter(desk, ask).await?;
    let mut heading = heading(
        desk,
        screen.say("Báo cáo kết quả gửi văn bản", "Report of documents sent"),
    );
    heading.nothing = screen.say("Không có thư nào như vậy.", "No such letters.");
    heading.facts = facts(desk, ask, &filter).await?;
    heading.columns = COLUMNS
        .iter()
        .map(|((vi, en), widest)| Column {
            head: screen.say(vi, en),
            widest: *widest,
        })
        .collect();
    let output = Output::of(desk, ask, &stem(ask))?;
    let mut tx = desk.ledger.snapshot().await?;
    let chosen = report::chosen(&mut tx, &filter).await?;
    let branches = report::branches(&mut tx).await?;
    let groups: Vec<&[Chosen]> = chosen.chunk_by(|a, b| a.branch == b.branch).collect();
    heading.rows = chosen.len() as u64;
    heading.sums = sums(&groups, &branches, screen);
    let (rows, sums) = (heading.rows, heading.sums.clone());
    let written = match output.begin(screen, heading) {
        Ok(table) => write(&mut tx, &filter, &groups, (&sums, screen), table).await,
        Err(error) => Err(error),
    };
    tx.rollback().await.map_err(LedgerError::from)?;
    output.end(screen, written, (rows, &sums), &COUNTS.map(|count| count.0))?;
    Ok(ExitCode::SUCCESS)
}

/// The same letters that `phobien log` would show.
async fn filter(desk: &Desk, ask: &command::Report) -> Result<LogFilter> {
    let same = command::Log {
        document: ask.document.clone(),
        to: ask.to.clone(),
        branch: ask.branch.clone(),
        edition: ask.edition.clone(),
        since: ask.since.clone(),
        state: None,
    };
    let mut filter = log::filter(desk, same).await?;
    if let Some(text) = &ask.until {
        let until = named::until(text, &desk.screen)?;
        if filter.since.is_some_and(|since| since >= until) {
            return Err(Stop::usage(desk.screen.say(
                "--until đứng trước --since: khoảng thời gian này trống",
                "--until comes before --since: nothing lies between them",
            )));
        }
        filter.until = Some(until);
    }
    Ok(filter)
}

/// What the report is about.
async fn facts(
    desk: &Desk,
    ask: &command::Report,
    filter: &LogFilter,
) -> Result<Vec<(&'static str, String)>> {
    let screen = &desk.screen;
    let mut facts = Vec::new();
    if let Some(text) = &ask.edition {
        let edition = desk.edition(text).await?;
        let state = screen.word(edition.state.word());
        let due = moment(edition.due_at, screen);
        let what = format!("{} ({}), {due}, {state}", edition.id, edition.schedule);
        facts.push((screen.say("Đợt gửi", "Edition"), what));
    }
    let period = match (filter.since, filter.until) {
        (None, None) => None,
        (since, until) => {
            let open = || "…".to_owned();
            let since = since.map_or_else(open, |at| moment(at, screen));
            // What lies before midnight belongs to the day before.
            let last = until.map(|at| at - chrono::TimeDelta::milliseconds(1));
            let until = last.map_or_else(open, |at| moment(at, screen));
            Some(format!("{since} – {until}"))
        }
    };
    facts.extend(period.map(|period| (screen.say("Thời gian", "Period"), period)));
    if let Some(text) = &ask.document {
        let document = desk.document(text).await?;
        facts.push((
            screen.say("Văn bản", "Document"),
            super::missing::described(&document, screen),
        ));
    }
    if let Some(code) = &filter.branch {
        facts.push((screen.say("Chi bộ", "Branch"), code.clone()));
    }
    facts.extend(
        ask.to
            .clone()
            .map(|to| (screen.say("Người nhận", "Recipient"), to)),
    );
    facts.push((screen.say("Lập lúc", "Made"), moment(now(), screen)));
    Ok(facts)
}

/// What a file is called that nobody named.
fn stem(ask: &command::Report) -> String {
    let parts = [
        &ask.edition,
        &ask.document,
        &ask.branch,
        &ask.since,
        &ask.until,
    ];
    let parts = parts.into_iter().flatten().map(String::as_str);
    let parts: Vec<_> = std::iter::once("bao-cao").chain(parts).collect();
    parts.join("-")
}

fn sums(groups: &[&[Chosen]], branches: &[BranchRow], screen: &Screen) -> Sums {
    let counts = |group: &[Chosen]| {
        let of = |states: &[State]| group.iter().filter(|c| states.contains(&c.state)).count();
        COUNTS.map(|(.., states)| of(states) as u64).to_vec()
    };
    let name = |branch: Option<i64>| {
        let row = branches.iter().find(|b| Some(b.id) == branch);
        let office = screen.say("Văn phòng", "Office");
        row.map_or_else(|| office.to_owned(), |row| row.name.clone())
    };
    let heads = COUNTS
        .iter()
        .map(|(_, (vi, en), tone, _)| (screen.say(vi, en), *tone));
    Sums {
        heads: heads.collect(),
        groups: groups
            .iter()
            .map(|group| (name(group[0].branch), counts(group)))
            .collect(),
    }
}

async fn write(
    tx: &mut Tx,
    filter: &LogFilter,
    groups: &[&[Chosen]],
    (sums, screen): (&Sums, &Screen),
    mut table: Table<Sink<'_>>,
) -> Result<()> {
    for (group, (name, _)) in groups.iter().zip(&sums.groups) {
        table.group(name)?;
        for page in group.chunks(PAGE) {
            let ids: Vec<i64> = page.iter().map(|c| c.delivery).collect();
            let rows = report::rows(tx, filter, &ids).await?;
            let rows: Vec<_> = rows.iter().map(|row| cells(row, screen)).collect();
            table.rows(&rows)?;
        }
    }
    Ok(table.finish()?)
}

fn cells(row: &LogRow, screen: &Screen) -> Vec<Cell> {
    let person = row.person.as_ref().map(|p| format!(" ({p})"));
    let documents: Vec<_> = row.documents.iter().map(|(_, s)| s.as_str()).collect();
    let tone = COUNTS[1..]
        .iter()
        .find(|(.., states)| states.contains(&row.state));
    let state = capital(&screen.word(row.state.word()));
    vec![
        Cell::text(row.code.as_deref().unwrap_or("")),
        Cell::text(&format!("{}{}", row.name, person.unwrap_or_default())),
        kind(row.kind, screen),
        Cell::text(&documents.join(", ")),
        Cell::text(&row.edition.to_string()),
        Cell::Time(local(row.due_at, screen)),
        Cell::Word(state, tone.map_or(Tone::Plain, |(_, _, tone, _)| *tone)),
        time(row.last_attempt_at, screen),
        Cell::Number(u64::from(row.attempts)),
        time(row.confirmed_at, screen),
        Cell::text(&note(row, screen)),
    ]
}

/// Why a letter did not arrive, and at which address where that may be at fault.
fn note(row: &LogRow, screen: &Screen) -> String {
    if matches!(row.state, State::Sent | State::Pending | State::Sending) {
        return String::new();
    }
    let untried = row.state == State::Failed && row.attempts == 0;
    let why = publish::because(row.state, untried, row.reply.as_deref());
    let words = capital(&why.words(screen.language));
    let address = match why {
        Because::Held | Because::NoMailbox(_) | Because::Refused(_) | Because::Bounced => {
            masked(row.address.as_deref())
        }
        _ => String::new(),
    };
    match address.as_str() {
        "" => words,
        address => format!("{words}: {address}"),
    }
}
