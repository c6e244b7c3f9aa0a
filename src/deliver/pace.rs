//! Owns how fast letters may start: the configured rate, halved where the server says too much and
//! raised again step by step (AIMD). It refuses to know where what was learnt is kept.

use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};
use serde::{Deserialize, Serialize};
use tokio::time::Instant;

/// Never slower than this many a minute.
const RATE_MIN: f64 = 6.0;
/// What a minute without complaint adds, a minute.
const RATE_STEP: f64 = 1.0;
/// What servers count within, as far as we know.
const WINDOW: TimeDelta = TimeDelta::minutes(1);
/// How long nothing starts after the server said too much.
const REST: Duration = Duration::from_secs(60);
/// Longest rest that is taken over from an earlier process; its clock may have been wrong.
const REST_MAX: TimeDelta = TimeDelta::hours(24);
/// Letters that may start at once after a quiet time, as a part of a minute's rate.
const BURST_SECONDS: f64 = 1.0;

/// What a server taught us about its limits, for the next start.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub(super) struct Learnt {
    /// The rate in force, a minute.
    pub(super) rate: f64,
    /// When it was.
    at: DateTime<Utc>,
    /// Nothing starts before.
    rest_until: Option<DateTime<Utc>>,
    /// When the server's word last lowered the rate.
    #[serde(default)]
    lowered_at: Option<DateTime<Utc>>,
}

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
    /// Until then part of the last minute was rest: what went out in it says little.
    odd_until: Option<Instant>,
    /// When the rate was lowered, and until when complaints are about what went out before that.
    lowered_at: Option<(DateTime<Utc>, Instant)>,
    /// The rate is no longer what was last kept.
    news: bool,
}

impl Pace {
    /// The configured rate, or what was learnt before if that is less.
    pub(super) fn new(
        configured: Option<u32>,
        learnt: Option<Learnt>,
        (now, wall): (Instant, DateTime<Utc>),
    ) -> Self {
        let configured = configured.map(f64::from);
        let mut pace = Self {
            configured,
            rate: configured,
            saved: 1.0,
            filled_at: now,
            raised_at: now,
            rest_until: None,
            odd_until: None,
            lowered_at: None,
            news: false,
        };
        // A value of another form teaches nothing.
        if let Some(learnt) = learnt.filter(|l| l.rate.is_finite()) {
            let minutes = (wall - learnt.at).num_minutes().max(0);
            let rate = learnt.rate.max(RATE_MIN) + RATE_STEP * minutes as f64;
            pace.rate = Some(configured.map_or(rate, |most| rate.min(most)));
            // By now there may be nothing left to remember.
            pace.news = pace.lowered().is_none();
            let until = |at: DateTime<Utc>, after: TimeDelta, most: TimeDelta| {
                let left = (at - wall + after).min(most).to_std().ok()?;
                Some(now + left)
            };
            let rest = learnt.rest_until;
            pace.rest_until = rest.and_then(|at| until(at, TimeDelta::zero(), REST_MAX));
            pace.odd_until = rest.and_then(|at| until(at, WINDOW, REST_MAX));
            let lowered = learnt.lowered_at;
            pace.lowered_at = lowered.and_then(|at| Some((at, until(at, WINDOW, WINDOW)?)));
        }
        pace
    }

    /// What is to be kept for the next start, if it changed: what was learnt, or nothing any more.
    /// It counts as kept once [`Pace::kept`] is called.
    pub(super) fn news(&self, now: Instant, wall: DateTime<Utc>) -> Option<Option<Learnt>> {
        let rest = self
            .rest_until
            .and_then(|until| until.checked_duration_since(now));
        let rest = rest.and_then(|rest| TimeDelta::from_std(rest).ok());
        self.news.then(|| {
            self.lowered().map(|rate| Learnt {
                rate,
                at: wall,
                rest_until: rest.map(|rest| wall + rest),
                lowered_at: self.lowered_at.map(|(at, _)| at),
            })
        })
    }

    /// The news are on record.
    pub(super) fn kept(&mut self) {
        self.news = false;
    }

    /// True while nothing may start because the server said so.
    pub(super) fn rests(&self, now: Instant) -> bool {
        self.rest_until.is_some_and(|until| now < until)
    }

    /// The rate in force where the server made it less than what is configured, a minute.
    pub(super) fn lowered(&self) -> Option<f64> {
        self.rate.filter(|rate| self.configured != Some(*rate))
    }

    /// How many of `wanted` may start now; they count as started.
    pub(super) fn take(&mut self, wanted: usize, now: Instant) -> usize {
        if self.rests(now) {
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

    /// The server said too much after it had taken `seen` letters within a minute: half of that,
    /// or half the rate where that is less, and a rest. Until what went out before has left the
    /// server's minute, it says so again and again; that asks for rests, not for less.
    pub(super) fn too_much(
        &mut self,
        (now, wall): (Instant, DateTime<Utc>),
        rest: Option<Duration>,
        seen: u64,
    ) {
        // Letters that were under way together complain together; that is one complaint.
        if self.rests(now) {
            return;
        }
        let window = WINDOW.to_std().unwrap_or_default();
        if self.lowered_at.is_none_or(|(_, until)| now >= until) {
            let seen = (seen as f64).max(RATE_MIN * 2.0);
            let odd = self.odd_until.is_some_and(|until| now < until);
            let sent = self
                .rate
                .map_or(seen, |rate| if odd { rate } else { rate.min(seen) });
            self.rate = Some((sent / 2.0).max(RATE_MIN));
            self.lowered_at = Some((wall, now + window));
        }
        let rested = now + rest.unwrap_or(REST);
        self.rest_until = Some(rested);
        self.odd_until = Some(rested + window);
        self.news = true;
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
            self.news = true;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const WALL: DateTime<Utc> = DateTime::UNIX_EPOCH;

    fn fresh(configured: Option<u32>, now: Instant) -> Pace {
        Pace::new(configured, None, (now, WALL))
    }

    fn started_in(pace: &mut Pace, from: Instant, seconds: u64) -> usize {
        (0..seconds * 10)
            .map(|i| pace.take(100, from + Duration::from_millis(i * 100)))
            .sum()
    }

    #[test]
    fn keeps_the_configured_rate() {
        let now = Instant::now();
        let mut pace = fresh(Some(600), now);
        let started = started_in(&mut pace, now, 30);
        assert!((295..=311).contains(&started), "{started}");
        assert_eq!(fresh(None, now).take(1000, now), 1000);
    }

    #[test]
    fn halves_when_the_server_complains_and_rises_again() {
        let now = Instant::now();
        let mut pace = fresh(Some(600), now);
        pace.too_much((now, WALL), None, 600);
        pace.too_much((now, WALL), None, 600);
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

    #[test]
    fn complaints_about_one_minute_lower_the_rate_once() {
        let now = Instant::now();
        let at = |seconds| {
            let later = Duration::from_secs(seconds);
            (now + later, WALL + TimeDelta::from_std(later).unwrap())
        };
        let rest = Some(Duration::from_secs(20));
        let mut pace = fresh(None, now);
        // The server takes 300 a minute: until the first minute is over it has them before it.
        for (seconds, seen) in [(0, 300), (20, 300), (40, 301)] {
            pace.too_much(at(seconds), rest, seen);
            assert_eq!(pace.rate, Some(150.0), "{seconds}");
            assert_eq!(pace.take(9, at(seconds + 19).0), 0, "it rests all the same");
        }
        // Also for the process that comes after.
        let learnt = pace.news(at(40).0, at(40).1).flatten();
        for (seconds, rate) in [(59, 150.0), (60, 75.0)] {
            let mut next = Pace::new(None, learnt, at(seconds - 20));
            next.rest_until = None;
            next.too_much(at(seconds), rest, 300);
            assert_eq!(next.rate, Some(rate), "{seconds}");
        }
        // It counts within an hour: of the last minute the most was rest, which is no measure.
        pace.too_much(at(60), rest, 1);
        assert_eq!(pace.rate, Some(75.0));
        // A minute of work is one again.
        pace.take(9, at(150).0);
        pace.too_much(at(150), rest, 40);
        assert_eq!(pace.rate, Some(20.0));
    }

    #[test]
    fn what_was_learnt_survives_and_grows_meanwhile() {
        let (now, wall) = (Instant::now(), WALL);
        let mut pace = fresh(Some(600), now);
        assert_eq!(pace.news(now, wall), None, "nothing to keep");
        pace.too_much((now, WALL), Some(Duration::from_secs(300)), 400);
        let news = pace.news(now, wall);
        assert_eq!(pace.news(now, wall), news, "until it is on record");
        let json = serde_json::to_string(&news.unwrap()).unwrap();
        pace.kept();
        assert_eq!(pace.news(now, wall), None);

        let learnt: Option<Learnt> = serde_json::from_str(&json).unwrap();
        let again = |seconds| {
            let wall = wall + TimeDelta::seconds(seconds);
            Pace::new(Some(600), learnt, (now, wall))
        };
        assert_eq!(again(0).rate, Some(200.0));
        assert_eq!(again(299).take(1, now), 0, "still resting");
        assert_eq!(again(301).take(1, now), 1);
        assert_eq!(again(3600).rate, Some(260.0), "60 minutes, 60 more");
        assert_eq!(
            again(1_000_000).rate,
            Some(600.0),
            "never above what is configured"
        );
        let far = learnt.map(|learnt| Learnt {
            rest_until: Some(DateTime::<Utc>::MAX_UTC),
            lowered_at: Some(DateTime::<Utc>::MAX_UTC),
            ..learnt
        });
        let far = Pace::new(None, far, (now, wall));
        assert!(far.rests(now + Duration::from_secs(86_399)), "bounded");
        assert!(!far.rests(now + Duration::from_secs(86_401)), "bounded");
        let back = again(-86_400 * 3650);
        assert_eq!(back.rate, Some(200.0), "a clock set back raises nothing");
        let rest = back.rest_until.unwrap() - now;
        assert!(rest <= Duration::from_secs(86_400), "{rest:?}");
    }

    #[test]
    fn a_rate_that_is_back_leaves_nothing_to_remember() {
        let now = Instant::now();
        let mut pace = fresh(Some(10), now);
        pace.too_much((now, WALL), None, 0);
        pace.kept();
        let later = now + Duration::from_secs(3600);
        pace.take(1, later);
        assert_eq!(pace.news(later, WALL), Some(None));
    }
}
