//! Owns how the raw text of a page becomes lines and cells: normal form, torn words made whole,
//! columns taken apart. It refuses to know what stands in them.

use super::pattern::Pattern;
use crate::spelling;

/// How many lines of page 1 can belong to its heading and title.
pub(super) const HEADING_LINES: usize = 90;

/// Characters of one line that are looked at; a longer one is prose.
const LINE_MAX: usize = 2_000;

/// Where a right-hand column begins although only one blank stands before it.
static COLUMN: Pattern = Pattern::new(concat!(
    r"(?i:c.ng h.a x. h.i ch.|đ.ng c.ng s.n vi.t nam|đ.c l.p\s?[-–]\s?t. do|\bv/v )|",
    r"(?:T[Pp]\.? ?)?\p{Lu}\p{Ll}+(?: \p{Lu}\p{Ll}+){0,3}, ?ng[àa]y\b"
));

/// One line of a page.
#[derive(Clone, Debug, Default)]
pub(super) struct Line {
    /// The whole line, one blank between words. Empty for a blank line.
    pub(super) text: String,
    /// Its cells, left to right; one where it has no columns.
    pub(super) cells: Vec<String>,
}

impl Line {
    pub(super) fn read(raw: &str, broken: bool) -> Self {
        let raw: &str = raw
            .char_indices()
            .nth(LINE_MAX)
            .map_or(raw, |(at, _)| &raw[..at]);
        let raw = undress(raw);
        let whole = |text: &str| {
            let line = spelling::line(text);
            if broken {
                spelling::rejoin(&line)
            } else {
                line
            }
        };
        let mut cells = Vec::new();
        for cell in cells_of(raw) {
            let cell = whole(cell);
            match COLUMN.find(&cell).filter(|found| found.start > 0) {
                Some(found) => {
                    cells.push(cell[..found.start].trim().to_owned());
                    cells.push(cell[found.start..].to_owned());
                }
                None if !cell.is_empty() => cells.push(cell),
                None => {}
            }
        }
        Self {
            text: whole(raw),
            cells,
        }
    }

    /// True for a line that only draws: dashes, stars, underscores, oOo.
    pub(super) fn is_rule(&self) -> bool {
        is_rule(&self.text)
    }
}

/// True for text that only draws: dashes, stars, underscores, oOo.
pub(super) fn is_rule(text: &str) -> bool {
    !text.is_empty()
        && (text.chars().all(|c| !c.is_alphanumeric())
            || text.chars().all(|c| "oO0-–—* ".contains(c)) && text.contains(['o', 'O']))
}

/// A line without the dress of Markdown: heading hashes, quote marks, bold stars, outer pipes.
fn undress(raw: &str) -> &str {
    let line = raw.trim_start_matches(['#', '>', '\u{feff}']);
    let bare = line.trim();
    let bold = bare.strip_prefix("**").and_then(|l| l.strip_suffix("**"));
    match bold {
        Some(text) => text,
        None if bare.starts_with('|') => bare.trim_matches('|'),
        None => line,
    }
}

/// The cells of a raw line: kept apart by a tab, a pipe between blanks, or two blanks and more.
pub(super) fn cells_of(raw: &str) -> impl Iterator<Item = &str> {
    raw.split('\t')
        .flat_map(|cell| cell.split(" | "))
        .flat_map(|cell| cell.split("  "))
        .map(str::trim)
        .filter(|cell| !cell.is_empty())
}

/// The first `max` lines of a page. Runs of blank lines are one.
pub(super) fn lines(page: &str, max: usize) -> Vec<Line> {
    let broken = spelling::is_broken(page);
    let mut out: Vec<Line> = Vec::new();
    for raw in page.lines().take(max * 3) {
        let line = Line::read(raw, broken);
        let double = line.text.is_empty() && out.last().is_none_or(|l| l.text.is_empty());
        if !double {
            out.push(line);
        }
        if out.len() == max {
            break;
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_are_taken_apart() {
        for (raw, cells) in [
            (
                "ĐẢNG UỶ A\tĐẢNG CỘNG SẢN VIỆT NAM",
                vec!["ĐẢNG UỶ A", "ĐẢNG CỘNG SẢN VIỆT NAM"],
            ),
            (
                "Số 1-CT/TW     Hà Nội, ngày 1",
                vec!["Số 1-CT/TW", "Hà Nội, ngày 1"],
            ),
            (
                "Số 1-CT/TW Hà Nội, ngày 1",
                vec!["Số 1-CT/TW", "Hà Nội, ngày 1"],
            ),
            (
                "MẬT CỘNG HÕA XÃ HỘI CHỦ NGHĨA",
                vec!["MẬT", "CỘNG HÕA XÃ HỘI CHỦ NGHĨA"],
            ),
            ("| CHÍNH PHỦ | CỘNG HÒA |", vec!["CHÍNH PHỦ", "CỘNG HÒA"]),
            ("## **NGHỊ ĐỊNH**", vec!["NGHỊ ĐỊNH"]),
            ("**về công tác văn thư**", vec!["về công tác văn thư"]),
            ("*", vec!["*"]),
            ("", vec![]),
        ] {
            assert_eq!(Line::read(raw, false).cells, cells, "{raw}");
        }
    }

    #[test]
    fn rules_draw_and_words_do_not() {
        for text in ["-----", "*", "_______", "---oOo---", "***", "— —"] {
            assert!(is_rule(text), "{text}");
        }
        for text in ["", "a", "I-", "o việc", "1."] {
            assert!(!is_rule(text), "{text}");
        }
    }
}
