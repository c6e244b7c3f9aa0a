//! Owns `phobien verify`: what the ledger's audit found, for people and programs. It refuses to
//! mend anything.

use std::process::ExitCode;

use anyhow::Result;
use serde::Serialize;

use super::card::Card;
use super::open::Desk;
use super::stop::code;

/// The answer for programs.
#[derive(Serialize)]
struct Row<'a> {
    intact: bool,
    events: u64,
    redacted: u64,
    head: &'a str,
    editions: u64,
    documents: u64,
    faults: &'a [String],
}

pub(super) async fn run(desk: &Desk) -> Result<ExitCode> {
    let screen = &desk.screen;
    let audit = desk.ledger.audit().await?;
    let intact = audit.faults.is_empty();
    screen.row(&Row {
        intact,
        events: audit.events,
        redacted: audit.redacted,
        head: &audit.head,
        editions: audit.editions,
        documents: audit.documents,
        faults: &audit.faults,
    });
    if screen.json {
        return Ok(code(intact));
    }
    let card = Card::new(screen);
    let words = if intact {
        screen.say("Sổ cái còn nguyên vẹn", "The ledger is as it was written")
    } else {
        screen.say(
            "SỔ CÁI ĐÃ BỊ SỬA HOẶC HỎNG",
            "THE LEDGER WAS ALTERED OR DAMAGED",
        )
    };
    card.head(words);
    card.line(("Chuỗi sự kiện", "Events"), &audit.events.to_string());
    if audit.redacted > 0 {
        let words = audit.redacted.to_string();
        card.line(("Đã bỏ tên người", "Names erased"), &words);
    }
    card.line(("Mã cuối chuỗi", "Head"), &audit.head);
    card.line(("Đợt đã khép", "Editions"), &audit.editions.to_string());
    card.line(("Tệp văn bản", "Documents"), &audit.documents.to_string());
    for fault in &audit.faults {
        screen.line(&format!("- {}", super::show::safe(fault)));
    }
    if !intact {
        let en = "Stop the service, keep a copy of the state folder, restore a backup and look for \
            who wrote to it.";
        let vi = "Đề nghị dừng dịch vụ, giữ nguyên một bản thư mục dữ liệu, khôi phục từ bản sao \
            lưu và xác minh ai đã ghi vào.";
        screen.line(screen.say(vi, en));
    }
    Ok(code(intact))
}
