//! Owns the random mix of faults: in the end the ledger equals the peer's own record, row by row.
//! It refuses to know which fault met whom; the seed does.

use std::time::Duration;

use phobien::deliver::Until;
use phobien::delivery::State;
use phobien::ledger::log::LogRow;

use super::{many, resume_paused};
use crate::office::{Office, Settings, pass};
use crate::peer::{Peer, Record, Script};

/// Runs of delivery until the queue is empty; each is a person's or a timer's wake-up.
const RUNS_MAX: usize = 60;

/// How many recipients, and how many faults in a thousand stages.
const RECIPIENTS: usize = 2000;
const PER_MILLE: u64 = 50;

#[tokio::test]
async fn under_random_faults_the_ledger_equals_the_peer() {
    for seed in seeds() {
        let (rows, record) = played(seed).await;
        assert_equal(seed, &rows, &record);
    }
}

/// Three, or those named in `PHOBIEN_SEEDS`, as in `4..100`.
fn seeds() -> std::ops::Range<u64> {
    let Ok(named) = std::env::var("PHOBIEN_SEEDS") else {
        return 1..4;
    };
    let (from, to) = named.split_once("..").expect("a range, as in 4..100");
    from.parse().expect("a number")..to.parse().expect("a number")
}

/// An edition to its end, under faults that the seed decides.
async fn played(seed: u64) -> (Vec<LogRow>, Record) {
    let peer = Peer::start(Script::new().random(seed, PER_MILLE)).await;
    let roster = many(RECIPIENTS);
    let mut office = Office::open(Settings {
        roster: &roster,
        delivery: "retry_after = [\"1m\"]\nunknown_after = \"1m\"",
        ..Settings::default()
    })
    .await;
    office.config.smtp = peer.smtp();
    // Silence costs a deadline each time.
    office.config.smtp.timeout = Duration::from_millis(200);
    office.config.smtp.final_timeout = Duration::from_millis(200);
    office.config.smtp.connections = 8;
    office.document("23-CT/TW", |_| {}).await;
    office.publish("day").await;
    for run in 0.. {
        assert!(run < RUNS_MAX, "seed {seed}: it never ends");
        let run = office.deliver_until(Until::Idle);
        let tally = tokio::time::timeout(Duration::from_secs(120), run).await;
        let queue = tally.expect("delivery comes to its end").queue;
        resume_paused(&office).await;
        let next = office.ledger.next_time(crate::office::now()).await.unwrap();
        if queue.pending + queue.deferred == 0 && next.is_none() {
            break;
        }
        pass(400);
    }
    let rows = office.log().await;
    assert_eq!(rows.len(), RECIPIENTS, "seed {seed}");
    (rows, peer.record())
}

/// What the ledger calls sent was accepted, and twice only where a doubt is on record; what was
/// accepted and is not sent is unknown.
fn assert_equal(seed: u64, rows: &[LogRow], record: &Record) {
    let none = Vec::<String>::new();
    assert_eq!(record.violations, none, "seed {seed}");
    let for_nobody: usize = record.bodies_for_nobody.iter().map(Vec::len).sum();
    assert_eq!(for_nobody, 0, "seed {seed}");
    let mut taken: std::collections::HashMap<&str, Vec<&[u8]>> = Default::default();
    for letter in &record.taken {
        assert_eq!(letter.to.len(), 1, "seed {seed}");
        taken.entry(&letter.to[0]).or_default().push(&letter.data);
    }
    for row in rows {
        let address = row.address.as_deref().unwrap();
        let copies = taken.remove(address).unwrap_or_default();
        let told = format!("seed {seed}: {address} {} x {}", row.state, copies.len());
        match row.state {
            State::Sent => assert!(!copies.is_empty(), "{told}"),
            // Held after the second doubt.
            State::Unknown => {}
            _ => assert!(copies.is_empty(), "{told}"),
        }
        // One doubt is resent, the second is held.
        assert!(copies.len() <= 2, "{told}");
        assert!(copies.len() < 2 || row.attempts >= 2, "{told}");
        assert!(copies.windows(2).all(|two| two[0] == two[1]), "{told}");
        let state = matches!(row.state, State::Sent | State::Unknown);
        assert!(state, "{told}: nothing in this mix refuses for good");
    }
    assert!(
        taken.is_empty(),
        "seed {seed}: strangers {:?}",
        taken.keys()
    );
}
