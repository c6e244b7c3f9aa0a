//! Owns which body decided: named under the type, by signature, or last in the heading's column of
//! organisations. It refuses to know the rest of the heading.

use super::heading::{TypeLine, is_motto};
use super::mark;
use super::page::{Line, is_rule};
use super::pattern::{Pattern, group};
use crate::document::Symbol;
use crate::spelling;

/// Words that the name of an organisation begins with.
const HEADS: &[&str] = &[
    "ban",
    "đảng bộ",
    "đảng uỷ",
    "đảng đoàn",
    "đảng ủy",
    "tỉnh uỷ",
    "thành uỷ",
    "huyện uỷ",
    "quận uỷ",
    "thị uỷ",
    "chi bộ",
    "chi uỷ",
    "bộ",
    "tổng cục",
    "cục",
    "chi cục",
    "vụ",
    "sở",
    "phòng",
    "văn phòng",
    "uỷ ban",
    "hội đồng",
    "trường",
    "học viện",
    "viện",
    "bệnh viện",
    "trung tâm",
    "công ty",
    "tổng công ty",
    "tập đoàn",
    "ngân hàng",
    "kho bạc",
    "bảo hiểm",
    "thanh tra",
    "chính phủ",
    "quốc hội",
    "thủ tướng",
    "chủ tịch",
    "toà án",
    "đoàn",
    "hội",
    "liên đoàn",
    "mặt trận",
    "kiểm toán",
    "thông tấn xã",
    "đài",
    "báo",
    "tạp chí",
    "đại học",
    "tổng liên đoàn",
    "trung ương",
    "quân uỷ",
    "đại hội",
    "công đoàn",
    "nhà xuất bản",
    "đội",
    "tổ",
    "khối",
    "hạt",
    "trạm",
    "chi đoàn",
    "chi nhánh",
    "nhà máy",
    "xí nghiệp",
];

/// Heads that name no organisation by themselves: the next line belongs to them.
const BARE: &[&str] = &[
    "đảng bộ",
    "đảng uỷ",
    "chi bộ",
    "ban cán sự đảng",
    "đảng đoàn",
    "ban chấp hành",
    "ban thường vụ",
    "uỷ ban",
    "uỷ ban nhân dân",
    "hội đồng nhân dân",
    "bộ",
    "cục",
    "sở",
    "ban",
    "ban chỉ đạo",
    "trường",
    "công ty",
    "viện",
    "trung tâm",
];

/// Central organs by the code of their symbols.
const CENTRAL: &[(&str, &str)] = &[
    ("VPTW", "Văn phòng Trung ương Đảng"),
    ("BTCTW", "Ban Tổ chức Trung ương"),
    ("BTGTW", "Ban Tuyên giáo Trung ương"),
    ("BTGDVTW", "Ban Tuyên giáo và Dân vận Trung ương"),
    ("BDVTW", "Ban Dân vận Trung ương"),
    ("BNCTW", "Ban Nội chính Trung ương"),
    ("BKTTW", "Ban Kinh tế Trung ương"),
    ("BĐNTW", "Ban Đối ngoại Trung ương"),
    ("UBKTTW", "Uỷ ban Kiểm tra Trung ương"),
    ("CP", "Chính phủ"),
    ("TTg", "Thủ tướng Chính phủ"),
    ("CTN", "Chủ tịch nước"),
    ("VPCP", "Văn phòng Chính phủ"),
    ("BTC", "Bộ Tài chính"),
    ("BNV", "Bộ Nội vụ"),
    ("BTTTT", "Bộ Thông tin và Truyền thông"),
    ("TW", "Ban Chấp hành Trung ương"),
];

/// Bodies whose names headings in capitals cannot spell; also those that decide for the Central
/// Committee.
const DECIDING: [&str; 3] = ["Ban Bí thư", "Bộ Chính trị", "Ban Chấp hành Trung ương"];

/// The deciding body and the words that name it. `body` is the text below the title.
pub(super) fn issuer(
    head: &[Line],
    kind: Option<&TypeLine>,
    below: Option<&str>,
    body: &[Line],
    symbol: Option<&Symbol>,
) -> Option<(String, String)> {
    let code = symbol.map_or("", Symbol::organisation);
    let column = column(&head[..kind.map_or(head.len(), |k| k.at).min(head.len())]);
    let central = |name: &String| is(name, "Ban Chấp hành Trung ương") || is_central(name);
    if let Some(name) = below {
        if let Some(full) = of_code(code).filter(|full| code != "TW" && names(full, name)) {
            return Some((full.to_owned(), name.to_owned()));
        }
        return Some((
            deciding(name).map_or_else(|| proper(name, body), str::to_owned),
            name.into(),
        ));
    }
    if code == "TW" && column.iter().all(central) {
        let signed = signed(body).or_else(|| opening(body));
        if let Some((name, evidence)) = signed {
            return Some((name.to_owned(), evidence));
        }
    }
    let Some((last, above)) = column.split_last() else {
        return of_code(code).map(|name| (name.to_owned(), code.to_owned()));
    };
    let evidence = column.join(" / ");
    let said = |name: &&str| column.iter().any(|line| names(name, line));
    if let Some(name) = of_code(code).filter(said) {
        return Some((name.to_owned(), evidence));
    }
    if let Some(name) = deciding(last) {
        return Some((name.to_owned(), evidence));
    }
    let mut name = proper(last, body);
    match above.last() {
        Some(parent) if is_central(parent) && !fold(&name).contains(&fold("trung ương")) => {
            name.push_str(" Trung ương");
        }
        // Every committee has such an organ; only with the committee's name is it one body.
        Some(parent) if is_organ(last) && is_committee(parent) => {
            name.push(' ');
            name.push_str(&proper(parent, body));
        }
        _ => {}
    }
    Some((name, evidence))
}

fn is_organ(name: &str) -> bool {
    const ORGANS: [&str; 7] = [
        "Ban Tổ chức",
        "Ban Tuyên giáo",
        "Ban Tuyên giáo và Dân vận",
        "Ban Dân vận",
        "Ban Nội chính",
        "Uỷ ban Kiểm tra",
        "Văn phòng",
    ];
    ORGANS.iter().any(|organ| is(name, organ))
}

fn is_committee(name: &str) -> bool {
    let kinds = [
        "tỉnh uỷ",
        "thành uỷ",
        "huyện uỷ",
        "quận uỷ",
        "thị uỷ",
        "đảng uỷ",
    ];
    kinds.iter().any(|kind| begins_with(name, kind))
}

fn fold(text: &str) -> String {
    spelling::fold(text)
}

fn is(text: &str, other: &str) -> bool {
    fold(text) == fold(other)
}

/// True for the Central Committee's line, with whatever follows (ĐẢNG, KHOÁ XII).
fn is_central(text: &str) -> bool {
    spelling::near(text, "Ban Chấp hành Trung ương", 2)
        || fold(text).starts_with(&fold("ban chấp hành trung ương"))
}

/// True where the code's full name holds the words of the heading: Văn phòng Trung ương Đảng is
/// VĂN PHÒNG.
fn names(full: &str, heading: &str) -> bool {
    let (full, heading) = (fold(full), fold(heading));
    full.starts_with(&heading) || heading.starts_with(&full)
}

/// The name that the code alone gives.
pub(super) fn of_code(code: &str) -> Option<&'static str> {
    if code.starts_with("UBTVQH") {
        return Some("Uỷ ban Thường vụ Quốc hội");
    }
    if code.starts_with("QH") {
        return Some("Quốc hội");
    }
    CENTRAL
        .iter()
        .find(|(c, _)| *c == code)
        .map(|(_, name)| *name)
}

/// One of the three bodies that decide for the Party's centre.
fn deciding(text: &str) -> Option<&'static str> {
    const BOTH: &str = "Bộ Chính trị, Ban Bí thư";
    let folded = fold(text);
    if folded.contains(&fold(BOTH)) {
        return Some(BOTH);
    }
    // The Youth Union and other organisations have central committees of their own.
    let other = ["đoàn", "hội"].map(|whose| format!("trung ương {whose}"));
    if other.iter().any(|whose| folded.contains(&fold(whose))) {
        return None;
    }
    DECIDING.into_iter().find(|name| {
        folded.starts_with(&fold(name)) || folded.contains(&format!(" {}", fold(name)))
    })
}

/// "T/M BAN BÍ THƯ" at the end, alone in its cell.
fn signed(body: &[Line]) -> Option<(&'static str, String)> {
    static SIGNED: Pattern = Pattern::new(r"(?i)^(?:t ?/ ?m|tm\.?|thay mặt) (?P<name>.+)$");
    body.iter()
        .rev()
        .flat_map(|line| &line.cells)
        .find_map(|cell| {
            let captures = SIGNED.captures(cell)?;
            let name = group(&captures, "name")?;
            Some((deciding(name).filter(|d| names(name, d))?, cell.clone()))
        })
}

/// A first sentence that begins with the body: "Bộ Chính trị quy định …", "…, Ban Bí thư yêu cầu".
fn opening(body: &[Line]) -> Option<(&'static str, String)> {
    static OPENING: Pattern = Pattern::new(concat!(
        r"(?i)(?:^|, )(?P<name>ban bí thư|bộ chính trị|ban chấp hành trung ương)",
        r"(?: \p{L}+){0,3}? (?:quy định|quyết định|yêu cầu|ban hành|kết luận|chỉ thị",
        r"|thông báo|quyết nghị)"
    ));
    body.iter().take(40).find_map(|line| {
        let captures = OPENING.captures(&line.text)?;
        Some((deciding(group(&captures, "name")?)?, line.text.clone()))
    })
}

/// The organisations of the heading, parent first; wrapped names made one.
pub(super) fn column(head: &[Line]) -> Vec<String> {
    let mut out: Vec<String> = Vec::new();
    let mut done = false;
    // A heading typed in small letters has the title of the Party or State so as well.
    let cells = || head.iter().flat_map(|line| &line.cells);
    let small = cells().any(|cell| is_motto(cell) && !spelling::is_capitals(cell));
    for cell in head.iter().flat_map(|line| &line.cells) {
        let stops = cell.to_lowercase().starts_with("v/v") || starts_number(cell);
        done |= stops;
        if done || is_motto(cell) || is_rule(cell) || mark::is_mark(cell) {
            continue;
        }
        let named = is_name(cell) || small && is_small_name(cell);
        if is_congress(cell) || !named {
            continue;
        }
        let name = cell.trim_matches(|c: char| !c.is_alphanumeric());
        let begins = HEADS.iter().any(|head| begins_with(name, head));
        let open = out
            .last()
            .is_some_and(|last| BARE.iter().any(|bare| is(last, bare)));
        match out.last_mut().filter(|_| open || !begins) {
            Some(last) => {
                last.push(' ');
                last.push_str(name);
            }
            None => out.push(name.to_owned()),
        }
    }
    out
}

fn starts_number(cell: &str) -> bool {
    static NUMBER: Pattern = Pattern::new(r"(?i)^(?:luật |pháp lệnh |nghị quyết )?số\b");
    NUMBER.is_match(cell)
}

fn begins_with(name: &str, head: &str) -> bool {
    let (name, head) = (fold(name), fold(head));
    name == head
        || name
            .strip_prefix(&head)
            .is_some_and(|rest| rest.starts_with(' '))
}

/// In capitals, of words, no date.
fn is_name(cell: &str) -> bool {
    let letters = cell.chars().filter(|c| c.is_alphabetic()).count();
    spelling::is_capitals(cell)
        && letters >= 3
        && cell.chars().count() <= 120
        && !cell.contains(['/', ':', '@'])
}

/// A name in small letters: it begins as names of organisations do.
fn is_small_name(cell: &str) -> bool {
    cell.starts_with(char::is_uppercase)
        && cell.chars().count() <= 60
        && cell.chars().all(|c| c.is_alphabetic() || c == ' ')
        && HEADS.iter().any(|head| begins_with(cell, head))
}

/// "ĐẠI HỘI LẦN THỨ III" says which congress of the body above it.
fn is_congress(cell: &str) -> bool {
    let folded = fold(cell);
    ["đại hội lần thứ", "đại hội đại biểu lần thứ"]
        .iter()
        .any(|words| folded.starts_with(&fold(words)))
}

/// A name in capitals as running text writes it: as the body itself does where it names it, else
/// by the rules of decree 30/2020/NĐ-CP annex II as far as they need no dictionary.
fn proper(name: &str, body: &[Line]) -> String {
    if !spelling::is_capitals(name) {
        return name.to_owned();
    }
    super::casing::as_written(name, body)
        .unwrap_or_else(|| super::casing::organisation(name, HEADS))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::recognise::page::lines;

    #[test]
    fn columns_name_the_body_last() {
        for (text, expected) in [
            (
                "ĐẢNG BỘ CƠ QUAN B\nĐẢNG UỶ CỤC CÔNG NGHỆ\tX\nTHÔNG TIN\n*\nSố 1-KH/ĐU",
                vec!["ĐẢNG BỘ CƠ QUAN B", "ĐẢNG UỶ CỤC CÔNG NGHỆ THÔNG TIN"],
            ),
            (
                "BỘ TÀI CHÍNH\tCỘNG HÒA XÃ HỘI CHỦ NGHĨA VIỆT NAM\nTỔNG CỤC THUẾ\tĐộc lập - Tự \
                 do - Hạnh phúc\n_____",
                vec!["BỘ TÀI CHÍNH", "TỔNG CỤC THUẾ"],
            ),
            (
                "ĐẢNG BỘ\nSỞ KẾ HOẠCH\nVÀ ĐẦU TƯ\nCHI BỘ 2\n*",
                vec!["ĐẢNG BỘ SỞ KẾ HOẠCH VÀ ĐẦU TƯ", "CHI BỘ 2"],
            ),
            (
                "UỶ BAN NHÂN DÂN\nTỈNH BẮC NINH\nKHẨN\nSố: 1/QĐ-UBND\nV/v HỌP",
                vec!["UỶ BAN NHÂN DÂN TỈNH BẮC NINH"],
            ),
        ] {
            let expected: Vec<String> = expected
                .into_iter()
                .map(|e: &str| e.replace(" X", ""))
                .collect();
            let text = text.replace("\tX", "\tĐẢNG CỘNG SẢN VIỆT NAM");
            assert_eq!(column(&lines(&text, 20)), expected);
        }
    }
}
