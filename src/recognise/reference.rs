//! Owns how people speak of documents: whole references (Chỉ thị số 23-CT/TW, ngày … của …, về …)
//! and plenums' resolutions by their number. It refuses to guess where a name means several.

use chrono::NaiveDate;

use super::heading::{day_of, symbol_text, tidy};
use super::pattern::{Pattern, group};
use crate::document::{Symbol, kind_named};
use crate::spelling;

/// A document as a reference names it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Reference {
    pub(super) symbol: Symbol,
    pub(super) kind: Option<&'static str>,
    pub(super) issued_on: Option<NaiveDate>,
    pub(super) issuer: Option<String>,
    pub(super) title: Option<String>,
}

macro_rules! reference {
    ($lead:literal, $tail:literal) => {
        concat!(
            $lead,
            r"(?P<kind>\p{L}+(?: \p{L}+){0,3}?) (?:số:? ?)?(?P<symbol>",
            symbol_text!(),
            r")(?:,? ?(?:ban hành )?ngày ?(?P<d>\d{1,2}) ?(?:tháng|[-/.]) ?(?P<m>\d{1,2}) ?",
            r"(?:năm|[-/.]) ?(?P<y>\d{4}))?(?:,? ?của (?P<org>[^,;()]+?))?",
            $tail
        )
    };
}
static WHOLE: Pattern = Pattern::new(reference!(
    r"(?i)^",
    r#"(?:[,:]? (?P<title>(?:về|v/v) .+)|[.)]*)$"#
));
static ATTACHED: Pattern = Pattern::new(reference!(
    r"(?i)(?:ban hành )?kèm theo ",
    r"(?:,? ?(?P<title>về .+?))?(?:[.)\]]|$)"
));

fn read(captures: &regex::Captures<'_>) -> Option<Reference> {
    let title = group(captures, "title").map(super::title::clean);
    Some(Reference {
        symbol: tidy(group(captures, "symbol")?)?,
        kind: kind_named(group(captures, "kind")?),
        issued_on: day_of(captures),
        issuer: group(captures, "org").map(|org| org.trim().to_owned()),
        title: title.filter(|t| !t.is_empty()),
    })
}

/// A line that is a whole reference and begins with a type: the heading of a page saved from the
/// web.
pub(super) fn whole(text: &str) -> Option<Reference> {
    read(&WHOLE.captures(text)?).filter(|r| r.kind.is_some())
}

/// The main document in "(Kèm theo Hướng dẫn số 36-HD/VPTW, ngày 03/4/2018 của …)".
pub(super) fn attached(text: &str) -> Option<Reference> {
    read(&ATTACHED.captures(text)?)
}

struct Plenum {
    code: &'static str,
    number: u16,
    term: u16,
    symbol: &'static str,
    day: (i32, u32, u32),
    title: &'static str,
}

/// Plenums of the Central Committee that passed one document of the kind. Those that passed
/// several (the sixth of term XII, the fifth of term XIII) are not here: a person must say which.
const PLENUMS: [Plenum; 3] = [
    Plenum {
        code: "nq",
        number: 4,
        term: 11,
        symbol: "12-NQ/TW",
        day: (2012, 1, 16),
        title: "một số vấn đề cấp bách về xây dựng Đảng hiện nay",
    },
    Plenum {
        code: "nq",
        number: 4,
        term: 12,
        symbol: "04-NQ/TW",
        day: (2016, 10, 30),
        title: "về tăng cường xây dựng, chỉnh đốn Đảng; ngăn chặn, đẩy lùi sự suy thoái về tư \
                tưởng chính trị, đạo đức, lối sống, những biểu hiện \"tự diễn biến\", \"tự chuyển \
                hoá\" trong nội bộ",
    },
    Plenum {
        code: "kl",
        number: 4,
        term: 13,
        symbol: "21-KL/TW",
        day: (2021, 10, 25),
        title: "về đẩy mạnh xây dựng, chỉnh đốn Đảng và hệ thống chính trị",
    },
];

/// The document that "Nghị quyết Trung ương 4 khoá XII", "NQTW4 khóa 12", "KL T.Ư 4 khoá XIII"
/// name; none without the term, and none where the table has none.
pub(super) fn informal(text: &str) -> Option<Reference> {
    static INFORMAL: Pattern = Pattern::new(concat!(
        r"(?P<code>nghi quyet|ket luan|nq|kl) ?(?:trung uong|t\.? ?[wu]\.?) ?",
        r"(?:lan thu )?(?P<n>\d{1,2}|[ivx]{1,4})[ ,]*\(?khoa (?P<term>\d{1,2}|[ivx]{1,5})"
    ));
    let plain = spelling::ascii(text)
        .to_ascii_lowercase()
        .replace(['_', '-'], " ");
    let captures = INFORMAL.captures(&plain)?;
    let number = |name| {
        let text = group(&captures, name)?;
        text.parse().ok().or_else(|| super::heading::roman(text))
    };
    let code = match group(&captures, "code")? {
        "nghi quyet" | "nq" => "nq",
        _ => "kl",
    };
    let (n, term) = (number("n")?, number("term")?);
    let found = PLENUMS
        .iter()
        .find(|p| (p.code, p.number, p.term) == (code, n, term))?;
    let symbol = Symbol::parse(found.symbol)?;
    Some(Reference {
        kind: symbol.kind(),
        symbol,
        issued_on: NaiveDate::from_ymd_opt(found.day.0, found.day.1, found.day.2),
        issuer: Some("Ban Chấp hành Trung ương".to_owned()),
        title: Some(found.title.to_owned()),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn references_are_taken_apart() {
        assert!(WHOLE.compiles() && ATTACHED.compiles());
        let found =
            whole("Chỉ thị số 41-CT/TW, ngày 28/10/2011 của Ban Bí thư về một việc").expect("r");
        assert_eq!(found.symbol.as_str(), "41-CT/TW");
        assert_eq!(found.issued_on, NaiveDate::from_ymd_opt(2011, 10, 28));
        assert_eq!(found.issuer.as_deref(), Some("Ban Bí thư"));
        assert_eq!(found.title.as_deref(), Some("về một việc"));
        let found = attached(
            "(Ban hành kèm theo Quyết định số 12/2020/QĐ-TTg ngày 05 tháng 3 năm 2020 của \
             Thủ tướng Chính phủ)",
        )
        .expect("attached");
        assert_eq!(found.symbol.as_str(), "12/2020/QĐ-TTg");
        assert_eq!(found.issuer.as_deref(), Some("Thủ tướng Chính phủ"));
        for text in [
            "Thực hiện Chỉ thị số 41-CT/TW của Ban Bí thư",
            "Căn cứ",
            "",
            "Kèm theo biểu mẫu",
        ] {
            assert_eq!(whole(text), None, "{text}");
            assert_eq!(attached(text), None, "{text}");
        }
    }

    #[test]
    fn plenums_by_table_and_never_by_guess() {
        for (text, symbol) in [
            ("Nghị quyết Trung ương 4 (khóa XII)", Some("04-NQ/TW")),
            ("NQTW4 khoá 12", Some("04-NQ/TW")),
            ("NQ TW 4 khóa XI", Some("12-NQ/TW")),
            ("Nghị quyết T.Ư 4 khoá XII", Some("04-NQ/TW")),
            ("Ket luan Trung uong 4 khoa XIII", Some("21-KL/TW")),
            ("Nghị quyết Trung ương 4", None),
            ("NQTW6 khoá XII", None),
            ("Nghị quyết 57", None),
        ] {
            let found = informal(text).map(|r| r.symbol.to_string());
            assert_eq!(found.as_deref(), symbol, "{text}");
        }
    }
}
