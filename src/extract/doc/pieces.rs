//! Owns where the characters of a Word document lie (MS-DOC 2.4.1, the Clx): a fast-saved file has
//! many pieces, each in UTF-16 or in windows-1252. It refuses to know what they look like.

use std::ops::Range;

use super::super::package::Refusal;
use super::number::{Plc, part, place_at, u16_at, u32_at};
use crate::document::Reason;

/// The positions, places and late changes of all pieces.
#[derive(Debug)]
pub(super) struct Pieces<'a> {
    main: &'a [u8],
    table: Plc<'a>,
    /// Properties that a piece may point to.
    changes: Vec<&'a [u8]>,
}

/// One piece.
#[derive(Clone, Debug)]
pub(super) struct Piece<'a> {
    /// Its character positions.
    pub(super) positions: Range<u32>,
    /// Where its first character lies in the stream.
    pub(super) start: usize,
    /// Bytes a character: 1 or 2.
    pub(super) width: usize,
    /// Properties that hold for all of it.
    pub(super) change: Change<'a>,
}

/// Properties of a whole piece (MS-DOC 2.9.214, Prm).
#[derive(Clone, Copy, Debug)]
pub(super) enum Change<'a> {
    /// One property: its number in a list of old, and its value.
    One(u8, u8),
    /// A list of properties.
    List(&'a [u8]),
}

impl<'a> Pieces<'a> {
    /// Reads the Clx.
    pub(super) fn new(clx: &'a [u8], main: &'a [u8]) -> Result<Self, Refusal> {
        let broken = (Reason::Damaged, "the table of the text's pieces is broken");
        let mut changes = Vec::new();
        let mut at = 0;
        while clx.get(at) == Some(&1) {
            let length = usize::from(u16_at(clx, at + 1).ok_or(broken)?);
            changes.push(part(clx, at + 3, length).ok_or(broken)?);
            at += 3 + length;
        }
        if clx.get(at) != Some(&2) {
            return Err(broken);
        }
        let length = place_at(clx, at + 1).ok_or(broken)?;
        let table = Plc::new(part(clx, at + 5, length).ok_or(broken)?, 8);
        if table.len() == 0 {
            return Err(broken);
        }
        Ok(Self {
            main,
            table,
            changes,
        })
    }

    /// The number of the piece that holds a position.
    pub(super) fn find(&self, position: u32) -> Option<usize> {
        self.table.find(position)
    }

    /// One piece by its number.
    pub(super) fn piece(&self, n: usize) -> Option<Piece<'a>> {
        let datum = self.table.datum(n)?;
        let place = u32_at(datum, 2)?;
        let compressed = place & 0x4000_0000 != 0;
        let place = usize::try_from(place & 0x3fff_ffff).ok()?;
        Some(Piece {
            positions: self.table.range(n)?,
            start: if compressed { place / 2 } else { place },
            width: if compressed { 1 } else { 2 },
            change: self.change(u16_at(datum, 6)?),
        })
    }

    fn change(&self, prm: u16) -> Change<'a> {
        let [low, high] = prm.to_le_bytes();
        if prm & 1 == 0 {
            Change::One(low >> 1, high)
        } else {
            let list = self.changes.get(usize::from(prm >> 1));
            Change::List(list.copied().unwrap_or_default())
        }
    }

    /// The bytes of `count` characters of a piece, `skipped` characters behind its start; fewer
    /// where the stream ends.
    pub(super) fn bytes(&self, piece: &Piece<'_>, skipped: usize, count: usize) -> &'a [u8] {
        let at = skipped
            .saturating_mul(piece.width)
            .saturating_add(piece.start);
        let end = count.saturating_mul(piece.width).saturating_add(at);
        let end = end.min(self.main.len());
        self.main.get(at..end).unwrap_or_default()
    }
}

/// The characters of a piece's bytes, each with how many places it takes.
pub(super) fn characters(bytes: &[u8], width: usize) -> Vec<(char, usize)> {
    if width == 1 {
        let (text, _) = encoding_rs::WINDOWS_1252.decode_without_bom_handling(bytes);
        return text.chars().map(|c| (c, 1)).collect();
    }
    let units = bytes
        .chunks_exact(2)
        .map(|pair| u16::from_le_bytes([pair[0], pair[1]]));
    char::decode_utf16(units)
        .map(|c| c.map_or((char::REPLACEMENT_CHARACTER, 1), |c| (c, c.len_utf16())))
        .collect()
}
