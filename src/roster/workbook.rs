//! Owns XLSX: which sheet holds the members, merged cells, streaming the rows. It refuses to know
//! what the columns mean.

use std::io::{self, BufReader, Read, Seek};

use calamine::{DataRef, Dimensions, Reader, Xlsx};

use super::columns::{Column, Columns};
use super::delimited::{HEADER_ROWS_MAX, branch_row};
use super::roll::Roll;
use super::row::{Cell, Row};
use super::{BYTES_MAX, Problem};
use crate::spelling;

/// Most bytes that a workbook may unpack to, as its directory says.
const UNPACKED_MAX: u64 = 1_500_000_000;
/// Most bytes of its shared texts, which stay in memory.
const SHARED_MAX: u64 = 300_000_000;
/// Most sheets that are looked at.
const SHEETS_MAX: usize = 30;
/// Rightmost column that is read.
const COLUMNS_MAX: u32 = 100;
/// Most merged ranges that are kept.
const MERGED_MAX: usize = 100_000;

/// Streams the branches and members of a workbook.
pub(super) fn read<R: Read + Seek>(mut source: R, roll: &mut Roll<'_, '_>) -> io::Result<()> {
    if !fits(&mut source)? {
        roll.file_fault(Problem::Unreadable, "XLSX");
        return Ok(());
    }
    let mut book: Xlsx<_> = match Xlsx::new(BufReader::new(source)) {
        Ok(book) => book,
        Err(calamine::XlsxError::Io(error)) => return Err(error),
        Err(error) => {
            roll.file_fault(Problem::Unreadable, &error.to_string());
            return Ok(());
        }
    };
    let names: Vec<String> = book.sheet_names().into_iter().take(SHEETS_MAX).collect();
    let is_branches = |name: &&String| spelling::fold(name) == spelling::fold("Chi bộ");
    if let Some(name) = names.iter().find(is_branches) {
        let mut columns = None;
        each_row(&mut book, name, roll, |row, roll| {
            branch_row(&mut columns, row, roll);
            true
        });
    }
    for name in names.iter().filter(|name| !is_branches(name)) {
        let merged = book.merge_cells_by_sheet_name(name).unwrap_or_default();
        if members(&mut book, name, &merged, roll) || !roll.going() {
            return Ok(());
        }
    }
    roll.file_fault(Problem::NoHeader, "");
    Ok(())
}

/// False for what is no ZIP or would unpack to too much.
fn fits<R: Read + Seek>(source: &mut R) -> io::Result<bool> {
    let length = source.seek(io::SeekFrom::End(0))?;
    source.rewind()?;
    if length > BYTES_MAX {
        return Ok(false);
    }
    let Ok(mut archive) = zip::ZipArchive::new(&mut *source) else {
        source.rewind()?;
        return Ok(false);
    };
    let (mut total, mut shared) = (0u64, 0u64);
    for index in 0..archive.len() {
        let Ok(part) = archive.by_index_raw(index) else {
            return Ok(false);
        };
        total = total.saturating_add(part.size());
        if part
            .name()
            .is_ok_and(|name| name.ends_with("sharedStrings.xml"))
        {
            shared = shared.saturating_add(part.size());
        }
    }
    drop(archive);
    source.rewind()?;
    Ok(total <= UNPACKED_MAX && shared <= SHARED_MAX)
}

/// Streams one sheet if it holds members; false if no header was found in it.
fn members<R: Read + Seek>(
    book: &mut Xlsx<R>,
    name: &str,
    merged: &[Dimensions],
    roll: &mut Roll<'_, '_>,
) -> bool {
    let (mut columns, mut above): (Option<Columns>, usize) = (None, 0);
    // What stands in the first cell of a merged range holds for all its rows.
    let mut ranges: Vec<Dimensions> = Vec::new();
    let mut held: Option<(usize, Cell)> = None;
    each_row(book, name, roll, |row, roll| {
        let Some(known) = &columns else {
            columns = Columns::of_header(row.texts());
            let branch = columns
                .as_ref()
                .and_then(|columns| columns.find(Column::Branch));
            let of_branch = merged.iter().filter(|d| branch == Some(d.start.1 as usize));
            ranges = of_branch.take(MERGED_MAX).copied().collect();
            ranges.sort_unstable_by_key(|range| range.start);
            above += 1;
            return columns.is_some() || above < HEADER_ROWS_MAX;
        };
        let branch = known.find(Column::Branch);
        let at = row.number as u32 - 1;
        // The range that begins last at or before this row, if it reaches so far.
        let before = ranges.partition_point(|range| range.start.0 <= at);
        let range = before
            .checked_sub(1)
            .map(|n| ranges[n])
            .filter(|range| range.end.0 >= at);
        match (range, branch) {
            (Some(range), Some(column)) => {
                let typed = row.cells.iter().find(|(index, _)| *index == column);
                if range.start.0 == at {
                    held = typed.map(|(_, cell)| (range.start.0 as usize, cell.clone()));
                } else if let Some((_, cell)) = held
                    .clone()
                    .filter(|(start, _)| *start == range.start.0 as usize)
                    && typed.is_none()
                {
                    row.cells.push((column, cell));
                }
            }
            _ => held = None,
        }
        roll.row(known, row);
        true
    });
    columns.is_some()
}

/// Hands the rows of a sheet on, one at a time, until `take` says no.
fn each_row<'s, 'f, R: Read + Seek>(
    book: &mut Xlsx<R>,
    name: &str,
    roll: &mut Roll<'s, 'f>,
    mut take: impl FnMut(&mut Row, &mut Roll<'s, 'f>) -> bool,
) {
    let mut reader = match book.worksheet_cells_reader(name) {
        Ok(reader) => reader,
        // A sheet of a chart has no cells.
        Err(_) => return,
    };
    let mut row = Row::default();
    while roll.going() {
        let cell = match reader.next_cell() {
            Ok(Some(cell)) => cell,
            Ok(None) => break,
            Err(error) => {
                roll.file_fault(Problem::Unreadable, &format!("{name}: {error}"));
                break;
            }
        };
        let (line, column) = cell.get_position();
        let number = line as usize + 1;
        if number != row.number {
            if !row.cells.is_empty() && !take(&mut row, roll) {
                return;
            }
            row = Row {
                number,
                cells: Vec::new(),
            };
        }
        if column < COLUMNS_MAX
            && let Some(cell) = meaning(cell.get_value())
        {
            row.cells.push((column as usize, cell));
        }
    }
    if roll.going() && !row.cells.is_empty() {
        take(&mut row, roll);
    }
}

fn meaning(value: &DataRef<'_>) -> Option<Cell> {
    Some(match value {
        DataRef::Empty => return None,
        DataRef::String(text) if text.is_empty() => return None,
        DataRef::String(text) => Cell::Text(text.clone()),
        DataRef::SharedString(text) => Cell::Text((*text).to_owned()),
        DataRef::Int(number) => Cell::Number(*number as f64),
        DataRef::Float(number) => Cell::Number(*number),
        DataRef::Bool(value) => Cell::Bool(*value),
        DataRef::DateTime(_) | DataRef::DateTimeIso(_) | DataRef::DurationIso(_) => Cell::Date,
        DataRef::Error(_) => Cell::Error,
    })
}
