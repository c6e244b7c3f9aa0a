//! Owns how editions and deliveries end other than by an attempt: closing, cancelling, a person's
//! decision, making up for stale letters. It refuses to know who asks.

use chrono::{DateTime, Utc};
use sqlx::{Row, query};

use super::{Result, Tx, all, word};
use crate::delivery::{Event, State};
use crate::edition::{EditionId, EditionState};

/// The editions under way.
///
/// # Errors
/// The database failed.
pub async fn open_editions(tx: &mut Tx) -> Result<Vec<EditionId>> {
    let rows = query("SELECT id FROM editions WHERE state = 'open'")
        .fetch_all(&mut **tx)
        .await?;
    all(&rows, |r| Ok(EditionId(r.try_get(0)?)))
}

/// Closes the editions of `candidates` in which nothing waits any more.
///
/// # Errors
/// The database failed.
pub async fn close_finished(
    tx: &mut Tx,
    candidates: &[EditionId],
    now: DateTime<Utc>,
) -> Result<Vec<(EditionId, EditionState)>> {
    let mut closed = Vec::new();
    for id in candidates {
        let open = query(
            // Two questions, each in the order of an index: one with OR would read every letter.
            "SELECT 1 FROM editions e WHERE e.id = $1 AND e.state = 'open'
             AND NOT EXISTS (SELECT 1 FROM deliveries WHERE edition_id = e.id
                AND state IN ('pending', 'sending', 'deferred'))
             AND NOT EXISTS (SELECT 1 FROM deliveries WHERE edition_id = e.id
                AND state IN ('deferred', 'unknown') AND next_attempt_at IS NOT NULL)",
        )
        .bind(id.0)
        .fetch_optional(&mut **tx)
        .await?;
        if open.is_none() {
            continue;
        }
        let state = ending(tx, *id).await?;
        super::editions::move_edition(tx, *id, state, None, now).await?;
        super::events::close_edition(tx, *id, state, now).await?;
        closed.push((*id, state));
    }
    Ok(closed)
}

/// As what an edition ends in which nothing waits. A member without a usable address alone makes
/// none partly sent (design §3).
async fn ending(tx: &mut Tx, id: EditionId) -> Result<EditionState> {
    let unsent: i64 = query(
        // The states are named: of all others an index tells.
        "SELECT COUNT(*) FROM deliveries WHERE edition_id = $1 AND state IN ('pending', 'sending',
            'deferred', 'failed', 'bounced', 'unknown', 'cancelled')
         AND NOT (state = 'failed' AND attempts = 0)",
    )
    .bind(id.0)
    .fetch_one(&mut **tx)
    .await?
    .try_get(0)?;
    Ok(if unsent == 0 {
        EditionState::Sent
    } else {
        EditionState::Partly
    })
}

/// Cancels what still waits in an edition. What was ever in doubt is held instead.
///
/// # Errors
/// The database failed.
pub async fn cancel_waiting(tx: &mut Tx, id: EditionId, why: &str) -> Result<u64> {
    let done = query(
        "UPDATE deliveries SET reply = $2, next_attempt_at = NULL,
         state = CASE WHEN maybe_arrived = 1 THEN 'unknown' ELSE 'cancelled' END
         WHERE edition_id = $1 AND state IN ('pending', 'deferred')",
    )
    .bind(id.0)
    .bind(why)
    .execute(&mut **tx)
    .await?;
    query(
        "UPDATE deliveries SET next_attempt_at = NULL WHERE edition_id = $1 AND state = 'unknown'",
    )
    .bind(id.0)
    .execute(&mut **tx)
    .await?;
    Ok(done.rows_affected())
}

/// Cancels an edition for good: what waits is cancelled or held, and the chain has its end.
///
/// # Errors
/// The database failed.
pub async fn cancel(tx: &mut Tx, id: EditionId, why: &str, now: DateTime<Utc>) -> Result<u64> {
    let stopped = cancel_waiting(tx, id, why).await?;
    super::editions::move_edition(tx, id, EditionState::Cancelled, Some(why), now).await?;
    super::events::close_edition(tx, id, EditionState::Cancelled, now).await?;
    Ok(stopped)
}

/// A person decides a doubtful delivery. None where it is not `unknown`.
///
/// # Errors
/// The database failed.
pub async fn decide(
    tx: &mut Tx,
    delivery: i64,
    event: Event,
    now: DateTime<Utc>,
) -> Result<Option<State>> {
    let row = query("SELECT state, edition_id FROM deliveries WHERE id = $1")
        .bind(delivery)
        .fetch_optional(&mut **tx)
        .await?;
    let Some(row) = row else { return Ok(None) };
    let state: State = word("deliveries", delivery, row.try_get(0)?)?;
    let next = match (state, event) {
        (State::Unknown, Event::SettledSent | Event::Due) => state.on(event, true),
        _ => None,
    };
    let Some(next) = next else { return Ok(None) };
    query("UPDATE deliveries SET state = $2, next_attempt_at = NULL WHERE id = $1")
        .bind(delivery)
        .bind(next.word())
        .execute(&mut **tx)
        .await?;
    let edition = EditionId(row.try_get(1)?);
    if next == State::Pending {
        // One that is paused stays so: what paused it is not mended by this.
        super::editions::reopen(tx, edition).await?;
    } else {
        late_outcome(tx, edition, now).await?;
    }
    Ok(Some(next))
}

/// A person decides all the doubtful deliveries of an edition that wait for one. Answers how many.
///
/// # Errors
/// The database failed.
pub async fn decide_all(
    tx: &mut Tx,
    edition: EditionId,
    event: Event,
    now: DateTime<Utc>,
) -> Result<u64> {
    let next = match event {
        Event::SettledSent | Event::Due => State::Unknown.on(event, true),
        _ => None,
    };
    let Some(next) = next else { return Ok(0) };
    let done = query(
        "UPDATE deliveries SET state = $2 WHERE edition_id = $1 AND state = 'unknown'
         AND next_attempt_at IS NULL",
    )
    .bind(edition.0)
    .bind(next.word())
    .execute(&mut **tx)
    .await?
    .rows_affected();
    if done > 0 && next == State::Pending {
        super::editions::move_edition(tx, edition, EditionState::Open, None, now).await?;
    } else if done > 0 {
        late_outcome(tx, edition, now).await?;
    }
    Ok(done)
}

/// A letter came back; nothing but a server's acceptance, or doubt, can be taken back. False where
/// it was in another state.
///
/// # Errors
/// The database failed.
pub(super) async fn come_back(
    tx: &mut Tx,
    delivery: i64,
    words: &str,
    now: DateTime<Utc>,
) -> Result<bool> {
    let row = query("SELECT state, edition_id FROM deliveries WHERE id = $1")
        .bind(delivery)
        .fetch_one(&mut **tx)
        .await?;
    let state: State = word("deliveries", delivery, row.try_get(0)?)?;
    let Some(next) = state.on(Event::Returned, true) else {
        return Ok(false);
    };
    query(
        "UPDATE deliveries SET state = $2, reply_code = NULL, reply = $3, next_attempt_at = NULL
         WHERE id = $1",
    )
    .bind(delivery)
    .bind(next.word())
    .bind(words)
    .execute(&mut **tx)
    .await?;
    late_outcome(tx, EditionId(row.try_get(1)?), now).await?;
    Ok(true)
}

/// A delivery of an edition that had ended changed: its end and the chain follow.
async fn late_outcome(tx: &mut Tx, id: EditionId, now: DateTime<Utc>) -> Result<()> {
    let row = query("SELECT state, why FROM editions WHERE id = $1")
        .bind(id.0)
        .fetch_one(&mut **tx)
        .await?;
    let state: EditionState = word("editions", id.0, row.try_get(0)?)?;
    let state = match state {
        EditionState::Sent | EditionState::Partly => ending(tx, id).await?,
        EditionState::Cancelled => state,
        _ => return Ok(()),
    };
    let why: Option<String> = row.try_get(1)?;
    super::editions::move_edition(tx, id, state, why.as_deref(), now).await?;
    super::events::close_edition(tx, id, state, now).await
}

/// Recipients whose letter was cancelled because what it carried went stale, and for whom nothing
/// made up for it yet; marks them as being made up for. By schedule.
///
/// # Errors
/// The database failed.
pub async fn take_unreplaced(tx: &mut Tx) -> Result<Vec<(String, String, i64)>> {
    let rows = query(
        "UPDATE deliveries SET replaced_by = 0 WHERE state = 'cancelled' AND replaced_by IS NULL
         AND reply IN ('withdrawn', 'superseded')
         AND edition_id IN (SELECT id FROM editions WHERE purpose = 'documents')
         RETURNING (SELECT schedule FROM editions e WHERE e.id = edition_id), recipient_kind,
         recipient_id",
    )
    .fetch_all(&mut **tx)
    .await?;
    all(&rows, |r| Ok((r.try_get(0)?, r.try_get(1)?, r.try_get(2)?)))
}
