//! Owns the machine that phobien runs on in a simulated world: its power, which goes between any
//! two acts, and its disk. It refuses to know who needs it; what is wrong it notes and goes on.

use std::collections::hash_map::DefaultHasher;
use std::future::pending;
use std::hash::{Hash, Hasher};
use std::io;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};

use chrono::{DateTime, Utc};
use phobien::document::Sha256;
use phobien::ledger::deliveries::Sheets;
use phobien::ledger::log::Queue;
use phobien::ledger::outbox::{Outbox, Turn, Turned};
use phobien::ledger::{LedgerError, Result, Written};
use tokio_util::sync::CancellationToken;

use super::dice;
use super::memory::Memory;
use super::weather::Weather;
use crate::peer::{Record, Taken};

/// What a world's watchers wrote down: everything that happened, in one number, and what should
/// not have.
#[derive(Clone, Default)]
pub(crate) struct Journal(Arc<Mutex<(DefaultHasher, Vec<String>)>>);

impl Journal {
    /// Adds to the trace, with the time.
    pub(crate) fn note(&self, what: &(impl Hash + ?Sized)) {
        let trace = &mut self.0.lock().unwrap().0;
        dice::age().hash(trace);
        what.hash(trace);
    }

    pub(crate) fn trace(&self) -> u64 {
        self.0.lock().unwrap().0.finish()
    }

    /// Something is wrong. No panic: in a worker's task nobody would hear it.
    pub(crate) fn blame(&self, what: String) {
        let faults = &mut self.0.lock().unwrap().1;
        faults.push(format!("after {:?}: {what}", dice::age()));
    }

    pub(crate) fn faults(&self) -> Vec<String> {
        self.0.lock().unwrap().1.clone()
    }
}

/// The machine between being switched on and losing its power. Clones are the same machine.
#[derive(Clone)]
pub(crate) struct Machine {
    memory: Memory,
    weather: Weather,
    journal: Journal,
    /// The server's, to hold what is said against.
    record: Arc<Mutex<Record>>,
    in_doubt_max: usize,
    /// Acts that it has power for, and that it did.
    power: u64,
    acts: Arc<AtomicU64>,
    out: CancellationToken,
}

impl Machine {
    pub(crate) fn new(
        (memory, weather, journal): (Memory, Weather, Journal),
        record: Arc<Mutex<Record>>,
        in_doubt_max: usize,
        power: u64,
    ) -> Self {
        Self {
            memory,
            weather,
            journal,
            record,
            in_doubt_max,
            power,
            acts: Arc::default(),
            out: CancellationToken::new(),
        }
    }

    /// True where there is power for one more act; once false, always false.
    pub(crate) fn acts(&self) -> bool {
        if self.done() >= self.power {
            self.out.cancel();
            return false;
        }
        self.acts.fetch_add(1, Ordering::Relaxed);
        true
    }

    /// How many acts it did.
    pub(crate) fn done(&self) -> u64 {
        self.acts.load(Ordering::Relaxed)
    }

    /// Waits until the power goes.
    pub(crate) async fn outage(&self) {
        self.out.cancelled().await;
    }

    /// A line leaves for the server. Where it opens a letter, that delivery must be marked, and in
    /// doubt if the server has it already. (An
    /// envelope may ride behind a letter that is slow to leave, and find that another link has
    /// delivered it meanwhile: nothing follows it then.)
    pub(crate) fn says(&self, line: &[u8]) {
        let line = String::from_utf8_lossy(line.trim_ascii_end());
        let token = line.strip_prefix("Message-ID: <");
        let Some((token, _)) = token.and_then(|id| id.split_once('@')) else {
            return;
        };
        self.journal.note(&*line);
        let books = self.memory.look();
        let Some(row) = books.marked().find(|row| row.token == token) else {
            let row = books.rows.values().find(|row| row.token == token);
            let words = format!("on the wire and not marked: {line}: {row:?}");
            return self.journal.blame(words);
        };
        let has = |taken: &Taken| taken.mail.contains(token);
        let has_it = self.record.lock().unwrap().taken.iter().any(has);
        if has_it && !row.progress.maybe_arrived {
            self.journal
                .blame(format!("again and not in doubt: {row:?}"));
        }
    }

    /// One act of the disk, which may take its time.
    async fn disk(&self) {
        if dice::happens(20) {
            tokio::time::sleep(dice::millis(1..=200)).await;
        }
        if !self.acts() {
            pending::<()>().await;
        }
    }

    /// A disk fails while it is full, and now and then once.
    fn full(&self) -> Result<()> {
        if !self.weather.disk_is_full() && !self.weather.stumbles() {
            return Ok(());
        }
        Err(LedgerError::Folder {
            folder: "state".into(),
            source: io::ErrorKind::StorageFull.into(),
        })
    }
}

impl Outbox for Machine {
    async fn turn(&self, turn: &Turn, now: DateTime<Utc>) -> Result<Turned> {
        self.disk().await;
        self.full()?;
        let turned = self.memory.turn(turn, now).await;
        // It is durable; whether that is heard of is another matter.
        self.disk().await;
        for done in &turn.settlements {
            let end = (done.delivery, done.progress.state, done.progress.attempts);
            self.journal.note(&format!("{end:?} {}", done.reply));
        }
        if let Ok(Turned {
            claims,
            stopped,
            closed,
        }) = &turned
        {
            let claims: Vec<i64> = claims.iter().map(|c| c.delivery).collect();
            if !claims.is_empty() || !stopped.is_empty() || !closed.is_empty() {
                self.journal
                    .note(&format!("{claims:?} {stopped:?} {closed:?}"));
            }
        }
        let unsettled = self.memory.look().marked().count();
        if unsettled > self.in_doubt_max {
            let most = self.in_doubt_max;
            self.journal
                .blame(format!("{unsettled} unsettled, at most {most}"));
        }
        turned
    }

    async fn find_abandoned(&self, hold: bool, now: DateTime<Utc>) -> Result<u64> {
        self.disk().await;
        self.full()?;
        let found = self.memory.find_abandoned(hold, now).await;
        self.disk().await;
        found
    }

    async fn sheet(&self, bundle: i64) -> Result<Sheets> {
        self.disk().await;
        self.memory.sheet(bundle).await
    }

    async fn attachment(&self, sha256: Sha256) -> Result<Vec<u8>> {
        self.disk().await;
        self.memory.attachment(sha256).await
    }

    async fn next_time(&self, now: DateTime<Utc>) -> Result<Option<DateTime<Utc>>> {
        self.memory.next_time(now).await
    }

    fn written(&self) -> Option<Written> {
        self.memory.written()
    }

    async fn learnt(&self) -> Result<Option<String>> {
        self.memory.learnt().await
    }

    async fn taken_since(&self, since: DateTime<Utc>) -> Result<u64> {
        self.memory.taken_since(since).await
    }

    async fn queue(&self) -> Result<Queue> {
        self.memory.queue().await
    }

    async fn rest(&self) {
        self.memory.rest().await;
    }
}
