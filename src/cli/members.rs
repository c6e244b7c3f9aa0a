//! Owns `phobien members`: the roster as read, its faults, a person's word about it. It refuses to
//! change the roster file: the office does.

use std::process::ExitCode;

use anyhow::Result;
use serde::Serialize;

use super::command::Members;
use super::open::{self, Desk};
use super::person;
use super::row;
use super::show::{Screen, safe};
use super::stop::{Stop, code};
use crate::config::Config;
use crate::daemon::now;
use crate::ingest::{self, IngestError};
use crate::ledger::log::MemberRow;
use crate::ledger::{events, matters, returned};
use crate::organisation::{Address, Language};
use crate::roster;

/// A member, as `members list` shows it.
#[derive(Serialize)]
struct Member<'a> {
    code: Option<&'a str>,
    name: &'a str,
    branch: &'a str,
    role: &'a str,
    official: bool,
    address: Option<&'a str>,
    state: &'static str,
    fault: Option<&'a str>,
}

impl<'a> Member<'a> {
    fn of(row: &'a MemberRow) -> Self {
        let state = match row {
            MemberRow { left: true, .. } => "left",
            MemberRow { paused: true, .. } => "paused",
            MemberRow { address: None, .. } => "unreachable",
            MemberRow { held: true, .. } => "held",
            _ => "active",
        };
        Self {
            code: row.code.as_deref(),
            name: &row.name,
            branch: &row.branch,
            role: &row.role,
            official: row.official,
            address: row.address.as_deref(),
            state,
            fault: row.fault.as_deref(),
        }
    }
}

pub(super) async fn run(desk: &Desk, command: Option<Members>) -> Result<ExitCode> {
    match command.unwrap_or(Members::List) {
        Members::List => list(desk).await,
        Members::Check => check(desk).await,
        Members::Accept => accept(desk).await,
        Members::Release { address } => release(desk, &address).await,
        Members::Pause { code, end } => pause(desk, &code, !end).await,
        Members::Export(ask) => person::export(desk, ask).await,
        Members::Erase { who, yes, by } => person::erase(desk, &who, yes, by.as_deref()).await,
    }
}

async fn list(desk: &Desk) -> Result<ExitCode> {
    desk.read_roster().await?;
    let members = desk.ledger.members().await?;
    let screen = &desk.screen;
    let rows: Vec<_> = members.iter().map(Member::of).collect();
    rows.iter().for_each(|row| screen.row(row));
    if screen.json {
        return Ok(ExitCode::SUCCESS);
    }
    let heads = [
        ("Mã", "Code"),
        ("Họ và tên", "Name"),
        ("Chi bộ", "Branch"),
        ("Chức vụ", "Post"),
        ("Địa chỉ", "Address"),
        ("Tình trạng", "State"),
        ("Lỗi", "Fault"),
    ];
    let cells = |row: &Member<'_>| {
        vec![
            row.code.unwrap_or("").to_owned(),
            row.name.to_owned(),
            row.branch.to_owned(),
            row.role.to_owned(),
            row.address.unwrap_or("").to_owned(),
            screen.word(row.state),
            row.fault.unwrap_or("").to_owned(),
        ]
    };
    screen.table(&heads, rows.iter().map(cells).collect(), true);
    let active = rows.iter().filter(|r| r.state == "active").count();
    let vi = format!("{} đảng viên, {active} nhận thư", rows.len());
    let en = format!("{} members, {active} get letters", rows.len());
    screen.line(screen.say(&vi, &en));
    Ok(ExitCode::SUCCESS)
}

async fn check(desk: &Desk) -> Result<ExitCode> {
    let (members, faults) = ingest::roster_faults(&desk.config)
        .await
        .map_err(unreadable)?;
    let screen = &desk.screen;
    for fault in &faults {
        let row = fault_row(fault, &desk.config, screen.language);
        screen.row(&row);
        screen.line(&fault_line(&row, screen));
    }
    let errors = faults
        .iter()
        .filter(|f| f.level == roster::Level::Error)
        .count();
    let vi = format!("{members} đảng viên, {errors} lỗi");
    let en = format!("{members} members, {errors} errors");
    screen.line(screen.say(&vi, &en));
    Ok(code(errors == 0))
}

fn unreadable(error: IngestError) -> anyhow::Error {
    match error {
        IngestError::Ledger(_) => error.into(),
        IngestError::Roster(..) | IngestError::Folder(..) => Stop::usage(error.to_string()),
    }
}

/// A fault of the roster, in the shape that all faults share.
pub(super) fn fault_row(fault: &roster::Fault, config: &Config, language: Language) -> row::Fault {
    let key = fault.column.as_ref().map(|place| {
        let (letter, header) = (&place.letter, &place.header);
        safe(format!("{letter} {header}").trim())
    });
    let there = match fault.there.as_str() {
        "" => String::new(),
        there => format!(" (`{there}`)"),
    };
    row::Fault {
        level: fault.level.word(),
        file: Some(config.roster.file.display().to_string()),
        line: Some(fault.row).filter(|row| *row > 0),
        key: key.filter(|key| !key.is_empty()),
        message: format!("{}{there}", fault.message.to(language)),
        instead: row::some(fault.instead.to(language)),
    }
}

/// A fault for people: file:line, key, what, what to write instead.
pub(super) fn fault_line(fault: &row::Fault, screen: &Screen) -> String {
    let write = screen.say("Ghi", "Write");
    let file = fault.file.as_deref().unwrap_or("");
    let line = fault.line.map_or_else(String::new, |n| format!(":{n}"));
    let key = fault.key.as_ref().map(|k| format!(" {k}:"));
    let instead = fault.instead.as_ref().map(|i| format!(". {write}: {i}"));
    safe(&format!(
        "{file}{line}: {}:{} {}{}",
        screen.word(fault.level),
        key.unwrap_or_default(),
        fault.message,
        instead.unwrap_or_default()
    ))
}

async fn accept(desk: &Desk) -> Result<ExitCode> {
    let read = ingest::read_roster(&desk.ledger, &desk.config, true, now(), open::entropy).await;
    let read = read.map_err(unreadable)?;
    let screen = &desk.screen;
    let change = &read.change;
    screen.row(&serde_json::json!({
        "members": read.members, "before": change.before, "lost": change.lost,
        "gained": change.gained, "lost_branches": change.lost_branches,
    }));
    let (members, lost, gained) = (read.members, change.lost, change.gained);
    let vi = format!("Danh sách mới: {members} đảng viên, bớt {lost}, thêm {gained}");
    let en = format!("The new roster holds: {members} members, {lost} fewer, {gained} more");
    screen.line(screen.say(&vi, &en));
    Ok(ExitCode::SUCCESS)
}

async fn release(desk: &Desk, text: &str) -> Result<ExitCode> {
    let address: Address = text
        .parse()
        .map_err(|fault| Stop::usage(format!("`{}`: {fault}", safe(text))))?;
    let mut tx = desk.ledger.begin().await?;
    if !matters::release_address(&mut tx, address.as_str()).await? {
        let vi = format!("{address} không bị tạm ngừng");
        return Err(desk.screen.usage(&vi, &format!("{address} is not held")));
    }
    // No address ever enters the chain.
    let detail = serde_json::json!({ "decision": "release" });
    events::append(&mut tx, "decision", "address", &detail, now()).await?;
    tx.commit().await?;
    let screen = &desk.screen;
    screen.row(&serde_json::json!({ "address": address.as_str(), "state": "active" }));
    let vi = format!("{address}: được gửi lại, kể cả văn bản chưa nhận");
    let en = format!("{address}: gets letters again, what it was owed included");
    screen.line(screen.say(&vi, &en));
    Ok(ExitCode::SUCCESS)
}

/// Members may pause, not silently vanish: the office notes it, and the record shows it.
async fn pause(desk: &Desk, code: &str, pause: bool) -> Result<ExitCode> {
    desk.read_roster().await?;
    let code = crate::spelling::line(code);
    let mut tx = desk.ledger.begin().await?;
    if !matters::pause_member(&mut tx, &code, pause).await? {
        let code = safe(&code);
        let vi = format!("không có đảng viên nào mang mã {code}");
        let en = format!("no member has the code {code}");
        return Err(desk.screen.usage(&vi, &en));
    }
    if !pause {
        returned::let_return(&mut tx, desk.ledger.instance_key(), &code).await?;
    }
    let detail = serde_json::json!({ "decision": if pause { "pause" } else { "end pause" } });
    events::append(&mut tx, "decision", "member", &detail, now()).await?;
    tx.commit().await?;
    let members = desk.ledger.members().await?;
    let row = members
        .iter()
        .find(|m| m.code.as_ref().or(m.address.as_ref()) == Some(&code) && !m.left);
    let screen = &desk.screen;
    if let Some(row) = row.map(Member::of) {
        screen.row(&row);
        screen.line(&format!(
            "{} {}: {}",
            code,
            safe(row.name),
            screen.word(row.state)
        ));
    }
    Ok(ExitCode::SUCCESS)
}
