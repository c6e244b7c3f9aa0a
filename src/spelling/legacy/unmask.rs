//! Owns telling that text was meant in an old alphabet although nothing says so: letters copied out
//! of an old font, bytes without a name. It refuses to decide by a single word.

use std::collections::BTreeSet;

use super::Legacy;
use crate::spelling::Quality;

/// Bytes of one cell that are weighed; the rest reads as they do.
const WEIGHED: usize = 800;

/// How many different words must become Vietnamese before a text is taken for an alphabet: units
/// (`µm`) and signs in a Unicode text heal into one or two.
const HEALED_MIN: usize = 3;

const ALPHABETS: [Legacy; 2] = [Legacy::Tcvn3, Legacy::Vni];

/// How one line, or one cell of it, is to be read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Reading {
    /// No letter that two alphabets would read differently.
    Plain,
    /// As it stands.
    Unicode,
    /// In an old alphabet.
    Old(Legacy),
    /// Vietnamese either way, or neither way.
    Open,
}

/// The text as it was meant, where it is no Vietnamese as it stands but is in one of the old
/// alphabets. None where nothing is to be changed. A text may be mixed: each line and cell is read
/// by what heals it, one that could be either like its nearest neighbour.
#[must_use]
pub fn unmask(text: &str) -> Option<String> {
    let cells: Vec<&str> = text.split_inclusive(['\n', '\t', '\u{c}']).collect();
    let weighed: Vec<Weighed> = cells.iter().map(|cell| weigh(cell)).collect();
    let spoken = ALPHABETS.map(|alphabet| is_spoken(alphabet, &weighed));
    if spoken == [false, false] {
        return None;
    }
    let readings: Vec<Reading> = weighed.iter().map(|w| w.reading(spoken)).collect();
    let mut out = String::with_capacity(text.len() + text.len() / 4);
    for (cell, alphabet) in cells.iter().zip(settled(&readings)) {
        match alphabet {
            Some(alphabet) => out.push_str(&alphabet.decode(cell)),
            None => out.push_str(cell),
        }
    }
    (out != text).then_some(out)
}

/// True for a letter that stands in no text of an old alphabet: beyond Latin-1, or a mark.
pub(super) fn is_unicode(c: char) -> bool {
    let letter = c.is_alphabetic() || unicode_normalization::char::is_combining_mark(c);
    c > '\u{ff}'
        && letter
        && !matches!(c, 'μ' | 'Œ' | 'œ' | 'Š' | 'š' | 'Ž' | 'ž' | 'Ÿ' | 'ƒ')
        && !matches!(c, '\u{f020}'..='\u{f0ff}')
}

/// What a cell says of itself.
enum Weighed {
    Plain,
    Unicode,
    /// As it stands, and in each of [`ALPHABETS`] with its words.
    Latin(Quality, [(Quality, String); 2]),
}

fn quality(text: &str) -> Quality {
    let mut quality = Quality::default();
    quality.add(text);
    quality
}

fn weigh(cell: &str) -> Weighed {
    if cell.is_ascii() {
        return Weighed::Plain;
    }
    if cell.chars().any(is_unicode) {
        return Weighed::Unicode;
    }
    let cell = &cell[..cell.floor_char_boundary(WEIGHED)];
    let read = ALPHABETS.map(|alphabet| {
        let text = alphabet.decode(cell);
        (quality(&text), text)
    });
    Weighed::Latin(quality(cell), read)
}

impl Weighed {
    /// How many words the alphabet makes Vietnamese, less those it breaks.
    fn healed(&self, alphabet: Legacy) -> isize {
        let Self::Latin(raw, read) = self else {
            return 0;
        };
        let read = read[usize::from(alphabet == Legacy::Vni)].0;
        raw.strangers.cast_signed() - read.strangers.cast_signed()
    }

    fn reading(&self, spoken: [bool; 2]) -> Reading {
        let Self::Latin(..) = self else {
            return match self {
                Self::Plain => Reading::Plain,
                _ => Reading::Unicode,
            };
        };
        let known = ALPHABETS.iter().zip(spoken).filter(|(_, spoken)| *spoken);
        let best = known.max_by_key(|(alphabet, _)| self.healed(**alphabet));
        match best.map(|(alphabet, _)| (*alphabet, self.healed(*alphabet))) {
            Some((alphabet, healed)) if healed > 0 => Reading::Old(alphabet),
            _ => Reading::Open,
        }
    }
}

/// True where the cells that the alphabet heals are good Vietnamese in it, of several words.
fn is_spoken(alphabet: Legacy, cells: &[Weighed]) -> bool {
    let (mut all, mut words) = (Quality::default(), BTreeSet::new());
    for cell in cells {
        let Weighed::Latin(_, read) = cell else {
            continue;
        };
        let other = ALPHABETS.into_iter().find(|a| *a != alphabet);
        let healed = cell.healed(alphabet);
        if healed <= 0 || other.is_some_and(|other| cell.healed(other) > healed) {
            continue;
        }
        let (quality, text) = &read[usize::from(alphabet == Legacy::Vni)];
        all.syllables += quality.syllables;
        all.marked += quality.marked;
        all.strangers += quality.strangers;
        if words.len() < HEALED_MIN {
            let marked = |w: &&str| !w.is_ascii() && crate::spelling::is_syllable(w);
            words.extend(text.split(|c: char| !c.is_alphabetic()).filter(marked));
        }
    }
    words.len() >= HEALED_MIN && all.is_good()
}

/// The alphabet of each cell: an open one goes with the nearest decided one, the earlier of two.
fn settled(readings: &[Reading]) -> Vec<Option<Legacy>> {
    let decided = |n: &usize| matches!(readings[*n], Reading::Old(_) | Reading::Unicode);
    let mut before: Option<usize> = None;
    let mut after = (0..readings.len()).filter(decided).peekable();
    let mut out = Vec::with_capacity(readings.len());
    for (n, reading) in readings.iter().enumerate() {
        while after.next_if(|at| *at < n).is_some() {}
        let nearest = match (*reading, before, after.peek().copied()) {
            (Reading::Plain, ..) => None,
            (Reading::Open, Some(b), Some(a)) if n - b <= a - n => Some(b),
            (Reading::Open, before, after) => after.or(before),
            _ => Some(n),
        };
        before = if decided(&n) { Some(n) } else { before };
        out.push(nearest.and_then(|at| match readings[at] {
            Reading::Old(alphabet) => Some(alphabet),
            _ => None,
        }));
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_is_no_vietnamese_is_unmasked() {
        for text in [
            "Nghị quyết về một số vấn đề cấp bách",
            "The quick brown fox jumps",
            "Le général a été élu à la présidence de la République française en été",
            "Für die Übung müssen Schüler größere Bücher über Köln lesen",
            "Đo ở 5 µm, 25 °C, 3 m², ½ giờ\n10 µm\n20 µm\n30 µg\n±5 µs\n",
            "Số 5\nBé\ncó\nhai bên và\nĐảng uỷ",
            "",
        ] {
            assert_eq!(unmask(text), None, "{text}");
        }
        let old = "Hµ Néi, ngµy 28 th¸ng 5 n¨m 2004, h\u{ad}íng dÉn vÒ thÓ thøc v¨n b¶n cña §¶ng";
        assert_eq!(
            unmask(old).as_deref(),
            Some("Hà Nội, ngày 28 tháng 5 năm 2004, hướng dẫn về thể thức văn bản của Đảng")
        );
    }

    #[test]
    fn each_line_and_cell_is_read_by_itself() {
        let mixed = "ĐẢNG UỶ XÃ\tHµ Néi, ngµy 28 th¸ng 5\nSố 5-NQ/ĐU\nvề một số việc\n\
            Thùc hiÖn NghÞ quyÕt cña §¶ng\nBé ChÝnh trÞ\nBé\nx· héi\n";
        assert_eq!(
            unmask(mixed).as_deref(),
            Some(
                "ĐẢNG UỶ XÃ\tHà Nội, ngày 28 tháng 5\nSố 5-NQ/ĐU\nvề một số việc\n\
                Thực hiện Nghị quyết của Đảng\nBộ Chính trị\nBộ\nxã hội\n"
            )
        );
        let both =
            "Thùc hiÖn NghÞ quyÕt cña §¶ng\nÑaûng Coäng saûn Vieät Nam, ngaøy ba thaùng hai\n";
        assert_eq!(
            unmask(both).as_deref(),
            Some("Thực hiện Nghị quyết của Đảng\nĐảng Cộng sản Việt Nam, ngày ba tháng hai\n")
        );
    }
}
