//! Owns what needs a person and can be seen from the rows themselves: letters held in doubt,
//! members nobody reaches. It refuses to repeat what is noted in `attention`.

use chrono::{DateTime, Utc};
use sqlx::{Row, query};

use super::{Ledger, Result, Tx, time};
use crate::edition::EditionId;

/// A number of rows and since when the oldest of them is as it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Matter {
    /// How many.
    pub count: u64,
    /// Since when.
    pub since: DateTime<Utc>,
}

impl Ledger {
    /// Deliveries in doubt that wait for a person's word.
    ///
    /// # Errors
    /// The database failed.
    pub async fn held_in_doubt(&self) -> Result<Option<Matter>> {
        // The last condition says nothing more; it is the one of an index.
        self.matter(
            "SELECT COUNT(*), MIN(COALESCE(last_attempt_at,
                (SELECT due_at FROM editions e WHERE e.id = edition_id))) FROM deliveries
             WHERE state = 'unknown' AND next_attempt_at IS NULL
             AND state IN ('deferred', 'unknown')",
        )
        .await
    }

    /// Members without an address that a letter could be sent to.
    ///
    /// # Errors
    /// The database failed.
    pub async fn unreachable_members(&self) -> Result<Option<Matter>> {
        self.matter(
            "SELECT COUNT(*), MIN(COALESCE(a.held_at, m.first_seen_at)) FROM members m
             LEFT JOIN addresses a ON a.address = m.address
             WHERE m.left_at IS NULL AND m.paused = 0
             AND (m.address IS NULL OR a.held_at IS NOT NULL)",
        )
        .await
    }

    pub(super) async fn matter(&self, sql: &'static str) -> Result<Option<Matter>> {
        let row = query(sql).fetch_one(&self.readers).await?;
        let count = row.try_get::<i64, _>(0)?.cast_unsigned();
        let since = row.try_get::<Option<i64>, _>(1)?;
        Ok((count > 0).then(|| Matter {
            count,
            since: since.map_or(DateTime::UNIX_EPOCH, time),
        }))
    }

    /// Rows of an edition that stand for recipients without a usable address: nothing was tried.
    ///
    /// # Errors
    /// The database failed.
    pub async fn unreachable_rows(&self, edition: EditionId) -> Result<u64> {
        let row = query(
            "SELECT COUNT(*) FROM deliveries WHERE edition_id = $1 AND state = 'failed'
             AND attempts = 0",
        )
        .bind(edition.0)
        .fetch_one(&self.readers)
        .await?;
        Ok(row.try_get::<i64, _>(0)?.cast_unsigned())
    }
}

/// Lifts the hold on an address and forgets its failures. False where it was not held.
///
/// # Errors
/// The database failed.
pub async fn release_address(tx: &mut Tx, address: &str) -> Result<bool> {
    let done = query("DELETE FROM addresses WHERE address = $1 AND held_at IS NOT NULL")
        .bind(address)
        .execute(&mut **tx)
        .await?;
    Ok(done.rows_affected() > 0)
}

/// Pauses a member by the office's word, or ends that; a pause in the roster is the roster's. False
/// where no member has this code, or this address and no code.
///
/// # Errors
/// The database failed.
pub async fn pause_member(tx: &mut Tx, code: &str, pause: bool) -> Result<bool> {
    let done = query(
        "UPDATE members SET paused = (paused & 1) + $2 WHERE left_at IS NULL
             AND (code = $1 OR (code IS NULL AND address = $1))",
    )
    .bind(code)
    .bind(if pause { 2_i64 } else { 0 })
    .execute(&mut **tx)
    .await?;
    Ok(done.rows_affected() > 0)
}
