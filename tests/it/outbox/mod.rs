//! Owns the meaning of the port through which deliveries leave a ledger: one suite, for SQLite's
//! and for the one in memory. It refuses to know how either keeps what it is told.

use chrono::{DateTime, TimeDelta, Utc};
use phobien::delivery::{Progress, State};
use phobien::edition::{EditionId, EditionState};
use phobien::ledger::deliveries::{Claim, Settlement};
use phobien::ledger::outbox::{Outbox, Pause, Server, Turn, Turned};

mod memory;
mod sqlite;
mod suite;

use memory::InMemory;
use sqlite::InSqlite;

/// What a row says of a delivery.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Seen {
    progress: Progress,
    reply: Option<String>,
}

/// A ledger to try the port on, and what others than the pump do to it.
trait Subject: Sized {
    type Outbox: Outbox;

    async fn new() -> Self;
    fn outbox(&self) -> &Self::Outbox;
    /// An edition due so many seconds from [`now`], to these of A1, A2, A3 and B1.
    async fn publish(&self, due_in: i64, urgent: bool, to: &[&str]) -> EditionId;
    /// The member leaves.
    async fn leave(&self, code: &str);
    /// What the edition carries is withdrawn.
    async fn withdraw(&self, edition: EditionId);
    async fn resume(&self, edition: EditionId);
    async fn row(&self, delivery: i64) -> Seen;
    async fn state(&self, edition: EditionId) -> EditionState;
    async fn is_held(&self, code: &str) -> bool;
    /// What needs a person: the kind and what it is about.
    async fn attention(&self) -> Vec<(String, String)>;
}

/// When all of it happens.
fn now() -> DateTime<Utc> {
    super::office::now()
}

fn later(seconds: i64) -> DateTime<Utc> {
    now() + TimeDelta::seconds(seconds)
}

/// The address of a member.
fn address(code: &str) -> String {
    format!("{}@a.example", code.to_lowercase())
}

/// A turn that claims.
fn claiming(most: usize) -> Turn {
    Turn {
        most,
        all_back: true,
        ..Turn::default()
    }
}

/// A turn that settles, and looks whether the editions are at their end.
fn settling(settlements: Vec<Settlement>) -> Turn {
    Turn {
        touched: settlements.iter().map(|s| s.edition).collect(),
        settlements,
        ..Turn::default()
    }
}

/// What became of a claim.
fn settled(claim: &Claim, state: State) -> Settlement {
    Settlement {
        delivery: claim.delivery,
        edition: claim.edition,
        address: claim.address.clone(),
        progress: Progress {
            state,
            attempts: claim.progress.attempts + 1,
            ..claim.progress.clone()
        },
        outcome: "test",
        reply_code: Some(250),
        reply: "said so".into(),
        hard: false,
    }
}

/// The same, to be tried again at a time.
fn until(claim: &Claim, state: State, at: DateTime<Utc>) -> Settlement {
    let mut done = settled(claim, state);
    done.progress.next_attempt_at = Some(at);
    done.progress.doubts = u32::from(state == State::Unknown);
    done.progress.maybe_arrived |= state == State::Unknown;
    done
}

/// The claims' addresses.
fn addresses(turned: &Turned) -> Vec<&str> {
    turned.claims.iter().map(|c| c.address.as_str()).collect()
}

/// Runs each part of the suite on both ledgers.
macro_rules! on_both {
    ($($part:ident)*) => {
        mod on_sqlite {
            $(#[tokio::test] async fn $part() { super::suite::$part::<super::InSqlite>().await; })*
        }
        mod on_memory {
            $(#[tokio::test] async fn $part() { super::suite::$part::<super::InMemory>().await; })*
        }
    };
}

on_both! {
    claims_come_in_order_and_no_more_than_asked
    what_is_not_due_or_paused_waits
    who_left_and_what_is_stale_is_stopped
    what_may_have_arrived_is_held_when_it_is_stopped
    only_what_is_sending_can_be_settled
    after_an_error_nothing_happened
    a_settlement_is_kept_whole
    what_has_its_time_comes_back
    two_hard_failures_of_different_editions_hold_an_address
    an_edition_ends_when_nothing_waits
    an_edition_is_looked_at_when_the_queue_runs_dry
    a_pause_and_the_server_are_told
    what_has_ended_is_not_paused
    what_the_server_taught_is_kept_until_it_teaches_more
    what_was_taken_lately_is_counted
    what_a_crash_left_is_doubt
    what_a_crash_left_can_be_held
    the_next_time_is_the_nearest
    the_queue_counts_what_waits
    a_sheet_is_the_edition_s_own
}
