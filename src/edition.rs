//! Owns one occurrence of a schedule: the bundles it is made of and who is owed what. It refuses
//! to know SQL and HTML.

use crate::document::DocumentId;
use crate::organisation::{Language, RecipientKind};
use crate::spelling::words;

words! {
    /// How a document stands in a bundle.
    Note {
        /// The recipient never had it.
        New = "new",
        /// It replaces an earlier version that may have arrived.
        Correction = "correction",
        /// It was sent before (round-ups, resends).
        Again = "again",
        /// It is withdrawn, and the recipient may have it: a notice without attachment.
        Withdrawn = "withdrawn",
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
    /// In the order of the letter, never empty.
    pub entries: Vec<Entry>,
}
