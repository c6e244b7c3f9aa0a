//! Owns the head of a Word document (MS-DOC 2.5, the FIB): version, lock, lengths of its stories,
//! where its tables lie. It refuses versions before Word 97.

use std::ops::Range;

use super::super::package::Refusal;
use super::number::{part, place_at, u16_at, u32_at};
use crate::document::Reason;

/// The first version of this layout; Word 97 itself writes 193.
const WORD_97: u16 = 101;
/// Where the numbers of 32 bits begin, and the pairs of place and length (a fixed layout: MS-DOC
/// 2.5.1).
const LONGS: usize = 0x40;
const PAIRS: usize = 0x9a;

/// What is needed of the FIB.
#[derive(Debug)]
pub(super) struct Header {
    /// The stream that holds the tables.
    pub(super) table: &'static str,
    /// The stories, by their character positions: one after another.
    pub(super) text: Range<u32>,
    pub(super) footnotes: Range<u32>,
    pub(super) headers: Range<u32>,
    pub(super) comments: Range<u32>,
    pub(super) endnotes: Range<u32>,
    pub(super) boxes: Range<u32>,
    pub(super) header_boxes: Range<u32>,
    pairs: Vec<(usize, usize)>,
}

/// Tables of the document, by their number in FibRgFcLcb97.
#[derive(Clone, Copy, Debug)]
pub(super) enum Table {
    Styles = 1,
    HeaderStories = 11,
    CharacterPages = 12,
    ParagraphPages = 13,
    Fonts = 15,
    Pieces = 33,
    Shapes = 40,
    Drawings = 50,
    Boxes = 56,
    HeaderBoxes = 58,
}

impl Header {
    /// Reads the FIB at the start of the stream.
    pub(super) fn read(main: &[u8]) -> Result<Self, Refusal> {
        let short = (Reason::Damaged, "the head of the document is cut short");
        let signature = u16_at(main, 0).ok_or(short)?;
        let version = u16_at(main, 2).ok_or(short)?;
        let flags = u16_at(main, 0x0a).ok_or(short)?;
        if flags & 0x0100 != 0 {
            return Err((Reason::Encrypted, "the file opens only with a password"));
        }
        if signature != 0xa5ec {
            let known = matches!(
                signature,
                0xa5dc | 0xa5db | 0xa59c | 0xa59b | 0xa697 | 0xa699
            );
            return Err(if known { OLD } else { WRONG });
        }
        if version <= WORD_97 {
            return Err(OLD);
        }
        let mut at = 0;
        let mut story = |n: usize| -> Result<Range<u32>, Refusal> {
            let length = u32_at(main, LONGS + n * 4).ok_or(short)?;
            let start = at;
            at = length
                .checked_add(start)
                .filter(|_| length < LENGTH_MAX)
                .ok_or(WRONG)?;
            Ok(start..at)
        };
        let text = story(3)?;
        let footnotes = story(4)?;
        let headers = story(5)?;
        let comments = story(7)?;
        let endnotes = story(8)?;
        let boxes = story(9)?;
        let header_boxes = story(10)?;
        let pair = |n: usize| Some((place_at(main, n)?, place_at(main, n + 4)?));
        Ok(Self {
            table: if flags & 0x0200 == 0 {
                "/0Table"
            } else {
                "/1Table"
            },
            text,
            footnotes,
            headers,
            comments,
            endnotes,
            boxes,
            header_boxes,
            pairs: (PAIRS..).step_by(8).take(64).map_while(pair).collect(),
        })
    }

    /// The bytes of a table; empty where the document has none or they lie outside.
    pub(super) fn table<'a>(&self, table: Table, stream: &'a [u8]) -> &'a [u8] {
        let pair = self.pairs.get(table as usize);
        pair.and_then(|(at, length)| part(stream, *at, *length))
            .unwrap_or_default()
    }
}

const OLD: Refusal = (
    Reason::Unsupported,
    "the file was written by Word 95 or older: save it again in a newer format",
);
const WRONG: Refusal = (Reason::Damaged, "the head of the document makes no sense");
/// Positions are signed in the file.
const LENGTH_MAX: u32 = 0x7fff_ffff;
