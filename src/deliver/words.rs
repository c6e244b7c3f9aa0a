//! Owns the words in which outcomes enter the record. It refuses to know what follows from them.

use crate::delivery::Outcome;

/// One word for the record of attempts.
pub(super) fn word_of(outcome: &Outcome) -> &'static str {
    match outcome {
        Outcome::Sent(_) => "sent",
        Outcome::Deferred(_) => "deferred",
        Outcome::Refused(_) => "refused",
        Outcome::Unknown(_) => "unknown",
        Outcome::Trouble(_) => "trouble",
        Outcome::Barred(_) => "barred",
        Outcome::TooMuch(_) => "too_much",
    }
}

/// The server's code and words, or ours.
pub(super) fn words_of(outcome: &Outcome) -> (Option<u16>, String) {
    match outcome {
        Outcome::Sent(reply)
        | Outcome::Deferred(reply)
        | Outcome::Refused(reply)
        | Outcome::TooMuch(reply) => (Some(reply.code), reply.to_string()),
        Outcome::Unknown(doubt) => (None, doubt.to_string()),
        Outcome::Trouble(trouble) => (None, trouble.to_string()),
        Outcome::Barred(why) => (None, why.clone()),
    }
}
