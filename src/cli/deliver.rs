//! Owns `phobien deliver` and `phobien send`: who may deliver, when it ends, what the last line
//! says. It refuses to know the wire.

use std::process::ExitCode;
use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::Result;
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use tokio::signal::unix::{SignalKind, signal};
use tokio::sync::Notify;
use tokio_util::sync::CancellationToken;

use super::open::{self, Desk};
use super::row::Counts;
use super::show::Screen;
use super::stop::{Stop, code};
use super::{ingest, publish, restore};
use crate::daemon::now;
use crate::deliver::{self, Clock, Rules, Steering, Tally, Until, Way};
use crate::delivery::State;
use crate::edition::{EditionId, EditionState};
use crate::ledger::log::Queue;
use crate::ledger::{DeliveryLock, Holder};
use crate::publish::{free_second, make_up_orders, tell_of_editions, urgent_order};

/// How often `send` looks what the daemon made of its editions.
const LOOK: Duration = Duration::from_millis(500);
/// The command whose lock `send` respects without giving up.
const DAEMON: &str = "run";

pub(super) async fn run(desk: &Desk, until_idle: bool) -> Result<ExitCode> {
    let lock = DeliveryLock::take(desk.ledger.folder(), "deliver")?;
    let lock = lock.map_err(|holder| Stop::locked(&desk.screen, &holder))?;
    // Again, for a copy may have taken the ledger's place before the lock was ours.
    restore::refuse_copy(desk).await?;
    // Who left the roster since is sent nothing more.
    if desk.ledger.has_members().await? {
        desk.read_roster().await?;
    }
    let until = if until_idle { Until::Idle } else { Until::Done };
    deliver_all(desk, &lock, until).await
}

pub(super) async fn send(desk: &Desk, name: &str) -> Result<ExitCode> {
    let schedule = desk.schedule(name)?;
    let lock = match DeliveryLock::take(desk.ledger.folder(), "send")? {
        Ok(lock) => Some(lock),
        Err(Holder { command, .. }) if command == DAEMON => None,
        Err(holder) => return Err(Stop::locked(&desk.screen, &holder)),
    };
    restore::refuse_copy(desk).await?;
    desk.read_roster().await?;
    ingest::scan(desk).await?;
    let mut editions = Vec::new();
    if let Some(order) = urgent_order(&desk.ledger, &desk.config, now()).await? {
        editions.push(publish::issue(desk, &order).await?);
    }
    let at = free_second(&desk.ledger, &schedule.name, now()).await?;
    let order = publish::at_moment(schedule, at);
    editions.push(publish::issue(desk, &order).await?);
    for edition in &editions {
        publish::tell(desk, edition, false);
    }
    desk.screen.flush();
    let editions: Vec<EditionId> = editions.iter().map(|p| p.edition.id).collect();
    match lock {
        Some(lock) => {
            make_up(desk).await?;
            deliver_all(desk, &lock, Until::Idle).await
        }
        None => beside_the_daemon(desk, &editions).await,
    }
}

/// Delivers, makes up for letters that must not go any more, and delivers that too.
async fn deliver_all(desk: &Desk, lock: &DeliveryLock, until: Until) -> Result<ExitCode> {
    let way = open::way(&desk.config)?;
    let stop = CancellationToken::new();
    tokio::spawn(cancel_on_signal(stop.clone()));
    let mut queue = desk.ledger.queue().await?;
    let paused_before = queue.paused;
    let mut total = Tally::default();
    loop {
        let bar = progress(&desk.screen, &queue);
        let tally = once(desk, &way, lock, until, (&stop, bar)).await?;
        total = Tally {
            sent: total.sent + tally.sent,
            failed: total.failed + tally.failed,
            cancelled: total.cancelled + tally.cancelled,
            put_off: total.put_off + tally.put_off,
            in_doubt: total.in_doubt + tally.in_doubt,
            queue: tally.queue,
            took: total.took + tally.took,
        };
        if stop.is_cancelled() || !(make_up(desk).await? || tell_office(desk).await?) {
            break;
        }
        queue = desk.ledger.queue().await?;
    }
    let queue = total.queue;
    let counts = Counts {
        sent: total.sent,
        failed: total.failed,
        deferred: queue.deferred,
        unknown: queue.unknown,
        pending: queue.pending,
        sending: queue.sending,
        cancelled: total.cancelled,
        bounced: 0,
        paused: queue.paused,
        seconds: total.took.as_secs_f64(),
    };
    tell(desk, &counts);
    // What an edition paused in this run still holds was to be sent and is not.
    let stuck = queue.paused > paused_before;
    Ok(code(total.all_sent() && !stuck && !stop.is_cancelled()))
}

/// One run of the step.
async fn once(
    desk: &Desk,
    way: &Way,
    lock: &DeliveryLock,
    until: Until,
    (stop, bar): (&CancellationToken, ProgressBar),
) -> Result<Tally> {
    let steering = Steering {
        stop: stop.clone(),
        ..Steering::until(until)
    };
    let cancelled = Arc::new(Notify::new());
    let watch = {
        let (bar, cancelled) = (bar.clone(), Arc::clone(&cancelled));
        let mut seen = 0;
        move |tally: &Tally| {
            bar.set_position(tally.sent + tally.failed + tally.cancelled);
            if tally.cancelled > seen {
                seen = tally.cancelled;
                cancelled.notify_one();
            }
        }
    };
    let rules = Rules::of(&desk.config);
    let time: (Clock, fn() -> f64) = (now, open::chance);
    let over = CancellationToken::new();
    let delivering = async {
        let step = deliver::deliver(&desk.ledger, way, &rules, &steering, time, lock, watch);
        let tally = step.await;
        over.cancel();
        tally
    };
    // What a cancelled letter's recipient is still owed goes out at once, not when all is done.
    let making_up = async {
        loop {
            tokio::select! {
                () = over.cancelled() => return Ok::<_, anyhow::Error>(()),
                () = cancelled.notified() => {}
            }
            if make_up(desk).await? {
                steering.wake.notify_one();
            }
        }
    };
    let (tally, made_up) = tokio::join!(delivering, making_up);
    bar.finish_and_clear();
    made_up?;
    Ok(tally?)
}

/// Publishes what makes up for cancelled letters; true where there is something to send.
async fn make_up(desk: &Desk) -> Result<bool> {
    let mut any = false;
    for order in make_up_orders(&desk.ledger, &desk.config, now()).await? {
        let published = publish::issue(desk, &order).await?;
        any |= published.edition.state == EditionState::Open;
    }
    Ok(any)
}

/// Tells the office of the editions that ended; true where there is a letter to send. A clock that
/// cannot be believed dates no letter.
async fn tell_office(desk: &Desk) -> Result<bool> {
    if publish::clock_is_held(desk).await? {
        return Ok(false);
    }
    let told = tell_of_editions(&desk.ledger, &desk.press(), now()).await?;
    Ok(told
        .iter()
        .any(|edition| edition.state == EditionState::Open))
}

/// A bar on a terminal, nothing anywhere else.
fn progress(screen: &Screen, queue: &Queue) -> ProgressBar {
    let target = if screen.json {
        ProgressDrawTarget::hidden()
    } else {
        ProgressDrawTarget::stderr()
    };
    let bar = ProgressBar::with_draw_target(Some(queue.pending - queue.paused), target);
    let template = "  {bar:40} {pos}/{len}  {per_sec}  {eta}";
    if let Ok(style) = ProgressStyle::with_template(template) {
        bar.set_style(style);
    }
    bar
}

async fn cancel_on_signal(stop: CancellationToken) {
    let streams = signal(SignalKind::interrupt()).and_then(|interrupt| {
        let terminate = signal(SignalKind::terminate())?;
        Ok((interrupt, terminate))
    });
    match streams {
        Ok((mut interrupt, mut terminate)) => {
            tokio::select! {
                _ = interrupt.recv() => {}
                _ = terminate.recv() => {}
            }
            stop.cancel();
        }
        Err(error) => tracing::warn!(%error, "signals cannot be heard"),
    }
}

/// Waits until the daemon has sent what was published, or could send no more of it now. Where the
/// daemon ends meanwhile, this process delivers.
async fn beside_the_daemon(desk: &Desk, editions: &[EditionId]) -> Result<ExitCode> {
    let started = Instant::now();
    desk.screen.note(
        "Dịch vụ đang chạy sẽ gửi; chờ kết quả …",
        "the running service delivers; waiting …",
    );
    loop {
        let (mut counts, waiting) = standing(desk, editions).await?;
        let matters = desk.ledger.attention().await?;
        let barred = matters.iter().any(|m| m.what == "server") && counts.sending == 0;
        if waiting == 0 || barred {
            counts.seconds = started.elapsed().as_secs_f64();
            tell(desk, &counts);
            let unsent = counts.failed
                + counts.deferred
                + counts.unknown
                + counts.pending
                + counts.cancelled
                + counts.bounced;
            return Ok(code(unsent == 0));
        }
        if DeliveryLock::holder(desk.ledger.folder())?.is_none()
            && let Ok(lock) = DeliveryLock::take(desk.ledger.folder(), "send")?
        {
            return deliver_all(desk, &lock, Until::Idle).await;
        }
        tokio::time::sleep(LOOK).await;
    }
}

/// How the editions stand, and how many of their letters could still go now.
async fn standing(desk: &Desk, editions: &[EditionId]) -> Result<(Counts, u64)> {
    let (mut counts, mut waiting) = (Counts::default(), 0);
    for id in editions {
        let of = desk.ledger.counts(*id).await?;
        let count = |state| of.get(&state).copied().unwrap_or(0);
        counts.sent += count(State::Sent);
        counts.deferred += count(State::Deferred);
        counts.unknown += count(State::Unknown);
        counts.pending += count(State::Pending);
        counts.sending += count(State::Sending);
        counts.cancelled += count(State::Cancelled);
        counts.bounced += count(State::Bounced);
        // A member without a usable address has a row that was never to be sent.
        let unreachable = desk.ledger.unreachable_rows(*id).await?;
        counts.failed += count(State::Failed).saturating_sub(unreachable);
        let edition = desk.ledger.edition(*id).await?;
        match edition.map(|e| e.state) {
            Some(EditionState::Open) => waiting += count(State::Pending) + count(State::Sending),
            Some(EditionState::Paused) => counts.paused += count(State::Pending),
            _ => {}
        }
    }
    Ok((counts, waiting))
}

fn tell(desk: &Desk, counts: &Counts) {
    let screen = &desk.screen;
    screen.row(counts);
    let Counts {
        sent,
        failed,
        deferred,
        unknown,
        pending,
        sending,
        cancelled,
        bounced,
        paused,
        seconds,
    } = counts;
    let vi = format!(
        "Đã gửi {sent}, hỏng {failed}, hoãn {deferred}, chưa rõ {unknown}, đang chờ {pending} \
         (tạm dừng {paused}), đang gửi {sending}, huỷ {cancelled}, bị trả lại {bounced}; \
         {seconds:.1} giây"
    );
    let en = format!(
        "sent {sent}, failed {failed}, deferred {deferred}, unknown {unknown}, pending {pending} \
         (paused {paused}), sending {sending}, cancelled {cancelled}, bounced {bounced}; \
         {seconds:.1} s"
    );
    screen.line(screen.say(&vi, &en));
}
