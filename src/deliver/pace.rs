//! Owns how fast letters may start: the configured rate, halved where the server says too much and
//! raised again step by step (AIMD). It refuses to know why the rate is what it is.

use std::time::Duration;

use tokio::time::Instant;

/// Never slower than this many a minute.
const RATE_MIN: f64 = 6.0;
/// What a minute without complaint adds, a minute.
const RATE_STEP: f64 = 1.0;
/// How long nothing starts after the server said too much.
const REST: Duration = Duration::from_secs(60);
/// Letters that may start at once after a quiet time, as a part of a minute's rate.
const BURST_SECONDS: f64 = 1.0;

/// A bucket of permissions to start.
#[derive(Debug)]
pub(super) struct Pace {
    /// `[smtp] rate`, a minute.
    configured: Option<f64>,
    /// The rate in force, a minute; none: no limit.
    rate: Option<f64>,
    saved: f64,
    filled_at: Instant,
    raised_at: Instant,
    rest_until: Option<Instant>,
    /// Letters accepted in the current and the last minute, to know what rate was too much.
    minute: (Instant, u32),
    last_minute: u32,
}

impl Pace {
    pub(super) fn new(configured: Option<u32>, now: Instant) -> Self {
        let configured = configured.map(f64::from);
        Self {
            configured,
            rate: configured,
            saved: 1.0,
            filled_at: now,
            raised_at: now,
            rest_until: None,
            minute: (now, 0),
            last_minute: 0,
        }
    }

    /// How many of `wanted` may start now; they count as started.
    pub(super) fn take(&mut self, wanted: usize, now: Instant) -> usize {
        if self.rest_until.is_some_and(|until| now < until) {
            return 0;
        }
        self.rest_until = None;
        self.raise(now);
        let Some(rate) = self.rate else { return wanted };
        let burst = (rate / 60.0 * BURST_SECONDS).max(1.0);
        let fresh = (now - self.filled_at).as_secs_f64() * rate / 60.0;
        self.saved = (self.saved + fresh).min(burst);
        self.filled_at = now;
        let started = (0..wanted)
            .take_while(|n| *n as f64 + 1.0 <= self.saved + 1e-9)
            .count();
        self.saved -= started as f64;
        started
    }

    /// Gives back what was taken and not used.
    pub(super) fn untake(&mut self, unused: usize) {
        self.saved += unused as f64;
    }

    /// A letter was accepted.
    pub(super) fn accepted(&mut self, now: Instant) {
        if now - self.minute.0 >= Duration::from_secs(60) {
            self.last_minute = self.minute.1;
            self.minute = (now, 0);
        }
        self.minute.1 += 1;
    }

    /// The server said too much: half the rate, and a rest.
    pub(super) fn too_much(&mut self, now: Instant, rest: Option<Duration>) {
        // Letters that were under way together complain together; that is one complaint.
        if self.rest_until.is_some_and(|until| now < until) {
            return;
        }
        let seen = f64::from(self.last_minute.max(self.minute.1)).max(RATE_MIN * 2.0);
        self.rate = Some((self.rate.unwrap_or(seen).min(seen) / 2.0).max(RATE_MIN));
        self.rest_until = Some(now + rest.unwrap_or(REST));
        self.raised_at = now;
        self.saved = 1.0;
    }

    /// When the next letter may start.
    pub(super) fn next_at(&self, now: Instant) -> Option<Instant> {
        if let Some(until) = self.rest_until.filter(|until| now < *until) {
            return Some(until);
        }
        let rate = self.rate?;
        let missing = (1.0 - self.saved).max(0.0);
        Some(self.filled_at + Duration::from_secs_f64(missing * 60.0 / rate))
    }

    fn raise(&mut self, now: Instant) {
        let Some(rate) = self.rate.filter(|r| self.configured != Some(*r)) else {
            return;
        };
        let minutes = (now - self.raised_at).as_secs() / 60;
        if minutes > 0 {
            let raised = rate + RATE_STEP * minutes as f64;
            self.rate = Some(self.configured.map_or(raised, |most| raised.min(most)));
            self.raised_at = now;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn started_in(pace: &mut Pace, from: Instant, seconds: u64) -> usize {
        (0..seconds * 10)
            .map(|i| pace.take(100, from + Duration::from_millis(i * 100)))
            .sum()
    }

    #[test]
    fn keeps_the_configured_rate() {
        let now = Instant::now();
        let mut pace = Pace::new(Some(600), now);
        let started = started_in(&mut pace, now, 30);
        assert!((295..=311).contains(&started), "{started}");
        assert_eq!(Pace::new(None, now).take(1000, now), 1000);
    }

    #[test]
    fn halves_when_the_server_complains_and_rises_again() {
        let now = Instant::now();
        let mut pace = Pace::new(Some(600), now);
        for _ in 0..600 {
            pace.accepted(now);
        }
        pace.too_much(now, None);
        pace.too_much(now, None);
        assert_eq!(
            pace.rate,
            Some(300.0),
            "one complaint, however many letters"
        );
        assert_eq!(pace.take(10, now + Duration::from_secs(59)), 0, "rests");
        assert!(pace.take(10, now + Duration::from_secs(61)) > 0);
        pace.take(1, now + Duration::from_secs(3661));
        assert_eq!(pace.rate, Some(361.0));
        pace.take(1, now + Duration::from_secs(360_000));
        assert_eq!(pace.rate, Some(600.0), "never above what is configured");
    }
}
