//! Owns what was seen where in the folder, as far as it tells one state of a file from another. It
//! refuses to know what was made of a file.

use std::collections::HashSet;
use std::hash::Hash;

use futures_util::TryStreamExt;
use sqlx::sqlite::SqliteRow;
use sqlx::{Row, query};

use super::{Ledger, LedgerError, Result};

impl Ledger {
    /// What `key` makes of every sighting's path, size, modification time, inode and sidecar.
    ///
    /// # Errors
    /// The database failed.
    pub async fn stamps<K: Eq + Hash>(
        &self,
        key: fn(&str, u64, i64, u64, Option<&str>) -> K,
    ) -> Result<HashSet<K>> {
        let stamp = |r: &SqliteRow| {
            let (size, inode): (i64, i64) = (r.get(1), r.get(3));
            let sidecar = r.get::<Option<&str>, _>(4);
            key(
                r.get(0),
                size.cast_unsigned(),
                r.get(2),
                inode.cast_unsigned(),
                sidecar,
            )
        };
        // Row by row: a row weighs several times what is kept of it.
        query("SELECT path, size, modified_at, inode, sidecar FROM sightings")
            .fetch(&self.readers)
            .map_ok(|row| stamp(&row))
            .try_collect()
            .await
            .map_err(LedgerError::from)
    }

    /// What lay beside the file at `path` when it was last seen.
    ///
    /// # Errors
    /// The database failed.
    pub async fn sidecar_of(&self, path: &str) -> Result<Option<String>> {
        let row = query("SELECT sidecar FROM sightings WHERE path = $1")
            .bind(path)
            .fetch_optional(&self.readers)
            .await?;
        Ok(row.and_then(|r| r.get(0)))
    }
}
