//! Owns the 8-bit Vietnamese alphabets that live in fonts: letters that stand in a file as Latin-1
//! and show as Vietnamese in `.VnTime` or `VNI-Times`. It refuses to know files and formats.

mod capitals;
mod unmask;

use std::borrow::Cow;
use std::sync::LazyLock;

use unicode_normalization::UnicodeNormalization;

pub use capitals::raise;
pub use unmask::unmask;

/// An alphabet in which Vietnamese was typed before Unicode.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Legacy {
    /// TCVN 5712:1993, third part ("ABC"): one character a letter; fonts named `.Vn…`.
    Tcvn3,
    /// VNI-Windows: a letter and a second character for its marks; fonts named `VNI-…`.
    Vni,
}

/// TCVN3 from U+00A1 to U+00FF, as `iconv -f TCVN5712-1` reads it. ư is U+00AD, the soft hyphen.
/// Capitals with tones are of the standard's other parts; no font named `.Vn…` has them.
const TCVN3: &str = "ĂÂÊÔƠƯĐăâêôơưđẰ\u{300}\u{309}\u{303}\u{301}\u{323}\
    àảãáạẲằẳẵắẴẮẦẨẪẤỀặầẩẫấậèỂẻẽéẹềểễếệìỉỄẾỒĩíịòỔỏõóọồổỗốộờởỡớợùỖ\
    ủũúụừửữứựỳỷỹýỵỐ";

/// VNI: the second characters of the letters a, e, o, u, y, ô-like ơ and ư, and what they add.
const VNI_MARKS: &[(char, &str)] = &[
    ('ø', "\u{300}"),
    ('ù', "\u{301}"),
    ('û', "\u{309}"),
    ('õ', "\u{303}"),
    ('ï', "\u{323}"),
    ('â', "\u{302}"),
    ('à', "\u{302}\u{300}"),
    ('á', "\u{302}\u{301}"),
    ('å', "\u{302}\u{309}"),
    ('ã', "\u{302}\u{303}"),
    ('ä', "\u{302}\u{323}"),
    ('ê', "\u{306}"),
    ('è', "\u{306}\u{300}"),
    ('é', "\u{306}\u{301}"),
    ('ú', "\u{306}\u{309}"),
    ('ü', "\u{306}\u{303}"),
    ('ë', "\u{306}\u{323}"),
];

/// VNI: letters that are one character.
const VNI_LETTERS: &[(char, char)] = &[
    ('ñ', 'đ'),
    ('ô', 'ơ'),
    ('ö', 'ư'),
    ('î', 'ỵ'),
    ('æ', 'ỉ'),
    ('ó', 'ĩ'),
    ('ò', 'ị'),
];

impl Legacy {
    /// The alphabet that a font's name promises, whatever stands before the name (`ABCDEF+.VnTime`
    /// in a PDF).
    #[must_use]
    pub fn of_font(name: &str) -> Option<Self> {
        let name = name.rsplit('+').next().unwrap_or(name).trim();
        let low = name.to_ascii_lowercase();
        let begins = |words: &[&str]| words.iter().any(|word| low.starts_with(word));
        if begins(&[".vn", "vntime", "vnarial"]) {
            Some(Self::Tcvn3)
        } else if begins(&["vni-", "vni ", "vntimes"]) {
            Some(Self::Vni)
        } else {
            None
        }
    }

    /// What the characters show in a font of this alphabet. NFC. Text in symbol fonts stands in the
    /// private use area (U+F0xx), as Word keeps it.
    #[must_use]
    pub fn decode(self, text: &str) -> String {
        let letters = text.chars().map(|c| match c {
            '\u{f020}'..='\u{f0ff}' => char::from_u32(u32::from(c) - 0xf000).unwrap_or(c),
            'μ' => 'µ',
            c => c,
        });
        match self {
            Self::Tcvn3 => letters.map(tcvn3).nfc().collect(),
            Self::Vni => vni(letters).into_iter().nfc().collect(),
        }
    }
}

/// A run of text as its font shows it; `.VnTimeH` and its kin show small letters as capitals. A run
/// with letters that the font's alphabet does not have was typed in Unicode and stays.
#[must_use]
pub fn shown<'a>(text: &'a str, font: Option<&str>) -> Cow<'a, str> {
    let Some((font, alphabet)) = font.and_then(|f| Some((f, Legacy::of_font(f)?))) else {
        return Cow::Borrowed(text);
    };
    if text.chars().any(unmask::is_unicode) {
        return Cow::Borrowed(text);
    }
    let read = alphabet.decode(text);
    let faces = || font.split([',', '-', ' ']);
    let capitals = alphabet == Legacy::Tcvn3 && faces().any(|part| part.ends_with('H'));
    Cow::Owned(if capitals { read.to_uppercase() } else { read })
}

fn tcvn3(c: char) -> char {
    static LETTERS: LazyLock<Vec<char>> = LazyLock::new(|| TCVN3.chars().collect());
    let at = u32::from(c).checked_sub(0xa1).map(|n| n as usize);
    at.and_then(|n| LETTERS.get(n).copied()).unwrap_or(c)
}

fn vni(text: impl Iterator<Item = char>) -> Vec<char> {
    let mut rest = text.peekable();
    let mut out: Vec<char> = Vec::new();
    while let Some(c) = rest.next() {
        let letter = in_case(c, VNI_LETTERS).unwrap_or(c);
        out.push(letter);
        let low = letter.to_lowercase().next().unwrap_or(letter);
        if !"aeouyơư".contains(low) {
            continue;
        }
        let mark = |next: &char| next.to_lowercase().next();
        let mark = rest.peek().and_then(mark).and_then(|next| {
            let found = VNI_MARKS.iter().find(|(c, _)| *c == next);
            found.filter(|_| fits(low, next)).map(|(_, marks)| *marks)
        });
        if let Some(marks) = mark {
            out.extend(marks.chars());
            rest.next();
        }
    }
    out
}

/// Which second characters a letter takes: circumflex and breve stand on a, e and o only.
fn fits(letter: char, mark: char) -> bool {
    match mark {
        'ø' | 'ù' | 'û' | 'õ' | 'ï' => true,
        'â' | 'à' | 'á' | 'å' | 'ã' | 'ä' => "aeo".contains(letter),
        _ => letter == 'a',
    }
}

fn in_case(c: char, table: &[(char, char)]) -> Option<char> {
    let low = c.to_lowercase().next()?;
    let found = table.iter().find(|(from, _)| *from == low)?.1;
    if c == low {
        Some(found)
    } else {
        found.to_uppercase().next()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn old_alphabets_read_as_they_showed() {
        for (alphabet, typed, shown) in [
            (
                Legacy::Tcvn3,
                "§¶ng Céng s¶n ViÖt Nam",
                "Đảng Cộng sản Việt Nam",
            ),
            (Legacy::Tcvn3, "t\u{ad}¬ng, Uû ban", "tương, Uỷ ban"),
            (
                Legacy::Vni,
                "Ñaûng Coäng saûn Vieät Nam",
                "Đảng Cộng sản Việt Nam",
            ),
            (
                Legacy::Vni,
                "UYÛ BAN THÖÔØNG VUÏ QUOÁC HOÄI",
                "UỶ BAN THƯỜNG VỤ QUỐC HỘI",
            ),
            (
                Legacy::Vni,
                "ngaøy 28 thaùng 12 naêm",
                "ngày 28 tháng 12 năm",
            ),
            (
                Legacy::Vni,
                "Lyù do, kyõ thuaät, chæ thò",
                "Lý do, kỹ thuật, chỉ thị",
            ),
        ] {
            assert_eq!(alphabet.decode(typed), shown);
        }
    }

    #[test]
    fn fonts_say_their_alphabet() {
        for (font, alphabet) in [
            (".VnTime", Some(Legacy::Tcvn3)),
            ("ABCDEF+.VnArialH", Some(Legacy::Tcvn3)),
            ("VNI-Times", Some(Legacy::Vni)),
            ("Times New Roman", None),
            ("", None),
        ] {
            assert_eq!(Legacy::of_font(font), alphabet, "{font}");
        }
        assert_eq!(shown("chØ thÞ", Some(".VnTimeH")), "CHỈ THỊ");
        for font in [
            "AAAAAA+.VnTimeH",
            ".VnArialH,Bold",
            ".VnTimeH Bold",
            ".VnTimeH-Bold",
        ] {
            assert_eq!(shown("mËt", Some(font)), "MẬT", "{font}");
        }
        assert_eq!(shown("mËt", Some(".VnHelvetica")), "mật");
        assert_eq!(shown("\u{f0a7}\u{f0b6}ng", Some(".VnTime")), "Đảng");
        assert_eq!(shown("chØ thÞ", Some("Arial")), "chØ thÞ");
    }

    #[test]
    fn only_what_is_no_vietnamese_is_unmasked() {
        let typed = "Nghị quyết về một số vấn đề cấp bách";
        assert_eq!(unmask(typed), None);
        assert_eq!(unmask("The quick brown fox jumps"), None);
        let old = "Hµ Néi, ngµy 28 th¸ng 5 n¨m 2004, h\u{ad}íng dÉn vÒ thÓ thøc v¨n b¶n cña §¶ng";
        assert_eq!(
            unmask(old).as_deref(),
            Some("Hà Nội, ngày 28 tháng 5 năm 2004, hướng dẫn về thể thức văn bản của Đảng")
        );
    }
}
