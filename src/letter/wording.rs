//! Owns the small words of a letter in both languages: dates, sizes, counts, the committee's name,
//! the kinds of documents. It refuses to know the letter they stand in.

use chrono::{Datelike, NaiveDate};

use crate::document::{Format, Symbol, Urgency};
use crate::organisation::{Language, RecipientKind};
use crate::spelling;

/// One of two languages.
pub(super) fn say<'t>(language: Language, vi: &'t str, en: &'t str) -> &'t str {
    match language {
        Language::Vi => vi,
        Language::En => en,
    }
}

/// A date as the Party writes it, `09/02/2018`, `30/5/2019`: the day with two digits, the month
/// with a nought only in January and February (guide 36-HD/VPTW); in English `9 February 2018`.
pub(super) fn day(date: NaiveDate, language: Language) -> String {
    match language {
        Language::Vi => format!("{}/{}", day_and_month(date), date.year()),
        Language::En => date.format("%-d %B %Y").to_string(),
    }
}

/// The same without its year.
pub(super) fn day_and_month(date: NaiveDate) -> String {
    match date.month() {
        month @ 1..=2 => format!("{:02}/0{month}", date.day()),
        month => format!("{:02}/{month}", date.day()),
    }
}

/// What the days between two dates are called: `tuần 10/2020 (02/3 - 06/3/2020)`, `tháng 3/2020`,
/// `ngày 09/3/2020`.
pub(super) fn span(from: NaiveDate, to: NaiveDate, language: Language) -> String {
    let (from, to) = (from.min(to), from.max(to));
    if from == to {
        return match language {
            Language::Vi => format!("ngày {}", day(to, language)),
            Language::En => day(to, language),
        };
    }
    let same_month = (from.year(), from.month()) == (to.year(), to.month());
    let ends_month = to.succ_opt().is_none_or(|next| next.month() != to.month());
    if same_month && from.day() == 1 && ends_month {
        return match language {
            Language::Vi => format!("tháng {}/{}", to.month(), to.year()),
            Language::En => to.format("%B %Y").to_string(),
        };
    }
    let first_of_quarter = from.day() == 1 && from.month0() % 3 == 0;
    let two_later = (from.year(), from.month() + 2) == (to.year(), to.month());
    if first_of_quarter && two_later && ends_month {
        let quarter = usize::try_from(from.month0() / 3).unwrap_or_default();
        return match language {
            Language::Vi => format!("quý {}/{}", ["I", "II", "III", "IV"][quarter], to.year()),
            Language::En => format!("quarter {} of {}", quarter + 1, to.year()),
        };
    }
    let range = match language {
        Language::Vi if from.year() == to.year() => {
            format!("{} - {}", day_and_month(from), day(to, language))
        }
        Language::En if same_month => format!("{} - {}", from.day(), day(to, language)),
        Language::En if from.year() == to.year() => {
            format!("{} - {}", from.format("%-d %B"), day(to, language))
        }
        Language::Vi | Language::En => {
            format!("{} - {}", day(from, language), day(to, language))
        }
    };
    let week = to.iso_week();
    if from.iso_week() != week {
        return range;
    }
    match language {
        Language::Vi => format!("tuần {}/{} ({range})", week.week(), week.year()),
        Language::En => format!("week {} of {} ({range})", week.week(), week.year()),
    }
}

/// `88 KB`, `1,2 MB`.
pub(super) fn size(bytes: u64, language: Language) -> String {
    if bytes < 1000 * 1024 {
        return format!("{} KB", bytes.div_ceil(1024).max(1));
    }
    const MEGABYTE: u64 = 1024 * 1024;
    let tenths = bytes.saturating_mul(10).saturating_add(MEGABYTE / 2) / MEGABYTE;
    let point = match language {
        Language::Vi => ',',
        Language::En => '.',
    };
    format!("{}{point}{} MB", tenths / 10, tenths % 10)
}

/// `5 trang`.
pub(super) fn pages(pages: u32, language: Language) -> String {
    match (language, pages) {
        (Language::Vi, n) => format!("{n} trang"),
        (Language::En, 1) => "1 page".to_owned(),
        (Language::En, n) => format!("{n} pages"),
    }
}

/// `03 văn bản mới`, `1 new document`: a count of documents with what they are.
pub(super) fn count(n: usize, what: (&str, &str), language: Language) -> String {
    let (vi, en) = what;
    match (language, n) {
        (Language::Vi, n) => format!("{n:02} văn bản {vi}").trim_end().to_owned(),
        (Language::En, 1) => format!("1 {en} document").replace("  ", " "),
        (Language::En, n) => format!("{n} {en} documents").replace("  ", " "),
    }
}

/// Who speaks in the letter: the committee of the organisation that is named.
pub(super) fn committee(organisation: &str, language: Language) -> String {
    let name = spelling::fold(organisation);
    let is = |word: &str| name.starts_with(&spelling::fold(word));
    match language {
        Language::Vi if is("Đảng bộ") || is("Đảng uỷ") => "Đảng uỷ".to_owned(),
        Language::Vi if is("Chi bộ") || is("Chi uỷ") => "Chi uỷ".to_owned(),
        Language::En if is("Đảng bộ") || is("Đảng uỷ") => {
            "The Party Committee".to_owned()
        }
        Language::En if is("Chi bộ") => "The Branch Committee".to_owned(),
        _ => organisation.to_owned(),
    }
}

/// How a Vietnamese sentence names the reader.
pub(super) fn whom(kind: RecipientKind) -> &'static str {
    match kind {
        RecipientKind::Branch => "Chi uỷ",
        RecipientKind::Member | RecipientKind::Office => "đồng chí",
    }
}

/// An urgency mark as a word of a sentence; no mark is `Thường`.
pub(super) fn urgency(urgency: Option<Urgency>, language: Language) -> &'static str {
    match (language, urgency) {
        (Language::Vi, Some(mark)) => mark.word(),
        (Language::Vi, None) => "Thường",
        (Language::En, Some(Urgency::HoaToc)) => "Most urgent",
        (Language::En, Some(Urgency::ThuongKhan)) => "Very urgent",
        (Language::En, Some(Urgency::Khan)) => "Urgent",
        (Language::En, None) => "Normal",
    }
}

/// True where the symbol is of the Party's grammar, whose dates stand after a comma.
pub(super) fn is_party(symbol: &Symbol) -> bool {
    let text = symbol.as_str();
    match (text.find('-'), text.find('/')) {
        (Some(dash), Some(slash)) => dash < slash,
        (dash, _) => dash.is_some(),
    }
}

/// True for what was made by a scanner or a camera.
pub(super) fn is_scan(format: Format) -> bool {
    matches!(
        format,
        Format::PdfScan | Format::Jpeg | Format::Png | Format::Tiff
    )
}

/// The kind of a document for a reader of English, who gets the Vietnamese word too.
pub(super) fn kind_in_english(kind: &str) -> Option<&'static str> {
    const KINDS: [(&str, &str); 22] = [
        ("Nghị quyết", "Resolution"),
        ("Chỉ thị", "Directive"),
        ("Quyết định", "Decision"),
        ("Quy định", "Regulation"),
        ("Quy chế", "Rules"),
        ("Kết luận", "Conclusion"),
        ("Hướng dẫn", "Guidance"),
        ("Thông báo", "Notice"),
        ("Thông tri", "Circular"),
        ("Thông tư", "Circular"),
        ("Kế hoạch", "Plan"),
        ("Chương trình", "Programme"),
        ("Báo cáo", "Report"),
        ("Công văn", "Official letter"),
        ("Công điện", "Telegram"),
        ("Tờ trình", "Submission"),
        ("Nghị định", "Decree"),
        ("Pháp lệnh", "Ordinance"),
        ("Luật", "Law"),
        ("Đề án", "Scheme"),
        ("Biên bản", "Minutes"),
        ("Giấy mời", "Invitation"),
    ];
    let kind = spelling::fold(kind);
    KINDS
        .iter()
        .find(|(vi, _)| spelling::fold(vi) == kind)
        .map(|(_, en)| *en)
}

/// The text with a capital first letter.
pub(super) fn capital(text: &str) -> String {
    let mut chars = text.chars();
    chars.next().map_or_else(String::new, |first| {
        first.to_uppercase().chain(chars).collect()
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn date(text: &str) -> NaiveDate {
        text.parse().expect(text)
    }

    #[test]
    fn dates_are_written_as_the_party_writes_them() {
        let vi = Language::Vi;
        assert_eq!(day(date("2018-02-09"), vi), "09/02/2018");
        assert_eq!(day(date("2019-05-30"), vi), "30/5/2019");
        for (from, to, words) in [
            (
                "2020-03-02",
                "2020-03-06",
                "tuần 10/2020 (02/3 - 06/3/2020)",
            ),
            ("2020-03-01", "2020-03-31", "tháng 3/2020"),
            ("2020-10-01", "2020-12-31", "quý IV/2020"),
            ("2020-03-09", "2020-03-09", "ngày 09/3/2020"),
            ("2020-02-27", "2020-03-09", "27/02 - 09/3/2020"),
            ("2019-12-27", "2020-01-09", "27/12/2019 - 09/01/2020"),
        ] {
            assert_eq!(span(date(from), date(to), vi), words);
        }
        let english = span(date("2020-03-02"), date("2020-03-06"), Language::En);
        assert_eq!(english, "week 10 of 2020 (2 - 6 March 2020)");
    }

    #[test]
    fn numbers_have_their_words() {
        assert_eq!(size(90_000, Language::Vi), "88 KB");
        assert_eq!(size(1_258_291, Language::Vi), "1,2 MB");
        assert_eq!(size(0, Language::En), "1 KB");
        assert_eq!(count(3, ("mới", "new"), Language::Vi), "03 văn bản mới");
        assert_eq!(
            committee("ĐẢNG BỘ Cục Công nghệ thông tin", Language::Vi),
            "Đảng uỷ"
        );
    }
}
