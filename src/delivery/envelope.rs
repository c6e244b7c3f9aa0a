//! Owns what is frozen of the envelope with an edition: who the letters are from and where returned
//! mail goes. It refuses to know how a server is spoken to.

use serde::{Deserialize, Serialize};

use crate::organisation::Address;

/// The frozen part of every envelope of an edition.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct FrozenEnvelope {
    /// The address of From.
    pub from: String,
    /// The reverse-path, with `{token}` where the office has a mailbox for returned mail (VERP).
    pub reverse_path: String,
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

    /// The reverse-path of one delivery.
    ///
    /// # Errors
    /// It is no address.
    pub fn reverse_path_of(&self, token: &str) -> Result<Address, String> {
        let path = self.reverse_path.replace("{token}", token);
        path.parse()
            .map_err(|e| format!("reverse-path {path}: {e}"))
    }
}
