//! Owns the writing of documents: what was seen, recorded, completed, accepted, withdrawn. It
//! refuses to know why.

use chrono::{DateTime, Utc};
use sqlx::{Row, query};

use super::documents::{NewDocument, Sighting};
use super::{Result, Tx, ms};
use crate::document::{DocumentId, Facts, Reason, Secrecy, Sha256, Standing};

/// Notes a sighting; the newest of a path replaces the one before.
///
/// # Errors
/// The database failed.
pub async fn note_sighting(tx: &mut Tx, seen: &Sighting, now: DateTime<Utc>) -> Result<()> {
    query(
        "INSERT INTO sightings (path, size, modified_at, inode, file, format, secrecy, disposition,
         reason, detail, document_id, seen_at, sidecar)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)
         ON CONFLICT (path) DO UPDATE SET size = excluded.size, modified_at = excluded.modified_at,
         inode = excluded.inode, file = excluded.file, format = excluded.format,
         secrecy = excluded.secrecy, disposition = excluded.disposition, reason = excluded.reason,
         detail = excluded.detail, document_id = excluded.document_id, seen_at = excluded.seen_at,
         sidecar = excluded.sidecar",
    )
    .bind(&seen.path)
    .bind(seen.size.cast_signed())
    .bind(seen.modified_at)
    .bind(seen.inode.cast_signed())
    .bind(&seen.file)
    .bind(seen.format.word())
    .bind(seen.secrecy.map(Secrecy::word))
    .bind(seen.disposition.word())
    .bind(seen.reason.map(Reason::word))
    .bind(&seen.detail)
    .bind(seen.document.map(|d| d.0))
    .bind(ms(now))
    .bind(&seen.sidecar)
    .execute(&mut **tx)
    .await?;
    Ok(())
}

/// Keeps the bytes of a document that passed the gate.
///
/// # Errors
/// The database failed.
pub async fn keep_blob(tx: &mut Tx, sha256: Sha256, bytes: &[u8]) -> Result<()> {
    query("INSERT INTO blobs (sha256, size, bytes) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING")
        .bind(sha256.to_string())
        .bind(i64::try_from(bytes.len()).unwrap_or(i64::MAX))
        .bind(bytes)
        .execute(&mut **tx)
        .await?;
    Ok(())
}

/// Keeps a document's cover beside its bytes; nothing where those are not kept.
///
/// # Errors
/// The database failed.
pub async fn keep_cover(tx: &mut Tx, sha256: Sha256, png: &[u8]) -> Result<()> {
    query(
        "INSERT INTO covers (sha256, png) SELECT sha256, $2 FROM blobs WHERE sha256 = $1
         ON CONFLICT DO NOTHING",
    )
    .bind(sha256.to_string())
    .bind(png)
    .execute(&mut **tx)
    .await?;
    Ok(())
}

/// Records a version. Where it supersedes another, that one's letters still waiting are stale.
///
/// # Errors
/// The database failed.
pub async fn record(tx: &mut Tx, new: &NewDocument, now: DateTime<Utc>) -> Result<DocumentId> {
    let accepted = (new.standing == Standing::Accepted).then(|| ms(now));
    let fact_date = new.facts.issued_on.as_ref().map(|f| f.value.to_string());
    let id: i64 = query(
        "INSERT INTO documents (chain, identity, file, folder, format, pages, size, sha256,
         fingerprint, symbol, symbol_key, issued_on, facts, text_source, trusted, disposition,
         reason, detail, standing, audience, due_on, urgency, duplicate_of, supersedes, annex_of,
         first_seen_at, accepted_at)
         VALUES (COALESCE((SELECT chain FROM documents WHERE id = $1), 0), $2, $3, $4, $5, $6, $7,
         $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20, $21, $22, $23, $1, $24,
         $25, $26) RETURNING id",
    )
    .bind(new.supersedes.map(|d| d.0))
    .bind(&new.identity)
    .bind(&new.file)
    .bind(&new.folder)
    .bind(new.format.word())
    .bind(new.pages.map(i64::from))
    .bind(new.size.cast_signed())
    .bind(new.sha256.to_string())
    .bind(new.fingerprint.map(|f| f.to_string()))
    .bind(new.facts.symbol.as_ref().map(|f| f.value.to_string()))
    .bind(new.facts.symbol.as_ref().map(|f| f.value.key()))
    .bind(fact_date)
    .bind(facts_json(&new.facts))
    .bind(new.text_source.word())
    .bind(new.trusted)
    .bind(new.disposition.word())
    .bind(new.reason.map(Reason::word))
    .bind(&new.detail)
    .bind(new.standing.word())
    .bind(new.audience.word())
    .bind(new.due_on.map(|d| d.to_string()))
    .bind(new.facts.urgency.as_ref().map(|f| f.value.word()))
    .bind(new.duplicate_of.map(|d| d.0))
    .bind(new.annex_of.map(|d| d.0))
    .bind(ms(now))
    .bind(accepted)
    .fetch_one(&mut **tx)
    .await?
    .try_get(0)?;
    query("UPDATE documents SET chain = id WHERE id = $1 AND chain = 0")
        .bind(id)
        .execute(&mut **tx)
        .await?;
    if let Some(old) = new
        .supersedes
        .filter(|_| new.standing == Standing::Accepted)
    {
        stand(tx, old, Standing::Superseded).await?;
    }
    Ok(DocumentId(id))
}

/// Writes a version's facts and decisions anew.
///
/// # Errors
/// The database failed.
pub async fn update(
    tx: &mut Tx,
    id: DocumentId,
    new: &NewDocument,
    now: DateTime<Utc>,
) -> Result<()> {
    let fact_date = new.facts.issued_on.as_ref().map(|f| f.value.to_string());
    query(
        "UPDATE documents SET identity = $2, symbol = $3, symbol_key = $4, issued_on = $5,
         facts = $6, disposition = $7, reason = $8, detail = $9, audience = $10, due_on = $11,
         urgency = $12, supersedes = $13, annex_of = $14, text_source = $15,
         chain = COALESCE((SELECT chain FROM documents o WHERE o.id = $13), chain),
         accepted_at = CASE WHEN $16 = 'accepted' THEN COALESCE(accepted_at, $17)
                       ELSE accepted_at END
         WHERE id = $1",
    )
    .bind(id.0)
    .bind(&new.identity)
    .bind(new.facts.symbol.as_ref().map(|f| f.value.to_string()))
    .bind(new.facts.symbol.as_ref().map(|f| f.value.key()))
    .bind(fact_date)
    .bind(facts_json(&new.facts))
    .bind(new.disposition.word())
    .bind(new.reason.map(Reason::word))
    .bind(&new.detail)
    .bind(new.audience.word())
    .bind(new.due_on.map(|d| d.to_string()))
    .bind(new.facts.urgency.as_ref().map(|f| f.value.word()))
    .bind(new.supersedes.map(|d| d.0))
    .bind(new.annex_of.map(|d| d.0))
    .bind(new.text_source.word())
    .bind(new.standing.word())
    .bind(ms(now))
    .execute(&mut **tx)
    .await?;
    stand(tx, id, new.standing).await?;
    if let Some(old) = new
        .supersedes
        .filter(|_| new.standing == Standing::Accepted)
    {
        stand(tx, old, Standing::Superseded).await?;
    }
    Ok(())
}

/// Moves a version to a standing. One that must not go any more makes its waiting letters stale;
/// they are cancelled when they would be claimed.
///
/// # Errors
/// The database failed.
pub async fn stand(tx: &mut Tx, id: DocumentId, standing: Standing) -> Result<()> {
    query("UPDATE documents SET standing = $2 WHERE id = $1")
        .bind(id.0)
        .bind(standing.word())
        .execute(&mut **tx)
        .await?;
    if matches!(
        standing,
        Standing::Superseded | Standing::Withdrawn | Standing::Waiting
    ) {
        query(
            "UPDATE bundles SET stale = $2 WHERE stale IS NULL AND id IN
             (SELECT bundle_id FROM bundle_documents WHERE document_id = $1
              AND note <> 'withdrawn')",
        )
        .bind(id.0)
        .bind(standing.word())
        .execute(&mut **tx)
        .await?;
    }
    Ok(())
}

/// Turns every accepted, never published version into one that is owed to nobody: the archive
/// that was there before phobien came.
///
/// # Errors
/// The database failed.
pub async fn make_known(tx: &mut Tx) -> Result<u64> {
    let done = query(
        "UPDATE documents SET standing = 'known' WHERE standing = 'accepted'
         AND id NOT IN (SELECT document_id FROM bundle_documents)",
    )
    .execute(&mut **tx)
    .await?;
    Ok(done.rows_affected())
}

pub(super) fn facts_json(facts: &Facts) -> String {
    serde_json::to_string(facts).unwrap_or_else(|_| unreachable!("facts are plain data"))
}

/// Forgets that a file was ever seen.
///
/// # Errors
/// The database failed.
pub async fn forget_sighting(tx: &mut Tx, path: &str) -> Result<()> {
    query("DELETE FROM sightings WHERE path = $1")
        .bind(path)
        .execute(&mut **tx)
        .await?;
    Ok(())
}

/// Makes a known version an annex of another.
///
/// # Errors
/// The database failed.
pub async fn belong(tx: &mut Tx, annex: DocumentId, main: DocumentId) -> Result<()> {
    query("UPDATE documents SET annex_of = $2 WHERE id = $1")
        .bind(annex.0)
        .bind(main.0)
        .execute(&mut **tx)
        .await?;
    Ok(())
}
