//! Owns the step that turns what is owed into a frozen edition: idempotent, asked by every wake-up
//! alike. It refuses to know the wire and the clock.

mod again;
mod discreet;
mod frame;
mod freeze;
mod matters;
mod office;
mod preview;
mod restored;
mod slots;
mod unreceived;

pub use again::again;
pub use discreet::{because, in_language};
pub use frame::Press;
pub use freeze::{Trial, reminder_schedule, trial};
pub use matters::{UNREACHABLE, matters};
pub use office::{
    OFFICE_DAILY, OFFICE_EDITIONS, OFFICE_MATTERS, daily_summary, tell_of_editions, tell_office,
};
pub use preview::{Preview, preview};
pub use restored::{count_as_told, skip_until};
pub use slots::{Due, due_slots, skip, upcoming};
pub use unreceived::{Inquiry, Page, Unreceived};

use std::collections::HashSet;

use chrono::{DateTime, Utc};

use crate::config::Config;
use crate::document::DocumentId;
use crate::edition::{EditionState, Purpose};
use crate::ledger::editions::{self, EditionRow, Freeze, NewEdition};
use crate::ledger::{Ledger, LedgerError, Tx, closing, events};
use crate::letter::Occasion;
use crate::organisation::RecipientKind;
use crate::schedule::{Content, Schedule, Slot};

/// The schedule that urgent documents go out by.
pub const URGENT: &str = "urgent";
/// The schedule that reminders go out by.
pub const REMINDER: &str = "reminder";

/// Why nothing could be published.
#[derive(Debug, thiserror::Error)]
pub enum PublishError {
    /// The ledger failed.
    #[error(transparent)]
    Ledger(#[from] LedgerError),
    /// A letter could not be composed.
    #[error("letter: {0}")]
    Letter(#[from] crate::letter::Unfit),
    /// The first ingest found many documents and nobody has chosen yet (design §4).
    #[error(
        "the first ingest found {0} documents; choose first: `phobien ingest --already-known` if \
         members know them, `phobien ingest --release` to send them"
    )]
    FirstIngest(u64),
    /// Whose letter it was is on record no more.
    #[error(
        "m-{0} names nobody any more, so it cannot be shown: its recipient was erased, or \
         [retention] is over / thư này đã được thay mã, không xem lại được"
    )]
    Pseudonymised(i64),
    /// What a letter said was taken out of the record.
    #[error(
        "m-{0} cannot be shown any more: a document in it was purged, or a person named in it was \
         erased / thư này không xem lại được: văn bản trong thư đã được xoá (purge), hoặc người có \
         tên trong thư đã được xoá dữ liệu"
    )]
    Emptied(i64),
    /// The ledger is a copy, and nobody said yet up to when members had been told.
    #[error(
        "this ledger is a copy of {0}; say up to when members had been told since: `phobien \
         restore --told-until TIME`"
    )]
    Copy(DateTime<Utc>),
    /// No roster was ever read: nobody to tell.
    #[error("no roster has been read yet, so there is nobody to tell")]
    NoRoster,
}

/// What the editions of a schedule are for: phobien's own schedules have names that no configured
/// one may have.
#[must_use]
pub fn purpose_of(schedule: &str) -> Purpose {
    match schedule {
        OFFICE_DAILY | OFFICE_EDITIONS | OFFICE_MATTERS => Purpose::Summary,
        REMINDER => Purpose::Reminder,
        _ => Purpose::Documents,
    }
}

/// The schedules that phobien makes of the configuration itself: the daily summary to the office,
/// reminders of confirmations.
#[must_use]
pub fn own_schedules(config: &Config) -> Vec<Schedule> {
    let own = [daily_summary(config), reminder_schedule(config)];
    own.into_iter().flatten().collect()
}

/// The result of publishing.
pub type Result<T> = std::result::Result<T, PublishError>;

/// What is to be published.
#[derive(Clone, Debug)]
pub struct Order {
    /// The schedule's name, or [`URGENT`].
    pub schedule: String,
    /// Which kinds of recipient.
    pub kinds: Vec<RecipientKind>,
    /// What is owed, or a round-up.
    pub content: Content,
    /// The slot.
    pub slot: Slot,
    /// It goes later than it should.
    pub late: bool,
    /// Only these documents.
    pub documents: Option<HashSet<DocumentId>>,
    /// Only these recipients.
    pub recipients: Option<HashSet<(RecipientKind, i64)>>,
    /// It waits for a person before it goes.
    pub confirm: bool,
    /// Its letter is a trial and says so.
    pub trial: bool,
}

impl Order {
    /// The order for a slot of a schedule.
    #[must_use]
    pub fn of(schedule: &Schedule, slot: Slot, late: bool) -> Self {
        Self {
            schedule: schedule.name.clone(),
            kinds: vec![schedule.to],
            content: schedule.content,
            slot,
            late,
            documents: None,
            recipients: None,
            confirm: false,
            trial: false,
        }
    }
}

/// An edition, new or known.
#[derive(Clone, Debug)]
pub struct Published {
    /// The edition.
    pub edition: EditionRow,
    /// False where the slot had one already.
    pub new: bool,
    /// What it carries: id and symbol, or file name where it has none.
    pub documents: Vec<(DocumentId, String)>,
}

/// Freezes the edition of an order in one transaction, unless its slot has one.
///
/// # Errors
/// The ledger failed, a letter could not be composed, or nothing may be published yet.
pub async fn publish(
    ledger: &Ledger,
    press: &Press<'_>,
    order: &Order,
    now: DateTime<Utc>,
) -> Result<Published> {
    let (tx, published) = begun(ledger, press, order, now).await?;
    tx.commit().await.map_err(LedgerError::from)?;
    Ok(published)
}

/// What publishing would do; nothing is kept.
///
/// # Errors
/// As [`publish`].
pub async fn rehearse(
    ledger: &Ledger,
    press: &Press<'_>,
    order: &Order,
    now: DateTime<Utc>,
) -> Result<Published> {
    let (tx, published) = begun(ledger, press, order, now).await?;
    tx.rollback().await.map_err(LedgerError::from)?;
    Ok(published)
}

/// An edition written in a transaction that its caller ends.
async fn begun(
    ledger: &Ledger,
    press: &Press<'_>,
    order: &Order,
    now: DateTime<Utc>,
) -> Result<(Tx, Published)> {
    if purpose_of(&order.schedule) != Purpose::Summary {
        may_publish(ledger, press.config).await?;
    }
    let mut tx = ledger.begin().await?;
    let published = in_transaction(&mut tx, ledger, press, order, now).await?;
    Ok((tx, published))
}

async fn in_transaction(
    tx: &mut Tx,
    ledger: &Ledger,
    press: &Press<'_>,
    order: &Order,
    now: DateTime<Utc>,
) -> Result<Published> {
    let new = NewEdition {
        schedule: order.schedule.clone(),
        purpose: purpose_of(&order.schedule),
        nominal_at: order.slot.nominal_at,
        due_at: order.slot.due_at,
        state: EditionState::Open,
        late: order.late,
        urgent: order.schedule == URGENT,
        why: order.late.then(|| "late".to_owned()),
        envelope: press.envelope(order.slot.due_at),
    };
    let id = match editions::freeze(tx, &new, now).await? {
        Freeze::Known(edition) => {
            let documents = editions::documents_of(tx, edition.id).await?;
            return Ok(Published {
                edition,
                new: false,
                documents,
            });
        }
        Freeze::New(id) => id,
    };
    let total = match new.purpose {
        Purpose::Documents | Purpose::Reminder => {
            freeze::deliveries(tx, ledger, press, order, (id, now)).await?
        }
        Purpose::Summary => office::deliveries(tx, ledger, press, order, id, now).await?,
    };
    let state = match (total, order.confirm) {
        (0, _) => EditionState::Empty,
        (_, true) => EditionState::Paused,
        (_, false) => EditionState::Open,
    };
    editions::begin_edition(tx, id, total, state).await?;
    if order.confirm && total > 0 {
        let detail = format!(
            "đợt gửi văn bản khẩn {id} chờ người xác nhận gửi hoặc bỏ / urgent edition {id} waits \
             for a person: `phobien resume {id}` sends it, `phobien cancel {id}` does not"
        );
        events::attend(tx, "confirm", &id.to_string(), &detail, now).await?;
    }
    if order.schedule == URGENT {
        editions::mark_urgent_done(tx, order.documents.iter().flatten()).await?;
    }
    let documents = editions::documents_of(tx, id).await?;
    let why = match state {
        EditionState::Empty => Some("nothing owed".to_owned()),
        EditionState::Paused => Some("confirm".to_owned()),
        _ => new.why,
    };
    editions::move_edition(tx, id, state, why.as_deref(), now).await?;
    let edition = editions::edition_by_id(tx, id).await?;
    Ok(Published {
        edition,
        new: true,
        documents,
    })
}

/// A copy tells nobody; the guard of the first ingest, and the need of a roster.
async fn may_publish(ledger: &Ledger, config: &Config) -> Result<()> {
    if let Some(at) = ledger.copied_at().await? {
        return Err(PublishError::Copy(at));
    }
    if !ledger.has_members().await? {
        return Err(PublishError::NoRoster);
    }
    match first_ingest_waits(ledger, config).await? {
        Some(count) => Err(PublishError::FirstIngest(count)),
        None => Ok(()),
    }
}

/// How many documents wait for the choice that the first ingest asks for, where it does: nothing
/// was ever published, nobody chose, and there are more than `[documents] first_ingest_max`.
///
/// # Errors
/// The ledger failed.
pub async fn first_ingest_waits(ledger: &Ledger, config: &Config) -> Result<Option<u64>> {
    if ledger.meta("first_ingest").await?.is_some() || ledger.ever_published().await? {
        return Ok(None);
    }
    let accepted = ledger.accepted().await?;
    let waits = accepted > config.documents.first_ingest_max as u64;
    Ok(waits.then_some(accepted))
}

/// The order for urgent documents that were accepted and never had their edition, for every kind
/// of recipient that some schedule addresses; none where there are none. Keyed by version, so that
/// cancelling the edition never makes another.
///
/// # Errors
/// The ledger failed.
pub async fn urgent_order(
    ledger: &Ledger,
    config: &Config,
    at: DateTime<Utc>,
) -> Result<Option<Order>> {
    let documents: HashSet<DocumentId> = ledger.urgent_waiting().await?.into_iter().collect();
    if documents.is_empty() {
        return Ok(None);
    }
    let mut kinds: Vec<_> = config.schedules.iter().map(|s| s.to).collect();
    kinds.sort_unstable();
    kinds.dedup();
    let at = free_second(ledger, URGENT, at).await?;
    Ok(Some(Order {
        schedule: URGENT.to_owned(),
        kinds,
        content: Content::Owed,
        slot: Slot {
            nominal_at: at,
            due_at: at,
        },
        late: false,
        documents: Some(documents),
        recipients: None,
        confirm: config.urgent_confirm,
        trial: false,
    }))
}

/// Orders that make up for letters cancelled because what they carried was withdrawn or replaced:
/// what their recipients are still owed goes out at once, once per recipient and version.
///
/// # Errors
/// The ledger failed.
pub async fn make_up_orders(
    ledger: &Ledger,
    config: &Config,
    now: DateTime<Utc>,
) -> Result<Vec<Order>> {
    let mut tx = ledger.begin().await?;
    let cancelled = closing::take_unreplaced(&mut tx).await?;
    tx.commit().await.map_err(LedgerError::from)?;
    let mut orders: Vec<Order> = Vec::new();
    for (schedule, kind, recipient) in cancelled {
        let Ok(kind) = kind.parse::<RecipientKind>() else {
            continue;
        };
        if let Some(order) = orders.iter_mut().find(|o| o.schedule == schedule) {
            order
                .recipients
                .get_or_insert_default()
                .insert((kind, recipient));
            if !order.kinds.contains(&kind) {
                order.kinds.push(kind);
            }
            continue;
        }
        let at = free_second(ledger, &schedule, now).await?;
        let content = config
            .schedules
            .iter()
            .find(|s| s.name == schedule)
            .map(|s| s.content);
        orders.push(Order {
            schedule,
            kinds: vec![kind],
            content: content.unwrap_or(Content::Owed),
            slot: Slot {
                nominal_at: at,
                due_at: at,
            },
            late: false,
            documents: None,
            recipients: Some(HashSet::from([(kind, recipient)])),
            confirm: false,
            trial: false,
        });
    }
    Ok(orders)
}

/// The second of `at`, or the next one for which the schedule has no edition.
///
/// # Errors
/// The ledger failed.
pub async fn free_second(
    ledger: &Ledger,
    schedule: &str,
    at: DateTime<Utc>,
) -> Result<DateTime<Utc>> {
    let mut second = DateTime::from_timestamp(at.timestamp(), 0).unwrap_or(at);
    while ledger.edition_at(schedule, second).await?.is_some() {
        second += chrono::TimeDelta::seconds(1);
    }
    Ok(second)
}

/// True where an edition of this occasion names documents without carrying them.
fn occasion(order: &Order) -> Occasion {
    if order.trial {
        return Occasion::Test;
    }
    if purpose_of(&order.schedule) == Purpose::Reminder {
        return Occasion::Reminder;
    }
    match (order.schedule == URGENT, order.content) {
        (true, _) => Occasion::Urgent,
        (false, Content::Period) => Occasion::RoundUp,
        (false, Content::Owed) => Occasion::Regular,
    }
}
