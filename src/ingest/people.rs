//! Owns the reading of the roster into the ledger, guard included. It refuses to know how rosters
//! are written.

use std::fs::File;
use std::io::Read;
use std::ops::ControlFlow;

use chrono::{DateTime, Utc};
use tokio::sync::mpsc;

use super::{IngestError, Result};
use crate::config::Config;
use crate::document::Sha256;
use crate::ledger::people::{MemberChange, Reading};
use crate::ledger::{Ledger, LedgerError, events, returned, set_meta};
use crate::organisation::{Language, Phrase};
use crate::roster::{self, Entry, Fault, Level};

/// Entries on their way from the reader to the ledger.
const QUEUE: usize = 1000;
/// Faults kept for showing; a list with more is not the right file.
const FAULTS_MAX: usize = 5000;
/// A reading that loses more than 1 / this of the members keeps the old roster …
const LOST_DIVISOR: u64 = 10;
/// … where it loses at least this many.
const LOST_MIN: u64 = 3;

/// Bytes of a list hashed at a time.
const SEALED_AT_ONCE: u64 = 256 * 1024;
/// The ledger's note of the roster whose reading is on record.
const ON_RECORD: &str = "roster";

/// What a reading of the roster gave.
#[derive(Debug, Default)]
pub struct RosterRead {
    /// Members of the new roster.
    pub members: u64,
    /// What it changes, or would.
    pub change: MemberChange,
    /// What is wrong with it.
    pub faults: Vec<Fault>,
    /// Set where the old roster was kept, and why.
    pub kept_old: Option<Phrase>,
}

/// Reads the roster into the ledger as a stream. Where too many would be lost the old one stays,
/// unless `accept` says that a person looked. A file without faults that is on record as it lies
/// there is not read again.
///
/// # Errors
/// The file or the ledger failed; the old roster stays.
pub async fn read_roster(
    ledger: &Ledger,
    config: &Config,
    accept: bool,
    now: DateTime<Utc>,
    entropy: fn() -> [u8; 16],
) -> Result<RosterRead> {
    let seal = seal(config).await?;
    if !accept && ledger.meta(ON_RECORD).await?.as_ref() == Some(&seal) {
        let members = ledger.count_members().await?;
        return Ok(RosterRead {
            members,
            ..RosterRead::default()
        });
    }
    let mut entries = stream(config)?;
    let mut tx = ledger.begin().await?;
    let mut reading = Reading::start(&mut tx, now, entropy).await?;
    let mut read = RosterRead::default();
    while let Some(entry) = entries.recv().await {
        match entry.map_err(|e| IngestError::Roster(config.roster.file.display().to_string(), e))? {
            Entry::Branch(branch) => {
                reading.branch(&mut tx, &branch).await?;
            }
            Entry::Member { member, .. } => reading.member(&mut tx, member).await?,
            Entry::Fault(fault) if read.faults.len() < FAULTS_MAX => read.faults.push(fault),
            Entry::Fault(_) => {}
        }
    }
    read.change = reading.change(&mut tx).await?;
    read.members = reading.members;
    read.kept_old = guard(&read).filter(|_| !accept);
    if let Some(why) = &read.kept_old {
        tx.rollback().await.map_err(LedgerError::from)?;
        tx = ledger.begin().await?;
        let detail = format!(
            "{}; nếu đúng: phobien members accept / {}; if this is right: phobien members accept",
            why.vi, why.en
        );
        events::attend(&mut tx, "roster", "members", &detail, now).await?;
    } else {
        reading.finish(&mut tx).await?;
        returned::hold_returned(&mut tx, ledger.instance_key(), now).await?;
        events::clear(&mut tx, "roster", Some("members")).await?;
        // Faults are told at every reading. What changed while it was read is read again.
        let whole = read.faults.is_empty() && self::seal(config).await? == seal;
        set_meta(&mut tx, ON_RECORD, if whole { &seal } else { "" }).await?;
    }
    note_faults(&mut tx, &read.faults, config, now).await?;
    if accept {
        let detail = serde_json::json!({ "members": read.members, "lost": read.change.lost });
        events::append(&mut tx, "roster_accepted", "roster", &detail, now).await?;
    }
    tx.commit().await.map_err(LedgerError::from)?;
    Ok(read)
}

/// The faults of the roster as it is, touching no state.
///
/// # Errors
/// The file cannot be read.
pub async fn roster_faults(config: &Config) -> Result<(u64, Vec<Fault>)> {
    let (mut members, mut faults) = (0, Vec::new());
    let mut entries = stream(config)?;
    while let Some(entry) = entries.recv().await {
        match entry.map_err(|e| IngestError::Roster(config.roster.file.display().to_string(), e))? {
            Entry::Member { .. } => members += 1,
            Entry::Fault(fault) if faults.len() < FAULTS_MAX => faults.push(fault),
            Entry::Fault(_) | Entry::Branch(_) => {}
        }
    }
    Ok((members, faults))
}

async fn note_faults(
    tx: &mut crate::ledger::Tx,
    faults: &[Fault],
    config: &Config,
    now: DateTime<Utc>,
) -> Result<()> {
    let errors = faults.iter().filter(|f| f.level == Level::Error).count();
    if errors == 0 {
        events::clear(tx, "roster", Some("faults")).await?;
        return Ok(());
    }
    let detail = format!(
        "{errors} lỗi trong danh sách {} / faults in the roster: `phobien members check`",
        config.roster.file.display()
    );
    events::attend(tx, "roster", "faults", &detail, now).await?;
    Ok(())
}

/// Why a reading must not take the old roster's place. One that is not whole, or loses more than a
/// tenth of the members and at least three, or a whole branch, is more likely a broken file than
/// the truth.
fn guard(read: &RosterRead) -> Option<Phrase> {
    // A fault of the whole file, not of a row: what came before it is only a part of the list.
    if let Some(fault) = read
        .faults
        .iter()
        .find(|f| f.level == Level::Error && f.row == 0)
    {
        return Some(Phrase::new(
            format!(
                "không đọc hết được danh sách ({}) nên giữ danh sách cũ",
                fault.message(Language::Vi)
            ),
            format!(
                "the roster cannot be read whole ({}), so the old one stays",
                fault.message(Language::En)
            ),
        ));
    }
    let change = &read.change;
    if change.before == 0 {
        return None;
    }
    let (lost, before) = (change.lost, change.before);
    if lost >= LOST_MIN && lost * LOST_DIVISOR > before {
        return Some(Phrase::new(
            format!("danh sách mới thiếu {lost} trong {before} đảng viên nên giữ danh sách cũ"),
            format!("the new roster lacks {lost} of {before} members, so the old one stays"),
        ));
    }
    if change.lost_branches.is_empty() {
        return None;
    }
    let names = change.lost_branches.join(", ");
    Some(Phrase::new(
        format!("danh sách mới không còn đảng viên nào của {names} nên giữ danh sách cũ"),
        format!("the new roster lacks every member of {names}, so the old one stays"),
    ))
}

/// What tells one state of the roster's files from another, and one version of their reader.
async fn seal(config: &Config) -> Result<String> {
    let roster = config.roster.clone();
    let hashed = tokio::task::spawn_blocking(move || {
        let mut seal = env!("CARGO_PKG_VERSION").to_owned();
        for file in [Some(&roster.file), roster.branches.as_ref()] {
            let Some(file) = file else { continue };
            let fail = |e| IngestError::Roster(file.display().to_string(), e);
            let hash = File::open(file).and_then(digest).map_err(fail)?;
            seal = format!("{seal} {hash}");
        }
        Ok(seal)
    });
    hashed
        .await
        .map_err(|e| IngestError::Roster(config.roster.file.display().to_string(), e.into()))?
}

/// A digest over a digest for each part, so that a list of any length is hashed in flat memory.
fn digest(mut file: File) -> std::io::Result<Sha256> {
    let mut hash = Sha256::of(b"");
    loop {
        let mut part = hash.0.to_vec();
        if (&mut file).take(SEALED_AT_ONCE).read_to_end(&mut part)? == 0 {
            return Ok(hash);
        }
        hash = Sha256::of(&part);
    }
}

/// The roster's entries as they are read, by a thread of their own.
fn stream(config: &Config) -> Result<mpsc::Receiver<std::io::Result<Entry>>> {
    let file = &config.roster.file;
    let fail = |e| IngestError::Roster(file.display().to_string(), e);
    let extension = file.extension().and_then(|e| e.to_str()).unwrap_or("");
    let kind = roster::Kind::of_extension(extension).ok_or_else(|| {
        fail(std::io::Error::other(
            "a roster is .xlsx, .csv or .toml; rename or convert it",
        ))
    })?;
    let source = File::open(file).map_err(fail)?;
    let list = match &config.roster.branches {
        Some(path) => {
            let named = |e| IngestError::Roster(path.display().to_string(), e);
            Some(std::fs::read(path).map_err(named)?)
        }
        None => None,
    };
    let (sender, receiver) = mpsc::channel(QUEUE);
    tokio::task::spawn_blocking(move || {
        let mut sink = |entry| match sender.blocking_send(Ok(entry)) {
            Ok(()) => ControlFlow::Continue(()),
            Err(_) => ControlFlow::Break(()),
        };
        if let Err(error) = roster::read(source, kind, list.as_deref(), &mut sink) {
            // Nobody listening means that the reading was given up.
            let _ = sender.blocking_send(Err(error));
        }
    });
    Ok(receiver)
}
