//! Owns how far the mailbox was read and what came back for which letter. It refuses to keep a word
//! of what was written, and to know what a message means.

use std::collections::HashSet;

use chrono::{DateTime, Utc};
use sqlx::{Row, query};

use super::matters::Matter;
use super::{Ledger, Result, Tx, all, ms, time, word};
use crate::delivery::Class;
use crate::document::DocumentId;
use crate::edition::EditionId;
use crate::organisation::RecipientKind;

/// How far a mailbox was read.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Progress {
    /// Under which validity the last number counts.
    pub validity: u32,
    /// The number of the last message.
    pub last: u32,
    /// The files that were read.
    pub files: HashSet<String>,
}

/// A letter that something came back for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Letter {
    /// Its delivery.
    pub delivery: i64,
    /// Its edition.
    pub edition: EditionId,
    /// Where it went.
    pub address: String,
    /// To whom.
    pub kind: RecipientKind,
    /// What it carried, in order.
    pub documents: Vec<DocumentId>,
}

impl Ledger {
    /// How far a mailbox was read.
    ///
    /// # Errors
    /// The database failed.
    pub async fn mailbox_progress(&self, mailbox: &str) -> Result<Progress> {
        let numbers = query("SELECT validity, last_uid FROM mailboxes WHERE name = $1")
            .bind(mailbox)
            .fetch_optional(&self.readers)
            .await?;
        let number = |at: usize| {
            let found = numbers.as_ref().map(|row| row.try_get::<i64, _>(at));
            found
                .transpose()
                .map(|n| u32::try_from(n.unwrap_or(0)).unwrap_or(0))
        };
        let files = query("SELECT file FROM mailbox_files WHERE mailbox = $1")
            .bind(mailbox)
            .fetch_all(&self.readers)
            .await?;
        Ok(Progress {
            validity: number(0)?,
            last: number(1)?,
            files: all(&files, |row| row.try_get(0))?,
        })
    }

    /// When the first edition was made: nothing that came before is about a letter.
    ///
    /// # Errors
    /// The database failed.
    pub async fn first_edition_at(&self) -> Result<Option<DateTime<Utc>>> {
        let row = query("SELECT MIN(created_at) FROM editions")
            .fetch_one(&self.readers)
            .await?;
        Ok(row.try_get::<Option<i64>, _>(0)?.map(time))
    }

    /// Addresses of members and branches from which a letter came back for good, and to which none
    /// went since; those that are held are told of elsewhere.
    ///
    /// # Errors
    /// The database failed.
    pub async fn returned_addresses(&self) -> Result<Option<Matter>> {
        self.matter(
            "SELECT COUNT(DISTINCT d.address), MIN(r.at) FROM returns r
             JOIN deliveries d ON d.id = r.delivery_id AND d.state = 'bounced'
             WHERE r.class = 'hard' AND d.recipient_kind <> 'office'
             AND (EXISTS (SELECT 1 FROM members m
                    WHERE m.address = d.address AND m.left_at IS NULL)
                OR EXISTS (SELECT 1 FROM branches b
                    WHERE b.mailbox = d.address AND b.left_at IS NULL))
             AND NOT EXISTS (SELECT 1 FROM addresses a
                WHERE a.address = d.address AND a.held_at IS NOT NULL)
             AND NOT EXISTS (SELECT 1 FROM deliveries l
                WHERE l.address = d.address AND l.id > d.id AND l.state = 'sent')",
        )
        .await
    }
}

/// Notes that the message of a number was read. False where it was before, by whomever.
///
/// # Errors
/// The database failed.
pub async fn mark_number(
    tx: &mut Tx,
    mailbox: &str,
    (validity, uid): (u32, u32),
    now: DateTime<Utc>,
) -> Result<bool> {
    let done = query(
        "INSERT INTO mailboxes (name, validity, last_uid, read_at) VALUES ($1, $2, $3, $4)
         ON CONFLICT (name) DO UPDATE SET validity = excluded.validity,
         last_uid = excluded.last_uid, read_at = excluded.read_at
         WHERE mailboxes.validity <> excluded.validity
         OR mailboxes.last_uid < excluded.last_uid",
    )
    .bind(mailbox)
    .bind(i64::from(validity))
    .bind(i64::from(uid))
    .bind(ms(now))
    .execute(&mut **tx)
    .await?;
    Ok(done.rows_affected() > 0)
}

/// Notes that a file was read. False where it was before, by whomever.
///
/// # Errors
/// The database failed.
pub async fn mark_file(tx: &mut Tx, mailbox: &str, file: &str) -> Result<bool> {
    let done = query(
        "INSERT INTO mailbox_files (mailbox, file) VALUES ($1, $2)
         ON CONFLICT (mailbox, file) DO NOTHING",
    )
    .bind(mailbox)
    .bind(file)
    .execute(&mut **tx)
    .await?;
    Ok(done.rows_affected() > 0)
}

/// Forgets files that lie in the mailbox no more.
///
/// # Errors
/// The database failed.
pub async fn forget_files(tx: &mut Tx, mailbox: &str, files: &[String]) -> Result<()> {
    for file in files {
        query("DELETE FROM mailbox_files WHERE mailbox = $1 AND file = $2")
            .bind(mailbox)
            .bind(file)
            .execute(&mut **tx)
            .await?;
    }
    Ok(())
}

/// The letter of a token.
///
/// # Errors
/// The database failed.
pub async fn letter(tx: &mut Tx, token: &str) -> Result<Option<Letter>> {
    let row = query(
        "SELECT id, edition_id, address, recipient_kind, bundle_id FROM deliveries
         WHERE token = $1",
    )
    .bind(token)
    .fetch_optional(&mut **tx)
    .await?;
    let Some(row) = row else { return Ok(None) };
    let delivery = row.try_get(0)?;
    let documents =
        query("SELECT document_id FROM bundle_documents WHERE bundle_id = $1 ORDER BY position")
            .bind(row.try_get::<i64, _>(4)?)
            .fetch_all(&mut **tx)
            .await?;
    Ok(Some(Letter {
        delivery,
        edition: EditionId(row.try_get(1)?),
        address: row.try_get(2)?,
        kind: word("deliveries", delivery, row.try_get(3)?)?,
        documents: all(&documents, |row| Ok(DocumentId(row.try_get(0)?)))?,
    }))
}

/// Notes what came back for a letter; the first of a kind counts. False where one was on record.
///
/// # Errors
/// The database failed.
pub async fn note(
    tx: &mut Tx,
    delivery: i64,
    (class, status): (Class, Option<&str>),
    now: DateTime<Utc>,
) -> Result<bool> {
    let done = query(
        "INSERT INTO returns (delivery_id, class, status, at) VALUES ($1, $2, $3, $4)
         ON CONFLICT (delivery_id, class) DO NOTHING",
    )
    .bind(delivery)
    .bind(class.word())
    .bind(status)
    .bind(ms(now))
    .execute(&mut **tx)
    .await?;
    Ok(done.rows_affected() > 0)
}

/// A letter came back for good: it covers nothing any more, so that what it carried is owed again,
/// and it counts towards holding its address. False where the letter cannot have come back: it
/// never went, or it came back before.
///
/// # Errors
/// The database failed.
pub async fn come_back(
    tx: &mut Tx,
    letter: &Letter,
    words: &str,
    now: DateTime<Utc>,
) -> Result<bool> {
    if !super::closing::come_back(tx, letter.delivery, words, now).await? {
        return Ok(false);
    }
    super::deliveries::count_hard_failure(tx, &letter.address, letter.edition, now).await?;
    Ok(true)
}
