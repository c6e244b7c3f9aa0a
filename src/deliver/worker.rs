//! Owns one link and the letters in its hands: connect where needed, deliver, bring back the
//! outcome. It refuses to know states, retries and other workers.
//!
//! While one letter is on its way the next one is prepared already, and its envelope rides behind
//! the letter. Two rules keep that from delaying anybody: a letter is only taken ahead where no
//! other worker is idle, and goes back to the queue where the one before it takes its time.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::mpsc;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

use super::jobs::{Jobs, Next};
use super::sheets::Sheets;
use crate::courier::{Courier, Envelope, Letter, Link, NoLink};
use crate::delivery::{Outcome, Trouble};
use crate::ledger::deliveries::Claim;
use crate::ledger::outbox::Outbox;

/// How long a link is kept without work.
const IDLE_MAX: Duration = Duration::from_secs(30);
/// How long a letter waits for the one before it.
const PATIENCE: Duration = Duration::from_secs(1);
/// A link on which the last letter took longer takes none ahead.
const BRISK: Duration = Duration::from_millis(500);
/// How long a worker rests for which the server had no connection: the others go on.
const CROWDED: Duration = Duration::from_secs(60);

/// What a worker brings back.
#[derive(Debug)]
pub(super) enum Done {
    /// An attempt ended.
    Attempt(Claim, Outcome),
    /// No link: the letter was not tried, and nothing can be for now.
    NoLink(Claim, NoLink),
    /// The letter could not be made from the ledger's bytes.
    Unfit(Claim, String),
    /// Asked to stop before the dialogue began.
    Unstarted(Claim),
}

/// A letter ready to go.
struct Ready {
    claim: Claim,
    envelope: Envelope,
    letter: Letter,
}

/// One worker.
pub(super) struct Worker<L> {
    pub(super) courier: Courier,
    pub(super) sheets: Arc<Sheets<L>>,
    pub(super) jobs: Arc<Jobs>,
    pub(super) done: mpsc::Sender<Done>,
    pub(super) stop: CancellationToken,
}

/// What a worker holds between two letters.
#[derive(Default)]
struct Hands {
    link: Option<Link>,
    /// Taken ahead; its envelope may have left on the link.
    next: Option<Ready>,
    /// The last letter took long.
    slow: bool,
}

impl<L: Outbox> Worker<L> {
    /// Works until the queue closes.
    pub(super) async fn work(self) {
        let mut hands = Hands::default();
        while let Some(ready) = self.next(&mut hands).await {
            let end = if self.stop.is_cancelled() {
                Done::Unstarted(ready.claim)
            } else {
                self.attempt(&mut hands, ready).await
            };
            let crowded = matches!(&end, Done::NoLink(_, NoLink::TooMuch(_)));
            if self.done.send(end).await.is_err() {
                break;
            }
            if crowded {
                self.rest(&mut hands).await;
            }
        }
        hang_up(hands.link).await;
    }

    /// Lets others use the connections there are.
    async fn rest(&self, hands: &mut Hands) {
        if let Some(next) = hands.next.take() {
            self.jobs.push(next.claim);
        }
        tokio::select! {
            () = self.stop.cancelled() => {}
            () = self.jobs.closed() => {}
            () = tokio::time::sleep(CROWDED) => {}
        }
    }

    /// The next letter in hand or in the queue; none once the queue is closed and empty.
    async fn next(&self, hands: &mut Hands) -> Option<Ready> {
        if let Some(ready) = hands.next.take() {
            return Some(ready);
        }
        loop {
            let claim = match self.jobs.next(IDLE_MAX).await {
                Next::Claim(claim) => claim,
                Next::Closed => return None,
                Next::Nothing => {
                    hang_up(hands.link.take()).await;
                    continue;
                }
            };
            if let Some(ready) = self.prepare(claim).await {
                return Some(ready);
            }
        }
    }

    /// Makes the letter; where that fails the pump hears of it.
    async fn prepare(&self, claim: Claim) -> Option<Ready> {
        match self.sheets.letter(&claim).await {
            Ok((envelope, letter)) => Some(Ready {
                claim,
                envelope,
                letter,
            }),
            Err(fault) => {
                // A pump that is gone takes nothing more; the next start finds the delivery.
                let _ = self.done.send(Done::Unfit(claim, fault)).await;
                None
            }
        }
    }

    async fn attempt(&self, hands: &mut Hands, ready: Ready) -> Done {
        let reused = hands.link.as_mut().is_some_and(Link::is_usable);
        if !reused {
            hands.link = match self.courier.connect().await {
                Ok(open) => Some(open),
                Err(none) => return Done::NoLink(ready.claim, none),
            };
        }
        let mut outcome = self.deliver(hands, &ready).await;
        // A server may close a link at any moment, with a word or without (RFC 5321 §3.8), or
        // take only so many letters on one; that is no trouble yet.
        if reused && means_the_link(&outcome) {
            hands.link = match self.courier.connect().await {
                Ok(open) => Some(open),
                Err(none) => return Done::NoLink(ready.claim, none),
            };
            outcome = self.deliver(hands, &ready).await;
        }
        if hands.link.as_mut().is_some_and(|open| !open.is_usable()) {
            hands.link = None;
        }
        Done::Attempt(ready.claim, outcome)
    }

    /// Delivers one letter, the next one's envelope behind it where there is one.
    async fn deliver(&self, hands: &mut Hands, ready: &Ready) -> Outcome {
        if hands.next.is_none() && !hands.slow {
            hands.next = match self.jobs.ahead() {
                Some(claim) => self.prepare(claim).await,
                None => None,
            };
        }
        let Some(link) = hands.link.as_mut() else {
            let why = "no connection".to_owned();
            return Outcome::Trouble(Trouble::Connection(why));
        };
        let started = Instant::now();
        let next = hands.next.take();
        let rider = next.as_ref().map(|next| (&next.envelope, &next.letter));
        let mut waited = false;
        let outcome = {
            let delivering = link.deliver_before(&ready.envelope, &ready.letter, rider);
            tokio::pin!(delivering);
            tokio::select! {
                // In this order, so that the same run can be had again.
                biased;
                outcome = &mut delivering => outcome,
                () = tokio::time::sleep(PATIENCE), if rider.is_some() => {
                    waited = true;
                    if let Some(next) = &next {
                        self.jobs.push(next.claim.clone());
                    }
                    delivering.await
                }
            }
        };
        // Where somebody else has it by now, the link refuses whatever comes behind its envelope.
        hands.next = next.filter(|_| !waited);
        hands.slow = started.elapsed() > BRISK;
        outcome
    }
}

async fn hang_up(link: Option<Link>) {
    if let Some(link) = link {
        link.quit().await;
    }
}

/// True where a new connection may be all that is asked for.
fn means_the_link(outcome: &Outcome) -> bool {
    match outcome {
        Outcome::Trouble(Trouble::Connection(_)) => true,
        Outcome::Trouble(Trouble::NotNow(reply)) => reply.code == 421,
        Outcome::TooMuch(reply) => {
            let recipients = reply
                .enhanced
                .is_some_and(|e| (e.subject, e.detail) == (5, 3));
            reply.code == 421 || reply.is_about_connections() || recipients
        }
        _ => false,
    }
}
