//! Owns the marks of page 1 that are not secrecy: urgency, and words that limit circulation on any
//! page. It refuses to know the secrecy gate.

use super::fact;
use super::heading::TypeLine;
use super::page::{Line, cells_of};
use super::pattern::Pattern;
use crate::document::{Fact, Origin, Urgency};
use crate::spelling;

/// Words of urgency, most urgent first, without blanks.
const URGENT: [(&str, Urgency); 4] = [
    ("hoảtốc", Urgency::HoaToc),
    ("hỏatốc", Urgency::HoaToc),
    ("thượngkhẩn", Urgency::ThuongKhan),
    ("khẩn", Urgency::Khan),
];

/// True for a cell that is only a mark of urgency, circulation or secrecy: no organisation's name.
pub(super) fn is_mark(cell: &str) -> bool {
    let tight = squeeze(cell);
    urgent(cell).is_some()
        || limits(cell)
        || ["mật", "tốimật", "tuyệtmật"]
            .iter()
            .any(|m| squeeze(m) == tight)
}

fn squeeze(text: &str) -> String {
    let letters: String = text
        .chars()
        .filter(|c| c.is_alphabetic() || unicode_normalization::char::is_combining_mark(*c))
        .collect();
    spelling::fold(&letters)
}

/// The urgency that a cell is, alone, spaced, with an appointed hour, or as "Độ khẩn: …".
fn urgent(cell: &str) -> Option<Urgency> {
    static HOUR: Pattern = Pattern::new(r"(?i)^h[ỏo][ảa]? ?t[ốo]c h[ẹe]n gi[ờo]\b");
    static FIELD: Pattern = Pattern::new(r"(?i)^(?:m[ứu]c )?[đd][ộo] kh[ẩa]n\s*[:\-–]");
    if cell.chars().count() > 60 {
        return None;
    }
    let field = FIELD.find(cell);
    let value = field.as_ref().map_or(cell, |label| &cell[label.end..]);
    let tight = squeeze(value);
    let rest = tight.replace(&squeeze("mật"), "");
    let found = URGENT
        .iter()
        .find(|(word, _)| squeeze(word) == rest)
        .map(|(_, u)| *u);
    let found = found.or_else(|| HOUR.is_match(value).then_some(Urgency::HoaToc));
    let shown =
        spelling::is_capitals(value) || field.is_some() || value.starts_with(char::is_uppercase);
    found.filter(|_| shown)
}

/// The highest mark of urgency on page 1: anywhere in a cell of its own in capitals, above the type
/// in any letters.
pub(super) fn urgency(page: &[Line], kind: Option<&TypeLine>) -> Option<Fact<Urgency>> {
    let heading = kind.map_or(25, |k| k.at);
    page.iter()
        .enumerate()
        .flat_map(|(at, line)| line.cells.iter().map(move |cell| (at, cell)))
        .filter(|(at, cell)| *at <= heading || spelling::is_capitals(cell))
        .filter_map(|(_, cell)| Some((urgent(cell)?, cell)))
        .max_by_key(|(urgency, _)| *urgency)
        .map(|(urgency, cell)| fact(urgency, Origin::Heading, cell))
}

/// Phrases that limit circulation (guide 36-HD/VPTW).
const LIMITS: [&str; 10] = [
    "Lưu hành nội bộ",
    "Xem xong trả lại",
    "Không phổ biến",
    "Thu hồi sau hội nghị",
    "Thu hồi sau cuộc họp",
    "Tài liệu thu hồi",
    "Không sao chụp",
    "Xem tại chỗ",
    "Sử dụng nội bộ",
    "Chỉ đọc tại chỗ",
];

/// The same in English, without blanks. They are no marks of the law's, but a person must look.
const ENGLISH: [&str; 7] = [
    "topsecret",
    "secret",
    "confidential",
    "strictlyconfidential",
    "restricted",
    "notforpublicrelease",
    "internaluseonly",
];

/// True where a cell is a mark that limits circulation.
fn limits(cell: &str) -> bool {
    static DRAFT: Pattern = Pattern::new(concat!(
        r"(?i)^[\[(<*\s]*(?:b[ảa]n )?d[ựu] ?th[ảa]o(?:\s*[\])>*.:]*|\s*(?:l[ầa]n|ng[àa]y",
        r"|s[ốo]|b[ảa]n|[-–,/(])?\s*(?:th[ứu] )?[\d(].*)$"
    ));
    let length = cell.chars().count();
    if !(6..=60).contains(&length) {
        return false;
    }
    let shown = spelling::is_capitals(cell) || cell.starts_with(['(', '[']) || length <= 30;
    let words = spelling::fold(cell.trim_matches(|c: char| !c.is_alphanumeric()));
    let tight: String = words.split(' ').collect();
    shown
        && (ENGLISH.contains(&squeeze(cell).as_str())
            || DRAFT.is_match(cell)
            || tight == squeeze("dự thảo")
            || LIMITS.iter().any(|phrase| {
                let folded = spelling::fold(phrase);
                let exact = words.strip_suffix(&folded).is_some_and(|before| {
                    before.split(' ').count() <= 4 && !before.contains(&spelling::fold("không "))
                }) || words.starts_with(&folded);
                exact
                    || spelling::near(cell.trim_matches(|c: char| !c.is_alphanumeric()), phrase, 2)
            }))
}

/// The cells where headers, footers and text boxes stand: the first lines of every page and the
/// last ones.
fn edges(pages: &[String]) -> impl Iterator<Item = String> + '_ {
    const LINES: usize = 6;
    const OF_LAST: usize = 60;
    let last = pages.len().saturating_sub(1);
    pages.iter().enumerate().flat_map(move |(at, page)| {
        let end = if at == last { OF_LAST } else { LINES };
        page.lines()
            .take(LINES)
            .chain(page.lines().rev().take(end))
            .flat_map(cells_of)
            .filter(|cell| cell.len() <= 400)
            .map(spelling::line)
    })
}

/// The first mark that limits circulation, as written: a cell of its own on page 1 or at
/// the edges of any page, or DỰ THẢO before the type on the type's own line.
pub(super) fn circulation(
    pages: &[String],
    page: &[Line],
    kind: Option<&TypeLine>,
) -> Option<Fact<String>> {
    let until = kind.map_or(0, |k| k.at);
    let draft = spelling::fold("dự thảo ");
    let heading = page[..until.min(page.len())]
        .iter()
        .flat_map(|line| &line.cells)
        .find(|cell| spelling::is_capitals(cell) && spelling::fold(cell).starts_with(&draft));
    let cells = page.iter().flat_map(|line| line.cells.iter().cloned());
    let found = heading
        .cloned()
        .or_else(|| cells.chain(edges(pages)).find(|cell| limits(cell)))?;
    Some(fact(found.clone(), Origin::Heading, &found))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::recognise::page::lines;

    #[test]
    fn urgency_is_a_mark_and_not_a_word() {
        use Urgency::{HoaToc, Khan, ThuongKhan};
        for (text, expected) in [
            ("KHẨN", Some(Khan)),
            ("K H Ẩ N", Some(Khan)),
            ("Khẩn", Some(Khan)),
            ("THƯỢNG KHẨN", Some(ThuongKhan)),
            ("HOẢ TỐC\nKHẨN", Some(HoaToc)),
            ("HỎA TỐC HẸN GIỜ 10 giờ 30", Some(HoaToc)),
            ("Độ khẩn: Thượng khẩn", Some(ThuongKhan)),
            ("Độ khẩn: Thường", None),
            ("khẩn trương khắc phục các tồn tại", None),
            ("KHẨN TRƯƠNG THỰC HIỆN", None),
            ("tình trạng khẩn cấp", None),
            ("công điện khẩn", None),
        ] {
            let found = urgency(&lines(text, 20), None).map(|f| f.value);
            assert_eq!(found, expected, "{text}");
        }
    }

    #[test]
    fn circulation_marks() {
        for (text, expected) in [
            ("DỰ THẢO", true),
            ("(Dự thảo lần 2)", true),
            ("DỰ THẢO LẦN THỨ 3", true),
            ("Dự thảo ngày 12/3/2020", true),
            ("XEM XONG TRẢ LẠI", true),
            ("Tài liệu lưu hành nội bộ", true),
            ("TÀI LIỆU THU HỒI SAU HỘI NGHỊ", true),
            ("KHÔNG PHỔ BIẾN", true),
            ("LƯU HÀNH NÔI BỘ", true),
            ("TÀI LIỆU THU HỒI", true),
            ("TOP SECRET", true),
            ("[Confidential]", true),
            ("SECRETARY GENERAL", false),
            ("THÔNG BÁO THU HỒI ĐẤT", false),
            ("tổng hợp ý kiến góp ý dự thảo báo cáo chính trị", false),
            ("dự thảo báo cáo chính trị trình đại hội", false),
            (
                "Văn bản này không phổ biến rộng rãi trên báo chí, mạng xã hội.",
                false,
            ),
            (
                "lưu hành nội bộ trong cơ quan và các đơn vị trực thuộc, không công khai.",
                false,
            ),
        ] {
            let found = circulation(&[text.to_owned()], &lines(text, 5), None);
            assert_eq!(found.is_some(), expected, "{text}");
        }
    }
}
