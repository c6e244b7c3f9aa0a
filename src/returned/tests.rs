//! The tests of mail that comes back beside the corpus in `tests/bounces`: what is made to hurt,
//! and what must never be called a hard bounce.

use proptest::prelude::*;

use super::judge::{code_in, enhanced_in, judge};
use super::report::xtext;
use super::*;

const TOKEN: &str = "abcdefghijklmnopqrstuvwx";

fn ours() -> Ours {
    let from = "vanphong@dangbo.example".parse().unwrap();
    Ours::new(Some("bounce+{token}@dangbo.example"), &from)
}

/// A delivery report about a letter of ours.
fn report(status: &str, said: &str) -> Vec<u8> {
    format!(
        "From: MAILER-DAEMON@relay.example\r\nTo: <bounce+{TOKEN}@dangbo.example>\r\n\
         Subject: x\r\nContent-Type: multipart/report; report-type=delivery-status; \
         boundary=b\r\n\r\n--b\r\nContent-Type: message/delivery-status\r\n\r\n\
         Reporting-MTA: dns; relay.example\r\n\r\nFinal-Recipient: rfc822; a@b.example\r\n\
         Action: failed\r\nStatus: {status}\r\nDiagnostic-Code: smtp; {said}\r\n\r\n--b--\r\n"
    )
    .into_bytes()
}

#[test]
fn codes_stand_by_themselves() {
    for (text, code) in [
        ("550 5.1.1 <a@b.vn>", Some("5.1.1")),
        ("550-5.1.1 gone", Some("5.1.1")),
        ("(#5.2.2)", Some("5.2.2")),
        ("host 5.1.1.9 said", None),
        ("version 15.1.10", None),
        ("smtp;550 5.1.10 RESOLVER", Some("5.1.10")),
    ] {
        let found = enhanced_in(text).map(|code| code.to_string());
        assert_eq!(found.as_deref(), code, "{text}");
    }
    assert_eq!(code_in("host mx [198.51.100.7]: 550 no"), Some(550));
    assert_eq!(code_in("the year 2450 and 4500 letters"), None);
    assert_eq!(xtext("a+2Bb+40"), "a+b@");
    assert_eq!(xtext("bounce+abc"), "bounce+abc");
}

#[test]
fn in_doubt_no_address_is_to_blame() {
    for (status, said) in [
        ("5.2.2", "552 5.2.2 mailbox full"),
        ("5.1.1", "550 5.1.1 mailbox is full"),
        ("5.1.1", "550 5.7.1 rejected"),
        ("5.7.1", "550 5.7.1 access denied"),
        ("5.2.1", "550-5.2.1 at a rate that 550 5.2.1 prevents more"),
        ("5.3.4", "552 5.3.4 too big"),
        ("5.0.0", "550 no"),
        ("5.1.1", "450 4.2.0 greylisted"),
        ("4.4.7", "timed out"),
        ("", "550 something else"),
    ] {
        let reading = read(&report(status, said), &ours());
        assert_eq!(reading.class, Class::Soft, "{status} {said}: {reading:?}");
    }
    let known = judge(enhanced_in(" 5.1.1 "), "550 5.1.1 user unknown");
    assert_eq!(known.class, Class::Hard);
}

#[test]
fn words_alone_mean_no_letter_of_ours() {
    let text = String::from_utf8(report("5.1.1", "550 user unknown")).unwrap();
    let without = text.replace(&format!("bounce+{TOKEN}"), "vanphong");
    assert_eq!(read(text.as_bytes(), &ours()).class, Class::Hard);
    assert_eq!(read(without.as_bytes(), &ours()).class, Class::Foreign);
    let elsewhere = text.replace("@dangbo.example", "@dangbo.example.evil.example");
    assert_eq!(read(elsewhere.as_bytes(), &ours()).class, Class::Foreign);
}

#[test]
fn what_is_made_to_hurt_is_let_lie() {
    let nested = "Content-Type: message/rfc822\r\n\r\n".repeat(30_000);
    let head = format!("From: a@b.vn\r\nTo: bounce+{TOKEN}@dangbo.example\r\n");
    for hostile in [
        format!("{head}{nested}"),
        format!("{head}Subject: {}\r\n\r\n", "x".repeat(2_000_000)),
        format!("{head}{}\r\n", "X-A: b\r\n".repeat(100_000)),
        format!("{head}\0\0\0\r\n\0\r\n\r\n\0{}", "\0".repeat(100_000)),
        format!(
            "{head}References: {}\r\n\r\n",
            "<a@dangbo.example> ".repeat(40_000)
        ),
        format!("{head}Content-Type: multipart/report; boundary=\"\"\r\n\r\n--\r\n--\r\n"),
    ] {
        let reading = read(hostile.as_bytes(), &ours());
        assert_ne!(reading.class, Class::Hard);
        assert!(reading.tokens.len() <= 16 && reading.words.chars().count() <= WORDS_MAX);
    }
}

proptest! {
    #[test]
    fn no_bytes_break_the_reading(bytes in proptest::collection::vec(any::<u8>(), 0..600)) {
        let _ = read(&bytes, &ours());
    }

    #[test]
    fn no_report_breaks_the_reading(at in 0usize..400, byte in any::<u8>(), cut in 0usize..400) {
        let mut bytes = report("5.1.1", "550 5.1.1 user unknown");
        let at = at % bytes.len();
        bytes[at] = byte;
        bytes.truncate(cut.max(at));
        let _ = read(&bytes, &ours());
    }

    #[test]
    fn no_words_break_the_judgement(status in "[0-9.]{0,9}", said in "\\PC{0,200}") {
        judge(super::judge::enhanced(&status), &said);
    }
}
