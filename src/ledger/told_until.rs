//! Owns what a person's word about a restored ledger does to its letters: whatever may have gone
//! out since the copy was made is held in doubt. It refuses to call any of it sent.

use chrono::{DateTime, Utc};
use sqlx::{Row, query};

use super::restore::COPIED_AT;
use super::{Ledger, Result, Tx, all, closing, deliveries, events, ms, time};
use crate::delivery::{Event, State};
use crate::edition::{EditionId, EditionState};

/// Why a letter is held, for the log.
const WHY: &str = "restored: it may have been sent after the copy was made";

impl Ledger {
    /// The due time of the newest edition to members and branches of which this ledger knows that
    /// letters were tried.
    ///
    /// # Errors
    /// The database failed.
    pub async fn last_told(&self) -> Result<Option<DateTime<Utc>>> {
        let row = query(
            "SELECT MAX(due_at) FROM editions e WHERE purpose = 'documents' AND EXISTS (
             SELECT 1 FROM deliveries d WHERE d.edition_id = e.id AND d.state = 'sent')",
        )
        .fetch_one(&self.readers)
        .await?;
        Ok(row.try_get::<Option<i64>, _>(0)?.map(time))
    }
}

/// Holds what waited when the copy was made and may have been sent between then and `until`; what
/// was on the wire at that moment is in doubt in any case. Its editions end. Answers how many.
///
/// # Errors
/// The database failed.
pub async fn hold_waiting(
    tx: &mut Tx,
    (copied_at, until): (DateTime<Utc>, DateTime<Utc>),
    now: DateTime<Utc>,
) -> Result<u64> {
    let mut held = deliveries::find_abandoned(tx, true, now).await?;
    if until > copied_at {
        // A letter that was put off to a later time than that had not had its turn yet.
        let done = query(
            "UPDATE deliveries SET state = $1, maybe_arrived = 1, next_attempt_at = NULL,
             reply = $2 WHERE state IN ('pending', 'deferred', 'unknown')
             AND (state = 'pending' OR next_attempt_at <= $3) AND edition_id IN
             (SELECT id FROM editions WHERE state IN ('open', 'paused') AND due_at <= $3)",
        )
        .bind(in_doubt().word())
        .bind(WHY)
        .bind(ms(until))
        .execute(&mut **tx)
        .await?;
        held += done.rows_affected();
        for id in paused(tx, until).await? {
            super::editions::move_edition(tx, id, EditionState::Open, None, now).await?;
            for what in ["paused", "confirm"] {
                events::clear(tx, what, Some(&id.to_string())).await?;
            }
        }
    }
    let open = closing::open_editions(tx).await?;
    closing::close_finished(tx, &open, now).await?;
    Ok(held)
}

/// Paused editions of which nothing waits any more: the hold took their letters.
async fn paused(tx: &mut Tx, until: DateTime<Utc>) -> Result<Vec<EditionId>> {
    let rows = query(
        "SELECT id FROM editions e WHERE state = 'paused' AND due_at <= $1 AND NOT EXISTS (
         SELECT 1 FROM deliveries d WHERE d.edition_id = e.id
         AND d.state IN ('pending', 'sending', 'deferred'))",
    )
    .bind(ms(until))
    .fetch_all(&mut **tx)
    .await?;
    all(&rows, |r| Ok(EditionId(r.try_get(0)?)))
}

/// Holds every letter of an edition that was frozen to stand for what went out unrecorded.
///
/// # Errors
/// The database failed.
pub async fn hold_all(tx: &mut Tx, edition: EditionId, now: DateTime<Utc>) -> Result<()> {
    query(
        "UPDATE deliveries SET state = $1, maybe_arrived = 1, reply = $2
         WHERE edition_id = $3 AND state = 'pending'",
    )
    .bind(in_doubt().word())
    .bind(WHY)
    .bind(edition.0)
    .execute(&mut **tx)
    .await?;
    closing::close_finished(tx, &[edition], now).await?;
    Ok(())
}

/// Where a letter stands that must not go and may have arrived.
fn in_doubt() -> State {
    let held = State::Pending.on(Event::Stopped, true);
    held.unwrap_or(State::Unknown)
}

/// Ends the hold: from now on the ledger is the office's one record again.
///
/// # Errors
/// The database failed.
pub async fn release(
    tx: &mut Tx,
    (copied_at, until): (DateTime<Utc>, DateTime<Utc>),
    counted: serde_json::Value,
    now: DateTime<Utc>,
) -> Result<()> {
    query("DELETE FROM meta WHERE name = $1")
        .bind(COPIED_AT)
        .execute(&mut **tx)
        .await?;
    let detail = serde_json::json!({
        "copied_at": ms(copied_at), "told_until": ms(until), "counted": counted,
    });
    events::append(tx, "restored", "ledger", &detail, now).await
}
