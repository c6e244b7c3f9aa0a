//! Owns what the text of a picture says of secrecy when its letters may be read slightly wrong. It
//! refuses to tell a mark from an accident: what could be one is one.

use crate::document::Secrecy;
use crate::spelling::{self, Quality};

/// What a picture at the head of a page is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Picture {
    /// A secrecy mark, or what could be one.
    Mark(Secrecy),
    /// Words, and no mark among them: an arrival stamp, a logo with a name.
    Words,
    /// Nothing that could be read with certainty.
    Illegible,
}

/// Letters that a picture must hold to count as read.
const LETTERS_MIN: usize = 8;
/// Letters of a page that counts as read.
const PAGE_LETTERS_MIN: usize = 40;
/// Lines at the top of a page in which a mark may share its line with other words.
const HEADING: usize = 14;

/// What the text recognised from a picture says the picture is.
#[must_use]
pub fn picture(text: &str) -> Picture {
    if let Some(level) = mark(text) {
        return Picture::Mark(level);
    }
    let cells: Vec<String> = cells(text).map(capitals).collect();
    let doubt = cells.iter().any(|cell| {
        let short = (2..=4).contains(&cell.len());
        short && distance(cell, "MAT") <= 1
    });
    if doubt || letters(text) < LETTERS_MIN || !is_vietnamese(text) {
        return Picture::Illegible;
    }
    Picture::Words
}

/// True where the text recognised from a page is most of what stands on it.
#[must_use]
pub fn is_page(text: &str) -> bool {
    letters(text) >= PAGE_LETTERS_MIN && is_vietnamese(text)
}

/// The text without lines that are accents and specks taken for letters: they hold more signs than
/// letters. A rule of signs alone stays.
#[must_use]
pub fn without_specks(text: &str) -> String {
    let is_speck = |line: &&str| {
        let drawn = line.chars().filter(|c| !c.is_whitespace()).count();
        // Not every letter of Unicode: a circumflex of its own is one of them.
        let said = |c: &char| c.is_lowercase() || c.is_uppercase() || c.is_numeric();
        let said = line.chars().filter(said).count();
        said > 0 && said * 2 < drawn
    };
    let lines: Vec<&str> = text.lines().filter(|line| !is_speck(line)).collect();
    lines.join("\n")
}

fn letters(text: &str) -> usize {
    text.chars().filter(|c| c.is_alphabetic()).count()
}

fn is_vietnamese(text: &str) -> bool {
    let mut quality = Quality::default();
    quality.add(super::clip(text, super::QUALITY_BYTES));
    quality.is_good()
}

/// The highest mark that stands alone anywhere in recognised text, or among other words in its
/// first lines, whatever became of its accents.
#[must_use]
pub fn mark(text: &str) -> Option<Secrecy> {
    let mut best = None;
    let mut above = String::new();
    for (number, line) in text.lines().filter(|l| !l.trim().is_empty()).enumerate() {
        for cell in line.split(['\t', '|', '[', ']', '(', ')', '{', '}']) {
            let torn = above.ends_with("BI") || above.ends_with("BAO");
            best = best.max(alone(cell).filter(|level| !torn || *level != Secrecy::Mat));
            // The last word of "bí mật" may begin a line of the title.
            if number < HEADING && !(torn && capitals(cell) == "MAT") {
                best = best.max(among(cell));
            }
        }
        above = capitals(line);
    }
    best
}

fn cells(text: &str) -> impl Iterator<Item = &str> {
    text.split(['\n', '\t', '|', '[', ']', '(', ')', '{', '}'])
}

/// The letters of a text in capitals and without accents; none where it has small letters, which
/// no stamp has.
fn capitals(cell: &str) -> String {
    let plain: String = spelling::ascii(cell)
        .chars()
        .filter(char::is_ascii_alphabetic)
        .collect();
    if plain.len() <= 40 && spelling::is_capitals(&plain) {
        plain
    } else {
        String::new()
    }
}

/// The level of a cell that is nothing but a mark, one letter of the longer ones read wrong.
fn alone(cell: &str) -> Option<Secrecy> {
    let said = capitals(cell);
    let composed = spelling::line(cell);
    let beginning = composed.trim_start_matches(|c: char| !c.is_alphabetic());
    let short = (2..=4).contains(&said.len());
    match said.as_str() {
        "" => None,
        "MAT" => Some(Secrecy::Mat),
        // The two marks of Ậ stand over no other letter of a stamp.
        _ if short && (beginning.starts_with("MẬ") || beginning.starts_with("M Ậ")) => {
            Some(Secrecy::Mat)
        }
        long if distance(long, "TUYETMAT") <= 2 => Some(Secrecy::TuyetMat),
        long if distance(long, "TOIMAT") <= 1 => Some(Secrecy::ToiMat),
        _ => None,
    }
}

/// A mark in capitals among other words: not "bí mật", "bảo mật", "mặt trận", "có mặt".
fn among(cell: &str) -> Option<Secrecy> {
    let cell = spelling::line(cell);
    let words: Vec<&str> = cell
        .split(|c: char| !c.is_alphabetic())
        .filter(|w| !w.is_empty())
        .collect();
    let plain: Vec<String> = words.iter().map(|w| capitals(w)).collect();
    let is = |at: Option<usize>, list: &[&str]| {
        at.and_then(|at| plain.get(at))
            .is_some_and(|w| list.contains(&w.as_str()))
    };
    (0..words.len()).find_map(|at| {
        // Words of their own: face and loss. They are marks only where they stand alone.
        let other = matches!(words[at], "MẶT" | "MẤT");
        let before = at.checked_sub(1);
        let no_mark =
            is(before, &["BI", "BAO", "CO", "DO", "MUC", "TRU", "BE"]) || is(Some(at + 1), &AFTER);
        if plain[at] != "MAT" || other || no_mark {
            return None;
        }
        Some(match before.map(|b| plain[b].as_str()) {
            Some("TOI") => Secrecy::ToiMat,
            Some("TUYET") => Secrecy::TuyetMat,
            _ => Secrecy::Mat,
        })
    })
}

/// Words after which MẬT, MẶT or MẤT is no mark.
const AFTER: [&str; 12] = [
    "MA", "KHAU", "DO", "THU", "VU", "NGHI", "NHA", "NGU", "TRAN", "BANG", "HANG", "AN",
];

/// Letters to be put in, left out or changed to make one word the other; words of stamps are short.
fn distance(one: &str, other: &str) -> usize {
    if one.len().abs_diff(other.len()) > 2 {
        return usize::MAX;
    }
    let mut row: Vec<usize> = (0..=other.len()).collect();
    for (i, a) in one.bytes().enumerate() {
        let mut corner = i;
        row[0] = i + 1;
        for (j, b) in other.bytes().enumerate() {
            let changed = corner + usize::from(a != b);
            corner = row[j + 1];
            row[j + 1] = changed.min(row[j] + 1).min(corner + 1);
        }
    }
    row[other.len()]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_mark_read_slightly_wrong_is_a_mark() {
        use Secrecy::{Mat, ToiMat, TuyetMat};
        for (text, level) in [
            ("MẬT", Mat),
            ("MẠT", Mat),
            ("MAT", Mat),
            ("MÂT", Mat),
            ("MẶT", Mat),
            ("M Ậ T", Mat),
            ("M ẬT", Mat),
            ("[MẬT]", Mat),
            ("| MẬT |", Mat),
            ("MẬI", Mat),
            ("MẬ", Mat),
            ("TỐI MẠT", ToiMat),
            ("TÓI MÂT", ToiMat),
            ("TỐI MẬI", ToiMat),
            ("TUYỆT MẠT", TuyetMat),
            ("TUYÊT MAT", TuyetMat),
            ("TUYỆI MẬI", TuyetMat),
            ("Số 07-BC/ĐU MẠT Hà Nội, ngày 02 tháng 3 năm 2020", Mat),
            ("MÂT ĐẢNG CỘNG SẢN VIỆT NAM", Mat),
            ("BÁO CÁO\nvề công tác năm\n\nMẠT", Mat),
        ] {
            assert_eq!(mark(text), Some(level), "{text}");
        }
    }

    #[test]
    fn words_of_a_title_are_no_mark() {
        for text in [
            "LUẬT\nBẢO VỆ BÍ MẬT NHÀ NƯỚC",
            "LUẬT\nBẢO VỆ BI MẠT NHÀ NƯỚC",
            "LUẬT\nBẢO VỆ BÍ\nMẬT\nNHÀ NƯỚC",
            "về bảo vệ bí mật nhà nước",
            "UỶ BAN MẶT TRẬN TỔ QUỐC",
            "UY BAN MẠT TRẬN TỔ QUỐC",
            "GIẢI PHÓNG MẶT BẰNG",
            "TĂNG CƯỜNG BẢO MẬT",
            "mật",
            "CÔNG VĂN ĐẾN",
            "",
        ] {
            assert_eq!(mark(text), None, "{text}");
        }
    }

    #[test]
    fn a_picture_counts_as_read_only_where_it_says_something() {
        let legible = "ĐẢNG UỶ CỤC CÔNG NGHỆ THÔNG TIN\nĐẾN Số 12 Ngày";
        assert_eq!(picture(legible), Picture::Words);
        assert_eq!(picture("TỐI MẠT"), Picture::Mark(Secrecy::ToiMat));
        for text in [
            "",
            "oO 8",
            "MAI",
            "HẬT",
            "ĐẢNG UỶ CÔNG NGHỆ\nMAI",
            "xwv qqk zzz lmn",
        ] {
            assert_eq!(picture(text), Picture::Illegible, "{text}");
        }
    }

    #[test]
    fn specks_are_no_lines() {
        let text = "HƯỚNG DẪN\nˆ 4 ^e ~ ˆ z kả .^\nmột số nội dung\n-----\n\n1. Việc (a)";
        let clean = "HƯỚNG DẪN\nmột số nội dung\n-----\n\n1. Việc (a)";
        assert_eq!(without_specks(text), clean);
    }

    #[test]
    fn distances() {
        for (one, other, far) in [("MAT", "MAT", 0), ("MAI", "MAT", 1), ("HAI", "MAT", 2)] {
            assert_eq!(distance(one, other), far);
        }
        assert_eq!(distance("", "MA"), 2);
        assert_eq!(distance("TUYETMA", "TUYETMAT"), 1);
    }
}
