//! Owns the reading of one WordprocessingML part into lines. It refuses document types and
//! entities, deleted text, field codes, and anything nested beyond reason.

use quick_xml::Reader;
use quick_xml::events::{BytesStart, Event};

use super::super::flow::Flow;
use super::super::package::Refusal;
use super::styles::{Look, Styles, value};
use crate::document::Reason;
use crate::spelling::legacy::{self, Legacy};

/// How deep elements may nest. Word itself stays far below.
const DEPTH_MAX: usize = 256;

/// Paragraphs, table cells' included, that fill about the upper third of page 1.
const HEAD_PARAGRAPHS: usize = 20;

const BROKEN: Refusal = (Reason::Damaged, "the XML of the file cannot be read");
const ENTITIES: Refusal = (
    Reason::Bomb,
    "the XML of the file defines entities of its own",
);

/// What was met besides text, over all parts of a file.
#[derive(Debug, Default)]
pub(super) struct Seen {
    /// Pictures.
    pub(super) pictures: usize,
    /// Paragraphs of headers and main text so far.
    pub(super) paragraphs: usize,
    /// A picture stands in a header or among the first paragraphs.
    pub(super) head_picture: bool,
    /// Fields or objects that fetch or start something.
    pub(super) active: bool,
    /// Text that Word would show and this reader cannot.
    pub(super) unread: bool,
    /// An old alphabet's font made other letters of what is typed.
    pub(super) old_font: bool,
    /// Such a font stands on letters that its alphabet does not have.
    pub(super) false_font: bool,
}

/// Reads one part to its end.
pub(super) fn read(
    xml: &str,
    styles: &Styles,
    flow: &mut Flow,
    seen: &mut Seen,
) -> Result<(), Refusal> {
    let mut reader = Reader::from_str(xml);
    let mut part = Part {
        flow,
        seen,
        styles,
        around: Vec::new(),
        named: Named::default(),
        typed: String::new(),
        look: Look::default(),
        skip: None,
        depth: 0,
        in_text: false,
        in_code: false,
    };
    loop {
        match reader.read_event().map_err(|_| BROKEN)? {
            Event::Start(tag) => part.open(&tag, false)?,
            Event::Empty(tag) => {
                part.open(&tag, true)?;
                part.close(tag.local_name().as_ref());
            }
            Event::End(tag) => part.close(tag.local_name().as_ref()),
            Event::Text(text) => part.text(&text.xml10_content()),
            Event::CData(text) => part.text(&text.xml10_content()),
            Event::GeneralRef(name) => part.reference(&name)?,
            Event::DocType(_) => return Err(ENTITIES),
            Event::Eof if part.depth == 0 => {
                part.flush();
                return Ok(());
            }
            Event::Eof => return Err(BROKEN),
            Event::Comment(_) | Event::Decl(_) | Event::PI(_) => {}
        }
    }
}

/// What the properties of the open paragraph and run name.
#[derive(Default)]
struct Named {
    paragraph: Option<String>,
    run: Option<String>,
    own: Look,
}

struct Part<'a> {
    flow: &'a mut Flow,
    seen: &'a mut Seen,
    styles: &'a Styles,
    /// The same of the paragraphs around a text box, outermost first.
    around: Vec<Named>,
    named: Named,
    /// Characters of runs that look alike: an old alphabet's letter may be two of them, and Word
    /// parts runs anywhere.
    typed: String,
    look: Look,
    /// The depth of the element whose whole content is left out.
    skip: Option<usize>,
    depth: usize,
    in_text: bool,
    in_code: bool,
}

impl Part<'_> {
    fn open(&mut self, tag: &BytesStart<'_>, empty: bool) -> Result<(), Refusal> {
        self.depth += 1;
        if self.depth > DEPTH_MAX {
            return Err((Reason::Bomb, "the XML of the file is nested too deep"));
        }
        let local = tag.local_name();
        let name = local.as_ref();
        if name == "instrText" {
            self.in_code = !empty;
        }
        if let Some(from) = self.skip {
            if self.depth == from + 1 {
                self.property(tag);
            }
            return Ok(());
        }
        if !matches!(name, "r" | "t" | "rPr") {
            self.flush();
        }
        match name {
            "p" => {
                let around = std::mem::take(&mut self.named);
                self.around.push(around);
            }
            "r" => (self.named.run, self.named.own) = (None, Look::default()),
            "sym" => self.symbol(tag),
            // Properties, deleted and moved-away text, field codes; the second rendition of a
            // text box (ISO/IEC 29500-3, mc:AlternateContent holds the same box twice).
            "pPr" | "rPr" | "tblPr" | "tblGrid" | "trPr" | "tcPr" | "sectPr" | "sdtPr" | "del"
            | "moveFrom" | "delText" | "instrText" | "Fallback" => {
                self.skip = Some(self.depth);
            }
            "t" => self.in_text = true,
            "tab" | "ptab" => self.flow.push("\t"),
            "br" | "cr" => self.flow.push("\n"),
            "noBreakHyphen" => self.flow.push("-"),
            "tr" => self.flow.open_row(),
            "tc" => self.flow.open_cell(),
            "txbxContent" => self.flow.open_aside(),
            "textpath" => self.word_art(tag),
            "blip" | "imagedata" => {
                self.seen.pictures += 1;
                self.seen.head_picture |= self.seen.paragraphs < HEAD_PARAGRAPHS;
            }
            "altChunk" | "subDoc" => self.seen.unread = true,
            "OLEObject" | "control" => self.seen.active = true,
            _ => {}
        }
        Ok(())
    }

    fn close(&mut self, name: &str) {
        let depth = self.depth;
        self.depth = self.depth.saturating_sub(1);
        if name == "instrText" {
            self.in_code = false;
        }
        match self.skip {
            Some(from) if from == depth => {
                self.skip = None;
                return;
            }
            Some(_) => return,
            None => {}
        }
        if !matches!(name, "r" | "t") {
            self.flush();
        }
        match name {
            "t" => self.in_text = false,
            "p" => {
                self.seen.paragraphs += 1;
                self.flow.end_paragraph();
                self.named = self.around.pop().unwrap_or_default();
            }
            "tc" => self.flow.close_cell(),
            "tr" => self.flow.close_row(),
            "txbxContent" => self.flow.close_aside(),
            _ => {}
        }
    }

    fn text(&mut self, text: &str) {
        if self.in_code && text.contains("DDE") {
            self.seen.active = true;
        }
        if self.in_text && self.skip.is_none() {
            let Named {
                paragraph,
                run,
                own,
            } = &self.named;
            let look = self.styles.look(own, run.as_deref(), paragraph.as_deref());
            if look != self.look {
                self.flush();
                self.look = look;
            }
            self.typed.push_str(text);
        }
    }

    /// Adds what was typed as its font and capitals show it.
    fn flush(&mut self) {
        if self.typed.is_empty() {
            return;
        }
        let typed = std::mem::take(&mut self.typed);
        let text = legacy::shown(&typed, self.look.font.as_deref());
        let font = self.look.font.as_deref().and_then(Legacy::of_font);
        self.seen.old_font |= text != typed;
        self.seen.false_font |= font.is_some() && text == typed && !typed.is_ascii();
        if self.look.capitals == Some(true) {
            self.flow.push(&text.to_uppercase());
        } else {
            self.flow.push(&text);
        }
    }

    /// One element inside the properties that are left out of the text.
    fn property(&mut self, tag: &BytesStart<'_>) {
        match tag.local_name().as_ref() {
            "pStyle" => self.named.paragraph = value(tag, "val"),
            "rStyle" => self.named.run = value(tag, "val"),
            _ => {
                if let Some(said) = self.styles.said(tag) {
                    self.named.own = said.over(&self.named.own);
                }
            }
        }
    }

    /// A character by its number in a font; symbol fonts number from U+F000 on, and what those of
    /// them draw that are no old alphabet's is no letter.
    fn symbol(&mut self, tag: &BytesStart<'_>) {
        let number = value(tag, "char").and_then(|hex| u32::from_str_radix(&hex, 16).ok());
        let font = value(tag, "font");
        if let Some(c) = number.and_then(char::from_u32) {
            let text = c.to_string();
            let shown = legacy::shown(&text, font.as_deref());
            if !matches!(c, '\u{e000}'..='\u{f8ff}') || shown != text {
                self.flow.push(&shown);
            }
        }
    }

    fn reference(&mut self, name: &quick_xml::events::BytesRef<'_>) -> Result<(), Refusal> {
        if let Some(c) = name.resolve_char_ref().map_err(|_| BROKEN)? {
            self.text(c.encode_utf8(&mut [0; 4]));
            return Ok(());
        }
        let name = name.xml10_content();
        let text = quick_xml::escape::resolve_predefined_entity(&name).ok_or(ENTITIES)?;
        self.text(text);
        Ok(())
    }

    /// WordArt and watermarks keep their words in an attribute (VML `v:textpath`).
    fn word_art(&mut self, tag: &BytesStart<'_>) {
        let Some(words) = value(tag, "string") else {
            return;
        };
        let style = value(tag, "style").unwrap_or_default();
        let font = style.split_once("font-family:");
        let font = font.and_then(|(_, font)| font.split(';').next());
        let font = font.map(|font| font.trim_matches(['"', '\'', ' ']));
        self.flow.open_aside();
        self.flow.push(&legacy::shown(&words, font));
        self.flow.end_line();
        self.flow.close_aside();
    }
}
