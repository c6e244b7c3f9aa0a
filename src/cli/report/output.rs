//! Owns where a report goes: to a new file that only its writer may read, or to stdout. It refuses
//! to write over anything, and to leave half a report under a report's name.

use std::collections::BTreeMap;
use std::fs::{File, OpenOptions};
use std::io::{self, BufWriter, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use serde::Serialize;

use crate::cli::command::{self, ReportForm};
use crate::cli::open::Desk;
use crate::cli::out::taken;
use crate::cli::show::{Screen, safe};
use crate::spelling;
use crate::table::{Form, Heading, Table};

/// The answer for programs.
#[derive(Serialize)]
struct Row<'a> {
    file: Option<String>,
    format: &'static str,
    rows: u64,
    branches: usize,
    counts: BTreeMap<&'a str, u64>,
}

/// The form of a report, and the file that it goes to.
pub(super) struct Output {
    form: Form,
    file: Option<PathBuf>,
}

/// Where the bytes go.
pub(super) type Sink<'s> = Box<dyn Write + Send + 's>;

impl Output {
    /// As it was asked for; `stem` names a file that nobody named.
    ///
    /// # Errors
    /// There is such a file already.
    pub(super) fn of(desk: &Desk, ask: &command::Report, stem: &str) -> Result<Self> {
        let form = match (ask.format, &ask.out) {
            (Some(form), _) => form,
            (None, Some(file)) => named_after(file),
            (None, None) => ReportForm::Xlsx,
        };
        let (form, extension) = match form {
            ReportForm::Xlsx => (Form::Xlsx, "xlsx"),
            ReportForm::Csv => (Form::Csv, "csv"),
            ReportForm::Html => (Form::Html, "html"),
        };
        // A workbook is nothing for a terminal, and with --json stdout is for rows.
        let default = (form == Form::Xlsx || desk.screen.json)
            .then(|| PathBuf::from(format!("{}.{extension}", harmless(stem))));
        let file = ask.out.clone().or(default);
        if let Some(file) = &file
            && file.symlink_metadata().is_ok()
        {
            return Err(taken(&desk.screen, file));
        }
        Ok(Self { form, file })
    }

    /// Begins the report.
    ///
    /// # Errors
    /// The file cannot be made.
    pub(super) fn begin<'s>(
        &self,
        screen: &'s Screen,
        mut heading: Heading,
    ) -> Result<Table<Sink<'s>>> {
        let out: Sink<'s> = match &self.file {
            None => Box::new(Shown(screen)),
            Some(file) => {
                let part = part(file);
                let folder = file.parent().filter(|p| !p.as_os_str().is_empty());
                heading.scratch = folder.unwrap_or(Path::new(".")).to_owned();
                // One that was broken off earlier.
                match std::fs::remove_file(&part) {
                    Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
                    _ => {
                        let mut new = OpenOptions::new();
                        new.write(true).create_new(true).mode(0o600).open(&part)
                    }
                }
                .map(|file| Box::new(BufWriter::new(file)) as Sink<'s>)
                .with_context(|| part.display().to_string())?
            }
        };
        Ok(Table::begin(self.form, heading, out)?)
    }

    /// Gives the whole report its name and tells of it; what is not whole goes away.
    ///
    /// # Errors
    /// It could not be written.
    pub(super) fn end(
        &self,
        screen: &Screen,
        written: Result<()>,
        (rows, sums): (u64, &crate::table::Sums),
        words: &[&'static str],
    ) -> Result<()> {
        if let Some(file) = &self.file {
            let part = part(file);
            let named = written.and_then(|()| {
                put_in_place(&part, file).map_err(|error| match error.kind() {
                    io::ErrorKind::AlreadyExists => taken(screen, file),
                    _ => anyhow::Error::from(error).context(file.display().to_string()),
                })
            });
            if named.is_err() {
                // That it cannot be removed changes nothing: it is called a part.
                drop(std::fs::remove_file(&part));
            }
            named?;
        } else {
            written?;
        }
        let file = self.file.as_ref().map(|file| file.display().to_string());
        let counts = words.iter().copied().zip(sums.total());
        if let Some(file) = &file {
            let (name, branches) = (safe(file), sums.groups.len());
            let vi = format!("Đã ghi {name}: {rows} dòng, {branches} nhóm");
            let en = format!("Wrote {name}: {rows} rows, {branches} groups");
            screen.line(screen.say(&vi, &en));
        }
        screen.row(&Row {
            file,
            format: match self.form {
                Form::Xlsx => "xlsx",
                Form::Csv => "csv",
                Form::Html => "html",
            },
            rows,
            branches: sums.groups.len(),
            counts: counts.collect(),
        });
        Ok(())
    }
}

/// Bytes that go to stdout.
struct Shown<'s>(&'s Screen);

impl Write for Shown<'_> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.bytes(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        self.0.flush();
        Ok(())
    }
}

fn named_after(file: &Path) -> ReportForm {
    let extension = file.extension().and_then(|e| e.to_str()).unwrap_or("");
    match extension.to_ascii_lowercase().as_str() {
        "csv" => ReportForm::Csv,
        "html" | "htm" => ReportForm::Html,
        _ => ReportForm::Xlsx,
    }
}

/// A name that every system and mail program takes.
fn harmless(stem: &str) -> String {
    let plain = |c: char| match c {
        c if c.is_ascii_alphanumeric() || c == '.' => c,
        _ => '-',
    };
    let name: String = spelling::ascii(stem).chars().map(plain).take(100).collect();
    name.trim_matches(['-', '.']).to_owned()
}

fn part(file: &Path) -> PathBuf {
    let mut name = file.as_os_str().to_owned();
    name.push(".part");
    name.into()
}

/// Puts the bytes on the disk and gives them their name, never over another file.
fn put_in_place(part: &Path, file: &Path) -> io::Result<()> {
    File::open(part)?.sync_all()?;
    // A link, unlike a renaming, refuses where somebody took the name meanwhile.
    match std::fs::hard_link(part, file) {
        Ok(()) => std::fs::remove_file(part),
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => Err(error),
        // Memory sticks and shares know no links.
        Err(_) if file.symlink_metadata().is_err() => std::fs::rename(part, file),
        Err(error) => Err(error),
    }
}
