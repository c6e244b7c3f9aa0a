//! Owns what a branch's letter tells of its members: who they are, how they are reached, what
//! became of the letters to them since its letter before. It refuses to know how that is worded.

use chrono::{DateTime, Utc};
use sqlx::sqlite::SqliteRow;
use sqlx::{Row, query};

use super::{Result, Tx, all, time, word};
use crate::delivery::State;
use crate::document::DocumentId;
use crate::edition::EditionId;

/// A member as the branch's letter shows it.
#[derive(Clone, Debug)]
pub struct MemberOfBranch {
    /// Its row.
    pub id: i64,
    /// Full name.
    pub name: String,
    /// The post as written.
    pub post: String,
    /// Where letters go.
    pub address: Option<String>,
    /// The address is held.
    pub held: bool,
    /// The member receives nothing for now.
    pub paused: bool,
}

/// A document in a letter to a member, and where that letter stands.
#[derive(Clone, Debug)]
pub struct Sending {
    /// To whom.
    pub member: i64,
    /// The document.
    pub document: DocumentId,
    /// Its symbol, or its file's name.
    pub called: String,
    /// Where the letter stands.
    pub state: State,
    /// Nothing was tried: there was nowhere to send it.
    pub untried: bool,
    /// The server's last words, or ours.
    pub reply: Option<String>,
}

/// The members of a branch.
///
/// # Errors
/// The database failed.
pub async fn members_of(tx: &mut Tx, branch: i64) -> Result<Vec<MemberOfBranch>> {
    let rows = query(
        "SELECT m.name, m.post, m.address, m.paused, a.held_at, m.id FROM members m
         LEFT JOIN addresses a ON a.address = m.address
         WHERE m.branch_id = $1 AND m.left_at IS NULL ORDER BY m.id",
    )
    .bind(branch)
    .fetch_all(&mut **tx)
    .await?;
    all(&rows, |r| {
        Ok(MemberOfBranch {
            id: r.try_get(5)?,
            name: r.try_get(0)?,
            post: r.try_get(1)?,
            address: r.try_get(2)?,
            paused: r.try_get::<i64, _>(3)? != 0,
            held: r.try_get::<Option<i64>, _>(4)?.is_some(),
        })
    })
}

/// The schedule's edition before this one of which a letter reached the branch, and when it was
/// due; none where this letter is its first.
///
/// # Errors
/// The database failed.
pub async fn letter_before(
    tx: &mut Tx,
    branch: i64,
    schedule: &str,
    this: EditionId,
) -> Result<Option<(EditionId, DateTime<Utc>)>> {
    let row = query(
        "SELECT e.id, e.due_at FROM deliveries d JOIN editions e ON e.id = d.edition_id
         WHERE d.recipient_kind = 'branch' AND d.recipient_id = $1 AND d.state = 'sent'
         AND e.schedule = $2 AND e.id < $3 ORDER BY e.id DESC LIMIT 1",
    )
    .bind(branch)
    .bind(schedule)
    .bind(this.0)
    .fetch_optional(&mut **tx)
    .await?;
    let one = |r: SqliteRow| Ok((EditionId(r.try_get(0)?), time(r.try_get(1)?)));
    row.map(one).transpose()
}

/// What went, or was to go, to the members of a branch in editions after `since` (none: ever) and
/// before `this`, in their order: two may be due in one second. Of a letter that was sent again
/// each row. Annexes go with their documents.
///
/// # Errors
/// The database failed.
pub async fn sendings(
    tx: &mut Tx,
    branch: i64,
    since: Option<EditionId>,
    this: EditionId,
) -> Result<Vec<Sending>> {
    let rows = query(
        "SELECT d.recipient_id, p.document_id, COALESCE(o.symbol, o.file), d.state, d.attempts,
            d.reply, d.id FROM members m
         JOIN deliveries d ON d.recipient_kind = 'member' AND d.recipient_id = m.id
         JOIN bundle_documents p ON p.bundle_id = d.bundle_id
         JOIN documents o ON o.id = p.document_id
         WHERE m.branch_id = $1 AND m.left_at IS NULL AND d.edition_id > $2 AND d.edition_id < $3
         AND p.note IN ('new', 'correction') ORDER BY d.edition_id, p.position, d.id",
    )
    .bind(branch)
    .bind(since.map_or(0, |id| id.0))
    .bind(this.0)
    .fetch_all(&mut **tx)
    .await?;
    let one = |r: &SqliteRow| {
        Ok(Sending {
            member: r.try_get(0)?,
            document: DocumentId(r.try_get(1)?),
            called: r.try_get(2)?,
            state: word("deliveries", r.try_get(6)?, r.try_get(3)?)?,
            untried: r.try_get::<i64, _>(4)? == 0,
            reply: r.try_get(5)?,
        })
    };
    rows.iter().map(one).collect()
}
