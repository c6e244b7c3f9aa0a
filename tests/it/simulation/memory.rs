//! Owns a ledger in memory that means what SQLite's means, as far as delivery asks. It refuses to
//! fail: what can go wrong with a disk is the machine's matter.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::SystemTime;

use chrono::{DateTime, Utc};
use phobien::delivery::{Event, Progress, State};
use phobien::document::Sha256;
use phobien::edition::{EditionId, EditionState};
use phobien::ledger::deliveries::{Claim, Settlement, Sheets, Stopped};
use phobien::ledger::log::Queue;
use phobien::ledger::outbox::{Outbox, Server, Turn, Turned};
use phobien::ledger::{LedgerError, Result, Written};

/// How many hard failures, from different editions, hold an address.
const HARD_FAILURES_MAX: u32 = 2;

/// The ledger. Clones share it.
#[derive(Clone, Default)]
pub(crate) struct Memory(Arc<Mutex<Books>>);

/// An edition on record.
#[derive(Clone, Debug)]
pub(crate) struct Edition {
    pub(crate) state: EditionState,
    pub(crate) due_at: DateTime<Utc>,
    pub(crate) urgent: bool,
    pub(crate) why: Option<String>,
}

/// A bundle on record.
pub(crate) struct Bundle {
    pub(crate) sheet: Vec<u8>,
    pub(crate) envelope: String,
    pub(crate) stale: Option<String>,
}

/// A delivery on record.
#[derive(Clone, Debug)]
pub(crate) struct Row {
    pub(crate) edition: EditionId,
    pub(crate) bundle: i64,
    pub(crate) member: i64,
    pub(crate) address: String,
    pub(crate) token: String,
    pub(crate) personal: String,
    pub(crate) progress: Progress,
    pub(crate) reply: Option<String>,
    /// How often a start found it `sending`.
    pub(crate) found: u32,
}

/// What makes a row waiting: while an edition has one, it is not at its end.
fn waits(progress: &Progress) -> bool {
    match progress.state {
        State::Pending | State::Sending | State::Deferred => true,
        State::Unknown => progress.next_attempt_at.is_some(),
        State::Sent | State::Failed | State::Cancelled | State::Bounced => false,
    }
}

/// Everything that is kept, with what finds it quickly.
#[derive(Default)]
pub(crate) struct Books {
    pub(crate) editions: BTreeMap<EditionId, Edition>,
    pub(crate) bundles: BTreeMap<i64, Bundle>,
    pub(crate) rows: BTreeMap<i64, Row>,
    pub(crate) left: BTreeSet<i64>,
    pub(crate) blobs: BTreeMap<Sha256, Vec<u8>>,
    pub(crate) attention: BTreeMap<(&'static str, String), String>,
    /// Hard failures by address: how many, of which edition the last.
    failures: BTreeMap<String, (u32, EditionId)>,
    pending: BTreeSet<(EditionId, i64)>,
    sending: BTreeSet<i64>,
    due: BTreeSet<(DateTime<Utc>, i64)>,
    of: BTreeMap<EditionId, Vec<i64>>,
    waiting: BTreeMap<EditionId, usize>,
    /// Rows in doubt, held ones included, and put off ones.
    doubtful: BTreeSet<i64>,
    deferred: BTreeSet<i64>,
    open: BTreeSet<EditionId>,
    learnt: Option<String>,
    /// When each was claimed last.
    begun: BTreeMap<i64, DateTime<Utc>>,
    /// How often anybody wrote.
    commits: u64,
}

impl Memory {
    /// The books, for looking.
    pub(crate) fn look(&self) -> MutexGuard<'_, Books> {
        self.0.lock().unwrap()
    }

    /// The books, for what others than the pump write.
    pub(crate) fn books(&self) -> MutexGuard<'_, Books> {
        let mut books = self.look();
        books.commits += 1;
        books
    }
}

/// What a database keeps of a moment.
fn kept(at: DateTime<Utc>) -> DateTime<Utc> {
    DateTime::from_timestamp_millis(at.timestamp_millis()).unwrap()
}

impl Books {
    /// What changes whenever a turn that settles nothing writes.
    fn counts(&self) -> [usize; 4] {
        let (pending, sending) = (self.pending.len(), self.sending.len());
        [pending, sending, self.due.len(), self.open.len()]
    }

    /// Puts an edition on record.
    pub(crate) fn publish(&mut self, edition: Edition, rows: Vec<Row>) -> EditionId {
        let id = EditionId(self.editions.len() as i64 + 1);
        self.editions.insert(id, edition);
        self.open.insert(id);
        for mut row in rows {
            row.edition = id;
            let number = self.rows.len() as i64 + 1;
            let progress = row.progress.clone();
            self.rows.insert(number, row);
            self.of.entry(id).or_default().push(number);
            self.index(number, id, &progress, true);
        }
        id
    }

    /// Puts a bundle on record.
    pub(crate) fn add_bundle(&mut self, bundle: Bundle) -> i64 {
        let id = self.bundles.len() as i64 + 1;
        self.bundles.insert(id, bundle);
        id
    }

    /// What is marked and not settled.
    pub(crate) fn marked(&self) -> impl Iterator<Item = &Row> {
        self.sending.iter().map(|id| &self.rows[id])
    }

    /// True where two hard failures hold an address.
    pub(crate) fn is_held(&self, address: &str) -> bool {
        let failures = self.failures.get(address);
        failures.is_some_and(|(count, _)| *count >= HARD_FAILURES_MAX)
    }

    /// Moves an edition between open and paused, or to its end.
    pub(crate) fn move_edition(&mut self, id: EditionId, state: EditionState, why: Option<String>) {
        let edition = self.editions.get_mut(&id).unwrap();
        edition.state = state;
        edition.why = why;
        if state == EditionState::Open {
            self.open.insert(id);
        } else {
            self.open.remove(&id);
        }
    }

    /// A person has a doubtful delivery sent again.
    pub(crate) fn send_again(&mut self, id: i64) {
        let row = &self.rows[&id];
        let edition = row.edition;
        let state = row.progress.state.on(Event::Due, true).unwrap();
        let progress = Progress {
            state,
            next_attempt_at: None,
            ..row.progress.clone()
        };
        self.put(id, progress, row.reply.clone());
        let state = self.editions[&edition].state;
        if matches!(state, EditionState::Sent | EditionState::Partly) {
            self.move_edition(edition, EditionState::Open, None);
        }
    }

    fn index(&mut self, id: i64, edition: EditionId, progress: &Progress, add: bool) {
        fn set<T: Ord>(all: &mut BTreeSet<T>, item: T, add: bool) {
            if add {
                all.insert(item);
            } else {
                all.remove(&item);
            }
        }
        match progress.state {
            State::Pending => set(&mut self.pending, (edition, id), add),
            State::Sending => set(&mut self.sending, id, add),
            State::Deferred => set(&mut self.deferred, id, add),
            State::Unknown => set(&mut self.doubtful, id, add),
            State::Sent | State::Failed | State::Cancelled | State::Bounced => {}
        }
        if let Some(at) = progress.next_attempt_at {
            set(&mut self.due, (at, id), add);
        }
        if waits(progress) {
            let waiting = self.waiting.entry(edition).or_default();
            *waiting = if add { *waiting + 1 } else { *waiting - 1 };
        }
    }

    /// The one way to change a row.
    fn put(&mut self, id: i64, progress: Progress, reply: Option<String>) {
        let row = self.rows.get_mut(&id).unwrap();
        let (edition, before) = (row.edition, row.progress.clone());
        row.progress = progress.clone();
        row.reply = reply;
        self.index(id, edition, &before, false);
        self.index(id, edition, &progress, true);
    }

    fn settle(&mut self, settlements: &[Settlement]) -> Result<()> {
        let mut seen = BTreeSet::new();
        for done in settlements {
            let fresh = seen.insert(done.delivery);
            if !fresh || !self.sending.contains(&done.delivery) {
                return Err(LedgerError::Altered {
                    table: "deliveries",
                    id: done.delivery.to_string(),
                    value: "not sending".into(),
                });
            }
        }
        for done in settlements {
            let to = &done.progress;
            let progress = Progress {
                first_reply_at: to.first_reply_at.map(kept),
                next_attempt_at: to.next_attempt_at.map(kept),
                ..to.clone()
            };
            self.put(done.delivery, progress, Some(done.reply.clone()));
            if done.hard {
                let new = (0, EditionId(0));
                let failures = self.failures.entry(done.address.clone()).or_insert(new);
                if failures.1 != done.edition {
                    *failures = (failures.0 + 1, done.edition);
                }
            }
        }
        Ok(())
    }

    fn tell(&mut self, turn: &Turn) {
        for pause in &turn.pauses {
            let state = self.editions[&pause.edition].state;
            if !matches!(state, EditionState::Open | EditionState::Paused) {
                continue;
            }
            let about = ("paused", pause.edition.to_string());
            let why = Some(pause.why.clone());
            self.move_edition(pause.edition, EditionState::Paused, why);
            self.attention.insert(about, pause.detail.clone());
        }
        if turn.learnt.is_some() {
            self.learnt.clone_from(&turn.learnt);
        }
        let about = ("server", "smtp".to_owned());
        match &turn.server {
            Some(Server::Troubled(trouble)) => {
                self.attention.insert(about, trouble.clone());
            }
            Some(Server::Well) => {
                self.attention.remove(&about);
            }
            None => {}
        }
    }

    fn wake(&mut self, now: DateTime<Utc>) {
        let due = self.due.range(..=(now, i64::MAX)).map(|(_, id)| *id);
        let open = |id: &i64| self.open.contains(&self.rows[id].edition);
        for id in due.filter(open).collect::<Vec<_>>() {
            let row = &self.rows[&id];
            let state = row.progress.state.on(Event::Due, false).unwrap();
            let progress = Progress {
                state,
                next_attempt_at: None,
                ..row.progress.clone()
            };
            self.put(id, progress, row.reply.clone());
        }
    }

    fn claim(&mut self, now: DateTime<Utc>, most: usize, turned: &mut Turned) {
        let order = |id: &EditionId| {
            let edition = &self.editions[id];
            (edition.due_at <= now).then_some((!edition.urgent, edition.due_at, *id))
        };
        let mut editions: Vec<_> = self.open.iter().filter_map(order).collect();
        editions.sort_unstable();
        for (_, _, edition) in editions {
            let all = (edition, i64::MIN)..=(edition, i64::MAX);
            while let Some((_, id)) = self.pending.range(all.clone()).next().copied() {
                if turned.claims.len() >= most {
                    return;
                }
                self.begun.insert(id, kept(now));
                self.take(id, turned);
            }
        }
    }

    /// Marks one delivery, or cancels it where it must not go any more.
    fn take(&mut self, id: i64, turned: &mut Turned) {
        let row = self.rows[&id].clone();
        let left = self.left.contains(&row.member).then(|| "left".to_owned());
        let obstacle = left.or_else(|| self.bundles[&row.bundle].stale.clone());
        let event = match obstacle {
            Some(_) => Event::Stopped,
            None => Event::Claimed,
        };
        let maybe = row.progress.maybe_arrived;
        let progress = Progress {
            state: row.progress.state.on(event, maybe).unwrap(),
            ..row.progress
        };
        self.put(id, progress.clone(), obstacle.clone().or(row.reply));
        let edition = row.edition;
        match obstacle {
            Some(why) => turned.stopped.push(Stopped { edition, why }),
            None => turned.claims.push(Claim {
                delivery: id,
                edition,
                bundle: row.bundle,
                address: row.address,
                token: row.token,
                personal: row.personal,
                progress,
            }),
        }
    }

    fn close(&mut self, turn: &Turn, turned: &mut Turned) {
        let candidates: BTreeSet<EditionId> = if turn.all_back && turned.claims.is_empty() {
            self.open.clone()
        } else {
            let stopped = turned.stopped.iter().map(|s| s.edition);
            turn.touched.iter().copied().chain(stopped).collect()
        };
        for id in candidates {
            if !self.open.contains(&id) || self.waiting.get(&id).is_some_and(|n| *n > 0) {
                continue;
            }
            let rows = self.of.get(&id).into_iter().flatten();
            let unsent = rows.map(|id| &self.rows[id].progress).any(|p| {
                let untried = p.state == State::Failed && p.attempts == 0;
                p.state != State::Sent && !untried
            });
            let state = if unsent {
                EditionState::Partly
            } else {
                EditionState::Sent
            };
            self.move_edition(id, state, None);
            turned.closed.push((id, state));
        }
    }
}

impl Outbox for Memory {
    async fn turn(&self, turn: &Turn, now: DateTime<Utc>) -> Result<Turned> {
        let (mut books, now) = (self.look(), kept(now));
        let before = books.counts();
        books.settle(&turn.settlements)?;
        books.tell(turn);
        books.wake(now);
        let mut turned = Turned::default();
        if turn.most > 0 {
            books.claim(now, turn.most, &mut turned);
        }
        if turned.claims.len() < turn.most || turn.most == 0 {
            books.close(turn, &mut turned);
        }
        let told = turn.server.is_some() || turn.learnt.is_some() || !turn.pauses.is_empty();
        if told || !turn.settlements.is_empty() || books.counts() != before {
            books.commits += 1;
        }
        Ok(turned)
    }

    async fn find_abandoned(&self, hold: bool, now: DateTime<Utc>) -> Result<u64> {
        let mut books = self.books();
        let found: Vec<i64> = books.sending.iter().copied().collect();
        for id in &found {
            let row = books.rows.get_mut(id).unwrap();
            row.found += 1;
            let progress = Progress {
                state: State::Sending.on(Event::Found, false).unwrap(),
                attempts: row.progress.attempts + 1,
                maybe_arrived: true,
                next_attempt_at: (!hold).then(|| kept(now)),
                ..row.progress.clone()
            };
            let reply = "the process ended before the reply was on record";
            books.put(*id, progress, Some(reply.to_owned()));
        }
        Ok(found.len() as u64)
    }

    async fn sheet(&self, bundle: i64) -> Result<Sheets> {
        let bundle = &self.look().bundles[&bundle];
        Ok(Sheets {
            sheet: bundle.sheet.clone(),
            envelope: bundle.envelope.clone(),
        })
    }

    async fn attachment(&self, sha256: Sha256) -> Result<Vec<u8>> {
        Ok(self.look().blobs[&sha256].clone())
    }

    async fn next_time(&self, now: DateTime<Utc>) -> Result<Option<DateTime<Utc>>> {
        let (books, now) = (self.look(), kept(now));
        let open = |id: &i64| books.open.contains(&books.rows[id].edition);
        let due = books.due.iter().find(|(_, id)| open(id)).map(|(at, _)| *at);
        let editions = books.open.iter().map(|id| books.editions[id].due_at);
        Ok(editions.filter(|at| *at > now).chain(due).min())
    }

    fn written(&self) -> Option<Written> {
        Some(Written::new(SystemTime::UNIX_EPOCH, self.look().commits))
    }

    async fn learnt(&self) -> Result<Option<String>> {
        Ok(self.look().learnt.clone())
    }

    async fn taken_since(&self, since: DateTime<Utc>) -> Result<u64> {
        let books = self.look();
        let sent = |id: &i64| books.rows[id].progress.state == State::Sent;
        let begun = books.begun.iter().filter(|(_, at)| **at >= since);
        Ok(begun.filter(|(id, _)| sent(id)).count() as u64)
    }

    async fn queue(&self) -> Result<Queue> {
        let books = self.look();
        let paused = |id: &EditionId| books.editions[id].state == EditionState::Paused;
        let held_back = books.pending.iter().filter(|(edition, _)| paused(edition));
        Ok(Queue {
            pending: books.pending.len() as u64,
            sending: books.sending.len() as u64,
            deferred: books.deferred.len() as u64,
            unknown: books.doubtful.len() as u64,
            paused: held_back.count() as u64,
        })
    }

    async fn rest(&self) {}
}
