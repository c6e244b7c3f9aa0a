//! Owns what is wrong with the world and when: spells of a server that is away, silent, busy,
//! forgetful or moody, and of a full disk; then it is fair for good. It refuses to know deliveries.

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use super::dice;
use crate::peer::{Action, Now, Script, Stage, faults};

/// One spell.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Sky {
    /// All is well.
    Fair,
    /// At each stage something else happens so many times in a thousand.
    Moody(u64),
    /// Nobody answers the door.
    Away,
    /// The door opens, and nothing is said.
    Silent,
    /// Too much mail.
    Busy,
    /// It refuses us, whoever it is for.
    Barred,
    /// It announces PIPELINING and throws away what came with the command before.
    Forgetful,
    /// Our own disk.
    DiskFull,
}

/// The weather of a world. Clones share it.
#[derive(Clone)]
pub(crate) struct Weather {
    spells: Arc<Vec<(Duration, Sky)>>,
    fair_from: Duration,
    refused: Arc<Mutex<BTreeSet<String>>>,
}

impl Weather {
    /// Drawn for so long; after that it is fair.
    pub(crate) fn drawn(fair_from: Duration) -> Self {
        let (mut spells, mut at) = (Vec::new(), Duration::ZERO);
        while at < fair_from {
            let (sky, minutes) = match dice::pick(0..=15) {
                0..=3 => (Sky::Fair, 600),
                4..=9 => (Sky::Moody(dice::pick(5..=200)), 600),
                10 => (Sky::Away, 300),
                11 => (Sky::Silent, 60),
                12 => (Sky::Busy, 30),
                13 => (Sky::Barred, 60),
                14 => (Sky::Forgetful, 120),
                _ => (Sky::DiskFull, 3),
            };
            at += dice::millis(1_000..=minutes * 60_000);
            spells.push((at.min(fair_from), sky));
        }
        Self {
            spells: Arc::new(spells),
            fair_from,
            refused: Arc::default(),
        }
    }

    pub(crate) fn fair_from(&self) -> Duration {
        self.fair_from
    }

    pub(crate) fn sky(&self) -> Sky {
        let age = dice::age();
        let spell = self.spells.iter().find(|(until, _)| age < *until);
        spell.map_or(Sky::Fair, |(_, sky)| *sky)
    }

    pub(crate) fn disk_is_full(&self) -> bool {
        self.sky() == Sky::DiskFull
    }

    /// True now and then while moods are bad.
    pub(crate) fn stumbles(&self) -> bool {
        matches!(self.sky(), Sky::Moody(per_mille) if dice::happens(per_mille / 10))
    }

    /// True where the server ever refused something of this recipient's for good.
    pub(crate) fn refused(&self, to: &str) -> bool {
        self.refused.lock().unwrap().contains(to)
    }

    /// What the server does on a connection that is made now.
    pub(crate) fn script(&self) -> Script {
        let (weather, script) = (self.clone(), Script::new());
        let script = match self.sky() {
            Sky::Forgetful => script.forgetting_early_input(),
            Sky::Moody(_) if dice::happens(200) => script.without("PIPELINING"),
            _ => script,
        };
        script.whim(move |now| weather.whim(now))
    }

    fn whim(&self, now: &Now<'_>) -> Option<Action> {
        let action = match (self.sky(), now.stage) {
            (Sky::Moody(per_mille), stage) if dice::happens(per_mille) => mood(stage),
            (Sky::Silent, Stage::Banner | Stage::Mail | Stage::Dot) => Some(Action::Silence),
            (Sky::Busy, Stage::Mail) => Some(Action::reply("450 4.7.1 too many messages")),
            (Sky::Busy, Stage::Banner) => {
                let words = "421 4.7.0 too many connections";
                Some(Action::ReplyThenClose(words.into()))
            }
            (Sky::Barred, Stage::Mail) => Some(Action::reply("550 5.7.1 sender refused")),
            _ => None,
        }?;
        if action.opening().starts_with(b"5") {
            self.refused.lock().unwrap().insert(now.to.to_owned());
        }
        Some(action)
    }
}

/// Something else than the usual.
fn mood(stage: Stage) -> Option<Action> {
    let mut all = faults(stage, true);
    let usual = match stage {
        Stage::Banner => "220 peer ESMTP",
        Stage::Data => "354 go",
        _ => "250 2.0.0 ok",
    };
    match stage {
        Stage::Rcpt => all.extend([
            Action::reply("550 5.1.1 no such user"),
            Action::reply("550 5.7.1 policy"),
            Action::reply("552 5.2.2 mailbox full"),
            Action::reply("450 4.7.1 slower, too many messages"),
        ]),
        Stage::Dot => all.extend([
            Action::reply("554 5.6.0 not such a letter"),
            Action::ReplyThenClose("250 2.0.0 taken".into()),
            Action::ReplyThenMore(
                "250 2.0.0 taken".into(),
                "250 2.0.0 what".into(),
                dice::millis(0..=2_000),
            ),
        ]),
        Stage::Ehlo | Stage::StartTls | Stage::Auth | Stage::Rset | Stage::Quit | Stage::Body => {
            return pick(all);
        }
        Stage::Banner | Stage::Mail | Stage::Data => {}
    }
    let reply = Action::reply(usual);
    all.push(Action::Later(dice::millis(0..=90_000), Box::new(reply)));
    let drip = format!("{usual}\r\n").into_bytes();
    all.push(Action::Drip(drip, dice::millis(1..=4_000)));
    pick(all)
}

fn pick(mut all: Vec<Action>) -> Option<Action> {
    let most = (all.len() as u64).checked_sub(1)?;
    Some(all.swap_remove(dice::pick(0..=most) as usize))
}
