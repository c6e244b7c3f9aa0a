//! Owns which properties hold at a place of the stream (MS-DOC 2.9.55, formatted disk pages). It
//! refuses to know what the properties mean.

use std::ops::Range;

use super::number::{Plc, part, u32_at};

/// Pages of this many bytes hold the properties.
const PAGE: usize = 512;

/// What a page keeps for each stretch: one byte for runs, thirteen for paragraphs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Of {
    Runs,
    Paragraphs,
}

/// The pages of a document for runs or for paragraphs.
#[derive(Debug)]
pub(super) struct Formats<'a> {
    main: &'a [u8],
    pages: Plc<'a>,
    of: Of,
}

impl<'a> Formats<'a> {
    /// The pages that this table lists.
    pub(super) fn new(main: &'a [u8], table: &'a [u8], of: Of) -> Self {
        Self {
            main,
            pages: Plc::new(table, 4),
            of,
        }
    }

    /// The properties at a place, and the places between which they hold. Where no page speaks,
    /// there are none, up to the next one that does.
    pub(super) fn at(&self, place: usize) -> (Range<usize>, &'a [u8]) {
        let Ok(position) = u32::try_from(place) else {
            return (place..usize::MAX, &[]);
        };
        let found = self.pages.find(position);
        let page = found.and_then(|n| self.page(n));
        if let Some(found) = page.and_then(|page| self.in_page(page, position)) {
            return found;
        }
        let next = self.pages.range(found.map_or(0, |n| n + 1));
        let end = next.and_then(|range| usize::try_from(range.start).ok());
        (place..end.unwrap_or(usize::MAX), &[])
    }

    fn page(&self, n: usize) -> Option<&'a [u8]> {
        let number = u32_at(self.pages.datum(n)?, 0)? & 0x003f_ffff;
        part(
            self.main,
            usize::try_from(number).ok()?.checked_mul(PAGE)?,
            PAGE,
        )
    }

    fn in_page(&self, page: &'a [u8], position: u32) -> Option<(Range<usize>, &'a [u8])> {
        let count = usize::from(*page.last()?);
        let start = |n: usize| u32_at(page, n * 4);
        let (mut low, mut high) = (0, count);
        while low < high {
            let middle = usize::midpoint(low, high);
            if start(middle)? <= position {
                low = middle + 1;
            } else {
                high = middle;
            }
        }
        let n = low.checked_sub(1)?;
        let range = usize::try_from(start(n)?).ok()?..usize::try_from(start(n + 1)?).ok()?;
        if !range.contains(&usize::try_from(position).ok()?) {
            return None;
        }
        let each = if self.of == Of::Runs { 1 } else { 13 };
        let offset = usize::from(*page.get((count + 1) * 4 + n * each)?) * 2;
        let list = if offset == 0 {
            &[][..]
        } else {
            self.list(page, offset)?
        };
        Some((range, list))
    }

    /// The length stands before the list: bytes for runs, words for paragraphs, in two ways.
    fn list(&self, page: &'a [u8], offset: usize) -> Option<&'a [u8]> {
        let length = usize::from(*page.get(offset)?);
        match (self.of, length) {
            (Of::Runs, _) => part(page, offset + 1, length),
            (Of::Paragraphs, 0) => {
                let length = usize::from(*page.get(offset + 1)?);
                part(page, offset + 2, length * 2)
            }
            (Of::Paragraphs, _) => part(page, offset + 1, length * 2 - 1),
        }
    }
}
