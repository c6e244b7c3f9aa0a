//! Owns what reaches the eye: results on stdout as tables or JSON lines, everything else on
//! stderr, nothing of it able to steer a terminal. It refuses to know what is shown.

use std::io::{BufWriter, IsTerminal, Stdout, Write};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};

use chrono::{DateTime, Datelike, SubsecRound, Utc};
use chrono_tz::Tz;
use comfy_table::{ContentArrangement, LineStyle, Table, TableStyle};
use serde::{Serialize, Serializer};

use super::stop::Stop;
use crate::organisation::Language;
use crate::spelling;

/// Columns of a table where the terminal does not say.
const WIDTH: u16 = 100;

/// A line under the heads and nothing else.
const LINES: TableStyle =
    TableStyle::new().header_separator(LineStyle::none().fill('─').junction('─'));

/// Where output goes and how it looks.
#[derive(Debug)]
pub(super) struct Screen {
    /// In which language people read it.
    pub(super) language: Language,
    /// JSON lines instead of tables.
    pub(super) json: bool,
    /// The clock that times are shown on.
    pub(super) zone: Tz,
    out: Mutex<BufWriter<Stdout>>,
    closed: AtomicBool,
}

impl Screen {
    pub(super) fn new(language: Language, json: bool, zone: Tz) -> Self {
        Self {
            language,
            json,
            zone,
            out: Mutex::new(BufWriter::new(std::io::stdout())),
            closed: AtomicBool::new(false),
        }
    }

    /// One of two languages.
    pub(super) fn say<'t>(&self, vi: &'t str, en: &'t str) -> &'t str {
        match self.language {
            Language::Vi => vi,
            Language::En => en,
        }
    }

    /// A line of the result for people; nothing with `--json`.
    pub(super) fn line(&self, text: &str) {
        if !self.json {
            self.bytes(text.as_bytes());
            self.bytes(b"\n");
        }
    }

    /// A row of the result for programs; nothing without `--json`.
    pub(super) fn row(&self, row: &impl Serialize) {
        if self.json {
            let text =
                serde_json::to_string(row).unwrap_or_else(|_| unreachable!("rows are plain data"));
            self.bytes(text.as_bytes());
            self.bytes(b"\n");
        }
    }

    /// Bytes of the result as they are.
    pub(super) fn bytes(&self, bytes: &[u8]) {
        // Whoever closed the pipe has read enough; what runs goes on to its end.
        if !self.is_closed() && self.out().write_all(bytes).is_err() {
            self.closed.store(true, Ordering::Relaxed);
        }
    }

    /// Writes out what waits in memory.
    pub(super) fn flush(&self) {
        if !self.is_closed() && self.out().flush().is_err() {
            self.closed.store(true, Ordering::Relaxed);
        }
    }

    /// True where nobody reads any more.
    pub(super) fn is_closed(&self) -> bool {
        self.closed.load(Ordering::Relaxed)
    }

    fn out(&self) -> MutexGuard<'_, BufWriter<Stdout>> {
        self.out.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Something beside the result, to stderr.
    pub(super) fn note(&self, vi: &str, en: &str) {
        note(self.say(vi, en));
    }

    /// It was understood and could not be done, said in one of two languages.
    pub(super) fn failed(&self, vi: &str, en: &str) -> anyhow::Error {
        Stop::failed(self.say(vi, en))
    }

    /// What was asked cannot be understood, said in one of two languages.
    pub(super) fn usage(&self, vi: &str, en: &str) -> anyhow::Error {
        Stop::usage(self.say(vi, en))
    }

    /// A table for people: fitted to the terminal, or tab-separated where something else reads it.
    /// The first of several pages has the heads.
    pub(super) fn table(&self, heads: &[(&str, &str)], rows: Vec<Vec<String>>, first: bool) {
        let heads: Vec<String> = heads
            .iter()
            .map(|(vi, en)| self.say(vi, en).to_owned())
            .collect();
        let rows: Vec<Vec<String>> = rows
            .into_iter()
            .map(|row| row.iter().map(|cell| safe(cell)).collect())
            .collect();
        if !std::io::stdout().is_terminal() {
            for row in first.then_some(&heads).into_iter().chain(&rows) {
                self.line(&row.join("\t"));
            }
            return;
        }
        let mut table = Table::new();
        table.load_style(LINES);
        table.set_content_arrangement(ContentArrangement::Dynamic);
        if table.width().is_none() {
            table.set_width(WIDTH);
        }
        if first {
            table.set_header(heads);
        }
        table.add_rows(rows);
        self.line(&table.trim_fmt());
    }

    /// A time for people, on the organisation's clock.
    pub(super) fn time(&self, at: DateTime<Utc>) -> String {
        let local = at.with_timezone(&self.zone);
        let day = match self.language {
            Language::Vi => ["T2", "T3", "T4", "T5", "T6", "T7", "CN"],
            Language::En => ["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"],
        }[local.weekday().num_days_from_monday() as usize];
        match self.language {
            Language::Vi => format!("{day} {}", local.format("%d/%m/%Y %H:%M:%S")),
            Language::En => format!("{day} {}", local.format("%Y-%m-%d %H:%M:%S")),
        }
    }

    /// A time for programs: RFC 3339 with offset.
    pub(super) fn stamp(&self, at: DateTime<Utc>) -> String {
        at.trunc_subsecs(3)
            .with_timezone(&self.zone)
            .to_rfc3339_opts(chrono::SecondsFormat::AutoSi, false)
    }
}

impl Drop for Screen {
    fn drop(&mut self) {
        self.flush();
    }
}

/// A value without anything that steers a terminal or ends a line.
pub(super) fn safe(text: &str) -> String {
    spelling::line(text)
}

/// A line to stderr. A closed stderr is no fault of ours.
pub(super) fn note(text: &str) {
    let mut stderr = std::io::stderr().lock();
    for line in text.lines() {
        let indent = &line[..line.len() - line.trim_start_matches(' ').len()];
        let _ = writeln!(stderr, "{indent}{}", safe(line));
    }
}

/// What has a written form, as JSON.
pub(super) fn written<T: std::fmt::Display, S: Serializer>(
    value: &Option<T>,
    to: S,
) -> Result<S::Ok, S::Error> {
    match value {
        Some(value) => to.collect_str(value),
        None => to.serialize_none(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_shown_steers_a_terminal() {
        for hostile in [
            "a\u{1b}[31mb",
            "a\u{9b}2Jb",
            "a\r\nb",
            "a\u{202e}b",
            "a\u{7}b",
        ] {
            let shown = safe(hostile);
            assert!(!shown.chars().any(char::is_control), "{shown:?}");
            assert!(!shown.contains('\u{202e}'));
        }
    }

    #[test]
    fn times_are_of_the_organisation() {
        let screen = Screen::new(Language::Vi, true, chrono_tz::Asia::Ho_Chi_Minh);
        let at = DateTime::from_timestamp(1_795_000_000, 0).unwrap();
        assert_eq!(screen.stamp(at), "2026-11-18T18:06:40+07:00");
        assert_eq!(screen.time(at), "T4 18/11/2026 18:06:40");
    }
}
