//! Owns a scripted SMTP server on this machine: it behaves well but where a script says otherwise,
//! and remembers everything. It refuses to know who talks to it.
//!
//! ```ignore
//! let peer = Peer::start(Script::new().at(Stage::Rcpt, Action::reply("550 5.1.1 who"))).await;
//! let courier = Courier::new(&peer.smtp(), None, "localhost")?;
//! …
//! assert!(peer.record().taken.is_empty());
//! ```

#![allow(dead_code, reason = "every test uses another part of it")]

use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use phobien::config::{Security, Smtp, Transport};
use tokio::net::TcpListener;
use tokio::task::{JoinHandle, JoinSet};

mod certificate;
mod dialogue;
mod script;
mod stream;

pub(crate) use certificate::Certificate;
pub(crate) use dialogue::serve;
pub(crate) use script::{Action, Now, Rule, Script, Stage, faults, mixed};
pub(crate) use stream::Connection;

/// A letter the peer took responsibility for, whatever it then answered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Taken {
    /// Which connection, from 1.
    pub(crate) connection: usize,
    /// The reverse-path, without brackets.
    pub(crate) from: String,
    /// The recipients, without brackets.
    pub(crate) to: Vec<String>,
    /// The whole MAIL command.
    pub(crate) mail: String,
    /// The bytes, dots undoubled, the final dot not included.
    pub(crate) data: Vec<u8>,
}

/// Everything that happened.
#[derive(Clone, Debug, Default)]
pub(crate) struct Record {
    /// Letters taken, in order.
    pub(crate) taken: Vec<Taken>,
    /// Commands, in order, with the connection they came on.
    pub(crate) commands: Vec<(usize, String)>,
    /// Connections accepted.
    pub(crate) connections: usize,
    /// User names and passwords of logins, right or wrong.
    pub(crate) logins: Vec<(String, String)>,
    /// What no client may do: bare line ends, NULs, letters nobody asked for, unknown commands.
    pub(crate) violations: Vec<String>,
    /// Whole bodies that came after a 354 though no recipient had been accepted.
    pub(crate) bodies_for_nobody: Vec<Vec<u8>>,
}

impl Record {
    /// How often a recipient's letter was taken.
    pub(crate) fn times(&self, to: &str) -> usize {
        let to = to.to_owned();
        self.taken.iter().filter(|t| t.to.contains(&to)).count()
    }

    /// How many commands began with this word.
    pub(crate) fn said(&self, word: &str) -> usize {
        self.commands
            .iter()
            .filter(|(_, c)| c.starts_with(word))
            .count()
    }
}

/// The running server; it ends with this value.
pub(crate) struct Peer {
    /// Where it listens, on 127.0.0.1.
    pub(crate) address: SocketAddr,
    script: Arc<Script>,
    record: Arc<Mutex<Record>>,
    accepting: JoinHandle<()>,
    authority: Option<tempfile::TempPath>,
}

impl Peer {
    /// Listens and plays the script.
    pub(crate) async fn start(script: Script) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let address = listener.local_addr().expect("an address");
        let authority = script.certificate.as_ref().map(Certificate::authority_file);
        let (script, record) = (Arc::new(script), Arc::new(Mutex::new(Record::default())));
        let accepting = tokio::spawn(accept(listener, Arc::clone(&script), Arc::clone(&record)));
        Self {
            address,
            script,
            record,
            accepting,
            authority,
        }
    }

    /// What happened so far.
    pub(crate) fn record(&self) -> Record {
        self.record.lock().expect("no panic in the peer").clone()
    }

    /// The file of the authority that signed the peer's certificate.
    pub(crate) fn ca_file(&self) -> Option<PathBuf> {
        self.authority.as_ref().map(|path| path.to_path_buf())
    }

    /// `[smtp]` for this peer, secured as its script is, with short deadlines and its authority
    /// trusted.
    pub(crate) fn smtp(&self) -> Smtp {
        let security = match (&self.script.certificate, self.script.implicit_tls) {
            (None, _) => Security::Plain,
            (Some(_), true) => Security::Implicit,
            (Some(_), false) => Security::StartTls,
        };
        Smtp {
            transport: Transport::Smtp {
                host: "127.0.0.1".into(),
                port: self.address.port(),
                security,
            },
            username: None,
            password_file: None,
            ca_file: self.ca_file(),
            connections: 2,
            rate_per_minute: None,
            timeout: Duration::from_millis(300),
            final_timeout: Duration::from_millis(300),
        }
    }
}

impl Drop for Peer {
    fn drop(&mut self) {
        self.accepting.abort();
    }
}

async fn accept(listener: TcpListener, script: Arc<Script>, record: Arc<Mutex<Record>>) {
    // Dropped with this task, and with it every connection.
    let mut connections = JoinSet::new();
    while let Ok((tcp, _)) = listener.accept().await {
        let number = {
            let mut record = record.lock().expect("no panic in the peer");
            record.connections += 1;
            record.connections
        };
        let (script, record) = (Arc::clone(&script), Arc::clone(&record));
        let _ = tcp.set_nodelay(true);
        connections.spawn(serve(Box::new(tcp), number, script, record));
        while connections.try_join_next().is_some() {}
    }
}
