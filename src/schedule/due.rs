//! Owns which slots a schedule has between two moments, and which of them fall to a holiday or
//! into the next one. It refuses to know which slots were run.

use chrono::{DateTime, LocalResult, NaiveDate, NaiveDateTime, TimeDelta, TimeZone, Utc};
use chrono_tz::Tz;

use super::{Calendar, Cron, Holiday, OnHoliday, Schedule, Slot, Why};

/// Most slots answered at once; more stand after the last one.
pub const SLOTS_MAX: usize = 100_000;

/// A slot, and why it is not to run if the calendar says so.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Due {
    /// When.
    pub slot: Slot,
    /// None: it is to run.
    pub skip: Option<Why>,
}

impl Schedule {
    /// The slots with `after < nominal_at` and `due_at <= until` in order, the skipped ones with
    /// their reason (known from their nominal time on). At most [`SLOTS_MAX`], the earliest: ask
    /// again after the last one while so many come.
    #[must_use]
    pub fn slots(
        &self,
        calendar: &Calendar,
        after: DateTime<Utc>,
        until: DateTime<Utc>,
    ) -> Vec<Due> {
        let all = self
            .from(calendar, after)
            .take_while(|due| due.slot.nominal_at <= until);
        all.filter(|due| due.skip.is_some() || due.slot.due_at <= until)
            .take(SLOTS_MAX)
            .collect()
    }

    /// The next `n` slots that will run, with `due_at > after`: what `check` and `status` show.
    #[must_use]
    pub fn next_due(&self, n: usize, calendar: &Calendar, after: DateTime<Utc>) -> Vec<Slot> {
        // Of the slots already named only the last can still be due: the others are merged.
        let second = TimeDelta::seconds(1);
        let from = self
            .previous(after + second)
            .map_or(after, |last| last - second);
        let running = self.from(calendar, from).filter(|due| due.skip.is_none());
        running
            .map(|due| due.slot)
            .filter(|slot| slot.due_at > after)
            .take(n.min(SLOTS_MAX))
            .collect()
    }

    /// The nominal time before `nominal_at`, from which a round-up reaches.
    #[must_use]
    pub fn previous(&self, before: DateTime<Utc>) -> Option<DateTime<Utc>> {
        let mut local = before.with_timezone(&self.zone).naive_local();
        // Where the clock is set back, times past `before` on the clock were shown before it.
        if let Some(first_pass) = instant(local, self.zone).filter(|at| *at < before) {
            local += before - first_pass;
        }
        for _ in 0..SLOTS_MAX {
            local = self.cron.previous_local(local)?;
            if let Some(at) = instant(local, self.zone).filter(|at| *at < before) {
                return Some(at);
            }
        }
        None
    }

    /// The slots after a moment in order, without end.
    fn from<'a>(
        &'a self,
        calendar: &'a Calendar,
        after: DateTime<Utc>,
    ) -> impl Iterator<Item = Due> + 'a {
        let mut nominal = Nominal::new(&self.cron, self.zone, after).peekable();
        // One day is asked about many times in a row by a schedule of every minute.
        let mut day: Option<(NaiveDate, Option<Holiday>)> = None;
        std::iter::from_fn(move || {
            let nominal_at = nominal.next()?;
            let date = nominal_at.with_timezone(&self.zone).date_naive();
            let known = day
                .filter(|(known, _)| *known == date)
                .map(|(_, holiday)| holiday);
            let holiday = known.unwrap_or_else(|| calendar.holiday(date));
            day = Some((date, holiday));
            let next = nominal.peek().copied();
            Some(match holiday {
                None => Due {
                    slot: Slot {
                        nominal_at,
                        due_at: nominal_at,
                    },
                    skip: None,
                },
                Some(_) => self.on_holiday(calendar, nominal_at, next),
            })
        })
    }

    /// A slot on a holiday: as it is, skipped, or the same hour of the next working day.
    fn on_holiday(
        &self,
        calendar: &Calendar,
        nominal_at: DateTime<Utc>,
        next: Option<DateTime<Utc>>,
    ) -> Due {
        let slot = |due_at| Slot { nominal_at, due_at };
        match self.on_holiday {
            OnHoliday::Send => Due {
                slot: slot(nominal_at),
                skip: None,
            },
            OnHoliday::Skip => Due {
                slot: slot(nominal_at),
                skip: Some(Why::Holiday),
            },
            OnHoliday::NextWorkingDay => {
                let local = nominal_at.with_timezone(&self.zone).naive_local();
                let day = calendar.next_working_day(local.date());
                let moved = day.and_then(|day| instant(day.and_time(local.time()), self.zone));
                let Some(due_at) = moved else {
                    return Due {
                        slot: slot(nominal_at),
                        skip: Some(Why::Holiday),
                    };
                };
                let merged = next.is_some_and(|next| next <= due_at);
                Due {
                    slot: slot(due_at),
                    skip: merged.then_some(Why::Merged),
                }
            }
        }
    }
}

/// The moments that a cron text names in a zone, each later than the one before.
struct Nominal<'a> {
    cron: &'a Cron,
    zone: Tz,
    local: Option<NaiveDateTime>,
    last: DateTime<Utc>,
}

impl<'a> Nominal<'a> {
    fn new(cron: &'a Cron, zone: Tz, after: DateTime<Utc>) -> Self {
        let local = Some(after.with_timezone(&zone).naive_local());
        Self {
            cron,
            zone,
            local,
            last: after,
        }
    }
}

impl Iterator for Nominal<'_> {
    type Item = DateTime<Utc>;

    fn next(&mut self) -> Option<DateTime<Utc>> {
        // Local times that a gap makes one moment, or that the second pass of an overlap repeats,
        // are passed over: at most those of one such stretch.
        for _ in 0..SLOTS_MAX {
            self.local = self.cron.next_local(self.local?);
            let at = instant(self.local?, self.zone)?;
            if at > self.last {
                self.last = at;
                return Some(at);
            }
        }
        None
    }
}

/// Longest gap that a zone ever made by moving its clock, minutes: Samoa left out a whole day.
const GAP_MINUTES_MAX: i64 = 25 * 60;

/// The moment at which a clock in `zone` shows `local`: the first where it is shown twice, the end
/// of the gap where it is left out.
fn instant(local: NaiveDateTime, zone: Tz) -> Option<DateTime<Utc>> {
    match zone.from_local_datetime(&local) {
        LocalResult::Single(at) | LocalResult::Ambiguous(at, _) => Some(at.with_timezone(&Utc)),
        LocalResult::None => end_of_gap(local, zone),
    }
}

fn end_of_gap(local: NaiveDateTime, zone: Tz) -> Option<DateTime<Utc>> {
    let before = (1..=GAP_MINUTES_MAX).find_map(|minutes| {
        let earlier = local.checked_sub_signed(TimeDelta::minutes(minutes))?;
        zone.from_local_datetime(&earlier).latest()
    })?;
    // By the clock of before the gap `local` would be this moment; the clock moved in between.
    let after = before.with_timezone(&Utc) + (local - before.naive_local());
    let (mut low, mut high) = (before.timestamp(), after.timestamp());
    while high - low > 1 {
        let middle = low + (high - low) / 2;
        let at = DateTime::from_timestamp(middle, 0)?.with_timezone(&zone);
        if at.naive_local() < local {
            low = middle
        } else {
            high = middle
        }
    }
    DateTime::from_timestamp(high, 0)
}

#[cfg(test)]
mod tests;
