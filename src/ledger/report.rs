//! Owns what reports ask of the record: letters branch by branch, the letters of one document. All
//! is asked in one snapshot. It refuses to know how a report looks and who is owed what.

use std::collections::HashMap;

use chrono::{DateTime, Utc};
use futures_util::TryStreamExt;
use sqlx::sqlite::SqliteRow;
use sqlx::{QueryBuilder, Row, Sqlite, query};

use super::log::{LogFilter, LogRow, narrow, read, selection};
use super::{Result, Tx, all, time, word};
use crate::delivery::State;
use crate::document::DocumentId;
use crate::edition::{EditionId, EditionState, Note, Told};
use crate::organisation::RecipientKind;

/// A branch on record, also one that is not in the roster any more.
#[derive(Clone, Debug)]
pub struct BranchRow {
    /// Its id.
    pub id: i64,
    /// Its code.
    pub code: String,
    /// Its name.
    pub name: String,
    /// It stands in the roster.
    pub present: bool,
}

/// A delivery that a report holds, by as little as counting needs: a million of them fit in memory.
#[derive(Clone, Copy, Debug)]
pub struct Chosen {
    /// The branch; none for the office.
    pub branch: Option<i64>,
    /// Where it stands.
    pub state: State,
    /// The delivery.
    pub delivery: i64,
}

/// A letter that carried the document in question, as far as a report needs it.
#[derive(Clone, Debug)]
pub struct LetterRow {
    /// What it told its recipient.
    pub told: Told,
    /// Its edition.
    pub edition: EditionId,
    /// Where that edition stands.
    pub edition_state: EditionState,
    /// The server's last words, or ours.
    pub reply: Option<String>,
    /// When it was last tried.
    pub last_attempt_at: Option<DateTime<Utc>>,
}

/// Every branch on record, in the order of their first appearance.
///
/// # Errors
/// The database failed.
pub async fn branches(tx: &mut Tx) -> Result<Vec<BranchRow>> {
    let rows = query("SELECT id, code, name, left_at FROM branches ORDER BY id")
        .fetch_all(&mut **tx)
        .await?;
    all(&rows, |r| {
        Ok(BranchRow {
            id: r.try_get(0)?,
            code: r.try_get(1)?,
            name: r.try_get(2)?,
            present: r.try_get::<Option<i64>, _>(3)?.is_none(),
        })
    })
}

/// The deliveries that a filter lets through, branch by branch and the office last, each branch in
/// the order of ids.
///
/// # Errors
/// The database failed.
pub async fn chosen(tx: &mut Tx, filter: &LogFilter) -> Result<Vec<Chosen>> {
    let mut sql = QueryBuilder::<Sqlite>::new("SELECT d.branch_id, d.state, d.id");
    narrow(&mut sql, filter);
    sql.push(" ORDER BY d.branch_id IS NULL, d.branch_id, d.id");
    // One by one: as rows of the database they would take twenty times the memory.
    let mut rows = sql.build().fetch(&mut **tx);
    let mut chosen = Vec::new();
    while let Some(row) = rows.try_next().await? {
        let delivery = row.try_get(2)?;
        chosen.push(Chosen {
            branch: row.try_get(0)?,
            state: word("deliveries", delivery, row.try_get(1)?)?,
            delivery,
        });
    }
    Ok(chosen)
}

/// The log's rows of these deliveries, in the order of their ids.
///
/// # Errors
/// The database failed.
pub async fn rows(tx: &mut Tx, filter: &LogFilter, deliveries: &[i64]) -> Result<Vec<LogRow>> {
    let mut sql = selection(filter);
    sql.push(" AND d.id IN (");
    let mut ids = sql.separated(", ");
    for id in deliveries {
        ids.push_bind(*id);
    }
    sql.push(") ORDER BY d.id");
    read(tx, sql).await
}

/// The letters that carried one of two documents to the recipients `first..=last` of a branch, by
/// recipient, in the order in which they were written.
///
/// # Errors
/// The database failed.
pub async fn letters(
    tx: &mut Tx,
    (kind, branch): (RecipientKind, i64),
    (first, last): (i64, i64),
    documents: [DocumentId; 2],
) -> Result<HashMap<i64, Vec<LetterRow>>> {
    // CROSS JOIN is an order, see the log: first the recipients, then their letters.
    let to_members = "SELECT d.recipient_id, p.document_id, o.chain, p.note, d.state,
        d.maybe_arrived, d.attempts, d.edition_id, e.state, d.reply, d.last_attempt_at
        FROM members r CROSS JOIN deliveries d
        JOIN bundle_documents p ON p.bundle_id = d.bundle_id
        JOIN documents o ON o.id = p.document_id JOIN editions e ON e.id = d.edition_id
        WHERE r.branch_id = $1 AND r.id BETWEEN $2 AND $3
        AND d.recipient_kind = 'member' AND d.recipient_id = r.id
        AND (p.document_id = $4 OR p.document_id = $5)
        AND p.note IN ('new', 'correction', 'annex') ORDER BY d.id";
    let to_branch = "SELECT d.recipient_id, p.document_id, o.chain, p.note, d.state,
        d.maybe_arrived, d.attempts, d.edition_id, e.state, d.reply, d.last_attempt_at
        FROM deliveries d JOIN bundle_documents p ON p.bundle_id = d.bundle_id
        JOIN documents o ON o.id = p.document_id JOIN editions e ON e.id = d.edition_id
        WHERE d.recipient_kind = 'branch' AND d.recipient_id = $1
        AND d.recipient_id BETWEEN $2 AND $3
        AND (p.document_id = $4 OR p.document_id = $5)
        AND p.note IN ('new', 'correction', 'annex') ORDER BY d.id";
    let sql = match kind {
        RecipientKind::Branch => to_branch,
        RecipientKind::Member | RecipientKind::Office => to_members,
    };
    let rows = query(sql)
        .bind(branch)
        .bind(first)
        .bind(last)
        .bind(documents[0].0)
        .bind(documents[1].0)
        .fetch_all(&mut **tx)
        .await?;
    let mut letters: HashMap<i64, Vec<LetterRow>> = HashMap::new();
    for row in &rows {
        let recipient = row.try_get(0)?;
        letters.entry(recipient).or_default().push(letter(row)?);
    }
    Ok(letters)
}

fn letter(row: &SqliteRow) -> Result<LetterRow> {
    let id: i64 = row.try_get(0)?;
    let state: State = word("deliveries", id, row.try_get(4)?)?;
    Ok(LetterRow {
        told: Told {
            document: DocumentId(row.try_get(1)?),
            chain: DocumentId(row.try_get(2)?),
            note: word::<Note>("bundle_documents", id, row.try_get(3)?)?,
            state,
            maybe_arrived: row.try_get::<i64, _>(5)? != 0,
            unreached: state == State::Failed && row.try_get::<i64, _>(6)? == 0,
        },
        edition: EditionId(row.try_get(7)?),
        edition_state: word("editions", id, row.try_get(8)?)?,
        reply: row.try_get(9)?,
        last_attempt_at: row.try_get::<Option<i64>, _>(10)?.map(time),
    })
}
