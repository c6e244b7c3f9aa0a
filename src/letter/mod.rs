//! Owns how an edition looks as mail: words, pages, MIME. An edition's bundle becomes a [`Sheet`],
//! the finished message with named holes; a delivery fills the holes from what its row froze. It
//! refuses to know SMTP, SQL, the configuration file and the clock.
//!
//! [`compose`] is called once for a bundle, [`encode_attachment`] once for a file of an edition,
//! [`Sheet::fill`] once for a delivery and attempt: the same row gives the same bytes, always.

mod accent;
mod attachment;
mod because;
mod branch;
mod compose;
mod confirm;
mod dkim;
mod entry;
mod file_name;
mod glance;
mod mime;
pub mod office;
mod order;
mod page;
mod parameter;
mod personal;
mod picture;
mod quoted;
mod serial;
mod sheet;
mod subject;
mod text;
mod wording;

pub use attachment::{encode_attachment, encoded_len};
pub use because::Because;
pub use branch::{BranchRow, BranchTable, MemberTold, Reach, Told, branch_table};
pub use compose::compose;
pub use dkim::{KeyFault, Signer, sign};
pub use order::order;
pub use personal::{Personal, message_id};
pub use serial::NoSheet;
pub use sheet::{Letter, Piece, Sheet};

use chrono::{DateTime, FixedOffset, NaiveDate};

use crate::document::{Facts, Format, Sha256};
use crate::edition::Note;
use crate::organisation::{Address, Language, RecipientKind};

/// Bytes of a logo that is still sent; a larger one is left out.
pub const LOGO_MAX: usize = 64 * 1024;

/// Characters of a name in greetings, tables and To.
pub const NAME_MAX: usize = 120;

/// Characters of a title in a letter; a longer one is cut at a word.
pub const TITLE_MAX: usize = 400;

/// Documents that are described in full; the rest of a very long letter is a list of one line
/// each, so that the HTML stays under the 102 KB beyond which Gmail cuts a message.
pub const FULL_ENTRIES: usize = 40;

/// Documents up to which each is given its first sentence.
pub const GISTS: usize = 12;

/// What makes an edition be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Occasion {
    /// A slot of a schedule: what is owed.
    Regular,
    /// Documents with an urgency mark, at once.
    Urgent,
    /// A round-up of a period, without attachments.
    RoundUp,
    /// Confirmations are asked for once more, without attachments.
    Reminder,
    /// A trial to one address; the letter says so.
    Test,
}

/// The office's words, in the letter's language. All are made one safe line here; none of them is
/// trusted.
#[derive(Clone, Debug, Default)]
pub struct Words {
    /// Full name of the organisation.
    pub organisation: String,
    /// Under whose name the letter goes out.
    pub signature: String,
    /// Whom to ask; none: the address for replies.
    pub contact: Option<String>,
    /// A member's greeting, with `{name}`; none: the template's own.
    pub greeting: Option<String>,
    /// None: the template's own.
    pub intro: Option<String>,
    /// A line above the legal footer.
    pub footer: Option<String>,
    /// `#rrggbb`; anything else is the default red.
    pub accent: String,
    /// A PNG or JPEG of at most [`LOGO_MAX`] bytes, sent inside the message.
    pub logo: Option<Vec<u8>>,
    /// Attachment names in plain ASCII.
    pub ascii_file_names: bool,
    /// Where to read what does not fit a letter.
    pub read_at: Option<String>,
}

/// Who the letter is from.
#[derive(Clone, Debug)]
pub struct Sender {
    /// Display name of From.
    pub from_name: Option<String>,
    /// Address of From.
    pub from: Address,
    /// Reply-To; none: replies go to From.
    pub reply_to: Option<Address>,
}

/// What all documents of a sheet stand in.
#[derive(Clone, Debug)]
pub struct Frame<'a> {
    /// Why the letter is written.
    pub occasion: Occasion,
    /// Member, branch, or the office with its summary.
    pub kind: RecipientKind,
    /// The letter's language.
    pub language: Language,
    /// The schedule as people call it; stands in the heading, may be empty.
    pub schedule: &'a str,
    /// The days that the edition covers, for subject and heading; none: only the day of `date`.
    pub span: Option<(NaiveDate, NaiveDate)>,
    /// The office's words.
    pub words: &'a Words,
    /// Who writes.
    pub sender: &'a Sender,
    /// The edition's due time in the organisation's zone: the Date header, frozen.
    pub date: DateTime<FixedOffset>,
    /// Before which day the reader is asked to confirm having studied the documents; none: the
    /// letter does not ask.
    pub confirm_by: Option<NaiveDate>,
    /// List-Id (RFC 2919), `hang-ngay.dangbo.example`.
    pub list_id: &'a str,
    /// What names the edition, for the boundaries: the same key and content, the same bytes.
    pub edition: &'a str,
    /// Bytes of the whole message as sent; what exceeds it is not attached.
    pub message_size_max: u64,
    /// Attachments of one letter at most.
    pub attachments_max: usize,
}

/// A file as it was accepted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct File {
    /// Its last path component.
    pub name: String,
    /// What it really is; the extension in the letter follows it.
    pub format: Format,
    /// How many pages it has.
    pub pages: Option<u32>,
    /// Bytes.
    pub size: u64,
    /// Names its bytes.
    pub sha256: Sha256,
}

/// One document of the letter.
#[derive(Clone, Debug)]
pub struct Item {
    /// What is known of it.
    pub facts: Facts,
    /// The file.
    pub file: File,
    /// How it stands in the bundle.
    pub note: Note,
    /// For corrections and withdrawals: when the earlier version was sent.
    pub replaces_sent_on: Option<NaiveDate>,
    /// For [`Note::Again`]: when it was sent.
    pub sent_on: Option<NaiveDate>,
    /// Until when it is to be dealt with.
    pub due: Option<NaiveDate>,
    /// Page 1 as a small PNG; not shown where there is none.
    pub cover: Option<Vec<u8>>,
    /// Its annexes, which travel with it.
    pub annexes: Vec<Annex>,
}

/// An annex of a document.
#[derive(Clone, Debug)]
pub struct Annex {
    /// Its number, where it bears one.
    pub number: Option<u16>,
    /// The file.
    pub file: File,
}

/// Why a letter could not be made.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Unfit {
    /// A bundle without documents.
    #[error("a letter has at least one document")]
    Empty,
    /// The address has non-ASCII characters before the @, which needs SMTPUTF8 (RFC 6531); phobien
    /// writes 7-bit messages only.
    #[error("the address needs SMTPUTF8, which is not supported")]
    Address,
    /// Not `token@domain`.
    #[error("not a Message-ID")]
    MessageId,
    /// A template or the MIME builder refused; a fault of the program.
    #[error("cannot be written: {0}")]
    Build(String),
}
