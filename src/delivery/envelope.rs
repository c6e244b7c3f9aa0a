//! Owns what is frozen of the envelope with an edition: who the letters are from, where returned
//! mail goes, who signs. It refuses to know how a server is spoken to.

use serde::{Deserialize, Serialize};

use crate::organisation::Address;

/// Stands for the token of a delivery in a reverse-path.
const TOKEN: &str = "{token}";

/// The frozen part of every envelope of an edition.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct FrozenEnvelope {
    /// The address of From.
    pub from: String,
    /// The reverse-path, with `{token}` where the office has a mailbox for returned mail (VERP).
    pub reverse_path: String,
    /// Who signs the letters, where they are signed.
    #[serde(default)]
    pub dkim: Option<FrozenDkim>,
}

/// What is frozen of the signature, so that every attempt gives the same bytes.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct FrozenDkim {
    /// The domain that signs (`d=`).
    pub domain: String,
    /// Which of its keys (`s=`).
    pub selector: String,
    /// When the letters are signed (`t=`), seconds since 1970: the edition's due time.
    pub signed_at: i64,
}

impl FrozenEnvelope {
    /// As the ledger keeps it.
    #[must_use]
    pub fn to_json(&self) -> String {
        serde_json::to_string(self).unwrap_or_else(|_| unreachable!("two plain strings"))
    }

    /// As the ledger kept it.
    ///
    /// # Errors
    /// The text is not what phobien writes.
    pub fn from_json(json: &str) -> Result<Self, String> {
        serde_json::from_str(json).map_err(|e| format!("frozen envelope: {e}"))
    }

    /// True where every delivery has a reverse-path of its own.
    #[must_use]
    pub fn is_variable(&self) -> bool {
        self.reverse_path.contains(TOKEN)
    }

    /// The reverse-path of one delivery.
    ///
    /// # Errors
    /// It is no address.
    pub fn reverse_path_of(&self, token: &str) -> Result<Address, String> {
        let path = self.reverse_path.replace(TOKEN, token);
        path.parse()
            .map_err(|e| format!("reverse-path {path}: {e}"))
    }
}
