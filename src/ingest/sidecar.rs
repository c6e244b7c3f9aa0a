//! Owns the facts that a person lays beside a document as `NAME.toml`. It refuses to release
//! anything: what widens an audience waits for approval.

use super::Result;
use super::decide::{Completion, DecideError, Unread, complete_with};
use crate::document::DocumentId;
use crate::inbox::{Found, Sidecar};
use crate::ledger::Ledger;
use crate::ledger::documents::NewDocument;
use crate::organisation::Audience;

/// The keys of a sidecar and their names in `documents set`.
const KEYS: [(&str, &str); 9] = [
    ("symbol", "symbol"),
    ("type", "type"),
    ("issuer", "issuer"),
    ("issued_on", "issued-on"),
    ("title", "title"),
    ("urgency", "urgency"),
    ("audience", "audience"),
    ("due", "due"),
    ("annex_of", "annex-of"),
];

/// What a sidecar says.
pub(super) enum Word {
    /// There is none.
    None,
    /// It lies there and cannot be used: the document must not go out as if it were not there.
    Unusable(String),
    /// It completes the facts.
    Says(Box<Completion>),
}

/// What tells one sidecar from another.
pub(super) fn fingerprint(found: &Found) -> Option<String> {
    match found.sidecar.as_ref()? {
        Sidecar::Text(text) => Some(crate::document::Sha256::of(text.as_bytes()).to_string()),
        Sidecar::Unusable(why) => Some((*why).to_owned()),
    }
}

/// Reads the sidecar of a file, which is on record already as `id` or is not yet.
pub(super) async fn read(found: &Found, id: Option<DocumentId>, ledger: &Ledger) -> Result<Word> {
    let text = match &found.sidecar {
        None => return Ok(Word::None),
        Some(Sidecar::Unusable(why)) => {
            return Ok(unusable(found, why));
        }
        Some(Sidecar::Text(text)) => text,
    };
    let mut keys: toml::Table = match toml::from_str(text) {
        Ok(keys) => keys,
        Err(error) => {
            let at = error.span().map_or(0, |span| span.start);
            let line = text
                .get(..at)
                .map_or(1, |before| before.lines().count().max(1));
            return Ok(unusable(
                found,
                &format!("line {line}: {}", error.message()),
            ));
        }
    };
    let line = |key: &str| {
        let names = |line: &str| {
            line.split('=')
                .next()
                .is_some_and(|name| name.trim() == key)
        };
        let at = text.lines().position(names);
        at.map_or_else(String::new, |at| format!("line {}: ", at + 1))
    };
    let said = KEYS.map(|(key, name)| (name, keys.remove(key).map(plain)));
    let names = KEYS.map(|(key, _)| key).join(", ");
    let mut faults: Vec<String> = keys
        .keys()
        .map(|key| {
            let at = line(key);
            format!("{at}{key}: no such key; there are {names} / không có khoá này")
        })
        .collect();
    match Completion::parse(said, ledger).await {
        Ok(words) => match words.fits(ledger, id).await {
            Ok(()) if faults.is_empty() => return Ok(Word::Says(Box::new(words))),
            Ok(()) => {}
            Err(why) => faults.push(why.to_string()),
        },
        Err(DecideError::Values(unread)) => {
            faults.extend(unread.into_iter().map(|fault| {
                let own = KEYS.iter().find(|(_, name)| *name == fault.key);
                let key = own.map_or(fault.key, |(own, _)| own);
                format!("{}{}", line(key), Unread { key, ..fault })
            }));
        }
        Err(DecideError::Ledger(error)) => return Err(error.into()),
        Err(error) => faults.push(error.to_string()),
    }
    Ok(unusable(found, &faults.join("; ")))
}

/// A value as a person would type it: a date needs no quotes.
fn plain(value: toml::Value) -> String {
    match value {
        toml::Value::String(text) => text,
        other => other.to_string(),
    }
}

/// The office must hear why, since approving the document would leave out what the sidecar says.
fn unusable(found: &Found, why: &str) -> Word {
    tracing::warn!(file = found.name, why, "sidecar cannot be used");
    Word::Unusable(format!(
        "{}.toml: {}",
        found.name,
        crate::spelling::line(why)
    ))
}

/// Completes a document's facts; false where the audience becomes wider than the folder's.
pub(super) fn complete(document: &mut NewDocument, words: &Completion) -> bool {
    let before = document.audience.clone();
    complete_with(document, words, crate::document::Origin::Sidecar);
    document.audience == before || before == Audience::Everyone
}
