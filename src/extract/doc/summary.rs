//! Owns the number of pages as Word counted them when it last saved (MS-OLEPS, SummaryInformation).
//! It refuses every other property.

use super::number::{place_at, u32_at};

/// `PIDSI_PAGECOUNT`, and the kind of a signed number.
const PAGE_COUNT: u32 = 14;
const SIGNED: u32 = 3;
/// No summary lists more properties.
const PROPERTIES_MAX: usize = 100;

/// The page count that a summary names; Word writes 0 where it has not counted.
pub(super) fn pages(stream: &[u8]) -> Option<u32> {
    let section = place_at(stream, 44)?;
    let count = place_at(stream, section.checked_add(4)?)?;
    for n in 0..count.min(PROPERTIES_MAX) {
        let at = section.checked_add(8 + n * 8)?;
        if u32_at(stream, at)? == PAGE_COUNT {
            let value = section.checked_add(place_at(stream, at + 4)?)?;
            let signed = u32_at(stream, value)? == SIGNED;
            let pages = u32_at(stream, value.checked_add(4)?)?;
            return (signed && (1..=0x7fff_ffff).contains(&pages)).then_some(pages);
        }
    }
    None
}
