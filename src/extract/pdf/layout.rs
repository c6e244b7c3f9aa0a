//! Owns how placed glyphs become lines: same baseline, left to right, blanks where the gap is one,
//! tabs between what stands side by side. It refuses to know where the glyphs came from.

mod columns;
mod lonely;

use std::collections::BTreeMap;

use hayro_interpret::kurbo::{Affine, Point};

use super::glyphs::{Placed, direction};
use crate::spelling::legacy;

pub(super) use lonely::lonely;

/// A gap wider than this is a blank; kerning stays below.
const BLANK: f64 = 0.12;
/// Only a gap wider than this can part columns.
const COLUMN: f64 = 1.0;
/// And it must be wider than the line's usual blank by this: justified lines have all of them wide.
const COLUMN_TO_BLANK: f64 = 2.5;
/// Baselines nearer than this are one line (marks, footnote numbers).
const SAME_LINE: f64 = 0.4;
/// Letters smaller than this beside the tallest of a line may be a line of their own.
const SMALL: f64 = 0.5;
/// Lines further apart than this have a blank line between them.
const APART: f64 = 2.6;
/// The same letter again, nearer than this, is a bold one drawn twice.
const TWICE: f64 = 0.1;

/// The text of a page. Rotated text (stamps, watermarks) comes after the upright text, each
/// direction after a blank line.
pub(super) fn lines(glyphs: Vec<Placed>) -> String {
    let mut directions: BTreeMap<i32, Vec<Placed>> = BTreeMap::new();
    for glyph in glyphs {
        directions.entry(direction(&glyph)).or_default().push(glyph);
    }
    let mut out = String::new();
    if let Some(upright) = directions.remove(&0) {
        write(upright, &mut out);
    }
    for (degrees, mut rotated) in directions {
        let back = Affine::rotate(-f64::from(degrees).to_radians());
        for glyph in &mut rotated {
            (glyph.at, glyph.end) = (back * glyph.at, back * glyph.end);
        }
        if !out.is_empty() {
            out.push('\n');
        }
        write(rotated, &mut out);
    }
    out
}

fn write(glyphs: Vec<Placed>, out: &mut String) {
    let mut below: Option<f64> = None;
    let lines = by_baseline(glyphs);
    let mut lines: Vec<_> = lines.into_iter().flat_map(without_small).collect();
    for line in &mut lines {
        line.sort_by(|a, b| a.at.x.total_cmp(&b.at.x));
    }
    for line in columns::in_order(lines) {
        let text = one_line(&line);
        let text = text.trim_end();
        if text.trim().is_empty() {
            continue;
        }
        let (at, em) = (baseline(&line), tallest(&line));
        if below.is_some_and(|last| at - last > APART * em) {
            out.push('\n');
        }
        below = Some(at);
        out.push_str(text);
        out.push('\n');
    }
}

/// Glyphs gathered to lines, top to bottom.
fn by_baseline(mut glyphs: Vec<Placed>) -> Vec<Vec<Placed>> {
    glyphs.sort_by(|a, b| a.at.y.total_cmp(&b.at.y));
    let mut lines: Vec<Vec<Placed>> = Vec::new();
    let (mut sum, mut count, mut em) = (0.0, 0.0, 0.0_f64);
    for glyph in glyphs {
        let near = SAME_LINE * em.max(glyph.em);
        if let Some(line) = lines.last_mut()
            && (glyph.at.y - sum / count).abs() < near
        {
            em = em.max(glyph.em);
            sum += glyph.at.y;
            count += 1.0;
            line.push(glyph);
        } else {
            (sum, count, em) = (glyph.at.y, 1.0, glyph.em);
            lines.push(vec![glyph]);
        }
    }
    lines
}

/// The line, and small print that runs under or over its letters, each stretch of it a line of its
/// own; a note's number stands beside them.
fn without_small(line: Vec<Placed>) -> Vec<Vec<Placed>> {
    let em = tallest(&line);
    let (mut line, mut small): (Vec<_>, Vec<_>) =
        line.into_iter().partition(|glyph| glyph.em >= em * SMALL);
    small.sort_by(|a, b| a.at.x.total_cmp(&b.at.x));
    let mut lines = Vec::new();
    for stretch in small.chunk_by(|a, b| b.at.x - a.end.x < COLUMN * a.em.max(b.em)) {
        let covered = |glyph: &&Placed| {
            let middle = f64::midpoint(glyph.at.x, glyph.end.x);
            let mut letters = line.iter().filter(|glyph| !glyph.text.trim().is_empty());
            letters.any(|glyph| glyph.at.x < middle && middle < glyph.end.x)
        };
        if stretch.iter().filter(covered).count() * 2 > stretch.len() {
            lines.push(stretch.to_vec());
        } else {
            line.extend_from_slice(stretch);
        }
    }
    lines.insert(0, line);
    lines
}

fn baseline(line: &[Placed]) -> f64 {
    line.iter().map(|g| g.at.y).sum::<f64>() / line.len() as f64
}

fn tallest(line: &[Placed]) -> f64 {
    line.iter().map(|g| g.em).fold(0.0, f64::max)
}

/// The gaps between words of a sorted line, in em: where each begins and how wide it is.
fn gaps(line: &[&Placed]) -> Vec<f64> {
    line.windows(2)
        .map(|pair| (pair[1].at.x - pair[0].end.x) / pair[0].em.max(pair[1].em).max(1e-6))
        .collect()
}

fn one_line(line: &[Placed]) -> String {
    // Blanks that were drawn count as gaps like those that were not.
    let drawn: Vec<&Placed> = line.iter().filter(|g| !g.text.trim().is_empty()).collect();
    let gaps = gaps(&drawn);
    let column = column(&gaps);
    let mut out = String::new();
    // Letters of one font since the last gap: an old alphabet's letter may be two of them.
    let mut run = String::new();
    let mut last: Option<&Placed> = None;
    for (n, glyph) in drawn.iter().enumerate() {
        if let Some(last) = last
            && n > 0
        {
            let again = (glyph.at.x - last.at.x).abs() < TWICE * glyph.em;
            if again && glyph.text == last.text {
                continue;
            }
            let gap = gaps[n - 1];
            let blank = if gap > column {
                Some('\t')
            } else if gap > BLANK || blank_between(line, last.at, glyph.at) {
                Some(' ')
            } else {
                None
            };
            if blank.is_some() || glyph.font != last.font {
                out.push_str(&legacy::shown(&run, last.font.as_deref()));
                run.clear();
                out.extend(blank);
            }
        }
        run.push_str(&glyph.text);
        last = Some(glyph);
    }
    out.push_str(&legacy::shown(&run, last.and_then(|l| l.font.as_deref())));
    out
}

/// The width from which a gap of this line parts columns.
fn column(gaps: &[f64]) -> f64 {
    let mut blanks: Vec<f64> = gaps.iter().copied().filter(|gap| *gap > BLANK).collect();
    blanks.sort_by(f64::total_cmp);
    // A single gap has nothing to be compared with.
    let usual = match blanks.len() {
        0 | 1 => 0.0,
        n => blanks[(n - 1) / 2],
    };
    COLUMN.max(usual * COLUMN_TO_BLANK)
}

/// True where a blank was drawn between two glyphs, however narrow.
fn blank_between(line: &[Placed], from: Point, to: Point) -> bool {
    let start = line.partition_point(|g| g.at.x < from.x);
    line[start..]
        .iter()
        .take_while(|g| g.at.x <= to.x)
        .any(|g| g.text.trim().is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Words set in a font whose letters are all half an em wide.
    fn set(text: &str, x: f64, y: f64, em: f64) -> Vec<Placed> {
        let place = |(n, c): (usize, char)| {
            let left = x + n as f64 * em / 2.0;
            Placed {
                text: c.to_string(),
                at: Point::new(left, y),
                end: Point::new(left + em / 2.0, y),
                em,
                font: None,
            }
        };
        text.chars().enumerate().map(place).collect()
    }

    #[test]
    fn columns_part_and_justified_words_do_not() {
        let mut page = set("ĐẢNG CỘNG SẢN", 300.0, 50.0, 12.0);
        page.extend(set("BAN BÍ THƯ", 80.0, 51.0, 12.0));
        for (n, word) in ["Toàn", "Đảng", "học", "tập"].iter().enumerate() {
            page.extend(set(word, 80.0 + n as f64 * 40.0, 70.0, 12.0));
        }
        page.extend(set("Hà Nội", 80.0, 140.0, 12.0));
        let text = "BAN BÍ THƯ\tĐẢNG CỘNG SẢN\nToàn Đảng học tập\n\nHà Nội\n";
        assert_eq!(lines(page), text);
    }

    #[test]
    fn text_in_two_columns_is_read_down_each() {
        let mut page = set("ĐẢNG CỘNG SẢN VIỆT NAM BAN BÍ THƯ", 80.0, 20.0, 12.0);
        let (mut left, mut right) = (String::new(), String::new());
        for n in 0..8 {
            let y = 50.0 + 16.0 * f64::from(n);
            page.extend(set(&format!("một hai ba bốn {n}"), 80.0, y, 12.0));
            left += &format!("một hai ba bốn {n}\n");
            // The other column has a leading of its own.
            page.extend(set(
                &format!("năm sáu bảy tám {n}"),
                220.0,
                y * 1.1 + 5.0,
                12.0,
            ));
            right += &format!("năm sáu bảy tám {n}\n");
        }
        let text = lines(page.clone());
        assert_eq!(
            text,
            format!("ĐẢNG CỘNG SẢN VIỆT NAM BAN BÍ THƯ\n{left}{right}")
        );
        // A table's short cells and a signature stay side by side.
        let mut table = Vec::new();
        for n in 0..8 {
            let y = 50.0 + 16.0 * f64::from(n);
            table.extend(set("- Lưu văn phòng trung ương", 80.0, y, 12.0));
            table.extend(set("đã ký", 300.0, y, 12.0));
        }
        assert!(lines(table).starts_with("- Lưu văn phòng trung ương\tđã ký\n"));
    }

    #[test]
    fn small_print_under_a_line_is_a_line() {
        let mut page = set("Số 07-BC/ĐU", 80.0, 50.0, 14.0);
        page.extend(set("MẬT", 84.0, 53.0, 3.0));
        // The number of a note stands higher, and beside.
        page.extend(set("12", 157.0, 46.0, 6.0));
        assert_eq!(lines(page), "Số 07-BC/ĐU12\nMẬT\n");
    }

    #[test]
    fn bold_by_drawing_twice_reads_once() {
        let mut page = set("MẬT", 80.0, 50.0, 12.0);
        page.extend(set("MẬT", 80.3, 50.0, 12.0));
        assert_eq!(lines(page), "MẬT\n");
        assert_eq!(lines(set("llll", 80.0, 50.0, 12.0)), "llll\n");
    }

    #[test]
    fn rotated_text_stands_apart() {
        let mut page = set("MẬT", 0.0, 0.0, 12.0);
        for glyph in &mut page {
            let turn = Affine::rotate(-0.785);
            (glyph.at, glyph.end) = (turn * glyph.at, turn * glyph.end);
        }
        page.extend(set("Số 07", 80.0, 50.0, 12.0));
        assert_eq!(lines(page), "Số 07\n\nMẬT\n");
    }
}
