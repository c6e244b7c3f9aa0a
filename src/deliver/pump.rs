//! Owns the loop between ledger and workers: settle what came back, claim what may go, in one
//! commit. It refuses to touch the wire.

mod harvest;

use std::collections::{HashMap, HashSet};
use std::sync::Arc;
use std::time::Duration;

use chrono::{DateTime, Utc};
use tokio::sync::mpsc;
use tokio::task::JoinSet;
use tokio::time::Instant;

use super::gate::Gate;
use super::jobs::Jobs;
use super::pace::{Learnt, Pace};
use super::sheets::Sheets;
use super::worker::{Done, Worker};
use super::{Clock, DeliverError, Rules, Steering, Tally, Until, Way};
use crate::delivery::{Brake, Reply};
use crate::edition::EditionId;
use crate::ledger::outbox::{Outbox, Pause, Turn, Turned};
use crate::ledger::{DeliveryLock, LedgerError, Written};

/// How long the ledger may fail before delivering stops; outcomes are kept in memory meanwhile and
/// nothing is claimed.
const LEDGER_PATIENCE: Duration = Duration::from_secs(30);
/// How often a failing ledger is tried.
const LEDGER_RETRY: Duration = Duration::from_secs(1);
/// The pump looks this often whether somebody else wrote to the ledger.
const SWEEP: Duration = Duration::from_secs(3);
/// The pump looks at the queue this often whatever happens: the clock may be set, the machine may
/// have slept.
const LOOK: Duration = Duration::from_secs(30);
/// How long an outcome waits at most for others to share its commit, while the workers have enough
/// to do.
const SHARED: Duration = Duration::from_millis(50);
/// What is due within this is waited for: an edition published in the same second as another of
/// its schedule is due in the next one.
const SOON: chrono::TimeDelta = chrono::TimeDelta::seconds(1);
/// Editions whose brake is remembered.
const BRAKES_MAX: usize = 64;

/// Delivers what is queued. The lock proves that nobody else does.
///
/// `watch` is told after every commit. `chance` in 0..1 spreads retries.
///
/// # Errors
/// The ledger failed for good.
pub async fn deliver<L: Outbox>(
    ledger: &L,
    way: &Way,
    rules: &Rules,
    steering: &Steering,
    (clock, chance): (Clock, fn() -> f64),
    _lock: &DeliveryLock,
    mut watch: impl FnMut(&Tally) + Send,
) -> Result<Tally, DeliverError> {
    let started = Instant::now();
    find_abandoned(ledger, rules, clock()).await?;
    let learnt = learnt(ledger).await?;
    let (done_sender, done) = mpsc::channel(rules.in_doubt_max.max(1));
    let jobs = Arc::new(Jobs::new(few(rules)));
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
        sheets: Arc::clone(&sheets),
        closed: false,
        done,
        in_flight: 0,
        starved: false,
        gate: Gate::new(rules.connections),
        pace: Pace::new(rules.rate_per_minute, learnt, (started, clock())),
        complaint: None,
        crowded: 0,
        brakes: HashMap::new(),
        paused: HashSet::new(),
        troubles: HashSet::new(),
        turn: Turn::default(),
        written: None,
        tally: Tally::default(),
    };
    let result = pump.run(&mut watch).await;
    if result.is_err() {
        // What could not be put on record is not begun any more.
        pump.withdraw();
    }
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

/// With how many letters waiting for a worker the next commit begins. Half of what may be out is
/// enough for it: the other half keeps the wire busy while this one is at the disk. Each worker has
/// two letters in hand.
fn few(rules: &Rules) -> usize {
    let hands = 2 * rules.connections;
    (rules.in_doubt_max / 2).saturating_sub(hands).max(hands)
}

/// Finds what an earlier process left `sending`, and tells it.
async fn find_abandoned<L: Outbox>(
    ledger: &L,
    rules: &Rules,
    now: DateTime<Utc>,
) -> Result<(), LedgerError> {
    let hold = rules.retry.hold_unknown;
    let found = ledger.find_abandoned(hold, now).await?;
    if found > 0 {
        tracing::warn!(found, "deliveries left in doubt by an earlier process");
    }
    Ok(())
}

async fn learnt<L: Outbox>(ledger: &L) -> Result<Option<Learnt>, LedgerError> {
    let json = ledger.learnt().await?;
    Ok(json
        .and_then(|json| serde_json::from_str(&json).ok())
        .flatten())
}

/// The letters a minute that the server taught us not to pass, where that is less than what is
/// configured.
///
/// # Errors
/// The database failed.
pub async fn lowered_rate<L: Outbox>(ledger: &L) -> Result<Option<f64>, LedgerError> {
    Ok(learnt(ledger).await?.map(|learnt| learnt.rate))
}

struct Pump<'a, L> {
    ledger: &'a L,
    rules: &'a Rules,
    steering: &'a Steering,
    clock: Clock,
    chance: fn() -> f64,
    jobs: Arc<Jobs>,
    sheets: Arc<Sheets<L>>,
    /// Draining: nothing more is claimed, and the workers end when their queue is empty.
    closed: bool,
    done: mpsc::Receiver<Done>,
    in_flight: usize,
    /// The pace let fewer start than could have, and all of these were there: there may be more.
    starved: bool,
    gate: Gate,
    pace: Pace,
    /// What the server said was too much, until the pace follows.
    complaint: Option<Reply>,
    /// Connections not to be had since the last letter was accepted.
    crowded: usize,
    brakes: HashMap<EditionId, Brake>,
    /// Paused by this run, and told.
    paused: HashSet<EditionId>,
    /// Deliveries whose dialogue broke once; the second time they wait, so that none blocks others.
    troubles: HashSet<i64>,
    /// What the next commit holds.
    turn: Turn,
    /// How the ledger stood before the last turn.
    written: Option<Written>,
    tally: Tally,
}

impl<L: Outbox> Pump<'_, L> {
    async fn run(&mut self, watch: &mut (impl FnMut(&Tally) + Send)) -> Result<(), DeliverError> {
        let mut failing_since: Option<Instant> = None;
        let drain_by = |stopped: Option<Instant>| stopped.map(|at| at + self.steering.drain);
        let mut stopped_at: Option<Instant> = None;
        loop {
            if self.steering.stop.is_cancelled() && stopped_at.is_none() {
                stopped_at = Some(Instant::now());
                self.close();
            }
            let written = self.ledger.written();
            match self.turn().await {
                Ok(claimed) => {
                    failing_since = None;
                    self.written = written;
                    watch(&self.tally);
                    if self.turn.most > claimed && self.in_flight == 0 {
                        // More might have gone than there is.
                        self.sheets.forget();
                        self.ledger.rest().await;
                    }
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
                    self.withdraw();
                    if error.is_final() || since.elapsed() > LEDGER_PATIENCE {
                        return Err(error.into());
                    }
                    tokio::time::sleep(LEDGER_RETRY).await;
                    continue;
                }
            }
            self.wait(watch).await?;
        }
    }

    fn close(&mut self) {
        self.closed = true;
        self.jobs.close();
    }

    /// One commit: what came back is settled, what may go is claimed. Answers how many.
    async fn turn(&mut self) -> Result<usize, LedgerError> {
        self.slow_down().await?;
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
        self.turn.most = permitted;
        self.turn.all_back = self.in_flight == 0;
        let now = (self.clock)();
        let news = self.pace.news(Instant::now(), now);
        self.turn.learnt = news.map(|learnt| serde_json::to_string(&learnt).unwrap_or_default());
        match self.ledger.turn(&self.turn, now).await {
            Ok(turned) => {
                let claimed = self.turned(turned);
                self.starved = permitted < wanted && claimed == permitted;
                Ok(claimed)
            }
            Err(error) => {
                self.pace.untake(permitted);
                Err(error)
            }
        }
    }

    fn turned(&mut self, turned: Turned) -> usize {
        for settlement in self.turn.settlements.drain(..) {
            self.tally.count(settlement.progress.state);
        }
        for Pause { edition, why, .. } in self.turn.pauses.drain(..) {
            // Those that were under way say the same.
            if self.paused.insert(edition) {
                tracing::error!(%edition, why, "edition paused");
            }
        }
        self.turn.server = None;
        self.pace.kept();
        self.tally.cancelled += turned.stopped.len() as u64;
        let stopped = turned.stopped.iter().map(|s| s.edition);
        self.turn.touched.extend(stopped);
        for (edition, state) in &turned.closed {
            tracing::info!(%edition, %state, "edition closed");
            self.turn.touched.remove(edition);
            self.brakes.remove(edition);
        }
        let claimed = turned.claims.len();
        self.pace.untake(self.turn.most - claimed);
        self.in_flight += claimed;
        for claim in turned.claims {
            self.paused.remove(&claim.edition);
            self.turn.touched.insert(claim.edition);
            self.jobs.push(claim);
        }
        claimed
    }

    /// True where the run has come to its own end.
    async fn finished(&self, claimed: usize) -> Result<bool, LedgerError> {
        let busy = claimed > 0 || self.in_flight > 0 || !self.turn.settlements.is_empty();
        if busy || self.steering.until == Until::Stopped {
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
    async fn wait(&mut self, watch: &mut (impl FnMut(&Tally) + Send)) -> Result<(), LedgerError> {
        if self.in_flight == 0 && self.steering.stop.is_cancelled() {
            return Ok(());
        }
        let until = self.wake_at().await?;
        loop {
            let sweep = until.min(Instant::now() + SWEEP);
            tokio::select! {
                // In this order, so that the same run can be had again.
                biased;
                done = self.done.recv() => {
                    if let Some(done) = done {
                        self.take(done);
                    }
                }
                () = self.steering.wake.notified() => {}
                () = self.steering.stop.cancelled(), if !self.closed => {}
                () = tokio::time::sleep_until(sweep) => {
                    let written = self.ledger.written();
                    let still = written.is_some() && written == self.written;
                    if still && self.in_flight == 0 && sweep < until {
                        // Nobody wrote, and nothing has its time.
                        watch(&self.tally);
                        continue;
                    }
                }
            }
            break;
        }
        // Whatever else is there shares the commit, and what comes while the workers have enough
        // to do: a commit costs the same however many letters share it. To be told of each would
        // cost more than the letter's share of the commit.
        self.jobs.few_left(Instant::now() + SHARED).await;
        while let Ok(done) = self.done.try_recv() {
            self.take(done);
        }
        Ok(())
    }

    async fn wake_at(&self) -> Result<Instant, LedgerError> {
        let (now, wall) = (Instant::now(), (self.clock)());
        let mut at = now + LOOK;
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
