//! Owns when a delivery is tried again and when phobien gives up. It refuses to know the clock and
//! chance: both are arguments.

use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};

use super::{Event, Outcome, State};

/// `[delivery]`, as the retry rules need it.
#[derive(Clone, Debug)]
pub struct RetryPolicy {
    /// Waits between attempts; the last one repeats; each is varied by ± 20 %.
    pub retry_after: Vec<Duration>,
    /// Counted from the first attempt that got a reply to RCPT.
    pub give_up_after: Duration,
    /// A doubtful delivery is held for a person instead of being sent again once.
    pub hold_unknown: bool,
    /// Wait before a doubtful delivery is sent again.
    pub unknown_after: Duration,
}

/// Where one delivery stands between attempts, as the ledger keeps it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Progress {
    /// Its state.
    pub state: State,
    /// Attempts that got an answer about this recipient, or none after the dot.
    pub attempts: u32,
    /// Attempts that ended in doubt although we did not crash.
    pub doubts: u32,
    /// It was ever in doubt.
    pub maybe_arrived: bool,
    /// When the server first answered about this recipient.
    pub first_reply_at: Option<DateTime<Utc>>,
    /// When it is tried again by itself; none for `unknown` means held for a person.
    pub next_attempt_at: Option<DateTime<Utc>>,
}

impl RetryPolicy {
    /// The progress after an attempt on a delivery in `sending`. `chance` in 0..1 spreads retries;
    /// it is asked only where there is one.
    #[must_use]
    pub fn after(
        &self,
        before: &Progress,
        outcome: &Outcome,
        now: DateTime<Utc>,
        chance: impl FnOnce() -> f64,
    ) -> Progress {
        let mut next = Progress {
            next_attempt_at: None,
            ..before.clone()
        };
        let event = match outcome {
            Outcome::Sent(_) => Event::Accepted,
            Outcome::Refused(_) => Event::Refused,
            Outcome::Deferred(_) => Event::PutOff,
            Outcome::Unknown(_) => Event::Doubted,
            Outcome::Trouble(_) | Outcome::Barred(_) | Outcome::TooMuch(_) => Event::Released,
        };
        next.state = before
            .state
            .on(event, before.maybe_arrived)
            .unwrap_or(before.state);
        if event == Event::Released {
            return next;
        }
        next.attempts += 1;
        if event == Event::Doubted {
            next.doubts += 1;
            next.maybe_arrived = true;
            let again = !self.hold_unknown && next.doubts == 1;
            next.next_attempt_at = again.then(|| now + delta(self.unknown_after));
            return next;
        }
        let first = *next.first_reply_at.get_or_insert(now);
        if next.state == State::Deferred {
            let at = now + self.wait(next.attempts, chance());
            if at - first > delta(self.give_up_after) {
                let gave_up = State::Deferred.on(Event::GaveUp, next.maybe_arrived);
                next.state = gave_up.unwrap_or(State::Failed);
            } else {
                next.next_attempt_at = Some(at);
            }
        }
        next
    }

    /// The wait after the `attempts`-th attempt, varied by ± 20 %.
    fn wait(&self, attempts: u32, chance: f64) -> TimeDelta {
        let index = (attempts.max(1) as usize - 1).min(self.retry_after.len().max(1) - 1);
        let base = self
            .retry_after
            .get(index)
            .copied()
            .unwrap_or(Duration::from_secs(3600));
        delta(base.mul_f64(0.8 + 0.4 * chance.clamp(0.0, 1.0)))
    }
}

/// A configured duration; configuration bounds them far below what a `TimeDelta` holds.
fn delta(duration: Duration) -> TimeDelta {
    TimeDelta::from_std(duration).unwrap_or(TimeDelta::MAX)
}

#[cfg(test)]
mod tests {
    use super::super::{Doubt, Reply};
    use super::*;

    fn policy() -> RetryPolicy {
        RetryPolicy {
            retry_after: [5, 10, 60].map(|m| Duration::from_secs(m * 60)).to_vec(),
            give_up_after: Duration::from_secs(48 * 3600),
            hold_unknown: false,
            unknown_after: Duration::from_secs(900),
        }
    }

    fn sending() -> Progress {
        Progress {
            state: State::Sending,
            attempts: 0,
            doubts: 0,
            maybe_arrived: false,
            first_reply_at: None,
            next_attempt_at: None,
        }
    }

    fn reply(code: u16) -> Reply {
        Reply {
            code,
            enhanced: None,
            text: "x".into(),
        }
    }

    #[test]
    fn puts_off_with_growing_waits_until_it_gives_up() {
        let (policy, mut at) = (policy(), DateTime::UNIX_EPOCH);
        let (mut progress, mut waits) = (sending(), Vec::new());
        let started = at;
        loop {
            progress = policy.after(&progress, &Outcome::Deferred(reply(450)), at, || 0.5);
            if progress.state != State::Deferred {
                break;
            }
            let next = progress.next_attempt_at.unwrap();
            waits.push((next - at).num_minutes());
            at = next;
            progress.state = State::Sending;
        }
        assert_eq!(waits[..4], [5, 10, 60, 60]);
        assert_eq!(progress.state, State::Failed);
        assert!(
            (at - started).num_hours() == 47,
            "{}",
            (at - started).num_hours()
        );
        let early = policy.after(&sending(), &Outcome::Deferred(reply(450)), at, || 0.0);
        assert_eq!((early.next_attempt_at.unwrap() - at).num_seconds(), 240);
    }

    #[test]
    fn trouble_counts_no_attempt_and_doubt_is_resent_once() {
        let (policy, now) = (policy(), DateTime::UNIX_EPOCH);
        let trouble = Outcome::TooMuch(reply(421));
        let freed = policy.after(&sending(), &trouble, now, || 0.5);
        assert_eq!((freed.state, freed.attempts), (State::Pending, 0));
        let doubt = Outcome::Unknown(Doubt::Silence);
        let mut first = policy.after(&sending(), &doubt, now, || 0.5);
        assert_eq!((first.state, first.maybe_arrived), (State::Unknown, true));
        assert_eq!(first.next_attempt_at, Some(now + TimeDelta::minutes(15)));
        first.state = State::Sending;
        let second = policy.after(&first, &doubt, now, || 0.5);
        assert_eq!(
            (second.state, second.next_attempt_at),
            (State::Unknown, None),
            "held"
        );
        let refused = policy.after(&first, &Outcome::Refused(reply(550)), now, || 0.5);
        assert_eq!(
            (refused.state, refused.next_attempt_at),
            (State::Unknown, None)
        );
    }
}
