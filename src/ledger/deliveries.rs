//! Owns the queue: claiming deliveries, settling what became of them, finding what a crash left.
//! It refuses to know the wire; the rules of states are floor 0's.

use std::iter;

use chrono::{DateTime, Utc};
use serde::Deserialize;
use sqlx::sqlite::SqliteRow;
use sqlx::{QueryBuilder, Row, Sqlite, query};

use super::{Ledger, LedgerError, Result, Tx, ms, time};
use crate::delivery::{Event, Progress, State};
use crate::document::Sha256;
use crate::edition::EditionId;

/// A delivery that is marked `sending`: its holder may write the final dot.
#[derive(Clone, Debug)]
pub struct Claim {
    /// Its id.
    pub delivery: i64,
    /// Its edition.
    pub edition: EditionId,
    /// Its bundle, whose sheet it fills.
    pub bundle: i64,
    /// Where it goes.
    pub address: String,
    /// The token in Message-ID and reverse-path.
    pub token: String,
    /// What fills the sheet's holes.
    pub personal: String,
    /// Where it stands.
    pub progress: Progress,
}

/// A delivery that was cancelled when it would have been claimed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Stopped {
    /// Its edition.
    pub edition: EditionId,
    /// `left`, or why its bundle is stale.
    pub why: String,
}

/// What became of an attempt.
#[derive(Clone, Debug)]
pub struct Settlement {
    /// The delivery.
    pub delivery: i64,
    /// Its edition.
    pub edition: EditionId,
    /// Its address.
    pub address: String,
    /// Where it stands now.
    pub progress: Progress,
    /// One word for the attempt's record.
    pub outcome: &'static str,
    /// The server's code.
    pub reply_code: Option<u16>,
    /// The server's words, or ours about the trouble.
    pub reply: String,
    /// The mailbox does not exist (5.1.x): counts towards holding the address.
    pub hard: bool,
}

/// A bundle's sheet and the frozen envelope of its edition.
#[derive(Clone, Debug)]
pub struct Sheets {
    /// The sheet's bytes.
    pub sheet: Vec<u8>,
    /// The edition's envelope.
    pub envelope: String,
}

/// How many hard failures, from different editions, hold an address.
const HARD_FAILURES_MAX: i64 = 2;

impl Ledger {
    /// The sheet of a bundle and its edition's envelope.
    ///
    /// # Errors
    /// The database failed.
    pub async fn sheet(&self, bundle: i64) -> Result<Sheets> {
        sheets(&query(SHEET).bind(bundle).fetch_one(&self.readers).await?)
    }

    /// A stored document's bytes for attaching.
    ///
    /// # Errors
    /// The database failed, or the bytes are missing or altered.
    pub async fn attachment(&self, sha256: Sha256) -> Result<Vec<u8>> {
        self.blob(sha256)
            .await?
            .ok_or_else(|| LedgerError::Altered {
                table: "blobs",
                id: sha256.to_string(),
                value: "nothing".into(),
            })
    }

    /// When the next deferred or doubtful delivery, or the next edition, has its time.
    ///
    /// # Errors
    /// The database failed.
    pub async fn next_time(&self, now: DateTime<Utc>) -> Result<Option<DateTime<Utc>>> {
        let row = query(
            "SELECT MIN(at) FROM (SELECT (SELECT MIN(next_attempt_at) FROM deliveries
                WHERE edition_id = e.id AND state IN ('deferred', 'unknown')) AS at
                FROM editions e WHERE e.state = 'open'
             UNION ALL SELECT MIN(due_at) FROM editions WHERE state = 'open' AND due_at > $1) t",
        )
        .bind(ms(now))
        .fetch_one(&self.readers)
        .await?;
        Ok(row.try_get::<Option<i64>, _>(0)?.map(time))
    }
}

/// The query for a bundle's sheet.
const SHEET: &str = "SELECT b.sheet, e.envelope FROM bundles b
    JOIN editions e ON e.id = b.edition_id WHERE b.id = $1";

fn sheets(row: &SqliteRow) -> Result<Sheets> {
    Ok(Sheets {
        sheet: row.try_get(0)?,
        envelope: row.try_get(1)?,
    })
}

/// The sheet of a bundle, as this transaction sees it.
///
/// # Errors
/// The database failed.
pub async fn sheet_in(tx: &mut Tx, bundle: i64) -> Result<Sheets> {
    sheets(&query(SHEET).bind(bundle).fetch_one(&mut **tx).await?)
}

/// Turns what an earlier process left in `sending` into doubt: whether the server has it, nobody
/// knows. It is sent again at once with the same Message-ID, or held where so configured.
///
/// # Errors
/// The database failed.
pub async fn find_abandoned(tx: &mut Tx, hold: bool, now: DateTime<Utc>) -> Result<u64> {
    // By way of all editions: the index begins with them, and no row may be overlooked.
    query(
        "INSERT INTO attempts (delivery_id, at, outcome, reply)
         SELECT id, $1, 'found', 'the process ended before the reply was on record'
         FROM deliveries WHERE state = 'sending' AND edition_id IN (SELECT id FROM editions)",
    )
    .bind(ms(now))
    .execute(&mut **tx)
    .await?;
    let unknown = State::Sending
        .on(Event::Found, false)
        .unwrap_or(State::Unknown);
    let found = query(
        "UPDATE deliveries SET state = $1, maybe_arrived = 1, attempts = attempts + 1,
         next_attempt_at = $2, reply_code = NULL,
         reply = 'the process ended before the reply was on record' WHERE state = 'sending'
         AND edition_id IN (SELECT id FROM editions)",
    )
    .bind(unknown.word())
    .bind((!hold).then(|| ms(now)))
    .execute(&mut **tx)
    .await?;
    Ok(found.rows_affected())
}

/// Brings back to the queue what has its time.
///
/// # Errors
/// The database failed.
pub async fn wake_due(tx: &mut Tx, now: DateTime<Utc>) -> Result<u64> {
    let pending = State::Deferred
        .on(Event::Due, false)
        .unwrap_or(State::Pending);
    let woken = query(
        "UPDATE deliveries SET state = $1, next_attempt_at = NULL
         WHERE state IN ('deferred', 'unknown') AND next_attempt_at <= $2
         AND edition_id IN (SELECT id FROM editions WHERE state = 'open')",
    )
    .bind(pending.word())
    .bind(ms(now))
    .execute(&mut **tx)
    .await?;
    Ok(woken.rows_affected())
}

/// Marks up to `most` deliveries `sending`, urgent editions first. What a letter says is frozen,
/// but whether it goes is checked here: a recipient who left, or a bundle gone stale, cancels it.
///
/// # Errors
/// The database failed.
pub async fn claim(
    tx: &mut Tx,
    now: DateTime<Utc>,
    most: usize,
) -> Result<(Vec<Claim>, Vec<Stopped>)> {
    let (mut claims, mut stopped) = (Vec::new(), Vec::new());
    let open = query(
        "SELECT id FROM editions WHERE state = 'open' AND due_at <= $1
         ORDER BY urgent DESC, due_at, id",
    )
    .bind(ms(now))
    .fetch_all(&mut **tx)
    .await?;
    for row in &open {
        let edition = EditionId(row.try_get(0)?);
        while claims.len() < most {
            let want = most - claims.len();
            let rows = waiting(tx, edition, want).await?;
            let Some(last) = rows.last().map(|row| row.id) else {
                break;
            };
            let read = rows.len();
            let mut go = Vec::with_capacity(read);
            for row in rows {
                let Some(why) = row.obstacle() else {
                    go.push(row.claim(edition));
                    continue;
                };
                cancel(tx, row.id, row.maybe_arrived(), &why).await?;
                stopped.push(Stopped { edition, why });
            }
            mark_sending(tx, edition, last, go.len(), now).await?;
            claims.append(&mut go);
            if read < want {
                break;
            }
        }
        if claims.len() >= most {
            break;
        }
    }
    Ok((claims, stopped))
}

/// A delivery that waits, with what could keep it from going; in the order of [`WAITING`].
#[derive(Deserialize)]
struct Waiting {
    id: i64,
    bundle: i64,
    address: String,
    token: String,
    personal: String,
    attempts: u32,
    doubts: u32,
    maybe_arrived: i64,
    first_reply_at: Option<i64>,
    stale: Option<String>,
    /// The member or the branch left.
    left: i64,
    /// The member was erased, or what makes the letter its own.
    erased: i64,
}

/// All that wait, as the inside of one JSON array: the driver hands rows over one by one, and
/// every one of them would wake the other thread. (`+ 0`: SQLite plans a bare `LIMIT $2` anew for
/// each value of it.)
const WAITING: &str = "SELECT string_agg(one, ',') FROM (
     SELECT CAST(json_array(d.id, d.bundle_id, d.address, d.token, d.personal, d.attempts,
         d.doubts, d.maybe_arrived, d.first_reply_at, b.stale,
         CASE WHEN m.left_at IS NULL AND r.left_at IS NULL THEN 0 ELSE 1 END,
         CASE WHEN (d.member_id IS NULL OR m.id IS NOT NULL) AND d.personal <> ''
            THEN 0 ELSE 1 END) AS TEXT) AS one
     FROM deliveries d
     JOIN bundles b ON b.id = d.bundle_id
     LEFT JOIN members m ON m.id = d.member_id
     LEFT JOIN branches r ON r.id = d.branch_id AND d.recipient_kind = 'branch'
     WHERE d.edition_id = $1 AND d.state = 'pending' ORDER BY d.id LIMIT $2 + 0) t";

/// The first that wait, by id; what cannot be read is damage, never a panic.
async fn waiting(tx: &mut Tx, edition: EditionId, most: usize) -> Result<Vec<Waiting>> {
    let rows: Option<String> = query(WAITING)
        .bind(edition.0)
        .bind(i64::try_from(most).unwrap_or(i64::MAX))
        .fetch_one(&mut **tx)
        .await?
        .try_get(0)?;
    let rows = format!("[{}]", rows.unwrap_or_default());
    serde_json::from_str(&rows).map_err(|e| LedgerError::Altered {
        table: "deliveries",
        id: format!("of edition {edition}"),
        value: e.to_string(),
    })
}

impl Waiting {
    /// Why it must not go any more.
    fn obstacle(&self) -> Option<String> {
        if self.left != 0 || self.erased != 0 {
            return Some("left".to_owned());
        }
        self.stale.clone()
    }

    fn maybe_arrived(&self) -> bool {
        self.maybe_arrived != 0
    }

    fn claim(self, edition: EditionId) -> Claim {
        let progress = Progress {
            state: State::Sending,
            attempts: self.attempts,
            doubts: self.doubts,
            maybe_arrived: self.maybe_arrived(),
            first_reply_at: self.first_reply_at.map(time),
            next_attempt_at: None,
        };
        Claim {
            delivery: self.id,
            edition,
            bundle: self.bundle,
            address: self.address,
            token: self.token,
            personal: self.personal,
            progress,
        }
    }
}

async fn cancel(tx: &mut Tx, delivery: i64, maybe_arrived: bool, why: &str) -> Result<()> {
    let state = State::Pending
        .on(Event::Stopped, maybe_arrived)
        .unwrap_or(State::Cancelled);
    query("UPDATE deliveries SET state = $2, reply = $3 WHERE id = $1 AND state = 'pending'")
        .bind(delivery)
        .bind(state.word())
        .bind(why)
        .execute(&mut **tx)
        .await?;
    Ok(())
}

/// Marks what waits up to `last`, which is as many as were read. (`OR FAIL`, here and below: where
/// it must be able to undo one statement alone, SQLite copies every page before it changes it; an
/// error ends the whole turn.)
async fn mark_sending(
    tx: &mut Tx,
    edition: EditionId,
    last: i64,
    read: usize,
    now: DateTime<Utc>,
) -> Result<()> {
    let sending = State::Pending
        .on(Event::Claimed, false)
        .unwrap_or(State::Sending);
    let marked = query(
        "UPDATE OR FAIL deliveries SET state = $1,
         first_attempt_at = COALESCE(first_attempt_at, $2), last_attempt_at = $2
         WHERE edition_id = $3 AND state = 'pending' AND id <= $4",
    )
    .bind(sending.word())
    .bind(ms(now))
    .bind(edition.0)
    .bind(last)
    .execute(&mut **tx)
    .await?;
    expect_rows(marked.rows_affected(), read, "pending")
}

/// Settlements in one statement; the database takes a limited number of values.
const SETTLED_AT_ONCE: usize = 128;

/// Puts what became of attempts on record. Every row must be `sending`: anything else is an error
/// of ours and stops delivery.
///
/// # Errors
/// The database failed, or a row is in another state.
pub async fn settle(tx: &mut Tx, done: &[Settlement], now: DateTime<Utc>) -> Result<()> {
    for group in done.chunks(SETTLED_AT_ONCE) {
        settle_group(tx, group).await?;
    }
    for done in done {
        // The attempt that ended in `sent` is the delivery's own row.
        if !matches!(done.progress.state, State::Sent | State::Pending) {
            note_attempt(tx, done, now).await?;
        }
        if done.hard {
            count_hard_failure(tx, &done.address, done.edition, now).await?;
        }
    }
    Ok(())
}

async fn settle_group(tx: &mut Tx, group: &[Settlement]) -> Result<()> {
    let mut sql = QueryBuilder::<Sqlite>::new(
        "WITH done (id, state, attempts, doubts, maybe_arrived, first_reply_at, next_attempt_at,
         reply_code, reply) AS (",
    );
    // A few sizes only, so that the statement is read once and kept; what is too much is no row's.
    let size = group.len().next_power_of_two();
    let rows = group.iter().map(Some).chain(iter::repeat(None)).take(size);
    sql.push_values(rows, |mut row, done| {
        let to = done.map(|done| &done.progress);
        row.push_bind(done.map(|done| done.delivery))
            .push_bind(to.map(|to| to.state.word()))
            .push_bind(to.map(|to| i64::from(to.attempts)))
            .push_bind(to.map(|to| i64::from(to.doubts)))
            .push_bind(to.map(|to| i64::from(to.maybe_arrived)))
            .push_bind(to.and_then(|to| to.first_reply_at).map(ms))
            .push_bind(to.and_then(|to| to.next_attempt_at).map(ms))
            .push_bind(done.and_then(|done| done.reply_code).map(i64::from))
            .push_bind(done.map(|done| &done.reply));
    });
    sql.push(
        ") UPDATE OR FAIL deliveries SET state = done.state, attempts = done.attempts,
         doubts = done.doubts, maybe_arrived = done.maybe_arrived,
         first_reply_at = done.first_reply_at, next_attempt_at = done.next_attempt_at,
         reply_code = done.reply_code, reply = done.reply
         FROM done WHERE deliveries.id = done.id AND deliveries.state = 'sending'",
    );
    let settled = sql.build().execute(&mut **tx).await?.rows_affected();
    expect_rows(settled, group.len(), "sending")
}

async fn note_attempt(tx: &mut Tx, done: &Settlement, now: DateTime<Utc>) -> Result<()> {
    query(
        "INSERT INTO attempts (delivery_id, at, outcome, reply_code, reply)
         VALUES ($1, $2, $3, $4, $5)",
    )
    .bind(done.delivery)
    .bind(ms(now))
    .bind(done.outcome)
    .bind(done.reply_code.map(i64::from))
    .bind(&done.reply)
    .execute(&mut **tx)
    .await?;
    Ok(())
}

/// Counts a hard failure of an address; two from different editions hold it.
pub(super) async fn count_hard_failure(
    tx: &mut Tx,
    address: &str,
    edition: EditionId,
    now: DateTime<Utc>,
) -> Result<()> {
    query(
        "INSERT INTO addresses (address, failures, last_edition) VALUES ($1, 1, $2)
         ON CONFLICT (address) DO UPDATE SET
         failures = addresses.failures
            + CASE WHEN addresses.last_edition = excluded.last_edition THEN 0 ELSE 1 END,
         last_edition = excluded.last_edition",
    )
    .bind(address)
    .bind(edition.0)
    .execute(&mut **tx)
    .await?;
    query(
        "UPDATE addresses SET held_at = COALESCE(held_at, $3)
         WHERE address = $1 AND failures >= $2",
    )
    .bind(address)
    .bind(HARD_FAILURES_MAX)
    .bind(ms(now))
    .execute(&mut **tx)
    .await?;
    Ok(())
}

fn expect_rows(found: u64, expected: usize, state: &str) -> Result<()> {
    if usize::try_from(found) == Ok(expected) {
        return Ok(());
    }
    let value = format!("{found} rows where {expected} were {state}");
    Err(LedgerError::Altered {
        table: "deliveries",
        id: state.to_owned(),
        value,
    })
}
