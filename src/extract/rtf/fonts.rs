//! Owns the fonts of an RTF file: their names, and in which code page their bytes are. It refuses
//! to know what stands in them.

use std::collections::HashMap;

use encoding_rs as encodings;
use encoding_rs::Encoding;

/// A font's name is never longer.
const NAME_MAX: usize = 64;
/// No document uses more fonts.
const FONTS_MAX: usize = 10_000;

#[derive(Clone, Debug, Default)]
struct Font {
    name: String,
    charset: Option<i32>,
}

/// The font table, and the code page for all that names no other.
#[derive(Debug, Default)]
pub(super) struct Fonts {
    table: HashMap<i32, Font>,
    entry: Font,
    number: i32,
    page: Option<i32>,
    /// The font of text that names none (`\deff`).
    pub(super) default: i32,
}

impl Fonts {
    /// `\ansicpg`: the code page of the file.
    pub(super) fn page(&mut self, page: Option<i32>) {
        self.page = page;
    }

    /// `\f` inside the font table: an entry begins.
    pub(super) fn begin(&mut self, number: i32) {
        self.end();
        self.number = number;
    }

    /// `\fcharset` inside the font table.
    pub(super) fn charset(&mut self, charset: i32) {
        self.entry.charset = Some(charset);
    }

    /// Characters inside the font table: the name, up to its semicolon.
    pub(super) fn name(&mut self, bytes: &[u8]) {
        for byte in bytes {
            if *byte == b';' {
                self.end();
            } else if self.entry.name.len() < NAME_MAX {
                self.entry.name.push(char::from(*byte));
            }
        }
    }

    fn end(&mut self) {
        let font = std::mem::take(&mut self.entry);
        if !font.name.is_empty() && self.table.len() < FONTS_MAX {
            self.table.insert(self.number, font);
        }
    }

    /// The name of a font.
    pub(super) fn name_of(&self, number: i32) -> Option<&str> {
        self.table.get(&number).map(|font| font.name.trim())
    }

    /// The encoding of bytes in a font. Charset 1 ("default") means the page of the file.
    pub(super) fn encoding(&self, number: i32) -> &'static Encoding {
        let charset = self.table.get(&number).and_then(|font| font.charset);
        match charset {
            Some(charset) if charset != 1 => by_charset(charset),
            _ => self.page.map_or(encodings::WINDOWS_1252, by_page),
        }
    }
}

/// RTF 1.9.1, `\fcharsetN`.
fn by_charset(charset: i32) -> &'static Encoding {
    match charset {
        77 => encodings::MACINTOSH,
        128 => encodings::SHIFT_JIS,
        129 => encodings::EUC_KR,
        134 => encodings::GBK,
        136 => encodings::BIG5,
        161 => encodings::WINDOWS_1253,
        162 => encodings::WINDOWS_1254,
        163 => encodings::WINDOWS_1258,
        177 => encodings::WINDOWS_1255,
        178 => encodings::WINDOWS_1256,
        186 => encodings::WINDOWS_1257,
        204 => encodings::WINDOWS_1251,
        222 => encodings::WINDOWS_874,
        238 => encodings::WINDOWS_1250,
        _ => encodings::WINDOWS_1252,
    }
}

/// RTF 1.9.1, `\ansicpgN`.
fn by_page(page: i32) -> &'static Encoding {
    match page {
        874 => encodings::WINDOWS_874,
        932 => encodings::SHIFT_JIS,
        936 => encodings::GBK,
        949 => encodings::EUC_KR,
        950 => encodings::BIG5,
        1250 => encodings::WINDOWS_1250,
        1251 => encodings::WINDOWS_1251,
        1253 => encodings::WINDOWS_1253,
        1254 => encodings::WINDOWS_1254,
        1255 => encodings::WINDOWS_1255,
        1256 => encodings::WINDOWS_1256,
        1257 => encodings::WINDOWS_1257,
        1258 => encodings::WINDOWS_1258,
        10_000 => encodings::MACINTOSH,
        65_001 => encodings::UTF_8,
        _ => encodings::WINDOWS_1252,
    }
}
