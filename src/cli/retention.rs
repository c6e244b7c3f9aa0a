//! Owns `phobien retention`: what the end of the period takes people out of, told or done. It
//! refuses to know how long the period is: the configuration says.

use std::process::ExitCode;

use anyhow::Result;
use serde::Serialize;

use super::open::Desk;
use crate::daemon::now;
use crate::ingest::{self, Retained};

/// The answer for programs.
#[derive(Serialize)]
struct Row {
    before: String,
    dry_run: bool,
    editions: u64,
    letters: u64,
    people: u64,
    folded: bool,
}

pub(super) async fn run(desk: &Desk, dry_run: bool) -> Result<ExitCode> {
    let (screen, now) = (&desk.screen, now());
    let before = ingest::period_start(&desk.config, now);
    let done = if dry_run {
        Retained::of(&desk.ledger.expired(before).await?)
    } else {
        ingest::retain(&desk.ledger, &desk.config, now).await?
    };
    let Retained {
        editions,
        letters,
        people,
        folded,
    } = done;
    screen.row(&Row {
        before: screen.stamp(before),
        dry_run,
        editions,
        letters,
        people,
        folded,
    });
    let months = desk.config.retention_months;
    let (vi, en) = if dry_run {
        (
            "sẽ thay tên người bằng mã thay thế",
            "would be pseudonymised",
        )
    } else {
        ("đã thay tên người bằng mã thay thế", "were pseudonymised")
    };
    let at = screen.time(before);
    let vi = format!(
        "Quá {months} tháng (gửi trước {at}): {vi} trong {letters} thư của {editions} đợt, và \
         {people} người không còn trong danh sách"
    );
    let en = format!(
        "Past {months} months (due before {at}): {letters} letters of {editions} editions, and \
         {people} people who left the roster, {en}"
    );
    screen.line(screen.say(&vi, &en));
    if !folded {
        screen.note(
            "Tiến trình khác đang đọc sổ, nhật ký ghi trước chưa được dọn: khởi động lại dịch vụ.",
            "Another process reads the ledger, so its write-ahead log still holds old pages: \
             restart the service.",
        );
    }
    Ok(ExitCode::SUCCESS)
}
