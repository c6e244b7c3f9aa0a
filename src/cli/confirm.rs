//! Owns `phobien confirm`: a confirmation that came on paper. It refuses to release, send or cover
//! anything.

use std::process::ExitCode;

use anyhow::Result;

use super::command::Confirm;
use super::open::Desk;
use super::show::safe;
use crate::daemon::now;
use crate::edition::Means;
use crate::ledger::confirmations;

pub(super) async fn run(desk: &Desk, ask: Confirm) -> Result<ExitCode> {
    let document = desk.document(&ask.document).await?;
    let code = crate::spelling::line(&ask.to);
    let screen = &desk.screen;
    let mut tx = desk.ledger.begin().await?;
    let Some(who) = confirmations::confirmer(&mut tx, &code).await? else {
        let vi = format!("không có đảng viên hay chi bộ nào mang mã {code}");
        let en = format!("no member or branch has the code {code}");
        let (vi, en) = (
            format!("{vi}; xem `phobien members list`"),
            format!("{en}; see `phobien members list`"),
        );
        return Err(screen.usage(&vi, &en));
    };
    let name = document.document.facts.symbol.as_ref();
    let name = name.map_or_else(
        || document.document.file.clone(),
        |symbol| symbol.value.to_string(),
    );
    if !confirmations::was_told(&mut tx, document.id).await? {
        let vi = format!("{name} chưa được gửi cho ai nên chưa thể xác nhận");
        let en = format!("{name} was sent to nobody yet, so nobody can confirm it");
        return Err(screen.failed(&safe(&vi), &safe(&en)));
    }
    let how = (Means::Paper, ask.by.as_deref());
    let confirmed = confirmations::confirm(&mut tx, &who, document.id, how, now()).await?;
    tx.commit().await?;
    screen.row(&serde_json::json!({
        "recipient_kind": who.kind, "code": who.code, "document": document.id.to_string(),
        "confirmed_at": screen.stamp(confirmed.at), "new": confirmed.new,
    }));
    let at = screen.time(confirmed.at);
    let vi = match confirmed.new {
        true => format!("{code}: đã ghi xác nhận nghiên cứu {name}"),
        false => format!("{code}: đã xác nhận nghiên cứu {name} từ {at}"),
    };
    let en = match confirmed.new {
        true => format!("{code}: on record as having studied {name}"),
        false => format!("{code}: was on record as having studied {name} since {at}"),
    };
    screen.line(&safe(screen.say(&vi, &en)));
    Ok(ExitCode::SUCCESS)
}
