//! Owns plain text: which encoding bytes are in, told by which reading is Vietnamese, and how lines
//! end. It refuses to guess where no reading is.

use std::cmp::Reverse;

use encoding_rs::{Encoding, UTF_8, UTF_16BE, UTF_16LE, WINDOWS_1252, WINDOWS_1258};
use unicode_normalization::UnicodeNormalization;

use super::flow::Text;
use crate::spelling::{Quality, legacy};

/// How much of a file is looked at to tell UTF-16 without a mark.
const SAMPLE: usize = 16 * 1024;

/// The characters of a text in UTF-8, with or without a mark, or in UTF-16. None where the bytes
/// are neither.
pub(super) fn decode(bytes: &[u8]) -> Option<String> {
    let marked = bytes.starts_with(b"\xff\xfe") || bytes.starts_with(b"\xfe\xff");
    let order = if marked { Some(UTF_16LE) } else { utf16(bytes) };
    if let Some(order) = order {
        // The mark, where there is one, decides the order.
        let (text, _, broken) = order.decode(bytes);
        return (!broken && !text.contains('\0')).then(|| text.into_owned());
    }
    let bytes = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
    std::str::from_utf8(bytes).ok().map(str::to_owned)
}

/// The byte order of UTF-16 without a mark: in Latin scripts every blank, digit and plain letter
/// has a zero for its high byte, and what comes out must be such a script.
pub(super) fn utf16(bytes: &[u8]) -> Option<&'static Encoding> {
    let sample = &bytes[..bytes.len().min(SAMPLE)];
    if bytes.len() < 4 || !bytes.len().is_multiple_of(2) {
        return None;
    }
    let (pairs, _) = sample.as_chunks::<2>();
    let zeros = |at: usize| pairs.iter().filter(|pair| pair[at] == 0).count();
    let order = match (zeros(0), zeros(1)) {
        (0, low) if low * 5 >= pairs.len() => UTF_16LE,
        (high, 0) if high * 5 >= pairs.len() => UTF_16BE,
        _ => return None,
    };
    let (text, _) = order.decode_without_bom_handling(sample);
    let latin = |c: &char| {
        matches!(c, '\t' | '\n' | '\r' | ' '..='~' | '\u{a0}'..='\u{36f}')
            || matches!(c, '\u{1e00}'..='\u{1eff}' | '\u{2000}'..='\u{2bff}' | '\u{feff}')
    };
    let strange = text.chars().filter(|c| !latin(c)).count();
    (strange * 50 <= pairs.len()).then_some(order)
}

/// The text of a file whose markup `read` understands, and whether its encoding is known. The
/// readings are what the file declares, windows-1258, and Latin letters that may be an old
/// alphabet's; the one with most Vietnamese in it is taken, if it is Vietnamese at all.
pub(super) fn choose(
    bytes: &[u8],
    declared: Option<&'static Encoding>,
    read: impl Fn(&str) -> Text,
) -> (Text, bool) {
    if let Some(text) = decode(bytes) {
        let shown = read(&text);
        let undone = (!quality(&shown.text).is_good()).then(|| undo_latin(&text));
        let undone = undone.flatten().map(|text| read(&text));
        let better = undone.filter(|undone| quality(&undone.text).is_good());
        return (better.unwrap_or(shown), true);
    }
    let latin = read(&latin(bytes));
    let declared = declared.filter(|d| ![UTF_8, WINDOWS_1252, WINDOWS_1258].contains(d));
    let others = declared.into_iter().chain([WINDOWS_1258]);
    let mut best: Option<(Quality, Text)> = None;
    for text in others
        .map(|encoding| encoding.decode_without_bom_handling(bytes).0)
        .map(|text| read(&text.nfc().collect::<String>()))
        .chain([latin.clone()])
    {
        let quality = quality(&text.text);
        let rank = |q: &Quality| (q.syllables, Reverse(q.strangers));
        let better = best.as_ref().is_none_or(|(q, _)| rank(&quality) > rank(q));
        if quality.is_good() && better {
            best = Some((quality, text));
        }
    }
    // A few curly quotes and accents in plain letters read alike in every Western encoding.
    let count = |wanted: fn(&char) -> bool| latin.text.chars().filter(wanted).count();
    let plain = count(|c| !c.is_ascii()) * 10 <= count(char::is_ascii_alphabetic);
    match best {
        Some((_, text)) => (text, true),
        None => (latin, plain),
    }
}

/// How Vietnamese a text is once old alphabets in it are read.
pub(super) fn quality(text: &str) -> Quality {
    let mut quality = Quality::default();
    let unmasked = legacy::unmask(text);
    quality.add(unmasked.as_deref().unwrap_or(text));
    quality
}

/// The bytes line by line: UTF-8 where a line is, Latin letters where it is not.
fn latin(bytes: &[u8]) -> String {
    let mut text = String::with_capacity(bytes.len() * 2);
    for line in bytes.split_inclusive(|b| *b == b'\n') {
        match std::str::from_utf8(line) {
            Ok(line) => text.push_str(line),
            Err(_) => text.push_str(&WINDOWS_1252.decode_without_bom_handling(line).0),
        }
    }
    text
}

/// UTF-8 that was read as Latin letters and written again ("Äáº£ng") as it was. None where no line
/// is of that kind.
fn undo_latin(text: &str) -> Option<String> {
    let mut out = String::with_capacity(text.len());
    let mut undone = false;
    for line in text.split_inclusive('\n') {
        let (bytes, _, foreign) = WINDOWS_1252.encode(line);
        match std::str::from_utf8(&bytes) {
            Ok(meant) if !foreign && meant != line => {
                undone = true;
                out.push_str(meant);
            }
            _ => out.push_str(line),
        }
    }
    undone.then_some(out)
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
    Text {
        text: kept,
        whole,
        hidden: String::new(),
    }
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
        assert_eq!(decode(&le[2..]).as_deref(), Some("Số"), "without a mark");
        assert_eq!(decode(&be[2..]).as_deref(), Some("Số"), "without a mark");
        assert_eq!(decode(b"S\xe8 32-NQ/TW"), None, "TCVN3");
        assert_eq!(utf16(b"\x01\x00\x02\x00\x03\x00\x04\x00"), None, "numbers");
        assert_eq!(decode(b"\xff\xfe\x00\xd8"), None, "half a surrogate");
    }

    #[test]
    fn lines_end_alike_and_text_is_limited() {
        assert_eq!(read("a\r\nb\rc\x0cd", 99).text, "a\nb\nc\nd");
        let cut = read("ăâđ", 5);
        assert_eq!((cut.text.as_str(), cut.whole), ("ăâ", false));
    }

    #[test]
    fn the_reading_that_is_vietnamese_is_taken() {
        let as_it_is = |text: &str| read(text, 10_000);
        let chosen = |bytes: &[u8]| {
            let (text, sure) = choose(bytes, None, as_it_is);
            (legacy::unmask(&text.text).unwrap_or(text.text), sure)
        };
        let meant = "Thực hiện Nghị quyết của Đảng uỷ về công tác dân vận";
        let (half, _, broken) = WINDOWS_1258.encode(
            "Thư\u{323}c hiê\u{323}n Nghi\u{323} quyê\u{301}t cu\u{309}a Đa\u{309}ng \
             uy\u{309} vê\u{300} công ta\u{301}c dân vâ\u{323}n",
        );
        assert!(!broken);
        let tcvn3 = b"Th\xf9c hi\xd6n Ngh\xde quy\xd5t c\xf1a \xa7\xb6ng u\xfb v\xd2 \
            c\xabng t\xb8c d\xa9n v\xcbn";
        let vni = b"Th\xf6\xefc hie\xe4n Ngh\xf2 quye\xe1t cu\xfba \xd1a\xfbng uy\xfb ve\xe0 \
            co\xe2ng ta\xf9c da\xe2n va\xe4n";
        let again = WINDOWS_1252.decode_without_bom_handling(meant.as_bytes()).0;
        for bytes in [&half[..], tcvn3, vni, meant.as_bytes(), again.as_bytes()] {
            assert_eq!(chosen(bytes), (meant.to_owned(), true));
        }
        let both = [meant.as_bytes(), b"\n", tcvn3].concat();
        assert_eq!(chosen(&both), (format!("{meant}\n{meant}"), true));
        let english = b"The Secretariat\x92s decision of 3 June on the work of the committees";
        assert!(chosen(english).1);
        let (text, sure) = chosen(b"\xd0\xcf\xd3\xd4\xc1 \xce\xc5 \xda\xc4\xc5\xd3\xd8");
        assert!(!sure && !text.is_empty());
    }
}
