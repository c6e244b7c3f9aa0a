//! Owns `phobien ingest`: one look at the folder, and the choices of the first ingest's guard. It
//! refuses to know how files are judged.

use std::process::ExitCode;
use std::time::Instant;

use anyhow::Result;

use super::documents::{HEADS, cells};
use super::open::Desk;
use super::row;
use super::stop::code;
use crate::daemon::now;
use crate::document::Disposition;
use crate::ingest::Scanned;
use crate::ledger::documents::Sighting;
use crate::ledger::{decisions, events, set_meta};
use crate::publish;

/// The ledger's note of what a person chose at the first ingest.
const CHOICE: &str = "first_ingest";

pub(super) async fn run(desk: &Desk, already_known: bool, release: bool) -> Result<ExitCode> {
    // Sub-folders are branches, so the roster comes first.
    desk.read_roster().await?;
    if release {
        choose(desk, "released").await?;
    }
    let scanned = scan(desk).await?;
    if already_known {
        choose(desk, "known").await?;
    }
    show(desk, &scanned).await?;
    if let Some(count) = publish::first_ingest_waits(&desk.ledger, &desk.config).await? {
        let vi = format!(
            "Có {count} văn bản ở lần tiếp nhận đầu; chưa gửi gì. Chọn: `phobien ingest \
             --already-known` nếu đã phổ biến, `phobien ingest --release` để gửi"
        );
        let en = publish::PublishError::FirstIngest(count).to_string();
        desk.screen.note(&vi, &en);
    }
    Ok(code(scanned.troubles.is_empty()))
}

/// One look at the folder, settling ignored.
pub(super) async fn scan(desk: &Desk) -> Result<Scanned> {
    let sandbox = desk.sandbox()?;
    let mut inbox = desk.inbox()?;
    let step = desk.ingest(&sandbox);
    let mut scanned = Scanned::default();
    loop {
        let look = step
            .scan(&mut inbox, (now(), Instant::now()), |_| {})
            .await?;
        let taken = std::mem::take(&mut scanned.taken);
        scanned = look;
        scanned.taken.splice(0..0, taken);
        if scanned.left == 0 {
            break;
        }
    }
    for trouble in &scanned.troubles {
        desk.screen.note(trouble, trouble);
    }
    Ok(scanned)
}

/// Notes what a person chose, in the chain too.
async fn choose(desk: &Desk, choice: &str) -> Result<()> {
    let mut tx = desk.ledger.begin().await?;
    let mut known = 0;
    if choice == "known" {
        known = decisions::make_known(&mut tx).await?;
    }
    set_meta(&mut tx, CHOICE, choice).await?;
    let detail = serde_json::json!({ "choice": choice, "documents": known });
    events::append(&mut tx, "first_ingest", "documents", &detail, now()).await?;
    tx.commit().await?;
    if choice == "known" {
        let vi = format!("Đã ghi nhận {known} văn bản là đã phổ biến, không gửi.");
        let en = format!("{known} documents are on record as known: owed to nobody.");
        desk.screen.note(&vi, &en);
    }
    Ok(())
}

async fn show(desk: &Desk, scanned: &Scanned) -> Result<()> {
    let screen = &desk.screen;
    if scanned.taken.is_empty() {
        screen.line(screen.say("Không có tệp mới.", "No new files."));
        return Ok(());
    }
    let rows = rows(desk, &scanned.taken).await?;
    rows.iter().for_each(|row| screen.row(row));
    if !screen.json {
        screen.table(
            &HEADS,
            rows.iter().map(|r| cells(r, screen)).collect(),
            true,
        );
    }
    let count = |d: Disposition| rows.iter().filter(|r| r.disposition == d).count();
    let (accepted, review) = (count(Disposition::Accept), count(Disposition::Review));
    let (refused, copies) = (
        count(Disposition::Quarantine),
        count(Disposition::Duplicate),
    );
    let vi =
        format!("{accepted} tiếp nhận, {review} chờ kiểm tra, {refused} không gửi, {copies} trùng");
    let en =
        format!("{accepted} accepted, {review} to review, {refused} refused, {copies} duplicates");
    screen.line(screen.say(&vi, &en));
    Ok(())
}

async fn rows(desk: &Desk, taken: &[Sighting]) -> Result<Vec<row::Document>> {
    let mut rows = Vec::with_capacity(taken.len());
    for seen in taken {
        let known = match seen.document {
            Some(id) => desk.ledger.document(id).await?,
            None => None,
        };
        let known = known.as_ref().map(row::Document::on_record);
        rows.push(known.unwrap_or_else(|| row::Document::refused(seen)));
    }
    Ok(rows)
}
