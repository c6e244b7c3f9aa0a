//! Owns editions on record and the writing of a new one: candidates, bundles, deliveries.
//! It refuses to know who is owed what.

use std::collections::HashMap;

use chrono::{DateTime, Utc};
use sqlx::sqlite::SqliteRow;
use sqlx::{QueryBuilder, Row, Sqlite, query};

use super::documents::{self, DocumentRow};
use super::{Ledger, Result, Tx, all, ms, time, word};
use crate::document::DocumentId;
use crate::edition::{Bundle, EditionId, EditionState, Purpose};
use crate::organisation::RecipientKind;

/// Deliveries written in one statement.
const BATCH: usize = 200;

/// An edition on record.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EditionRow {
    /// Its id.
    pub id: EditionId,
    /// Its schedule, or one of phobien's own.
    pub schedule: String,
    /// What it is for.
    pub purpose: Purpose,
    /// The slot it stands for.
    pub nominal_at: DateTime<Utc>,
    /// When its letters go.
    pub due_at: DateTime<Utc>,
    /// Where it stands.
    pub state: EditionState,
    /// It went later than it should.
    pub late: bool,
    /// Why it was skipped, paused or cancelled.
    pub why: Option<String>,
    /// What is frozen of the envelope, as the step wrote it.
    pub envelope: String,
    /// Its deliveries.
    pub total: u64,
}

/// An edition about to be frozen.
#[derive(Clone, Debug)]
pub struct NewEdition {
    /// Its schedule, or one of phobien's own.
    pub schedule: String,
    /// What it is for.
    pub purpose: Purpose,
    /// The slot it stands for.
    pub nominal_at: DateTime<Utc>,
    /// When its letters go.
    pub due_at: DateTime<Utc>,
    /// How it begins: open, or born skipped.
    pub state: EditionState,
    /// It goes later than it should.
    pub late: bool,
    /// Its letters go before others'.
    pub urgent: bool,
    /// Why, for one born skipped or late.
    pub why: Option<String>,
    /// What is frozen of the envelope.
    pub envelope: String,
}

/// What writing an edition met.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Freeze {
    /// The slot had none; this one is new.
    New(EditionId),
    /// The slot has one already; wake-ups are hints.
    Known(EditionRow),
}

/// A delivery about to be written.
#[derive(Clone, Debug)]
pub struct NewDelivery {
    /// Its bundle.
    pub bundle: i64,
    /// Member, branch or office.
    pub kind: RecipientKind,
    /// The recipient; 0 for the office.
    pub recipient: i64,
    /// The person whose mailbox it is.
    pub member: Option<i64>,
    /// The branch; the office is in none.
    pub branch: Option<i64>,
    /// The recipient's code.
    pub code: Option<String>,
    /// The recipient's name of this moment.
    pub name: String,
    /// The person's name, for a branch.
    pub person: Option<String>,
    /// Where it goes; empty where it cannot.
    pub address: String,
    /// Counts resends of the same bundle to the same address.
    pub generation: i64,
    /// The token in Message-ID and reverse-path.
    pub token: String,
    /// What fills the sheet's holes.
    pub personal: String,
    /// Set where nothing can be sent: why. The row is born failed.
    pub unreachable: Option<&'static str>,
}

impl Ledger {
    /// The edition of a slot.
    ///
    /// # Errors
    /// The database failed.
    pub async fn edition_at(
        &self,
        schedule: &str,
        nominal_at: DateTime<Utc>,
    ) -> Result<Option<EditionRow>> {
        let row = query(EDITION_AT)
            .bind(schedule)
            .bind(ms(nominal_at))
            .fetch_optional(&self.readers)
            .await?;
        row.as_ref().map(edition).transpose()
    }

    /// An edition by id.
    ///
    /// # Errors
    /// The database failed.
    pub async fn edition(&self, id: EditionId) -> Result<Option<EditionRow>> {
        let row = query("SELECT * FROM editions WHERE id = $1")
            .bind(id.0)
            .fetch_optional(&self.readers)
            .await?;
        row.as_ref().map(edition).transpose()
    }

    /// True where any edition of documents ever held a delivery.
    ///
    /// # Errors
    /// The database failed.
    pub async fn ever_published(&self) -> Result<bool> {
        let row = query("SELECT 1 FROM editions WHERE total > 0 AND purpose = 'documents' LIMIT 1");
        Ok(row.fetch_optional(&self.readers).await?.is_some())
    }

    /// Urgent versions, accepted, that never had their edition.
    ///
    /// # Errors
    /// The database failed.
    pub async fn urgent_waiting(&self) -> Result<Vec<DocumentId>> {
        let rows = query(
            "SELECT id FROM documents WHERE urgency IS NOT NULL AND urgent_done = 0
             AND standing = 'accepted' AND annex_of IS NULL",
        )
        .fetch_all(&self.readers)
        .await?;
        all(&rows, |r| Ok(DocumentId(r.try_get(0)?)))
    }

    /// The newest editions to members and branches, newest first; days without a reminder to send
    /// are left out.
    ///
    /// # Errors
    /// The database failed.
    pub async fn editions(&self, most: u32) -> Result<Vec<EditionRow>> {
        let rows = query(
            "SELECT * FROM editions WHERE purpose = 'documents'
             OR purpose = 'reminder' AND total > 0 ORDER BY due_at DESC, id DESC LIMIT $1",
        )
        .bind(i64::from(most))
        .fetch_all(&self.readers)
        .await?;
        rows.iter().map(edition).collect()
    }
}

/// The query of [`Ledger::edition_at`].
const EDITION_AT: &str = "SELECT * FROM editions WHERE schedule = $1 AND nominal_at = $2";

/// Writes an edition, unless its slot has one.
///
/// # Errors
/// The database failed.
pub async fn freeze(tx: &mut Tx, new: &NewEdition, now: DateTime<Utc>) -> Result<Freeze> {
    let written = query(
        "INSERT INTO editions (schedule, nominal_at, due_at, state, late, urgent, why, envelope,
         created_at, purpose) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)
         ON CONFLICT (schedule, nominal_at) DO NOTHING RETURNING id",
    )
    .bind(&new.schedule)
    .bind(ms(new.nominal_at))
    .bind(ms(new.due_at))
    .bind(new.state.word())
    .bind(i64::from(new.late))
    .bind(i64::from(new.urgent))
    .bind(&new.why)
    .bind(&new.envelope)
    .bind(ms(now))
    .bind(new.purpose.word())
    .fetch_optional(&mut **tx)
    .await?;
    if let Some(row) = written {
        return Ok(Freeze::New(EditionId(row.try_get(0)?)));
    }
    let row = query(EDITION_AT)
        .bind(&new.schedule)
        .bind(ms(new.nominal_at))
        .fetch_one(&mut **tx)
        .await?;
    Ok(Freeze::Known(edition(&row)?))
}

/// Ends the writing of an edition: how many deliveries it has, and how it begins.
///
/// # Errors
/// The database failed.
pub async fn begin_edition(
    tx: &mut Tx,
    id: EditionId,
    total: u64,
    state: EditionState,
) -> Result<()> {
    query("UPDATE editions SET total = $2, state = $3 WHERE id = $1")
        .bind(id.0)
        .bind(total.cast_signed())
        .bind(state.word())
        .execute(&mut **tx)
        .await?;
    Ok(())
}

/// Takes every row of an edition back that turned out to hold nothing to send.
///
/// # Errors
/// The database failed.
pub async fn clear_edition(tx: &mut Tx, id: EditionId) -> Result<()> {
    for statement in [
        "DELETE FROM deliveries WHERE edition_id = $1",
        "DELETE FROM bundle_documents WHERE bundle_id IN
         (SELECT id FROM bundles WHERE edition_id = $1)",
        "DELETE FROM bundles WHERE edition_id = $1",
    ] {
        query(statement).bind(id.0).execute(&mut **tx).await?;
    }
    Ok(())
}

/// Moves an edition between open and paused, or to its end, with the reason.
///
/// # Errors
/// The database failed.
pub async fn move_edition(
    tx: &mut Tx,
    id: EditionId,
    state: EditionState,
    why: Option<&str>,
    now: DateTime<Utc>,
) -> Result<()> {
    let closed = !matches!(state, EditionState::Open | EditionState::Paused);
    query(
        "UPDATE editions SET state = $2, why = $3, closed_at = $4 WHERE id = $1
         AND state <> 'cancelled'",
    )
    .bind(id.0)
    .bind(state.word())
    .bind(why)
    .bind(closed.then(|| ms(now)))
    .execute(&mut **tx)
    .await?;
    Ok(())
}

/// Pauses an edition that has not ended, and answers whether there was one: a refusal that comes
/// back late holds up nothing that a person cancelled meanwhile.
///
/// # Errors
/// The database failed.
pub async fn pause(tx: &mut Tx, id: EditionId, why: &str) -> Result<bool> {
    let done = query(
        "UPDATE editions SET state = 'paused', why = $2
         WHERE id = $1 AND state IN ('open', 'paused')",
    )
    .bind(id.0)
    .bind(why)
    .execute(&mut **tx)
    .await?;
    Ok(done.rows_affected() > 0)
}

/// Opens an edition that had ended, since one of its letters goes again.
///
/// # Errors
/// The database failed.
pub async fn reopen(tx: &mut Tx, id: EditionId) -> Result<()> {
    query(
        "UPDATE editions SET state = 'open', why = NULL, closed_at = NULL
         WHERE id = $1 AND state IN ('sent', 'partly')",
    )
    .bind(id.0)
    .execute(&mut **tx)
    .await?;
    Ok(())
}

/// Versions that may be owed to someone: accepted, or withdrawn after they went out. Oldest first.
///
/// # Errors
/// The database failed.
pub async fn candidates(tx: &mut Tx) -> Result<Vec<DocumentRow>> {
    let rows = query(
        "SELECT * FROM documents WHERE standing = 'accepted' OR (standing = 'withdrawn'
         AND id IN (SELECT document_id FROM bundle_documents)) OR id IN
         (SELECT annex_of FROM documents WHERE standing = 'accepted') ORDER BY accepted_at, id",
    )
    .fetch_all(&mut **tx)
    .await?;
    rows.iter().map(documents::document).collect()
}

/// When each version first went out to anyone.
///
/// # Errors
/// The database failed.
pub async fn sent_on(tx: &mut Tx) -> Result<HashMap<DocumentId, DateTime<Utc>>> {
    let rows = query(
        "SELECT p.document_id, MIN(e.due_at) FROM bundle_documents p
         JOIN bundles b ON b.id = p.bundle_id JOIN editions e ON e.id = b.edition_id
         WHERE p.note IN ('new', 'correction', 'annex') GROUP BY p.document_id",
    )
    .fetch_all(&mut **tx)
    .await?;
    all(&rows, |r| {
        Ok((DocumentId(r.try_get(0)?), time(r.try_get(1)?)))
    })
}

/// What an edition carries: id and symbol, or file name where it has none, each once. Annexes that
/// travel with their document are not named beside it.
///
/// # Errors
/// The database failed.
pub async fn documents_of(tx: &mut Tx, id: EditionId) -> Result<Vec<(DocumentId, String)>> {
    let rows = query(
        "SELECT o.id, COALESCE(o.symbol, o.file) FROM bundles b
         JOIN bundle_documents p ON p.bundle_id = b.id JOIN documents o ON o.id = p.document_id
         WHERE b.edition_id = $1 AND p.note <> 'annex'
         GROUP BY o.id, o.symbol, o.file ORDER BY o.id",
    )
    .bind(id.0)
    .fetch_all(&mut **tx)
    .await?;
    all(&rows, |r| Ok((DocumentId(r.try_get(0)?), r.try_get(1)?)))
}

/// An edition as this transaction sees it.
///
/// # Errors
/// The database failed, or there is no such edition.
pub async fn edition_by_id(tx: &mut Tx, id: EditionId) -> Result<EditionRow> {
    let row = query("SELECT * FROM editions WHERE id = $1")
        .bind(id.0)
        .fetch_one(&mut **tx)
        .await?;
    edition(&row)
}

/// Notes that urgent versions had their edition, so that cancelling it never makes another.
///
/// # Errors
/// The database failed.
pub async fn mark_urgent_done(
    tx: &mut Tx,
    documents: impl Iterator<Item = &DocumentId>,
) -> Result<()> {
    for id in documents {
        query("UPDATE documents SET urgent_done = 1 WHERE id = $1")
            .bind(id.0)
            .execute(&mut **tx)
            .await?;
    }
    Ok(())
}

/// Writes a bundle with its finished sheet.
///
/// # Errors
/// The database failed.
pub async fn add_bundle(
    tx: &mut Tx,
    edition: EditionId,
    bundle: &Bundle,
    sheet: &[u8],
) -> Result<i64> {
    let id: i64 = query(
        "INSERT INTO bundles (edition_id, kind, language, sheet) VALUES ($1, $2, $3, $4)
         RETURNING id",
    )
    .bind(edition.0)
    .bind(bundle.kind.word())
    .bind(bundle.language.word())
    .bind(sheet)
    .fetch_one(&mut **tx)
    .await?
    .try_get(0)?;
    for (position, entry) in (0i64..).zip(&bundle.entries) {
        query(
            "INSERT INTO bundle_documents (bundle_id, position, document_id, note)
             VALUES ($1, $2, $3, $4)",
        )
        .bind(id)
        .bind(position)
        .bind(entry.document.0)
        .bind(entry.note.word())
        .execute(&mut **tx)
        .await?;
    }
    Ok(id)
}

/// Writes deliveries and answers how many. They are made a batch at a time, each while the one
/// before it is being written. UNIQUE (edition, recipient, address, generation) keeps them single.
///
/// # Errors
/// The database failed.
pub async fn add_deliveries(
    tx: &mut Tx,
    edition: EditionId,
    new: impl IntoIterator<Item = NewDelivery, IntoIter: Send>,
) -> Result<u64> {
    let (mut new, mut count) = (new.into_iter(), 0);
    let mut next = insertion(edition, &mut new);
    while let Some(mut batch) = next {
        // Polled in this order: the database has its batch before the next one is begun.
        let writing = batch.build().execute(&mut **tx);
        let (written, made) = tokio::join!(biased; writing, async { insertion(edition, &mut new) });
        count += written?.rows_affected();
        next = made;
    }
    Ok(count)
}

/// The statement that writes the first of these; none where there are none.
fn insertion(
    edition: EditionId,
    new: &mut impl Iterator<Item = NewDelivery>,
) -> Option<QueryBuilder<Sqlite>> {
    let mut new = new.take(BATCH).peekable();
    new.peek()?;
    let mut sql = QueryBuilder::new(
        "INSERT INTO deliveries (edition_id, bundle_id, recipient_kind, recipient_id,
         member_id, branch_id, code, name, person, address, generation, token, personal, state,
         reply) ",
    );
    sql.push_values(new, |mut row, d| {
        row.push_bind(edition.0)
            .push_bind(d.bundle)
            .push_bind(d.kind.word())
            .push_bind(d.recipient)
            .push_bind(d.member)
            .push_bind(d.branch)
            .push_bind(d.code)
            .push_bind(d.name)
            .push_bind(d.person)
            .push_bind(d.address)
            .push_bind(d.generation)
            .push_bind(d.token)
            .push_bind(d.personal)
            .push_bind(if d.unreachable.is_some() {
                "failed"
            } else {
                "pending"
            })
            .push_bind(d.unreachable);
    });
    Some(sql)
}

/// An edition out of a row.
pub(super) fn edition(r: &SqliteRow) -> Result<EditionRow> {
    let id: i64 = r.try_get("id")?;
    Ok(EditionRow {
        id: EditionId(id),
        schedule: r.try_get("schedule")?,
        purpose: word("editions", id, r.try_get("purpose")?)?,
        nominal_at: time(r.try_get("nominal_at")?),
        due_at: time(r.try_get("due_at")?),
        state: word("editions", id, r.try_get("state")?)?,
        late: r.try_get::<i64, _>("late")? != 0,
        why: r.try_get("why")?,
        envelope: r.try_get("envelope")?,
        total: r.try_get::<i64, _>("total")?.cast_unsigned(),
    })
}
