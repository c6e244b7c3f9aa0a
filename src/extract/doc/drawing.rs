//! Owns what the shapes of a document hold besides text boxes: pictures and WordArt's words
//! (MS-ODRAW 2.2). It refuses geometry and colours.

use super::number::{part, place_at, u16_at};

/// Properties: the number of a picture, the words of WordArt.
const PICTURE: u16 = 0x0104;
const WORDS: u16 = 0x00c0;
/// Records: a shape's properties. Containers have 15 in their lowest four bits.
const PROPERTIES: u16 = 0xf00b;

/// What was found in the drawings.
#[derive(Debug, Default)]
pub(super) struct Drawings {
    /// At least one shape is a picture.
    pub(super) pictures: bool,
    /// The words of WordArt.
    pub(super) words: Vec<String>,
}

impl Drawings {
    /// Goes through all records. Containers are entered, not skipped, so that no stack is needed.
    pub(super) fn new(bytes: &[u8]) -> Self {
        let mut drawings = Self::default();
        let mut at = 0;
        while let Some(more) = drawings.record(bytes, at) {
            at = more;
        }
        drawings
    }

    /// Reads the record at `at`; where the next begins.
    fn record(&mut self, bytes: &[u8], at: usize) -> Option<usize> {
        let options = u16_at(bytes, at)?;
        let kind = u16_at(bytes, at + 2)?;
        // One byte before each drawing says where it belongs.
        if kind < 0xf000 {
            return (at < bytes.len()).then_some(at + 1);
        }
        let length = place_at(bytes, at + 4)?;
        if options & 0xf == 0xf {
            return Some(at + 8);
        }
        if kind == PROPERTIES {
            let body = part(bytes, at + 8, length).unwrap_or_default();
            self.properties(body, usize::from(options >> 4));
        }
        (at + 8).checked_add(length)
    }

    /// First the list of properties, then the long values in the same order.
    fn properties(&mut self, body: &[u8], count: usize) {
        let mut values = count * 6;
        for n in 0..count {
            let (Some(id), Some(value)) = (u16_at(body, n * 6), place_at(body, n * 6 + 2)) else {
                return;
            };
            let long = id & 0x8000 != 0;
            match id & 0x3fff {
                PICTURE => self.pictures = true,
                WORDS if long => {
                    let words = part(body, values, value).unwrap_or_default();
                    self.words.push(utf16(words));
                }
                _ => {}
            }
            if long {
                values = values.saturating_add(value);
            }
        }
    }
}

fn utf16(bytes: &[u8]) -> String {
    let units = bytes
        .chunks_exact(2)
        .map(|pair| u16::from_le_bytes([pair[0], pair[1]]))
        .take_while(|unit| *unit != 0);
    char::decode_utf16(units).filter_map(Result::ok).collect()
}
