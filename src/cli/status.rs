//! Owns `phobien status`: one screen with the next times, the queue, the last editions, and what
//! needs a person. It refuses to change anything.

use std::collections::HashMap;
use std::io::IsTerminal;
use std::process::ExitCode;

use anyhow::Result;
use chrono::{DateTime, Utc};
use serde::Serialize;

use super::editions::count;
use super::open::{self, Desk};
use super::show::{Screen, safe};
use super::stop::code;
use crate::daemon::now;
use crate::deliver;
use crate::delivery::State;
use crate::ledger::DeliveryLock;
use crate::ledger::editions::EditionRow;
use crate::ledger::events::Attention;
use crate::ledger::log::Queue;
use crate::publish;
use crate::schedule::Why;

/// Slots shown of each schedule.
const SLOTS: usize = 2;
/// Editions shown.
const EDITIONS: u32 = 10;

/// The whole screen, for programs.
#[derive(Serialize)]
struct Status<'a> {
    now: String,
    node: String,
    next: Vec<Next>,
    queue: Waiting,
    /// Letters a minute, where the server taught us not to pass that.
    rate: Option<f64>,
    editions: &'a [Edition],
    attention: Vec<Matter>,
}

#[derive(Serialize)]
struct Next {
    schedule: String,
    due_at: String,
}

#[derive(Serialize)]
struct Waiting {
    pending: u64,
    sending: u64,
    deferred: u64,
    unknown: u64,
}

/// An edition, as `status` lists it.
#[derive(Debug, Serialize)]
pub(super) struct Edition {
    edition: String,
    schedule: String,
    due_at: String,
    state: String,
    late: bool,
    why: Option<String>,
    total: u64,
    sent: u64,
    failed: u64,
}

impl Edition {
    pub(super) fn of(row: &EditionRow, counts: &HashMap<State, u64>, screen: &Screen) -> Self {
        Self {
            edition: row.id.to_string(),
            schedule: row.schedule.clone(),
            due_at: screen.stamp(row.due_at),
            state: row.state.to_string(),
            late: row.late,
            why: row.why.clone(),
            total: row.total,
            sent: count(counts, State::Sent),
            failed: count(counts, State::Failed) + count(counts, State::Bounced),
        }
    }
}

#[derive(Serialize)]
struct Matter {
    what: String,
    detail: String,
    since: String,
}

pub(super) async fn run(desk: &Desk) -> Result<ExitCode> {
    let (screen, ledger) = (&desk.screen, &desk.ledger);
    let at = now();
    let calendar = desk.config.calendar();
    let next = publish::upcoming(&desk.config.schedules, &calendar, SLOTS, at);
    let queue = ledger.queue().await?;
    let rate = deliver::lowered_rate(ledger).await?;
    let rows = ledger.editions(EDITIONS).await?;
    let mut editions = Vec::new();
    for row in &rows {
        let counts = ledger.counts(row.id).await?;
        editions.push(Edition::of(row, &counts, screen));
    }
    let matters = publish::matters(ledger, &desk.config, screen.language, at).await?;
    if screen.json {
        let next = next.iter().map(|(schedule, slot)| Next {
            schedule: schedule.clone(),
            due_at: screen.stamp(slot.due_at),
        });
        screen.row(&Status {
            now: screen.stamp(at),
            node: open::node(),
            next: next.collect(),
            queue: Waiting {
                pending: queue.pending,
                sending: queue.sending,
                deferred: queue.deferred,
                unknown: queue.unknown,
            },
            rate,
            editions: &editions,
            attention: matters.iter().map(|m| matter(m, screen)).collect(),
        });
    } else {
        let next = next.iter().map(|(name, slot)| (name, slot.due_at));
        head(desk, at, next, &queue)?;
        if let Some(rate) = rate {
            let vi = format!("Máy chủ thư báo quá nhiều: hiện tối đa {rate:.0} thư/phút");
            let en = format!("The mail server said too much: {rate:.0} letters a minute for now");
            screen.line(screen.say(&vi, &en));
        }
        table(screen, &rows, &editions);
        attention(screen, &matters);
    }
    Ok(code(matters.iter().all(|m| m.what == publish::UNREACHABLE)))
}

fn matter(matter: &Attention, screen: &Screen) -> Matter {
    Matter {
        what: matter.what.clone(),
        detail: matter.detail.clone(),
        since: screen.stamp(matter.since),
    }
}

fn head<'n>(
    desk: &Desk,
    at: DateTime<Utc>,
    next: impl Iterator<Item = (&'n String, DateTime<Utc>)>,
    queue: &Queue,
) -> Result<()> {
    let screen = &desk.screen;
    let holder = DeliveryLock::holder(desk.ledger.folder())?;
    let delivers = match holder {
        Some(holder) => format!("phobien {} (pid {})", holder.command, holder.pid),
        None => screen
            .say("không có tiến trình nào đang gửi", "nobody delivers now")
            .to_owned(),
    };
    screen.line(&format!("{}  {}", screen.time(at), safe(&delivers)));
    for (name, due) in next {
        let label = screen.say("Kế tiếp", "Next");
        screen.line(&format!("{label}: {}  {}", screen.time(due), safe(name)));
    }
    let Queue {
        pending,
        sending,
        deferred,
        unknown,
        paused,
    } = queue;
    let vi = format!(
        "Hàng đợi: {pending} chờ gửi (tạm dừng {paused}), {sending} đang gửi, {deferred} hoãn, \
         {unknown} chưa rõ"
    );
    let en = format!(
        "Queue: {pending} pending ({paused} paused), {sending} sending, {deferred} deferred, \
         {unknown} unknown"
    );
    screen.line(screen.say(&vi, &en));
    Ok(())
}

fn table(screen: &Screen, rows: &[EditionRow], editions: &[Edition]) {
    if rows.is_empty() {
        screen.line(screen.say("Chưa có đợt gửi nào.", "No editions yet."));
        return;
    }
    let heads = [
        ("Đợt", "Edition"),
        ("Lịch", "Schedule"),
        ("Giờ gửi", "Due"),
        ("Trạng thái", "State"),
        ("Thư", "Letters"),
        ("Đã gửi", "Sent"),
        ("Hỏng", "Failed"),
        ("Ghi chú", "Note"),
    ];
    let cells = rows.iter().zip(editions).map(|(row, edition)| {
        let why = edition.why.as_deref().unwrap_or("");
        // A slot that was not run has its reason as a sentence.
        let why = why.parse::<Why>().map_or_else(
            |_| screen.word(why),
            |word| word.sentence(screen.language).to_owned(),
        );
        let late = if row.late {
            screen.say("muộn", "late")
        } else {
            ""
        };
        vec![
            edition.edition.clone(),
            edition.schedule.clone(),
            screen.time(row.due_at),
            screen.word(&edition.state),
            edition.total.to_string(),
            edition.sent.to_string(),
            edition.failed.to_string(),
            format!("{late} {why}").trim().to_owned(),
        ]
    });
    screen.table(&heads, cells.collect(), true);
}

fn attention(screen: &Screen, matters: &[Attention]) {
    if matters.is_empty() {
        screen.line(screen.say("Không có việc cần xử lý.", "Nothing needs a person."));
        return;
    }
    screen.line(screen.say("Cần người xử lý:", "Needs a person:"));
    let detail = |matter: &Attention| publish::in_language(&matter.detail, screen.language);
    if std::io::stdout().is_terminal() {
        // A sentence with a command in it is longer than a line: a table wraps it.
        let heads = [("Từ", "Since"), ("Loại", "Kind"), ("Việc", "What")];
        let row = |m: &Attention| vec![screen.time(m.since), m.what.clone(), detail(m)];
        screen.table(&heads, matters.iter().map(row).collect(), true);
        return;
    }
    for matter in matters {
        let since = screen.time(matter.since);
        screen.line(&safe(&format!(
            "- {since} {}: {}",
            matter.what,
            detail(matter)
        )));
    }
}
