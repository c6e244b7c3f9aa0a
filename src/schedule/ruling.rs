//! Owns what becomes of slots that have no edition yet: run, run late, or skipped and why. It
//! refuses to know how a slot is run and where the ruling is written.

use std::time::Duration;

use chrono::{DateTime, Utc};

use super::{Due, Schedule, Slot};
use crate::organisation::Language;
use crate::spelling::words;

/// How long after `due_at` a slot still counts as run on time: the sweep that notices slots comes
/// once a minute.
pub const PUNCTUAL: Duration = Duration::from_secs(120);

words! {
    /// Why a slot is not run.
    Why {
        /// Noticed too late: older than `catch_up`.
        Missed = "missed",
        /// Missed, and a later slot runs in its place.
        Overtaken = "overtaken",
        /// Moved off a holiday onto or past the next slot of its own schedule.
        Merged = "merged",
        /// On a holiday, where the schedule says skip.
        Holiday = "holiday",
        /// Before the moment up to which members had been told when the ledger was restored.
        Restored = "restored",
    }
}

impl Why {
    /// The reason as a sentence for a person.
    #[must_use]
    pub fn sentence(self, language: Language) -> &'static str {
        match (self, language) {
            (Self::Missed, Language::En) => {
                "The slot was missed and found too late to be caught up."
            }
            (Self::Missed, Language::Vi) => "Lần gửi bị lỡ và đã quá thời hạn gửi bù.",
            (Self::Overtaken, Language::En) => {
                "The slot was missed; the latest missed slot runs in its place."
            }
            (Self::Overtaken, Language::Vi) => {
                "Lần gửi bị lỡ; lần gửi bị lỡ gần nhất được thực hiện thay."
            }
            (Self::Merged, Language::En) => {
                "The slot fell on a holiday and is merged into the next one."
            }
            (Self::Merged, Language::Vi) => {
                "Lần gửi rơi vào ngày nghỉ lễ, được gộp vào lần gửi kế tiếp."
            }
            (Self::Holiday, Language::En) => {
                "The slot fell on a holiday and is skipped as the schedule says."
            }
            (Self::Holiday, Language::Vi) => "Lần gửi rơi vào ngày nghỉ lễ, bỏ qua theo lịch gửi.",
            (Self::Restored, Language::En) => {
                "The slot lies before the moment up to which members had been told when the ledger \
                 was restored."
            }
            (Self::Restored, Language::Vi) => {
                "Lần gửi trước thời điểm đã phổ biến mà Văn phòng cho biết khi khôi phục sổ."
            }
        }
    }
}

/// What becomes of a slot.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ruling {
    /// It runs now.
    Run {
        /// Later than [`PUNCTUAL`].
        late: bool,
    },
    /// It does not run, and this is recorded.
    Skip {
        /// The reason.
        why: Why,
    },
}

impl Schedule {
    /// Rules on slots that have no edition, as [`Schedule::slots`] gave them in order: of those
    /// due by `now` the latest runs if it is younger than `catch_up`; the others are skipped with
    /// the reason. A slot still to come is left out. Every slot due by `now` gets a ruling.
    #[must_use]
    pub fn rule(&self, open: &[Due], now: DateTime<Utc>) -> Vec<(Slot, Ruling)> {
        let age = |slot: &Slot| (now - slot.due_at).to_std().ok();
        let may_run = |due: &Due| {
            due.skip.is_none() && age(&due.slot).is_some_and(|a| a <= self.catch_up.max(PUNCTUAL))
        };
        let chosen = open
            .iter()
            .rev()
            .find(|due| may_run(due))
            .map(|due| due.slot);
        open.iter()
            .filter(|due| due.skip.is_some() || due.slot.due_at <= now)
            .map(|due| {
                let slot = due.slot;
                let ruling = match due.skip {
                    Some(why) => Ruling::Skip { why },
                    None if chosen == Some(slot) => Ruling::Run {
                        late: age(&slot).is_some_and(|a| a > PUNCTUAL),
                    },
                    None if may_run(due) => Ruling::Skip {
                        why: Why::Overtaken,
                    },
                    None => Ruling::Skip { why: Why::Missed },
                };
                (slot, ruling)
            })
            .collect()
    }
}
