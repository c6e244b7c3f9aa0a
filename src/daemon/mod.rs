//! Owns the running service: timers, signals, reload, drain, readiness; the only `now()` beside the
//! commands. It refuses to decide anything: every wake-up asks the same idempotent steps.

mod alarm;
mod clock;
mod collector;
mod machine;
mod matter;
mod metrics;
mod retention;
mod round;
mod service;

use std::path::PathBuf;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use anyhow::{Context, Result};
use chrono::{DateTime, Utc};
use tokio::sync::Notify;
use tokio::task::{JoinError, JoinHandle};
use tokio_util::sync::CancellationToken;

use crate::config::Config;
use crate::deliver::{self, Clock, DeliverError, Rules, Steering, Tally, Until, Way};
use crate::ledger::{DeliveryLock, Holder, Ledger, LedgerError};
use crate::mailbox::Mailbox;

pub use clock::now;
use collector::Collector;
pub use machine::{lacks, sandbox};
use metrics::{Metrics, Source};
pub use round::CLOCK_HELD;
use round::{Round, Turned, Woken};
use service::Service;

/// How often the daemon asks what is due although nothing woke it: lost ticks are harmless. Well
/// below the unit's WatchdogSec, since every turn feeds the watchdog.
const SWEEP: Duration = Duration::from_secs(10);
/// How long letters under way may take to finish after SIGTERM; with the closing of links and
/// database the whole stop stays below 25 s.
const DRAIN: Duration = Duration::from_secs(18);
/// How long delivering waits before it is started again after the ledger failed for good.
const RESTART: Duration = Duration::from_secs(10);

/// What the command line gives the daemon: it knows where configuration and secrets are found.
#[derive(Clone)]
pub struct Shell {
    /// The configuration file.
    pub config_file: PathBuf,
    /// Reads it; all faults as one text.
    pub read_config: fn(&std::path::Path) -> std::result::Result<Config, String>,
    /// Makes the courier that it describes, password included.
    pub make_way: fn(&Config) -> std::result::Result<Way, String>,
    /// Makes the mailbox that it describes, password included; none where it names none.
    pub make_mailbox: fn(&Config) -> std::result::Result<Option<Mailbox>, String>,
    /// Randomness.
    pub entropy: fn() -> [u8; 16],
    /// A number in 0..1.
    pub chance: fn() -> f64,
    /// phobien's own binary.
    pub program: PathBuf,
}

/// How the daemon ended.
#[derive(Debug, PartialEq, Eq)]
pub enum Ended {
    /// Asked to stop, and drained.
    Drained,
    /// Another process holds the delivery lock.
    Locked(Holder),
    /// The ledger is a copy of then, and nobody said yet up to when members had been told.
    Copy(DateTime<Utc>),
}

/// Runs until SIGTERM or SIGINT. The ledger stays open: who opened it closes it.
///
/// # Errors
/// The state folder, the documents folder or the set-up cannot be used at all, or the ledger is
/// damaged or its disk confirms nothing any more.
pub async fn run(shell: Shell, config: Config, ledger: Ledger) -> Result<Ended> {
    let lock = match DeliveryLock::take(ledger.folder(), "run")? {
        Ok(lock) => Arc::new(lock),
        Err(holder) => return Ok(Ended::Locked(holder)),
    };
    if let Some(at) = ledger.copied_at().await? {
        return Ok(Ended::Copy(at));
    }
    let mut service = Service::start();
    let mut signals = service::Signals::listen()?;
    let mut round = Round::open(shell, config, ledger.clone()).await?;
    let mut delivery = Delivery::start(&round, Arc::clone(&lock))?;
    let mut metrics = listen(&round, &delivery).await;
    let mut collector = Collector::start(&round);
    for (_, lack) in lacks(&round.sandbox, &round.config).await {
        tracing::warn!("{lack}");
    }
    round.turn(Woken::Start).await;
    delivery.wake.notify_one();
    service.ready();
    tracing::info!(folder = %round.config.documents.folder.display(), "phobien is running");
    loop {
        let woken = tokio::select! {
            signal = signals.next() => match signal {
                service::Signal::Stop => break,
                service::Signal::Reload => Woken::Reload,
            },
            () = round.folder_changed() => Woken::Folder,
            () = round.alarm() => Woken::Alarm,
            () = tokio::time::sleep(round.nap(SWEEP)) => Woken::Sweep,
            ended = &mut delivery.task => {
                if let Some(error) = explain(ended)
                    && error.is_final()
                {
                    return Err(error.into());
                }
                tokio::time::sleep(RESTART).await;
                delivery = Delivery::start(&round, Arc::clone(&lock))?;
                metrics = listen_again(metrics, &round, &delivery).await;
                continue;
            }
        };
        let turned = round.turn(woken).await;
        if delivery.moved_within(SWEEP) {
            service::moving();
        }
        match turned {
            Turned::Quiet => {}
            Turned::Asked => {
                delivery.wake.notify_one();
                service.status(&round.summary().await);
            }
            Turned::Reloaded => {
                // The way out, the rate or the rules may be others now.
                delivery.stop().await;
                delivery = Delivery::start(&round, Arc::clone(&lock))?;
                collector.restart(&round).await;
                metrics = listen_again(metrics, &round, &delivery).await;
            }
        }
    }
    service.stopping();
    tracing::info!("stopping: no new dialogue, those under way finish");
    collector.stop().await;
    let tally = delivery.stop().await;
    if let Some(tally) = tally {
        tracing::info!(sent = tally.sent, waiting = tally.queue.pending, "stopped");
    }
    Ok(Ended::Drained)
}

/// Gives out figures where the configuration says. Where that cannot be, a person is told: letters
/// go all the same.
async fn listen(round: &Round, delivery: &Delivery) -> Option<Metrics> {
    let Some(at) = round.config.metrics else {
        round.untell("metrics", "listen").await;
        return None;
    };
    let source = Source {
        ledger: round.ledger.clone(),
        config: round.config.clone(),
        tally: Arc::clone(&delivery.tally),
        meter: Arc::clone(&round.meter),
    };
    match Metrics::listen(at, source).await {
        Ok(metrics) => {
            tracing::info!(%at, "figures are given out");
            round.untell("metrics", "listen").await;
            Some(metrics)
        }
        Err(error) => {
            let words = format!("[metrics] listen {at}: {error}; nobody gets figures");
            round.tell("metrics", "listen", &words).await;
            None
        }
    }
}

async fn listen_again(
    before: Option<Metrics>,
    round: &Round,
    delivery: &Delivery,
) -> Option<Metrics> {
    if let Some(before) = before {
        before.stop().await;
    }
    listen(round, delivery).await
}

/// How the delivery step ends.
type End = std::result::Result<Tally, DeliverError>;

/// Tells why delivery ended by itself, which it does only when the ledger fails; answers how it
/// failed.
fn explain(ended: std::result::Result<End, JoinError>) -> Option<LedgerError> {
    match ended {
        Ok(Err(DeliverError::Ledger(error))) => {
            tracing::error!(%error, "delivery stopped");
            return Some(error);
        }
        Ok(Ok(_)) => tracing::error!("delivery ended by itself; it is started again"),
        Err(panic) => tracing::error!(%panic, "delivery broke; it is started again"),
    }
    None
}

/// The running delivery step.
struct Delivery {
    task: JoinHandle<End>,
    stop: CancellationToken,
    wake: Arc<Notify>,
    /// Milliseconds after `since` at which the pump last committed.
    moved: Arc<AtomicU64>,
    since: Instant,
    /// How it counted when the pump last committed.
    tally: Arc<Mutex<Tally>>,
}

impl Delivery {
    fn start(round: &Round, lock: Arc<DeliveryLock>) -> Result<Self> {
        let way = (round.shell.make_way)(&round.config)
            .map_err(anyhow::Error::msg)
            .context("the mail server of the configuration cannot be used")?;
        let steering = Steering {
            drain: DRAIN,
            ..Steering::until(Until::Stopped)
        };
        let (stop, wake) = (steering.stop.clone(), Arc::clone(&steering.wake));
        let (ledger, rules) = (round.ledger.clone(), Rules::of(&round.config));
        let chance = round.shell.chance;
        let (moved, since) = (Arc::new(AtomicU64::new(0)), Instant::now());
        let mover = Arc::clone(&moved);
        let tally = Arc::new(Mutex::new(Tally::default()));
        let counted = Arc::clone(&tally);
        let task = tokio::spawn(async move {
            let watch = move |tally: &Tally| {
                *counted.lock().unwrap_or_else(PoisonError::into_inner) = *tally;
                let at = u64::try_from(since.elapsed().as_millis()).unwrap_or(u64::MAX);
                mover.store(at, Ordering::Relaxed);
            };
            let time: (Clock, fn() -> f64) = (now, chance);
            deliver::deliver(&ledger, &way, &rules, &steering, time, &lock, watch).await
        });
        Ok(Self {
            task,
            stop,
            wake,
            moved,
            since,
            tally,
        })
    }

    async fn stop(self) -> Option<Tally> {
        self.stop.cancel();
        match self.task.await {
            Ok(Ok(tally)) => Some(tally),
            Ok(Err(error)) => {
                tracing::error!(%error, "delivery ended with the ledger failing");
                None
            }
            Err(_) => None,
        }
    }

    /// True where the pump committed lately: what the watchdog is fed by.
    fn moved_within(&self, within: Duration) -> bool {
        let at = Duration::from_millis(self.moved.load(Ordering::Relaxed));
        self.since.elapsed().saturating_sub(at) < within
    }
}
