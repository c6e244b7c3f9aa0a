//! Owns `phobien backup`: what is told of the copy. It refuses to choose where it lies, and to
//! remove old ones.

use std::path::Path;
use std::process::ExitCode;

use anyhow::Result;
use serde::Serialize;

use super::card::Card;
use super::open::Desk;
use super::show::safe;
use crate::daemon::now;

/// The answer for programs.
#[derive(Serialize)]
struct Row<'a> {
    backup: String,
    bytes: u64,
    head: &'a str,
    editions: u64,
    documents: u64,
}

pub(super) async fn run(desk: &Desk, file: &Path) -> Result<ExitCode> {
    let screen = &desk.screen;
    let made = desk.ledger.backup(file, now()).await?;
    let backup = made.file.display().to_string();
    screen.row(&Row {
        backup: backup.clone(),
        bytes: made.bytes,
        head: &made.audit.head,
        editions: made.audit.editions,
        documents: made.audit.documents,
    });
    if screen.json {
        return Ok(ExitCode::SUCCESS);
    }
    let card = Card::new(screen);
    card.head(screen.say(
        "Đã sao lưu và kiểm tra bản sao",
        "Copied, and the copy is whole",
    ));
    card.line(("Tệp", "File"), &safe(&backup));
    card.line(("Mã cuối chuỗi", "Head"), &made.audit.head);
    card.line(
        ("Đợt đã khép", "Editions"),
        &made.audit.editions.to_string(),
    );
    card.line(
        ("Tệp văn bản", "Documents"),
        &made.audit.documents.to_string(),
    );
    Ok(ExitCode::SUCCESS)
}
