//! Owns the reading of the mailbox beside everything else: at the start and then as often as the
//! configuration says. It refuses to keep anything waiting: a mailbox that cannot be read is told
//! of, and letters go all the same.

use std::time::Duration;

use tokio::task::JoinHandle;

use super::Shell;
use super::clock::now;
use super::matter;
use super::round::Round;
use crate::collect::{self, CollectError, Tally};
use crate::config::Config;
use crate::ledger::Ledger;
use crate::returned::Ours;

/// Under what the office hears that the mailbox cannot be read.
const MATTER: (&str, &str) = ("mailbox", "read");

/// The reading of the mailbox; none where no mailbox is configured.
pub(super) struct Collector(Option<JoinHandle<()>>);

impl Collector {
    pub(super) fn start(round: &Round) -> Self {
        let (shell, config) = (round.shell.clone(), round.config.clone());
        let ledger = round.ledger.clone();
        let every = config.mailbox.as_ref().map(|mailbox| mailbox.every);
        Self(Some(tokio::spawn(async move {
            match every {
                Some(every) => keep_reading(&shell, &config, &ledger, every).await,
                None => matter::untell(&ledger, MATTER.0, MATTER.1).await,
            }
        })))
    }

    /// Goes on with the configuration as it is now.
    pub(super) async fn restart(&mut self, round: &Round) {
        self.stop().await;
        *self = Self::start(round);
    }

    /// Ends it where it stands: what it does is done whole or not at all.
    pub(super) async fn stop(&mut self) {
        if let Some(task) = self.0.take() {
            task.abort();
            // It was told to end.
            let _ = task.await;
        }
    }
}

async fn keep_reading(shell: &Shell, config: &Config, ledger: &Ledger, every: Duration) {
    loop {
        match read(shell, config, ledger).await {
            Ok(tally) => {
                if tally.returned + tally.confirmed > 0 {
                    let (returned, confirmed) = (tally.returned, tally.confirmed);
                    tracing::info!(read = tally.read, returned, confirmed, "mailbox read");
                }
                matter::untell(ledger, MATTER.0, MATTER.1).await;
            }
            Err(why) => {
                let words = format!("the mailbox cannot be read, letters go all the same: {why}");
                matter::tell(ledger, MATTER.0, MATTER.1, &words).await;
            }
        }
        tokio::time::sleep(every).await;
    }
}

async fn read(shell: &Shell, config: &Config, ledger: &Ledger) -> Result<Tally, String> {
    let Some(mailbox) = (shell.make_mailbox)(config)? else {
        return Ok(Tally::default());
    };
    let ours = Ours::new(config.reverse_path.as_deref(), &config.mail.from);
    let told = collect::collect(ledger, &mailbox, &ours, now(), |collected| {
        let (class, new) = (collected.reading.class.word(), collected.new);
        let delivery = collected.letter.map(|letter| letter.delivery);
        tracing::debug!(class, new, delivery, "message");
    });
    told.await.map_err(|error: CollectError| error.to_string())
}
