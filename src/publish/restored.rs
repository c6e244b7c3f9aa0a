//! Owns what a restored ledger puts on record of the time that it does not know: editions, held in
//! doubt, of everything that members may have been sent then, and the slots of then. It refuses to
//! send any of it.

use std::collections::HashSet;

use chrono::{DateTime, Utc};

use super::{Order, Press, Published, Result, free_second, in_transaction, own_schedules, skip};
use crate::document::DocumentId;
use crate::ledger::{Ledger, LedgerError, editions, slots, told_until};
use crate::schedule::{Content, Slot, Why};

/// Freezes what was owed when the copy was made, and what `arrived` by `until`, as an edition of
/// each schedule of which every letter is in doubt: nobody gets it again unless a person settles
/// so. Answers those that hold letters; none where nobody was told anything after the copy was
/// made.
///
/// # Errors
/// The ledger failed, or a letter could not be composed.
pub async fn count_as_told(
    ledger: &Ledger,
    press: &Press<'_>,
    (copied_at, until): (DateTime<Utc>, DateTime<Utc>),
    arrived: &HashSet<DocumentId>,
    now: DateTime<Utc>,
) -> Result<Vec<Published>> {
    let mut told = Vec::new();
    if until <= copied_at {
        return Ok(told);
    }
    let rows = ledger.documents().await?;
    let there = rows.iter().filter(|row| {
        row.first_seen_at <= copied_at && row.accepted_at.is_some_and(|at| at <= copied_at)
    });
    let documents: HashSet<_> = there.map(|row| row.id).chain(arrived.clone()).collect();
    let schedules = press.config.schedules.iter();
    for schedule in schedules.filter(|schedule| schedule.content == Content::Owed) {
        let at = free_second(ledger, &schedule.name, until).await?;
        let slot = Slot {
            nominal_at: at,
            due_at: at,
        };
        let order = Order {
            documents: Some(documents.clone()),
            ..Order::of(schedule, slot, false)
        };
        let mut tx = ledger.begin().await?;
        let published = in_transaction(&mut tx, ledger, press, &order, now).await?;
        // In the same transaction: not for a moment is any of it a letter that waits.
        told_until::hold_all(&mut tx, published.edition.id, now).await?;
        editions::mark_urgent_done(&mut tx, documents.iter()).await?;
        tx.commit().await.map_err(LedgerError::from)?;
        told.push(published);
    }
    told.retain(|published| published.edition.total > 0);
    Ok(told)
}

/// Puts the slots up to `until` that have no edition on record as skipped: whatever was sent then
/// was sent by the ledger that is lost.
///
/// # Errors
/// The ledger failed.
pub async fn skip_until(
    ledger: &Ledger,
    press: &Press<'_>,
    until: DateTime<Utc>,
    now: DateTime<Utc>,
) -> Result<usize> {
    let config = press.config;
    let (calendar, mut skipped) = (config.calendar(), 0);
    for schedule in config.schedules.iter().chain(&own_schedules(config)) {
        let name = (
            schedule.name.as_str(),
            schedule.cron.as_str(),
            schedule.zone.name(),
        );
        let mut tx = ledger.begin().await?;
        let since = slots::known_since(&mut tx, name, now).await?;
        tx.commit().await.map_err(LedgerError::from)?;
        let on_record = ledger.slots_on_record(&schedule.name, since).await?;
        for due in schedule.slots(&calendar, since, until) {
            if !on_record.contains(&due.slot.nominal_at) {
                let why = due.skip.unwrap_or(Why::Restored);
                skip(ledger, &schedule.name, due.slot, why, now).await?;
                skipped += 1;
            }
        }
    }
    Ok(skipped)
}
