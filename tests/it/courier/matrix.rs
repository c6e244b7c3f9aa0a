//! Owns the rows of the SMTP fault table, one test each. Each row is played with PIPELINING and
//! without, and must end alike.

use std::time::Duration;

use phobien::config::{Security, Transport};
use phobien::courier::Courier;
use phobien::delivery::{Outcome, Trouble};

use super::riding::{assert_all_true, ride};
use super::{assert_true, played, settled, word};
use crate::peer::{Action, Peer, Rule, Script, Stage};

/// Plays an action at a stage in lock-step, in the first group of a connection, behind a letter.
async fn ends(stage: Stage, action: Action, expected: &str) -> Outcome {
    let script = || Script::new().at(stage, action.clone());
    let (one_by_one, record) = played(script().without("PIPELINING")).await;
    assert_eq!(
        word(&one_by_one),
        expected,
        "one by one, {stage:?} {action:?}: {one_by_one:?}"
    );
    assert_true(&one_by_one, &record);
    let (grouped, record) = played(script()).await;
    // A group that hangs where none was ever understood says that the server takes none.
    let hangs = matches!(action, Action::Silence) && matches!(stage, Stage::Rcpt | Stage::Data);
    assert_eq!(
        word(&grouped),
        if hangs { "protocol" } else { expected },
        "grouped, {stage:?} {action:?}: {grouped:?}"
    );
    assert_true(&grouped, &record);
    if !matches!(stage, Stage::Banner | Stage::Ehlo) {
        rides(stage, &action, expected).await;
    }
    one_by_one
}

/// Plays an action to an envelope that rode behind a letter, and, where the courier then asks a new
/// connection, there too. Whoever rode before and comes after is served.
async fn rides(stage: Stage, action: &Action, expected: &str) {
    let four = [
        "mai@x.example",
        "lan@x.example",
        super::AN,
        "binh@x.example",
    ];
    let script = Script::new()
        .rule(
            Rule::at(stage)
                .connection(1)
                .transaction(3)
                .then(action.clone()),
        )
        .rule(
            Rule::at(stage)
                .connection(2)
                .transaction(1)
                .times(1)
                .then(action.clone()),
        );
    // Where the first connection stays, nobody needs a second.
    let peer = Peer::start(script).await;
    let outcomes = ride(&peer, &four).await;
    let record = settled(&peer).await;
    let what = format!("riding, {stage:?} {action:?}: {outcomes:?}");
    assert_all_true(&four, &outcomes, &record, &what);
    let words: Vec<_> = outcomes.iter().map(word).collect();
    assert_eq!(words[..3], ["sent", "sent", expected], "{what}");
    let again = matches!(words[2], "connection") || record.connections > 1;
    assert!(words[3] == "sent" || again, "{what}");
}

#[tokio::test]
async fn a_letter_arrives_byte_for_byte() {
    let (outcome, record) = played(Script::new()).await;
    assert_true(&outcome, &record);
    assert!(matches!(&outcome, Outcome::Sent(r) if r.to_string() == "250 2.0.0 taken"));
    let taken = &record.taken[0];
    assert_eq!(taken.from, "vanphong@dangbo.example");
    assert_eq!(taken.to, [super::AN]);
}

#[tokio::test]
async fn nobody_listening_is_the_connections_fault() {
    let peer = Peer::start(Script::new()).await;
    let courier = super::courier(&peer);
    drop(peer);
    tokio::time::sleep(Duration::from_millis(20)).await;
    assert_eq!(word(&super::once(&courier, super::AN).await), "connection");
}

#[tokio::test]
async fn an_unknown_name_is_the_connections_fault() {
    let peer = Peer::start(Script::new()).await;
    let mut smtp = peer.smtp();
    smtp.transport = Transport::Smtp {
        // Reserved never to exist (RFC 6761).
        host: "mail.invalid".into(),
        port: 25,
        security: Security::Plain,
    };
    smtp.timeout = Duration::from_secs(20);
    let courier = Courier::new(&smtp, None, "localhost").expect("a courier");
    let Outcome::Trouble(Trouble::Connection(told)) = super::once(&courier, super::AN).await else {
        panic!("a name was found that cannot be")
    };
    assert!(told.contains("mail.invalid"), "{told}");
}

#[tokio::test]
async fn r421_is_not_the_recipients_fault() {
    let bye = || Action::ReplyThenClose("421 4.3.2 closing".into());
    for stage in [
        Stage::Banner,
        Stage::Ehlo,
        Stage::Mail,
        Stage::Rcpt,
        Stage::Data,
    ] {
        ends(stage, bye(), "not now").await;
    }
}

#[tokio::test]
async fn r421_at_the_dot_means_not_accepted() {
    ends(
        Stage::Dot,
        Action::ReplyThenClose("421 closing".into()),
        "deferred",
    )
    .await;
}

#[tokio::test]
async fn r4xx_before_mail_asks_to_come_back() {
    for stage in [Stage::Banner, Stage::Ehlo, Stage::Mail] {
        ends(stage, Action::reply("451 4.3.0 later"), "not now").await;
    }
}

#[tokio::test]
async fn r5xx_before_rcpt_refuses_us_and_blames_nobody() {
    for stage in [Stage::Banner, Stage::Ehlo, Stage::Mail] {
        ends(stage, Action::reply("550 5.7.1 not you"), "barred").await;
    }
}

#[tokio::test]
async fn a_login_wanted_first_refuses_us() {
    for stage in [Stage::Mail, Stage::Rcpt] {
        ends(
            stage,
            Action::reply("530 5.7.0 Authentication required"),
            "barred",
        )
        .await;
    }
}

#[tokio::test]
async fn r4xx_rcpt_data_and_dot_defer_the_recipient() {
    for stage in [Stage::Rcpt, Stage::Data, Stage::Dot] {
        for text in [
            "450 4.2.0 busy",
            "451 4.7.1 Greylisted",
            "452 4.2.2 mailbox full",
        ] {
            ends(stage, Action::reply(text), "deferred").await;
        }
    }
}

#[tokio::test]
async fn r5xx_rcpt_data_and_dot_refuse_the_recipient() {
    for stage in [Stage::Rcpt, Stage::Data, Stage::Dot] {
        for (text, code) in [
            ("550 5.1.1 no such user", "5.1.1"),
            ("552 5.2.2 mailbox full", "5.2.2"),
            ("550 5.7.26 unauthenticated", "5.7.26"),
            ("554 5.6.0 content", "5.6.0"),
        ] {
            let outcome = ends(stage, Action::reply(text), "refused").await;
            let Outcome::Refused(reply) = outcome else {
                panic!()
            };
            assert_eq!(reply.enhanced.map(|e| e.to_string()).as_deref(), Some(code));
        }
    }
}

#[tokio::test]
async fn too_much_mail_is_told_apart() {
    for stage in [Stage::Mail, Stage::Rcpt, Stage::Data, Stage::Dot] {
        ends(stage, Action::reply("450 4.7.0 slow down"), "too much").await;
        ends(stage, Action::reply("451 Too many messages"), "too much").await;
    }
    ends(
        Stage::Banner,
        Action::reply("421 4.7.0 too many connections"),
        "too much",
    )
    .await;
}

#[tokio::test]
async fn silence_before_the_dot_costs_nobody_an_attempt() {
    for stage in [Stage::Banner, Stage::Ehlo, Stage::Mail, Stage::Data] {
        ends(stage, Action::Silence, "silence").await;
    }
    ends(Stage::Rcpt, Action::Silence, "silence").await;
}

#[tokio::test]
async fn silence_names_the_stage() {
    let outcome = ends(Stage::Data, Action::Silence, "silence").await;
    assert_eq!(outcome, Outcome::Trouble(Trouble::Silence("DATA")));
}

#[tokio::test]
async fn the_end_before_the_dot_costs_nobody_an_attempt() {
    for action in [Action::Close, Action::Reset] {
        for stage in [
            Stage::Banner,
            Stage::Ehlo,
            Stage::Mail,
            Stage::Rcpt,
            Stage::Data,
        ] {
            ends(stage, action.clone(), "connection").await;
        }
    }
}

#[tokio::test]
async fn after_the_dot_nothing_is_certain() {
    for end in [Action::Close, Action::Reset] {
        ends(Stage::Dot, end.clone(), "unknown: reset").await;
        ends(Stage::Dot, Action::take(end), "unknown: reset").await;
    }
    ends(Stage::Dot, Action::Silence, "unknown: silence").await;
    ends(
        Stage::Dot,
        Action::take(Action::Silence),
        "unknown: silence",
    )
    .await;
    for odd in [
        "done\r\n",
        "\r\n",
        "354 go\r\n",
        "250-a\r\n550 b\r\n",
        "2\r\n",
    ] {
        ends(
            Stage::Dot,
            Action::take(Action::raw(odd)),
            "unknown: unreadable",
        )
        .await;
    }
}

#[tokio::test]
async fn data_answered_250_is_a_protocol_error_and_nothing_is_sent() {
    ends(Stage::Data, Action::reply("250 ok"), "protocol").await;
}

#[tokio::test]
async fn what_is_no_smtp_is_a_protocol_error() {
    for stage in [
        Stage::Banner,
        Stage::Ehlo,
        Stage::Mail,
        Stage::Rcpt,
        Stage::Data,
    ] {
        for odd in [
            "HTTP/1.1 400 Bad Request\r\n",
            "\r\n",
            "250-a\r\n550 b\r\n",
            "999 x\r\n",
        ] {
            ends(stage, Action::raw(odd), "protocol").await;
        }
    }
}
