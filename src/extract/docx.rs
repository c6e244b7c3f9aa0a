//! Owns the reading of Office Open XML texts (ISO/IEC 29500): paragraphs, tables, text boxes,
//! headers and notes, and what in them is dangerous. It refuses other packages, only naming them.

mod part;
mod styles;

use super::flow::{Flow, Text};
use super::package::{Package, Refusal};
use super::{Limits, letters, plain};
use crate::document::{Contents, Format, Reason};
use styles::Styles;

/// Fewer letters than this beside a picture: the picture is the document.
const LETTERS_MIN: usize = 20;

/// Reads a ZIP: the text of a DOCX, the name of anything else.
pub(super) fn read_package(bytes: &[u8], limits: &Limits) -> Contents {
    let mut package = match Package::open(bytes, limits) {
        Ok(package) => package,
        Err((reason, detail)) => {
            // Cut short, it still says at its start what it was meant to be.
            let word = bytes[..bytes.len().min(4096)]
                .windows(5)
                .any(|w| w == b"word/" || w == b"[Cont");
            let format = if word { Format::Docx } else { Format::Zip };
            return Contents::nothing(format, reason, detail);
        }
    };
    let format = format_of(package.names());
    if let Err((reason, detail)) = package.judge(limits) {
        return Contents::nothing(format, reason, detail);
    }
    match format {
        Format::Docx => read_docx(&mut package, limits)
            .unwrap_or_else(|(reason, detail)| Contents::nothing(format, reason, detail)),
        Format::Docm => Contents::nothing(format, Reason::Macro, "the file carries macros"),
        Format::Odt => super::odt::read(&mut package, limits)
            .unwrap_or_else(|(reason, detail)| Contents::nothing(format, reason, detail)),
        _ if is_table(package.names()) => super::no_document(format),
        other => super::unsupported(other),
    }
}

fn format_of(names: &[String]) -> Format {
    let has = |wanted: &str| names.iter().any(|n| n.eq_ignore_ascii_case(wanted));
    let macros = names
        .iter()
        .any(|n| n.to_ascii_lowercase().ends_with("vbaproject.bin"));
    let word = names.iter().any(|n| n.starts_with("word/"));
    if macros && word {
        Format::Docm
    } else if word && has("[Content_Types].xml") {
        Format::Docx
    } else if super::odt::is_one(names) {
        Format::Odt
    } else {
        Format::Zip
    }
}

/// Workbooks and slides of Office Open XML.
fn is_table(names: &[String]) -> bool {
    let folders = ["xl/", "ppt/"];
    names
        .iter()
        .any(|name| folders.iter().any(|folder| name.starts_with(folder)))
}

fn read_docx(package: &mut Package<'_>, limits: &Limits) -> Result<Contents, Refusal> {
    let types = package.text("[Content_Types].xml")?.unwrap_or_default();
    if types.contains("macroEnabled") {
        let detail = "the file declares macros";
        return Ok(Contents::nothing(Format::Docm, Reason::Macro, detail));
    }
    let mut optional = |name| package.text(name).ok().flatten().unwrap_or_default();
    let (sheet, theme) = (
        optional("word/styles.xml"),
        optional("word/theme/theme1.xml"),
    );
    let styles = Styles::read(&sheet, &theme);
    let (text, seen) = read_parts(package, &styles, limits)?;
    let read = plain::quality(&text.text);
    // Texts that were converted to Unicode may keep their old fonts: then these are not believed,
    // unless the text is better Vietnamese with them.
    if seen.old_font && (seen.false_font || !read.is_good()) {
        let (other, seen) = read_parts(package, &styles.without_fonts(), limits)?;
        let blind = plain::quality(&other.text);
        if blind.is_good() && (!read.is_good() || blind.strangers <= read.strangers) {
            return Ok(contents(other, &seen));
        }
    }
    Ok(contents(text, &seen))
}

/// The text of all parts, with headers before and notes and footers after the main text.
fn read_parts(
    package: &mut Package<'_>,
    styles: &Styles,
    limits: &Limits,
) -> Result<(Text, part::Seen), Refusal> {
    let names = Names::of(package.names());
    let mut flow = Flow::new(limits.text);
    let mut seen = part::Seen::default();
    let mut read = |name: &str, flow: &mut Flow| match package.text(name)? {
        Some(xml) => part::read(&xml, styles, flow, &mut seen).map(|()| true),
        None => Ok(false),
    };
    for name in &names.headers {
        read(name, &mut flow)?;
        flow.end_block();
    }
    if !read("word/document.xml", &mut flow)? {
        return Err((Reason::Damaged, "the file has no main text"));
    }
    for name in &names.others {
        flow.end_block();
        read(name, &mut flow)?;
    }
    seen.active |= names.active;
    Ok((flow.finish(), seen))
}

fn contents(text: Text, seen: &part::Seen) -> Contents {
    let letters = letters(&text.text);
    let picture = letters == 0 || (letters < LETTERS_MIN && seen.pictures > 0);
    let (finding, detail) = if seen.active {
        let detail = "the file carries embedded files, controls or live links";
        (Some(Reason::ActiveContent), Some(detail))
    } else if picture {
        (
            Some(Reason::NoTextLayer),
            Some("the file holds pictures instead of text"),
        )
    } else {
        (None, None)
    };
    Contents {
        format: Format::Docx,
        page_count: None,
        pages: vec![text.text],
        unread_pages: u32::from(!text.whole || picture || seen.unread),
        head_picture: seen.head_picture,
        scans: crate::document::Scans::default(),
        finding,
        detail: detail.map(str::to_owned),
    }
}

/// Which parts hold text besides the main one, and whether any is active.
struct Names {
    headers: Vec<String>,
    others: Vec<String>,
    active: bool,
}

impl Names {
    fn of(names: &[String]) -> Self {
        let pick = |prefixes: &[&str]| -> Vec<String> {
            let fits = |n: &&String| {
                n.to_ascii_lowercase().ends_with(".xml")
                    && prefixes.iter().any(|p| n.starts_with(p))
            };
            let mut picked: Vec<_> = names.iter().filter(fits).cloned().collect();
            picked.sort();
            picked
        };
        let mut others = pick(&["word/diagrams/data"]);
        others.extend(pick(&["word/footnotes", "word/endnotes", "word/footer"]));
        Self {
            headers: pick(&["word/header"]),
            others,
            active: names
                .iter()
                .any(|n| n.starts_with("word/embeddings/") || n.starts_with("word/activeX/")),
        }
    }
}
