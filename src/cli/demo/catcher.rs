//! Owns the demo's mail catcher: a small SMTP server on loopback that keeps every letter in a
//! Maildir and remembers what it accepted. It refuses to know phobien's ledger.

use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::net::tcp::OwnedReadHalf;
use tokio::net::{TcpListener, TcpStream};

/// Bytes of a command line (RFC 5321 §4.5.3.1.4, generously).
const LINE_MAX: u64 = 4096;
/// Bytes of a letter.
const LETTER_MAX: usize = 64 * 1024 * 1024;

/// A letter that was accepted.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Caught {
    /// Its one recipient.
    pub to: String,
    /// Its Message-ID, without angle brackets.
    pub message_id: String,
    /// Where it is kept.
    pub file: PathBuf,
}

/// A running catcher.
#[derive(Clone, Debug)]
pub(super) struct Catcher {
    pub(super) port: u16,
    mailbox: PathBuf,
    caught: Arc<Mutex<Vec<Caught>>>,
}

impl Catcher {
    /// Starts to listen on a free port of loopback; letters go to `mailbox/new`.
    pub(super) async fn start(mailbox: &Path) -> std::io::Result<Self> {
        for folder in ["tmp", "new", "cur"] {
            std::fs::create_dir_all(mailbox.join(folder))?;
        }
        let listener = TcpListener::bind(("127.0.0.1", 0)).await?;
        let catcher = Self {
            port: listener.local_addr()?.port(),
            mailbox: mailbox.to_owned(),
            caught: Arc::default(),
        };
        let serving = catcher.clone();
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let catcher = serving.clone();
                tokio::spawn(async move {
                    if let Err(error) = catcher.talk(stream).await {
                        tracing::debug!(%error, "catcher: connection ended");
                    }
                });
            }
        });
        Ok(catcher)
    }

    /// What was accepted so far.
    pub(super) fn caught(&self) -> Vec<Caught> {
        self.caught
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clone()
    }

    async fn talk(&self, stream: TcpStream) -> std::io::Result<()> {
        stream.set_nodelay(true)?;
        let (read, mut write) = stream.into_split();
        let mut read = BufReader::new(read);
        write.write_all(b"220 catcher.example ESMTP\r\n").await?;
        let mut to: Option<String> = None;
        loop {
            let mut line = String::new();
            if (&mut read).take(LINE_MAX).read_line(&mut line).await? == 0 {
                return Ok(());
            }
            let verb = line.get(..4).unwrap_or("").to_ascii_uppercase();
            let reply: &str = match verb.as_str() {
                "EHLO" | "HELO" => "250-catcher.example\r\n250-PIPELINING\r\n250 SIZE 67108864\r\n",
                "MAIL" => {
                    to = None;
                    "250 2.1.0 Ok\r\n"
                }
                "RCPT" => {
                    to = address(&line);
                    if to.is_some() {
                        "250 2.1.5 Ok\r\n"
                    } else {
                        "501 5.1.3 no address\r\n"
                    }
                }
                "DATA" if to.is_some() => {
                    write.write_all(b"354 go ahead\r\n").await?;
                    let letter = data(&mut read).await?;
                    self.keep(to.take().unwrap_or_default(), &letter)?;
                    "250 2.0.0 kept\r\n"
                }
                "DATA" => "503 5.5.1 RCPT first\r\n",
                "RSET" | "NOOP" => "250 2.0.0 Ok\r\n",
                "QUIT" => {
                    write.write_all(b"221 2.0.0 bye\r\n").await?;
                    return Ok(());
                }
                _ => "502 5.5.2 not known here\r\n",
            };
            write.write_all(reply.as_bytes()).await?;
        }
    }

    fn keep(&self, to: String, letter: &[u8]) -> std::io::Result<()> {
        let message_id = message_id(letter);
        let mut caught = self.caught.lock().unwrap_or_else(PoisonError::into_inner);
        let name = format!("{:06}.catcher", caught.len() + 1);
        let file = self.mailbox.join("new").join(&name);
        let unfinished = self.mailbox.join("tmp").join(&name);
        std::fs::write(&unfinished, letter)?;
        std::fs::rename(unfinished, &file)?;
        caught.push(Caught {
            to,
            message_id,
            file,
        });
        Ok(())
    }
}

fn address(line: &str) -> Option<String> {
    let (_, rest) = line.split_once('<')?;
    let (address, _) = rest.split_once('>')?;
    (!address.is_empty()).then(|| address.to_owned())
}

/// The letter up to its final dot, doubled dots undone (RFC 5321 §4.5.2).
async fn data(read: &mut BufReader<OwnedReadHalf>) -> std::io::Result<Vec<u8>> {
    let mut letter = Vec::new();
    loop {
        let start = letter.len();
        if read.read_until(b'\n', &mut letter).await? == 0 || letter.len() > LETTER_MAX {
            return Err(std::io::ErrorKind::UnexpectedEof.into());
        }
        if letter[start..] == *b".\r\n" {
            letter.truncate(start);
            return Ok(letter);
        }
        if letter[start] == b'.' {
            letter.remove(start);
        }
    }
}

fn message_id(letter: &[u8]) -> String {
    let head = letter.split(|b| *b == b'\n').take_while(|l| *l != b"\r");
    let line = head
        .map(String::from_utf8_lossy)
        .find(|l| l.to_lowercase().starts_with("message-id:"));
    let value = line
        .as_deref()
        .and_then(|l| l.split_once(':'))
        .map_or("", |(_, v)| v.trim());
    value.trim_matches(['<', '>']).to_owned()
}
