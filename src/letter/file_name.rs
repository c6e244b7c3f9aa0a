//! Owns what an attachment is called: readable, safe on every system, unique within its letter,
//! with the extension of what it really is. It refuses to know how names are written in headers.

use chrono::Datelike;

use super::{Item, text};
use crate::document::Format;
use crate::spelling;

/// Characters of a name without its extension.
const STEM_MAX: usize = 80;

/// Extension and media type of a format. Text goes as bytes: its encoding is unknown, and a mail
/// reader must not change a letter of it.
pub(super) fn kind(format: Format) -> (&'static str, &'static str) {
    const BYTES: &str = "application/octet-stream";
    match format {
        Format::PdfText | Format::PdfScan | Format::Pdf => ("pdf", "application/pdf"),
        Format::Docx => (
            "docx",
            "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
        ),
        Format::Docm => ("docm", "application/vnd.ms-word.document.macroenabled.12"),
        Format::Doc => ("doc", "application/msword"),
        Format::Odt => ("odt", "application/vnd.oasis.opendocument.text"),
        Format::Rtf => ("rtf", "application/rtf"),
        Format::Txt => ("txt", BYTES),
        Format::Md => ("md", BYTES),
        Format::Html => ("html", BYTES),
        Format::Jpeg => ("jpg", "image/jpeg"),
        Format::Png => ("png", "image/png"),
        Format::Tiff => ("tif", "image/tiff"),
        Format::Exe | Format::Zip | Format::Unknown => ("bin", BYTES),
    }
}

/// The stem of a document's name: `23-CT-TW_2018`; the file's own where the symbol is unknown.
pub(super) fn stem(item: &Item) -> String {
    let year = item.facts.issued_on.as_ref().map(|d| d.value.year());
    let Some(symbol) = item.facts.symbol.as_ref().map(|s| s.value.as_str()) else {
        return own_stem(&item.file.name);
    };
    let named = year.is_some_and(|y| symbol.contains(&format!("/{y}/")));
    safe(&match year.filter(|_| !named) {
        Some(year) => format!("{symbol}_{year}"),
        None => symbol.to_owned(),
    })
}

/// The stem of the name that the office gave the file.
pub(super) fn own_stem(name: &str) -> String {
    let name = text::clean(name, 255);
    let stem = match name.rsplit_once('.') {
        Some((stem, tail)) if is_extension(tail) => stem,
        _ => &name,
    };
    safe(stem)
}

/// Makes `stem.extension`, and makes it another where the letter has such a name already.
pub(super) fn unique(stem: &str, format: Format, ascii: bool, taken: &[String]) -> String {
    let extension = kind(format).0;
    let stem = if ascii {
        safe(&spelling::ascii(stem))
    } else {
        stem.to_owned()
    };
    let is_taken = |name: &str| {
        let key = spelling::ascii(name).to_lowercase();
        taken
            .iter()
            .any(|t| spelling::ascii(t).to_lowercase() == key)
    };
    let first = format!("{stem}.{extension}");
    if !is_taken(&first) {
        return first;
    }
    (2_u32..)
        .map(|n| format!("{stem} ({n}).{extension}"))
        .find(|name| !is_taken(name))
        .unwrap_or(first)
}

fn is_extension(tail: &str) -> bool {
    (1..=5).contains(&tail.len())
        && tail.bytes().all(|b| b.is_ascii_alphanumeric())
        && tail.bytes().any(|b| b.is_ascii_alphabetic())
}

/// Only what every file system takes: no separators, no reserved characters or names (Windows), no
/// dot in front or behind, nothing that reads as a second extension (`x.exe.pdf`).
fn safe(stem: &str) -> String {
    let plain: String = text::clean(stem, 255)
        .chars()
        .map(|c| match c {
            '/' | '\\' => '-',
            ':' | '*' | '?' | '"' | '<' | '>' | '|' | '\'' | '%' | '$' | '`' | ';' | '=' => '_',
            '\u{ff0e}' | '\u{2024}' => '.',
            '\u{2215}' | '\u{2044}' | '\u{ff0f}' => '-',
            c => c,
        })
        .collect();
    let dots = |c: char| c == '.' || c == ' ' || c == '-';
    let cut: String = plain.trim_matches(dots).chars().take(STEM_MAX).collect();
    let mut stem = cut.trim_matches(dots).to_owned();
    while let Some((head, tail)) = stem.rsplit_once('.') {
        if !is_extension(tail.trim()) {
            break;
        }
        stem = format!("{head}_{}", tail.trim());
    }
    const RESERVED: [&str; 6] = ["CON", "PRN", "AUX", "NUL", "COM", "LPT"];
    let upper = stem
        .split('.')
        .next()
        .unwrap_or("")
        .trim()
        .to_ascii_uppercase();
    let device = upper.trim_end_matches(|c: char| c.is_ascii_digit());
    if stem.is_empty() || RESERVED.contains(&device) {
        format!("van-ban_{stem}").trim_end_matches('_').to_owned()
    } else {
        stem
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn own_names_are_made_safe() {
        for (name, stem) in [
            ("Nghị quyết 57.pdf", "Nghị quyết 57"),
            ("..\\..\\a/b:c?.docx", "a-b_c_"),
            ("x.exe.pdf", "x_exe"),
            ("CV 09.02.2018.pdf", "CV 09.02.2018"),
            ("CON.pdf", "van-ban_CON"),
            (".pdf", "van-ban"),
            ("\u{202e}fdp.exe", "fdp"),
            ("", "van-ban"),
            ("a\r\nBcc: x@y.pdf", "a Bcc_ x@y"),
        ] {
            assert_eq!(own_stem(name), stem, "{name:?}");
        }
    }

    #[test]
    fn names_are_unique() {
        let taken = ["a.pdf".to_owned(), "A (2).pdf".to_owned()];
        assert_eq!(unique("A", Format::PdfText, false, &taken), "A (3).pdf");
        assert_eq!(
            unique("31-TB-ĐU_2020", Format::Docx, true, &taken),
            "31-TB-DU_2020.docx"
        );
    }
}
