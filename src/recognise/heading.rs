//! Owns the anatomy of page 1: where the type stands, where the heading above it ends and the body
//! begins, and which symbol and date of issue the heading bears. It refuses to know titles and
//! issuers.

use chrono::NaiveDate;

use super::page::Line;
use super::pattern::{Pattern, group};
use crate::document::{KINDS, Symbol};
use crate::spelling;

/// How far down the type can stand.
const TYPE_WITHIN: usize = 70;

/// The line with the type.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct TypeLine {
    /// Its place.
    pub(super) at: usize,
    /// The type's word as the table writes it.
    pub(super) word: &'static str,
    /// What follows the word on the line.
    pub(super) rest: String,
}

/// How the body begins: grounds, address, parts.
static BODY: Pattern = Pattern::new(concat!(
    r"(?i)^(?:[-–+] ?)?(?:căn cứ|kính gửi|theo đề nghị|xét đề nghị|điều 1\b",
    r"|chương i\b|phần thứ|i ?[-.–/] ?\p{L}|1[.)] ?\p{L}|nơi nhận)"
));

/// A number and symbol of any grammar.
macro_rules! symbol_text {
    () => {
        concat!(
            r"\d{1,5}\p{L}?\s?(?:[-–—]\s?\p{L}{1,6}\s?/\s?\p{L}[\p{L}\d]*",
            r"(?:[-_]\p{L}[\p{L}\d]*)*|/\s?(?:\d{4}\s?/\s?)?\p{L}[\p{L}\d]*",
            r"(?:\s?[-–—_/]\s?\p{L}[\p{L}\d]*)*)"
        )
    };
}
pub(super) use symbol_text;

static LABELLED: Pattern = Pattern::new(concat!(
    r"(?i)^(?:\p{L}+ (?:\p{L}+ )?)?s\p{L}?\s*[:.;]?\s*(?P<symbol>",
    symbol_text!(),
    ")"
));
static BARE: Pattern = Pattern::new(concat!(
    r"^[\s*:.]*(?P<symbol>",
    symbol_text!(),
    r")[\s.*]*$"
));
static SMALL: Pattern = Pattern::new(concat!(
    r"^(?i:s[ốo])\s*[:.]?\s*(?P<symbol>\d{1,5}\p{Ll}?(?:\s?/\s?(?:19|20)\d\d)?",
    r"(?:\s?[-–/]\s?\p{Ll}{2,8}){2})$"
));
static UNNUMBERED: Pattern =
    Pattern::new(r"(?i)^(?:luật |nghị quyết )?số\s*[:.]?[\s.…_:]*(?:[-–/]\s?\p{L}|$)");
static LABEL: Pattern = Pattern::new(r"(?i)^(?:luật )?số\s*[:.]?$");

/// True where a line begins the body.
pub(super) fn is_body(line: &Line) -> bool {
    BODY.is_match(&line.text)
}

/// The type's line: the word alone, else in capitals with the title's beginning behind it. It
/// stands below symbol and date, so a wrapped SỞ / KẾ HOẠCH VÀ ĐẦU TƯ above them is none.
pub(super) fn type_line(lines: &[Line]) -> Option<TypeLine> {
    let end = lines
        .iter()
        .position(is_body)
        .unwrap_or(lines.len())
        .min(TYPE_WITHIN);
    let head = &lines[..end];
    let from = head
        .iter()
        .rposition(is_heading_line)
        .map_or(0, |at| at + 1);
    let alone = |(at, line): (usize, &Line)| {
        let word = kind_alone(&line.text)?;
        Some(TypeLine {
            at,
            word,
            rest: String::new(),
        })
    };
    let leading = |(at, line): (usize, &Line)| {
        let (word, rest) = kind_leading(&line.text)?;
        Some(TypeLine { at, word, rest })
    };
    let numbered = |from: usize| head.iter().enumerate().skip(from);
    numbered(from)
        .find_map(alone)
        .or_else(|| numbered(from).find_map(leading))
        .or_else(|| numbered(0).find_map(alone))
}

/// A line that belongs above the type: motto, date line, label of the symbol.
fn is_heading_line(line: &Line) -> bool {
    line.cells.iter().any(|cell| {
        is_motto(cell)
            || dated(cell).is_some()
            || is_date_blank(cell)
            || LABEL.is_match(cell)
            || labelled(cell).is_some() && !cell.to_lowercase().contains("ngày")
            || UNNUMBERED.is_match(cell)
    })
}

pub(super) fn kind_alone(text: &str) -> Option<&'static str> {
    let text = text.trim_matches(|c: char| c.is_whitespace() || ":.*_-".contains(c));
    if text.is_empty() || text.chars().count() > 30 {
        return None;
    }
    let folded = spelling::fold(text);
    let tight: String = folded.split(' ').collect();
    KINDS
        .iter()
        .map(|(word, _)| *word)
        .find(|word| spelling::fold(word) == folded)
        .or_else(|| annex_number(text).map(|_| "Phụ lục"))
        .or_else(|| {
            KINDS.iter().map(|(word, _)| *word).find(|word| {
                // Marks are what typing and conversion lose: QUYÊT ĐINH is no other word.
                let plain = |t: &str| spelling::ascii(t).to_lowercase();
                let bare = spelling::is_capitals(text) && plain(text) == plain(word);
                let long = word.chars().count() >= 6;
                let near = long && (bare || spelling::near(text, word, 1));
                let spaced = spelling::is_capitals(text)
                    && text.split(' ').all(|p| p.chars().count() <= 2)
                    && tight == spelling::fold(word).split(' ').collect::<String>();
                near || spaced
            })
        })
}

/// The number of an annex in `PHỤ LỤC 1`, `Phụ lục II`, `PHỤ LỤC SỐ 3`; 0 where it has none.
pub(super) fn annex_number(text: &str) -> Option<u16> {
    static ANNEX: Pattern =
        Pattern::new(r"(?i)^ph[ụu] l[ụu]c(?: s[ốo])?(?: (?P<n>\d{1,3}|[ivx]{1,6}|[a-h]))?[.:]?$");
    let captures = ANNEX.captures(text)?;
    let Some(n) = group(&captures, "n") else {
        return Some(0);
    };
    n.parse().ok().or_else(|| roman(n)).or_else(|| {
        let letter = n.to_ascii_lowercase().bytes().next()?;
        Some(u16::from(letter.saturating_sub(b'a')) + 1)
    })
}

/// A Roman number up to 39.
pub(super) fn roman(text: &str) -> Option<u16> {
    let digits = text.bytes().map(|b| match b.to_ascii_lowercase() {
        b'i' => Some(1),
        b'v' => Some(5),
        b'x' => Some(10),
        _ => None,
    });
    let digits: Vec<u16> = digits.collect::<Option<_>>()?;
    let after = digits.iter().skip(1).chain(std::iter::once(&0));
    let (mut sum, mut less) = (0u16, 0u16);
    for (digit, next) in digits.iter().zip(after) {
        if digit < next {
            less += digit
        } else {
            sum += digit
        }
    }
    sum.checked_sub(less).filter(|n| *n > 0)
}

/// A type in capitals with more behind it.
fn kind_leading(text: &str) -> Option<(&'static str, String)> {
    let words: Vec<&str> = text.split(' ').collect();
    (1..=4.min(words.len().saturating_sub(1)))
        .rev()
        .find_map(|n| {
            let head = words[..n].join(" ");
            let word = KINDS
                .iter()
                .map(|(word, _)| *word)
                .find(|word| spelling::fold(word) == spelling::fold(&head))?;
            spelling::is_capitals(&head).then(|| (word, words[n..].join(" ")))
        })
}

/// True for the national title, the motto below it, the Party's title, whole or in part.
pub(super) fn is_motto(text: &str) -> bool {
    const MOTTOES: [&str; 6] = [
        "Cộng hòa xã hội chủ nghĩa Việt Nam",
        "Độc lập - Tự do - Hạnh phúc",
        "Đảng Cộng sản Việt Nam",
        "Cộng hòa xã hội",
        "Chủ nghĩa Việt Nam",
        "Đoàn TNCS Hồ Chí Minh",
    ];
    let length = text.chars().count();
    (10..=60).contains(&length)
        && MOTTOES.iter().any(|motto| {
            let max = if motto.len() > 30 { 4 } else { 2 };
            spelling::near(text, motto, max)
        })
}

/// The symbol after "Số" at the start of a cell.
fn labelled(cell: &str) -> Option<Symbol> {
    LABELLED
        .captures(cell)
        .and_then(|c| tidy(group(&c, "symbol")?))
        .or_else(|| in_small_letters(cell))
}

/// "Số 23-ct/tw": nothing but a number and codes that are known, since small letters are mostly
/// other words.
fn in_small_letters(cell: &str) -> Option<Symbol> {
    let captures = SMALL.captures(cell)?;
    let symbol = Symbol::parse(group(&captures, "symbol")?)?;
    let known = symbol.kind().is_some() && !symbol.type_code().is_empty();
    known.then_some(symbol)
}

/// A symbol cut back to its codes: what follows them without a capital belongs to other words.
pub(super) fn tidy(text: &str) -> Option<Symbol> {
    let mut text = text;
    loop {
        let cut = text.rfind(['-', '–', '—', '_', '/'])?;
        let last = text[cut..]
            .trim_start_matches(['-', '–', '—', '_', '/'])
            .trim();
        if is_code(last) {
            return Symbol::parse(text);
        }
        text = text[..cut].trim_end();
    }
}

fn is_code(text: &str) -> bool {
    const MIXED: [&str; 7] = ["TTg", "CTr", "TTr", "QyĐ", "QĐi", "ThU", "TrS"];
    MIXED.contains(&text) || (spelling::is_capitals(text) && text.chars().count() <= 14)
}

/// What the heading says of the symbol.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Numbered {
    /// It bears this one; the words beside it.
    Symbol(Symbol, String),
    /// The place for the number is there and empty.
    Blank,
    /// Nothing.
    Nothing,
}

/// The document's own symbol: after "Số", else alone in a cell with a type's code. `heading` holds
/// only lines above the type or the body, so what is cited cannot be taken.
pub(super) fn symbol(heading: &[Line]) -> Numbered {
    let cells = || {
        heading
            .iter()
            .flat_map(|line| line.cells.iter().chain([&line.text]))
    };
    if let Some((symbol, cell)) = cells().find_map(|cell| Some((labelled(cell)?, cell))) {
        return Numbered::Symbol(symbol, cell.clone());
    }
    let unnumbered = |line: &Line| {
        line.cells
            .iter()
            .chain([&line.text])
            .any(|cell| UNNUMBERED.is_match(cell) && !LABEL.is_match(cell))
    };
    if heading.iter().any(unnumbered) {
        return Numbered::Blank;
    }
    let bare = |cell: &String| {
        let captures = BARE.captures(cell)?;
        let symbol = tidy(group(&captures, "symbol")?)?;
        let known = symbol.is_law() || !symbol.type_code().is_empty() && symbol.kind().is_some();
        (known
            || heading
                .iter()
                .any(|l| l.cells.iter().any(|c| LABEL.is_match(c))))
        .then(|| (symbol, cell.clone()))
    };
    match cells().find_map(bare) {
        Some((symbol, cell)) => Numbered::Symbol(symbol, cell),
        None => Numbered::Nothing,
    }
}

static DATE: Pattern = Pattern::new(concat!(
    r"(?i)^(?P<place>[^\d,]{2,40}, ?)?(?:ng.?.?y)\s*(?P<d>\d ?\d?)\s*(?:th.?.?ng",
    r"|[-/.])\s*(?P<m>\d ?\d?)\s*(?:n.?.?m|[-/.])\s*(?P<y>\d ?\d ?\d ?\d)\.?$"
));
static SHORT: Pattern = Pattern::new(
    r"^(?:[^\d,:]{2,40}, ?)(?P<d>\d{1,2}) ?[-/.] ?(?P<m>\d{1,2}) ?[-/.] ?(?P<y>\d{4})\.?$",
);
static BLANK: Pattern =
    Pattern::new(r"(?i)ng.?.?y[\s\d.…_/]*th.?.?ng[\s\d.…_/]*n.?.?m[\s\d.…_/]*\.?$");

/// The date that a place-and-date cell gives.
fn dated(cell: &str) -> Option<NaiveDate> {
    if cell.chars().count() > 80 || foreign_date(cell) {
        return None;
    }
    let captures = DATE.captures(cell).or_else(|| SHORT.captures(cell))?;
    day_of(&captures)
}

/// The day of the groups d, m, y.
pub(super) fn day_of(captures: &regex::Captures<'_>) -> Option<NaiveDate> {
    let number = |name| {
        let digits: String = group(captures, name)?.split(' ').collect();
        digits.parse::<u32>().ok()
    };
    let year = i32::try_from(number("y")?)
        .ok()
        .filter(|y| (1930..=2200).contains(y))?;
    NaiveDate::from_ymd_opt(year, number("m")?, number("d")?)
}

/// Dates that are not the day of issue: grounds, digital signatures, what is replied to.
fn foreign_date(cell: &str) -> bool {
    const WORDS: [&str; 9] = [
        "căn cứ",
        "ký bởi",
        "ký ngày",
        "ngày ký",
        "thời gian ký",
        "người ký",
        "kèm theo",
        "v/v",
        "signed",
    ];
    let folded = spelling::fold(cell);
    WORDS.iter().any(|w| folded.starts_with(&spelling::fold(w)))
}

fn is_date_blank(cell: &str) -> bool {
    cell.chars().count() <= 80 && dated(cell).is_none() && BLANK.is_match(cell)
}

/// What the heading says of the date of issue, and the words that say it. Blanks for the hand to
/// fill are no date, whatever else bears one.
pub(super) fn date(heading: &[Line]) -> Option<(NaiveDate, String)> {
    let mut weak = None;
    for (i, line) in heading.iter().enumerate() {
        let next = heading.get(i + 1).and_then(|l| l.cells.last());
        for cell in line.cells.iter().chain([&line.text]) {
            let joined = next.map(|n| format!("{cell} {n}"));
            let found = dated(cell).map(|d| (d, cell.clone())).or_else(|| {
                let joined = joined.filter(|_| cell.to_lowercase().contains("ng"))?;
                dated(&joined).map(|d| (d, joined))
            });
            match found {
                Some(found) if cell.contains(',') => return Some(found),
                Some(found) => weak = weak.or(Some(found)),
                None if is_date_blank(cell) => return None,
                None => {}
            }
        }
    }
    weak
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::recognise::page::lines;

    #[test]
    fn patterns_compile() {
        for pattern in [
            &BODY,
            &LABELLED,
            &BARE,
            &SMALL,
            &UNNUMBERED,
            &LABEL,
            &DATE,
            &SHORT,
            &BLANK,
        ] {
            assert!(pattern.compiles());
        }
    }

    #[test]
    fn dates_of_issue_in_all_their_forms() {
        for (text, expected) in [
            ("Hà Nội, ngày 09 tháng 02 năm 2018", Some((2018, 2, 9))),
            (
                "TP. Hồ Chí Minh, ngày 3 tháng 11 năm 2021",
                Some((2021, 11, 3)),
            ),
            ("Hà Nội, ngày 30/5/2019", Some((2019, 5, 30))),
            ("Hà Nội, ngày 09-02-2018", Some((2018, 2, 9))),
            ("Huế, 1.6.2020", Some((2020, 6, 1))),
            (
                "Số 1-CT/TW\tHà Nội, ngày 09 tháng 02\n\tnăm 2018",
                Some((2018, 2, 9)),
            ),
            (
                "Hà Nội, nga\u{300}y 0 9 tháng 0 2 năm 2018",
                Some((2018, 2, 9)),
            ),
            ("Hà Nội, ngày    tháng    năm 2020", None),
            ("Hà Nội, ngày … tháng 02 năm 2020", None),
            ("Hà Nội, ngày 31 tháng 02 năm 2020", None),
            ("Ký bởi: Văn phòng\nThời gian ký: 04/07/2019 10:11:12", None),
            ("Căn cứ Luật ngày 19 tháng 6 năm 2015", None),
            ("V/v họp giao ban, ngày 12/3/2020", None),
        ] {
            let found = date(&lines(text, 10)).map(|(d, _)| d);
            let expected = expected.and_then(|(y, m, d)| NaiveDate::from_ymd_opt(y, m, d));
            assert_eq!(found, expected, "{text}");
        }
    }

    #[test]
    fn own_symbols_only() {
        for (text, expected) in [
            ("Số 23-CT/TW", Some("23-CT/TW")),
            ("Số: 64 - HD/BTGTW", Some("64-HD/BTGTW")),
            ("Luật số: 44/2013/QH13", Some("44/2013/QH13")),
            ("Số:\t2390/BTTTT-THH", Some("2390/BTTTT-THH")),
            (
                "Số 11-KH/ĐU Hà Nội, ngày 01 tháng 02 năm 2020",
                Some("11-KH/ĐU"),
            ),
            ("BAN BÍ THƯ NG C NG\nS : 23-CT/TW", Some("23-CT/TW")),
            ("749/QĐ-TTg", Some("749/QĐ-TTg")),
            ("Số 94-Qđ/TW", Some("94-QĐ/TW")),
            ("Số: 12/BC-VP về việc họp", Some("12/BC-VP")),
            ("Số       -KH/ĐU", None),
            ("Số: .…/QĐ-ABC", None),
            ("ngày 09/02/2018", None),
        ] {
            let found = match symbol(&lines(text, 10)) {
                Numbered::Symbol(symbol, _) => Some(symbol.as_str().to_owned()),
                _ => None,
            };
            assert_eq!(found.as_deref(), expected, "{text}");
        }
        assert_eq!(symbol(&lines("Số      -KH/ĐU", 9)), Numbered::Blank);
    }

    #[test]
    fn annexes_bear_numbers() {
        for (text, number) in [
            ("PHỤ LỤC", Some(0)),
            ("Phụ lục II", Some(2)),
            ("PHỤ LỤC SỐ 14", Some(14)),
            ("PHỤ LỤC XIX", Some(19)),
            ("Phụ lục B", Some(2)),
            ("Phụ lục kèm theo", None),
        ] {
            assert_eq!(annex_number(text), number, "{text}");
        }
    }
}
