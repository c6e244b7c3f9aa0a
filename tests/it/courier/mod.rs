//! Owns the proof that the courier judges what happens on the wire as the fault table says,
//! against a peer that does each of these things. It refuses to look inside the courier.

use std::time::Duration;

use phobien::courier::{Courier, Envelope, Letter, Piece};
use phobien::delivery::{Doubt, Outcome, Trouble};

use crate::peer::{Peer, Record, Script};

mod envelope;
mod letter;
mod link;
mod maildir;
mod matrix;
mod pipelining;
mod riding;
mod security;
mod settings;

/// The recipient where only one matters.
const AN: &str = "an@dangbo.example";

/// A letter with every dot that could go wrong.
const TEXT: &str = "Subject: 23-CT/TW\r\n\r\n.\r\n..hai\r\n. ba\r\nb.\r\n.\r\n";

fn letter(text: &str) -> Letter {
    let piece = Piece::new(text.as_bytes()).expect("clean bytes");
    Letter::new(vec![piece]).expect("a letter")
}

fn envelope(to: &str) -> Envelope {
    Envelope {
        delivery: "7-abc".into(),
        from: "vanphong@dangbo.example".parse().expect("an address"),
        to: to.parse().expect("an address"),
        envelope_id: Some("7abc@dangbo.example".into()),
    }
}

fn courier(peer: &Peer) -> Courier {
    Courier::new(&peer.smtp(), None, "localhost").expect("a courier")
}

/// Connects anew and delivers one letter.
async fn once(courier: &Courier, to: &str) -> Outcome {
    match courier.connect().await {
        Ok(mut link) => link.deliver(&envelope(to), &letter(TEXT)).await,
        Err(none) => none.into(),
    }
}

/// What one delivery ends with, and what the peer remembers.
async fn played(script: Script) -> (Outcome, Record) {
    let peer = Peer::start(script).await;
    let outcome = once(&courier(&peer), AN).await;
    (outcome, settled(&peer).await)
}

/// The record once the peer has read what was on its way.
async fn settled(peer: &Peer) -> Record {
    tokio::time::sleep(Duration::from_millis(5)).await;
    peer.record()
}

/// One word for an outcome.
fn word(outcome: &Outcome) -> &'static str {
    match outcome {
        Outcome::Sent(_) => "sent",
        Outcome::Deferred(_) => "deferred",
        Outcome::Refused(_) => "refused",
        Outcome::Unknown(Doubt::Reset(_)) => "unknown: reset",
        Outcome::Unknown(Doubt::Silence) => "unknown: silence",
        Outcome::Unknown(Doubt::Unreadable) => "unknown: unreadable",
        Outcome::Trouble(Trouble::Connection(_)) => "connection",
        Outcome::Trouble(Trouble::Protocol(_)) => "protocol",
        Outcome::Trouble(Trouble::Silence(_)) => "silence",
        Outcome::Trouble(Trouble::NotNow(_)) => "not now",
        Outcome::Barred(_) => "barred",
        Outcome::TooMuch(_) => "too much",
    }
}

/// What an outcome claims must agree with what the peer did.
fn assert_true(outcome: &Outcome, record: &Record) {
    assert_eq!(record.violations, Vec::<String>::new());
    assert_eq!(
        record.bodies_for_nobody.iter().map(Vec::len).sum::<usize>(),
        0
    );
    match outcome {
        Outcome::Sent(_) => assert_eq!(record.times(AN), 1, "{outcome:?}"),
        Outcome::Unknown(_) => {}
        _ => assert_eq!(record.times(AN), 0, "{outcome:?}"),
    }
    for taken in &record.taken {
        assert_eq!(String::from_utf8_lossy(&taken.data), TEXT);
    }
}
