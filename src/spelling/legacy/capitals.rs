//! Owns capitals that an old font had no letter for: `CHấP HàNH` was typed for CHẤP HÀNH. It
//! refuses to touch a word whose case its neighbours leave open.

use std::borrow::Cow;

use crate::spelling::{is_syllable, line};

/// What a word's letters say of the case it was meant in.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Case {
    /// A syllable with two plain capitals and no plain small letter: nobody means `CHấP`.
    Capitals,
    /// A plain small letter, so it was meant as it stands.
    Small,
    /// Small letters with marks after a plain capital (`Bộ`), or such letters alone (`ủ`).
    Open { capital: bool },
    /// Neither: numbers, abbreviations, signs.
    Silent,
}

/// The text with its words in capitals made wholly so. TCVN3 has no capitals with tones, so they
/// were typed small; texts converted to Unicode keep them that way. A word is raised where its own
/// plain letters say so, an open one (`Bộ`) only beside such words on its line.
#[must_use]
pub fn raise(text: &str) -> Cow<'_, str> {
    let mixed = |line: &str| {
        let mut plain = 0;
        line.chars().any(|c| {
            plain += usize::from(c.is_ascii_uppercase());
            plain > 1
        }) && line.chars().any(|c| !c.is_ascii() && c.is_lowercase())
    };
    if !text.split(['\n', '\t']).any(mixed) {
        return Cow::Borrowed(text);
    }
    let mut out = String::with_capacity(text.len() + 16);
    for cell in text.split_inclusive(['\n', '\t']) {
        if mixed(cell) {
            raise_cell(cell, &mut out);
        } else {
            out.push_str(cell);
        }
    }
    Cow::Owned(out)
}

fn raise_cell(cell: &str, out: &mut String) {
    let words: Vec<&str> = cell.split_inclusive(char::is_whitespace).collect();
    let cases: Vec<Case> = words.iter().map(|word| case(word)).collect();
    for (n, word) in words.iter().enumerate() {
        let before = cases[..n].iter().rev().find(|c| **c != Case::Silent);
        let after = cases[n + 1..].iter().find(|c| **c != Case::Silent);
        let beside = |neighbour: Option<&Case>| neighbour == Some(&Case::Capitals);
        // An open neighbour is as good as none: `BAN Bộ Sở HàNH`.
        let against = |neighbour: Option<&Case>| neighbour == Some(&Case::Small);
        let raised = match cases[n] {
            Case::Capitals => true,
            Case::Open { capital: true } => beside(before) || beside(after),
            Case::Open { capital: false } => {
                (beside(before) || beside(after)) && !against(before) && !against(after)
            }
            Case::Small | Case::Silent => false,
        };
        if raised {
            out.push_str(&word.to_uppercase());
        } else {
            out.push_str(word);
        }
    }
}

fn case(word: &str) -> Case {
    let letters = |wanted: fn(&char) -> bool| word.chars().filter(wanted).count();
    let plain = letters(char::is_ascii_uppercase);
    let marked = word.chars().any(|c| !c.is_ascii() && c.is_lowercase());
    if letters(char::is_ascii_lowercase) > 0 {
        Case::Small
    } else if plain > 1 && word.len() < 60 {
        let bare = line(word);
        let bare = bare.trim_matches(|c: char| !c.is_alphabetic());
        let parts = || bare.split(|c: char| !c.is_alphabetic());
        let whole = !bare.is_empty() && parts().all(|p| p.is_empty() || is_syllable(p));
        if whole { Case::Capitals } else { Case::Silent }
    } else if marked {
        let capital = word.chars().find(|c| c.is_alphabetic());
        Case::Open {
            capital: capital.is_some_and(char::is_uppercase),
        }
    } else {
        Case::Silent
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_in_capitals_are_raised_and_no_others() {
        for (typed, meant) in [
            ("BAN CHấP HàNH TRUNG ƯƠNG", "BAN CHẤP HÀNH TRUNG ƯƠNG"),
            ("CủA Bộ CHíNH TRị", "CỦA BỘ CHÍNH TRỊ"),
            ("I- MụC ĐíCH, YêU CầU", "I- MỤC ĐÍCH, YÊU CẦU"),
            ("Tờ TRìNH", "TỜ TRÌNH"),
            ("GóP ý Dự THảO", "GÓP Ý DỰ THẢO"),
            ("HƯớNG DẫN", "HƯỚNG DẪN"),
            ("Số 11-HD/VPTW", "Số 11-HD/VPTW"),
            ("Số: 5/QĐ-UBND\tTỉNH ủY", "Số: 5/QĐ-UBND\tTỈNH ỦY"),
            (
                "Căn cứ Nghị định của Bộ GTVT và Bộ Nội vụ",
                "Căn cứ Nghị định của Bộ GTVT và Bộ Nội vụ",
            ),
            ("Bộ Y tế, Sở Y tế", "Bộ Y tế, Sở Y tế"),
            ("của BAN CHấP HàNH về ý kiến", "của BAN CHẤP HÀNH về ý kiến"),
            ("MËT", "MËT"),
            (
                "CTY A & B, PhD, iPhone của tôi",
                "CTY A & B, PhD, iPhone của tôi",
            ),
        ] {
            assert_eq!(raise(typed), meant);
            assert_eq!(raise(meant), meant);
        }
    }
}
