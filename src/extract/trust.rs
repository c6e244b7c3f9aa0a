//! Owns what is done to the pages of every format once they are read: old alphabets and capitals as
//! they were meant, and the question whether a page's text can be trusted. It refuses to know how
//! they were read.

use std::borrow::Cow;
use std::collections::BTreeSet;

use crate::document::{Contents, Format, Reason};
use crate::spelling::{Quality, legacy};

/// Pages with fewer different words than this are not judged.
const WORDS_MIN: usize = 20;

/// Bytes of a page that are judged.
const JUDGED: usize = 20_000;

/// The pages as they were meant. Pages of a PDF whose text is a wreck count as unread, and where
/// no other page has text the file is a scan.
pub(super) fn settle(contents: &mut Contents) {
    unmask(&mut contents.pages);
    for page in &mut contents.pages {
        if let Cow::Owned(raised) = legacy::raise(page) {
            *page = raised;
        }
    }
    if contents.format != Format::PdfText {
        return;
    }
    for page in &mut contents.pages {
        // What a page draws at a soft hyphen is a hyphen; Word names most of its hyphens so.
        *page = page.replace('\u{ad}', "-");
    }
    let wrecks = contents.pages.iter().filter(|p| is_wreck(p)).count();
    if wrecks == 0 {
        return;
    }
    let all = contents.page_count.unwrap_or(u32::MAX);
    let unread = u32::try_from(wrecks).unwrap_or(u32::MAX);
    contents.unread_pages = contents.unread_pages.saturating_add(unread).min(all);
    let other = |page: &String| super::letters(page) > 0 && !is_wreck(page);
    if contents.finding.is_none() && !contents.pages.iter().any(other) {
        contents.format = Format::PdfScan;
        contents.finding = Some(Reason::NoTextLayer);
        let detail = "the text layer has lost its letters: it is treated as a scan";
        contents.detail = Some(detail.to_owned());
    }
}

fn unmask(pages: &mut [String]) {
    let text = pages.join("\u{c}");
    let Some(text) = legacy::unmask(&text) else {
        return;
    };
    let mut parts = text.split('\u{c}');
    let last = pages.len().saturating_sub(1);
    for (n, page) in pages.iter_mut().enumerate() {
        // A page may hold the sign itself; then the last one takes what is left over.
        *page = if n < last {
            parts.next().unwrap_or_default().to_owned()
        } else {
            parts.by_ref().collect::<Vec<_>>().join("\n")
        };
    }
}

/// True where a page has words and they are a wreck of words: not Vietnamese, and every third
/// letter is of no Latin script (a font's own numbering read as other scripts), or two of three
/// words have one or two letters (fonts that lost Đ and all stacked letters tear every word there).
/// Measured, words of one or two letters in 100: Vietnamese 11 to 20, English 26, French 50, torn
/// Vietnamese 76. Other languages, Vietnamese without marks and letters lost without a gap (32) are
/// no wreck: such pages count as read, and not being Vietnamese they wait for a person.
pub(super) fn is_wreck(page: &str) -> bool {
    let page = &page[..page.floor_char_boundary(JUDGED)];
    let mut quality = Quality::default();
    quality.add(page);
    if quality.is_good() {
        return false;
    }
    let shape = Shape::of(page);
    shape.words.len() >= WORDS_MIN
        && (shape.short * 3 > shape.all * 2 || shape.odd * 3 > shape.letters)
}

/// What a text looks like, whatever its language.
#[derive(Debug, Default)]
struct Shape<'a> {
    all: usize,
    /// The different words: a column of units is no text.
    words: BTreeSet<&'a str>,
    /// Words of one or two letters.
    short: usize,
    letters: usize,
    /// Of them, those of no Latin script, and characters that are no letter, number or common sign.
    odd: usize,
}

impl<'a> Shape<'a> {
    fn of(text: &'a str) -> Self {
        let mut shape = Self::default();
        for word in text.split_whitespace() {
            let bare = word.trim_matches(|c: char| !c.is_alphabetic());
            if bare.is_empty() || word.chars().any(|c| c.is_ascii_digit()) {
                continue;
            }
            shape.all += 1;
            shape.words.insert(bare);
            shape.short += usize::from(bare.chars().count() <= 2);
            for c in bare.chars() {
                let latin = c.is_ascii()
                    || matches!(c, '\u{aa}'..='\u{36f}' | '\u{1e00}'..='\u{1eff}')
                    || matches!(c, '\u{2010}'..='\u{2027}' | '\u{fb00}'..='\u{fb06}');
                shape.letters += 1;
                shape.odd += usize::from(!latin);
            }
        }
        shape
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const BODY: &str = "Thực hiện Chương trình kiểm tra, Ban Thường vụ Huyện uỷ xây dựng kế hoạch \
        với những nội dung chủ yếu: nâng cao nhận thức của cán bộ, đảng viên; phát hiện ưu điểm để \
        phát huy, khuyết điểm để khắc phục; kỷ luật nghiêm, đúng người, đúng việc.";

    fn torn() -> String {
        BODY.chars()
            .map(|c| if c > '\u{ff}' { ' ' } else { c })
            .collect()
    }

    fn settled(pages: &[&str]) -> Contents {
        let mut contents = Contents::nothing(Format::PdfText, Reason::Empty, "");
        (contents.finding, contents.detail) = (None, None);
        contents.pages = pages.iter().map(|p| (*p).to_owned()).collect();
        contents.page_count = u32::try_from(pages.len()).ok();
        settle(&mut contents);
        contents
    }

    #[test]
    fn a_wreck_is_a_scan_and_another_language_is_not() {
        let english = "The Committee shall meet on the third day of each month to consider the \
            reports of the branches and decide by a majority of those who are present in person.";
        let numbers = "1\t20,5\t33\tkg\n".repeat(60);
        let shift = |c: char| char::from_u32(u32::from(c) % 50 + 0x391).unwrap_or(c);
        let greek: String = BODY
            .chars()
            .map(|c| if c == ' ' { c } else { shift(c) })
            .collect();
        for (page, wreck) in [
            (BODY, false),
            (english, false),
            (&numbers, false),
            (&torn(), true),
            (&greek, true),
            ("Số 5", false),
        ] {
            assert_eq!(is_wreck(page), wreck, "{page}");
        }
        let scan = settled(&[&torn()]);
        assert_eq!(
            (scan.format, scan.finding),
            (Format::PdfScan, Some(Reason::NoTextLayer))
        );
        assert_eq!(scan.unread_pages, 1);
        let part = settled(&[BODY, &torn()]);
        assert_eq!((part.format, part.finding), (Format::PdfText, None));
        assert_eq!(part.unread_pages, 1);
    }

    #[test]
    fn pages_are_unmasked_together_and_stay_apart() {
        let old = "Thùc hiÖn NghÞ quyÕt cña §¶ng";
        let pages = settled(&[old, "Bé", "CHÊP HµNH\u{ad}A"]).pages;
        assert_eq!(pages[..2], ["Thực hiện Nghị quyết của Đảng", "Bộ"]);
        assert_eq!(settled(&["23\u{ad}CT/TW"]).pages, ["23-CT/TW"]);
    }
}
