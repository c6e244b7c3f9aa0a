//! Owns what a PDF keeps and its pages do not show: the words of annotations and fields, what it
//! calls itself, whether layers are switched off. It refuses to read what those layers hold.

use encoding_rs::{UTF_16BE, WINDOWS_1252};
use hayro_syntax::Pdf;
use hayro_syntax::object::{Array, Dict, Name, String as Words};
use hayro_syntax::page::Page;

/// How many annotations of a page, and bookmarks of a file, are looked at.
const NOTES_MAX: usize = 10_000;

/// Stamps that a viewer draws by their name alone (ISO 32000-1, table 181) and that limit who may
/// read: nothing else of the file tells what they say.
const STAMPS: [&[u8]; 4] = [
    b"TopSecret",
    b"Confidential",
    b"NotForPublicRelease",
    b"Departmental",
];

/// The words of a page's annotations (ISO 32000-1, 12.5.2), each a paragraph, at most `limit`
/// bytes; false beside them where that was too little, or a viewer draws a mark by its name.
pub(super) fn notes(page: &Page<'_>, limit: usize) -> (String, bool) {
    let mut text = String::new();
    let Some(notes) = page.raw().get::<Array<'_>>(&b"Annots"[..]) else {
        return (text, true);
    };
    let mut whole = true;
    for (n, note) in notes.iter::<Dict<'_>>().enumerate() {
        let name = note.get::<Name<'_>>(&b"Name"[..]);
        whole &= !name.is_some_and(|name| STAMPS.contains(&name.as_ref()));
        // What is said, plain and rich; what was filled in; what covers what was struck out.
        for key in [&b"Contents"[..], b"RC", b"V", b"OverlayText"] {
            let Some(words) = note.get::<Words<'_>>(key) else {
                continue;
            };
            let words = untagged(&decode(words.as_bytes()));
            if n >= NOTES_MAX || text.len() + words.len() > limit {
                return (text, false);
            }
            text.push_str(words.trim());
            text.push_str("\n\n");
        }
    }
    (text, whole)
}

/// The titles of a file's bookmarks (ISO 32000-1, 12.3.3), each a paragraph; false beside them
/// where they are too many or run in a ring.
pub(super) fn bookmarks(pdf: &Pdf) -> (String, bool) {
    let xref = pdf.xref();
    let mut text = String::new();
    let catalog = xref.get::<Dict<'_>>(xref.root_id());
    let outlines = catalog.and_then(|c| c.get::<Dict<'_>>(&b"Outlines"[..]));
    let mut open: Vec<Dict<'_>> = outlines.into_iter().collect();
    let mut left = NOTES_MAX;
    while let Some(item) = open.pop() {
        if left == 0 {
            return (text, false);
        }
        left -= 1;
        if let Some(title) = item.get::<Words<'_>>(&b"Title"[..]) {
            text.push_str(decode(title.as_bytes()).trim());
            text.push_str("\n\n");
        }
        let further = [&b"Next"[..], b"First"].map(|key| item.get::<Dict<'_>>(key));
        open.extend(further.into_iter().flatten());
    }
    (text, true)
}

/// What the file calls itself (ISO 32000-1, 14.3.3), each a paragraph.
pub(super) fn properties(pdf: &Pdf) -> String {
    let info = pdf.metadata();
    let said = [&info.title, &info.subject, &info.keywords];
    let said = said.into_iter().flatten();
    said.map(|words| decode(words) + "\n\n").collect()
}

/// The text between the tags of rich text.
fn untagged(text: &str) -> String {
    if !text.trim_start().starts_with('<') {
        return text.to_owned();
    }
    let parts = text.split('<').filter_map(|part| part.split_once('>'));
    parts.map(|(_, words)| words).collect()
}

/// A text string (ISO 32000-1, 7.9.2.2; UTF-8 since ISO 32000-2). PDFDocEncoding differs from
/// windows-1252 in signs only.
pub(super) fn decode(bytes: &[u8]) -> String {
    let text = match bytes {
        [0xfe, 0xff, units @ ..] => UTF_16BE.decode_without_bom_handling(units).0,
        [0xef, 0xbb, 0xbf, text @ ..] => String::from_utf8_lossy(text),
        _ => WINDOWS_1252.decode_without_bom_handling(bytes).0,
    };
    text.replace('\r', "\n")
}

/// True where the file has layers (ISO 32000-1, 8.11.4) that are not shown: their text is on no
/// page as a reader sees it, and one click away.
pub(super) fn has_layers_off(pdf: &Pdf) -> bool {
    let xref = pdf.xref();
    let layers = || {
        let catalog = xref.get::<Dict<'_>>(xref.root_id())?;
        let layers = catalog.get::<Dict<'_>>(&b"OCProperties"[..])?;
        let shown = layers.get::<Dict<'_>>(&b"D"[..])?;
        let base = shown.get::<Name<'_>>(&b"BaseState"[..]);
        let off = shown.get::<Array<'_>>(&b"OFF"[..]);
        let some = off.is_some_and(|layers| layers.raw_iter().next().is_some());
        Some(some || base.is_some_and(|base| base.as_ref() == b"OFF"))
    };
    layers().unwrap_or(false)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_strings_have_three_encodings() {
        for bytes in [&b"\xfe\xff\0M\x1e\xac\0T"[..], "\u{feff}MẬT".as_bytes()] {
            assert_eq!(decode(bytes), "MẬT");
        }
        assert_eq!(decode(b"M\xcbT\rx"), "MËT\nx");
        assert_eq!(untagged("<body><p>M<b>Ậ</b>T</p></body>"), "MẬT");
        assert_eq!(untagged("a < b"), "a < b");
    }
}
