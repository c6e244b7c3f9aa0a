//! Owns a pattern that is written once and compiled at first use. It refuses to know what is
//! looked for.

use std::ops::Range;
use std::sync::OnceLock;

use regex::{Captures, Regex};

/// Letters of Latin writing, Vietnamese among them. Those of all writing are hundreds of ranges,
/// and a pattern with several of them takes longer to compile than a page to read.
const LATIN: &str = "[A-Za-zªºÀ-ÖØ-öø-ɏḀ-ỿ]";

/// A regular expression of the code's own, never of a user. One that does not compile matches
/// nothing; a test compiles them all. `\p{L}` and `\d` mean Latin letters and digits.
pub(super) struct Pattern {
    text: &'static str,
    regex: OnceLock<Option<Regex>>,
}

impl Pattern {
    pub(super) const fn new(text: &'static str) -> Self {
        Self {
            text,
            regex: OnceLock::new(),
        }
    }

    fn regex(&self) -> Option<&Regex> {
        self.regex
            .get_or_init(|| {
                let text = self.text.replace(r"\p{L}", LATIN);
                Regex::new(&text.replace(r"\d", "[0-9]")).ok()
            })
            .as_ref()
    }

    /// Where the pattern first matches.
    pub(super) fn find(&self, text: &str) -> Option<Range<usize>> {
        Some(self.regex()?.find(text)?.range())
    }

    /// True where it matches anywhere.
    pub(super) fn is_match(&self, text: &str) -> bool {
        self.find(text).is_some()
    }

    /// The groups of the first match.
    pub(super) fn captures<'t>(&self, text: &'t str) -> Option<Captures<'t>> {
        self.regex()?.captures(text)
    }

    /// True where it compiles.
    #[cfg(test)]
    pub(super) fn compiles(&self) -> bool {
        self.regex().is_some()
    }
}

/// What stands in a group, or nothing.
pub(super) fn group<'t>(captures: &Captures<'t>, name: &str) -> Option<&'t str> {
    captures.name(name).map(|m| m.as_str())
}
