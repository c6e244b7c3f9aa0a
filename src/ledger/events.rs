//! Owns the append-only, hash-chained event log and the list of what needs a person. It refuses to
//! know why anything was decided; no name or address ever enters the chain.

use std::collections::HashMap;

use chrono::{DateTime, Utc};
use sha2::{Digest, Sha256};
use sqlx::{Row, SqliteConnection, query};

use super::{Ledger, Result, Tx, all, first, ms, time};
use crate::edition::{EditionId, EditionState};

/// Something that needs a person.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Attention {
    /// The kind of matter, one word.
    pub what: String,
    /// What it is about: a file, an edition, a setting.
    pub about: String,
    /// One sentence: what happened and what to do.
    pub detail: String,
    /// Since when.
    pub since: DateTime<Utc>,
}

/// Appends an event. Its hash covers the one before, so that an altered past shows (design §8).
///
/// # Errors
/// The database failed.
pub async fn append(
    tx: &mut Tx,
    kind: &str,
    subject: &str,
    detail: &serde_json::Value,
    now: DateTime<Utc>,
) -> Result<()> {
    let last = query("SELECT hash FROM events ORDER BY id DESC LIMIT 1")
        .fetch_optional(&mut **tx)
        .await?;
    let previous: String = first(last.as_ref())?.unwrap_or_default();
    let detail = detail.to_string();
    let hash = hash(&previous, ms(now), kind, subject, &detail);
    query(
        "INSERT INTO events (at, kind, subject, detail, previous, hash)
         VALUES ($1, $2, $3, $4, $5, $6)",
    )
    .bind(ms(now))
    .bind(kind)
    .bind(subject)
    .bind(detail)
    .bind(previous)
    .bind(hash)
    .execute(&mut **tx)
    .await?;
    Ok(())
}

/// Takes a person's words out of an event. Its hash stays, since the next event covers it; a new
/// event vouches for what stands there now. The end of an edition has no such words.
///
/// # Errors
/// The database failed.
pub(super) async fn redact(
    tx: &mut Tx,
    id: i64,
    detail: &serde_json::Value,
    now: DateTime<Utc>,
) -> Result<()> {
    let row = query("SELECT previous, at, kind, subject FROM events WHERE id = $1")
        .bind(id)
        .fetch_one(&mut **tx)
        .await?;
    let detail = detail.to_string();
    let word = |at: usize| row.try_get::<String, _>(at);
    let stands = hash(&word(0)?, row.try_get(1)?, &word(2)?, &word(3)?, &detail);
    query("UPDATE events SET detail = $2 WHERE id = $1")
        .bind(id)
        .bind(detail)
        .execute(&mut **tx)
        .await?;
    let vouched = serde_json::json!({ "stands": stands });
    append(tx, REDACTED, &format!("v-{id}"), &vouched, now).await
}

/// The kind of the event that vouches for another from which a person's words were taken.
const REDACTED: &str = "redacted";

/// The hashes of events as they stand since a person's words were taken out, by event.
///
/// # Errors
/// The database failed.
pub(super) async fn redacted(connection: &mut SqliteConnection) -> Result<HashMap<i64, String>> {
    let rows = query("SELECT subject, detail FROM events WHERE kind = $1 ORDER BY id")
        .bind(REDACTED)
        .fetch_all(&mut *connection)
        .await?;
    let mut redacted = HashMap::new();
    for row in &rows {
        let (of, detail): (String, String) = (row.try_get(0)?, row.try_get(1)?);
        let id = of.strip_prefix("v-").and_then(|id| id.parse().ok());
        let detail: Option<serde_json::Value> = serde_json::from_str(&detail).ok();
        let stands = detail.as_ref().and_then(|d| d["stands"].as_str());
        if let (Some(id), Some(stands)) = (id, stands) {
            redacted.insert(id, stands.to_owned());
        }
    }
    Ok(redacted)
}

/// True where a person's words may be taken out of an event of this kind: what proves who was sent
/// what has none.
pub(super) fn may_be_redacted(kind: &str) -> bool {
    !matches!(kind, "edition_closed" | REDACTED)
}

/// The hash of an event, over the one before it and every part with its length.
pub(super) fn hash(previous: &str, at: i64, kind: &str, subject: &str, detail: &str) -> String {
    let mut hash = Sha256::new();
    for part in [previous, &at.to_string(), kind, subject, detail] {
        hash.update((part.len() as u64).to_be_bytes());
        hash.update(part.as_bytes());
    }
    data_encoding::HEXLOWER.encode(&hash.finalize())
}

/// Puts the end of an edition into the chain, with the root over its deliveries; again where they
/// change after it, so that the last entry is what the deliveries must be.
///
/// # Errors
/// The database failed.
pub(super) async fn close_edition(
    tx: &mut Tx,
    id: EditionId,
    state: EditionState,
    now: DateTime<Utc>,
) -> Result<()> {
    let (root, count) = root(tx, id).await?;
    let detail = serde_json::json!({ "state": state.word(), "deliveries": count, "root": root });
    append(tx, "edition_closed", &id.to_string(), &detail, now).await
}

/// The lines of the deliveries that follow one, as one text, and how far they go.
pub(super) const ROOT_PAGE: &str =
    "SELECT COUNT(*), MAX(id), string_agg(line, '' ORDER BY id) FROM (
    SELECT d.id, d.id || '|' || COALESCE(m.pseudonym, r.code, '') || '|' || d.bundle_id
        || '|' || d.state || '|' || COALESCE(d.reply_code, -1)
        || '|' || COALESCE(d.first_attempt_at, -1)
        || '|' || COALESCE(d.last_attempt_at, -1) || '\n' AS line FROM deliveries d
    LEFT JOIN members m ON m.id = d.member_id
    LEFT JOIN branches r ON r.id = d.branch_id
    WHERE d.edition_id = $1 AND d.id > $2 ORDER BY d.id LIMIT $3 + 0) t";

/// The root over an edition's deliveries, each by id, pseudonym, bundle's documents, state, reply
/// code and times, and how many they are.
///
/// # Errors
/// The database failed.
pub(super) async fn root(
    connection: &mut SqliteConnection,
    id: EditionId,
) -> Result<(String, u64)> {
    /// Rows read at a time, as one text: an edition of a million is hashed in flat memory.
    const PAGE: i64 = 2000;
    let (mut root, mut after, mut count) = (Sha256::new(), 0i64, 0u64);
    loop {
        let page = query(ROOT_PAGE)
            .bind(id.0)
            .bind(after)
            .bind(PAGE)
            .fetch_one(&mut *connection)
            .await?;
        let read = page.try_get::<i64, _>(0)?;
        after = page.try_get::<Option<i64>, _>(1)?.unwrap_or(after);
        count += u64::try_from(read).unwrap_or_default();
        root.update(page.try_get::<Option<&str>, _>(2)?.unwrap_or_default());
        if read < PAGE {
            break;
        }
    }
    let documents = query(
        "SELECT b.id, o.sha256 FROM bundles b JOIN bundle_documents p ON p.bundle_id = b.id
         JOIN documents o ON o.id = p.document_id WHERE b.edition_id = $1
         ORDER BY b.id, p.position",
    )
    .bind(id.0)
    .fetch_all(&mut *connection)
    .await?;
    for row in &documents {
        root.update(
            format!(
                "{}|{}\n",
                row.try_get::<i64, _>(0)?,
                row.try_get::<&str, _>(1)?
            )
            .as_bytes(),
        );
    }
    Ok((data_encoding::HEXLOWER.encode(&root.finalize()), count))
}

/// Notes that something needs a person; the same matter keeps its first time.
///
/// # Errors
/// The database failed.
pub async fn attend(
    tx: &mut Tx,
    what: &str,
    about: &str,
    detail: &str,
    now: DateTime<Utc>,
) -> Result<()> {
    query(
        "INSERT INTO attention (what, about, detail, since) VALUES ($1, $2, $3, $4)
         ON CONFLICT (what, about) DO UPDATE SET detail = excluded.detail",
    )
    .bind(what)
    .bind(about)
    .bind(detail)
    .bind(ms(now))
    .execute(&mut **tx)
    .await?;
    Ok(())
}

/// Clears a matter, or all of a kind (`about` none).
///
/// # Errors
/// The database failed.
pub async fn clear(tx: &mut Tx, what: &str, about: Option<&str>) -> Result<()> {
    query("DELETE FROM attention WHERE what = $1 AND about = COALESCE($2, about)")
        .bind(what)
        .bind(about)
        .execute(&mut **tx)
        .await?;
    Ok(())
}

impl Ledger {
    /// What needs a person, oldest first.
    ///
    /// # Errors
    /// The database failed.
    pub async fn attention(&self) -> Result<Vec<Attention>> {
        let rows = query("SELECT what, about, detail, since FROM attention ORDER BY since, about")
            .fetch_all(&self.readers)
            .await?;
        all(&rows, |r| {
            Ok(Attention {
                what: r.try_get(0)?,
                about: r.try_get(1)?,
                detail: r.try_get(2)?,
                since: time(r.try_get(3)?),
            })
        })
    }
}
