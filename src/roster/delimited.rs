//! Owns CSV: which encoding and separator a file has, and streaming its rows. It refuses to know
//! what the columns mean.

use std::io::{self, BufRead, BufReader, Read};

use csv::{ReaderBuilder, StringRecord};
use encoding_rs::{CoderResult, Decoder, Encoding, UTF_8, UTF_16BE, UTF_16LE, WINDOWS_1258};

use super::columns::Columns;
use super::roll::{Roll, branch_of_fields};
use super::row::{Cell, Row};
use super::{BYTES_MAX, Problem};
use crate::spelling;

/// Bytes looked at before encoding and separator are decided.
const SNIFFED: usize = 1 << 18;
/// Bytes decoded at once.
const CHUNK: usize = 1 << 15;
/// Rows above a header.
pub(super) const HEADER_ROWS_MAX: usize = 40;
/// The separators of Excel's CSV, by locale.
const SEPARATORS: [u8; 3] = [b',', b';', b'\t'];

/// The encoding of a file by its beginning: a mark, the zero bytes of UTF-16, valid UTF-8, else
/// the code page of Vietnamese Windows.
fn encoding(start: &[u8]) -> &'static Encoding {
    if let Some((encoding, _)) = Encoding::for_bom(start) {
        return encoding;
    }
    let zeros = |from: usize| {
        start
            .iter()
            .skip(from)
            .step_by(2)
            .filter(|b| **b == 0)
            .count()
    };
    let (even, odd) = (zeros(0), zeros(1));
    if even.max(odd) * 4 > start.len() / 2 {
        return if odd >= even { UTF_16LE } else { UTF_16BE };
    }
    match std::str::from_utf8(start) {
        Ok(_) => UTF_8,
        // The beginning may end inside a character.
        Err(error) if error.error_len().is_none() => UTF_8,
        Err(_) => WINDOWS_1258,
    }
}

/// A reader that turns the bytes of `source` into UTF-8 as they come.
struct Decoding<R> {
    source: R,
    decoder: Decoder,
    input: Vec<u8>,
    ended: bool,
    text: Vec<u8>,
    given: usize,
    /// The last chunk ended in CR, which is not given yet.
    cr: bool,
}

impl<R: Read> Decoding<R> {
    fn new(source: R, encoding: &'static Encoding) -> Self {
        let decoder = encoding.new_decoder();
        Self {
            source,
            decoder,
            input: Vec::new(),
            ended: false,
            text: Vec::new(),
            given: 0,
            cr: false,
        }
    }

    fn fill(&mut self) -> io::Result<()> {
        let mut bytes = [0; CHUNK];
        let n = self.source.read(&mut bytes)?;
        self.ended = n == 0;
        self.input.extend_from_slice(&bytes[..n]);
        let mut text = vec![
            0;
            self.decoder
                .max_utf8_buffer_length(self.input.len())
                .unwrap_or(CHUNK)
        ];
        let (result, read, written, _) =
            self.decoder
                .decode_to_utf8(&self.input, &mut text, self.ended);
        debug_assert_eq!(result, CoderResult::InputEmpty);
        self.input.drain(..read);
        text.truncate(written);
        self.join_line_ends(&mut text);
        (self.text, self.given) = (text, 0);
        Ok(())
    }
}

impl<R> Decoding<R> {
    /// Makes CR LF one LF: the csv crate counts the LF of CR LF into the next line.
    fn join_line_ends(&mut self, text: &mut Vec<u8>) {
        if std::mem::take(&mut self.cr) {
            text.insert(0, b'\r');
        }
        if !self.ended && text.last() == Some(&b'\r') {
            text.pop();
            self.cr = true;
        }
        let mut kept = Vec::with_capacity(text.len());
        for (index, byte) in text.iter().enumerate() {
            if *byte != b'\r' || text.get(index + 1) != Some(&b'\n') {
                kept.push(*byte);
            }
        }
        // The last line ends like the others, so that it is counted like them.
        if self.ended {
            kept.push(b'\n');
        }
        *text = kept;
    }
}

impl<R: Read> Read for Decoding<R> {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        while self.given == self.text.len() && !self.ended {
            self.fill()?;
        }
        let n = out.len().min(self.text.len() - self.given);
        out[..n].copy_from_slice(&self.text[self.given..self.given + n]);
        self.given += n;
        Ok(n)
    }
}

fn rows<R: Read>(source: R, separator: u8) -> csv::Reader<R> {
    ReaderBuilder::new()
        .has_headers(false)
        .flexible(true)
        .delimiter(separator)
        .from_reader(source)
}

/// A record as a row. Its number is counted back from the line after it: the csv crate counts
/// blank lines before a record as its own.
fn row(record: &StringRecord, line_after: u64) -> Row {
    let inside: usize = record.iter().map(|text| text.matches('\n').count()).sum();
    let line = usize::try_from(line_after).unwrap_or(usize::MAX);
    let cells = record
        .iter()
        .enumerate()
        .filter(|(_, text)| !text.is_empty());
    Row {
        number: line.saturating_sub(1 + inside).max(1),
        cells: cells
            .map(|(index, text)| (index, Cell::Text(text.to_owned())))
            .collect(),
    }
}

/// A cell may have lines, but none of them looks like a row.
fn tell_open_quote(row: &Row, separator: u8, roll: &mut Roll<'_, '_>) {
    let is_row = |line: &str| line.contains(char::from(separator));
    let open = row
        .texts()
        .find(|(_, text)| text.split('\n').skip(1).any(is_row));
    if let Some((_, cell)) = open {
        roll.open_quote(row.number, cell);
    }
}

/// The separator by which the beginning shows a header with the most columns.
fn separator(start: &[u8], encoding: &'static Encoding) -> Option<u8> {
    let columns = |separator: u8| {
        let mut reader = rows(Decoding::new(start, encoding), separator);
        let headers = reader.records().take(HEADER_ROWS_MAX).filter_map(|record| {
            Columns::of_header(row(&record.ok()?, 0).texts()).map(|columns| columns.len())
        });
        headers.max()
    };
    let best = SEPARATORS
        .into_iter()
        .filter_map(|s| Some((columns(s)?, s)));
    best.max_by_key(|(columns, _)| *columns)
        .map(|(_, separator)| separator)
}

/// Streams the members of a CSV file.
pub(super) fn members<R: Read>(source: R, roll: &mut Roll<'_, '_>) -> io::Result<()> {
    let mut source = BufReader::with_capacity(SNIFFED, source.take(BYTES_MAX));
    let start = beginning(&mut source)?;
    let encoding = encoding(&start);
    let Some(separator) = separator(&start, encoding) else {
        roll.file_fault(Problem::NoHeader, "");
        return Ok(());
    };
    let whole = io::Cursor::new(start).chain(source);
    let mut reader = rows(Decoding::new(whole, encoding), separator);
    let (mut columns, mut record) = (None, StringRecord::new());
    while roll.going() {
        match reader.read_record(&mut record) {
            Ok(false) => break,
            Ok(true) => {}
            Err(error) => {
                if let csv::ErrorKind::Io(error) = error.into_kind() {
                    return Err(error);
                }
                roll.file_fault(Problem::Unreadable, "CSV");
                break;
            }
        }
        let row = row(&record, reader.position().line());
        tell_open_quote(&row, separator, roll);
        match &columns {
            None => columns = Columns::of_header(row.texts()),
            Some(columns) => roll.row(columns, &row),
        }
    }
    if reader.position().byte() >= BYTES_MAX {
        roll.file_fault(Problem::TooMany, "");
    }
    Ok(())
}

/// Takes the first [`SNIFFED`] bytes off, fewer if the source ends.
fn beginning<R: BufRead>(source: &mut R) -> io::Result<Vec<u8>> {
    let mut start = Vec::with_capacity(SNIFFED);
    source
        .by_ref()
        .take(SNIFFED as u64)
        .read_to_end(&mut start)?;
    Ok(start)
}

/// The columns of a list of branches: code, name, mailbox.
pub(super) fn branch_columns<'c>(
    cells: impl Iterator<Item = (usize, &'c str)>,
) -> Option<[Option<usize>; 3]> {
    let mut found = [None; 3];
    for (index, text) in cells {
        let plain = spelling::ascii(text).to_ascii_lowercase().replace('_', " ");
        let column = match plain.trim() {
            "ma" | "ma chi bo" | "code" => 0,
            "ten" | "ten chi bo" | "chi bo" | "name" => 1,
            "hop thu" | "email" | "thu dien tu" | "hop thu chi bo" | "mailbox" => 2,
            _ => continue,
        };
        found[column] = found[column].or(Some(index));
    }
    found[1].is_some().then_some(found)
}

/// One row of a list of branches: the header once, then branches.
pub(super) fn branch_row(
    columns: &mut Option<[Option<usize>; 3]>,
    row: &Row,
    roll: &mut Roll<'_, '_>,
) {
    let Some(columns) = columns else {
        *columns = branch_columns(row.texts());
        return;
    };
    let field = |column: Option<usize>| {
        row.texts()
            .find(|(index, _)| Some(*index) == column)
            .map_or("", |(_, text)| text)
    };
    branch_of_fields(roll, row.number, columns.map(field));
}

/// Reads the list of branches that stands beside a CSV roster.
pub(super) fn branches(list: &[u8], roll: &mut Roll<'_, '_>) -> io::Result<()> {
    let encoding = encoding(&list[..list.len().min(SNIFFED)]);
    let header = |separator: u8| {
        let mut reader = rows(Decoding::new(list, encoding), separator);
        let records = reader.records().take(HEADER_ROWS_MAX).flatten();
        records
            .filter_map(|record| branch_columns(row(&record, 0).texts()))
            .next()
            .is_some()
    };
    let Some(separator) = SEPARATORS.into_iter().find(|s| header(*s)) else {
        roll.file_fault(Problem::NoHeader, "ma, ten, hop_thu");
        return Ok(());
    };
    let (mut columns, mut record) = (None, StringRecord::new());
    let mut reader = rows(Decoding::new(list, encoding), separator);
    while roll.going() && reader.read_record(&mut record).unwrap_or(false) {
        let row = row(&record, reader.position().line());
        tell_open_quote(&row, separator, roll);
        branch_row(&mut columns, &row, roll);
    }
    Ok(())
}
