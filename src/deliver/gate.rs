//! Owns whether the server may be tried: a circuit breaker with one probe while it is away, and
//! fifteen quiet minutes where it refuses *us*. It refuses to know recipients.

use std::time::Duration;

use tokio::time::Instant;

/// First wait after the server went away; doubled up to [`WAIT_MAX`].
const WAIT_FIRST: Duration = Duration::from_secs(5);
/// Longest wait between probes.
const WAIT_MAX: Duration = Duration::from_secs(300);
/// Wait after the server refused our login or our certificate check refused it: more attempts
/// could lock the account.
const WAIT_BARRED: Duration = Duration::from_secs(900);

/// Lets work through, or one probe, or nothing.
#[derive(Debug)]
pub(super) struct Gate {
    /// Links that may break at once without the server being away.
    connections: usize,
    /// Troubles since the last answer about a recipient.
    streak: usize,
    shut_until: Option<Instant>,
    /// The server answered since the start.
    served: bool,
}

impl Gate {
    pub(super) fn new(connections: usize) -> Self {
        Self {
            connections,
            streak: 0,
            shut_until: None,
            served: false,
        }
    }

    /// The server answered about a recipient: it is there. True where that is news, as it also is
    /// at first: what an earlier process noted of its trouble is over.
    pub(super) fn answered(&mut self) -> bool {
        let news = self.shut_until.is_some() || !self.served;
        self.streak = 0;
        self.shut_until = None;
        self.served = true;
        news
    }

    /// A link could not be made, or broke. The first troubles of a round, as when a server closes
    /// idle links, cost nothing; then the waits grow.
    pub(super) fn trouble(&mut self, now: Instant) {
        self.streak += 1;
        if self.streak <= self.connections {
            return;
        }
        let doublings = u32::try_from(self.streak - self.connections - 1)
            .unwrap_or(16)
            .min(16);
        let wait = WAIT_FIRST.saturating_mul(1 << doublings).min(WAIT_MAX);
        self.shut_until = Some(now + wait);
    }

    /// The server, or our check of it, refuses us.
    pub(super) fn barred(&mut self, now: Instant) {
        self.streak = self.streak.max(self.connections) + 1;
        self.shut_until = Some(now + WAIT_BARRED);
    }

    /// How many letters may be under way: all, one probe, or none.
    pub(super) fn width(&self, most: usize, now: Instant) -> usize {
        match self.shut_until {
            None => most,
            Some(until) if now >= until => 1,
            Some(_) => 0,
        }
    }

    /// When the gate lets something through again, where it is shut.
    pub(super) fn opens_at(&self) -> Option<Instant> {
        self.shut_until
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn broken_links_are_replaced_at_once_a_dead_server_is_probed() {
        let (mut gate, now) = (Gate::new(2), Instant::now());
        gate.trouble(now);
        gate.trouble(now);
        assert_eq!(gate.width(8, now), 8);
        gate.trouble(now);
        assert_eq!(gate.width(8, now), 0);
        assert_eq!(gate.width(8, now + WAIT_FIRST), 1, "one probe");
        let later = now + WAIT_FIRST;
        gate.trouble(later);
        assert_eq!(gate.width(8, later + WAIT_FIRST), 0, "the wait grew");
        for _ in 0..40 {
            gate.trouble(later);
        }
        assert_eq!(gate.width(8, later + WAIT_MAX), 1);
        assert!(gate.answered(), "the first answer");
        assert!(!gate.answered(), "no news");
        assert_eq!(gate.width(8, later), 8);
        gate.barred(later);
        assert_eq!(gate.width(8, later + WAIT_MAX), 0);
    }
}
