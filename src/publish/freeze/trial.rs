//! Owns the trial letter: what an edition of a schedule looks like, to one address, marked as a
//! trial. It refuses to put anything on record and to name anybody of the roster.

use std::cmp::Reverse;

use chrono::{DateTime, Utc};

use super::{Documents, Order, Press, Result, Run};
use crate::delivery;
use crate::document::{Fact, Facts, Format, Origin, Sha256, Standing, Symbol};
use crate::edition::{Bundle, Candidate, EditionId, Entry, Note, Question};
use crate::ledger::{Ledger, LedgerError};
use crate::letter::{
    File, Item, MemberTold, Personal, Reach, Sheet, Told, branch_table, message_id,
};
use crate::organisation::{Address, Language, RecipientKind};
use crate::schedule::{Schedule, Slot};

/// Documents of a trial letter, the newest.
const DOCUMENTS_MAX: usize = 3;

/// A letter that is no delivery.
#[derive(Debug)]
pub struct Trial {
    /// The sheet.
    pub sheet: Sheet,
    /// What fills its holes.
    pub personal: Personal,
    /// The envelope, as an edition's would be frozen.
    pub envelope: String,
    /// The token of its Message-ID.
    pub token: String,
    /// The file of the sample that stands in where no document is on record.
    pub sample: Option<(Sha256, Vec<u8>)>,
}

/// The trial letter of a schedule to an address. `salt` makes its Message-ID unique.
///
/// # Errors
/// The ledger failed, or the letter cannot be composed.
pub async fn trial(
    ledger: &Ledger,
    press: &Press<'_>,
    schedule: &Schedule,
    to: &Address,
    salt: [u8; 16],
    now: DateTime<Utc>,
) -> Result<Trial> {
    let at = DateTime::from_timestamp(now.timestamp(), 0).unwrap_or(now);
    let slot = Slot {
        nominal_at: at,
        due_at: at,
    };
    let order = Order {
        trial: true,
        ..Order::of(schedule, slot, false)
    };
    let mut tx = ledger.begin().await?;
    let documents = Documents::load(&mut tx, order.documents.as_ref()).await?;
    tx.rollback().await.map_err(LedgerError::from)?;
    let language = press.config.organisation.language;
    let bundle = Bundle {
        kind: schedule.to,
        language,
        entries: newest(&documents),
    };
    let mut items = documents.items(press, &bundle);
    let mut sample = None;
    if items.is_empty() {
        let (item, bytes) = sample_of(press, language, at);
        sample = Some((item.file.sha256, bytes));
        items.push(item);
    }
    let run = Run {
        ledger,
        press,
        order: &order,
        edition: EditionId(0),
        documents,
        question: Question {
            content: order.content,
            since: None,
            new_member_days: 0,
        },
        bundles: std::collections::HashMap::new(),
        sent: 0,
        unreached: 0,
    };
    let sheet = run.compose(&bundle, &items).await?;
    let salt = data_encoding::HEXLOWER.encode(&salt);
    let token = delivery::token(ledger.instance_key(), &["trial", to.as_str(), &salt]);
    Ok(Trial {
        sheet,
        personal: personal(press, schedule.to, to, &token, language),
        envelope: press.envelope(now),
        token,
        sample,
    })
}

/// The newest documents in the order of a letter.
fn newest(documents: &Documents) -> Vec<Entry> {
    let accepted = |c: &&Candidate| c.standing == Standing::Accepted;
    let mut newest: Vec<_> = documents.candidates.iter().filter(accepted).collect();
    newest.sort_by_key(|c| Reverse(c.accepted_at));
    newest.truncate(DOCUMENTS_MAX);
    let shown = |c: &&Candidate| newest.iter().any(|new| new.document == c.document);
    let entry = |c: &Candidate| Entry {
        document: c.document,
        note: Note::New,
    };
    let candidates = documents.candidates.iter();
    candidates.filter(shown).map(entry).collect()
}

fn personal(
    press: &Press<'_>,
    kind: RecipientKind,
    to: &Address,
    token: &str,
    language: Language,
) -> Personal {
    let member = |name: &str, post: &str, told| MemberTold {
        name: name.to_owned(),
        post: post.to_owned(),
        reach: Reach::Mail,
        documents: vec![("01-TB/VP".to_owned(), told)],
    };
    let members = [
        member("Nguyễn Văn A", "Bí thư", Told::Sent),
        member("Trần Thị B", "", Told::Waiting),
    ];
    let table = branch_table(&members, None, language);
    let (salutation, table) = match kind {
        RecipientKind::Branch => ("Chi bộ 1", Some(table)),
        RecipientKind::Member | RecipientKind::Office => ("Nguyễn Văn A", None),
    };
    Personal {
        to_name: String::new(),
        to_address: to.as_str().to_owned(),
        message_id: message_id(token, &press.config.mail.from),
        salutation: salutation.to_owned(),
        table,
    }
}

/// A document to show while none is on record.
fn sample_of(press: &Press<'_>, language: Language, at: DateTime<Utc>) -> (Item, Vec<u8>) {
    fn said<T>(value: T) -> Option<Fact<T>> {
        Some(Fact {
            value,
            origin: Origin::Person,
            evidence: String::new(),
            mended: false,
        })
    }
    let (kind, title, text) = match language {
        Language::Vi => (
            "Thông báo",
            "thư thử để kiểm tra việc gửi và nhận; không phải văn bản thật",
            "Đây là tệp thử kèm theo thư thử.\r\n",
        ),
        Language::En => (
            "Notice",
            "a trial letter, to see that mail is sent and received; no real document",
            "This is the file of a trial letter.\r\n",
        ),
    };
    let bytes = text.as_bytes().to_vec();
    let facts = Facts {
        symbol: Symbol::parse("01-TB/VP").and_then(said),
        kind: said(kind.to_owned()),
        issuer: said(press.config.organisation.name.clone()),
        issued_on: said(press.local(at).date_naive()),
        title: said(title.to_owned()),
        ..Facts::default()
    };
    let file = File {
        name: "thu-kiem-tra.txt".to_owned(),
        format: Format::Txt,
        pages: Some(1),
        size: bytes.len() as u64,
        sha256: Sha256::of(&bytes),
    };
    let item = Item {
        facts,
        file,
        note: Note::New,
        replaces_sent_on: None,
        sent_on: None,
        due: None,
        cover: None,
        annexes: Vec::new(),
    };
    (item, bytes)
}
