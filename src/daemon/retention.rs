//! Owns the daily look at the period for which the record names people. It refuses to remember
//! anything but the day, in the ledger.

use super::clock::now;
use super::round::Round;
use crate::ingest;
use crate::ledger::{LedgerError, set_meta};

/// The ledger's note of the day on which the period was looked at last.
const LOOKED: &str = "retention";

impl Round {
    /// Takes the people out of what is older than the period, once a day on the organisation's
    /// clock.
    pub(super) async fn keep_the_period(&self) {
        match self.look_once_a_day().await {
            Ok(()) => self.untell("retention", "deliveries").await,
            Err(error) => {
                let words = format!(
                    "thư quá thời hạn lưu giữ vẫn còn tên người: {error} / letters past the period \
                     still name people: {error}"
                );
                self.tell("retention", "deliveries", &words).await;
            }
        }
    }

    async fn look_once_a_day(&self) -> Result<(), LedgerError> {
        let now = now();
        let zone = self.config.organisation.time_zone;
        let today = now.with_timezone(&zone).date_naive().to_string();
        if self.ledger.meta(LOOKED).await?.as_ref() == Some(&today) {
            return Ok(());
        }
        let done = ingest::retain(&self.ledger, &self.config, now).await?;
        if done.letters + done.people > 0 {
            let ingest::Retained {
                letters,
                people,
                folded,
                ..
            } = done;
            tracing::info!(letters, people, folded, "the period is over: pseudonymised");
        }
        let mut tx = self.ledger.begin().await?;
        set_meta(&mut tx, LOOKED, &today).await?;
        tx.commit().await?;
        Ok(())
    }
}
