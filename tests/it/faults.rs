//! Owns the tests of what delivery makes of a server's faults: the ledger's side of the fault
//! matrix, against the scripted peer. It refuses to test the dialogue itself.

mod limits;
mod random;
mod rows;

use phobien::deliver::Tally;
use phobien::delivery::State;
use phobien::edition::EditionState;

use super::office::{Office, Settings, pass};
use super::peer::{Action, Peer, Rule, Script, Stage};

/// An office of two branches that delivers to the peer.
async fn office(peer: &Peer, delivery: &str) -> Office {
    let mut office = Office::open(Settings {
        delivery,
        ..Settings::default()
    })
    .await;
    office.config.smtp = peer.smtp();
    office.document("23-CT/TW", |_| {}).await;
    office.publish("day").await;
    office
}

async fn state_of(office: &Office, address: &str) -> (State, u32, String) {
    let log = office.log().await;
    let row = log
        .into_iter()
        .find(|r| r.address.as_deref() == Some(address))
        .unwrap();
    (row.state, row.attempts, row.reply.unwrap_or_default())
}

async fn run(script: Script, delivery: &str) -> (Peer, Office, Tally) {
    let peer = Peer::start(script).await;
    let office = office(&peer, delivery).await;
    let tally = office.deliver().await;
    (peer, office, tally)
}

#[tokio::test]
async fn all_is_well() {
    let (peer, _, tally) = run(Script::new(), "").await;
    assert_eq!((tally.sent, tally.all_sent()), (4, true));
    let record = peer.record();
    assert_eq!(record.taken.len(), 4);
    assert!(record.violations.is_empty(), "{:?}", record.violations);
}

#[tokio::test]
async fn a_refused_recipient_fails_alone() {
    let rule = Rule::at(Stage::Rcpt)
        .to("an@a.example")
        .then(Action::reply("550 5.1.1 no such user"));
    let (_peer, office, tally) = run(Script::new().rule(rule), "").await;
    assert_eq!((tally.sent, tally.failed), (3, 1));
    let (state, attempts, reply) = state_of(&office, "an@a.example").await;
    assert_eq!((state, attempts), (State::Failed, 1));
    assert!(reply.contains("no such user"));
    let next = office.publish("day").await;
    assert_eq!(next.edition.total, 1, "owed again at the next slot");
}

#[tokio::test]
async fn a_command_that_was_not_understood_blames_nobody() {
    let rule = Rule::at(Stage::Rcpt)
        .to("an@a.example")
        .times(1)
        .then(Action::reply("503 5.5.1 bad sequence of commands"));
    let peer = Peer::start(Script::new().rule(rule)).await;
    let mut office = office(&peer, "").await;
    // One link, on which the letter before has shown that groups of commands are understood.
    office.config.smtp.connections = 1;
    let tally = office.deliver().await;
    assert_eq!((tally.sent, tally.failed), (4, 0));
}

#[tokio::test]
async fn two_hard_failures_from_different_editions_hold_the_address() {
    let rule = Rule::at(Stage::Rcpt)
        .to("an@a.example")
        .then(Action::reply("550 5.1.1 no such user"));
    let (_peer, office, _) = run(Script::new().rule(rule), "").await;
    office.publish("day").await;
    office.deliver().await;
    office.document("24-CT/TW", |_| {}).await;
    office.publish("day").await;
    let last = office.log().await.pop().unwrap();
    let held: Vec<_> = office
        .log()
        .await
        .into_iter()
        .filter(|r| r.reply.as_deref() == Some("held"))
        .collect();
    assert_eq!(held.len(), 1, "{last:?}");
    assert_eq!((held[0].state, held[0].attempts), (State::Failed, 0));
}

#[tokio::test]
async fn a_put_off_recipient_waits_for_its_time_and_delays_nobody() {
    let rule = Rule::at(Stage::Rcpt)
        .to("an@a.example")
        .times(1)
        .then(Action::reply("451 4.7.1 greylisted"));
    let (_peer, office, tally) = run(Script::new().rule(rule), "retry_after = [\"5m\"]").await;
    assert_eq!((tally.sent, tally.put_off), (3, 1));
    assert_eq!(state_of(&office, "an@a.example").await.0, State::Deferred);
    assert_eq!(office.deliver().await.sent, 0, "not before its time");
    pass(301);
    assert_eq!(office.deliver().await.sent, 1);
}

#[tokio::test]
async fn reset_after_the_dot_is_doubt_resent_once_with_the_same_message_id() {
    let rule = Rule::at(Stage::Dot)
        .to("an@a.example")
        .times(1)
        .then(Action::take(Action::Reset));
    let (peer, office, tally) = run(Script::new().rule(rule), "unknown_after = \"15m\"").await;
    assert_eq!((tally.sent, tally.in_doubt, tally.queue.unknown), (3, 1, 1));
    pass(901);
    assert_eq!(office.deliver().await.sent, 1);
    let taken: Vec<_> = peer
        .record()
        .taken
        .into_iter()
        .filter(|t| t.to == ["an@a.example"])
        .collect();
    assert_eq!(taken.len(), 2);
    assert_eq!(
        taken[0].data, taken[1].data,
        "byte-equal, Message-ID included"
    );
}

#[tokio::test]
async fn doubt_twice_is_held_for_a_person() {
    let rule = Rule::at(Stage::Dot)
        .to("an@a.example")
        .then(Action::take(Action::Silence));
    let (_peer, office, _) = run(Script::new().rule(rule), "unknown_after = \"1m\"").await;
    pass(61);
    office.deliver().await;
    pass(10_000);
    let tally = office.deliver().await;
    assert_eq!((tally.sent, tally.queue.unknown), (0, 1));
    let edition = office.ledger.editions(1).await.unwrap().remove(0);
    assert_eq!(edition.state, EditionState::Partly);
}

#[tokio::test]
async fn a_reset_before_the_dot_counts_no_attempt() {
    let rule = Rule::at(Stage::Data)
        .to("an@a.example")
        .times(1)
        .then(Action::Reset);
    let (_peer, office, tally) = run(Script::new().rule(rule), "").await;
    assert_eq!(tally.sent, 4);
    assert_eq!(
        state_of(&office, "an@a.example").await.1,
        1,
        "only the attempt that arrived"
    );
}

#[tokio::test]
async fn a_dialogue_that_always_breaks_is_put_aside() {
    let rule = Rule::at(Stage::Data)
        .to("nga@a.example")
        .then(Action::Reset);
    let (_peer, office, tally) = run(Script::new().rule(rule), "").await;
    assert_eq!((tally.sent, tally.queue.deferred), (3, 1));
    assert_eq!(state_of(&office, "nga@a.example").await.1, 0);
}

#[tokio::test]
async fn a_refused_sender_pauses_the_edition_and_blames_nobody() {
    let script = Script::new().at(Stage::Mail, Action::reply("550 5.7.1 sender rejected"));
    let (_peer, office, tally) = run(script, "").await;
    assert_eq!((tally.sent, tally.failed, tally.queue.paused), (0, 0, 4));
    let attention = office.ledger.attention().await.unwrap();
    assert!(
        attention
            .iter()
            .any(|a| a.what == "paused" && a.detail.contains("sender rejected"))
    );
}

#[tokio::test]
async fn alike_policy_refusals_brake_before_all_are_refused() {
    let peer =
        Peer::start(Script::new().at(Stage::Dot, Action::reply("550 5.7.26 not authenticated")))
            .await;
    let roster = many(100);
    let mut office = Office::open(Settings {
        roster: &roster,
        ..Settings::default()
    })
    .await;
    office.config.smtp = peer.smtp();
    office.document("23-CT/TW", |_| {}).await;
    office.publish("day").await;
    let tally = office.deliver().await;
    assert!(
        tally.failed <= 3 + office.config.delivery.in_doubt_max as u64,
        "{tally:?}"
    );
    assert_eq!(tally.queue.paused, 100 - tally.failed);
    assert!(
        office
            .ledger
            .attention()
            .await
            .unwrap()
            .iter()
            .any(|a| a.what == "paused")
    );
}

#[tokio::test]
async fn a_server_that_is_away_leaves_everything_pending() {
    let mut office = Office::open(Settings::default()).await;
    let peer = Peer::start(Script::new()).await;
    office.config.smtp = peer.smtp();
    drop(peer);
    office.document("23-CT/TW", |_| {}).await;
    office.publish("day").await;
    let tally = office.deliver().await;
    assert_eq!((tally.sent, tally.queue.pending, tally.put_off), (0, 4, 0));
    assert!(office.log().await.iter().all(|r| r.attempts == 0));
    assert!(
        office
            .ledger
            .attention()
            .await
            .unwrap()
            .iter()
            .any(|a| a.what == "server")
    );

    // It is back while the service begins anew, or reads its configuration again.
    office.reopen().await;
    let peer = Peer::start(Script::new()).await;
    office.config.smtp = peer.smtp();
    assert_eq!(office.deliver().await.sent, 4);
    let attention = office.ledger.attention().await.unwrap();
    let told = attention.iter().find(|a| a.what == "server");
    assert!(told.is_none(), "{told:?}");
}

#[tokio::test]
async fn latin_1_and_wordless_replies_are_sent() {
    let script = Script::new()
        .rule(
            Rule::at(Stage::Dot)
                .to("an@a.example")
                .then(Action::raw(*b"250\r\n")),
        )
        .rule(
            Rule::at(Stage::Dot)
                .to("nga@a.example")
                .then(Action::raw(*b"250 re\xe7u\r\n")),
        );
    let (_peer, _, tally) = run(script, "").await;
    assert_eq!(tally.sent, 4);
}

/// A roster of so many members of one branch.
pub(crate) fn many(people: usize) -> String {
    let row = |i| format!("M{i},Người {i},m{i}@x.example,Một,,\n");
    let rows: String = (0..people).map(row).collect();
    format!("ma,ho_ten,email,chi_bo,chuc_vu,loai\n{rows}")
}

/// A person resumes what the brake paused.
pub(crate) async fn resume_paused(office: &Office) {
    let mut tx = office.ledger.begin().await.unwrap();
    for edition in office.ledger.editions(10).await.unwrap() {
        if edition.state == EditionState::Paused {
            phobien::ledger::editions::move_edition(
                &mut tx,
                edition.id,
                EditionState::Open,
                None,
                super::office::now(),
            )
            .await
            .unwrap();
        }
    }
    tx.commit().await.unwrap();
}
