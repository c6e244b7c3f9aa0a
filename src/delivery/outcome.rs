//! Owns what one attempt to deliver one message can end with. It refuses to know how the words
//! came over the wire; the courier judges them once and the rest of phobien sees only this.

use std::fmt;
use std::time::Duration;

/// An enhanced status code (RFC 3463), `5.1.1`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Enhanced {
    /// 2, 4 or 5.
    pub class: u8,
    /// What it is about: 1 addressing, 2 mailbox, 3 mail system, 4 network, 5 protocol, 6 content,
    /// 7 security and policy.
    pub subject: u16,
    /// The detail.
    pub detail: u16,
}

impl Enhanced {
    /// Reads the code that opens a reply's text, where one does.
    #[must_use]
    pub fn at_start(text: &str) -> Option<Self> {
        let word = text.split([' ', '\t']).next()?;
        let mut parts = word.split('.');
        let class = parts
            .next()?
            .parse()
            .ok()
            .filter(|c| matches!(c, 2 | 4 | 5))?;
        let mut number = || parts.next().filter(|n| n.len() <= 3)?.parse().ok();
        let (subject, detail) = (number()?, number()?);
        parts.next().is_none().then_some(Self {
            class,
            subject,
            detail,
        })
    }
}

impl fmt::Display for Enhanced {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}.{}", self.class, self.subject, self.detail)
    }
}

/// A reply of the server, made safe to keep and show: one line, no control characters, bounded.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reply {
    /// The three digits.
    pub code: u16,
    /// The enhanced code, where the server sent one.
    pub enhanced: Option<Enhanced>,
    /// The text after the code, lines joined by a space, at most 500 characters.
    pub text: String,
}

/// Longest wait a reply can ask for.
const WAIT_MAX: Duration = Duration::from_secs(24 * 3600);

impl Reply {
    /// How long the server asks to wait, where its words say so: "try again in 300 seconds",
    /// "retry after 5m". A number without a unit means seconds.
    #[must_use]
    pub fn wait_asked(&self) -> Option<Duration> {
        let text = self.text.to_ascii_lowercase();
        if !["try", "wait", "again"]
            .iter()
            .any(|word| text.contains(word))
        {
            return None;
        }
        let part = |c: char| !c.is_ascii_alphanumeric();
        let words: Vec<&str> = text.split(part).filter(|word| !word.is_empty()).collect();
        words.windows(2).enumerate().find_map(|(at, pair)| {
            let [before, number] = pair else { return None };
            if !matches!(*before, "in" | "after" | "for" | "wait" | "least") {
                return None;
            }
            let digits = number.find(|c: char| !c.is_ascii_digit());
            let (count, unit) = number.split_at(digits.unwrap_or(number.len()));
            let unit = if unit.is_empty() {
                words.get(at + 2).copied().unwrap_or_default()
            } else {
                unit
            };
            let seconds = count.parse::<u64>().ok()?.checked_mul(seconds_of(unit))?;
            let asked = Duration::from_secs(seconds);
            (!asked.is_zero()).then_some(asked.min(WAIT_MAX))
        })
    }

    /// True where the server means connections at once or letters on one connection, which a new
    /// or a missing connection answers; anything else is about the rate.
    #[must_use]
    pub fn is_about_connections(&self) -> bool {
        let text = self.text.to_ascii_lowercase();
        let words = ["connection", "concurren", "session"];
        words.iter().any(|word| text.contains(word))
    }
}

/// A unit of time, in any spelling; anything else is no unit, and then seconds are meant.
fn seconds_of(unit: &str) -> u64 {
    match unit {
        "m" | "min" | "mins" | "minute" | "minutes" => 60,
        "h" | "hr" | "hrs" | "hour" | "hours" => 3600,
        _ => 1,
    }
}

impl fmt::Display for Reply {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.text.is_empty() {
            write!(f, "{}", self.code)
        } else {
            write!(f, "{} {}", self.code, self.text)
        }
    }
}

/// What is wrong before the final dot, where no recipient is to blame.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Trouble {
    /// The server cannot be reached, or the connection broke.
    #[error("connection: {0}")]
    Connection(String),
    /// The server broke the protocol.
    #[error("protocol: {0}")]
    Protocol(String),
    /// The server did not answer in time at the named stage.
    #[error("no answer to {0} in time")]
    Silence(&'static str),
    /// The server asks to go away for now (421, or 4xx to MAIL and EHLO).
    #[error("not now: {0}")]
    NotNow(Reply),
}

impl Trouble {
    /// True where the deadline passed over a recipient: the server answered to the sender.
    #[must_use]
    pub fn is_over_a_recipient(&self) -> bool {
        matches!(self, Self::Silence("RCPT" | "DATA"))
    }
}

/// Why nobody can say whether a message was accepted.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Doubt {
    /// The connection ended after the final dot.
    #[error("connection ended after the final dot: {0}")]
    Reset(String),
    /// No reply to the final dot in time.
    #[error("no reply to the final dot in time")]
    Silence,
    /// A reply to the final dot that cannot be read.
    #[error("unreadable reply to the final dot")]
    Unreadable,
}

/// What one attempt ended with (faults: the SMTP fault matrix).
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// Accepted: 250 after the final dot. Nothing else is success.
    Sent(Reply),
    /// This recipient, later: 4xx to RCPT, DATA or the dot.
    Deferred(Reply),
    /// This recipient, never: 5xx to RCPT, DATA or the dot.
    Refused(Reply),
    /// Perhaps accepted.
    Unknown(Doubt),
    /// Certainly not accepted and not the recipient's fault; the attempt does not count.
    Trouble(Trouble),
    /// The server refuses *us* (AUTH, TLS, sender, policy): trying again cannot help; an
    /// administrator must act. The words say what and what to do.
    Barred(String),
    /// Too much mail (4.7.x, or a limit of messages or connections): slower; the attempt does not
    /// count.
    TooMuch(Reply),
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_wait_that_a_reply_asks_for_is_read_out_of_its_words() {
        for (text, seconds) in [
            (
                "4.7.0 too many messages, try again in 300 seconds",
                Some(300),
            ),
            ("4.7.0 Try in 90 s", Some(90)),
            ("4.7.1 slow down; retry after 5m", Some(300)),
            ("Please wait 2 minutes and try again.", Some(120)),
            ("try again in 1 hour", Some(3600)),
            ("please wait at least 30 sec", Some(30)),
            ("try again in 60", Some(60)),
            ("try again in 999999999 hours", Some(24 * 3600)),
            ("try again in 99999999999999999999 s", None),
            ("try again in 0 s", None),
            ("4.7.0 too many messages, try again later", None),
            ("4.7.0 limit is 100 in 60 seconds", None),
            ("", None),
        ] {
            let reply = Reply {
                code: 450,
                enhanced: None,
                text: text.into(),
            };
            assert_eq!(reply.wait_asked().map(|d| d.as_secs()), seconds, "{text}");
        }
    }
}
