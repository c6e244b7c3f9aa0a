//! Owns quoted-printable (RFC 2045 §6.7) in pieces: every piece starts and ends at the start of a
//! line, so that pieces encoded at different times join into one text. It refuses to know what the
//! text says.

/// The longest line, soft break included (RFC 2045 §6.7 rule 5).
const LINE: usize = 76;

const HEX: &[u8; 16] = b"0123456789ABCDEF";

/// Appends one piece. A `\n` is a line break of the text; where the piece does not end with one, a
/// soft break closes it. No line of the result starts with a dot or with `From `, so neither SMTP
/// (RFC 5321 §4.5.2) nor a mailbox file needs to change a byte of it.
pub(super) fn encode(text: &str, out: &mut Vec<u8>) {
    out.reserve(text.len() * 2);
    let mut column = 0;
    let mut rest = text.char_indices().peekable();
    while let Some((at, c)) = rest.next() {
        match c {
            '\r' => continue,
            '\n' => {
                out.extend_from_slice(b"\r\n");
                column = 0;
                continue;
            }
            _ => {}
        }
        let ends = rest
            .peek()
            .is_none_or(|(_, next)| matches!(next, '\n' | '\r'));
        let mut width = if is_literal(c) && !(ends && c == ' ') {
            1
        } else {
            3 * c.len_utf8()
        };
        // One column stays free for the soft break.
        if column + width >= LINE {
            out.extend_from_slice(b"=\r\n");
            column = 0;
        }
        if column == 0 && (c == '.' || text[at..].starts_with("From ")) {
            width = 3;
        }
        column += width;
        put(c, width == 1, out);
    }
    if column > 0 {
        out.extend_from_slice(b"=\r\n");
    }
}

fn is_literal(c: char) -> bool {
    matches!(c, ' '..='~') && c != '='
}

fn put(c: char, literal: bool, out: &mut Vec<u8>) {
    let mut utf8 = [0; 4];
    for byte in c.encode_utf8(&mut utf8).bytes() {
        if literal {
            out.push(byte);
        } else {
            out.extend_from_slice(&[
                b'=',
                HEX[usize::from(byte >> 4)],
                HEX[usize::from(byte & 15)],
            ]);
        }
    }
}

/// The text of joined pieces again, line breaks as `\n`; for previews of what was frozen. What is
/// no quoted-printable is kept as it stands.
pub(super) fn decode(bytes: &[u8]) -> String {
    let mut out = Vec::with_capacity(bytes.len());
    let mut rest = bytes;
    loop {
        rest = match rest {
            [b'=', b'\r', b'\n', tail @ ..] | [b'=', b'\n', tail @ ..] | [b'\r', tail @ ..] => tail,
            [b'=', high, low, tail @ ..] if nibble(*high).is_some() && nibble(*low).is_some() => {
                let byte = nibble(*high).unwrap_or(0) << 4 | nibble(*low).unwrap_or(0);
                out.push(byte);
                tail
            }
            [byte, tail @ ..] => {
                out.push(*byte);
                tail
            }
            [] => break,
        };
    }
    String::from_utf8_lossy(&out).into_owned()
}

fn nibble(byte: u8) -> Option<u8> {
    char::from(byte)
        .to_digit(16)
        .and_then(|n| u8::try_from(n).ok())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn encoded(text: &str) -> String {
        let mut out = Vec::new();
        encode(text, &mut out);
        String::from_utf8(out).expect("ASCII")
    }

    #[test]
    fn pieces_join_at_line_starts() {
        assert_eq!(encoded("Kính gửi"), "K=C3=ADnh g=E1=BB=ADi=\r\n");
        assert_eq!(encoded("a \n.b\nFrom x\n"), "a=20\r\n=2Eb\r\n=46rom x\r\n");
        assert_eq!(encoded(""), "");
        let two = encoded("đồng chí ") + &encoded("Nga,\n");
        assert_eq!(decode(two.as_bytes()), "đồng chí Nga,\n");
    }

    #[test]
    fn lines_are_short_and_come_back() {
        let text = "Nghị quyết = 100% . \n".repeat(3) + &".ữ".repeat(200) + " \tx\n";
        let out = encoded(&text);
        assert!(out.is_ascii());
        for line in out.split("\r\n") {
            assert!(line.len() <= 76 && !line.starts_with('.') && !line.ends_with([' ', '\t']));
        }
        assert_eq!(decode(out.as_bytes()), text);
    }
}
