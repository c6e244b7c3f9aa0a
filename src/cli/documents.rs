//! Owns the showing of documents: the list with what waits and why, and one with where each fact
//! was read. It refuses to change any.

use std::path::Path;
use std::process::ExitCode;

use anyhow::{Context, Result};

use super::card::Card;
use super::command::Documents;
use super::decide;
use super::open::Desk;
use super::purge;
use super::row;
use super::show::Screen;
use crate::document::{Identity, Reason, Standing};
use crate::ingest;
use crate::ledger::documents::DocumentRow;
use crate::organisation::Audience;

/// The columns of a list of documents.
pub(super) const HEADS: [(&str, &str); 7] = [
    ("Mã", "Id"),
    ("Số, ký hiệu", "Symbol"),
    ("Ngày", "Date"),
    ("Trích yếu", "Title"),
    ("Tình trạng", "Standing"),
    ("Lý do", "Reason"),
    ("Tệp", "File"),
];

pub(super) async fn run(desk: &Desk, command: Option<Documents>) -> Result<ExitCode> {
    match command.unwrap_or(Documents::List { waiting: false }) {
        Documents::List { waiting } => list(desk, waiting).await?,
        Documents::Show { document, cover } => {
            let found = desk.document(&document).await?;
            if let Some(file) = cover {
                write_cover(desk, &found, &file).await?;
            }
            show(desk, &found).await?;
        }
        Documents::Set(set) => decide::set(desk, *set).await?,
        Documents::Approve { document, by } => {
            decide::approve(desk, &document, by.as_deref()).await?;
        }
        Documents::Hold { document, by } => decide::hold(desk, &document, by.as_deref()).await?,
        Documents::Attach { main, annex, by } => {
            purge::attach(desk, &main, &annex, by.as_deref()).await?;
        }
        Documents::Purge { document, yes, by } => {
            purge::purge(desk, &document, yes, by.as_deref()).await?;
        }
        Documents::Withdraw { document, by } => {
            decide::withdraw(desk, &document, by.as_deref()).await?;
        }
    }
    Ok(ExitCode::SUCCESS)
}

async fn list(desk: &Desk, waiting: bool) -> Result<()> {
    let documents = desk.ledger.documents().await?;
    let shown = documents
        .iter()
        .filter(|d| !waiting || d.document.standing == Standing::Waiting);
    let known = identities(&documents);
    let mut rows: Vec<_> = shown.map(|d| on_record(d, &known)).collect();
    if !waiting {
        let refused = desk.ledger.refused().await?;
        rows.extend(refused.iter().map(row::Document::refused));
    }
    rows.iter().for_each(|row| desk.screen.row(row));
    if !desk.screen.json {
        desk.screen.table(
            &HEADS,
            rows.iter().map(|r| cells(r, &desk.screen)).collect(),
            true,
        );
        next(&desk.screen, rows.iter());
    }
    Ok(())
}

/// A row of the list for people.
pub(super) fn cells(row: &row::Document, screen: &Screen) -> Vec<String> {
    let text = |t: Option<String>| t.unwrap_or_default();
    let secrecy = row.secrecy.map(|s| format!("{s}: "));
    // A purged file has no reason of the closed list, but a sentence.
    let why = || row.why.clone().unwrap_or_default();
    let reason = row.reason.map_or_else(why, |r| screen.word(r.word()));
    let standing = row.standing.map(Standing::word);
    vec![
        text(row.document.clone()),
        text(row.symbol.as_ref().map(ToString::to_string)),
        text(row.issued_on.map(|d| d.to_string())),
        text(row.title.clone()),
        screen.word(standing.unwrap_or(row.disposition.word())),
        text(secrecy) + &reason,
        row.file.clone(),
    ]
}

async fn write_cover(desk: &Desk, row: &DocumentRow, file: &Path) -> Result<()> {
    let png = desk.ledger.cover(row.document.sha256).await?;
    let none = desk.screen.say(
        "văn bản không có ảnh bìa: chưa lưu, hoặc không vẽ được trang 1",
        "the document has no cover: it is not stored, or its page 1 cannot be painted",
    );
    let png = png.with_context(|| format!("{}: {none}", row.document.file))?;
    std::fs::write(file, png).with_context(|| file.display().to_string())
}

async fn show(desk: &Desk, found: &DocumentRow) -> Result<()> {
    let screen = &desk.screen;
    let known = identities(&desk.ledger.documents().await?);
    let mut row = on_record(found, &known);
    screen.row(&row);
    if screen.json {
        return Ok(());
    }
    // The card says it at its head.
    row.why = None;
    let document = &found.document;
    let card = Card::new(screen);
    card.head(&format!("{}  {}", found.id, document.file));
    standing(&card, screen, found);
    let pages = document.pages.map_or_else(String::new, |n| {
        let one = if n == 1 { "page" } else { "pages" };
        format!(", {n} {}", screen.say("trang", one))
    });
    card.facts(&document.facts);
    card.links(row.replaces.as_deref(), row.amends.as_deref());
    let file = format!("{}, {} bytes{pages}", document.format, document.size);
    card.line(("Tệp", "File"), &file);
    card.line(("sha256", "sha256"), &document.sha256.to_string());
    let places = desk.ledger.places_of(document.sha256).await?;
    card.line(("Nằm ở", "Lies at"), &places.join(", "));
    next(screen, std::iter::once(&row));
    Ok(())
}

/// Identities and ids of the versions that a link can mean.
pub(super) fn identities(all: &[DocumentRow]) -> Vec<(Identity, String)> {
    let meant = all
        .iter()
        .filter(|d| d.document.standing != Standing::Duplicate);
    let named = |d: &DocumentRow| {
        let identity = d.document.identity.as_deref()?.parse().ok()?;
        Some((identity, d.id.to_string()))
    };
    meant.filter_map(named).collect()
}

/// A version with its links resolved among the others.
pub(super) fn on_record(row: &DocumentRow, known: &[(Identity, String)]) -> row::Document {
    let mut line = row::Document::on_record(row);
    let known = known.iter().map(|(id, name)| (id, name.as_str()));
    line.resolve(&row.document.facts, known);
    line
}

/// Why each waiting document waits, and what to type next.
fn next<'r>(screen: &Screen, rows: impl Iterator<Item = &'r row::Document>) {
    for row in rows.filter(|r| r.standing == Some(Standing::Waiting)) {
        let id = row.document.as_deref().unwrap_or("");
        let reason = row.reason.unwrap_or(Reason::AwaitingApproval);
        let (vi, en) = ingest::advice(reason);
        let set = match reason {
            Reason::NoSymbol => "--symbol … --title …",
            Reason::NoDate => "--issued-on …",
            Reason::UnknownAudience => "--audience …",
            _ if row.symbol.is_none() => "--symbol … --issued-on … --title …",
            _ if row.issued_on.is_none() => "--issued-on …",
            _ if row.title.is_none() => "--title …",
            _ => "",
        };
        // What a person laid beside it may narrow the audience: approving would tell everybody.
        let beside = format!("{}.toml: ", row.file);
        let unheard = row.why.as_ref().is_some_and(|why| why.starts_with(&beside));
        let why = row.why.as_deref().map(|why| format!(" ({why})"));
        screen.line(&super::show::safe(&format!(
            "{id} {}: {}{}.",
            row.file,
            screen.say(vi, en),
            why.unwrap_or_default()
        )));
        if unheard {
            let file = format!("{}.toml", row.file);
            let set = format!("phobien documents set {id} --audience …");
            let vi = format!("    sửa {file}; nếu bỏ qua tệp đó: {set}");
            let en = format!("    mend {file}; or without it: {set}");
            screen.line(&super::show::safe(screen.say(&vi, &en)));
            continue;
        }
        if !set.is_empty() {
            screen.line(&format!("    phobien documents set {id} {set}"));
        }
        screen.line(&format!("    phobien documents approve {id}"));
    }
}

fn standing(card: &Card<'_>, screen: &Screen, row: &DocumentRow) {
    let document = &row.document;
    let standing = screen.word(document.standing.word());
    let why = document.reason.map(|r| screen.word(r.word()));
    let why = why.map_or(String::new(), |why| format!("({why})"));
    let detail = document.detail.as_deref().unwrap_or("");
    let told = format!("{standing} {why} {detail}");
    card.line(("Tình trạng", "Standing"), told.trim());
    let audience = match &document.audience {
        Audience::Everyone => screen.say("mọi chi bộ, đảng viên", "everyone").to_owned(),
        Audience::Officers => screen.say("chi uỷ, bí thư", "officers").to_owned(),
        other => other.word(),
    };
    card.line(("Gửi tới", "Audience"), &audience);
    card.line(
        ("Thấy lần đầu", "First seen"),
        &screen.time(row.first_seen_at),
    );
    let accepted = row.accepted_at.map(|at| screen.time(at));
    card.line(("Tiếp nhận", "Accepted"), &accepted.unwrap_or_default());
    let due = document.due_on.map(|d| d.to_string());
    card.line(("Thời hạn", "Due"), &due.unwrap_or_default());
    for (label, other) in [
        (("Trùng với", "Copy of"), document.duplicate_of),
        (("Thay bản cũ", "Supersedes"), document.supersedes),
        (("Phụ lục của", "Annex of"), document.annex_of),
    ] {
        let other = other.map(|id| id.to_string());
        card.line(label, &other.unwrap_or_default());
    }
}
