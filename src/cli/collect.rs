//! Owns `phobien collect`: the mailbox read once, or messages looked at without touching any state.
//! It refuses to decide what a message means.

use std::fs::File;
use std::io::Read;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::{Context, Result};

use super::command::Global;
use super::open::{self, Desk};
use super::show::{Screen, safe};
use super::stop::{Stop, code};
use crate::collect::{self, Collected};
use crate::daemon::now;
use crate::delivery::Class;
use crate::inbox::shown;
use crate::organisation::Language;
use crate::returned::{self, BYTES_MAX, Ours, Reading};

/// What a message says, for programs.
#[derive(serde::Serialize)]
struct Row {
    file: String,
    class: &'static str,
    recipient: Option<String>,
    status: Option<String>,
    token: Option<String>,
    delivery: Option<String>,
    document: Option<String>,
    documents: Vec<String>,
}

impl Row {
    fn of(file: String, reading: &Reading) -> Self {
        Self {
            file,
            class: reading.class.word(),
            recipient: reading.recipient.as_deref().map(safe),
            status: reading.status.clone(),
            token: reading.tokens.first().map(|token| safe(token)),
            delivery: None,
            document: None,
            documents: Vec::new(),
        }
    }

    fn collected(collected: &Collected) -> Self {
        let letter = collected.letter.as_ref();
        let documents = letter.map_or(&[][..], |letter| &letter.documents);
        let documents: Vec<String> = documents.iter().map(ToString::to_string).collect();
        Self {
            token: collected.token.clone(),
            delivery: letter.map(|letter| format!("m-{}", letter.delivery)),
            document: documents.first().cloned(),
            documents,
            ..Self::of(safe(&collected.mark), &collected.reading)
        }
    }
}

/// Reads the mailbox once.
pub(super) async fn run(desk: &Desk) -> Result<ExitCode> {
    let screen = &desk.screen;
    let Some(mailbox) = open::mailbox(&desk.config)? else {
        return Err(screen.usage(
            "chưa khai báo hộp thư: ghi [mailbox] url = \"imaps://…\" hoặc \"maildir:…\"",
            "no mailbox is configured: write [mailbox] url = \"imaps://…\" or \"maildir:…\"",
        ));
    };
    let config = &desk.config;
    let ours = Ours::new(config.reverse_path.as_deref(), &config.mail.from);
    let mut rows = Vec::new();
    let told = |collected| {
        let row = Row::collected(&collected);
        screen.row(&row);
        rows.push(row);
    };
    let tally = collect::collect(&desk.ledger, &mailbox, &ours, now(), told).await;
    rows.retain(|row| row.class != Class::Foreign.word());
    table(screen, &rows);
    let tally = tally?;
    let vi = format!(
        "Đã đọc {} thư: {} thư bị trả lại, {} xác nhận, {} thư không liên quan (để nguyên)",
        tally.read, tally.returned, tally.confirmed, tally.foreign
    );
    let en = format!(
        "{} messages read: {} letters came back, {} were confirmed, {} are not about letters and \
         were left alone",
        tally.read, tally.returned, tally.confirmed, tally.foreign
    );
    screen.line(screen.say(&vi, &en));
    Ok(ExitCode::SUCCESS)
}

/// Looks at messages. By the configuration that is found, else by the shape of phobien's tokens.
pub(super) fn inspect(global: &Global, files: &[PathBuf]) -> Result<ExitCode> {
    let (ours, language) = match open::find(global) {
        Ok(file) => {
            let config = open::read(&file)?.map_err(|faults| {
                let language = global.lang.unwrap_or_else(open::spoken);
                Stop::usage(open::told(&faults, language))
            })?;
            let ours = Ours::new(config.reverse_path.as_deref(), &config.mail.from);
            (ours, config.organisation.language)
        }
        Err(_) => (Ours::by_shape(), open::spoken()),
    };
    let language = global.lang.unwrap_or(language);
    let screen = Screen::new(language, global.json, chrono_tz::Asia::Ho_Chi_Minh);
    let (mut rows, mut good) = (Vec::new(), true);
    for file in files {
        match read(file) {
            Ok(bytes) => {
                let name = file.file_name().unwrap_or(file.as_os_str());
                let reading = returned::read(&bytes, &ours);
                rows.push(Row::of(shown(name.as_encoded_bytes()), &reading));
            }
            Err(error) => {
                screen.note(&format!("{error:#}"), &format!("{error:#}"));
                good = false;
            }
        }
    }
    rows.iter().for_each(|row| screen.row(row));
    table(&screen, &rows);
    screen.flush();
    Ok(code(good))
}

/// The first bytes of a plain file.
fn read(file: &Path) -> Result<Vec<u8>> {
    let at = || safe(&file.display().to_string());
    let meta = std::fs::metadata(file).with_context(at)?;
    anyhow::ensure!(meta.is_file(), "{}: is no plain file", at());
    let most = u64::try_from(BYTES_MAX).unwrap_or(u64::MAX);
    let mut bytes = Vec::new();
    let opened = File::open(file).with_context(at)?;
    opened.take(most).read_to_end(&mut bytes).with_context(at)?;
    Ok(bytes)
}

/// Messages for people.
fn table(screen: &Screen, rows: &[Row]) {
    let heads = [
        ("Thư", "Message"),
        ("Loại", "Class"),
        ("Người nhận", "Recipient"),
        ("Mã", "Status"),
        ("Lượt gửi", "Delivery"),
    ];
    let cells = rows.iter().map(|row| {
        let or_none = |value: &Option<String>| value.clone().unwrap_or_default();
        vec![
            row.file.clone(),
            said(row.class, screen.language).to_owned(),
            or_none(&row.recipient),
            or_none(&row.status),
            or_none(if row.delivery.is_some() {
                &row.delivery
            } else {
                &row.token
            }),
        ]
    });
    if !screen.json && !rows.is_empty() {
        screen.table(&heads, cells.collect(), true);
    }
}

/// A class for people.
fn said(class: &'static str, language: Language) -> &'static str {
    let Ok(known) = class.parse::<Class>() else {
        return class;
    };
    let vi = match known {
        Class::Hard => "trả lại: địa chỉ không dùng được",
        Class::Soft => "trả lại: lý do khác",
        Class::Delayed => "còn đang chuyển",
        Class::Delivered => "đã tới",
        Class::Complaint => "bị báo là thư rác",
        Class::AutoReply => "trả lời tự động",
        Class::ReadReceipt => "báo đã mở",
        Class::Confirmation => "xác nhận đã nghiên cứu",
        Class::Reply => "thư trả lời",
        Class::Foreign => "không liên quan",
        Class::Unparseable => "không đọc được",
    };
    match language {
        Language::Vi => vi,
        Language::En => class,
    }
}
