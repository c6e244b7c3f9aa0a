//! Owns the figures that monitoring asks for: ages and counts. It refuses to give a name, an
//! address, or what a document is called.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use sqlx::{Row, query};

use super::{Ledger, Result, ms, time};

impl Ledger {
    /// When the oldest letter that still waits was due; none where nothing waits.
    ///
    /// # Errors
    /// The database failed.
    pub async fn oldest_waiting(&self) -> Result<Option<DateTime<Utc>>> {
        let row = query(
            "SELECT MIN(e.due_at) FROM editions e WHERE e.state IN ('open', 'paused')
             AND EXISTS (SELECT 1 FROM deliveries d WHERE d.edition_id = e.id
                AND d.state IN ('pending', 'sending', 'deferred', 'unknown'))",
        )
        .fetch_one(&self.readers)
        .await?;
        Ok(row.try_get::<Option<i64>, _>(0)?.map(time))
    }

    /// How many letters were begun since then and are sent. Only editions that were open since are
    /// looked at: there is no index by time, and who asks does so when the server complains.
    ///
    /// # Errors
    /// The database failed.
    pub async fn taken_since(&self, since: DateTime<Utc>) -> Result<u64> {
        let row = query(
            "SELECT COUNT(*) FROM deliveries WHERE state = 'sent' AND last_attempt_at >= $1
             AND edition_id IN (SELECT id FROM editions
                WHERE state IN ('open', 'paused') OR closed_at >= $1)",
        )
        .bind(ms(since))
        .fetch_one(&self.readers)
        .await?;
        Ok(row.try_get::<i64, _>(0)?.cast_unsigned())
    }

    /// The newest due time of each schedule that was seen to, a slot in which nothing was owed
    /// included.
    ///
    /// # Errors
    /// The database failed.
    pub async fn last_due(&self, now: DateTime<Utc>) -> Result<BTreeMap<String, DateTime<Utc>>> {
        let rows = query(
            "SELECT schedule, MAX(due_at) FROM editions WHERE state <> 'skipped' AND due_at <= $1
             GROUP BY schedule",
        )
        .bind(ms(now))
        .fetch_all(&self.readers)
        .await?;
        let one = |row: &sqlx::sqlite::SqliteRow| {
            let at: i64 = row.try_get(1)?;
            Ok((row.try_get(0)?, time(at)))
        };
        rows.iter().map(one).collect()
    }

    /// Files of the folder by what was decided of them: accept, review, quarantine, duplicate.
    ///
    /// # Errors
    /// The database failed.
    pub async fn files_by_disposition(&self) -> Result<BTreeMap<String, u64>> {
        let rows = query("SELECT disposition, COUNT(*) FROM sightings GROUP BY disposition")
            .fetch_all(&self.readers)
            .await?;
        let one = |row: &sqlx::sqlite::SqliteRow| {
            let count: i64 = row.try_get(1)?;
            Ok((row.try_get(0)?, count.cast_unsigned()))
        };
        rows.iter().map(one).collect()
    }
}
