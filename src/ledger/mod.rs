//! Owns the database: the only SQL of phobien, its migrations, transactions and the delivery lock.
//! It refuses to know what is being decided; it keeps what it is told and answers what it has.

pub mod again;
mod ailment;
mod audit;
pub mod backup;
pub mod closing;
pub mod decisions;
pub mod deliveries;
pub mod documents;
pub mod editions;
pub mod events;
mod lock;
pub mod log;
pub mod matters;
pub mod outbox;
pub mod people;
pub mod purge;
pub mod recipients;
mod sightings;
pub mod slots;

pub use ailment::Ailment;
pub use audit::Audit;
pub use lock::{DeliveryLock, Holder};

use std::path::{Path, PathBuf};
use std::time::Duration;

use chrono::{DateTime, Utc};
use sqlx::migrate::{MigrateError, Migration, MigrationType, Migrator};
use sqlx::sqlite::{
    SqliteConnectOptions, SqliteJournalMode, SqlitePool, SqlitePoolOptions, SqliteSynchronous,
};
use sqlx::{Connection, Row, Sqlite, Transaction};

/// The database's name in the state folder.
const FILE: &str = "phobien.db";
/// How long a writer waits for another process' short transaction.
const BUSY_TIMEOUT: Duration = Duration::from_secs(20);
/// Readers at once; more would only wait for the same disk.
const READERS_MAX: u32 = 4;

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
        prepare(folder)?;
        let file = folder.join(FILE);
        let options = SqliteConnectOptions::new()
            .filename(&file)
            .create_if_missing(true)
            .journal_mode(SqliteJournalMode::Wal)
            .synchronous(SqliteSynchronous::Full)
            .busy_timeout(BUSY_TIMEOUT)
            .foreign_keys(true)
            .pragma("secure_delete", "on");
        let writer = SqlitePoolOptions::new()
            .max_connections(1)
            // Where the disk failed in the midst of a transaction SQLite has ended it by itself,
            // and sqlx never learns: such a connection would refuse every later one.
            .before_acquire(|connection, _| {
                let fresh = !connection.is_in_transaction();
                Box::pin(async move { Ok(fresh) })
            })
            .connect_with(options.clone())
            .await?;
        let opened = Self::set_up(&writer, folder, options, fresh_key).await;
        if opened.is_err() && ailment::unsynced() {
            std::mem::forget(writer);
        }
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
            .connect_with(options.pragma("query_only", "on"))
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
        Ok(row.fetch_optional(&self.readers).await?.map(|r| r.get(0)))
    }

    /// Brings the write-ahead log that an earlier process left into the database, synced: where
    /// that process ended because an fsync failed, the log may be only in memory.
    async fn secure_log(&self) -> Result<()> {
        sqlx::query("PRAGMA wal_checkpoint(PASSIVE)")
            .fetch_all(&self.writer)
            .await?;
        Ok(())
    }

    /// Closes the database, so that its write-ahead log is folded in. After a failed fsync it is
    /// left as it is: closing would sync again.
    pub async fn close(&self) {
        if ailment::unsynced() {
            std::mem::forget(self.clone());
            return;
        }
        self.readers.close().await;
        self.writer.close().await;
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

fn prepare(folder: &Path) -> Result<()> {
    use std::os::unix::fs::{DirBuilderExt, PermissionsExt};
    let fail = |source| LedgerError::Folder {
        folder: folder.to_owned(),
        source,
    };
    std::fs::DirBuilder::new()
        .recursive(true)
        .mode(0o700)
        .create(folder)
        .map_err(fail)?;
    // Membership is sensitive personal data: nobody else reads the state.
    let mode = std::fs::metadata(folder)
        .map_err(fail)?
        .permissions()
        .mode();
    if mode & 0o077 != 0 {
        std::fs::set_permissions(folder, std::fs::Permissions::from_mode(0o700)).map_err(fail)?;
    }
    Ok(())
}

fn migrator() -> Migrator {
    let step = |number, name: &'static str, sql: &'static str| {
        let sql = sqlx::SqlSafeStr::into_sql_str(sql);
        Migration::new(number, name.into(), MigrationType::Simple, sql, false)
    };
    Migrator::with_migrations(vec![
        step(1, "spine", include_str!("../../migrations/0001_spine.sql")),
        step(
            2,
            "backups",
            include_str!("../../migrations/0002_backups.sql"),
        ),
    ])
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
        .get(0);
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
