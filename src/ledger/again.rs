//! Owns the rows of letters that could be sent again: which there are in an edition, and the
//! writing of their next generation. It refuses to decide which of them are to be sent.

use sqlx::sqlite::SqliteRow;
use sqlx::{QueryBuilder, Row, Sqlite, query};

use super::editions::{self, NewDelivery};
use super::{Result, Tx, word};
use crate::edition::EditionId;

/// Which letters of an edition are meant.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Which {
    /// What ended unsent and is still owed.
    Owed,
    /// Of that, what was refused or came back.
    Failed,
    /// Those to this address or code, even if sent.
    To(String),
}

/// The newest letters of an edition that ended and are meant, as rows of their next generation.
/// Their tokens and Message-IDs are still the old ones. What is stale or erased, whose recipient
/// left, or what was paid for by another letter meanwhile is not among them.
///
/// # Errors
/// The database failed.
pub async fn ended(tx: &mut Tx, edition: EditionId, which: &Which) -> Result<Vec<NewDelivery>> {
    let mut sql = QueryBuilder::<Sqlite>::new(
        "SELECT d.* FROM deliveries d JOIN bundles b ON b.id = d.bundle_id
         LEFT JOIN members m ON m.id = d.member_id
         LEFT JOIN branches r ON r.id = d.branch_id AND d.recipient_kind = 'branch'
         WHERE b.stale IS NULL AND m.left_at IS NULL AND r.left_at IS NULL AND d.address <> ''
         AND d.personal <> ''
         AND (d.member_id IS NULL OR m.id IS NOT NULL)
         AND NOT EXISTS (SELECT 1 FROM deliveries n WHERE n.edition_id = d.edition_id
             AND n.recipient_kind = d.recipient_kind AND n.recipient_id = d.recipient_id
             AND n.address = d.address AND n.generation > d.generation)
         AND d.edition_id = ",
    );
    sql.push_bind(edition.0);
    match which {
        Which::Owed | Which::Failed => {
            sql.push(match which {
                Which::Failed => " AND d.state IN ('failed', 'bounced')",
                _ => " AND d.state IN ('failed', 'bounced', 'cancelled')",
            });
            sql.push(OWED);
        }
        Which::To(who) => {
            sql.push(" AND d.state IN ('failed', 'bounced', 'cancelled', 'sent')");
            sql.push(" AND (d.address = ").push_bind(who);
            sql.push(" OR d.code = ").push_bind(who).push(")");
        }
    }
    sql.push(" ORDER BY d.id");
    let rows = sql.build().fetch_all(&mut **tx).await?;
    rows.iter().map(next).collect()
}

/// Something in the bundle is covered by no letter of the recipient (design §4).
const OWED: &str = " AND EXISTS (SELECT 1 FROM bundle_documents p WHERE p.bundle_id = d.bundle_id
    AND NOT EXISTS (SELECT 1 FROM deliveries c JOIN bundle_documents q
        ON q.bundle_id = c.bundle_id WHERE c.recipient_kind = d.recipient_kind
        AND c.recipient_id = d.recipient_id AND q.document_id = p.document_id
        AND q.note NOT IN ('again', 'listed', 'reminder')
        AND c.state IN ('pending', 'sending', 'deferred', 'sent', 'unknown')))";

fn next(row: &SqliteRow) -> Result<NewDelivery> {
    let id: i64 = row.try_get("id")?;
    Ok(NewDelivery {
        bundle: row.try_get("bundle_id")?,
        kind: word("deliveries", id, row.try_get("recipient_kind")?)?,
        recipient: row.try_get("recipient_id")?,
        member: row.try_get("member_id")?,
        branch: row.try_get("branch_id")?,
        code: row.try_get("code")?,
        name: row.try_get("name")?,
        person: row.try_get("person")?,
        address: row.try_get("address")?,
        generation: row.try_get::<i64, _>("generation")? + 1,
        token: row.try_get("token")?,
        personal: row.try_get("personal")?,
        unreachable: None,
    })
}

/// Queues letters again, opens their edition and answers how many; 0, and nothing is changed, where
/// the edition was paused or cancelled meanwhile.
///
/// # Errors
/// The database failed.
pub async fn queue_again(tx: &mut Tx, edition: EditionId, new: Vec<NewDelivery>) -> Result<u64> {
    if new.is_empty() {
        return Ok(0);
    }
    let opened = query(
        "UPDATE editions SET total = total + $2, state = 'open', why = NULL, closed_at = NULL
         WHERE id = $1 AND state IN ('open', 'sent', 'partly')",
    )
    .bind(edition.0)
    .bind(i64::try_from(new.len()).unwrap_or(i64::MAX))
    .execute(&mut **tx)
    .await?;
    if opened.rows_affected() == 0 {
        return Ok(0);
    }
    editions::add_deliveries(tx, edition, new).await
}
