//! Owns what a person tells phobien about editions and their letters: again, stop, go on, decide a
//! doubt, print. It refuses to touch what is frozen.

use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::{Context, Result};

use super::command::{self, Verdict};
use super::open::Desk;
use super::out::write_out;
use super::row;
use crate::daemon::{CLOCK_HELD, now};
use crate::delivery::{Event, State};
use crate::edition::EditionState;
use crate::ledger::again::Which;
use crate::ledger::editions::EditionRow;
use crate::ledger::log::{LogFilter, LogRow};
use crate::ledger::{closing, editions, events, set_meta};
use crate::letter::Sheet;
use crate::organisation::{Address, RecipientKind};
use crate::publish::{self, PublishError};

pub(super) async fn resend(desk: &Desk, ask: command::Resend) -> Result<ExitCode> {
    let edition = desk.edition(&ask.edition).await?;
    may_go_again(desk, &edition)?;
    let which = match (ask.failed, ask.to) {
        (_, Some(who)) => Which::To(address_or_code(&who)),
        (true, None) => Which::Failed,
        (false, None) => Which::Owed,
    };
    let queued = publish::again(&desk.ledger, &edition, &which, now()).await?;
    if queued == 0 {
        // It may have been paused or cancelled meanwhile.
        may_go_again(desk, &desk.edition(&ask.edition).await?)?;
    }
    if queued == 0 && matches!(which, Which::To(_)) {
        let id = edition.id;
        let vi = format!(
            "không có thư nào của {id} tới nơi đó đã kết thúc; xem `phobien log --edition {id}`"
        );
        let en = format!("no letter of {id} to them has ended; see `phobien log --edition {id}`");
        return Err(desk.screen.usage(&vi, &en));
    }
    let vi = format!("{}: xếp gửi lại {queued} thư", edition.id);
    let en = format!("{}: {queued} letters queued again", edition.id);
    tell(desk, &edition, &vi, &en).await
}

/// An error where nothing of an edition in this state is sent again.
fn may_go_again(desk: &Desk, edition: &EditionRow) -> Result<()> {
    if matches!(
        edition.state,
        EditionState::Open | EditionState::Sent | EditionState::Partly
    ) {
        return Ok(());
    }
    let (id, state) = (edition.id, edition.state);
    let (word, schedule) = (desk.screen.word(state.word()), &edition.schedule);
    let vi = format!(
        "{id} ở trạng thái “{word}” nên không gửi lại gì; văn bản chưa tới sẽ đi cùng đợt sau, \
         hoặc ngay: phobien publish {schedule}"
    );
    let en = format!(
        "{id} is {state}, so nothing of it is sent again; what is owed goes out with the next \
         edition, or now: phobien publish {schedule}"
    );
    Err(desk.screen.failed(&vi, &en))
}

/// In an address the domain is in lower case, as on record; anything else is a code.
pub(super) fn address_or_code(text: &str) -> String {
    text.parse::<Address>()
        .map_or_else(|_| text.trim().to_owned(), |a| a.as_str().to_owned())
}

pub(super) async fn cancel(desk: &Desk, text: &str) -> Result<ExitCode> {
    let edition = desk.edition(text).await?;
    let id = edition.id;
    if !matches!(edition.state, EditionState::Open | EditionState::Paused) {
        let state = edition.state;
        let word = desk.screen.word(state.word());
        let vi = format!("{id} ở trạng thái “{word}”: không còn thư nào chờ gửi");
        let en = format!("{id} is {state}: nothing of it waits");
        return Err(desk.screen.failed(&vi, &en));
    }
    let mut tx = desk.ledger.begin().await?;
    let stopped = closing::cancel(&mut tx, id, "cancelled", now()).await?;
    for what in ["paused", "confirm"] {
        events::clear(&mut tx, what, Some(&id.to_string())).await?;
    }
    let detail = serde_json::json!({ "decision": "cancel", "deliveries": stopped });
    events::append(&mut tx, "decision", &id.to_string(), &detail, now()).await?;
    tx.commit().await?;
    let vi = format!(
        "{id}: đã dừng {stopped} thư; văn bản chưa tới vẫn phải gửi và sẽ đi cùng đợt sau. Không \
         gửi nữa: phobien documents hold hoặc withdraw"
    );
    let en = format!(
        "{id}: {stopped} letters stopped; their documents stay owed and go with the next edition. \
         If they must not: phobien documents hold, or withdraw"
    );
    tell(desk, &edition, &vi, &en).await
}

pub(super) async fn resume(desk: &Desk, what: &str) -> Result<ExitCode> {
    if what == "clock" {
        return resume_clock(desk).await;
    }
    let edition = desk.edition(what).await?;
    let id = edition.id;
    if edition.state != EditionState::Paused {
        let state = edition.state;
        let word = desk.screen.word(state.word());
        let vi = format!("{id} ở trạng thái “{word}”, không phải tạm dừng");
        let en = format!("{id} is {state}, not paused");
        return Err(desk.screen.failed(&vi, &en));
    }
    let mut tx = desk.ledger.begin().await?;
    editions::move_edition(&mut tx, id, EditionState::Open, None, now()).await?;
    for what in ["paused", "confirm"] {
        events::clear(&mut tx, what, Some(&id.to_string())).await?;
    }
    let detail = serde_json::json!({ "decision": "resume" });
    events::append(&mut tx, "decision", &id.to_string(), &detail, now()).await?;
    closing::close_finished(&mut tx, &[id], now()).await?;
    tx.commit().await?;
    let vi = format!("{id}: tiếp tục gửi");
    let en = format!("{id}: goes on");
    tell(desk, &edition, &vi, &en).await
}

async fn resume_clock(desk: &Desk) -> Result<ExitCode> {
    let mut tx = desk.ledger.begin().await?;
    set_meta(&mut tx, CLOCK_HELD, "").await?;
    events::clear(&mut tx, "clock", None).await?;
    let detail = serde_json::json!({ "decision": "resume" });
    events::append(&mut tx, "decision", "clock", &detail, now()).await?;
    tx.commit().await?;
    let screen = &desk.screen;
    let at = screen.stamp(now());
    screen.row(&serde_json::json!({ "resumed": "clock", "at": at }));
    let words = "Đồng hồ được công nhận; tiếp tục phát hành.";
    screen.line(screen.say(words, "The clock is believed again; publishing goes on."));
    Ok(ExitCode::SUCCESS)
}

pub(super) async fn settle(desk: &Desk, text: &str, verdict: Verdict) -> Result<ExitCode> {
    let unknown = || {
        let vi = format!("`{text}` không phải thư chưa rõ kết quả; xem `phobien log`");
        let en = format!("`{text}` is no letter in doubt; see `phobien log`");
        desk.screen.usage(&vi, &en)
    };
    let (event, word) = match verdict {
        Verdict::Sent => (Event::SettledSent, "sent"),
        Verdict::Resend => (Event::Due, "resend"),
    };
    if text.starts_with("e-") {
        return settle_all(desk, text, event, word).await;
    }
    let id: i64 = text
        .strip_prefix("m-")
        .and_then(|n| n.parse().ok())
        .ok_or_else(unknown)?;
    let row = delivery(desk, id).await?.ok_or_else(unknown)?;
    let edition = desk.edition(&row.edition.to_string()).await?;
    refuse_cancelled(desk, &edition, event)?;
    let mut tx = desk.ledger.begin().await?;
    if closing::decide(&mut tx, id, event, now()).await?.is_none() {
        let word = desk.screen.word(row.state.word());
        let vi = format!("{text} ở trạng thái “{word}”, không phải chưa rõ");
        let en = format!("{text} is {}, not in doubt", row.state);
        return Err(desk.screen.failed(&vi, &en));
    }
    let detail = serde_json::json!({ "decision": word });
    events::append(&mut tx, "settle", text, &detail, now()).await?;
    tx.commit().await?;
    let Some(row) = delivery(desk, id).await? else {
        return Err(unknown());
    };
    let screen = &desk.screen;
    screen.row(&row::Delivery::of(&row, screen));
    screen.line(&format!("{text}: {}", screen.word(row.state.word())));
    Ok(ExitCode::SUCCESS)
}

/// What is cancelled is not sent, whoever doubts it.
fn refuse_cancelled(desk: &Desk, edition: &EditionRow, event: Event) -> Result<()> {
    if edition.state != EditionState::Cancelled || event != Event::Due {
        return Ok(());
    }
    let id = edition.id;
    let vi = format!("{id} đã dừng nên thư của đợt này không gửi lại");
    let en = format!("{id} is cancelled, so its letters are not sent again");
    Err(desk.screen.failed(&vi, &en))
}

/// One word of a person for all letters of an edition that are held in doubt.
async fn settle_all(desk: &Desk, text: &str, event: Event, word: &str) -> Result<ExitCode> {
    let edition = desk.edition(text).await?;
    refuse_cancelled(desk, &edition, event)?;
    let id = edition.id;
    let mut tx = desk.ledger.begin().await?;
    let settled = closing::decide_all(&mut tx, id, event, now()).await?;
    if settled == 0 {
        let vi = format!("{id} không có thư nào chưa rõ kết quả");
        let en = format!("no letter of {id} is held in doubt");
        return Err(desk.screen.failed(&vi, &en));
    }
    let detail = serde_json::json!({ "decision": word, "deliveries": settled });
    events::append(&mut tx, "settle", &id.to_string(), &detail, now()).await?;
    tx.commit().await?;
    let (vi, en) = match event {
        Event::Due => (
            format!("{id}: {settled} thư chưa rõ được xếp gửi lại"),
            format!("{id}: {settled} letters in doubt are queued again"),
        ),
        _ => (
            format!("{id}: {settled} thư chưa rõ được ghi nhận là đã gửi"),
            format!("{id}: {settled} letters in doubt are on record as sent"),
        ),
    };
    tell(desk, &edition, &vi, &en).await
}

async fn delivery(desk: &Desk, id: i64) -> Result<Option<LogRow>> {
    let filter = LogFilter {
        delivery: Some(id),
        ..LogFilter::default()
    };
    Ok(desk.ledger.log(&filter, 0).await?.into_iter().next())
}

pub(super) async fn print(
    desk: &Desk,
    text: &str,
    branch: &str,
    out: Option<PathBuf>,
) -> Result<ExitCode> {
    let edition = desk.edition(text).await?;
    let branch = desk.branch(branch).await?;
    let filter = LogFilter {
        edition: Some(edition.id),
        branch: Some(branch.clone()),
        ..LogFilter::default()
    };
    let page = desk.ledger.log(&filter, 0).await?;
    let row = page.iter().find(|row| row.kind == RecipientKind::Branch);
    let row = row.ok_or_else(|| {
        let vi = format!("{} không có thư nào tới chi bộ {branch}", edition.id);
        let en = format!("{} has no letter to the branch {branch}", edition.id);
        desk.screen.failed(&vi, &en)
    })?;
    if row.personal.is_empty() {
        return Err(PublishError::Pseudonymised(row.delivery).into());
    }
    let stored = desk.ledger.sheet(row.bundle).await?;
    if stored.sheet.is_empty() {
        return Err(PublishError::Emptied(row.delivery).into());
    }
    let sheet = Sheet::from_bytes(&stored.sheet).context("the stored sheet")?;
    let personal = serde_json::from_str(&row.personal).context("the stored letter")?;
    let page = sheet.page(&personal)?;
    write_out(&desk.screen, page.as_bytes(), out.as_deref())?;
    Ok(ExitCode::SUCCESS)
}

/// Shows how the edition stands after a decision, as `status` lists it.
async fn tell(desk: &Desk, before: &EditionRow, vi: &str, en: &str) -> Result<ExitCode> {
    let screen = &desk.screen;
    if screen.json {
        let edition = desk.edition(&before.id.to_string()).await?;
        let counts = desk.ledger.counts(edition.id).await?;
        screen.row(&super::status::Edition::of(&edition, &counts, screen));
    }
    screen.line(screen.say(vi, en));
    Ok(ExitCode::SUCCESS)
}

/// How many of a state.
pub(super) fn count(of: &std::collections::HashMap<State, u64>, state: State) -> u64 {
    of.get(&state).copied().unwrap_or(0)
}
