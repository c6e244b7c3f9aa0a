//! Owns `phobien report`: what the record says, as a file for people. It refuses to tell more of
//! people than its reader needs: no address that works, no server's words.

mod letters;
mod missing;
mod output;

use std::process::ExitCode;

use anyhow::Result;
use chrono::{DateTime, NaiveDateTime, Utc};

use super::command;
use super::open::Desk;
use super::show::Screen;
use crate::organisation::{Address, Language, RecipientKind};
use crate::table::{Cell, Heading};

pub(super) async fn run(desk: &Desk, ask: command::Report) -> Result<ExitCode> {
    match &ask.not_received {
        Some(document) => missing::run(desk, &ask, document).await,
        None => letters::run(desk, &ask).await,
    }
}

/// What all reports of an office have in common.
fn heading(desk: &Desk, title: &str) -> Heading {
    let screen = &desk.screen;
    Heading {
        language: screen.language,
        organisation: desk.config.organisation.name.clone(),
        title: title.to_owned(),
        facts: Vec::new(),
        group: screen.say("Chi bộ", "Branch"),
        columns: Vec::new(),
        sums: crate::table::Sums::default(),
        summary: screen.say("Tổng hợp", "Summary"),
        nothing: "",
        note: screen.say(
            "Báo cáo có dữ liệu cá nhân của đảng viên: chỉ dùng trong nội bộ, không chuyển ra \
             ngoài, huỷ khi không còn cần.",
            "This report holds personal data of members: for internal use only, not to be passed \
             on, to be destroyed when it is no longer needed.",
        ),
        one_list: false,
        rows: 0,
        scratch: ".".into(),
    }
}

/// A time on the organisation's clock, to the second.
fn local(at: DateTime<Utc>, screen: &Screen) -> NaiveDateTime {
    at.with_timezone(&screen.zone).naive_local()
}

/// A time that may be missing.
fn time(at: Option<DateTime<Utc>>, screen: &Screen) -> Cell {
    Cell::time(at.map(|at| local(at, screen)))
}

/// A time in a sentence.
fn moment(at: DateTime<Utc>, screen: &Screen) -> String {
    let form = match screen.language {
        Language::Vi => "%H:%M ngày %d/%m/%Y",
        Language::En => "%Y-%m-%d %H:%M",
    };
    local(at, screen).format(form).to_string()
}

/// Who a letter is to, in a word.
fn kind(kind: RecipientKind, screen: &Screen) -> Cell {
    Cell::text(match kind {
        RecipientKind::Member => screen.say("Đảng viên", "Member"),
        RecipientKind::Branch => screen.say("Chi bộ", "Branch"),
        RecipientKind::Office => screen.say("Văn phòng", "Office"),
    })
}

/// As much of an address at fault as tells which it is: the office has it in full in its roster.
fn masked(address: Option<&str>) -> String {
    let address = address.and_then(|a| a.parse::<Address>().ok());
    address.map_or_else(String::new, |a| a.masked())
}

/// A word or sentence with a capital letter.
fn capital(text: &str) -> String {
    let mut letters = text.chars();
    let first = letters.next().map(char::to_uppercase);
    first.into_iter().flatten().chain(letters).collect()
}
