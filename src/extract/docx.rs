//! Owns the reading of Office Open XML texts (ISO/IEC 29500): paragraphs, tables, text boxes,
//! headers and notes, and what in them is dangerous. It refuses other packages, only naming them.

mod part;
mod styles;

use quick_xml::Reader;
use quick_xml::events::Event;

use super::Limits;
use super::office::{self, Sheet};
use super::package::{Package, Refusal};
use crate::document::{Contents, Format, Reason};
use styles::Styles;

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
    Ok(office::contents(Format::Docx, limits.text, |sheet| {
        write(package, &styles, sheet).map(|()| None)
    }))
}

/// The text of all parts, with headers before and notes and footers after the main text; comments
/// are not shown.
fn write(package: &mut Package<'_>, styles: &Styles, sheet: &mut Sheet) -> Result<(), Refusal> {
    let names = Names::of(package.names());
    let mut read = |name: &str, sheet: &mut Sheet| match package.text(name)? {
        Some(xml) => part::read(&xml, styles, sheet).map(|()| true),
        None => Ok(false),
    };
    for name in &names.headers {
        read(name, sheet)?;
        sheet.flow().end_block();
    }
    if !read("word/document.xml", sheet)? {
        return Err((Reason::Damaged, "the file has no main text"));
    }
    for name in &names.others {
        sheet.flow().end_block();
        read(name, sheet)?;
    }
    for name in &names.comments {
        let mut comments = sheet.beside();
        read(name, &mut comments)?;
        sheet.hide(comments);
    }
    for name in [
        "docProps/core.xml",
        "docProps/app.xml",
        "docProps/custom.xml",
    ] {
        if let Some(xml) = package.text(name)? {
            sheet.keep(&words(&xml));
        }
    }
    if names.active {
        sheet.active();
    }
    Ok(())
}

/// The words between the tags of a part of properties, each a paragraph.
fn words(xml: &str) -> String {
    let mut words = String::new();
    let mut reader = Reader::from_str(xml);
    while let Ok(event) = reader.read_event() {
        match event {
            Event::Text(text) => words.push_str(&text.xml10_content()),
            Event::GeneralRef(name) => {
                words.extend(name.resolve_char_ref().ok().flatten());
            }
            Event::End(_) => words.push_str("\n\n"),
            Event::Eof => break,
            _ => {}
        }
    }
    words
}

/// Which parts hold text besides the main one, and whether any is active.
struct Names {
    headers: Vec<String>,
    others: Vec<String>,
    comments: Vec<String>,
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
        let mut others = pick(&["word/diagrams/data", "word/charts/chart"]);
        others.extend(pick(&["word/footnotes", "word/endnotes", "word/footer"]));
        Self {
            headers: pick(&["word/header"]),
            others,
            comments: pick(&["word/comments.", "word/glossary/document"]),
            active: names
                .iter()
                .any(|n| n.starts_with("word/embeddings/") || n.starts_with("word/activeX/")),
        }
    }
}
