//! Owns what is done to the pages of every format once they are read: old alphabets and capitals as
//! they were meant, and the question whether a page's text can be trusted. It refuses to know how
//! they were read.

use crate::document::{Contents, Format, Reason};
use crate::spelling::{Quality, legacy};

/// Pages with fewer words than this are not judged.
const WORDS_MIN: usize = 20;

/// Bytes of a page that are judged.
const JUDGED: usize = 20_000;

/// The pages as they were meant. Pages of a PDF whose text is a wreck count as unread, and where
/// no other page has text the file is a scan.
pub(super) fn settle(contents: &mut Contents) {
    unmask(&mut contents.pages);
    for page in &mut contents.pages {
        if let std::borrow::Cow::Owned(raised) = legacy::raise(page) {
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
/// letter is none of a Latin script (a font's own numbering read as other scripts), or half of the
/// words have one or two letters (fonts that lost Đ and all stacked letters tear every word there).
pub(super) fn is_wreck(page: &str) -> bool {
    let page = &page[..page.floor_char_boundary(JUDGED)];
    let mut quality = Quality::default();
    quality.add(page);
    if quality.is_good() {
        return false;
    }
    let shape = Shape::of(page);
    shape.words >= WORDS_MIN && (shape.short * 2 > shape.words || shape.odd * 3 > shape.letters)
}

/// What a text looks like, whatever its language.
#[derive(Debug, Default)]
struct Shape {
    words: usize,
    /// Words of one or two letters.
    short: usize,
    letters: usize,
    /// Of them, those of no Latin script, and characters that are no letter, number or common sign.
    odd: usize,
}

impl Shape {
    fn of(text: &str) -> Self {
        let mut shape = Self::default();
        for word in text.split_whitespace() {
            let bare = word.trim_matches(|c: char| !c.is_alphabetic());
            if bare.is_empty() || word.chars().any(|c| c.is_ascii_digit()) {
                continue;
            }
            shape.words += 1;
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
