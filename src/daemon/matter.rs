//! Owns what the service says of matters that need a person: told in the ledger and in the journal,
//! taken away when they are over. It refuses to fail: where the ledger cannot take one, the journal
//! has it.

use super::clock::now;
use crate::ledger::{Ledger, LedgerError, events};

/// Puts a matter where a person sees it, and in the journal.
pub(super) async fn tell(ledger: &Ledger, what: &str, about: &str, detail: &str) {
    tracing::error!(what, about, "{detail}");
    let done = async {
        let mut tx = ledger.begin().await?;
        events::attend(&mut tx, what, about, detail, now()).await?;
        tx.commit().await?;
        Ok::<_, LedgerError>(())
    };
    if let Err(error) = done.await {
        tracing::error!(%error, "ledger");
    }
}

/// Takes a matter away where it stands.
pub(super) async fn untell(ledger: &Ledger, what: &str, about: &str) {
    let done = async {
        let matters = ledger.attention().await?;
        if matters.iter().any(|m| m.what == what && m.about == about) {
            let mut tx = ledger.begin().await?;
            events::clear(&mut tx, what, Some(about)).await?;
            tx.commit().await?;
        }
        Ok::<_, LedgerError>(())
    };
    if let Err(error) = done.await {
        tracing::error!(%error, "ledger");
    }
}
