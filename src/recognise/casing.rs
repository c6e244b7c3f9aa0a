//! Owns how words in capitals are written in running text: as the document itself writes them, else
//! by rule. It refuses to know what they name.

use super::page::Line;
use crate::spelling;

/// How many lines of running text are searched for a spelling.
const SEARCHED: usize = 400;

/// Proper names in titles and names of organisations that no rule can know.
const NAMES: &[&str] = &[
    "Đảng Cộng sản Việt Nam",
    "Hồ Chí Minh",
    "Mác - Lênin",
    "Việt Nam",
    "Đảng",
    "Trung ương",
    "Quốc hội",
    "Hiến pháp",
    "Chính phủ",
    "Hà Nội",
    "Thủ tướng Chính phủ",
    "Bộ Chính trị",
    "Ban Bí thư",
    "Ban Chấp hành",
    "Thường vụ",
];

/// The words of `capitals` as running text among `lines` writes them; none where it does not.
pub(super) fn as_written(capitals: &str, lines: &[Line]) -> Option<String> {
    let wanted: Vec<String> = words(capitals).map(key).collect();
    let text: Vec<&str> = lines
        .iter()
        .take(SEARCHED)
        .filter(|line| !spelling::is_capitals(&line.text))
        .flat_map(|line| words(&line.text))
        .collect();
    if wanted.len() < 2 {
        return None;
    }
    let folded: Vec<String> = text.iter().copied().map(key).collect();
    let last = wanted.len() - 1;
    let found = folded
        .windows(wanted.len())
        .zip(text.windows(wanted.len()))
        .find(|(keys, raw)| {
            // Nothing but blanks may stand inside, unless the capitals have it too.
            keys == &wanted
                && !spelling::is_capitals(&raw.join(" "))
                && raw[..last].iter().all(|w| !w.ends_with(['.', ';', ':']))
        })?;
    let text = found.1.join(" ");
    Some(text.trim_matches(|c: char| ".,;:".contains(c)).to_owned())
}

fn words(text: &str) -> impl Iterator<Item = &str> {
    text.split(' ').filter(|w| !w.is_empty())
}

fn key(word: &str) -> String {
    spelling::fold(word.trim_matches(|c: char| ".,;:\"“”()".contains(c)))
}

/// A title in capitals as a sentence: small but for its first letter and known names. It stays
/// small where it begins with "về".
pub(super) fn sentence(capitals: &str, lines: &[Line]) -> String {
    if let Some(text) = as_written(capitals, lines) {
        let about = text.strip_prefix("Về ").or(text.strip_prefix("về "));
        return about.map_or_else(|| upper_first(&text), |rest| format!("về {rest}"));
    }
    let small = named(&capitals.to_lowercase());
    if small.starts_with("về ") || small.starts_with("v/v") {
        small
    } else {
        upper_first(&small)
    }
}

/// The known proper names in a small text made right.
fn named(small: &str) -> String {
    NAMES.iter().fold(small.to_owned(), |text, name| {
        text.replace(&name.to_lowercase(), name)
    })
}

fn upper_first(text: &str) -> String {
    let mut chars = text.chars();
    chars
        .next()
        .map_or_else(String::new, |c| c.to_uppercase().chain(chars).collect())
}

/// An organisation's name in capitals: first letters of every kind of body and of what follows it
/// (Cục Công nghệ thông tin), every word of a place (tỉnh Bắc Ninh, Thành uỷ Hà Nội).
pub(super) fn organisation(capitals: &str, heads: &[&str]) -> String {
    const PLACES: [&str; 9] = [
        "tỉnh",
        "thành phố",
        "huyện",
        "quận",
        "xã",
        "phường",
        "thị xã",
        "thị trấn",
        "đặc khu",
    ];
    const OF_PLACE: [&str; 5] = ["tỉnh uỷ", "thành uỷ", "huyện uỷ", "quận uỷ", "thị uỷ"];
    let small = spelling::line(capitals).to_lowercase();
    let words: Vec<&str> = small.split(' ').collect();
    // Words that are bodies only where a name can begin: Bộ Nội vụ is no vụ.
    const MAYBE: [&str; 10] = [
        "vụ", "hội", "đội", "tổ", "báo", "đài", "viện", "hạt", "khối", "đoàn",
    ];
    const LINKS: [&str; 4] = ["các", "và", "của", "thuộc"];
    let (mut out, mut at, mut next_big, mut all_big) = (Vec::new(), 0, true, false);
    let longest = |list: &[&str], at: usize| {
        (1..=3.min(words.len() - at)).rev().find(|n| {
            let joined = spelling::fold(&words[at..at + n].join(" "));
            list.iter().any(|head| spelling::fold(head) == joined)
        })
    };
    while at < words.len() {
        let firm = next_big || at > 0 && !all_big && !MAYBE.contains(&words[at]);
        let body = longest(heads, at).filter(|_| firm);
        if let Some(n) = body {
            out.push(upper_first(words[at]));
            out.extend(words[at + 1..at + n].iter().map(|w| (*w).to_owned()));
            (next_big, all_big) = (true, longest(&OF_PLACE, at).is_some());
            at += n;
        } else if let Some(n) = longest(&PLACES, at).filter(|_| at > 0) {
            out.extend(words[at..at + n].iter().map(|w| (*w).to_owned()));
            (next_big, all_big) = (true, true);
            at += n;
        } else {
            let big = (next_big || all_big) && !LINKS.contains(&words[at]);
            out.push(if big {
                upper_first(words[at])
            } else {
                words[at].to_owned()
            });
            next_big = false;
            at += 1;
        }
    }
    named(&out.join(" "))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::recognise::page::lines;

    #[test]
    fn capitals_become_running_text() {
        let heads = [
            "đảng uỷ",
            "cục",
            "tổng cục",
            "uỷ ban",
            "chi bộ",
            "thành uỷ",
            "sở",
        ];
        for (capitals, text) in [
            ("ĐẢNG ỦY CỤC HẢI QUAN", "Đảng ủy Cục Hải quan"),
            ("TỔNG CỤC THUẾ", "Tổng cục Thuế"),
            (
                "UỶ BAN NHÂN DÂN TỈNH BẮC NINH",
                "Uỷ ban Nhân dân tỉnh Bắc Ninh",
            ),
            ("THÀNH ỦY ĐÀ NẴNG", "Thành ủy Đà Nẵng"),
            ("CHI BỘ 3", "Chi bộ 3"),
        ] {
            assert_eq!(organisation(capitals, &heads), text);
        }
        let body = lines("Quốc hội ban hành Luật Phòng, chống thiên tai.\n", 5);
        assert_eq!(
            sentence("PHÒNG, CHỐNG THIÊN TAI", &body),
            "Phòng, chống thiên tai"
        );
        assert_eq!(
            sentence("VỀ TƯ TƯỞNG HỒ CHÍ MINH", &[]),
            "về tư tưởng Hồ Chí Minh"
        );
    }
}
