//! Owns since when schedules are known and which of their slots have editions. It refuses to know
//! when slots fall due.

use std::collections::HashSet;

use chrono::{DateTime, Utc};
use sqlx::{Row, query};

use super::{Ledger, Result, Tx, all, ms, time};

/// Since when the ledger knows this schedule as configured; its first sight is noted now. Before
/// that moment it has no slots, so a new schedule never starts with a past one.
///
/// # Errors
/// The database failed.
pub async fn known_since(
    tx: &mut Tx,
    (name, cron, zone): (&str, &str, &str),
    now: DateTime<Utc>,
) -> Result<DateTime<Utc>> {
    query(
        "INSERT INTO schedules (name, cron, zone, since) VALUES ($1, $2, $3, $4)
         ON CONFLICT (name, cron, zone) DO NOTHING",
    )
    .bind(name)
    .bind(cron)
    .bind(zone)
    .bind(ms(now))
    .execute(&mut **tx)
    .await?;
    let row = query("SELECT since FROM schedules WHERE name = $1 AND cron = $2 AND zone = $3")
        .bind(name)
        .bind(cron)
        .bind(zone)
        .fetch_one(&mut **tx)
        .await?;
    Ok(time(row.try_get(0)?))
}

impl Ledger {
    /// The slots of a schedule, by nominal time, that have an edition and lie at or after `from`.
    ///
    /// # Errors
    /// The database failed.
    pub async fn slots_on_record(
        &self,
        schedule: &str,
        from: DateTime<Utc>,
    ) -> Result<HashSet<DateTime<Utc>>> {
        let rows =
            query("SELECT nominal_at FROM editions WHERE schedule = $1 AND nominal_at >= $2")
                .bind(schedule)
                .bind(ms(from))
                .fetch_all(&self.readers)
                .await?;
        all(&rows, |r| Ok(time(r.try_get(0)?)))
    }

    /// The newest slot of a schedule on record that was not skipped, before `at`.
    ///
    /// # Errors
    /// The database failed.
    pub async fn slot_before(
        &self,
        schedule: &str,
        at: DateTime<Utc>,
    ) -> Result<Option<DateTime<Utc>>> {
        let row = query(
            "SELECT MAX(nominal_at) FROM editions WHERE schedule = $1 AND nominal_at < $2
             AND state <> 'skipped'",
        )
        .bind(schedule)
        .bind(ms(at))
        .fetch_one(&self.readers)
        .await?;
        Ok(row.try_get::<Option<i64>, _>(0)?.map(time))
    }

    /// The newest nominal time of a schedule on record, whatever became of it.
    ///
    /// # Errors
    /// The database failed.
    pub async fn last_slot(&self, schedule: &str) -> Result<Option<DateTime<Utc>>> {
        let row = query("SELECT MAX(nominal_at) FROM editions WHERE schedule = $1")
            .bind(schedule)
            .fetch_one(&self.readers)
            .await?;
        Ok(row.try_get::<Option<i64>, _>(0)?.map(time))
    }
}
