//! Owns what a file is by its first bytes, and what its name promises. It refuses to read further
//! than it must to tell.

use crate::document::Format;

/// What the content shows, before any reader looks at it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    /// No bytes.
    Empty,
    /// A program or script of any system.
    Program,
    /// A PDF.
    Pdf,
    /// A ZIP: an office document or just a ZIP.
    Zip,
    /// A compound file (MS-CFB): Word 97-2003, or an encrypted Office Open XML (then `Docx`).
    Compound(Format),
    /// Rich Text Format.
    Rtf,
    /// Recognised, without a reader.
    Other(Format),
    /// Text in some encoding.
    Text,
    /// None of these.
    Binary,
}

/// How far into a file a PDF header may stand (ISO 32000-1 annex H, note 13).
const PDF_HEADER_WITHIN: usize = 1024;
/// How much of a file is looked at to tell text from binary.
const SAMPLE: usize = 64 * 1024;

impl Kind {
    /// The kind of `bytes`. A program wins over everything a file claims to be besides.
    pub(super) fn of(bytes: &[u8]) -> Self {
        if bytes.is_empty() {
            return Self::Empty;
        }
        if is_program(bytes) {
            return Self::Program;
        }
        let starts = |magic: &[u8]| bytes.starts_with(magic);
        if starts(b"%PDF-") {
            Self::Pdf
        } else if starts(b"PK\x03\x04") || starts(b"PK\x05\x06") {
            Self::Zip
        } else if starts(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1") {
            Self::Compound(compound(bytes))
        } else if starts(b"{\\rtf") {
            Self::Rtf
        } else if starts(b"\xff\xd8\xff") {
            Self::Other(Format::Jpeg)
        } else if starts(b"\x89PNG\r\n\x1a\n") {
            Self::Other(Format::Png)
        } else if starts(b"II*\0") || starts(b"MM\0*") {
            Self::Other(Format::Tiff)
        } else if contains(head(bytes, PDF_HEADER_WITHIN), b"%PDF-") {
            Self::Pdf
        } else if is_text(bytes) {
            Self::Text
        } else {
            Self::Binary
        }
    }
}

fn head(bytes: &[u8], length: usize) -> &[u8] {
    &bytes[..bytes.len().min(length)]
}

fn contains(bytes: &[u8], word: &[u8]) -> bool {
    bytes.windows(word.len()).any(|w| w == word)
}

/// ELF, DOS and Windows, Mach-O (and Java classes), Windows shortcuts, scripts with an
/// interpreter line.
fn is_program(bytes: &[u8]) -> bool {
    const MAGIC: [&[u8]; 8] = [
        b"\x7fELF",
        b"\xfe\xed\xfa\xce",
        b"\xfe\xed\xfa\xcf",
        b"\xce\xfa\xed\xfe",
        b"\xcf\xfa\xed\xfe",
        b"\xca\xfe\xba\xbe",
        b"\x4c\0\0\0\x01\x14\x02\0",
        b"#!",
    ];
    // "MZ" alone could begin a text; a DOS header always holds zero bytes.
    let dos = bytes.starts_with(b"MZ") && head(bytes, 64).contains(&0);
    dos || MAGIC.iter().any(|magic| bytes.starts_with(magic))
}

/// Which document a compound file holds, by the UTF-16 names in its directory.
fn compound(bytes: &[u8]) -> Format {
    let utf16 =
        |word: &str| -> Vec<u8> { word.encode_utf16().flat_map(u16::to_le_bytes).collect() };
    if contains(bytes, &utf16("EncryptedPackage")) {
        Format::Docx
    } else if contains(bytes, &utf16("WordDocument")) {
        Format::Doc
    } else {
        Format::Unknown
    }
}

/// True for text in any encoding: a Unicode mark, Latin script in UTF-16, or hardly any control
/// characters.
fn is_text(bytes: &[u8]) -> bool {
    if bytes.starts_with(b"\xff\xfe") || bytes.starts_with(b"\xfe\xff") {
        return bytes.len().is_multiple_of(2);
    }
    if super::plain::utf16(bytes).is_some() {
        return true;
    }
    let sample = head(bytes, SAMPLE);
    let control = |b: &u8| *b < 0x20 && !matches!(b, b'\t' | b'\n' | b'\r' | 0x0c);
    let controls = sample.iter().filter(|b| control(b)).count();
    !sample.contains(&0) && controls * 50 <= sample.len()
}

/// The format of a text: by its name, by its first tag where the name says nothing of text.
pub(super) fn of_text(bytes: &[u8], name: &str) -> Format {
    match extension(name).as_deref() {
        Some("md" | "markdown") => Format::Md,
        Some("html" | "htm" | "xhtml") => Format::Html,
        Some("txt" | "text") => Format::Txt,
        Some(
            "exe" | "com" | "scr" | "bat" | "cmd" | "ps1" | "vbs" | "js" | "jse" | "wsf" | "hta"
            | "sh" | "py" | "lnk" | "url" | "reg",
        ) => Format::Exe,
        known => {
            // Without the zeros of UTF-16 and without what may stand before the first tag.
            let start = head(bytes, 1024).iter().filter(|b| **b != 0);
            let start: Vec<u8> = start.map(u8::to_ascii_lowercase).collect();
            let at = start.iter().position(|b| b.is_ascii_graphic()).unwrap_or(0);
            let tag = |tag: &[u8]| start[at..].starts_with(tag);
            let xhtml = tag(b"<?xml") && contains(&start, b"<html");
            if is_flat_odt(bytes) {
                Format::Odt
            } else if tag(b"<!doctype html") || tag(b"<html") || xhtml {
                Format::Html
            } else if known.is_none() || by_name(name).is_some() {
                Format::Txt
            } else {
                Format::Unknown
            }
        }
    }
}

/// One XML file that says at its start that it is an OpenDocument text.
fn is_flat_odt(bytes: &[u8]) -> bool {
    let start = head(bytes, SAMPLE);
    bytes.trim_ascii_start().starts_with(b"<?xml")
        && contains(
            start,
            b"office:mimetype=\"application/vnd.oasis.opendocument.text\"",
        )
}

/// The last extension of a name, lower case.
fn extension(name: &str) -> Option<String> {
    let (stem, extension) = name.rsplit_once('.')?;
    let plausible = extension.len() <= 10 && extension.chars().all(char::is_alphanumeric);
    (!stem.is_empty() && plausible).then(|| extension.to_ascii_lowercase())
}

/// The format that a name promises.
pub(super) fn by_name(name: &str) -> Option<Format> {
    Some(match extension(name)?.as_str() {
        "pdf" => Format::Pdf,
        "docx" => Format::Docx,
        "docm" => Format::Docm,
        "doc" | "dot" => Format::Doc,
        "odt" | "ott" | "fodt" => Format::Odt,
        "rtf" => Format::Rtf,
        "txt" | "text" => Format::Txt,
        "md" | "markdown" => Format::Md,
        "html" | "htm" | "xhtml" => Format::Html,
        "jpg" | "jpeg" => Format::Jpeg,
        "png" => Format::Png,
        "tif" | "tiff" => Format::Tiff,
        "zip" => Format::Zip,
        "exe" => Format::Exe,
        _ => return None,
    })
}

/// True where the name promises another kind of document than the content is. Word itself writes
/// RTF, HTML and Office Open XML under `.doc`, and opens them: that is no lie.
pub(super) fn lies(name: &str, real: Format) -> bool {
    use Format::{
        Doc, Docm, Docx, Exe, Html, Jpeg, Md, Odt, Pdf, PdfScan, PdfText, Png, Rtf, Tiff, Txt,
        Unknown, Zip,
    };
    let Some(promised) = by_name(name) else {
        return false;
    };
    let fits = match promised {
        Pdf | PdfText | PdfScan => matches!(real, Pdf | PdfText | PdfScan),
        Docx | Docm => matches!(real, Docx | Docm),
        Doc | Rtf => matches!(real, Doc | Rtf | Docx | Docm | Html),
        Odt => real == Odt,
        Txt | Md | Html => matches!(real, Txt | Md | Html),
        Jpeg | Png | Tiff => matches!(real, Jpeg | Png | Tiff),
        Zip => matches!(real, Zip | Docx | Docm | Odt),
        Exe => real == Exe,
        Unknown => true,
    };
    !fits
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn content_decides_the_kind() {
        for (bytes, kind) in [
            (&b""[..], Kind::Empty),
            (b"%PDF-1.7\n", Kind::Pdf),
            (b"junk before\n%PDF-1.4\n", Kind::Pdf),
            (b"MZ\x90\0\x03", Kind::Program),
            (b"MZ la hai chu cai", Kind::Text),
            (b"#!/bin/sh\nrm -rf /", Kind::Program),
            (b"\x7fELF\x02", Kind::Program),
            (b"{\\rtf1", Kind::Rtf),
            (b"\xff\xd8\xff\xe0", Kind::Other(Format::Jpeg)),
            ("Đảng uỷ".as_bytes(), Kind::Text),
            (b"\xff\xfea\0", Kind::Text),
            (b"So: 23-CT/TW \xd0\xb6ng", Kind::Text),
            (b"S\0\xd1\x1e \x001\0", Kind::Text),
            (b"\0S\x1e\xd1\0 \x001", Kind::Text),
            (b"\x01\x02\x03\x04\0", Kind::Binary),
        ] {
            assert_eq!(Kind::of(bytes), kind, "{}", bytes.escape_ascii());
        }
    }

    #[test]
    fn a_name_that_promises_something_else_lies() {
        for (name, real, lie) in [
            ("a.pdf", Format::PdfText, false),
            ("a.pdf", Format::Docx, true),
            ("a.PDF", Format::Txt, true),
            ("a.doc", Format::Rtf, false),
            ("a.docx", Format::Pdf, true),
            ("a.docx", Format::Jpeg, true),
            ("a.txt", Format::Unknown, true),
            ("khong duoi", Format::PdfText, false),
            ("23-CT.TW 2018", Format::Docx, false),
        ] {
            assert_eq!(lies(name, real), lie, "{name} {real}");
        }
    }

    #[test]
    fn names_tell_texts_apart() {
        assert_eq!(of_text(b"# a", "a.md"), Format::Md);
        assert_eq!(of_text(b"  <!DOCTYPE HTML>", "khong duoi"), Format::Html);
        assert_eq!(of_text(b"<html>", "trang.pdf"), Format::Html);
        let xhtml = b"<?xml version='1.0' encoding='windows-1258'?>\n<html>";
        assert_eq!(of_text(xhtml, "trang"), Format::Html);
        assert_eq!(
            of_text(b"\xff\xfe<\0h\0t\0m\0l\0>\0", "trang"),
            Format::Html
        );
        assert_eq!(of_text(b"a", "a.pdf"), Format::Txt);
        assert_eq!(of_text(b"echo", "a.bat"), Format::Exe);
        assert_eq!(of_text(b"{}", "a.json"), Format::Unknown);
    }
}
