//! Owns the step that takes queued deliveries to the wire and puts their outcomes on record:
//! attempt before act, one commit shared by all connections. It refuses to know SMTP and SQL.
//!
//! One *pump* owns the ledger's side: it settles what the workers bring back and claims what they
//! may send next in the same transaction, never more than `in_doubt_max` unsettled. The *workers*
//! own one link each and know nothing but the letter in their hands.

mod gate;
mod jobs;
mod pace;
mod pump;
mod sheets;
mod tally;
mod words;
mod worker;

pub use pump::{deliver, lowered_rate};
pub use tally::Tally;

use std::sync::Arc;
use std::time::Duration;

use chrono::{DateTime, Utc};
use tokio_util::sync::CancellationToken;

use crate::config::Config;
use crate::courier::Courier;
use crate::delivery::RetryPolicy;
use crate::ledger::LedgerError;
use crate::letter::Signer;

/// The way out: who carries letters, and who signs them first.
#[derive(Clone)]
pub struct Way {
    /// Carries them.
    pub courier: Courier,
    /// Signs them, where `[mail] dkim` says so.
    pub signer: Option<Arc<Signer>>,
}

/// What time it is; the shells give the real one.
pub type Clock = fn() -> DateTime<Utc>;

/// When the step ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Until {
    /// When nothing could be started now.
    Idle,
    /// When nothing is pending, sending, deferred or waiting to be resent.
    Done,
    /// When asked to stop: the daemon.
    Stopped,
}

/// How deliveries are made.
#[derive(Clone, Debug)]
pub struct Rules {
    /// Connections at once.
    pub connections: usize,
    /// Deliveries unsettled at once: what a crash can double.
    pub in_doubt_max: usize,
    /// Messages a minute.
    pub rate_per_minute: Option<u32>,
    /// When to try again.
    pub retry: RetryPolicy,
}

impl Rules {
    /// The rules that a configuration gives.
    #[must_use]
    pub fn of(config: &Config) -> Self {
        let delivery = &config.delivery;
        Self {
            connections: config.smtp.connections,
            in_doubt_max: delivery.in_doubt_max,
            rate_per_minute: config.smtp.rate_per_minute,
            retry: RetryPolicy {
                retry_after: delivery.retry_after.clone(),
                give_up_after: delivery.give_up_after,
                hold_unknown: delivery.hold_unknown,
                unknown_after: delivery.unknown_after,
            },
        }
    }
}

/// What steers a running delivery from outside.
#[derive(Clone, Debug)]
pub struct Steering {
    /// When it ends by itself.
    pub until: Until,
    /// Cancelled: no new dialogue; those under way finish.
    pub stop: CancellationToken,
    /// Wakes the pump: something was published, resumed or settled. A hint.
    pub wake: Arc<tokio::sync::Notify>,
    /// How long those under way may take to finish once stopped.
    pub drain: Duration,
}

impl Steering {
    /// Steering for a command that runs to its own end.
    #[must_use]
    pub fn until(until: Until) -> Self {
        Self {
            until,
            stop: CancellationToken::new(),
            wake: Arc::default(),
            drain: Duration::from_secs(20),
        }
    }
}

/// Why delivering stopped.
#[derive(Debug, thiserror::Error)]
pub enum DeliverError {
    /// The ledger failed and did not recover; nothing was claimed since.
    #[error(transparent)]
    Ledger(#[from] LedgerError),
}
