//! Owns `phobien log`: who was sent what. It refuses to hold more than a page of it in memory.

use std::process::ExitCode;

use anyhow::Result;

use super::command;
use super::named;
use super::open::Desk;
use super::row;
use super::show::Screen;
use crate::ledger::log::{LogFilter, LogRow};
use crate::organisation::Address;
use crate::spelling;

/// The columns for people.
const HEADS: [(&str, &str); 9] = [
    ("Thư", "Letter"),
    ("Đợt", "Edition"),
    ("Giờ gửi", "Due"),
    ("Người nhận", "Recipient"),
    ("Chi bộ", "Branch"),
    ("Địa chỉ", "Address"),
    ("Trạng thái", "State"),
    ("Trả lời", "Reply"),
    ("Văn bản", "Documents"),
];

pub(super) async fn run(desk: &Desk, ask: command::Log) -> Result<ExitCode> {
    let filter = filter(desk, ask).await?;
    let screen = &desk.screen;
    let mut after = 0;
    let mut first = true;
    loop {
        let page = desk.ledger.log(&filter, after).await?;
        let Some(last) = page.last() else { break };
        after = last.delivery;
        if screen.json {
            for delivery in &page {
                screen.row(&row::Delivery::of(delivery, screen));
            }
        } else {
            let rows = page.iter().map(|row| cells(row, screen)).collect();
            screen.table(&HEADS, rows, first);
        }
        first = false;
        if screen.is_closed() {
            break;
        }
    }
    if first {
        screen.line(screen.say("Không có thư nào như vậy.", "No such letters."));
        if let Some(code) = &filter.code
            && !desk.ledger.has_code(code).await?
        {
            // A mistyped code must not pass for somebody who was never written to.
            let code = spelling::line(code);
            screen.note(
                &format!(
                    "không ai có mã `{code}`; xem `phobien members list`, hoặc ghi địa chỉ thư"
                ),
                &format!(
                    "nobody has the code `{code}`; see `phobien members list`, or name an address"
                ),
            );
        }
    }
    Ok(ExitCode::SUCCESS)
}

/// What a person's words let through.
pub(super) async fn filter(desk: &Desk, ask: command::Log) -> Result<LogFilter> {
    let mut filter = LogFilter {
        state: ask.state,
        ..LogFilter::default()
    };
    if let Some(text) = &ask.document {
        filter.document = Some(desk.document(text).await?.id);
    }
    if let Some(text) = ask.to {
        // In an address the domain is in lower case, as on record; anything else is a code.
        match text.parse::<Address>() {
            Ok(address) => filter.address = Some(address.as_str().to_owned()),
            Err(_) => filter.code = Some(text),
        }
    }
    if let Some(text) = &ask.branch {
        filter.branch = Some(desk.branch(text).await?);
    }
    if let Some(text) = &ask.edition {
        filter.edition = Some(desk.edition(text).await?.id);
    }
    if let Some(text) = &ask.since {
        filter.since = Some(named::since(text, &desk.screen)?);
    }
    Ok(filter)
}

fn cells(row: &LogRow, screen: &Screen) -> Vec<String> {
    let code = row.code.as_deref().unwrap_or("");
    let person = row.person.as_ref().map(|p| format!(" ({p})"));
    let documents: Vec<_> = row.documents.iter().map(|(_, s)| s.as_str()).collect();
    vec![
        row::delivery_id(row.delivery),
        row.edition.to_string(),
        screen.time(row.due_at),
        format!("{code} {}{}", row.name, person.unwrap_or_default()),
        row.branch.clone().unwrap_or_default(),
        row.address.clone().unwrap_or_default(),
        screen.word(row.state.word()),
        row.reply
            .as_deref()
            .map_or_else(String::new, |r| screen.word(r)),
        documents.join(", "),
    ]
}
