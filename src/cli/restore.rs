//! Owns `phobien restore`: in which order a copy takes the ledger's place and is let go on. It
//! refuses to guess up to when members had been told.

use std::path::Path;
use std::process::ExitCode;

use anyhow::Result;
use chrono::{DateTime, Utc};
use serde::Serialize;

use super::card::Card;
use super::command::{self, Global};
use super::named;
use super::open::Desk;
use super::show::{Screen, safe};
use super::stop::Stop;
use crate::daemon::now;
use crate::ingest::{self, Again, Arrivals};
use crate::ledger::restore::{self, Restored};
use crate::ledger::{DeliveryLock, LedgerError, told_until};
use crate::publish;

/// The answer for programs.
#[derive(Default, Serialize)]
struct Row {
    restored: Option<String>,
    copied_at: Option<String>,
    aside: Option<String>,
    head: Option<String>,
    told_until: Option<String>,
    /// Letters that waited in the copy and are in doubt now.
    held: u64,
    /// People who were erased after the copy was made, and are once more.
    erased: u64,
    /// The editions that stand for what may have gone out unrecorded, and their letters.
    editions: Vec<String>,
    deliveries: u64,
    /// Documents of which nobody can say whether members had them.
    waiting: Vec<String>,
}

pub(super) async fn run(global: &Global, ask: command::Restore) -> Result<ExitCode> {
    let (config, screen) = Desk::configured(global)?;
    // A wrong time must be told before anything is touched.
    let until = ask.told_until.as_deref().map(|text| past(&screen, text));
    let until = until.transpose()?;
    let folder = config.state_folder.clone();
    let mut row = Row::default();
    let lock = match &ask.file {
        Some(file) => take_over(&screen, &folder, file, &mut row).await?,
        None => {
            let taken = DeliveryLock::take(&folder, "restore")?;
            taken.map_err(|holder| Stop::locked(&screen, &holder))?
        }
    };
    let desk = Desk::with(config, screen).await?;
    let done = let_go_on(&desk, until, row).await;
    desk.screen.flush();
    let closed = desk.ledger.close().await;
    drop(lock);
    let code = done?;
    closed?;
    Ok(code)
}

/// A moment that is over.
fn past(screen: &Screen, text: &str) -> Result<DateTime<Utc>> {
    let at = named::instant(text)?;
    if at <= now() {
        return Ok(at);
    }
    let text = safe(text);
    let vi = format!("--told-until {text} chưa tới; ghi ngày giờ trên thư gần nhất đã nhận");
    let en = format!("--told-until {text} is to come; write the date on the last letter received");
    Err(screen.usage(&vi, &en))
}

async fn take_over(
    screen: &Screen,
    folder: &Path,
    file: &Path,
    row: &mut Row,
) -> Result<DeliveryLock> {
    let taken = restore::restore(folder, file, now()).await;
    let taken = taken.map_err(|error| match error {
        LedgerError::Restore { why, .. } => {
            let name = file.display();
            let vi = format!("{name}: {}", why.vietnamese());
            screen.usage(&safe(&vi), &safe(&format!("{name}: {why}")))
        }
        error => error.into(),
    })?;
    let Restored {
        copied_at,
        aside,
        audit,
        knows_erased,
        lock,
    } = taken.map_err(|holder| Stop::locked(screen, &holder))?;
    row.restored = Some(file.display().to_string());
    row.copied_at = Some(screen.stamp(copied_at));
    row.aside = aside.map(|aside| aside.display().to_string());
    row.head = Some(audit.head);
    let card = Card::new(screen);
    card.head(screen.say("Đã khôi phục từ bản sao", "The copy is in place"));
    card.line(("Tệp", "File"), &file.display().to_string());
    card.line(("Bản sao lúc", "Copied at"), &screen.time(copied_at));
    card.line(("Mã cuối chuỗi", "Head"), row.head.as_deref().unwrap_or(""));
    card.line(
        ("Sổ cũ giữ ở", "Set aside"),
        row.aside.as_deref().unwrap_or(""),
    );
    if !knows_erased {
        screen.note(
            "Không có sổ cũ đọc được để biết ai đã được xoá dữ liệu sau lúc sao lưu: đề nghị đối \
             chiếu hồ sơ và chạy lại phobien members erase cho từng người.",
            "No old ledger can be read that says who was erased after the copy was made: look \
             into your files, and repeat phobien members erase for each of them.",
        );
    }
    Ok(lock)
}

/// Ends the hold where a person said up to when members had been told, else says what to say.
async fn let_go_on(desk: &Desk, until: Option<DateTime<Utc>>, mut row: Row) -> Result<ExitCode> {
    let screen = &desk.screen;
    let Some(copied_at) = desk.ledger.copied_at().await? else {
        return Err(screen.usage(
            "sổ cái không phải bản khôi phục đang chờ; khôi phục: phobien restore TỆP",
            "the ledger is no restored copy that waits; to restore one: phobien restore FILE",
        ));
    };
    row.copied_at = Some(screen.stamp(copied_at));
    let Some(until) = until else {
        screen.row(&row);
        screen.note(
            "Chưa gửi gì cho tới khi có: phobien restore --told-until GIỜ (ngày giờ ghi trên thư \
             gần nhất đảng viên đã nhận).",
            "Nothing is sent until you say: phobien restore --told-until TIME (the date on the \
             last letter that members had).",
        );
        return Ok(ExitCode::SUCCESS);
    };
    if let Some(last) = desk.ledger.last_told().await?.filter(|last| *last > until) {
        let last = screen.stamp(last);
        let vi = format!("bản sao đã có thư ghi {last}; --told-until phải từ lúc đó trở đi");
        let en = format!("the copy knows letters dated {last}; --told-until must not be earlier");
        return Err(screen.usage(&vi, &en));
    }
    row.told_until = Some(screen.stamp(until));
    release(desk, (copied_at, until), &mut row).await?;
    screen.row(&row);
    Ok(ExitCode::SUCCESS)
}

/// Every step may be repeated after a crash; only the last one ends the hold.
async fn release(desk: &Desk, span: (DateTime<Utc>, DateTime<Utc>), row: &mut Row) -> Result<()> {
    let (ledger, press) = (&desk.ledger, desk.press());
    let mut tx = ledger.begin().await?;
    row.held = told_until::hold_waiting(&mut tx, span, now()).await?;
    tx.commit().await?;
    let again = ingest::erase_again(ledger, &desk.config, now()).await?;
    row.erased = again.erased;
    // Who came since the copy was made may have been told too.
    desk.read_roster().await?;
    super::ingest::scan(desk).await?;
    let arrivals = ingest::arrivals(ledger, &desk.inbox()?, span, now()).await?;
    let told = publish::count_as_told(ledger, &press, span, &arrivals.told, now()).await?;
    if span.1 > span.0 {
        publish::skip_until(ledger, &press, span.1, now()).await?;
    }
    row.editions = told.iter().map(|p| p.edition.id.to_string()).collect();
    row.deliveries = told.iter().map(|p| p.edition.total).sum();
    row.waiting = arrivals.waiting.iter().map(ToString::to_string).collect();
    let counted = serde_json::json!({
        "held": row.held, "editions": row.editions, "waiting": row.waiting,
    });
    let mut tx = ledger.begin().await?;
    told_until::release(&mut tx, span, counted, now()).await?;
    tx.commit().await?;
    tell(&desk.screen, row, &arrivals);
    tell_erased(&desk.screen, again);
    Ok(())
}

fn tell(screen: &Screen, row: &Row, arrivals: &Arrivals) {
    let held = row.held;
    if held > 0 {
        let vi = format!("{held} thư đang chờ lúc sao lưu: giữ lại, chưa rõ đã gửi hay chưa.");
        let en = format!("{held} letters waited when the copy was made: held, they are in doubt.");
        screen.line(screen.say(&vi, &en));
    }
    if !row.editions.is_empty() {
        let (list, count) = (row.editions.join(", "), row.deliveries);
        let vi = format!("{list}: {count} thư coi như đã gửi, giữ ở trạng thái chưa rõ.");
        let en = format!("{list}: {count} letters count as told and are held in doubt.");
        screen.line(screen.say(&vi, &en));
    }
    if held > 0 || !row.editions.is_empty() {
        screen.note(
            "Đối chiếu với máy chủ thư (phobien log --state unknown), rồi quyết định cho từng thư \
             hoặc cả đợt: phobien settle e-… sent (đã tới), hoặc resend (gửi lại).",
            "Compare with the mail server's log (phobien log --state unknown), then decide for a \
             letter or a whole edition: phobien settle e-… sent (it arrived), or resend.",
        );
    }
    if !arrivals.waiting.is_empty() {
        let list = row.waiting.join(", ");
        let vi = format!("{list}: chờ người quyết định đã phổ biến hay chưa (phobien documents).");
        let en = format!("{list}: wait for a person to say whether members have them.");
        screen.note(&vi, &en);
    }
    screen.line(screen.say("Sổ cái hoạt động trở lại.", "The ledger goes on."));
}

/// Whom the copy brought back.
fn tell_erased(screen: &Screen, again: Again) {
    let Again { erased, left } = again;
    if erased > 0 {
        let vi = format!("{erased} người đã được xoá dữ liệu sau lúc sao lưu: đã xoá lại.");
        let en = format!("{erased} people were erased after the copy was made: erased again.");
        screen.line(screen.say(&vi, &en));
    }
    if left > 0 {
        let vi = format!("{left} người như vậy chưa xoá lại được: phobien members erase MÃ.");
        let en = format!("{left} such people could not be: phobien members erase CODE.");
        screen.note(&vi, &en);
    }
}

/// A copy sends nothing.
pub(super) async fn refuse_copy(desk: &Desk) -> Result<()> {
    match desk.ledger.copied_at().await? {
        Some(at) => Err(is_copy(&desk.screen, at)),
        None => Ok(()),
    }
}

/// What is said of a copy that nobody let go on.
pub(super) fn is_copy(screen: &Screen, at: DateTime<Utc>) -> anyhow::Error {
    let at = screen.stamp(at);
    let vi = format!(
        "sổ cái là bản sao lúc {at} nên chưa gửi gì. Cho biết đảng viên đã được phổ biến tới khi \
         nào: phobien restore --told-until GIỜ (ngày giờ ghi trên thư gần nhất đã nhận)"
    );
    let en = format!(
        "the ledger is a copy of {at}, so nothing is sent. Say up to when members had been told: \
         phobien restore --told-until TIME (the date on the last letter received)"
    );
    screen.usage(&vi, &en)
}
