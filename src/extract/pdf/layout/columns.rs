//! Owns the finding of text set in two columns, and its order: the left one wholly before the right
//! one. It refuses headings, signatures and tables, whose lines are read across.

use super::super::glyphs::Placed;
use super::{column, gaps, tallest};

/// A side of fewer lines is a heading or a signature.
const LINES_MIN: usize = 6;
/// Lines of running text have this many words.
const WORDS_MIN: usize = 4;
/// How narrow the blank between columns may become, in em.
const GUTTER_MIN: f64 = 1.0;
/// On a page of more lines nothing is looked for: its time would grow with their square.
const LINES_MAX: usize = 500;

/// One line, its glyphs from left to right.
type Line = Vec<Placed>;

/// A blank strip down the page: where it begins and ends.
#[derive(Clone, Copy)]
struct Gutter {
    left: f64,
    right: f64,
}

/// Puts lines, top to bottom, into the order they are read in.
pub(super) fn in_order(lines: Vec<Line>) -> Vec<Line> {
    if lines.len() > LINES_MAX || lines.len() < LINES_MIN {
        return lines;
    }
    let mut ordered = Vec::with_capacity(lines.len());
    let mut rest = lines;
    let mut at = 0;
    while at < rest.len() {
        let Some((count, gutter)) = block(&rest[at..]) else {
            at += 1;
            continue;
        };
        let below = rest.split_off(at + count);
        let columns = rest.split_off(at);
        ordered.append(&mut rest);
        let middle = f64::midpoint(gutter.left, gutter.right);
        let (left, right): (Vec<_>, Vec<_>) = columns
            .into_iter()
            .map(|line| {
                line.into_iter()
                    .partition::<Line, _>(|glyph| glyph.at.x < middle)
            })
            .unzip();
        ordered.extend(
            left.into_iter()
                .chain(right)
                .filter(|line| !line.is_empty()),
        );
        (rest, at) = (below, 0);
    }
    ordered.append(&mut rest);
    ordered
}

/// The columns that begin with the first line: how many lines they last, and what parts them.
/// Where the two have leadings of their own, a line stands in one of them only; the next one helps.
fn block(lines: &[Line]) -> Option<(usize, Gutter)> {
    blanks(lines.get(..2)?).into_iter().find_map(|first| {
        let mut gutter = first;
        let mut count = 0;
        for line in lines {
            let Some(narrower) = gutter.beside(line) else {
                break;
            };
            gutter = narrower;
            count += 1;
        }
        let is_text = |right| is_text(&lines[..count], gutter, right);
        (is_text(false) && is_text(true)).then_some((count, gutter))
    })
}

/// The blanks that some lines have in common and that may part columns.
fn blanks(lines: &[Line]) -> Vec<Gutter> {
    let drawn = lines.iter().flatten().filter(|g| !g.text.trim().is_empty());
    let mut drawn: Vec<&Placed> = drawn.collect();
    drawn.sort_by(|a, b| a.at.x.total_cmp(&b.at.x));
    let gaps = gaps(&drawn);
    let wide = column(&gaps);
    let pairs = drawn.windows(2).zip(gaps);
    pairs
        .filter(|(_, gap)| *gap > wide)
        .map(|(pair, _)| Gutter {
            left: pair[0].end.x,
            right: pair[1].at.x,
        })
        .collect()
}

impl Gutter {
    /// What is left of the gutter beside a line; None where the line crosses it.
    fn beside(self, line: &Line) -> Option<Self> {
        let mut narrower = self;
        let middle = f64::midpoint(self.left, self.right);
        for glyph in line.iter().filter(|glyph| !glyph.text.trim().is_empty()) {
            if glyph.at.x < middle {
                narrower.left = narrower.left.max(glyph.end.x);
            } else {
                narrower.right = narrower.right.min(glyph.at.x);
            }
        }
        let em = tallest(line);
        (narrower.right - narrower.left >= GUTTER_MIN * em).then_some(narrower)
    }
}

/// True where one side of the gutter holds lines of running text.
fn is_text(lines: &[Line], gutter: Gutter, right: bool) -> bool {
    let words = |line: &Line| {
        let side: Vec<&Placed> = line
            .iter()
            .filter(|glyph| (glyph.at.x >= gutter.right) == right)
            .filter(|glyph| !glyph.text.trim().is_empty())
            .collect();
        let blanks = gaps(&side).into_iter().filter(|gap| *gap > super::BLANK);
        if side.is_empty() {
            0
        } else {
            blanks.count() + 1
        }
    };
    let counts: Vec<usize> = lines.iter().map(words).filter(|count| *count > 0).collect();
    let full = counts.iter().filter(|count| **count >= WORDS_MIN).count();
    counts.len() >= LINES_MIN && full * 3 >= counts.len() * 2
}
