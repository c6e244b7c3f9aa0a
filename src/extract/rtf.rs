//! Owns the reading of Rich Text Format (RTF 1.9.1): which groups are text, in which code page and
//! font, and what in them is dangerous. It refuses to know how bytes are cut into tokens.

mod fonts;
mod text;
mod token;
mod word;

use super::Limits;
use super::office::{self, Sheet, Shown};
use super::package::Refusal;
use crate::document::{Contents, Format, Reason};
use fonts::Fonts;
use text::Waiting;
use token::{Token, Tokens};

/// How deep groups may nest. Word itself stays far below.
const DEPTH_MAX: usize = 1000;
/// How much of a field's code is looked at.
const CODE_MAX: usize = 4096;

/// Reads an RTF file.
pub(super) fn read(bytes: &[u8], limits: &Limits) -> Contents {
    office::contents(Format::Rtf, limits.text, |sheet| write(bytes, sheet))
}

fn write(bytes: &[u8], sheet: &mut Sheet) -> Result<Option<u32>, Refusal> {
    let mut reader = Reader::new(sheet);
    for token in Tokens::new(bytes) {
        reader.take(&token);
        if reader.groups.is_empty() {
            return Ok(reader.finish());
        }
        if reader.groups.len() > DEPTH_MAX {
            return Err((Reason::Bomb, "the groups of the file are nested too deep"));
        }
    }
    let detail = "the file is cut short: its groups do not end";
    Err((Reason::Damaged, detail))
}

/// What the characters of a group are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Dest {
    /// Text of the document.
    Text,
    /// Nothing that is shown.
    Skip,
    /// Properties of a shape: pictures in them are shown.
    Shape,
    /// The ANSI rendition of what a `\ud` inside says in Unicode.
    Ansi,
    /// The font table.
    Fonts,
    /// The code of a field, or the template: shown nowhere, looked at for live links.
    Code,
    /// The name of a shape's property.
    PropertyName,
    /// The value of a shape's property that is the words of WordArt.
    WordArt,
}

/// What must be closed when a group ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Opened {
    Nothing,
    Aside,
    Part,
    /// A field's code, to be judged.
    Field,
    /// The template's name, to be judged.
    Template,
    WordArt,
}

/// Where the text of a group goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Story {
    Main,
    /// Behind the text: footers and notes.
    Tail,
    /// Nowhere: comments.
    Hidden,
}

/// What a group inherits and gives back (RTF 1.9.1, "Groups").
#[derive(Clone, Copy, Debug)]
struct Group {
    dest: Dest,
    opened: Opened,
    /// `\*` stood before the next word.
    starred: bool,
    story: Story,
    font: i32,
    capitals: bool,
    deleted: bool,
    /// Formatted as hidden (`\v`).
    vanished: bool,
    /// How many characters stand for a `\u` in old readers.
    fallback: usize,
    in_table: bool,
    depth: usize,
}

struct Reader<'a> {
    main: &'a mut Sheet,
    tail: Sheet,
    hidden: Sheet,
    /// The open groups, the innermost last.
    groups: Vec<Group>,
    waiting: Waiting,
    fonts: Fonts,
    /// Characters still to be skipped after a `\u`.
    skip: usize,
    /// The code of the innermost field, the name or the words of a shape.
    code: String,
    pages: Option<u32>,
}

impl<'a> Reader<'a> {
    fn new(main: &'a mut Sheet) -> Self {
        let first = Group {
            dest: Dest::Text,
            opened: Opened::Nothing,
            starred: false,
            story: Story::Main,
            font: 0,
            capitals: false,
            deleted: false,
            vanished: false,
            fallback: 1,
            in_table: false,
            depth: 1,
        };
        Self {
            tail: main.beside(),
            hidden: main.beside(),
            main,
            groups: vec![first],
            waiting: Waiting::default(),
            fonts: Fonts::default(),
            skip: 0,
            code: String::new(),
            pages: None,
        }
    }

    /// Adds what stands last; the page count.
    fn finish(self) -> Option<u32> {
        self.main.end_paragraph();
        self.main.append(self.tail);
        self.main.hide(self.hidden);
        self.pages
    }

    fn group(&mut self) -> &mut Group {
        // There is always one: reading ends with the last.
        let last = self.groups.len() - 1;
        &mut self.groups[last]
    }

    fn sheet(&mut self) -> &mut Sheet {
        match self.group().story {
            Story::Main => self.main,
            Story::Tail => &mut self.tail,
            Story::Hidden => &mut self.hidden,
        }
    }

    fn take(&mut self, token: &Token<'_>) {
        match *token {
            Token::Open => self.open(),
            Token::Close => self.close(),
            Token::Byte(byte) => self.bytes(&[byte]),
            Token::Text(bytes) => self.bytes(bytes),
            Token::Symbol(symbol) => self.symbol(symbol),
            Token::Word(word, number) => self.word(word, number),
        }
    }

    /// The first group opens with the file itself.
    fn open(&mut self) {
        self.flush();
        self.skip = 0;
        let inner = Group {
            opened: Opened::Nothing,
            starred: false,
            ..*self.group()
        };
        self.groups.push(inner);
    }

    fn close(&mut self) {
        self.flush();
        self.skip = 0;
        let Group { opened, .. } = *self.group();
        match opened {
            Opened::Nothing => {}
            Opened::Aside => self.sheet().close_aside(),
            Opened::Part => self.sheet().close_part(),
            Opened::Field if office::fetches(&self.code) => self.main.active(),
            Opened::Template if self.code.contains("://") => self.main.active(),
            Opened::Field | Opened::Template => {}
            Opened::WordArt => {
                let words = std::mem::take(&mut self.code);
                self.sheet().aside(&words);
            }
        }
        self.groups.pop();
        // What stands outside of the outermost braces is no RTF.
        if self.groups.len() == 1 {
            self.groups.pop();
        }
    }

    /// Writes down what waits.
    fn flush(&mut self) {
        if self.waiting.is_empty() {
            return;
        }
        let group = *self.group();
        let text = self.waiting.take(self.fonts.encoding(group.font));
        let sheet = match group.story {
            Story::Main => &mut *self.main,
            Story::Tail => &mut self.tail,
            Story::Hidden => &mut self.hidden,
        };
        let shown = Shown {
            font: self.fonts.name_of(group.font),
            capitals: group.capitals,
            hidden: group.deleted || group.vanished,
        };
        sheet.place(group.level());
        sheet.run(&text, shown);
    }

    fn bytes(&mut self, bytes: &[u8]) {
        let skipped = self.skip.min(bytes.len());
        self.skip -= skipped;
        let bytes = &bytes[skipped..];
        let group = *self.group();
        match group.dest {
            Dest::Text => self.waiting.bytes(bytes),
            Dest::Fonts => self.fonts.name(bytes),
            Dest::Code | Dest::PropertyName | Dest::WordArt => {
                for byte in bytes {
                    self.code_char(char::from(*byte));
                }
            }
            _ => {}
        }
    }

    fn code_char(&mut self, c: char) {
        if self.code.len() < CODE_MAX {
            self.code.push(c);
        }
    }

    /// `\u`: one UTF-16 unit, signed.
    fn unit(&mut self, number: i32) {
        let unit = (number & 0xffff).unsigned_abs();
        let unit = u16::try_from(unit).unwrap_or(0);
        let group = *self.group();
        self.skip = group.fallback;
        match group.dest {
            Dest::Text => {
                let encoding = self.fonts.encoding(group.font);
                self.waiting.unit(unit, encoding);
            }
            Dest::Code | Dest::PropertyName | Dest::WordArt => {
                let c = char::from_u32(u32::from(unit)).unwrap_or(char::REPLACEMENT_CHARACTER);
                self.code_char(c);
            }
            _ => {}
        }
    }

    fn symbol(&mut self, symbol: u8) {
        if symbol == b'*' {
            self.group().starred = true;
            return;
        }
        match symbol {
            b'~' => self.say("\u{a0}"),
            b'_' => self.say("-"),
            // A hyphen that shows only at the end of a line; in .VnTime it is the letter ư.
            b'-' => self.say("\u{ad}"),
            b'\\' | b'{' | b'}' => self.bytes(&[symbol]),
            b'\r' | b'\n' => self.word("par", None),
            b'\t' => self.say("\t"),
            _ => {}
        }
    }

    /// Adds a character of the document.
    fn say(&mut self, text: &str) {
        if self.skip > 0 {
            self.skip -= 1;
            return;
        }
        let group = *self.group();
        if group.dest == Dest::Text {
            let encoding = self.fonts.encoding(group.font);
            self.waiting.text(text, encoding);
        }
    }
}

impl Group {
    fn level(&self) -> usize {
        if self.in_table { self.depth.max(1) } else { 0 }
    }
}
