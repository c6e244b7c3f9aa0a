//! Owns the tables about time: schedules and calendar. It refuses to know when a slot is due.

use std::collections::BTreeMap;
use std::time::Duration;

use chrono_tz::Tz;
use toml::de::DeValue;

use super::CalendarDays;
use super::fault::Complaint;
use super::value;
use super::walk::{Read, Section, Walk};
use crate::organisation::{Phrase, RecipientKind};
use crate::schedule::{Content, Cron, OnHoliday, Schedule};
use crate::spelling;

/// Most schedules.
const SCHEDULES_MAX: usize = 100;
/// Longest name of a schedule, characters.
const NAME_MAX: usize = 64;
/// The schedules of urgent editions, reminders and letters to the office, which nobody configures.
const RESERVED: [&str; 5] = [
    "urgent",
    "reminder",
    "office-daily",
    "office-editions",
    "office-matters",
];
const CATCH_UP: Duration = Duration::from_secs(12 * 3600);

fn name(value: &DeValue<'_>) -> Read<String> {
    let text = value::text(value)?;
    let shaped = |c: char| c.is_alphanumeric() || matches!(c, '-' | '_' | '.' | ' ');
    let instead = Phrase::same("\"hang-ngay\"");
    if text.chars().count() > NAME_MAX || !text.chars().all(shaped) || text.starts_with('-') {
        let message = Phrase::new(
            format!("tên gồm chữ, số, - _ . và dấu cách, tối đa {NAME_MAX} ký tự"),
            format!("a name has letters, digits, - _ . and spaces, at most {NAME_MAX}"),
        );
        return Err(Complaint::new(message, instead));
    }
    if RESERVED.contains(&spelling::fold(&text).as_str()) {
        let message = Phrase::new(
            format!("tên `{text}` dành riêng cho các đợt gửi của phobien"),
            format!("the name `{text}` is kept for editions of phobien's own"),
        );
        return Err(Complaint::new(message, instead));
    }
    Ok(text)
}

fn cron(value: &DeValue<'_>) -> Read<Cron> {
    let text = value::text(value)?;
    text.parse().map_err(|fault: crate::schedule::CronFault| {
        use crate::organisation::Language::{En, Vi};
        let message = Phrase::new(fault.message(Vi), fault.message(En));
        Complaint::new(message, Phrase::new(fault.instead(Vi), fault.instead(En)))
    })
}

fn one<'a>(walk: &mut Walk<'a>, s: &mut Section<'a>, zone: Tz) -> Option<Schedule> {
    let name = walk.need(s, "name", "\"hang-ngay\"", name);
    let cron = walk.need(s, "cron", "\"0 30 7 * * Mon-Fri\"", cron);
    let kinds = &[
        ("members", RecipientKind::Member),
        ("branches", RecipientKind::Branch),
    ];
    let to = walk.need(s, "to", "\"members\" | \"branches\"", value::choice(kinds));
    let contents = &[("owed", Content::Owed), ("period", Content::Period)];
    let content = walk.get(s, "content", value::choice(contents));
    let catch_up = walk.get(s, "catch_up", value::duration);
    let days = &[
        ("next-working-day", OnHoliday::NextWorkingDay),
        ("send", OnHoliday::Send),
        ("skip", OnHoliday::Skip),
    ];
    let on_holiday = walk.get(s, "on_holiday", value::choice(days));
    Some(Schedule {
        name: name?,
        cron: cron?,
        zone,
        to: to?,
        content: content.unwrap_or(Content::Owed),
        catch_up: catch_up.unwrap_or(CATCH_UP),
        on_holiday: on_holiday.unwrap_or(OnHoliday::NextWorkingDay),
    })
}

/// The schedules; none if one cannot be read.
pub(super) fn schedules<'a>(
    walk: &mut Walk<'a>,
    root: &mut Section<'a>,
    zone: Tz,
) -> Option<Vec<Schedule>> {
    let sections = walk.sections(root, "schedule", SCHEDULES_MAX);
    if sections.is_empty() {
        let message = Phrase::new("thiếu lịch gửi [[schedule]]", "there is no [[schedule]]");
        let instead = "[[schedule]] name = \"hang-ngay\" cron = \"0 30 7 * * Mon-Fri\" \
                       to = \"members\"";
        walk.missing(
            root,
            "schedule",
            Complaint::new(message, Phrase::same(instead)),
        );
        return None;
    }
    let mut seen: BTreeMap<String, usize> = BTreeMap::new();
    let mut all = Some(Vec::with_capacity(sections.len()));
    for (n, mut section) in sections.into_iter().enumerate() {
        let schedule = one(walk, &mut section, zone);
        if let Some(schedule) = &schedule {
            let first = *seen.entry(spelling::fold(&schedule.name)).or_insert(n);
            if first != n {
                let message = Phrase::new(
                    format!("trùng tên với lịch gửi thứ {}", first + 1),
                    format!("the same name as schedule {}", first + 1),
                );
                let instead = Phrase::new("một tên khác", "another name");
                walk.object(&section, "name", Complaint::new(message, instead));
            }
        }
        walk.done(section);
        all = all.zip(schedule).map(|(mut all, schedule)| {
            all.push(schedule);
            all
        });
    }
    all
}

pub(super) fn calendar<'a>(walk: &mut Walk<'a>, root: &mut Section<'a>) -> CalendarDays {
    let mut s = walk.section(root, "calendar");
    let mut days = |key| {
        walk.get(&mut s, key, value::list(value::date))
            .unwrap_or_default()
    };
    let (holidays, working_days) = (days("holidays"), days("working_days"));
    if let Some(day) = working_days.iter().find(|day| holidays.contains(day)) {
        let message = Phrase::new(
            format!("ngày {day} vừa là ngày nghỉ vừa là ngày làm việc"),
            format!("{day} is both a day off and a working day"),
        );
        let instead = Phrase::new("bỏ một trong hai", "leave out one of them");
        walk.object(&s, "working_days", Complaint::new(message, instead));
    }
    walk.done(s);
    CalendarDays {
        holidays,
        working_days,
    }
}
