//! Owns the order of the tables and those about files, connections, deliveries and limits. It
//! refuses to know how a single value is written.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::time::Duration;

use chrono::NaiveTime;
use toml::de::{DeTable, DeValue};

use super::fault::Complaint;
use super::people::{self, extension};
use super::schedules;
use super::server;
use super::value::{self, choice, count, duration, wait};
use super::walk::{Read, Section, Walk};
use super::{
    Config, Confirmation, Delivery, Documents, Limits, Mailbox, Ocr, PictureMarks, Place, Roster,
    Smtp,
};
use crate::organisation::Phrase;

/// The whole configuration; none if something needed could not be read.
pub(super) fn config<'a>(
    walk: &mut Walk<'a>,
    tree: &'a DeTable<'a>,
    file: &Path,
) -> Option<Config> {
    let base = file.parent().unwrap_or(Path::new(""));
    let mut root = Section::root(tree);
    let organisation = people::organisation(walk, &mut root);
    let office = people::office(walk, &mut root);
    let letter = people::letter(walk, &mut root, base);
    let documents = documents(walk, &mut root, base);
    let roster = roster(walk, &mut root, base);
    let state_folder = state(walk, &mut root, base);
    let mail = people::mail(walk, &mut root, base);
    let smtp = smtp(walk, &mut root, base);
    let (reverse_path, mailbox) = mailbox(walk, &mut root, base);
    let connections = smtp.as_ref().map_or(CONNECTIONS, |smtp| smtp.connections);
    let delivery = delivery(walk, &mut root, connections);
    let urgent_confirm = urgent(walk, &mut root);
    let confirmation = confirmation(walk, &mut root);
    let zone = organisation
        .as_ref()
        .map_or(chrono_tz::Asia::Ho_Chi_Minh, |o| o.time_zone);
    let schedules = schedules::schedules(walk, &mut root, zone);
    let calendar = schedules::calendar(walk, &mut root);
    let retention_months = retention(walk, &mut root);
    let metrics = metrics(walk, &mut root);
    let limits = limits(walk, &mut root);
    walk.done(root);
    Some(Config {
        file: file.to_owned(),
        organisation: organisation?,
        office,
        letter,
        documents: documents?,
        roster: roster?,
        state_folder,
        mail: mail?,
        smtp: smtp?,
        reverse_path,
        mailbox,
        delivery,
        urgent_confirm,
        confirmation,
        schedules: schedules?,
        calendar,
        retention_months,
        metrics,
        limits,
        warnings: Vec::new(),
    })
}

const NONE_OR_REQUIRED: &[(&str, bool)] = &[("none", false), ("required", true)];

fn documents<'a>(walk: &mut Walk<'a>, root: &mut Section<'a>, base: &Path) -> Option<Documents> {
    let mut s = walk.section(root, "documents");
    let folder = walk.need(
        &mut s,
        "folder",
        "\"/srv/phobien/van-ban\"",
        value::path(base),
    );
    let settle = walk.get(&mut s, "settle", duration);
    let rescan = walk.get(&mut s, "rescan", wait);
    let approval = walk.get(&mut s, "approval", choice(NONE_OR_REQUIRED));
    let first_ingest_max = walk.get(&mut s, "first_ingest_max", count(1, 1_000_000));
    let modes = &[
        ("off", Ocr::Off),
        ("assist", Ocr::Assist),
        ("trust", Ocr::Trust),
    ];
    let ocr = walk.get(&mut s, "ocr", choice(modes));
    let ocr_pages = walk.get(&mut s, "ocr_pages", count(1, 1000));
    let marks = &[
        ("review", PictureMarks::Review),
        ("ignore", PictureMarks::Ignore),
    ];
    let picture_marks = walk.get(&mut s, "picture_marks", choice(marks));
    let read_at = walk.get(&mut s, "read_at", value::text);
    walk.done(s);
    Some(Documents {
        folder: folder?,
        settle: settle.unwrap_or(Duration::from_secs(5)),
        rescan: rescan.unwrap_or(Duration::from_secs(30)),
        approval_required: approval.unwrap_or(false),
        first_ingest_max: first_ingest_max.unwrap_or(20),
        ocr: ocr.unwrap_or(Ocr::Assist),
        ocr_pages: ocr_pages.unwrap_or(1),
        picture_marks: picture_marks.unwrap_or(PictureMarks::Review),
        read_at,
    })
}

fn roster<'a>(walk: &mut Walk<'a>, root: &mut Section<'a>, base: &Path) -> Option<Roster> {
    let mut s = walk.section(root, "roster");
    let example = "\"/etc/phobien/roster.xlsx\"";
    let file = walk.need(
        &mut s,
        "file",
        example,
        |v: &DeValue<'_>| -> Read<PathBuf> {
            let file = value::path(base)(v)?;
            if matches!(extension(&file).as_str(), "xlsx" | "csv" | "toml") {
                return Ok(file);
            }
            let message = Phrase::new(
                "danh sách phải là tệp .xlsx, .csv hoặc .toml",
                "a roster is a file .xlsx, .csv or .toml",
            );
            Err(Complaint::new(message, Phrase::same(example)))
        },
    );
    let branches = walk.get(&mut s, "branches", value::path(base));
    let is_csv = file.as_ref().is_none_or(|file| extension(file) == "csv");
    if branches.is_some() && !is_csv {
        let message = Phrase::new(
            "chỉ dùng với danh sách .csv; ở đây bị bỏ qua",
            "only for a .csv roster; it is not read here",
        );
        let instead = Phrase::new("bỏ khoá này", "leave it out");
        walk.warn(&s, "branches", Complaint::new(message, instead));
    }
    walk.done(s);
    Some(Roster {
        file: file?,
        branches: branches.filter(|_| is_csv),
    })
}

fn state<'a>(walk: &mut Walk<'a>, root: &mut Section<'a>, base: &Path) -> PathBuf {
    let mut s = walk.section(root, "state");
    let folder = walk.get(&mut s, "folder", value::path(base));
    let database = walk.get(&mut s, "database", value::text);
    // Two nodes that each keep their own SQLite would both send: never silently.
    if let Some(database) = database.filter(|database| database != "sqlite") {
        let complaint = if database.starts_with("postgres") {
            Complaint::not_in_this_version("\"sqlite\"", "\"sqlite\"")
        } else {
            let message = Phrase::new("không có loại cơ sở dữ liệu này", "no such database");
            Complaint::new(message, Phrase::same("\"sqlite\""))
        };
        walk.object(&s, "database", complaint);
    }
    walk.done(s);
    folder.unwrap_or_else(|| PathBuf::from("/var/lib/phobien"))
}

/// Connections at once (contract).
const CONNECTIONS: usize = 8;

fn smtp<'a>(walk: &mut Walk<'a>, root: &mut Section<'a>, base: &Path) -> Option<Smtp> {
    let mut s = walk.section(root, "smtp");
    let example = "\"smtps://mail.dangbo.example:465\"";
    let transport = walk.need(&mut s, "url", example, server::transport(base));
    let username = walk.get(&mut s, "username", value::text);
    let password_file = walk.get(&mut s, "password_file", value::path(base));
    let ca_file = walk.get(&mut s, "ca_file", value::path(base));
    let connections = walk.get(&mut s, "connections", count(1, 200));
    let rate_per_minute = walk.get(&mut s, "rate", value::rate);
    let timeout = walk.get(&mut s, "timeout", wait);
    let final_timeout = walk.get(&mut s, "final_timeout", wait);
    if password_file.is_some() && username.is_none() {
        let message = Phrase::new(
            "có mật khẩu nhưng không có tên đăng nhập",
            "there is a password but no user name",
        );
        let complaint = Complaint::new(message, Phrase::same("username = \"phobien\""));
        walk.object(&s, "password_file", complaint);
    }
    walk.done(s);
    Some(Smtp {
        transport: transport?,
        username,
        password_file,
        ca_file,
        connections: connections.unwrap_or(CONNECTIONS),
        rate_per_minute,
        timeout: timeout.unwrap_or(Duration::from_secs(60)),
        final_timeout: final_timeout.unwrap_or(Duration::from_secs(600)),
    })
}

/// `[mailbox]`: the reverse-path, and where letters come back to.
fn mailbox<'a>(
    walk: &mut Walk<'a>,
    root: &mut Section<'a>,
    base: &Path,
) -> (Option<String>, Option<Mailbox>) {
    let mut s = walk.section(root, "mailbox");
    let place = walk.get(&mut s, "url", server::place(base));
    let username = walk.get(&mut s, "username", value::text);
    let password_file = walk.get(&mut s, "password_file", value::path(base));
    let ca_file = walk.get(&mut s, "ca_file", value::path(base));
    let every = walk.get(&mut s, "every", wait);
    if matches!(place, Some(Place::Imap { .. })) && username.is_none() {
        let message = Phrase::new(
            "đọc hộp thư qua IMAP cần tên đăng nhập",
            "a mailbox is read over IMAP only with a user name",
        );
        let complaint = Complaint::new(message, Phrase::same("username = \"phobien\""));
        walk.object(&s, "url", complaint);
    }
    let reverse_path = walk.get(&mut s, "reverse_path", server::reverse_path);
    walk.done(s);
    let mailbox = place.map(|place| Mailbox {
        place,
        username,
        password_file,
        ca_file,
        every: every.unwrap_or(Duration::from_secs(300)),
    });
    (reverse_path, mailbox)
}

fn delivery<'a>(walk: &mut Walk<'a>, root: &mut Section<'a>, connections: usize) -> Delivery {
    let mut s = walk.section(root, "delivery");
    let retry_after = walk.get(&mut s, "retry_after", value::list(wait));
    if retry_after.as_ref().is_some_and(Vec::is_empty) {
        let message = Phrase::new("cần ít nhất một khoảng chờ", "at least one wait is needed");
        walk.object(
            &s,
            "retry_after",
            Complaint::new(message, Phrase::same("[\"5m\", \"60m\"]")),
        );
    }
    let minutes = |n: u64| Duration::from_secs(60 * n);
    let unknown = choice(&[("resend", false), ("hold", true)]);
    let delivery = Delivery {
        retry_after: retry_after.unwrap_or_else(|| [5, 10, 20, 40, 60].map(minutes).to_vec()),
        give_up_after: walk
            .get(&mut s, "give_up_after", wait)
            .unwrap_or(minutes(48 * 60)),
        hold_unknown: walk.get(&mut s, "on_unknown", unknown).unwrap_or(false),
        unknown_after: walk
            .get(&mut s, "unknown_after", duration)
            .unwrap_or(minutes(15)),
        in_doubt_max: walk
            .get(&mut s, "in_doubt_max", count(1, 100_000))
            .unwrap_or(2 * connections),
        new_member_days: walk
            .get(&mut s, "new_member_days", value::number(0, 3660))
            .map_or(30, |days| days as u32),
    };
    if delivery.in_doubt_max < connections {
        let message = Phrase::new(
            "nhỏ hơn số kết nối: một số kết nối sẽ không được dùng",
            "less than the connections: some of them will stand idle",
        );
        let instead = Phrase::same((2 * connections).to_string());
        walk.warn(&s, "in_doubt_max", Complaint::new(message, instead));
    }
    walk.done(s);
    delivery
}

fn urgent<'a>(walk: &mut Walk<'a>, root: &mut Section<'a>) -> bool {
    let mut s = walk.section(root, "urgent");
    let confirm = walk.get(&mut s, "confirm", choice(NONE_OR_REQUIRED));
    walk.done(s);
    confirm.unwrap_or(false)
}

/// When reminders go where nothing is said.
const REMIND_AT: NaiveTime = match NaiveTime::from_hms_opt(8, 0, 0) {
    Some(at) => at,
    None => NaiveTime::MIN,
};
/// Most reminders of one document: nobody is to be pestered.
const REMINDERS_MAX: usize = 5;

fn confirmation<'a>(walk: &mut Walk<'a>, root: &mut Section<'a>) -> Confirmation {
    let mut s = walk.section(root, "confirmation");
    let days = |n: u64| Duration::from_secs(n * 86_400);
    let ask = walk.get(&mut s, "ask", value::flag);
    let within = walk.get(&mut s, "within", wait);
    let remind_after = walk.get(&mut s, "remind_after", value::list(wait));
    let remind_at = walk.get(&mut s, "remind_at", value::time_of_day);
    let remind_after = remind_after.unwrap_or_else(|| vec![days(5)]);
    if remind_after.len() > REMINDERS_MAX || !remind_after.is_sorted_by(|a, b| a < b) {
        let message = Phrase::new(
            format!("tối đa {REMINDERS_MAX} lần nhắc, khoảng sau dài hơn khoảng trước"),
            format!("at most {REMINDERS_MAX} reminders, each later than the one before"),
        );
        let complaint = Complaint::new(message, Phrase::same("[\"5d\", \"12d\"]"));
        walk.object(&s, "remind_after", complaint);
    }
    walk.done(s);
    Confirmation {
        ask: ask.unwrap_or(false),
        within: within.unwrap_or(days(7)),
        remind_after,
        remind_at: remind_at.unwrap_or(REMIND_AT),
    }
}

/// Months.
fn retention<'a>(walk: &mut Walk<'a>, root: &mut Section<'a>) -> u32 {
    let mut s = walk.section(root, "retention");
    let months = walk.get(&mut s, "deliveries", value::months);
    walk.done(s);
    months.unwrap_or(24)
}

/// Figures name nobody, but what an office sends and when is its own matter.
fn metrics<'a>(walk: &mut Walk<'a>, root: &mut Section<'a>) -> Option<SocketAddr> {
    let mut s = walk.section(root, "metrics");
    let listen = walk.get(&mut s, "listen", value::socket);
    if listen.is_some_and(|at| !at.ip().is_loopback()) {
        let message = Phrase::new(
            "mọi máy trong mạng đều đọc được số liệu, không cần mật khẩu",
            "every machine of the network can read the figures, without a password",
        );
        let complaint = Complaint::new(message, Phrase::same("\"127.0.0.1:9187\""));
        walk.warn(&s, "listen", complaint);
    }
    walk.done(s);
    listen
}

fn limits<'a>(walk: &mut Walk<'a>, root: &mut Section<'a>) -> Limits {
    const MB: u64 = 1_000_000;
    let mut s = walk.section(root, "limits");
    let mut size =
        |walk: &mut Walk<'a>, key, default| walk.get(&mut s, key, value::size).unwrap_or(default);
    let file = size(walk, "file", 50 * MB);
    let text = size(walk, "text", 5 * MB);
    let zip_part = size(walk, "zip_part", 20 * MB);
    let zip_total = size(walk, "zip_total", 100 * MB);
    let extract_memory = size(walk, "extract_memory", 512 * MB);
    let limits = Limits {
        file,
        pages: walk.get(&mut s, "pages", count(1, 100_000)).unwrap_or(500),
        text,
        zip_entries: walk
            .get(&mut s, "zip_entries", count(1, 1_000_000))
            .unwrap_or(2000),
        zip_part,
        zip_total,
        zip_ratio: walk
            .get(&mut s, "zip_ratio", value::number(1, 100_000))
            .unwrap_or(200),
        extract_cpu: walk
            .get(&mut s, "extract_cpu", wait)
            .unwrap_or(Duration::from_secs(10)),
        extract_memory,
        attachments: walk
            .get(&mut s, "attachments", count(0, 1000))
            .unwrap_or(20),
    };
    walk.done(s);
    limits
}
