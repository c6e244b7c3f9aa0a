//! Owns the clock of the service, and notices when it jumped: a wrong date must not send a month of
//! editions. It refuses to set anything right; a person does (`resume clock`).

use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};

/// A jump larger than this holds publishing.
const JUMP_MAX: TimeDelta = TimeDelta::hours(1);

/// What time it is.
#[allow(
    clippy::disallowed_methods,
    reason = "the one place that asks the system"
)]
#[must_use]
pub fn now() -> DateTime<Utc> {
    Utc::now()
}

/// Time since boot, suspends included.
fn since_boot() -> Duration {
    let at = rustix::time::clock_gettime(rustix::time::ClockId::Boottime);
    let nanos = u32::try_from(at.tv_nsec).unwrap_or(0);
    Duration::new(u64::try_from(at.tv_sec).unwrap_or(0), nanos)
}

/// Compares the wall clock with the boot clock from look to look.
#[derive(Debug)]
pub(super) struct Watch {
    wall: DateTime<Utc>,
    boot: Duration,
}

impl Watch {
    pub(super) fn start() -> Self {
        Self {
            wall: now(),
            boot: since_boot(),
        }
    }

    /// How far the wall clock jumped since the last look, where that is too far. A suspend moves
    /// both clocks and is no jump.
    pub(super) fn jumped(&mut self) -> Option<TimeDelta> {
        let (wall, boot) = (now(), since_boot());
        let jump = jump((self.wall, self.boot), (wall, boot));
        (self.wall, self.boot) = (wall, boot);
        jump
    }
}

fn jump(before: (DateTime<Utc>, Duration), after: (DateTime<Utc>, Duration)) -> Option<TimeDelta> {
    let passed = TimeDelta::from_std(after.1.saturating_sub(before.1)).unwrap_or(TimeDelta::MAX);
    let jump = (after.0 - before.0) - passed;
    (jump.abs() > JUMP_MAX).then_some(jump)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_suspend_is_no_jump_a_wrong_date_is() {
        let start = (DateTime::UNIX_EPOCH, Duration::from_secs(100));
        let after = |wall: i64, boot: u64| {
            jump(
                start,
                (
                    DateTime::UNIX_EPOCH + TimeDelta::hours(wall),
                    start.1 + Duration::from_secs(boot * 3600),
                ),
            )
        };
        assert_eq!(after(72, 72), None, "three days asleep");
        assert_eq!(after(1, 0), None);
        assert_eq!(after(2, 0), Some(TimeDelta::hours(2)));
        assert_eq!(after(-24, 0), Some(TimeDelta::hours(-24)));
    }
}
