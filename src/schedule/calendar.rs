//! Owns which days are worked: weekends, the public holidays of Việt Nam (Bộ luật Lao động
//! 45/2019/QH14, Art. 111 and 112), what the office adds. It refuses to know schedules and clocks.

use std::collections::BTreeSet;

use chrono::{Datelike, Days, NaiveDate, Weekday};

use super::lunar::{LunarDay, solar_of_lunar};
use crate::organisation::Language;

/// Why a day is off.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Holiday {
    /// 1 January.
    NewYear,
    /// The last day of the lunar year and the first four of the new one.
    Tet,
    /// 10 March of the lunar calendar.
    HungKings,
    /// 30 April.
    Reunification,
    /// 1 May.
    Labour,
    /// 2 September and the day before or after it.
    National,
    /// 24 November, from 2026 (80-NQ/TW).
    Culture,
    /// A working day given for a holiday that fell on a weekend.
    Compensation,
    /// A day that the configuration names.
    Configured,
}

impl Holiday {
    /// Its name.
    #[must_use]
    pub fn name(self, language: Language) -> &'static str {
        let (vi, en) = match self {
            Self::NewYear => ("Tết Dương lịch", "New Year's Day"),
            Self::Tet => ("Tết Nguyên đán", "Lunar New Year"),
            Self::HungKings => ("Giỗ Tổ Hùng Vương", "Hùng Kings' Day"),
            Self::Reunification => ("Ngày Chiến thắng 30/4", "Reunification Day"),
            Self::Labour => ("Ngày Quốc tế lao động", "Labour Day"),
            Self::National => ("Quốc khánh", "National Day"),
            Self::Culture => ("Ngày Văn hoá Việt Nam", "Vietnamese Culture Day"),
            Self::Compensation => ("Nghỉ bù ngày lễ", "day off for a holiday on a weekend"),
            Self::Configured => ("Ngày nghỉ theo cấu hình", "day off by configuration"),
        };
        match language {
            Language::Vi => vi,
            Language::En => en,
        }
    }
}

/// Year from which 24 November is off.
const CULTURE_SINCE: i32 = 2026;
/// Year from which National Day has a second day (Bộ luật Lao động 45/2019/QH14).
const NATIONAL_TWO_DAYS_SINCE: i32 = 2021;
/// How far a working day is looked for.
const SEARCH_DAYS_MAX: u64 = 366;

/// The days worked and the days off. The Government fixes Tết, 2/9 and swapped days every year:
/// what is built in is the usual choice, what the office configures goes before it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Calendar {
    holidays: BTreeSet<NaiveDate>,
    working_days: BTreeSet<NaiveDate>,
}

impl Calendar {
    /// The built-in holidays, further ones, and days worked although a weekend or a holiday.
    #[must_use]
    pub fn new(
        holidays: impl IntoIterator<Item = NaiveDate>,
        working_days: impl IntoIterator<Item = NaiveDate>,
    ) -> Self {
        Self {
            holidays: holidays.into_iter().collect(),
            working_days: working_days.into_iter().collect(),
        }
    }

    /// The holiday that a day is; none for working days and plain weekends.
    #[must_use]
    pub fn holiday(&self, date: NaiveDate) -> Option<Holiday> {
        if self.working_days.contains(&date) {
            return None;
        }
        if self.holidays.contains(&date) {
            return Some(Holiday::Configured);
        }
        let built_in = public_holidays(date.year());
        built_in
            .into_iter()
            .find(|(day, _)| *day == date)
            .map(|(_, holiday)| holiday)
    }

    /// True for a day on which the office works.
    #[must_use]
    pub fn is_working_day(&self, date: NaiveDate) -> bool {
        self.working_days.contains(&date) || !(is_weekend(date) || self.holiday(date).is_some())
    }

    /// The first working day after `date`; none within a year.
    #[must_use]
    pub fn next_working_day(&self, date: NaiveDate) -> Option<NaiveDate> {
        (1..=SEARCH_DAYS_MAX)
            .filter_map(|n| date.checked_add_days(Days::new(n)))
            .find(|day| self.is_working_day(*day))
    }
}

fn is_weekend(date: NaiveDate) -> bool {
    matches!(date.weekday(), Weekday::Sat | Weekday::Sun)
}

/// The built-in holidays of a year in order, days given for weekends included. They never reach
/// into another year: only 1 January stands near its end.
fn public_holidays(year: i32) -> Vec<(NaiveDate, Holiday)> {
    let mut days: Vec<(NaiveDate, Holiday)> = Vec::with_capacity(16);
    let mut add = |date: Option<NaiveDate>, holiday| days.extend(date.map(|d| (d, holiday)));
    let solar = |month, day| NaiveDate::from_ymd_opt(year, month, day);
    let lunar = |month, day| solar_of_lunar(LunarDay { year, month, day });
    add(solar(1, 1), Holiday::NewYear);
    let new_year = lunar(1, 1);
    add(new_year.and_then(|d| d.pred_opt()), Holiday::Tet);
    for n in 0..4 {
        add(
            new_year.and_then(|d| d.checked_add_days(Days::new(n))),
            Holiday::Tet,
        );
    }
    add(lunar(3, 10), Holiday::HungKings);
    add(solar(4, 30), Holiday::Reunification);
    add(solar(5, 1), Holiday::Labour);
    add(solar(9, 2), Holiday::National);
    if year >= NATIONAL_TWO_DAYS_SINCE {
        add(solar(9, 2).and_then(beside_national_day), Holiday::National);
    }
    if year >= CULTURE_SINCE {
        add(solar(11, 24), Holiday::Culture);
    }
    days.sort_unstable();
    days.dedup_by_key(|(day, _)| *day);
    compensate(&mut days);
    days
}

/// The second day of 2/9, as the Government chose it in 2021 to 2025: the side that makes the
/// longer rest with the weekend.
fn beside_national_day(day: NaiveDate) -> Option<NaiveDate> {
    match day.weekday() {
        Weekday::Mon | Weekday::Thu | Weekday::Sun => day.succ_opt(),
        Weekday::Tue | Weekday::Wed | Weekday::Fri | Weekday::Sat => day.pred_opt(),
    }
}

/// Gives the next working day for each holiday on a weekend (Art. 111 §3).
fn compensate(days: &mut Vec<(NaiveDate, Holiday)>) {
    let on_weekend: Vec<NaiveDate> = days
        .iter()
        .map(|(day, _)| *day)
        .filter(|day| is_weekend(*day))
        .collect();
    for day in on_weekend {
        let taken = |d: &NaiveDate| is_weekend(*d) || days.iter().any(|(off, _)| off == d);
        let given = (1..=SEARCH_DAYS_MAX)
            .filter_map(|n| day.checked_add_days(Days::new(n)))
            .find(|d| !taken(d));
        days.extend(given.map(|d| (d, Holiday::Compensation)));
    }
    days.sort_unstable();
}

#[cfg(test)]
mod tests {
    use super::*;

    fn off(year: i32) -> Vec<String> {
        let calendar = Calendar::default();
        let first = NaiveDate::from_ymd_opt(year, 1, 1).unwrap();
        let days = first.iter_days().take_while(|d| d.year() == year);
        days.filter(|d| !is_weekend(*d) && !calendar.is_working_day(*d))
            .map(|d| d.format("%m-%d").to_string())
            .collect()
    }

    #[test]
    fn the_working_days_lost_to_holidays() {
        // 2026: 26/4 is a Sunday, so Monday 27/4 is off. 2/9 is a Wednesday.
        let days_2026 = "01-01 02-16 02-17 02-18 02-19 02-20 04-27 04-30 05-01 09-01 09-02 11-24";
        assert_eq!(off(2026).join(" "), days_2026);
        // 2027: Tết is Friday 5/2 to Tuesday 9/2; 1/5 is a Saturday.
        let days_2027 = "01-01 02-05 02-08 02-09 02-10 02-11 04-16 04-30 05-03 09-02 09-03 11-24";
        assert_eq!(off(2027).join(" "), days_2027);
        // 2025: no 24/11 yet; Tết is Tuesday 28/1 to Saturday 1/2; 2/9 is a Tuesday.
        let days_2025 = "01-01 01-28 01-29 01-30 01-31 02-03 04-07 04-30 05-01 09-01 09-02";
        assert_eq!(off(2025).join(" "), days_2025);
    }

    #[test]
    fn the_office_goes_before_the_built_in_days() {
        let day = |text: &str| text.parse::<NaiveDate>().unwrap();
        let saturday = day("2026-08-22");
        let calendar = Calendar::new([day("2026-08-31")], [saturday, day("2026-09-01")]);
        assert!(calendar.is_working_day(saturday) && calendar.is_working_day(day("2026-09-01")));
        assert_eq!(
            calendar.holiday(day("2026-08-31")),
            Some(Holiday::Configured)
        );
        assert_eq!(
            calendar.next_working_day(day("2026-08-28")),
            Some(day("2026-09-01"))
        );
        assert_eq!(
            calendar.next_working_day(day("2026-02-13")),
            Some(day("2026-02-23"))
        );
        assert_eq!(calendar.holiday(day("2026-04-25")), None);
        let tet = calendar
            .holiday(day("2030-02-02"))
            .map(|h| h.name(Language::Vi));
        assert_eq!(tet, Some("Tết Nguyên đán"));
    }
}
