//! Owns what is announced in MAIL and RCPT, and what is not begun because the server said so.

use phobien::delivery::Outcome;

use super::{AN, TEXT, courier, envelope, letter, played, word};
use crate::peer::{Peer, Script};

#[tokio::test]
async fn what_is_offered_is_used() {
    let (_, record) = played(Script::new()).await;
    let mail = &record.taken[0].mail;
    let size = format!(" SIZE={}", TEXT.len());
    assert!(mail.contains(&size), "{mail}");
    assert!(
        mail.contains(" RET=HDRS ENVID=7abc@dangbo.example"),
        "{mail}"
    );
    assert!(
        !mail.contains("BODY") && !mail.contains("SMTPUTF8"),
        "{mail}"
    );
    let rcpt = record
        .commands
        .iter()
        .find(|(_, c)| c.starts_with("RCPT"))
        .expect("RCPT");
    assert!(
        rcpt.1
            .contains("NOTIFY=FAILURE,DELAY ORCPT=rfc822;an@dangbo.example")
    );
}

#[tokio::test]
async fn a_server_that_offers_nothing_gets_nothing_more() {
    let mut script = Script::new();
    for word in ["PIPELINING", "SIZE", "8BITMIME", "SMTPUTF8", "DSN"] {
        script = script.without(word);
    }
    let (outcome, record) = played(script).await;
    assert_eq!(word(&outcome), "sent");
    assert_eq!(record.taken[0].mail, "MAIL FROM:<vanphong@dangbo.example>");
}

#[tokio::test]
async fn a_letter_beyond_size_is_not_begun() {
    let peer = Peer::start(Script::new().offering("SIZE 20")).await;
    let mut link = courier(&peer).connect().await.expect("a link");
    let outcome = link.deliver(&envelope(AN), &letter(TEXT)).await;
    let Outcome::Barred(words) = outcome else {
        panic!("{outcome:?}")
    };
    assert!(
        words.contains("20") && words.contains(&TEXT.len().to_string()),
        "{words}"
    );
    // Nothing was said, so nothing is in doubt.
    assert!(link.is_usable());
    assert_eq!(peer.record().said("MAIL"), 0);
}

#[tokio::test]
async fn an_address_that_needs_smtputf8_is_refused_alone() {
    let peer = Peer::start(Script::new().without("SMTPUTF8")).await;
    let mut link = courier(&peer).connect().await.expect("a link");
    let outcome = link
        .deliver(&envelope("đức@dangbo.example"), &letter(TEXT))
        .await;
    assert!(matches!(&outcome, Outcome::Refused(r) if r.text.contains("SMTPUTF8")));
    assert_eq!(
        word(&link.deliver(&envelope(AN), &letter(TEXT)).await),
        "sent"
    );
    let peer = Peer::start(Script::new()).await;
    let mut link = courier(&peer).connect().await.expect("a link");
    let outcome = link
        .deliver(&envelope("đức@dangbo.example"), &letter(TEXT))
        .await;
    assert_eq!(word(&outcome), "sent");
    assert!(
        peer.record().taken[0]
            .mail
            .ends_with(" SMTPUTF8 RET=HDRS ENVID=7abc@dangbo.example")
    );
}
