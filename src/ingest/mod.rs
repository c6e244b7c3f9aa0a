//! Owns the step from the outside in: files become documents on record, rosters become recipients
//! on record, a person's word completes and releases. It refuses to publish anything.

mod annexes;
mod arrivals;
mod decide;
mod erase;
mod examine;
mod known;
mod notice;
mod people;
mod pictures;
mod record;
mod sidecar;
mod strays;

pub use annexes::{lacks_only_its_main, main_by_symbol};
pub use arrivals::{Arrivals, arrivals};
pub use decide::{Completion, DecideError, Decision, Purged, Unread, apply, decide, purge};
pub use erase::{
    Again, Erased, Retained, Unerasable, erase_again, erase_person, period_start, retain,
    unerasable,
};
pub use examine::{Examined, examine, policy, reading};
pub use notice::advice;
pub use people::{RosterRead, read_roster, roster_faults};
pub use record::{ALONE, Standpoint, stand_point};

use std::time::Instant;

use chrono::{DateTime, Utc};
use futures_util::{StreamExt, stream};

use known::Known;

use crate::config::Config;
use crate::document::{Disposition, Format, Reason, Secrecy};
use crate::inbox::{self, Finding, Found, Inbox, Refused};
use crate::ledger::documents::Sighting;
use crate::ledger::events::Attention;
use crate::ledger::{Ledger, LedgerError, decisions, events};
use crate::sandbox::{CHILDREN, Sandbox};

/// How many files are read ahead: as many as there are children, and one being recognised. Each is
/// in memory whole.
pub const AHEAD: usize = CHILDREN + 1;

/// New files of one look at the folder that are taken in before it is looked at again: what is
/// dropped behind ten thousand others must not wait for all of them.
const AT_ONCE: usize = 200;

/// Why ingesting stopped. One bad file never stops it.
#[derive(Debug, thiserror::Error)]
pub enum IngestError {
    /// The ledger failed.
    #[error(transparent)]
    Ledger(#[from] LedgerError),
    /// The folder, or the machine, cannot be used.
    #[error("documents folder {0}: {1} / thư mục văn bản {0}: {why}", why = inbox::cause(.1))]
    Folder(String, std::io::Error),
    /// The roster cannot be read at all.
    #[error("roster {0}: {1} / danh sách đảng viên {0}: {why}", why = inbox::cause(.1))]
    Roster(String, std::io::Error),
}

/// The result of ingesting.
pub type Result<T> = std::result::Result<T, IngestError>;

/// What one look at the folder gave.
#[derive(Debug, Default)]
pub struct Scanned {
    /// What was taken in, in the order taken.
    pub taken: Vec<Sighting>,
    /// Files that are not complete yet.
    pub waiting: usize,
    /// New files that were left for the next look, which should come at once.
    pub left: usize,
    /// What went wrong with the folder itself.
    pub troubles: Vec<String>,
}

/// What ingesting works with.
#[derive(Debug)]
pub struct Ingest<'a> {
    /// Where documents are put on record.
    pub ledger: &'a Ledger,
    /// Where files are read.
    pub sandbox: &'a Sandbox,
    /// What the office decided beforehand.
    pub config: &'a Config,
}

impl Ingest<'_> {
    /// Looks at the whole folder once and takes in what is complete and new, of many files those
    /// that changed last. `watch` hears of every file as it is taken.
    ///
    /// # Errors
    /// The folder or the ledger failed; a bad file is on record instead.
    pub async fn scan(
        &self,
        inbox: &mut Inbox,
        (now, monotonic): (DateTime<Utc>, Instant),
        mut watch: impl FnMut(&Sighting) + Send,
    ) -> Result<Scanned> {
        let folder = || self.config.documents.folder.display().to_string();
        let known = Known::load(self.ledger).await?;
        let scan = inbox
            .scan_but(monotonic, &|path, stamp| known.alone(path, stamp))
            .map_err(|e| IngestError::Folder(folder(), e))?;
        let told = self.ledger.attention().await?;
        self.forget_gone(inbox, &told).await?;
        self.tell_strays(&scan.strays, &told, now).await?;
        let mut scanned = Scanned {
            waiting: scan.waiting,
            troubles: scan.troubles,
            ..Scanned::default()
        };
        let inbox = &*inbox;
        let mut new = scan.found;
        new.retain(|found| !known.whole(found));
        drop(known);
        if new.len() > AT_ONCE {
            new.sort_by_key(|found| std::cmp::Reverse(found.stamp.modified_ns));
            scanned.left = new.len() - AT_ONCE;
            new.truncate(AT_ONCE);
        }
        // Among equal bytes the shorter name is the original, so it is taken first.
        new.sort_by_cached_key(|f| (f.name.chars().count(), f.place.clone()));
        // Read side by side, put on record one after the other in their order.
        let mut read = stream::iter(&new)
            .map(|found| async move { (found, self.read(inbox, found).await) })
            .buffered(AHEAD);
        while let Some((found, read)) = read.next().await {
            if let Some(seen) = self.take(inbox, found, read?, now).await? {
                watch(&seen);
                scanned.taken.push(seen);
            }
        }
        drop(read);
        let settled = scanned.waiting == 0 && scanned.left == 0;
        self.join_annexes(&mut scanned, settled, now).await?;
        Ok(scanned)
    }

    /// Reads one file and what stands in it; nothing of it is on record yet.
    async fn read(&self, inbox: &Inbox, found: &Found) -> Result<Read> {
        let bytes = match inbox.read(found) {
            Ok(bytes) => bytes,
            Err(Refused::Gone | Refused::Changed) => return Ok(Read::Later),
            Err(Refused::Finding(finding)) => return Ok(Read::Refused(finding)),
            Err(Refused::Io(error)) => {
                tracing::warn!(file = found.name, %error, "file cannot be read; tried again");
                return Ok(Read::Later);
            }
        };
        let policy = policy(self.config);
        let examined = match examine(self.sandbox, &bytes, &found.name, &policy).await {
            Ok(examined) => examined,
            Err(error) => {
                tracing::error!(%error, "extraction cannot be started; tried again");
                return Ok(Read::Later);
            }
        };
        let refused = examined.disposition == Disposition::Quarantine;
        let cover = if refused || self.may_be_secret(&examined) {
            None
        } else {
            let format = examined.contents.format;
            self.cover(examined.sha256, format, &bytes).await?
        };
        Ok(Read::Whole {
            examined: Box::new(examined),
            bytes,
            cover,
        })
    }

    /// Takes one file in. None where it vanished or changed under our hands: the next scan tells.
    async fn take(
        &self,
        inbox: &Inbox,
        found: &Found,
        read: Read,
        now: DateTime<Utc>,
    ) -> Result<Option<Sighting>> {
        let (examined, bytes, cover) = match read {
            Read::Later => return Ok(None),
            Read::Refused(finding) => {
                let mut seen = sighting(found, Format::Unknown);
                seen.reason = Some(finding.reason);
                seen.detail = Some(finding.detail.to_owned());
                self.refuse(inbox, found, &mut seen, now).await?;
                return Ok(Some(seen));
            }
            Read::Whole {
                examined,
                bytes,
                cover,
            } => (*examined, bytes, cover),
        };
        let mut seen = sighting(found, examined.contents.format);
        seen.disposition = examined.disposition;
        seen.reason = examined.reason;
        seen.detail.clone_from(&examined.contents.detail);
        seen.secrecy = examined.facts.secrecy.as_ref().map(|f| f.value);
        match (examined.disposition, examined.reason) {
            (Disposition::Quarantine, Some(Reason::Secret)) => {
                self.report_secret(found.folder.as_deref(), &seen, now)
                    .await?;
            }
            (Disposition::Quarantine, _) => self.refuse(inbox, found, &mut seen, now).await?,
            (Disposition::Accept | Disposition::Review | Disposition::Duplicate, _) => {
                let sha256 = examined.sha256;
                self.put_on_record(found, examined, &bytes, &mut seen, now)
                    .await?;
                self.keep_cover(sha256, cover).await?;
            }
        }
        tracing::info!(
            file = seen.file,
            disposition = %seen.disposition,
            reason = seen.reason.map(Reason::word),
            "file taken in"
        );
        Ok(Some(seen))
    }

    /// A file with a secrecy mark stays where it lies and nothing of it is kept, not even a hash:
    /// the law forbids keeping it on a networked machine (law 117/2025/QH15, article 5).
    async fn report_secret(
        &self,
        folder: Option<&str>,
        seen: &Sighting,
        now: DateTime<Utc>,
    ) -> Result<()> {
        let mark = seen.secrecy.map_or("?", Secrecy::word);
        let kept = Sighting {
            detail: None,
            ..seen.clone()
        };
        let (vi, en) = advice(Reason::Secret);
        // The person must know that others may have the document of this name.
        let before = self.ledger.accepted_as(&seen.file, folder).await?;
        let before = before.map_or_else(String::new, |id| {
            format!(
                " Trước đây một văn bản cùng tên tệp đã được tiếp nhận ({id}), có thể đã gửi: xem \
                 `phobien log --document {id}`. / A document of this file name was accepted before \
                 ({id}) and may have been sent: `phobien log --document {id}`."
            )
        });
        let detail = format!("Tệp “{}” ({mark}): {vi}. / {en}.{before}", seen.file);
        let mut tx = self.ledger.begin().await?;
        decisions::note_sighting(&mut tx, &kept, now).await?;
        events::attend(&mut tx, "secret", &seen.path, &detail, now).await?;
        tx.commit().await.map_err(LedgerError::from)?;
        Ok(())
    }

    /// Moves a refused file aside, never deletes it, and tells the office.
    async fn refuse(
        &self,
        inbox: &Inbox,
        found: &Found,
        seen: &mut Sighting,
        now: DateTime<Utc>,
    ) -> Result<()> {
        seen.disposition = Disposition::Quarantine;
        let (vi, en) = advice(seen.reason.unwrap_or(Reason::Unsupported));
        let file = &seen.file;
        let detail = match inbox.quarantine(found) {
            Ok(moved) => {
                seen.path = moved.to_string_lossy().into_owned();
                format!(
                    "Tệp “{file}” không gửi, đã chuyển vào {}. {vi}. / Refused and moved aside. \
                     {en}.",
                    seen.path
                )
            }
            Err(error) => {
                tracing::warn!(file = found.name, %error, "file cannot be moved aside");
                format!(
                    "Tệp “{file}” không gửi; không chuyển ra khỏi thư mục được ({error}), đề nghị \
                     kiểm tra quyền ghi thư mục. {vi}. / Refused, and still in the folder: it \
                     cannot be moved aside, look at the folder's rights. {en}."
                )
            }
        };
        let mut tx = self.ledger.begin().await?;
        decisions::note_sighting(&mut tx, seen, now).await?;
        events::attend(&mut tx, "refused", &seen.path, &detail, now).await?;
        tx.commit().await.map_err(LedgerError::from)?;
        Ok(())
    }

    /// Once a secret file is gone from the folder nothing reminds of it any more, and once a
    /// refused one is gone from where it was moved no person is asked about it; that it was
    /// refused stays on record.
    async fn forget_gone(&self, inbox: &Inbox, told: &[Attention]) -> Result<()> {
        for matter in told {
            let (what, about) = (matter.what.as_str(), matter.about.as_str());
            let lies = matches!(what, "secret" | "refused");
            if !lies || inbox.is_there(&known::path(about)) {
                continue;
            }
            let mut tx = self.ledger.begin().await?;
            if what == "secret" {
                decisions::forget_sighting(&mut tx, about).await?;
            }
            events::clear(&mut tx, what, Some(about)).await?;
            tx.commit().await.map_err(LedgerError::from)?;
        }
        Ok(())
    }
}

/// What reading a file gave.
enum Read {
    /// Nothing yet: the next scan tells.
    Later,
    /// It must not be read.
    Refused(Finding),
    Whole {
        examined: Box<Examined>,
        bytes: Vec<u8>,
        cover: Option<Vec<u8>>,
    },
}

/// The key of a file's sighting.
fn path_of(found: &Found) -> String {
    known::key(&found.path)
}

fn sighting(found: &Found, format: Format) -> Sighting {
    Sighting {
        path: path_of(found),
        size: found.stamp.size,
        modified_at: found.stamp.modified_ns,
        inode: found.stamp.inode,
        file: found.name.clone(),
        format,
        secrecy: None,
        disposition: Disposition::Review,
        reason: None,
        detail: None,
        document: None,
        sidecar: sidecar::fingerprint(found),
    }
}
