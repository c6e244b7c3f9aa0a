//! Owns the letters of a text apart from everything else, for comparing texts whose blanks, signs
//! and tone placement mean nothing. It refuses to know what is compared.

use unicode_normalization::UnicodeNormalization;

/// The letters and digits of a text in small base form, and its tones in a row of their own: two
/// spellings put a tone on different vowels of one word (uỷ, ủy), and torn words hide where a word
/// ends. Letters of two texts join by joining both rows.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Letters {
    /// Small letters with circumflex, breve and horn but no tone, and digits.
    pub base: String,
    /// The tones in order, as combining marks.
    pub tones: String,
}

impl Letters {
    /// The letters of `text`.
    #[must_use]
    pub fn of(text: &str) -> Self {
        let mut letters = Self {
            base: String::with_capacity(text.len()),
            tones: String::new(),
        };
        for c in text.chars() {
            if c.is_ascii() {
                if c.is_ascii_alphanumeric() {
                    letters.base.push(c.to_ascii_lowercase());
                }
                continue;
            }
            for c in c.to_lowercase().nfd() {
                letters.push(c);
            }
        }
        letters
    }

    fn push(&mut self, c: char) {
        match c {
            '\u{300}' | '\u{301}' | '\u{303}' | '\u{309}' | '\u{323}' => self.tones.push(c),
            'ð' | 'ɖ' => self.base.push('đ'),
            '\u{302}' | '\u{306}' | '\u{31b}' => self.base.push(c),
            c if c.is_alphanumeric() => self.base.push(c),
            _ => {}
        }
    }

    /// Adds the letters of what follows.
    pub fn join(&mut self, other: &Self) {
        self.base.push_str(&other.base);
        self.tones.push_str(&other.tones);
    }

    /// How many letters and digits there are.
    #[must_use]
    pub fn count(&self) -> usize {
        self.base.chars().filter(|c| c.is_alphanumeric()).count()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pieces_join_to_the_whole() {
        let mut joined = Letters::of("M ");
        joined.join(&Letters::of("\u{1ead}"));
        joined.join(&Letters::of("-T."));
        assert_eq!(joined, Letters::of("MA\u{302}\u{323}T"));
        assert_eq!(Letters::of("Đảng uỷ 3"), Letters::of("ÐẢNG ỦY3"));
        assert_ne!(Letters::of("họp"), Letters::of("hợp"));
        assert_eq!(Letters::of("mật").count(), 3);
    }
}
