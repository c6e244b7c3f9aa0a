//! Owns when editions fall due: cron, zone, holidays, catch-up. It refuses to know the clock and
//! the ledger.
use crate::organisation::RecipientKind;
use crate::spelling::words;
use chrono::{DateTime, Utc};
use chrono_tz::Tz;
use std::time::Duration;

words! {
    /// What an edition of a schedule holds.
    Content {
        /// What each recipient is owed.
        Owed = "owed",
        /// A round-up of everything since the schedule's previous slot; covers nothing.
        Period = "period",
    }
}

words! {
    /// What happens to a slot on a day off.
    OnHoliday {
        /// The same hour on the next working day.
        NextWorkingDay = "next-working-day",
        /// As if it were a working day.
        Send = "send",
        /// The slot is skipped, on record.
        Skip = "skip",
    }
}
/// A schedule as configured.
#[derive(Clone, Debug)]
pub struct Schedule {
    /// Its name, unique.
    pub name: String,
    /// The cron text, seconds first (six fields).
    pub cron: String,
    /// Its zone.
    pub zone: Tz,
    /// Members or branches.
    pub to: RecipientKind,
    /// Owed or period.
    pub content: Content,
    /// How late a missed slot may still run.
    pub catch_up: Duration,
    /// What happens on a day off.
    pub on_holiday: OnHoliday,
}
/// One occurrence: when it was meant, when it is due (moved off a holiday).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Slot {
    /// The time that cron names; the slot's identity.
    pub nominal_at: DateTime<Utc>,
    /// When it runs.
    pub due_at: DateTime<Utc>,
}
