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
    /// The kinds of refusal seen, at most [`KINDS_MAX`].
    seen: Vec<Kind>,
    last: Option<String>,
    run: u32,
}

/// Refusals that say the same.
#[derive(Clone, Debug)]
struct Kind {
    /// What they say, without what differs.
    like: String,
    times: u32,
    /// The words of the first.
    words: String,
}

/// How many kinds of refusal are told apart; a server has few, a hostile one gains nothing.
const KINDS_MAX: usize = 32;

/// What the brake says after an outcome.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// Go on.
    Go,
    /// Pause the edition: the server refuses us, not them, in these words.
    Pause(String),
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
                // The share may be reached by the hundredth attempt, however that one ended.
                return self.share();
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
        self.count(&kind, reply);
        self.last = Some(kind);
        let policy = reply.enhanced.is_none_or(|e| e.subject == 7);
        let run_max = if policy { POLICY_RUN_MAX } else { RUN_MAX };
        if self.run >= run_max {
            return Verdict::Pause(reply.to_string());
        }
        self.share()
    }

    /// Pauses where one kind of refusal has too large a share of many attempts.
    fn share(&self) -> Verdict {
        let most = self.seen.iter().max_by_key(|kind| kind.times);
        match most {
            Some(kind)
                if self.attempts >= SHARE_FROM && kind.times * SHARE_DIVISOR >= self.attempts =>
            {
                Verdict::Pause(kind.words.clone())
            }
            _ => Verdict::Go,
        }
    }

    fn count(&mut self, like: &str, reply: &Reply) {
        if let Some(kind) = self.seen.iter_mut().find(|kind| kind.like == like) {
            kind.times += 1;
        } else if self.seen.len() < KINDS_MAX {
            self.seen.push(Kind {
                like: like.to_owned(),
                times: 1,
                words: reply.to_string(),
            });
        }
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
            .find(|(_, o)| brake.observe(o) != Verdict::Go)
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
    fn a_twentieth_of_alike_refusals_pauses_at_the_hundredth_attempt_wherever_they_stand() {
        for first in 0..20 {
            let mixed = (0..500).map(|i| {
                if i % 20 == first {
                    refused("5.6.0 no")
                } else {
                    sent()
                }
            });
            assert_eq!(pauses_after(mixed), Some(100), "first at {first}");
        }
        let rare = (0..2000).map(|i| {
            if i % 50 == 0 {
                refused("5.6.0 no")
            } else {
                sent()
            }
        });
        assert_eq!(pauses_after(rare), None);
    }

    #[test]
    fn the_words_are_those_of_the_refusals_though_a_sent_letter_tipped_the_scales() {
        let mut brake = Brake::default();
        let verdicts: Vec<_> = (0..100)
            .map(|i| {
                brake.observe(&if i % 20 == 7 {
                    refused(&format!("5.6.0 no, m{i}"))
                } else {
                    sent()
                })
            })
            .collect();
        let last = Verdict::Pause("550 5.6.0 no, m7".into());
        assert_eq!(verdicts.last(), Some(&last));
    }
}
