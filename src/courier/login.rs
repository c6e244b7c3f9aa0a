//! Owns the login: AUTH PLAIN, else LOGIN (RFC 4954), and what a refusal of it means. It refuses
//! to know how the connection was secured; it is only ever called on one that may carry a
//! password, and no password or line with one in it is ever logged.

use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use data_encoding::BASE64;
use lettre::transport::smtp::authentication::{Credentials, Mechanism};
use secrecy::{ExposeSecret, SecretString};
use tokio::sync::Mutex;
use tokio::time::Instant;

use crate::delivery::Trouble;

use super::NoLink;
use super::capabilities::Capabilities;
use super::judge::{self, Stage};
use super::reply::WireReply;
use super::wire::Wire;

/// Challenges a server may ask before it decides; LOGIN asks two.
const CHALLENGES_MAX: usize = 2;

/// How long after a refused login no other is tried: each one may lock the account.
const REFUSED: Duration = Duration::from_secs(60);

/// Lets one login be tried at a time until the first succeeds, and none again where one was just
/// refused: all connections would be refused alike.
#[derive(Debug, Default)]
pub(super) struct Door {
    open: AtomicBool,
    refused: Mutex<Option<(Instant, NoLink)>>,
}

impl Door {
    /// Logs in.
    pub(super) async fn log_in(
        &self,
        account: &Account,
        wire: &mut Wire,
        server: &Capabilities,
    ) -> Result<(), NoLink> {
        if self.open.load(Ordering::Relaxed) {
            let end = account.log_in(wire, server).await;
            if matches!(end, Err(NoLink::Barred(_))) {
                self.open.store(false, Ordering::Relaxed);
            }
            return end;
        }
        let mut refused = self.refused.lock().await;
        if let Some((_, none)) = refused.as_ref().filter(|(at, _)| at.elapsed() < REFUSED) {
            return Err(none.clone());
        }
        let end = account.log_in(wire, server).await;
        if let Err(none @ NoLink::Barred(_)) = &end {
            *refused = Some((Instant::now(), none.clone()));
        }
        self.open.store(end.is_ok(), Ordering::Relaxed);
        end
    }
}

/// Who logs in.
#[derive(Clone, Debug)]
pub(super) struct Account {
    /// The user's name.
    pub(super) username: String,
    /// The password; `Debug` shows neither it nor its length.
    pub(super) password: SecretString,
}

impl Account {
    /// Logs in.
    pub(super) async fn log_in(
        &self,
        wire: &mut Wire,
        server: &Capabilities,
    ) -> Result<(), NoLink> {
        let password = self.password.expose_secret().to_owned();
        let credentials = Credentials::new(self.username.clone(), password);
        let mechanism = if server.auth_plain {
            Mechanism::Plain
        } else if server.auth_login {
            Mechanism::Login
        } else {
            return Err(NoLink::Barred(
                "[smtp] username is set but the server offers neither AUTH PLAIN nor LOGIN".into(),
            ));
        };
        let mut line = format!("AUTH {mechanism}");
        if mechanism.supports_initial_response() {
            line.push(' ');
            line.push_str(&answer(mechanism, &credentials, None)?);
        }
        let mut reply = say(wire, line).await?;
        for _ in 0..CHALLENGES_MAX {
            if reply.code != 334 {
                break;
            }
            let challenge = decoded(&reply)?;
            let line = answer(mechanism, &credentials, Some(&challenge))?;
            reply = say(wire, line).await?;
        }
        judged(&reply)
    }
}

async fn say(wire: &mut Wire, mut line: String) -> Result<WireReply, NoLink> {
    line.push_str("\r\n");
    let cut = |cut| NoLink::Trouble(judge::trouble(Stage::Auth, cut));
    if !wire.is_quiet() {
        return Err(NoLink::unasked(Stage::Auth));
    }
    wire.send(line.as_bytes()).await.map_err(cut)?;
    wire.reply().await.map_err(cut)
}

fn answer(
    mechanism: Mechanism,
    credentials: &Credentials,
    challenge: Option<&str>,
) -> Result<String, NoLink> {
    let answer = mechanism.response(credentials, challenge);
    let answer = answer.map_err(|_| NoLink::protocol("AUTH asks what it should not"))?;
    Ok(BASE64.encode(answer.as_bytes()))
}

/// What the server asks.
fn decoded(reply: &WireReply) -> Result<String, NoLink> {
    let text = reply
        .lines
        .last()
        .map(|line| line.trim())
        .unwrap_or_default();
    let bytes = BASE64.decode(text.as_bytes());
    let text = bytes.ok().and_then(|bytes| String::from_utf8(bytes).ok());
    text.ok_or_else(|| NoLink::protocol("an AUTH challenge that is not base64 text"))
}

/// 5xx: trying again would only lock the account.
fn judged(reply: &WireReply) -> Result<(), NoLink> {
    match reply.code {
        235 => Ok(()),
        // Its enhanced code 4.7.0 (RFC 4954 §6) is about the login, not about how much we send.
        454 => Err(Trouble::NotNow(reply.kept()).into()),
        400..=499 => Err(judge::not_now(reply.kept()).into()),
        500..=599 => Err(NoLink::Barred(format!(
            "the server refuses the login ({}); check [smtp] username and the password",
            reply.kept()
        ))),
        _ => Err(judge::out_of_place(Stage::Auth, reply).into()),
    }
}
