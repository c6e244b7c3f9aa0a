//! Owns the queue between pump and workers: claimed letters that wait for a free hand. It refuses
//! to know what they are.

use std::collections::VecDeque;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use tokio::sync::{Notify, Semaphore};
use tokio::time::{Instant, timeout, timeout_at};
use tokio_util::sync::CancellationToken;

use crate::ledger::deliveries::Claim;

/// What asking for work brings.
#[derive(Debug)]
pub(super) enum Next {
    /// A letter to deliver.
    Claim(Claim),
    /// Nothing within the time.
    Nothing,
    /// Nothing, and nothing will come.
    Closed,
}

/// First in, first out; bounded by the pump, which never has more than `in_doubt_max` out.
#[derive(Debug)]
pub(super) struct Jobs {
    claims: Mutex<VecDeque<Claim>>,
    /// As many permits as claims nobody waits for.
    there: Semaphore,
    /// So few waiting claims that the pump should bring more.
    few: usize,
    /// Told when that few are left.
    low: Notify,
    over: CancellationToken,
}

impl Jobs {
    pub(super) fn new(few: usize) -> Self {
        Self {
            claims: Mutex::default(),
            there: Semaphore::new(0),
            few,
            low: Notify::new(),
            over: CancellationToken::new(),
        }
    }

    /// Hands a claim to the next free worker.
    pub(super) fn push(&self, claim: Claim) {
        self.claims
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .push_back(claim);
        self.there.add_permits(1);
    }

    /// Waits until few claims are left, or for a time.
    pub(super) async fn few_left(&self, until: Instant) {
        let few = async {
            while self.there.available_permits() > self.few {
                self.low.notified().await;
            }
        };
        // The time being over is as good an end.
        let _ = timeout_at(until, few).await;
    }

    /// No more will come: workers end when the queue is empty.
    pub(super) fn close(&self) {
        self.there.close();
        self.over.cancel();
    }

    /// Waits until no more will come.
    pub(super) async fn closed(&self) {
        self.over.cancelled().await;
    }

    /// Waits for a claim.
    pub(super) async fn next(&self, time: Duration) -> Next {
        match timeout(time, self.there.acquire()).await {
            Err(_) => return Next::Nothing,
            Ok(Ok(permit)) => permit.forget(),
            // Closed: what is left is still handed out.
            Ok(Err(_)) => {}
        }
        self.pop().map_or(Next::Closed, Next::Claim)
    }

    /// A claim that no worker is free for, if there is one: free workers have taken theirs
    /// before a permit can be had without waiting.
    pub(super) fn ahead(&self) -> Option<Claim> {
        self.there.try_acquire().ok()?.forget();
        self.pop()
    }

    fn pop(&self) -> Option<Claim> {
        if self.there.available_permits() <= self.few {
            self.low.notify_one();
        }
        self.claims
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .pop_front()
    }
}
