//! Owns the tests of what delivery learns from a server: "too much", "not now", "not you", and
//! that trouble with one address delays no other. It refuses to test the arithmetic of the pace.

use std::time::{Duration, Instant};

use phobien::deliver::{self, Steering, Until};
use phobien::delivery::State;
use phobien::edition::EditionState;

use super::{many, state_of};
use crate::office::{Office, Settings, pass};
use crate::peer::{Action, Peer, Rule, Script, Stage};

async fn office_of(people: usize, peer: &Peer) -> Office {
    let roster = many(people);
    let mut office = Office::open(Settings {
        roster: &roster,
        ..Settings::default()
    })
    .await;
    office.config.smtp = peer.smtp();
    office.document("23-CT/TW", |_| {}).await;
    office.publish("day").await;
    office
}

#[tokio::test]
async fn what_was_too_much_is_remembered_over_a_restart_and_forgotten_in_time() {
    let much = Action::reply("450 4.7.1 too many messages, try again in 300 seconds");
    let peer = Peer::start(
        Script::new().rule(
            Rule::at(Stage::Rcpt)
                .to("m20@x.example")
                .times(1)
                .then(much),
        ),
    )
    .await;
    let mut office = office_of(60, &peer).await;
    office.config.smtp.rate_per_minute = Some(6000);
    let tally = office.deliver().await;
    assert!((20..=35).contains(&tally.sent), "stops at once: {tally:?}");
    assert_eq!(tally.queue.pending, 60 - tally.sent, "nobody is put off");
    assert_eq!(
        state_of(&office, "m20@x.example").await.1,
        0,
        "no attempt counted"
    );
    let lowered = deliver::lowered_rate(&office.ledger).await.unwrap();
    let rate = lowered.expect("a lowered rate");
    // Half of what went out within the minute.
    assert!((9.0..=18.0).contains(&rate), "{rate}");

    office.reopen().await;
    pass(200);
    assert_eq!(office.deliver().await.sent, 0, "the 300 s are not over");
    pass(101);
    let started = Instant::now();
    let steering = Steering::until(Until::Done);
    let stop = steering.stop.clone();
    tokio::spawn(async move {
        tokio::time::sleep(Duration::from_millis(1500)).await;
        stop.cancel();
    });
    let tally = office.deliver_steered(&steering).await;
    assert!(started.elapsed() < Duration::from_secs(10));
    assert!(
        (1..=3).contains(&tally.sent),
        "at the learnt rate: {tally:?}"
    );

    pass(7 * 24 * 3600);
    office.reopen().await;
    let tally = office.deliver().await;
    assert_eq!(tally.queue.pending, 0, "a week later all go out: {tally:?}");
    let lowered = deliver::lowered_rate(&office.ledger).await.unwrap();
    assert_eq!(lowered, None);
}

#[tokio::test]
async fn what_was_taken_before_a_restart_is_what_was_too_much() {
    let peer = Peer::start(Script::new()).await;
    let mut office = office_of(60, &peer).await;
    assert_eq!(office.deliver().await.sent, 60);
    office.document("24-CT/TW", |_| {}).await;
    office.publish("day").await;

    // The server goes on counting; the process begins anew, as it does after a reload too.
    office.reopen().await;
    let much = Action::reply("450 4.7.1 too many messages, try again in 300 seconds");
    let peer = Peer::start(Script::new().at(Stage::Rcpt, much)).await;
    office.config.smtp = peer.smtp();
    assert_eq!(office.deliver().await.sent, 0);
    let lowered = deliver::lowered_rate(&office.ledger).await.unwrap();
    assert_eq!(lowered, Some(30.0), "half of what it took, not the least");
}

#[tokio::test]
async fn a_server_that_says_it_again_and_again_within_its_minute_lowers_the_rate_once() {
    let much = Action::reply("450 4.7.1 too many messages, try again in 1 second");
    let rule = Rule::at(Stage::Rcpt).to("m40@x.example").times(3);
    let peer = Peer::start(Script::new().rule(rule.then(much))).await;
    let mut office = office_of(60, &peer).await;
    office.config.smtp.rate_per_minute = Some(6000);
    let steering = Steering::until(Until::Done);
    let stop = steering.stop.clone();
    let last = async {
        while peer.record().times("m40@x.example") == 0 {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        stop.cancel();
    };
    let (tally, ()) = tokio::join!(office.deliver_steered(&steering), last);
    assert!((40..60).contains(&tally.sent), "{tally:?}");
    let rate = deliver::lowered_rate(&office.ledger).await.unwrap();
    let rate = rate.expect("a lowered rate");
    assert!(
        (19.0..=28.0).contains(&rate),
        "half of what was taken: {rate}"
    );
}

#[tokio::test]
async fn too_many_connections_cost_no_letter_and_no_rate() {
    let full = Action::ReplyThenClose("421 4.7.0 too many connections".into());
    let rule = Rule::at(Stage::Banner).connection(2).then(full);
    let peer = Peer::start(Script::new().rule(rule)).await;
    let office = office_of(40, &peer).await;
    let started = Instant::now();
    let tally = office.deliver_until(Until::Done).await;
    assert_eq!((tally.sent, tally.all_sent()), (40, true));
    assert!(
        started.elapsed() < Duration::from_secs(20),
        "one connection served"
    );
    assert_eq!(peer.record().connections, 2, "the worker without one rests");
    assert_eq!(deliver::lowered_rate(&office.ledger).await.unwrap(), None);
}

#[tokio::test]
async fn a_limit_of_letters_on_one_connection_costs_no_attempt() {
    for bye in ["421 4.7.0 too many messages in this session", "421 bye"] {
        let rule = Rule::at(Stage::Mail).transaction(4);
        let script = Script::new().rule(rule.then(Action::ReplyThenClose(bye.into())));
        let peer = Peer::start(script).await;
        let office = office_of(30, &peer).await;
        let tally = office.deliver_until(Until::Done).await;
        assert_eq!(tally.sent, 30, "{bye}: {tally:?}");
        assert!(
            office.log().await.iter().all(|row| row.attempts == 1),
            "{bye}"
        );
        assert_eq!(
            deliver::lowered_rate(&office.ledger).await.unwrap(),
            None,
            "{bye}"
        );
        let record = peer.record();
        assert!(
            (10..=12).contains(&record.connections),
            "{bye}: {}",
            record.connections
        );
        assert!(office.ledger.attention().await.unwrap().is_empty(), "{bye}");
    }
}

#[tokio::test]
async fn a_wrong_password_is_tried_once_however_many_connections_there_are() {
    let peer = Peer::start(Script::new().account("phobien", "right")).await;
    let mut office = office_of(60, &peer).await;
    office.config.smtp.username = Some("phobien".into());
    office.config.smtp.connections = 8;
    office.password = Some("canary-wrong".into());
    let tally = office.deliver().await;
    assert_eq!((tally.sent, tally.queue.pending), (0, 60));
    assert_eq!(peer.record().said("AUTH"), 1);
    let attention = office.ledger.attention().await.unwrap();
    let told = attention.iter().find(|a| a.what == "server").expect("told");
    assert!(
        told.detail.contains("535") && !told.detail.contains("canary"),
        "{told:?}"
    );
    assert!(office.log().await.iter().all(|row| row.attempts == 0));
}

#[tokio::test]
async fn r4xx_mail() {
    for script in [Script::new(), Script::new().without("PIPELINING")] {
        let peer = Peer::start(script.at(Stage::Mail, Action::reply("451 4.3.0 later"))).await;
        let office = office_of(60, &peer).await;
        let tally = office.deliver().await;
        assert_eq!((tally.sent, tally.failed), (0, 0));
        // The gate shuts at the third; what workers had in hand by then is put aside too.
        let most = 3 + office.config.delivery.in_doubt_max as u64;
        assert!((3..=most).contains(&tally.queue.deferred), "{tally:?}");
        assert_eq!(tally.queue.pending, 60 - tally.queue.deferred, "{tally:?}");
        assert!(office.log().await.iter().all(|r| r.attempts == 0));
        assert!(peer.record().said("MAIL") <= usize::try_from(most).unwrap());
    }
}

#[tokio::test]
async fn the_brake_stops_by_the_hundred_and_twentieth_message() {
    // Every twentieth recipient, wherever the first stands.
    for first in [0, 7, 13] {
        let mut script = Script::new();
        for n in (first..400).step_by(20) {
            let no = Action::reply(&format!("554 5.6.0 content of m{n} rejected"));
            script = script.rule(Rule::at(Stage::Dot).to(&format!("m{n}@x.example")).then(no));
        }
        let peer = Peer::start(script).await;
        let office = office_of(400, &peer).await;
        let tally = office.deliver_until(Until::Done).await;
        let tried = tally.sent + tally.failed;
        assert!((100..=120).contains(&tried), "{first}: {tally:?}");
        assert_eq!(tally.queue.paused, 400 - tried, "{first}");
        let attention = office.ledger.attention().await.unwrap();
        let told = attention.iter().find(|a| a.what == "paused").expect("told");
        assert!(told.detail.contains("554 5.6.0"), "{told:?}");
    }
}

/// The time until all but one are delivered, where that one hangs as the script says.
async fn others_take(script: Script, connections: usize) -> Duration {
    let peer = Peer::start(script).await;
    let mut office = office_of(40, &peer).await;
    office.config.smtp.connections = connections;
    office.config.smtp.timeout = Duration::from_secs(3);
    office.config.smtp.final_timeout = Duration::from_secs(3);
    let begun = Instant::now();
    let steering = Steering::until(Until::Done);
    let stop = steering.stop.clone();
    let watch = async {
        while peer.record().taken.len() < 39 {
            assert!(begun.elapsed() < Duration::from_secs(30), "the others wait");
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
        let took = begun.elapsed();
        stop.cancel();
        took
    };
    let (tally, took) = tokio::join!(office.deliver_steered(&steering), watch);
    assert_eq!(tally.sent, 39, "{tally:?}");
    took
}

/// One address hangs until the deadline (3 s): its envelope rode behind a letter, others took
/// theirs to ride behind its own, and nobody waits for it.
#[tokio::test]
async fn an_address_that_hangs_delays_no_other() {
    for stage in [Stage::Rcpt, Stage::Data, Stage::Dot] {
        for hanging in ["m0@x.example", "m7@x.example", "m39@x.example"] {
            let script = || Script::new().rule(Rule::at(stage).to(hanging).then(Action::Silence));
            for script in [script(), script().without("PIPELINING")] {
                let took = others_take(script, 2).await;
                // A letter in the hands of its worker waits a second before another takes it.
                assert!(
                    took < Duration::from_millis(2500),
                    "{stage:?} {hanging}: {took:?}"
                );
            }
        }
    }
}

/// With a single connection the others wait for one deadline, and not for a shut gate.
#[tokio::test]
async fn an_address_that_hangs_on_the_only_connection_costs_one_deadline() {
    let rule = Rule::at(Stage::Rcpt)
        .to("m7@x.example")
        .then(Action::Silence);
    let took = others_take(Script::new().rule(rule), 1).await;
    assert!(took < Duration::from_millis(4500), "{took:?}");
}

#[tokio::test]
async fn a_rider_whose_worker_is_stopped_waits_untouched() {
    // The first letter's reply comes slowly; meanwhile the next envelope has left behind it.
    let slow = Action::Drip(b"250 ok\r\n".to_vec(), Duration::from_millis(60));
    let rule = Rule::at(Stage::Dot).to("m1@x.example").then(slow);
    let peer = Peer::start(Script::new().rule(rule)).await;
    let mut office = office_of(6, &peer).await;
    office.config.smtp.connections = 1;
    office.config.smtp.final_timeout = Duration::from_secs(5);
    let steering = Steering::until(Until::Done);
    let stop = steering.stop.clone();
    let watch = async {
        while peer.record().times("m1@x.example") == 0 {
            tokio::time::sleep(Duration::from_millis(2)).await;
        }
        stop.cancel();
    };
    let (tally, ()) = tokio::join!(office.deliver_steered(&steering), watch);
    // The peer reads on when its slow reply is out.
    tokio::time::sleep(Duration::from_millis(200)).await;
    let record = peer.record();
    assert!(record.said("MAIL") > record.taken.len(), "an envelope rode");
    assert_eq!((tally.sent, record.taken.len()), (2, 2));
    assert_eq!(record.violations, Vec::<String>::new());
    assert!(record.bodies_for_nobody.is_empty());
    assert_eq!((tally.queue.pending, tally.queue.unknown), (4, 0));
    let (state, attempts, _) = state_of(&office, "m2@x.example").await;
    assert_eq!((state, attempts), (State::Pending, 0));
    assert_eq!(office.deliver().await.sent, 4);
    let edition = office.ledger.editions(1).await.unwrap().remove(0);
    assert_eq!(edition.state, EditionState::Sent);
}
