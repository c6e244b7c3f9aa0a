//! Owns `phobien members export` and `erase`: one person's data handed over, or removed. It
//! refuses to remove anything without `--yes`, and to guess who is meant.

use std::process::ExitCode;

use anyhow::Result;
use serde::ser::SerializeMap;
use serde::{Serialize, Serializer};

use super::command::{Export, Sheet};
use super::open::Desk;
use super::out::write_new;
use super::purge::name_backups;
use super::show::{Screen, safe};
use super::stop::Stop;
use crate::daemon::now;
use crate::ingest::{self, Unerasable};
use crate::ledger::dossier::{Dossier, Entry, Held};
use crate::ledger::erase::Obstacle;
use crate::ledger::events;
use crate::ledger::person::Person;

/// What spreadsheet programs take UTF-8 by.
const BYTE_ORDER_MARK: &str = "\u{feff}";

/// The one person that a code, an address or a full name means.
async fn person(desk: &Desk, text: &str) -> Result<Person> {
    desk.read_roster().await?;
    let mut found = desk.ledger.people(text).await?;
    let screen = &desk.screen;
    let text = safe(text);
    match found.len() {
        1 => Ok(found.remove(0)),
        0 => {
            let vi = format!("không có ai là `{text}`; xem `phobien members list`");
            let en = format!("nobody is known as `{text}`; see `phobien members list`");
            Err(screen.usage(&vi, &en))
        }
        _ => {
            let lines = found.iter().map(|p| {
                let (code, address) = (p.code.as_deref(), p.address.as_deref());
                let (code, address) = (code.unwrap_or("-"), address.unwrap_or("-"));
                format!("  {code} {} {} {address}", p.name, p.branch)
            });
            let lines = lines.collect::<Vec<_>>().join("\n");
            let vi = format!("`{text}` là nhiều người; đề nghị ghi mã hoặc địa chỉ:\n{lines}");
            let en = format!("`{text}` is several people; give a code or an address:\n{lines}");
            Err(screen.usage(&vi, &en))
        }
    }
}

pub(super) async fn export(desk: &Desk, ask: Export) -> Result<ExitCode> {
    let who = person(desk, &ask.who).await?;
    let screen = &desk.screen;
    let dossier = desk.ledger.dossier(who.id).await?;
    let file = Handed {
        dossier: &dossier,
        screen,
        roster: desk.config.roster.file.display().to_string(),
        listed: who.listed,
    };
    let bytes = match ask.format {
        Sheet::Csv => csv(&file)?,
        Sheet::Json if screen.json && ask.out.is_none() => {
            [&serde_json::to_vec(&file)?[..], b"\n"].concat()
        }
        Sheet::Json => [&serde_json::to_vec_pretty(&file)?[..], b"\n"].concat(),
    };
    let Some(out) = &ask.out else {
        screen.bytes(&bytes);
        return noted(desk, &who).await;
    };
    write_new(screen, out, &bytes)?;
    let records: usize = dossier.groups.iter().map(|(_, rows)| rows.len()).sum();
    let name = out.display().to_string();
    screen.row(&serde_json::json!({ "file": name, "records": records }));
    let vi = format!("{}: {records} mục về {}", safe(&name), safe(&who.name));
    let en = format!(
        "{}: {records} records about {}",
        safe(&name),
        safe(&who.name)
    );
    screen.line(screen.say(&vi, &en));
    noted(desk, &who).await
}

/// That somebody's data was handed over is on record, under the pseudonym.
async fn noted(desk: &Desk, who: &Person) -> Result<ExitCode> {
    let mut tx = desk.ledger.begin().await?;
    let detail = serde_json::json!({ "decision": "export" });
    events::append(&mut tx, "decision", &who.alias(), &detail, now()).await?;
    tx.commit().await?;
    Ok(ExitCode::SUCCESS)
}

/// A dossier as one JSON object: groups of rows, values by name.
struct Handed<'a> {
    dossier: &'a Dossier,
    screen: &'a Screen,
    roster: String,
    listed: bool,
}

impl Serialize for Handed<'_> {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        let mut map = to.serialize_map(None)?;
        map.serialize_entry("exported_at", &self.screen.stamp(now()))?;
        let roster = serde_json::json!({ "file": self.roster, "listed": self.listed });
        map.serialize_entry("roster", &roster)?;
        for (group, rows) in &self.dossier.groups {
            let rows: Vec<_> = rows.iter().map(|row| Row(row, self.screen)).collect();
            map.serialize_entry(group, &rows)?;
        }
        map.end()
    }
}

/// One row of a group.
struct Row<'a>(&'a Entry, &'a Screen);

impl Serialize for Row<'_> {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        let mut map = to.serialize_map(Some(self.0.len()))?;
        for (name, held) in self.0 {
            match held {
                Held::Text(text) => map.serialize_entry(name, text)?,
                Held::Number(number) => map.serialize_entry(name, number)?,
                Held::Yes(yes) => map.serialize_entry(name, yes)?,
                Held::At(at) => map.serialize_entry(name, &self.1.stamp(*at))?,
                Held::Nothing => map.serialize_entry(name, &None::<()>)?,
            }
        }
        map.end()
    }
}

/// The same as one table: a line for each value, so that nothing depends on the group.
fn csv(file: &Handed<'_>) -> Result<Vec<u8>> {
    let screen = file.screen;
    let mut table = csv::WriterBuilder::new()
        .terminator(csv::Terminator::CRLF)
        .from_writer(BYTE_ORDER_MARK.as_bytes().to_vec());
    table.write_record([
        screen.say("nhóm", "group"),
        screen.say("số", "number"),
        screen.say("mục", "field"),
        screen.say("giá trị", "value"),
    ])?;
    let listed = if file.listed { "1" } else { "0" };
    table.write_record(["roster", "1", "file", &cell(&file.roster)])?;
    table.write_record(["roster", "1", "listed", listed])?;
    for (group, rows) in &file.dossier.groups {
        for (nth, row) in (1..).zip(rows) {
            let nth: u64 = nth;
            for (name, held) in row {
                let value = match held {
                    Held::Text(text) => cell(text),
                    Held::Number(number) => number.to_string(),
                    Held::Yes(yes) => u8::from(*yes).to_string(),
                    Held::At(at) => screen.stamp(*at),
                    Held::Nothing => String::new(),
                };
                table.write_record([*group, &nth.to_string(), name, &value])?;
            }
        }
    }
    table.into_inner().map_err(|e| e.into_error().into())
}

/// Words that no spreadsheet takes for a formula.
fn cell(text: &str) -> String {
    let first = text.trim_start().chars().next();
    let formula =
        first.is_some_and(|c| "=+-@＝＋－＠".contains(c)) || text.starts_with(['\t', '\r', '\n']);
    if formula {
        format!("'{text}")
    } else {
        text.to_owned()
    }
}

pub(super) async fn erase(
    desk: &Desk,
    text: &str,
    yes: bool,
    by: Option<&str>,
) -> Result<ExitCode> {
    let who = person(desk, text).await?;
    let screen = &desk.screen;
    let called = safe(who.code.as_deref().unwrap_or(text));
    if let Some(why) = ingest::unerasable(&desk.ledger, &desk.config, who.id).await? {
        let words = refusal(screen, &called, &why);
        return Err(if yes {
            Stop::failed(words)
        } else {
            Stop::usage(words)
        });
    }
    if !yes {
        let (name, alias) = (safe(&who.name), who.alias());
        let vi = format!(
            "{called} {name}: họ tên, địa chỉ, mã và phần riêng của các thư sẽ bị xoá khỏi sổ, \
             không lấy lại được; nhật ký đã gửi gì vẫn còn dưới mã thay thế {alias}. Nếu đúng: \
             phobien members erase {called} --yes"
        );
        let en = format!(
            "{called} {name}: name, address, code and the personal part of every letter are \
             removed for good; what was sent stays on record under {alias}. If this is right: \
             phobien members erase {called} --yes"
        );
        return Err(screen.usage(&vi, &en));
    }
    let done = ingest::erase_person(&desk.ledger, &desk.config, who.id, by, now()).await?;
    let done = done.map_err(|why| Stop::failed(refusal(screen, &called, &why)))?;
    let erased = &done.erased;
    screen.row(&serde_json::json!({
        "code": erased.alias, "letters": erased.letters, "stopped": erased.stopped,
        "branch_letters": erased.listed, "summaries": erased.summaries, "events": erased.events,
        "folded": done.folded,
    }));
    let (alias, letters, stopped) = (&erased.alias, erased.letters, erased.stopped);
    let vi = format!("Đã xoá; {letters} thư nay mang mã {alias}, {stopped} thư chờ gửi đã dừng.");
    let en =
        format!("Erased; {letters} letters stand under {alias}, {stopped} that waited stopped.");
    screen.line(screen.say(&vi, &en));
    if !done.folded {
        screen.note(
            "Tiến trình khác đang đọc sổ, nhật ký ghi trước chưa được dọn: khởi động lại dịch vụ.",
            "Another process reads the ledger, so its write-ahead log still holds old pages: \
             restart the service.",
        );
    }
    name_backups(screen, &done.backups);
    screen.note(
        "Thư đã gửi, nhật ký của máy chủ thư, tệp danh sách cũ và bản sao thư mục dữ liệu làm bằng \
         cách khác vẫn còn tên người này: phải xử lý riêng.",
        "Letters that were sent, the mail server's log, old roster files and copies of the state \
         folder made in other ways still name the person: treat them by hand.",
    );
    Ok(ExitCode::SUCCESS)
}

/// Why nothing was erased, and what to do.
fn refusal(screen: &Screen, called: &str, why: &Unerasable) -> String {
    let (vi, en) = match why {
        Unerasable::Record(Obstacle::Listed) => (
            format!(
                "{called} còn trong danh sách đảng viên: đề nghị xoá dòng đó khỏi tệp danh sách \
                 trước, rồi chạy lại lệnh này (danh sách bị giữ lại: phobien members accept)"
            ),
            format!(
                "{called} is still in the roster: remove the row from the roster file first, then \
                 repeat this (where the roster was not taken: phobien members accept)"
            ),
        ),
        Unerasable::Record(Obstacle::Mailbox(branch)) => {
            let branch = safe(branch);
            (
                format!(
                    "địa chỉ của {called} đang là hộp thư của chi bộ {branch}: đề nghị đổi hộp thư \
                     trong danh sách trước"
                ),
                format!(
                    "the address of {called} is the mailbox of the branch {branch}: change it in \
                     the roster first"
                ),
            )
        }
        Unerasable::Record(Obstacle::OnTheWire) => (
            format!(
                "một thư tới {called} đang được gửi: đề nghị chạy lại sau ít phút; nếu dịch vụ \
                 đang dừng thì chạy phobien deliver trước"
            ),
            format!(
                "a letter to {called} is on the wire: repeat this in a few minutes; where the \
                 service is stopped run phobien deliver first"
            ),
        ),
        Unerasable::Record(Obstacle::Erased) => (
            format!("{called} đã được xoá từ trước"),
            format!("{called} was erased before"),
        ),
        Unerasable::Office => (
            format!(
                "địa chỉ của {called} đang nhận tổng hợp của văn phòng: đề nghị bỏ khỏi [office] \
                 notify trước"
            ),
            format!(
                "the office is told at the address of {called}: remove it from [office] notify \
                 first"
            ),
        ),
    };
    screen.say(&vi, &en).to_owned()
}

#[cfg(test)]
mod tests {
    #[test]
    fn no_cell_is_a_formula() {
        for hostile in ["=1+1", "+84", "-2", "@a", " =x", "\t=x", "＝1"] {
            assert!(super::cell(hostile).starts_with('\''), "{hostile:?}");
        }
        for plain in ["", "Trần Kim Chi", "a=b", "2026-11-29"] {
            assert_eq!(super::cell(plain), plain);
        }
    }
}
