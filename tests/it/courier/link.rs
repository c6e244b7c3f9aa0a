//! Owns the proof that a link is reused while all is certain and never after.

use std::time::Duration;

use phobien::delivery::Outcome;

use super::{AN, TEXT, courier, envelope, letter, settled, word};
use crate::peer::{Action, Peer, Rule, Script, Stage};

#[tokio::test]
async fn many_letters_share_one_connection() {
    for script in [Script::new(), Script::new().without("PIPELINING")] {
        let peer = Peer::start(script).await;
        let mut link = courier(&peer).connect().await.expect("a link");
        for n in 0..50 {
            let to = format!("m{n}@dangbo.example");
            assert_eq!(
                word(&link.deliver(&envelope(&to), &letter(TEXT)).await),
                "sent"
            );
        }
        link.quit().await;
        let record = settled(&peer).await;
        assert_eq!((record.connections, record.taken.len()), (1, 50));
        assert_eq!((record.said("RSET"), record.said("QUIT")), (0, 1));
        assert_eq!(record.violations, Vec::<String>::new());
    }
}

#[tokio::test]
async fn after_doubt_trouble_or_refusal_of_us_a_link_is_spent() {
    for (stage, action) in [
        (Stage::Mail, Action::reply("451 later")),
        (Stage::Mail, Action::reply("550 not you")),
        (Stage::Mail, Action::Silence),
        (Stage::Rcpt, Action::reply("421 bye")),
        (Stage::Rcpt, Action::raw("what\r\n")),
        (Stage::Data, Action::reply("250 ok")),
        (Stage::Dot, Action::reply("421 bye")),
        (Stage::Dot, Action::Silence),
        (Stage::Dot, Action::take(Action::raw("what\r\n"))),
        (
            Stage::Dot,
            Action::take(Action::raw("250 ok\r\n250 and\r\n")),
        ),
    ] {
        let script = Script::new().rule(Rule::at(stage).times(1).then(action.clone()));
        let peer = Peer::start(script).await;
        let mut link = courier(&peer).connect().await.expect("a link");
        link.deliver(&envelope(AN), &letter(TEXT)).await;
        assert!(!link.is_usable(), "{stage:?} {action:?}");
        let before = peer.record().commands.len();
        let again = link.deliver(&envelope(AN), &letter(TEXT)).await;
        assert_eq!(word(&again), "connection", "{stage:?} {action:?}");
        assert_eq!(
            settled(&peer).await.commands.len(),
            before,
            "{stage:?} {action:?}"
        );
    }
}

#[tokio::test]
async fn a_cancelled_delivery_spends_the_link() {
    for stage in [Stage::Mail, Stage::Rcpt, Stage::Data, Stage::Dot] {
        let script = Script::new().rule(Rule::at(stage).times(1).then(Action::Silence));
        let peer = Peer::start(script).await;
        let mut link = courier(&peer).connect().await.expect("a link");
        let (to, text) = (envelope(AN), letter(TEXT));
        let attempt = link.deliver(&to, &text);
        let cut = tokio::time::timeout(Duration::from_millis(50), attempt).await;
        assert!(cut.is_err());
        assert!(!link.is_usable());
        assert_eq!(
            word(&link.deliver(&envelope(AN), &letter(TEXT)).await),
            "connection"
        );
    }
}

#[tokio::test]
async fn a_connection_closed_while_it_rests_is_noticed_before_anything_is_said() {
    for goodbye in ["421 4.4.2 idle too long", "221 2.0.0 bye"] {
        let more = Duration::from_millis(10);
        let script = Script::new().at(
            Stage::Dot,
            Action::take(Action::ReplyThenMore("250 ok".into(), goodbye.into(), more)),
        );
        let peer = Peer::start(script).await;
        let mut link = courier(&peer).connect().await.expect("a link");
        assert_eq!(
            word(&link.deliver(&envelope(AN), &letter(TEXT)).await),
            "sent"
        );
        tokio::time::sleep(Duration::from_millis(50)).await;
        assert!(!link.is_usable());
        assert_eq!(
            word(&link.deliver(&envelope(AN), &letter(TEXT)).await),
            "connection"
        );
        assert_eq!(peer.record().said("MAIL"), 1);
    }
}

#[tokio::test]
async fn a_peer_that_left_is_noticed() {
    let script = Script::new()
        .rule(Rule::at(Stage::Dot).then(Action::take(Action::ReplyThenClose("250 ok".into()))));
    let peer = Peer::start(script).await;
    let mut link = courier(&peer).connect().await.expect("a link");
    assert_eq!(
        word(&link.deliver(&envelope(AN), &letter(TEXT)).await),
        "sent"
    );
    tokio::time::sleep(Duration::from_millis(50)).await;
    assert!(!link.is_usable());
}

#[tokio::test]
async fn a_failing_reset_and_quit_cost_nothing() {
    for action in [Action::Silence, Action::Close, Action::reply("421 bye")] {
        let script = Script::new()
            .without("PIPELINING")
            .at(Stage::Rset, action.clone())
            .at(Stage::Quit, action)
            .rule(
                Rule::at(Stage::Rcpt)
                    .times(1)
                    .then(Action::reply("550 5.1.1 who")),
            );
        let peer = Peer::start(script).await;
        let courier = courier(&peer);
        let mut link = courier.connect().await.expect("a link");
        assert_eq!(
            word(&link.deliver(&envelope(AN), &letter(TEXT)).await),
            "refused"
        );
        let next = link
            .deliver(&envelope("binh@dangbo.example"), &letter(TEXT))
            .await;
        assert!(matches!(next, Outcome::Trouble(_)), "{next:?}");
        link.quit().await;
        let link = courier.connect().await.expect("a link");
        let begun = std::time::Instant::now();
        link.quit().await;
        assert!(begun.elapsed() < Duration::from_secs(3));
    }
}

/// A thousand letters over an unreliable server: every claim is true, whatever happened.
#[tokio::test]
async fn chance_never_makes_a_claim_untrue() {
    for seed in [1, 3] {
        let peer = Peer::start(Script::new().random(seed, 50)).await;
        let courier = courier(&peer);
        let (mut link, mut met) = (None, std::collections::BTreeMap::new());
        for n in 0..1000 {
            let to = format!("m{n}@dangbo.example");
            let mut open = match link.take() {
                Some(link) => link,
                None => match courier.connect().await {
                    Ok(link) => link,
                    Err(_) => continue,
                },
            };
            let outcome = open.deliver(&envelope(&to), &letter(TEXT)).await;
            let times = peer.record().times(&to);
            match &outcome {
                Outcome::Sent(_) => assert_eq!(times, 1, "{to}: {outcome:?}"),
                Outcome::Unknown(_) => assert!(times <= 1),
                _ => assert_eq!(times, 0, "{to}: {outcome:?}"),
            }
            *met.entry(word(&outcome)).or_insert(0) += 1;
            link = open.is_usable().then_some(open);
        }
        assert!(met.len() >= 5 && met["sent"] > 600, "{met:?}");
        assert_eq!(peer.record().violations, Vec::<String>::new());
    }
}
