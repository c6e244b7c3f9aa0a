//! Owns the showing of documents: the list, and one with where each fact was read. It refuses to
//! change any.

use std::path::Path;
use std::process::ExitCode;

use anyhow::{Context, Result};

use super::command::Documents;
use super::decide;
use super::open::Desk;
use super::row;
use super::show::Screen;
use crate::document::{Fact, Facts, Standing};
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
    let mut rows: Vec<_> = shown.map(row::Document::on_record).collect();
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
    }
    Ok(())
}

/// A row of the list for people.
pub(super) fn cells(row: &row::Document, screen: &Screen) -> Vec<String> {
    let text = |t: Option<String>| t.unwrap_or_default();
    let secrecy = row.secrecy.map(|s| format!("{s}: "));
    let reason = row.reason.map_or(String::new(), |r| screen.word(r.word()));
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
    screen.row(&row::Document::on_record(found));
    if screen.json {
        return Ok(());
    }
    let document = &found.document;
    screen.line(&format!("{}  {}", found.id, document.file));
    let pages = document.pages.map_or_else(String::new, |n| {
        format!(", {n} {}", screen.say("trang", "pages"))
    });
    line(
        screen,
        ("Tệp", "File"),
        &format!("{}, {} bytes{pages}", document.format, document.size),
    );
    line(screen, ("sha256", "sha256"), &document.sha256.to_string());
    standing(screen, found);
    facts(screen, &document.facts);
    let places = desk.ledger.places_of(document.sha256).await?;
    line(screen, ("Nằm ở", "Lies at"), &places.join(", "));
    Ok(())
}

fn standing(screen: &Screen, row: &DocumentRow) {
    let document = &row.document;
    let standing = screen.word(document.standing.word());
    let why = document.reason.map(|r| screen.word(r.word()));
    let why = why.map_or(String::new(), |why| format!("({why})"));
    let detail = document.detail.as_deref().unwrap_or("");
    line(
        screen,
        ("Tình trạng", "Standing"),
        format!("{standing} {why} {detail}").trim(),
    );
    let audience = match &document.audience {
        Audience::Everyone => screen.say("mọi chi bộ, đảng viên", "everyone").to_owned(),
        other => other.word(),
    };
    line(screen, ("Nơi nhận", "Audience"), &audience);
    line(
        screen,
        ("Thấy lần đầu", "First seen"),
        &screen.time(row.first_seen_at),
    );
    let accepted = row.accepted_at.map(|at| screen.time(at));
    line(
        screen,
        ("Tiếp nhận", "Accepted"),
        &accepted.unwrap_or_default(),
    );
    let due = document.due_on.map(|d| d.to_string());
    line(screen, ("Thời hạn", "Due"), &due.unwrap_or_default());
    for (label, other) in [
        (("Trùng với", "Copy of"), document.duplicate_of),
        (("Thay thế", "Supersedes"), document.supersedes),
        (("Phụ lục của", "Annex of"), document.annex_of),
    ] {
        let other = other.map(|id| id.to_string());
        line(screen, label, &other.unwrap_or_default());
    }
}

/// What is known, each with where it was read and the words it was read from.
pub(super) fn facts(screen: &Screen, facts: &Facts) {
    fact(screen, ("Số, ký hiệu", "Symbol"), facts.symbol.as_ref());
    fact(screen, ("Thể loại", "Type"), facts.kind.as_ref());
    fact(screen, ("Cơ quan", "Issuer"), facts.issuer.as_ref());
    fact(screen, ("Ngày", "Issued on"), facts.issued_on.as_ref());
    fact(screen, ("Trích yếu", "Title"), facts.title.as_ref());
    fact(screen, ("Độ khẩn", "Urgency"), facts.urgency.as_ref());
    let circulation = ("Lưu hành", "Circulation");
    fact(screen, circulation, facts.circulation.as_ref());
}

fn fact<T: std::fmt::Display>(screen: &Screen, label: (&str, &str), fact: Option<&Fact<T>>) {
    let Some(Fact {
        value,
        origin,
        evidence,
    }) = fact
    else {
        return;
    };
    let value = value.to_string();
    let evidence = if evidence.is_empty() || *evidence == value {
        String::new()
    } else {
        format!(": “{evidence}”")
    };
    line(
        screen,
        label,
        &format!("{value} [{}{evidence}]", screen.word(origin.word())),
    );
}

/// One line of a card; nothing where there is nothing to say.
pub(super) fn line(screen: &Screen, label: (&str, &str), value: &str) {
    let value = super::show::safe(value);
    if !value.is_empty() {
        let label = screen.say(label.0, label.1);
        screen.line(&format!("  {label:<14}{value}"));
    }
}
