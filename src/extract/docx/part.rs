//! Owns the reading of one WordprocessingML part into lines. It refuses document types and
//! entities, field codes, and anything nested beyond reason.

use quick_xml::Reader;
use quick_xml::events::{BytesStart, Event};

use super::super::office::{Sheet, Shown, fetches};
use super::super::package::Refusal;
use super::styles::{Look, Styles, value};
use crate::document::Reason;
use crate::spelling::legacy;

/// How deep elements may nest. Word itself stays far below.
const DEPTH_MAX: usize = 256;

const BROKEN: Refusal = (Reason::Damaged, "the XML of the file cannot be read");
const ENTITIES: Refusal = (
    Reason::Bomb,
    "the XML of the file defines entities of its own",
);

/// Reads one part to its end.
pub(super) fn read(xml: &str, styles: &Styles, sheet: &mut Sheet) -> Result<(), Refusal> {
    let mut reader = Reader::from_str(xml);
    let mut part = Part {
        sheet,
        styles,
        around: Vec::new(),
        named: Named::default(),
        skip: None,
        deleted: 0,
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
            Event::Eof if part.depth == 0 => return Ok(()),
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
    sheet: &'a mut Sheet,
    styles: &'a Styles,
    /// The same of the paragraphs around a text box, outermost first.
    around: Vec<Named>,
    named: Named,
    /// The depth of the element whose whole content is left out.
    skip: Option<usize>,
    /// Inside how many elements whose text was deleted or moved away, with that still on record.
    deleted: usize,
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
        match name {
            "p" => {
                let around = std::mem::take(&mut self.named);
                self.around.push(around);
            }
            "r" => (self.named.run, self.named.own) = (None, Look::default()),
            "sym" => self.symbol(tag),
            "del" | "moveFrom" => self.deleted += 1,
            // Properties, field codes; the second rendition of a text box (ISO/IEC 29500-3,
            // mc:AlternateContent holds the same box twice).
            "pPr" | "rPr" | "tblPr" | "tblGrid" | "trPr" | "tcPr" | "sectPr" | "sdtPr"
            | "instrText" | "delInstrText" | "Fallback" => {
                self.skip = Some(self.depth);
            }
            "t" | "delText" => self.in_text = true,
            "tab" | "ptab" => self.say("\t"),
            "br" | "cr" => self.say("\n"),
            "noBreakHyphen" => self.say("-"),
            // A hyphen that shows only at the end of a line; in .VnTime it is the letter ư.
            "softHyphen" => self.say("\u{ad}"),
            "tr" => self.sheet.flow().open_row(),
            "tc" => self.sheet.flow().open_cell(),
            // A text box; small words over others (ruby).
            "txbxContent" | "rt" => self.sheet.flow().open_aside(),
            "textpath" => self.word_art(tag),
            // What a picture is called, and what a field is told to say.
            "docPr" | "fldSimple" => {
                for name in ["title", "descr", "instr"] {
                    self.sheet.keep(&value(tag, name).unwrap_or_default());
                }
            }
            "blip" | "imagedata" => self.sheet.picture(),
            "altChunk" | "subDoc" => self.sheet.unread(),
            "OLEObject" | "control" => self.sheet.active(),
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
        match name {
            "t" | "delText" => self.in_text = false,
            "del" | "moveFrom" => self.deleted = self.deleted.saturating_sub(1),
            "p" => {
                self.sheet.end_paragraph();
                self.named = self.around.pop().unwrap_or_default();
            }
            "tc" => self.sheet.flow().close_cell(),
            "tr" => self.sheet.flow().close_row(),
            "txbxContent" | "rt" => self.sheet.flow().close_aside(),
            _ => {}
        }
    }

    fn text(&mut self, text: &str) {
        if self.in_code {
            self.sheet.keep(text);
            if fetches(text) {
                self.sheet.active();
            }
        }
        if self.in_text && self.skip.is_none() {
            self.say(text);
        }
    }

    /// Characters of the open run.
    fn say(&mut self, text: &str) {
        let Named {
            paragraph,
            run,
            own,
        } = &self.named;
        let look = self.styles.look(own, run.as_deref(), paragraph.as_deref());
        let shown = Shown {
            font: look.font.as_deref(),
            capitals: look.capitals == Some(true),
            hidden: self.deleted > 0 || look.hidden == Some(true),
        };
        self.sheet.run(text, shown);
    }

    /// One element inside the properties that are left out of the text.
    fn property(&mut self, tag: &BytesStart<'_>) {
        match tag.local_name().as_ref() {
            "pStyle" => self.named.paragraph = value(tag, "val"),
            "rStyle" => self.named.run = value(tag, "val"),
            // What a field to fill in is called.
            "alias" | "tag" => self.sheet.keep(&value(tag, "val").unwrap_or_default()),
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
            let drawn = legacy::shown(&text, font.as_deref());
            if !matches!(c, '\u{e000}'..='\u{f8ff}') || drawn != text {
                let hidden = self.deleted > 0;
                let shown = Shown {
                    hidden,
                    ..Shown::default()
                };
                self.sheet.run(&drawn, shown);
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
        self.sheet.aside(&legacy::shown(&words, font));
    }
}
