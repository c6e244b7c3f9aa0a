//! Owns the steps by which people leave the record: one who asks, and everybody when the period is
//! over. It refuses to erase anyone who is still in the roster.

use std::time::Duration;

use chrono::{DateTime, Months, Utc};

use crate::config::Config;
use crate::ledger::backup::Kept;
use crate::ledger::erase::{self, Obstacle};
use crate::ledger::retention::{self, Plan};
use crate::ledger::{Ledger, LedgerError, returned};

/// Between two transactions of the period's end: delivery writes meanwhile.
const BREATH: Duration = Duration::from_millis(5);

/// Why a person cannot be erased.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Unerasable {
    /// The record says why.
    Record(Obstacle),
    /// Its address is one that the office is told at.
    Office,
}

/// What an erasure did.
#[derive(Clone, Debug)]
pub struct Erased {
    /// What was removed.
    pub erased: erase::Erased,
    /// The write-ahead log was emptied too.
    pub folded: bool,
    /// Copies of the ledger that were made while the person was in there.
    pub backups: Vec<Kept>,
}

/// Why the person cannot be erased now; none where it can.
///
/// # Errors
/// The ledger failed.
pub async fn unerasable(
    ledger: &Ledger,
    config: &Config,
    person: i64,
) -> Result<Option<Unerasable>, LedgerError> {
    let mut tx = ledger.begin().await?;
    let why = why_not(&mut tx, config, person).await?;
    tx.rollback().await?;
    Ok(why)
}

async fn why_not(
    tx: &mut crate::ledger::Tx,
    config: &Config,
    person: i64,
) -> Result<Option<Unerasable>, LedgerError> {
    if let Some(obstacle) = erase::obstacle(tx, person).await? {
        return Ok(Some(Unerasable::Record(obstacle)));
    }
    let office = erase::is_called(tx, person, &config.office.notify).await?;
    Ok(office.then_some(Unerasable::Office))
}

/// Removes a person from the ledger for good; that somebody was sent what stays on record under a
/// pseudonym.
///
/// # Errors
/// The ledger failed. The inner result says why nothing was done.
pub async fn erase_person(
    ledger: &Ledger,
    config: &Config,
    person: i64,
    by: Option<&str>,
    now: DateTime<Utc>,
) -> Result<Result<Erased, Unerasable>, LedgerError> {
    let mut tx = ledger.begin().await?;
    if let Some(why) = why_not(&mut tx, config, person).await? {
        tx.rollback().await?;
        return Ok(Err(why));
    }
    let erased = erase::erase(&mut tx, ledger.instance_key(), person, by, now).await?;
    tx.commit().await?;
    let folded = ledger.fold_in().await?;
    let backups = ledger.backups_since(erased.since.unwrap_or(now)).await?;
    Ok(Ok(Erased {
        erased,
        folded,
        backups,
    }))
}

/// What became of those who were erased after a copy was made that took the ledger's place.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Again {
    /// Erased once more.
    pub erased: u64,
    /// Those who cannot be; `members erase` says why.
    pub left: u64,
}

/// Erases once more whom a copy of the ledger brought back. Nothing may be on the wire, and the
/// roster is read afterwards: who stands in it is new then, and held until the office decides.
///
/// # Errors
/// The ledger failed.
pub async fn erase_again(
    ledger: &Ledger,
    config: &Config,
    now: DateTime<Utc>,
) -> Result<Again, LedgerError> {
    let mut tx = ledger.begin().await?;
    let people = returned::left_in_copy(&mut tx, ledger.instance_key(), now).await?;
    tx.commit().await?;
    let mut done = Again::default();
    for person in people {
        match erase_person(ledger, config, person, None, now).await? {
            // Two rows of one person go together.
            Ok(_) | Err(Unerasable::Record(Obstacle::Erased)) => done.erased += 1,
            Err(_) => done.left += 1,
        }
    }
    Ok(done)
}

/// What the end of the period did.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Retained {
    /// Editions whose letters named somebody.
    pub editions: u64,
    /// Letters that name nobody any more.
    pub letters: u64,
    /// Members who had left and are under their pseudonym now.
    pub people: u64,
    /// The write-ahead log was emptied too.
    pub folded: bool,
}

impl Retained {
    /// What carrying a plan out comes to.
    #[must_use]
    pub fn of(plan: &Plan) -> Self {
        let named = plan.editions.iter().filter(|e| e.letters > 0);
        Self {
            editions: named.count() as u64,
            letters: plan.editions.iter().map(|e| e.letters).sum(),
            people: plan.people.len() as u64,
            folded: true,
        }
    }
}

/// Up to when letters were due whose period is over.
#[must_use]
pub fn period_start(config: &Config, now: DateTime<Utc>) -> DateTime<Utc> {
    let months = Months::new(config.retention_months);
    now.checked_sub_months(months)
        .unwrap_or(DateTime::<Utc>::MIN_UTC)
}

/// Takes the people out of what is older than the period, in short transactions; the next time
/// goes on where this one was broken off.
///
/// # Errors
/// The ledger failed.
pub async fn retain(
    ledger: &Ledger,
    config: &Config,
    now: DateTime<Utc>,
) -> Result<Retained, LedgerError> {
    let plan = ledger.expired(period_start(config, now)).await?;
    let mut done = Retained::default();
    for expired in &plan.editions {
        let (mut after, mut letters) = (0, 0);
        loop {
            let mut tx = ledger.begin().await?;
            let step = retention::prune(&mut tx, expired.edition, after, now).await?;
            tx.commit().await?;
            let Some((last, pruned)) = step else { break };
            (after, letters) = (last, letters + pruned);
            tokio::time::sleep(BREATH).await;
        }
        done.editions += u64::from(letters > 0);
        done.letters += letters;
    }
    let mut tx = ledger.begin().await?;
    retention::forget(&mut tx, &plan.people, now).await?;
    tx.commit().await?;
    done.people = plan.people.len() as u64;
    let worked = done.letters + done.people > 0;
    done.folded = !worked || ledger.fold_in().await?;
    Ok(done)
}
