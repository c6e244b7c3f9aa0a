//! Owns marks that are some only in a heading: among other words, without accents, in brackets, as
//! the value of a field. It refuses to know what stands alone on a page.

use super::shape::whole_level;
use super::{MARK_MAX, in_words, said};
use crate::document::Secrecy;
use crate::recognise::heading::type_line;
use crate::recognise::page::Line;
use crate::spelling;

/// Where the lines end in which a mark may share its cell with other words: above the type.
pub(super) fn until(heading: &[Line]) -> usize {
    let kind = type_line(heading).map_or(30, |hit| hit.at);
    kind.min(heading.len())
}

/// Marks in the heading that share their cell with other words: after a symbol, before the motto,
/// without accents.
pub(super) fn marks(heading: &[Line]) -> impl Iterator<Item = (Secrecy, String)> + '_ {
    let cells = heading.iter().flat_map(|line| &line.cells);
    cells.filter_map(|cell| {
        let level = in_words(cell)
            .or_else(|| plain(cell))
            .or_else(|| said::called(cell, true))
            .or_else(|| said::labelled(cell))?;
        Some((level, cell.clone()))
    })
}

/// Lines below the type in which its title stands.
const TITLE_LINES: usize = 8;

/// Marks in brackets, in the heading and in the title below it.
pub(super) fn bracketed_marks(
    heading: &[Line],
    above: usize,
) -> impl Iterator<Item = (Secrecy, String)> + '_ {
    let end = (above + TITLE_LINES).min(heading.len());
    let cells = heading[..end].iter().flat_map(|line| &line.cells);
    cells.filter_map(|cell| Some((bracketed(cell)?, cell.clone())))
}

/// A cell of the heading that is a mark but for its accents, in capitals: `MAT`, `TAI LIEU MAT`; a
/// mark of two words is none other in small letters.
pub(super) fn plain(cell: &str) -> Option<Secrecy> {
    if cell.chars().count() > MARK_MAX {
        return None;
    }
    let bare: String = spelling::ascii(cell)
        .chars()
        .filter(char::is_ascii_alphabetic)
        .collect();
    let capitals = spelling::is_capitals(cell);
    let bare = match capitals || bare.starts_with('T') {
        true => bare.to_ascii_uppercase(),
        false => return None,
    };
    let called = ["TAILIEU", "VANBAN", "HOSO"].iter();
    let rest = called.filter_map(|word| bare.strip_prefix(word)).next();
    match rest.filter(|_| capitals).unwrap_or(&bare) {
        "MAT" | "BIMAT" if capitals => Some(Secrecy::Mat),
        "TOIMAT" => Some(Secrecy::ToiMat),
        "TUYETMAT" => Some(Secrecy::TuyetMat),
        _ => None,
    }
}

/// A level in brackets that ends a cell, whatever stands before it: `57-BC/ĐU (Mật)`, `về … (Tối
/// mật)`; a cell in brackets that calls the document secret.
pub(super) fn bracketed(cell: &str) -> Option<Secrecy> {
    let inside = cell.trim_end().strip_suffix([')', ']', '}'])?;
    let (before, inside) = inside.rsplit_once(['(', '[', '{'])?;
    let named = || {
        before
            .trim()
            .is_empty()
            .then(|| said::called(inside, true))
            .flatten()
    };
    whole_level(inside).or_else(named)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::recognise::secrecy::mark;

    fn level(page: &str) -> Option<Secrecy> {
        mark(&[page.to_owned()], "a.pdf").map(|f| f.value)
    }

    #[test]
    fn a_heading_has_marks_that_a_page_has_not() {
        use Secrecy::{Mat, ToiMat};
        for (page, expected) in [
            ("Số 57-BC/ĐU (Mật)\nBÁO CÁO\nvề một việc", Some(Mat)),
            ("Số 57-BC/ĐU\nBÁO CÁO\nvề một việc (Tối mật)", Some(ToiMat)),
            (
                "Số 57-BC/ĐU\nBÁO CÁO\n(Tài liệu mật)\nvề một việc",
                Some(Mat),
            ),
            ("Số 57-BC/ĐU\nPhân loại: Tối mật\nBÁO CÁO", Some(ToiMat)),
            ("Số 57-BC/ĐU\nLoại tài liệu: Mật\nBÁO CÁO", Some(Mat)),
            ("Số 57-BC/ĐU\nTAI LIEU MAT\nBÁO CÁO", Some(Mat)),
            ("Số 57-BC/ĐU\nToi mat\nBÁO CÁO", Some(ToiMat)),
            ("Số 57-BC/ĐU\nBI MAT\nBÁO CÁO", Some(Mat)),
            (
                "Số 57-BC/ĐU\nThuộc phạm vi bí mật nhà nước độ Mật\nBÁO CÁO",
                Some(Mat),
            ),
            ("Số 57-BC/ĐU\nBÍ MẬT NHÀ NƯỚC\nBÁO CÁO", Some(Mat)),
            ("Số 57-BC/ĐU\nTÀI LIỆU BÍ MẬT NHÀ NƯỚC\nBÁO CÁO", Some(Mat)),
            (
                "BAN CHỈ ĐẠO BẢO VỆ\nBÍ MẬT NHÀ NƯỚC\nSố 57-BC/ĐU\nBÁO CÁO",
                None,
            ),
            (
                "HỘI ĐỒNG TIÊU HUỶ\nTÀI LIỆU BÍ MẬT NHÀ NƯỚC\nSố 57-BC/ĐU\nBÁO CÁO",
                None,
            ),
            ("Số 57-BC/ĐU\nBÁO CÁO\nvề độ mật (Mật, Tối mật)", None),
            ("Số 57-BC/ĐU\nBÁO CÁO\nvề bảo vệ bí mật (giai đoạn 2)", None),
            ("Số 57-BC/ĐU\nĐịa chỉ: Mật Sơn\nBÁO CÁO", None),
        ] {
            assert_eq!(level(page), expected, "{page:?}");
        }
    }
}
