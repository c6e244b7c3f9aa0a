//! Owns `phobien publish`: when, what of, and whether it is only said. It refuses to know what is
//! owed.

use std::process::ExitCode;

use anyhow::Result;
use chrono::{DateTime, SubsecRound, Utc};

use super::command;
use super::named;
use super::open::Desk;
use super::row;
use crate::daemon::{CLOCK_HELD, now};
use crate::edition::EditionState;
use crate::publish::{self, Order, Published, URGENT};
use crate::schedule::{Schedule, Slot};

pub(super) async fn run(desk: &Desk, ask: command::Publish) -> Result<ExitCode> {
    let order = match ask.schedule.as_deref().filter(|_| !ask.urgent) {
        Some(name) => {
            let schedule = desk.schedule(name)?;
            let at = match &ask.at {
                Some(text) => named::due(text, now())?,
                None => publish::free_second(&desk.ledger, &schedule.name, now()).await?,
            };
            Some(at_moment(schedule, at))
        }
        None => None,
    };
    desk.read_roster().await?;
    let order = match order {
        Some(order) => Some(order),
        None => publish::urgent_order(&desk.ledger, &desk.config, now()).await?,
    };
    let Some(order) = order else {
        nothing_urgent(desk);
        return Ok(ExitCode::SUCCESS);
    };
    let published = if ask.dry_run {
        publish::rehearse(&desk.ledger, &desk.press(), &order, now()).await?
    } else {
        issue(desk, &order).await?
    };
    tell(desk, &published, ask.dry_run);
    Ok(ExitCode::SUCCESS)
}

/// The order for a schedule at a moment of a person's choice, holidays or not.
pub(super) fn at_moment(schedule: &Schedule, at: DateTime<Utc>) -> Order {
    let slot = Slot {
        nominal_at: at,
        due_at: at,
    };
    Order::of(schedule, slot, false)
}

/// Publishes, unless the clock cannot be believed.
pub(super) async fn issue(desk: &Desk, order: &Order) -> Result<Published> {
    if clock_is_held(desk).await? {
        return Err(desk.screen.failed(
            "đồng hồ đã nhảy giờ nên chưa phát hành gì; chỉnh lại giờ, rồi: phobien resume clock",
            "the clock jumped and nothing is published; set it right, then: phobien resume clock",
        ));
    }
    Ok(publish::publish(&desk.ledger, &desk.press(), order, now()).await?)
}

/// True where a jump of the clock waits for a person.
pub(super) async fn clock_is_held(desk: &Desk) -> Result<bool> {
    let held = desk.ledger.meta(CLOCK_HELD).await?;
    Ok(held.is_some_and(|since| !since.is_empty()))
}

/// Shows an edition.
pub(super) fn tell(desk: &Desk, published: &Published, rehearsed: bool) {
    let screen = &desk.screen;
    let row = row::Edition::of(published, rehearsed, screen);
    screen.row(&row);
    let edition = &published.edition;
    let id = row.edition.unwrap_or_else(|| {
        let only_said = screen.say("(chạy thử)", "(rehearsal)");
        only_said.to_owned()
    });
    let what = if published.new {
        screen.say("mới", "new")
    } else {
        screen.say("đã có từ trước", "was there before")
    };
    let (due, total) = (screen.time(edition.due_at), edition.total);
    let (schedule, state) = (&edition.schedule, screen.word(edition.state.word()));
    let vi = format!("{id} {schedule} {due}: {what}, {state}, {total} thư");
    let en = format!("{id} {schedule} {due}: {what}, {state}, {total} letters");
    screen.line(&super::show::safe(screen.say(&vi, &en)));
    for (id, symbol) in &published.documents {
        screen.line(&format!("  {id} {}", super::show::safe(symbol)));
    }
}

fn nothing_urgent(desk: &Desk) {
    let screen = &desk.screen;
    let at = screen.stamp(now().trunc_subsecs(0));
    screen.row(&row::Edition {
        edition: None,
        schedule: URGENT.to_owned(),
        nominal_at: at.clone(),
        due_at: at,
        new: false,
        state: EditionState::Empty.to_string(),
        deliveries: 0,
        documents: Vec::new(),
        document_ids: Vec::new(),
    });
    screen.line(screen.say(
        "Không có văn bản khẩn chưa gửi.",
        "No urgent document waits for its edition.",
    ));
}
