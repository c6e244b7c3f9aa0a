//! Owns the bytes of a letter on their way out: pieces that are checked once and shared, and the
//! dots that SMTP doubles (RFC 5321 §4.5.2). It refuses to know what the bytes say.

use std::sync::Arc;

use super::slice::{Sealed, Slice};

/// Why bytes may not go on the wire.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PieceFault {
    /// A carriage return or line feed that is not half of CRLF, at this offset. Servers disagree
    /// about what such a byte ends (SMTP smuggling, VU#302671).
    #[error("a bare CR or LF at byte {0}")]
    BareLineEnd(usize),
    /// A NUL, at this offset.
    #[error("a NUL at byte {0}")]
    Nul(usize),
    /// The letter holds nothing, or does not end with CRLF.
    #[error("a letter ends with CRLF")]
    Unended,
}

/// Bytes of a letter, known to hold CRLF only as line ends and no NUL. Cloning shares the bytes,
/// so that one attachment serves every recipient and is checked once.
#[derive(Clone, Debug)]
pub struct Piece {
    bytes: Arc<[u8]>,
    /// The bytes with every dot after a CRLF doubled, where there is one.
    stuffed: Option<Arc<[u8]>>,
    ascii: bool,
    /// Where many letters share it.
    sealed: Option<Arc<Sealed>>,
}

impl Piece {
    /// Checks the bytes.
    ///
    /// # Errors
    /// What is wrong with them, and where.
    pub fn new(bytes: impl Into<Arc<[u8]>>) -> Result<Self, PieceFault> {
        let bytes = bytes.into();
        let (mut before, mut dots, mut high) = (0, 0_usize, 0);
        let mut line_start = false;
        for (at, &byte) in bytes.iter().enumerate() {
            high |= byte;
            if byte == 0 {
                return Err(PieceFault::Nul(at));
            }
            if (before == b'\r') != (byte == b'\n') {
                return Err(PieceFault::BareLineEnd(at));
            }
            dots += usize::from(line_start && byte == b'.');
            line_start = byte == b'\n';
            before = byte;
        }
        if before == b'\r' {
            return Err(PieceFault::BareLineEnd(bytes.len() - 1));
        }
        let stuffed = (dots > 0).then(|| stuff(&bytes, dots));
        Ok(Self {
            bytes,
            stuffed,
            ascii: high < 0x80,
            sealed: None,
        })
    }

    /// The same bytes, for many letters: they may be held once more, by the system.
    #[must_use]
    pub fn for_many(mut self) -> Self {
        self.sealed = Some(Arc::default());
        self
    }
}

/// Doubles every dot after a CRLF.
fn stuff(bytes: &[u8], dots: usize) -> Arc<[u8]> {
    let mut stuffed = Vec::with_capacity(bytes.len() + dots);
    let mut before = 0;
    for &byte in bytes {
        if before == b'\n' && byte == b'.' {
            stuffed.push(b'.');
        }
        stuffed.push(byte);
        before = byte;
    }
    stuffed.into()
}

/// A finished letter: its pieces in order, ending with CRLF.
#[derive(Clone, Debug)]
pub struct Letter {
    pieces: Vec<Piece>,
    size: usize,
}

impl Letter {
    /// Puts a letter together; nothing is copied.
    ///
    /// # Errors
    /// [`PieceFault::Unended`].
    pub fn new(mut pieces: Vec<Piece>) -> Result<Self, PieceFault> {
        pieces.retain(|piece| !piece.bytes.is_empty());
        let ended = pieces.last().is_some_and(|p| p.bytes.ends_with(b"\r\n"));
        if !ended {
            return Err(PieceFault::Unended);
        }
        let size = pieces.iter().map(|piece| piece.bytes.len()).sum();
        Ok(Self { pieces, size })
    }

    /// The same letter with a piece before everything else.
    #[must_use]
    pub fn headed(mut self, first: Piece) -> Self {
        self.size += first.bytes.len();
        self.pieces.insert(0, first);
        self
    }

    /// How many bytes it has, doubled dots not counted (as SIZE counts, RFC 1870 §5).
    #[must_use]
    pub fn size(&self) -> usize {
        self.size
    }

    /// True where all bytes are ASCII, so that 8BITMIME is not needed.
    pub(super) fn is_ascii(&self) -> bool {
        self.pieces.iter().all(|piece| piece.ascii)
    }

    /// The bytes as they are.
    pub fn plain(&self) -> impl Iterator<Item = &[u8]> {
        self.pieces.iter().map(|piece| &*piece.bytes)
    }

    /// The bytes as they follow DATA, dots doubled, the final dot included.
    pub(super) fn on_the_wire(&self) -> Vec<Slice<'_>> {
        let mut slices = Vec::with_capacity(self.pieces.len() + 3);
        let mut line_start = true;
        for piece in &self.pieces {
            if line_start && piece.bytes.starts_with(b".") {
                slices.push(Slice::new(b".", None));
            }
            let bytes = piece.stuffed.as_deref().unwrap_or(&piece.bytes);
            slices.push(Slice::new(bytes, piece.sealed.as_deref()));
            line_start = piece.bytes.ends_with(b"\n");
        }
        slices.push(Slice::new(b".\r\n", None));
        slices
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn wire(pieces: &[&str]) -> Result<String, PieceFault> {
        let pieces: Result<_, _> = pieces.iter().map(|p| Piece::new(p.as_bytes())).collect();
        let letter = Letter::new(pieces?)?;
        let slices = letter.on_the_wire();
        let bytes: Vec<&[u8]> = slices.iter().map(Slice::bytes).collect();
        Ok(String::from_utf8_lossy(&bytes.concat()).into_owned())
    }

    #[test]
    fn dots_are_doubled_at_line_starts_only() {
        for (pieces, expected) in [
            (&["a\r\n"][..], "a\r\n.\r\n"),
            (&[".\r\n"], "..\r\n.\r\n"),
            (&["a\r\n", ".b\r\n"], "a\r\n..b\r\n.\r\n"),
            (&["a", ".b\r\n.\r\n"], "a.b\r\n..\r\n.\r\n"),
            (&["a.\r\n.", ".\r\n"], "a.\r\n...\r\n.\r\n"),
            (&["", ".", "", "\r\n"], "..\r\n.\r\n"),
        ] {
            let expected = Ok(expected.to_owned());
            assert_eq!(wire(pieces), expected, "{pieces:?}");
        }
    }

    #[test]
    fn what_servers_disagree_about_never_leaves() {
        for (bytes, fault) in [
            ("a\nb\r\n", PieceFault::BareLineEnd(1)),
            ("a\rb\r\n", PieceFault::BareLineEnd(2)),
            ("a\r\r\n", PieceFault::BareLineEnd(2)),
            ("\n", PieceFault::BareLineEnd(0)),
            ("a\r", PieceFault::BareLineEnd(1)),
            ("a\0\r\n", PieceFault::Nul(1)),
            ("a", PieceFault::Unended),
            ("", PieceFault::Unended),
        ] {
            assert_eq!(wire(&[bytes]), Err(fault), "{bytes:?}");
        }
    }

    /// What a server makes of the bytes: lines to the lone dot, one leading dot taken off.
    fn read_back(wire: &str) -> Option<(String, &str)> {
        let mut read = String::new();
        let mut rest = wire;
        loop {
            let (line, after) = rest.split_once("\r\n")?;
            if line == "." {
                return Some((read, after));
            }
            read.push_str(line.strip_prefix('.').unwrap_or(line));
            read.push_str("\r\n");
            rest = after;
        }
    }

    proptest! {
        #[test]
        fn a_server_reads_back_the_same_bytes(
            parts in proptest::collection::vec("([.a]|\r\n){0,6}", 1..6)
        ) {
            let whole = format!("{}\r\n", parts.concat());
            let last = parts.len();
            let mut pieces: Vec<&str> = parts.iter().map(String::as_str).collect();
            pieces.insert(last, "\r\n");
            let wire = wire(&pieces).map_err(|e| TestCaseError::fail(e.to_string()))?;
            prop_assert_eq!(read_back(&wire), Some((whole, "")));
        }
    }
}
