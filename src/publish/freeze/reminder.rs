//! Owns the writing of reminders: which members are to be reminded of what, and their letters. It
//! refuses to write to anybody who confirmed, was never sent the document, or receives nothing now.

use chrono::{DateTime, Timelike, Utc};

use super::{PAGE, Result, Row, Run};
use crate::config::Config;
use crate::edition::reminded;
use crate::ledger::{Tx, confirmations, recipients};
use crate::organisation::RecipientKind;
use crate::publish::REMINDER;
use crate::schedule::{Content, Cron, OnHoliday, Schedule};

/// A reminder that was missed still goes for so long; the next day's is for the same documents.
const CATCH_UP: std::time::Duration = std::time::Duration::from_secs(12 * 3600);

/// The times at which reminders go, as a schedule: once a working day at most. None where nobody
/// is asked to confirm.
#[must_use]
pub fn reminder_schedule(config: &Config) -> Option<Schedule> {
    let confirmation = &config.confirmation;
    if !confirmation.ask || confirmation.remind_after.is_empty() {
        return None;
    }
    let at = confirmation.remind_at;
    let cron = format!("{} {} {} * * Mon-Fri", at.second(), at.minute(), at.hour());
    let cron: Cron = cron.parse().ok()?;
    Some(Schedule {
        name: REMINDER.to_owned(),
        cron,
        zone: config.organisation.time_zone,
        to: RecipientKind::Member,
        content: Content::Owed,
        catch_up: CATCH_UP,
        on_holiday: OnHoliday::NextWorkingDay,
    })
}

impl Run<'_> {
    /// The reminders of this moment.
    pub(super) async fn remind(&mut self, tx: &mut Tx, now: DateTime<Utc>) -> Result<()> {
        let kind = RecipientKind::Member;
        let after = self.press.config.confirmation.remind_after.clone();
        let mut last = 0;
        loop {
            let page = recipients::recipients(tx, kind, last, PAGE).await?;
            let (Some(from), Some(to)) = (page.first(), page.last()) else {
                return Ok(());
            };
            let asked = confirmations::asked(tx, from.id, to.id).await?;
            last = to.id;
            let mut rows = Vec::new();
            for recipient in page.iter().filter(|r| !r.paused) {
                let Some(mailbox) = recipient.mailboxes.iter().find(|m| !m.held) else {
                    continue;
                };
                let of_them = asked.get(&recipient.id).map_or(&[][..], Vec::as_slice);
                let entries = reminded(&self.documents.candidates, of_them, &after, now);
                if entries.is_empty() {
                    continue;
                }
                let bundle = self.bundle(tx, recipient, entries).await?;
                rows.push(Row {
                    recipient,
                    mailbox,
                    bundle,
                    table: None,
                    unreachable: None,
                });
                self.sent += 1;
            }
            self.write(tx, rows).await?;
        }
    }
}
