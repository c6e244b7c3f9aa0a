//! Owns how single values are written: texts, choices, numbers, sizes, durations, dates, addresses
//! and paths. It refuses to know which key a value belongs to.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::time::Duration;

use chrono::{NaiveDate, NaiveTime};
use toml::de::DeValue;

use super::fault::Complaint;
use super::walk::Read;
use crate::organisation::{Address, AddressFault, Phrase};
use crate::spelling;

/// Longest text of a key, characters.
const TEXT_MAX: usize = 2000;
/// Longest list.
const LIST_MAX: usize = 400;

fn string<'v>(value: &'v DeValue<'_>, expected: Phrase, example: &str) -> Read<&'v str> {
    value
        .as_str()
        .ok_or_else(|| Complaint::kind(value, expected, example))
}

/// A text of one line, not empty.
pub(super) fn text(value: &DeValue<'_>) -> Read<String> {
    let raw = string(value, Phrase::new("một chuỗi ký tự", "a text"), "\"…\"")?;
    let line = spelling::line(raw);
    if line.is_empty() || line.chars().count() > TEXT_MAX {
        let message = Phrase::new(
            format!("văn bản phải có từ 1 đến {TEXT_MAX} ký tự"),
            format!("a text has 1 to {TEXT_MAX} characters"),
        );
        return Err(Complaint::new(message, Phrase::same("\"…\"")));
    }
    Ok(line)
}

/// A text that may be empty or have several lines.
pub(super) fn paragraph(value: &DeValue<'_>) -> Read<String> {
    let raw = string(value, Phrase::new("một chuỗi ký tự", "a text"), "\"…\"")?;
    if raw.trim().is_empty() {
        return Ok(String::new());
    }
    text(value)?;
    Ok(raw
        .trim()
        .lines()
        .map(spelling::line)
        .collect::<Vec<_>>()
        .join("\n"))
}

/// True or false.
pub(super) fn flag(value: &DeValue<'_>) -> Read<bool> {
    let expected = Phrase::new("true hoặc false", "true or false");
    value
        .as_bool()
        .ok_or_else(|| Complaint::kind(value, expected, "true | false"))
}

/// A whole number between two limits.
pub(super) fn number(min: u64, max: u64) -> impl Fn(&DeValue<'_>) -> Read<u64> {
    move |value| {
        let expected = || {
            Phrase::new(
                format!("số nguyên từ {min} đến {max}"),
                format!("a number {min} to {max}"),
            )
        };
        let Some(integer) = value.as_integer() else {
            return Err(Complaint::kind(value, expected(), &min.to_string()));
        };
        let number = u64::from_str_radix(integer.as_str(), integer.radix()).ok();
        number.filter(|n| (min..=max).contains(n)).ok_or_else(|| {
            let message = Phrase::new("số nằm ngoài giới hạn", "the number is out of range");
            Complaint::new(message, expected())
        })
    }
}

/// As [`number`], for counts of things in memory.
pub(super) fn count(min: u32, max: u32) -> impl Fn(&DeValue<'_>) -> Read<usize> {
    move |value| number(min.into(), max.into())(value).map(|n| n as usize)
}

/// One of a closed set of words.
pub(super) fn choice<T: Copy>(
    words: &'static [(&'static str, T)],
) -> impl Fn(&DeValue<'_>) -> Read<T> {
    move |value| {
        let known: Vec<&str> = words.iter().map(|(word, _)| *word).collect();
        let expected = Phrase::new("một trong các từ đã định", "one of the known words");
        let text = string(value, expected, &format!("\"{}\"", known.join("\" | \"")))?;
        let found = words.iter().find(|(word, _)| *word == text.trim());
        found
            .map(|(_, meaning)| *meaning)
            .ok_or_else(|| Complaint::word(text, &known))
    }
}

/// Splits `"1.5 MB"` into its number and its unit.
fn quantity(text: &str) -> Option<(f64, &str)> {
    let text = text.trim();
    let end = text
        .find(|c: char| !(c.is_ascii_digit() || c == '.'))
        .unwrap_or(text.len());
    let (number, unit) = text.split_at(end);
    Some((number.parse().ok()?, unit.trim()))
}

/// A number of bytes, `"10 MB"`; MB is a million, MiB is 2²⁰.
pub(super) fn size(value: &DeValue<'_>) -> Read<u64> {
    let example = "\"10 MB\"";
    let expected = Phrase::new("dung lượng kèm đơn vị", "a size with its unit");
    let text = string(value, expected.clone(), example)?;
    let bytes = quantity(text).and_then(|(number, unit)| {
        let factor: f64 = match unit.to_ascii_lowercase().as_str() {
            "b" => 1.0,
            "kb" => 1e3,
            "mb" => 1e6,
            "gb" => 1e9,
            "kib" => 1024.0,
            "mib" => 1_048_576.0,
            "gib" => 1_073_741_824.0,
            _ => return None,
        };
        Some(number * factor).filter(|bytes| (1.0..=1e13).contains(bytes))
    });
    bytes
        .map(|bytes| bytes as u64)
        .ok_or_else(|| unreadable(text, &expected, example))
}

fn unreadable(text: &str, expected: &Phrase, example: &str) -> Complaint {
    let message = Phrase::new(
        format!("`{text}` không phải là {}", expected.vi),
        format!("`{text}` is not {}", expected.en),
    );
    Complaint::new(message, Phrase::same(example))
}

/// Longest duration, seconds: ten years.
const DURATION_MAX_S: f64 = 10.0 * 366.0 * 86_400.0;

/// A duration with its unit, `"500ms"`, `"12h"`; `"0s"` too.
pub(super) fn duration(value: &DeValue<'_>) -> Read<Duration> {
    let example = "\"500ms\" | \"30s\" | \"5m\" | \"12h\" | \"7d\"";
    let expected = Phrase::new("khoảng thời gian kèm đơn vị", "a duration with its unit");
    let text = string(value, expected.clone(), example)?;
    let seconds = quantity(text).and_then(|(number, unit)| {
        let factor = match unit.to_ascii_lowercase().as_str() {
            "ms" => 0.001,
            "s" | "sec" => 1.0,
            "m" | "min" => 60.0,
            "h" => 3600.0,
            "d" | "day" | "days" => 86_400.0,
            "w" | "week" | "weeks" => 7.0 * 86_400.0,
            _ => return None,
        };
        Some(number * factor).filter(|s| (0.0..=DURATION_MAX_S).contains(s))
    });
    let duration = seconds.and_then(|s| Duration::try_from_secs_f64(s).ok());
    duration.ok_or_else(|| unreadable(text, &expected, example))
}

/// A duration longer than nothing.
pub(super) fn wait(value: &DeValue<'_>) -> Read<Duration> {
    let found = duration(value)?;
    if found.is_zero() {
        let message = Phrase::new("phải lớn hơn 0", "it must be longer than nothing");
        return Err(Complaint::new(message, Phrase::same("\"30s\"")));
    }
    Ok(found)
}

/// A number of months, `"24 months"` or `"2 years"`.
pub(super) fn months(value: &DeValue<'_>) -> Read<u32> {
    let example = "\"24 months\" | \"2 years\"";
    let expected = Phrase::new("số tháng hoặc số năm", "a number of months or years");
    let text = string(value, expected.clone(), example)?;
    let months = quantity(text).and_then(|(number, unit)| {
        let factor = match unit.to_ascii_lowercase().as_str() {
            "month" | "months" => 1.0,
            "year" | "years" => 12.0,
            _ => return None,
        };
        Some(number * factor).filter(|n| (1.0..=1200.0).contains(n))
    });
    months
        .map(|n| n as u32)
        .ok_or_else(|| unreadable(text, &expected, example))
}

/// Messages a minute, `"600/min"`, also `/s` and `/h`.
pub(super) fn rate(value: &DeValue<'_>) -> Read<u32> {
    let example = "\"600/min\" | \"10/s\"";
    let expected = Phrase::new("tốc độ, ít nhất 1/min", "a rate, at least 1/min");
    let text = string(value, expected.clone(), example)?;
    let a_minute = text.split_once('/').and_then(|(number, unit)| {
        let number: f64 = number.trim().parse().ok()?;
        let factor = match unit.trim() {
            "s" | "sec" => 60.0,
            "m" | "min" => 1.0,
            "h" | "hour" => 1.0 / 60.0,
            _ => return None,
        };
        Some(number * factor).filter(|n| (1.0..=1e6).contains(n))
    });
    a_minute
        .map(|n| n as u32)
        .ok_or_else(|| unreadable(text, &expected, example))
}

/// An address to listen at, `"127.0.0.1:9187"`.
pub(super) fn socket(value: &DeValue<'_>) -> Read<SocketAddr> {
    let example = "\"127.0.0.1:9187\"";
    let expected = Phrase::new("địa chỉ IP và cổng", "an IP address and a port");
    let text = string(value, expected.clone(), example)?;
    let at = text.trim().parse();
    at.map_err(|_| unreadable(text, &expected, example))
}

/// A time of day, `"17:00"`.
pub(super) fn time_of_day(value: &DeValue<'_>) -> Read<NaiveTime> {
    let expected = Phrase::new("giờ trong ngày", "a time of day");
    let text = match value {
        DeValue::Datetime(time) => time.to_string(),
        other => string(other, expected.clone(), "\"17:00\"")?
            .trim()
            .to_owned(),
    };
    let time = ["%H:%M", "%H:%M:%S"]
        .iter()
        .find_map(|f| NaiveTime::parse_from_str(&text, f).ok());
    time.ok_or_else(|| unreadable(&text, &expected, "\"17:00\""))
}

/// A date, `"2027-01-01"`, with or without quotes.
pub(super) fn date(value: &DeValue<'_>) -> Read<NaiveDate> {
    let expected = Phrase::new("ngày theo dạng năm-tháng-ngày", "a date, year-month-day");
    let text = match value {
        DeValue::Datetime(date) => date.to_string(),
        other => string(other, expected.clone(), "\"2027-01-01\"")?
            .trim()
            .to_owned(),
    };
    text.parse()
        .map_err(|_| unreadable(&text, &expected, "\"2027-01-01\""))
}

/// `#rrggbb`
pub(super) fn colour(value: &DeValue<'_>) -> Read<String> {
    let expected = Phrase::new("mã màu #rrggbb", "a colour #rrggbb");
    let text = string(value, expected.clone(), "\"#9b1c1c\"")?.trim();
    let digits = text.strip_prefix('#').unwrap_or_default();
    if digits.len() == 6 && digits.bytes().all(|b| b.is_ascii_hexdigit()) {
        Ok(text.to_ascii_lowercase())
    } else {
        Err(unreadable(text, &expected, "\"#9b1c1c\""))
    }
}

/// A list, each item read alike; the complaint is the first item's.
pub(super) fn list<T>(
    read: impl Fn(&DeValue<'_>) -> Read<T>,
) -> impl Fn(&DeValue<'_>) -> Read<Vec<T>> {
    move |value| {
        let expected = Phrase::new(
            format!("một danh sách tối đa {LIST_MAX} mục"),
            format!("a list of at most {LIST_MAX} items"),
        );
        match value.as_array().filter(|array| array.len() <= LIST_MAX) {
            Some(array) => array.iter().map(|item| read(item.get_ref())).collect(),
            None => Err(Complaint::kind(value, expected, "[\"…\"]")),
        }
    }
}

fn address_of(text: &str) -> Read<Address> {
    text.parse().map_err(|fault| {
        let message = match fault {
            AddressFault::Empty => Phrase::new("địa chỉ để trống", "the address is empty"),
            AddressFault::NoAt => Phrase::new("địa chỉ thiếu dấu @", "the address has no @"),
            AddressFault::Shape => {
                Phrase::new("địa chỉ thư không hợp lệ", "this is no e-mail address")
            }
        };
        Complaint::new(message, Phrase::same("\"vanphong@dangbo.example\""))
    })
}

/// A bare address.
pub(super) fn address(value: &DeValue<'_>) -> Read<Address> {
    let expected = Phrase::new("địa chỉ thư", "an address");
    address_of(string(value, expected, "\"vanphong@dangbo.example\"")?)
}

/// A name in DNS: letters, digits, hyphens, dots. Lower case.
pub(super) fn domain(value: &DeValue<'_>) -> Read<String> {
    let text = text(value)?.to_ascii_lowercase();
    let label = |label: &str| {
        let plain = |c: char| c.is_ascii_alphanumeric() || c == '-' || c == '_';
        (1..=63).contains(&label.len()) && label.chars().all(plain)
    };
    if text.len() <= 253 && text.split('.').all(label) {
        return Ok(text);
    }
    let message = Phrase::new("không phải tên miền", "this is no name in DNS");
    Err(Complaint::new(message, Phrase::same("\"dangbo.example\"")))
}

/// An address with or without a name before it: `Văn phòng <vanphong@dangbo.example>`.
pub(super) fn mailbox(value: &DeValue<'_>) -> Read<(Option<String>, Address)> {
    let example = "\"Văn phòng Đảng uỷ <vanphong@dangbo.example>\"";
    let raw = string(value, Phrase::new("địa chỉ thư", "an address"), example)?.trim();
    let Some(open) = raw.rfind('<') else {
        return Ok((None, address_of(raw)?));
    };
    let (name, rest) = raw.split_at(open);
    let Some(inner) = rest[1..].strip_suffix('>') else {
        let message = Phrase::new("thiếu dấu > ở cuối", "the closing > is missing");
        return Err(Complaint::new(message, Phrase::same(example)));
    };
    let name = spelling::line(name.trim().trim_matches('"'));
    Ok(((!name.is_empty()).then_some(name), address_of(inner)?))
}

/// A path; a relative one starts at `base`, the folder of the configuration file.
pub(super) fn path(base: &Path) -> impl Fn(&DeValue<'_>) -> Read<PathBuf> + '_ {
    move |value| {
        let example = "\"/srv/phobien/…\"";
        let text = string(value, Phrase::new("đường dẫn", "a path"), example)?;
        let clean = !text.is_empty() && !text.contains(|c: char| c.is_control());
        if !clean || text.starts_with('~') {
            let message = Phrase::new(
                "đường dẫn để trống, có ký tự điều khiển hoặc dấu ~",
                "the path is empty, or has a control character or a ~",
            );
            return Err(Complaint::new(message, Phrase::same(example)));
        }
        Ok(base.join(text))
    }
}
