//! Owns the questions people ask of the record: who was sent what, who is on the roster, how the
//! queue stands. It refuses to change anything.

use std::collections::HashMap;

use chrono::{DateTime, Utc};
use sqlx::sqlite::SqliteRow;
use sqlx::{QueryBuilder, Row, Sqlite, query};

use super::{Ledger, LedgerError, Result, Tx, all, time, word};
use crate::delivery::State;
use crate::document::DocumentId;
use crate::edition::EditionId;
use crate::organisation::RecipientKind;

/// Which deliveries to show.
#[derive(Clone, Debug, Default)]
pub struct LogFilter {
    /// Those carrying this version.
    pub document: Option<DocumentId>,
    /// Those to this address.
    pub address: Option<String>,
    /// Those to the member or branch with this code.
    pub code: Option<String>,
    /// Those to this branch and its members, by code.
    pub branch: Option<String>,
    /// Those of this edition.
    pub edition: Option<EditionId>,
    /// Those due at or after.
    pub since: Option<DateTime<Utc>>,
    /// Those due before.
    pub until: Option<DateTime<Utc>>,
    /// Those in this state.
    pub state: Option<State>,
    /// This one.
    pub delivery: Option<i64>,
}

/// One delivery, as the log shows it.
#[derive(Clone, Debug)]
pub struct LogRow {
    /// Its id.
    pub delivery: i64,
    /// Its edition.
    pub edition: EditionId,
    /// Its bundle.
    pub bundle: i64,
    /// The edition's schedule.
    pub schedule: String,
    /// The edition's due time.
    pub due_at: DateTime<Utc>,
    /// Member or branch.
    pub kind: RecipientKind,
    /// The recipient's code.
    pub code: Option<String>,
    /// The recipient's name of then.
    pub name: String,
    /// Whose mailbox it was, for a branch without its own.
    pub person: Option<String>,
    /// The branch's code.
    pub branch: Option<String>,
    /// Where it went; none where it could not go.
    pub address: Option<String>,
    /// Where it stands.
    pub state: State,
    /// Attempts that counted.
    pub attempts: u32,
    /// When it was first tried.
    pub first_attempt_at: Option<DateTime<Utc>>,
    /// When it was last tried.
    pub last_attempt_at: Option<DateTime<Utc>>,
    /// When it will be tried again.
    pub next_attempt_at: Option<DateTime<Utc>>,
    /// The token of its Message-ID.
    pub token: String,
    /// What fills its sheet's holes.
    pub personal: String,
    /// The server's last words, or ours.
    pub reply: Option<String>,
    /// When its recipient confirmed the document that was asked for, else the last of all that it
    /// carried; none while any of them is not confirmed.
    pub confirmed_at: Option<DateTime<Utc>>,
    /// What it carried: id and symbol, or file name where it has none.
    pub documents: Vec<(DocumentId, String)>,
}

/// How many deliveries wait, and how.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Queue {
    /// Wait for their turn.
    pub pending: u64,
    /// Are on the wire.
    pub sending: u64,
    /// Wait for their time.
    pub deferred: u64,
    /// In doubt.
    pub unknown: u64,
    /// Of the pending, those in paused editions.
    pub paused: u64,
}

/// A member as the roster and the record have it.
#[derive(Clone, Debug)]
pub struct MemberRow {
    /// Its id.
    pub id: i64,
    /// The code column.
    pub code: Option<String>,
    /// Full name.
    pub name: String,
    /// The branch's code.
    pub branch: String,
    /// The branch's name.
    pub branch_name: String,
    /// The post as written.
    pub role: String,
    /// Official, not probationary.
    pub official: bool,
    /// Where letters go.
    pub address: Option<String>,
    /// Receives nothing for now.
    pub paused: bool,
    /// The address is held after hard failures.
    pub held: bool,
    /// Is not in the roster any more.
    pub left: bool,
    /// What is wrong with the row.
    pub fault: Option<String>,
}

/// Deliveries read at a time.
const PAGE: i64 = 1000;

impl Ledger {
    /// A page of the log after delivery `after`, in the order of ids; empty at the end.
    ///
    /// # Errors
    /// The database failed.
    pub async fn log(&self, filter: &LogFilter, after: i64) -> Result<Vec<LogRow>> {
        let mut tx = self.snapshot().await?;
        read(&mut tx, page(filter, after)).await
    }

    /// How many deliveries of an edition stand in each state. Those sent are what is left of its
    /// total, so that years of editions that went well cost nothing; that the total is right is
    /// the audit's to know.
    ///
    /// # Errors
    /// The database failed.
    pub async fn counts(&self, edition: EditionId) -> Result<HashMap<State, u64>> {
        let rows = query(
            "WITH others (state, n) AS MATERIALIZED (
                SELECT state, COUNT(*) FROM deliveries
                WHERE edition_id = $1 AND state < 'sent' GROUP BY state
                UNION ALL SELECT state, COUNT(*) FROM deliveries
                WHERE edition_id = $1 AND state > 'sent' GROUP BY state)
             SELECT state, n FROM others UNION ALL
             SELECT 'sent', total - (SELECT COALESCE(SUM(n), 0) FROM others)
             FROM editions WHERE id = $1",
        )
        .bind(edition.0)
        .fetch_all(&self.readers)
        .await?;
        rows.iter()
            .map(|r| {
                // Of an altered ledger less than nothing may be left.
                let count = r.try_get::<i64, _>(1)?.max(0);
                Ok((word("deliveries", 0, r.try_get(0)?)?, count.cast_unsigned()))
            })
            .collect()
    }

    /// How the queue stands. Only editions that are open or paused hold waiting deliveries, those
    /// cancelled what was on the wire then; what a person is to decide stays where it is.
    ///
    /// # Errors
    /// The database failed.
    pub async fn queue(&self) -> Result<Queue> {
        let rows = query(
            // Counted one by one, in the order of an index: a million rows are no million joins.
            "WITH live (id, state) AS (
                SELECT id, state FROM editions WHERE state IN ('open', 'paused', 'cancelled'))
             SELECT state,
                (SELECT COUNT(*) FROM deliveries WHERE edition_id = live.id AND state = 'pending'),
                (SELECT COUNT(*) FROM deliveries WHERE edition_id = live.id AND state = 'sending'),
                (SELECT COUNT(*) FROM deliveries WHERE edition_id = live.id AND state = 'deferred'),
                (SELECT COUNT(*) FROM deliveries WHERE edition_id = live.id AND state = 'unknown')
             FROM live UNION ALL
             SELECT 'ended', 0, 0, 0, COUNT(*) FROM deliveries
             WHERE state = 'unknown' AND next_attempt_at IS NULL
             AND state IN ('deferred', 'unknown') AND edition_id NOT IN (SELECT id FROM live)",
        )
        .fetch_all(&self.readers)
        .await?;
        let mut queue = Queue::default();
        for row in &rows {
            let count = |at| Ok::<_, LedgerError>(row.try_get::<i64, _>(at)?.cast_unsigned());
            queue.pending += count(1)?;
            queue.sending += count(2)?;
            queue.deferred += count(3)?;
            queue.unknown += count(4)?;
            if row.try_get::<&str, _>(0)? == "paused" {
                queue.paused += count(1)?;
            }
        }
        Ok(queue)
    }

    /// Every member on record, by branch and id.
    ///
    /// # Errors
    /// The database failed.
    pub async fn members(&self) -> Result<Vec<MemberRow>> {
        let rows = query(
            "SELECT m.*, b.code AS branch, b.name AS branch_name, a.held_at FROM members m
             JOIN branches b ON b.id = m.branch_id LEFT JOIN addresses a ON a.address = m.address
             ORDER BY b.id, m.id",
        )
        .fetch_all(&self.readers)
        .await?;
        all(&rows, member_row)
    }
}

fn page(filter: &LogFilter, after: i64) -> QueryBuilder<Sqlite> {
    let mut sql = selection(filter);
    sql.push(" AND d.id > ").push_bind(after);
    sql.push(" ORDER BY d.id LIMIT ").push_bind(PAGE);
    sql
}

/// The rows of the log that a filter lets through; conditions, an order and a limit may follow.
pub(super) fn selection(filter: &LogFilter) -> QueryBuilder<Sqlite> {
    let mut sql = QueryBuilder::<Sqlite>::new(
        "SELECT d.*, e.schedule, e.due_at, b.code AS branch, (
            SELECT CASE WHEN COUNT(*) = COUNT(c.confirmed_at) THEN MAX(c.confirmed_at) END
            FROM bundle_documents p LEFT JOIN confirmations c
            ON c.recipient_kind = d.recipient_kind AND c.recipient_id = d.recipient_id
            AND c.document_id = p.document_id WHERE p.bundle_id = d.bundle_id
            AND p.note IN ('new', 'correction', 'reminder')",
    );
    if let Some(document) = filter.document {
        sql.push(" AND p.document_id = ").push_bind(document.0);
    }
    sql.push(") AS confirmed_at");
    narrow(&mut sql, filter);
    sql
}

/// Where deliveries stand, and the conditions of a filter.
pub(super) fn narrow(sql: &mut QueryBuilder<Sqlite>, filter: &LogFilter) {
    sql.push(
        " FROM deliveries d JOIN editions e ON e.id = d.edition_id
         LEFT JOIN branches b ON b.id = d.branch_id WHERE d.id > 0",
    );
    if let Some(document) = filter.document {
        sql.push(
            " AND d.bundle_id IN (SELECT bundle_id FROM bundle_documents WHERE document_id = ",
        );
        sql.push_bind(document.0).push(")");
    }
    if let Some(address) = &filter.address {
        sql.push(" AND d.address = ").push_bind(address.clone());
    }
    if let Some(code) = &filter.code {
        // CROSS JOIN is an order: first the recipient, then its rows by index; SQLite would
        // read all by their ids. What was pseudonymised is found by the pseudonym alone.
        sql.push(
            " AND d.id IN (SELECT x.id FROM members r CROSS JOIN deliveries x
             ON x.recipient_kind = 'member' AND x.recipient_id = r.id
             AND (x.personal <> '' OR x.code = r.code) WHERE r.code = ",
        );
        sql.push_bind(code.clone());
        sql.push(
            " UNION ALL SELECT x.id FROM branches r CROSS JOIN deliveries x
             ON x.recipient_kind = 'branch' AND x.recipient_id = r.id WHERE r.code = ",
        );
        sql.push_bind(code.clone()).push(")");
    }
    if let Some(branch) = &filter.branch {
        sql.push(" AND b.code = ").push_bind(branch.clone());
    }
    if let Some(edition) = filter.edition {
        sql.push(" AND d.edition_id = ").push_bind(edition.0);
    }
    if let Some(since) = filter.since {
        sql.push(" AND e.due_at >= ").push_bind(super::ms(since));
    }
    if let Some(until) = filter.until {
        sql.push(" AND e.due_at < ").push_bind(super::ms(until));
    }
    if let Some(state) = filter.state {
        sql.push(" AND d.state = ").push_bind(state.word());
    }
    if let Some(delivery) = filter.delivery {
        sql.push(" AND d.id = ").push_bind(delivery);
    }
}

/// What a selection finds, each row with what its letter carried.
pub(super) async fn read(tx: &mut Tx, mut sql: QueryBuilder<Sqlite>) -> Result<Vec<LogRow>> {
    let rows = sql.build().fetch_all(&mut **tx).await?;
    let mut carried: HashMap<i64, Vec<(DocumentId, String)>> = HashMap::new();
    let mut page = Vec::with_capacity(rows.len());
    for row in &rows {
        let bundle: i64 = row.try_get("bundle_id")?;
        if let std::collections::hash_map::Entry::Vacant(vacant) = carried.entry(bundle) {
            vacant.insert(bundle_documents(tx, bundle).await?);
        }
        page.push(log_row(row, carried[&bundle].clone())?);
    }
    Ok(page)
}

async fn bundle_documents(tx: &mut Tx, bundle: i64) -> Result<Vec<(DocumentId, String)>> {
    let rows = query(
        "SELECT o.id, COALESCE(o.symbol, o.file) FROM bundle_documents p
         JOIN documents o ON o.id = p.document_id
         WHERE p.bundle_id = $1 AND p.note <> 'annex' ORDER BY p.position",
    )
    .bind(bundle)
    .fetch_all(&mut **tx)
    .await?;
    all(&rows, |r| Ok((DocumentId(r.try_get(0)?), r.try_get(1)?)))
}

/// The deliveries of an edition to an address or to a code, as this transaction sees them.
///
/// # Errors
/// The database failed.
pub async fn matching(tx: &mut Tx, edition: EditionId, who: &str) -> Result<Vec<LogRow>> {
    let rows = query(
        "SELECT d.*, e.schedule, e.due_at, b.code AS branch, NULL AS confirmed_at FROM deliveries d
         JOIN editions e ON e.id = d.edition_id LEFT JOIN branches b ON b.id = d.branch_id
         WHERE d.edition_id = $1 AND (d.address = $2 OR d.code = $2) ORDER BY d.id",
    )
    .bind(edition.0)
    .bind(who)
    .fetch_all(&mut **tx)
    .await?;
    rows.iter().map(|row| log_row(row, Vec::new())).collect()
}

fn log_row(r: &SqliteRow, documents: Vec<(DocumentId, String)>) -> Result<LogRow> {
    let id: i64 = r.try_get("id")?;
    let at = |name: &str| -> Result<_> { Ok(r.try_get::<Option<i64>, _>(name)?.map(time)) };
    Ok(LogRow {
        delivery: id,
        edition: EditionId(r.try_get("edition_id")?),
        bundle: r.try_get("bundle_id")?,
        schedule: r.try_get("schedule")?,
        due_at: time(r.try_get("due_at")?),
        kind: word("deliveries", id, r.try_get("recipient_kind")?)?,
        code: r.try_get("code")?,
        name: r.try_get("name")?,
        person: r.try_get("person")?,
        branch: r.try_get("branch")?,
        address: Some(r.try_get::<String, _>("address")?).filter(|a| !a.is_empty()),
        state: word("deliveries", id, r.try_get("state")?)?,
        attempts: u32::try_from(r.try_get::<i64, _>("attempts")?).unwrap_or(u32::MAX),
        first_attempt_at: at("first_attempt_at")?,
        last_attempt_at: at("last_attempt_at")?,
        next_attempt_at: at("next_attempt_at")?,
        token: r.try_get("token")?,
        personal: r.try_get("personal")?,
        reply: r.try_get("reply")?,
        confirmed_at: at("confirmed_at")?,
        documents,
    })
}

fn member_row(r: &SqliteRow) -> sqlx::Result<MemberRow> {
    let is = |name: &str| r.try_get::<Option<i64>, _>(name).map(|at| at.is_some());
    Ok(MemberRow {
        id: r.try_get("id")?,
        code: r.try_get("code")?,
        name: r.try_get("name")?,
        branch: r.try_get("branch")?,
        branch_name: r.try_get("branch_name")?,
        role: r.try_get("post")?,
        official: r.try_get::<i64, _>("official")? != 0,
        address: r.try_get("address")?,
        paused: r.try_get::<i64, _>("paused")? != 0,
        held: is("held_at")?,
        left: is("left_at")?,
        fault: r.try_get("fault")?,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Where every page read and sorted all letters that are left, a million took minutes.
    #[tokio::test]
    async fn pages_of_an_edition_are_read_in_the_order_of_an_index() {
        let folder = tempfile::tempdir().unwrap();
        let ledger = Ledger::open(folder.path(), [7; 32]).await.unwrap();
        let filter = LogFilter {
            edition: Some(EditionId(1)),
            ..LogFilter::default()
        };
        let (log, root) = (page(&filter, 0), super::super::events::ROOT_PAGE);
        for sql in [log.sql().as_str(), root] {
            let plan = sqlx::AssertSqlSafe(format!("EXPLAIN QUERY PLAN {sql}"));
            let steps = query(plan).fetch_all(&ledger.readers).await.unwrap();
            let detail = |step: &SqliteRow| step.try_get::<String, _>("detail").unwrap();
            let steps = steps.iter().map(detail).collect::<Vec<_>>().join("\n");
            let in_order = steps.contains("deliveries_by_edition (edition_id=? AND rowid>?)");
            assert!(in_order && !steps.contains("FOR ORDER BY"), "{steps}");
        }
    }
}
