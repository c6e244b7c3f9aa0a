//! Owns the secrecy gate: where MẬT, TỐI MẬT or TUYỆT MẬT stands as a mark on any page, in any
//! spelling that a file can give it. It refuses to know anything else of the document, and where it
//! cannot tell it says there is a mark (law 117/2025/QH15, article 5).

mod head;
mod lettered;
mod lone;
mod said;
mod shape;
mod slip;

use std::borrow::Cow;
use std::sync::LazyLock;

use shape::{from_m_or_t_to_t, legacy, looks, may_be_mark, spelled, whole_level};

use super::fact;
use super::page::{HEADING_LINES, cells_of, lines};
use crate::document::{Fact, Origin, Secrecy};
use crate::spelling::{self, Letters};

/// Cells longer than this are prose, not marks.
const MARK_MAX: usize = 120;

/// What ends a line, in any file.
const ENDS: [char; 7] = [
    '\n', '\r', '\u{b}', '\u{c}', '\u{85}', '\u{2028}', '\u{2029}',
];

/// Words that make MẬT no mark when they stand before it: bí mật, bảo mật, cơ mật, the label
/// "độ mật" without a value.
const BEFORE: [&str; 6] = ["bí", "bảo", "cơ", "độ", "mức", "trù"];

/// Words that make it no mark when they follow: mật mã, mật khẩu, mật độ, …
const AFTER: [&str; 13] = [
    "mã", "khẩu", "độ", "thư", "vụ", "nghị", "báo", "thám", "thiết", "ong", "đàm", "nhà", "ngữ",
];

/// Words that may stand beside a mark without making it prose: copy and page numbers, other marks.
const BESIDE: [&str; 21] = [
    "bản",
    "số",
    "trang",
    "tờ",
    "đóng",
    "dấu",
    "chỉ",
    "hỏa",
    "tốc",
    "hẹn",
    "giờ",
    "thượng",
    "khẩn",
    "tài",
    "liệu",
    "văn",
    "phút",
    "ngày",
    "loại",
    "thu",
    "hồi",
];

static BESIDE_FOLDED: LazyLock<Vec<String>> =
    LazyLock::new(|| BESIDE.iter().map(|word| spelling::fold(word)).collect());

/// The letter beside the symbol on page 1 or in the file's name that may stand for a level.
pub(super) fn letter(pages: &[String], file_name: &str) -> Option<Fact<String>> {
    let first = pages.first().map_or("", String::as_str);
    let heading = lines(first, HEADING_LINES);
    lettered::letter(&heading[..head::until(&heading)], file_name)
}

/// The highest mark on any page or in the file's name.
pub(super) fn mark(pages: &[String], file_name: &str) -> Option<Fact<Secrecy>> {
    let first = pages.first().map_or("", String::as_str);
    let heading = lines(first, HEADING_LINES);
    let above = &heading[..head::until(&heading)];
    let found = head::marks(above)
        .chain(head::bracketed_marks(&heading, above.len()))
        .chain(lone::in_heading(above).map(|cell| (Secrecy::Mat, cell)))
        .chain(pages.iter().filter_map(|page| isolated(page)))
        .chain(pages.iter().filter_map(|page| said::declared(page)))
        .max_by_key(|(level, _)| *level);
    if let Some((level, evidence)) = found {
        return Some(fact(level, Origin::Heading, &evidence));
    }
    named(file_name).map(|level| fact(level, Origin::Name, file_name))
}

/// A mark in what a file keeps and does not show: alone as on any page, or in capitals among the
/// words of its paragraph, since nothing tells where on a page it would stand.
pub(super) fn hidden_mark(hidden: &str) -> Option<Fact<Secrecy>> {
    let paragraphs = hidden.split("\n\n").map(|text| text.replace('\n', ""));
    isolated(hidden)
        .into_iter()
        .chain(said::declared(hidden))
        .chain(paragraphs.filter_map(|text| in_words(&text).map(|level| (level, text))))
        .max_by_key(|(level, _)| *level)
        .map(|(level, evidence)| fact(level, Origin::Body, &evidence))
}

/// A mark in capitals among other words, where none of them makes it a word.
fn in_words(cell: &str) -> Option<Secrecy> {
    if cell.chars().count() > MARK_MAX {
        return None;
    }
    let words: Vec<&str> = words(cell).collect();
    let folded: Vec<String> = words.iter().map(|w| spelling::fold(w)).collect();
    let mat = spelling::fold("mật");
    let among = |list: &[&str], word: Option<&String>| {
        word.is_some_and(|w| list.iter().any(|l| spelling::fold(l) == *w))
    };
    (0..words.len()).find_map(|i| {
        let before = i.checked_sub(1).map(|p| &folded[p]);
        let is_mark = folded[i] == mat
            && spelling::is_capitals(words[i])
            && !among(&BEFORE, before)
            && !among(&AFTER, folded.get(i + 1));
        is_mark.then(|| match before.and_then(|b| level_word(b)) {
            Some(level) => level,
            None => Secrecy::Mat,
        })
    })
}

fn level_word(folded: &str) -> Option<Secrecy> {
    match folded {
        w if w == spelling::fold("tối") => Some(Secrecy::ToiMat),
        w if w == spelling::fold("tuyệt") => Some(Secrecy::TuyetMat),
        _ => None,
    }
}

fn words(text: &str) -> impl Iterator<Item = &str> {
    text.split(|c: char| !c.is_alphabetic() && !unicode_normalization::char::is_combining_mark(c))
        .filter(|w| !w.is_empty())
}

/// A mark that stands alone: a line or cell of its own, spaced, boxed, stacked letter under
/// letter, beside a copy number, or as the value of "Độ mật".
fn isolated(page: &str) -> Option<(Secrecy, String)> {
    let mut best: Option<(Secrecy, String)> = None;
    let mut note = |level: Secrecy, text: &str| {
        if best.as_ref().is_none_or(|(b, _)| level > *b) {
            best = Some((level, text.to_owned()));
        }
    };
    let mut above: Vec<Cow<'_, str>> = Vec::new();
    let mut stack: Vec<Letters> = Vec::new();
    for raw in page.split(ENDS) {
        let cells: Vec<Cow<'_, str>> = cells_of(raw).map(looks).collect();
        let Some(first) = cells.first() else {
            continue;
        };
        let mut run: Vec<Letters> = Vec::new();
        for (i, cell) in cells.iter().enumerate() {
            if !may_be_mark(cell) {
                run.clear();
                continue;
            }
            let over = if cells.len() == 1 {
                above.last()
            } else {
                above.get(i).or(above.last())
            };
            if let Some(level) = alone(cell, over.map_or("", |o| o.as_ref())) {
                note(level, cell);
            }
            if let Some(level) = spelled(&mut run, cell, 5) {
                note(level, cell);
            }
        }
        if let Some(level) = spelled(&mut stack, first, 2) {
            note(level, first);
        }
        above = cells;
    }
    best.or_else(|| lone::on_page(page).map(|cell| (Secrecy::Mat, cell)))
}

/// The level where the cell is nothing but a mark, with its label or numbers, or the line on
/// envelopes of most secret documents. `above` is the cell before it in its column: a
/// title can break inside "bí mật", and then the rest is no mark.
fn alone(cell: &str, above: &str) -> Option<Secrecy> {
    let cell = unnumbered(cell);
    let fits = (3..=MARK_MAX).contains(&cell.chars().count());
    if cell.len() > MARK_MAX * 6 || !fits {
        return None;
    }
    let spelt = from_m_or_t_to_t(cell).then(|| whole_level(cell).or_else(|| legacy(cell)));
    if let Some(level) = spelt.flatten().or_else(|| slip::level(cell)) {
        let last = words(above).last().map(spelling::fold).unwrap_or_default();
        let is = |word: &str| last == spelling::fold(word);
        let wrapped =
            level == Secrecy::Mat && (is("bí") || (is("bảo") && !spelling::is_capitals(cell)));
        if wrapped {
            return None;
        }
        let raised = (words(above).count() == 1)
            .then(|| level_word(&last))
            .flatten();
        return Some(raised.unwrap_or(level).max(level));
    }
    static ENVELOPE: LazyLock<Letters> =
        LazyLock::new(|| Letters::of("chỉ người có tên mới được bóc bì"));
    if cell.starts_with(['c', 'C']) && Letters::of(cell) == *ENVELOPE {
        return Some(Secrecy::TuyetMat);
    }
    if let Some(level) = said::called(cell, false) {
        return Some(level);
    }
    let among = words(cell).any(|word| from_m_or_t_to_t(word) || word.len() == 1);
    among
        .then(|| said::field(cell).or_else(|| beside(cell)))
        .flatten()
}

/// A cell in capitals without the number of a note or a copy: `1 MẬT`, `[1] MẬT`, `a) MẬT`.
fn unnumbered(cell: &str) -> &str {
    let digit = |c: char| c.is_numeric() || " .:)(]['*-–/".contains(c);
    let bare = match cell.split_once([')', '.']) {
        Some((letter, rest)) if letter.chars().count() == 1 => rest,
        _ => cell,
    };
    let bare = bare.trim_matches(digit);
    if spelling::is_capitals(bare) {
        bare
    } else {
        cell
    }
}

/// A mark beside a copy number, a page number or another mark.
fn beside(cell: &str) -> Option<Secrecy> {
    let all: Vec<&str> = words(cell).collect();
    if all.len() > 14 || all.len() < 2 {
        return None;
    }
    let mut rest = all.iter().filter(|w| {
        let folded = spelling::fold(w);
        !BESIDE_FOLDED.contains(&folded)
    });
    let mark: Vec<&str> = rest.by_ref().copied().collect();
    let capitals = mark
        .iter()
        .all(|w| spelling::is_capitals(w) && !w.is_empty());
    let spelt = mark.join(" ");
    let level = whole_level(&spelt).or_else(|| slip::level(&spelt))?;
    (capitals || cell.starts_with(mark[0])).then_some(level)
}

/// A mark in a file's name: MẬT in capitals, or `MAT` in brackets or between separators.
fn named(file_name: &str) -> Option<Secrecy> {
    let stem = spelling::line(file_name);
    let stem = stem
        .rsplit_once('.')
        .map_or(stem.as_str(), |(stem, _)| stem);
    let mixed = !spelling::is_capitals(stem);
    if let Some(level) = in_words(stem).filter(|_| mixed) {
        return Some(level);
    }
    let misspelt = || {
        let odd = words(stem).filter(|word| spelling::is_capitals(word) && !word.is_ascii());
        odd.filter_map(slip::level).max()
    };
    stem.split(['(', ')', '[', ']', '_', '.', '-'])
        .filter_map(|part| {
            head::plain(part)
                .or_else(|| in_words(part))
                .or_else(|| lone::named(part))
        })
        .chain(head::bracketed(stem))
        .max()
        .or_else(misspelt)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn level(page: &str) -> Option<Secrecy> {
        mark(&[page.to_owned()], "a.pdf").map(|f| f.value)
    }

    #[test]
    fn marks_are_found_wherever_they_stand() {
        use Secrecy::{Mat, ToiMat, TuyetMat};
        for (page, expected) in [
            ("MẬT", Mat),
            ("  M Ậ T  ", Mat),
            ("M   Ậ   T", Mat),
            ("M   Ậ   T      ĐẢNG CỘNG SẢN VIỆT NAM", Mat),
            ("M\nẬ\nT", Mat),
            ("MA\u{302}\u{323}T", Mat),
            ("MÂ\u{323}T", Mat),
            ("M\u{200b}Ậ\u{ad}T", Mat),
            ("ＭẬＴ", Mat),
            ("МẬТ", Mat),
            ("┌─────┐\n│ MẬT │\n└─────┘", Mat),
            ("[ TỐI MẬT ]", ToiMat),
            ("T Ố I  M Ậ T", ToiMat),
            ("TỐI\nMẬT", ToiMat),
            ("TUYỆT\nMẬT", TuyetMat),
            ("Tuyệt mật", TuyetMat),
            ("TUYỆT MẬT\tCỘNG HÒA XÃ HỘI CHỦ NGHĨA VIỆT NAM", TuyetMat),
            ("Số 7-BC/ĐU\nMẬT\tĐẢNG CỘNG SẢN VIỆT NAM", Mat),
            ("Số 7-BC/ĐU MẬT Hà Nội, ngày 02 tháng 3 năm 2020", Mat),
            ("MẬT CỘNG HÒA XÃ HỘI CHỦ NGHĨA VIỆT NAM", Mat),
            ("Độ mật: Mật", Mat),
            ("Mức độ mật: Tối mật", ToiMat),
            ("Độ mật:\tTuyệt mật", TuyetMat),
            ("MẬT\nBản số: 01", Mat),
            ("MẬT - Bản số: 01", Mat),
            ("TÀI LIỆU MẬT", Mat),
            ("1 MẬT", Mat),
            ("MẬT 1", Mat),
            ("[1] TỐI MẬT", ToiMat),
            ("1MẬT", Mat),
            ("a) MẬT", Mat),
            ("Độ bảo mật: Tối mật", ToiMat),
            ("Tài liệu tuyệt mật, không phổ biến", TuyetMat),
            ("Văn bản này được đóng dấu MẬT.", Mat),
            ("HỎA TỐC - MẬT", Mat),
            ("MẬT/KHẨN", Mat),
            ("MAT", Mat),
            ("TOI MAT", ToiMat),
            ("MÂT", Mat),
            ("MËT", Mat),
            ("TèI MËT", ToiMat),
            ("TUYÖT MËT", TuyetMat),
            ("MAÄT", Mat),
            ("TUYEÄT MAÄT", TuyetMat),
            ("Chỉ người có tên mới được bóc bì", TuyetMat),
            ("ĐẢNG BỘ A\nBẢO\nMẬT", Mat),
        ] {
            assert_eq!(level(page), Some(expected), "{page:?}");
            let deep = format!("{}{page}\nTrang 9", "Đoạn văn của trang.\n".repeat(200));
            let alone = !page.contains("CỘNG SẢN") && !page.contains("CỘNG HÒA");
            let plain = ["MAT", "TOI MAT", "MÂT"].contains(&page) || page.contains("Hà Nội");
            if alone && !plain {
                let found = mark(&["Trang một".to_owned(), deep], "a.pdf").map(|f| f.value);
                assert_eq!(found, Some(expected), "on another page: {page:?}");
            }
        }
    }

    #[test]
    fn words_about_secrecy_are_no_marks() {
        for page in [
            "LUẬT\nBẢO VỆ BÍ MẬT NHÀ NƯỚC",
            "LUẬT\nBẢO VỆ BÍ\nMẬT NHÀ NƯỚC",
            "LUẬT\nBẢO VỆ BÍ\nMẬT\nNHÀ NƯỚC",
            "LUẬT BẢO VỆ BÍ MẬT NHÀ NƯỚC",
            "PHÁP LỆNH\nBẢO VỆ BÍ MẬT\nNHÀ NƯỚC",
            "CỤC MẬT MÃ DÂN SỰ\nSố: 1/MMDS-KH",
            "BAN CƠ YẾU CHÍNH PHỦ\nV/v đổi mật khẩu",
            "về tăng cường công tác bảo vệ bí mật nhà nước",
            "Luật quy định độ mật gồm Tuyệt mật, Tối mật và Mật; việc xác định độ\nmật phải rõ.",
            "TĂNG CƯỜNG BẢO MẬT THÔNG TIN",
            "công tác bảo\nmật",
            "Độ mật:",
            "Độ mật: Thường",
            "Độ mật",
            "dấu chỉ mức độ mật, mức độ khẩn; chỉ dẫn phạm vi lưu hành.",
            "MẬT ĐỘ DÂN SỐ",
            "LUẬT\nBẢO VỆ BÍ\nMẬT[1]",
            "Các mức: 1. Tuyệt mật; 2. Tối mật; 3. Mật.",
            "",
        ] {
            assert_eq!(level(page), None, "{page:?}");
        }
    }

    #[test]
    fn names_bear_marks_too() {
        for (name, expected) in [
            ("07-BC-DU (MẬT).pdf", true),
            ("07-BC-DU_MAT.pdf", true),
            ("TỐI MẬT 07-BC.docx", true),
            ("07-BC-DU MẬTT.docx", true),
            ("07-BC-DU (Tối mật).docx", true),
            ("BÍ MẬT 07-BC-DU.docx", true),
            ("Bảo vệ bí mật (2030).docx", false),
            ("Báo cáo MẬT.docx", true),
            ("17-NQ-CP co mat khau.pdf", false),
            ("Luat Bao ve bi mat nha nuoc.pdf", false),
            ("LUẬT BẢO VỆ BÍ MẬT NHÀ NƯỚC.pdf", false),
            ("danh sach co mat.xlsx", false),
        ] {
            assert_eq!(mark(&[], name).is_some(), expected, "{name}");
        }
    }
}
