//! Owns marks that a hand spelt wrongly: a letter too many or too few, a wrong accent, the keys of
//! a typing method that never became accents. It refuses to know where a mark may stand.

use std::sync::LazyLock;

use super::shape::T;
use crate::document::Secrecy;
use crate::recognise::pattern::Pattern;
use crate::spelling::{self, Letters};

/// Letters of the longest mark and two slips; more are another phrase.
const LETTERS_MAX: usize = 10;

/// The levels with the keys of VIQR, Telex and VNI for their accents (`Ma^.t`, `MAAJT`, `MA65T`),
/// wherever in the word they were typed.
static KEYS: Pattern = Pattern::new(concat!(
    r"(?i)^\W*(?:",
    r"(?P<most>tuy[eê][\^e6]?[.j5]?t[e6]?[j5]?)|(?P<top>t[oô][\^o6]?['s1]?i[o6]?['s1]?))?",
    r"[\s\-–]*m[aâ][\^a6]?[.j5]?t[a6]?[j5]?\W*$"
));

/// The level that a cell is but for its spelling.
pub(super) fn level(cell: &str) -> Option<Secrecy> {
    let mut letters = cell.chars().filter(|c| c.is_alphabetic());
    let first = letters.next().filter(|c| c.is_uppercase())?;
    let rest: Vec<char> = letters.take(LETTERS_MAX + 3).collect();
    // Found out cheaply, since every cell is asked: a long mark begins with t, "mật" ends in it or
    // in the key of its tone, whatever the slip.
    let may_be = match (rest.len(), rest.last()) {
        (0, _) | (_, None) => false,
        (1, _) => true,
        (2..=4, Some(last)) => T.contains(&first) || T.contains(last) || "jJ".contains(*last),
        (count, _) => count < LETTERS_MAX + 3 && T.contains(&first),
    };
    may_be.then(|| near(cell).or_else(|| typed(cell))).flatten()
}

/// The marks as [`row`] writes them.
static MARKS: LazyLock<[(String, Secrecy); 3]> = LazyLock::new(|| {
    [
        ("mật", Secrecy::Mat),
        ("tuyệt mật", Secrecy::TuyetMat),
        ("tối mật", Secrecy::ToiMat),
    ]
    .map(|(mark, level)| (row(&Letters::of(mark)), level))
});

/// Letters and tones in one row, so that a wrong one of either is one slip.
fn row(letters: &Letters) -> String {
    format!("{} {}", letters.base, letters.tones)
}

/// One slip makes no word of "mật", or it is one: "MẤT". Two may be in the longer marks.
fn near(cell: &str) -> Option<Secrecy> {
    let letters = Letters::of(cell);
    if !(2..=LETTERS_MAX).contains(&letters.count()) {
        return None;
    }
    let own = row(&letters);
    let is = |mark: &str, max| spelling::distance(&own, mark, max).is_some();
    let [(short, level), longer @ ..] = &*MARKS;
    let joined = || super::words(cell).collect::<String>();
    if is(short, 1) && !spelling::is_syllable(&joined()) {
        return Some(*level);
    }
    let (_, level) = longer.iter().find(|(mark, _)| is(mark, 2))?;
    // In capitals two words one slip from a mark are it; in small letters they are words.
    let words = super::words(cell).all(spelling::is_syllable);
    let one = || spelling::is_capitals(cell) && longer.iter().any(|(mark, _)| is(mark, 1));
    (!words || one()).then_some(*level)
}

/// The level that the keys of a typing method spell. Without any of them it is another word.
fn typed(cell: &str) -> Option<Secrecy> {
    let text = spelling::line(cell);
    let found = KEYS.captures(&text)?;
    let keys = text.trim_matches(|c: char| !c.is_alphanumeric());
    let keyed = keys.contains(|c: char| !c.is_ascii_alphabetic() && !c.is_whitespace());
    let doubled = ["aa", "ee", "oo", "j"]
        .iter()
        .any(|key| keys.to_lowercase().contains(key));
    (keyed || doubled).then(|| {
        if found.name("most").is_some() {
            Secrecy::TuyetMat
        } else if found.name("top").is_some() {
            Secrecy::ToiMat
        } else {
            Secrecy::Mat
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn slips_are_marks() {
        use Secrecy::{Mat, ToiMat, TuyetMat};
        for (text, expected) in [
            ("Mâ.t", Mat),
            ("MẬTT", Mat),
            ("MMẬT", Mat),
            ("Mậtt", Mat),
            ("MÂT", Mat),
            ("M Ậ T T", Mat),
            ("MẬ", Mat),
            ("Ma^.t", Mat),
            ("MAAJT", Mat),
            ("MÂTJ", Mat),
            ("MA65T", Mat),
            ("MAT65", Mat),
            ("[ MẬTT ]", Mat),
            ("TỐI MẬTT", ToiMat),
            ("TÔI MẬT", ToiMat),
            ("TỐI MẠT", ToiMat),
            ("TOOIS MAATJ", ToiMat),
            ("To^'i Ma^.t", ToiMat),
            ("TUYỆ MẬT", TuyetMat),
            ("TUYẾT MẬT", TuyetMat),
            ("TUYỆTT MẬTT", TuyetMat),
            ("TUYEETJ MAATJ", TuyetMat),
        ] {
            assert_eq!(level(text), Some(expected), "{text}");
        }
    }

    #[test]
    fn other_words_are_none() {
        for text in [
            "MẤT",
            "MẮT",
            "MÁT",
            "Mạt",
            "mậtt",
            "Mat",
            "Mat.",
            "MAT",
            "BẬT",
            "VẬT",
            "MẬU",
            "NHẬT",
            "MỘT",
            "Tôi mất",
            "Tôi một",
            "TUYẾT MAI",
            "TUYẾT NHẬT",
            "Tối mai",
            "TÔI MÁT",
            "MA",
            "MT",
            "M.A.T",
            "MẬT ĐỘ",
            "TOÁN",
            "Toi mat",
            "THƯ MẬT",
            "AN",
            "TT",
            "ẤT",
            "HÀ MẬU",
        ] {
            assert_eq!(level(text), None, "{text}");
        }
    }
}
