//! Owns the summaries to the office: when one is due, what it tells, its letters. They are editions
//! like any other, so that none is lost and none goes twice unknown; it refuses to let a summary
//! tell of summaries, and to give away an address or more names than the office needs.

use chrono::{DateTime, TimeDelta, Timelike, Utc};

use super::discreet::{in_language, missed, secret_files, without_addresses};
use super::{
    Order, Press, REMINDER, Result, UNREACHABLE, URGENT, due_slots, free_second, matters, publish,
    skip,
};
use crate::config::Config;
use crate::delivery::{self, State};
use crate::edition::{Bundle, EditionId, EditionState};
use crate::ledger::editions::{self, EditionRow, NewDelivery};
use crate::ledger::events::Attention;
use crate::ledger::{Ledger, Tx, notices, summary};
use crate::letter::office::{Concern, Ended, Letters, Summary, compose_summary};
use crate::letter::{Frame, Occasion, Personal, message_id};
use crate::organisation::{Address, Language, RecipientKind};
use crate::schedule::{Content, Cron, OnHoliday, Schedule, Slot, Why};

/// The schedule of what is told of editions when they end.
pub const OFFICE_EDITIONS: &str = "office-editions";
/// The schedule of what is told of matters as they come up.
pub const OFFICE_MATTERS: &str = "office-matters";
/// The schedule of the daily summary.
pub const OFFICE_DAILY: &str = "office-daily";

/// An end that nobody was told of is told of for so long.
const TOLD_WITHIN: TimeDelta = TimeDelta::hours(24);
/// A daily summary that was missed still goes for so long; the next one tells of its day too.
const CATCH_UP: std::time::Duration = std::time::Duration::from_secs(12 * 3600);
/// Matters come together for so long after the office was told of others: one letter, not a flood.
const GATHERED: TimeDelta = TimeDelta::hours(1);
/// Editions of one summary.
const EDITIONS_MAX: u32 = 12;
/// Recipients named of one edition.
const MISSED_MAX: usize = 25;
/// Recipients named in one summary, one of each edition aside: mail readers cut a long letter.
const NAMED_MAX: usize = 100;
/// The word of the matter of a file with a secrecy mark.
const SECRET: &str = "secret";
/// Matters of one summary.
const CONCERNS_MAX: usize = 20;

/// Tells the office what it was not told yet: of editions that ended, of matters that came up, and
/// once a day of the day, also where nothing happened. Nothing where nobody is configured to be
/// told.
///
/// # Errors
/// The ledger failed, or a letter could not be composed.
pub async fn tell_office(
    ledger: &Ledger,
    press: &Press<'_>,
    now: DateTime<Utc>,
) -> Result<Vec<EditionRow>> {
    let mut told = tell_of_editions(ledger, press, now).await?;
    if let Some(daily) = daily_summary(press.config) {
        let calendar = press.config.calendar();
        let due = due_slots(ledger, std::slice::from_ref(&daily), &calendar, now).await?;
        for (schedule, slot, why) in due.skip {
            skip(ledger, &schedule, slot, why, now).await?;
        }
        for order in due.run {
            let published = publish(ledger, press, &order, now).await?;
            told.extend(published.new.then_some(published.edition));
        }
    }
    // Last, since the others tell of matters too.
    told.extend(tell_of_matters(ledger, press, now).await?);
    Ok(told)
}

/// The same without the daily summary: what the commands do that deliver beside no service.
///
/// # Errors
/// As [`tell_office`].
pub async fn tell_of_editions(
    ledger: &Ledger,
    press: &Press<'_>,
    now: DateTime<Utc>,
) -> Result<Vec<EditionRow>> {
    if press.config.office.notify.is_empty() || !ledger.has_untold(now - TOLD_WITHIN).await? {
        return Ok(Vec::new());
    }
    let at = free_second(ledger, OFFICE_EDITIONS, now).await?;
    let order = order(OFFICE_EDITIONS, at);
    let published = publish(ledger, press, &order, now).await?;
    Ok(published
        .new
        .then_some(published.edition)
        .into_iter()
        .collect())
}

async fn tell_of_matters(
    ledger: &Ledger,
    press: &Press<'_>,
    now: DateTime<Utc>,
) -> Result<Option<EditionRow>> {
    if press.config.office.notify.is_empty() {
        return Ok(None);
    }
    let before = ledger.slot_before(OFFICE_MATTERS, now).await?;
    if before.is_some_and(|at| now < at + GATHERED) {
        return Ok(None);
    }
    let language = press.config.organisation.language;
    let matters = matters(ledger, press.config, language, now).await?;
    let untold = ledger.untold_matters(matters, now).await?;
    // That somebody has no address is told with the editions that do not reach them.
    if untold.iter().all(|matter| matter.what == UNREACHABLE) {
        return Ok(None);
    }
    let at = free_second(ledger, OFFICE_MATTERS, now).await?;
    let published = publish(ledger, press, &order(OFFICE_MATTERS, at), now).await?;
    Ok(published.new.then_some(published.edition))
}

/// What the office would be told at a moment, as an order.
fn order(schedule: &str, at: DateTime<Utc>) -> Order {
    Order {
        schedule: schedule.to_owned(),
        kinds: vec![RecipientKind::Office],
        content: Content::Owed,
        slot: Slot {
            nominal_at: at,
            due_at: at,
        },
        late: false,
        documents: None,
        recipients: None,
        confirm: false,
        trial: false,
    }
}

/// The daily summary as a schedule: its nominal time decides, so that a restart makes no second
/// one. None where nobody is to be told, or no time is set.
#[must_use]
pub fn daily_summary(config: &Config) -> Option<Schedule> {
    let at = config.office.daily_summary?;
    if config.office.notify.is_empty() {
        return None;
    }
    let cron = format!("{} {} {} * * *", at.second(), at.minute(), at.hour());
    let cron: Cron = cron.parse().ok()?;
    Some(Schedule {
        name: OFFICE_DAILY.to_owned(),
        cron,
        zone: config.organisation.time_zone,
        to: RecipientKind::Office,
        content: Content::Owed,
        catch_up: CATCH_UP,
        on_holiday: OnHoliday::Send,
    })
}

/// Writes the letters of a summary and answers how many rows there are; 0 where there is nothing to
/// tell after all.
pub(super) async fn deliveries(
    tx: &mut Tx,
    ledger: &Ledger,
    press: &Press<'_>,
    order: &Order,
    edition: EditionId,
    now: DateTime<Utc>,
) -> Result<u64> {
    let teller = Teller {
        press,
        language: press.config.organisation.language,
    };
    let mut matters = matters(ledger, press.config, teller.language, now).await?;
    let day = match order.schedule.as_str() {
        OFFICE_DAILY => of_day(tx, ledger, order.slot.nominal_at).await?,
        OFFICE_MATTERS => {
            matters = ledger.untold_matters(matters, now).await?;
            if matters.is_empty() {
                return Ok(0);
            }
            (None, Vec::new(), 0)
        }
        _ => {
            // Whatever does not fit is told by the next one.
            let mut told = summary::untold(tx, now - TOLD_WITHIN).await?;
            told.truncate(EDITIONS_MAX as usize);
            if told.is_empty() {
                return Ok(0);
            }
            summary::tell(tx, edition, &told).await?;
            (None, told.into_iter().map(|(id, _)| id).collect(), 0)
        }
    };
    let summary = teller.summary(tx, day, matters, now).await?;
    let sheet = teller.sheet(order, &summary)?;
    let bundle = Bundle {
        kind: RecipientKind::Office,
        language: teller.language,
        entries: Vec::new(),
    };
    let bundle = editions::add_bundle(tx, edition, &bundle, &sheet).await?;
    let mut rows = Vec::new();
    for address in &press.config.office.notify {
        if rows
            .iter()
            .any(|r: &NewDelivery| r.address == address.as_str())
        {
            continue;
        }
        let held = summary::is_held(tx, address.as_str()).await?;
        rows.push(teller.delivery(ledger, order, bundle, address, held));
    }
    Ok(editions::add_deliveries(tx, edition, rows).await?)
}

/// Who tells.
struct Teller<'a> {
    press: &'a Press<'a>,
    language: Language,
}

/// The day that a summary is of, its editions, and how many more there were.
type Day = (Option<(DateTime<Utc>, DateTime<Utc>)>, Vec<EditionId>, u64);

impl Teller<'_> {
    async fn summary(
        &self,
        tx: &mut Tx,
        (day, ids, editions_more): Day,
        matters: Vec<Attention>,
        now: DateTime<Utc>,
    ) -> Result<Summary> {
        let mut editions = Vec::new();
        let mut named = 0;
        for id in ids {
            let most = NAMED_MAX.saturating_sub(named).clamp(1, MISSED_MAX);
            let account = summary::account(tx, id, most as u32).await?;
            named += account.missed.len();
            editions.push(self.ended(account));
        }
        let (secret, mut others): (Vec<_>, Vec<_>) =
            matters.into_iter().partition(|m| m.what == SECRET);
        notices::tell(tx, &secret, now).await?;
        let secret = secret.iter().map(|m| m.since).min().map(|since| Concern {
            detail: secret_files(self.language).to_owned(),
            since: self.press.local(since),
        });
        let fit = CONCERNS_MAX - usize::from(secret.is_some());
        let concerns_more = others.len().saturating_sub(fit) as u64;
        // Whatever does not fit is told by the next one.
        others.truncate(fit);
        notices::tell(tx, &others, now).await?;
        let others = others.iter().map(|m| Concern {
            detail: without_addresses(&in_language(&m.detail, self.language)),
            since: self.press.local(m.since),
        });
        let concerns = secret.into_iter().chain(others).collect();
        let (events, head) = summary::chain(tx).await?;
        Ok(Summary {
            day: day.map(|(from, to)| (self.press.local(from), self.press.local(to))),
            editions,
            editions_more,
            concerns,
            concerns_more,
            events,
            head,
        })
    }

    fn ended(&self, account: summary::Account) -> Ended {
        let count = |state| account.letters.get(&state).copied().unwrap_or(0);
        let edition = &account.edition;
        let missed_more = account.missed_count - account.missed.len() as u64;
        let why = edition.why.as_deref().unwrap_or("");
        Ended {
            id: edition.id,
            schedule: called(&edition.schedule, self.language).to_owned(),
            due: self.press.local(edition.due_at),
            state: edition.state,
            late: edition.late,
            why: why.parse::<Why>().map_or_else(
                |_| match edition.state {
                    EditionState::Paused if why != "confirm" => without_addresses(why),
                    _ => String::new(),
                },
                |why| why.sentence(self.language).to_owned(),
            ),
            documents: account.documents,
            letters: Letters {
                sent: count(State::Sent),
                waiting: count(State::Pending) + count(State::Sending) + count(State::Deferred),
                failed: count(State::Failed) - account.unreached + count(State::Bounced),
                unknown: count(State::Unknown),
                stopped: count(State::Cancelled),
                unreached: account.unreached,
            },
            missed: account.missed.into_iter().map(missed).collect(),
            missed_more,
        }
    }

    fn sheet(&self, order: &Order, summary: &Summary) -> Result<Vec<u8>> {
        let press = self.press;
        let (words, sender) = (press.words(self.language), press.sender());
        let key = format!(
            "{}|{}",
            order.schedule,
            order.slot.nominal_at.timestamp_millis()
        );
        let frame = Frame {
            occasion: Occasion::Regular,
            kind: RecipientKind::Office,
            language: self.language,
            schedule: "",
            span: None,
            words: &words,
            sender: &sender,
            date: press.local(order.slot.due_at),
            confirm_by: None,
            list_id: &press.list_id(&order.schedule),
            edition: &key,
            message_size_max: press.config.mail.message_size_max,
            attachments_max: 0,
        };
        Ok(compose_summary(&frame, summary)?.to_bytes())
    }

    fn delivery(
        &self,
        ledger: &Ledger,
        order: &Order,
        bundle: i64,
        address: &Address,
        held: bool,
    ) -> NewDelivery {
        let kind = RecipientKind::Office;
        let token = delivery::token(
            ledger.instance_key(),
            &[
                &order.schedule,
                &order.slot.nominal_at.timestamp_millis().to_string(),
                kind.word(),
                "0",
                address.as_str(),
                "1",
            ],
        );
        let name = match self.language {
            Language::Vi => "Văn phòng",
            Language::En => "Office",
        };
        let personal = Personal {
            to_name: String::new(),
            to_address: address.as_str().to_owned(),
            message_id: message_id(&token, &self.press.config.mail.from),
            salutation: name.to_owned(),
            table: None,
        };
        NewDelivery {
            bundle,
            kind,
            recipient: 0,
            member: None,
            branch: None,
            code: None,
            name: name.to_owned(),
            person: None,
            address: address.as_str().to_owned(),
            generation: 1,
            token,
            personal: serde_json::to_string(&personal)
                .unwrap_or_else(|_| unreachable!("plain strings")),
            unreachable: held.then_some("held"),
        }
    }
}

/// From the daily summary before, at most a month back, to this one's time.
async fn of_day(tx: &mut Tx, ledger: &Ledger, until: DateTime<Utc>) -> Result<Day> {
    let before = ledger.slot_before(OFFICE_DAILY, until).await?;
    let day = until - TimeDelta::days(1);
    let from = before.map_or(day, |at| at.max(until - TimeDelta::days(31)));
    let (ids, count) = summary::of_day(tx, (from, until), EDITIONS_MAX).await?;
    let more = count - ids.len() as u64;
    Ok((Some((from, until)), ids, more))
}

/// What phobien's own schedules are called; others have the office's names.
fn called(schedule: &str, language: Language) -> &str {
    match (schedule, language) {
        (URGENT, Language::Vi) => "Văn bản khẩn",
        (URGENT, Language::En) => "Urgent documents",
        (REMINDER, Language::Vi) => "Nhắc xác nhận",
        (REMINDER, Language::En) => "Reminders",
        _ => schedule,
    }
}
