//! Owns the words that a PDF says its drawings stand for: replacement text, descriptions, expanded
//! abbreviations (ISO 32000-1, 14.9). It refuses those that a page shows anyway.

use hayro_syntax::content::TypedIter;
use hayro_syntax::content::ops::TypedInstruction;
use hayro_syntax::object::{Dict, Name, Object, Stream, String as Words};
use hayro_syntax::page::Page;

use super::hidden::decode;
use super::objects::{self, Visit};

/// The keys under which such words stand, in structure elements and beside marked content.
const KEYS: [&[u8]; 3] = [b"ActualText", b"Alt", b"E"];

/// Collects them, and whether the file is active on the way.
pub(super) struct Replaced {
    stretches: Vec<String>,
    /// Bytes that still fit.
    left: usize,
    /// All fitted and could be read.
    pub(super) whole: bool,
    /// Some dictionary is a script, a launch action or a file.
    pub(super) active: bool,
}

impl Replaced {
    /// Empty, with room for `limit` bytes.
    pub(super) fn new(limit: u64) -> Self {
        Self {
            stretches: Vec::new(),
            left: usize::try_from(limit).unwrap_or(usize::MAX),
            whole: true,
            active: false,
        }
    }

    /// Adds the words beside the marked content of a page.
    pub(super) fn page(&mut self, page: &Page<'_>) {
        if let Some(content) = page.page_stream() {
            self.content(content);
        }
    }

    /// Adds the words beside the marked content of a stream of operators.
    fn content(&mut self, content: &[u8]) {
        if !may_say(content) {
            return;
        }
        let mut operators = TypedIter::new(content);
        while let Some(operator) = operators.next() {
            let beside = match operator {
                TypedInstruction::BeginMarkedContentWithProperties(marked) => marked.1,
                TypedInstruction::MarkedContentPointWithProperties(marked) => marked.1,
                _ => continue,
            };
            if matches!(beside, Object::Dict(_)) {
                self.whole &= objects::one(beside, self);
            }
        }
    }

    /// What no page shows of them, each a paragraph: a word that is shown is a mark or none by its
    /// neighbours on the page.
    pub(super) fn hidden(&self, pages: &[String]) -> String {
        if self.stretches.is_empty() {
            return String::new();
        }
        let shown: String = pages.iter().map(|page| tight(page)).collect();
        let hidden = self.stretches.iter().filter(|s| !shown.contains(&tight(s)));
        hidden.map(|stretch| format!("{stretch}\n\n")).collect()
    }
}

/// A text without its blanks.
fn tight(text: &str) -> String {
    crate::spelling::line(text).split(' ').collect()
}

/// A cheap question, since most pages say nothing: a key, or a name with an escape that may be one.
fn may_say(content: &[u8]) -> bool {
    let holds = |word: &[u8]| content.windows(word.len()).any(|at| at == word);
    content.contains(&b'#') || holds(b"ActualText") || holds(b"/Alt") || holds(b"/E")
}

impl Visit for Replaced {
    fn dict(&mut self, dict: &Dict<'_>) {
        self.active |= super::active::is_active(dict);
        for key in KEYS {
            let Some(words) = dict.get::<Words<'_>>(key) else {
                continue;
            };
            let words = decode(words.as_bytes());
            let words = words.trim();
            if !words.contains(char::is_alphabetic) {
                continue;
            }
            match self.left.checked_sub(words.len()) {
                Some(left) => self.left = left,
                None => {
                    self.whole = false;
                    return;
                }
            }
            self.stretches.push(words.to_owned());
        }
    }

    fn stream(&mut self, stream: &Stream<'_>) {
        let dict = stream.dict();
        let form = dict.get::<Name<'_>>(&b"Subtype"[..]);
        let form = form.is_some_and(|name| name.as_ref() == b"Form");
        if (form || dict.contains_key(b"PatternType"))
            && let Ok(content) = stream.decoded()
        {
            self.content(&content);
        }
    }
}
