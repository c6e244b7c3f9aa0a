//! Owns the end of the period for which the record names people: which editions and members it is
//! over for, and their pseudonymising. It refuses to know how long it is and when it is asked.

use chrono::{DateTime, Utc};
use sqlx::{Row, query};

use super::person::ERASED;
use super::{Ledger, Result, Tx, all, erase, events, first, ms};
use crate::edition::EditionId;

/// Letters pseudonymised in one transaction, so that delivery goes on beside it.
const BATCH: i64 = 2000;

/// An edition whose letters are to name nobody any more.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Expired {
    /// The edition.
    pub edition: EditionId,
    /// Its letters that still name somebody.
    pub letters: u64,
}

/// What the period is over for.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Plan {
    /// Editions.
    pub editions: Vec<Expired>,
    /// Members who left the roster and whose letters are all past the period.
    pub people: Vec<i64>,
}

impl Ledger {
    /// For which ended editions due before then, and for which members who left before then, the
    /// period is over.
    ///
    /// # Errors
    /// The database failed.
    pub async fn expired(&self, before: DateTime<Utc>) -> Result<Plan> {
        let rows = query(
            "SELECT e.id, (SELECT COUNT(*) FROM deliveries d WHERE d.edition_id = e.id
                AND d.personal <> '') FROM editions e
             WHERE e.pruned_at IS NULL AND e.due_at < $1 AND e.state NOT IN ('open', 'paused')
             ORDER BY e.id",
        )
        .bind(ms(before))
        .fetch_all(&self.readers)
        .await?;
        let editions = all(&rows, |r| {
            Ok(Expired {
                edition: EditionId(r.try_get(0)?),
                letters: r.try_get::<i64, _>(1)?.cast_unsigned(),
            })
        })?;
        let rows = query(
            "SELECT m.id FROM members m WHERE m.left_at < $1 AND m.key NOT LIKE $2
             AND NOT EXISTS (SELECT 1 FROM deliveries d JOIN editions e ON e.id = d.edition_id
                WHERE d.recipient_kind = 'member' AND d.recipient_id = m.id
                AND (e.due_at >= $1 OR e.state IN ('open', 'paused'))) ORDER BY m.id",
        )
        .bind(ms(before))
        .bind(format!("{ERASED}%"))
        .fetch_all(&self.readers)
        .await?;
        Ok(Plan {
            editions,
            people: all(&rows, |r| r.try_get(0))?,
        })
    }
}

/// Pseudonymises the next letters of an edition after delivery `after`. None at the end, which is
/// then on record; else the last delivery looked at, and how many letters named somebody.
///
/// # Errors
/// The database failed.
pub async fn prune(
    tx: &mut Tx,
    edition: EditionId,
    after: i64,
    now: DateTime<Utc>,
) -> Result<Option<(i64, u64)>> {
    let last = query(
        "SELECT MAX(id) FROM (SELECT id FROM deliveries WHERE edition_id = $1 AND id > $2
         ORDER BY id LIMIT $3) t",
    )
    .bind(edition.0)
    .bind(after)
    .bind(BATCH)
    .fetch_optional(&mut **tx)
    .await?;
    let Some(last) = first::<Option<i64>>(last.as_ref())?.flatten() else {
        end(tx, edition, now).await?;
        return Ok(None);
    };
    query(
        "UPDATE attempts SET reply = NULL WHERE delivery_id IN (SELECT id FROM deliveries
         WHERE edition_id = $1 AND id > $2 AND id <= $3)",
    )
    .bind(edition.0)
    .bind(after)
    .bind(last)
    .execute(&mut **tx)
    .await?;
    // An officer stands for a branch, which is no person: its code and name stay.
    query(
        "UPDATE deliveries SET
         code = CASE WHEN recipient_kind = 'member' THEN m.alias ELSE deliveries.code END,
         name = CASE WHEN recipient_kind = 'member' THEN m.alias ELSE deliveries.name END,
         person = CASE WHEN person IS NULL THEN NULL ELSE m.alias END,
         address = CASE WHEN deliveries.address = '' THEN '' ELSE m.alias END
         FROM (SELECT id, 'p-' || substr(pseudonym, 1, 12) AS alias FROM members) m
         WHERE deliveries.edition_id = $1 AND deliveries.id > $2 AND deliveries.id <= $3
         AND m.id = CASE WHEN recipient_kind = 'member' THEN recipient_id ELSE member_id END",
    )
    .bind(edition.0)
    .bind(after)
    .bind(last)
    .execute(&mut **tx)
    .await?;
    let pruned = query(
        "UPDATE deliveries SET token = '', personal = '', next_attempt_at = NULL,
         reply = CASE WHEN state = 'cancelled' OR attempts = 0 AND state = 'failed' THEN reply END
         WHERE edition_id = $1 AND id > $2 AND id <= $3 AND personal <> ''",
    )
    .bind(edition.0)
    .bind(after)
    .bind(last)
    .execute(&mut **tx)
    .await?;
    Ok(Some((last, pruned.rows_affected())))
}

/// The edition itself: a summary names people in its sheet; why one was paused may.
async fn end(tx: &mut Tx, edition: EditionId, now: DateTime<Utc>) -> Result<()> {
    query(
        "UPDATE bundles SET sheet = $2, stale = COALESCE(stale, 'expired') WHERE edition_id IN
         (SELECT id FROM editions WHERE id = $1 AND purpose = 'summary')",
    )
    .bind(edition.0)
    // Bytes are bound, since the databases write them differently.
    .bind(Vec::<u8>::new())
    .execute(&mut **tx)
    .await?;
    query("UPDATE editions SET pruned_at = $2 WHERE id = $1")
        .bind(edition.0)
        .bind(ms(now))
        .execute(&mut **tx)
        .await?;
    let letters = query("SELECT COUNT(*) FROM deliveries WHERE edition_id = $1")
        .bind(edition.0)
        .fetch_one(&mut **tx)
        .await?
        .try_get::<i64, _>(0)?;
    // Editions in which nothing was owed name nobody.
    if letters > 0 {
        let detail = serde_json::json!({ "letters": letters });
        events::append(tx, "retention", &edition.to_string(), &detail, now).await?;
    }
    Ok(())
}

/// Takes their names from members who left, and the failures of addresses that nobody has.
///
/// # Errors
/// The database failed.
pub async fn forget(tx: &mut Tx, people: &[i64], now: DateTime<Utc>) -> Result<()> {
    for id in people {
        erase::forget(tx, *id).await?;
    }
    query(
        "DELETE FROM addresses WHERE last_edition IN
            (SELECT id FROM editions WHERE pruned_at IS NOT NULL)
         AND NOT EXISTS (SELECT 1 FROM members m WHERE m.address = addresses.address)
         AND NOT EXISTS (SELECT 1 FROM branches b WHERE b.mailbox = addresses.address)",
    )
    .execute(&mut **tx)
    .await?;
    if !people.is_empty() {
        let detail = serde_json::json!({ "people": people.len() });
        events::append(tx, "retention", "members", &detail, now).await?;
    }
    Ok(())
}
