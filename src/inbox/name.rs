//! Owns file names: what of them people see, and which are never documents. It refuses to trust a
//! single byte of them.

use std::fmt::Write;

use unicode_normalization::UnicodeNormalization;

use crate::spelling;

/// How names of documents end, in the formats that are read.
const DOCUMENT_ENDS: [&str; 12] = [
    "pdf", "docx", "doc", "odt", "rtf", "txt", "md", "html", "htm", "jpg", "png", "tif",
];

/// A name for people: NFC; invisible characters as `\u{202e}`, bytes that are no UTF-8 as `\xff`.
/// So no name can end a line, turn the reading direction or look like another one.
#[must_use]
pub fn shown(name: &[u8]) -> String {
    let mut out = String::with_capacity(name.len());
    for chunk in name.utf8_chunks() {
        for c in chunk.valid().nfc() {
            if spelling::is_invisible(c) {
                let _ = write!(out, "\\u{{{:x}}}", u32::from(c));
            } else {
                out.push(c);
            }
        }
        for byte in chunk.invalid() {
            let _ = write!(out, "\\x{byte:02x}");
        }
    }
    out
}

/// True for what office programs, browsers and file managers leave beside documents.
pub(super) fn is_ignored(name: &[u8]) -> bool {
    let lower = name.to_ascii_lowercase();
    let ends = |end: &str| lower.ends_with(end.as_bytes());
    name.starts_with(b".")
        || name.starts_with(b"~$")
        || [".tmp", ".part", ".crdownload"].into_iter().any(ends)
        || lower == b"thumbs.db"
        || lower == b"desktop.ini"
}

/// True for a sidecar, whether or not its document is there (yet).
pub(super) fn is_sidecar(name: &[u8]) -> bool {
    name.to_ascii_lowercase().ends_with(b".toml")
}

/// True for a folder's name that only a file should have: a document's, or a sidecar's.
pub(super) fn is_file_like(name: &[u8]) -> bool {
    let lower = name.to_ascii_lowercase();
    let document = |end: &&str| {
        let stem = lower.strip_suffix(end.as_bytes());
        stem.is_some_and(|stem| stem.len() > 1 && stem.ends_with(b"."))
    };
    is_sidecar(name) || DOCUMENT_ENDS.iter().any(document)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_name_deceives() {
        for (name, people) in [
            ("Nghị quyết.pdf".as_bytes(), "Nghị quyết.pdf"),
            (
                "Nghi\u{323} quye\u{302}\u{301}t.pdf".as_bytes(),
                "Nghị quyết.pdf",
            ),
            (b"a\r\nBcc: x@y.pdf", "a\\u{d}\\u{a}Bcc: x@y.pdf"),
            ("a\u{202e}fdp.exe".as_bytes(), "a\\u{202e}fdp.exe"),
            (b"a\xff\xe1.pdf", "a\\xff\\xe1.pdf"),
            (b"\x1b[31m.pdf", "\\u{1b}[31m.pdf"),
        ] {
            assert_eq!(shown(name), people);
        }
    }

    #[test]
    fn leftovers_are_no_documents() {
        for name in [
            "~$23-CT.docx",
            ".~lock.a.odt#",
            ".DS_Store",
            "a.TMP",
            "a.pdf.part",
            "a.crdownload",
            "Thumbs.db",
        ] {
            assert!(is_ignored(name.as_bytes()), "{name}");
        }
        for name in ["a.pdf", "part", "~a.pdf", "tmp.docx"] {
            assert!(!is_ignored(name.as_bytes()), "{name}");
        }
        assert!(is_sidecar(b"a.pdf.toml") && !is_sidecar(b"toml"));
        for (name, like) in [
            ("a.PDF", true),
            ("a.pdf.toml", true),
            ("pdf", false),
            (".md", false),
        ] {
            assert_eq!(is_file_like(name.as_bytes()), like, "{name}");
        }
    }
}
