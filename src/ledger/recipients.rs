//! Owns the recipients of this moment and what they were ever told, a page at a time. It refuses
//! to know who is owed what.

use std::collections::HashMap;

use chrono::{DateTime, Utc};
use futures_util::TryStreamExt;
use sqlx::sqlite::SqliteRow;
use sqlx::{Row, query};

use super::{Result, Tx, time, word};
use crate::document::DocumentId;
use crate::edition::{Note, Told};
use crate::organisation::{Language, Officer, RecipientKind};

/// Where a letter to a recipient can go.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mailbox {
    /// The address.
    pub address: String,
    /// Whose it is, where it is a person's.
    pub person: Option<String>,
    /// That person.
    pub member: Option<i64>,
    /// Two hard failures hold it.
    pub held: bool,
}

/// A recipient as of now.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RecipientRow {
    /// Member or branch id.
    pub id: i64,
    /// Which of the two.
    pub kind: RecipientKind,
    /// The member's or branch's code.
    pub code: Option<String>,
    /// The member's or branch's name.
    pub name: String,
    /// The branch it is or belongs to.
    pub branch_id: i64,
    /// That branch's code.
    pub branch: String,
    /// The member's officer's post.
    pub officer: Option<Officer>,
    /// The member's own language.
    pub language: Option<Language>,
    /// The member receives nothing for now.
    pub paused: bool,
    /// When it first stood in the roster.
    pub first_seen: DateTime<Utc>,
    /// Where letters can go; empty where nowhere.
    pub mailboxes: Vec<Mailbox>,
}

/// Recipients of a kind in the order of their ids, a page at a time: a million do not fit in
/// memory at once and need not.
///
/// # Errors
/// The database failed.
pub async fn recipients(
    tx: &mut Tx,
    kind: RecipientKind,
    after: i64,
    most: u32,
) -> Result<Vec<RecipientRow>> {
    let members = "SELECT m.id, m.code, m.name, m.branch_id, b.code AS branch, m.officer,
        m.language, m.paused, m.first_seen_at, m.address, a.held_at
        FROM members m JOIN branches b ON b.id = m.branch_id
        LEFT JOIN addresses a ON a.address = m.address
        WHERE m.left_at IS NULL AND m.id > $1 ORDER BY m.id LIMIT $2";
    let branches = "SELECT b.id, b.code, b.name, b.id AS branch_id, b.code AS branch,
        NULL AS officer, NULL AS language, 0 AS paused, b.first_seen_at, b.mailbox AS address,
        a.held_at FROM branches b LEFT JOIN addresses a ON a.address = b.mailbox
        WHERE b.left_at IS NULL AND b.id > $1 ORDER BY b.id LIMIT $2";
    let sql = if kind == RecipientKind::Branch {
        branches
    } else {
        members
    };
    let rows = query(sql)
        .bind(after)
        .bind(i64::from(most))
        .fetch_all(&mut **tx)
        .await?;
    let mut found = rows
        .iter()
        .map(|r| recipient(kind, r))
        .collect::<Result<Vec<_>>>()?;
    if kind == RecipientKind::Branch {
        for branch in found.iter_mut().filter(|b| b.mailboxes.is_empty()) {
            branch.mailboxes = officers(tx, branch.id).await?;
        }
    }
    Ok(found)
}

/// The same of one branch: its members, or the branch itself.
///
/// # Errors
/// The database failed.
pub async fn of_branch(
    tx: &mut Tx,
    kind: RecipientKind,
    branch: i64,
    after: i64,
    most: u32,
) -> Result<Vec<RecipientRow>> {
    let rows = query(
        "SELECT m.id, m.code, m.name, m.branch_id, b.code AS branch, m.officer,
         m.language, m.paused, m.first_seen_at, m.address, a.held_at
         FROM members m JOIN branches b ON b.id = m.branch_id
         LEFT JOIN addresses a ON a.address = m.address
         WHERE m.branch_id = $1 AND m.left_at IS NULL AND m.id > $2 ORDER BY m.id LIMIT $3",
    );
    match kind {
        RecipientKind::Member => {
            let rows = rows.bind(branch).bind(after).bind(i64::from(most));
            let rows = rows.fetch_all(&mut **tx).await?;
            rows.iter().map(|r| recipient(kind, r)).collect()
        }
        RecipientKind::Branch if after < branch => {
            let found = recipients(tx, kind, branch - 1, 1).await?;
            Ok(found.into_iter().filter(|b| b.id == branch).collect())
        }
        RecipientKind::Branch | RecipientKind::Office => Ok(Vec::new()),
    }
}

fn recipient(kind: RecipientKind, r: &SqliteRow) -> Result<RecipientRow> {
    let id: i64 = r.try_get("id")?;
    let optional = |name: &str| r.try_get::<Option<&str>, _>(name);
    let held = r.try_get::<Option<i64>, _>("held_at")?.is_some();
    let mailbox = r
        .try_get::<Option<String>, _>("address")?
        .map(|address| Mailbox {
            address,
            person: None,
            member: (kind == RecipientKind::Member).then_some(id),
            held,
        });
    Ok(RecipientRow {
        id,
        kind,
        code: r.try_get("code")?,
        name: r.try_get("name")?,
        branch_id: r.try_get("branch_id")?,
        branch: r.try_get("branch")?,
        officer: optional("officer")?
            .map(|w| word("members", id, w))
            .transpose()?,
        language: optional("language")?
            .map(|w| word("members", id, w))
            .transpose()?,
        paused: r.try_get::<i64, _>("paused")? != 0,
        first_seen: time(r.try_get("first_seen_at")?),
        mailboxes: mailbox.into_iter().collect(),
    })
}

async fn officers(tx: &mut Tx, branch: i64) -> Result<Vec<Mailbox>> {
    let rows = query(
        "SELECT m.id, m.name, m.address, a.held_at FROM members m
         LEFT JOIN addresses a ON a.address = m.address
         WHERE m.branch_id = $1 AND m.officer IS NOT NULL AND m.left_at IS NULL
         AND m.address IS NOT NULL ORDER BY m.officer DESC, m.id",
    )
    .bind(branch)
    .fetch_all(&mut **tx)
    .await?;
    let mut found: Vec<Mailbox> = Vec::new();
    for row in rows {
        let address: String = row.try_get(2)?;
        // Secretary and deputy may share a mailbox: it gets the branch's letter once.
        if !found.iter().any(|m| m.address == address) {
            found.push(Mailbox {
                address,
                person: row.try_get(1)?,
                member: row.try_get(0)?,
                held: row.try_get::<Option<i64>, _>(3)?.is_some(),
            });
        }
    }
    Ok(found)
}

/// What the recipients `first..=last` were ever told, by recipient.
///
/// # Errors
/// The database failed.
pub async fn told(
    tx: &mut Tx,
    kind: RecipientKind,
    first: i64,
    last: i64,
) -> Result<HashMap<i64, Vec<Told>>> {
    // One by one: a page of recipients with years behind them has a million such rows, and a row as
    // the database gives it takes twenty times what is kept of it.
    let mut rows = query(
        "SELECT d.recipient_id, p.document_id, o.chain, p.note, d.state, d.maybe_arrived,
         d.attempts FROM deliveries d
         JOIN bundle_documents p ON p.bundle_id = d.bundle_id
         JOIN documents o ON o.id = p.document_id
         WHERE d.recipient_kind = $1 AND d.recipient_id BETWEEN $2 AND $3
         AND o.standing IN ('accepted', 'withdrawn', 'superseded')",
    )
    .bind(kind.word())
    .bind(first)
    .bind(last)
    .fetch(&mut **tx);
    let mut told: HashMap<i64, Vec<Told>> = HashMap::new();
    while let Some(row) = rows.try_next().await? {
        let id: i64 = row.try_get(0)?;
        let state = word("deliveries", id, row.try_get(4)?)?;
        told.entry(id).or_default().push(Told {
            document: DocumentId(row.try_get(1)?),
            chain: DocumentId(row.try_get(2)?),
            note: word::<Note>("bundle_documents", id, row.try_get(3)?)?,
            state,
            maybe_arrived: row.try_get::<i64, _>(5)? != 0,
            unreached: state == crate::delivery::State::Failed && row.try_get::<i64, _>(6)? == 0,
        });
    }
    Ok(told)
}
