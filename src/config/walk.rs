//! Owns the walk over the TOML tree: which keys were asked for, where each value stands, every
//! fault met on the way. It refuses to know what any key means.

use std::ops::Range;
use std::path::Path;

use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::fault::{Complaint, Fault, Level, nearest};
use crate::organisation::Phrase;

/// The reading of one value: what it means, or what is wrong with it.
pub(super) type Read<T> = Result<T, Complaint>;
type Value<'a> = &'a Spanned<DeValue<'a>>;

/// One table under way.
pub(super) struct Section<'a> {
    /// `smtp`, `schedule[1]`; empty for the root.
    name: String,
    at: usize,
    table: Option<&'a DeTable<'a>>,
    known: Vec<&'static str>,
}

impl<'a> Section<'a> {
    /// The root of a document.
    pub(super) fn root(table: &'a DeTable<'a>) -> Self {
        Self {
            name: String::new(),
            at: 0,
            table: Some(table),
            known: Vec::new(),
        }
    }

    /// True where the table was written down.
    pub(super) fn is_there(&self) -> bool {
        self.table.is_some()
    }

    fn path(&self, key: &str) -> String {
        if self.name.is_empty() {
            key.to_owned()
        } else {
            format!("{}.{key}", self.name)
        }
    }

    fn value(&mut self, key: &'static str) -> Option<Value<'a>> {
        self.known.push(key);
        self.table?.get(key)
    }
}

/// The text being read, and what was found wrong with it.
pub(super) struct Walk<'a> {
    text: &'a str,
    file: &'a Path,
    /// The text is no whole TOML: keys that seem missing may stand in what was not understood.
    broken: bool,
    faults: Vec<Fault>,
    /// Every key that was asked for, for the test of the example.
    pub(super) asked: Vec<String>,
}

impl<'a> Walk<'a> {
    pub(super) fn new(text: &'a str, file: &'a Path) -> Self {
        Self {
            text,
            file,
            broken: false,
            faults: Vec::new(),
            asked: Vec::new(),
        }
    }

    /// A fault of TOML itself.
    pub(super) fn syntax(&mut self, message: &str, span: Option<Range<usize>>) {
        self.broken = true;
        let message = Phrase::new(
            format!("tệp không đúng cú pháp TOML: {message}"),
            format!("not TOML: {message}"),
        );
        let instead = Phrase::new(
            "một dòng có dạng khoá = \"giá trị\"",
            "a line of the form key = \"value\"",
        );
        let at = span.map_or(0, |span| span.start);
        self.push(
            Level::Error,
            at,
            String::new(),
            Complaint::new(message, instead),
        );
    }

    fn push(&mut self, level: Level, at: usize, key: String, complaint: Complaint) {
        let before = self.text.get(..at).unwrap_or(self.text);
        let line_start = before.rfind('\n').map_or(0, |n| n + 1);
        let line = 1 + before.matches('\n').count();
        let column = 1 + before[line_start..].chars().count();
        let Complaint { message, instead } = complaint;
        let file = self.file.to_owned();
        self.faults.push(Fault {
            level,
            file,
            line,
            column,
            key,
            message,
            instead,
        });
    }

    /// The table under a key; an absent one reads as empty.
    pub(super) fn section(&mut self, root: &mut Section<'a>, key: &'static str) -> Section<'a> {
        let name = root.path(key);
        let mut section = Section {
            name,
            at: root.at,
            table: None,
            known: Vec::new(),
        };
        if let Some(value) = root.value(key) {
            section.at = value.span().start;
            match value.get_ref() {
                DeValue::Table(table) => section.table = Some(table),
                other => {
                    let expected = Phrase::new("một bảng", "a table");
                    let complaint = Complaint::kind(other, expected, &format!("[{key}]"));
                    self.push(Level::Error, section.at, section.name.clone(), complaint);
                }
            }
        }
        section
    }

    /// The tables of an array of tables, at most `max`.
    pub(super) fn sections(
        &mut self,
        root: &mut Section<'a>,
        key: &'static str,
        max: usize,
    ) -> Vec<Section<'a>> {
        let Some(value) = root.value(key) else {
            return Vec::new();
        };
        let array = value
            .get_ref()
            .as_array()
            .filter(|array| array.len() <= max);
        let tables: Option<Vec<_>> = array.and_then(|array| {
            array
                .iter()
                .map(|v| Some((v.span().start, v.get_ref().as_table()?)))
                .collect()
        });
        let Some(tables) = tables else {
            let expected = Phrase::new(
                format!("từ 1 đến {max} bảng [[{key}]]"),
                format!("1 to {max} tables [[{key}]]"),
            );
            let complaint = Complaint::kind(value.get_ref(), expected, &format!("[[{key}]]"));
            self.push(Level::Error, value.span().start, root.path(key), complaint);
            return Vec::new();
        };
        let section = |(n, (at, table))| Section {
            name: format!("{}[{}]", root.path(key), n + 1),
            at,
            table: Some(table),
            known: Vec::new(),
        };
        tables.into_iter().enumerate().map(section).collect()
    }

    /// The value under a key, if it is there and can be read.
    pub(super) fn get<T>(
        &mut self,
        section: &mut Section<'a>,
        key: &'static str,
        read: impl FnOnce(&DeValue<'a>) -> Read<T>,
    ) -> Option<T> {
        let path = section.path(key);
        self.asked.push(path.clone());
        let value = section.value(key)?;
        let read = read(value.get_ref());
        read.map_err(|complaint| self.push(Level::Error, value.span().start, path, complaint))
            .ok()
    }

    /// As [`Walk::get`], but an absent key is a fault; `example` is what to write.
    pub(super) fn need<T>(
        &mut self,
        section: &mut Section<'a>,
        key: &'static str,
        example: &str,
        read: impl FnOnce(&DeValue<'a>) -> Read<T>,
    ) -> Option<T> {
        let there = section.table.is_some_and(|table| table.contains_key(key));
        let value = self.get(section, key, read);
        if !there {
            let message = Phrase::new(format!("thiếu khoá `{key}`"), format!("`{key}` is missing"));
            self.missing(section, key, Complaint::new(message, Phrase::same(example)));
        }
        value
    }

    /// A fault about something that is not there.
    pub(super) fn missing(&mut self, section: &Section<'a>, key: &str, complaint: Complaint) {
        if !self.broken {
            self.push(Level::Error, section.at, section.path(key), complaint);
        }
    }

    /// A fault about a key whose value was readable by itself.
    pub(super) fn object(&mut self, section: &Section<'a>, key: &str, complaint: Complaint) {
        self.at_key(Level::Error, section, key, complaint);
    }

    /// As [`Walk::object`], but only a warning.
    pub(super) fn warn(&mut self, section: &Section<'a>, key: &str, complaint: Complaint) {
        self.at_key(Level::Warning, section, key, complaint);
    }

    fn at_key(&mut self, level: Level, section: &Section<'a>, key: &str, complaint: Complaint) {
        let value = section.table.and_then(|table| table.get(key));
        let at = value.map_or(section.at, |value| value.span().start);
        self.push(level, at, section.path(key), complaint);
    }

    /// Ends a section: every key that nobody asked for is a fault.
    pub(super) fn done(&mut self, section: Section<'a>) {
        for key in section.table.into_iter().flat_map(|table| table.keys()) {
            let name = key.get_ref().as_ref();
            if section.known.contains(&name) {
                continue;
            }
            let message = Phrase::new(
                format!("không có khoá nào tên là `{name}`"),
                format!("there is no key `{name}` here"),
            );
            let instead = nearest(name, section.known.iter().copied())
                .map_or_else(|| section.known.join(" | "), ToOwned::to_owned);
            let complaint = Complaint::new(message, Phrase::same(instead));
            self.push(
                Level::Error,
                key.span().start,
                section.path(name),
                complaint,
            );
        }
    }

    /// Every fault in the order of the lines. A line that is no TOML has only that fault.
    pub(super) fn faults(self) -> Vec<Fault> {
        let broken: Vec<usize> = self
            .faults
            .iter()
            .filter(|f| f.key.is_empty())
            .map(|f| f.line)
            .collect();
        let mut faults = self.faults;
        faults.retain(|f| f.key.is_empty() || !broken.contains(&f.line));
        faults.sort_by_key(|fault| (fault.line, fault.column));
        faults
    }
}
