//! Owns the running service: timers, signals, reload, drain, readiness; the only `now()` beside the
//! commands. It refuses to decide anything: every wake-up asks the same idempotent steps.

mod alarm;
mod clock;
mod machine;
mod round;
mod service;

use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use anyhow::{Context, Result};
use tokio::sync::Notify;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

use crate::config::Config;
use crate::deliver::{self, Clock, DeliverError, Rules, Steering, Tally, Until, Way};
use crate::ledger::{DeliveryLock, Holder, Ledger, LedgerError};

pub use clock::now;
pub use machine::{lacks, sandbox};
pub use round::CLOCK_HELD;
use round::{Round, Woken};
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
}

/// Runs until SIGTERM or SIGINT.
///
/// # Errors
/// The state folder, the documents folder or the set-up cannot be used at all, or the ledger is
/// damaged or its disk confirms nothing any more.
pub async fn run(shell: Shell, config: Config, ledger: Ledger) -> Result<Ended> {
    let lock = match DeliveryLock::take(ledger.folder(), "run")? {
        Ok(lock) => Arc::new(lock),
        Err(holder) => return Ok(Ended::Locked(holder)),
    };
    let mut service = Service::start();
    let mut signals = service::Signals::listen()?;
    let mut round = Round::open(shell, config, ledger.clone()).await?;
    let mut delivery = Delivery::start(&round, Arc::clone(&lock))?;
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
            () = delivery.ended() => Woken::DeliveryEnded,
        };
        if woken == Woken::DeliveryEnded {
            if let Some(error) = delivery.explain().await
                && error.is_final()
            {
                return Err(error.into());
            }
            tokio::time::sleep(RESTART).await;
            delivery = Delivery::start(&round, Arc::clone(&lock))?;
            continue;
        }
        if round.turn(woken).await {
            // The way out, the rate or the rules may be others now.
            delivery.stop().await;
            delivery = Delivery::start(&round, Arc::clone(&lock))?;
        }
        delivery.wake.notify_one();
        let moving = delivery.moved_within(SWEEP);
        service.alive(moving, &round.summary().await);
    }
    service.stopping();
    tracing::info!("stopping: no new dialogue, those under way finish");
    let tally = delivery.stop().await;
    if let Some(tally) = tally {
        tracing::info!(sent = tally.sent, waiting = tally.queue.pending, "stopped");
    }
    ledger.close().await;
    Ok(Ended::Drained)
}

/// The running delivery step.
struct Delivery {
    task: JoinHandle<std::result::Result<Tally, DeliverError>>,
    stop: CancellationToken,
    wake: Arc<Notify>,
    /// Milliseconds after `since` at which the pump last committed.
    moved: Arc<AtomicU64>,
    since: Instant,
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
        let task = tokio::spawn(async move {
            let watch = move |_: &Tally| {
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
        })
    }

    /// Waits until the step ends by itself, which it does only when the ledger fails.
    async fn ended(&mut self) {
        while !self.task.is_finished() {
            tokio::time::sleep(Duration::from_secs(1)).await;
        }
    }

    /// Tells why the step ended; answers how the ledger failed, where that was it.
    async fn explain(&mut self) -> Option<LedgerError> {
        match (&mut self.task).await {
            Ok(Err(DeliverError::Ledger(error))) => {
                tracing::error!(%error, "delivery stopped");
                return Some(error);
            }
            Ok(Ok(_)) => tracing::error!("delivery ended by itself; it is started again"),
            Err(panic) => tracing::error!(%panic, "delivery broke; it is started again"),
        }
        None
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
