//! Owns the login: AUTH PLAIN, else LOGIN (RFC 4954), and what a refusal of it means. It refuses
//! to know how the connection was secured; it is only ever called on one that may carry a
//! password, and no password or line with one in it is ever logged.

use data_encoding::BASE64;
use lettre::transport::smtp::authentication::{Credentials, Mechanism};
use secrecy::{ExposeSecret, SecretString};

use super::NoLink;
use super::capabilities::Capabilities;
use super::judge::{self, Stage};
use super::reply::WireReply;
use super::wire::Wire;

/// Challenges a server may ask before it decides; LOGIN asks two.
const CHALLENGES_MAX: usize = 2;

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
        400..=499 => Err(judge::not_now(reply.kept()).into()),
        500..=599 => Err(NoLink::Barred(format!(
            "the server refuses the login ({}); check [smtp] username and the password",
            reply.kept()
        ))),
        _ => Err(judge::out_of_place(Stage::Auth, reply).into()),
    }
}
