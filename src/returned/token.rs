//! Owns by what a letter of ours is known again in a message: the reverse-path it was sent with,
//! its envelope id, its Message-ID. It refuses to believe that a token is real: the ledger knows.

use std::sync::LazyLock;

use regex::Regex;

use super::open::Opened;
use super::report::{Report, address, field, xtext};
use crate::organisation::Address;

/// Tokens taken out of one message.
const TOKENS_MAX: usize = 16;
/// Characters of a token of any shape: those of a local part (RFC 5321 §4.5.3).
const TOKEN_MAX: usize = 64;
/// What stands for the token in a reverse-path.
const HOLE: &str = "{token}";

/// How letters of this office are marked.
#[derive(Clone, Debug)]
pub struct Ours {
    /// What stands before and behind the token in the reverse-path, lower case.
    path: Option<(String, String)>,
    /// Where Message-IDs are, lower case; none: anywhere, but only tokens of phobien's shape count.
    domain: Option<String>,
}

impl Ours {
    /// Of a configuration.
    #[must_use]
    pub fn new(reverse_path: Option<&str>, from: &Address) -> Self {
        let path = reverse_path.and_then(|path| path.split_once(HOLE));
        let domain = from.as_str().rsplit('@').next();
        Self {
            path: path.map(|(before, after)| (before.to_lowercase(), after.to_lowercase())),
            domain: domain.map(str::to_lowercase),
        }
    }

    /// Without a configuration: whatever has the shape of a token.
    #[must_use]
    pub fn by_shape() -> Self {
        Self {
            path: None,
            domain: None,
        }
    }

    /// What may be tokens, the surest first.
    pub(super) fn tokens(&self, opened: &Opened, report: &Report) -> Vec<String> {
        let mut found = Vec::new();
        let mut add = |token: Option<String>| {
            if let Some(token) = token.filter(|t| !t.is_empty() && t.len() <= TOKEN_MAX)
                && !found.contains(&token)
                && found.len() < TOKENS_MAX
            {
                found.push(token);
            }
        };
        for value in self.places(opened, report) {
            for found in ADDRESSES.find_iter(value) {
                add(self.of_path(found.as_str()));
            }
        }
        for (name, value) in report.all() {
            if name == "original-envelope-id" {
                add(self.of_id(&xtext(&address(value))));
            }
        }
        let notification = opened.disposition.as_deref().unwrap_or_default();
        let headers = &opened.headers;
        for id in [
            field(&opened.original, "message-id"),
            field(notification, "original-message-id"),
            field(headers, "x-original-message-id"),
            field(headers, "original-message-id"),
        ] {
            add(id.and_then(|id| self.of_message_id(id)));
        }
        for found in COPIES.captures_iter(&opened.text) {
            add(found.get(1).and_then(|id| self.of_message_id(id.as_str())));
        }
        for name in ["in-reply-to", "references"] {
            let ids = field(headers, name).unwrap_or_default();
            for id in ids.split_ascii_whitespace().rev() {
                add(self.of_message_id(id));
            }
        }
        add(in_brackets(&opened.subject));
        found
    }

    /// Where an address may be the one that the letter was sent with, or was sent back to.
    fn places<'o>(&self, opened: &'o Opened, report: &'o Report) -> Vec<&'o str> {
        let mut places = Vec::new();
        let mut take = |fields: &'o [(String, String)], names: &[&str]| {
            let named = fields
                .iter()
                .filter(|(name, _)| names.contains(&name.as_str()));
            places.extend(named.map(|(_, value)| value.as_str()));
        };
        take(&opened.headers, TO_US);
        let sender = [
            "x-postfix-sender",
            "x-original-sender",
            "original-mail-from",
        ];
        for group in &report.message {
            take(group, &sender);
        }
        take(opened.feedback.as_deref().unwrap_or_default(), &sender);
        take(&opened.original, FROM_US);
        places.push(&opened.text);
        places
    }

    /// The token in a reverse-path of ours.
    fn of_path(&self, found: &str) -> Option<String> {
        let found = found.trim_end_matches('.');
        if let Some((before, after)) = &self.path {
            // Lower-casing may change how many bytes a character has; such an address is not ours.
            let lower = found.to_ascii_lowercase();
            let inner = lower
                .strip_prefix(before.as_str())?
                .strip_suffix(after.as_str())?;
            let at = before.len();
            return found.get(at..at + inner.len()).map(str::to_owned);
        }
        if self.domain.is_some() {
            return None;
        }
        let local = found.split('@').next()?;
        let last = local.rsplit(['+', '-', '=']).next()?;
        has_shape(last).then(|| last.to_owned())
    }

    /// The token in an envelope id: by itself, or at our domain.
    fn of_id(&self, id: &str) -> Option<String> {
        match id.split_once('@') {
            Some(_) => self.of_message_id(id),
            None => has_shape(id).then(|| id.to_owned()),
        }
    }

    /// The token in `<token@our.domain>`.
    fn of_message_id(&self, id: &str) -> Option<String> {
        let id = id.trim().trim_matches(['<', '>', ',', ' ']);
        let (local, domain) = id.rsplit_once('@')?;
        match &self.domain {
            Some(ours) => domain.eq_ignore_ascii_case(ours).then(|| local.to_owned()),
            None => has_shape(local).then(|| local.to_owned()),
        }
    }
}

/// 24 characters of base32, see [`crate::delivery::token`].
fn has_shape(token: &str) -> bool {
    let is_base32 = |b: u8| b.is_ascii_alphabetic() || (b'2'..=b'7').contains(&b);
    token.len() == 24 && token.bytes().all(is_base32)
}

/// The token that the link for confirming puts at the end of its subject.
fn in_brackets(subject: &str) -> Option<String> {
    let inner = subject.trim().strip_suffix(']')?.rsplit_once('[')?.1;
    has_shape(inner).then(|| inner.to_owned())
}

static ADDRESSES: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(r"[A-Za-z0-9.!#$%&'*+/=?^_{|}~-]+@[A-Za-z0-9.-]+")
        .unwrap_or_else(|_| unreachable!("a constant"))
});

/// The Message-ID in a copy of the letter that stands in the text.
static COPIES: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(r"(?im)^[> \t]*Message-Id:\s*<([^<>\s]{1,200})>")
        .unwrap_or_else(|_| unreachable!("a constant"))
});

/// Header fields that name to whom a message came.
const TO_US: &[&str] = &[
    "delivered-to",
    "x-original-to",
    "envelope-to",
    "x-envelope-to",
    "x-delivered-to",
    "x-forwarded-to",
    "x-rcpt-to",
    "x-real-to",
    "apparently-to",
    "resent-to",
    "original-recipient",
    "to",
    "cc",
    "received",
];

/// Header fields of a letter that name its reverse-path.
const FROM_US: &[&str] = &[
    "return-path",
    "x-return-path",
    "x-envelope-from",
    "x-original-return-path",
    "x-sender",
    "x-mailfrom",
    "received",
    "received-spf",
    "authentication-results",
];
