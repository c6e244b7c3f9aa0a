//! Owns how letters are taken apart: with a parser that is not the one which wrote them. It refuses
//! to know what should be in them.

use mail_parser::{Address as Parsed, Message, MessageParser, MimeHeaders};
use phobien::letter::Sheet;

use super::office::Files;

pub(super) fn parse(message: &[u8]) -> Message<'_> {
    MessageParser::default().parse(message).expect("a message")
}

/// What every letter must be on the wire, whatever stands in it.
pub(super) fn assert_wire(message: &[u8]) {
    assert!(message.is_ascii() && !message.contains(&0), "7 bit, no NUL");
    let text = std::str::from_utf8(message).expect("ASCII");
    assert!(text.ends_with("\r\n"));
    let lines = text.strip_suffix("\r\n").unwrap_or(text).split("\r\n");
    for line in lines {
        assert!(!line.contains(['\r', '\n']), "bare CR or LF: {line:?}");
        assert!(!line.starts_with('.'), "would need stuffing: {line:?}");
        assert!(line.len() <= 120, "{}: {line}", line.len());
        let words = line
            .split([' ', '"'])
            .filter(|word| word.starts_with("=?utf-8?"));
        for word in words {
            assert!(word.len() <= 75, "RFC 2047 section 2: {word}");
        }
    }
    let (head, _) = text.split_once("\r\n\r\n").expect("a head");
    let names: Vec<_> = head
        .split("\r\n")
        .filter(|line| !line.starts_with(' '))
        .map(|line| line.split(':').next().unwrap_or("").to_lowercase())
        .collect();
    let mut expected = vec![
        "message-id",
        "to",
        "date",
        "from",
        "reply-to",
        "subject",
        "auto-submitted",
        "precedence",
        "list-id",
        "list-unsubscribe",
        "content-language",
        "mime-version",
        "content-type",
    ];
    let mut sorted = names.clone();
    sorted.sort_unstable();
    expected.sort_unstable();
    // A letter to the office is to no list: it has neither of these headers.
    if !names.iter().any(|name| name.starts_with("list-")) {
        expected.retain(|name| !name.starts_with("list-"));
    }
    assert_eq!(sorted, expected, "each header once, and no other");
}

pub(super) fn one_mailbox(address: Option<&Parsed<'_>>) -> (String, String) {
    let Some(Parsed::List(list)) = address else {
        panic!("no list of addresses: {address:?}");
    };
    assert_eq!(list.len(), 1, "{list:?}");
    let part = |t: &Option<std::borrow::Cow<'_, str>>| t.as_deref().unwrap_or("").to_owned();
    (part(&list[0].name), part(&list[0].address))
}

pub(super) fn names_and_bytes(message: &Message<'_>) -> Vec<(String, Vec<u8>)> {
    let parts = message.attachments().map(|part| {
        (
            part.attachment_name().unwrap_or("").to_owned(),
            part.contents().to_vec(),
        )
    });
    parts.collect()
}

pub(super) fn expected_files(files: &Files, sheet: &Sheet) -> Vec<Vec<u8>> {
    sheet
        .attachments()
        .map(|(hash, _)| files.0[&hash].clone())
        .collect()
}
