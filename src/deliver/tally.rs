//! Owns the counting of a run: what ended how, for the last line and the exit code. It refuses to
//! know single deliveries.

use std::time::Duration;

use crate::delivery::State;
use crate::ledger::log::Queue;

/// What a run of delivery did, and what it left.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Tally {
    /// Accepted by the server in this run.
    pub sent: u64,
    /// Ended without arriving in this run.
    pub failed: u64,
    /// Cancelled in this run when they would have been claimed.
    pub cancelled: u64,
    /// Attempts of this run that were put off, to be tried again.
    pub put_off: u64,
    /// Attempts of this run of which nobody can say whether they arrived.
    pub in_doubt: u64,
    /// How the queue stood at the end.
    pub queue: Queue,
    /// How long it took.
    pub took: Duration,
}

impl Tally {
    /// Counts a settlement.
    pub(super) fn count(&mut self, state: State) {
        match state {
            State::Sent => self.sent += 1,
            State::Failed => self.failed += 1,
            State::Cancelled => self.cancelled += 1,
            State::Deferred => self.put_off += 1,
            State::Unknown => self.in_doubt += 1,
            State::Pending | State::Sending | State::Bounced => {}
        }
    }

    /// True where every delivery that the run touched, or should have, is sent.
    #[must_use]
    pub fn all_sent(&self) -> bool {
        let left = self.queue.pending - self.queue.paused
            + self.queue.sending
            + self.queue.deferred
            + self.queue.unknown;
        self.failed == 0 && self.cancelled == 0 && left == 0
    }
}
