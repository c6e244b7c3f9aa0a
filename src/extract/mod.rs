//! Owns how bytes become pages of text: the real format by content, the readers, and why a file
//! gives none. It refuses to know what a text means, where a file lies and who asks.

mod doc;
mod docx;
mod flow;
mod hidden;
mod html;
mod kind;
mod markdown;
mod odt;
mod office;
mod package;
mod pdf;
mod picture;
mod plain;
mod rtf;
mod trust;

use std::panic::{AssertUnwindSafe, catch_unwind};

use crate::document::{Contents, Format, Reason, Scans};
use flow::Text;
use kind::Kind;

pub use picture::{Part, paint};

/// How much one file may cost. Sizes are bytes; the fields are those of `[limits]`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Pages read; the others count as unread.
    pub pages: usize,
    /// Text kept; what is beyond counts as unread.
    pub text: u64,
    /// Entries of a ZIP.
    pub zip_entries: usize,
    /// One unpacked ZIP entry.
    pub zip_part: u64,
    /// All unpacked ZIP entries together.
    pub zip_total: u64,
    /// Unpacked to packed bytes of one entry.
    pub zip_ratio: u64,
}

impl Default for Limits {
    /// The defaults of the configuration's `[limits]`.
    fn default() -> Self {
        Self {
            pages: 500,
            text: 5_000_000,
            zip_entries: 2000,
            zip_part: 20_000_000,
            zip_total: 100_000_000,
            zip_ratio: 200,
        }
    }
}

/// Reads a file: its real format by its content, then its text. The name decides only where the
/// content cannot (plain text, Markdown, HTML, a file without bytes) and whether it lies.
///
/// `pages[n]` is page n + 1; a page that could not be read stands as far as it was read, often
/// empty, and is counted in `unread_pages`. The bytes are hostile: a panic of a reader becomes
/// [`Reason::Damaged`]; against hangs, stack overflow and lack of memory call it in a sandbox.
#[must_use]
pub fn read(bytes: &[u8], name: &str, limits: &Limits) -> Contents {
    let outcome = catch_unwind(AssertUnwindSafe(|| read_kind(bytes, name, limits)));
    let mut contents = outcome.unwrap_or_else(|_| {
        let detail = "the reader of this format failed on the file";
        Contents::nothing(format_by_name(name), Reason::Damaged, detail)
    });
    trust::settle(&mut contents);
    let trusted = matches!(
        contents.finding,
        Some(Reason::Empty | Reason::Encrypted | Reason::Macro | Reason::Bomb | Reason::WrongType)
    );
    if !trusted && kind::lies(name, contents.format) {
        contents.finding = Some(Reason::WrongType);
        contents.detail = Some(format!(
            "the name says something else, the content is {}",
            contents.format
        ));
    }
    contents
}

/// The format that a name promises, for files whose content never came to be read.
#[must_use]
pub fn format_by_name(name: &str) -> Format {
    kind::by_name(name).unwrap_or(Format::Unknown)
}

fn read_kind(bytes: &[u8], name: &str, limits: &Limits) -> Contents {
    match Kind::of(bytes) {
        Kind::Empty => {
            Contents::nothing(format_by_name(name), Reason::Empty, "the file has no bytes")
        }
        Kind::Program => Contents::nothing(
            Format::Exe,
            Reason::WrongType,
            "the file is a program, not a document",
        ),
        Kind::Pdf => pdf::read(bytes, limits),
        Kind::Zip => docx::read_package(bytes, limits),
        Kind::Compound(format) => compound(bytes, format, limits),
        Kind::Rtf => rtf::read(bytes, limits),
        Kind::Other(format @ (Format::Jpeg | Format::Png | Format::Tiff)) => {
            picture::read(bytes, format)
        }
        Kind::Other(format) => unsupported(format),
        Kind::Text => read_text(bytes, name, limits),
        Kind::Binary => unsupported(Format::Unknown),
    }
}

fn compound(bytes: &[u8], format: Format, limits: &Limits) -> Contents {
    match format {
        Format::Docx => {
            let detail = "the file opens only with a password";
            Contents::nothing(format, Reason::Encrypted, detail)
        }
        Format::Doc => doc::read(bytes, limits),
        other => no_document(other),
    }
}

/// Spreadsheets, slides and whatever else comes in the packages of documents.
fn no_document(format: Format) -> Contents {
    let detail = "the file is a spreadsheet, slides or the like: only documents are read";
    Contents::nothing(format, Reason::Unsupported, detail)
}

fn unsupported(format: Format) -> Contents {
    let detail = format!("files of this kind ({format}) are not read");
    Contents::nothing(format, Reason::Unsupported, &detail)
}

fn read_text(bytes: &[u8], name: &str, limits: &Limits) -> Contents {
    let format = kind::of_text(bytes, name);
    if format == Format::Exe {
        let detail = "the file is a script, not a document";
        return Contents::nothing(format, Reason::WrongType, detail);
    }
    let read = |text: &str| match format {
        Format::Md => markdown::read(text, limits.text),
        Format::Html => html::read(text, limits.text),
        _ => plain::read(text, limits.text),
    };
    if format == Format::Odt {
        let detail = "the XML of the file is not UTF-8";
        return std::str::from_utf8(bytes).map_or_else(
            |_| Contents::nothing(format, Reason::Damaged, detail),
            |text| odt::read_flat(text, limits),
        );
    }
    if !matches!(format, Format::Md | Format::Html | Format::Txt) {
        return unsupported(format);
    }
    let declared = html::declared(bytes).filter(|_| format == Format::Html);
    let (text, sure) = plain::choose(bytes, declared, read);
    let mut contents = one_page(format, text);
    if !sure && contents.finding.is_none() {
        // The gate still looks for marks in what could be read.
        contents.unread_pages = 1;
        contents.finding = Some(Reason::Unsupported);
        let detail = "the encoding of the letters cannot be told: save the text as Unicode (UTF-8)";
        contents.detail = Some(detail.to_owned());
    }
    contents
}

/// Contents of a format without pages: what goes beyond the limit is one unread page.
fn one_page(format: Format, text: Text) -> Contents {
    let letters = letters(&text.text);
    let finding = (letters == 0).then_some(Reason::NoTextLayer);
    Contents {
        format,
        page_count: None,
        pages: vec![text.text],
        hidden: text.hidden,
        unread_pages: u32::from(!text.whole || letters == 0),
        head_picture: false,
        scans: Scans::default(),
        detail: finding.map(|_| "the file holds no letters".to_owned()),
        finding,
    }
}

/// How many letters stand in a text: what tells a page that was read from a picture of one.
fn letters(text: &str) -> usize {
    text.chars().filter(|c| c.is_alphabetic()).count()
}
