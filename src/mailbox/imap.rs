//! Owns the dialogue with an IMAP server: EXAMINE and BODY.PEEK only, so that nothing there is
//! changed. It refuses to open a connection itself and to repeat what a message holds.

use std::collections::VecDeque;
use std::time::Duration;

use async_imap::error::Error;
use async_imap::{Authenticator, Client, Session};
use futures_util::TryStreamExt;
use secrecy::{ExposeSecret, SecretString};
use tokio::time::timeout;

use super::{Account, Fault, Known, Mark, Message, Stream};
use crate::returned::BYTES_MAX;

/// How long a goodbye may take.
const LOGOUT: Duration = Duration::from_secs(2);

/// AUTHENTICATE PLAIN (RFC 4616): the only way that takes a password in any script.
struct Plain<'a> {
    user: &'a str,
    password: &'a SecretString,
}

impl Authenticator for Plain<'_> {
    type Response = String;

    fn process(&mut self, _: &[u8]) -> String {
        format!("\0{}\0{}", self.user, self.password.expose_secret())
    }
}

/// The new messages of INBOX.
pub(super) struct Reader {
    session: Session<Stream>,
    validity: u32,
    waiting: VecDeque<u32>,
    timeout: Duration,
}

impl Reader {
    pub(super) async fn open(account: &Account, known: &Known) -> Result<Self, Fault> {
        let wait = account.timeout;
        let stream = (account.dial)().await.map_err(Fault::Unreached)?;
        let mut client = Client::new(stream);
        let greeting = within("its greeting", wait, async {
            Ok(client.read_response().await?)
        });
        if greeting.await?.is_none() {
            let why = "it hung up at once".to_owned();
            return Err(Fault::Unreached(why));
        }
        let plain = Plain {
            user: &account.user,
            password: &account.password,
        };
        let login = async {
            client
                .authenticate("PLAIN", plain)
                .await
                .map_err(|(e, _)| e)
        };
        let mut session = within("the login", wait, login)
            .await
            .map_err(|fault| match fault {
                Fault::Refused { said, .. } => Fault::Login {
                    user: account.user.clone(),
                    said,
                },
                other => other,
            })?;
        let inbox = within("EXAMINE", wait, session.examine("INBOX")).await?;
        let validity = inbox.uid_validity.unwrap_or_default();
        let after = if validity == known.validity {
            known.last
        } else {
            0
        };
        let query = match (after, known.since) {
            // A day earlier: the server's clock may stand in another zone.
            (0, Some(since)) => {
                let day = since - chrono::TimeDelta::days(1);
                format!("SINCE {}", day.format("%-d-%b-%Y"))
            }
            _ => format!("UID {}:*", after.saturating_add(1)),
        };
        let found = within("SEARCH", wait, session.uid_search(query)).await?;
        // `n:*` names the last message also where its number is below n.
        let mut waiting: Vec<u32> = found.into_iter().filter(|uid| *uid > after).collect();
        waiting.sort_unstable();
        Ok(Self {
            session,
            validity,
            waiting: waiting.into(),
            timeout: wait,
        })
    }

    pub(super) async fn next(&mut self) -> Result<Option<Message>, Fault> {
        while let Some(uid) = self.waiting.pop_front() {
            let what = format!("BODY.PEEK[]<0.{BYTES_MAX}>");
            let session = &mut self.session;
            let fetch = async {
                let answers = session.uid_fetch(uid.to_string(), what).await?;
                answers.try_collect::<Vec<_>>().await
            };
            let answers = within("FETCH", self.timeout, fetch).await?;
            let body = answers.iter().find_map(|answer| answer.body());
            // One that was deleted meanwhile is nobody's matter.
            if let Some(body) = body {
                let validity = self.validity;
                return Ok(Some(Message {
                    mark: Mark::Number { validity, uid },
                    bytes: body.get(..BYTES_MAX).unwrap_or(body).to_vec(),
                }));
            }
        }
        Ok(None)
    }

    pub(super) async fn close(mut self) {
        // The server forgets us anyway.
        let _ = timeout(LOGOUT, self.session.logout()).await;
    }
}

/// Waits for an answer, at most so long.
async fn within<T>(
    command: &'static str,
    wait: Duration,
    answer: impl Future<Output = Result<T, Error>>,
) -> Result<T, Fault> {
    let answered = timeout(wait, answer).await;
    let answered = answered.map_err(|_| Fault::Silent {
        command,
        waited: wait,
    })?;
    answered.map_err(|error| fault(command, error))
}

/// What the server says of itself may be told, what it sends may not: it could be a letter.
fn fault(command: &'static str, error: Error) -> Fault {
    let why = match error {
        Error::No(said) | Error::Bad(said) => {
            let said = crate::spelling::line(&said).chars().take(200).collect();
            return Fault::Refused { command, said };
        }
        Error::Io(error) if error.kind() == std::io::ErrorKind::Other => {
            "not in the language of IMAP".to_owned()
        }
        Error::Io(error) => error.kind().to_string(),
        Error::ConnectionLost => "the connection broke".to_owned(),
        Error::Validate(_) => "the user name cannot be said".to_owned(),
        _ => "not in the language of IMAP".to_owned(),
    };
    Fault::Garbled { command, why }
}
