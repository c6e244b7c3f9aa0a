//! Owns the reading of SMTP replies out of a stream of bytes, however it was split on the way
//! (RFC 5321 §4.2). It refuses to know stages and connections: what a reply means is judged
//! elsewhere.

use crate::delivery::{Enhanced, Reply};

/// Bytes of one reply that are read at most. A line that goes on longer is judged by its code and
/// ends the connection.
pub const REPLY_BYTES_MAX: usize = 64 * 1024;

/// Lines of one reply that are read at most.
pub const REPLY_LINES_MAX: usize = 100;

/// Characters of a reply's text that are kept (see [`Reply::text`]).
const TEXT_CHARS_MAX: usize = 500;

/// Why bytes are no reply. The stream cannot be trusted after any of these.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Malformed {
    /// A line does not begin with three digits.
    #[error("a line that does not begin with three digits")]
    NoCode,
    /// The lines of one reply have different codes.
    #[error("one reply with two codes")]
    TwoCodes,
    /// Longer than [`REPLY_BYTES_MAX`] or [`REPLY_LINES_MAX`].
    #[error("a reply without end")]
    TooLong,
}

/// A reply as it came, its text already harmless: decoded (UTF-8, else Latin-1), every control
/// and direction character replaced by a space.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WireReply {
    /// The three digits, 000 to 999; the judges decide what is in range.
    pub code: u16,
    /// The text of each line, without code.
    pub lines: Vec<String>,
}

impl WireReply {
    /// The reply as it is kept and shown.
    #[must_use]
    pub fn kept(&self) -> Reply {
        let mut text = String::new();
        for line in self.lines.iter().filter(|l| !l.trim().is_empty()) {
            if !text.is_empty() {
                text.push(' ');
            }
            text.push_str(line.trim());
            if text.len() > TEXT_CHARS_MAX * 4 {
                break;
            }
        }
        if let Some((end, _)) = text.char_indices().nth(TEXT_CHARS_MAX) {
            text.truncate(end);
        }
        Reply {
            code: self.code,
            enhanced: Enhanced::at_start(&text),
            text,
        }
    }
}

/// The reader: bytes in by [`Replies::feed`], replies out by [`Replies::next_reply`]. What comes
/// out depends on the bytes alone, never on how they were split. It holds at most
/// [`REPLY_BYTES_MAX`] and what was fed last, if replies are taken out between feedings.
#[derive(Debug, Default)]
pub struct Replies {
    /// From the first byte of the reply being read.
    buffer: Vec<u8>,
    /// Where the line being read begins.
    line: usize,
    /// Up to where no line end was found.
    scanned: usize,
    /// The code of the lines read so far.
    code: Option<u16>,
    /// The texts of the lines read so far.
    lines: Vec<String>,
    /// Once set, nothing more is read.
    broken: Option<Malformed>,
}

impl Replies {
    /// Takes what arrived.
    pub fn feed(&mut self, bytes: &[u8]) {
        if self.broken.is_none() {
            self.buffer.extend_from_slice(bytes);
        }
    }

    /// True where no byte is waiting: what must hold before a command, and before TLS begins.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.buffer.is_empty() && self.broken.is_none()
    }

    /// The next whole reply; none while it has not arrived.
    ///
    /// # Errors
    /// The stream is no SMTP; every later call says so again.
    pub fn next_reply(&mut self) -> Result<Option<WireReply>, Malformed> {
        if let Some(malformed) = self.broken {
            return Err(malformed);
        }
        loop {
            let window = self.buffer.len().min(REPLY_BYTES_MAX);
            let unseen = self.buffer.get(self.scanned..window).unwrap_or_default();
            let Some(at) = unseen.iter().position(|b| *b == b'\n') else {
                self.scanned = window;
                return self.unfinished();
            };
            let end = self.scanned + at;
            let more = self.take_line(end)?;
            (self.line, self.scanned) = (end + 1, end + 1);
            if !more {
                let reply = self.take_reply();
                self.buffer.drain(..self.line);
                (self.line, self.scanned) = (0, 0);
                return Ok(Some(reply));
            }
            if self.lines.len() >= REPLY_LINES_MAX {
                return Err(self.give_up(Malformed::TooLong));
            }
        }
    }

    /// Takes the line that ends before `end`; says whether the reply goes on.
    fn take_line(&mut self, end: usize) -> Result<bool, Malformed> {
        let line = self.buffer.get(self.line..end).unwrap_or_default();
        let line = line.strip_suffix(b"\r").unwrap_or(line);
        let Some(code) = code_of(line) else {
            return Err(self.give_up(Malformed::NoCode));
        };
        if self.code.is_some_and(|before| before != code) {
            return Err(self.give_up(Malformed::TwoCodes));
        }
        let more = line.get(3) == Some(&b'-');
        let text = harmless(line.get(4..).unwrap_or_default());
        self.code = Some(code);
        self.lines.push(text);
        Ok(more)
    }

    /// No line end in sight: nothing yet, or never.
    fn unfinished(&mut self) -> Result<Option<WireReply>, Malformed> {
        let window = self.buffer.len().min(REPLY_BYTES_MAX);
        let line = self.buffer.get(self.line..window).unwrap_or_default();
        if !line.iter().take(3).all(u8::is_ascii_digit) {
            return Err(self.give_up(Malformed::NoCode));
        }
        if self.buffer.len() <= REPLY_BYTES_MAX {
            return Ok(None);
        }
        // The last line of a reply that never ends still says by its code what became of the
        // message; only the connection is of no more use.
        if line.len() < 4 || line.get(3) == Some(&b'-') {
            return Err(self.give_up(Malformed::TooLong));
        }
        self.take_line(window)?;
        let reply = self.take_reply();
        self.give_up(Malformed::TooLong);
        Ok(Some(reply))
    }

    fn take_reply(&mut self) -> WireReply {
        WireReply {
            code: self.code.take().unwrap_or_default(),
            lines: std::mem::take(&mut self.lines),
        }
    }

    fn give_up(&mut self, malformed: Malformed) -> Malformed {
        self.broken = Some(malformed);
        self.buffer = Vec::new();
        self.lines = Vec::new();
        malformed
    }
}

/// The three digits that a line begins with.
fn code_of(line: &[u8]) -> Option<u16> {
    let digits = line.get(..3)?;
    digits.iter().try_fold(0, |sum: u16, byte| {
        let digit = byte.is_ascii_digit().then(|| u16::from(byte - b'0'))?;
        Some(sum * 10 + digit)
    })
}

/// Text that may be kept, logged and shown.
fn harmless(bytes: &[u8]) -> String {
    let text = match std::str::from_utf8(bytes) {
        Ok(text) => text.into(),
        Err(_) => encoding_rs::mem::decode_latin1(bytes),
    };
    if text.contains(is_harmful) {
        text.replace(is_harmful, " ")
    } else {
        text.into_owned()
    }
}

/// Control characters, line ends of Unicode, and marks that turn the direction of writing.
fn is_harmful(c: char) -> bool {
    c.is_control()
        || matches!(c, '\u{200e}' | '\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn read_all(chunks: &[&[u8]]) -> (Vec<WireReply>, Option<Malformed>) {
        let (mut replies, mut read) = (Replies::default(), Vec::new());
        for chunk in chunks {
            replies.feed(chunk);
            loop {
                match replies.next_reply() {
                    Ok(Some(reply)) => read.push(reply),
                    Ok(None) => break,
                    Err(malformed) => return (read, Some(malformed)),
                }
                assert!(replies.buffer.len() <= REPLY_BYTES_MAX + chunk.len());
            }
        }
        (read, None)
    }

    fn one(bytes: &[u8]) -> (u16, String) {
        let (read, broken) = read_all(&[bytes]);
        assert_eq!((read.len(), broken), (1, None), "{bytes:?}");
        let kept = read[0].kept();
        (kept.code, kept.text)
    }

    #[test]
    fn every_shape_of_reply_is_read() {
        assert_eq!(one(b"250 2.0.0 ok\r\n"), (250, "2.0.0 ok".into()));
        assert_eq!(one(b"250\r\n"), (250, String::new()));
        assert_eq!(one(b"250 \r\n"), (250, String::new()));
        assert_eq!(one(b"250 ok\n"), (250, "ok".into()));
        assert_eq!(one(b"250-a\r\n250-\r\n250 b\r\n"), (250, "a b".into()));
        assert_eq!(one(b"250-a\r\n250\r\n"), (250, "a".into()));
        assert_eq!(one(b"550 d\xe9j\xe0 vu\r\n"), (550, "déjà vu".into()));
        assert_eq!(one("550 đầy\r\n".as_bytes()), (550, "đầy".into()));
        assert_eq!(one(b"550 a\x1b[2Jb\0c\r\n"), (550, "a [2Jb c".into()));
        assert_eq!(one("550 a\u{202e}b\r\n".as_bytes()), (550, "a b".into()));
    }

    #[test]
    fn the_enhanced_code_is_read() {
        let (read, _) = read_all(&[b"550 5.1.1 no such user\r\n"]);
        assert_eq!(
            read[0].kept().enhanced.map(|e| e.to_string()),
            Some("5.1.1".into())
        );
    }

    #[test]
    fn what_is_no_reply_is_malformed() {
        for (bytes, malformed) in [
            (&b"hello\r\n"[..], Malformed::NoCode),
            (b"\r\n", Malformed::NoCode),
            (b"25\r\n", Malformed::NoCode),
            (b"SSH-2.0-x", Malformed::NoCode),
            (b"250-a\r\n550 b\r\n", Malformed::TwoCodes),
            (b"250-a\r\nb\r\n", Malformed::NoCode),
        ] {
            assert_eq!(read_all(&[bytes]), (vec![], Some(malformed)), "{bytes:?}");
        }
    }

    #[test]
    fn a_reply_without_end_is_judged_by_its_code_and_no_more_is_read() {
        let long = [&b"250 "[..], &[b'x'; 2 * REPLY_BYTES_MAX]].concat();
        let (read, broken) = read_all(&[&long]);
        assert_eq!(read.len(), 1);
        assert_eq!((read[0].code, read[0].kept().text.len()), (250, 500));
        assert_eq!(broken, Some(Malformed::TooLong));
        let unending = b"250-x\r\n".repeat(REPLY_LINES_MAX + 1);
        assert_eq!(read_all(&[&unending]), (vec![], Some(Malformed::TooLong)));
        let wide = [&b"250-"[..], &[b'x'; REPLY_BYTES_MAX]].concat();
        assert_eq!(read_all(&[&wide]), (vec![], Some(Malformed::TooLong)));
    }

    /// Bytes that look like replies often enough to reach every branch.
    fn stream() -> impl Strategy<Value = Vec<u8>> {
        let part = prop_oneof![
            Just(b"250 ok\r\n".to_vec()),
            Just(b"250-more\r\n".to_vec()),
            Just(b"550\n".to_vec()),
            Just(b"354 \xc3\xa9\xff\r\n".to_vec()),
            Just(vec![b'7'; REPLY_BYTES_MAX / 2]),
            proptest::collection::vec(any::<u8>(), 0..8),
        ];
        proptest::collection::vec(part, 0..12).prop_map(|parts| parts.concat())
    }

    proptest! {
        #[test]
        fn splitting_changes_nothing(
            bytes in stream(),
            cuts in proptest::collection::vec(any::<usize>(), 0..20),
        ) {
            let mut at: Vec<usize> = cuts.iter().map(|c| c % (bytes.len() + 1)).collect();
            at.extend([0, bytes.len()]);
            at.sort_unstable();
            let chunks: Vec<&[u8]> = at.windows(2).map(|w| &bytes[w[0]..w[1]]).collect();
            prop_assert_eq!(read_all(&chunks), read_all(&[&bytes]));
        }
    }
}
