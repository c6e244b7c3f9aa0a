//! Owns the reading of one part of an OpenDocument text into lines. It refuses document types and
//! entities, and anything nested beyond reason.

use quick_xml::Reader;
use quick_xml::events::{BytesRef, BytesStart, Event};

use super::super::office::{Sheet, Shown};
use super::super::package::Refusal;
use super::styles::{Style, Styles};
use crate::document::Reason;

/// How deep elements may nest. LibreOffice itself stays far below.
const DEPTH_MAX: usize = 256;
/// How many spaces or empty cells one element may stand for.
const REPEATED_MAX: usize = 100;

const BROKEN: Refusal = (Reason::Damaged, "the XML of the file cannot be read");
const ENTITIES: Refusal = (
    Reason::Bomb,
    "the XML of the file defines entities of its own",
);
const MACRO: Refusal = (Reason::Macro, "the file carries macros");

/// Which text of a part is wanted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Section {
    /// Headers of the page styles.
    Headers,
    /// The text itself.
    Body,
    /// Footers of the page styles.
    Footers,
}

/// Reads one part to its end.
pub(super) fn read(
    xml: &str,
    section: Section,
    sheet: &mut Sheet,
    styles: &mut Styles,
) -> Result<(), Refusal> {
    let mut reader = Reader::from_str(xml);
    let mut part = Part {
        notes: sheet.beside(),
        in_note: None,
        around: Vec::new(),
        sheet,
        styles,
        section,
        depth: 0,
        skip: None,
        wanted: None,
        automatic: false,
        style: None,
        looks: Vec::new(),
        blank: true,
        spans: Vec::new(),
    };
    loop {
        match reader.read_event().map_err(|_| BROKEN)? {
            Event::Start(tag) => part.open(&tag)?,
            Event::Empty(tag) => {
                part.open(&tag)?;
                part.close(tag.local_name().as_ref());
            }
            Event::End(tag) => part.close(tag.local_name().as_ref()),
            Event::Text(text) => part.text(&text.xml10_content()),
            Event::CData(text) => part.text(&text.xml10_content()),
            Event::GeneralRef(name) => part.reference(&name)?,
            Event::DocType(_) => return Err(ENTITIES),
            Event::Eof if part.depth == 0 => {
                let Part { sheet, notes, .. } = part;
                sheet.append(notes);
                return Ok(());
            }
            Event::Eof => return Err(BROKEN),
            Event::Comment(_) | Event::Decl(_) | Event::PI(_) => {}
        }
    }
}

struct Part<'a> {
    sheet: &'a mut Sheet,
    /// Notes go behind the text; inside one this is the text and `sheet` the notes.
    notes: Sheet,
    /// The depth of the open note.
    in_note: Option<usize>,
    /// The sheets around what is not shown, each with the depth of that element.
    around: Vec<(usize, Sheet)>,
    styles: &'a mut Styles,
    section: Section,
    depth: usize,
    /// The depth of the element whose whole content is left out.
    skip: Option<usize>,
    /// The depth of the element whose text is wanted.
    wanted: Option<usize>,
    /// Inside the styles that belong to this part only.
    automatic: bool,
    /// The style being declared: its depth, family, name and what it says.
    style: Option<(usize, String, String, Style)>,
    /// The looks of open paragraphs and spans, each with its depth; the innermost last.
    looks: Vec<(usize, Style)>,
    /// The last character was a blank: another one shows nothing.
    blank: bool,
    /// How many cells the last cell of each open row still covers.
    spans: Vec<usize>,
}

/// The value of an attribute, by its name without the prefix.
fn value(tag: &BytesStart<'_>, name: &str) -> Option<String> {
    let mut attributes = tag.attributes().flatten();
    let found = attributes.find(|a| a.key.local_name().as_ref() == name)?;
    let text: &str = &found.value;
    let plain = quick_xml::escape::unescape(text).map(|text| text.into_owned());
    Some(plain.unwrap_or_else(|_| text.to_owned()))
}

fn count(tag: &BytesStart<'_>, name: &str) -> usize {
    let count = value(tag, name).and_then(|n| n.parse().ok());
    count.unwrap_or(1usize).clamp(1, REPEATED_MAX)
}

impl Part<'_> {
    fn open(&mut self, tag: &BytesStart<'_>) -> Result<(), Refusal> {
        self.depth += 1;
        if self.depth > DEPTH_MAX {
            return Err((Reason::Bomb, "the XML of the file is nested too deep"));
        }
        let local = tag.local_name();
        let name = local.as_ref();
        match name {
            // Scripts and what calls them, wherever they stand.
            "event-listener" | "execute-macro" | "script" => return Err(MACRO),
            "object-ole" | "applet" | "plugin" | "floating-frame" | "control" | "dde-source"
            | "section-source" => self.sheet.active(),
            _ => {}
        }
        if self.skip.is_some() {
            return Ok(());
        }
        if self.wanted.is_none() {
            self.declare(name, tag);
        } else {
            self.open_text(name, tag);
        }
        Ok(())
    }

    /// Outside of text: styles, and where text begins.
    fn declare(&mut self, name: &str, tag: &BytesStart<'_>) {
        let begins = match self.section {
            Section::Headers => matches!(name, "header" | "header-left" | "header-first"),
            Section::Footers => matches!(name, "footer" | "footer-left" | "footer-first"),
            Section::Body => name == "text" && tag.name().as_ref() != "number:text",
        };
        match name {
            _ if begins => {
                self.wanted = Some(self.depth);
                self.sheet.flow().end_block();
            }
            "automatic-styles" => self.automatic = true,
            "font-face" => {
                if let (Some(name), Some(family)) = (value(tag, "name"), value(tag, "font-family"))
                {
                    self.styles.face(name, family);
                }
            }
            "style" | "default-style" => {
                let family = value(tag, "family").unwrap_or_default();
                let name = value(tag, "name").unwrap_or_default();
                // Without a parent of its own a style stands on its family's default, named "".
                let parent = value(tag, "parent-style-name").or(Some(String::new()));
                let style = Style {
                    parent: parent.filter(|_| !name.is_empty()),
                    ..Style::default()
                };
                self.style = Some((self.depth, family, name, style));
            }
            "text-properties" => {
                if let Some((.., style)) = &mut self.style {
                    style.font = value(tag, "font-name").or_else(|| value(tag, "font-family"));
                    let case = value(tag, "text-transform");
                    style.capitals = case.map(|case| case == "uppercase");
                    let display = value(tag, "display");
                    style.hidden = display.map(|display| display == "none");
                }
            }
            _ => {}
        }
    }

    fn open_text(&mut self, name: &str, tag: &BytesStart<'_>) {
        match name {
            // Who changed and commented, anchors of notes, phonetic aids.
            "change-info" | "creator" | "date" | "date-string" | "creator-initials"
            | "note-citation" | "ruby-text" | "forms" | "binary-data" => {
                self.skip = Some(self.depth);
            }
            "tracked-changes" | "annotation" => self.hide_all(),
            // What a picture is called.
            "title" | "desc" if tag.name().as_ref().starts_with("svg:") => self.hide_all(),
            "p" | "h" => {
                self.blank = true;
                self.look("paragraph", tag);
            }
            "span" => self.look("text", tag),
            "s" => {
                self.say(&" ".repeat(count(tag, "c")));
                self.blank = true;
            }
            "tab" => self.say("\t"),
            "line-break" => self.say("\n"),
            "hidden-text" | "hidden-paragraph" => {
                if let Some(words) = value(tag, "string-value") {
                    self.hide(&words);
                }
            }
            "image" => self.sheet.picture(),
            "text-box" | "custom-shape" | "rect" | "ellipse" | "circle" | "polygon" | "path"
            | "polyline" | "line" | "connector" | "caption" => {
                self.sheet.open_aside();
            }
            "note-body" if self.in_note.is_none() => {
                self.in_note = Some(self.depth);
                std::mem::swap(self.sheet, &mut self.notes);
            }
            "table-row" => {
                self.sheet.flow().open_row();
                self.spans.push(0);
            }
            "table-cell" => {
                self.sheet.flow().open_cell();
                if let Some(covered) = self.spans.last_mut() {
                    *covered = count(tag, "number-columns-spanned") - 1;
                }
                for _ in 1..count(tag, "number-columns-repeated") {
                    self.sheet.flow().close_cell();
                    self.sheet.flow().open_cell();
                }
            }
            "covered-table-cell" => self.covered(count(tag, "number-columns-repeated")),
            _ => {}
        }
    }

    /// Nothing of the element that opens here is shown.
    fn hide_all(&mut self) {
        let text = std::mem::replace(self.sheet, self.sheet.beside());
        self.around.push((self.depth, text));
    }

    /// Cells under another: beside it nothing, below it an empty column.
    fn covered(&mut self, cells: usize) {
        for _ in 0..cells {
            match self.spans.last_mut() {
                Some(left) if *left > 0 => *left -= 1,
                _ => {
                    self.sheet.flow().open_cell();
                    self.sheet.flow().close_cell();
                }
            }
        }
    }

    fn look(&mut self, family: &str, tag: &BytesStart<'_>) {
        let name = value(tag, "style-name").unwrap_or_default();
        let mut look = self.styles.look(family, &name);
        if family == "text"
            && let Some((_, around)) = self.looks.last()
        {
            look.font = look.font.or_else(|| around.font.clone());
            look.capitals = look.capitals.or(around.capitals);
            look.hidden = look.hidden.or(around.hidden);
        }
        self.looks.push((self.depth, look));
    }

    fn close(&mut self, name: &str) {
        let depth = self.depth;
        self.depth = self.depth.saturating_sub(1);
        match self.skip {
            Some(from) if from == depth => {
                self.skip = None;
                return;
            }
            Some(_) => return,
            None => {}
        }
        if self.wanted.is_none() {
            self.close_declaration(name, depth);
            return;
        }
        if self.wanted == Some(depth) {
            self.wanted = None;
            self.sheet.flow().end_block();
        }
        match name {
            "p" | "h" => {
                self.sheet.end_paragraph();
                self.blank = true;
            }
            "table-cell" => self.sheet.flow().close_cell(),
            "table-row" => {
                self.sheet.flow().close_row();
                self.spans.pop();
            }
            "text-box" | "custom-shape" | "rect" | "ellipse" | "circle" | "polygon" | "path"
            | "polyline" | "line" | "connector" | "caption" => {
                self.sheet.close_aside();
            }
            "note-body" if self.in_note == Some(depth) => {
                self.in_note = None;
                std::mem::swap(self.sheet, &mut self.notes);
            }
            _ => {}
        }
        if let Some((_, text)) = self.around.pop_if(|(at, _)| *at == depth) {
            let hidden = std::mem::replace(self.sheet, text);
            self.sheet.hide(hidden);
        }
        while self.looks.last().is_some_and(|(at, _)| *at >= depth) {
            self.looks.pop();
        }
    }

    fn close_declaration(&mut self, name: &str, depth: usize) {
        if name == "automatic-styles" {
            self.automatic = false;
        }
        if let Some((at, family, name, style)) = self.style.take() {
            if at == depth {
                self.styles.add((family, name), style, self.automatic);
            } else {
                self.style = Some((at, family, name, style));
            }
        }
    }

    /// Characters as they are.
    fn say(&mut self, text: &str) {
        let look = self.looks.last().map(|(_, look)| look);
        let shown = Shown {
            font: look.and_then(|look| look.font.as_deref()),
            capitals: look.and_then(|look| look.capitals).unwrap_or(false),
            hidden: look.and_then(|look| look.hidden).unwrap_or(false),
        };
        self.sheet.run(text, shown);
        self.blank = false;
    }

    /// Characters that a condition hides, or may.
    fn hide(&mut self, text: &str) {
        let shown = Shown {
            hidden: true,
            ..Shown::default()
        };
        self.sheet.run(text, shown);
    }

    /// Characters of a paragraph: every run of blanks is one space (OpenDocument 1.2, 6.1.2).
    fn text(&mut self, text: &str) {
        if self.wanted.is_none() || self.skip.is_some() || self.looks.is_empty() {
            return;
        }
        let mut shown = String::with_capacity(text.len());
        let mut blank = self.blank;
        for c in text.chars() {
            let space = matches!(c, ' ' | '\t' | '\n' | '\r');
            if !space {
                shown.push(c);
            } else if !blank {
                shown.push(' ');
            }
            blank = space;
        }
        self.say(&shown);
        self.blank = blank;
    }

    fn reference(&mut self, name: &BytesRef<'_>) -> Result<(), Refusal> {
        if let Some(c) = name.resolve_char_ref().map_err(|_| BROKEN)? {
            self.text(c.encode_utf8(&mut [0; 4]));
            return Ok(());
        }
        let name = name.xml10_content();
        let text = quick_xml::escape::resolve_predefined_entity(&name).ok_or(ENTITIES)?;
        self.text(text);
        Ok(())
    }
}
