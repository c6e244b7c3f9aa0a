//! Owns the meaning of RTF's control words: what begins a group of another kind, what is a
//! character, what formats a run or ends a paragraph, cell or row. It refuses to know code pages.

use super::{Dest, Opened, Reader, Story};

impl Reader<'_> {
    /// Obeys one control word.
    pub(super) fn word(&mut self, word: &str, number: Option<i32>) {
        let starred = std::mem::take(&mut self.group().starred);
        if word == "u" {
            self.unit(number.unwrap_or(0));
            return;
        }
        self.flush();
        match word {
            // Wherever these stand, and whoever would not look there.
            "objdata" | "objlink" | "objautlink" | "objocx" => self.main.active(),
            "nofpages" => self.pages = number.and_then(|n| u32::try_from(n).ok()),
            _ => {}
        }
        match self.group().dest {
            Dest::Skip => {}
            Dest::Ansi if word == "ud" => self.group().dest = Dest::Text,
            Dest::Ansi => {}
            Dest::Fonts => self.in_font_table(word, number, starred),
            _ => {
                if !self.destination(word) {
                    if starred {
                        self.group().dest = Dest::Skip;
                    } else if !self.character(word) {
                        self.format(word, number);
                    }
                }
            }
        }
    }

    fn in_font_table(&mut self, word: &str, number: Option<i32>, starred: bool) {
        match word {
            _ if starred => self.group().dest = Dest::Skip,
            "f" => self.fonts.begin(number.unwrap_or(0)),
            "fcharset" => self.fonts.charset(number.unwrap_or(0)),
            _ => {}
        }
    }

    /// Words that say what their group is. False for any other word.
    fn destination(&mut self, word: &str) -> bool {
        match word {
            "fonttbl" => self.group().dest = Dest::Fonts,
            "upr" => self.group().dest = Dest::Ansi,
            // Tables, properties, index entries; second renditions of pictures, shapes
            // and nested tables.
            "colortbl" | "stylesheet" | "author" | "operator" | "manager" | "filetbl"
            | "objdata" | "objclass" | "objname" | "xe" | "tc" | "tcn" | "rxe" | "txe"
            | "nonshppict" | "shprslt" | "nonesttables" | "atnid" | "atnauthor" | "bkmkstart"
            | "bkmkend" => {
                self.group().dest = Dest::Skip;
            }
            "pict" => {
                self.sheet().picture();
                self.group().dest = Dest::Skip;
            }
            "sp" => self.group().dest = Dest::Shape,
            "sn" => self.collect(Dest::PropertyName, Opened::Nothing),
            "sv" if self.code == "gtextUNICODE" => self.collect(Dest::WordArt, Opened::WordArt),
            "sv" => self.group().dest = Dest::Shape,
            "fldinst" if self.group().dest == Dest::Code => {}
            "fldinst" => self.collect(Dest::Code, Opened::Field),
            "template" => self.collect(Dest::Code, Opened::Template),
            "shptxt" | "dptxbxtext" => {
                self.sheet().open_aside();
                self.apart(Opened::Aside);
            }
            "header" | "headerl" | "headerr" | "headerf" => {
                self.sheet().open_part();
                self.apart(Opened::Part);
            }
            "footer" | "footerl" | "footerr" | "footerf" | "footnote" => self.story(Story::Tail),
            "annotation" | "title" | "subject" | "keywords" | "category" | "doccomm"
            | "company" => self.story(Story::Hidden),
            // Groups that old readers are to pass over, with text in them.
            "shp" | "shpinst" | "shpgrp" | "shppict" | "do" | "background" | "fldrslt"
            | "nesttableprops" | "ud" | "info" | "moMath" | "picprop" => {}
            _ => return false,
        }
        true
    }

    fn collect(&mut self, dest: Dest, opened: Opened) {
        self.code.clear();
        let group = self.group();
        group.dest = dest;
        group.opened = opened;
    }

    /// The group is text that stands elsewhere.
    fn story(&mut self, story: Story) {
        self.group().story = story;
        self.sheet().open_part();
        self.apart(Opened::Part);
    }

    /// The group is text of its own, outside of the table around it.
    fn apart(&mut self, opened: Opened) {
        let group = self.group();
        group.dest = Dest::Text;
        group.opened = opened;
        group.in_table = false;
        group.depth = 1;
    }

    /// Words that are characters. False for any other word.
    fn character(&mut self, word: &str) -> bool {
        self.say(match word {
            "tab" => "\t",
            "line" | "lbr" | "column" | "page" => "\n",
            "emdash" => "—",
            "endash" => "–",
            "lquote" => "‘",
            "rquote" => "’",
            "ldblquote" => "“",
            "rdblquote" => "”",
            "bullet" => "•",
            "emspace" | "enspace" | "qmspace" => " ",
            _ => return false,
        });
        true
    }

    fn format(&mut self, word: &str, number: Option<i32>) {
        // A fallback is of characters: any other word ends it.
        self.skip = 0;
        let on = number != Some(0);
        let value = number.unwrap_or(0);
        let count = usize::try_from(value).unwrap_or(0);
        let default = self.fonts.default;
        let group = self.group();
        match word {
            "f" => group.font = value,
            "caps" | "scaps" => group.capitals = on,
            "deleted" => group.deleted = on,
            "v" => group.vanished = on,
            "uc" => group.fallback = count,
            "plain" => {
                group.font = default;
                group.capitals = false;
                group.deleted = false;
                group.vanished = false;
            }
            "pard" => {
                group.in_table = false;
                group.depth = 1;
            }
            "intbl" => group.in_table = on,
            "itap" => {
                group.depth = count;
                group.in_table |= count > 0;
            }
            "ansicpg" => self.fonts.page(number),
            "deff" => {
                group.font = value;
                self.fonts.default = value;
            }
            _ => self.end(word),
        }
    }

    /// Words that end something.
    fn end(&mut self, word: &str) {
        let group = *self.group();
        if group.dest != Dest::Text {
            return;
        }
        let level = group.level();
        let sheet = self.sheet();
        match word {
            "par" | "sect" => {
                sheet.place(level);
                sheet.end_paragraph();
            }
            "cell" => sheet.end_cell(1),
            "row" => sheet.end_row(1),
            "nestcell" => sheet.end_cell(level.max(2)),
            "nestrow" => sheet.end_row(level.max(2)),
            _ => {}
        }
    }
}
