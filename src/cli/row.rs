//! Owns the JSON lines of the contract: their keys, and what stands for each. It refuses to know
//! commands; absent values are null, never missing.

use std::collections::BTreeMap;

use chrono::NaiveDate;
use serde::Serialize;

use super::show::{Screen, written};
use crate::delivery::State;
use crate::document::{
    Confidence, Disposition, Fact, Facts, Format, Identity, Link, Reason, Secrecy, Sha256,
    Standing, Symbol, TextSource, Urgency,
};
use crate::ingest::Examined;
use crate::ledger::documents::{DocumentRow, Sighting};
use crate::ledger::log::LogRow;
use crate::organisation::RecipientKind;
use crate::publish::Published;
use crate::spelling;

/// A document, as `inspect`, `ingest` and `documents list` show it.
#[derive(Clone, Debug, Serialize)]
pub(super) struct Document {
    pub(super) document: Option<String>,
    pub(super) file: String,
    pub(super) format: Format,
    pub(super) pages: Option<u32>,
    #[serde(serialize_with = "written")]
    pub(super) symbol: Option<Symbol>,
    pub(super) r#type: Option<String>,
    pub(super) issuer: Option<String>,
    pub(super) issued_on: Option<NaiveDate>,
    pub(super) title: Option<String>,
    pub(super) urgency: Option<Urgency>,
    pub(super) secrecy: Option<Secrecy>,
    pub(super) disposition: Disposition,
    pub(super) reason: Option<Reason>,
    pub(super) text_source: Option<TextSource>,
    #[serde(serialize_with = "written")]
    pub(super) sha256: Option<Sha256>,
    pub(super) duplicate_of: Option<String>,
    pub(super) supersedes: Option<String>,
    pub(super) annex_of: Option<String>,
    pub(super) recipients: Option<Vec<String>>,
    pub(super) signer: Option<String>,
    pub(super) signer_authority: Option<String>,
    pub(super) signer_post: Option<String>,
    pub(super) replaces: Option<Vec<Linked>>,
    pub(super) amends: Option<Vec<Linked>>,
    pub(super) circulation: Option<String>,
    /// What a customary name may mean; a person must say which.
    pub(super) candidates: Option<Vec<String>>,
    /// How far each fact can be relied on, by its field's name.
    pub(super) confidence: Option<BTreeMap<&'static str, Confidence>>,
    /// What became of it; null for a file that is not on record.
    pub(super) standing: Option<Standing>,
    /// More about the reason, for people.
    #[serde(skip)]
    pub(super) why: Option<String>,
}

impl Document {
    /// A file of which nothing is said but what is done with it.
    fn bare(file: &str, format: Format, disposition: Disposition) -> Self {
        Self {
            document: None,
            file: file.to_owned(),
            format,
            pages: None,
            symbol: None,
            r#type: None,
            issuer: None,
            issued_on: None,
            title: None,
            urgency: None,
            secrecy: None,
            disposition,
            reason: None,
            text_source: None,
            sha256: None,
            duplicate_of: None,
            supersedes: None,
            annex_of: None,
            recipients: None,
            signer: None,
            signer_authority: None,
            signer_post: None,
            replaces: None,
            amends: None,
            circulation: None,
            candidates: None,
            confidence: None,
            standing: None,
            why: None,
        }
    }

    fn with_facts(mut self, facts: &Facts) -> Self {
        self.symbol = facts.symbol.as_ref().map(|f| f.value.clone());
        self.r#type = facts.kind.as_ref().map(|f| f.value.clone());
        self.issuer = facts.issuer.as_ref().map(|f| f.value.clone());
        self.issued_on = facts.issued_on.as_ref().map(|f| f.value);
        self.title = facts.title.as_ref().map(|f| f.value.clone());
        self.urgency = facts.urgency.as_ref().map(|f| f.value);
        self.recipients = facts.recipients.as_ref().map(|f| f.value.clone());
        let signer = facts.signer.as_ref().map(|f| f.value.clone());
        self.signer = signer.as_ref().map(|s| s.name.clone());
        self.signer_authority = signer.as_ref().and_then(|s| s.authority.clone());
        self.signer_post = signer.and_then(|s| s.post);
        self.replaces = linked(&facts.replaces);
        self.amends = linked(&facts.amends);
        self.circulation = facts.circulation.as_ref().map(|f| f.value.clone());
        let candidates = facts.candidates.iter().map(ToString::to_string);
        self.candidates = Some(candidates.collect()).filter(|c: &Vec<_>| !c.is_empty());
        self.confidence = Some(confidence(facts));
        self
    }

    /// Puts in which of the `known` documents its links name: one, or they stay symbols.
    pub(super) fn resolve<'k>(
        &mut self,
        facts: &Facts,
        known: impl Iterator<Item = (&'k Identity, &'k str)> + Clone,
    ) {
        let links = [&facts.replaces, &facts.amends];
        let rows = [&mut self.replaces, &mut self.amends];
        for (row, link) in rows.into_iter().zip(links) {
            for (row, link) in row.iter_mut().flatten().zip(link) {
                let means = |(id, _): &(&Identity, _)| link.value.means(id, facts);
                let mut found = known.clone().filter(means);
                row.document = found.next().map(|(_, name)| name.to_owned());
                row.document.take_if(|_| found.next().is_some());
            }
        }
    }

    /// A version on record.
    pub(super) fn on_record(row: &DocumentRow) -> Self {
        let new = &row.document;
        let id = |id: Option<crate::document::DocumentId>| id.map(|id| id.to_string());
        Self {
            document: Some(row.id.to_string()),
            pages: new.pages,
            reason: new.reason,
            text_source: Some(new.text_source),
            sha256: Some(new.sha256),
            duplicate_of: id(new.duplicate_of),
            supersedes: id(new.supersedes),
            annex_of: id(new.annex_of),
            standing: Some(new.standing),
            why: new.detail.clone(),
            ..Self::bare(&new.file, new.format, new.disposition).with_facts(&new.facts)
        }
    }

    /// A file that gave no version: refused, or secret.
    pub(super) fn refused(seen: &Sighting) -> Self {
        Self {
            secrecy: seen.secrecy,
            reason: seen.reason,
            why: seen.detail.clone(),
            ..Self::bare(&seen.file, seen.format, seen.disposition)
        }
    }

    /// A file that must not be opened.
    pub(super) fn unopened(file: &str, reason: Reason) -> Self {
        Self {
            reason: Some(reason),
            ..Self::bare(file, Format::Unknown, Disposition::Quarantine)
        }
    }

    /// A file as examined. Of a secret one nothing but name, format, mark and judgement is shown.
    pub(super) fn examined(file: &str, examined: &Examined) -> Self {
        let bare = Self {
            reason: examined.reason,
            secrecy: examined.facts.secrecy.as_ref().map(|f| f.value),
            ..Self::bare(file, examined.contents.format, examined.disposition)
        };
        if bare.secrecy.is_some() || bare.reason == Some(Reason::Secret) {
            return bare;
        }
        Self {
            pages: examined.contents.page_count,
            text_source: Some(examined.source),
            sha256: Some(examined.sha256),
            ..bare.with_facts(&examined.facts)
        }
    }
}

/// A document that another one replaces or amends.
#[derive(Clone, Debug, Serialize)]
pub(super) struct Linked {
    pub(super) symbol: String,
    pub(super) issued_on: Option<NaiveDate>,
    /// Its id, or its file's name where files are compared; none where none or several fit.
    pub(super) document: Option<String>,
}

impl std::fmt::Display for Linked {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.symbol)?;
        self.issued_on.map_or(Ok(()), |day| write!(f, "@{day}"))?;
        let document = self.document.as_ref();
        document.map_or(Ok(()), |id| write!(f, " ({id})"))
    }
}

fn linked(links: &[Fact<Link>]) -> Option<Vec<Linked>> {
    let row = |link: &Fact<Link>| Linked {
        symbol: link.value.symbol.to_string(),
        issued_on: link.value.issued_on,
        document: None,
    };
    Some(links.iter().map(row).collect()).filter(|rows: &Vec<_>| !rows.is_empty())
}

fn confidence(facts: &Facts) -> BTreeMap<&'static str, Confidence> {
    fn of<T>(fact: Option<&Fact<T>>) -> Option<Confidence> {
        fact.map(Fact::confidence)
    }
    [
        ("symbol", of(facts.symbol.as_ref())),
        ("type", of(facts.kind.as_ref())),
        ("issuer", of(facts.issuer.as_ref())),
        ("issued_on", of(facts.issued_on.as_ref())),
        ("title", of(facts.title.as_ref())),
        ("urgency", of(facts.urgency.as_ref())),
        ("circulation", of(facts.circulation.as_ref())),
        ("recipients", of(facts.recipients.as_ref())),
        ("signer", of(facts.signer.as_ref())),
        ("replaces", of(facts.replaces.first())),
        ("amends", of(facts.amends.first())),
    ]
    .into_iter()
    .filter_map(|(field, confidence)| Some((field, confidence?)))
    .collect()
}

/// An edition, as `publish` shows it.
#[derive(Debug, Serialize)]
pub(super) struct Edition {
    pub(super) edition: Option<String>,
    pub(super) schedule: String,
    pub(super) nominal_at: String,
    pub(super) due_at: String,
    pub(super) new: bool,
    pub(super) state: String,
    pub(super) deliveries: u64,
    pub(super) documents: Vec<String>,
    pub(super) document_ids: Vec<String>,
}

impl Edition {
    /// `rehearsed`: it is not on record, so it has no id.
    pub(super) fn of(published: &Published, rehearsed: bool, screen: &Screen) -> Self {
        let edition = &published.edition;
        let kept = !(rehearsed && published.new);
        let documents = &published.documents;
        Self {
            edition: kept.then(|| edition.id.to_string()),
            schedule: edition.schedule.clone(),
            nominal_at: screen.stamp(edition.nominal_at),
            due_at: screen.stamp(edition.due_at),
            new: published.new,
            state: edition.state.to_string(),
            deliveries: edition.total,
            documents: documents.iter().map(|(_, symbol)| symbol.clone()).collect(),
            document_ids: documents.iter().map(|(id, _)| id.to_string()).collect(),
        }
    }
}

/// A delivery, as `log` shows it.
#[derive(Debug, Serialize)]
pub(super) struct Delivery {
    edition: String,
    schedule: String,
    due_at: String,
    delivery: String,
    recipient_kind: RecipientKind,
    code: Option<String>,
    name: String,
    person: Option<String>,
    branch: Option<String>,
    address: Option<String>,
    state: State,
    attempts: u32,
    first_attempt_at: Option<String>,
    last_attempt_at: Option<String>,
    message_id: Option<String>,
    reply: Option<String>,
    documents: Vec<String>,
    document_ids: Vec<String>,
    confirmed_at: Option<String>,
}

impl Delivery {
    pub(super) fn of(row: &LogRow, screen: &Screen) -> Self {
        let at = |at: Option<chrono::DateTime<chrono::Utc>>| at.map(|at| screen.stamp(at));
        Self {
            edition: row.edition.to_string(),
            schedule: row.schedule.clone(),
            due_at: screen.stamp(row.due_at),
            delivery: delivery_id(row.delivery),
            recipient_kind: row.kind,
            code: row.code.clone(),
            name: row.name.clone(),
            person: row.person.clone(),
            branch: row.branch.clone(),
            address: row.address.clone(),
            state: row.state,
            attempts: row.attempts,
            first_attempt_at: at(row.first_attempt_at),
            last_attempt_at: at(row.last_attempt_at),
            message_id: message_id(&row.personal),
            reply: row.reply.as_deref().map(spelling::line),
            documents: row.documents.iter().map(|(_, s)| s.clone()).collect(),
            document_ids: row.documents.iter().map(|(id, _)| id.to_string()).collect(),
            confirmed_at: at(row.confirmed_at),
        }
    }
}

/// The Message-ID that a delivery froze.
pub(super) fn message_id(personal: &str) -> Option<String> {
    #[derive(serde::Deserialize)]
    struct Frozen {
        message_id: String,
    }
    let frozen: Frozen = serde_json::from_str(personal).ok()?;
    Some(frozen.message_id)
}

/// The name of a delivery: `m-` and a number, as in a Maildir.
pub(super) fn delivery_id(id: i64) -> String {
    format!("m-{id}")
}

/// The last line of `deliver` and `send`.
#[derive(Clone, Copy, Debug, Default, Serialize)]
pub(super) struct Counts {
    pub(super) sent: u64,
    pub(super) failed: u64,
    pub(super) deferred: u64,
    pub(super) unknown: u64,
    pub(super) pending: u64,
    pub(super) sending: u64,
    pub(super) cancelled: u64,
    pub(super) bounced: u64,
    pub(super) paused: u64,
    pub(super) seconds: f64,
}

/// A fault, as `check` shows it.
#[derive(Debug, Serialize)]
pub(super) struct Fault {
    pub(super) level: &'static str,
    pub(super) file: Option<String>,
    pub(super) line: Option<usize>,
    pub(super) key: Option<String>,
    pub(super) message: String,
    pub(super) instead: Option<String>,
}

/// What is empty is absent.
pub(super) fn some(text: &str) -> Option<String> {
    Some(text.to_owned()).filter(|t| !t.is_empty())
}
