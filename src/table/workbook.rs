//! Owns reports as a workbook: a sheet of sums with a chart, a sheet for each group, real dates,
//! filters, a print set-up. Strings stay strings; it refuses to write a formula.

use std::io::Write;
use std::panic::{AssertUnwindSafe, catch_unwind};

use rust_xlsxwriter::{Workbook, Worksheet, XlsxError};

use super::{Cell, Heading, Result, TableError};
use look::Look;
use name::Names;

mod look;
mod name;
mod sums;

/// Rows that a sheet holds below its heads: Excel's 1 048 576 without those. More go on in another
/// sheet.
pub const ROWS_MAX: u32 = 1_048_500;
/// A workbook of more rows is put together on the disk.
const IN_MEMORY_MAX: u64 = 50_000;
/// Above it all rows stand in one list: nobody leafs through more sheets, and each is an open file.
const SHEETS_MAX: usize = 200;
/// Points: two lines.
const HEAD_HEIGHT: f64 = 32.0;
/// Characters of a column at least.
const NARROWEST: u16 = 6;

/// A workbook being written.
pub(super) struct Book<W: Write + Send> {
    book: Workbook,
    out: W,
    heading: Heading,
    look: Look,
    names: Names,
    one_list: bool,
    group: String,
    /// The list that rows go to now.
    list: Option<List>,
}

/// A sheet of rows, by its place in the workbook.
#[derive(Debug)]
struct List {
    sheet: usize,
    /// The row of the heads.
    head: u32,
    /// The next row to be written.
    next: u32,
    /// Characters of the widest cell so far, by column.
    widths: Vec<u16>,
}

impl<W: Write + Send> Book<W> {
    pub(super) fn begin(heading: Heading, out: W) -> Result<Self> {
        let mut book = Workbook::new();
        if heading.rows > IN_MEMORY_MAX {
            book.set_tempdir(&heading.scratch)?;
        }
        let look = Look::new(heading.language);
        let mut names = Names::default();
        let one_list = heading.one_list || heading.sums.groups.len() > SHEETS_MAX;
        if !heading.one_list {
            let sheet = book.add_worksheet();
            sheet.set_name(names.free(heading.summary))?;
            sums::write(sheet, &heading, &look)?;
        }
        let mut new = Self {
            book,
            out,
            heading,
            look,
            names,
            one_list,
            group: String::new(),
            list: None,
        };
        if new.one_list {
            let name = new.heading.title.clone();
            new.open(&name)?;
        }
        Ok(new)
    }

    pub(super) fn group(&mut self, name: String) -> Result<()> {
        if !self.one_list {
            self.close()?;
            self.open(&name)?;
        }
        self.group = name;
        Ok(())
    }

    pub(super) fn rows(&mut self, rows: &[Vec<Cell>]) -> Result<()> {
        for row in rows {
            if self
                .list
                .as_ref()
                .is_some_and(|list| list.next - list.head > ROWS_MAX)
            {
                self.close()?;
                let one = self.one_list.then(|| self.heading.title.clone());
                let name = one.unwrap_or_else(|| self.group.clone());
                self.open(&name)?;
            }
            self.row(row)?;
        }
        Ok(())
    }

    pub(super) fn finish(mut self) -> Result<()> {
        if self.heading.rows == 0 && self.one_list {
            let (look, nothing) = (&self.look, self.heading.nothing);
            if let Some(list) = &self.list {
                let sheet = self.book.worksheet_from_index(list.sheet)?;
                sheet.write_string_with_format(list.next, 0, nothing, &look.quiet)?;
            }
        }
        self.close()?;
        let Self {
            mut book,
            mut out,
            heading,
            ..
        } = self;
        guarded(&heading, || book.save_to_writer(&mut out))?;
        Ok(out.flush()?)
    }

    /// Begins a sheet of rows.
    fn open(&mut self, name: &str) -> Result<()> {
        let large = self.heading.rows > IN_MEMORY_MAX;
        let sheet = if large {
            self.book.add_worksheet_with_constant_memory()?
        } else {
            self.book.add_worksheet()
        };
        sheet.set_name(self.names.free(name))?;
        let heading = &self.heading;
        let mut heads = vec![heading.serial()];
        heads.extend(self.one_list.then_some(heading.group));
        heads.extend(heading.columns.iter().map(|column| column.head));
        let head = if heading.one_list {
            sums::opening(sheet, heading, &self.look)?
        } else {
            0
        };
        for (column, text) in heads.iter().enumerate() {
            sheet.write_string_with_format(head, at(column), *text, &self.look.head)?;
        }
        sheet.set_row_height(head, HEAD_HEIGHT)?;
        sheet.set_freeze_panes(head + 1, 0)?;
        sheet.set_repeat_rows(head, head)?;
        look::print(sheet, heading, name);
        // A head stands in two lines; the mark of a filter takes room beside it.
        let width = |text: &&str| (breadth(text) / 2).saturating_add(6);
        self.list = Some(List {
            sheet: self.book.worksheets().len() - 1,
            head,
            next: head + 1,
            widths: heads.iter().map(width).collect(),
        });
        Ok(())
    }

    fn row(&mut self, row: &[Cell]) -> Result<()> {
        let Some(list) = &mut self.list else {
            return Ok(());
        };
        let number = Cell::Number(u64::from(list.next - list.head));
        let group = self.one_list.then(|| Cell::text(&self.group));
        let cells = std::iter::once(&number).chain(&group).chain(row);
        let sheet = self.book.worksheet_from_index(list.sheet)?;
        for (column, cell) in cells.enumerate() {
            if let Some(width) = list.widths.get_mut(column) {
                *width = (*width).max(self.look.breadth(cell));
            }
            let place = (list.next, at(column));
            let written = || match (column, cell) {
                (0, Cell::Number(count)) => {
                    let (count, look) = (*count as f64, &self.look.serial);
                    sheet.write_number_with_format(place.0, place.1, count, look)?;
                    Ok(())
                }
                _ => write(sheet, place, cell, &self.look),
            };
            guarded(&self.heading, written)?;
        }
        list.next += 1;
        Ok(())
    }

    /// Ends the sheet that rows go to: what depends on all of them.
    fn close(&mut self) -> Result<()> {
        let Some(list) = self.list.take() else {
            return Ok(());
        };
        let widest = self.heading.columns.iter().map(|column| column.widest);
        let lead = [NARROWEST, 26]
            .into_iter()
            .take(1 + usize::from(self.one_list));
        let sheet = self.book.worksheet_from_index(list.sheet)?;
        for (column, (width, widest)) in list.widths.iter().zip(lead.chain(widest)).enumerate() {
            let width = (*width).clamp(NARROWEST, widest.max(NARROWEST));
            sheet.set_column_width(at(column), f64::from(width))?;
        }
        let last = list.next.saturating_sub(1).max(list.head);
        sheet.autofilter(list.head, 0, last, at(list.widths.len() - 1))?;
        Ok(())
    }
}

fn write(
    sheet: &mut Worksheet,
    (row, column): (u32, u16),
    cell: &Cell,
    look: &Look,
) -> std::result::Result<(), XlsxError> {
    match cell {
        Cell::Empty => sheet.write_blank(row, column, &look.text)?,
        Cell::Text(text) => sheet.write_string_with_format(row, column, text, &look.text)?,
        Cell::Word(text, tone) => {
            sheet.write_string_with_format(row, column, text, look.tone(*tone))?
        }
        Cell::Number(count) => {
            sheet.write_number_with_format(row, column, *count as f64, &look.number)?
        }
        Cell::Time(at) => {
            let time = look::excel(*at)?;
            sheet.write_datetime_with_format(row, column, &time, &look.time)?
        }
    };
    Ok(())
}

/// The writer of large workbooks panics where its disk takes no more; here that is an error.
fn guarded(
    heading: &Heading,
    work: impl FnOnce() -> std::result::Result<(), XlsxError>,
) -> Result<()> {
    let done = catch_unwind(AssertUnwindSafe(work));
    Ok(done.map_err(|_| TableError::Scratch(heading.scratch.clone()))??)
}

/// A column's number.
fn at(column: usize) -> u16 {
    u16::try_from(column).unwrap_or(u16::MAX)
}

/// Characters of a text.
fn breadth(text: &str) -> u16 {
    u16::try_from(text.chars().count()).unwrap_or(u16::MAX)
}
