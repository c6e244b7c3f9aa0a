//! Owns what follows from what a worker brings back: for the row, the gate, the pace and the
//! brake. It refuses to write to the ledger: the next commit does.

use tokio::time::Instant;

use super::super::words::{word_of, words_of};
use super::super::worker::Done;
use super::{BRAKES_MAX, Pump, SWEEP};
use crate::courier::NoLink;
use crate::delivery::{Outcome, Progress, Reply, State, Trouble, Verdict};
use crate::edition::EditionId;
use crate::ledger::LedgerError;
use crate::ledger::deliveries::{Claim, Settlement};
use crate::ledger::outbox::{Outbox, Pause, Server};

/// What a rate is counted over.
const MINUTE: chrono::TimeDelta = chrono::TimeDelta::minutes(1);

impl<L: Outbox> Pump<'_, L> {
    pub(super) fn take(&mut self, done: Done) {
        self.in_flight -= 1;
        match done {
            Done::Attempt(claim, outcome) => self.attempted(&claim, outcome),
            Done::NoLink(claim, none) => self.no_link(&claim, none),
            Done::Unstarted(claim) => self.release(&claim, String::new()),
            Done::Unfit(claim, fault) => {
                tracing::error!(delivery = claim.delivery, fault, "letter cannot be made");
                let why = format!("a letter cannot be made: {fault}");
                self.pause(claim.edition, why.clone());
                self.release(&claim, why);
            }
        }
    }

    fn no_link(&mut self, claim: &Claim, none: NoLink) {
        let now = Instant::now();
        let words = match none {
            NoLink::Trouble(trouble) => {
                self.gate.trouble(now);
                trouble.to_string()
            }
            NoLink::Barred(why) => {
                self.gate.barred(now);
                why
            }
            NoLink::TooMuch(reply) => {
                // Too many connections at once is no matter of the rate while some are served: the
                // worker without one rests.
                self.crowded += 1;
                if !reply.is_about_connections() || self.crowded >= self.rules.connections {
                    self.slower(&reply);
                }
                reply.to_string()
            }
        };
        tracing::warn!(trouble = words, "the mail server cannot be used");
        if self.gate.opens_at().is_some() {
            let trouble = format!(
                "không dùng được máy chủ thư: {words} / the mail server cannot be used: {words}"
            );
            self.turn.server = Some(Server::Troubled(trouble));
            self.withdraw();
        }
        self.release(claim, words);
    }

    fn attempted(&mut self, claim: &Claim, outcome: Outcome) {
        match &outcome {
            Outcome::Sent(_) => self.crowded = 0,
            Outcome::Trouble(trouble) => return self.troubled(claim, trouble),
            Outcome::TooMuch(reply) => self.slower(reply),
            Outcome::Barred(why) => self.pause(claim.edition, why.clone()),
            Outcome::Deferred(_) | Outcome::Refused(_) | Outcome::Unknown(_) => {}
        }
        let answered = matches!(
            outcome,
            Outcome::Sent(_) | Outcome::Deferred(_) | Outcome::Refused(_)
        );
        if answered && self.gate.answered() {
            self.turn.server = Some(Server::Well);
        }
        if self.brakes.len() > BRAKES_MAX {
            self.brakes.clear();
        }
        let brake = self.brakes.entry(claim.edition).or_default();
        if let Verdict::Pause(words) = brake.observe(&outcome) {
            let why = format!("the server refuses many alike, so nobody is blamed: {words}");
            self.pause(claim.edition, why);
            // Whoever resumes has mended something: it counts from the beginning then.
            self.brakes.remove(&claim.edition);
        }
        self.settle(claim, &outcome);
    }

    /// A dialogue that broke is begun again at once; where it breaks a second time over the same
    /// delivery, or hung until its deadline over the recipient, that delivery is put aside, so
    /// that it delays no other. No attempt is counted. A server that says "not now" is taken at
    /// its word at once.
    fn troubled(&mut self, claim: &Claim, trouble: &Trouble) {
        let again = self.troubles.remove(&claim.delivery);
        // The second time it is the delivery's own trouble; the server may serve all others.
        if !again {
            self.gate.trouble(Instant::now());
            if self.gate.opens_at().is_some() {
                self.withdraw();
            }
        }
        if again || trouble.is_over_a_recipient() || matches!(trouble, Trouble::NotNow(_)) {
            return self.set_aside(claim, trouble.to_string());
        }
        self.troubles.insert(claim.delivery);
        self.settle(claim, &Outcome::Trouble(trouble.clone()));
    }

    /// The server says too much. Letters that were under way together complain together; that is
    /// one complaint.
    fn slower(&mut self, reply: &Reply) {
        self.complaint.get_or_insert_with(|| reply.clone());
        self.withdraw();
    }

    /// Follows a complaint. What was too much is what the ledger has of the last minute: this
    /// process may have begun a moment ago, the server counts on.
    pub(super) async fn slow_down(&mut self) -> Result<(), LedgerError> {
        let Some(reply) = &self.complaint else {
            return Ok(());
        };
        let now = Instant::now();
        if !self.pace.rests(now) {
            let settled = self.ledger.taken_since((self.clock)() - MINUTE).await?;
            let sent = |s: &&Settlement| s.progress.state == State::Sent;
            let unsettled = self.turn.settlements.iter().filter(sent).count() as u64;
            let seen = settled + unsettled;
            self.pace
                .too_much((now, (self.clock)()), reply.wait_asked(), seen);
            let rate = self.pace.lowered();
            tracing::warn!(%reply, seen, rate, "too much for the server: slower");
        }
        self.complaint = None;
        Ok(())
    }

    /// Takes back what no worker has begun: nothing may start for now.
    pub(super) fn withdraw(&mut self) {
        while let Some(claim) = self.jobs.ahead() {
            self.in_flight -= 1;
            self.release(&claim, String::new());
        }
    }

    fn set_aside(&mut self, claim: &Claim, words: String) {
        let wait = self
            .rules
            .retry
            .retry_after
            .first()
            .copied()
            .unwrap_or(SWEEP);
        let at = (self.clock)() + chrono::TimeDelta::from_std(wait).unwrap_or_default();
        let progress = Progress {
            state: State::Deferred,
            next_attempt_at: Some(at),
            ..claim.progress.clone()
        };
        self.push(claim, progress, "trouble", None, words, false);
    }

    fn release(&mut self, claim: &Claim, words: String) {
        let progress = Progress {
            state: State::Pending,
            ..claim.progress.clone()
        };
        self.push(claim, progress, "released", None, words, false);
    }

    fn settle(&mut self, claim: &Claim, outcome: &Outcome) {
        let progress =
            self.rules
                .retry
                .after(&claim.progress, outcome, (self.clock)(), self.chance);
        let (code, words, hard) = {
            let (code, words) = words_of(outcome);
            let hard = matches!(outcome, Outcome::Refused(r)
                if r.enhanced.is_some_and(|e| e.class == 5 && e.subject == 1));
            (code, words, hard)
        };
        self.push(claim, progress, word_of(outcome), code, words, hard);
    }

    fn push(
        &mut self,
        claim: &Claim,
        progress: Progress,
        outcome: &'static str,
        reply_code: Option<u16>,
        reply: String,
        hard: bool,
    ) {
        self.turn.touched.insert(claim.edition);
        self.turn.settlements.push(Settlement {
            delivery: claim.delivery,
            edition: claim.edition,
            address: claim.address.clone(),
            progress,
            outcome,
            reply_code,
            reply,
            hard,
        });
    }

    fn pause(&mut self, edition: EditionId, why: String) {
        let detail = format!(
            "đợt gửi {edition} tạm dừng: {why}. Xử lý xong thì cho gửi tiếp / {why}. Mend it, then \
             `phobien resume {edition}`"
        );
        self.turn.pauses.push(Pause {
            edition,
            why,
            detail,
        });
    }
}
