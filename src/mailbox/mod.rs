//! Owns the reading of the office's mailbox, over IMAP or in a Maildir: what came since the last
//! look, each message once, bounded. It refuses to change anything there, to know what a message
//! means, and to know the ledger.

mod imap;
mod maildir;

use std::collections::HashSet;
use std::fmt;
use std::path::PathBuf;
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use chrono::{DateTime, Utc};
use secrecy::SecretString;
use tokio::io::{AsyncRead, AsyncWrite};

/// Bytes in both directions.
pub trait Duplex: AsyncRead + AsyncWrite + fmt::Debug + Send + Unpin {}

impl<T: AsyncRead + AsyncWrite + fmt::Debug + Send + Unpin> Duplex for T {}

/// A connection to the mailbox's server, secured as it has to be.
pub type Stream = Box<dyn Duplex>;

/// A connection being made; the words say why there is none.
pub type Dialling = Pin<Box<dyn Future<Output = Result<Stream, String>> + Send>>;

/// Makes connections to the mailbox's server.
pub type Dial = Arc<dyn Fn() -> Dialling + Send + Sync>;

/// Why the mailbox cannot be read.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Fault {
    /// There is no connection.
    #[error("the mailbox's server cannot be reached: {0}")]
    Unreached(String),
    /// It does not let us in.
    #[error(
        "the mailbox's server refuses the login of {user} ({said}); look at [mailbox] username \
         and the password"
    )]
    Login {
        /// Who wanted in.
        user: String,
        /// What it said.
        said: String,
    },
    /// It refuses a command.
    #[error("the mailbox's server refuses {command}: {said}")]
    Refused {
        /// Which.
        command: &'static str,
        /// What it said.
        said: String,
    },
    /// It said nothing.
    #[error("the mailbox's server did not answer {command} for {} s", .waited.as_secs())]
    Silent {
        /// To what.
        command: &'static str,
        /// For how long.
        waited: Duration,
    },
    /// What it said cannot be understood, or the connection broke.
    #[error("the mailbox's server cannot be understood at {command}: {why}")]
    Garbled {
        /// At which command.
        command: &'static str,
        /// Why, without a word of what it said.
        why: String,
    },
    /// The folder is no Maildir, or may not be read.
    #[error("[mailbox] url: the Maildir {}: {why}", folder.display())]
    Maildir {
        /// The folder.
        folder: PathBuf,
        /// What is wrong with it.
        why: String,
    },
}

/// What was read before, as far as it is to be known again.
#[derive(Clone, Debug, Default)]
pub struct Known {
    /// Over IMAP: under which validity the last number counts.
    pub validity: u32,
    /// Over IMAP: the number of the last message.
    pub last: u32,
    /// In a Maildir: the files.
    pub files: HashSet<String>,
    /// Nothing older can be about a letter of ours.
    pub since: Option<DateTime<Utc>>,
}

/// By what a message is known again.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Mark {
    /// Its number (RFC 3501 §2.3.1.1).
    Number {
        /// Under which validity.
        validity: u32,
        /// The number.
        uid: u32,
    },
    /// Its file, without what says how it was looked at.
    File(String),
}

impl fmt::Display for Mark {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Number { uid, .. } => uid.fmt(f),
            Self::File(name) => name.fmt(f),
        }
    }
}

/// A message, its first [`crate::returned::BYTES_MAX`] bytes.
#[derive(Clone, Debug)]
pub struct Message {
    /// By what it is known again.
    pub mark: Mark,
    /// The bytes.
    pub bytes: Vec<u8>,
}

/// An account on an IMAP server.
#[derive(Clone)]
pub struct Account {
    /// How it is called on record: host, port and user.
    pub name: String,
    /// Who logs in.
    pub user: String,
    /// With what.
    pub password: SecretString,
    /// Makes connections.
    pub dial: Dial,
    /// How long any answer may take.
    pub timeout: Duration,
}

/// Where mail comes back to.
#[derive(Clone)]
pub enum Mailbox {
    /// INBOX of an account.
    Imap(Account),
    /// A Maildir on this machine.
    Maildir(PathBuf),
}

impl Mailbox {
    /// How it is called on record.
    #[must_use]
    pub fn name(&self) -> String {
        match self {
            Self::Imap(account) => account.name.clone(),
            Self::Maildir(folder) => format!("maildir:{}", folder.display()),
        }
    }

    /// Opens it for reading what is not known.
    ///
    /// # Errors
    /// Why it cannot be read.
    pub async fn open(&self, known: &Known) -> Result<Reader, Fault> {
        Ok(Reader(match self {
            Self::Imap(account) => Open::Imap(Box::new(imap::Reader::open(account, known).await?)),
            Self::Maildir(folder) => Open::Maildir(maildir::Reader::open(folder, known).await?),
        }))
    }
}

/// The new messages of a mailbox, oldest first.
pub struct Reader(Open);

enum Open {
    Imap(Box<imap::Reader>),
    Maildir(maildir::Reader),
}

impl Reader {
    /// The next message; none at the end.
    ///
    /// # Errors
    /// Why it cannot be read.
    pub async fn next(&mut self) -> Result<Option<Message>, Fault> {
        match &mut self.0 {
            Open::Imap(reader) => reader.next().await,
            Open::Maildir(reader) => reader.next().await,
        }
    }

    /// Files that are known and lie there no more.
    #[must_use]
    pub fn gone(&self) -> &[String] {
        match &self.0 {
            Open::Imap(_) => &[],
            Open::Maildir(reader) => &reader.gone,
        }
    }

    /// Says goodbye; nothing depends on it.
    pub async fn close(self) {
        if let Open::Imap(reader) = self.0 {
            reader.close().await;
        }
    }
}
