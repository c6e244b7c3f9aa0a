//! Owns which matters the office was told of by mail, so that each is told of once. It refuses to
//! know what the matters are and how they are worded.

use std::collections::HashMap;

use chrono::{DateTime, TimeDelta, Utc};
use data_encoding::HEXLOWER;
use sha2::{Digest, Sha256};
use sqlx::{Row, query};

use super::events::Attention;
use super::{Ledger, Result, Tx, ms, time};

/// One that comes back so long after it was told of is a new one.
const ANEW_AFTER: TimeDelta = TimeDelta::days(1);
/// One that stands so long is told of again.
const FORGOTTEN_AFTER: TimeDelta = TimeDelta::days(90);
/// Bytes of a digest that are kept: enough to tell matters apart.
const DIGEST: usize = 16;

impl Ledger {
    /// Of these matters the ones that the office was not told of.
    ///
    /// # Errors
    /// The database failed.
    pub async fn untold_matters(
        &self,
        matters: Vec<Attention>,
        now: DateTime<Utc>,
    ) -> Result<Vec<Attention>> {
        let rows = query("SELECT matter, told_at FROM told_matters WHERE told_at >= $1")
            .bind(ms(now - FORGOTTEN_AFTER))
            .fetch_all(&self.readers)
            .await?;
        let mut told = HashMap::new();
        for row in &rows {
            let at: i64 = row.try_get(1)?;
            told.insert(row.try_get::<String, _>(0)?, time(at));
        }
        let is_untold = |matter: &Attention| {
            let at = told.get(&digest(matter));
            at.is_none_or(|at| matter.since > *at + ANEW_AFTER)
        };
        Ok(matters.into_iter().filter(is_untold).collect())
    }
}

/// Notes that the office is told of these.
///
/// # Errors
/// The database failed.
pub async fn tell(tx: &mut Tx, matters: &[Attention], now: DateTime<Utc>) -> Result<()> {
    query("DELETE FROM told_matters WHERE told_at < $1")
        .bind(ms(now - FORGOTTEN_AFTER))
        .execute(&mut **tx)
        .await?;
    for matter in matters {
        query(
            "INSERT INTO told_matters (matter, told_at) VALUES ($1, $2)
             ON CONFLICT (matter) DO UPDATE SET told_at = excluded.told_at",
        )
        .bind(digest(matter))
        .bind(ms(now))
        .execute(&mut **tx)
        .await?;
    }
    Ok(())
}

fn digest(matter: &Attention) -> String {
    let whole = Sha256::new()
        .chain_update(&matter.what)
        .chain_update([0])
        .chain_update(&matter.about)
        .finalize();
    HEXLOWER.encode(&whole[..DIGEST])
}
