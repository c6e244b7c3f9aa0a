//! Owns what follows from mail that came back: each message is read once, what it says of a letter
//! goes on record with the note that it was read, in one transaction. It refuses to touch the
//! mailbox, and to do anything for a message that names no letter of the ledger's.

use chrono::{DateTime, Utc};

use crate::delivery::Class;
use crate::ledger::returns::{self, Letter};
use crate::ledger::{Ledger, LedgerError, Tx, confirmations};
use crate::mailbox::{Fault, Known, Mailbox, Mark, Message};
use crate::returned::{self, Ours, Reading};

/// Messages about no letter whose marks share a commit.
const MARKS_MAX: usize = 100;

/// Why the mailbox was not read to its end.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum CollectError {
    /// The ledger failed.
    #[error(transparent)]
    Ledger(#[from] LedgerError),
    /// The mailbox failed.
    #[error(transparent)]
    Mailbox(#[from] Fault),
}

/// The result of the step.
pub type Result<T> = std::result::Result<T, CollectError>;

/// A message that was read, and what followed.
#[derive(Clone, Debug)]
pub struct Collected {
    /// By what it is known in the mailbox.
    pub mark: String,
    /// What it says; its class is what was believed.
    pub reading: Reading,
    /// The token by which its letter was found.
    pub token: Option<String>,
    /// The letter.
    pub letter: Option<Letter>,
    /// It changed something: a letter came back, a document was confirmed.
    pub new: bool,
}

/// How many of what were read.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Tally {
    /// All of them.
    pub read: u64,
    /// Letters that came back for good, on record since now.
    pub returned: u64,
    /// Letters that were confirmed, on record since now.
    pub confirmed: u64,
    /// About no letter of ours.
    pub foreign: u64,
}

/// Reads what is new in a mailbox; `told` hears of each message. What was read before it failed is
/// on record.
///
/// # Errors
/// The mailbox or the ledger failed.
pub async fn collect(
    ledger: &Ledger,
    mailbox: &Mailbox,
    ours: &Ours,
    now: DateTime<Utc>,
    mut told: impl FnMut(Collected),
) -> Result<Tally> {
    let name = mailbox.name();
    let progress = ledger.mailbox_progress(&name).await?;
    let known = Known {
        validity: progress.validity,
        last: progress.last,
        files: progress.files,
        since: ledger.first_edition_at().await?,
    };
    let mut reader = mailbox.open(&known).await?;
    let (mut tally, mut unmarked) = (Tally::default(), Vec::new());
    let ended = loop {
        let message = match reader.next().await {
            Ok(Some(message)) => message,
            Ok(None) => break Ok(()),
            // What was read is on record all the same.
            Err(fault) => break Err(fault),
        };
        let mark = message.mark.clone();
        let reading = read(message, ours.clone()).await;
        tally.read += 1;
        let collected = if reading.tokens.is_empty() {
            unmarked.push(mark.clone());
            Some(of(&mark, reading.foreign_kept()))
        } else {
            flush(ledger, &name, &mut unmarked, now).await?;
            follow(ledger, &name, &mark, reading, now).await?
        };
        if unmarked.len() >= MARKS_MAX {
            flush(ledger, &name, &mut unmarked, now).await?;
        }
        let Some(collected) = collected else { continue };
        match collected.reading.class {
            Class::Hard => tally.returned += u64::from(collected.new),
            Class::Confirmation => tally.confirmed += u64::from(collected.new),
            Class::Foreign => tally.foreign += 1,
            _ => {}
        }
        told(collected);
    };
    flush(ledger, &name, &mut unmarked, now).await?;
    if !reader.gone().is_empty() {
        let mut tx = ledger.begin().await?;
        returns::forget_files(&mut tx, &name, reader.gone()).await?;
        tx.commit().await.map_err(LedgerError::from)?;
    }
    reader.close().await;
    ended?;
    Ok(tally)
}

/// Reads one message where nothing waits for it. One that breaks the reader is no message.
async fn read(message: Message, ours: Ours) -> Reading {
    let read = tokio::task::spawn_blocking(move || returned::read(&message.bytes, &ours)).await;
    read.unwrap_or_else(|error| {
        tracing::error!(%error, "a message broke its reader");
        Reading::unparseable()
    })
}

fn of(mark: &Mark, reading: Reading) -> Collected {
    Collected {
        mark: mark.to_string(),
        reading,
        token: None,
        letter: None,
        new: false,
    }
}

/// Notes that messages were read which nothing follows from.
async fn flush(
    ledger: &Ledger,
    mailbox: &str,
    marks: &mut Vec<Mark>,
    now: DateTime<Utc>,
) -> Result<()> {
    if marks.is_empty() {
        return Ok(());
    }
    let mut tx = ledger.begin().await?;
    for mark in marks.drain(..) {
        note_read(&mut tx, mailbox, &mark, now).await?;
    }
    tx.commit().await.map_err(LedgerError::from)?;
    Ok(())
}

async fn note_read(
    tx: &mut Tx,
    mailbox: &str,
    mark: &Mark,
    now: DateTime<Utc>,
) -> std::result::Result<bool, LedgerError> {
    match mark {
        Mark::Number { validity, uid } => {
            returns::mark_number(tx, mailbox, (*validity, *uid), now).await
        }
        Mark::File(name) => returns::mark_file(tx, mailbox, name).await,
    }
}

/// Does what follows from a message that may be about a letter. None where somebody else read it
/// meanwhile.
async fn follow(
    ledger: &Ledger,
    mailbox: &str,
    mark: &Mark,
    reading: Reading,
    now: DateTime<Utc>,
) -> Result<Option<Collected>> {
    let mut tx = ledger.begin().await?;
    if !note_read(&mut tx, mailbox, mark, now).await? {
        return Ok(None);
    }
    let mut collected = of(mark, reading);
    for token in &collected.reading.tokens {
        let token = token.to_ascii_lowercase();
        if let Some(letter) = returns::letter(&mut tx, &token).await? {
            (collected.token, collected.letter) = (Some(token), Some(letter));
            break;
        }
    }
    match (collected.token.clone(), collected.letter.clone()) {
        (Some(token), Some(letter)) => {
            act(&mut tx, &mut collected.reading, (&token, &letter), now)
                .await
                .map(|new| collected.new = new)?;
        }
        _ => collected.reading = collected.reading.foreign_kept(),
    }
    tx.commit().await.map_err(LedgerError::from)?;
    Ok(Some(collected))
}

/// True where something is on record that was not.
async fn act(
    tx: &mut Tx,
    reading: &mut Reading,
    (token, letter): (&str, &Letter),
    now: DateTime<Utc>,
) -> std::result::Result<bool, LedgerError> {
    let mut new = false;
    if reading.class == Class::Confirmation {
        let is_theirs = reading.from.as_deref() == Some(letter.address.to_lowercase().as_str());
        let confirmed = if is_theirs {
            confirmations::confirm_letter(tx, token, now).await?
        } else {
            None
        };
        match confirmed {
            Some(_) => new = true,
            // Somebody else's word, or one about a summary: for people.
            None => reading.class = Class::Reply,
        }
    }
    let status = reading.status.as_deref();
    let first = returns::note(tx, letter.delivery, (reading.class, status), now).await?;
    if reading.class == Class::Hard {
        let words = match status {
            Some(status) if !reading.words.contains(status) => {
                format!("{status} {}", reading.words)
            }
            _ => reading.words.clone(),
        };
        return returns::come_back(tx, letter, &words, now).await;
    }
    Ok(new && first)
}
