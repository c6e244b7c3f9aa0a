//! Owns what a document is: its facts and where each came from, marks, audience, disposition and
//! the chain of its versions. It refuses to know where a document came from and who reads it.

mod confidence;
mod contents;
mod identity;
mod judgement;
mod kind;
mod link;
mod relation;
mod symbol;

pub use confidence::Confidence;
pub use contents::{Contents, Scans};
pub use identity::{Identity, Part, issuer_of};
pub use judgement::{Policy, judge};
pub use kind::{KINDS, kind_named};
pub use link::{Link, Signer};
pub use relation::{Relation, Version, fingerprint, is_original, relate};
pub use symbol::Symbol;

use std::fmt;

use chrono::NaiveDate;
use serde::{Deserialize, Serialize};

use crate::spelling::words;

/// The name of a document version in the ledger and on the command line: `d-` and a number.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct DocumentId(pub i64);

impl fmt::Display for DocumentId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "d-{}", self.0)
    }
}

impl std::str::FromStr for DocumentId {
    type Err = ();
    fn from_str(text: &str) -> Result<Self, ()> {
        text.strip_prefix("d-")
            .and_then(|n| n.parse().ok())
            .map(Self)
            .ok_or(())
    }
}

/// SHA-256 of a file's bytes.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Sha256(pub [u8; 32]);

impl Sha256 {
    /// The digest of `bytes`.
    #[must_use]
    pub fn of(bytes: &[u8]) -> Self {
        use sha2::Digest;
        Self(sha2::Sha256::digest(bytes).into())
    }
}

impl fmt::Display for Sha256 {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&data_encoding::HEXLOWER.encode(&self.0))
    }
}

impl fmt::Debug for Sha256 {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{self}")
    }
}

words! {
    /// What a file really is, whatever its name says.
    Format {
        /// PDF with a text layer.
        PdfText = "pdf-text",
        /// PDF without one.
        PdfScan = "pdf-scan",
        /// PDF that could not be opened.
        Pdf = "pdf",
        /// Office Open XML text.
        Docx = "docx",
        /// The same with macros.
        Docm = "docm",
        /// Word 97-2003.
        Doc = "doc",
        /// OpenDocument text.
        Odt = "odt",
        /// Rich Text Format.
        Rtf = "rtf",
        /// Plain text.
        Txt = "txt",
        /// Markdown.
        Md = "md",
        /// HTML.
        Html = "html",
        /// A JPEG picture.
        Jpeg = "jpeg",
        /// A PNG picture.
        Png = "png",
        /// A TIFF picture.
        Tiff = "tiff",
        /// A program of any system.
        Exe = "exe",
        /// A ZIP that is no document.
        Zip = "zip",
        /// Nothing that phobien knows.
        Unknown = "unknown",
    }
}

words! {
    /// How fast a document must go out, rising (decree 30/2020/NĐ-CP). No mark is no value.
    Urgency {
        /// Urgent.
        Khan = "Khẩn",
        /// Very urgent.
        ThuongKhan = "Thượng khẩn",
        /// Most urgent.
        HoaToc = "Hỏa tốc",
    }
}

words! {
    /// A secrecy mark (law 117/2025/QH15, article 3), rising. A marked document is never sent.
    Secrecy {
        /// Secret.
        Mat = "Mật",
        /// Top secret.
        ToiMat = "Tối mật",
        /// Most secret.
        TuyetMat = "Tuyệt mật",
    }
}

words! {
    /// What is done with a file.
    Disposition {
        /// Goes out.
        Accept = "accept",
        /// Kept aside until a person approved it.
        Review = "review",
        /// Never sent.
        Quarantine = "quarantine",
        /// Known already.
        Duplicate = "duplicate",
    }
}

words! {
    /// Why a file was not simply accepted.
    Reason {
        /// Bears a secrecy mark.
        Secret = "secret",
        /// Opens only with a password.
        Encrypted = "encrypted",
        /// Cannot be read as what it claims to be.
        Damaged = "damaged",
        /// Has no bytes.
        Empty = "empty",
        /// Unpacks beyond the limits.
        Bomb = "bomb",
        /// Carries macros.
        Macro = "macro",
        /// Carries scripts, launch actions or embedded files.
        ActiveContent = "active_content",
        /// Its content is not what its name says, or no document at all.
        WrongType = "wrong_type",
        /// A link, pipe, device or a file of a stranger.
        UnsafeFile = "unsafe_file",
        /// Over `[limits] file`.
        TooLarge = "too_large",
        /// A kind of file phobien does not read.
        Unsupported = "unsupported",
        /// Pages without text.
        NoTextLayer = "no_text_layer",
        /// Facts read by OCR or from the file name only.
        Unverified = "unverified",
        /// No number and symbol found.
        NoSymbol = "no_symbol",
        /// No date of issue found.
        NoDate = "no_date",
        /// A letter beside the symbol may stand for a level of secrecy.
        SecrecyLetter = "secrecy_letter",
        /// Bears a mark that limits circulation (DỰ THẢO, LƯU HÀNH NỘI BỘ, …).
        Circulation = "circulation",
        /// Lies in a folder that is no branch's.
        UnknownAudience = "unknown_audience",
        /// Waits for approval by name.
        AwaitingApproval = "awaiting_approval",
        /// Same identity, other text, and nothing says which is newer.
        VersionUnclear = "version_unclear",
        /// The same bytes are known.
        SameBytes = "same_bytes",
        /// The same document in another rendition is known.
        SameText = "same_text",
    }
}

words! {
    /// What became of a version after the gate.
    Standing {
        /// It goes out.
        Accepted = "accepted",
        /// It waits for a person (review, or put on hold).
        Waiting = "waiting",
        /// It was there before phobien came: owed to nobody.
        Known = "known",
        /// A newer version took its place.
        Superseded = "superseded",
        /// The office withdrew it.
        Withdrawn = "withdrawn",
        /// A copy or rendition of another.
        Duplicate = "duplicate",
        /// Never sent.
        Refused = "refused",
    }
}

impl Standing {
    /// True for a version that is in use, or may come to be: a person can still complete it.
    #[must_use]
    pub fn is_open(self) -> bool {
        matches!(self, Self::Accepted | Self::Waiting | Self::Known)
    }
}

words! {
    /// What the facts of a document were read from.
    TextSource {
        /// The text of the file.
        Text = "text",
        /// Recognised from pictures of pages.
        Ocr = "ocr",
        /// Only the file's name.
        Name = "name",
        /// Nothing.
        None = "none",
    }
}

words! {
    /// Where one fact came from.
    Origin {
        /// The heading of page 1.
        Heading = "heading",
        /// Elsewhere in the text.
        Body = "body",
        /// OCR of a picture.
        Ocr = "ocr",
        /// The file's name.
        Name = "name",
        /// The table of informal references.
        Table = "table",
        /// A sidecar file.
        Sidecar = "sidecar",
        /// A person's word.
        Person = "person",
    }
}

/// A value and where it was read.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Fact<T> {
    /// What was read, in its normal form.
    pub value: T,
    /// Where.
    pub origin: Origin,
    /// The words it was read from, one line, at most 120 characters; empty if a person said so.
    pub evidence: String,
    /// The words were misspelt and mended to give the value.
    #[serde(default)]
    pub mended: bool,
}

/// What is known of a document. All text is NFC and one line.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub struct Facts {
    /// Number and symbol, `23-CT/TW`.
    pub symbol: Option<Fact<Symbol>>,
    /// The type's word, `Chỉ thị`.
    pub kind: Option<Fact<String>>,
    /// The deciding body, `Ban Bí thư`.
    pub issuer: Option<Fact<String>>,
    /// Date of issue.
    pub issued_on: Option<Fact<NaiveDate>>,
    /// Trích yếu, without "V/v".
    pub title: Option<Fact<String>>,
    /// Urgency mark.
    pub urgency: Option<Fact<Urgency>>,
    /// Secrecy mark. A document with one is never stored; the fact lives only as long as the gate.
    pub secrecy: Option<Fact<Secrecy>>,
    /// A letter beside the symbol that may stand for a level of secrecy, as written with it:
    /// `15-TB/ĐU(M)`. Only the office that wrote it knows.
    #[serde(default)]
    pub letter: Option<Fact<String>>,
    /// Marks that limit circulation, as written.
    pub circulation: Option<Fact<String>>,
    /// The number of the annex and what it belongs to, where the text says so.
    pub annex_of: Option<Fact<Symbol>>,
    /// Main document or which annex, as the heading or the file's name says.
    #[serde(default)]
    pub part: Part,
    /// The list "Nơi nhận", each without its dash and its last stop.
    #[serde(default)]
    pub recipients: Option<Fact<Vec<String>>>,
    /// Who signed.
    #[serde(default)]
    pub signer: Option<Fact<Signer>>,
    /// Documents that the text says it replaces or repeals. They supersede nothing by themselves.
    #[serde(default)]
    pub replaces: Vec<Fact<Link>>,
    /// Documents that the text says it amends.
    #[serde(default)]
    pub amends: Vec<Fact<Link>>,
    /// What a customary name may mean where it means several documents: a person must say which.
    #[serde(default)]
    pub candidates: Vec<Link>,
    /// True where the text or the name says that this replaces or corrects an earlier issue.
    pub says_newer: bool,
    /// First operative sentence, for the gist in letters.
    pub gist: Option<String>,
}
