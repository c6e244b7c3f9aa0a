//! Owns what was seen where in the folder, as far as it tells one state of a file from another. It
//! refuses to know what was made of a file.

use std::collections::HashSet;
use std::hash::Hash;

use futures_util::TryStreamExt;
use sqlx::sqlite::SqliteRow;
use sqlx::{Row, query};

use super::{Ledger, LedgerError, Result, first};

impl Ledger {
    /// What `key` makes of every sighting's path, size, modification time, inode and sidecar.
    ///
    /// # Errors
    /// The database failed.
    pub async fn stamps<K: Eq + Hash>(
        &self,
        key: fn(&str, u64, i64, u64, Option<&str>) -> K,
    ) -> Result<HashSet<K>> {
        let stamp = |r: &SqliteRow| -> sqlx::Result<K> {
            let (size, inode): (i64, i64) = (r.try_get(1)?, r.try_get(3)?);
            let sidecar = r.try_get::<Option<&str>, _>(4)?;
            Ok(key(
                r.try_get(0)?,
                size.cast_unsigned(),
                r.try_get(2)?,
                inode.cast_unsigned(),
                sidecar,
            ))
        };
        // Row by row: a row weighs several times what is kept of it.
        query("SELECT path, size, modified_at, inode, sidecar FROM sightings")
            .fetch(&self.readers)
            .and_then(async |row| stamp(&row))
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
        Ok(first(row.as_ref())?.flatten())
    }
}
