//! Owns the cron text: what it means on a clock on the wall, and what is wrong with it in plain
//! words. It refuses to know zones, holidays and which moments have passed.

use std::fmt;
use std::str::FromStr;

use chrono::{DateTime, NaiveDate, NaiveDateTime, TimeDelta, Timelike, Utc};
use croner::parser::{CronParser, Seconds};

use crate::organisation::Language;

/// A cron text that has been understood: six fields, seconds first. A day must fit the day of the
/// month *and* the weekday (as tokio-cron-scheduler reads it), unlike Vixie cron's "or".
#[derive(Clone, Debug)]
pub struct Cron {
    text: String,
    pattern: croner::Cron,
}

impl PartialEq for Cron {
    fn eq(&self, other: &Self) -> bool {
        self.text == other.text
    }
}
impl Eq for Cron {}

impl fmt::Display for Cron {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.text)
    }
}

impl Cron {
    /// The six fields, one space between them: what tokio-cron-scheduler and the ledger get.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// The first local time after `after` that the text names; none before the year 5000.
    #[must_use]
    pub fn next_local(&self, after: NaiveDateTime) -> Option<NaiveDateTime> {
        // A clock on the wall has no zone: UTC stands in for it, so croner never meets a gap.
        let after = after.with_nanosecond(0)?.and_utc();
        let found: DateTime<Utc> = self.pattern.find_next_occurrence(&after, false).ok()?;
        Some(found.naive_utc())
    }

    /// The last local time before `before` that the text names; none before the year 1.
    #[must_use]
    pub fn previous_local(&self, before: NaiveDateTime) -> Option<NaiveDateTime> {
        let whole = before.with_nanosecond(0)?;
        let up = if whole == before { 0 } else { 1 };
        let before = whole.checked_add_signed(TimeDelta::seconds(up))?.and_utc();
        let found: DateTime<Utc> = self.pattern.find_previous_occurrence(&before, false).ok()?;
        Some(found.naive_utc())
    }
}

/// Longest cron text that is read, bytes.
const TEXT_MAX: usize = 200;
/// The fields, their limits and their names, in order.
const FIELDS: [(&str, &str, &str); 6] = [
    ("second", "giây", "0-59"),
    ("minute", "phút", "0-59"),
    ("hour", "giờ", "0-23"),
    ("day of month", "ngày trong tháng", "1-31, L, 15W"),
    ("month", "tháng", "1-12, Jan-Dec"),
    ("weekday", "thứ trong tuần", "0-7, Mon-Fri, Mon#1, Fri#L"),
];

impl FromStr for Cron {
    type Err = CronFault;

    /// Reads six fields, five (second 0) or a nickname (`@daily`).
    ///
    /// # Errors
    /// Which field cannot be read, or that no day ever fits.
    fn from_str(text: &str) -> Result<Self, CronFault> {
        let trimmed = text.trim();
        let text = match trimmed.to_ascii_lowercase().as_str() {
            "@yearly" | "@annually" => "0 0 0 1 1 *",
            "@monthly" => "0 0 0 1 * *",
            "@weekly" => "0 0 0 * * 0",
            "@daily" => "0 0 0 * * *",
            "@hourly" => "0 0 * * * *",
            _ => trimmed,
        };
        let mut fields: Vec<&str> = text.split_whitespace().take(8).collect();
        if fields.len() == 5 {
            fields.insert(0, "0");
        }
        if fields.len() != FIELDS.len() || text.len() > TEXT_MAX {
            return Err(CronFault::Fields(fields.len()));
        }
        let joined = fields.join(" ");
        let Some(pattern) = parse(&joined) else {
            let index = (0..FIELDS.len())
                .find(|i| !readable(*i, fields[*i]))
                .unwrap_or(0);
            return Err(CronFault::Field {
                index,
                text: fields[index].to_owned(),
            });
        };
        let cron = Self {
            text: joined,
            pattern,
        };
        // Some 28 years hold every pair of date and weekday, leap days included.
        let origin = NaiveDate::from_ymd_opt(2000, 1, 1).and_then(|d| d.and_hms_opt(0, 0, 0));
        match origin.and_then(|origin| cron.next_local(origin)) {
            Some(_) => Ok(cron),
            None => Err(CronFault::Never),
        }
    }
}

fn parse(text: &str) -> Option<croner::Cron> {
    let parser = CronParser::builder()
        .seconds(Seconds::Required)
        .dom_and_dow(true)
        .build();
    parser.parse(text).ok()
}

/// True if the field can be read by itself, all others being `*`.
fn readable(index: usize, field: &str) -> bool {
    let mut fields = ["*"; FIELDS.len()];
    fields[index] = field;
    parse(&fields.join(" ")).is_some()
}

/// What is wrong with a cron text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum CronFault {
    /// Not five or six fields but so many (at most eight are counted).
    Fields(usize),
    /// One field cannot be read.
    Field {
        /// Which, from 0 (seconds).
        index: usize,
        /// What stands there.
        text: String,
    },
    /// No day ever fits (30 February).
    Never,
}

impl CronFault {
    /// What is wrong, for a person.
    #[must_use]
    pub fn message(&self, language: Language) -> String {
        match (self, language) {
            (Self::Fields(n), Language::En) => format!("a cron text has six fields, not {n}"),
            (Self::Fields(n), Language::Vi) => {
                format!("biểu thức cron phải có sáu trường, ở đây có {n}")
            }
            (Self::Field { index, text }, Language::En) => {
                format!("the {} `{text}` cannot be read", FIELDS[*index].0)
            }
            (Self::Field { index, text }, Language::Vi) => {
                format!("không đọc được trường {} `{text}`", FIELDS[*index].1)
            }
            (Self::Never, Language::En) => "no day ever fits this cron text".into(),
            (Self::Never, Language::Vi) => "không có ngày nào khớp với biểu thức cron này".into(),
        }
    }

    /// What to write instead, for a person.
    #[must_use]
    pub fn instead(&self, language: Language) -> String {
        let example = "\"0 30 7 * * Mon-Fri\"";
        match (self, language) {
            (Self::Fields(_), Language::En) => {
                format!("second minute hour day month weekday, such as {example}")
            }
            (Self::Fields(_), Language::Vi) => {
                format!("giây phút giờ ngày tháng thứ, ví dụ {example}")
            }
            (Self::Field { index, .. }, Language::En) => {
                format!("{}, or * for every {}", FIELDS[*index].2, FIELDS[*index].0)
            }
            (Self::Field { index, .. }, Language::Vi) => {
                format!(
                    "{}, hoặc * nghĩa là mọi {}",
                    FIELDS[*index].2, FIELDS[*index].1
                )
            }
            (Self::Never, Language::En) => "a day and a month that exist together".into(),
            (Self::Never, Language::Vi) => "ngày và tháng có thật".into(),
        }
    }
}

impl fmt::Display for CronFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{}: {}",
            self.message(Language::En),
            self.instead(Language::En)
        )
    }
}
impl std::error::Error for CronFault {}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> NaiveDateTime {
        text.parse().unwrap()
    }

    #[test]
    fn a_day_must_fit_date_and_weekday() {
        for (cron, after, next) in [
            (
                "0 30 7 * * Mon-Fri",
                "2026-11-20T07:30:00",
                "2026-11-23T07:30:00",
            ),
            ("30 7 * * 1-5", "2026-11-20T07:29:59", "2026-11-20T07:30:00"),
            (
                "0 0 8 1 * Mon",
                "2026-11-23T00:00:00",
                "2027-02-01T08:00:00",
            ),
            ("0 0 8 L * *", "2027-02-01T00:00:00", "2027-02-28T08:00:00"),
            (
                "0 0 8 * * Fri#L",
                "2026-11-23T00:00:00",
                "2026-11-27T08:00:00",
            ),
            (
                "0 0 8 29 2 Mon",
                "2026-11-23T00:00:00",
                "2044-02-29T08:00:00",
            ),
            ("@daily", "2026-11-23T00:00:00", "2026-11-24T00:00:00"),
            (
                "*/2 * * * * ?",
                "2026-11-23T00:00:00.5",
                "2026-11-23T00:00:02",
            ),
        ] {
            let cron: Cron = cron.parse().unwrap();
            assert_eq!(cron.next_local(at(after)), Some(at(next)), "{cron}");
            assert_eq!(
                cron.previous_local(at(next) + TimeDelta::milliseconds(1)),
                Some(at(next))
            );
        }
        assert_eq!(
            "30 7 * * 1-5".parse::<Cron>().unwrap().as_str(),
            "0 30 7 * * 1-5"
        );
    }

    #[test]
    fn faults_name_the_field() {
        let field = |index, text: &str| CronFault::Field {
            index,
            text: text.into(),
        };
        for (text, fault) in [
            ("", CronFault::Fields(0)),
            ("0 8 * *", CronFault::Fields(4)),
            ("0 0 8 * * Mon 2027", CronFault::Fields(7)),
            ("61 0 8 * * *", field(0, "61")),
            ("0 0 24 * * *", field(2, "24")),
            ("0 0 8 32 * *", field(3, "32")),
            ("0 0 8 * 13 *", field(4, "13")),
            ("0 0 8 * * Monday", field(5, "Monday")),
            ("0 0 8 * * T2", field(5, "T2")),
            ("@reboot", CronFault::Fields(1)),
            ("0 0 8 30 2 *", CronFault::Never),
        ] {
            assert_eq!(text.parse::<Cron>(), Err(fault), "{text}");
        }
        assert!(field(2, "24").message(Language::Vi).contains("giờ `24`"));
    }
}
