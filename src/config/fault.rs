//! Owns what is wrong with a configuration: where, what, and what to write instead, in both
//! languages. It refuses to know which keys there are.

use std::path::PathBuf;

use toml::de::DeValue;

use crate::organisation::{Language, Phrase};
use crate::spelling::words;

words! {
    /// How bad a fault is.
    Level {
        /// Nothing runs with it.
        Error = "error",
        /// It runs, but not as the line may have meant.
        Warning = "warning",
    }
}

/// One fault of a configuration.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fault {
    /// Error or warning.
    pub level: Level,
    /// The file as it was named.
    pub file: PathBuf,
    /// From 1.
    pub line: usize,
    /// From 1, in characters.
    pub column: usize,
    /// `smtp.url`, `schedule[2].cron`; empty where the file is no TOML.
    pub key: String,
    /// What is wrong.
    pub message: Phrase,
    /// What to write instead.
    pub instead: Phrase,
}

impl Fault {
    /// What is wrong, for a person.
    #[must_use]
    pub fn message(&self, language: Language) -> &str {
        self.message.to(language)
    }

    /// What to write instead, for a person.
    #[must_use]
    pub fn instead(&self, language: Language) -> &str {
        self.instead.to(language)
    }
}

/// What a reader of one value has to say about it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Complaint {
    pub(super) message: Phrase,
    pub(super) instead: Phrase,
}

impl Complaint {
    pub(super) fn new(message: Phrase, instead: Phrase) -> Self {
        Self { message, instead }
    }

    /// The value is of another kind than expected.
    pub(super) fn kind(value: &DeValue<'_>, expected: Phrase, example: &str) -> Self {
        let (vi, en) = match value {
            DeValue::String(_) => ("một chuỗi ký tự", "a text"),
            DeValue::Integer(_) => ("một số nguyên", "an integer"),
            DeValue::Float(_) => ("một số thập phân", "a decimal number"),
            DeValue::Boolean(_) => ("true/false", "true or false"),
            DeValue::Datetime(_) => ("ngày giờ", "a date or time"),
            DeValue::Array(_) => ("một danh sách", "a list"),
            DeValue::Table(_) => ("một bảng", "a table"),
        };
        let message = Phrase::new(
            format!("ở đây là {vi}, cần {}", expected.vi),
            format!("this is {en}, expected {}", expected.en),
        );
        Self::new(message, Phrase::same(example))
    }

    /// The text is none of a closed set of words.
    pub(super) fn word(text: &str, known: &[&str]) -> Self {
        let message = Phrase::new(
            format!("không hiểu giá trị `{text}`"),
            format!("`{text}` is not understood here"),
        );
        Self::new(message, Phrase::same(known.join(" | ")))
    }

    /// A feature that this version lacks.
    pub(super) fn not_in_this_version(instead_vi: &str, instead_en: &str) -> Self {
        let message = Phrase::new(
            "chưa có trong phiên bản này",
            "not in this version of phobien",
        );
        Self::new(message, Phrase::new(instead_vi, instead_en))
    }
}

/// The word of `known` nearest to `text`, if near enough to be a slip of the keyboard.
pub(super) fn nearest<'a>(text: &str, known: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let near = |word: &&str| distance(&text.to_lowercase(), &word.to_lowercase());
    let best = known.into_iter().min_by_key(near)?;
    (near(&best) <= 1 + best.len() / 4).then_some(best)
}

/// Longest text that is compared, characters.
const COMPARED_MAX: usize = 64;

/// Levenshtein's distance: how many characters must be put in, taken out or changed.
fn distance(a: &str, b: &str) -> usize {
    let b: Vec<char> = b.chars().take(COMPARED_MAX).collect();
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for (i, x) in a.chars().take(COMPARED_MAX).enumerate() {
        let mut diagonal = i;
        row[0] = i + 1;
        for (j, y) in b.iter().enumerate() {
            let changed = diagonal + usize::from(x != *y);
            diagonal = row[j + 1];
            row[j + 1] = changed.min(diagonal + 1).min(row[j] + 1);
        }
    }
    row[b.len()]
}
