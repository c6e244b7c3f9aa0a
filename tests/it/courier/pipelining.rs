//! Owns what can go wrong when MAIL, RCPT and DATA leave together (RFC 2920).

use std::time::Duration;

use super::{AN, assert_true, courier, envelope, letter, once, played, settled, word};
use crate::peer::{Action, Peer, Rule, Script, Stage};

const BINH: &str = "binh@dangbo.example";

#[tokio::test]
async fn a_refused_recipient_whose_data_was_taken_gets_an_empty_body() {
    let script = Script::new()
        .rule(
            Rule::at(Stage::Rcpt)
                .to(AN)
                .then(Action::reply("550 5.1.1 who")),
        )
        .rule(Rule::at(Stage::Data).to(AN).then(Action::reply("354 go")));
    let peer = Peer::start(script).await;
    let mut link = courier(&peer).connect().await.expect("a link");
    assert_eq!(
        word(&link.deliver(&envelope(AN), &letter(super::TEXT)).await),
        "refused"
    );
    assert_eq!(
        word(&link.deliver(&envelope(BINH), &letter(super::TEXT)).await),
        "sent"
    );
    let record = settled(&peer).await;
    assert_eq!(record.bodies_for_nobody, [Vec::<u8>::new()]);
    assert_eq!(
        (record.times(AN), record.times(BINH), record.connections),
        (0, 1, 1)
    );
    assert_eq!(record.violations, Vec::<String>::new());
}

#[tokio::test]
async fn nobody_waits_behind_a_refused_recipient() {
    for grouped in [true, false] {
        for stage in [Stage::Rcpt, Stage::Data, Stage::Dot] {
            for (text, expected) in [("550 5.1.1 who", "refused"), ("450 4.2.0 busy", "deferred")] {
                let mut script =
                    Script::new().rule(Rule::at(stage).to(AN).then(Action::reply(text)));
                if !grouped {
                    script = script.without("PIPELINING");
                }
                let peer = Peer::start(script).await;
                let mut link = courier(&peer).connect().await.expect("a link");
                let first = link.deliver(&envelope(AN), &letter(super::TEXT)).await;
                assert_eq!(word(&first), expected, "{stage:?} {text}");
                assert!(link.is_usable());
                let second = link.deliver(&envelope(BINH), &letter(super::TEXT)).await;
                assert_eq!(word(&second), "sent", "{stage:?} {text}");
                let record = settled(&peer).await;
                assert_eq!((record.times(AN), record.times(BINH)), (0, 1));
                assert_eq!(record.connections, 1);
                assert_eq!(record.violations, Vec::<String>::new());
            }
        }
    }
}

#[tokio::test]
async fn a_refused_sender_with_an_open_data_is_left_alone() {
    let script = Script::new()
        .at(Stage::Mail, Action::reply("550 5.7.1 not you"))
        .at(Stage::Rcpt, Action::reply("250 ok"))
        .at(Stage::Data, Action::reply("354 go"));
    let (outcome, record) = played(script).await;
    assert_eq!(word(&outcome), "barred");
    assert_true(&outcome, &record);
    assert!(record.bodies_for_nobody.is_empty());
}

#[tokio::test]
async fn a_group_is_one_write_and_one_by_one_is_not() {
    let (_, record) = played(Script::new().forgetting_early_input()).await;
    // What came with MAIL was thrown away, so it had come with MAIL.
    assert_eq!((record.said("MAIL"), record.said("RCPT")), (1, 0));
    let script = Script::new().without("PIPELINING").forgetting_early_input();
    let (outcome, _) = played(script).await;
    assert_eq!(word(&outcome), "sent");
}

#[tokio::test]
async fn a_false_announcement_costs_one_attempt() {
    let peer = Peer::start(Script::new().forgetting_early_input()).await;
    let courier = courier(&peer);
    assert_eq!(word(&once(&courier, AN).await), "protocol");
    assert_eq!(word(&once(&courier, AN).await), "sent");
    assert_eq!(peer.record().times(AN), 1);
}

#[tokio::test]
async fn a_group_taken_for_one_command_costs_one_attempt() {
    let script = Script::new().rule(
        Rule::at(Stage::Rcpt)
            .times(1)
            .then(Action::reply("503 5.5.1 one at a time")),
    );
    let peer = Peer::start(script).await;
    let courier = courier(&peer);
    assert_eq!(word(&once(&courier, AN).await), "protocol");
    assert_eq!(word(&once(&courier, AN).await), "sent");
}

#[tokio::test]
async fn a_refusal_counts_only_where_every_command_was_answered() {
    // What threw RCPT away refuses DATA, and the client counts it as the answer to RCPT.
    let script = Script::new()
        .rule(
            Rule::at(Stage::Rcpt)
                .times(1)
                .then(Action::reply("554 5.5.1 no valid recipients")),
        )
        .rule(Rule::at(Stage::Data).times(1).then(Action::Silence));
    let peer = Peer::start(script).await;
    let courier = courier(&peer);
    assert_eq!(word(&once(&courier, AN).await), "silence");
    assert_eq!(word(&once(&courier, AN).await), "sent");
}

#[tokio::test]
async fn a_proven_group_is_not_doubted_again() {
    let script = Script::new().rule(
        Rule::at(Stage::Rcpt)
            .to(BINH)
            .then(Action::reply("501 5.1.3 bad address")),
    );
    let peer = Peer::start(script).await;
    let mut link = courier(&peer).connect().await.expect("a link");
    assert_eq!(
        word(&link.deliver(&envelope(AN), &letter(super::TEXT)).await),
        "sent"
    );
    assert_eq!(
        word(&link.deliver(&envelope(BINH), &letter(super::TEXT)).await),
        "refused"
    );
}

#[tokio::test]
async fn a_reply_too_many_never_makes_the_next_letter_sent() {
    let extra = |first: &str| {
        Action::ReplyThenMore(
            first.into(),
            "250 unasked".into(),
            Duration::from_millis(20),
        )
    };
    for stage in [Stage::Mail, Stage::Rcpt, Stage::Dot] {
        let script = Script::new()
            .rule(Rule::at(stage).times(1).then(extra("250 2.0.0 ok")))
            .rule(
                Rule::at(Stage::Dot)
                    .to(BINH)
                    .then(Action::reply("554 5.6.0 no")),
            );
        let peer = Peer::start(script).await;
        let mut link = courier(&peer).connect().await.expect("a link");
        let first = link.deliver(&envelope(AN), &letter(super::TEXT)).await;
        assert!(matches!(word(&first), "sent" | "protocol"), "{first:?}");
        tokio::time::sleep(Duration::from_millis(10)).await;
        let second = link.deliver(&envelope(BINH), &letter(super::TEXT)).await;
        assert_ne!(word(&second), "sent", "{stage:?}: {second:?}");
        let record = settled(&peer).await;
        assert_eq!(record.times(AN), usize::from(word(&first) == "sent"));
        assert_eq!(record.times(BINH), 0);
    }
}

#[tokio::test]
async fn an_unasked_reply_before_data_is_a_protocol_error() {
    let script = Script::new().at(Stage::Data, Action::raw("354 go\r\n250 what\r\n"));
    let (outcome, record) = played(script).await;
    assert_eq!(word(&outcome), "protocol");
    assert!(record.taken.is_empty());
}
