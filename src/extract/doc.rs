//! Owns the reading of Word 97-2003 documents (MS-DOC): which streams hold text, and what in the
//! file is locked or dangerous. It refuses older versions, and anything but the text's own streams.

mod drawing;
mod formats;
mod header;
mod number;
mod pieces;
mod sprm;
mod story;
mod styles;
mod summary;

use std::io::{Cursor, Read};

use cfb::CompoundFile;

use super::Limits;
use super::office::Sheet;
use super::package::Refusal;
use crate::document::{Contents, Format, Reason};
use header::Header;
use story::{Document, Stories};

type File<'a> = CompoundFile<Cursor<&'a [u8]>>;

/// Reads a compound file that names a Word document.
pub(super) fn read(bytes: &[u8], limits: &Limits) -> Contents {
    let Ok(mut file) = CompoundFile::open(Cursor::new(bytes)) else {
        let detail = "the structure of the file cannot be read";
        return Contents::nothing(Format::Doc, Reason::Damaged, detail);
    };
    if !file.is_stream("/WordDocument") {
        return super::no_document(Format::Unknown);
    }
    read_word(&mut file, limits)
        .unwrap_or_else(|(reason, detail)| Contents::nothing(Format::Doc, reason, detail))
}

fn read_word(file: &mut File<'_>, limits: &Limits) -> Result<Contents, Refusal> {
    let main = stream(file, "/WordDocument", limits)?;
    let header = Header::read(&main)?;
    if has_macros(file) {
        return Err((Reason::Macro, "the file carries macros"));
    }
    let table = stream(file, header.table, limits)?;
    let document = Document::new(&main, &table, &header)?;
    let mut sheet = Sheet::new(limits.text);
    if has_objects(file) {
        sheet.active();
    }
    Stories::new(&document, &mut sheet, limits.text).read(&header, &table);
    let summary = stream(file, "/\u{5}SummaryInformation", limits).unwrap_or_default();
    Ok(sheet.finish(Format::Doc, summary::pages(&summary)))
}

/// A project of Visual Basic, wherever Word keeps it.
fn has_macros(file: &File<'_>) -> bool {
    ["/Macros", "/_VBA_PROJECT_CUR", "/VBA", "/_VBA_PROJECT"]
        .iter()
        .any(|name| file.exists(name))
}

/// Embedded objects; Word leaves the pool behind when the last is gone.
fn has_objects(file: &File<'_>) -> bool {
    let pool = file.read_storage("/ObjectPool");
    pool.is_ok_and(|mut objects| objects.next().is_some())
}

fn stream(file: &mut File<'_>, name: &str, limits: &Limits) -> Result<Vec<u8>, Refusal> {
    let broken = (Reason::Damaged, "a stream of the file cannot be read");
    let stream = file.open_stream(name).map_err(|_| broken)?;
    let mut bytes = Vec::new();
    stream
        .take(limits.zip_total + 1)
        .read_to_end(&mut bytes)
        .map_err(|_| broken)?;
    if bytes.len() as u64 > limits.zip_total {
        return Err((Reason::Bomb, "a stream of the file is beyond the limits"));
    }
    Ok(bytes)
}
