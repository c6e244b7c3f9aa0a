//! Owns the reading of a Word document's stories in the order a reader sees them: headers, text
//! with its boxes, notes, footers; comments and what was deleted as what no page shows. It refuses
//! to know how a style or a table of the file is written.

use std::collections::{BTreeMap, HashSet};
use std::ops::Range;

use super::super::office::{Sheet, Shown, fetches};
use super::super::package::Refusal;
use super::drawing::Drawings;
use super::formats::{Formats, Of};
use super::header::{Header, Table};
use super::number::{Plc, u16_at, u32_at};
use super::pieces::{Piece, Pieces, characters};
use super::sprm::{Place, Run};
use super::styles::{Fonts, Styles};

/// How much of a field's code is looked at.
const CODE_MAX: usize = 4096;
/// The data of a text box and of a shape's anchor, in bytes (MS-DOC 2.9.105 and 2.9.253).
const BOX: usize = 22;
const ANCHOR: usize = 26;
/// The first header stories are the lines above notes; six follow for each section.
const SEPARATORS: usize = 6;

/// Everything of a document that says what its characters are.
pub(super) struct Document<'a> {
    pieces: Pieces<'a>,
    runs: Formats<'a>,
    paragraphs: Formats<'a>,
    styles: Styles,
    fonts: Fonts,
    drawings: Drawings,
    anchors: Plc<'a>,
}

impl<'a> Document<'a> {
    /// Reads the tables.
    pub(super) fn new(main: &'a [u8], stream: &'a [u8], header: &Header) -> Result<Self, Refusal> {
        let table = |table| header.table(table, stream);
        Ok(Self {
            pieces: Pieces::new(table(Table::Pieces), main)?,
            runs: Formats::new(main, table(Table::CharacterPages), Of::Runs),
            paragraphs: Formats::new(main, table(Table::ParagraphPages), Of::Paragraphs),
            styles: Styles::new(table(Table::Styles)),
            fonts: Fonts::new(table(Table::Fonts)),
            drawings: Drawings::new(table(Table::Drawings)),
            anchors: Plc::new(table(Table::Shapes), ANCHOR),
        })
    }
}

/// One paragraph as far as it was read.
#[derive(Default)]
struct Line {
    runs: Vec<(Run, String)>,
    /// The open fields: true while their code goes on.
    fields: Vec<bool>,
    /// How many of them are true.
    coding: usize,
    code: String,
    /// Text boxes anchored here.
    boxes: Vec<Range<u32>>,
}

/// Writes the stories down.
pub(super) struct Stories<'a, 'b> {
    document: &'b Document<'a>,
    sheet: &'b mut Sheet,
    /// Steps still to be taken: characters, runs and pieces, since pieces may share bytes.
    left: u64,
    /// Text boxes by their shapes, which have anchors in the text.
    boxes: BTreeMap<u32, Vec<Range<u32>>>,
    /// Text boxes of shapes in groups: only the group has an anchor.
    grouped: Vec<Range<u32>>,
}

impl<'a, 'b> Stories<'a, 'b> {
    /// Before the first story, with steps for `limit` characters.
    pub(super) fn new(document: &'b Document<'a>, sheet: &'b mut Sheet, limit: u64) -> Self {
        Self {
            document,
            sheet,
            left: limit.saturating_mul(3),
            boxes: BTreeMap::new(),
            grouped: Vec::new(),
        }
    }

    /// All stories.
    pub(super) fn read(mut self, header: &Header, stream: &[u8]) {
        let marks = Plc::new(header.table(Table::HeaderStories, stream), 0);
        let is_footer = |n: usize| matches!(n % 6, 2 | 3 | 5);
        let stories = |footers: bool| {
            let wanted = move |n: &usize| *n >= SEPARATORS && is_footer(*n) == footers;
            let range = |n| Some(within(&header.headers, &marks.range(n)?));
            (0..marks.len()).filter(wanted).filter_map(range)
        };
        for story in stories(false) {
            self.story(story, false);
        }
        for (_, text) in boxes(header, Table::HeaderBoxes, &header.header_boxes, stream) {
            self.text_box(text);
        }
        for words in &self.document.drawings.words {
            self.sheet.aside(words);
        }
        let anchors = self.document.anchors;
        let shape = |n| u32_at(anchors.datum(n)?, 0);
        let anchored: HashSet<u32> = (0..anchors.len()).filter_map(shape).collect();
        for (shape, text) in boxes(header, Table::Boxes, &header.boxes, stream) {
            if anchored.contains(&shape) {
                self.boxes.entry(shape).or_default().push(text);
            } else {
                self.grouped.push(text);
            }
        }
        self.story(header.text.clone(), true);
        let mut left: Vec<_> = std::mem::take(&mut self.grouped);
        left.extend(std::mem::take(&mut self.boxes).into_values().flatten());
        for text in left {
            self.text_box(text);
        }
        self.story(header.footnotes.clone(), false);
        self.story(header.endnotes.clone(), false);
        for story in stories(true) {
            self.story(story, false);
        }
        let text = self.sheet.beside();
        let text = std::mem::replace(self.sheet, text);
        self.story(header.comments.clone(), false);
        let comments = std::mem::replace(self.sheet, text);
        self.sheet.hide(comments);
    }

    fn story(&mut self, positions: Range<u32>, main: bool) {
        if positions.is_empty() {
            return;
        }
        self.sheet.open_part();
        self.stretch(&positions, main);
        self.sheet.close_part();
    }

    fn text_box(&mut self, positions: Range<u32>) {
        self.sheet.open_aside();
        self.stretch(&positions, false);
        self.sheet.close_aside();
    }

    /// One step; false when there were enough.
    fn step(&mut self) -> bool {
        self.left = self.left.saturating_sub(1);
        if self.left == 0 {
            self.sheet.unread();
        }
        self.left > 0
    }

    /// Reads the paragraphs between two positions.
    fn stretch(&mut self, positions: &Range<u32>, main: bool) {
        let pieces = &self.document.pieces;
        let mut line = Line::default();
        let mut read = positions.start;
        for n in pieces.find(positions.start).unwrap_or(0).. {
            let Some(piece) = pieces.piece(n) else { break };
            if piece.positions.start >= positions.end || !self.step() {
                break;
            }
            let wanted = within_both(&piece.positions, positions);
            read = read.max(wanted.end);
            self.piece(&piece, wanted, main, &mut line);
        }
        if read < positions.end {
            self.sheet.unread();
        }
        if !line.runs.is_empty() || !line.boxes.is_empty() {
            self.end('\r', Place::default(), &mut line);
        }
    }

    fn piece(&mut self, piece: &Piece<'a>, wanted: Range<u32>, main: bool, line: &mut Line) {
        let mut position = wanted.start;
        while position < wanted.end && self.step() {
            let skipped = length(piece.positions.start, position);
            let place = skipped.saturating_mul(piece.width) + piece.start;
            let (places, list) = self.document.runs.at(place);
            let count = (places.end.saturating_sub(place)).div_ceil(piece.width);
            let count = count.clamp(1, length(position, wanted.end));
            let mut run = Run::default();
            run.add(list);
            run.change(piece.change);
            let bytes = self.document.pieces.bytes(piece, skipped, count);
            if bytes.len() < count.saturating_mul(piece.width) {
                self.sheet.unread();
                return;
            }
            let mut at = place;
            for (n, (c, units)) in characters(bytes, piece.width).into_iter().enumerate() {
                if !self.step() {
                    return;
                }
                if matches!(c, '\r' | '\u{7}' | '\u{c}') {
                    let (_, bytes) = self.document.paragraphs.at(at);
                    let mut mark = Place::read(bytes);
                    mark.change(piece.change);
                    self.end(c, mark, line);
                } else {
                    let anchor = u32::try_from(n).ok().filter(|_| main);
                    self.character(c, run, anchor.map(|n| position + n), line);
                }
                at += units * piece.width;
            }
            position += u32::try_from(count)
                .unwrap_or(u32::MAX)
                .min(wanted.end - position);
        }
    }

    fn character(&mut self, c: char, run: Run, anchor: Option<u32>, line: &mut Line) {
        match c {
            '\u{13}' => {
                line.fields.push(true);
                line.coding += 1;
            }
            '\u{14}' | '\u{15}' => {
                let code = line.fields.pop().unwrap_or(false);
                line.coding -= usize::from(code);
                if c == '\u{14}' {
                    line.fields.push(false);
                }
                if code && fetches(&std::mem::take(&mut line.code)) {
                    self.sheet.active();
                }
            }
            _ if line.coding > 0 => {
                if line.code.len() < CODE_MAX {
                    line.code.push(c);
                }
            }
            '\u{1}' if run.special => self.sheet.picture(),
            '\u{8}' if run.special => self.drawing(anchor, line),
            // A letter of a symbol font stands in the run's properties.
            '(' if run.special => {}
            '\t' => line.say('\t', run),
            '\u{b}' | '\u{e}' => line.say('\n', run),
            '\u{1e}' => line.say('-', run),
            // A hyphen that shows only at the end of a line; in .VnTime it is the letter ư.
            '\u{1f}' => line.say('\u{ad}', run),
            c if c < ' ' => {}
            c => line.say(c, run),
        }
    }

    /// The anchor of a shape: its text boxes, or those of a group.
    fn drawing(&mut self, anchor: Option<u32>, line: &mut Line) {
        if self.document.drawings.pictures {
            self.sheet.picture();
        }
        let Some(position) = anchor else { return };
        let anchors = self.document.anchors;
        let shape = anchors.find(position).and_then(|n| {
            let exact = anchors.range(n)?.start == position;
            u32_at(anchors.datum(n)?, 0).filter(|_| exact)
        });
        match shape.and_then(|shape| self.boxes.remove(&shape)) {
            Some(boxes) => line.boxes.extend(boxes),
            None => line.boxes.append(&mut self.grouped),
        }
    }

    /// Writes a paragraph down and ends it as its mark says.
    fn end(&mut self, mark: char, place: Place, line: &mut Line) {
        let depth = place.depth();
        let cell = mark == '\u{7}';
        if cell && place.ends_row {
            line.runs.clear();
            self.sheet.end_row(1);
            return;
        }
        let depth = if cell { depth.max(1) } else { depth };
        if place.ends_inner_row {
            line.runs.clear();
            self.sheet.end_row(depth.max(2));
            return;
        }
        self.sheet.place(depth);
        for (run, text) in line.runs.drain(..) {
            let look = self.document.styles.look(run, place.style);
            let name = |number: Option<u16>| self.document.fonts.name(number?);
            let (font, other) = (name(look.font), name(look.other_font));
            // Old letters stand on both sides of U+0080, whichever font names their alphabet.
            let old = |font: &&str| crate::spelling::legacy::Legacy::of_font(font).is_some();
            let shown = Shown {
                font: other.filter(old).or(font),
                capitals: look.capitals.unwrap_or(false),
                hidden: run.deleted || look.vanished.unwrap_or(false),
            };
            self.sheet.run(&text, shown);
        }
        for text in std::mem::take(&mut line.boxes) {
            self.text_box(text);
        }
        if cell {
            self.sheet.end_cell(1);
        } else if place.ends_inner_cell {
            self.sheet.end_cell(depth);
        } else {
            self.sheet.end_paragraph();
        }
    }
}

impl Line {
    fn say(&mut self, c: char, run: Run) {
        match self.runs.last_mut() {
            Some((last, text)) if *last == run => text.push(c),
            _ => self.runs.push((run, c.to_string())),
        }
    }
}

fn length(from: u32, to: u32) -> usize {
    usize::try_from(to.saturating_sub(from)).unwrap_or(usize::MAX)
}

/// Positions of a story, inside the stretch that holds all of its kind.
fn within(stretch: &Range<u32>, inner: &Range<u32>) -> Range<u32> {
    let place = |n: u32| stretch.start.saturating_add(n).min(stretch.end);
    place(inner.start)..place(inner.end)
}

fn within_both(one: &Range<u32>, other: &Range<u32>) -> Range<u32> {
    one.start.max(other.start)..one.end.min(other.end)
}

/// The text boxes that a table lists: shape and characters. Some entries wait to be used again.
fn boxes<'a>(
    header: &Header,
    table: Table,
    stretch: &'a Range<u32>,
    stream: &'a [u8],
) -> impl Iterator<Item = (u32, Range<u32>)> + 'a {
    let plc = Plc::new(header.table(table, stream), BOX);
    (0..plc.len()).filter_map(move |n| {
        let datum = plc.datum(n)?;
        let used = u16_at(datum, 8)? == 0;
        let text = within(stretch, &plc.range(n)?);
        (used && !text.is_empty()).then_some((u32_at(datum, 14)?, text))
    })
}
