//! Owns the writing of an edition's deliveries: recipients a page at a time, what each is owed,
//! one sheet for all who are owed the same. It refuses to decide what is owed.

mod branch;
mod reminder;
mod trial;

pub use reminder::reminder_schedule;
pub use trial::{Trial, trial};

use std::collections::{HashMap, HashSet};

use chrono::{DateTime, NaiveDate, Utc};

use super::{Order, Press, Result, URGENT, occasion, purpose_of};
use crate::delivery;
use crate::document::{DocumentId, Part, Standing};
use crate::edition::{
    Bundle, Candidate, EditionId, Entry, Note, Purpose, Question, Recipient, Told, owed, unrecorded,
};
use crate::ledger::confirmations;
use crate::ledger::documents::{self, DocumentRow};
use crate::ledger::editions::{self, NewDelivery};
use crate::ledger::recipients::{self, Mailbox, RecipientRow};
use crate::ledger::{Ledger, Tx};
use crate::letter::{self, Annex, BranchTable, File, Frame, Item, Personal, Sheet, message_id};
use crate::organisation::{BranchCode, RecipientKind};
use crate::schedule::Content;

/// Recipients considered at a time: a million need not fit in memory.
const PAGE: u32 = 1000;

/// Writes the deliveries of an edition and answers how many rows it has; 0 where nothing is owed
/// that could be sent.
pub(super) async fn deliveries(
    tx: &mut Tx,
    ledger: &Ledger,
    press: &Press<'_>,
    order: &Order,
    (edition, now): (EditionId, DateTime<Utc>),
) -> Result<u64> {
    let documents = Documents::load(tx, order.documents.as_ref()).await?;
    let since = match order.content {
        Content::Period => {
            ledger
                .slot_before(&order.schedule, order.slot.nominal_at)
                .await?
        }
        Content::Owed => None,
    };
    let question = Question {
        content: order.content,
        since,
        new_member_days: press.config.delivery.new_member_days,
    };
    let mut run = Run {
        ledger,
        press,
        order,
        edition,
        documents,
        question,
        bundles: HashMap::new(),
        sent: 0,
        unreached: 0,
    };
    if purpose_of(&order.schedule) == Purpose::Reminder {
        run.remind(tx, now).await?;
    } else {
        for kind in &order.kinds {
            run.kind(tx, *kind).await?;
        }
    }
    let (sent, unreached) = (run.sent, run.unreached);
    if sent == 0 {
        // A member without a usable address alone makes no edition (design §3).
        editions::clear_edition(tx, edition).await?;
        return Ok(0);
    }
    Ok(sent + unreached)
}

/// The versions an edition may carry, in the order of the letter.
pub(super) struct Documents {
    pub(super) candidates: Vec<Candidate>,
    rows: HashMap<DocumentId, DocumentRow>,
    /// When the document, or the version it replaces, first went out.
    sent_on: HashMap<DocumentId, DateTime<Utc>>,
}

impl Documents {
    /// All of them, or only those that are named, with their annexes.
    pub(super) async fn load(tx: &mut Tx, only: Option<&HashSet<DocumentId>>) -> Result<Self> {
        let mut rows = editions::candidates(tx).await?;
        rows.sort_by(|a, b| letter::order(&a.document.facts, &b.document.facts));
        let chains: HashMap<_, _> = rows.iter().map(|row| (row.id, row.chain)).collect();
        // An annex belongs to whichever version of its document is live.
        let is_live = |row: &&DocumentRow| {
            let standing = row.document.standing;
            let live = matches!(standing, Standing::Accepted | Standing::Known);
            live && row.document.annex_of.is_none()
        };
        let live: HashMap<_, _> = rows
            .iter()
            .filter(is_live)
            .map(|row| (row.chain, row))
            .collect();
        let mut candidates = Vec::new();
        for row in &rows {
            let main = row.document.annex_of.and_then(|id| chains.get(&id));
            let main = main.and_then(|chain| live.get(chain));
            if row.document.annex_of.is_some() && main.is_none() {
                continue;
            }
            // An annex goes to whom its document goes.
            let leader = main.copied().unwrap_or(row);
            let wanted = only.is_none_or(|o| o.contains(&row.id) || o.contains(&leader.id));
            if wanted {
                candidates.push(Candidate {
                    document: row.id,
                    chain: row.chain,
                    standing: row.document.standing,
                    audience: leader.document.audience.clone(),
                    accepted_at: row.accepted_at.unwrap_or(row.first_seen_at),
                    annex_of: main.map(|m| m.chain),
                });
            }
        }
        let sent_on = editions::sent_on(tx).await?;
        let rows = rows.into_iter().map(|row| (row.id, row)).collect();
        Ok(Self {
            candidates,
            rows,
            sent_on,
        })
    }

    /// The annexes of a document that travel in this bundle.
    fn annexes(&self, bundle: &Bundle, main: &DocumentRow) -> Vec<Annex> {
        let travels = |e: &&Entry| e.note == Note::Annex;
        let rows = bundle.entries.iter().filter(travels);
        let rows = rows.filter_map(|e| self.rows.get(&e.document));
        let belongs = |row: &&DocumentRow| {
            let of = row.document.annex_of.and_then(|id| self.rows.get(&id));
            of.is_some_and(|of| of.chain == main.chain)
        };
        rows.filter(belongs)
            .map(|row| Annex {
                number: annex_number(row),
                file: file(row),
            })
            .collect()
    }

    fn items(&self, press: &Press<'_>, bundle: &Bundle) -> Vec<Item> {
        bundle
            .entries
            .iter()
            .filter(|e| e.note != Note::Annex)
            .filter_map(|e| Some(self.item(press, bundle, self.rows.get(&e.document)?, e.note)))
            .collect()
    }

    fn item(&self, press: &Press<'_>, bundle: &Bundle, row: &DocumentRow, note: Note) -> Item {
        let day = |id: Option<DocumentId>| -> Option<NaiveDate> {
            Some(press.local(*self.sent_on.get(&id?)?).date_naive())
        };
        Item {
            facts: row.document.facts.clone(),
            file: file(row),
            note,
            replaces_sent_on: match note {
                Note::Withdrawn => day(Some(row.id)),
                _ => day(row.document.supersedes),
            },
            sent_on: day(Some(row.id)),
            due: row.document.due_on,
            cover: None,
            annexes: self.annexes(bundle, row),
        }
    }
}

/// The number of an annex, where it bears one.
fn annex_number(row: &DocumentRow) -> Option<u16> {
    match row.document.facts.part {
        Part::Annex(number @ 1..) => Some(number),
        Part::Annex(0) | Part::Main => None,
    }
}

fn file(row: &DocumentRow) -> File {
    File {
        name: row.document.file.clone(),
        format: row.document.format,
        pages: row.document.pages,
        size: row.document.size,
        sha256: row.document.sha256,
    }
}

/// Where nothing can go.
static NOWHERE: Mailbox = Mailbox {
    address: String::new(),
    person: None,
    member: None,
    held: false,
};

/// A delivery that is owed, before it is made.
struct Row<'p> {
    recipient: &'p RecipientRow,
    mailbox: &'p Mailbox,
    bundle: i64,
    table: Option<BranchTable>,
    /// Why it cannot go.
    unreachable: Option<&'static str>,
}

/// One edition being written.
struct Run<'a> {
    ledger: &'a Ledger,
    press: &'a Press<'a>,
    order: &'a Order,
    edition: EditionId,
    documents: Documents,
    question: Question,
    bundles: HashMap<Bundle, i64>,
    sent: u64,
    unreached: u64,
}

impl Run<'_> {
    async fn kind(&mut self, tx: &mut Tx, kind: RecipientKind) -> Result<()> {
        let mut after = 0;
        loop {
            let page = recipients::recipients(tx, kind, after, PAGE).await?;
            let (Some(first), Some(last)) = (page.first(), page.last()) else {
                return Ok(());
            };
            let told = recipients::told(tx, kind, first.id, last.id).await?;
            after = last.id;
            let mut rows = Vec::new();
            for recipient in &page {
                let only = self.order.recipients.as_ref();
                if recipient.paused || only.is_some_and(|o| !o.contains(&(kind, recipient.id))) {
                    continue;
                }
                let had = told.get(&recipient.id).map_or(&[][..], Vec::as_slice);
                self.recipient(tx, recipient, had, &mut rows).await?;
            }
            self.write(tx, rows).await?;
        }
    }

    async fn recipient<'p>(
        &mut self,
        tx: &mut Tx,
        recipient: &'p RecipientRow,
        told: &[Told],
        rows: &mut Vec<Row<'p>>,
    ) -> Result<()> {
        let who = Recipient {
            kind: recipient.kind,
            branch: BranchCode(recipient.branch.clone()),
            officer: recipient.officer,
            first_seen: recipient.first_seen,
        };
        let entries = owed(&self.documents.candidates, &who, told, &self.question);
        let open: Vec<&Mailbox> = recipient.mailboxes.iter().filter(|m| !m.held).collect();
        if !open.is_empty() {
            if entries.is_empty() {
                return Ok(());
            }
            let bundle = self.bundle(tx, recipient, entries).await?;
            let table = self.table(tx, recipient).await?;
            for mailbox in open {
                rows.push(Row {
                    recipient,
                    mailbox,
                    bundle,
                    table: table.clone(),
                    unreachable: None,
                });
                self.sent += 1;
            }
            return Ok(());
        }
        let entries = unrecorded(entries, told);
        if !entries.is_empty() && self.order.content == Content::Owed {
            let bundle = self.bundle(tx, recipient, entries).await?;
            let held = recipient.mailboxes.first();
            let why = if held.is_some() {
                "held"
            } else {
                "no usable address"
            };
            // A branch that mail does not reach gets it on paper, whole.
            let table = self.table(tx, recipient).await?;
            rows.push(Row {
                recipient,
                mailbox: held.unwrap_or(&NOWHERE),
                bundle,
                table,
                unreachable: Some(why),
            });
            self.unreached += 1;
        }
        Ok(())
    }

    /// The bundle of these entries; its sheet is composed when the first recipient needs it.
    async fn bundle(
        &mut self,
        tx: &mut Tx,
        recipient: &RecipientRow,
        entries: Vec<Entry>,
    ) -> Result<i64> {
        let language = recipient
            .language
            .unwrap_or(self.press.config.organisation.language);
        let bundle = Bundle {
            kind: recipient.kind,
            language,
            entries,
        };
        if let Some(id) = self.bundles.get(&bundle) {
            return Ok(*id);
        }
        let mut items = self.documents.items(self.press, &bundle);
        if items.len() <= letter::GISTS {
            for item in &mut items {
                item.cover = documents::cover(tx, item.file.sha256).await?;
            }
        }
        let sheet = self.compose(&bundle, &items).await?.to_bytes();
        let id = editions::add_bundle(tx, self.edition, &bundle, &sheet).await?;
        if let Some(day) = self.confirm_by(&bundle) {
            confirmations::ask(tx, id, day).await?;
        }
        self.bundles.insert(bundle, id);
        Ok(id)
    }

    /// Until when the letter asks its reader to confirm; none where it does not ask. A branch
    /// answers at its meeting, and a list or a notice carries nothing to study.
    fn confirm_by(&self, bundle: &Bundle) -> Option<NaiveDate> {
        let (config, due_at) = (&self.press.config.confirmation, self.order.slot.due_at);
        let studied = |e: &Entry| matches!(e.note, Note::New | Note::Correction | Note::Reminder);
        let asks = config.ask
            && bundle.kind == RecipientKind::Member
            && bundle.entries.iter().any(studied);
        let within = chrono::TimeDelta::from_std(config.within).unwrap_or_default();
        asks.then(|| self.press.local(due_at + within).date_naive())
    }

    async fn compose(&self, bundle: &Bundle, items: &[Item]) -> Result<Sheet> {
        let (press, order) = (self.press, self.order);
        let before = self
            .ledger
            .slot_before(&order.schedule, order.slot.nominal_at)
            .await?;
        let span = press.days(
            before.filter(|_| order.schedule != URGENT),
            order.slot.due_at,
        );
        let span = span.map(|(from, to)| match order.content {
            Content::Period => (from, end_of_period(from, to)),
            Content::Owed => (from, to),
        });
        let words = press.words(bundle.language);
        let sender = press.sender();
        let list_id = press.list_id(&order.schedule);
        let key = format!(
            "{}|{}",
            order.schedule,
            order.slot.nominal_at.timestamp_millis()
        );
        let frame = Frame {
            occasion: occasion(order),
            kind: bundle.kind,
            language: bundle.language,
            schedule: "",
            span,
            words: &words,
            sender: &sender,
            date: press.local(order.slot.due_at),
            confirm_by: self.confirm_by(bundle),
            list_id: &list_id,
            edition: &key,
            message_size_max: press.config.mail.message_size_max,
            attachments_max: press.config.limits.attachments,
        };
        Ok(letter::compose(&frame, items)?)
    }

    /// Writes a page of rows.
    async fn write(&self, tx: &mut Tx, rows: Vec<Row<'_>>) -> Result<()> {
        let new = rows.into_iter().map(|row| self.delivery(row));
        editions::add_deliveries(tx, self.edition, new).await?;
        Ok(())
    }

    fn delivery(&self, row: Row<'_>) -> NewDelivery {
        let Row {
            recipient, mailbox, ..
        } = row;
        let token = delivery::token(
            self.ledger.instance_key(),
            &[
                &self.order.schedule,
                &self.order.slot.nominal_at.timestamp_millis().to_string(),
                recipient.kind.word(),
                &recipient.id.to_string(),
                &mailbox.address,
                "1",
            ],
        );
        let personal = Personal {
            to_name: mailbox
                .person
                .clone()
                .unwrap_or_else(|| recipient.name.clone()),
            to_address: mailbox.address.clone(),
            message_id: message_id(&token, &self.press.config.mail.from),
            salutation: recipient.name.clone(),
            table: row.table,
        };
        NewDelivery {
            bundle: row.bundle,
            kind: recipient.kind,
            recipient: recipient.id,
            member: mailbox.member,
            branch: Some(recipient.branch_id),
            code: recipient.code.clone(),
            name: recipient.name.clone(),
            person: mailbox.person.clone(),
            address: mailbox.address.clone(),
            generation: 1,
            token,
            personal: serde_json::to_string(&personal)
                .unwrap_or_else(|_| unreachable!("plain strings")),
            unreachable: row.unreachable,
        }
    }
}

/// A round-up from one first of a month to another is of the months between, not of the day on
/// which it goes.
fn end_of_period(from: NaiveDate, to: NaiveDate) -> NaiveDate {
    use chrono::Datelike;
    match to.pred_opt() {
        Some(end) if from.day() == 1 && to.day() == 1 && from < end => end,
        _ => to,
    }
}
