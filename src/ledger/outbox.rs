//! Owns the narrow port through which deliveries leave the ledger: one turn is one commit. It
//! refuses to know the wire, and who turns.
//!
//! It is a trait because there are two ledgers: this one, and one in memory on which delivery is
//! simulated (`tests/it/simulation`). `tests/it/outbox` says of both what the words here mean.

use std::collections::BTreeSet;
use std::future::Future;

use chrono::{DateTime, Utc};

use super::deliveries::{self, Claim, Settlement, Sheets, Stopped};
use super::log::Queue;
use super::{Ledger, Result, Written, closing, editions, events, set_meta};
use crate::document::Sha256;
use crate::edition::{EditionId, EditionState};

/// The ledger's name for what the server taught about its limits.
const LEARNT: &str = "learnt_rate";

/// What the step that delivers asks of a ledger. Its caller holds the delivery lock.
pub trait Outbox: Clone + Send + Sync + 'static {
    /// Settles, pauses, brings back what has its time, claims, closes: in this order, in one
    /// commit. After an error nothing of it happened.
    ///
    /// # Errors
    /// The ledger failed, or a settled row was not `sending`.
    fn turn(&self, turn: &Turn, now: DateTime<Utc>) -> impl Future<Output = Result<Turned>> + Send;

    /// Turns what an earlier process left in `sending` into doubt: whether the server has it,
    /// nobody knows. It is sent again at once with the same Message-ID, or held where so
    /// configured. Answers how many they were.
    ///
    /// # Errors
    /// The ledger failed.
    fn find_abandoned(
        &self,
        hold: bool,
        now: DateTime<Utc>,
    ) -> impl Future<Output = Result<u64>> + Send;

    /// The sheet of a bundle and its edition's envelope.
    ///
    /// # Errors
    /// The ledger failed.
    fn sheet(&self, bundle: i64) -> impl Future<Output = Result<Sheets>> + Send;

    /// A stored document's bytes for attaching.
    ///
    /// # Errors
    /// The ledger failed, or the bytes are missing or altered.
    fn attachment(&self, sha256: Sha256) -> impl Future<Output = Result<Vec<u8>>> + Send;

    /// When the next deferred or doubtful delivery, or the next edition, has its time.
    ///
    /// # Errors
    /// The ledger failed.
    fn next_time(
        &self,
        now: DateTime<Utc>,
    ) -> impl Future<Output = Result<Option<DateTime<Utc>>>> + Send;

    /// Another value after every commit of anybody; none where that is not known. A hint that
    /// saves turns.
    fn written(&self) -> Option<Written>;

    /// What the last turn with news of the pace said; none before the first.
    ///
    /// # Errors
    /// The ledger failed.
    fn learnt(&self) -> impl Future<Output = Result<Option<String>>> + Send;

    /// How many letters were begun since then and are sent.
    ///
    /// # Errors
    /// The ledger failed.
    fn taken_since(&self, since: DateTime<Utc>) -> impl Future<Output = Result<u64>> + Send;

    /// How the queue stands.
    ///
    /// # Errors
    /// The ledger failed.
    fn queue(&self) -> impl Future<Output = Result<Queue>> + Send;

    /// Nothing is left to send for now: memory kept for turns may go.
    fn rest(&self) -> impl Future<Output = ()> + Send;
}

/// What one commit holds.
#[derive(Clone, Debug, Default)]
pub struct Turn {
    /// What became of attempts.
    pub settlements: Vec<Settlement>,
    /// Editions to pause.
    pub pauses: Vec<Pause>,
    /// News of the server.
    pub server: Option<Server>,
    /// What the server taught about its limits, in words of the caller's; none: no news.
    pub learnt: Option<String>,
    /// How many deliveries may be marked `sending`.
    pub most: usize,
    /// Editions that may have come to their end. They are looked at where the queue gave less than
    /// it might have: while it gives all that is asked for, nothing can be at its end.
    pub touched: BTreeSet<EditionId>,
    /// Nothing is out. Where nothing is claimed either, every open edition is looked at: one that
    /// a person resumed or settled may have nothing left to do.
    pub all_back: bool,
}

/// An edition that must wait for a person.
#[derive(Clone, Debug)]
pub struct Pause {
    /// The edition.
    pub edition: EditionId,
    /// Why.
    pub why: String,
    /// What the person is told.
    pub detail: String,
}

/// News of the mail server.
#[derive(Clone, Debug)]
pub enum Server {
    /// What is wrong with it.
    Troubled(String),
    /// It answers again.
    Well,
}

/// What came of a turn.
#[derive(Clone, Debug, Default)]
pub struct Turned {
    /// Marked `sending`, urgent editions first, then by due time: their holder may send them.
    pub claims: Vec<Claim>,
    /// What would have been claimed and must not go any more.
    pub stopped: Vec<Stopped>,
    /// Editions that came to their end.
    pub closed: Vec<(EditionId, EditionState)>,
}

impl Outbox for Ledger {
    async fn turn(&self, turn: &Turn, now: DateTime<Utc>) -> Result<Turned> {
        let mut tx = self.begin().await?;
        deliveries::settle(&mut tx, &turn.settlements, now).await?;
        for Pause {
            edition,
            why,
            detail,
        } in &turn.pauses
        {
            if editions::pause(&mut tx, *edition, why).await? {
                events::attend(&mut tx, "paused", &edition.to_string(), detail, now).await?;
            }
        }
        match &turn.server {
            Some(Server::Troubled(trouble)) => {
                events::attend(&mut tx, "server", "smtp", trouble, now).await?;
            }
            Some(Server::Well) => events::clear(&mut tx, "server", Some("smtp")).await?,
            None => {}
        }
        if let Some(learnt) = &turn.learnt {
            set_meta(&mut tx, LEARNT, learnt).await?;
        }
        deliveries::wake_due(&mut tx, now).await?;
        let mut turned = Turned::default();
        if turn.most > 0 {
            (turned.claims, turned.stopped) = deliveries::claim(&mut tx, now, turn.most).await?;
        }
        if turned.claims.len() < turn.most || turn.most == 0 {
            let candidates = if turn.all_back && turned.claims.is_empty() {
                closing::open_editions(&mut tx).await?
            } else {
                let stopped = turned.stopped.iter().map(|s| s.edition);
                let touched: BTreeSet<_> = turn.touched.iter().copied().chain(stopped).collect();
                touched.into_iter().collect()
            };
            turned.closed = closing::close_finished(&mut tx, &candidates, now).await?;
        }
        tx.commit().await?;
        Ok(turned)
    }

    async fn find_abandoned(&self, hold: bool, now: DateTime<Utc>) -> Result<u64> {
        self.secure_log().await?;
        let mut tx = self.begin().await?;
        let found = deliveries::find_abandoned(&mut tx, hold, now).await?;
        tx.commit().await?;
        Ok(found)
    }

    async fn sheet(&self, bundle: i64) -> Result<Sheets> {
        Ledger::sheet(self, bundle).await
    }

    async fn attachment(&self, sha256: Sha256) -> Result<Vec<u8>> {
        Ledger::attachment(self, sha256).await
    }

    async fn next_time(&self, now: DateTime<Utc>) -> Result<Option<DateTime<Utc>>> {
        Ledger::next_time(self, now).await
    }

    fn written(&self) -> Option<Written> {
        Ledger::written(self)
    }

    async fn learnt(&self) -> Result<Option<String>> {
        self.meta(LEARNT).await
    }

    async fn taken_since(&self, since: DateTime<Utc>) -> Result<u64> {
        Ledger::taken_since(self, since).await
    }

    async fn queue(&self) -> Result<Queue> {
        Ledger::queue(self).await
    }

    async fn rest(&self) {
        Ledger::rest(self).await;
    }
}
