//! Owns what can be a written Vietnamese syllable, and with it whether a text is Vietnamese at all
//! and where a page has torn words apart. It refuses to know what the words mean.

use std::collections::HashSet;
use std::sync::LazyLock;

use unicode_normalization::UnicodeNormalization;

/// Initial consonants, longest first.
const ONSETS: [&str; 28] = [
    "ngh", "ng", "nh", "gh", "gi", "kh", "ph", "qu", "th", "tr", "ch", "b", "c", "d", "đ", "g",
    "h", "k", "l", "m", "n", "p", "r", "s", "t", "v", "x", "",
];

/// Every rime, without its tone. Sorted by vowel; `y` alone and `yê-` stand where they are written.
const RIMES: &str = " a ac ach ai am an ang anh ao ap at au ay ăc ăm ăn ăng ăp ăt âc âm ân âng âp \
    ât âu ây e ec em en eng eo ep et ê êch êm ên ênh êp êt êu i ia ich iêc iêm iên iêng iêp iêt \
    iêu im in inh ip it iu o oa oac oach oai oam oan oang oanh oao oap oat oay oăc oăm oăn oăng \
    oăt oc oe oen oeo oet oi om on ong ooc oong op ot ô ôc ôi ôm ôn ông ôp ôt ơ ơi ơm ơn ơp ơt u \
    ua uân uâng uât uây uc uê uêch uênh ui um un ung uôc uôi uôm uôn uông uôt up ut uơ uy uya \
    uych uyên uyêt uynh uyt uyu ư ưa ưc ưi ưm ưn ưng ươc ươi ươm ươn ương ươp ươt ươu ưt ưu y \
    yêm yên yêng yêt yêu ych yn ynh yt ";

static RIME: LazyLock<HashSet<&str>> = LazyLock::new(|| RIMES.split_whitespace().collect());

/// The longest syllable: "nghiêng".
const LETTERS_MAX: usize = 7;

/// The word without its tone, in small NFC letters, and how many tones it bore; none where it
/// holds anything but letters.
fn bare(word: &str) -> Option<(String, usize, bool)> {
    let (mut base, mut tones, mut stopped) = (String::new(), 0, false);
    for c in word.chars().flat_map(char::to_lowercase).nfd() {
        match c {
            '\u{301}' | '\u{323}' => (tones, stopped) = (tones + 1, true),
            '\u{300}' | '\u{303}' | '\u{309}' => tones += 1,
            '\u{302}' | '\u{306}' | '\u{31b}' => base.push(c),
            'ð' | 'ɖ' => base.push('đ'),
            c if c.is_alphabetic() => base.push(c),
            _ => return None,
        }
    }
    Some((base.nfc().collect(), tones, stopped))
}

/// True where `word` can be one written Vietnamese syllable, in any case and normal form. Rimes in
/// -c, -ch, -p, -t bear sắc or nặng; c, g, ng stand before a, o, u and k, gh, ngh before e, i.
#[must_use]
pub fn is_syllable(word: &str) -> bool {
    if word.is_empty() || word.chars().filter(|c| !is_mark(*c)).count() > LETTERS_MAX {
        return false;
    }
    let Some((base, tones, stopped)) = bare(word) else {
        return false;
    };
    let closed = base.ends_with(['c', 'p', 't']) || base.ends_with("ch");
    if tones > 1 || (closed && !stopped) {
        return false;
    }
    ONSETS.iter().any(|onset| {
        let Some(rime) = base.strip_prefix(onset).filter(|rime| !rime.is_empty()) else {
            return false;
        };
        let front = rime.starts_with(['e', 'ê', 'i', 'y']);
        let fits = match *onset {
            "k" | "gh" | "ngh" => front,
            "c" | "ng" => !front,
            "g" => !front || rime.starts_with('i'),
            _ => true,
        };
        fits && RIME.contains(rime)
    }) || base == "gi"
}

/// True where every letter that has a plain form is a capital, and there is one. Old fonts had no
/// accented capitals, so `HƯớNG DẫN` is capitals too.
#[must_use]
pub fn is_capitals(text: &str) -> bool {
    let plain = text.chars().filter(char::is_ascii_alphabetic);
    let mut any = false;
    for c in plain {
        if c.is_ascii_lowercase() {
            return false;
        }
        any = true;
    }
    any || text.chars().any(char::is_uppercase)
}

/// How Vietnamese a text looks.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Quality {
    /// Words that are syllables.
    pub syllables: usize,
    /// Of them, words with a letter that only Vietnamese spelling gives.
    pub marked: usize,
    /// Words that are none.
    pub strangers: usize,
}

impl Quality {
    /// Adds the words of `text`. Numbers, symbols and abbreviations in capitals count for nothing.
    pub fn add(&mut self, text: &str) {
        for word in text.split(|c: char| !c.is_alphanumeric() && !is_mark(c)) {
            let short = word.len() <= 8 && word.bytes().all(|b| b.is_ascii_uppercase());
            if word.is_empty() || short || word.chars().any(|c| c.is_ascii_digit()) {
                continue;
            }
            if is_syllable(word) {
                self.syllables += 1;
                self.marked += usize::from(!word.is_ascii());
            } else {
                self.strangers += 1;
            }
        }
    }

    /// True where the text can be trusted to be Vietnamese read rightly: 7 words of 10 are
    /// syllables and 3 of 10 of those bear marks. Measured on real texts: 95 and 70 of 100; a
    /// legacy encoding gives under 50, English 40 and 0.
    #[must_use]
    pub fn is_good(self) -> bool {
        let words = self.syllables + self.strangers;
        words > 0 && self.syllables * 10 >= words * 7 && self.marked * 10 >= self.syllables * 3
    }
}

fn is_mark(c: char) -> bool {
    unicode_normalization::char::is_combining_mark(c)
}

/// Rimes that stand as words without an initial; any other is a piece of a torn word.
const ALONE: &str = " ai am an anh ao ac ach ang ap ăn ăc ăp ăng âm ân âu âp ât ây em en eo ep \
    im in ich it oai oan oanh oc oi om ong op ôc ôi ôm ôn ông ơi ơn ơt ui un ung uôn uông ut uy \
    ưa ưc ưng ươc ươm ươn ương ươp ươt ưu yêm yên yêt yêu ";

static STANDS_ALONE: LazyLock<HashSet<&str>> = LazyLock::new(|| ALONE.split_whitespace().collect());

/// Vowels that stand as words of their own, with their tone.
const ONE_LETTER: &str = "ởýàạôyừồơ";

fn is_word(piece: &str) -> bool {
    let low: String = piece.to_lowercase().nfc().collect();
    let open = bare(&low).is_some_and(|(base, ..)| {
        RIME.contains(base.as_str()) && !STANDS_ALONE.contains(base.as_str())
    });
    is_syllable(&low) && (!open || (low.chars().count() == 1 && ONE_LETTER.contains(&low)))
}

/// How many of the pieces from the first one on make one torn word: their join is a syllable and
/// at least one of them is no word. The last may bear punctuation.
fn torn(pieces: &[&str]) -> Option<usize> {
    // Most words of most texts are too long for that already; what is asked of every word of a
    // document must not be dear.
    let mut letters = 0;
    let lengths = pieces.iter().take(4).map(|piece| {
        let marks = |c: &char| !is_mark(*c) && !c.is_ascii_punctuation() && !"“".contains(*c);
        letters += piece.chars().filter(marks).count();
        letters
    });
    let most = lengths.take_while(|length| *length <= LETTERS_MAX).count();
    (2..=most).rev().find(|n| {
        let last = pieces[n - 1].trim_end_matches(|c: char| c.is_ascii_punctuation());
        let first = pieces[0].trim_start_matches(|c: char| "(\"“-".contains(c));
        let mut parts: Vec<&str> = pieces[..*n].to_vec();
        (parts[0], parts[n - 1]) = (first, last);
        parts.iter().all(|p| !p.is_empty())
            && is_syllable(&parts.concat())
            && parts.iter().any(|p| !is_word(p))
    })
}

/// True where a text has words torn by stray blanks often enough (5 of them, 2 in 100) that it is
/// the page's fault and not a list of single letters. Reads at most 2,000 words.
#[must_use]
pub fn is_broken(text: &str) -> bool {
    let words: Vec<&str> = text.split_whitespace().take(2_000).collect();
    let (mut at, mut found) = (0, 0);
    while at < words.len() {
        let n = torn(&words[at..]).unwrap_or(0);
        found += usize::from(n > 0);
        at += n.max(1);
    }
    found >= 5 && found * 50 >= words.len()
}

/// One line with its torn words made whole: "tr ị" becomes "trị", "hi ệu qu ả" "hiệu quả". Only
/// for texts that [`is_broken`] says are.
#[must_use]
pub fn rejoin(line: &str) -> String {
    let words: Vec<&str> = line.split(' ').filter(|w| !w.is_empty()).collect();
    let mut out = String::with_capacity(line.len());
    let mut at = 0;
    while at < words.len() {
        let n = torn(&words[at..]).unwrap_or(1);
        if at > 0 {
            out.push(' ');
        }
        out.extend(words[at..at + n].iter().copied());
        at += n;
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn syllables_and_other_letters() {
        for word in [
            "nghị",
            "QUYẾT",
            "giếng",
            "gì",
            "quốc",
            "uỷ",
            "khuỷu",
            "ngoằn",
            "yêu",
            "Đảng",
            "ở",
            "thuở",
            "ye\u{302}u",
            "chuyển",
            "đẩy",
            "giữ",
            "hoạt",
            "Quỳnh",
            "xoong",
            "ưu",
        ] {
            assert!(is_syllable(word), "{word}");
        }
        for word in [
            "",
            "t",
            "ngi",
            "kả",
            "tac",
            "CHÊP",
            "§¶ng",
            "Ñaûng",
            "qu",
            "with",
            "strong",
            "TW",
            "việtnam",
            "12",
            "tríị",
            "ệung",
        ] {
            assert!(!is_syllable(word), "{word}");
        }
    }

    #[test]
    fn torn_words_are_made_whole() {
        let torn = "thay đ ổi th ời gian tổ ch ức, hi ệu qu ả c ấp u ỷ, NGH Ị QUY Ế T tr ị.";
        let whole = "thay đổi thời gian tổ chức, hiệu quả cấp uỷ, NGHỊ QUYẾT trị.";
        assert!(is_broken(torn));
        assert_eq!(rejoin(torn), whole);
        assert!(!is_broken(whole));
        assert_eq!(rejoin(whole), whole);
    }

    #[test]
    fn quality_tells_vietnamese_from_its_wrecks() {
        for (text, good) in [
            (
                "Căn cứ Điều lệ Đảng, Bộ Chính trị quy định về xử lý kỷ luật đảng viên",
                true,
            ),
            (
                "C¨n cø §iÒu lÖ §¶ng, Bé ChÝnh trÞ quy ®Þnh vÒ xö lý kû luËt ®¶ng viªn",
                false,
            ),
            (
                "Ñaûng Coäng saûn Vieät Nam, ngaøy 28 thaùng 12 naêm 2000, Quoác hoäi",
                false,
            ),
            (
                "NG C NG S N VI T NAM S : 23-CT/TW Hà N i, ng y 9 th ng 2 n m 2018",
                false,
            ),
            (
                "The quick brown fox jumps over the lazy dog and runs to the barn",
                false,
            ),
            (
                "Ke hoach to chuc sinh hoat chuyen de quy mot nam hai nghin",
                false,
            ),
            ("1 2 3 23-CT/TW", false),
        ] {
            let mut quality = Quality::default();
            quality.add(text);
            assert_eq!(quality.is_good(), good, "{text} {quality:?}");
        }
    }

    #[test]
    fn capitals_of_old_fonts() {
        assert!(is_capitals("HƯớNG DẫN") && is_capitals("MẬT") && is_capitals("Ủ"));
        assert!(!is_capitals("Hướng dẫn") && !is_capitals("12") && !is_capitals(""));
    }
}
