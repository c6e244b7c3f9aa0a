//! Owns what a person tells phobien about documents: complete, approve, hold, withdraw. It refuses
//! to judge whether a decision fits; the step does.

use std::time::Instant;

use anyhow::Result;

use super::command::Set;
use super::open::Desk;
use super::row;
use super::stop::Stop;
use crate::daemon::now;
use crate::document::DocumentId;
use crate::ingest::{self, Completion, DecideError, Decision};
use crate::ledger::documents::DocumentRow;

pub(super) async fn set(desk: &Desk, set: Set) -> Result<()> {
    let row = desk.document(&set.document).await?;
    let pairs = [
        ("symbol", set.symbol),
        ("type", set.r#type),
        ("issuer", set.issuer),
        ("issued-on", set.issued_on),
        ("title", set.title),
        ("urgency", set.urgency),
        ("audience", set.audience),
        ("due", set.due),
        ("annex-of", set.annex_of),
    ];
    if pairs.iter().all(|(_, value)| value.is_none()) {
        return Err(desk.screen.usage(
            "chưa ghi thông tin nào để bổ sung; xem `phobien documents set --help`",
            "nothing to set; see `phobien documents set --help`",
        ));
    }
    let words = Completion::parse(pairs, &desk.ledger).await;
    let decision = Decision::Set(words.map_err(refused)?);
    apply(desk, &row, &decision, set.by.as_deref()).await
}

pub(super) async fn approve(desk: &Desk, text: &str, by: Option<&str>) -> Result<()> {
    let row = desk.document(text).await?;
    let sandbox = desk.sandbox()?;
    let mut inbox = desk.inbox()?;
    let step = desk.ingest(&sandbox);
    let moment = (now(), Instant::now());
    let decided = ingest::decide(&step, &mut inbox, &row, by, moment).await;
    decided.map_err(refused)?;
    tell(desk, &row).await
}

pub(super) async fn hold(desk: &Desk, text: &str, by: Option<&str>) -> Result<()> {
    let row = desk.document(text).await?;
    apply(desk, &row, &Decision::Hold, by).await
}

pub(super) async fn withdraw(desk: &Desk, text: &str, by: Option<&str>) -> Result<()> {
    let row = desk.document(text).await?;
    apply(desk, &row, &Decision::Withdraw, by).await
}

/// Makes a document an annex of another.
pub(super) async fn belong(
    desk: &Desk,
    annex: &DocumentRow,
    main: DocumentId,
    by: Option<&str>,
) -> Result<()> {
    let pairs = [("annex-of", Some(main.to_string()))];
    let words = Completion::parse(pairs, &desk.ledger).await;
    let decision = Decision::Set(words.map_err(refused)?);
    apply(desk, annex, &decision, by).await
}

async fn apply(
    desk: &Desk,
    row: &DocumentRow,
    decision: &Decision,
    by: Option<&str>,
) -> Result<()> {
    let applied = ingest::apply(&desk.ledger, row, decision, by, now()).await;
    applied.map_err(refused)?;
    tell(desk, row).await
}

/// The document as it is now.
async fn tell(desk: &Desk, row: &DocumentRow) -> Result<()> {
    let row = desk.document(&row.id.to_string()).await?;
    let screen = &desk.screen;
    screen.row(&row::Document::on_record(&row));
    let document = &row.document;
    let why = document
        .reason
        .map(|r| format!(" ({})", screen.word(r.word())));
    let standing = screen.word(document.standing.word());
    let (id, file, why) = (row.id, &document.file, why.unwrap_or_default());
    let line = format!("{id} {file}: {standing}{why}");
    screen.line(&super::show::safe(&line));
    Ok(())
}

fn refused(error: DecideError) -> anyhow::Error {
    match error {
        DecideError::Values(_) => Stop::usage(error.to_string()),
        DecideError::Unfit(_) => Stop::failed(error.to_string()),
        DecideError::Ingest(_) | DecideError::Ledger(_) => error.into(),
    }
}
