//! Owns the loop between ledger and workers: settle what came back, claim what may go, in one
//! commit. It refuses to touch the wire.

mod harvest;

use std::collections::{HashMap, HashSet};
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::mpsc;
use tokio::task::JoinSet;
use tokio::time::Instant;

use super::gate::Gate;
use super::jobs::Jobs;
use super::pace::{Learnt, Pace};
use super::sheets::Sheets;
use super::worker::{Done, Worker};
use super::{Clock, DeliverError, Rules, Steering, Tally, Until, Way};
use crate::delivery::Brake;
use crate::edition::{EditionId, EditionState};
use crate::ledger::deliveries::{self, Claim, Settlement, Stopped};
use crate::ledger::{DeliveryLock, Ledger, LedgerError, closing, editions, events, set_meta};

/// How long the ledger may fail before delivering stops; outcomes are kept in memory meanwhile and
/// nothing is claimed.
const LEDGER_PATIENCE: Duration = Duration::from_secs(30);
/// How often a failing ledger is tried.
const LEDGER_RETRY: Duration = Duration::from_secs(1);
/// The pump looks at the queue this often even if nothing wakes it.
const SWEEP: Duration = Duration::from_secs(2);
/// What is due within this is waited for: an edition published in the same second as another of
/// its schedule is due in the next one.
const SOON: chrono::TimeDelta = chrono::TimeDelta::seconds(1);
/// The ledger's name for the rate that the server taught us.
const LEARNT: &str = "learnt_rate";
/// Editions whose brake is remembered.
const BRAKES_MAX: usize = 64;

/// Delivers what is queued. The lock proves that nobody else does.
///
/// `watch` is told after every commit. `chance` in 0..1 spreads retries.
///
/// # Errors
/// The ledger failed for good.
pub async fn deliver(
    ledger: &Ledger,
    way: &Way,
    rules: &Rules,
    steering: &Steering,
    (clock, chance): (Clock, fn() -> f64),
    _lock: &DeliveryLock,
    mut watch: impl FnMut(&Tally) + Send,
) -> Result<Tally, DeliverError> {
    let started = Instant::now();
    let mut tx = ledger.begin().await?;
    let found = deliveries::find_abandoned(&mut tx, rules.retry.hold_unknown, clock()).await?;
    tx.commit().await.map_err(LedgerError::from)?;
    if found > 0 {
        tracing::warn!(found, "deliveries left in doubt by an earlier process");
    }
    let learnt = learnt(ledger).await?;
    let (done_sender, done) = mpsc::channel(rules.in_doubt_max.max(1));
    let jobs = Arc::new(Jobs::new());
    let sheets = Arc::new(Sheets::new(ledger.clone(), way.signer.clone()));
    let mut workers = JoinSet::new();
    for _ in 0..rules.connections {
        let worker = Worker {
            courier: way.courier.clone(),
            sheets: Arc::clone(&sheets),
            jobs: Arc::clone(&jobs),
            done: done_sender.clone(),
            stop: steering.stop.clone(),
        };
        workers.spawn(worker.work());
    }
    // The workers hold the others: when all are gone, so is the channel.
    drop(done_sender);
    let mut pump = Pump {
        ledger,
        rules,
        steering,
        clock,
        chance,
        jobs: Arc::clone(&jobs),
        closed: false,
        done,
        in_flight: 0,
        starved: false,
        gate: Gate::new(rules.connections),
        pace: Pace::new(rules.rate_per_minute, learnt, (started, clock())),
        crowded: 0,
        brakes: HashMap::new(),
        troubles: HashSet::new(),
        round: Round::default(),
        tally: Tally::default(),
    };
    let result = pump.run(&mut watch).await;
    pump.close();
    let mut tally = pump.tally;
    drop(pump);
    let drained = async { while workers.join_next().await.is_some() {} };
    if tokio::time::timeout(steering.drain, drained).await.is_err() {
        tracing::warn!("links did not close in time");
    }
    result?;
    tally.queue = ledger.queue().await?;
    tally.took = started.elapsed();
    Ok(tally)
}

async fn learnt(ledger: &Ledger) -> Result<Option<Learnt>, LedgerError> {
    let json = ledger.meta(LEARNT).await?;
    Ok(json
        .and_then(|json| serde_json::from_str(&json).ok())
        .flatten())
}

/// The letters a minute that the server taught us not to pass, where that is less than what is
/// configured.
///
/// # Errors
/// The database failed.
pub async fn lowered_rate(ledger: &Ledger) -> Result<Option<f64>, LedgerError> {
    Ok(learnt(ledger).await?.map(|learnt| learnt.rate))
}

struct Pump<'a> {
    ledger: &'a Ledger,
    rules: &'a Rules,
    steering: &'a Steering,
    clock: Clock,
    chance: fn() -> f64,
    jobs: Arc<Jobs>,
    /// Draining: nothing more is claimed, and the workers end when their queue is empty.
    closed: bool,
    done: mpsc::Receiver<Done>,
    in_flight: usize,
    /// The pace let fewer start than could have: there may be more to claim.
    starved: bool,
    gate: Gate,
    pace: Pace,
    /// Connections not to be had since the last letter was accepted.
    crowded: usize,
    brakes: HashMap<EditionId, Brake>,
    /// Deliveries whose dialogue broke once; the second time they wait, so that none blocks others.
    troubles: HashSet<i64>,
    round: Round,
    tally: Tally,
}

/// What the next commit holds.
#[derive(Default)]
struct Round {
    settlements: Vec<Settlement>,
    /// Editions to pause, with the reason.
    pause: Vec<(EditionId, String)>,
    /// Something about the server to tell, or nothing wrong any more.
    server: Option<Option<String>>,
    touched: HashSet<EditionId>,
}

impl Pump<'_> {
    async fn run(&mut self, watch: &mut (impl FnMut(&Tally) + Send)) -> Result<(), DeliverError> {
        let mut failing_since: Option<Instant> = None;
        let drain_by = |stopped: Option<Instant>| stopped.map(|at| at + self.steering.drain);
        let mut stopped_at: Option<Instant> = None;
        loop {
            if self.steering.stop.is_cancelled() && stopped_at.is_none() {
                stopped_at = Some(Instant::now());
                self.close();
            }
            match self.commit().await {
                Ok(claimed) => {
                    failing_since = None;
                    watch(&self.tally);
                    if self.finished(claimed).await? {
                        return Ok(());
                    }
                    let overdue = drain_by(stopped_at).is_some_and(|by| Instant::now() >= by);
                    if stopped_at.is_some() && (self.in_flight == 0 || overdue) {
                        return Ok(());
                    }
                }
                Err(error) => {
                    let since = *failing_since.get_or_insert_with(Instant::now);
                    tracing::error!(%error, "ledger cannot be written; nothing is claimed");
                    if since.elapsed() > LEDGER_PATIENCE {
                        return Err(error.into());
                    }
                    tokio::time::sleep(LEDGER_RETRY).await;
                    continue;
                }
            }
            self.wait().await?;
        }
    }

    fn close(&mut self) {
        self.closed = true;
        self.jobs.close();
    }

    /// One transaction: settle, wake, close, claim. Answers how many were claimed.
    async fn commit(&mut self) -> Result<usize, LedgerError> {
        let now = (self.clock)();
        let room = self.rules.in_doubt_max.saturating_sub(self.in_flight);
        let width = self.gate.width(room, Instant::now()).saturating_sub(
            // A probe goes alone.
            if self.gate.opens_at().is_some() {
                self.in_flight
            } else {
                0
            },
        );
        let wanted = if self.closed { 0 } else { width.min(room) };
        let permitted = self.pace.take(wanted, Instant::now());
        self.starved = permitted < wanted;
        let mut tx = match self.ledger.begin().await {
            Ok(tx) => tx,
            Err(error) => {
                self.pace.untake(permitted);
                return Err(error);
            }
        };
        for settlement in &self.round.settlements {
            deliveries::settle(&mut tx, settlement, now).await?;
        }
        for (edition, why) in &self.round.pause {
            pause(&mut tx, *edition, why, now).await?;
        }
        match &self.round.server {
            Some(Some(trouble)) => {
                events::attend(&mut tx, "server", "smtp", trouble, now).await?;
            }
            Some(None) => events::clear(&mut tx, "server", Some("smtp")).await?,
            None => {}
        }
        if let Some(learnt) = self.pace.news(Instant::now(), now) {
            let json = serde_json::to_string(&learnt).unwrap_or_default();
            set_meta(&mut tx, LEARNT, &json).await?;
        }
        deliveries::wake_due(&mut tx, now).await?;
        let (claims, stopped) = if permitted > 0 {
            deliveries::claim(&mut tx, now, permitted).await?
        } else {
            (Vec::new(), Vec::new())
        };
        if claims.len() < permitted || permitted == 0 {
            let mut touched: Vec<_> = self.round.touched.iter().copied().collect();
            touched.extend(stopped.iter().map(|s| s.edition));
            if self.in_flight == 0 && claims.is_empty() {
                // One that a person resumed or settled may have nothing left to do.
                touched = closing::open_editions(&mut tx).await?;
            }
            let closed = closing::close_finished(&mut tx, &touched, now).await?;
            for (edition, state) in &closed {
                tracing::info!(%edition, %state, "edition closed");
                self.round.touched.remove(edition);
                self.brakes.remove(edition);
            }
        }
        tx.commit().await?;
        self.after_commit(permitted, claims, stopped)
    }

    fn after_commit(
        &mut self,
        permitted: usize,
        claims: Vec<Claim>,
        stopped: Vec<Stopped>,
    ) -> Result<usize, LedgerError> {
        for settlement in self.round.settlements.drain(..) {
            self.tally.count(settlement.progress.state);
        }
        self.round.pause.clear();
        self.round.server = None;
        self.pace.kept();
        self.tally.cancelled += stopped.len() as u64;
        self.round.touched.extend(stopped.iter().map(|s| s.edition));
        self.pace.untake(permitted - claims.len());
        let claimed = claims.len();
        self.in_flight += claimed;
        for claim in claims {
            self.round.touched.insert(claim.edition);
            self.jobs.push(claim);
        }
        Ok(claimed)
    }

    /// True where the run has come to its own end.
    async fn finished(&self, claimed: usize) -> Result<bool, LedgerError> {
        if claimed > 0 || self.in_flight > 0 || !self.round.settlements.is_empty() {
            return Ok(false);
        }
        let queue = self.ledger.queue().await?;
        let open = queue.pending - queue.paused + queue.sending;
        let wall = (self.clock)();
        let next = self.ledger.next_time(wall).await?;
        let soon = next.is_some_and(|at| at - wall <= SOON);
        Ok(match self.steering.until {
            Until::Stopped => false,
            Until::Done => open == 0 && next.is_none(),
            Until::Idle => {
                let now = Instant::now();
                let shut = self.pace.rests(now) || self.gate.opens_at().is_some_and(|at| at > now);
                shut || !(soon || self.starved && open > 0)
            }
        })
    }

    /// Waits for something to do and takes in what the workers brought back.
    async fn wait(&mut self) -> Result<(), LedgerError> {
        if self.in_flight == 0 && self.steering.stop.is_cancelled() {
            return Ok(());
        }
        let until = self.wake_at().await?;
        tokio::select! {
            done = self.done.recv() => {
                if let Some(done) = done {
                    self.take(done);
                }
            }
            () = self.steering.wake.notified() => {}
            () = self.steering.stop.cancelled(), if !self.closed => {}
            () = tokio::time::sleep_until(until) => {}
        }
        // Whatever else is there shares the commit.
        while let Ok(done) = self.done.try_recv() {
            self.take(done);
        }
        Ok(())
    }

    async fn wake_at(&self) -> Result<Instant, LedgerError> {
        let (now, wall) = (Instant::now(), (self.clock)());
        let sweep = now + SWEEP;
        let mut at = sweep;
        if self.in_flight == 0
            && let Some(next) = self.ledger.next_time(wall).await?
        {
            let wait = (next - wall).to_std().unwrap_or(Duration::ZERO);
            at = at.min(now + wait.max(Duration::from_millis(5)));
        }
        if self.starved && self.pace.next_at(now).is_none_or(|at| at <= now) {
            // The next letter may start by now.
            return Ok(now);
        }
        let later = [self.gate.opens_at(), self.pace.next_at(now)];
        Ok(later
            .into_iter()
            .flatten()
            .filter(|t| *t > now)
            .fold(at, Instant::min))
    }
}

async fn pause(
    tx: &mut crate::ledger::Tx,
    edition: EditionId,
    why: &str,
    now: chrono::DateTime<chrono::Utc>,
) -> Result<(), LedgerError> {
    tracing::error!(%edition, why, "edition paused");
    editions::move_edition(tx, edition, EditionState::Paused, Some(why), now).await?;
    let detail = format!("{why}. Mend it, then: phobien resume {edition}");
    events::attend(tx, "paused", &edition.to_string(), &detail, now).await
}
