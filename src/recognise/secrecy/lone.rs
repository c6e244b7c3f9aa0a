//! Owns "BÍ MẬT" standing alone as a mark: no level of the law's, but whoever wrote it meant one.
//! It refuses to know the levels.

use std::borrow::Cow;
use std::sync::LazyLock;

use unicode_normalization::char::is_combining_mark;

use super::shape::{T, looks, may_be_mark};
use super::{ENDS, words};
use crate::document::Secrecy;
use crate::recognise::page::{Line, cells_of};
use crate::spelling::{self, Letters};

/// What a cell is that says nothing but that its document is secret.
static PHRASES: LazyLock<[Letters; 5]> = LazyLock::new(|| {
    [
        "bí mật",
        "tài liệu bí mật",
        "văn bản bí mật",
        "hồ sơ bí mật",
        "thông tin bí mật",
    ]
    .map(Letters::of)
});

/// The same with a name that organisations bear too: only in a heading, and not below a line that
/// such a name may go on from.
static OF_THE_STATE: LazyLock<[Letters; 3]> = LazyLock::new(|| {
    [
        "bí mật nhà nước",
        "tài liệu bí mật nhà nước",
        "văn bản bí mật nhà nước",
    ]
    .map(Letters::of)
});

/// Bytes of the longest phrase, decomposed and spaced.
const PHRASE_MAX: usize = 120;

/// Words after which a title goes on with "bí mật" on the next line.
const ABOVE: [&str; 14] = [
    "vệ", "giữ", "gìn", "lộ", "về", "và", "của", "các", "những", "thuộc", "với", "trong", "chứa",
    "theo",
];

/// How such a title goes on below.
const BELOW: [&str; 10] = [
    "nhà nước",
    "quân sự",
    "quốc gia",
    "kinh doanh",
    "công tác",
    "cá nhân",
    "đời tư",
    "và",
    "của",
    "trong",
];

/// The mark on a page, in capitals.
pub(super) fn on_page(page: &str) -> Option<String> {
    let lines: Vec<&str> = page.split(ENDS).filter(|l| !l.trim().is_empty()).collect();
    let cells = |at: Option<usize>| -> Vec<Cow<'_, str>> {
        let line = at.and_then(|at| lines.get(at)).copied().unwrap_or_default();
        cells_of(line).map(looks).collect()
    };
    // Every phrase ends in "mật", whatever its accents are written with.
    let ends = |line: &str| {
        let plain = |c: &char| c.is_alphabetic() && !is_combining_mark(*c);
        line.chars()
            .rev()
            .find(plain)
            .is_some_and(|c| T.contains(&c))
    };
    let asked = (0..lines.len()).filter(|at| {
        let line = lines[*at];
        let columns = line.contains('\t') || line.contains("  ");
        (ends(line) || columns) && may_be_mark(line)
    });
    asked.into_iter().find_map(|at| {
        let mut line = cells(Some(at));
        // Letters set so widely that they fall apart into cells.
        line.push(looks(lines[at]));
        let near = [cells(at.checked_sub(1)), line, cells(Some(at + 1))];
        among(&near, spelling::is_capitals)
    })
}

/// The mark among the lines of a heading, where "Bí mật" stands in no sentence either.
pub(super) fn in_heading(heading: &[Line]) -> Option<String> {
    let lines: Vec<&Line> = heading.iter().filter(|l| !l.cells.is_empty()).collect();
    let shown = |cell: &str| {
        cell.chars()
            .find(|c| c.is_alphabetic())
            .is_some_and(char::is_uppercase)
    };
    (0..lines.len()).find_map(|at| {
        let cells = |at: Option<usize>| {
            at.and_then(|at| lines.get(at))
                .map_or(&[][..], |l| &l.cells[..])
        };
        let near = [
            cells(at.checked_sub(1)),
            cells(Some(at)),
            cells(Some(at + 1)),
        ];
        among(&near, shown).or_else(|| of_the_state(&near))
    })
}

/// The part of a file's name that is the mark, whatever numbers stand beside it.
pub(super) fn named(part: &str) -> Option<Secrecy> {
    let part: String = part.chars().filter(|c| !c.is_numeric()).collect();
    let is = part.len() <= PHRASE_MAX
        && spelling::is_capitals(&part)
        && PHRASES.contains(&Letters::of(&part));
    is.then_some(Secrecy::Mat)
}

/// The first cell that says so of the State, where the line above it is no part of a name.
fn of_the_state(lines: &[&[String]; 3]) -> Option<String> {
    let [above, line, _] = lines;
    let mut marks = line.iter().enumerate().filter(|(at, cell)| {
        let over = above.get(*at).or(above.last());
        let name = over.is_some_and(|over| {
            spelling::is_capitals(over) && !over.contains(|c: char| c.is_numeric())
        });
        !name
            && cell.len() <= PHRASE_MAX
            && spelling::is_capitals(cell)
            && OF_THE_STATE.contains(&Letters::of(cell))
    });
    marks.next().map(|(_, cell)| cell.clone())
}

/// The first cell of the middle one of three lines that is the mark and belongs to no title above
/// and below it in its column.
fn among<C: AsRef<str>>(
    lines: &[impl AsRef<[C]>; 3],
    shown: impl Fn(&str) -> bool,
) -> Option<String> {
    let [above, line, below] = lines;
    let in_column = |cells: &[C], at: usize| {
        let cell = cells.get(at).or(cells.last());
        cell.map_or_else(String::new, |cell| cell.as_ref().to_owned())
    };
    let cells = line.as_ref().iter().map(AsRef::as_ref).enumerate();
    let mut marks = cells.filter(|(at, cell)| {
        cell.len() <= PHRASE_MAX
            && shown(cell)
            && PHRASES.contains(&Letters::of(cell))
            && !is_piece(
                &in_column(above.as_ref(), *at),
                &in_column(below.as_ref(), *at),
            )
    });
    marks.next().map(|(_, cell)| cell.to_owned())
}

/// True where the lines above and below make the words a piece of a title.
fn is_piece(above: &str, below: &str) -> bool {
    let last = words(above).last().map(spelling::fold);
    let next = spelling::fold(below);
    let goes_on = |phrase: &str| {
        let rest = next.strip_prefix(&spelling::fold(phrase));
        rest.is_some_and(|rest| !rest.starts_with(char::is_alphabetic))
    };
    ABOVE
        .iter()
        .any(|word| last.as_deref() == Some(&spelling::fold(word)))
        || BELOW.iter().any(|phrase| goes_on(phrase))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::recognise::page::lines;

    #[test]
    fn alone_they_are_a_mark() {
        for page in [
            "BÍ MẬT",
            "[ BÍ MẬT ]",
            "B Í  M Ậ T",
            "BI\u{301} MA\u{302}\u{323}T",
            "Số 15-TB/ĐU\nBÍ MẬT\nTHÔNG BÁO",
            "BÍ MẬT\tĐẢNG CỘNG SẢN VIỆT NAM",
            "TÀI LIỆU\nBÍ MẬT",
            "TÀI LIỆU BÍ MẬT",
        ] {
            assert!(on_page(page).is_some(), "{page}");
        }
        assert!(in_heading(&lines("Số 15-TB/ĐU\nBí mật", 9)).is_some());
    }

    #[test]
    fn in_a_title_they_are_none() {
        for page in [
            "LUẬT\nBẢO VỆ\nBÍ MẬT\nNHÀ NƯỚC",
            "LUẬT\nBẢO VỆ\n\nBÍ MẬT\n\nNHÀ NƯỚC",
            "QUY CHẾ\nLÀM VIỆC VÀ GIỮ\nBÍ MẬT\nTRONG CƠ QUAN",
            "BAN CHỈ ĐẠO\nBÍ MẬT\nNHÀ NƯỚC",
            "BẢO VỆ BÍ MẬT",
            "Bí mật",
            "về giữ gìn\nbí mật",
        ] {
            assert_eq!(on_page(page), None, "{page}");
        }
    }
}
