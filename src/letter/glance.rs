//! Owns a period at a glance: how many documents of which kind, how many urgent, how many that the
//! reader was not sent yet. It refuses to list them; the letter does.

use super::{Item, NAME_MAX, text, wording};
use crate::edition::Note;
use crate::organisation::Language;

/// Kinds that are named; the others are counted together.
const KINDS_MAX: usize = 6;

/// One sentence; empty for a single document, which says all of it itself.
pub(super) fn glance(items: &[Item], language: Language) -> String {
    if items.len() < 2 {
        return String::new();
    }
    let mut kinds: Vec<(String, usize)> = Vec::new();
    let mut others = 0;
    for item in items {
        let kind = item.facts.kind.as_ref();
        let kind = kind.map(|kind| wording::capital(&text::clean(&kind.value, NAME_MAX)));
        match kind.filter(|kind| !kind.is_empty()) {
            None => others += 1,
            Some(kind) => match kinds.iter_mut().find(|(known, _)| *known == kind) {
                Some((_, count)) => *count += 1,
                None => kinds.push((kind, 1)),
            },
        }
    }
    // Of as many, the one that stands first in the letter.
    kinds.sort_by_key(|(_, count)| std::cmp::Reverse(*count));
    others += kinds.iter().skip(KINDS_MAX).map(|(_, n)| n).sum::<usize>();
    kinds.truncate(KINDS_MAX);
    let mut parts: Vec<String> = kinds.iter().map(|(k, n)| named(k, *n, language)).collect();
    let urgent = items.iter().filter(|i| i.facts.urgency.is_some()).count();
    let unsent = items.iter().filter(|i| i.note == Note::Listed).count();
    let mut sentence = match language {
        Language::Vi => {
            parts.extend((others > 0).then(|| format!("{others:02} văn bản khác")));
            format!("Gồm {}", parts.join(", "))
        }
        Language::En => {
            parts.extend((others > 0).then(|| format!("{others} other")));
            format!("Of them {}", parts.join(", "))
        }
    };
    for (count, vi, en) in [
        (urgent, "văn bản khẩn", "urgent"),
        (unsent, "văn bản chưa gửi", "not sent to you yet"),
    ] {
        match language {
            _ if count == 0 => {}
            Language::Vi => sentence.push_str(&format!("; {count:02} {vi}")),
            Language::En => sentence.push_str(&format!("; {count} {en}")),
        }
    }
    sentence + "."
}

/// `, trong đó có 01 văn bản hỏa tốc`: by the highest mark, since the reader begins with those;
/// nothing where none is urgent, or where the letter is of one alone.
pub(super) fn among(items: &[Item], language: Language) -> String {
    let mark = |item: &Item| item.facts.urgency.as_ref().map(|u| u.value);
    let Some(highest) = items.iter().filter_map(mark).max() else {
        return String::new();
    };
    if items.len() < 2 {
        return String::new();
    }
    let count = items.iter().filter(|i| mark(i) == Some(highest)).count();
    let word = wording::urgency(Some(highest), language).to_lowercase();
    match language {
        Language::Vi => format!(", trong đó có {count:02} văn bản {word}"),
        Language::En => format!(", {count} of them {word}"),
    }
}

/// `02 Chỉ thị`, `2 Directive (Chỉ thị)`
fn named(kind: &str, count: usize, language: Language) -> String {
    match (language, wording::kind_in_english(kind)) {
        (Language::Vi, _) => format!("{count:02} {kind}"),
        (Language::En, Some(english)) => format!("{count} {english} ({kind})"),
        (Language::En, None) => format!("{count} {kind}"),
    }
}
