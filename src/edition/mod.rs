//! Owns one occurrence of a schedule: the bundles it is made of and who is owed what (design §4).
//! It refuses to know SQL and HTML.

mod reminder;

pub use reminder::{Asked, Means, reminded};

use std::fmt;

use chrono::{DateTime, TimeDelta, Utc};

use crate::delivery::State;
use crate::document::{DocumentId, Standing};
use crate::organisation::{Audience, BranchCode, Language, Officer, RecipientKind, addresses};
use crate::schedule::Content;
use crate::spelling::words;

/// The name of an edition: `e-` and a number.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct EditionId(pub i64);

impl fmt::Display for EditionId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "e-{}", self.0)
    }
}

impl std::str::FromStr for EditionId {
    type Err = ();
    fn from_str(text: &str) -> Result<Self, ()> {
        text.strip_prefix("e-")
            .and_then(|n| n.parse().ok())
            .map(Self)
            .ok_or(())
    }
}

words! {
    /// Where an edition stands.
    EditionState {
        /// Its deliveries go out.
        Open = "open",
        /// Stopped until a person resumes it.
        Paused = "paused",
        /// Everything arrived at the server.
        Sent = "sent",
        /// It ended with some failed, held or cancelled.
        Partly = "partly",
        /// Nothing was owed.
        Empty = "empty",
        /// Its slot was not run; the reason is on record.
        Skipped = "skipped",
        /// A person cancelled it; its documents stay owed.
        Cancelled = "cancelled",
    }
}

words! {
    /// What an edition is for. Only documents are ever owed.
    Purpose {
        /// Documents to members and branches.
        Documents = "documents",
        /// Reminders to members who have not confirmed; they cover nothing.
        Reminder = "reminder",
        /// What happened, to the office. No summary tells of another.
        Summary = "summary",
    }
}

words! {
    /// How a document stands in a bundle.
    Note {
        /// The recipient never had it.
        New = "new",
        /// It replaces an earlier version that may have arrived.
        Correction = "correction",
        /// It was sent before, and is named again in a round-up; covers nothing.
        Again = "again",
        /// It is named in a round-up without having been sent; covers nothing.
        Listed = "listed",
        /// It is withdrawn, and the recipient may have it: a notice without attachment.
        Withdrawn = "withdrawn",
        /// It travels with its document, which is in the same bundle.
        Annex = "annex",
        /// It was sent, and its confirmation is asked for once more; covers nothing.
        Reminder = "reminder",
    }
}

/// One document of a bundle.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Entry {
    /// The version.
    pub document: DocumentId,
    /// How it stands here.
    pub note: Note,
}

/// What a letter carries: the ordered documents, for one kind of recipient in one language. All
/// recipients who are owed the same share one bundle and so one sheet.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Bundle {
    /// Members and branches get different letters.
    pub kind: RecipientKind,
    /// The letter's language.
    pub language: Language,
    /// In the order of the letter; empty only where it goes to the office.
    pub entries: Vec<Entry>,
}

/// A version that might be owed. Candidates are given in the order of the letter.
#[derive(Clone, Debug)]
pub struct Candidate {
    /// The version.
    pub document: DocumentId,
    /// The first version of its chain; all versions of one document share it.
    pub chain: DocumentId,
    /// What became of it.
    pub standing: Standing,
    /// To whom it is addressed, as of now.
    pub audience: Audience,
    /// When it was accepted.
    pub accepted_at: DateTime<Utc>,
    /// The chain of the document that it is an annex of.
    pub annex_of: Option<DocumentId>,
}

/// One recipient, as of now.
#[derive(Clone, Debug)]
pub struct Recipient {
    /// Member or branch.
    pub kind: RecipientKind,
    /// The branch it is, or belongs to.
    pub branch: BranchCode,
    /// The member's post, where it makes an officer.
    pub officer: Option<Officer>,
    /// When the recipient first stood in the roster.
    pub first_seen: DateTime<Utc>,
}

/// One document of one delivery that the recipient ever had, whatever its address.
#[derive(Clone, Copy, Debug)]
pub struct Told {
    /// The version it carried.
    pub document: DocumentId,
    /// The chain of that version.
    pub chain: DocumentId,
    /// How it stood in that bundle.
    pub note: Note,
    /// Where that delivery stands.
    pub state: State,
    /// It was ever in doubt.
    pub maybe_arrived: bool,
    /// The row only records that nobody could be reached: no attempt was ever made.
    pub unreached: bool,
}

impl Told {
    /// True where the delivery carried the document itself, not merely its name.
    fn carried(&self) -> bool {
        matches!(self.note, Note::New | Note::Correction | Note::Annex)
    }

    /// True where the recipient may hold the document because of this delivery.
    fn arrived(&self) -> bool {
        self.carried() && self.state.may_have_arrived(self.maybe_arrived)
    }
}

/// What an edition asks for.
#[derive(Clone, Copy, Debug)]
pub struct Question {
    /// What is owed, or a round-up.
    pub content: Content,
    /// For a round-up: from the schedule's previous slot on.
    pub since: Option<DateTime<Utc>>,
    /// How far back a new recipient is owed documents.
    pub new_member_days: u32,
}

/// Who still has to be told what: the entries one recipient's letter must carry, in the order of
/// the candidates. Empty means that nothing is owed.
#[must_use]
pub fn owed(
    candidates: &[Candidate],
    recipient: &Recipient,
    told: &[Told],
    question: &Question,
) -> Vec<Entry> {
    // In order: who was told thousands of documents is asked about each of them.
    let mut told = told.to_vec();
    told.sort_by_key(|t| t.document);
    let told = told.as_slice();
    let note = |candidate| match question.content {
        Content::Owed => owed_as(candidate, recipient, told, question),
        Content::Period => listed_as(candidate, recipient, told, question),
    };
    let notes: Vec<Option<Note>> = candidates.iter().map(note).collect();
    let entry = |(at, candidate): (usize, &Candidate)| {
        let main = candidate.annex_of;
        let note = main.map_or(notes[at], |main| {
            let is_main = |c: &Candidate| c.annex_of.is_none() && c.chain == main;
            let mains = candidates.iter().zip(&notes).filter(|(c, _)| is_main(c));
            annexed(notes[at]?, main, mains, told)
        })?;
        Some(Entry {
            document: candidate.document,
            note,
        })
    };
    candidates.iter().enumerate().filter_map(entry).collect()
}

/// An annex travels in the letter of its document `main`. By itself it is owed only to who was told
/// that document, or knew it before phobien came: without it an annex says nothing.
fn annexed<'a>(
    note: Note,
    main: DocumentId,
    mut mains: impl Iterator<Item = (&'a Candidate, &'a Option<Note>)> + Clone,
    told: &[Told],
) -> Option<Note> {
    let told_main = |t: &Told| t.chain == main && t.carried() && t.state.covers();
    match note {
        Note::New | Note::Correction => {
            let travels = |n: &Option<Note>| matches!(n, Some(Note::New | Note::Correction));
            if mains.clone().any(|(_, n)| travels(n)) {
                return Some(Note::Annex);
            }
            let known = mains.any(|(c, _)| c.standing == Standing::Known);
            (known || told.iter().any(told_main)).then_some(note)
        }
        Note::Withdrawn => Some(note),
        // A round-up names documents, not their annexes.
        Note::Again | Note::Listed | Note::Annex | Note::Reminder => None,
    }
}

/// Of what is owed to a recipient who cannot be reached, the entries for which no row records that
/// yet: one such row per recipient and version.
#[must_use]
pub fn unrecorded(mut owed: Vec<Entry>, told: &[Told]) -> Vec<Entry> {
    let recorded = |e: &Entry| told.iter().any(|t| t.unreached && t.document == e.document);
    owed.retain(|e| !recorded(e));
    // An annex stands in no row without its document.
    if owed.iter().all(|e| e.note == Note::Annex) {
        owed.clear();
    }
    owed
}

/// What concerns one version, out of what is in the order of versions.
fn of_document(told: &[Told], document: DocumentId) -> &[Told] {
    let from = told.partition_point(|t| t.document < document);
    let to = told.partition_point(|t| t.document <= document);
    &told[from..to]
}

fn owed_as(
    candidate: &Candidate,
    recipient: &Recipient,
    told: &[Told],
    question: &Question,
) -> Option<Note> {
    let of_this = || of_document(told, candidate.document).iter();
    match candidate.standing {
        Standing::Accepted => {
            let days = TimeDelta::days(i64::from(question.new_member_days));
            let recent = candidate.accepted_at > recipient.first_seen - days;
            let covered = of_this().any(|t| t.carried() && t.state.covers());
            if !addressed(candidate, recipient) || !recent || covered {
                return None;
            }
            let earlier = told.iter().any(|t| {
                t.chain == candidate.chain && t.document != candidate.document && t.arrived()
            });
            Some(if earlier { Note::Correction } else { Note::New })
        }
        // A notice is owed to whoever may hold the withdrawn version, whatever the audience is now.
        Standing::Withdrawn => {
            let noticed = of_this().any(|t| t.note == Note::Withdrawn && t.state.covers());
            (of_this().any(Told::arrived) && !noticed).then_some(Note::Withdrawn)
        }
        Standing::Waiting
        | Standing::Known
        | Standing::Superseded
        | Standing::Duplicate
        | Standing::Refused => None,
    }
}

/// A round-up lists what was accepted in the period, whether it was sent or not; it covers nothing.
fn listed_as(
    candidate: &Candidate,
    recipient: &Recipient,
    told: &[Told],
    question: &Question,
) -> Option<Note> {
    let in_period = question
        .since
        .is_none_or(|since| candidate.accepted_at > since);
    if candidate.standing != Standing::Accepted || !in_period || !addressed(candidate, recipient) {
        return None;
    }
    let had = of_document(told, candidate.document)
        .iter()
        .any(Told::arrived);
    Some(if had { Note::Again } else { Note::Listed })
}

fn addressed(candidate: &Candidate, recipient: &Recipient) -> bool {
    addresses(
        &candidate.audience,
        recipient.kind,
        &recipient.branch,
        recipient.officer,
    )
}

#[cfg(test)]
mod tests;
