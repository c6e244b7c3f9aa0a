//! Owns the documents that people call by custom: plenums' resolutions ("Nghị quyết Trung ương 4
//! khoá XII") and a few by number alone. It refuses to choose where a name means several.

use chrono::NaiveDate;

use super::pattern::{Pattern, group};
use super::reference::Reference;
use crate::document::{Link, Symbol};
use crate::spelling;

/// What a customary name means.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Meant {
    /// This one.
    One(Box<Reference>),
    /// One of these; a person must say which. Empty where the name lacks what would tell.
    Several(Vec<Link>),
}

/// A document of the table: symbol, day of issue, issuer, title where the table has it.
struct Known {
    symbol: &'static str,
    day: (i32, u32, u32),
    issuer: &'static str,
    title: &'static str,
}

const fn central(symbol: &'static str, day: (i32, u32, u32), title: &'static str) -> Known {
    Known {
        symbol,
        day,
        issuer: "Ban Chấp hành Trung ương",
        title,
    }
}

/// Plenums of the Central Committee: type's code, number, term, and what it passed under that name.
type Plenum = (&'static str, u16, u16, &'static [Known]);

/// A plenum can pass several documents of one kind; then the name alone does not tell.
const PLENUMS: [Plenum; 5] = [
    (
        "NQ",
        4,
        11,
        &[central(
            "12-NQ/TW",
            (2012, 1, 16),
            "một số vấn đề cấp bách về xây dựng Đảng hiện nay",
        )],
    ),
    (
        "NQ",
        4,
        12,
        &[central(
            "04-NQ/TW",
            (2016, 10, 30),
            "về tăng cường xây dựng, chỉnh đốn Đảng; ngăn chặn, đẩy lùi sự suy thoái về tư tưởng \
             chính trị, đạo đức, lối sống, những biểu hiện \"tự diễn biến\", \"tự chuyển hoá\" \
             trong nội bộ",
        )],
    ),
    (
        "NQ",
        6,
        12,
        &[
            central("18-NQ/TW", (2017, 10, 25), ""),
            central("19-NQ/TW", (2017, 10, 25), ""),
            central("20-NQ/TW", (2017, 10, 25), ""),
            central("21-NQ/TW", (2017, 10, 25), ""),
        ],
    ),
    (
        "NQ",
        5,
        13,
        &[
            central("18-NQ/TW", (2022, 6, 16), ""),
            central("19-NQ/TW", (2022, 6, 16), ""),
            central("20-NQ/TW", (2022, 6, 16), ""),
            central("21-NQ/TW", (2022, 6, 16), ""),
        ],
    ),
    (
        "KL",
        4,
        13,
        &[central(
            "21-KL/TW",
            (2021, 10, 25),
            "về đẩy mạnh xây dựng, chỉnh đốn Đảng và hệ thống chính trị",
        )],
    ),
];

const fn political(symbol: &'static str, day: (i32, u32, u32), title: &'static str) -> Known {
    Known {
        symbol,
        day,
        issuer: "Bộ Chính trị",
        title,
    }
}

const fn secretariat(symbol: &'static str, day: (i32, u32, u32)) -> Known {
    Known {
        symbol,
        day,
        issuer: "Ban Bí thư",
        title: "",
    }
}

/// Documents called by type and number alone. Those of which two terms have one each stand here
/// twice, so that neither is chosen.
const NUMBERS: [(&str, u16, &[Known]); 7] = [
    (
        "CT",
        5,
        &[political(
            "05-CT/TW",
            (2016, 5, 15),
            "về đẩy mạnh học tập và làm theo tư tưởng, đạo đức, phong cách Hồ Chí Minh",
        )],
    ),
    (
        "QĐ",
        37,
        &[central(
            "37-QĐ/TW",
            (2021, 10, 25),
            "về những điều đảng viên không được làm",
        )],
    ),
    (
        "NQ",
        57,
        &[political(
            "57-NQ/TW",
            (2024, 12, 22),
            "về đột phá phát triển khoa học, công nghệ, đổi mới sáng tạo và chuyển đổi số quốc gia",
        )],
    ),
    (
        "CT",
        23,
        &[
            secretariat("23-CT/TW", (2003, 3, 27)),
            secretariat("23-CT/TW", (2018, 2, 9)),
        ],
    ),
    (
        "CT",
        35,
        &[
            political("35-CT/TW", (2019, 5, 30), ""),
            political("35-CT/TW", (2024, 6, 14), ""),
        ],
    ),
    (
        "NQ",
        18,
        &[
            central("18-NQ/TW", (2017, 10, 25), ""),
            central("18-NQ/TW", (2022, 6, 16), ""),
        ],
    ),
    (
        "NQ",
        21,
        &[
            central("21-NQ/TW", (2017, 10, 25), ""),
            central("21-NQ/TW", (2022, 6, 16), ""),
        ],
    ),
];

/// Laws called by their short names.
const LAWS: [(&str, &[Known]); 1] = [(
    "luat bvbmnn",
    &[
        Known {
            symbol: "29/2018/QH14",
            day: (2018, 11, 15),
            issuer: "Quốc hội",
            title: "",
        },
        Known {
            symbol: "117/2025/QH15",
            day: (2025, 12, 10),
            issuer: "Quốc hội",
            title: "",
        },
    ],
)];

/// What "Nghị quyết Trung ương 4 khoá XII", "NQTW4 khóa 12", "KL T.Ư 4 khoá XIII", "Chỉ thị 05"
/// mean. None where the words are no customary name, or no row of the table.
pub(super) fn meant(text: &str) -> Option<Meant> {
    static PLENUM: Pattern = Pattern::new(concat!(
        r"(?P<code>nghi quyet|ket luan|nq|kl) ?(?:cua )?(?:hoi nghi )?",
        r"(?:(?:ban chap hanh )?(?:trung uong|t\.? ?[wu]\.?) ?(?:dang )?(?:lan (?:thu )?)?",
        r"(?P<n>\d{1,2}|[ivx]{1,4}|nhat|hai|ba|tu|bon|nam|sau|bay|tam|chin|muoi)\b",
        r"|lan (?:thu )?(?P<m>\d{1,2}|[ivx]{1,4}|nhat|hai|ba|tu|bon|nam|sau|bay|tam|chin|muoi) ",
        r"(?:ban chap hanh )?trung uong(?: dang)?)",
        r"(?:[ ,/(]*(?:dang )?(?:khoa|k)? ?(?P<term>\d{1,2}|[ivx]{1,5})\b)?"
    ));
    static NUMBER: Pattern = Pattern::new(concat!(
        r"^(?P<code>chi thi|ct|quy dinh|nghi quyet|nq|ket luan|kl) ?(?:so ?)?(?P<n>\d{1,3})",
        r"(?: (?:tw|trung uong|bct|bo chinh tri|scan|signed|copy|ban sao))*$"
    ));
    let plain = plain(text);
    if let Some(found) = PLENUM.captures(&plain) {
        let said = group(&found, "n").or(group(&found, "m"))?;
        let (code, number) = (code(group(&found, "code")?), count(said)?);
        let Some(term) = group(&found, "term").and_then(count) else {
            return Some(Meant::Several(Vec::new()));
        };
        let row = PLENUMS
            .iter()
            .find(|p| (p.0, p.1, p.2) == (code, number, term));
        return row.and_then(|(_, _, _, known)| choose(known));
    }
    if let Some((_, known)) = LAWS.iter().find(|(name, _)| plain == *name) {
        return choose(known);
    }
    let found = NUMBER.captures(&plain)?;
    let (code, number) = (code(group(&found, "code")?), count(group(&found, "n")?)?);
    let row = NUMBERS.iter().find(|r| (r.0, r.1) == (code, number));
    row.and_then(|(_, _, known)| choose(known))
}

/// Small letters without marks, one blank between words, a file's last extension left out.
fn plain(text: &str) -> String {
    let text = spelling::line(text);
    let stem = match text.rsplit_once('.') {
        Some((stem, ext)) if ext.len() <= 5 && ext.chars().all(char::is_alphanumeric) => {
            // "T.Ư 4" has no extension.
            if ext.is_ascii() && !stem.is_empty() {
                stem
            } else {
                &text[..]
            }
        }
        _ => &text[..],
    };
    let plain = spelling::ascii(stem).to_ascii_lowercase();
    let plain = plain.replace(['_', '-', ')', '(', '"', '\''], " ");
    spelling::line(&plain)
}

fn code(said: &str) -> &'static str {
    match said {
        "nghi quyet" | "nq" => "NQ",
        "ket luan" | "kl" => "KL",
        "chi thi" | "ct" => "CT",
        _ => "QĐ",
    }
}

/// A number in Arabic, Roman, or as an ordinal's word.
fn count(said: &str) -> Option<u16> {
    const ORDINALS: [(&str, u16); 11] = [
        ("nhat", 1),
        ("hai", 2),
        ("ba", 3),
        ("tu", 4),
        ("bon", 4),
        ("nam", 5),
        ("sau", 6),
        ("bay", 7),
        ("tam", 8),
        ("chin", 9),
        ("muoi", 10),
    ];
    let word = ORDINALS.iter().find(|(word, _)| *word == said);
    said.parse()
        .ok()
        .or(word.map(|(_, n)| *n))
        .or_else(|| super::heading::roman(said))
}

fn choose(known: &[Known]) -> Option<Meant> {
    let day = |k: &Known| NaiveDate::from_ymd_opt(k.day.0, k.day.1, k.day.2);
    if let [one] = known {
        let symbol = Symbol::parse(one.symbol)?;
        // A Party QĐ is a quyết định or a quy định; of the table's only regulations are called so.
        let kind = if symbol.type_code() == "QĐ" {
            Some("Quy định")
        } else {
            symbol.kind()
        };
        return Some(Meant::One(Box::new(Reference {
            kind,
            symbol,
            issued_on: day(one),
            issuer: Some(one.issuer.to_owned()),
            title: Some(one.title.to_owned()).filter(|t| !t.is_empty()),
        })));
    }
    let links = known.iter().map(|k| {
        Some(Link {
            symbol: Symbol::parse(k.symbol)?,
            issued_on: day(k),
            issuer: Some(k.issuer.to_owned()),
        })
    });
    Some(Meant::Several(links.collect::<Option<_>>()?))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn said(text: &str) -> String {
        match meant(text) {
            None => "-".into(),
            Some(Meant::One(one)) => {
                let day = one.issued_on.map_or_else(String::new, |d| d.to_string());
                format!("{}@{day}", one.symbol)
            }
            Some(Meant::Several(links)) => {
                let links: Vec<String> = links.iter().map(ToString::to_string).collect();
                format!("? {}", links.join(" ")).trim().to_owned()
            }
        }
    }

    #[test]
    fn plenums_by_table_and_never_by_guess() {
        const FOUR: &str = "04-NQ/TW@2016-10-30";
        for text in [
            "Nghị quyết Trung ương 4 (khóa XII)",
            "Nghị quyết Trung ương 4 khóa XII.pdf",
            "NQTW4 khoá XII",
            "NQTW4 khoá 12",
            "NQ TW 4 khóa 12",
            "NQ TW4 (khóa XII)",
            "Nghị quyết TW4 khoá 12",
            "Nghị quyết TW 4 Khóa XII",
            "Nghị quyết T.Ư 4 khoá XII",
            "Nghị quyết TƯ 4 khóa 12",
            "NQTW4 (XII)",
            "nq_tw4_khoa_xii.pdf",
            "NGHỊ QUYẾT TRUNG ƯƠNG BỐN KHOÁ XII",
            "Nghị quyết Hội nghị Trung ương 4 khoá XII",
            "Nghị quyết Hội nghị lần thứ tư Ban Chấp hành Trung ương Đảng khoá XII",
            "Nghi\u{323} quye\u{302}\u{301}t Trung ương 4 khóa XII",
        ] {
            assert_eq!(said(text), FOUR, "{text}");
        }
        for (text, symbol) in [
            ("NQ TW 4 khóa XI", "12-NQ/TW@2012-01-16"),
            ("Nghị quyết Trung ương 4 khoá 11", "12-NQ/TW@2012-01-16"),
            ("Ket luan Trung uong 4 khoa XIII", "21-KL/TW@2021-10-25"),
            ("KLTW4 khoá XIII", "21-KL/TW@2021-10-25"),
            ("Nghị quyết Trung ương 4", "?"),
            ("NQTW4", "?"),
            (
                "NQTW6 khoá XII",
                "? 18-NQ/TW@2017-10-25 19-NQ/TW@2017-10-25 20-NQ/TW@2017-10-25 21-NQ/TW@2017-10-25",
            ),
            (
                "NQTW5 khoá XIII",
                "? 18-NQ/TW@2022-06-16 19-NQ/TW@2022-06-16 20-NQ/TW@2022-06-16 21-NQ/TW@2022-06-16",
            ),
            ("NQTW9 khoá XII", "-"),
        ] {
            assert_eq!(said(text), symbol, "{text}");
        }
    }

    #[test]
    fn numbers_alone_only_where_one_document_is_called_so() {
        for (text, symbol) in [
            ("Chỉ thị 05", "05-CT/TW@2016-05-15"),
            ("CT05.pdf", "05-CT/TW@2016-05-15"),
            ("Chi thi so 05 (scan).pdf", "05-CT/TW@2016-05-15"),
            ("Quy định 37.doc", "37-QĐ/TW@2021-10-25"),
            ("Nghị quyết 57", "57-NQ/TW@2024-12-22"),
            ("Chỉ thị 23", "? 23-CT/TW@2003-03-27 23-CT/TW@2018-02-09"),
            ("Chỉ thị 35", "? 35-CT/TW@2019-05-30 35-CT/TW@2024-06-14"),
            ("Nghị quyết 18", "? 18-NQ/TW@2017-10-25 18-NQ/TW@2022-06-16"),
            ("Nghị quyết 21", "? 21-NQ/TW@2017-10-25 21-NQ/TW@2022-06-16"),
            (
                "Luật BVBMNN",
                "? 29/2018/QH14@2018-11-15 117/2025/QH15@2025-12-10",
            ),
            ("Chỉ thị 06", "-"),
            ("Chỉ thị 05 của Tỉnh uỷ", "-"),
            ("Chỉ thị 05-2021", "-"),
            ("Kế hoạch 5", "-"),
            ("", "-"),
        ] {
            assert_eq!(said(text), symbol, "{text}");
        }
    }
}
