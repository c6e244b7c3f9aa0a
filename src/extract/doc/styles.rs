//! Owns the fonts of a Word document by their numbers, and which look its styles give (MS-DOC
//! 2.9.271 and 2.9.286). It refuses to know text.

use super::number::{part, u16_at};
use super::sprm::Run;

/// How long a line of parents may be.
const PARENTS_MAX: usize = 16;
/// The length of a font's entry before its name.
const BEFORE_NAME: usize = 39;
/// What a style has for a parent when it has none.
const NO_STYLE: u16 = 0x0fff;

/// The names of the fonts, by number.
#[derive(Debug, Default)]
pub(super) struct Fonts(Vec<String>);

impl Fonts {
    /// Reads the table of fonts.
    pub(super) fn new(table: &[u8]) -> Self {
        let count = u16_at(table, 0).unwrap_or(0);
        let mut names = Vec::new();
        let mut at = 4;
        for _ in 0..count {
            let Some(length) = table.get(at).map(|length| usize::from(*length)) else {
                break;
            };
            let entry = part(table, at + 1, length).unwrap_or_default();
            names.push(name(entry.get(BEFORE_NAME..).unwrap_or_default()));
            at += 1 + length;
        }
        Self(names)
    }

    /// The name of a font.
    pub(super) fn name(&self, number: u16) -> Option<&str> {
        self.0.get(usize::from(number)).map(String::as_str)
    }
}

fn name(bytes: &[u8]) -> String {
    let units = bytes
        .chunks_exact(2)
        .map(|pair| u16::from_le_bytes([pair[0], pair[1]]))
        .take_while(|unit| *unit != 0);
    char::decode_utf16(units).filter_map(Result::ok).collect()
}

/// One style: what it is based on, and what it says of runs.
#[derive(Clone, Copy, Debug)]
struct Style {
    parent: u16,
    look: Run,
}

/// The styles, by number.
#[derive(Debug, Default)]
pub(super) struct Styles {
    styles: Vec<Style>,
    /// What holds where no style says anything.
    default: Run,
}

impl Styles {
    /// Reads the sheet of styles.
    pub(super) fn new(sheet: &[u8]) -> Self {
        Self::read(sheet).unwrap_or_default()
    }

    fn read(sheet: &[u8]) -> Option<Self> {
        let length = usize::from(u16_at(sheet, 0)?);
        let count = u16_at(sheet, 2)?;
        let head = usize::from(u16_at(sheet, 4)?);
        let default = Run {
            font: u16_at(sheet, 2 + 12),
            other_font: u16_at(sheet, 2 + 16),
            ..Run::default()
        };
        let mut styles = Vec::new();
        let mut at = 2 + length;
        for _ in 0..count {
            let Some(length) = u16_at(sheet, at).map(usize::from) else {
                break;
            };
            let style = part(sheet, at + 2, length).and_then(|bytes| one(bytes, head));
            styles.push(style.unwrap_or(Style {
                parent: NO_STYLE,
                look: Run::default(),
            }));
            at += 2 + length;
        }
        Some(Self { styles, default })
    }

    /// The look that a style gives, down its line of parents.
    fn of(&self, number: u16) -> Run {
        let mut look = Run::default();
        let mut number = number;
        for _ in 0..PARENTS_MAX {
            let Some(style) = self.styles.get(usize::from(number)) else {
                break;
            };
            look = look.over(style.look);
            number = style.parent;
        }
        look
    }

    /// The whole look of a run in a paragraph of this style.
    pub(super) fn look(&self, run: Run, paragraph: u16) -> Run {
        let own = run.style.map(|style| self.of(style)).unwrap_or_default();
        run.over(own).over(self.of(paragraph)).over(self.default)
    }
}

/// Reads one style: its base, its name, then its lists of properties, that of runs last but for
/// styles of tables and lists.
fn one(bytes: &[u8], head: usize) -> Option<Style> {
    let kind = u16_at(bytes, 2)?;
    let parent = kind >> 4;
    let letters = usize::from(u16_at(bytes, head)?);
    let mut at = head + 2 + (letters + 1) * 2;
    let mut look = Run::default();
    let skipped = match kind & 0xf {
        1 => 1,
        2 => 0,
        _ => return Some(Style { parent, look }),
    };
    for n in 0..=skipped {
        let length = usize::from(u16_at(bytes, at)?);
        let list = part(bytes, at + 2, length)?;
        if n == skipped {
            look.add(list);
        }
        at += 2 + length + length % 2;
    }
    Some(Style { parent, look })
}
