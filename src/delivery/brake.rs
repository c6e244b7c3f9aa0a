//! Owns the mass-failure brake of an edition: many alike refusals mean that the server refuses
//! *us*, and nobody's address is to blame. It refuses to know what pausing means.

use super::{Outcome, Reply};

/// Alike in a row with 5.7.x or no enhanced code.
const POLICY_RUN_MAX: u32 = 3;
/// Alike in a row with any other code.
const RUN_MAX: u32 = 20;
/// From how many attempts on the share counts.
const SHARE_FROM: u32 = 100;
/// 1 / share of alike refusals that is too many.
const SHARE_DIVISOR: u32 = 20;

/// Watches the outcomes of one edition.
#[derive(Clone, Debug, Default)]
pub struct Brake {
    attempts: u32,
    /// How often each kind of refusal was seen in all, at most [`KINDS_MAX`] kinds.
    seen: Vec<(String, u32)>,
    last: Option<String>,
    run: u32,
}

/// How many kinds of refusal are told apart; a server has few, a hostile one gains nothing.
const KINDS_MAX: usize = 32;

/// What the brake says after an outcome.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// Go on.
    Go,
    /// Pause the edition: the server refuses us, not them.
    Pause,
}

impl Brake {
    /// Takes note of one outcome.
    pub fn observe(&mut self, outcome: &Outcome) -> Verdict {
        let reply = match outcome {
            Outcome::Refused(reply) => reply,
            Outcome::Sent(_) | Outcome::Deferred(_) | Outcome::Unknown(_) => {
                self.attempts += 1;
                self.last = None;
                self.run = 0;
                return Verdict::Go;
            }
            Outcome::Trouble(_) | Outcome::Barred(_) | Outcome::TooMuch(_) => return Verdict::Go,
        };
        self.attempts += 1;
        // An unknown or full mailbox is the recipient's own matter, however many there are.
        if reply.enhanced.is_some_and(|e| matches!(e.subject, 1 | 2)) {
            return Verdict::Go;
        }
        let kind = kind_of(reply);
        self.run = if self.last.as_ref() == Some(&kind) {
            self.run + 1
        } else {
            1
        };
        let in_all = self.count(&kind);
        self.last = Some(kind);
        let policy = reply.enhanced.is_none_or(|e| e.subject == 7);
        let run_max = if policy { POLICY_RUN_MAX } else { RUN_MAX };
        let share = self.attempts >= SHARE_FROM && in_all * SHARE_DIVISOR >= self.attempts;
        if self.run >= run_max || share {
            Verdict::Pause
        } else {
            Verdict::Go
        }
    }

    fn count(&mut self, kind: &str) -> u32 {
        if let Some((_, n)) = self.seen.iter_mut().find(|(k, _)| k == kind) {
            *n += 1;
            return *n;
        }
        if self.seen.len() < KINDS_MAX {
            self.seen.push((kind.to_owned(), 1));
        }
        1
    }
}

/// The reply without what differs between recipients: words with a digit or an `@`, and anything
/// in angle brackets, are dropped.
fn kind_of(reply: &Reply) -> String {
    let mut kind = reply.code.to_string();
    if let Some(enhanced) = reply.enhanced {
        kind.push_str(&format!(" {enhanced}"));
    }
    let mut bracketed = false;
    for word in reply.text.split_whitespace() {
        let opens = word.starts_with('<');
        bracketed |= opens;
        if !bracketed && !word.contains('@') && !word.contains(|c: char| c.is_ascii_digit()) {
            kind.push(' ');
            kind.push_str(&word.to_lowercase());
        }
        if word.contains('>') {
            bracketed = false;
        }
    }
    kind
}

#[cfg(test)]
mod tests {
    use super::super::Enhanced;
    use super::*;

    fn refused(text: &str) -> Outcome {
        let enhanced = Enhanced::at_start(text);
        Outcome::Refused(Reply {
            code: 550,
            enhanced,
            text: text.into(),
        })
    }

    fn sent() -> Outcome {
        Outcome::Sent(Reply {
            code: 250,
            enhanced: None,
            text: "ok".into(),
        })
    }

    fn pauses_after(outcomes: impl Iterator<Item = Outcome>) -> Option<usize> {
        let mut brake = Brake::default();
        outcomes
            .enumerate()
            .find(|(_, o)| brake.observe(o) == Verdict::Pause)
            .map(|(i, _)| i + 1)
    }

    #[test]
    fn three_alike_policy_refusals_pause_whoever_they_name() {
        let policy =
            (0..9).map(|i| refused(&format!("5.7.26 <m{i}@x.vn> not authenticated id {i}")));
        assert_eq!(pauses_after(policy), Some(3));
        assert_eq!(
            pauses_after((0..9).map(|i| refused(&format!("go away {i}")))),
            Some(3)
        );
        let content = (0..99).map(|_| refused("5.6.0 content rejected"));
        assert_eq!(pauses_after(content), Some(20));
    }

    #[test]
    fn unknown_mailboxes_never_pause() {
        assert_eq!(
            pauses_after((0..500).map(|_| refused("5.1.1 no such user"))),
            None
        );
    }

    #[test]
    fn a_twentieth_of_alike_refusals_pauses_after_a_hundred_attempts() {
        let mixed = (0..500).map(|i| {
            if i % 20 == 0 {
                refused("5.6.0 no")
            } else {
                sent()
            }
        });
        assert_eq!(pauses_after(mixed), Some(101));
        let rare = (0..2000).map(|i| {
            if i % 50 == 0 {
                refused("5.6.0 no")
            } else {
                sent()
            }
        });
        assert_eq!(pauses_after(rare), None);
    }
}
