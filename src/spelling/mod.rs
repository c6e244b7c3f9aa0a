//! Owns Vietnamese spelling: normal forms for keeping, folded forms for comparing, plain ASCII for
//! old mail readers. It refuses to know what a text is about.

pub mod legacy;
mod letters;
mod near;
mod syllable;

pub use letters::Letters;
pub use near::{distance, near};
pub use syllable::{Quality, is_broken, is_capitals, is_syllable, rejoin};

use unicode_normalization::char::is_combining_mark;
use unicode_normalization::{IsNormalized, UnicodeNormalization, is_nfc_quick};

/// True for characters that must never reach a header, a terminal or a key: C0 and C1 controls,
/// line and paragraph separators, bidirectional controls, zero-width characters, soft hyphens.
#[must_use]
pub fn is_invisible(c: char) -> bool {
    matches!(c,
        '\u{00}'..='\u{1f}' | '\u{7f}'..='\u{9f}' | '\u{ad}' | '\u{61c}' | '\u{180e}'
        | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{feff}'
        | '\u{fff9}'..='\u{fffb}' | '\u{e0000}'..='\u{e007f}')
}

/// The text as phobien keeps one line of it: NFC, every kind of blank one space, no invisible
/// character, trimmed. Line breaks become spaces.
#[must_use]
pub fn line(text: &str) -> String {
    if is_line(text) {
        text.to_owned()
    } else {
        made_line(text)
    }
}

fn made_line(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in ordered(text).nfc() {
        if c.is_whitespace() {
            if !out.is_empty() && !out.ends_with(' ') {
                out.push(' ');
            }
        } else if !is_invisible(c) {
            out.push(c);
        }
    }
    if out.ends_with(' ') {
        out.pop();
    }
    out
}

/// True where [`line`] would change nothing, which is what most texts that phobien keeps are. May
/// be false of such a text; never true of another.
fn is_line(text: &str) -> bool {
    let mut before = ' ';
    let plain = text.chars().all(|c| {
        let blank = c.is_whitespace();
        let fits = !blank || c == ' ' && before != ' ';
        before = c;
        // Where marks stand by themselves their order matters.
        fits && !is_invisible(c) && !matches!(c, '\u{300}'..='\u{36f}')
    });
    plain && !text.ends_with(' ') && is_nfc_quick(text.chars()) == IsNormalized::Yes
}

/// The characters decomposed, a tone that stands before its letter's circumflex or breve put behind
/// it: some pages draw ề as e, grave, circumflex, which composes to no letter.
fn ordered(text: &str) -> impl Iterator<Item = char> {
    let mut rest = text.nfd().peekable();
    let mut held = None;
    std::iter::from_fn(move || {
        if let Some(tone) = held.take() {
            return Some(tone);
        }
        let c = rest.next()?;
        let tone = matches!(c, '\u{300}' | '\u{301}' | '\u{303}' | '\u{309}');
        match rest.next_if(|next| tone && matches!(next, '\u{302}' | '\u{306}')) {
            Some(shape) => {
                held = Some(c);
                Some(shape)
            }
            None => Some(c),
        }
    })
}

/// The form for comparing: [`line`], lower case, look-alikes of đ made one, the tone moved to the
/// end of its syllable (uỷ = ủy, hoà = hòa). Two spellings of one word fold to the same text.
#[must_use]
pub fn fold(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + 8);
    let mut tone: Option<char> = None;
    for c in line(text).to_lowercase().nfd() {
        match c {
            '\u{300}' | '\u{301}' | '\u{303}' | '\u{309}' | '\u{323}' => tone = Some(c),
            'ð' | 'ɖ' => out.push('đ'),
            _ => {
                if !c.is_alphabetic() && !is_combining_mark(c) {
                    out.extend(tone.take());
                }
                out.push(c);
            }
        }
    }
    out.extend(tone);
    out
}

/// Plain ASCII for file names that old mail readers must show: marks dropped, đ to d, everything
/// else that is not ASCII to `_`.
#[must_use]
pub fn ascii(text: &str) -> String {
    line(text)
        .nfd()
        .filter(|c| !is_combining_mark(*c))
        .map(|c| match c {
            'đ' | 'ð' | 'ɖ' => 'd',
            'Đ' | 'Ð' | 'Ɖ' => 'D',
            c if c.is_ascii() => c,
            _ => '_',
        })
        .collect()
}

/// Makes a closed set of words: an enum whose variants have one written form each, used alike in
/// JSON, in the ledger and on the command line.
macro_rules! words {
    ($(#[$meta:meta])* $name:ident { $($(#[$doc:meta])* $variant:ident = $word:literal,)+ }) => {
        $(#[$meta])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum $name { $($(#[$doc])* $variant,)+ }
        impl $name {
            /// Every word of the set, in the order of its definition.
            pub const ALL: &[$name] = &[$($name::$variant,)+];
            /// The written form.
            #[must_use]
            pub fn word(self) -> &'static str { match self { $($name::$variant => $word,)+ } }
        }
        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.pad(self.word())
            }
        }
        impl std::str::FromStr for $name {
            type Err = String;
            /// # Errors
            /// The words that would have been understood.
            fn from_str(text: &str) -> Result<Self, String> {
                Self::ALL.iter().copied().find(|w| w.word() == text).ok_or_else(|| {
                    Self::ALL.iter().map(|w| w.word()).collect::<Vec<_>>().join(" | ")
                })
            }
        }
        impl serde::Serialize for $name {
            fn serialize<S: serde::Serializer>(&self, s: S) -> Result<S::Ok, S::Error> {
                s.serialize_str(self.word())
            }
        }
        impl<'de> serde::Deserialize<'de> for $name {
            fn deserialize<D: serde::Deserializer<'de>>(d: D) -> Result<Self, D::Error> {
                let text = <String as serde::Deserialize>::deserialize(d)?;
                text.parse().map_err(|known| {
                    serde::de::Error::custom(format!("unknown word `{text}`, expected {known}"))
                })
            }
        }
    };
}
pub(crate) use words;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spellings_of_one_word_fold_alike() {
        for (a, b) in [
            ("Đảng uỷ", "ĐẢNG ỦY"),
            ("khoá XII", "Khóa xii"),
            ("Ðảng bộ", "đảng bộ"),
            ("hoà  bình\u{a0}", "hòa bình"),
            ("Nghị quye\u{302}\u{301}t", "nghị quyết"),
            ("Nghị quye\u{301}\u{302}t", "nghị quyết"),
        ] {
            assert_eq!(fold(a), fold(b), "{a} / {b}");
        }
        assert_ne!(fold("chỉ bộ"), fold("chi bộ"));
    }

    proptest::proptest! {
        /// What is taken for a line as it stands is one.
        #[test]
        fn a_line_stays_as_it_is(
            text in "(\\PC|[ a-zêệơ\u{300}-\u{30a}\u{323}\u{a0}\u{200b}\r\n]){0,12}",
        ) {
            if is_line(&text) {
                proptest::prop_assert_eq!(made_line(&text), text);
            }
        }
    }

    #[test]
    fn a_line_holds_nothing_invisible() {
        for text in ["", "Kính gửi đồng chí Trần Mai Nga", "Đảng uỷ - 23"] {
            assert!(is_line(text), "{text}");
        }
        for text in [" a", "a ", "a  b", "a\u{a0}b", "e\u{302}", "a\u{200b}b"] {
            assert!(!is_line(text), "{text}");
        }
        assert_eq!(
            line("quy\u{ea}\u{300}n q\u{1ef1} e\u{300}\u{302}"),
            "quyền qự ề"
        );
        assert_eq!(
            line(" a\r\nBcc:\u{202e}x\u{200b}\u{ad}y\u{a0} z\u{2028}"),
            "a Bcc:xy z"
        );
        assert_eq!(
            ascii("Chỉ thị số 23-CT_TW về Đảng"),
            "Chi thi so 23-CT_TW ve Dang"
        );
    }
}
