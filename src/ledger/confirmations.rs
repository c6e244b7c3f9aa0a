//! Owns who confirmed to have studied which document, and who was asked and did not. It refuses to
//! know how a confirmation reached the office, and to give a name to the chain.

use std::collections::HashMap;

use chrono::{DateTime, NaiveDate, Utc};
use sqlx::{Row, query};

use super::{Result, Tx, events, ms, time, word};
use crate::document::DocumentId;
use crate::edition::{Asked, Means};
use crate::organisation::RecipientKind;

/// Somebody who may confirm.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Confirmer {
    /// Member or branch.
    pub kind: RecipientKind,
    /// Its id.
    pub id: i64,
    /// Its code.
    pub code: String,
    /// What stands for it in the audit chain: a member's pseudonym, a branch's code.
    alias: String,
}

/// A confirmation on record.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Confirmed {
    /// When.
    pub at: DateTime<Utc>,
    /// False where it was on record before.
    pub new: bool,
}

/// The member or branch of a code, in that order; those who left too, since paper comes late.
///
/// # Errors
/// The database failed.
pub async fn confirmer(tx: &mut Tx, code: &str) -> Result<Option<Confirmer>> {
    let row = query(
        "SELECT 'member', id, pseudonym FROM members WHERE code = $1
         UNION ALL SELECT 'branch', id, code FROM branches WHERE code = $1",
    )
    .bind(code)
    .fetch_optional(&mut **tx)
    .await?;
    row.map(|row| {
        Ok(Confirmer {
            kind: word("members", row.try_get(1)?, row.try_get(0)?)?,
            id: row.try_get(1)?,
            code: code.to_owned(),
            alias: row.try_get(2)?,
        })
    })
    .transpose()
}

/// Puts a confirmation on record and into the chain; the first one counts.
///
/// # Errors
/// The database failed.
pub async fn confirm(
    tx: &mut Tx,
    who: &Confirmer,
    document: DocumentId,
    (means, by): (Means, Option<&str>),
    at: DateTime<Utc>,
) -> Result<Confirmed> {
    let written = query(
        "INSERT INTO confirmations (recipient_kind, recipient_id, document_id, confirmed_at, means)
         VALUES ($1, $2, $3, $4, $5)
         ON CONFLICT (recipient_kind, recipient_id, document_id) DO NOTHING",
    )
    .bind(who.kind.word())
    .bind(who.id)
    .bind(document.0)
    .bind(ms(at))
    .bind(means.word())
    .execute(&mut **tx)
    .await?;
    if written.rows_affected() > 0 {
        let detail = serde_json::json!({
            "recipient": who.alias, "means": means.word(), "by": by.unwrap_or("")
        });
        events::append(tx, "confirm", &document.to_string(), &detail, at).await?;
        return Ok(Confirmed { at, new: true });
    }
    let row = query(
        "SELECT confirmed_at FROM confirmations
         WHERE recipient_kind = $1 AND recipient_id = $2 AND document_id = $3",
    )
    .bind(who.kind.word())
    .bind(who.id)
    .bind(document.0)
    .fetch_one(&mut **tx)
    .await?;
    Ok(Confirmed {
        at: time(row.try_get(0)?),
        new: false,
    })
}

/// True where a version ever went out, or was to go and could not: only such can be confirmed.
///
/// # Errors
/// The database failed.
pub async fn was_told(tx: &mut Tx, document: DocumentId) -> Result<bool> {
    let row = query("SELECT 1 FROM bundle_documents WHERE document_id = $1 LIMIT 1")
        .bind(document.0)
        .fetch_optional(&mut **tx)
        .await?;
    Ok(row.is_some())
}

/// Confirms what a letter carried, by the token that a reply names; the versions. None where no
/// letter to a member or branch has this token.
///
/// # Errors
/// The database failed.
pub async fn confirm_letter(
    tx: &mut Tx,
    token: &str,
    at: DateTime<Utc>,
) -> Result<Option<Vec<DocumentId>>> {
    let letter = query(
        "SELECT d.recipient_kind, d.recipient_id, d.bundle_id, COALESCE(d.code, ''),
            COALESCE(m.pseudonym, r.code) FROM deliveries d
         LEFT JOIN members m ON m.id = d.recipient_id AND d.recipient_kind = 'member'
         LEFT JOIN branches r ON r.id = d.recipient_id AND d.recipient_kind = 'branch'
         WHERE d.token = $1 AND d.personal <> ''",
    )
    .bind(token)
    .fetch_optional(&mut **tx)
    .await?;
    let Some(letter) = letter else {
        return Ok(None);
    };
    let Some(alias) = letter.try_get::<Option<String>, _>(4)? else {
        return Ok(None);
    };
    let who = Confirmer {
        kind: word("deliveries", 0, letter.try_get(0)?)?,
        id: letter.try_get(1)?,
        code: letter.try_get(3)?,
        alias,
    };
    let rows = query(
        "SELECT document_id FROM bundle_documents
         WHERE bundle_id = $1 AND note IN ('new', 'correction', 'reminder') ORDER BY position",
    )
    .bind(letter.try_get::<i64, _>(2)?)
    .fetch_all(&mut **tx)
    .await?;
    let mut confirmed = Vec::new();
    for row in &rows {
        let document = DocumentId(row.try_get(0)?);
        confirm(tx, &who, document, (Means::Reply, None), at).await?;
        confirmed.push(document);
    }
    Ok(Some(confirmed))
}

/// Notes that the letters of a bundle ask to be confirmed.
///
/// # Errors
/// The database failed.
pub async fn ask(tx: &mut Tx, bundle: i64, by: NaiveDate) -> Result<()> {
    query("UPDATE bundles SET confirm_by = $2 WHERE id = $1")
        .bind(bundle)
        .bind(by.to_string())
        .execute(&mut **tx)
        .await?;
    Ok(())
}

/// What the members `first..=last` were asked to confirm, by member: only letters that the server
/// has count as asking; a reminder counts once it is written, so that none is written twice.
///
/// # Errors
/// The database failed.
pub async fn asked(tx: &mut Tx, first: i64, last: i64) -> Result<HashMap<i64, Vec<Asked>>> {
    let rows = query(
        "SELECT d.recipient_id, p.document_id,
            MAX(CASE WHEN p.note <> 'reminder' AND d.state = 'sent' THEN d.last_attempt_at END),
            SUM(CASE WHEN p.note = 'reminder' AND d.state <> 'cancelled' THEN 1 ELSE 0 END),
            MAX(c.confirmed_at) FROM deliveries d
         JOIN bundles b ON b.id = d.bundle_id AND b.confirm_by IS NOT NULL
         JOIN bundle_documents p ON p.bundle_id = b.id
            AND p.note IN ('new', 'correction', 'reminder')
         LEFT JOIN confirmations c ON c.recipient_kind = d.recipient_kind
            AND c.recipient_id = d.recipient_id AND c.document_id = p.document_id
         WHERE d.recipient_kind = 'member' AND d.recipient_id BETWEEN $1 AND $2
         GROUP BY d.recipient_id, p.document_id",
    )
    .bind(first)
    .bind(last)
    .fetch_all(&mut **tx)
    .await?;
    let mut asked: HashMap<i64, Vec<Asked>> = HashMap::new();
    for row in &rows {
        asked.entry(row.try_get(0)?).or_default().push(Asked {
            document: DocumentId(row.try_get(1)?),
            at: row.try_get::<Option<i64>, _>(2)?.map(time),
            reminders: usize::try_from(row.try_get::<i64, _>(3)?).unwrap_or(usize::MAX),
            confirmed: row.try_get::<Option<i64>, _>(4)?.is_some(),
        });
    }
    Ok(asked)
}
