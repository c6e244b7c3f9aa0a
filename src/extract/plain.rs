//! Owns plain text: which Unicode encoding it has and how its lines end. It refuses to guess at
//! legacy encodings.

use super::flow::Text;

/// The characters of a text in UTF-8, with or without a mark, or in UTF-16 with one. None where
/// the bytes are neither.
pub(super) fn decode(bytes: &[u8]) -> Option<String> {
    let utf16 = bytes.starts_with(b"\xff\xfe") || bytes.starts_with(b"\xfe\xff");
    if utf16 {
        let (text, _, broken) = encoding_rs::UTF_16LE.decode(bytes);
        return (!broken && !text.contains('\0')).then(|| text.into_owned());
    }
    let bytes = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
    std::str::from_utf8(bytes).ok().map(str::to_owned)
}

/// The text with its lines ending in `\n`, at most `limit` bytes of it.
pub(super) fn read(text: &str, limit: u64) -> Text {
    let mut kept = text
        .replace("\r\n", "\n")
        .replace(['\r', '\x0b', '\x0c', '\u{85}'], "\n");
    let limit = usize::try_from(limit).unwrap_or(usize::MAX);
    let whole = kept.len() <= limit;
    if !whole {
        kept.truncate(kept.floor_char_boundary(limit));
    }
    Text { text: kept, whole }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn unicode_in_every_dress() {
        let le: Vec<u8> = "\u{feff}Số"
            .encode_utf16()
            .flat_map(u16::to_le_bytes)
            .collect();
        let be: Vec<u8> = "\u{feff}Số"
            .encode_utf16()
            .flat_map(u16::to_be_bytes)
            .collect();
        for bytes in ["Số".as_bytes(), "\u{feff}Số".as_bytes(), &le, &be] {
            assert_eq!(decode(bytes).as_deref(), Some("Số"), "{bytes:?}");
        }
        assert_eq!(decode(b"S\xe8 32-NQ/TW"), None, "TCVN3");
        assert_eq!(decode(b"\xff\xfe\x00\xd8"), None, "half a surrogate");
    }

    #[test]
    fn lines_end_alike_and_text_is_limited() {
        assert_eq!(read("a\r\nb\rc\x0cd", 99).text, "a\nb\nc\nd");
        let cut = read("ăâđ", 5);
        assert_eq!((cut.text.as_str(), cut.whole), ("ăâ", false));
    }
}
