//! Owns the taking over of a copy in the ledger's place, and the note by which a copy knows that it
//! is one. It refuses to know up to when members had been told meanwhile: a person says.

use std::fs::{self, DirBuilder, File, OpenOptions};
use std::io;
use std::os::unix::fs::{DirBuilderExt, MetadataExt, OpenOptionsExt};
use std::path::{Path, PathBuf};
use std::time::Duration;

use chrono::{DateTime, Utc};
use sqlx::migrate::MigrateError;
use sqlx::sqlite::{SqliteConnectOptions, SqliteConnection, SqliteJournalMode};
use sqlx::{ConnectOptions, Connection, Row, query};

use super::ailment::Ailment;
use super::audit::{self, Audit};
use super::{
    DeliveryLock, FILE, Holder, LOG, Ledger, LedgerError, Result, ms, owner, returned, time,
};

/// The ledger's note that it is a copy, and since when: it publishes and delivers nothing until a
/// person said up to when members had been told.
pub(super) const COPIED_AT: &str = "copied_at";
/// The copy while it is examined.
const PART: &str = "phobien.db.part";
/// The copy that was found whole and is about to take the ledger's place.
const NEXT: &str = "phobien.db.next";
/// SQLite's code for a file that never was a database.
const NOT_A_DATABASE: &str = "26";
/// What SQLite lays beside a database.
const BESIDE: [&str; 3] = ["-wal", "-shm", "-journal"];
/// How long the ledger that is set aside may keep others waiting.
const PATIENCE: Duration = Duration::from_secs(5);

/// A copy that took the ledger's place.
#[derive(Debug)]
pub struct Restored {
    /// The moment whose state it holds; of a copy that does not say, the last trace in it.
    pub copied_at: DateTime<Utc>,
    /// Where the ledger that was there lies now.
    pub aside: Option<PathBuf>,
    /// What was checked in the copy.
    pub audit: Audit,
    /// Whether the ledger that was there told whom it had erased: false where it cannot be read, or
    /// there was none.
    pub knows_erased: bool,
    /// Nobody delivers meanwhile.
    pub lock: DeliveryLock,
}

/// Why a file cannot take the ledger's place.
#[derive(Debug, thiserror::Error)]
pub enum Unfit {
    /// It cannot be read.
    #[error("it cannot be read: {0}; name a file that `phobien backup` made")]
    Unreadable(io::Error),
    /// It is no ledger at all.
    #[error("it is no ledger of phobien; name a file that `phobien backup` made")]
    Foreign,
    /// It is the ledger in use.
    #[error("it is the ledger in use; name a file that `phobien backup` made")]
    InUse,
    /// Its schema is newer than this program.
    #[error("a newer phobien wrote it; install that version, then restore with it")]
    Newer,
    /// It is not as it was written.
    #[error("it was damaged or altered ({0}); take an earlier backup")]
    Altered(String),
}

impl Unfit {
    /// The same in Vietnamese.
    #[must_use]
    pub fn vietnamese(&self) -> String {
        match self {
            Self::Unreadable(error) => {
                format!("không đọc được tệp ({error}); đề nghị chọn tệp do `phobien backup` tạo")
            }
            Self::Foreign => {
                "tệp không phải sổ cái của phobien; đề nghị chọn tệp do `phobien backup` tạo".into()
            }
            Self::InUse => {
                "tệp chính là sổ cái đang dùng; đề nghị chọn tệp do `phobien backup` tạo".into()
            }
            Self::Newer => {
                "tệp do phiên bản phobien mới hơn ghi; đề nghị cài phiên bản đó rồi khôi phục"
                    .into()
            }
            Self::Altered(what) => {
                format!("tệp bị hỏng hoặc bị sửa ({what}); đề nghị dùng bản sao lưu trước đó")
            }
        }
    }
}

/// Puts a copy of a ledger in the place of the one in `folder`, which is kept beside it. Nothing is
/// touched before the copy was found whole; the copy itself stays as it is. Until a person says up
/// to when members had been told, what was restored sends nothing.
///
/// # Errors
/// The copy is unfit, or the state folder cannot be written; then the ledger there stays.
pub async fn restore(
    folder: &Path,
    file: &Path,
    now: DateTime<Utc>,
) -> Result<std::result::Result<Restored, Holder>> {
    owner::secure_folder(folder).map_err(|source| LedgerError::Folder {
        folder: folder.to_owned(),
        source,
    })?;
    let lock = match DeliveryLock::take(folder, "restore")? {
        Ok(lock) => lock,
        Err(holder) => return Ok(Err(holder)),
    };
    let place = |source| LedgerError::Folder {
        folder: folder.to_owned(),
        source,
    };
    let part = folder.join(PART);
    let absolute = std::path::absolute(folder).map_err(place)?;
    let folder = absolute.as_path();
    let ledger = folder.join(FILE);
    let name = format!("before-restore-{}", now.format("%Y%m%dT%H%M%S%.3fZ"));
    let aside = ledger.exists().then(|| folder.join(name));
    let kept = aside.as_ref().map(|aside| aside.join(FILE));
    let found = take_in(folder, file, &part, (kept.as_deref(), now)).await;
    let (copied_at, audit) = match found {
        Ok(found) => found,
        Err(error) => {
            remove(&part).map_err(place)?;
            return Err(error);
        }
    };
    let carried = carry_over(&ledger, &part).await;
    if let Err(error) = &carried {
        tracing::warn!(%error, "who was erased since the copy was made is not known");
    }
    if let Some(aside) = &aside {
        set_aside(folder, aside, now).await.map_err(place)?;
    }
    owner::hand_over(folder).map_err(place)?;
    put_in_place(folder).map_err(place)?;
    Ok(Ok(Restored {
        copied_at,
        aside,
        audit,
        knows_erased: carried.is_ok(),
        lock,
    }))
}

/// Tells the copy whom the ledger in use has erased: the copy may be older and know them still.
async fn carry_over(ledger: &Path, part: &Path) -> Result<()> {
    let open = |file| SqliteConnectOptions::new().filename(file);
    let mut from = open(ledger).read_only(true).connect().await?;
    let to = open(part).journal_mode(SqliteJournalMode::Delete);
    let mut to = to.connect().await?;
    returned::carry_over(&mut from, &mut to).await?;
    from.close().await?;
    to.close().await?;
    File::open(part)
        .and_then(|part| part.sync_all())
        .map_err(|source| LedgerError::Folder {
            folder: part.to_owned(),
            source,
        })
}

/// True where a restore was broken off between two ledgers: neither may be opened.
pub(super) fn is_interrupted(folder: &Path) -> bool {
    folder.join(NEXT).exists()
}

/// Copies the file beside the ledger, brings it up to this program's schema and recomputes it.
async fn take_in(
    folder: &Path,
    file: &Path,
    part: &Path,
    aside: (Option<&Path>, DateTime<Utc>),
) -> Result<(DateTime<Utc>, Audit)> {
    let unfit = |why| LedgerError::Restore {
        file: file.to_owned(),
        why,
    };
    let place = |source| LedgerError::Folder {
        folder: folder.to_owned(),
        source,
    };
    remove(part).map_err(place)?;
    let mut from = File::open(file).map_err(|e| unfit(Unfit::Unreadable(e)))?;
    let is = from.metadata().map_err(|e| unfit(Unfit::Unreadable(e)))?;
    let same = |live: fs::Metadata| (live.dev(), live.ino()) == (is.dev(), is.ino());
    if fs::metadata(folder.join(FILE)).is_ok_and(same) {
        return Err(unfit(Unfit::InUse));
    }
    if !is.is_file() {
        return Err(unfit(Unfit::Foreign));
    }
    write(&mut from, part).map_err(place)?;
    // A state folder that was copied as it lay has its last pages there.
    if let Ok(mut log) = File::open(beside(file, "-wal")) {
        write(&mut log, &beside(part, "-wal")).map_err(place)?;
    }
    let looked = examine(part, file, aside)
        .await
        .map_err(|error| match error {
            LedgerError::Database(ref why) if Ailment::of(why) == Some(Ailment::Damaged) => {
                unfit(Unfit::Altered(why.to_string()))
            }
            error => error,
        })?;
    let synced = File::open(part).and_then(|part| part.sync_all());
    synced.map_err(place)?;
    Ok(looked)
}

/// Everything that must be true of a copy before it may take the ledger's place. It is told where
/// the ledger now there will lie, which holds people's data as a backup does.
async fn examine(
    part: &Path,
    file: &Path,
    (aside, now): (Option<&Path>, DateTime<Utc>),
) -> Result<(DateTime<Utc>, Audit)> {
    let unfit = |why| LedgerError::Restore {
        file: file.to_owned(),
        why,
    };
    // One file again, whatever lay beside it.
    let options = SqliteConnectOptions::new()
        .filename(part)
        .journal_mode(SqliteJournalMode::Delete)
        .pragma("secure_delete", "on");
    // What is no database at all is another thing than one with holes in it.
    let foreign = |error: sqlx::Error| {
        let code = error.as_database_error().and_then(|e| e.code());
        match Ailment::of(&error) {
            Some(Ailment::Damaged) if code.as_deref() != Some(NOT_A_DATABASE) => error.into(),
            _ => unfit(Unfit::Foreign),
        }
    };
    let mut copy = options.connect().await.map_err(foreign)?;
    let level = query("SELECT MAX(version) FROM _sqlx_migrations")
        .fetch_one(&mut copy)
        .await
        .map_err(foreign)?;
    let level: Option<i64> = level.try_get(0)?;
    let migrator = super::migrator();
    let known = migrator.iter().map(|step| step.version).max();
    if level.is_none() {
        return Err(unfit(Unfit::Foreign));
    }
    if level > known {
        return Err(unfit(Unfit::Newer));
    }
    migrator.run(&mut copy).await.map_err(|error| match error {
        MigrateError::Execute(error) | MigrateError::ExecuteMigration(error, _) => error.into(),
        error => unfit(Unfit::Altered(error.to_string())),
    })?;
    if query("SELECT 1 FROM meta WHERE name = 'instance_key'")
        .fetch_optional(&mut copy)
        .await?
        .is_none()
    {
        return Err(unfit(Unfit::Foreign));
    }
    let audit = audit::recompute(&mut copy).await?;
    if let Some(fault) = audit.faults.first() {
        return Err(unfit(Unfit::Altered(fault.clone())));
    }
    let trace = last_trace(&mut copy).await?;
    let copied_at = mark(&mut copy, trace).await?;
    let known = std::path::absolute(file).unwrap_or_else(|_| file.to_owned());
    let kept = [Some((known.as_path(), copied_at)), aside.map(|a| (a, now))];
    for (file, at) in kept.into_iter().flatten() {
        query("INSERT INTO backups (file, made_at) VALUES ($1, $2) ON CONFLICT (file) DO NOTHING")
            .bind(file.display().to_string())
            .bind(ms(at))
            .execute(&mut copy)
            .await?;
    }
    copy.close().await?;
    Ok((copied_at, audit))
}

/// Notes in a database of ours that it is a copy as of `at`, unless it knows already; answers since
/// when.
pub(super) async fn mark(copy: &mut SqliteConnection, at: DateTime<Utc>) -> Result<DateTime<Utc>> {
    query("INSERT INTO meta (name, value) VALUES ($1, $2) ON CONFLICT (name) DO NOTHING")
        .bind(COPIED_AT)
        .bind(ms(at).to_string())
        .execute(&mut *copy)
        .await?;
    let row = query("SELECT value FROM meta WHERE name = $1")
        .bind(COPIED_AT)
        .fetch_one(copy)
        .await?;
    parse(row.try_get(0)?)
}

fn parse(value: &str) -> Result<DateTime<Utc>> {
    value.parse().map(time).map_err(|_| LedgerError::Altered {
        table: "meta",
        id: COPIED_AT.into(),
        value: value.chars().take(40).collect(),
    })
}

/// When the last thing happened that a ledger knows of: a copy that does not say when it was made
/// was made then or later.
async fn last_trace(copy: &mut SqliteConnection) -> Result<DateTime<Utc>> {
    let row = query(
        "SELECT COALESCE(MAX(at), 0) FROM (SELECT MAX(at) AS at FROM events
         UNION ALL SELECT MAX(created_at) FROM editions
         UNION ALL SELECT MAX(last_attempt_at) FROM deliveries
         UNION ALL SELECT MAX(seen_at) FROM sightings
         UNION ALL SELECT MAX(first_seen_at) FROM documents) t",
    )
    .fetch_one(copy)
    .await?;
    Ok(time(row.try_get(0)?))
}

/// Keeps the ledger that is there, under a folder of its own. It is marked as a copy: a process
/// that has it open, or a person who puts it back, must not send from it as if nothing had been.
async fn set_aside(folder: &Path, aside: &Path, now: DateTime<Utc>) -> io::Result<()> {
    if let Err(error) = mark_set_aside(&folder.join(FILE), now).await {
        // It may be why a copy is restored.
        tracing::warn!(%error, "the ledger that is set aside cannot be written");
    }
    DirBuilder::new().mode(0o700).create(aside)?;
    for file in [FILE, LOG] {
        match fs::hard_link(folder.join(file), aside.join(file)) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
            _ => {}
        }
    }
    File::open(aside)?.sync_all()
}

async fn mark_set_aside(ledger: &Path, now: DateTime<Utc>) -> Result<()> {
    let options = SqliteConnectOptions::new()
        .filename(ledger)
        .busy_timeout(PATIENCE);
    let mut old = options.connect().await?;
    mark(&mut old, now).await?;
    query("PRAGMA wal_checkpoint(TRUNCATE)")
        .fetch_one(&mut old)
        .await?;
    old.close().await?;
    Ok(())
}

/// From the first renaming to the second [`is_interrupted`] is true, so that nobody meets the new
/// database with the old one's log.
fn put_in_place(folder: &Path) -> io::Result<()> {
    fs::rename(folder.join(PART), folder.join(NEXT))?;
    File::open(folder)?.sync_all()?;
    for end in BESIDE {
        gone(&beside(&folder.join(FILE), end))?;
    }
    File::open(folder)?.sync_all()?;
    fs::rename(folder.join(NEXT), folder.join(FILE))?;
    File::open(folder)?.sync_all()
}

fn write(from: &mut File, to: &Path) -> io::Result<()> {
    let mut new = OpenOptions::new();
    let mut new = new.write(true).create_new(true).mode(0o600).open(to)?;
    io::copy(from, &mut new)?;
    new.sync_all()
}

fn remove(part: &Path) -> io::Result<()> {
    gone(part)?;
    BESIDE.iter().try_for_each(|end| gone(&beside(part, end)))
}

fn gone(file: &Path) -> io::Result<()> {
    match fs::remove_file(file) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
        _ => Ok(()),
    }
}

fn beside(file: &Path, end: &str) -> PathBuf {
    let mut name = file.as_os_str().to_owned();
    name.push(end);
    PathBuf::from(name)
}

impl Ledger {
    /// Since when this ledger is a copy of which nobody said yet up to when members had been told
    /// meanwhile; none where it is the office's one record.
    ///
    /// # Errors
    /// The database failed.
    pub async fn copied_at(&self) -> Result<Option<DateTime<Utc>>> {
        self.meta(COPIED_AT)
            .await?
            .as_deref()
            .map(parse)
            .transpose()
    }
}
