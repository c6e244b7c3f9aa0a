//! Owns the words that ask a reader to confirm having studied the documents, and the link that
//! begins the answer. It refuses to follow anybody: only what a reader sends says anything.

use super::mime::mailto;
use super::{Frame, Item, Occasion, subject, text, wording};
use crate::edition::Note;
use crate::organisation::Language;

/// Characters of the names of documents in the answer; a link that is too long opens nowhere.
const NAMES_MAX: usize = 160;

/// The sentence that asks; empty where the letter does not.
pub(super) fn ask(frame: &Frame<'_>) -> String {
    let Some(day) = frame.confirm_by else {
        return String::new();
    };
    let day = wording::day(day, frame.language);
    match (frame.occasion == Occasion::Reminder, frame.language) {
        (false, Language::Vi) => format!(
            "Đề nghị đồng chí xác nhận đã nghiên cứu trước ngày {day} bằng cách trả lời thư này."
        ),
        (false, Language::En) => format!(
            "Please confirm before {day} that you have studied them, by replying to this letter."
        ),
        (true, Language::Vi) => {
            "Đề nghị đồng chí xác nhận đã nghiên cứu bằng cách trả lời thư này.".to_owned()
        }
        (true, Language::En) => {
            "Please confirm that you have studied them, by replying to this letter.".to_owned()
        }
    }
}

/// The answer as a link, its subject and words filled in, with the place of the token; empty where
/// the letter does not ask.
pub(super) fn link(frame: &Frame<'_>, items: &[Item]) -> String {
    if frame.confirm_by.is_none() {
        return String::new();
    }
    let studied = |i: &&Item| matches!(i.note, Note::New | Note::Correction | Note::Reminder);
    let names = items
        .iter()
        .filter(studied)
        .map(|item| subject::short(item, frame.language));
    let names = text::cut(&names.collect::<Vec<_>>().join(", "), NAMES_MAX);
    let (subject, body) = match frame.language {
        Language::Vi => (
            format!("Xác nhận đã nghiên cứu [{}]", text::TOKEN),
            format!("Tôi xác nhận đã nghiên cứu: {names}."),
        ),
        Language::En => (
            format!("Confirmation [{}]", text::TOKEN),
            format!("I confirm that I have studied: {names}."),
        ),
    };
    let to = frame.sender.reply_to.as_ref();
    mailto(to.unwrap_or(&frame.sender.from), &subject, &body)
}
