//! Owns the cutting of RTF bytes into tokens (RTF 1.9.1, "RTF Syntax"). It refuses to know what a
//! control word means, but for `\bin`, whose bytes are no RTF.

/// One piece of an RTF file.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Token<'a> {
    /// `{`
    Open,
    /// `}`
    Close,
    /// A control word with its number.
    Word(&'a str, Option<i32>),
    /// A control symbol.
    Symbol(u8),
    /// `\'hh`
    Byte(u8),
    /// Bytes that are text.
    Text(&'a [u8]),
}

/// The tokens of a file, one after another.
pub(super) struct Tokens<'a> {
    rest: &'a [u8],
}

impl<'a> Tokens<'a> {
    /// From the first byte.
    pub(super) fn new(bytes: &'a [u8]) -> Self {
        Self { rest: bytes }
    }

    fn take(&mut self, length: usize) -> &'a [u8] {
        let (taken, rest) = self.rest.split_at(length.min(self.rest.len()));
        self.rest = rest;
        taken
    }

    fn take_while(&mut self, fits: impl Fn(u8) -> bool) -> &'a [u8] {
        let end = self.rest.iter().position(|b| !fits(*b));
        self.take(end.unwrap_or(self.rest.len()))
    }

    /// What stands after a backslash.
    fn control(&mut self) -> Option<Token<'a>> {
        let word = self.take_while(|b| b.is_ascii_alphabetic());
        if word.is_empty() {
            return match self.take(1).first()? {
                b'\'' => Some(Token::Byte(self.hex())),
                symbol => Some(Token::Symbol(*symbol)),
            };
        }
        let number = self.number();
        if self.rest.first() == Some(&b' ') {
            self.take(1);
        }
        if word == b"bin" {
            let length = number.and_then(|n| usize::try_from(n).ok()).unwrap_or(0);
            self.take(length);
        }
        Some(Token::Word(
            std::str::from_utf8(word).unwrap_or_default(),
            number,
        ))
    }

    fn number(&mut self) -> Option<i32> {
        let digits = usize::from(self.rest.first() == Some(&b'-'));
        if !self.rest.get(digits).is_some_and(u8::is_ascii_digit) {
            return None;
        }
        let negative = !self.take(digits).is_empty();
        let digits = self.take_while(|b| b.is_ascii_digit());
        let value = digits.iter().fold(0i32, |value, digit| {
            let digit = i32::from(digit - b'0');
            value.saturating_mul(10).saturating_add(digit)
        });
        Some(if negative { -value } else { value })
    }

    fn hex(&mut self) -> u8 {
        let digit = |b: u8| char::from(b).to_digit(16);
        let mut value = 0;
        for _ in 0..2 {
            let Some(next) = self.rest.first().and_then(|b| digit(*b)) else {
                break;
            };
            value = value * 16 + next;
            self.take(1);
        }
        u8::try_from(value).unwrap_or(b'?')
    }
}

impl<'a> Iterator for Tokens<'a> {
    type Item = Token<'a>;

    fn next(&mut self) -> Option<Token<'a>> {
        // Line ends and NUL bytes mean nothing between tokens.
        self.take_while(|b| matches!(b, b'\r' | b'\n' | 0));
        match *self.rest.first()? {
            b'{' => {
                self.take(1);
                Some(Token::Open)
            }
            b'}' => {
                self.take(1);
                Some(Token::Close)
            }
            b'\\' => {
                self.take(1);
                self.control()
            }
            _ => {
                let ends = |b: u8| matches!(b, b'{' | b'}' | b'\\' | b'\r' | b'\n' | 0);
                Some(Token::Text(self.take_while(|b| !ends(b))))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_kind_of_token() {
        let rtf = b"{\\rtf1\\u-3913 \\'e1b\r\nc\\~\\bin3 {}{\\b0x\\*}";
        let tokens: Vec<_> = Tokens::new(rtf).collect();
        assert_eq!(
            tokens,
            [
                Token::Open,
                Token::Word("rtf", Some(1)),
                Token::Word("u", Some(-3913)),
                Token::Byte(0xe1),
                Token::Text(b"b"),
                Token::Text(b"c"),
                Token::Symbol(b'~'),
                Token::Word("bin", Some(3)),
                Token::Word("b", Some(0)),
                Token::Text(b"x"),
                Token::Symbol(b'*'),
                Token::Close,
            ]
        );
    }

    #[test]
    fn what_is_cut_short_ends() {
        for rtf in ["\\", "\\'", "\\'e", "\\bin999 ab", "\\u99999999999", "\\a-"] {
            assert!(Tokens::new(rtf.as_bytes()).count() <= 2, "{rtf}");
        }
    }
}
