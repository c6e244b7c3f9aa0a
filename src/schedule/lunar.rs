//! Owns the Vietnamese lunar calendar: which day of ours a lunar day is, by the algorithm that Hồ
//! Ngọc Đức published (new moons and solar terms after Meeus), reckoned at UTC+7 as the law does.
//! It refuses to know which days are holidays; calendars reckoned for Beijing differ (Tết 2030).

use chrono::{Datelike, NaiveDate};
use std::f64::consts::PI;

/// A day of the lunar calendar.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LunarDay {
    /// The lunar year, named by the solar year in which it begins.
    pub year: i32,
    /// 1 (tháng Giêng) to 12 (tháng Chạp); never the leap month that repeats it.
    pub month: u32,
    /// 1 (mùng 1) to 30.
    pub day: u32,
}

/// Hours that Vietnamese time is ahead of UTC, as a fraction of a day.
const ZONE: f64 = 7.0 / 24.0;
/// Mean length of a lunar month, days.
const SYNODIC_MONTH: f64 = 29.530_588_853;
/// Julian day of the new moon of 1 January 1900, from which new moons are counted.
const EPOCH: f64 = 2_415_021.076_998_695;
/// Julian day number of the day before 0001-01-01, from which chrono counts days.
const JULIAN_OF_CE: i64 = 1_721_425;

/// The day of our calendar that a lunar day is. None outside the years 1800 to 2199, for which
/// the algorithm was published, and for days past 30.
#[must_use]
pub fn solar_of_lunar(lunar: LunarDay) -> Option<NaiveDate> {
    let known = (1800..2200).contains(&lunar.year)
        && (1..=12).contains(&lunar.month)
        && (1..=30).contains(&lunar.day);
    if !known {
        return None;
    }
    // The 11th month holds the winter solstice; the year is counted from it.
    let year = if lunar.month < 11 {
        lunar.year
    } else {
        lunar.year + 1
    };
    let (start, end) = (month_11(year - 1)?, month_11(year)?);
    let k = new_moon_number(start);
    let mut offset = (i64::from(lunar.month) + 1).rem_euclid(12);
    if end - start > 365 && offset >= leap_offset(start) {
        offset += 1;
    }
    date(new_moon_day(k + offset) + i64::from(lunar.day) - 1)
}

fn date(julian: i64) -> Option<NaiveDate> {
    NaiveDate::from_num_days_from_ce_opt(i32::try_from(julian - JULIAN_OF_CE).ok()?)
}

/// The count of the new moon on or just before a day.
fn new_moon_number(julian: i64) -> i64 {
    ((julian as f64 - EPOCH) / SYNODIC_MONTH + 0.5).floor() as i64
}

/// The Julian day on which the `k`-th new moon since 1900 falls in Vietnam.
fn new_moon_day(k: i64) -> i64 {
    (new_moon(k as f64) + 0.5 + ZONE).floor() as i64
}

/// The moment of a new moon, Julian date (Meeus, Astronomical Formulae for Calculators, ch. 32).
fn new_moon(k: f64) -> f64 {
    let t = k / 1236.85;
    let (t2, t3) = (t * t, t * t * t);
    let rad = PI / 180.0;
    let mean = 2_415_020.759_33 + 29.530_588_68 * k + 0.000_117_8 * t2 - 0.000_000_155 * t3
        + 0.000_33 * ((166.56 + 132.87 * t - 0.009_173 * t2) * rad).sin();
    let sun = (359.2242 + 29.105_356_08 * k - 0.000_033_3 * t2 - 0.000_003_47 * t3) * rad;
    let moon = (306.0253 + 385.816_918_06 * k + 0.010_730_6 * t2 + 0.000_012_36 * t3) * rad;
    let latitude = (21.2964 + 390.670_506_46 * k - 0.001_652_8 * t2 - 0.000_002_39 * t3) * rad;
    let periodic = (0.1734 - 0.000_393 * t) * sun.sin() + 0.0021 * (2.0 * sun).sin()
        - 0.4068 * moon.sin()
        + 0.0161 * (2.0 * moon).sin()
        - 0.0004 * (3.0 * moon).sin()
        + 0.0104 * (2.0 * latitude).sin()
        - 0.0051 * (sun + moon).sin()
        - 0.0074 * (sun - moon).sin()
        + 0.0004 * (2.0 * latitude + sun).sin()
        - 0.0004 * (2.0 * latitude - sun).sin()
        - 0.0006 * (2.0 * latitude + moon).sin()
        + 0.0010 * (2.0 * latitude - moon).sin()
        + 0.0005 * (2.0 * moon + sun).sin();
    let delta = if t < -11.0 {
        0.001 + 0.000_839 * t + 0.000_226_1 * t2 - 0.000_008_45 * t3 - 0.000_000_081 * t * t3
    } else {
        -0.000_278 + 0.000_265 * t + 0.000_262 * t2
    };
    mean + periodic - delta
}

/// Which twelfth of the ecliptic the sun is in when a Vietnamese day begins: 0 from the spring
/// equinox, 9 from the winter solstice (Meeus, ch. 18).
fn sun_sector(julian: i64) -> i64 {
    let t = (julian as f64 - 2_451_545.5 - ZONE) / 36_525.0;
    let t2 = t * t;
    let rad = PI / 180.0;
    let anomaly = (357.529_10 + 35_999.050_30 * t - 0.000_155_9 * t2 - 0.000_000_48 * t * t2) * rad;
    let mean = 280.466_45 + 36_000.769_83 * t + 0.000_303_2 * t2;
    let centre = (1.914_600 - 0.004_817 * t - 0.000_014 * t2) * anomaly.sin()
        + (0.019_993 - 0.000_101 * t) * (2.0 * anomaly).sin()
        + 0.000_290 * (3.0 * anomaly).sin();
    (((mean + centre).rem_euclid(360.0)) / 30.0).floor() as i64
}

/// The Julian day on which the 11th lunar month of a solar year begins: the one that holds the
/// winter solstice.
fn month_11(year: i32) -> Option<i64> {
    let last = NaiveDate::from_ymd_opt(year, 12, 31)?;
    let julian = i64::from(last.num_days_from_ce()) + JULIAN_OF_CE;
    let k = ((julian as f64 - 2_415_021.0) / SYNODIC_MONTH).floor() as i64;
    let day = new_moon_day(k);
    Some(if sun_sector(day) >= 9 {
        new_moon_day(k - 1)
    } else {
        day
    })
}

/// How many months after the 11th the leap month stands: the first in which the sun enters no new
/// sector.
fn leap_offset(month_11: i64) -> i64 {
    let k = new_moon_number(month_11);
    let sector = |offset: i64| sun_sector(new_moon_day(k + offset));
    (1..14).find(|i| sector(*i) == sector(*i + 1)).unwrap_or(14)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn solar(year: i32, month: u32, day: u32) -> String {
        solar_of_lunar(LunarDay { year, month, day })
            .unwrap()
            .to_string()
    }

    #[test]
    fn new_years_and_the_day_of_the_kings() {
        for (new_year, kings) in [
            ("2024-02-10", "2024-04-18"),
            ("2025-01-29", "2025-04-07"),
            ("2026-02-17", "2026-04-26"),
            ("2027-02-06", "2027-04-16"),
            ("2028-01-26", "2028-04-04"),
            ("2029-02-13", "2029-04-23"),
            ("2030-02-02", "2030-04-12"),
            ("2031-01-23", "2031-04-01"),
        ] {
            let year = new_year[..4].parse().unwrap();
            assert_eq!(solar(year, 1, 1), new_year);
            assert_eq!(solar(year, 3, 10), kings);
        }
        // Where Hà Nội and Beijing differ, and years with a leap month.
        assert_eq!(solar(1985, 1, 1), "1985-01-21");
        assert_eq!(solar(2007, 1, 1), "2007-02-17");
        assert_eq!(solar(2023, 3, 10), "2023-04-29");
        assert_eq!(solar(2025, 8, 15), "2025-10-06");
    }

    #[test]
    fn outside_the_published_years_is_nothing() {
        for (year, month, day) in [(1799, 1, 1), (2200, 1, 1), (2026, 13, 1), (2026, 1, 31)] {
            assert_eq!(solar_of_lunar(LunarDay { year, month, day }), None);
        }
    }
}
