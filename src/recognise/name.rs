//! Owns what a file's name says: symbol, type, day, title, annex, draft, correction. It refuses to
//! know the text, and whoever uses these facts must say that they come from a name.

use chrono::NaiveDate;

use super::pattern::{Pattern, group};
use crate::document::{KINDS, Part, Symbol};
use crate::spelling;

/// What a name gives. Every part may be missing.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Named {
    pub(super) symbol: Option<Symbol>,
    pub(super) kind: Option<&'static str>,
    pub(super) issued_on: Option<NaiveDate>,
    pub(super) title: Option<String>,
    pub(super) part: Part,
    pub(super) is_draft: bool,
    pub(super) says_newer: bool,
}

static PARTY: Pattern = Pattern::new(concat!(
    r"(?i)(?:^|[^\p{L}\d])(?P<n>\d{1,5}\p{L}?)[-_ .]{1,3}(?P<t>\p{L}{2,4})[-_ .]{1,3}",
    r"(?P<o>\p{L}{2,10}\d{0,2}(?:-\p{L}{2,6})?)(?:$|[^\p{L}\d])"
));
static LAW: Pattern = Pattern::new(concat!(
    r"(?i)(?:^|[^\p{L}\d])(?P<n>\d{1,3})[-_ .](?P<y>(?:19|20)\d\d)[-_ .]?",
    r"(?P<o>qh\d{1,2})(?:$|[^\p{L}\d])"
));
static YEARED: Pattern = Pattern::new(concat!(
    r"(?i)(?:^|[^\p{L}\d])(?P<n>\d{1,5}\p{L}?)[-_ .](?P<y>(?:19|20)\d\d)[-_ .]",
    r"(?P<t>\p{L}{2,4})[-_ .](?P<o>\p{L}{2,10}\d{0,2}(?:-\p{L}{2,6})?)(?:$|[^\p{L}\d])"
));
static DECREE: Pattern = Pattern::new(concat!(
    r"(?i)^(?:ngh[ịi][-_ .]?[đd][ịi]nh|n[đd])[-_ .](?:s[ốo][-_ .])?",
    r"(?P<n>\d{1,3})[-_ .](?P<y>(?:19|20)\d\d)(?:[-_ .](?:n[đd][-_ .]cp)?|$)"
));
static LETTER: Pattern =
    Pattern::new(r"^(?P<n>\d{1,5})[-_](?P<o>\p{Lu}{2,8})[-_](?P<u>\p{Lu}{2,8})(?:$|[^\p{L}\d])");
static DAY: Pattern =
    Pattern::new(r"(?:^|\D)(?P<d>\d{1,2})[-_. /](?P<m>\d{1,2})[-_. /](?P<y>(?:19|20)\d\d)(?:$|\D)");
static ISO: Pattern = Pattern::new(
    r"(?:^|\D)(?P<y>(?:19|20)\d\d)[-_.]?(?P<m>0[1-9]|1[0-2])[-_.]?(?P<d>[0-3]\d)(?:$|\D)",
);
static NOISE: Pattern = Pattern::new(concat!(
    r"(?i)\((?:\d{1,2}|copy|b[ảa]n s[aạ]o)\)|\s-\s(?:copy|b[ảa]n sao)|(?:^|[-_ ])",
    r"(?:scan|b[ảa]n qu[ée]t|signed|k[ýy] s[ốo])(?:$|[-_ .])"
));

/// Reads a file's name; its folders and last extension are left out.
pub(super) fn read(file_name: &str) -> Named {
    let name = spelling::line(file_name);
    let name = name.rsplit(['/', '\\']).next().unwrap_or("");
    let name: String = name.chars().take(255).collect();
    let stem = match name.rsplit_once('.') {
        Some((stem, ext)) if !stem.is_empty() && ext.len() <= 5 => stem,
        _ => &name,
    };
    let plain = spelling::ascii(stem)
        .to_ascii_lowercase()
        .replace(['_', '-', '.'], " ");
    let plain = spelling::line(&plain);
    let says = |words: &[&str]| words.iter().any(|w| plain.contains(w));
    let found = symbol(stem);
    let kind = kind(&plain).or_else(|| found.as_ref().and_then(|(s, _)| code_kind(s)));
    let rest = found.as_ref().map_or(stem, |(_, end)| &stem[*end..]);
    Named {
        issued_on: day(rest),
        title: title(rest, found.is_some(), kind),
        part: part(stem),
        is_draft: plain.starts_with("du thao")
            || plain.contains("(du thao")
            || plain.ends_with(" du thao"),
        says_newer: says(&[
            "dinh chinh",
            "dinhchinh",
            "thay the",
            "ban sua",
            "da sua",
            "sua doi",
            "sua lai",
            "sua loi",
        ]),
        symbol: found.map(|(symbol, _)| symbol),
        kind,
    }
}

/// The type of a code where it stands for one only: a Party QĐ does not.
fn code_kind(symbol: &Symbol) -> Option<&'static str> {
    let two = symbol.is_party() && symbol.type_code() == "QĐ";
    symbol.kind().filter(|_| !two)
}

/// The symbol in a name and where it ends: separators are whatever a file system allows.
fn symbol(stem: &str) -> Option<(Symbol, usize)> {
    let text = |c: &regex::Captures<'_>, name| group(c, name).unwrap_or("").to_owned();
    if let Some(c) = LAW.captures(stem) {
        let end = c.name("o").map_or(0, |m| m.end());
        let symbol = format!("{}/{}/{}", text(&c, "n"), text(&c, "y"), text(&c, "o"));
        return Symbol::parse(&symbol).map(|s| (s, end));
    }
    if let Some(c) = YEARED.captures(stem) {
        let end = c.name("o").map_or(0, |m| m.end());
        let [n, y, t, o] = ["n", "y", "t", "o"].map(|name| text(&c, name));
        return Symbol::parse(&format!("{n}/{y}/{t}-{o}"))
            .filter(|s| s.kind().is_some() && !s.type_code().is_empty())
            .map(|s| (s, end));
    }
    if let Some(c) = DECREE.captures(stem) {
        let end = c.name("y").map_or(0, |m| m.end());
        let symbol = format!("{}/{}/NĐ-CP", text(&c, "n"), text(&c, "y"));
        return Symbol::parse(&symbol).map(|s| (s, end));
    }
    if let Some(found) = PARTY.captures(stem).and_then(|c| party(&c)) {
        return Some(found);
    }
    let c = LETTER.captures(stem)?;
    let end = c.name("u").map_or(0, |m| m.end());
    let symbol = format!("{}/{}-{}", text(&c, "n"), text(&c, "o"), text(&c, "u"));
    Symbol::parse(&symbol).map(|s| (s, end))
}

/// Number, type and organisation: a Party symbol unless the organisation is the State's.
fn party(c: &regex::Captures<'_>) -> Option<(Symbol, usize)> {
    let (n, t, o) = (group(c, "n")?, group(c, "t")?, group(c, "o")?);
    let end = c.name("o").map_or(0, |m| m.end());
    // An organisation is written in capitals; "05 NQ chuyen doi" has none.
    if !spelling::is_capitals(o)
        && !o.eq_ignore_ascii_case("ttg")
        && !o.bytes().all(|b| b.is_ascii_lowercase())
    {
        return None;
    }
    let party = Symbol::parse(&format!("{n}-{t}/{o}"))?;
    let state = Symbol::parse(&format!("{n}/{t}-{o}"))?;
    let organ = party.organisation().to_owned();
    let is_party = organ.ends_with("TW")
        || [
            "TU", "HU", "QU", "ĐU", "CB", "ĐUK", "ĐH", "BCĐ", "ĐB", "BCSĐ",
        ]
        .iter()
        .any(|code| organ.split('-').next() == Some(code));
    let known = |s: &Symbol| s.kind().is_some() && !s.type_code().is_empty();
    let lower = o.bytes().all(|b| b.is_ascii_lowercase());
    let central = is_party || ["CP", "TTg"].contains(&organ.as_str());
    let symbol = if is_party { party } else { state };
    (known(&symbol) && (central || !lower)).then_some((symbol, end))
}

fn kind(plain: &str) -> Option<&'static str> {
    let plain_of = |word: &str| spelling::ascii(word).to_ascii_lowercase();
    if plain.contains("phu luc") {
        return Some("Phụ lục");
    }
    let starts = |word: &str| {
        plain
            .strip_prefix(word)
            .is_some_and(|r| r.is_empty() || !r.starts_with(|c: char| c.is_ascii_lowercase()))
    };
    let skip = plain.trim_start_matches("du thao ");
    KINDS
        .iter()
        .map(|(word, _)| *word)
        .filter(|word| *word != "Thông tri" && *word != "Thông tư")
        .find(|word| starts(&plain_of(word)) || skip.starts_with(&format!("{} ", plain_of(word))))
        .or_else(|| {
            let first = plain
                .split([' ', '1', '2', '3', '4', '5', '6', '7', '8', '9', '0'])
                .next()?;
            match first {
                "nq" => Some("Nghị quyết"),
                "ct" => Some("Chỉ thị"),
                "cv" => Some("Công văn"),
                "kl" => Some("Kết luận"),
                "hd" => Some("Hướng dẫn"),
                "nd" => Some("Nghị định"),
                _ => None,
            }
        })
}

/// A whole date after the symbol; a year alone is none.
fn day(rest: &str) -> Option<NaiveDate> {
    let captures = DAY.captures(rest).or_else(|| ISO.captures(rest))?;
    super::heading::day_of(&captures)
}

/// What stands behind the symbol, where it is Vietnamese in full spelling and more than one word.
fn title(rest: &str, after_symbol: bool, kind: Option<&str>) -> Option<String> {
    let mut text = spelling::line(&rest.replace('_', " "));
    while let Some(noise) = NOISE.find(&text) {
        text.replace_range(noise, " ");
    }
    let text = spelling::line(&text);
    let text = text.trim_matches(|c: char| !c.is_alphanumeric() && c != ')');
    if !after_symbol {
        return kind_stripped(text, kind);
    }
    let wordy = text.split(' ').count() >= 2 && !text.is_ascii();
    (wordy && !text.starts_with(|c: char| c.is_ascii_digit())).then(|| text.to_owned())
}

/// A name that is a type and a title: "Kế hoạch kiểm tra năm 2020".
fn kind_stripped(text: &str, kind: Option<&str>) -> Option<String> {
    let kind = kind?;
    let count = kind.split(' ').count();
    let words: Vec<&str> = text.split(' ').collect();
    let head = words.get(..count)?.join(" ");
    let rest = words.get(count..)?.join(" ");
    let fits = spelling::fold(&head) == spelling::fold(kind);
    let wordy = rest.split(' ').count() >= 2 && !rest.is_ascii();
    (fits && wordy && !rest.starts_with(|c: char| c.is_ascii_digit())).then_some(rest)
}

fn part(stem: &str) -> Part {
    static ANNEX: Pattern = Pattern::new(concat!(
        r"(?i)(?:^|[^\p{L}])(?:ph[ụu][ -_.]?l[ụu]c|pl)[ -_.]?(?:s[ốo][ -_.]?)?",
        r"(?P<n>\d{1,3}|[ivx]{1,5})?(?:$|[^\p{L}\d])"
    ));
    let Some(captures) = ANNEX.captures(stem) else {
        return Part::Main;
    };
    let pl_alone = group(&captures, "n").is_none()
        && !spelling::ascii(stem).to_ascii_lowercase().contains("luc");
    // "30-2000-PL-UBTVQH10" is an ordinance.
    if pl_alone {
        return Part::Main;
    }
    let number =
        group(&captures, "n").and_then(|n| n.parse().ok().or_else(|| super::heading::roman(n)));
    Part::Annex(number.unwrap_or(0))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn patterns_compile() {
        for p in [&PARTY, &LAW, &YEARED, &DECREE, &LETTER, &DAY, &ISO, &NOISE] {
            assert!(p.compiles());
        }
    }

    #[test]
    fn names_of_every_habit() {
        for (name, symbol, kind, day, title) in [
            ("41-CT-TW_2011.pdf", "41-CT/TW", "Chỉ thị", "", ""),
            (
                "Nghị quyết 68-NQ-TW kinh tế tư nhân.pdf",
                "68-NQ/TW",
                "Nghị quyết",
                "",
                "kinh tế tư nhân",
            ),
            (
                "Nghi\u{323} quye\u{302}\u{301}t 68-NQ-TW kinh te\u{302}\u{301}.pdf",
                "68-NQ/TW",
                "Nghị quyết",
                "",
                "kinh tế",
            ),
            (
                "Chi thi 06-CT-TW cuoc van dong.doc",
                "06-CT/TW",
                "Chỉ thị",
                "",
                "",
            ),
            ("145-QD-TW.rtf", "145-QĐ/TW", "", "", ""),
            ("505-QD-TTg.pdf", "505/QĐ-TTg", "Quyết định", "", ""),
            ("nghi-dinh-53-2022.md", "53/2022/NĐ-CP", "Nghị định", "", ""),
            ("luat-45-2019-qh14.html", "45/2019/QH14", "Luật", "", ""),
            ("78-2021-TT-BTC.pdf", "78/2021/TT-BTC", "Thông tư", "", ""),
            (
                "9-KH-DU ngay 05-3-2021.docx",
                "9-KH/ĐU",
                "Kế hoạch",
                "2021-03-05",
                "",
            ),
            (
                "44-TB-ĐU 2021-03-05.docx",
                "44-TB/ĐU",
                "Thông báo",
                "2021-03-05",
                "",
            ),
            ("1234-CT-TTHT.pdf", "1234/CT-TTHT", "Chỉ thị", "", ""),
            ("5678_TCHQ_GSQL.pdf", "5678/TCHQ-GSQL", "Công văn", "", ""),
            ("QD 41 ky luat.doc", "", "", "", ""),
            (
                "Kế hoạch kiểm tra năm 2020.docx",
                "",
                "Kế hoạch",
                "",
                "kiểm tra năm 2020",
            ),
            ("Tong hop so lieu.docx", "", "", "", ""),
            ("Chi thi 23 (nam 2003).docx", "", "Chỉ thị", "", ""),
            ("", "", "", "", ""),
        ] {
            let read = read(name);
            let said = |s: Option<String>| s.unwrap_or_default();
            assert_eq!(said(read.symbol.map(|s| s.to_string())), symbol, "{name}");
            assert_eq!(read.kind.unwrap_or(""), kind, "{name}");
            assert_eq!(said(read.issued_on.map(|d| d.to_string())), day, "{name}");
            assert_eq!(said(read.title), title, "{name}");
        }
    }

    #[test]
    fn parts_drafts_and_corrections() {
        assert_eq!(read("36-HD-VPTW Phu luc 2.odt").part, Part::Annex(2));
        assert_eq!(read("PL III kem 36-HD.odt").part, Part::Annex(3));
        assert_eq!(read("30-2000-PL-UBTVQH10.txt").part, Part::Main);
        assert_eq!(read("Luat PL.txt").part, Part::Main);
        assert!(read("9-KH-DU (dinh chinh).docx").says_newer);
        assert!(read("Dự thảo báo cáo.docx").is_draft && !read("Góp ý dự thảo luật.docx").is_draft);
    }
}
