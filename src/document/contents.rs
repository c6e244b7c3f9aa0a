//! Owns what extraction may say of a file: its real format and its pages of text, or why it cannot
//! be read. It refuses to know how bytes become text and what the text means.

use serde::{Deserialize, Serialize};

use super::{Format, Reason};

/// What stands in a file. It crosses from the extraction child to its parent as JSON.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Contents {
    /// What the file really is.
    pub format: Format,
    /// How many pages it has, where the format has pages.
    pub page_count: Option<u32>,
    /// The text of each page, page 1 first, as far as the limits go; a page that could not be read
    /// keeps its place, often empty. Formats without pages give one. Raw Unicode as the file has
    /// it (not yet NFC). Lines end in `\n`; cells of one table row and columns of one line are
    /// kept apart by `\t`; text boxes, headers and footers stand as lines of their own after a
    /// blank line.
    pub pages: Vec<String>,
    /// What the file keeps and no page shows: deleted or hidden text, comments, what pictures are
    /// called, field codes, properties; each stretch a line of its own between what is shown around
    /// it. The file itself is mailed, so the gate looks here too; nothing else does.
    #[serde(default)]
    pub hidden: String,
    /// Pages that could not be read: without text, or beyond the limit. The secrecy gate fails
    /// closed on them.
    pub unread_pages: u32,
    /// A raster image stands where a stamp may stand (the upper third of page 1, a page header) and
    /// nobody read it: it could be a secrecy mark.
    #[serde(default)]
    pub head_picture: bool,
    /// What of it is picture, and how much of that was recognised.
    #[serde(default)]
    pub scans: Scans,
    /// Why the file must not go out, or cannot be read at all: empty, encrypted, damaged, bomb,
    /// macro, active_content, wrong_type, unsupported, no_text_layer.
    pub finding: Option<Reason>,
    /// One English sentence about the finding, for the log and the office; no text of the document.
    pub detail: Option<String>,
}

/// The pictures in a file that hold text, or may.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Scans {
    /// Pages, from 1, that are pictures, can be painted, and are not read.
    pub pages: Vec<u32>,
    /// How many pages were read by OCR.
    pub read: u32,
    /// How many pictures stand at the head of page 1 and can be painted alone.
    pub head: u32,
}

impl Scans {
    /// Pages that nobody read yet.
    #[must_use]
    pub fn of(pages: Vec<u32>) -> Self {
        Self {
            pages,
            ..Self::default()
        }
    }
}

impl Contents {
    /// Contents of a file that gave no text, and why.
    #[must_use]
    pub fn nothing(format: Format, finding: Reason, detail: &str) -> Self {
        Self {
            format,
            page_count: None,
            pages: Vec::new(),
            hidden: String::new(),
            unread_pages: 0,
            head_picture: false,
            scans: Scans::default(),
            finding: Some(finding),
            detail: Some(detail.to_owned()),
        }
    }
}
