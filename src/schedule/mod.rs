//! Owns when editions fall due: cron, zone, holidays, catch-up. It refuses to know the clock and
//! the ledger: every moment is an argument, and who has an edition already is the caller's matter.

mod calendar;
mod cron;
mod due;
mod lunar;
mod ruling;

use std::time::Duration;

use chrono::{DateTime, Utc};
use chrono_tz::Tz;

use crate::organisation::RecipientKind;
use crate::spelling::words;

pub use calendar::{Calendar, Holiday};
pub use cron::{Cron, CronFault};
pub use due::{Due, SLOTS_MAX};
pub use lunar::{LunarDay, solar_of_lunar};
pub use ruling::{PUNCTUAL, Ruling, Why};

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
    /// What happens to a slot on a public or configured holiday. A plain weekend is no holiday:
    /// a cron text that names Saturdays means them.
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
    /// When, on the clock of `zone`.
    pub cron: Cron,
    /// Its zone.
    pub zone: Tz,
    /// Members or branches.
    pub to: RecipientKind,
    /// Owed or period.
    pub content: Content,
    /// How late a missed slot may still run, counted from `due_at`.
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
