//! Owns the shapes in which the letters of a mark can stand in a cell: spaced, stacked, in another
//! alphabet's look-alikes, in an old font's bytes. It refuses to know what stands around the cell.

use std::borrow::Cow;
use std::sync::LazyLock;

use crate::document::Secrecy;
use crate::spelling::Letters;

/// Letters set so widely, or under each other, that each is a cell: adds the cell to the pieces
/// where it has at most `max` letters, and tells whether the last pieces together are a mark.
pub(super) fn spelled(pieces: &mut Vec<Letters>, cell: &str, max: usize) -> Option<Secrecy> {
    let piece = if cell.len() <= 60 {
        Letters::of(cell)
    } else {
        Letters::default()
    };
    let count = piece.count();
    if count == 0 || count > max {
        pieces.clear();
        return None;
    }
    let ends = piece.base.ends_with('t');
    pieces.push(piece);
    if pieces.len() > 8 {
        pieces.remove(0);
    }
    if !ends {
        return None;
    }
    let mut joined = Letters::default();
    let mut best = None;
    for (n, piece) in pieces.iter().rev().enumerate() {
        let mut longer = piece.clone();
        longer.join(&joined);
        joined = longer;
        if joined.count() > 8 {
            break;
        }
        best = best.max(level_of(&joined).filter(|_| n > 0));
    }
    best
}

/// The level that letters are.
pub(super) fn level_of(letters: &Letters) -> Option<Secrecy> {
    static LEVELS: LazyLock<[(Letters, Secrecy); 3]> = LazyLock::new(|| {
        [
            (Letters::of("tuyệt mật"), Secrecy::TuyetMat),
            (Letters::of("tối mật"), Secrecy::ToiMat),
            (Letters::of("mật"), Secrecy::Mat),
        ]
    });
    let found = LEVELS.iter().find(|(mark, _)| mark == letters);
    found.map(|(_, level)| *level)
}

/// The level that the letters of a cell are, whatever blanks and signs stand between them.
pub(super) fn whole_level(cell: &str) -> Option<Secrecy> {
    (cell.len() <= 200)
        .then(|| level_of(&Letters::of(cell)))
        .flatten()
}

/// False where a cell can hold no mark, found out cheaply since every cell of every page is asked:
/// it has more letters than a spaced mark and no word from m to t, and none of the words of the
/// line on envelopes.
pub(super) fn may_be_mark(cell: &str) -> bool {
    let letters = cell.chars().filter(|c| c.is_alphabetic()).take(13).count();
    letters <= 12
        || has_word_from_m_to_t(cell)
        || cell.len() <= super::MARK_MAX
            && cell.contains(['b', 'B', 'ì', 'Ì'])
            && Letters::of(cell).base.ends_with("bocbi")
        || !cell.is_ascii()
            && cell
                .chars()
                .any(|c| ('\u{ff00}'..'\u{ff60}').contains(&c) || c >= '\u{1d400}')
}

/// A cheap question: every level holds "mật", whatever its accents are written with.
pub(super) fn has_word_from_m_to_t(text: &str) -> bool {
    super::words(text).any(|word| {
        let word = word.trim_end_matches(unicode_normalization::char::is_combining_mark);
        word.len() <= 14 && word.starts_with(M) && word.ends_with(T)
    })
}

/// The cell with look-alikes of other alphabets made Latin: full-width and mathematical letters by
/// compatibility, Cyrillic and Greek capitals by table.
pub(super) fn looks(cell: &str) -> Cow<'_, str> {
    use unicode_normalization::UnicodeNormalization;
    let alien =
        |c: char| matches!(c, '\u{370}'..='\u{4ff}' | '\u{ff00}'..='\u{ff60}') || c >= '\u{1d400}';
    if cell.len() > super::MARK_MAX * 6 || !cell.contains(alien) {
        return Cow::Borrowed(cell);
    }
    let latin = |c| match c {
        'М' | 'Μ' => 'M',
        'А' | 'Α' => 'A',
        'Т' | 'Τ' => 'T',
        'О' | 'Ο' => 'O',
        'І' | 'Ι' => 'I',
        'Е' | 'Ε' => 'E',
        'У' | 'Υ' => 'Y',
        c => c,
    };
    cell.nfkc().map(latin).collect()
}

const M: [char; 4] = ['m', 'M', 'М', 'Μ'];
pub(super) const T: [char; 4] = ['t', 'T', 'Т', 'Τ'];

/// A cheap question before dear ones: every mark, spaced or not, begins with m or t and ends in t.
pub(super) fn from_m_or_t_to_t(text: &str) -> bool {
    let letter = |c: &char| c.is_alphabetic();
    let first = text.chars().find(letter);
    let last = text.chars().rev().find(letter);
    first.is_some_and(|c| M.contains(&c) || T.contains(&c)) && last.is_some_and(|c| T.contains(&c))
}

/// A mark in an old 8-bit font whose bytes were taken for Latin letters: TCVN3 `MËT`, VNI `MAÄT`,
/// windows-1258 read as 1252 `MÂòT`, UTF-8 read as Latin-1 `Máº¬T`.
pub(super) fn legacy(cell: &str) -> Option<Secrecy> {
    let letters: String = cell
        .chars()
        .filter(|c| c.is_alphabetic())
        .flat_map(char::to_lowercase)
        .collect();
    match letters.as_str() {
        "mët" | "maät" | "mâòt" | "máºt" | "mâ\u{323}t" => Some(Secrecy::Mat),
        "tèimët" | "toáimaät" | "tôìmâòt" | "tôìimâòt" | "tá\u{ba}imá\u{ba}t" => {
            Some(Secrecy::ToiMat)
        }
        "tuyötmët" | "tuyeätmaät" | "tuyêòtmâòt" => Some(Secrecy::TuyetMat),
        _ => None,
    }
}
