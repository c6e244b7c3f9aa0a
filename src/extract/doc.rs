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
use super::office::{self, Sheet};
use super::package::Refusal;
use crate::document::{Contents, Format, Reason};
use header::Header;
use story::{Document, Stories};

type File<'a> = CompoundFile<Cursor<&'a [u8]>>;

/// Reads a compound file that names a Word document.
pub(super) fn read(bytes: &[u8], limits: &Limits) -> Contents {
    if swells(bytes) {
        let detail = "the file lists more sectors than it has";
        return Contents::nothing(Format::Doc, Reason::Bomb, detail);
    }
    let Ok(mut file) = CompoundFile::open(Cursor::new(bytes)) else {
        let detail = "the structure of the file cannot be read";
        return Contents::nothing(Format::Doc, Reason::Damaged, detail);
    };
    if !file.is_stream("/WordDocument") {
        return super::no_document(Format::Unknown);
    }
    match Streams::read(&mut file, limits) {
        Ok(streams) => office::contents(Format::Doc, limits.text, |sheet| streams.write(sheet)),
        Err((reason, detail)) => Contents::nothing(Format::Doc, reason, detail),
    }
}

/// True where the list of the allocation table's sectors (MS-CFB 2.5) is longer than the file can
/// need: naming one sector again and again, it would make a table of gigabytes.
fn swells(bytes: &[u8]) -> bool {
    let size = if number::u16_at(bytes, 0x1e) == Some(12) {
        4096
    } else {
        512
    };
    let numbers = size / 4;
    let tables = bytes.len() / size / numbers + 1;
    let needed = tables.saturating_sub(109).div_ceil(numbers - 1);
    let mut next = number::u32_at(bytes, 0x44);
    for _ in 0..=needed + 1 {
        let Some(sector) = next.filter(|sector| *sector < 0xffff_fffa) else {
            return false;
        };
        let after = usize::try_from(sector).unwrap_or(usize::MAX);
        let end = after.saturating_add(2).saturating_mul(size);
        next = number::u32_at(bytes, end - 4);
    }
    true
}

/// What of the file is read.
struct Streams {
    header: Header,
    main: Vec<u8>,
    table: Vec<u8>,
    pages: Option<u32>,
    /// Other files are embedded.
    objects: bool,
    limit: u64,
}

impl Streams {
    fn read(file: &mut File<'_>, limits: &Limits) -> Result<Self, Refusal> {
        let main = stream(file, "/WordDocument", limits)?;
        let header = Header::read(&main)?;
        if has_macros(file) {
            return Err((Reason::Macro, "the file carries macros"));
        }
        let summary = stream(file, "/\u{5}SummaryInformation", limits).unwrap_or_default();
        Ok(Self {
            table: stream(file, header.table, limits)?,
            header,
            main,
            pages: summary::pages(&summary),
            objects: has_objects(file),
            limit: limits.text,
        })
    }

    fn write(&self, sheet: &mut Sheet) -> Result<Option<u32>, Refusal> {
        if self.objects {
            sheet.active();
        }
        let document = Document::new(&self.main, &self.table, &self.header)?;
        Stories::new(&document, sheet, self.limit).read(&self.header, &self.table);
        Ok(self.pages)
    }
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
