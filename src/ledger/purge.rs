//! Owns the removal of a document's content from the record: bytes, facts, sheets that quote it,
//! what the write-ahead log still holds. It refuses to remove that it was there, and who was sent
//! it.

use chrono::{DateTime, Utc};
use sqlx::{Row, query};

use super::{Ledger, Result, Tx, all, time};
use crate::document::{DocumentId, Facts, Sha256, Standing};

/// What a purge removed.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Purged {
    /// The versions made empty: the one that was named and its copies.
    pub documents: Vec<DocumentId>,
    /// Frozen letters that quoted it and are now empty.
    pub sheets: u64,
    /// Where files with its bytes were last seen: they still lie there.
    pub places: Vec<String>,
    /// When the first of them came: copies of the ledger made since hold it.
    pub first_seen_at: Option<DateTime<Utc>>,
}

/// Empties a version and its copies. The rows stay, so that the log says who was sent what and the
/// same bytes are not taken in again; letters still waiting are stale.
///
/// # Errors
/// The database failed.
pub async fn purge(tx: &mut Tx, id: DocumentId, sha256: Sha256) -> Result<Purged> {
    let ids = query(
        "SELECT id, first_seen_at FROM documents
         WHERE id = $1 OR duplicate_of = $1 OR sha256 = $2 ORDER BY first_seen_at",
    )
    .bind(id.0)
    .bind(sha256.to_string())
    .fetch_all(&mut **tx)
    .await?;
    let mut purged = Purged {
        first_seen_at: ids.first().map(|row| row.try_get(1)).transpose()?.map(time),
        ..Purged::default()
    };
    for row in &ids {
        let id: i64 = row.try_get(0)?;
        purged.documents.push(DocumentId(id));
        let seen = query("DELETE FROM sightings WHERE document_id = $1 RETURNING path")
            .bind(id)
            .fetch_all(&mut **tx)
            .await?;
        purged
            .places
            .extend(all::<String, Vec<_>>(&seen, |r| r.try_get(0))?);
        purged.sheets += empty_sheets(tx, id).await?;
        empty_row(tx, id).await?;
        query("DELETE FROM attention WHERE what = 'review' AND about = $1")
            .bind(DocumentId(id).to_string())
            .execute(&mut **tx)
            .await?;
    }
    Ok(purged)
}

/// Sheets that carry the document, be it as an annex. What was sent stays on
/// record by its deliveries; what was not is cancelled when it would be claimed.
async fn empty_sheets(tx: &mut Tx, id: i64) -> Result<u64> {
    let done = query(
        "UPDATE bundles SET sheet = $2, stale = COALESCE(stale, 'withdrawn') WHERE id IN
         (SELECT bundle_id FROM bundle_documents WHERE document_id = $1)",
    )
    .bind(id)
    // Bytes are bound, since the databases write them differently.
    .bind(Vec::<u8>::new())
    .execute(&mut **tx)
    .await?;
    Ok(done.rows_affected())
}

async fn empty_row(tx: &mut Tx, id: i64) -> Result<()> {
    query(
        "DELETE FROM blobs WHERE sha256 = (SELECT sha256 FROM documents WHERE id = $1)
         OR sha256 NOT IN (SELECT sha256 FROM documents)",
    )
    .bind(id)
    .execute(&mut **tx)
    .await?;
    query(
        "UPDATE documents SET identity = NULL, file = $2, folder = NULL, fingerprint = NULL,
         symbol = NULL, symbol_key = NULL, issued_on = NULL, facts = $3, detail = NULL,
         standing = $4, disposition = 'quarantine', reason = NULL, urgency = NULL, due_on = NULL
         WHERE id = $1",
    )
    .bind(id)
    .bind(format!("{} (đã xoá / purged)", DocumentId(id)))
    .bind(super::decisions::facts_json(&Facts::default()))
    .bind(Standing::Refused.word())
    .execute(&mut **tx)
    .await?;
    Ok(())
}

impl Ledger {
    /// Folds the write-ahead log in and empties it, so that no earlier page is left in it. Freed
    /// pages are zeroed by `secure_delete`. False where another process still reads: then the log
    /// is emptied when that one ends or at the next call.
    ///
    /// # Errors
    /// The database failed.
    pub async fn fold_in(&self) -> Result<bool> {
        let row = query("PRAGMA wal_checkpoint(TRUNCATE)")
            .fetch_one(&self.writer)
            .await?;
        Ok(row.try_get::<i64, _>(0)? == 0)
    }
}
