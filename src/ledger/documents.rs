//! Owns documents on record: versions, their bytes, what was seen in the folder.
//! It refuses to know how a document is judged.

use chrono::{DateTime, NaiveDate, Utc};
use sqlx::sqlite::SqliteRow;
use sqlx::{Row, query};

use super::{Ledger, LedgerError, Result, Tx, all, first, time, word};
use crate::document::{
    Disposition, DocumentId, Facts, Format, Reason, Secrecy, Sha256, Standing, TextSource,
};
use crate::organisation::Audience;
use crate::spelling;

/// A file as it was seen in the folder. For a file with a secrecy mark this is all that is kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sighting {
    /// Path below the folder, bytes that are no UTF-8 percent-encoded.
    pub path: String,
    /// Bytes.
    pub size: u64,
    /// Modification time, ns since 1970.
    pub modified_at: i64,
    /// Inode number.
    pub inode: u64,
    /// The name as shown.
    pub file: String,
    /// What it really is.
    pub format: Format,
    /// Its secrecy mark.
    pub secrecy: Option<Secrecy>,
    /// What is done with it.
    pub disposition: Disposition,
    /// Why.
    pub reason: Option<Reason>,
    /// One sentence about the reason.
    pub detail: Option<String>,
    /// The version it is, where one was recorded.
    pub document: Option<DocumentId>,
    /// A fingerprint of its sidecar file; a changed sidecar is read again.
    pub sidecar: Option<String>,
}

/// A version to be recorded.
#[derive(Clone, Debug)]
pub struct NewDocument {
    /// Canonical identity, where symbol and date are known.
    pub identity: Option<String>,
    /// The file's name as shown.
    pub file: String,
    /// The sub-folder it lay in.
    pub folder: Option<String>,
    /// What it really is.
    pub format: Format,
    /// Its pages.
    pub pages: Option<u32>,
    /// Bytes.
    pub size: u64,
    /// Of its bytes.
    pub sha256: Sha256,
    /// Of its normalised text.
    pub fingerprint: Option<Sha256>,
    /// What is known of it.
    pub facts: Facts,
    /// What the facts were read from.
    pub text_source: TextSource,
    /// Its text can be trusted for comparing versions.
    pub trusted: bool,
    /// What is done with it.
    pub disposition: Disposition,
    /// Why.
    pub reason: Option<Reason>,
    /// One sentence about the reason.
    pub detail: Option<String>,
    /// What became of it.
    pub standing: Standing,
    /// To whom it is addressed.
    pub audience: Audience,
    /// Until when it should have been studied.
    pub due_on: Option<NaiveDate>,
    /// The version it is a copy of.
    pub duplicate_of: Option<DocumentId>,
    /// The version it replaces.
    pub supersedes: Option<DocumentId>,
    /// The document it belongs to.
    pub annex_of: Option<DocumentId>,
}

/// A version on record.
#[derive(Clone, Debug)]
pub struct DocumentRow {
    /// Its id.
    pub id: DocumentId,
    /// The first version of its chain.
    pub chain: DocumentId,
    /// What was recorded, with later decisions applied.
    pub document: NewDocument,
    /// When it was first seen.
    pub first_seen_at: DateTime<Utc>,
    /// When it was accepted.
    pub accepted_at: Option<DateTime<Utc>>,
}

/// What comparing versions needs of a version on record.
#[derive(Clone, Debug)]
pub struct Version {
    /// Its id.
    pub id: DocumentId,
    /// Its file name.
    pub file: String,
    /// Canonical identity.
    pub identity: Option<String>,
    /// Of its bytes.
    pub sha256: String,
    /// Of its normalised text.
    pub fingerprint: Option<String>,
    /// Its text can be trusted.
    pub trusted: bool,
    /// Its own words say that it is the newer one.
    pub says_newer: bool,
    /// What became of it.
    pub standing: Standing,
    /// To whom it is addressed.
    pub audience: Audience,
}

/// The cover of bytes.
const COVER: &str = "SELECT png FROM covers WHERE sha256 = $1";

impl Ledger {
    /// Files that gave no version on record: refused, or secret.
    ///
    /// # Errors
    /// The database failed.
    pub async fn refused(&self) -> Result<Vec<Sighting>> {
        let rows = query(
            "SELECT path, size, modified_at, inode, file, format, secrecy, disposition, reason,
             detail, document_id, sidecar FROM sightings WHERE document_id IS NULL ORDER BY file",
        )
        .fetch_all(&self.readers)
        .await?;
        rows.iter().map(sighting).collect()
    }

    /// Versions that a new file must be compared with: equal bytes, equal text or equal identity
    /// but for the part, so that an annex finds its document and a document its annexes.
    ///
    /// # Errors
    /// The database failed.
    pub async fn versions(
        &self,
        sha256: Sha256,
        fingerprint: Option<Sha256>,
        identity: Option<&str>,
    ) -> Result<Vec<Version>> {
        let main = identity.map(crate::document::Identity::main_of);
        let rows = query(
            "SELECT id, file, identity, sha256, fingerprint, trusted, facts, standing, audience
             FROM documents WHERE sha256 = $1 OR identity = $2
             OR (identity > $3 AND identity < $4)
             OR (fingerprint = $5 AND identity IS NOT NULL) ORDER BY id",
        )
        .bind(sha256.to_string())
        .bind(main)
        // Between them lies whatever begins with the first: annexes.
        .bind(main.map(|main| format!("{main}|")))
        .bind(main.map(|main| format!("{main}}}")))
        .bind(fingerprint.map(|f| f.to_string()))
        .fetch_all(&self.readers)
        .await?;
        let version = |r: &SqliteRow| {
            let id: i64 = r.try_get(0)?;
            Ok(Version {
                id: DocumentId(id),
                file: r.try_get(1)?,
                identity: r.try_get(2)?,
                sha256: r.try_get(3)?,
                fingerprint: r.try_get(4)?,
                trusted: r.try_get(5)?,
                says_newer: facts(id, r.try_get(6)?)?.says_newer,
                standing: word("documents", id, r.try_get(7)?)?,
                audience: Audience::parse(r.try_get(8)?),
            })
        };
        rows.iter().map(version).collect()
    }

    /// Every version on record, newest first.
    ///
    /// # Errors
    /// The database failed.
    pub async fn documents(&self) -> Result<Vec<DocumentRow>> {
        let rows = query(LIST).fetch_all(&self.readers).await?;
        rows.iter().map(document).collect()
    }

    /// One version on record.
    ///
    /// # Errors
    /// The database failed.
    pub async fn document(&self, id: DocumentId) -> Result<Option<DocumentRow>> {
        let row = query("SELECT * FROM documents WHERE id = $1")
            .bind(id.0)
            .fetch_optional(&self.readers)
            .await?;
        row.as_ref().map(document).transpose()
    }

    /// How many versions are accepted.
    ///
    /// # Errors
    /// The database failed.
    pub async fn accepted(&self) -> Result<u64> {
        let row = query("SELECT COUNT(*) FROM documents WHERE standing = 'accepted'")
            .fetch_one(&self.readers)
            .await?;
        Ok(row.try_get::<i64, _>(0)?.cast_unsigned())
    }

    /// Versions that wait for a person, oldest first.
    ///
    /// # Errors
    /// The database failed.
    pub async fn waiting(&self) -> Result<Vec<DocumentRow>> {
        let rows = query("SELECT * FROM documents WHERE standing = 'waiting' ORDER BY id")
            .fetch_all(&self.readers)
            .await?;
        rows.iter().map(document).collect()
    }

    /// Where in the folder each version was seen: version and path.
    ///
    /// # Errors
    /// The database failed.
    pub async fn places(&self) -> Result<Vec<(DocumentId, String)>> {
        let rows = query(
            "SELECT document_id, path FROM sightings WHERE document_id IS NOT NULL ORDER BY path",
        )
        .fetch_all(&self.readers)
        .await?;
        all(&rows, |r| Ok((DocumentId(r.try_get(0)?), r.try_get(1)?)))
    }

    /// The newest version that was accepted under a file's name in a folder, whatever stands now.
    ///
    /// # Errors
    /// The database failed.
    pub async fn accepted_as(
        &self,
        file: &str,
        folder: Option<&str>,
    ) -> Result<Option<DocumentId>> {
        let row = query(
            "SELECT id FROM documents WHERE file = $1 AND folder IS NOT DISTINCT FROM $2
             AND (accepted_at IS NOT NULL OR standing = 'known') ORDER BY id DESC LIMIT 1",
        )
        .bind(file)
        .bind(folder)
        .fetch_optional(&self.readers)
        .await?;
        Ok(first(row.as_ref())?.map(DocumentId))
    }

    /// Versions that a person means by an id (`d-…`), a file name, or `SYMBOL[@YYYY-MM-DD]`.
    /// Several answers mean that the text is ambiguous.
    ///
    /// # Errors
    /// The database failed.
    pub async fn find_documents(&self, text: &str) -> Result<Vec<DocumentRow>> {
        let text = spelling::line(text);
        if let Ok(id) = text.parse::<DocumentId>() {
            return Ok(self.document(id).await?.into_iter().collect());
        }
        let (symbol, date) = match text.split_once('@') {
            Some((symbol, date)) => (symbol, date.parse::<NaiveDate>().ok()),
            None => (text.as_str(), None),
        };
        let key = crate::document::Symbol::parse(symbol).map(|s| s.key());
        let means = |d: &DocumentRow| {
            let symbol = d.document.facts.symbol.as_ref().map(|f| f.value.key());
            let on = d.document.facts.issued_on.as_ref().map(|f| f.value);
            let by_symbol = key.is_some() && symbol == key && (date.is_none() || on == date);
            by_symbol || d.document.file == text
        };
        let mut found: Vec<_> = self.documents().await?.into_iter().filter(means).collect();
        // An annex bears its document's symbol, and is meant only by id or file.
        let main = |d: &DocumentRow| d.document.annex_of.is_none() || d.document.file == text;
        if found.iter().any(main) {
            found.retain(main);
        }
        // A copy or an old version is meant only where nothing else is.
        let live = |d: &DocumentRow| {
            !matches!(
                d.document.standing,
                Standing::Duplicate | Standing::Superseded
            )
        };
        if found.iter().any(live) && date.is_none() {
            found.retain(live);
        }
        Ok(found)
    }

    /// Where in the folder files with these bytes were seen.
    ///
    /// # Errors
    /// The database failed.
    pub async fn places_of(&self, sha256: Sha256) -> Result<Vec<String>> {
        let rows = query(
            "SELECT s.path FROM sightings s JOIN documents o ON o.id = s.document_id
             WHERE o.sha256 = $1",
        )
        .bind(sha256.to_string())
        .fetch_all(&self.readers)
        .await?;
        all(&rows, |r| r.try_get(0))
    }

    /// Page 1 of a stored version as a small PNG, where it has one.
    ///
    /// # Errors
    /// The database failed.
    pub async fn cover(&self, sha256: Sha256) -> Result<Option<Vec<u8>>> {
        let row = query(COVER).bind(sha256.to_string());
        let row = row.fetch_optional(&self.readers).await?;
        first(row.as_ref())
    }

    /// True where the bytes of a version are stored and its cover is not.
    ///
    /// # Errors
    /// The database failed.
    pub async fn lacks_cover(&self, sha256: Sha256) -> Result<bool> {
        let row = query(
            "SELECT 1 FROM blobs b LEFT JOIN covers c ON c.sha256 = b.sha256
             WHERE b.sha256 = $1 AND c.sha256 IS NULL",
        )
        .bind(sha256.to_string())
        .fetch_optional(&self.readers)
        .await?;
        Ok(row.is_some())
    }

    /// The bytes of a version, checked against their hash: SQLite has no page checksums.
    ///
    /// # Errors
    /// The database failed, or the bytes are not what was accepted.
    pub async fn blob(&self, sha256: Sha256) -> Result<Option<Vec<u8>>> {
        let row = query("SELECT bytes FROM blobs WHERE sha256 = $1")
            .bind(sha256.to_string())
            .fetch_optional(&self.readers)
            .await?;
        let Some(bytes) = first::<Vec<u8>>(row.as_ref())? else {
            return Ok(None);
        };
        if Sha256::of(&bytes) == sha256 {
            Ok(Some(bytes))
        } else {
            let value = "bytes that do not match their hash".to_owned();
            Err(LedgerError::Altered {
                table: "blobs",
                id: sha256.to_string(),
                value,
            })
        }
    }
}

/// The query of [`Ledger::documents`].
const LIST: &str = "SELECT id, chain, identity, file, folder, format, pages, size, sha256,
    fingerprint, facts, text_source, trusted, disposition, reason, detail, standing, audience,
    due_on, duplicate_of, supersedes, annex_of, first_seen_at, accepted_at
    FROM documents ORDER BY id DESC";

/// A version out of a row of [`LIST`].
pub(super) fn document(r: &SqliteRow) -> Result<DocumentRow> {
    let id: i64 = r.try_get("id")?;
    let optional =
        |name: &str| -> Result<_> { Ok(r.try_get::<Option<i64>, _>(name)?.map(DocumentId)) };
    let reason: Option<&str> = r.try_get("reason")?;
    let due: Option<&str> = r.try_get("due_on")?;
    Ok(DocumentRow {
        id: DocumentId(id),
        chain: DocumentId(r.try_get("chain")?),
        document: NewDocument {
            identity: r.try_get("identity")?,
            file: r.try_get("file")?,
            folder: r.try_get("folder")?,
            format: word("documents", id, r.try_get("format")?)?,
            pages: r
                .try_get::<Option<i64>, _>("pages")?
                .and_then(|n| u32::try_from(n).ok()),
            size: r.try_get::<i64, _>("size")?.cast_unsigned(),
            sha256: digest(id, r.try_get("sha256")?)?,
            fingerprint: r
                .try_get::<Option<&str>, _>("fingerprint")?
                .map(|f| digest(id, f))
                .transpose()?,
            facts: facts(id, r.try_get("facts")?)?,
            text_source: word("documents", id, r.try_get("text_source")?)?,
            trusted: r.try_get("trusted")?,
            disposition: word("documents", id, r.try_get("disposition")?)?,
            reason: reason.map(|w| word("documents", id, w)).transpose()?,
            detail: r.try_get("detail")?,
            standing: word("documents", id, r.try_get("standing")?)?,
            audience: Audience::parse(r.try_get("audience")?),
            due_on: due.and_then(|d| d.parse().ok()),
            duplicate_of: optional("duplicate_of")?,
            supersedes: optional("supersedes")?,
            annex_of: optional("annex_of")?,
        },
        first_seen_at: time(r.try_get("first_seen_at")?),
        accepted_at: r.try_get::<Option<i64>, _>("accepted_at")?.map(time),
    })
}

fn sighting(r: &SqliteRow) -> Result<Sighting> {
    let read = |name: &str| r.try_get::<Option<&str>, _>(name);
    Ok(Sighting {
        path: r.try_get("path")?,
        size: r.try_get::<i64, _>("size")?.cast_unsigned(),
        modified_at: r.try_get("modified_at")?,
        inode: r.try_get::<i64, _>("inode")?.cast_unsigned(),
        file: r.try_get("file")?,
        format: word("sightings", 0, r.try_get("format")?)?,
        secrecy: read("secrecy")?
            .map(|w| word("sightings", 0, w))
            .transpose()?,
        disposition: word("sightings", 0, r.try_get("disposition")?)?,
        reason: read("reason")?
            .map(|w| word("sightings", 0, w))
            .transpose()?,
        detail: r.try_get("detail")?,
        document: r.try_get::<Option<i64>, _>("document_id")?.map(DocumentId),
        sidecar: r.try_get("sidecar")?,
    })
}

fn facts(id: i64, json: &str) -> Result<Facts> {
    serde_json::from_str(json).map_err(|_| altered(id, json))
}

fn digest(id: i64, hex: &str) -> Result<Sha256> {
    let bytes = data_encoding::HEXLOWER
        .decode(hex.as_bytes())
        .map_err(|_| altered(id, hex))?;
    Ok(Sha256(bytes.try_into().map_err(|_| altered(id, hex))?))
}

fn altered(id: i64, value: &str) -> LedgerError {
    let value = value.chars().take(40).collect();
    LedgerError::Altered {
        table: "documents",
        id: id.to_string(),
        value,
    }
}

/// Page 1 of a stored version, as [`Ledger::cover`].
///
/// # Errors
/// The database failed.
pub async fn cover(tx: &mut Tx, sha256: Sha256) -> Result<Option<Vec<u8>>> {
    let row = query(COVER).bind(sha256.to_string());
    let row = row.fetch_optional(&mut **tx).await?;
    first(row.as_ref())
}
