//! Owns one link and the letter in its hands: connect where needed, deliver, bring back the
//! outcome. It refuses to know states, retries and other workers.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::{Mutex, mpsc};
use tokio_util::sync::CancellationToken;

use super::sheets::Sheets;
use crate::courier::{Courier, Link, NoLink};
use crate::delivery::{Outcome, Trouble};
use crate::ledger::deliveries::Claim;

/// How long a link is kept without work.
const IDLE_MAX: Duration = Duration::from_secs(30);

/// What a worker brings back.
#[derive(Debug)]
pub(super) enum Done {
    /// An attempt ended.
    Attempt(Claim, Outcome),
    /// No link: the letter was not tried, and nothing can be for now.
    NoLink(Claim, NoLink),
    /// The letter could not be made from the ledger's bytes.
    Unfit(Claim, String),
    /// Asked to stop before the dialogue began.
    Unstarted(Claim),
}

/// The queue that workers share.
pub(super) type Jobs = Arc<Mutex<mpsc::Receiver<Claim>>>;

/// Works until the queue closes.
pub(super) async fn work(
    courier: Courier,
    sheets: Arc<Sheets>,
    jobs: Jobs,
    done: mpsc::Sender<Done>,
    stop: CancellationToken,
) {
    let mut link: Option<Link> = None;
    loop {
        let next = {
            let mut jobs = jobs.lock().await;
            tokio::time::timeout(IDLE_MAX, jobs.recv()).await
        };
        let claim = match next {
            Ok(Some(claim)) => claim,
            Ok(None) => break,
            Err(_) => {
                hang_up(link.take()).await;
                continue;
            }
        };
        let end = if stop.is_cancelled() {
            Done::Unstarted(claim)
        } else {
            attempt(&courier, &sheets, &mut link, claim).await
        };
        if done.send(end).await.is_err() {
            break;
        }
    }
    hang_up(link).await;
}

async fn attempt(
    courier: &Courier,
    sheets: &Sheets,
    link: &mut Option<Link>,
    claim: Claim,
) -> Done {
    let (envelope, letter) = match sheets.letter(&claim).await {
        Ok(made) => made,
        Err(fault) => return Done::Unfit(claim, fault),
    };
    let reused = link.as_mut().is_some_and(Link::is_usable);
    if !reused {
        *link = match courier.connect().await {
            Ok(open) => Some(open),
            Err(none) => return Done::NoLink(claim, none),
        };
    }
    let Some(open) = link.as_mut() else {
        return Done::Unstarted(claim);
    };
    let mut outcome = open.deliver(&envelope, &letter).await;
    // A server may close an idle link at any moment (RFC 5321 §3.8); that is no trouble yet.
    if reused && matches!(outcome, Outcome::Trouble(Trouble::Connection(_))) {
        *link = match courier.connect().await {
            Ok(open) => Some(open),
            Err(none) => return Done::NoLink(claim, none),
        };
        if let Some(open) = link.as_mut() {
            outcome = open.deliver(&envelope, &letter).await;
        }
    }
    if link.as_mut().is_some_and(|open| !open.is_usable()) {
        *link = None;
    }
    Done::Attempt(claim, outcome)
}

async fn hang_up(link: Option<Link>) {
    if let Some(link) = link {
        link.quit().await;
    }
}
