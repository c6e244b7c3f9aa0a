//! Owns the facts that a person lays beside a document as `NAME.toml`. It refuses to release
//! anything: what widens an audience waits for approval.

use serde::Deserialize;

use super::Result;
use super::decide::{Completion, complete_with};
use crate::inbox::{Found, Sidecar};
use crate::ledger::Ledger;
use crate::ledger::documents::NewDocument;
use crate::organisation::Audience;

/// The keys of a sidecar, those of `documents set`.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct Keys {
    symbol: Option<String>,
    r#type: Option<String>,
    issuer: Option<String>,
    issued_on: Option<toml::Value>,
    title: Option<String>,
    urgency: Option<String>,
    audience: Option<String>,
    due: Option<toml::Value>,
    annex_of: Option<String>,
}

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

/// Reads the sidecar of a file.
pub(super) async fn read(found: &Found, ledger: &Ledger) -> Result<Word> {
    let text = match &found.sidecar {
        None => return Ok(Word::None),
        Some(Sidecar::Unusable(why)) => {
            return Ok(unusable(found, why));
        }
        Some(Sidecar::Text(text)) => text,
    };
    let keys: Keys = match toml::from_str(text) {
        Ok(keys) => keys,
        Err(error) => return Ok(unusable(found, error.message())),
    };
    let date =
        |value: Option<toml::Value>| value.map(|v| v.to_string().trim_matches('"').to_owned());
    let words = Completion::parse(
        [
            ("symbol", keys.symbol),
            ("type", keys.r#type),
            ("issuer", keys.issuer),
            ("issued-on", date(keys.issued_on)),
            ("title", keys.title),
            ("urgency", keys.urgency),
            ("audience", keys.audience),
            ("due", date(keys.due)),
            ("annex-of", keys.annex_of),
        ],
        ledger,
    )
    .await;
    match words {
        Ok(words) => Ok(Word::Says(Box::new(words))),
        Err(error) => Ok(unusable(found, &error.to_string())),
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
