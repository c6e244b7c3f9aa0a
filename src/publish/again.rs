//! Owns the queueing of letters again: the same frozen bundle, the next generation, a Message-ID of
//! its own. It refuses to change what a letter says.

use chrono::{DateTime, Utc};

use super::Result;
use crate::delivery::{self, FrozenEnvelope};
use crate::ledger::again::{self, Which};
use crate::ledger::editions::{EditionRow, NewDelivery};
use crate::ledger::{Ledger, LedgerError, events};
use crate::letter::{Personal, message_id};
use crate::organisation::Address;

/// Queues the letters of an edition again that are meant, and answers how many.
///
/// # Errors
/// The ledger failed.
pub async fn again(
    ledger: &Ledger,
    edition: &EditionRow,
    which: &Which,
    now: DateTime<Utc>,
) -> Result<u64> {
    let mut tx = ledger.begin().await?;
    let mut new = again::ended(&mut tx, edition.id, which).await?;
    for delivery in &mut new {
        rename(ledger, edition, delivery)?;
    }
    let queued = again::queue_again(&mut tx, edition.id, new).await?;
    if queued == 0 {
        return Ok(0);
    }
    let detail = serde_json::json!({ "deliveries": queued });
    events::append(&mut tx, "resend", &edition.id.to_string(), &detail, now).await?;
    tx.commit().await.map_err(LedgerError::from)?;
    Ok(queued)
}

/// A new token, and so a new Message-ID: servers throw away what they have seen.
fn rename(ledger: &Ledger, edition: &EditionRow, new: &mut NewDelivery) -> Result<()> {
    let altered = |value: &str| LedgerError::Altered {
        table: "editions",
        id: edition.id.to_string(),
        value: value.to_owned(),
    };
    new.token = delivery::token(
        ledger.instance_key(),
        &[
            &edition.schedule,
            &edition.nominal_at.timestamp_millis().to_string(),
            new.kind.word(),
            &new.recipient.to_string(),
            &new.address,
            &new.generation.to_string(),
        ],
    );
    let envelope = FrozenEnvelope::from_json(&edition.envelope);
    let from = envelope.map_err(|_| altered("an envelope that cannot be read"))?;
    let from: Address = from
        .from
        .parse()
        .map_err(|_| altered("a sender that is no address"))?;
    let mut personal: Personal = serde_json::from_str(&new.personal)
        .map_err(|_| altered("a personal part that cannot be read"))?;
    personal.message_id = message_id(&new.token, &from);
    new.personal =
        serde_json::to_string(&personal).unwrap_or_else(|_| unreachable!("plain strings"));
    Ok(())
}
