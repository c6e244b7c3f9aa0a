//! Owns how an annex that does not say which document it belongs to finds it: by the symbol in the
//! name of its file, or by the one document in its folder. It refuses to guess between two.

use std::collections::{BTreeSet, HashMap};

use chrono::{DateTime, Utc};

use super::decide::release;
use super::record::ALONE;
use super::{Ingest, Result, Scanned};
use crate::document::{
    Disposition, DocumentId, Facts, Identity, Origin, Part, Reason, Standing, TextSource,
};
use crate::ledger::documents::{DocumentRow, NewDocument};
use crate::ledger::{LedgerError, decisions, events};

/// The document that an annex names by its symbol, and its day where it says one; none where no
/// document fits, or several do, since numbers start again every term.
pub fn main_by_symbol<'a, T>(
    annex: &Facts,
    mains: impl IntoIterator<Item = (T, &'a Facts)>,
) -> Option<T> {
    let symbol = annex.symbol.as_ref()?.value.key();
    let day = annex.issued_on.as_ref().map(|d| d.value);
    let fits = |main: &Facts| {
        let on = main.issued_on.as_ref().map(|d| d.value);
        let same = main
            .symbol
            .as_ref()
            .is_some_and(|s| s.value.key() == symbol);
        same && main.part == Part::Main && (day.is_none() || day == on)
    };
    let mut found = mains.into_iter().filter(|(_, main)| fits(main));
    let first = found.next();
    first
        .filter(|_| found.next().is_none())
        .map(|(which, _)| which)
}

/// True for an annex that is kept only because nobody said which document it belongs to: it was
/// read wholly, bears no mark, and lacks just the symbol or the day that its document has.
#[must_use]
pub fn lacks_only_its_main(facts: &Facts, reason: Option<Reason>, source: TextSource) -> bool {
    let lacks = matches!(
        reason,
        Some(Reason::NoSymbol | Reason::NoDate | Reason::Unverified)
    );
    facts.part != Part::Main && lacks && source == TextSource::Text && facts.circulation.is_none()
}

/// Makes a version an annex of `main`: it bears that document's symbol, day and issuer, and goes to
/// whom that one goes.
fn join(annex: &mut NewDocument, main: &DocumentRow) {
    let of = &main.document.facts;
    let facts = &mut annex.facts;
    facts.annex_of.clone_from(&of.symbol);
    facts.symbol.clone_from(&of.symbol);
    facts.issued_on.clone_from(&of.issued_on);
    facts.issuer = facts.issuer.take().or_else(|| of.issuer.clone());
    annex.annex_of = Some(main.id);
    annex.audience = main.document.audience.clone();
    annex.identity = Identity::of(&annex.facts, annex.facts.part).map(|i| i.to_string());
}

/// The folder of a path below the documents folder; none at the top.
fn folder(path: &str) -> Option<&str> {
    path.rsplit_once('/').map(|(folder, _)| folder)
}

impl Ingest<'_> {
    /// Joins annexes that wait to documents that are there by now, in whatever order they came.
    /// While files are still being copied (`settled` is false) a folder says nothing yet.
    pub(super) async fn join_annexes(
        &self,
        scanned: &mut Scanned,
        settled: bool,
        now: DateTime<Utc>,
    ) -> Result<()> {
        let waiting = self.ledger.waiting().await?;
        let waiting: Vec<_> = waiting.into_iter().filter(|r| waits(&r.document)).collect();
        if waiting.is_empty() {
            return Ok(());
        }
        let all = self.ledger.documents().await?;
        let mains: Vec<&DocumentRow> = all.iter().filter(|r| is_main(&r.document)).collect();
        let places = self.ledger.places().await?;
        for row in &waiting {
            let facts = mains.iter().map(|main| (*main, &main.document.facts));
            let main = match main_by_symbol(&row.document.facts, facts) {
                Some(main) => Some(main),
                None if settled && row.document.facts.symbol.is_none() => {
                    self.main_by_folder(row.id, &mains, &places).await?
                }
                None => None,
            };
            if let Some(main) = main {
                self.join(row, main, scanned, now).await?;
            }
        }
        Ok(())
    }

    /// The one document that lies in the same folder, where that is a folder made for it: the top
    /// and a branch's own folder hold whatever comes.
    async fn main_by_folder<'a>(
        &self,
        annex: DocumentId,
        mains: &[&'a DocumentRow],
        places: &[(DocumentId, String)],
    ) -> Result<Option<&'a DocumentRow>> {
        let home = places.iter().find(|(id, _)| *id == annex);
        let Some(home) = home.and_then(|(_, path)| folder(path)) else {
            return Ok(None);
        };
        if !home.contains('/') && self.ledger.branch_code(home).await?.is_some() {
            return Ok(None);
        }
        let here: BTreeSet<DocumentId> = places
            .iter()
            .filter(|(_, path)| folder(path) == Some(home))
            .map(|(id, _)| *id)
            .collect();
        let by_chain: HashMap<DocumentId, &DocumentRow> = mains
            .iter()
            .filter(|main| here.contains(&main.id))
            .map(|main| (main.chain, *main))
            .collect();
        let mut found = by_chain.into_values();
        let first = found.next();
        let alone = first.filter(|_| found.next().is_none());
        Ok(alone.filter(|main| main.document.facts.symbol.is_some()))
    }

    async fn join(
        &self,
        row: &DocumentRow,
        main: &DocumentRow,
        scanned: &mut Scanned,
        now: DateTime<Utc>,
    ) -> Result<()> {
        let mut new = row.document.clone();
        join(&mut new, main);
        // What nobody could read was not stored, and still waits for a person.
        let stored = self.ledger.blob(new.sha256).await?.is_some();
        if self.config.documents.approval_required {
            new.reason = Some(Reason::AwaitingApproval);
        } else if stored {
            release(&mut new);
            new.detail = None;
        }
        let id = row.id.to_string();
        let mut tx = self.ledger.begin().await?;
        decisions::update(&mut tx, row.id, &new, now).await?;
        let detail = serde_json::json!({
            "annex_of": main.id.0, "standing": new.standing.word(),
            "sha256": new.sha256.to_string(),
        });
        events::append(&mut tx, "document", &id, &detail, now).await?;
        if new.standing == Standing::Accepted {
            events::clear(&mut tx, "review", Some(&id)).await?;
        }
        tx.commit().await.map_err(LedgerError::from)?;
        tracing::info!(annex = %row.id, main = %main.id, "annex joined its document");
        for seen in &mut scanned.taken {
            if seen.document == Some(row.id) {
                (seen.disposition, seen.reason) = (new.disposition, new.reason);
            }
        }
        Ok(())
    }
}

/// True for an annex without a document, or with one that only its file's name says.
fn waits(new: &NewDocument) -> bool {
    let by_name = |new: &NewDocument| {
        let symbol = new.facts.symbol.as_ref();
        symbol.is_some_and(|s| s.origin == Origin::Name)
    };
    new.disposition == Disposition::Review
        && new.trusted
        && (new.annex_of.is_none() || by_name(new) || new.detail.as_deref() == Some(ALONE))
        && lacks_only_its_main(&new.facts, new.reason, new.text_source)
}

fn is_main(new: &NewDocument) -> bool {
    new.standing.is_open() && new.facts.part == Part::Main && new.annex_of.is_none()
}
