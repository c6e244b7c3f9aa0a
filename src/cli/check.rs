//! Owns `phobien check`: every fault at once, before anything runs, and the next times letters go.
//! It refuses to change anything, the ledger included.

use std::path::Path;
use std::process::ExitCode;

use anyhow::Result;

use super::command::Global;
use super::members::{fault_line, fault_row};
use super::open;
use super::row;
use super::secret;
use super::show::Screen;
use super::stop::{FAILED, USAGE};
use crate::config::{self, Config};
use crate::daemon::{self, now};
use crate::ingest;
use crate::mailbox::Known;
use crate::organisation::{Language, RecipientKind};
use crate::roster::Level;

/// Due times shown of each schedule.
const SLOTS: usize = 5;
/// The zone in which a faulty configuration is spoken of.
const NO_ZONE: chrono_tz::Tz = chrono_tz::UTC;

pub(super) async fn run(global: &Global, offline: bool) -> Result<ExitCode> {
    let file = open::find(global)?;
    let config = match open::read(&file)? {
        Ok(config) => config,
        Err(faults) => {
            let language = global.lang.unwrap_or_else(open::spoken);
            let screen = Screen::new(language, global.json, NO_ZONE);
            faults
                .iter()
                .for_each(|f| tell(&screen, &configured(f, language)));
            return Ok(ExitCode::from(USAGE));
        }
    };
    let language = global.lang.unwrap_or(config.organisation.language);
    let screen = Screen::new(language, global.json, config.organisation.time_zone);
    let mut faults: Vec<_> = config
        .warnings
        .iter()
        .map(|f| configured(f, language))
        .collect();
    faults.extend(folders(&config, &screen));
    faults.extend(people(&config, &screen).await);
    faults.extend(way_out(&config, offline).await);
    faults.extend(way_back(&config, offline).await);
    faults.extend(machine(&config, language).await?);
    faults.iter().for_each(|fault| tell(&screen, fault));
    times(&config, &screen);
    let errors = faults.iter().filter(|f| f.level == "error").count();
    let vi = format!("{errors} lỗi, {} lưu ý", faults.len() - errors);
    let en = format!("{errors} errors, {} warnings", faults.len() - errors);
    screen.line(screen.say(&vi, &en));
    Ok(ExitCode::from(if errors == 0 { 0 } else { FAILED }))
}

fn tell(screen: &Screen, fault: &row::Fault) {
    screen.row(fault);
    screen.line(&fault_line(fault, screen));
}

fn configured(fault: &config::Fault, language: Language) -> row::Fault {
    row::Fault {
        level: fault.level.word(),
        file: Some(fault.file.display().to_string()),
        line: Some(fault.line).filter(|line| *line > 0),
        key: row::some(&fault.key),
        message: fault.message(language).to_owned(),
        instead: row::some(fault.instead(language)),
    }
}

/// A fault of something that the configuration names.
fn fault(config: &Config, key: &str, message: String, instead: &str) -> row::Fault {
    row::Fault {
        level: "error",
        file: Some(config.file.display().to_string()),
        line: None,
        key: Some(key.to_owned()),
        message,
        instead: row::some(instead),
    }
}

/// The folders and files that the configuration names, as they are on this machine.
fn folders(config: &Config, screen: &Screen) -> Vec<row::Fault> {
    use rustix::fs::{Access, access};
    let mut faults = Vec::new();
    let mut folder = |key: &str, path: &Path| {
        let (mode, needs) = (
            Access::READ_OK | Access::WRITE_OK | Access::EXEC_OK,
            path.display(),
        );
        if !path.is_dir() {
            let message = format!(
                "{needs} {}",
                screen.say("không phải là thư mục", "is no folder")
            );
            let instead = screen.say(
                "đường dẫn tới một thư mục đã có",
                "the path of a folder that exists",
            );
            faults.push(fault(config, key, message, instead));
        } else if access(path, mode).is_err() {
            let (vi, en) = (
                "người dùng này không được đọc và ghi",
                "may not be read and written by this user",
            );
            let instead = screen.say(
                "thư mục thuộc người dùng của phobien",
                "a folder that phobien's user owns",
            );
            faults.push(fault(
                config,
                key,
                format!("{needs} {}", screen.say(vi, en)),
                instead,
            ));
        }
    };
    folder("documents.folder", &config.documents.folder);
    // The state folder is made where it is missing.
    let state = &config.state_folder;
    let there = state.ancestors().find(|path| path.exists());
    // The last ancestor of a relative path is the empty one: where we stand.
    folder("state.folder", there.unwrap_or(Path::new(".")));
    if state.starts_with(&config.documents.folder) {
        let message = screen.say(
            "thư mục dữ liệu nằm trong thư mục tiếp nhận văn bản",
            "the state folder lies in the documents folder",
        );
        let instead = screen.say("một thư mục khác", "another folder");
        let message = format!("{}: {message}", state.display());
        faults.push(fault(config, "state.folder", message, instead));
    }
    if let Some(logo) = &config.letter.logo
        && let Err(error) = std::fs::read(logo)
    {
        let message = format!("{}: {error}", logo.display());
        let instead = screen.say("tệp PNG hoặc JPEG đã có", "a PNG or JPEG that is there");
        faults.push(fault(config, "letter.logo", message, instead));
    }
    faults
}

async fn people(config: &Config, screen: &Screen) -> Vec<row::Fault> {
    match ingest::roster_faults(config).await {
        // What was put right in reading is for `members check`.
        Ok((members, faults)) => {
            let told = faults.iter().filter(|f| f.level != Level::Note);
            let told = told.map(|f| fault_row(f, config, screen.language));
            let nobody = (members == 0).then(|| nobody(config, screen));
            told.chain(nobody).collect()
        }
        Err(error) => {
            let instead = screen.say(
                "danh sách ở dạng .xlsx, .csv hoặc .toml",
                "the roster as .xlsx, .csv or .toml",
            );
            vec![fault(config, "roster.file", error.to_string(), instead)]
        }
    }
}

/// A roster that is read without a fault and names nobody.
fn nobody(config: &Config, screen: &Screen) -> row::Fault {
    let message = screen.say(
        "danh sách chưa có đảng viên nào nên chưa gửi được cho ai",
        "the roster names no member, so nobody can be sent anything",
    );
    let instead = screen.say("mỗi đảng viên một dòng", "a row for each member");
    row::Fault {
        level: "warning",
        ..fault(config, "roster.file", message.to_owned(), instead)
    }
}

/// What this machine lacks for reading files.
async fn machine(config: &Config, language: Language) -> Result<Vec<row::Fault>> {
    let sandbox = daemon::sandbox(open::program()?, config);
    let lacks = daemon::lacks(&sandbox, config).await;
    let warning = |(vi, en)| row::Fault {
        level: "warning",
        file: None,
        line: None,
        key: None,
        message: match language {
            Language::Vi => vi,
            Language::En => en,
        },
        instead: None,
    };
    Ok(lacks.into_iter().map(warning).collect())
}

/// The password, the certificates; and, where asked, the server itself: connect, TLS, log in.
async fn way_out(config: &Config, offline: bool) -> Option<row::Fault> {
    if let Err(error) = secret::signer(config) {
        return Some(fault(
            config,
            "mail.dkim",
            format!("{error:#}"),
            "a private key in PEM",
        ));
    }
    let courier = match open::courier(config) {
        Ok(courier) => courier,
        Err(error) => return Some(fault(config, "smtp", format!("{error:#}"), "")),
    };
    if offline {
        return None;
    }
    match courier.connect().await {
        Ok(link) => {
            link.quit().await;
            None
        }
        Err(none) => Some(fault(config, "smtp.url", none.to_string(), "")),
    }
}

/// The mailbox: its password, and, where asked, the login.
async fn way_back(config: &Config, offline: bool) -> Option<row::Fault> {
    let mailbox = match open::mailbox(config) {
        Ok(mailbox) => mailbox?,
        Err(error) => return Some(fault(config, "mailbox", format!("{error:#}"), "")),
    };
    if offline {
        return None;
    }
    match mailbox.open(&Known::default()).await {
        Ok(reader) => {
            reader.close().await;
            None
        }
        Err(none) => Some(fault(config, "mailbox.url", none.to_string(), "")),
    }
}

fn times(config: &Config, screen: &Screen) {
    let calendar = config.calendar();
    for schedule in &config.schedules {
        let (name, cron) = (&schedule.name, &schedule.cron);
        let to = match schedule.to {
            RecipientKind::Branch => screen.say("chi bộ", "branches"),
            RecipientKind::Member | RecipientKind::Office => screen.say("đảng viên", "members"),
        };
        screen.line(&format!(
            "{name}  `{cron}` {}  → {to}",
            schedule.zone.name()
        ));
        for slot in schedule.next_due(SLOTS, &calendar, now()) {
            let moved = if slot.nominal_at == slot.due_at {
                ""
            } else {
                screen.say("  (dời khỏi ngày nghỉ lễ)", "  (moved off a holiday)")
            };
            screen.line(&format!("  {}{moved}", screen.time(slot.due_at)));
        }
    }
}
