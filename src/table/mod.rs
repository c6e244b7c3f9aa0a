//! Owns the shape of a report, heads, sums and rows in groups, and its writing as CSV, XLSX or a
//! page to print. It refuses to know what the rows mean and where they come from.

mod delimited;
mod page;
mod workbook;

use std::io::Write;
use std::path::PathBuf;

use chrono::NaiveDateTime;

use crate::organisation::Language;
use crate::spelling;

use delimited::Delimited;
use page::Page;
use workbook::Book;

pub use workbook::ROWS_MAX;

/// Characters of one cell: Excel's limit is 32 767, an eye's is far below.
const TEXT_MAX: usize = 2000;

/// How a word in a cell is meant.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Tone {
    /// As it should be.
    Good,
    /// Still under way.
    Waiting,
    /// Somebody has to deal with it.
    Bad,
    /// Neither.
    Plain,
}

/// One cell. Text is one line without anything invisible.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Cell {
    /// Nothing.
    Empty,
    /// Text, written as text whatever it begins with.
    Text(String),
    /// A word that is meant in a tone.
    Word(String, Tone),
    /// A count.
    Number(u64),
    /// A time on the organisation's clock.
    Time(NaiveDateTime),
}

impl Cell {
    /// Foreign text; empty text is nothing.
    #[must_use]
    pub fn text(text: &str) -> Self {
        let line: String = spelling::line(text).chars().take(TEXT_MAX).collect();
        if line.is_empty() {
            Self::Empty
        } else {
            Self::Text(line)
        }
    }

    /// A time, where there is one.
    #[must_use]
    pub fn time(at: Option<NaiveDateTime>) -> Self {
        at.map_or(Self::Empty, Self::Time)
    }
}

/// A column of the rows.
#[derive(Clone, Copy, Debug)]
pub struct Column {
    /// What stands above it.
    pub head: &'static str,
    /// How many characters wide it gets at most; longer text is wrapped.
    pub widest: u16,
}

/// Counts by group, as a table and a chart before the rows.
#[derive(Clone, Debug, Default)]
pub struct Sums {
    /// What each count is of, and how that is meant: first the whole, then its parts.
    pub heads: Vec<(&'static str, Tone)>,
    /// Groups and their counts, as many as there are heads.
    pub groups: Vec<(String, Vec<u64>)>,
}

impl Sums {
    /// The counts of all groups together.
    #[must_use]
    pub fn total(&self) -> Vec<u64> {
        let count = |at: usize| self.groups.iter().map(|(_, counts)| counts[at]).sum();
        (0..self.heads.len()).map(count).collect()
    }
}

/// Everything of a report but its rows.
#[derive(Clone, Debug)]
pub struct Heading {
    /// The language of the words in it.
    pub language: Language,
    /// Whose report it is.
    pub organisation: String,
    /// What it is.
    pub title: String,
    /// What it is about, line by line: label and value.
    pub facts: Vec<(&'static str, String)>,
    /// What a group is called.
    pub group: &'static str,
    /// The columns of the rows; the group is none of them.
    pub columns: Vec<Column>,
    /// Counts by group.
    pub sums: Sums,
    /// What the sums are called.
    pub summary: &'static str,
    /// What is said where there are no rows.
    pub nothing: &'static str,
    /// What is said below.
    pub note: &'static str,
    /// All rows stand in one list, the group in its first column.
    pub one_list: bool,
    /// How many rows there will be.
    pub rows: u64,
    /// Where a large workbook is put together: a folder on a disk with room.
    pub scratch: PathBuf,
}

impl Heading {
    /// What the counts of all groups are called.
    fn total(&self) -> &'static str {
        match self.language {
            Language::Vi => "Tổng cộng",
            Language::En => "Total",
        }
    }

    /// What stands above the numbers of rows.
    fn serial(&self) -> &'static str {
        match self.language {
            Language::Vi => "STT",
            Language::En => "No.",
        }
    }
}

/// The form of a report.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Form {
    /// A workbook for Excel or LibreOffice.
    Xlsx,
    /// Values for other programs (RFC 4180).
    Csv,
    /// A page to print.
    Html,
}

/// Why a report could not be written.
#[derive(Debug, thiserror::Error)]
pub enum TableError {
    /// The disk, or whoever reads.
    #[error("{0}")]
    Io(#[from] std::io::Error),
    /// The workbook could not be put together.
    #[error("workbook: {0}")]
    Workbook(#[from] rust_xlsxwriter::XlsxError),
    /// The folder in which a large workbook is put together took no more.
    #[error("{}: no room to put a large workbook together; is the disk full?", .0.display())]
    Scratch(PathBuf),
}

/// The result of writing.
pub type Result<T> = std::result::Result<T, TableError>;

/// A report being written, row by row: however long it is, it does not stand in memory. A workbook
/// of few rows does.
pub struct Table<W: Write + Send>(Written<W>);

enum Written<W: Write + Send> {
    Csv(Delimited<W>),
    Xlsx(Box<Book<W>>),
    Html(Page<W>),
}

impl<W: Write + Send> Table<W> {
    /// Begins a report in a form.
    ///
    /// # Errors
    /// It cannot be written.
    pub fn begin(form: Form, heading: Heading, out: W) -> Result<Self> {
        Ok(Self(match form {
            Form::Csv => Written::Csv(Delimited::begin(&heading, out)?),
            Form::Xlsx => Written::Xlsx(Box::new(Book::begin(heading, out)?)),
            Form::Html => Written::Html(Page::begin(heading, out)?),
        }))
    }

    /// The rows that follow are of this group.
    ///
    /// # Errors
    /// It cannot be written.
    pub fn group(&mut self, name: &str) -> Result<()> {
        let name = spelling::line(name);
        match &mut self.0 {
            Written::Csv(csv) => csv.group(name),
            Written::Xlsx(book) => book.group(name)?,
            Written::Html(page) => page.group(&name)?,
        }
        Ok(())
    }

    /// The next rows, each with a cell for every column.
    ///
    /// # Errors
    /// It cannot be written.
    pub fn rows(&mut self, rows: &[Vec<Cell>]) -> Result<()> {
        match &mut self.0 {
            Written::Csv(csv) => csv.rows(rows),
            Written::Xlsx(book) => book.rows(rows),
            Written::Html(page) => page.rows(rows),
        }
    }

    /// Ends the report; nothing waits in memory after.
    ///
    /// # Errors
    /// It cannot be written.
    pub fn finish(self) -> Result<()> {
        match self.0 {
            Written::Csv(csv) => csv.finish(),
            Written::Xlsx(book) => book.finish(),
            Written::Html(page) => page.finish(),
        }
    }
}

/// A time for people, `24/11/2026 07:30`, in English `2026-11-24 07:30`: seconds are noise to them.
fn moment(at: NaiveDateTime, language: Language) -> String {
    let form = match language {
        Language::Vi => "%d/%m/%Y %H:%M",
        Language::En => "%Y-%m-%d %H:%M",
    };
    at.format(form).to_string()
}
