//! Owns previews: the very bytes that a recipient would get, made by the same freezing, which is
//! then thrown away. It refuses to queue anything.

use chrono::{DateTime, Utc};

use super::{Order, Press, PublishError, Result, in_transaction};
use crate::edition::EditionId;
use crate::ledger::log::{self, LogRow};
use crate::ledger::{Ledger, LedgerError, deliveries};
use crate::letter::{Personal, Sheet};

/// One recipient's letter.
#[derive(Debug)]
pub struct Preview {
    /// The delivery as it is, or would be, on record.
    pub delivery: LogRow,
    /// The sheet of its bundle.
    pub sheet: Sheet,
    /// What fills its holes.
    pub personal: Personal,
    /// The frozen envelope of its edition.
    pub envelope: String,
}

/// The letters that `who` (an address or a code) would get by the order, or got in `edition`.
///
/// # Errors
/// As [`super::publish`].
pub async fn preview(
    ledger: &Ledger,
    press: &Press<'_>,
    order: &Order,
    edition: Option<EditionId>,
    who: &str,
    now: DateTime<Utc>,
) -> Result<Vec<Preview>> {
    let mut tx = ledger.begin().await?;
    let edition = match edition {
        Some(edition) => edition,
        None => {
            in_transaction(&mut tx, ledger, press, order, now)
                .await?
                .edition
                .id
        }
    };
    let mut found = Vec::new();
    for delivery in log::matching(&mut tx, edition, who).await? {
        if delivery.personal.is_empty() {
            return Err(PublishError::Pseudonymised(delivery.delivery));
        }
        let sheets = deliveries::sheet_in(&mut tx, delivery.bundle).await?;
        if sheets.sheet.is_empty() {
            return Err(PublishError::Emptied(delivery.delivery));
        }
        let altered = || {
            PublishError::Ledger(LedgerError::Altered {
                table: "bundles",
                id: delivery.bundle.to_string(),
                value: "a sheet that cannot be read".into(),
            })
        };
        let sheet = Sheet::from_bytes(&sheets.sheet).map_err(|_| altered())?;
        let personal = serde_json::from_str(&delivery.personal).map_err(|_| altered())?;
        found.push(Preview {
            delivery,
            sheet,
            personal,
            envelope: sheets.envelope,
        });
    }
    tx.rollback().await.map_err(LedgerError::from)?;
    Ok(found)
}
