//! Owns how one document is laid out for reading: a label, the value, and in dim what it rests on,
//! wrapped to the terminal. It refuses to know where the document came from.

use std::io::IsTerminal;

use super::row::Linked;
use super::show::{Screen, safe};
use crate::document::{Fact, Facts, Signer};

/// Columns of the labels.
const LABEL: usize = 16;
/// A narrower terminal is treated as this.
const NARROW: usize = 50;
/// Longer lines tire the eye.
const WIDE: usize = 110;

/// A label in both languages.
pub(super) type Label = (&'static str, &'static str);

/// A document being laid out.
pub(super) struct Card<'s> {
    screen: &'s Screen,
    /// Columns of the terminal; none where something else reads.
    width: Option<usize>,
    dim: bool,
}

impl<'s> Card<'s> {
    pub(super) fn new(screen: &'s Screen) -> Self {
        let terminal = std::io::stdout().is_terminal();
        let width = comfy_table::Table::new().width().map_or(WIDE, usize::from);
        let plain = super::open::environment("NO_COLOR").is_some_and(|v| !v.is_empty())
            || super::open::environment("TERM").is_some_and(|t| t == "dumb");
        Self {
            screen,
            width: terminal.then(|| width.clamp(NARROW, WIDE)),
            dim: terminal && !plain,
        }
    }

    /// The first line of a card.
    pub(super) fn head(&self, text: &str) {
        let text = safe(text);
        if self.dim {
            self.screen.line(&format!("\u{1b}[1m{text}\u{1b}[0m"));
        } else {
            self.screen.line(&text);
        }
    }

    /// One value; nothing where there is nothing to say.
    pub(super) fn line(&self, label: Label, value: &str) {
        self.noted(label, value, "");
    }

    /// A value and what it rests on.
    fn noted(&self, label: Label, value: &str, note: &str) {
        let (value, note) = (safe(value), safe(note));
        if value.is_empty() {
            return;
        }
        let label = self.screen.say(label.0, label.1);
        let Some(width) = self.width else {
            let note = Some(note).filter(|n| !n.is_empty());
            let note = note.map_or_else(String::new, |n| format!("  [{n}]"));
            self.screen.line(&format!("  {label:<LABEL$}{value}{note}"));
            return;
        };
        let room = width - LABEL - 2;
        let lines = wrapped(&value, room);
        let last = lines.last().map_or(0, |l| l.chars().count());
        let fits = !note.is_empty() && last + 2 + note.chars().count() <= room;
        for (n, line) in lines.iter().enumerate() {
            let label = if n == 0 { label } else { "" };
            let end = if fits && n + 1 == lines.len() {
                format!("  {}", self.faint(&note))
            } else {
                String::new()
            };
            self.screen.line(&format!("  {label:<LABEL$}{line}{end}"));
        }
        if !fits && !note.is_empty() {
            for line in wrapped(&note, room) {
                let line = self.faint(&line);
                self.screen.line(&format!("  {:<LABEL$}{line}", ""));
            }
        }
    }

    fn faint(&self, text: &str) -> String {
        if self.dim {
            format!("\u{1b}[2m{text}\u{1b}[0m")
        } else {
            text.to_owned()
        }
    }

    /// What is known, each with where it was read, how sure that is, and the words.
    pub(super) fn facts(&self, facts: &Facts) {
        self.fact(("Số, ký hiệu", "Symbol"), facts.symbol.as_ref());
        self.fact(("Thể loại", "Type"), facts.kind.as_ref());
        self.fact(("Cơ quan", "Issuer"), facts.issuer.as_ref());
        self.fact(("Ngày", "Issued on"), facts.issued_on.as_ref());
        self.fact(("Trích yếu", "Title"), facts.title.as_ref());
        self.fact(("Độ khẩn", "Urgency"), facts.urgency.as_ref());
        self.fact(("Chữ kèm số", "Letter"), facts.letter.as_ref());
        self.fact(("Lưu hành", "Circulation"), facts.circulation.as_ref());
        if let Some(fact) = &facts.signer {
            let Signer {
                name,
                authority,
                post,
            } = &fact.value;
            self.noted(("Người ký", "Signer"), name, &self.rests(fact, ""));
            self.line(("", ""), authority.as_deref().unwrap_or(""));
            self.line(("", ""), post.as_deref().unwrap_or(""));
        }
        let recipients = facts.recipients.iter().flat_map(|f| &f.value);
        for (n, recipient) in recipients.enumerate() {
            let label = if n == 0 {
                ("Nơi nhận", "Recipients")
            } else {
                ("", "")
            };
            self.line(label, recipient);
        }
        let candidates: Vec<String> = facts.candidates.iter().map(ToString::to_string).collect();
        self.line(("Có thể là", "May be"), &candidates.join(", "));
    }

    /// The documents that this one replaces and amends.
    pub(super) fn links(&self, replaces: Option<&[Linked]>, amends: Option<&[Linked]>) {
        for (label, links) in [
            (("Thay thế, bãi bỏ", "Replaces"), replaces),
            (("Sửa đổi", "Amends"), amends),
        ] {
            let links: Vec<String> = links
                .iter()
                .copied()
                .flatten()
                .map(ToString::to_string)
                .collect();
            self.line(label, &links.join(", "));
        }
    }

    fn fact<T: std::fmt::Display>(&self, label: Label, fact: Option<&Fact<T>>) {
        if let Some(fact) = fact {
            let value = fact.value.to_string();
            self.noted(label, &value, &self.rests(fact, &value));
        }
    }

    /// What a fact rests on: place, confidence, words.
    fn rests<T>(&self, fact: &Fact<T>, value: &str) -> String {
        let screen = self.screen;
        let place = screen.word(fact.origin.word());
        let sure = screen.word(fact.confidence().word());
        // The words of a long fact are cut, and say nothing that the value does not.
        let words = if value.starts_with(&fact.evidence) {
            String::new()
        } else {
            format!(": “{}”", fact.evidence)
        };
        format!("{place}, {sure}{words}")
    }
}

/// Words in lines of at most `room` characters; a longer word has a line of its own.
fn wrapped(text: &str, room: usize) -> Vec<String> {
    let mut lines: Vec<String> = Vec::new();
    let mut length = 0;
    for word in text.split(' ') {
        let long = word.chars().count();
        match lines.last_mut().filter(|_| length + 1 + long <= room) {
            Some(line) => {
                line.push(' ');
                line.push_str(word);
                length += 1 + long;
            }
            None => {
                lines.push(word.to_owned());
                length = long;
            }
        }
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_end_at_words() {
        assert_eq!(wrapped("về một việc", 7), ["về một", "việc"]);
        assert_eq!(wrapped("a bbbbbbbb c", 4), ["a", "bbbbbbbb", "c"]);
        assert_eq!(wrapped("", 4), [""]);
    }
}
