//! Owns the letters of a page that stand each for itself, down a margin or along a diagonal between
//! the lines of the text. It refuses to know what they spell.

use crate::extract::pdf::glyphs::Placed;

/// A gap wider than this, in heights of the font, parts letters of one word, however it is spaced.
const GAP: f64 = 1.5;
/// Baselines further apart than this are two lines.
const LEVEL: f64 = 0.3;
/// More of them are a drawing, a table of letters or a formula: marks have three to nine.
const MANY: usize = 60;

/// Each letter that neither the one drawn before it nor the one after it stands beside, a line
/// each: as drawn, then from top to bottom, then from left to right.
pub(in crate::extract::pdf) fn lonely(glyphs: &[Placed]) -> String {
    let drawn: Vec<&Placed> = glyphs
        .iter()
        .filter(|g| !g.text.trim().is_empty())
        .collect();
    let alone = |at: usize| {
        let near = |other: Option<&&Placed>| other.is_some_and(|other| beside(drawn[at], other));
        let before = at.checked_sub(1).and_then(|at| drawn.get(at));
        !near(before) && !near(drawn.get(at + 1))
    };
    let alone = (0..drawn.len()).filter(|at| alone(*at)).map(|at| drawn[at]);
    let letter = |glyph: &&Placed| glyph.text.chars().all(char::is_alphabetic);
    let mut letters: Vec<&Placed> = alone.filter(letter).take(MANY + 1).collect();
    if letters.len() < 3 || letters.len() > MANY {
        return String::new();
    }
    let mut text = in_order(&letters);
    letters.sort_by(|a, b| a.at.y.total_cmp(&b.at.y));
    text.push_str(&in_order(&letters));
    letters.sort_by(|a, b| a.at.x.total_cmp(&b.at.x));
    text.push_str(&in_order(&letters));
    text
}

fn in_order(letters: &[&Placed]) -> String {
    let mut text: String = letters.iter().map(|g| g.text.clone() + "\n").collect();
    text.push('\n');
    text
}

/// True where two glyphs are neighbours on one line, whichever way it runs.
fn beside(one: &Placed, other: &Placed) -> bool {
    let em = one.em.max(other.em);
    let way = one.end - one.at;
    let length = way.hypot();
    if length < 1e-6 {
        return (other.at - one.at).hypot() < GAP * em;
    }
    let between = other.at - one.at;
    let off = (way.x * between.y - way.y * between.x).abs() / length;
    let gap = ((other.at - one.end).hypot()).min((one.at - other.end).hypot());
    off < LEVEL * em && gap < GAP * em
}

#[cfg(test)]
mod tests {
    use hayro_interpret::kurbo::Point;

    use super::*;

    fn glyph(text: &str, x: f64, y: f64) -> Placed {
        Placed {
            text: text.to_owned(),
            at: Point::new(x, y),
            end: Point::new(x + 6.0, y),
            em: 12.0,
            font: None,
        }
    }

    #[test]
    fn letters_between_lines_are_found() {
        let mut page = vec![glyph("M", 20.0, 100.0), glyph("T", 60.0, 180.0)];
        page.extend((0..30u8).map(|n| glyph("a", 80.0 + 6.0 * f64::from(n), 100.0)));
        page.push(glyph("Ậ", 40.0, 140.0));
        assert!(lonely(&page).contains("M\nẬ\nT\n"));
        page.truncate(31);
        assert_eq!(lonely(&page), "");
    }
}
