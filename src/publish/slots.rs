//! Owns which slots are due by now and have no edition, and puts the skipped ones on record. It
//! refuses to know what woke it: wake-ups are hints.

use chrono::{DateTime, Utc};

use super::{Order, Result};
use crate::edition::EditionState;
use crate::ledger::editions::{self, NewEdition};
use crate::ledger::{Ledger, LedgerError, slots};
use crate::organisation::Language;
use crate::schedule::{Calendar, Ruling, Schedule, Slot, Why};

/// What is due of one schedule.
#[derive(Debug, Default)]
pub struct Due {
    /// What must be published now.
    pub run: Vec<Order>,
    /// What is not run, and why.
    pub skip: Vec<(String, Slot, Why)>,
}

/// The slots of all schedules that are due by `now` and have no edition.
///
/// # Errors
/// The ledger failed.
pub async fn due_slots(
    ledger: &Ledger,
    schedules: &[Schedule],
    calendar: &Calendar,
    now: DateTime<Utc>,
) -> Result<Due> {
    let mut due = Due::default();
    for schedule in schedules {
        let mut tx = ledger.begin().await?;
        let name = (
            schedule.name.as_str(),
            schedule.cron.as_str(),
            schedule.zone.name(),
        );
        let since = slots::known_since(&mut tx, name, now).await?;
        tx.commit().await.map_err(LedgerError::from)?;
        let on_record = ledger.slots_on_record(&schedule.name, since).await?;
        let open: Vec<_> = schedule
            .slots(calendar, since, now)
            .into_iter()
            .filter(|d| !on_record.contains(&d.slot.nominal_at))
            .collect();
        for (slot, ruling) in schedule.rule(&open, now) {
            match ruling {
                Ruling::Run { late } => due.run.push(Order::of(schedule, slot, late)),
                Ruling::Skip { why } => due.skip.push((schedule.name.clone(), slot, why)),
            }
        }
    }
    Ok(due)
}

/// Puts a skipped slot on record, with its reason: none vanishes.
///
/// # Errors
/// The ledger failed.
pub async fn skip(
    ledger: &Ledger,
    schedule: &str,
    slot: Slot,
    why: Why,
    now: DateTime<Utc>,
) -> Result<()> {
    let new = NewEdition {
        schedule: schedule.to_owned(),
        purpose: super::purpose_of(schedule),
        nominal_at: slot.nominal_at,
        due_at: slot.due_at,
        state: EditionState::Skipped,
        late: false,
        urgent: false,
        why: Some(why.word().to_owned()),
        envelope: String::new(),
    };
    let mut tx = ledger.begin().await?;
    editions::freeze(&mut tx, &new, now).await?;
    tx.commit().await.map_err(LedgerError::from)?;
    let words = why.sentence(Language::En);
    tracing::warn!(schedule, slot = %slot.nominal_at, "slot skipped: {words}");
    Ok(())
}

/// The next slots of all schedules that will run, earliest first, at most `each` of one schedule.
#[must_use]
pub fn upcoming(
    schedules: &[Schedule],
    calendar: &Calendar,
    each: usize,
    after: DateTime<Utc>,
) -> Vec<(String, Slot)> {
    let mut slots: Vec<_> = schedules
        .iter()
        .flat_map(|s| {
            s.next_due(each, calendar, after)
                .into_iter()
                .map(|t| (s.name.clone(), t))
        })
        .collect();
    slots.sort_by_key(|(_, slot)| slot.due_at);
    slots
}
