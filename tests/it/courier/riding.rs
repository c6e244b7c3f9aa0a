//! Owns what can go wrong where the next envelope leaves behind a letter's final dot: whatever the
//! server does, nobody's outcome may be taken from a reply to another. It refuses to know callers.

use phobien::courier::{Envelope, Letter, Link};
use phobien::delivery::{Outcome, Trouble};

use super::{AN, courier, envelope, letter, settled, word};
use crate::peer::{Action, Peer, Record, Rule, Script, Stage};

const MAI: &str = "mai@dangbo.example";
const LAN: &str = "lan@dangbo.example";
const BINH: &str = "binh@dangbo.example";

/// The first is sent alone, the second proves that the server lets envelopes ride; the fault meets
/// the third, and the fourth shows whom it harms.
const FOUR: [&str; 4] = [MAI, LAN, AN, BINH];

/// A letter that says whose it is.
fn text(to: &str) -> String {
    format!("To: {to}\r\n{}", super::TEXT)
}

fn letters(people: &[&str]) -> Vec<(Envelope, Letter)> {
    let of = |(n, to): (usize, &&str)| {
        let delivery = format!("m-{n}");
        let envelope = Envelope {
            delivery,
            ..envelope(to)
        };
        (envelope, letter(&text(to)))
    };
    people.iter().enumerate().map(of).collect()
}

/// Delivers one after the other as a worker does: the next envelope behind each letter, a new
/// connection where one that was used before is gone.
pub(super) async fn ride(peer: &Peer, people: &[&str]) -> Vec<Outcome> {
    let (courier, letters) = (courier(peer), letters(people));
    let (mut link, mut outcomes): (Option<Link>, Vec<Outcome>) = (None, Vec::new());
    for (n, (envelope, letter)) in letters.iter().enumerate() {
        let next = letters
            .get(n + 1)
            .map(|(envelope, letter)| (envelope, letter));
        let mut reused = link.as_mut().is_some_and(Link::is_usable);
        let outcome = loop {
            if !reused {
                link = match courier.connect().await {
                    Ok(open) => Some(open),
                    Err(none) => break none.into(),
                };
            }
            let open = link.as_mut().expect("a link");
            let outcome = open.deliver_before(envelope, letter, next).await;
            if !reused || !matches!(outcome, Outcome::Trouble(Trouble::Connection(_))) {
                break outcome;
            }
            reused = false;
        };
        outcomes.push(outcome);
    }
    outcomes
}

/// Whatever is claimed of anybody agrees with what the peer did, and every letter came under its
/// own envelope.
#[track_caller]
pub(super) fn assert_all_true(people: &[&str], outcomes: &[Outcome], record: &Record, what: &str) {
    assert_eq!(record.violations, Vec::<String>::new(), "{what}");
    let for_nobody: usize = record.bodies_for_nobody.iter().map(Vec::len).sum();
    assert_eq!(for_nobody, 0, "{what}");
    for taken in &record.taken {
        let said = String::from_utf8_lossy(&taken.data);
        assert_eq!(said, text(&taken.to[0]), "{what}");
    }
    for (to, outcome) in people.iter().zip(outcomes) {
        let times = record.times(to);
        match outcome {
            Outcome::Sent(_) => assert_eq!(times, 1, "{what}: {to} {outcome:?}"),
            Outcome::Unknown(_) => {}
            _ => assert_eq!(times, 0, "{what}: {to} {outcome:?}"),
        }
    }
}

/// Nobody but the third was met by the fault, so nobody else is refused, put off or in doubt.
#[track_caller]
fn assert_others_unblamed(outcomes: &[Outcome], what: &str) {
    for (to, outcome) in FOUR.iter().zip(outcomes) {
        let blamed = matches!(
            outcome,
            Outcome::Refused(_) | Outcome::Deferred(_) | Outcome::Unknown(_) | Outcome::Barred(_)
        );
        assert!(!blamed || *to == AN, "{what}: {to} {outcome:?}");
    }
}

async fn played(script: Script, what: &str) -> (Vec<Outcome>, Record) {
    let peer = Peer::start(script).await;
    let outcomes = ride(&peer, &FOUR).await;
    let record = settled(&peer).await;
    assert_all_true(&FOUR, &outcomes, &record, what);
    (outcomes, record)
}

fn words(outcomes: &[Outcome]) -> Vec<&'static str> {
    outcomes.iter().map(word).collect()
}

#[tokio::test]
async fn envelopes_ride_on_one_connection_and_never_in_lock_step() {
    let (outcomes, record) = played(Script::new(), "well").await;
    assert_eq!(words(&outcomes), ["sent"; 4]);
    assert_eq!(record.connections, 1);
    // That they rode is seen where the server throws away what came with a letter.
    let (outcomes, record) = played(Script::new().forgetting_riders(), "forgetting").await;
    assert_eq!(words(&outcomes), ["sent", "protocol", "sent", "sent"]);
    assert_eq!(record.connections, 2, "one attempt, then never again");
    let script = Script::new().without("PIPELINING").forgetting_riders();
    assert_eq!(words(&played(script, "lock-step").await.0), ["sent"; 4]);
    let (outcomes, _) = played(Script::new().forgetting_early_input(), "no groups").await;
    assert_eq!(words(&outcomes), ["protocol", "sent", "sent", "sent"]);
}

#[tokio::test]
async fn a_refused_rider_whose_data_was_taken_gets_an_empty_body() {
    for (reply, expected) in [("550 5.1.1 who", "refused"), ("450 4.2.0 busy", "deferred")] {
        let script = Script::new()
            .rule(Rule::at(Stage::Rcpt).to(AN).then(Action::reply(reply)))
            .rule(Rule::at(Stage::Data).to(AN).then(Action::reply("354 go")));
        let (outcomes, record) = played(script, reply).await;
        assert_eq!(words(&outcomes), ["sent", "sent", expected, "sent"]);
        assert_eq!(record.bodies_for_nobody, [Vec::<u8>::new()]);
        assert_eq!(record.connections, 1);
    }
}

#[tokio::test]
async fn r421_at_any_point_ends_the_connection_and_costs_only_its_own_letter() {
    for stage in [Stage::Mail, Stage::Rcpt, Stage::Data, Stage::Dot] {
        let bye = Action::ReplyThenClose("421 4.3.2 closing".into());
        let rule = Rule::at(stage).connection(1).transaction(3).then(bye);
        let what = format!("{stage:?}");
        let (outcomes, record) = played(Script::new().rule(rule), &what).await;
        let expected = match stage {
            // Behind a letter it may be a reply that nobody asked for: the next connection tells.
            Stage::Mail => "sent",
            Stage::Dot => "deferred",
            _ => "not now",
        };
        assert_eq!(
            words(&outcomes),
            ["sent", "sent", expected, "sent"],
            "{what}"
        );
        assert_eq!(record.connections, 2, "{what}");
    }
}

#[tokio::test]
async fn data_answered_250_behind_a_letter_sends_nothing() {
    let rule = Rule::at(Stage::Data).to(AN).then(Action::reply("250 ok"));
    let (outcomes, _) = played(Script::new().rule(rule), "DATA 250").await;
    assert_eq!(words(&outcomes), ["sent", "sent", "protocol", "sent"]);
}

#[tokio::test]
async fn unasked_replies_shift_nobodys_outcome() {
    let extras = [
        "250 x",
        "354 x",
        "550 5.1.1 x",
        "450 4.2.1 x",
        "421 x",
        "250 x\r\n550 5.1.1 y",
        "250 x\r\n250 y",
        "250 x\r\n354 y",
        "250 x\r\n250 y\r\n550 5.1.1 z",
        "999 x",
    ];
    for stage in [Stage::Mail, Stage::Rcpt, Stage::Data, Stage::Dot] {
        for extra in extras {
            let usual = if stage == Stage::Data {
                "354 go"
            } else {
                "250 2.0.0 ok"
            };
            let bytes = format!("{usual}\r\n{extra}\r\n").into_bytes();
            let late = std::time::Duration::from_millis(5);
            for action in [
                Action::Raw(bytes),
                Action::ReplyThenMore(usual.into(), extra.into(), late),
            ] {
                let what = format!("{stage:?} {action:?}");
                let rule = Rule::at(stage).connection(1).transaction(3).then(action);
                let peer = Peer::start(Script::new().rule(rule)).await;
                let outcomes = ride(&peer, &FOUR).await;
                let record = settled(&peer).await;
                assert_others_unblamed(&outcomes, &what);
                // What AN was told unasked between 354 and dot cannot be told from an answer.
                if stage != Stage::Data {
                    assert_all_true(&FOUR, &outcomes, &record, &what);
                }
                let others = [MAI, LAN, BINH];
                for (to, outcome) in FOUR.iter().zip(&outcomes).filter(|(to, _)| **to != AN) {
                    let sent = matches!(outcome, Outcome::Sent(_));
                    assert_eq!(record.times(to), usize::from(sent), "{what}: {others:?}");
                }
            }
        }
    }
}

/// Replies of another shape, or none at all: the letter they meet may suffer, the others go.
#[tokio::test]
async fn every_shape_of_reply_at_every_stage_tells_the_truth() {
    let pause = std::time::Duration::from_millis(1);
    for stage in [Stage::Mail, Stage::Rcpt, Stage::Data, Stage::Dot] {
        let code = if stage == Stage::Data { "354" } else { "250" };
        let long = format!("{code} {}", "x".repeat(200_000));
        let endless = format!("{code}-x\r\n").repeat(200);
        let shapes: [(Vec<u8>, bool); 9] = [
            (format!("{code}\r\n").into(), true),
            (format!("{code} \r\n").into(), true),
            (format!("{code} ok\n").into(), true),
            ([code.as_bytes(), b" re\xe7u\r\n"].concat(), true),
            (format!("{code}-a\r\n{code}-\r\n{code} b\r\n").into(), true),
            (long.into(), false),
            (endless.into(), false),
            (b"what\r\n".to_vec(), false),
            (format!("{code}-a\r\n550 b\r\n").into(), false),
        ];
        for (bytes, well) in shapes {
            let drip = bytes.len() < 100;
            let mut actions = vec![Action::Raw(bytes.clone())];
            if drip {
                actions.push(Action::Drip(bytes.clone(), pause));
                let halves = bytes.split_at(bytes.len() / 2);
                actions.push(Action::Split(vec![halves.0.to_vec(), halves.1.to_vec()]));
            }
            for action in actions {
                let action = if stage == Stage::Dot {
                    Action::take(action)
                } else {
                    action
                };
                let what = format!("{stage:?} {:?}", String::from_utf8_lossy(&action.opening()));
                let what: String = what.chars().take(80).collect();
                let rule = Rule::at(stage).connection(1).transaction(3).then(action);
                let (outcomes, _) = played(Script::new().rule(rule), &what).await;
                assert_others_unblamed(&outcomes, &what);
                let sent = words(&outcomes)
                    .iter()
                    .filter(|word| **word == "sent")
                    .count();
                assert!(sent >= if well { 4 } else { 3 }, "{what}: {outcomes:?}");
            }
        }
    }
}

/// Every byte at which a session of three letters can be cut, in either direction.
#[tokio::test]
async fn three_letters_cut_at_each_byte_harm_at_most_the_one_under_way() {
    let three = &FOUR[..3];
    for read in [true, false] {
        let mut whole = 0;
        for bytes in 1..10_000 {
            let script = Script::new().cut_only(1);
            let peer = Peer::start(if read {
                script.cut_after_read(bytes)
            } else {
                script.cut_after_written(bytes)
            })
            .await;
            let outcomes = ride(&peer, three).await;
            let record = settled(&peer).await;
            let what = format!("read {read}, {bytes} bytes");
            assert_all_true(three, &outcomes, &record, &what);
            let sent = words(&outcomes)
                .iter()
                .filter(|word| **word == "sent")
                .count();
            assert!(sent >= 2, "{what}: {outcomes:?}");
            if record.connections == 1 && sent == 3 {
                whole = bytes;
                break;
            }
        }
        assert!(whole > 250, "a session is longer: {whole}");
    }
}

#[tokio::test]
async fn a_goodbye_is_never_a_line_of_a_riders_letter() {
    let peer = Peer::start(Script::new()).await;
    let mut link = courier(&peer).connect().await.expect("a link");
    let letters = letters(&FOUR);
    let next = Some((&letters[1].0, &letters[1].1));
    let outcome = link
        .deliver_before(&letters[0].0, &letters[0].1, next)
        .await;
    assert_eq!(word(&outcome), "sent");
    link.quit().await;
    let record = settled(&peer).await;
    assert_eq!(
        (record.said("QUIT"), record.said("DATA")),
        (0, 2),
        "it rode"
    );
    assert_eq!(record.taken.len(), 1);
    assert!(record.bodies_for_nobody.is_empty());
}

#[tokio::test]
async fn nobody_else_goes_behind_an_envelope_that_rode() {
    let peer = Peer::start(Script::new()).await;
    let mut link = courier(&peer).connect().await.expect("a link");
    let letters = letters(&FOUR);
    let next = Some((&letters[1].0, &letters[1].1));
    link.deliver_before(&letters[0].0, &letters[0].1, next)
        .await;
    let other = link.deliver(&letters[2].0, &letters[2].1).await;
    assert_eq!(word(&other), "connection");
    assert!(!link.is_usable());
    let record = settled(&peer).await;
    assert_eq!(
        (record.taken.len(), record.times(LAN), record.times(AN)),
        (1, 0, 0)
    );
}

#[tokio::test]
async fn a_delivery_cancelled_in_mid_ride_spends_the_link() {
    for stage in [Stage::Mail, Stage::Rcpt, Stage::Data, Stage::Dot] {
        for transaction in [1, 2] {
            let rule = Rule::at(stage).transaction(transaction);
            let peer = Peer::start(Script::new().rule(rule.then(Action::Silence))).await;
            let mut link = courier(&peer).connect().await.expect("a link");
            let letters = letters(&FOUR);
            let time = std::time::Duration::from_millis(60);
            for n in 0..transaction {
                let next = Some((&letters[n + 1].0, &letters[n + 1].1));
                let going = link.deliver_before(&letters[n].0, &letters[n].1, next);
                let ended = tokio::time::timeout(time, going).await.is_ok();
                assert_eq!(ended, n + 1 < transaction, "{stage:?} {n}");
            }
            assert!(!link.is_usable(), "{stage:?}");
            link.quit().await;
            let record = settled(&peer).await;
            assert_eq!(record.said("QUIT"), 0);
            assert_all_true(&FOUR, &[], &record, &format!("{stage:?}"));
        }
    }
}
