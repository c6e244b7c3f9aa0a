//! Owns the database: the only SQL of phobien, its migrations, transactions and the delivery lock.
//! It refuses to know what is being decided; it keeps what it is told and answers what it has.

pub mod again;
mod ailment;
mod audit;
pub mod backup;
pub mod branches;
pub mod closing;
pub mod confirmations;
pub mod decisions;
pub mod deliveries;
pub mod documents;
pub mod dossier;
pub mod editions;
pub mod erase;
pub mod events;
pub mod figures;
mod lock;
pub mod log;
pub mod matters;
pub mod notices;
pub mod outbox;
mod owner;
pub mod people;
pub mod person;
pub mod purge;
pub mod recipients;
pub mod report;
pub mod restore;
pub mod retention;
pub mod returned;
pub mod returns;
mod sightings;
pub mod slots;
pub mod summary;
pub mod told_until;
mod traces;

pub use ailment::Ailment;
pub use audit::Audit;
pub use lock::{DeliveryLock, Holder};

use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use chrono::{DateTime, Utc};
use sqlx::migrate::{MigrateError, Migration, MigrationType, Migrator};
use sqlx::sqlite::{
    SqliteConnectOptions, SqliteJournalMode, SqlitePool, SqlitePoolOptions, SqliteRow,
    SqliteSynchronous,
};
use sqlx::{Connection, Row, Sqlite, Transaction};

/// The database's name in the state folder.
const FILE: &str = "phobien.db";
/// Its write-ahead log.
const LOG: &str = "phobien.db-wal";
/// How long a writer waits for another process' short transaction.
const BUSY_TIMEOUT: Duration = Duration::from_secs(20);
/// KiB (negative: not pages) of the database that the writer keeps at hand while it has work: what
/// is claimed is still there when it is settled.
const CACHE: &str = "-8192";
/// The same of each reader, which forgets all of it at every commit.
const READER_CACHE: &str = "-512";
/// Readers at once; more would only wait for the same disk.
const READERS_MAX: u32 = 4;

/// How the ledger stood, see [`Ledger::written`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Written(SystemTime, u64);

impl Written {
    /// The time and length of whatever grows with commits.
    #[must_use]
    pub const fn new(at: SystemTime, len: u64) -> Self {
        Self(at, len)
    }
}

/// Why the ledger could not do what it was asked.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum LedgerError {
    /// The database said no.
    #[error("ledger: {0}{advice}", advice = ailment::advice(.0))]
    Database(sqlx::Error),
    /// An fsync of this process failed before.
    #[error("ledger: {advice}", advice = Ailment::Unsynced.advice().1)]
    Unsynced,
    /// The schema could not be brought up to date, or is newer than this program.
    #[error("ledger {file}: {source}. A newer phobien wrote it? Then install that version again")]
    Schema {
        /// The database file.
        file: PathBuf,
        /// What the migration said.
        source: MigrateError,
    },
    /// The state folder cannot be used.
    #[error("state folder {folder}: {source}")]
    Folder {
        /// The folder.
        folder: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
    /// A copy cannot be made there.
    #[error("backup {}: {source}; name a new file in a folder that can be written", file.display())]
    Backup {
        /// The file.
        file: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
    /// What was to be copied is not what was written once: such a copy would be worth nothing.
    #[error("no backup: {0}; `phobien verify` says all of it, restore an earlier backup")]
    Unsound(String),
    /// A file cannot take the ledger's place.
    #[error("{}: {why}", file.display())]
    Restore {
        /// The file.
        file: PathBuf,
        /// What is wrong with it.
        why: restore::Unfit,
    },
    /// A restore was broken off between two ledgers.
    #[error(
        "ledger: a restore was broken off; run `phobien restore FILE` again. What was there before \
         lies in {}/before-restore-…",
        .0.display()
    )]
    Interrupted(PathBuf),
    /// A row holds what this program never writes: the database was damaged or altered.
    #[error("ledger: {table} {id} holds `{value}`, which phobien never writes; restore a backup")]
    Altered {
        /// The table.
        table: &'static str,
        /// The row.
        id: String,
        /// What stands there.
        value: String,
    },
}

/// The result of asking the ledger.
pub type Result<T> = std::result::Result<T, LedgerError>;

/// A write transaction: takes the one writer at once, so that it never fails half way for want of
/// the lock. Dropped without commit, nothing happened.
pub type Tx = Transaction<'static, Sqlite>;

/// The database of one state folder. Clones share it.
#[derive(Clone, Debug)]
pub struct Ledger {
    writer: SqlitePool,
    readers: SqlitePool,
    folder: PathBuf,
    key: [u8; 32],
}

impl Ledger {
    /// Opens the ledger of a state folder, creating or migrating it. `fresh_key` becomes the
    /// instance key of a new ledger.
    ///
    /// # Errors
    /// The folder or the database cannot be used, or the schema is newer than this program.
    pub async fn open(folder: &Path, fresh_key: [u8; 32]) -> Result<Self> {
        let place = |source| LedgerError::Folder {
            folder: folder.to_owned(),
            source,
        };
        owner::secure_folder(folder).map_err(place)?;
        if restore::is_interrupted(folder) {
            return Err(LedgerError::Interrupted(folder.to_owned()));
        }
        let file = folder.join(FILE);
        owner::secure_file(&file).map_err(place)?;
        let options = SqliteConnectOptions::new()
            .filename(&file)
            .journal_mode(SqliteJournalMode::Wal)
            .synchronous(SqliteSynchronous::Full)
            .busy_timeout(BUSY_TIMEOUT)
            .foreign_keys(true)
            .pragma("secure_delete", "on");
        let _alone = alone(folder).await?;
        let writer = SqlitePoolOptions::new()
            .max_connections(1)
            // A question before every question, to a file.
            .test_before_acquire(false)
            // Where the disk failed in the midst of a transaction SQLite has ended it by itself,
            // and sqlx never learns: such a connection would refuse every later one.
            .before_acquire(|connection, _| {
                let fresh = !connection.is_in_transaction();
                Box::pin(async move { Ok(fresh) })
            })
            .connect_with(options.clone().pragma("cache_size", CACHE))
            .await?;
        let opened = Self::set_up(&writer, folder, options, fresh_key).await;
        if opened.is_err() && ailment::unsynced() {
            std::mem::forget(writer);
        }
        owner::hand_over(folder).map_err(place)?;
        opened
    }

    async fn set_up(
        writer: &SqlitePool,
        folder: &Path,
        options: SqliteConnectOptions,
        fresh_key: [u8; 32],
    ) -> Result<Self> {
        let file = folder.join(FILE);
        migrator()
            .run(writer)
            .await
            .map_err(|source| match source {
                MigrateError::Execute(error) | MigrateError::ExecuteMigration(error, _) => {
                    error.into()
                }
                source => LedgerError::Schema { file, source },
            })?;
        let readers = SqlitePoolOptions::new()
            .max_connections(READERS_MAX)
            .test_before_acquire(false)
            .connect_with(
                options
                    .pragma("query_only", "on")
                    .pragma("cache_size", READER_CACHE),
            )
            .await?;
        let key = instance_key(writer, fresh_key).await?;
        Ok(Self {
            writer: writer.clone(),
            readers,
            folder: folder.to_owned(),
            key,
        })
    }

    /// Begins a write transaction.
    ///
    /// # Errors
    /// Another process kept the database busy for 20 s, or the disk failed; after a failed fsync
    /// always.
    pub async fn begin(&self) -> Result<Tx> {
        if ailment::unsynced() {
            return Err(LedgerError::Unsynced);
        }
        Ok(self.writer.begin_with("BEGIN IMMEDIATE").await?)
    }

    /// Begins a transaction that only reads: all of its questions see the ledger of one moment,
    /// whatever others commit meanwhile.
    ///
    /// # Errors
    /// The database failed.
    pub async fn snapshot(&self) -> Result<Tx> {
        Ok(self.readers.begin().await?)
    }

    /// How the write-ahead log stands now; none where that cannot be seen. It is another after
    /// every commit of any process, and costs no question to the database. Two commits within one
    /// tick of the file system's clock may look alike: a hint that saves questions, never the
    /// ground of a decision.
    #[must_use]
    pub fn written(&self) -> Option<Written> {
        let log = std::fs::metadata(self.folder.join(LOG)).ok()?;
        Some(Written::new(log.modified().ok()?, log.len()))
    }

    /// Gives back what the writer keeps at hand; it is read again when needed. No error: memory
    /// that stays is no fault.
    pub async fn rest(&self) {
        let shrunk = sqlx::query("PRAGMA shrink_memory").execute(&self.writer);
        if let Err(error) = shrunk.await {
            tracing::debug!(%error, "the ledger keeps its memory");
        }
    }

    /// The key of this ledger, from which tokens are made. It never leaves the process.
    #[must_use]
    pub fn instance_key(&self) -> &[u8; 32] {
        &self.key
    }

    fn file(&self) -> PathBuf {
        self.folder.join(FILE)
    }

    /// The state folder.
    #[must_use]
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// A named value of the ledger's own.
    ///
    /// # Errors
    /// The database failed.
    pub async fn meta(&self, name: &str) -> Result<Option<String>> {
        let row = sqlx::query("SELECT value FROM meta WHERE name = $1").bind(name);
        first(row.fetch_optional(&self.readers).await?.as_ref())
    }

    /// Brings the write-ahead log that an earlier process left into the database, synced: where
    /// that process ended because an fsync failed, the log may be only in memory.
    async fn secure_log(&self) -> Result<()> {
        if ailment::unsynced() {
            return Err(LedgerError::Unsynced);
        }
        sqlx::query("PRAGMA wal_checkpoint(PASSIVE)")
            .fetch_all(&self.writer)
            .await?;
        Ok(())
    }

    /// Closes the database, its write-ahead log folded in. Where the log cannot be folded in,
    /// nothing is lost: it is left to the next start, and closing does not try again, of whose
    /// second failure nobody would hear.
    ///
    /// # Errors
    /// An fsync failed, now or before.
    pub async fn close(&self) -> Result<()> {
        if let Err(error) = self.secure_log().await {
            std::mem::forget(self.clone());
            return if ailment::unsynced() {
                Err(error)
            } else {
                tracing::warn!(%error, "the write-ahead log stays as it is");
                Ok(())
            };
        }
        self.readers.close().await;
        self.writer.close().await;
        Ok(())
    }
}

/// Sets a named value.
///
/// # Errors
/// The database failed.
pub async fn set_meta(tx: &mut Tx, name: &str, value: &str) -> Result<()> {
    sqlx::query(
        "INSERT INTO meta (name, value) VALUES ($1, $2)
         ON CONFLICT (name) DO UPDATE SET value = excluded.value",
    )
    .bind(name)
    .bind(value)
    .execute(&mut **tx)
    .await?;
    Ok(())
}

/// The state folder, locked until dropped. A command may be typed while the service starts, and
/// neither the steps of a schema nor the first step to a write-ahead log wait for another process:
/// each would see the other's half, or end because the database is locked.
async fn alone(folder: &Path) -> Result<std::fs::File> {
    let owned = folder.to_owned();
    let locked = tokio::task::spawn_blocking(move || {
        let folder = std::fs::File::open(owned)?;
        folder.lock()?;
        Ok(folder)
    });
    let locked = locked.await.unwrap_or_else(|error| Err(error.into()));
    locked.map_err(|source| LedgerError::Folder {
        folder: folder.to_owned(),
        source,
    })
}

fn migrator() -> Migrator {
    let files = [
        ("spine", include_str!("../../migrations/0001_spine.sql")),
        ("backups", include_str!("../../migrations/0002_backups.sql")),
        ("office", include_str!("../../migrations/0003_office.sql")),
        (
            "unreplaced",
            include_str!("../../migrations/0004_unreplaced.sql"),
        ),
        (
            "told_matters",
            include_str!("../../migrations/0005_told_matters.sql"),
        ),
        ("mailbox", include_str!("../../migrations/0006_mailbox.sql")),
        ("people", include_str!("../../migrations/0007_people.sql")),
        ("indexes", include_str!("../../migrations/0008_indexes.sql")),
    ];
    let steps = (1..).zip(files).map(|(number, (name, sql))| {
        let sql = sqlx::SqlSafeStr::into_sql_str(sql);
        Migration::new(number, name.into(), MigrationType::Simple, sql, false)
    });
    Migrator::with_migrations(steps.collect())
}

async fn instance_key(writer: &SqlitePool, fresh: [u8; 32]) -> Result<[u8; 32]> {
    let hex = data_encoding::HEXLOWER.encode(&fresh);
    sqlx::query(
        "INSERT INTO meta (name, value) VALUES ('instance_key', $1) ON CONFLICT (name) DO NOTHING",
    )
    .bind(hex)
    .execute(writer)
    .await?;
    let value: String = sqlx::query("SELECT value FROM meta WHERE name = 'instance_key'")
        .fetch_one(writer)
        .await?
        .try_get(0)?;
    let altered = || LedgerError::Altered {
        table: "meta",
        id: "instance_key".into(),
        value: "a key of another form".into(),
    };
    let bytes = data_encoding::HEXLOWER
        .decode(value.as_bytes())
        .map_err(|_| altered())?;
    bytes.try_into().map_err(|_| altered())
}

/// What the rows say, or what is wrong with the first that cannot be read. `Row::get` would panic
/// there: a damaged database holds anything.
fn all<T, C: FromIterator<T>>(
    rows: &[SqliteRow],
    read: impl Fn(&SqliteRow) -> sqlx::Result<T>,
) -> Result<C> {
    Ok(rows.iter().map(read).collect::<sqlx::Result<C>>()?)
}

/// The first value of a row, where there is one.
fn first<'r, T>(row: Option<&'r SqliteRow>) -> Result<Option<T>>
where
    T: sqlx::Decode<'r, Sqlite> + sqlx::Type<Sqlite>,
{
    Ok(row.map(|row| row.try_get(0)).transpose()?)
}

/// A word of floor 0 out of a row.
fn word<T: std::str::FromStr>(table: &'static str, id: i64, value: &str) -> Result<T> {
    value.parse().map_err(|_| LedgerError::Altered {
        table,
        id: id.to_string(),
        value: value.chars().take(40).collect(),
    })
}

/// A time out of a row.
fn time(ms: i64) -> DateTime<Utc> {
    DateTime::from_timestamp_millis(ms).unwrap_or(DateTime::UNIX_EPOCH)
}

/// A time into a row.
fn ms(at: DateTime<Utc>) -> i64 {
    at.timestamp_millis()
}

#[cfg(test)]
mod tests {
    #[tokio::test(flavor = "multi_thread")]
    async fn who_opens_a_ledger_waits_for_who_is_opening_it() {
        let folder = tempfile::tempdir().expect("a folder");
        let other = super::alone(folder.path()).await.expect("the lock");
        let path = folder.path().to_owned();
        let opening = tokio::spawn(async move { super::Ledger::open(&path, [7; 32]).await });
        tokio::time::sleep(std::time::Duration::from_millis(500)).await;
        let begun = std::fs::metadata(folder.path().join(super::FILE));
        assert_eq!(begun.map_or(0, |file| file.len()), 0, "nothing is begun");
        drop(other);
        opening.await.expect("an end").expect("a ledger");
    }

    #[test]
    fn every_migration_of_the_folder_is_run() {
        let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/migrations");
        let mut files: Vec<String> = std::fs::read_dir(folder)
            .expect("the folder")
            .map(|entry| {
                entry
                    .expect("an entry")
                    .file_name()
                    .to_string_lossy()
                    .into()
            })
            .collect();
        files.sort();
        let known: Vec<String> = super::migrator()
            .iter()
            .map(|step| format!("{:04}_{}.sql", step.version, step.description))
            .collect();
        assert_eq!(known, files);
    }
}
