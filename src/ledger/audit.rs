//! Owns the proof that the ledger is as it was written: the event chain, the roots of closed
//! editions, the bytes of documents and the database's own check. It refuses to mend anything.

use sqlx::{Row, SqliteConnection, query};

use super::{Ledger, Result, events};
use crate::document::Sha256;
use crate::edition::EditionId;
use crate::letter::Sheet;

/// Faults told at most: an altered database may have one in every row.
const FAULTS_MAX: usize = 100;
/// Events read at a time.
const PAGE: i64 = 1000;

/// What was checked, and what is not as it was written.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Audit {
    /// Events in the chain.
    pub events: u64,
    /// Of those, how many had a person's words taken out, each vouched for by a later one.
    pub redacted: u64,
    /// Hash of the last one. An outside copy of it proves that the chain was not made anew.
    pub head: String,
    /// Closed editions whose deliveries were compared with the chain.
    pub editions: u64,
    /// Documents whose bytes were compared with their hash.
    pub documents: u64,
    /// One sentence each, at most a hundred; empty where all is well.
    pub faults: Vec<String>,
}

impl Audit {
    fn fault(&mut self, words: String) {
        if self.faults.len() < FAULTS_MAX {
            self.faults.push(words);
        }
    }
}

impl Ledger {
    /// Recomputes everything that can be recomputed, in one view of the database. Of deliveries and
    /// events a page is in memory at a time, of documents one, with the names of all.
    ///
    /// # Errors
    /// The database failed. What was altered is no error but in the answer.
    pub async fn audit(&self) -> Result<Audit> {
        let mut view = self.readers.begin().await?;
        let audit = recompute(&mut view).await?;
        view.rollback().await?;
        Ok(audit)
    }
}

/// The same over any database of ours.
pub(super) async fn recompute(view: &mut SqliteConnection) -> Result<Audit> {
    let mut audit = Audit::default();
    database(view, &mut audit).await?;
    chain(view, &mut audit).await?;
    editions(view, &mut audit).await?;
    blobs(view, &mut audit).await?;
    sheets(view, &mut audit).await?;
    Ok(audit)
}

/// What SQLite itself finds wrong with its file, and rows that point at nothing.
async fn database(view: &mut SqliteConnection, audit: &mut Audit) -> Result<()> {
    for row in query("PRAGMA integrity_check")
        .fetch_all(&mut *view)
        .await?
    {
        let words: String = row.try_get(0)?;
        if words != "ok" {
            audit.fault(format!("database: {words}"));
        }
    }
    for row in query("PRAGMA foreign_key_check")
        .fetch_all(&mut *view)
        .await?
    {
        let (table, to): (String, String) = (row.try_get(0)?, row.try_get(2)?);
        let id: Option<i64> = row.try_get(1)?;
        let id = id.map_or_else(String::new, |id| id.to_string());
        audit.fault(format!(
            "{table} {id} points at a row of {to} that is not there"
        ));
    }
    Ok(())
}

async fn chain(view: &mut SqliteConnection, audit: &mut Audit) -> Result<()> {
    let redacted = events::redacted(view).await?;
    let mut after = 0_i64;
    loop {
        let rows = query(
            "SELECT id, at, kind, subject, detail, previous, hash FROM events WHERE id > $1
             ORDER BY id LIMIT $2",
        )
        .bind(after)
        .bind(PAGE)
        .fetch_all(&mut *view)
        .await?;
        let Some(last) = rows.last() else {
            return Ok(());
        };
        after = last.try_get(0)?;
        for row in &rows {
            let word = |at: usize| row.try_get::<String, _>(at);
            let what = format!(
                "event {} ({} {})",
                row.try_get::<i64, _>(0)?,
                word(2)?,
                word(3)?
            );
            if word(5)? != audit.head {
                audit.fault(format!(
                    "{what}: the event before it was altered or removed"
                ));
            }
            let stands = events::hash(&word(5)?, row.try_get(1)?, &word(2)?, &word(3)?, &word(4)?);
            if stands != word(6)? {
                let vouched = redacted.get(&row.try_get::<i64, _>(0)?);
                if events::may_be_redacted(&word(2)?) && vouched == Some(&stands) {
                    audit.redacted += 1;
                } else {
                    audit.fault(format!("{what}: it was altered"));
                }
            }
            audit.head = word(6)?;
            audit.events += 1;
        }
    }
}

/// Counts the deliveries of every edition, and compares those of the closed ones with the last root
/// that the chain has of them.
async fn editions(view: &mut SqliteConnection, audit: &mut Audit) -> Result<()> {
    let uneven = query(
        "SELECT id, total, n FROM (
            SELECT e.id, e.total,
                (SELECT COUNT(*) FROM deliveries d WHERE d.edition_id = e.id) AS n
            FROM editions e) AS counted
         WHERE total <> n ORDER BY id",
    );
    for row in uneven.fetch_all(&mut *view).await? {
        let id = EditionId(row.try_get(0)?);
        let (total, rows): (i64, i64) = (row.try_get(1)?, row.try_get(2)?);
        audit.fault(format!(
            "edition {id}: it counts {total} deliveries and has {rows}"
        ));
    }
    let rows = query(
        "SELECT id, (SELECT detail FROM events v WHERE v.kind = 'edition_closed'
            AND v.subject = 'e-' || editions.id ORDER BY v.id DESC LIMIT 1)
         FROM editions WHERE state IN ('sent', 'partly', 'cancelled') ORDER BY id",
    )
    .fetch_all(&mut *view)
    .await?;
    for row in rows {
        let id = EditionId(row.try_get(0)?);
        let detail: Option<String> = row.try_get(1)?;
        let told: Option<serde_json::Value> =
            detail.and_then(|detail| serde_json::from_str(&detail).ok());
        let Some(told) = told else {
            audit.fault(format!("edition {id}: the chain does not have its end"));
            continue;
        };
        let (root, count) = events::root(view, id).await?;
        if told["deliveries"].as_u64() != Some(count) || told["root"].as_str() != Some(&root) {
            audit.fault(format!(
                "edition {id}: its deliveries or documents are not those it ended with"
            ));
        }
        audit.editions += 1;
    }
    Ok(())
}

async fn blobs(view: &mut SqliteConnection, audit: &mut Audit) -> Result<()> {
    let names = query("SELECT sha256 FROM blobs ORDER BY sha256")
        .fetch_all(&mut *view)
        .await?;
    for name in names {
        let name: String = name.try_get(0)?;
        let row = query("SELECT bytes FROM blobs WHERE sha256 = $1")
            .bind(&name)
            .fetch_one(&mut *view)
            .await?;
        if Sha256::of(row.try_get::<&[u8], _>(0)?).to_string() != name {
            audit.fault(format!("document bytes {name}: they were altered"));
        }
        audit.documents += 1;
    }
    Ok(())
}

/// The letters of every edition carry a hash of themselves, but for those that a purge emptied.
async fn sheets(view: &mut SqliteConnection, audit: &mut Audit) -> Result<()> {
    let bundles = query("SELECT id, edition_id FROM bundles ORDER BY id")
        .fetch_all(&mut *view)
        .await?;
    for bundle in bundles {
        let row = query("SELECT sheet, stale FROM bundles WHERE id = $1")
            .bind(bundle.try_get::<i64, _>(0)?)
            .fetch_one(&mut *view)
            .await?;
        let stale: Option<String> = row.try_get(1)?;
        if stale.is_some() && row.try_get::<&[u8], _>(0)?.is_empty() {
            continue;
        }
        if let Err(fault) = Sheet::from_bytes(row.try_get(0)?) {
            let edition = EditionId(bundle.try_get(1)?);
            audit.fault(format!("edition {edition}: a letter of it is {fault}"));
        }
    }
    Ok(())
}
