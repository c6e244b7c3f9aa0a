//! Owns how an examined file joins the record: copy, rendition, new version, annex, or a document
//! of its own; and where it waits for a person. It refuses to read files.

use chrono::{DateTime, Utc};

use super::decide::{keep_back, open_question};
use super::sidecar::{self, Word};
use super::{Examined, Ingest, Result, advice, lacks_only_its_main, path_of, policy};
use crate::document::{
    self, Disposition, DocumentId, Identity, Part, Reason, Relation, Sha256, Standing,
};
use crate::inbox::Found;
use crate::ledger::documents::{DocumentRow, NewDocument, Sighting, Version};
use crate::ledger::{LedgerError, Tx, decisions, events};
use crate::organisation::Audience;

/// Said of an annex whose document is not there.
pub const ALONE: &str = "phụ lục chưa có văn bản chính / an annex whose document is not there yet";

/// How a new file stands to what is known.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Standpoint {
    /// What it adds to the judgement: duplicate, or review.
    pub ruling: Option<(Disposition, Reason)>,
    /// The version it is a copy of.
    pub duplicate_of: Option<DocumentId>,
    /// The version it replaces.
    pub supersedes: Option<DocumentId>,
    /// The document it belongs to.
    pub annex_of: Option<DocumentId>,
    /// Known annexes that belong to it.
    pub main_of: Option<DocumentId>,
    /// A known version says that it replaced this one.
    pub outdated: bool,
}

/// Compares a new file with the versions that could be the same document.
#[must_use]
pub fn stand_point(new: &Examined, known: &[Version]) -> Standpoint {
    let identity = new.identity();
    let this = document::Version {
        identity: identity.as_ref(),
        text: new.fingerprint,
        bytes: new.sha256,
        says_newer: new.facts.says_newer,
        trusted: new.trusted(),
    };
    let mut point = Standpoint::default();
    for version in known {
        let other_identity = version
            .identity
            .as_deref()
            .and_then(|i| i.parse::<Identity>().ok());
        let nothing = Sha256([0; 32]);
        let other = document::Version {
            identity: other_identity.as_ref(),
            text: parse(version.fingerprint.as_deref()).unwrap_or(nothing),
            bytes: parse(Some(&version.sha256)).unwrap_or(nothing),
            says_newer: version.says_newer,
            trusted: version.trusted,
        };
        let copy = |reason| Some((Disposition::Duplicate, reason));
        match document::relate(&this, &other) {
            Relation::SameBytes => {
                point.ruling = copy(Reason::SameBytes);
                point.duplicate_of = Some(version.id);
                return point;
            }
            Relation::SameText => {
                point.ruling = copy(Reason::SameText);
                point.duplicate_of = Some(version.id);
            }
            Relation::Supersedes if version.standing.is_open() => {
                point.supersedes = Some(version.id)
            }
            Relation::SupersededBy => point.outdated = true,
            Relation::VersionUnclear if version.standing.is_open() => {
                point.ruling = Some((Disposition::Review, Reason::VersionUnclear));
            }
            Relation::Annex => point.annex_of = Some(version.id),
            Relation::Main => point.main_of = Some(version.id),
            Relation::Supersedes | Relation::VersionUnclear | Relation::Unrelated => {}
        }
    }
    point
}

impl Standpoint {
    /// The judgement of a file among the known versions: which of two versions is newer is no
    /// question while one of them may be secret.
    #[must_use]
    pub fn verdict(&self, own: (Disposition, Option<Reason>)) -> (Disposition, Option<Reason>) {
        match self.ruling {
            Some((Disposition::Review, _)) if own.1 == Some(Reason::SecrecyLetter) => own,
            Some((disposition, reason)) => (disposition, Some(reason)),
            None => own,
        }
    }
}

fn parse(hex: Option<&str>) -> Option<Sha256> {
    let bytes = data_encoding::HEXLOWER.decode(hex?.as_bytes()).ok()?;
    Some(Sha256(bytes.try_into().ok()?))
}

impl Ingest<'_> {
    /// Puts a file that passed the gate on record, in one transaction.
    pub(super) async fn put_on_record(
        &self,
        found: &Found,
        examined: Examined,
        bytes: &[u8],
        seen: &mut Sighting,
        now: DateTime<Utc>,
    ) -> Result<()> {
        let identity = examined.identity().map(|i| i.to_string());
        // The one writer is taken before comparing, so that two scans at once, the daemon's and a
        // command's, cannot both find the same file new.
        let mut tx = self.ledger.begin().await?;
        let (sha256, text) = (examined.sha256, Some(examined.fingerprint));
        let known = self
            .ledger
            .versions(sha256, text, identity.as_deref())
            .await?;
        let known: Vec<_> = known
            .into_iter()
            .filter(|v| v.standing != Standing::Duplicate)
            .collect();
        let point = stand_point(&examined, &known);
        let same_file = known.iter().find(|v| Some(v.id) == point.duplicate_of);
        if same_file.is_some_and(|v| v.standing == Standing::Refused) {
            return purged(tx, seen, now).await;
        }
        if let Some(same) = same_file.filter(|v| v.file == seen.file) {
            // The same file again, touched or moved back: nothing new, not even a duplicate.
            let (disposition, reason) = match self.hear(&mut tx, found, same.id, now).await? {
                Some(heard) => heard,
                None => self.recorded(same.id).await?,
            };
            (seen.disposition, seen.reason, seen.document) = (disposition, reason, Some(same.id));
            decisions::note_sighting(&mut tx, seen, now).await?;
            tx.commit().await.map_err(LedgerError::from)?;
            return Ok(());
        }
        let unread = self.may_be_secret(&examined);
        let new = &self
            .new_document(found, examined, identity, &point, &known)
            .await?;
        // What nobody could read may be secret: it enters the database when a person approves it.
        let keep = new.standing != Standing::Duplicate && !unread;
        seen.disposition = new.disposition;
        seen.reason = new.reason;
        if keep {
            decisions::keep_blob(&mut tx, new.sha256, bytes).await?;
        }
        let id = decisions::record(&mut tx, new, now).await?;
        if let Some(annex) = point.main_of {
            decisions::belong(&mut tx, annex, id).await?;
        }
        seen.document = Some(id);
        decisions::note_sighting(&mut tx, seen, now).await?;
        let detail = serde_json::json!({
            "sha256": new.sha256.to_string(), "standing": new.standing.word(),
            "supersedes": new.supersedes.map(|d| d.0),
        });
        events::append(&mut tx, "document", &id.to_string(), &detail, now).await?;
        if new.standing == Standing::Waiting {
            attend(&mut tx, id, new, now).await?;
        }
        tx.commit().await.map_err(LedgerError::from)?;
        Ok(())
    }

    /// True where it may be secret: nobody read all of it, or a letter beside its symbol asks.
    pub(super) fn may_be_secret(&self, examined: &Examined) -> bool {
        let doubted = policy(self.config).doubts(&examined.contents);
        examined.contents.unread_pages > 0 || doubted || examined.facts.letter.is_some()
    }

    async fn recorded(&self, id: DocumentId) -> Result<(Disposition, Option<Reason>)> {
        let row = self.ledger.document(id).await?;
        Ok(row.map_or((Disposition::Review, None), |d| {
            (d.document.disposition, d.document.reason)
        }))
    }

    /// Carries a sidecar that came or changed after its document into the version on record, and
    /// answers how that stands then. None where there is nothing to hear.
    async fn hear(
        &self,
        tx: &mut Tx,
        found: &Found,
        id: DocumentId,
        now: DateTime<Utc>,
    ) -> Result<Option<(Disposition, Option<Reason>)>> {
        let said = sidecar::fingerprint(found);
        if said.is_none() {
            return Ok(None);
        }
        let before = self.ledger.sidecar_of(&path_of(found)).await?;
        let row = self.ledger.document(id).await?;
        // A document from before phobien is owed to nobody: there is nothing to narrow.
        let heard = |row: &DocumentRow| {
            matches!(
                row.document.standing,
                Standing::Waiting | Standing::Accepted
            )
        };
        let Some(row) = row.filter(|row| before != said && heard(row)) else {
            return Ok(None);
        };
        let mut new = row.document;
        let fits = match sidecar::read(found, Some(id), self.ledger).await? {
            Word::None => return Ok(None),
            Word::Unusable(why) => {
                new.detail = Some(why);
                false
            }
            Word::Says(words) => {
                let beside = format!("{}.toml: ", new.file);
                new.detail.take_if(|why| why.starts_with(&beside));
                sidecar::complete(&mut new, &words)
            }
        };
        // What waits goes on waiting, whatever it says: only a person releases.
        if new.standing == Standing::Waiting || !fits {
            let why = open_question(&new).unwrap_or(Reason::AwaitingApproval);
            keep_back(&mut new, why);
        }
        decisions::update(tx, id, &new, now).await?;
        let detail = serde_json::json!({
            "sha256": new.sha256.to_string(), "standing": new.standing.word(), "sidecar": said,
        });
        events::append(tx, "document", &id.to_string(), &detail, now).await?;
        if new.standing == Standing::Waiting {
            attend(tx, id, &new, now).await?;
        } else {
            events::clear(tx, "review", Some(&id.to_string())).await?;
        }
        Ok(Some((new.disposition, new.reason)))
    }

    async fn new_document(
        &self,
        found: &Found,
        examined: Examined,
        identity: Option<String>,
        point: &Standpoint,
        known: &[Version],
    ) -> Result<NewDocument> {
        let mut verdict = point.verdict((examined.disposition, examined.reason));
        // A correction goes to whom the corrected one went, an annex to whom its document goes:
        // laid in the folder's root neither must widen the audience.
        let before = point.supersedes.or(point.annex_of);
        let corrected = known
            .iter()
            .find(|v| before.is_some() && Some(v.id) == before);
        let mut audience = corrected.map_or(Audience::Everyone, |v| v.audience.clone());
        if let Some(folder) = &found.folder {
            match self.ledger.branch_code(folder).await? {
                Some(code) => audience = Audience::parse(&code),
                None => review(&mut verdict, Reason::UnknownAudience),
            }
        }
        let trusted = examined.trusted();
        let mut document = NewDocument {
            identity,
            file: found.name.clone(),
            folder: found.folder.clone(),
            format: examined.contents.format,
            pages: examined.contents.page_count,
            size: examined.size,
            sha256: examined.sha256,
            fingerprint: trusted.then_some(examined.fingerprint),
            facts: examined.facts,
            text_source: examined.source,
            trusted,
            disposition: verdict.0,
            reason: None,
            detail: examined.contents.detail,
            standing: Standing::Waiting,
            audience,
            due_on: None,
            duplicate_of: point.duplicate_of,
            supersedes: point.supersedes,
            annex_of: point.annex_of,
        };
        match sidecar::read(found, None, self.ledger).await? {
            Word::None => {}
            Word::Unusable(why) => {
                document.detail = Some(why);
                review(&mut verdict, Reason::AwaitingApproval);
            }
            Word::Says(words) => {
                // It completes and narrows; what it would release or widen waits for a person.
                if !sidecar::complete(&mut document, &words) {
                    review(&mut verdict, Reason::AwaitingApproval);
                }
            }
        }
        // Whoever reads an annex needs its document first.
        if document.facts.part != Part::Main && document.annex_of.is_none() {
            review(&mut verdict, Reason::Unverified);
        }
        settle(&mut document, verdict, point.outdated);
        Ok(document)
    }
}

/// Writes the verdict into a version.
fn settle(
    document: &mut NewDocument,
    (disposition, reason): (Disposition, Option<Reason>),
    outdated: bool,
) {
    let alone = document.annex_of.is_none();
    if alone && lacks_only_its_main(&document.facts, reason, document.text_source) {
        document.detail = Some(ALONE.to_owned());
    }
    document.disposition = disposition;
    document.reason = reason.filter(|_| disposition != Disposition::Accept);
    document.standing = match disposition {
        Disposition::Accept if outdated => Standing::Superseded,
        Disposition::Accept => Standing::Accepted,
        Disposition::Review => Standing::Waiting,
        Disposition::Duplicate => Standing::Duplicate,
        Disposition::Quarantine => Standing::Refused,
    };
}

/// Purged bytes are not taken in again, and no fact of them is kept.
async fn purged(mut tx: Tx, seen: &mut Sighting, now: DateTime<Utc>) -> Result<()> {
    seen.disposition = Disposition::Quarantine;
    seen.detail = Some("purged: remove the file from the folder".to_owned());
    decisions::note_sighting(&mut tx, seen, now).await?;
    tx.commit().await.map_err(LedgerError::from)?;
    Ok(())
}

/// Tells the office why a version waits and what to do.
pub(super) async fn attend(
    tx: &mut Tx,
    id: DocumentId,
    new: &NewDocument,
    now: DateTime<Utc>,
) -> std::result::Result<(), LedgerError> {
    let (vi, en) = advice(new.reason.unwrap_or(Reason::AwaitingApproval));
    let why = new.detail.as_ref();
    let why = why.map_or(String::new(), |d| format!(" ({d})"));
    let detail = format!(
        "Văn bản {id} (“{}”): {vi}{why}. / {en}: `phobien documents show {id}`, then `set` and \
         `approve`",
        new.file
    );
    events::attend(tx, "review", &id.to_string(), &detail, now).await?;
    Ok(())
}

/// Keeps aside what would have been accepted.
fn review(verdict: &mut (Disposition, Option<Reason>), why: Reason) {
    if verdict.0 == Disposition::Accept {
        *verdict = (Disposition::Review, Some(why));
    }
}
