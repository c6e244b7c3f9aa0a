//! Owns what a peer is told to do, and when. It refuses to know sockets.

use std::collections::HashMap;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use super::certificate::Certificate;

/// Where in the dialogue.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Stage {
    Banner,
    Ehlo,
    StartTls,
    /// AUTH itself and each answer to a challenge.
    Auth,
    Rset,
    Mail,
    Rcpt,
    Data,
    /// After the first bytes of the letter, before the rest is read.
    Body,
    /// The final dot was read.
    Dot,
    Quit,
}

/// What to do there instead of the usual.
#[derive(Clone, Debug)]
pub(crate) enum Action {
    /// This reply; CRLF is added.
    Reply(String),
    /// These bytes.
    Raw(Vec<u8>),
    /// These bytes, one after the other, with this pause.
    Drip(Vec<u8>, Duration),
    /// These chunks, each in its own packet.
    Split(Vec<Vec<u8>>),
    /// Nothing; the connection stays.
    Silence,
    /// End the connection without a word.
    Close,
    /// Break the connection (RST).
    Reset,
    /// This reply, then the end.
    ReplyThenClose(String),
    /// This reply at once, this other one, that nobody asked for, a little later.
    ReplyThenMore(String, String, Duration),
    /// At the dot: take the letter, then do this.
    Take(Box<Action>),
    /// This, but not before so much time has passed.
    Later(Duration, Box<Action>),
}

impl Action {
    pub(crate) fn reply(text: &str) -> Self {
        Self::Reply(text.to_owned())
    }

    pub(crate) fn raw(bytes: impl Into<Vec<u8>>) -> Self {
        Self::Raw(bytes.into())
    }

    /// The letter is taken, and then this.
    pub(crate) fn take(then: Self) -> Self {
        Self::Take(Box::new(then))
    }

    /// What the peer will have said first, where it says anything.
    pub(crate) fn opening(&self) -> Vec<u8> {
        match self {
            Self::Reply(text) | Self::ReplyThenClose(text) | Self::ReplyThenMore(text, ..) => {
                text.clone().into_bytes()
            }
            Self::Raw(bytes) | Self::Drip(bytes, _) => bytes.clone(),
            Self::Split(chunks) => chunks.concat(),
            Self::Silence | Self::Close | Self::Reset => Vec::new(),
            Self::Take(_) => b"250".to_vec(),
            Self::Later(_, action) => action.opening(),
        }
    }
}

/// When to do something.
#[derive(Debug)]
pub(crate) struct Rule {
    stage: Stage,
    to: Option<String>,
    connection: Option<usize>,
    transaction: Option<usize>,
    left: AtomicUsize,
    action: Option<Action>,
}

impl Rule {
    /// Always at this stage, so far.
    pub(crate) fn at(stage: Stage) -> Self {
        Self {
            stage,
            to: None,
            connection: None,
            transaction: None,
            left: AtomicUsize::new(usize::MAX),
            action: None,
        }
    }

    /// Only in the transaction of this recipient (from RCPT on).
    pub(crate) fn to(mut self, address: &str) -> Self {
        self.to = Some(address.to_owned());
        self
    }

    /// Only on the n-th connection, from 1.
    pub(crate) fn connection(mut self, n: usize) -> Self {
        self.connection = Some(n);
        self
    }

    /// Only in the n-th transaction of a connection, from 1.
    pub(crate) fn transaction(mut self, n: usize) -> Self {
        self.transaction = Some(n);
        self
    }

    /// Only the first so many times.
    pub(crate) fn times(mut self, n: usize) -> Self {
        self.left = AtomicUsize::new(n);
        self
    }

    /// This.
    pub(crate) fn then(mut self, action: Action) -> Self {
        self.action = Some(action);
        self
    }

    fn applies(&self, now: &Now<'_>) -> bool {
        self.stage == now.stage
            && self.to.as_deref().is_none_or(|to| to == now.to)
            && self.connection.is_none_or(|n| n == now.connection)
            && self.transaction.is_none_or(|n| n == now.transaction)
            && self
                .left
                .fetch_update(Ordering::Relaxed, Ordering::Relaxed, |n| n.checked_sub(1))
                .is_ok()
    }
}

/// Where a dialogue stands.
pub(crate) struct Now<'a> {
    pub(crate) stage: Stage,
    pub(crate) connection: usize,
    pub(crate) transaction: usize,
    /// The recipient the transaction last named.
    pub(crate) to: &'a str,
}

/// Says at each stage what to do there instead of the usual, if anything.
type Whim = Box<dyn Fn(&Now<'_>) -> Option<Action> + Send + Sync>;

/// Everything a peer is told.
pub(crate) struct Script {
    rules: Vec<Rule>,
    pub(super) offers: Vec<String>,
    pub(super) certificate: Option<Certificate>,
    pub(super) implicit_tls: bool,
    pub(super) account: Option<(String, String)>,
    pub(super) cut_read: Option<usize>,
    pub(super) cut_written: Option<usize>,
    /// Only this connection is cut; none: all.
    pub(super) cut_connection: Option<usize>,
    pub(super) forgets_early_input: bool,
    pub(super) forgets_riders: bool,
    random: Option<Random>,
    whim: Option<Whim>,
}

impl Script {
    /// A server that does all that is right.
    pub(crate) fn new() -> Self {
        let offers = ["PIPELINING", "SIZE 20000000", "8BITMIME", "SMTPUTF8", "DSN"];
        Self {
            rules: Vec::new(),
            offers: offers.map(str::to_owned).to_vec(),
            certificate: None,
            implicit_tls: false,
            account: None,
            cut_read: None,
            cut_written: None,
            cut_connection: None,
            forgets_early_input: false,
            forgets_riders: false,
            random: None,
            whim: None,
        }
    }

    /// Does this whenever this stage is reached. The first rule that applies wins.
    pub(crate) fn at(self, stage: Stage, action: Action) -> Self {
        self.rule(Rule::at(stage).then(action))
    }

    /// Follows a rule.
    pub(crate) fn rule(mut self, rule: Rule) -> Self {
        self.rules.push(rule);
        self
    }

    /// Announces this instead of what begins with the same word.
    pub(crate) fn offering(mut self, line: &str) -> Self {
        let word = line.split(' ').next().unwrap_or_default().to_owned();
        self = self.without(&word);
        self.offers.push(line.to_owned());
        self
    }

    /// Does not announce this.
    pub(crate) fn without(mut self, word: &str) -> Self {
        self.offers.retain(|offer| !offer.starts_with(word));
        self
    }

    /// Speaks TLS after STARTTLS.
    pub(crate) fn starttls(mut self, certificate: Certificate) -> Self {
        self.certificate = Some(certificate);
        self
    }

    /// Speaks TLS from the first byte.
    pub(crate) fn tls(mut self, certificate: Certificate) -> Self {
        self.certificate = Some(certificate);
        self.implicit_tls = true;
        self
    }

    /// Wants this login before MAIL, and offers PLAIN and LOGIN unless told otherwise.
    pub(crate) fn account(mut self, user: &str, password: &str) -> Self {
        self.account = Some((user.to_owned(), password.to_owned()));
        if !self.offers.iter().any(|offer| offer.starts_with("AUTH")) {
            self.offers.push("AUTH PLAIN LOGIN".into());
        }
        self
    }

    /// Breaks connections after so many bytes from the client.
    pub(crate) fn cut_after_read(mut self, bytes: usize) -> Self {
        self.cut_read = Some(bytes);
        self
    }

    /// Breaks connections after so many bytes to the client.
    pub(crate) fn cut_after_written(mut self, bytes: usize) -> Self {
        self.cut_written = Some(bytes);
        self
    }

    /// Cuts the n-th connection only.
    pub(crate) fn cut_only(mut self, connection: usize) -> Self {
        self.cut_connection = Some(connection);
        self
    }

    /// Announces PIPELINING and throws away what came with the command before.
    pub(crate) fn forgetting_early_input(mut self) -> Self {
        self.forgets_early_input = true;
        self
    }

    /// Throws away what came behind a letter.
    pub(crate) fn forgetting_riders(mut self) -> Self {
        self.forgets_riders = true;
        self
    }

    /// Faults by chance, `per_mille` at each stage, the same ones for the same seed however
    /// connections overlap. Where the seed is even, silence is among them.
    pub(crate) fn random(mut self, seed: u64, per_mille: u64) -> Self {
        self.random = Some(Random {
            seed,
            per_mille,
            visits: Mutex::new(HashMap::new()),
        });
        self
    }

    /// Asks this where no rule applies.
    pub(crate) fn whim(
        mut self,
        whim: impl Fn(&Now<'_>) -> Option<Action> + Send + Sync + 'static,
    ) -> Self {
        self.whim = Some(Box::new(whim));
        self
    }

    pub(super) fn action(&self, now: &Now<'_>) -> Option<Action> {
        let rule = self.rules.iter().find(|rule| rule.applies(now));
        match rule {
            Some(rule) => rule.action.clone(),
            None => match &self.whim {
                Some(whim) => whim(now),
                None => self.random.as_ref().and_then(|random| random.action(now)),
            },
        }
    }
}

/// Chance that can be repeated: it depends on the seed, the stage, the recipient and how often
/// both were met.
#[derive(Debug)]
struct Random {
    seed: u64,
    per_mille: u64,
    visits: Mutex<HashMap<(Stage, String), u64>>,
}

impl Random {
    fn action(&self, now: &Now<'_>) -> Option<Action> {
        let visit = {
            let mut visits = self.visits.lock().expect("no panic in the peer");
            let count = visits.entry((now.stage, now.to.to_owned())).or_default();
            *count += 1;
            *count
        };
        let mut chance = self.seed ^ (visit << 32) ^ ((now.stage as u64) << 56);
        for byte in now.to.bytes() {
            chance = mixed(chance ^ u64::from(byte));
        }
        let chance = mixed(chance);
        if chance % 1000 >= self.per_mille {
            return None;
        }
        let faults = faults(now.stage, self.seed.is_multiple_of(2));
        let pick = usize::try_from((chance >> 20) % 1_000_000).unwrap_or_default();
        (!faults.is_empty()).then(|| faults[pick % faults.len()].clone())
    }
}

/// SplitMix64's finish.
pub(crate) fn mixed(x: u64) -> u64 {
    let x = x.wrapping_add(0x9e37_79b9_7f4a_7c15);
    let x = (x ^ (x >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let x = (x ^ (x >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    x ^ (x >> 31)
}

/// What may go wrong by chance. A refusal for good (5xx) is not among them: the letter would
/// rightly never arrive.
pub(crate) fn faults(stage: Stage, silence: bool) -> Vec<Action> {
    let mut faults = match stage {
        Stage::Banner => vec![Action::ReplyThenClose("421 4.3.2 not now".into())],
        Stage::Mail => vec![
            Action::reply("451 4.3.0 try later"),
            Action::ReplyThenClose("421 4.3.2 closing".into()),
        ],
        Stage::Rcpt => vec![
            Action::reply("450 4.2.0 busy"),
            Action::reply("451 4.7.1 Greylisted, come back later"),
            Action::ReplyThenClose("421 4.3.2 closing".into()),
            Action::raw("250\r\n"),
        ],
        Stage::Data => vec![
            Action::reply("451 4.3.0 try later"),
            Action::reply("250 what a day"),
        ],
        Stage::Dot => vec![
            Action::reply("451 4.3.0 try later"),
            Action::ReplyThenClose("421 4.3.2 closing".into()),
            Action::take(Action::Reset),
            Action::take(Action::Close),
            Action::take(Action::raw("250\r\n")),
            Action::take(Action::raw(b"250 \xe0 la carte\r\n".to_vec())),
            Action::take(Action::raw("250 ok\r\n250 really\r\n")),
            Action::take(Action::raw("done\r\n")),
        ],
        Stage::Body => vec![Action::Reset],
        Stage::Ehlo | Stage::StartTls | Stage::Auth | Stage::Rset | Stage::Quit => return vec![],
    };
    faults.extend([Action::Close, Action::Reset]);
    if silence {
        faults.push(Action::Silence);
    }
    faults
}
