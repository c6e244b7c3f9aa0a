//! Owns the relaxed forms that are signed instead of a letter's own bytes (RFC 6376 §3.4.2 and
//! §3.4.4). It refuses to know keys, and what is signed.

use aws_lc_rs::digest::{Context, Digest, SHA256};

/// Names and values of headers as they stand, folded or not.
pub(super) fn fields(head: &[u8]) -> Vec<(&[u8], &[u8])> {
    let mut ends = Vec::with_capacity(32);
    let mut at = 0;
    for line in head.split_inclusive(|b| *b == b'\n') {
        if at > 0 && line.first().is_some_and(|b| is_blank(*b)) {
            ends.pop();
        }
        at += line.len();
        ends.push(at);
    }
    let begins = std::iter::once(0).chain(ends.iter().copied());
    let fields = begins.zip(&ends).filter_map(|(from, to)| {
        let field = &head[from..*to];
        let colon = field.iter().position(|b| *b == b':')?;
        Some((field[..colon].trim_ascii(), &field[colon + 1..]))
    });
    fields.collect()
}

/// Writes a header's value in the relaxed form: its lines one, from its first word on.
pub(super) fn write_value(value: &[u8], out: &mut Vec<u8>) {
    let unfolded = value.iter().filter(|b| !matches!(b, b'\r' | b'\n'));
    relax(unfolded.skip_while(|b| is_blank(**b)), out);
}

/// What headers and lines of a body have in common: every run of blanks is one, none at the end.
fn relax<'a>(bytes: impl Iterator<Item = &'a u8>, out: &mut Vec<u8>) {
    for byte in bytes {
        if !is_blank(*byte) {
            out.push(*byte);
        } else if out.last() != Some(&b' ') {
            out.push(b' ');
        }
    }
    if out.last() == Some(&b' ') {
        out.pop();
    }
}

const fn is_blank(byte: u8) -> bool {
    matches!(byte, b' ' | b'\t')
}

/// True where whole lines are in the relaxed form already, as those of a letter mostly are: single
/// blanks only, none at an end of line. Every byte is asked, in numbers and without leaving off at
/// the first, so that the machine asks many at a time.
fn is_relaxed(lines: &[u8]) -> bool {
    let is = |byte: u8, what: u8| u8::from(byte == what);
    let tabs = lines.iter().fold(0, |any, b| any | is(*b, b'\t'));
    let pairs = lines.iter().zip(&lines[1.min(lines.len())..]);
    let odd = pairs.fold(tabs, |any, (a, b)| {
        let blanks = is(*a, b' ') & (is(*b, b' ') | is(*b, b'\r'));
        any | blanks | (is(*b, b'\n') & (1 - is(*a, b'\r')))
    });
    odd == 0 && lines.first() != Some(&b'\n')
}

/// A line of a body with its end in the relaxed form.
fn relaxed(line: &[u8]) -> Vec<u8> {
    let line = line.strip_suffix(b"\n").unwrap_or(line);
    let line = line.strip_suffix(b"\r").unwrap_or(line);
    let mut relaxed = Vec::with_capacity(line.len() + 2);
    relax(line.iter(), &mut relaxed);
    relaxed.extend_from_slice(b"\r\n");
    relaxed
}

/// A body in the relaxed form, digested as it comes (RFC 6376 §3.4.4).
pub(super) struct Body {
    digest: Context,
    /// A line that is not ended yet.
    begun: Vec<u8>,
    /// Empty lines that count only if another line follows.
    empty: usize,
}

impl Body {
    pub(super) fn new() -> Self {
        Self {
            digest: Context::new(&SHA256),
            begun: Vec::new(),
            empty: 0,
        }
    }

    pub(super) fn feed(&mut self, mut bytes: &[u8]) {
        if !self.begun.is_empty() {
            let end = bytes.iter().position(|b| *b == b'\n');
            let (rest, after) = bytes.split_at(end.map_or(bytes.len(), |at| at + 1));
            self.begun.extend_from_slice(rest);
            if end.is_none() {
                return;
            }
            let line = std::mem::take(&mut self.begun);
            self.lines(&line);
            bytes = after;
        }
        let whole = bytes.iter().rposition(|b| *b == b'\n');
        let (lines, begun) = bytes.split_at(whole.map_or(0, |at| at + 1));
        self.lines(lines);
        self.begun.extend_from_slice(begun);
    }

    /// Whole lines.
    fn lines(&mut self, lines: &[u8]) {
        if is_relaxed(lines) {
            return self.digest(lines);
        }
        for line in lines.split_inclusive(|b| *b == b'\n') {
            if is_relaxed(line) {
                self.digest(line);
            } else {
                self.digest(&relaxed(line));
            }
        }
    }

    /// Whole lines in the relaxed form.
    fn digest(&mut self, mut lines: &[u8]) {
        let mut empty = 0;
        while lines == b"\r\n" || lines.ends_with(b"\r\n\r\n") {
            lines = &lines[..lines.len() - 2];
            empty += 1;
        }
        if !lines.is_empty() {
            for _ in 0..std::mem::take(&mut self.empty) {
                self.digest.update(b"\r\n");
            }
            self.digest.update(lines);
        }
        self.empty += empty;
    }

    pub(super) fn finish(mut self) -> Digest {
        let rest = std::mem::take(&mut self.begun);
        if !rest.is_empty() {
            self.digest(&relaxed(&rest));
        }
        self.digest.finish()
    }
}

#[cfg(test)]
mod tests {
    use aws_lc_rs::digest::digest;
    use data_encoding::BASE64;

    use super::*;

    fn body_hash(pieces: &[&[u8]]) -> String {
        let mut body = Body::new();
        pieces.iter().for_each(|piece| body.feed(piece));
        BASE64.encode(body.finish().as_ref())
    }

    fn plain_hash(text: &[u8]) -> String {
        BASE64.encode(digest(&SHA256, text).as_ref())
    }

    #[test]
    fn canonical_forms_are_those_of_the_rfc() {
        // RFC 6376 §3.4.5.
        let head = b"A: X\r\nB : Y\t\r\n\tZ  \r\n";
        let read = fields(head).into_iter().map(|(name, value)| {
            let mut line = name.to_ascii_lowercase();
            line.push(b':');
            write_value(value, &mut line);
            String::from_utf8(line).unwrap()
        });
        assert_eq!(read.collect::<Vec<_>>(), ["a:X", "b:Y Z"]);
        let body = b" C \r\nD \t E\r\n\r\n\r\n";
        assert_eq!(body_hash(&[body]), plain_hash(b" C\r\nD E\r\n"));
        for at in 0..body.len() {
            assert_eq!(
                body_hash(&[&body[..at], &body[at..]]),
                body_hash(&[body]),
                "{at}"
            );
        }
        for lines in [
            "QUJD\r\nREVG\r\n",
            "\r\nQUJD\r\n",
            "QUJD\r\n\r\nREVG\r\n",
            "QUJD\nREVG\r\n",
            "\nQ\r\n",
            "a b\r\n c\r\n\r\n\r\nd\r\n\r\n",
            "a b\r\n \r\n\t\r\nc  d\r\n e \r\n",
            "a b\r\n\r\n\r\nno end ",
        ] {
            let bytes = lines.as_bytes();
            let single: Vec<_> = bytes.chunks(1).collect();
            assert_eq!(body_hash(&[bytes]), body_hash(&single), "{lines:?}");
            // Line by line and byte by byte, by the words of the RFC.
            let text = lines
                .strip_suffix("\r\n")
                .unwrap_or(lines)
                .replace("\r\n", "\n");
            let folded = text.split('\n').map(|line| {
                let words = line.split([' ', '\t']).filter(|word| !word.is_empty());
                let blank = if line.starts_with([' ', '\t']) {
                    " "
                } else {
                    ""
                };
                format!("{blank}{}", words.collect::<Vec<_>>().join(" "))
                    .trim_end()
                    .to_owned()
            });
            let folded = folded.collect::<Vec<_>>().join("\r\n");
            let folded = format!("{}\r\n", folded.trim_end_matches("\r\n"));
            assert_eq!(
                body_hash(&[bytes]),
                plain_hash(folded.as_bytes()),
                "{lines:?}"
            );
        }
        // §3.4.4: an empty body is the empty text.
        assert_eq!(body_hash(&[b"\r\n\r\n"]), plain_hash(b""));
        assert_eq!(
            body_hash(&[b"a\r\n\r\nb\r\n"]),
            plain_hash(b"a\r\n\r\nb\r\n")
        );
    }
}
