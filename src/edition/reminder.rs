//! Owns who is to be reminded of what: documents that a letter asked to confirm and that nobody
//! confirmed. It refuses to know how confirmations come in.

use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};

use super::{Candidate, Entry, Note};
use crate::document::{DocumentId, Standing};
use crate::spelling::words;

words! {
    /// How somebody confirmed to have studied a document.
    Means {
        /// On paper, entered by the office.
        Paper = "paper",
        /// By replying to the letter.
        Reply = "reply",
    }
}

/// A document that one of a member's letters asked to confirm.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Asked {
    /// The version.
    pub document: DocumentId,
    /// When the letter went; none where none went yet.
    pub at: Option<DateTime<Utc>>,
    /// Reminders of it so far.
    pub reminders: usize,
    /// The member confirmed.
    pub confirmed: bool,
}

/// What a member is to be reminded of now, in the order of the candidates: what was sent and is
/// still in force, is not confirmed, and whose next reminder has its time. There are never more
/// reminders of a document than waits in `after`.
#[must_use]
pub fn reminded(
    candidates: &[Candidate],
    asked: &[Asked],
    after: &[Duration],
    now: DateTime<Utc>,
) -> Vec<Entry> {
    let is_due = |asked: &Asked| {
        let wait = after.get(asked.reminders);
        let wait = wait.and_then(|wait| TimeDelta::from_std(*wait).ok());
        let due = asked.at.zip(wait).map(|(at, wait)| at + wait);
        !asked.confirmed && due.is_some_and(|due| due <= now)
    };
    let due = |candidate: &&Candidate| {
        let of_this = asked.iter().find(|a| a.document == candidate.document);
        candidate.standing == Standing::Accepted && of_this.is_some_and(is_due)
    };
    let entry = |candidate: &Candidate| Entry {
        document: candidate.document,
        note: Note::Reminder,
    };
    candidates.iter().filter(due).map(entry).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::organisation::Audience;

    #[test]
    fn reminders_are_few_and_end_with_the_confirmation() {
        let day = |n: i64| DateTime::UNIX_EPOCH + TimeDelta::days(n);
        let candidate = |standing| Candidate {
            document: DocumentId(1),
            chain: DocumentId(1),
            standing,
            audience: Audience::Everyone,
            accepted_at: day(0),
            annex_of: None,
        };
        let asked = Asked {
            document: DocumentId(1),
            at: Some(day(0)),
            reminders: 0,
            confirmed: false,
        };
        let after = [5, 12].map(|days| Duration::from_secs(days * 86_400));
        let count = |standing, asked: Asked, at| {
            reminded(&[candidate(standing)], &[asked], &after, day(at)).len()
        };
        let accepted = Standing::Accepted;
        assert_eq!([4, 5, 30].map(|at| count(accepted, asked, at)), [0, 1, 1]);
        let again = |reminders| Asked { reminders, ..asked };
        assert_eq!([11, 12].map(|at| count(accepted, again(1), at)), [0, 1]);
        assert_eq!(count(accepted, again(2), 300), 0, "no more than configured");
        let confirmed = Asked {
            confirmed: true,
            ..asked
        };
        assert_eq!(count(accepted, confirmed, 30), 0);
        assert_eq!(
            count(accepted, Asked { at: None, ..asked }, 30),
            0,
            "never sent"
        );
        assert_eq!(count(Standing::Withdrawn, asked, 30), 0);
        assert_eq!(count(Standing::Superseded, asked, 30), 0);
    }
}
