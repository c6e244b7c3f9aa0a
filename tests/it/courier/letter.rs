//! Owns what happens from the first byte of a letter to the reply to its final dot.

use std::collections::BTreeSet;
use std::time::Duration;

use phobien::courier::{Letter, Piece};
use phobien::delivery::{Outcome, Trouble};

use super::{AN, TEXT, assert_true, courier, envelope, played, settled, word};
use crate::peer::{Action, Certificate, Peer, Script, Stage};

#[tokio::test]
async fn every_shape_of_250_means_sent() {
    let long = [b"250 ".as_slice(), &[b'x'; 200_000]].concat();
    let pause = Duration::from_millis(1);
    for action in [
        Action::raw("250\r\n"),
        Action::raw("250 \r\n"),
        Action::raw("250 ok\n"),
        Action::raw(b"250 re\xe7u\r\n".to_vec()),
        Action::raw("250-2.0.0 one\r\n250-2.0.0 two\r\n250 2.0.0 three\r\n"),
        Action::raw("251 forwarded\r\n"),
        Action::Drip(b"250 ok\r\n".to_vec(), pause),
        Action::Split(vec![
            b"25".to_vec(),
            b"0-a\r".to_vec(),
            b"\n250 b\r\n".to_vec(),
        ]),
        Action::raw("250 ok\r\n250 once more\r\n"),
        Action::raw(long),
    ] {
        let (outcome, record) = played(Script::new().at(Stage::Dot, Action::take(action))).await;
        assert_eq!(word(&outcome), "sent", "{outcome:?}");
        assert_true(&outcome, &record);
    }
}

#[tokio::test]
async fn a_dripping_reply_has_one_deadline() {
    let drip = Action::Drip(
        b"250 dripping along\r\n".to_vec(),
        Duration::from_millis(50),
    );
    let begun = std::time::Instant::now();
    let (outcome, _) = played(Script::new().at(Stage::Dot, Action::take(drip))).await;
    assert_eq!(word(&outcome), "unknown: silence");
    assert!(
        begun.elapsed() < Duration::from_millis(700),
        "{:?}",
        begun.elapsed()
    );
}

#[tokio::test]
async fn a_reset_in_the_letter_is_before_the_dot() {
    let peer = Peer::start(Script::new().at(Stage::Body, Action::Reset)).await;
    for letter in [
        huge(HUGE),
        shared_letter(AN, &[attachment(HUGE / 43).for_many()]),
    ] {
        let (outcome, record) = big(&peer, &letter).await;
        assert_eq!(outcome, "connection");
        assert!(record.taken.is_empty());
    }
}

#[tokio::test]
async fn a_delivery_dropped_in_mid_letter_spends_the_link() {
    // The peer stops reading, so the write stands still once the system's buffers are full.
    let peer = Peer::start(Script::new().at(
        Stage::Body,
        Action::Drip(vec![b'2'; 100], Duration::from_secs(1)),
    ))
    .await;
    let mut smtp = peer.smtp();
    smtp.timeout = Duration::from_millis(200);
    let courier = phobien::courier::Courier::new(&smtp, None, "localhost").expect("a courier");
    let mut link = courier.connect().await.expect("a link");
    let (to, text) = (envelope(AN), huge(HUGE));
    let attempt = link.deliver(&to, &text);
    // 16 MB may take long at the least rate; nobody waits for that here. What is dropped
    // half-way leaves a link that says so.
    let cut = tokio::time::timeout(Duration::from_millis(300), attempt).await;
    assert!(cut.is_err(), "{cut:?}");
    assert!(!link.is_usable());
    let again = link.deliver(&envelope(AN), &huge(10)).await;
    assert_eq!(word(&again), "connection");
    assert!(settled(&peer).await.taken.is_empty());
}

#[tokio::test]
async fn a_refusal_in_mid_letter_is_heard() {
    for (text, expected) in [
        ("552 5.3.4 too big", &["refused"][..]),
        ("451 4.3.1 full", &["deferred"]),
        // Whether the dot had left by then is up to the system's buffers.
        ("421 4.3.0 bye", &["not now", "deferred"]),
    ] {
        let stop = Action::ReplyThenClose(text.into());
        let peer = Peer::start(Script::new().at(Stage::Body, stop)).await;
        let (outcome, record) = big(&peer, &huge(HUGE)).await;
        assert!(expected.contains(&outcome), "{text}: {outcome}");
        assert!(record.taken.is_empty());
    }
}

/// Bytes of a letter too big for the system's buffers.
const HUGE: usize = 16 * 1024 * 1024;

/// Delivers such a letter.
async fn big(peer: &Peer, letter: &Letter) -> (&'static str, crate::peer::Record) {
    let mut smtp = peer.smtp();
    smtp.timeout = Duration::from_secs(5);
    let courier = phobien::courier::Courier::new(&smtp, None, "localhost").expect("a courier");
    let mut link = courier.connect().await.expect("a link");
    let outcome = link.deliver(&envelope(AN), letter).await;
    (word(&outcome), settled(peer).await)
}

fn huge(bytes: usize) -> Letter {
    let text = format!(
        "Subject: x\r\n\r\n{}\r\n",
        "0123456789abcde\r\n".repeat(bytes / 17)
    );
    Letter::new(vec![Piece::new(text.into_bytes()).expect("clean")]).expect("a letter")
}

#[tokio::test]
async fn shared_pieces_arrive_as_one_letter() {
    let peer = Peer::start(Script::new()).await;
    let mut link = courier(&peer).connect().await.expect("a link");
    let shared = Piece::new("QUJD\r\n".repeat(10_000).into_bytes()).expect("clean");
    for to in ["an@dangbo.example", "binh@dangbo.example"] {
        let head = Piece::new(format!("To: {to}\r\n\r\n.\r\n").into_bytes()).expect("clean");
        let dot = Piece::new(&b".end\r\n"[..]).expect("clean");
        let letter = Letter::new(vec![head, shared.clone(), dot]).expect("a letter");
        let outcome = link.deliver(&envelope(to), &letter).await;
        assert_eq!(word(&outcome), "sent");
    }
    let record = peer.record();
    assert_eq!((record.taken.len(), record.connections), (2, 1));
    for taken in &record.taken {
        let expected = format!(
            "To: {}\r\n\r\n.\r\n{}.end\r\n",
            taken.to[0],
            "QUJD\r\n".repeat(10_000)
        );
        assert!(taken.data == expected.as_bytes());
    }
}

/// Long enough that the system holds what is shared; dots to double, and line ends at its ends.
fn attachment(lines: usize) -> Piece {
    let text = ".SGkgTcO0dCBuZ8OgeSDEkeG6uXAgdHLhu51pLg==\r\n".repeat(lines);
    Piece::new(text.into_bytes()).expect("clean")
}

/// A letter with what only it has between, before and behind what others share.
fn shared_letter(to: &str, shared: &[Piece]) -> Letter {
    let own = |text: String| Piece::new(text.into_bytes()).expect("clean");
    let mut pieces = vec![own(format!("To: {to}\r\n\r\n.\r\n"))];
    for (place, piece) in shared.iter().enumerate() {
        pieces.push(piece.clone());
        // More than a call takes at once.
        pieces.extend((0..1500 * place).map(|part| own(format!("--{part}\r\n"))));
    }
    pieces.push(own(format!(".{to}\r\n")));
    Letter::new(pieces).expect("a letter")
}

#[tokio::test]
async fn what_many_share_arrives_with_each_however_it_goes() {
    for script in [Script::new(), Script::new().starttls(Certificate::valid())] {
        let peer = Peer::start(script).await;
        let mut link = courier(&peer).connect().await.expect("a link");
        let shared = [6_000, 10, 2_000].map(|lines| attachment(lines).for_many());
        for to in [
            "an@dangbo.example",
            "binh@dangbo.example",
            "chi@dangbo.example",
        ] {
            let letter = shared_letter(to, &shared);
            let outcome = link.deliver(&envelope(to), &letter).await;
            assert_eq!(word(&outcome), "sent", "{outcome:?}");
            let taken = peer.record().taken.pop().expect("a letter");
            assert!(taken.data == letter.plain().collect::<Vec<_>>().concat());
        }
        assert_eq!(peer.record().connections, 1);
    }
}

/// Every byte at which a session can be cut, in either direction, plain and grouped: whatever is
/// claimed is true.
#[tokio::test]
async fn cut_at_each_byte_of_a_session() {
    for pipelining in [true, false] {
        let script = || {
            let script = Script::new();
            if pipelining {
                script
            } else {
                script.without("PIPELINING")
            }
        };
        let mut ends = Vec::new();
        for read in 1..10_000 {
            let (outcome, record) = played(script().cut_after_read(read)).await;
            assert_true(&outcome, &record);
            ends.push(word(&outcome));
            if outcome_is_whole(&outcome) {
                break;
            }
        }
        assert!(ends.len() > TEXT.len());
        assert!(
            ends.contains(&"connection") && ends.contains(&"unknown: reset"),
            "{ends:?}"
        );
        for written in 1..10_000 {
            let (outcome, record) = played(script().cut_after_written(written)).await;
            assert_true(&outcome, &record);
            if outcome_is_whole(&outcome) {
                break;
            }
            let certain = matches!(outcome, Outcome::Trouble(Trouble::Connection(_)));
            assert!(certain != (record.times(AN) == 1), "{written}: {outcome:?}");
        }
    }
}

/// The same of a letter whose shared bytes go another way, cut before, within and behind them.
#[tokio::test]
async fn a_cut_in_what_many_share_is_told_as_it_is() {
    let shared = [2_000, 3_000].map(|lines| attachment(lines).for_many());
    let letter = shared_letter(AN, &shared);
    // Doubled dots count, and so does the envelope.
    let dotted = letter.size() + 5_000;
    let mut ends = BTreeSet::new();
    for read in (200..dotted).step_by(7_919).chain(dotted..dotted + 350) {
        let peer = Peer::start(Script::new().cut_after_read(read)).await;
        let mut link = courier(&peer).connect().await.expect("a link");
        let outcome = link.deliver(&envelope(AN), &letter).await;
        let taken = settled(&peer).await.taken;
        let whole = letter.plain().collect::<Vec<_>>().concat();
        assert!(taken.iter().all(|taken| taken.data == whole), "{read}");
        match outcome {
            Outcome::Sent(_) => assert_eq!(taken.len(), 1, "{read}"),
            Outcome::Unknown(_) => {}
            _ => assert_eq!(taken.len(), 0, "{read}: {outcome:?}"),
        }
        ends.insert(word(&outcome));
    }
    // Mostly the system's buffers hold all of it by then, dot included.
    assert!(ends.contains("sent") && ends.contains("unknown: reset"));
    ends.remove("connection");
    assert_eq!(ends.len(), 2, "{ends:?}");
}

fn outcome_is_whole(outcome: &Outcome) -> bool {
    matches!(outcome, Outcome::Sent(_))
}
