//! Owns the ledger's side of the fault matrix, a test a row: what the row is then, and what the
//! office sees, in lock-step, in groups, and behind a letter. It refuses to know the dialogue.

use phobien::deliver::Tally;
mod server;

use phobien::delivery::State;
use phobien::edition::EditionState;

use super::state_of;
use crate::office::{Office, Settings};
use crate::peer::{Action, Peer, Rule, Script, Stage};

/// Whom the fault meets: the second of four letters on one connection.
const AN: &str = "an@a.example";

/// How the envelopes reach the server.
#[derive(Clone, Copy, Debug)]
enum Way {
    LockStep,
    Grouped,
    Riding,
}

/// What a row of the matrix says.
#[derive(Clone, Copy, Debug)]
struct Expected {
    state: State,
    attempts: u32,
    edition: EditionState,
    /// What stands in `attention`, and a part of its words.
    office: Option<(&'static str, &'static str)>,
    /// A part of the words kept with the row.
    reply: &'static str,
    /// How many of the other three are sent.
    others: u64,
}

/// Nobody sees anything; the letter is sent with one attempt.
const SENT: Expected = Expected {
    state: State::Sent,
    attempts: 1,
    edition: EditionState::Sent,
    office: None,
    reply: "250",
    others: 3,
};

fn deferred(attempts: u32, reply: &'static str) -> Expected {
    Expected {
        state: State::Deferred,
        attempts,
        edition: EditionState::Open,
        reply,
        ..SENT
    }
}

fn failed(reply: &'static str) -> Expected {
    Expected {
        state: State::Failed,
        edition: EditionState::Partly,
        reply,
        ..SENT
    }
}

fn unknown(reply: &'static str) -> Expected {
    Expected {
        state: State::Unknown,
        edition: EditionState::Open,
        reply,
        ..SENT
    }
}

/// The server, or our check of it, refuses us: nothing goes, nobody is blamed.
fn barred(words: &'static str) -> Expected {
    Expected {
        state: State::Pending,
        attempts: 0,
        edition: EditionState::Open,
        office: Some(("server", words)),
        reply: "",
        others: 0,
    }
}

/// The same, where the edition waits for a person.
fn paused(words: &'static str) -> Expected {
    Expected {
        edition: EditionState::Paused,
        office: Some(("paused", words)),
        ..barred(words)
    }
}

fn at(stage: Stage, action: Action) -> Script {
    Script::new().rule(Rule::at(stage).to(AN).then(action))
}

fn once(stage: Stage, action: Action) -> Script {
    Script::new().rule(Rule::at(stage).to(AN).times(1).then(action))
}

async fn office_for(peer: &Peer, way: Way) -> Office {
    let mut office = Office::open(Settings {
        delivery: match way {
            // One letter at a time: none is there whose envelope could ride.
            Way::Grouped => "in_doubt_max = 1",
            Way::LockStep | Way::Riding => "in_doubt_max = 8",
        },
        smtp: "connections = 1",
        ..Settings::default()
    })
    .await;
    office.config.smtp = peer.smtp();
    office.config.smtp.connections = 1;
    office.document("23-CT/TW", |_| {}).await;
    office.publish("day").await;
    office
}

async fn played(script: Script, way: Way) -> (Peer, Office, Tally) {
    let script = match way {
        Way::LockStep => script.without("PIPELINING"),
        Way::Grouped | Way::Riding => script,
    };
    let peer = Peer::start(script).await;
    let office = office_for(&peer, way).await;
    let tally = office.deliver().await;
    (peer, office, tally)
}

/// Plays a script in every way and looks at the ledger and at what the office sees.
async fn row(script: impl Fn() -> Script, expected: Expected) {
    for way in [Way::LockStep, Way::Grouped, Way::Riding] {
        let (peer, office, tally) = played(script(), way).await;
        let (state, attempts, reply) = state_of(&office, AN).await;
        let told = format!("{way:?}: {state} {attempts} {reply:?} {tally:?}");
        assert_eq!(state, expected.state, "{told}");
        assert_eq!(attempts, expected.attempts, "{told}");
        assert!(reply.contains(expected.reply), "{told}");
        let an = u64::from(state == State::Sent);
        assert_eq!(tally.sent - an, expected.others, "{told}");
        let edition = office.ledger.editions(1).await.unwrap().remove(0);
        assert_eq!(edition.state, expected.edition, "{told}");
        let mut attention = office.ledger.attention().await.unwrap();
        // One member of this office has no address.
        attention.retain(|a| a.what != "roster");
        match expected.office {
            None => assert!(attention.is_empty(), "{told} {attention:?}"),
            Some((what, words)) => {
                let seen = attention.iter().find(|a| a.what == what);
                let detail = &seen
                    .unwrap_or_else(|| panic!("{told} {attention:?}"))
                    .detail;
                assert!(detail.contains(words), "{told} {detail}");
            }
        }
        // What the peer did agrees with it.
        let record = peer.record();
        let copies = record.times(AN);
        match state {
            State::Sent => assert_eq!(copies, 1, "{told}"),
            State::Unknown => {}
            _ => assert_eq!(copies, 0, "{told}"),
        }
        assert_eq!(record.violations, Vec::<String>::new(), "{told}");
        let held = office
            .log()
            .await
            .into_iter()
            .filter(|r| r.reply.as_deref() == Some("held"));
        assert_eq!(held.count(), 0, "{told}");
    }
}

#[tokio::test]
async fn r421_at_the_dot() {
    let bye = || Action::ReplyThenClose("421 4.3.2 closing".into());
    row(|| at(Stage::Dot, bye()), deferred(1, "421 4.3.2")).await;
}

#[tokio::test]
async fn r5xx_mail() {
    let no = || Script::new().at(Stage::Mail, Action::reply("550 5.7.1 sender rejected"));
    row(no, paused("sender rejected")).await;
}

#[tokio::test]
async fn r4xx_rcpt() {
    for text in [
        "450 4.2.0 busy",
        "451 4.7.1 Greylisted, try again in 300 seconds",
    ] {
        row(
            || at(Stage::Rcpt, Action::reply(text)),
            deferred(1, &text[..9]),
        )
        .await;
    }
}

#[tokio::test]
async fn too_much_mail() {
    for text in ["450 4.7.1 slow down", "451 4.3.2 Too many messages"] {
        for way in [Way::LockStep, Way::Grouped, Way::Riding] {
            let (_peer, office, tally) = played(at(Stage::Rcpt, Action::reply(text)), way).await;
            let (state, attempts, reply) = state_of(&office, AN).await;
            assert_eq!((state, attempts), (State::Pending, 0), "{way:?} {reply}");
            assert_eq!((tally.put_off, tally.failed), (0, 0), "{way:?} {tally:?}");
            let rate = phobien::deliver::lowered_rate(&office.ledger)
                .await
                .unwrap();
            assert_eq!(rate, Some(6.0), "{way:?}");
        }
    }
}

#[tokio::test]
async fn too_many_recipients() {
    row(
        || once(Stage::Rcpt, Action::reply("452 4.5.3 Too many recipients")),
        SENT,
    )
    .await;
}

#[tokio::test]
async fn mailbox_full() {
    row(
        || at(Stage::Rcpt, Action::reply("452 4.2.2 full")),
        deferred(1, "452 4.2.2"),
    )
    .await;
    row(
        || at(Stage::Rcpt, Action::reply("552 5.2.2 full")),
        failed("552 5.2.2"),
    )
    .await;
}

#[tokio::test]
async fn unknown_mailbox() {
    row(
        || at(Stage::Rcpt, Action::reply("550 5.1.1 no such user")),
        failed("550 5.1.1"),
    )
    .await;
    let odd = || {
        at(Stage::Rcpt, Action::reply("550 5.1.1 no such user"))
            .rule(Rule::at(Stage::Data).to(AN).then(Action::reply("354 go")))
    };
    row(odd, failed("550 5.1.1")).await;
}

#[tokio::test]
async fn policy_refusals_of_all() {
    for stage in [Stage::Rcpt, Stage::Dot] {
        for way in [Way::LockStep, Way::Grouped, Way::Riding] {
            let no = Action::reply("550 5.7.26 not authenticated");
            let (_peer, office, tally) = played(Script::new().at(stage, no), way).await;
            assert!((3..=4).contains(&tally.failed), "{way:?} {tally:?}");
            let edition = office.ledger.editions(1).await.unwrap().remove(0);
            let attention = office.ledger.attention().await.unwrap();
            let told = attention.iter().find(|a| a.what == "paused").expect("told");
            assert!(
                told.detail.contains("550 5.7.26 not authenticated"),
                "{told:?}"
            );
            let done = tally.failed == 4;
            assert!(
                done || edition.state == EditionState::Paused,
                "{way:?} {:?}",
                edition.state
            );
            let held = office.log().await;
            assert!(held.iter().all(|r| r.reply.as_deref() != Some("held")));
        }
    }
}

#[tokio::test]
async fn refused_data() {
    row(
        || at(Stage::Data, Action::reply("451 4.3.0 later")),
        deferred(1, "451"),
    )
    .await;
    row(
        || at(Stage::Data, Action::reply("554 5.5.1 no valid recipients")),
        failed("554"),
    )
    .await;
}

#[tokio::test]
async fn data_answered_250() {
    row(
        || at(Stage::Data, Action::reply("250 ok")),
        deferred(0, "unexpected 250"),
    )
    .await;
    row(|| once(Stage::Data, Action::reply("250 ok")), SENT).await;
}

#[tokio::test]
async fn refused_dot() {
    row(
        || at(Stage::Dot, Action::reply("451 4.3.0 later")),
        deferred(1, "451"),
    )
    .await;
    row(
        || at(Stage::Dot, Action::reply("552 5.3.4 too big")),
        failed("552 5.3.4"),
    )
    .await;
    row(
        || at(Stage::Dot, Action::reply("554 5.6.0 content")),
        failed("554 5.6.0"),
    )
    .await;
}

#[tokio::test]
async fn broken_before_the_dot() {
    for stage in [Stage::Rcpt, Stage::Data] {
        row(|| once(stage, Action::Reset), SENT).await;
        row(|| at(stage, Action::Reset), deferred(0, "connection")).await;
    }
    for stage in [Stage::Rcpt, Stage::Data] {
        row(|| once(stage, Action::Close), SENT).await;
        row(|| at(stage, Action::Close), deferred(0, "connection")).await;
    }
}

#[tokio::test]
async fn broken_after_the_dot() {
    for end in [Action::Reset, Action::Close, Action::Silence] {
        row(|| at(Stage::Dot, end.clone()), unknown("final dot")).await;
        row(
            || at(Stage::Dot, Action::take(end.clone())),
            unknown("final dot"),
        )
        .await;
    }
}

#[tokio::test]
async fn unreadable_reply_to_the_dot() {
    for odd in ["done\r\n", "354 go\r\n", "250-a\r\n550 b\r\n"] {
        let odd = || at(Stage::Dot, Action::take(Action::raw(odd)));
        row(odd, unknown("unreadable")).await;
    }
    let pieces = vec![b"25".to_vec(), b"0-a\r\n25".to_vec(), b"0 b\r\n".to_vec()];
    for well in [
        Action::raw("250\r\n"),
        Action::raw(b"250 re\xe7u\r\n".to_vec()),
        Action::raw("250-2.0.0 one\r\n250 2.0.0 two\r\n"),
        Action::Split(pieces),
    ] {
        row(|| at(Stage::Dot, Action::take(well.clone())), SENT).await;
    }
}

#[tokio::test]
async fn an_extra_reply() {
    for extra in ["250 x", "550 5.1.1 x", "421 x"] {
        let both = format!("250 ok\r\n{extra}\r\n").into_bytes();
        row(
            || at(Stage::Dot, Action::take(Action::Raw(both.clone()))),
            SENT,
        )
        .await;
    }
}

#[tokio::test]
async fn a_dripping_reply() {
    let drip = |pause| {
        Action::Drip(
            b"250 2.0.0 taken\r\n".to_vec(),
            std::time::Duration::from_millis(pause),
        )
    };
    row(|| at(Stage::Dot, drip(2)), SENT).await;
    row(|| at(Stage::Dot, drip(40)), unknown("final dot")).await;
}

#[tokio::test]
async fn no_answer() {
    for stage in [Stage::Rcpt, Stage::Data] {
        row(|| at(stage, Action::Silence), deferred(0, "in time")).await;
    }
    row(
        || Script::new().at(Stage::Banner, Action::Silence),
        barred("no answer to greeting"),
    )
    .await;
}

/// The page that lists the rows names tests that exist, each row at least one.

#[test]
fn the_page_of_faults_names_tests_that_exist() {
    let root = std::path::Path::new(env!("CARGO_MANIFEST_DIR"));
    let page = std::fs::read_to_string(root.join("docs/faults.md")).unwrap();
    let mut code = String::new();
    let mut folders = vec![root.join("tests/it")];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|kind| kind == "rs") {
                code += &std::fs::read_to_string(path).unwrap();
            }
        }
    }
    let rows: Vec<_> = page
        .lines()
        .filter(|l| l.starts_with("| "))
        .skip(1)
        .collect();
    assert!(rows.len() >= 37, "{} rows", rows.len());
    for row in rows {
        let tests = row.trim_end_matches(" |").rsplit(" | ").next().unwrap();
        let names: Vec<_> = tests.split('`').filter(|n| n.contains('_')).collect();
        assert!(!names.is_empty(), "{row}");
        for name in names {
            assert!(code.contains(&format!("fn {name}(")), "{name} in: {row}");
        }
    }
}
