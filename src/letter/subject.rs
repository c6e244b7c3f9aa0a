//! Owns the subject line: what a reader sees of the letter before opening it. It refuses to know
//! how headers are encoded.

use super::{Frame, Item, Occasion, text, wording};
use crate::document::{Part, Urgency};
use crate::edition::Note;
use crate::organisation::Language;

/// Characters that mail readers show of a subject.
const SHOWN: usize = 78;

/// What the documents of a letter are, taken together.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Tone {
    /// News, perhaps with corrections among them.
    News,
    /// The documents are urgent.
    Urgent(Urgency),
    /// A round-up.
    RoundUp,
    /// Confirmations are asked for once more.
    Reminder,
    /// Nothing but corrections.
    Correction,
    /// Nothing but withdrawals.
    Withdrawal,
}

impl Tone {
    /// The tone of a letter.
    pub(super) fn of(occasion: Occasion, items: &[Item]) -> Self {
        let all = |note| !items.is_empty() && items.iter().all(|i| i.note == note);
        let marks = items.iter().filter_map(|i| i.facts.urgency.as_ref());
        let urgency = marks.map(|u| u.value).max();
        match (occasion, urgency) {
            _ if all(Note::Withdrawn) => Self::Withdrawal,
            (Occasion::Reminder, _) => Self::Reminder,
            (Occasion::Urgent, mark) => Self::Urgent(mark.unwrap_or(Urgency::Khan)),
            _ if all(Note::Correction) => Self::Correction,
            (Occasion::RoundUp, _) => Self::RoundUp,
            (Occasion::Regular | Occasion::Test, _) => Self::News,
        }
    }
}

/// The subject, at most [`SHOWN`] characters.
pub(super) fn subject(frame: &Frame<'_>, items: &[Item]) -> String {
    let (vi, language) = (frame.language == Language::Vi, frame.language);
    let tone = Tone::of(frame.occasion, items);
    let tag = match tone {
        Tone::Urgent(mark) => wording::urgency(Some(mark), language).to_uppercase(),
        Tone::Correction => (if vi { "Đính chính" } else { "Correction" }).to_owned(),
        Tone::Withdrawal => (if vi { "Thu hồi" } else { "Withdrawn" }).to_owned(),
        Tone::Reminder => (if vi { "Nhắc" } else { "Reminder" }).to_owned(),
        Tone::RoundUp if vi => "Tổng hợp văn bản".to_owned(),
        Tone::RoundUp => "Round-up".to_owned(),
        Tone::News => (if vi {
            "Phổ biến văn bản"
        } else {
            "New documents"
        })
        .to_owned(),
    };
    let what = match (tone, items) {
        (Tone::News | Tone::RoundUp, _) => {
            let when = frame.date.date_naive();
            let (from, to) = frame.span.unwrap_or((when, when));
            let when = wording::span(from, to, language);
            format!("{} - {when}", counted(tone, items, language))
        }
        (Tone::Reminder, _) => {
            let what = ("chưa xác nhận nghiên cứu", "not yet confirmed");
            let counted = counted(tone, items, language);
            format!("{counted} {}", if vi { what.0 } else { what.1 })
        }
        (_, [one]) => named(one, language),
        (_, many) => {
            let names: Vec<_> = many.iter().map(|i| short(i, language)).collect();
            let count = wording::count(many.len(), ("", ""), language);
            format!("{count}: {}", names.join(", "))
        }
    };
    let trial = match (frame.occasion, vi) {
        (Occasion::Test, true) => "[Thư thử] ",
        (Occasion::Test, false) => "[Test] ",
        _ => "",
    };
    text::cut(&format!("{trial}[{tag}] {what}"), SHOWN)
}

/// `03 văn bản mới`, in a mixed letter `03 văn bản`.
pub(super) fn counted(tone: Tone, items: &[Item], language: Language) -> String {
    let is_new = |i: &Item| matches!(i.note, Note::New | Note::Listed);
    let what = if tone == Tone::News && items.iter().all(is_new) {
        ("mới", "new")
    } else {
        ("", "")
    };
    wording::count(items.len(), what, language)
}

fn named(item: &Item, language: Language) -> String {
    let title = item
        .facts
        .title
        .as_ref()
        .map(|t| text::clean(&t.value, super::TITLE_MAX));
    match (short(item, language), title.filter(|t| !t.is_empty())) {
        (name, Some(title)) if item.facts.symbol.is_some() => format!("{name}: {title}"),
        (_, Some(title)) => wording::capital(&title),
        (name, None) => name,
    }
}

/// The shortest name of a document: its symbol, else its title, else its file; never nothing.
pub(super) fn short(item: &Item, language: Language) -> String {
    let facts = &item.facts;
    let symbol = facts
        .symbol
        .as_ref()
        .map(|s| text::clean(s.value.as_str(), SHOWN));
    let title = || facts.title.as_ref().map(|t| text::clean(&t.value, SHOWN));
    let name = symbol.or_else(title).filter(|s| !s.is_empty());
    let file = || Some(text::clean(&item.file.name, SHOWN)).filter(|s| !s.is_empty());
    let nameless = || {
        (if language == Language::Vi {
            "văn bản"
        } else {
            "document"
        })
        .to_owned()
    };
    let name = name.or_else(file).unwrap_or_else(nameless);
    if let (Part::Annex(_), Some(main)) = (facts.part, &facts.symbol) {
        let annex = if language == Language::Vi {
            "Phụ lục"
        } else {
            "Annex to"
        };
        return format!("{annex} {}", main.value);
    }
    match (&facts.annex_of, facts.symbol.is_some(), language) {
        (Some(main), false, Language::Vi) => format!("Phụ lục {}", main.value),
        (Some(main), false, Language::En) => format!("Annex to {}", main.value),
        _ => name,
    }
}
