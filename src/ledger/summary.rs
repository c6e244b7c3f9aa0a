//! Owns what the office is told of: editions that ended, who was not reached, the head of the
//! chain; and what it was told of already. It refuses to know how that is worded or sent.

use std::collections::HashMap;

use chrono::{DateTime, Utc};
use sqlx::sqlite::SqliteRow;
use sqlx::{QueryBuilder, Row, Sqlite, query};

use super::editions::{self, EditionRow};
use super::matters::Matter;
use super::{Ledger, Result, Tx, all, ms, word};
use crate::delivery::State;
use crate::edition::{EditionId, EditionState};
use crate::organisation::RecipientKind;

/// How an edition stands, letter by letter.
#[derive(Clone, Debug)]
pub struct Account {
    /// The edition.
    pub edition: EditionRow,
    /// Its letters by state. One that was sent again counts as its last generation stands.
    pub letters: HashMap<State, u64>,
    /// Of the failed: recipients without a usable address, to whom nothing was tried.
    pub unreached: u64,
    /// Symbols of its documents, or file names.
    pub documents: Vec<String>,
    /// The first of those whom it did not reach.
    pub missed: Vec<Missed>,
    /// How many they are in all.
    pub missed_count: u64,
}

/// A recipient whom an edition did not reach.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Missed {
    /// Member or branch.
    pub kind: RecipientKind,
    /// The name of its branch.
    pub branch: Option<String>,
    /// Its code.
    pub code: Option<String>,
    /// Its name.
    pub name: String,
    /// How its letter ended.
    pub state: State,
    /// Nothing was tried.
    pub untried: bool,
    /// The server's last words, or ours.
    pub reply: Option<String>,
}

/// Ends, pauses and missed slots that no summary told of: what came to its end before `$1` is past
/// telling, and so is a missed slot after which a later one was seen to.
const UNTOLD: &str = "SELECT e.id, e.state FROM editions e
    WHERE e.purpose <> 'summary' AND (e.total > 0 AND (e.state = 'paused'
        OR e.state IN ('sent', 'partly', 'cancelled') AND e.closed_at >= $1)
        OR e.state = 'skipped' AND e.why = 'missed' AND e.created_at >= $1
            AND NOT EXISTS (SELECT 1 FROM editions l
                WHERE l.schedule = e.schedule AND l.due_at > e.due_at))
    AND NOT EXISTS (SELECT 1 FROM summarised s WHERE s.edition_id = e.id AND s.state = e.state)
    ORDER BY e.due_at, e.id";

/// Of an edition's letters the last generation: one that was sent again has a row for each.
const LAST: &str = " AND NOT EXISTS (SELECT 1 FROM deliveries n WHERE n.edition_id = d.edition_id
    AND n.recipient_kind = d.recipient_kind AND n.recipient_id = d.recipient_id
    AND n.address = d.address AND n.generation > d.generation)";

impl Ledger {
    /// True where an edition ended since then, or is paused, and the office was not told.
    ///
    /// # Errors
    /// The database failed.
    pub async fn has_untold(&self, since: DateTime<Utc>) -> Result<bool> {
        let row = query(UNTOLD).bind(ms(since)).fetch_optional(&self.readers);
        Ok(row.await?.is_some())
    }

    /// Addresses of the office that the last letter to them did not reach.
    ///
    /// # Errors
    /// The database failed.
    pub async fn office_unreached(&self) -> Result<Option<Matter>> {
        self.matter(
            "SELECT COUNT(*), MIN(e.due_at) FROM deliveries d
             JOIN editions e ON e.id = d.edition_id
             WHERE d.recipient_kind = 'office' AND d.state IN ('failed', 'bounced')
             AND NOT EXISTS (SELECT 1 FROM deliveries n WHERE n.recipient_kind = 'office'
                AND n.recipient_id = 0 AND n.address = d.address AND n.id > d.id
                AND n.state NOT IN ('pending', 'sending', 'deferred'))",
        )
        .await
    }
}

/// The ends and pauses of editions that no summary told of.
///
/// # Errors
/// The database failed.
pub async fn untold(tx: &mut Tx, since: DateTime<Utc>) -> Result<Vec<(EditionId, EditionState)>> {
    let rows = query(UNTOLD).bind(ms(since)).fetch_all(&mut **tx).await?;
    let one = |r: &SqliteRow| {
        let id: i64 = r.try_get(0)?;
        Ok((EditionId(id), word("editions", id, r.try_get(1)?)?))
    };
    rows.iter().map(one).collect()
}

/// Notes what a summary tells of, so that no other tells it again.
///
/// # Errors
/// The database failed.
pub async fn tell(tx: &mut Tx, summary: EditionId, of: &[(EditionId, EditionState)]) -> Result<()> {
    for (edition, state) in of {
        query(
            "INSERT INTO summarised (edition_id, state, summary_id) VALUES ($1, $2, $3)
             ON CONFLICT (edition_id, state) DO NOTHING",
        )
        .bind(edition.0)
        .bind(state.word())
        .bind(summary.0)
        .execute(&mut **tx)
        .await?;
    }
    Ok(())
}

/// The editions of a day: those that ended or were skipped in it, and those under way at its end.
/// Summaries, and editions in which nothing was owed, are none of them. At most `most`, and how
/// many there are.
///
/// # Errors
/// The database failed.
pub async fn of_day(
    tx: &mut Tx,
    (from, until): (DateTime<Utc>, DateTime<Utc>),
    most: u32,
) -> Result<(Vec<EditionId>, u64)> {
    let rows = query(
        "SELECT id, COUNT(*) OVER () FROM editions WHERE purpose <> 'summary' AND (
            state IN ('sent', 'partly', 'cancelled') AND closed_at > $1 AND closed_at <= $2
            OR state = 'skipped' AND created_at > $1 AND created_at <= $2
            OR state IN ('open', 'paused') AND due_at <= $2)
         ORDER BY due_at, id LIMIT $3",
    )
    .bind(ms(from))
    .bind(ms(until))
    .bind(i64::from(most))
    .fetch_all(&mut **tx)
    .await?;
    let count: Option<i64> = rows.first().map(|r| r.try_get(1)).transpose()?;
    let ids = all(&rows, |r| Ok(EditionId(r.try_get(0)?)))?;
    Ok((ids, count.unwrap_or(0).cast_unsigned()))
}

/// How an edition stands; at most `most` of those whom it did not reach.
///
/// # Errors
/// The database failed, or there is no such edition.
pub async fn account(tx: &mut Tx, id: EditionId, most: u32) -> Result<Account> {
    let (letters, unreached) = letters(tx, id).await?;
    let (missed, missed_count) = missed(tx, id, most).await?;
    let documents = editions::documents_of(tx, id).await?;
    Ok(Account {
        edition: editions::edition_by_id(tx, id).await?,
        letters,
        unreached,
        documents: documents.into_iter().map(|(_, name)| name).collect(),
        missed,
        missed_count,
    })
}

async fn letters(tx: &mut Tx, id: EditionId) -> Result<(HashMap<State, u64>, u64)> {
    let mut sql = QueryBuilder::<Sqlite>::new(
        "SELECT d.state, COUNT(*), SUM(CASE WHEN d.state = 'failed' AND d.attempts = 0
            THEN 1 ELSE 0 END) FROM deliveries d WHERE d.edition_id = ",
    );
    sql.push_bind(id.0);
    sql.push(LAST).push(" GROUP BY d.state");
    let rows = sql.build().fetch_all(&mut **tx).await?;
    let (mut letters, mut unreached) = (HashMap::new(), 0);
    for row in &rows {
        let count = row.try_get::<i64, _>(1)?.cast_unsigned();
        letters.insert(word("deliveries", 0, row.try_get(0)?)?, count);
        unreached += row.try_get::<i64, _>(2)?.cast_unsigned();
    }
    Ok((letters, unreached))
}

/// Whoever was not reached; what was withdrawn or replaced meanwhile is made up for by itself.
async fn missed(tx: &mut Tx, id: EditionId, most: u32) -> Result<(Vec<Missed>, u64)> {
    let mut sql = QueryBuilder::<Sqlite>::new(
        "SELECT d.id, d.recipient_kind, b.name AS branch, d.code, d.name, d.state, d.attempts,
            d.reply, COUNT(*) OVER () AS all_of_them FROM deliveries d
         LEFT JOIN branches b ON b.id = d.branch_id
         WHERE (d.state IN ('failed', 'bounced')
            OR d.state = 'unknown' AND d.next_attempt_at IS NULL
            OR d.state = 'cancelled' AND d.reply NOT IN ('withdrawn', 'superseded'))
         AND d.edition_id = ",
    );
    sql.push_bind(id.0);
    sql.push(LAST).push(" ORDER BY d.branch_id, d.id LIMIT ");
    sql.push_bind(i64::from(most));
    let rows = sql.build().fetch_all(&mut **tx).await?;
    let first = rows.first().map(|r| r.try_get("all_of_them"));
    let count: i64 = first.transpose()?.unwrap_or(0);
    let one = |r: &SqliteRow| {
        let id: i64 = r.try_get("id")?;
        Ok(Missed {
            kind: word("deliveries", id, r.try_get("recipient_kind")?)?,
            branch: r.try_get("branch")?,
            code: r.try_get("code")?,
            name: r.try_get("name")?,
            state: word("deliveries", id, r.try_get("state")?)?,
            untried: r.try_get::<i64, _>("attempts")? == 0,
            reply: r.try_get("reply")?,
        })
    };
    Ok((
        rows.iter().map(one).collect::<Result<_>>()?,
        count.cast_unsigned(),
    ))
}

/// How many events the chain has, and the hash of the last: whoever keeps a copy of it elsewhere
/// can prove that the past was not written anew (design §8).
///
/// # Errors
/// The database failed.
pub async fn chain(tx: &mut Tx) -> Result<(u64, String)> {
    let row = query(
        "SELECT COUNT(*), COALESCE((SELECT hash FROM events ORDER BY id DESC LIMIT 1), '')
         FROM events",
    )
    .fetch_one(&mut **tx)
    .await?;
    Ok((row.try_get::<i64, _>(0)?.cast_unsigned(), row.try_get(1)?))
}

/// True where hard failures hold an address.
///
/// # Errors
/// The database failed.
pub async fn is_held(tx: &mut Tx, address: &str) -> Result<bool> {
    let row = query("SELECT 1 FROM addresses WHERE address = $1 AND held_at IS NOT NULL")
        .bind(address)
        .fetch_optional(&mut **tx)
        .await?;
    Ok(row.is_some())
}
