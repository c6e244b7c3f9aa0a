//! Owns how the bytes of an attachment are written: base64 in lines (RFC 2045 §6.8). It refuses to
//! know what they are; done once for an edition, its result is shared by all letters.

use data_encoding::{Encoding, Specification};

/// Characters of a full line (RFC 2045 §6.8).
const LINE: usize = 76;

/// Bytes that a full line holds.
const LINE_BYTES: usize = LINE / 4 * 3;

/// Base64, 76 columns, CRLF after every line, the last one too. No line starts with a dot.
#[must_use]
pub fn encode_attachment(bytes: &[u8]) -> Vec<u8> {
    let mut specification: Specification = data_encoding::BASE64.specification();
    specification.wrap.width = LINE;
    specification.wrap.separator.push_str("\r\n");
    specification.encoding().map_or_else(
        |_| unreachable!("76 is a multiple of four and CRLF no letter of base64"),
        |lines: Encoding| lines.encode(bytes).into_bytes(),
    )
}

/// The length of what [`encode_attachment`] makes of `bytes` bytes.
#[must_use]
pub fn encoded_len(bytes: u64) -> u64 {
    let lines = bytes.div_ceil(LINE_BYTES as u64);
    bytes
        .div_ceil(3)
        .saturating_mul(4)
        .saturating_add(lines.saturating_mul(2))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_and_length() {
        for n in [0_usize, 1, 2, 3, 56, 57, 58, 113, 114, 115, 1000] {
            let out = encode_attachment(&vec![0xa5; n]);
            assert_eq!(out.len() as u64, encoded_len(n as u64), "{n}");
            assert!(out.is_empty() || out.ends_with(b"\r\n"));
            assert!(out.split(|b| *b == b'\n').all(|l| l.len() <= LINE + 1));
        }
    }
}
