//! Owns the wire: the only SMTP of phobien, from connecting to what the reply to the final dot
//! means, and the Maildir that can stand in for it. It refuses to know the ledger, rates and
//! retries; whoever calls it has durably marked the delivery as being sent before.
//!
//! [`Courier::connect`] gives a [`Link`], [`Link::deliver`] an [`Outcome`]. One link serves one
//! delivery at a time and as many after each other as it stays usable; after any error, timeout
//! or cancelled call it never is again.

use std::fmt;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use secrecy::SecretString;

use crate::config::{Smtp, Transport};
use crate::delivery::{Outcome, Reply, Trouble};

mod capabilities;
mod certificate;
mod envelope;
mod judge;
mod login;
mod maildir;
mod network;
mod piece;
mod reach;
mod reply;
mod server;
mod session;
mod slice;
mod wire;

pub use envelope::Envelope;
pub use network::{Dialling, Duplex, Network, Raw};
pub use piece::{Letter, Piece, PieceFault};
pub use reach::reach;
pub use reply::{Malformed, REPLY_BYTES_MAX, REPLY_LINES_MAX, Replies, WireReply};

use judge::Stage;
use login::Account;
use maildir::Maildir;
use server::{Server, Wanted};
use session::Session;

/// How long a goodbye may take; nothing depends on it.
const QUIT: Duration = Duration::from_secs(2);

/// What is wrong with the set-up, found before anything is sent.
#[derive(Debug, thiserror::Error)]
pub enum Fault {
    /// `[smtp] ca_file` cannot be used.
    #[error("[smtp] ca_file {}: {why}", file.display())]
    CaFile {
        /// The file.
        file: PathBuf,
        /// What is wrong with it.
        why: String,
    },
    /// No certificate authority to check the server by.
    #[error("the system has no root certificates and [smtp] ca_file is not set")]
    NoRoots,
    /// The server's name cannot stand in a certificate.
    #[error("[smtp] url: {0:?} is no name of a server")]
    ServerName(String),
    /// Our own name cannot stand in EHLO.
    #[error("{0:?} cannot be said as this machine's name in EHLO")]
    LocalName(String),
    /// `[smtp] username` without a password.
    #[error("[smtp] username needs password_file or the credential smtp-password")]
    Password,
    /// TLS cannot be set up.
    #[error("TLS: {0}")]
    Tls(String),
}

/// Why there is no link.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum NoLink {
    /// For now: the network, the server.
    Trouble(Trouble),
    /// Until a person acts: certificate, STARTTLS, login. Never fall back to anything.
    Barred(String),
    /// Too many connections, or too much mail.
    TooMuch(Reply),
}

impl NoLink {
    fn protocol(words: &str) -> Self {
        Self::Trouble(Trouble::Protocol(words.to_owned()))
    }

    /// A reply was there before anything was asked.
    fn unasked(stage: Stage) -> Self {
        Self::protocol(&format!(
            "a reply that nobody asked for, before {}",
            stage.word()
        ))
    }
}

impl From<Trouble> for NoLink {
    fn from(trouble: Trouble) -> Self {
        Self::Trouble(trouble)
    }
}

impl From<NoLink> for Outcome {
    fn from(none: NoLink) -> Self {
        match none {
            NoLink::Trouble(trouble) => Self::Trouble(trouble),
            NoLink::Barred(words) => Self::Barred(words),
            NoLink::TooMuch(reply) => Self::TooMuch(reply),
        }
    }
}

impl From<Outcome> for NoLink {
    /// What a judge of a stage without a recipient says; a word about a recipient has no place
    /// there.
    fn from(outcome: Outcome) -> Self {
        match outcome {
            Outcome::Trouble(trouble) => Self::Trouble(trouble),
            Outcome::Barred(words) => Self::Barred(words),
            Outcome::TooMuch(reply) => Self::TooMuch(reply),
            Outcome::Sent(reply) | Outcome::Deferred(reply) | Outcome::Refused(reply) => {
                Self::protocol(&format!("out of place: {}", reply.code))
            }
            Outcome::Unknown(doubt) => Self::protocol(&doubt.to_string()),
        }
    }
}

impl fmt::Display for NoLink {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Trouble(trouble) => trouble.fmt(f),
            Self::Barred(words) => f.write_str(words),
            Self::TooMuch(reply) => write!(f, "too much: {reply}"),
        }
    }
}

impl std::error::Error for NoLink {}

/// Where letters go. Cheap to share; connections are the caller's to count.
#[derive(Clone)]
pub struct Courier(Way);

#[derive(Clone)]
enum Way {
    Smtp(Arc<Server>),
    Maildir(Maildir),
}

impl Courier {
    /// A courier as configured. `password` belongs to `[smtp] username`; `local_name` is what
    /// EHLO says: a host name, or an address literal in brackets (RFC 5321 §4.1.3). Reads the
    /// system's root certificates and `ca_file`; connects nowhere.
    ///
    /// # Errors
    /// What is wrong with the set-up.
    pub fn new(
        smtp: &Smtp,
        password: Option<SecretString>,
        local_name: &str,
    ) -> Result<Self, Fault> {
        Self::over(Network::Tcp, smtp, password, local_name)
    }

    /// The same over a network of the caller's.
    ///
    /// # Errors
    /// What is wrong with the set-up.
    pub fn over(
        network: Network,
        smtp: &Smtp,
        password: Option<SecretString>,
        local_name: &str,
    ) -> Result<Self, Fault> {
        let (host, port, security) = match &smtp.transport {
            Transport::Maildir(root) => {
                return Ok(Self(Way::Maildir(Maildir { root: root.clone() })));
            }
            Transport::Smtp {
                host,
                port,
                security,
            } => (host, *port, *security),
        };
        let account = match (&smtp.username, password) {
            (None, _) => None,
            (Some(_), None) => return Err(Fault::Password),
            (Some(username), Some(password)) => Some(Account {
                username: username.clone(),
                password,
            }),
        };
        let server = Server::new(Wanted {
            network,
            host,
            port,
            security,
            ca_file: smtp.ca_file.as_deref(),
            account,
            local_name,
            timeout: smtp.timeout,
            final_timeout: smtp.final_timeout,
        })?;
        Ok(Self(Way::Smtp(Arc::new(server))))
    }

    /// Connects, secures, greets and logs in.
    ///
    /// # Errors
    /// Why there is no link; no recipient is to blame.
    pub async fn connect(&self) -> Result<Link, NoLink> {
        match &self.0 {
            Way::Smtp(server) => {
                let session = Session::open(Arc::clone(server)).await?;
                Ok(Link(Open::Smtp(Box::new(session))))
            }
            Way::Maildir(maildir) => Ok(Link(Open::Maildir(maildir.clone()))),
        }
    }
}

/// An open way for letters, one at a time.
pub struct Link(Open);

enum Open {
    Smtp(Box<Session>),
    Maildir(Maildir),
}

impl Link {
    /// Delivers one letter to one recipient. Everything but [`Outcome::Unknown`] is certain:
    /// `Trouble`, `Barred` and `TooMuch` mean that the server has not accepted the letter.
    /// Dropping the future is safe for the link, which is unusable afterwards; what became of
    /// the letter is then unknown.
    pub async fn deliver(&mut self, envelope: &Envelope, letter: &Letter) -> Outcome {
        self.deliver_before(envelope, letter, None).await
    }

    /// The same, and where the server can do it the envelope of the `next` delivery leaves in the
    /// same write, so that a letter costs one round trip instead of two. The link is then good
    /// for that delivery only; any other gets [`Trouble::Connection`]. Nothing of the next letter
    /// leaves before it is delivered itself.
    pub async fn deliver_before(
        &mut self,
        envelope: &Envelope,
        letter: &Letter,
        next: Option<(&Envelope, &Letter)>,
    ) -> Outcome {
        let outcome = match &mut self.0 {
            Open::Smtp(session) => session.deliver(envelope, letter, next).await,
            Open::Maildir(maildir) => maildir.deliver(envelope, letter).await,
        };
        tracing::debug!(to = %envelope.to.masked(), end = end_word(&outcome), "letter");
        outcome
    }

    /// True where the link may take another letter: nothing was in doubt and the server is, as
    /// far as can be seen without asking, still there. A link that is not usable only ever
    /// answers [`Trouble::Connection`]; connect anew.
    pub fn is_usable(&mut self) -> bool {
        match &mut self.0 {
            Open::Smtp(session) => session.is_usable(),
            Open::Maildir(_) => true,
        }
    }

    /// Says goodbye, within two seconds.
    pub async fn quit(self) {
        if let Open::Smtp(session) = self.0 {
            session.quit(QUIT).await;
        }
    }
}

/// The outcome's name, without any of its words.
fn end_word(outcome: &Outcome) -> &'static str {
    match outcome {
        Outcome::Sent(_) => "sent",
        Outcome::Deferred(_) => "deferred",
        Outcome::Refused(_) => "refused",
        Outcome::Unknown(_) => "unknown",
        Outcome::Trouble(_) => "trouble",
        Outcome::Barred(_) => "barred",
        Outcome::TooMuch(_) => "too much",
    }
}
