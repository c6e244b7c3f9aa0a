//! Owns everything that the record holds of one person, as named values in named groups. It
//! refuses to know in which form it is handed over.

use chrono::{DateTime, Utc};
use sqlx::sqlite::SqliteRow;
use sqlx::{Column, Row, TypeInfo, query};

use super::person::{self, Called, Person};
use super::{Ledger, Result, Tx, time, traces};

/// A value on record.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Held {
    /// Words.
    Text(String),
    /// A number or an id.
    Number(i64),
    /// Yes or no.
    Yes(bool),
    /// A moment.
    At(DateTime<Utc>),
    /// Nothing stands there.
    Nothing,
}

/// One row about the person, its values by name.
pub type Entry = Vec<(String, Held)>;

/// What the record holds of a person.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Dossier {
    /// Groups by name, in the order to be shown; one without rows is there too.
    pub groups: Vec<(&'static str, Vec<Entry>)>,
}

/// The person as the roster gave it.
const MEMBER: &str = "SELECT m.id, m.code, m.name, m.address, b.code AS branch, b.name AS
    branch_name, m.post, m.officer, m.official AS is_official, m.language, m.paused, m.fault,
    m.pseudonym, m.first_seen_at, m.left_at, a.failures AS address_failures, a.held_at AS
    address_held_at FROM members m JOIN branches b ON b.id = m.branch_id
    LEFT JOIN addresses a ON a.address = m.address WHERE m.id = $1";

/// Letters to it, as a member or as an officer of a branch; of a branch's the personal part has
/// others in it.
const LETTERS: &str = "SELECT d.id AS delivery, d.edition_id AS edition, e.schedule, e.due_at,
    d.recipient_kind, d.code, d.name, d.person, b.code AS branch, d.address, d.state, d.attempts,
    d.first_attempt_at, d.last_attempt_at, d.next_attempt_at, d.reply_code, d.reply,
    d.token, CASE WHEN d.recipient_kind = 'member' THEN d.personal END AS personal,
    (SELECT string_agg(COALESCE(o.symbol, o.file), ', ')
        FROM bundle_documents p JOIN documents o ON o.id = p.document_id
        WHERE p.bundle_id = d.bundle_id) AS documents
    FROM deliveries d JOIN editions e ON e.id = d.edition_id
    LEFT JOIN branches b ON b.id = d.branch_id
    WHERE (d.recipient_kind = 'member' AND d.recipient_id = $1)
       OR (d.recipient_kind = 'branch' AND d.member_id = $1) ORDER BY d.id";

/// Attempts at them that did not end in `sent`.
const ATTEMPTS: &str = "SELECT a.delivery_id AS delivery, a.at AS tried_at, a.outcome,
    a.reply_code, a.reply FROM attempts a JOIN deliveries d ON d.id = a.delivery_id
    WHERE (d.recipient_kind = 'member' AND d.recipient_id = $1)
       OR (d.recipient_kind = 'branch' AND d.member_id = $1) ORDER BY a.at, a.delivery_id";

/// What it confirmed to have studied.
const CONFIRMATIONS: &str = "SELECT COALESCE(o.symbol, o.file) AS document, c.confirmed_at,
    c.means FROM confirmations c JOIN documents o ON o.id = c.document_id
    WHERE c.recipient_kind = 'member' AND c.recipient_id = $1 ORDER BY c.confirmed_at";

/// Events in which its pseudonym stands.
const EVENTS: &str = "SELECT v.id AS event, v.at AS happened_at, v.kind, v.subject, v.detail
    FROM events v JOIN members m ON m.id = $1
    WHERE v.detail LIKE '%' || m.pseudonym || '%'
       OR v.subject = 'p-' || substr(m.pseudonym, 1, 12) ORDER BY v.id";

impl Ledger {
    /// Everything on record about a person, rows that an earlier key of it left behind included.
    ///
    /// # Errors
    /// The database failed.
    pub async fn dossier(&self, id: i64) -> Result<Dossier> {
        // Nothing is written, but all of it is seen at one moment.
        let mut tx = self.begin().await?;
        let mut dossier = Dossier::default();
        for who in person::again(&mut tx, id).await? {
            gather(&mut tx, &who, &mut dossier).await?;
        }
        tx.rollback().await?;
        Ok(dossier)
    }
}

async fn gather(tx: &mut Tx, who: &Person, dossier: &mut Dossier) -> Result<()> {
    let called = person::called(tx, who).await?;
    for (group, sql) in [
        ("member", MEMBER),
        ("deliveries", LETTERS),
        ("attempts", ATTEMPTS),
        ("confirmations", CONFIRMATIONS),
        ("events", EVENTS),
    ] {
        let rows = query(sql).bind(who.id).fetch_all(&mut **tx).await?;
        let rows = rows.iter().map(entry).collect::<Result<Vec<_>>>()?;
        dossier.add(group, rows);
    }
    dossier.add("named_in_events", decisions(tx, &called).await?);
    dossier.add("named_in_branch_letters", tables(tx, who, &called).await?);
    let mut summaries = Vec::new();
    for (bundle, edition) in traces::summaries(tx, &called).await? {
        summaries.push(vec![
            ("edition".into(), Held::Number(edition.0)),
            ("letter".into(), Held::Number(bundle)),
        ]);
    }
    dossier.add("named_in_summaries", summaries);
    Ok(())
}

/// Events whose words name the person: who decided something.
async fn decisions(tx: &mut Tx, called: &Called) -> Result<Vec<Entry>> {
    let mut found = Vec::new();
    for (id, _) in traces::events(tx, called).await? {
        let row = query(
            "SELECT id AS event, at AS happened_at, kind, subject, detail FROM events
             WHERE id = $1",
        )
        .bind(id)
        .fetch_one(&mut **tx)
        .await?;
        found.push(entry(&row)?);
    }
    Ok(found)
}

/// Tables of members in letters to branches.
async fn tables(tx: &mut Tx, who: &Person, called: &Called) -> Result<Vec<Entry>> {
    let mut found = Vec::new();
    for (id, _, _, letter) in traces::branch_letters(tx, who, called).await? {
        let Some(table) = letter.table else { continue };
        let rows = table.rows.iter().map(|r| (&*r.name, &*r.post));
        let Some(at) = traces::row_of(rows, who, called) else {
            continue;
        };
        let row = &table.rows[at];
        found.push(vec![
            ("delivery".into(), Held::Number(id)),
            ("branch".into(), Held::Text(letter.salutation.clone())),
            ("name".into(), Held::Text(row.name.clone())),
            ("post".into(), Held::Text(row.post.clone())),
            ("state".into(), Held::Text(row.state.clone())),
        ]);
    }
    Ok(found)
}

impl Dossier {
    fn add(&mut self, group: &'static str, rows: Vec<Entry>) {
        match self.groups.iter_mut().find(|(name, _)| *name == group) {
            Some((_, there)) => there.extend(rows),
            None => self.groups.push((group, rows)),
        }
    }
}

/// A row as it stands, by the names of its columns: `…_at` is a moment, `is_…` yes or no.
fn entry(row: &SqliteRow) -> Result<Entry> {
    let value = |column: &sqlx::sqlite::SqliteColumn| -> sqlx::Result<(String, Held)> {
        let (at, name) = (column.ordinal(), column.name());
        let raw = sqlx::Row::try_get_raw(row, at)?;
        let kind = sqlx::ValueRef::type_info(&raw).name().to_owned();
        let held = if sqlx::ValueRef::is_null(&raw) {
            Held::Nothing
        } else if kind != "INTEGER" {
            Held::Text(row.try_get(at)?)
        } else if name.ends_with("_at") {
            Held::At(time(row.try_get(at)?))
        } else if name.starts_with("is_") {
            Held::Yes(row.try_get::<i64, _>(at)? != 0)
        } else {
            Held::Number(row.try_get(at)?)
        };
        Ok((name.trim_start_matches("is_").to_owned(), held))
    };
    Ok(row
        .columns()
        .iter()
        .map(value)
        .collect::<sqlx::Result<Entry>>()?)
}
