//! Owns copies of the ledger for safe keeping: made while others write, checked before they get
//! their name, remembered. It refuses to know when they are made and where they are kept.

use std::fs::{File, OpenOptions};
use std::io;
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

use chrono::{DateTime, Utc};
use sqlx::sqlite::SqliteConnectOptions;
use sqlx::{ConnectOptions, Connection, Row, query};

use super::audit::{self, Audit};
use super::{BUSY_TIMEOUT, Ledger, LedgerError, Result, all, ms, restore, time};

/// A copy that was made and found whole.
#[derive(Clone, Debug)]
pub struct Backup {
    /// Where it lies, as an absolute path.
    pub file: PathBuf,
    /// Its size.
    pub bytes: u64,
    /// What was checked in it.
    pub audit: Audit,
}

/// A copy that was made at some time.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Kept {
    /// Where it was put; it may have been moved since.
    pub file: PathBuf,
    /// The moment whose state it holds.
    pub made_at: DateTime<Utc>,
}

impl Ledger {
    /// Writes a copy of the ledger as it is now to `file`, for nobody else to read, while others
    /// go on writing. The file has its name only once everything in it was recomputed and is on
    /// the disk; until then it is called `FILE.part`.
    ///
    /// # Errors
    /// There is a file already, the place cannot be written, or the copy is not whole.
    pub async fn backup(&self, file: &Path, now: DateTime<Utc>) -> Result<Backup> {
        let place = |source| LedgerError::Backup {
            file: file.to_owned(),
            source,
        };
        let file = std::path::absolute(file).map_err(place)?;
        if file.try_exists().map_err(place)? {
            return Err(place(io::Error::from(io::ErrorKind::AlreadyExists)));
        }
        let part = PathBuf::from(format!("{}.part", file.display()));
        let made = self.copy(&part, now).await.and_then(|audit| {
            let bytes = put_in_place(&part, &file).map_err(place)?;
            let file = file.clone();
            Ok(Backup { file, bytes, audit })
        });
        match &made {
            Ok(_) => self.remember(&file, now).await?,
            // What is not whole is no backup; that it cannot be removed changes nothing.
            Err(_) => drop(std::fs::remove_file(&part)),
        }
        made
    }

    /// Copies into a new file and recomputes the copy. It knows that it is one, so that nobody who
    /// puts it in the ledger's place sends from it unawares.
    async fn copy(&self, part: &Path, now: DateTime<Utc>) -> Result<Audit> {
        let place = |source| LedgerError::Backup {
            file: part.to_owned(),
            source,
        };
        // An earlier copy that was broken off.
        match std::fs::remove_file(part) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(place(error)),
            _ => {}
        }
        // SQLite takes an empty file as it is, so the mode is ours from the first byte.
        let mut new = OpenOptions::new();
        new.write(true).create_new(true).mode(0o600);
        new.open(part).map_err(place)?;
        let name = part.to_str().ok_or_else(|| {
            let why = "the name is not UTF-8";
            place(io::Error::new(io::ErrorKind::InvalidInput, why))
        })?;
        let mut live = SqliteConnectOptions::new()
            .filename(self.file())
            .busy_timeout(BUSY_TIMEOUT)
            .connect()
            .await?;
        let copied = query("VACUUM INTO $1").bind(name).execute(&mut live).await;
        live.close().await?;
        copied?;
        let mut copy = SqliteConnectOptions::new().filename(part).connect().await?;
        restore::mark(&mut copy, now).await?;
        let audit = audit::recompute(&mut copy).await?;
        copy.close().await?;
        match audit.faults.first() {
            None => Ok(audit),
            Some(fault) => Err(LedgerError::Unsound(fault.clone())),
        }
    }

    async fn remember(&self, file: &Path, now: DateTime<Utc>) -> Result<()> {
        query(
            "INSERT INTO backups (file, made_at) VALUES ($1, $2)
             ON CONFLICT (file) DO UPDATE SET made_at = excluded.made_at",
        )
        .bind(file.display().to_string())
        .bind(ms(now))
        .execute(&self.writer)
        .await?;
        Ok(())
    }

    /// The copies that hold what was there at `since`, oldest first.
    ///
    /// # Errors
    /// The database failed.
    pub async fn backups_since(&self, since: DateTime<Utc>) -> Result<Vec<Kept>> {
        let rows = query("SELECT file, made_at FROM backups WHERE made_at >= $1 ORDER BY made_at")
            .bind(ms(since))
            .fetch_all(&self.readers)
            .await?;
        all(&rows, |row| {
            Ok(Kept {
                file: PathBuf::from(row.try_get::<String, _>(0)?),
                made_at: time(row.try_get(1)?),
            })
        })
    }
}

/// Puts the bytes on the disk and gives them their name, never over another file. Answers the
/// size.
fn put_in_place(part: &Path, file: &Path) -> io::Result<u64> {
    let copy = File::open(part)?;
    copy.sync_all()?;
    // A link, unlike a renaming, refuses where somebody took the name meanwhile.
    std::fs::hard_link(part, file)?;
    std::fs::remove_file(part)?;
    if let Some(folder) = file.parent() {
        File::open(folder)?.sync_all()?;
    }
    Ok(copy.metadata()?.len())
}
