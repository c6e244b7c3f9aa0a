//! Owns what a reply means at the stage where it came: go on, or an outcome. It refuses to know
//! how replies are read; each function is one block of rows of the SMTP fault table in `docs/`.

use crate::delivery::{Doubt, Outcome, Reply, Trouble};

use super::reply::WireReply;
use super::wire::Cut;

/// A stage of the dialogue, as it is named in logs and outcomes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Stage {
    Connect,
    Tls,
    Greeting,
    Ehlo,
    StartTls,
    Auth,
    Rset,
    Mail,
    Rcpt,
    Data,
    Body,
    Dot,
}

impl Stage {
    pub(super) fn word(self) -> &'static str {
        match self {
            Self::Connect => "connect",
            Self::Tls => "TLS handshake",
            Self::Greeting => "greeting",
            Self::Ehlo => "EHLO",
            Self::StartTls => "STARTTLS",
            Self::Auth => "AUTH",
            Self::Rset => "RSET",
            Self::Mail => "MAIL",
            Self::Rcpt => "RCPT",
            Self::Data => "DATA",
            Self::Body => "the letter",
            Self::Dot => "the final dot",
        }
    }
}

/// Text that means "slower", in any 4xx that is not about a mailbox.
const TOO_MUCH: [&str; 5] = ["too many", "too much", "rate limit", "ratelimit", "throttl"];

/// True where a temporary refusal means too much mail. Greylisting (RFC 6647), which many servers
/// mark 4.7.1 too, is not: it waits for one recipient only.
fn is_too_much(reply: &Reply) -> bool {
    let text = reply.text.to_ascii_lowercase();
    let subject = reply.enhanced.map(|e| e.subject);
    let grey = ["greylist", "graylist", "grey list", "gray list"];
    if reply.code / 100 != 4 || matches!(subject, Some(1 | 2)) {
        return false;
    }
    if grey.iter().any(|word| text.contains(word)) {
        return false;
    }
    subject == Some(7) || TOO_MUCH.iter().any(|word| text.contains(word))
}

/// 421 and other temporary refusals of the connection or the sender.
pub(super) fn not_now(reply: Reply) -> Outcome {
    if is_too_much(&reply) {
        Outcome::TooMuch(reply)
    } else {
        Outcome::Trouble(Trouble::NotNow(reply))
    }
}

/// A code that has no place at this stage.
pub(super) fn out_of_place(stage: Stage, reply: &WireReply) -> Outcome {
    let words = format!("unexpected {} in answer to {}", reply.code, stage.word());
    Outcome::Trouble(Trouble::Protocol(words))
}

/// What went wrong with the stream before the final dot.
pub(super) fn before_the_dot(stage: Stage, cut: Cut) -> Outcome {
    Outcome::Trouble(trouble(stage, cut))
}

/// The same for a connection that has no recipient yet.
pub(super) fn trouble(stage: Stage, cut: Cut) -> Trouble {
    match cut {
        Cut::Closed(why) => Trouble::Connection(format!("{}: {why}", stage.word())),
        Cut::Silence => Trouble::Silence(stage.word()),
        Cut::Malformed(why) => Trouble::Protocol(format!("{}: {why}", stage.word())),
    }
}

/// What went wrong with the stream after the final dot.
pub(super) fn after_the_dot(cut: Cut) -> Outcome {
    Outcome::Unknown(match cut {
        Cut::Closed(why) => Doubt::Reset(why),
        Cut::Silence => Doubt::Silence,
        Cut::Malformed(_) => Doubt::Unreadable,
    })
}

/// The reply to MAIL; `None`: go on. A refused sender is never the fault of the recipient whose
/// turn it happened to be.
pub(super) fn mail(reply: &WireReply) -> Option<Outcome> {
    match reply.code {
        200..=299 => None,
        400..=499 => Some(not_now(reply.kept())),
        500..=599 => Some(Outcome::Barred(format!(
            "the server refuses the sender ({}); see [mail] from, [mailbox] reverse_path and \
             what the account may send as",
            reply.kept()
        ))),
        _ => Some(out_of_place(Stage::Mail, reply)),
    }
}

/// The reply to RCPT; `None`: go on.
pub(super) fn rcpt(reply: &WireReply) -> Option<Outcome> {
    match reply.code {
        200..=299 => None,
        _ => Some(recipient(Stage::Rcpt, reply)),
    }
}

/// The reply to DATA; `None`: go on, which only 354 allows: a 250 here is one reply too many, or
/// one too few, and what follows would be read as the answer to something else.
pub(super) fn data(reply: &WireReply) -> Option<Outcome> {
    match reply.code {
        354 => None,
        _ => Some(recipient(Stage::Data, reply)),
    }
}

fn recipient(stage: Stage, reply: &WireReply) -> Outcome {
    match reply.code {
        421 => not_now(reply.kept()),
        530 => Outcome::Barred(format!("the server wants a login first: {}", reply.kept())),
        400..=499 => deferred(reply.kept()),
        // Unknown command, out of sequence, no such parameter: this is said of what we sent, or
        // of what arrived of it, never of the recipient. 501 may be said of an address.
        500 | 502..=504 => out_of_place(stage, reply),
        500..=599 => Outcome::Refused(reply.kept()),
        _ => out_of_place(stage, reply),
    }
}

/// The reply to the final dot.
pub(super) fn dot(reply: &WireReply) -> Outcome {
    match reply.code {
        200..=299 => Outcome::Sent(reply.kept()),
        400..=499 => deferred(reply.kept()),
        500..=599 => Outcome::Refused(reply.kept()),
        _ => Outcome::Unknown(Doubt::Unreadable),
    }
}

fn deferred(reply: Reply) -> Outcome {
    if is_too_much(&reply) {
        Outcome::TooMuch(reply)
    } else {
        Outcome::Deferred(reply)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::courier::reply::Replies;

    fn reply(text: &str) -> WireReply {
        let mut replies = Replies::default();
        replies.feed(format!("{text}\r\n").as_bytes());
        replies
            .next_reply()
            .ok()
            .flatten()
            .unwrap_or_else(|| panic!("{text}"))
    }

    /// One word for an outcome.
    fn word(outcome: Option<Outcome>) -> &'static str {
        match outcome {
            None => "go on",
            Some(Outcome::Sent(_)) => "sent",
            Some(Outcome::Deferred(_)) => "deferred",
            Some(Outcome::Refused(_)) => "refused",
            Some(Outcome::Unknown(_)) => "unknown",
            Some(Outcome::Trouble(Trouble::NotNow(_))) => "not now",
            Some(Outcome::Trouble(_)) => "trouble",
            Some(Outcome::Barred(_)) => "barred",
            Some(Outcome::TooMuch(_)) => "too much",
        }
    }

    #[test]
    fn each_reply_means_at_each_stage_what_the_table_says() {
        for (text, at_mail, at_rcpt, at_data, at_dot) in [
            ("250 ok", "go on", "go on", "trouble", "sent"),
            ("251 forwarded", "go on", "go on", "trouble", "sent"),
            ("354 go", "trouble", "trouble", "go on", "unknown"),
            ("150 what", "trouble", "trouble", "trouble", "unknown"),
            ("999 what", "trouble", "trouble", "trouble", "unknown"),
            ("421 bye", "not now", "not now", "not now", "deferred"),
            (
                "421 4.7.0 too many",
                "too much",
                "too much",
                "too much",
                "too much",
            ),
            (
                "450 4.2.0 busy",
                "not now",
                "deferred",
                "deferred",
                "deferred",
            ),
            (
                "451 4.7.1 Greylisted",
                "not now",
                "deferred",
                "deferred",
                "deferred",
            ),
            (
                "450 4.7.1 slower",
                "too much",
                "too much",
                "too much",
                "too much",
            ),
            (
                "452 4.2.2 too many messages",
                "not now",
                "deferred",
                "deferred",
                "deferred",
            ),
            (
                "452 Too many connections",
                "too much",
                "too much",
                "too much",
                "too much",
            ),
            ("500 5.5.2 what", "barred", "trouble", "trouble", "refused"),
            ("501 5.1.3 bad", "barred", "refused", "refused", "refused"),
            ("503 5.5.1 when", "barred", "trouble", "trouble", "refused"),
            ("530 5.7.0 auth", "barred", "barred", "barred", "refused"),
            ("550 5.1.1 who", "barred", "refused", "refused", "refused"),
            (
                "550 5.7.1 policy",
                "barred",
                "refused",
                "refused",
                "refused",
            ),
        ] {
            let reply = reply(text);
            assert_eq!(word(mail(&reply)), at_mail, "MAIL: {text}");
            assert_eq!(word(rcpt(&reply)), at_rcpt, "RCPT: {text}");
            assert_eq!(word(data(&reply)), at_data, "DATA: {text}");
            assert_eq!(word(Some(dot(&reply))), at_dot, "dot: {text}");
        }
    }
}
