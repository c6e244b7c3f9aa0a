//! Owns the one question that must not be answered wrongly: whether an address is to blame for a
//! letter that came back. In doubt it is not. It refuses to know in what form the words came.

use std::sync::LazyLock;

use regex::Regex;

use super::plain;
use crate::delivery::{Class, Enhanced};

/// What was found out.
pub(super) struct Judged {
    /// Hard or soft.
    pub(super) class: Class,
    /// The code that says most.
    pub(super) status: Option<Enhanced>,
}

/// What a status code says of the address.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Weight {
    /// It is wrong.
    Address,
    /// It is not to blame.
    Other,
    /// Nothing; the words may.
    Open,
    /// Policy, as a rule; some houses refuse unknown users so.
    Policy,
}

/// `5.1.1`, where it opens the text.
pub(super) fn enhanced(text: &str) -> Option<Enhanced> {
    let word = text.trim_start().split([' ', '\t', '(', ';', ',']).next()?;
    Enhanced::at_start(word.trim_start_matches('#'))
}

/// The first enhanced code that stands in a text by itself.
pub(super) fn enhanced_in(text: &str) -> Option<Enhanced> {
    static CODE: LazyLock<Regex> = LazyLock::new(|| {
        Regex::new(r"(?:^|[\s(\[#;:>=-])([245]\.\d{1,3}\.\d{1,3})(?:[^.\d]|\.\s|\.?$)")
            .unwrap_or_else(|_| unreachable!("a constant"))
    });
    CODE.captures_iter(text)
        .filter_map(|found| Enhanced::at_start(found.get(1)?.as_str()))
        .find(|code| code.class != 2)
}

/// The first three-digit code of a refusal (RFC 5321 §4.2).
pub(super) fn code_in(text: &str) -> Option<u16> {
    static CODE: LazyLock<Regex> = LazyLock::new(|| {
        Regex::new(r"(?:^|[\s(\[#;:>-])([45][0-5]\d)(?:[\s:;,)\]#-]|$)")
            .unwrap_or_else(|_| unreachable!("a constant"))
    });
    CODE.captures(text)?.get(1)?.as_str().parse().ok()
}

/// Judges a letter that came back for good: by the report's code and by what the server said.
pub(super) fn judge(status: Option<Enhanced>, said: &str) -> Judged {
    let in_words = enhanced_in(said);
    let says_nothing = |code: &Enhanced| (code.subject, code.detail) == (0, 0);
    let best = status
        .filter(|code| !says_nothing(code))
        .or(in_words)
        .or(status);
    let weights: Vec<Weight> = [status, in_words]
        .into_iter()
        .flatten()
        .map(weigh)
        .collect();
    let words = compared(said);
    let has = |list: &[&str]| list.iter().any(|phrase| words.contains(phrase));
    let is = |weight| weights.contains(&weight);
    let passes = code_in(said).is_some_and(|code| code < 500);
    let hard = if passes || is(Weight::Other) || has(AGAINST) {
        false
    } else if is(Weight::Policy) {
        has(SUREST) && !has(AGAINST_UNSURE)
    } else if is(Weight::Address) {
        true
    } else {
        has(ADDRESS) && !has(AGAINST_UNSURE)
    };
    Judged {
        class: if hard { Class::Hard } else { Class::Soft },
        status: best,
    }
}

/// RFC 3463 §3, RFC 7505, and what Exchange Online adds.
fn weigh(code: Enhanced) -> Weight {
    match (code.class, code.subject, code.detail) {
        (2 | 4, ..) => Weight::Other,
        (_, 1, 1..=4 | 6 | 10 | 351) | (_, 2, 1) => Weight::Address,
        (_, 0..=5, 0) | (_, 4, 1 | 4 | 310) | (_, 5, _) => Weight::Open,
        (_, 7, 0 | 1) => Weight::Policy,
        _ => Weight::Other,
    }
}

/// As it is compared: addresses say nothing, be they called what they may.
fn compared(text: &str) -> String {
    static ADDRESSES: LazyLock<Regex> = LazyLock::new(|| {
        Regex::new(r"[^\s<>()\[\]:;,]+@[^\s<>()\[\]:;,]+")
            .unwrap_or_else(|_| unreachable!("a constant"))
    });
    // Codes at the head of each line of a reply stand in the middle of its sentences.
    static CODES: LazyLock<Regex> = LazyLock::new(|| {
        Regex::new(r"\b[245]\d\d(?:[ -]#?[245]\.\d{1,3}\.\d{1,3}\b|-)")
            .unwrap_or_else(|_| unreachable!("a constant"))
    });
    let text = ADDRESSES.replace_all(text, " ");
    let text = CODES.replace_all(&text, " ");
    let mut text = plain(&text).replace(['_', '"', '\''], " ");
    for (phrase, meant) in MEANT {
        text = text.replace(phrase, meant);
    }
    text.split_ascii_whitespace().collect::<Vec<_>>().join(" ")
}

/// Set phrases that hold a word of the lists below and mean something else.
const MEANT: &[(&str, &str)] = &[
    ("in relay recipient table", ""),
    ("in virtual mailbox table", ""),
    ("recipient address rejected: access denied", "user unknown"),
    ("sender and recipient", "recipient"),
];

/// Whatever the code says: with these words the address is not to blame.
const AGAINST: &[&str] = &[
    "mailbox full",
    "mailbox is full",
    "box is full",
    "mailbox quota",
    "over quota",
    "quota exceed",
    "exceeded storage",
    "storage limit",
    "out of storage",
    "insufficient",
    "not enough space",
    "disk space",
    "exceeds the quota",
    "overquota",
    "hop thu day",
    "hop thu da day",
    "dung luong",
    "spam",
    "blacklist",
    "black list",
    "blocklist",
    "block list",
    "blocked",
    "greylist",
    "graylist",
    "grey list",
    "greylisted",
    "policy",
    "reputation",
    "dnsbl",
    "rbl",
    "banned",
    "virus",
    "malware",
    "phish",
    "too large",
    "too big",
    "size limit",
    "maximum message size",
    "message size exceeds",
    "exceeds size",
    "exceeds fixed maximum",
    "too many",
    "rate limit",
    "rate that prevents",
    "throttl",
    "sender address",
    "sender verif",
    "sender reject",
    "your sender",
    "sender domain",
    "dmarc",
    "spf ",
    "spf)",
    "dkim",
    "try again later",
    "temporarily",
    "content reject",
    "message rejected as",
];

/// Where the code leaves it open, these words too.
const AGAINST_UNSURE: &[&str] = &[
    "quota",
    "sender",
    "denied",
    "relay",
    "not authorized",
    "unauthorized",
    "not permitted",
    "authenticat",
    "administrative prohibition",
    "administratively prohibited",
    "timed out",
    "timeout",
    "connection refused",
    "lost connection",
    "loop",
    "too long in",
    "helo",
    "ehlo",
    "ptr",
    "reverse dns",
    "invalid dns",
    "ip address",
    "client host",
    "your ip",
    "your host",
    "tls",
    "encrypt",
    "exceed",
    "limit",
    "suspicious",
    "restricted",
    "unacceptable",
    "network error",
    "expired",
    "retry",
    "content",
    "attachment",
    "tam thoi",
    "bi chan",
];

/// Unknown users of houses that say so with a code of policy.
const SUREST: &[&str] = &[
    "no such user",
    "user unknown",
    "user not found",
    "unknown user",
    "recipient not found",
];

/// The address is wrong, in the words of the servers.
const ADDRESS: &[&str] = &[
    "no such user",
    "user unknown",
    "user not found",
    "unknown user",
    "recipient not found",
    "no such recipient",
    "unknown recipient",
    "recipient unknown",
    "invalid recipient",
    "no such mailbox",
    "mailbox not found",
    "mailbox unavailable",
    "unknown mailbox",
    "invalid mailbox",
    "no mailbox here by that name",
    "mailbox does not exist",
    "no such address",
    "address not found",
    "unknown address",
    "address unknown",
    "does not exist",
    "doesn t exist",
    "doesnt exist",
    "not exist",
    "do not exist",
    "no longer exist",
    "doesn t have a",
    "wasn t found",
    "couldn t be found",
    "could not be found",
    "not be found",
    "not listed in",
    "no account",
    "no such account",
    "account disabled",
    "account has been disabled",
    "account is disabled",
    "is inactive",
    "inactive user",
    "inactive account",
    "mailbox disabled",
    "discontinued",
    "no longer available",
    "no longer valid",
    "no longer in use",
    "has been deleted",
    "unknown local part",
    "unknown local-part",
    "unrouteable address",
    "unroutable address",
    "invalid address",
    "illegal alias",
    "bad destination",
    "host not found",
    "domain not found",
    "host or domain name not found",
    "domain name not found",
    "no such domain",
    "unknown host",
    "name service error",
    "nxdomain",
    "recipnotfound",
    "recipientnotfound",
    "unknown user account",
    "user doesn t",
    "user is unknown",
    "no user",
    "not a valid",
    "not a known user",
    "not known",
    "is not known",
    "addressee unknown",
    "adresse d au moins un destinataire invalide",
    "destinataire inconnu",
    "utilisateur inconnu",
    "empfanger unbekannt",
    "khong ton tai",
    "is disabled",
    "no user record",
    "khong tim thay nguoi",
    "khong tim thay dia chi",
    "khong tim thay hop thu",
    "khong co nguoi dung",
];
