//! Owns what must be true of every world at its end, the ledger held against the server's own
//! record. It refuses to excuse anything.

use std::collections::BTreeMap;

use phobien::delivery::State;
use phobien::edition::EditionState;

use super::memory::Row;
use super::world::World;
use crate::peer::Taken;

/// What a world came to, in numbers.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Sum {
    pub(crate) hours: u64,
    pub(crate) lives: u64,
    pub(crate) crashes: u64,
    pub(crate) editions: u64,
    pub(crate) rows: u64,
    /// Letters that the server took.
    pub(crate) taken: u64,
    /// Of these, copies beyond the first.
    pub(crate) again: u64,
    /// Rows that a start found `sending`.
    pub(crate) found: u64,
    pub(crate) sent: u64,
    pub(crate) held: u64,
    pub(crate) failed: u64,
    pub(crate) cancelled: u64,
    /// Acts of the machines, between any two of which the power may go.
    pub(crate) acts: u64,
    /// Everything that happened, and when.
    pub(crate) trace: u64,
}

impl Sum {
    pub(crate) fn add(&mut self, other: &Self) {
        self.hours += other.hours;
        self.lives += other.lives;
        self.crashes += other.crashes;
        self.editions += other.editions;
        self.rows += other.rows;
        self.taken += other.taken;
        self.again += other.again;
        self.found += other.found;
        self.sent += other.sent;
        self.held += other.held;
        self.failed += other.failed;
        self.cancelled += other.cancelled;
        self.acts += other.acts;
    }
}

/// The token of a letter, out of its Message-ID.
fn token(taken: &Taken) -> String {
    let text = String::from_utf8_lossy(&taken.data);
    let id = text.lines().find_map(|l| l.strip_prefix("Message-ID: <"));
    let token = id.and_then(|id| id.split_once('@'));
    token.map_or_else(String::new, |(token, _)| token.to_owned())
}

/// Judges a world: what it came to, and everything that is wrong with it.
pub(crate) fn judge(world: &World) -> (Sum, Vec<String>) {
    let mut faults = world.journal.faults();
    let record = world.record.lock().unwrap().clone();
    faults.extend(
        record
            .violations
            .iter()
            .map(|v| format!("to the server: {v}")),
    );
    let mut copies: BTreeMap<String, Vec<&Taken>> = BTreeMap::new();
    for taken in &record.taken {
        copies.entry(token(taken)).or_default().push(taken);
    }
    let books = world.memory.look();
    let mut sum = Sum {
        hours: world.age.as_secs() / 3600,
        lives: world.lives,
        crashes: world.crashes,
        editions: books.editions.len() as u64,
        rows: books.rows.len() as u64,
        taken: record.taken.len() as u64,
        acts: world.acts,
        ..Sum::default()
    };
    for (id, row) in &books.rows {
        let copies = copies.remove(&row.token).unwrap_or_default();
        let wrong = of_one(world, row, &copies);
        faults.extend(wrong.map(|what| format!("m-{id}: {what}: {row:?}")));
        sum.again += copies.len().saturating_sub(1) as u64;
        sum.found += u64::from(row.found);
        match row.progress.state {
            State::Sent => sum.sent += 1,
            State::Unknown => sum.held += 1,
            State::Failed => sum.failed += 1,
            State::Cancelled => sum.cancelled += 1,
            _ => {}
        }
    }
    faults.extend(
        copies
            .keys()
            .map(|t| format!("nobody's letter arrived: {t:?}")),
    );
    let unended = books
        .editions
        .iter()
        .filter(|(_, e)| matches!(e.state, EditionState::Open | EditionState::Paused));
    faults.extend(unended.map(|(id, e)| format!("{id} has no end: {e:?}")));
    let most = world.crashes.max(world.lives) * world.rules.in_doubt_max as u64;
    if sum.found > most {
        faults.push(format!(
            "{} left in doubt by crashes, at most {most}",
            sum.found
        ));
    }
    drop(books);
    let untold = world.office.untold();
    faults.extend(
        untold
            .iter()
            .map(|who| format!("{who} is still owed something")),
    );
    sum.trace = world.journal.trace();
    (sum, faults)
}

/// What is wrong with one delivery, if anything.
fn of_one(world: &World, row: &Row, copies: &[&Taken]) -> Option<&'static str> {
    let progress = &row.progress;
    let arrived = !copies.is_empty();
    match progress.state {
        State::Sent if !arrived => return Some("sent and never accepted"),
        State::Failed | State::Cancelled if arrived => return Some("accepted and not in doubt"),
        State::Failed if progress.attempts > 0 && !world.weather.refused(&row.address) => {
            return Some("failed and never refused");
        }
        State::Unknown if progress.next_attempt_at.is_some() => return Some("left waiting"),
        State::Unknown if !progress.maybe_arrived => return Some("held without a doubt"),
        State::Pending | State::Sending | State::Deferred => return Some("left waiting"),
        _ => {}
    }
    let (Some(first), rest) = (copies.first(), copies) else {
        return None;
    };
    if rest.iter().any(|copy| copy.data != first.data) {
        return Some("copies differ");
    }
    if copies.iter().any(|copy| copy.to != [row.address.clone()]) {
        return Some("went to somebody else");
    }
    if copies.len() as u64 > 1 + u64::from(row.found + progress.doubts) {
        return Some("more copies than doubts");
    }
    None
}
