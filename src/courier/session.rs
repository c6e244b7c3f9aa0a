//! Owns one connection to a server and the transactions on it, from MAIL to the reply to the
//! final dot. It refuses to reuse a connection about which anything is in doubt.

use std::sync::Arc;
use std::time::Duration;

use tokio::time::Instant;

use crate::delivery::{Outcome, Trouble};

use super::NoLink;
use super::capabilities::Capabilities;
use super::envelope::Envelope;
use super::judge::{self, Stage};
use super::piece::Letter;
use super::reply::WireReply;
use super::server::{Server, Trust};
use super::wire::{Cut, Wire};

/// Beyond this much rest a connection is not trusted: whatever stands between may have forgotten
/// it without a word.
const REST_MAX: Duration = Duration::from_secs(60);

/// How long after a broken write a reply that came first is waited for.
const LAST_WORDS: Duration = Duration::from_millis(100);

/// The command, as it is said.
const DATA: &str = "DATA\r\n";

/// An open connection.
pub(super) struct Session {
    server: Arc<Server>,
    can: Capabilities,
    /// Taken out while anything is under way and put back only when all is certain. So a future
    /// dropped half-way leaves nothing to be misused.
    wire: Option<Wire>,
    /// A transaction was begun and not ended: RSET goes before the next.
    reset_due: bool,
    /// The delivery whose envelope left behind the last letter and is not answered yet.
    rider: Option<String>,
    rested_since: Instant,
}

/// What remains of the connection after a transaction.
#[derive(Clone, Copy, PartialEq, Eq)]
enum After {
    /// Ready for the next MAIL.
    Ready,
    /// Ready after RSET.
    NeedsReset,
    /// Only for the delivery whose envelope rode behind this letter.
    Ridden,
    /// Nothing.
    Gone,
}

/// How a transaction ended.
type End = (Outcome, After);

/// How the envelope's commands reach the server.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Way {
    /// One, and its reply, then the next.
    OneByOne,
    /// All in one write (RFC 2920).
    Grouped,
    /// They left behind the letter before; only the replies are to be read.
    Rode,
}

impl Session {
    pub(super) async fn open(server: Arc<Server>) -> Result<Self, NoLink> {
        let (wire, can) = server.open().await?;
        Ok(Self {
            server,
            can,
            wire: Some(wire),
            reset_due: false,
            rider: None,
            rested_since: Instant::now(),
        })
    }

    /// See [`super::Link::is_usable`].
    pub(super) fn is_usable(&mut self) -> bool {
        if self.rider.is_some() {
            return self.wire.is_some();
        }
        let rested = self.rested_since.elapsed();
        self.wire
            .as_mut()
            .is_some_and(|wire| rested < REST_MAX && wire.is_alive())
    }

    /// See [`super::Link::deliver_before`].
    pub(super) async fn deliver(
        &mut self,
        envelope: &Envelope,
        letter: &Letter,
        next: Option<(&Envelope, &Letter)>,
    ) -> Outcome {
        let rode = match self.rider.take() {
            Some(rider) if rider == envelope.delivery => true,
            Some(_) => {
                // Whatever were said now would be taken for the letter of that envelope.
                self.wire = None;
                false
            }
            None => false,
        };
        let commands = if rode {
            // Said behind the letter before.
            Ok(Default::default())
        } else {
            envelope.commands(&self.can, letter)
        };
        let (mail, rcpt) = match commands {
            Ok(commands) => commands,
            Err(outcome) => return outcome,
        };
        let usable = rode || self.is_usable();
        let Some(wire) = self.wire.take().filter(|_| usable) else {
            let why = "the connection was closed while it rested".into();
            return Outcome::Trouble(Trouble::Connection(why));
        };
        let way = match (
            rode,
            self.can.pipelining && self.server.pipelining.may_try(),
        ) {
            (true, _) => Way::Rode,
            (false, true) => Way::Grouped,
            (false, false) => Way::OneByOne,
        };
        let rider = next.filter(|_| way != Way::OneByOne && self.server.riding.may_try());
        let rider = rider.and_then(|(next, letter)| {
            let (mail, rcpt) = next.commands(&self.can, letter).ok()?;
            Some((next.delivery.clone(), mail + &rcpt + DATA))
        });
        let mut transaction = Transaction {
            wire,
            server: &self.server,
            way,
            commands: [
                (Stage::Rset, self.reset_due.then_some("RSET\r\n")),
                (Stage::Mail, Some(&mail)),
                (Stage::Rcpt, Some(&rcpt)),
                (Stage::Data, Some(DATA)),
            ],
            rider: rider.as_ref().map(|(_, group)| group.as_str()),
        };
        let (outcome, after) = transaction.run(letter).await;
        let wire = transaction.wire;
        if after == After::Ridden || after != After::Gone && wire.is_quiet() {
            self.wire = Some(wire);
            self.rider = rider
                .filter(|_| after == After::Ridden)
                .map(|(name, _)| name);
            self.reset_due = after == After::NeedsReset;
            self.rested_since = Instant::now();
        }
        outcome
    }

    pub(super) async fn quit(mut self, time: Duration) {
        // Behind an envelope that rode, QUIT would be the first line of its letter.
        let wire = self.wire.take().filter(|_| self.rider.is_none());
        if let Some(wire) = wire {
            wire.quit(time).await;
        }
    }
}

/// One transaction under way.
struct Transaction<'a> {
    wire: Wire,
    server: &'a Server,
    way: Way,
    commands: [(Stage, Option<&'a str>); 4],
    /// The next envelope's commands, to leave behind this letter.
    rider: Option<&'a str>,
}

impl Transaction<'_> {
    async fn run(&mut self, letter: &Letter) -> End {
        match self.envelope().await {
            Ok(()) => self.letter(letter).await,
            Err(end) => end,
        }
    }

    /// From RSET or MAIL to the 354; nothing of the letter is written before that.
    async fn envelope(&mut self) -> Result<(), End> {
        let commands = self.commands;
        if self.way == Way::Grouped {
            let group: String = commands.iter().filter_map(|(_, line)| *line).collect();
            let sent = self.wire.send(group.as_bytes()).await;
            sent.map_err(|cut| gone(judge::before_the_dot(Stage::Mail, cut)))?;
        }
        for (stage, line) in commands {
            let Some(line) = line else { continue };
            if self.way == Way::OneByOne {
                self.say(stage, line).await?;
            }
            let reply = match self.wire.reply().await {
                Ok(reply) => reply,
                Err(cut) => {
                    // What opens a group came alone, as far as the server can know.
                    let opening = self.way == Way::Grouped && stage == Stage::Mail;
                    if self.suspect(stage, cut == Cut::Silence && !opening) {
                        // No recipient's fault: it is to be tried again at once.
                        let words = format!("no answer to {} in a group", stage.word());
                        return Err(gone(Outcome::Trouble(Trouble::Protocol(words))));
                    }
                    return Err(gone(judge::before_the_dot(stage, cut)));
                }
            };
            tracing::debug!(stage = stage.word(), code = reply.code, "reply");
            if let Some(outcome) = refusal(stage, &reply) {
                return Err(self.refused(stage, &reply, outcome).await);
            }
        }
        if !self.wire.is_quiet() {
            return Err(gone(NoLink::unasked(Stage::Data).into()));
        }
        if let Some(trust) = self.trust() {
            trust.prove();
        }
        Ok(())
    }

    async fn say(&mut self, stage: Stage, line: &str) -> Result<(), End> {
        if !self.wire.is_quiet() {
            return Err(gone(NoLink::unasked(stage).into()));
        }
        let sent = self.wire.send(line.as_bytes()).await;
        sent.map_err(|cut| gone(judge::before_the_dot(stage, cut)))
    }

    /// What this way of speaking relies on.
    fn trust(&self) -> Option<&Trust> {
        match self.way {
            Way::OneByOne => None,
            Way::Grouped => Some(&self.server.pipelining),
            Way::Rode => Some(&self.server.riding),
        }
    }

    /// Where a group was not understood, the next connections speak more simply.
    fn suspect(&self, stage: Stage, odd: bool) -> bool {
        odd && stage != Stage::Rset && self.trust().is_some_and(Trust::lose)
    }

    /// A negative reply to the envelope.
    async fn refused(&mut self, stage: Stage, reply: &WireReply, outcome: Outcome) -> End {
        if self.way == Way::Rode && stage == Stage::Mail {
            // A reply that nobody asked for could stand in its place; a new connection will tell.
            self.suspect(stage, true);
            let words = format!("MAIL behind a letter: {}", reply.kept());
            return gone(Outcome::Trouble(Trouble::Connection(words)));
        }
        // 500 to 504 is how a server speaks that got a group it cannot take apart.
        if matches!(reply.code, 500..=504) && self.suspect(stage, true) {
            return gone(judge::out_of_place(stage, reply));
        }
        let lasting = matches!(
            outcome,
            Outcome::Deferred(_) | Outcome::Refused(_) | Outcome::TooMuch(_)
        );
        if !lasting || reply.code == 421 || !matches!(stage, Stage::Rcpt | Stage::Data) {
            return gone(outcome);
        }
        let after = if self.way != Way::OneByOne && stage == Stage::Rcpt {
            match self.data_after_a_refusal().await {
                Ok(after) => after,
                // Replies have shifted, so the refusal may have been meant for something else.
                Err(odd) => {
                    self.suspect(stage, true);
                    return gone(odd);
                }
            }
        } else {
            After::NeedsReset
        };
        if self.way != Way::OneByOne && after != After::Gone && !self.wire.is_quiet() {
            // One reply too many: this refusal may have been meant for something else.
            return gone(NoLink::unasked(stage).into());
        }
        (outcome, after)
    }

    /// DATA rode in the group of a refused RCPT. A server that says 354 nevertheless has nobody to
    /// deliver to and gets an empty body (RFC 2920 §3.1); any doubt ends the connection. An error
    /// where replies and commands do not match: fewer of them, since what was thrown away may have
    /// been RCPT and what was refused DATA, or one out of place.
    async fn data_after_a_refusal(&mut self) -> Result<After, Outcome> {
        let reply = match self.wire.reply().await {
            Ok(reply) => reply,
            Err(Cut::Silence) => return Err(judge::before_the_dot(Stage::Data, Cut::Silence)),
            Err(_) => return Ok(After::Gone),
        };
        match reply.code {
            421 => return Ok(After::Gone),
            400..=599 => return Ok(After::NeedsReset),
            354 if self.wire.is_quiet() => {}
            354 => return Ok(After::Gone),
            _ => return Err(judge::out_of_place(Stage::Data, &reply)),
        }
        if self.wire.send(b".\r\n").await.is_err() {
            return Ok(After::Gone);
        }
        Ok(match self.wire.reply().await {
            Ok(reply) if reply.code != 421 && matches!(reply.code, 400..=599) => After::NeedsReset,
            _ => After::Gone,
        })
    }

    /// The letter, the final dot, and what is said to it.
    async fn letter(&mut self, letter: &Letter) -> End {
        let rider = self.rider.unwrap_or_default().as_bytes();
        let rode = match self.wire.send_letter(letter.on_the_wire(), rider).await {
            Ok(rode) => rode,
            Err(broken) => return gone(self.last_words(broken.cut, broken.dot).await),
        };
        let reply = match self.wire.reply_within(self.server.final_timeout).await {
            Ok(reply) => reply,
            Err(cut) => return gone(judge::after_the_dot(cut)),
        };
        tracing::debug!(stage = Stage::Dot.word(), code = reply.code, "reply");
        let outcome = judge::dot(&reply);
        let ended = !matches!(outcome, Outcome::Unknown(_)) && reply.code != 421;
        let after = match (ended, self.rider.is_some()) {
            (true, false) => After::Ready,
            (true, true) if rode => After::Ridden,
            _ => After::Gone,
        };
        (outcome, after)
    }

    /// A write of the letter failed. The server may have said why before it hung up.
    async fn last_words(&mut self, cut: Cut, dot: bool) -> Outcome {
        let words = self.wire.reply_within(LAST_WORDS).await;
        match words {
            Ok(reply) if matches!(reply.code, 400..=599) => {
                let at_data = judge::data(&reply);
                at_data.unwrap_or_else(|| judge::before_the_dot(Stage::Body, cut))
            }
            Ok(reply) if dot => judge::dot(&reply),
            _ if dot => judge::after_the_dot(cut),
            _ => judge::before_the_dot(Stage::Body, cut),
        }
    }
}

fn gone(outcome: Outcome) -> End {
    (outcome, After::Gone)
}

/// What a reply to a command of the envelope forbids; `None`: go on.
fn refusal(stage: Stage, reply: &WireReply) -> Option<Outcome> {
    match stage {
        Stage::Mail => judge::mail(reply),
        Stage::Rcpt => judge::rcpt(reply),
        Stage::Data => judge::data(reply),
        _ if matches!(reply.code, 200..=299) => None,
        _ if reply.code == 421 => Some(judge::not_now(reply.kept())),
        _ => Some(judge::out_of_place(stage, reply)),
    }
}
