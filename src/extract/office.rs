//! Owns what the files of every word processor share: runs in a font become the text they showed,
//! cells become rows, and what was met besides text becomes a judgement. It refuses to know how
//! any format is written.

use super::flow::Flow;
use super::hidden::Hidden;
use super::package::Refusal;
use super::{letters, plain};
use crate::document::{Contents, Format, Reason};
use crate::spelling::legacy::{self, Legacy};

/// Fewer letters than this beside a picture: the picture is the document.
const LETTERS_MIN: usize = 20;
/// Paragraphs, table cells' included, that fill about the upper third of page 1.
const HEAD_PARAGRAPHS: usize = 20;
/// How deep tables may lie in each other.
const LEVELS_MAX: usize = 16;

/// How a run of characters is shown.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Shown<'a> {
    pub(super) font: Option<&'a str>,
    pub(super) capitals: bool,
    /// Not at all: deleted with the deletion on record, or formatted as hidden.
    pub(super) hidden: bool,
}

/// One document being written down in reading order.
pub(super) struct Sheet {
    flow: Flow,
    hidden: Hidden,
    /// Text that waits for the end of its font: in VNI a letter may stand in two runs.
    run: String,
    font: String,
    capitals: bool,
    hides: bool,
    /// Fonts are not believed: a text that was converted to Unicode may keep its old ones.
    blind: bool,
    /// A font made other letters of what was typed.
    old_font: bool,
    /// Such a font stands on letters that its alphabet does not have.
    false_font: bool,
    limit: u64,
    /// The open rows, the innermost last, and whether each has an open cell; one list for the text
    /// and one for each open text box.
    tables: Vec<Vec<bool>>,
    paragraphs: usize,
    pictures: usize,
    head_picture: bool,
    active: bool,
    unread: bool,
}

impl Sheet {
    /// An empty sheet of the same kind: for what stands last wherever it is found.
    pub(super) fn beside(&self) -> Self {
        Self::new(self.limit, self.blind)
    }

    /// Starts empty, with room for `limit` bytes.
    fn new(limit: u64, blind: bool) -> Self {
        Self {
            flow: Flow::new(limit),
            hidden: Hidden::new(limit),
            run: String::new(),
            font: String::new(),
            capitals: false,
            hides: false,
            blind,
            old_font: false,
            false_font: false,
            limit,
            tables: vec![Vec::new()],
            paragraphs: 0,
            pictures: 0,
            head_picture: false,
            active: false,
            unread: false,
        }
    }

    /// Adds characters as they are shown.
    pub(super) fn run(&mut self, text: &str, shown: Shown<'_>) {
        let Shown {
            font,
            capitals,
            hidden,
        } = shown;
        let old = font.filter(|font| !self.blind && Legacy::of_font(font).is_some());
        let font = old.unwrap_or_default();
        if self.font != font || self.capitals != capitals || self.hides != hidden {
            self.flush();
            font.clone_into(&mut self.font);
            self.capitals = capitals;
            self.hides = hidden;
        }
        if old.is_some() {
            self.run.push_str(text);
        } else {
            self.push(text);
        }
    }

    /// Adds characters in the capitals and to the reader that the last run has.
    fn push(&mut self, text: &str) {
        let capitals = self.capitals.then(|| text.to_uppercase());
        let text = capitals.as_deref().unwrap_or(text);
        self.hidden.push(text, self.hides);
        if !self.hides {
            self.flow.push(text);
        }
    }

    fn flush(&mut self) {
        if self.run.is_empty() {
            return;
        }
        let run = std::mem::take(&mut self.run);
        let shown = legacy::shown(&run, Some(&self.font));
        self.old_font |= shown != run;
        self.false_font |= shown == run && !run.is_ascii();
        self.push(&shown);
    }

    /// The lines themselves, with every run so far in them.
    pub(super) fn flow(&mut self) -> &mut Flow {
        self.flush();
        &mut self.flow
    }

    /// Ends a paragraph.
    pub(super) fn end_paragraph(&mut self) {
        self.paragraphs += 1;
        self.flow().end_paragraph();
        self.hidden.end_paragraph();
    }

    fn rows(&self) -> usize {
        self.tables.last().map_or(0, Vec::len)
    }

    /// Brings the open rows to the depth at which the next text stands; 0 is outside of tables.
    pub(super) fn place(&mut self, depth: usize) {
        let depth = depth.min(LEVELS_MAX);
        if self.rows() > depth {
            self.end_row(depth + 1);
        }
        let Some(rows) = self.tables.last_mut() else {
            return;
        };
        if rows.len() == depth && rows.last().is_none_or(|open| *open) {
            return;
        }
        self.flush();
        let Some(rows) = self.tables.last_mut() else {
            return;
        };
        while rows.len() < depth {
            self.flow.open_row();
            self.flow.open_cell();
            rows.push(true);
        }
        if let Some(open) = rows.last_mut().filter(|open| !**open) {
            self.flow.open_cell();
            *open = true;
        }
    }

    /// Ends the cell at this depth, 1 being the outermost table.
    pub(super) fn end_cell(&mut self, depth: usize) {
        self.place(depth.max(1));
        self.paragraphs += 1;
        self.flow().end_line();
        self.hidden.end_paragraph();
        self.flow.close_cell();
        if let Some(open) = self.tables.last_mut().and_then(|rows| rows.last_mut()) {
            *open = false;
        }
    }

    /// Ends the row at this depth with every row inside it.
    pub(super) fn end_row(&mut self, depth: usize) {
        self.flush();
        while self.rows() >= depth.max(1) {
            self.flow.close_row();
            self.tables.last_mut().and_then(Vec::pop);
        }
    }

    /// Opens a text box.
    pub(super) fn open_aside(&mut self) {
        self.flow().open_aside();
        self.tables.push(Vec::new());
    }

    /// Closes the open text box.
    pub(super) fn close_aside(&mut self) {
        self.end_row(1);
        if self.tables.len() > 1 {
            self.tables.pop();
            self.flow.close_aside();
        }
    }

    /// One line apart from the text: the words of a drawing.
    pub(super) fn aside(&mut self, words: &str) {
        self.open_aside();
        self.flow.push(words);
        self.flow.end_line();
        self.close_aside();
    }

    /// Opens text that stands apart on the page, like a header, without regard to open rows.
    pub(super) fn open_part(&mut self) {
        self.flow().end_block();
        self.tables.push(Vec::new());
    }

    /// Closes what [`Self::open_part`] opened.
    pub(super) fn close_part(&mut self) {
        self.end_row(1);
        if self.tables.len() > 1 {
            self.tables.pop();
        }
        self.flow.end_block();
    }

    /// A picture stands here.
    pub(super) fn picture(&mut self) {
        self.pictures += 1;
        self.head_picture |= self.paragraphs < HEAD_PARAGRAPHS;
    }

    /// Something that fetches, starts or holds another file.
    pub(super) fn active(&mut self) {
        self.active = true;
    }

    /// Text that its program would show and its reader cannot.
    pub(super) fn unread(&mut self) {
        self.unread = true;
    }

    /// Adds another sheet after this one: footers and notes stand last.
    pub(super) fn append(&mut self, other: Self) {
        let text = self.take_in(other);
        if !text.trim().is_empty() {
            self.end_row(1);
            self.flow().end_block();
            self.flow.push(&text);
        }
    }

    /// Adds another sheet as what no page shows: comments, what was deleted.
    pub(super) fn hide(&mut self, other: Self) {
        let text = self.take_in(other);
        self.hidden.stretch(&text);
    }

    /// Words beside the text: what a picture is called, what a field was told, properties.
    pub(super) fn keep(&mut self, words: &str) {
        self.hidden.stretch(words);
    }

    /// Everything of another sheet but its text, which it gives.
    fn take_in(&mut self, mut other: Self) -> String {
        other.flush();
        self.old_font |= other.old_font;
        self.false_font |= other.false_font;
        self.pictures += other.pictures;
        self.active |= other.active;
        let text = other.flow.finish();
        let hidden = other.hidden.finish();
        self.unread |= other.unread || !text.whole || !hidden.whole;
        self.hidden.stretch(&hidden.text);
        text.text
    }

    /// The contents of the file.
    fn finish(mut self, format: Format, page_count: Option<u32>) -> Contents {
        self.flush();
        let text = self.flow.finish();
        let hidden = self.hidden.finish();
        let whole = text.whole && hidden.whole;
        let letters = letters(&text.text);
        let picture = letters == 0 || (letters < LETTERS_MIN && self.pictures > 0);
        let (finding, detail) = if self.active {
            let detail = "the file carries embedded files, controls or live links";
            (Some(Reason::ActiveContent), Some(detail))
        } else if picture {
            let detail = "the file holds pictures instead of text";
            (Some(Reason::NoTextLayer), Some(detail))
        } else {
            (None, None)
        };
        Contents {
            format,
            page_count,
            pages: vec![text.text],
            hidden: hidden.text,
            unread_pages: u32::from(!whole || picture || self.unread),
            head_picture: self.head_picture,
            scans: crate::document::Scans::default(),
            finding,
            detail: detail.map(str::to_owned),
        }
    }
}

/// Writes a document down by `read`, which gives its page count; once more without believing its
/// fonts where these are doubtful and the plain letters are the better Vietnamese.
pub(super) fn contents(
    format: Format,
    limit: u64,
    mut read: impl FnMut(&mut Sheet) -> Result<Option<u32>, Refusal>,
) -> Contents {
    let mut once = |blind| -> Result<(Option<bool>, Contents), Refusal> {
        let mut sheet = Sheet::new(limit, blind);
        let pages = read(&mut sheet)?;
        sheet.flush();
        let lies = sheet.old_font.then_some(sheet.false_font);
        Ok((lies, sheet.finish(format, pages)))
    };
    let quality = |contents: &Contents| {
        let page = contents.pages.first();
        page.map(|text| plain::quality(text)).unwrap_or_default()
    };
    let (lies, believed) = match once(false) {
        Ok(read) => read,
        Err((reason, detail)) => return Contents::nothing(format, reason, detail),
    };
    let read = quality(&believed);
    if lies.is_some_and(|lies| lies || !read.is_good())
        && let Ok((_, plain)) = once(true)
    {
        let blind = quality(&plain);
        if blind.is_good() && (!read.is_good() || blind.strangers <= read.strangers) {
            return plain;
        }
    }
    believed
}

/// True for the code of a field that starts another program (ISO/IEC 29500-1, 17.16.5.18).
pub(super) fn fetches(code: &str) -> bool {
    code.split_ascii_whitespace()
        .any(|word| word.to_ascii_uppercase().starts_with("DDE"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(sheet: Sheet) -> String {
        sheet.finish(Format::Rtf, None).pages.concat()
    }

    #[test]
    fn a_letter_of_an_old_font_may_stand_in_two_runs() {
        let mut sheet = Sheet::new(1000, false);
        let shown = |font, capitals| Shown {
            font: Some(font),
            capitals,
            hidden: false,
        };
        sheet.run("Quye", shown("VNI-Times", false));
        sheet.run("át ñònh ", shown("VNI-Times", false));
        sheet.run("\u{f0a7}\u{f0b6}ng", shown(".VnTime", true));
        sheet.run(" viên", shown("Arial", true));
        assert_eq!(text(sheet), "Quyết định ĐẢNG VIÊN\n");
    }

    #[test]
    fn what_is_hidden_stands_between_what_is_shown() {
        let hidden = |font| Shown {
            font,
            hidden: true,
            ..Shown::default()
        };
        let mut sheet = Sheet::new(1000, false);
        sheet.run("Trang 1", Shown::default());
        sheet.end_paragraph();
        sheet.run("Số 7-BC/ĐU ", Shown::default());
        sheet.run("M\u{cb}", hidden(Some(".VnTimeH")));
        sheet.run("T", hidden(Some(".VnTimeH")));
        sheet.run("Hà Nội", Shown::default());
        sheet.end_paragraph();
        let mut comment = sheet.beside();
        comment.run("Xem lại", Shown::default());
        sheet.hide(comment);
        let contents = sheet.finish(Format::Docx, None);
        assert_eq!(contents.pages, ["Trang 1\nSố 7-BC/ĐU Hà Nội\n"]);
        assert_eq!(contents.hidden, "Số 7-BC/ĐU \nMẬT\nHà Nội\n\nXem lại\n\n");
    }

    #[test]
    fn cells_and_rows_need_not_match() {
        let mut sheet = Sheet::new(1000, false);
        sheet.end_row(3);
        sheet.close_aside();
        for word in ["a", "b"] {
            sheet.place(1);
            sheet.run(word, Shown::default());
            sheet.end_cell(1);
        }
        sheet.place(2);
        sheet.run("c", Shown::default());
        sheet.aside("KHẨN");
        sheet.end_cell(2);
        sheet.end_row(1);
        sheet.place(0);
        sheet.run("d", Shown::default());
        assert_eq!(text(sheet), "a\tb\tc\n\nKHẨN\n\nd\n");
    }

    #[test]
    fn a_picture_counts_in_the_head_only() {
        for (before, head) in [(0, true), (19, true), (20, false)] {
            let mut sheet = Sheet::new(1000, false);
            (0..before).for_each(|_| sheet.end_paragraph());
            sheet.picture();
            sheet.run("chữ", Shown::default());
            let contents = sheet.finish(Format::Doc, None);
            assert_eq!(contents.head_picture, head, "{before}");
            assert_eq!(contents.finding, Some(Reason::NoTextLayer));
        }
    }
}
