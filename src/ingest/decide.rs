//! Owns what a person decides about a document: complete its facts, approve, hold, withdraw. It
//! refuses to release anything that was not approved by name.

use std::time::Instant;

use chrono::{DateTime, Datelike, NaiveDate, Utc};

use super::{Ingest, IngestError, path_of, record};
use crate::document::{
    Disposition, DocumentId, Fact, Identity, Origin, Part, Reason, Sha256, Standing, Symbol,
    TextSource, Urgency,
};
use crate::inbox::Inbox;
use crate::ledger::backup::Kept;
use crate::ledger::documents::{DocumentRow, NewDocument, Version};
use crate::ledger::purge as ledger_purge;
use crate::ledger::{Ledger, LedgerError, decisions, events};
use crate::organisation::Audience;
use crate::recognise;
use crate::spelling;

/// Why a decision could not be carried out.
#[derive(Debug, thiserror::Error)]
pub enum DecideError {
    /// The ledger or the folder failed.
    #[error(transparent)]
    Ingest(#[from] IngestError),
    /// The ledger failed.
    #[error(transparent)]
    Ledger(#[from] LedgerError),
    /// Values that cannot be understood, all of them.
    #[error("{}", .0.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n"))]
    Values(Vec<Unread>),
    /// The decision does not fit the document as it is.
    #[error("{0}")]
    Unfit(String),
}

/// A value that cannot be understood.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unread {
    /// Its key, as `documents set` calls it.
    pub key: &'static str,
    /// What was given.
    pub value: String,
    /// What to write instead, in Vietnamese and in English.
    pub write: Write,
}

/// What to write, in Vietnamese and in English.
pub(crate) type Write = (String, String);

fn write(vi: &str, en: &str) -> Write {
    (vi.to_owned(), en.to_owned())
}

impl std::fmt::Display for Unread {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self { key, value, write } = self;
        let (vi, en) = write;
        write!(
            f,
            "{key}: `{value}` cannot be understood; write {en} / không hiểu được, đề nghị ghi {vi}"
        )
    }
}

/// Facts that a person gives. What is none stays as it was.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Completion {
    symbol: Option<Symbol>,
    kind: Option<String>,
    issuer: Option<String>,
    issued_on: Option<NaiveDate>,
    title: Option<String>,
    urgency: Option<Urgency>,
    audience: Option<Audience>,
    due: Option<NaiveDate>,
    annex_of: Option<DocumentId>,
}

impl Completion {
    /// Reads facts by the names of `documents set`.
    ///
    /// # Errors
    /// Every value that cannot be understood, or the ledger failed.
    pub async fn parse(
        pairs: impl IntoIterator<Item = (&'static str, Option<String>)>,
        ledger: &Ledger,
    ) -> Result<Self, DecideError> {
        let mut words = Self::default();
        let mut faults = Vec::new();
        for (key, value) in pairs {
            let Some(value) = value.map(|v| spelling::line(&v)) else {
                continue;
            };
            if let Err(write) = words.put(key, &value, ledger).await? {
                faults.push(Unread { key, value, write });
            }
        }
        if faults.is_empty() {
            Ok(words)
        } else {
            Err(DecideError::Values(faults))
        }
    }

    /// Asks whether a document may be an annex of what these words say; a new one has no id yet.
    pub(super) async fn fits(
        &self,
        ledger: &Ledger,
        id: Option<DocumentId>,
    ) -> Result<(), DecideError> {
        match self.annex_of {
            Some(main) => may_belong(ledger, id, main).await,
            None => Ok(()),
        }
    }

    /// Takes one value; answers what to write instead where it cannot be understood.
    async fn put(
        &mut self,
        key: &str,
        value: &str,
        ledger: &Ledger,
    ) -> Result<Result<(), Write>, LedgerError> {
        let date = || {
            let day = value.parse::<NaiveDate>().ok();
            let day = day.filter(|day| YEARS.contains(&day.year()));
            day.ok_or_else(|| write("ngày như 2026-11-23", "a date as 2026-11-23"))
        };
        let taken = match key {
            "symbol" => Symbol::parse(value)
                .map(|symbol| self.symbol = Some(symbol))
                .ok_or_else(|| write("như 23-CT/TW", "one as 23-CT/TW")),
            "issued-on" => date().map(|day| self.issued_on = Some(day)),
            "due" => date().map(|day| self.due = Some(day)),
            "urgency" => value
                .parse()
                .map(|urgency| self.urgency = Some(urgency))
                .map_err(|words: String| write(&words, &words)),
            "audience" => audience(ledger, value)
                .await?
                .map(|audience| self.audience = Some(audience))
                .ok_or_else(|| write(AUDIENCES.0, AUDIENCES.1)),
            "annex-of" => match &ledger.find_documents(value).await?[..] {
                [main] => {
                    self.annex_of = Some(main.id);
                    Ok(())
                }
                _ => Err(write("một văn bản đã ghi nhận", "one document on record")),
            },
            "type" | "issuer" | "title" if recognise::is_marked(value) => Err(write(
                "không kèm dấu độ mật; văn bản mật không được có ở đây",
                "it without the secrecy mark; a secret document must not be here",
            )),
            "type" | "issuer" | "title" => {
                let place = match key {
                    "type" => &mut self.kind,
                    "issuer" => &mut self.issuer,
                    _ => &mut self.title,
                };
                *place = Some(value.to_owned());
                Ok(())
            }
            _ => Err(write(
                "một trong các thông tin đã biết",
                "one of the known facts",
            )),
        };
        Ok(taken)
    }
}

/// Years in which documents are issued and due: since there is a Party.
const YEARS: std::ops::RangeInclusive<i32> = 1930..=2200;

/// What an audience may be.
const AUDIENCES: (&str, &str) = (
    "everyone (mọi người), officers (chi uỷ, bí thư), hoặc mã, tên chi bộ",
    "everyone, officers (chi uỷ, bí thư), or a branch's code or name",
);

/// None where no such branch stands in the roster.
async fn audience(ledger: &Ledger, value: &str) -> Result<Option<Audience>, LedgerError> {
    Ok(match Audience::parse(value) {
        Audience::Branch(_) => {
            let code = ledger.branch_code(value).await?;
            code.map(|code| Audience::parse(&code))
        }
        known => Some(known),
    })
}

/// Writes a completion into a document.
pub(super) fn complete_with(document: &mut NewDocument, words: &Completion, origin: Origin) {
    fn put<T: Clone>(place: &mut Option<Fact<T>>, value: &Option<T>, origin: Origin) {
        if let Some(value) = value.clone() {
            *place = Some(Fact {
                value,
                origin,
                evidence: String::new(),
                mended: false,
            });
        }
    }
    let facts = &mut document.facts;
    put(&mut facts.symbol, &words.symbol, origin);
    put(&mut facts.kind, &words.kind, origin);
    put(&mut facts.issuer, &words.issuer, origin);
    put(&mut facts.issued_on, &words.issued_on, origin);
    put(&mut facts.title, &words.title, origin);
    put(&mut facts.urgency, &words.urgency, origin);
    if let Some(audience) = &words.audience {
        document.audience = audience.clone();
    }
    document.due_on = words.due.or(document.due_on);
    document.annex_of = words.annex_of.or(document.annex_of);
    if document.annex_of.is_some() && document.facts.part == Part::Main {
        document.facts.part = Part::Annex(0);
    }
    document.identity = Identity::of(&document.facts, document.facts.part).map(|i| i.to_string());
}

/// What a person decides.
#[derive(Clone, Debug)]
pub enum Decision {
    /// Completes facts; never releases.
    Set(Completion),
    /// Releases what waits.
    Approve,
    /// Keeps it from going out, until approved again.
    Hold,
    /// Takes it back: letters still waiting are cancelled, who has it gets a notice.
    Withdraw,
}

/// Carries out a decision that needs nothing but the record.
///
/// # Errors
/// The decision does not fit the document, or the ledger failed.
pub async fn apply(
    ledger: &Ledger,
    row: &DocumentRow,
    decision: &Decision,
    by: Option<&str>,
    now: DateTime<Utc>,
) -> Result<(), DecideError> {
    let mut new = row.document.clone();
    if let Decision::Set(words) = decision {
        words.fits(ledger, Some(row.id)).await?;
    }
    let word = change(&mut new, row.id, decision)?;
    if matches!(decision, Decision::Approve) {
        // What was approved replaces the live version of the same document.
        let known = ledger
            .versions(new.sha256, None, new.identity.as_deref())
            .await?;
        let live = |v: &&Version| {
            v.id != row.id && v.identity == new.identity && v.standing == Standing::Accepted
        };
        new.supersedes = known.iter().find(live).map(|v| v.id).or(new.supersedes);
    }
    let mut tx = ledger.begin().await?;
    decisions::update(&mut tx, row.id, &new, now).await?;
    let detail = serde_json::json!({
        "decision": word, "by": by.unwrap_or(""), "sha256": new.sha256.to_string(),
    });
    events::append(&mut tx, "decision", &row.id.to_string(), &detail, now).await?;
    if new.standing == Standing::Waiting {
        record::attend(&mut tx, row.id, &new, now).await?;
    } else {
        events::clear(&mut tx, "review", Some(&row.id.to_string())).await?;
    }
    tx.commit().await.map_err(LedgerError::from)?;
    Ok(())
}

/// An annex of itself, of another annex, or with annexes of its own would go to nobody.
async fn may_belong(
    ledger: &Ledger,
    annex: Option<DocumentId>,
    main: DocumentId,
) -> Result<(), DecideError> {
    let all = ledger.documents().await?;
    let is_annex = all
        .iter()
        .any(|d| d.id == main && d.document.annex_of.is_some());
    let has_annexes = annex.is_some() && all.iter().any(|d| d.document.annex_of == annex);
    let is_main = annex == Some(main);
    let annex = annex.map_or_else(String::new, |id| id.to_string());
    let why = match (is_main, is_annex, has_annexes) {
        (true, ..) => {
            format!("cannot be an annex of itself / {annex} không thể là phụ lục của chính nó")
        }
        (_, true, _) => {
            format!("cannot belong to {main}: that is an annex itself / {main} cũng là phụ lục")
        }
        (.., true) => {
            format!("cannot be an annex: it has annexes of its own / {annex} đang có phụ lục")
        }
        _ => return Ok(()),
    };
    let words = format!("{annex} {why}");
    Err(DecideError::Unfit(words.trim().to_owned()))
}

/// Carries a decision into the document; answers the word for the record.
fn change(
    new: &mut NewDocument,
    id: DocumentId,
    decision: &Decision,
) -> Result<&'static str, DecideError> {
    let is = match new.duplicate_of {
        Some(of) => format!("{} of {of}", new.standing),
        None => new.standing.to_string(),
    };
    let unfit = |en: &str, vi: &str| {
        let words = format!("{id} {en}: it is {is} / {vi}: `phobien documents show {id}`");
        Err(DecideError::Unfit(words))
    };
    match decision {
        Decision::Set(words) => {
            if !new.standing.is_open() {
                return unfit("cannot be completed", "không thể bổ sung");
            }
            complete_with(new, words, Origin::Person);
            if new.standing == Standing::Waiting {
                new.reason = Some(open_question(new).unwrap_or(Reason::AwaitingApproval));
            }
            Ok("set")
        }
        Decision::Approve => {
            if new.standing != Standing::Waiting {
                return unfit("does not wait", "văn bản không chờ phê duyệt");
            }
            if let Some(missing) = open_question(new) {
                return Err(DecideError::Unfit(format!(
                    "{id} lacks facts ({missing}): complete it / còn thiếu thông tin, đề nghị bổ \
                     sung: `phobien documents set {id} …`"
                )));
            }
            release(new);
            Ok("approve")
        }
        Decision::Hold => {
            if new.standing != Standing::Accepted {
                return unfit("cannot be held", "không thể tạm giữ");
            }
            keep_back(new, Reason::AwaitingApproval);
            Ok("hold")
        }
        Decision::Withdraw => {
            if !matches!(new.standing, Standing::Accepted | Standing::Known) {
                return unfit("cannot be withdrawn", "không thể thu hồi");
            }
            new.standing = Standing::Withdrawn;
            Ok("withdraw")
        }
    }
}

pub(super) fn release(new: &mut NewDocument) {
    new.standing = Standing::Accepted;
    new.disposition = Disposition::Accept;
    new.reason = None;
    if new.text_source == TextSource::None {
        new.text_source = TextSource::Name;
    }
}

/// What a purge did.
#[derive(Clone, Debug)]
pub struct Purged {
    /// What was removed.
    pub purged: ledger_purge::Purged,
    /// The write-ahead log was emptied too.
    pub folded: bool,
    /// Copies of the ledger that were made while it was in there.
    pub backups: Vec<Kept>,
}

/// Removes a wrongly accepted document from the ledger for good. That it was there, and who was
/// sent it, stays on record without its title.
///
/// # Errors
/// The ledger failed.
pub async fn purge(
    ledger: &Ledger,
    row: &DocumentRow,
    by: Option<&str>,
    now: DateTime<Utc>,
) -> Result<Purged, LedgerError> {
    let mut tx = ledger.begin().await?;
    let purged = ledger_purge::purge(&mut tx, row.id, row.document.sha256).await?;
    let detail = serde_json::json!({ "decision": "purge", "by": by.unwrap_or("") });
    events::append(&mut tx, "decision", &row.id.to_string(), &detail, now).await?;
    tx.commit().await?;
    let folded = ledger.fold_in().await?;
    let since = purged.first_seen_at.unwrap_or(now);
    let backups = ledger.backups_since(since).await?;
    Ok(Purged {
        purged,
        folded,
        backups,
    })
}

/// Keeps what was accepted until a person looks.
pub(super) fn keep_back(new: &mut NewDocument, reason: Reason) {
    new.standing = Standing::Waiting;
    new.disposition = Disposition::Review;
    new.reason = Some(reason);
}

/// What still lacks before a document may be sent: never "(without a name)".
pub(super) fn open_question(new: &NewDocument) -> Option<Reason> {
    // An annex is named by its main document and its number.
    if new.annex_of.is_some() {
        return None;
    }
    if new.facts.symbol.is_none() || new.facts.title.is_none() {
        return Some(Reason::NoSymbol);
    }
    new.facts.issued_on.is_none().then_some(Reason::NoDate)
}

/// Approves a document; its bytes are taken from the folder now where they were not kept, and must
/// be the ones that were examined.
///
/// # Errors
/// The decision does not fit, the file is gone or another, or the ledger failed.
pub async fn decide(
    ingest: &Ingest<'_>,
    inbox: &mut Inbox,
    row: &DocumentRow,
    by: Option<&str>,
    (now, monotonic): (DateTime<Utc>, Instant),
) -> Result<(), DecideError> {
    let sha256 = row.document.sha256;
    if ingest.ledger.blob(sha256).await?.is_none() {
        let bytes = fetch(ingest, inbox, sha256, monotonic).await?;
        let mut tx = ingest.ledger.begin().await?;
        decisions::keep_blob(&mut tx, sha256, &bytes).await?;
        tx.commit().await.map_err(LedgerError::from)?;
        let cover = ingest.cover(sha256, row.document.format, &bytes).await?;
        ingest.keep_cover(sha256, cover).await?;
    }
    apply(ingest.ledger, row, &Decision::Approve, by, now).await
}

async fn fetch(
    ingest: &Ingest<'_>,
    inbox: &mut Inbox,
    sha256: Sha256,
    monotonic: Instant,
) -> Result<Vec<u8>, DecideError> {
    let folder = || ingest.config.documents.folder.display().to_string();
    let scan = inbox
        .scan(monotonic)
        .map_err(|e| IngestError::Folder(folder(), e))?;
    let places = ingest.ledger.places_of(sha256).await?;
    for found in scan.found.iter().filter(|f| places.contains(&path_of(f))) {
        if let Ok(bytes) = inbox.read(found)
            && Sha256::of(&bytes) == sha256
        {
            return Ok(bytes);
        }
    }
    Err(DecideError::Unfit(format!(
        "the file that was examined is not in {folder} any more; put it back, or approve the new \
         one / tệp đã kiểm tra không còn trong {folder}; đề nghị chép lại, hoặc phê duyệt tệp mới",
        folder = folder()
    )))
}
