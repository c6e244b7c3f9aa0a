//! Owns what a text hides, stretch by stretch between what is shown around it. It refuses to know
//! why anything is hidden, and who looks.

use super::flow::Text;

/// The stretches of a text that no page shows, and the paragraphs they stand in: a word is a mark
/// or none by its neighbours.
pub(super) struct Hidden {
    /// Finished paragraphs that hide something, a blank line between them.
    text: String,
    /// The open paragraph, a line for each stretch that is shown or is not.
    paragraph: String,
    /// It hides something.
    hides: bool,
    /// Its last stretch is hidden.
    last: bool,
    limit: usize,
    whole: bool,
}

impl Hidden {
    /// Empty, with room for `limit` bytes.
    pub(super) fn new(limit: u64) -> Self {
        Self {
            text: String::new(),
            paragraph: String::new(),
            hides: false,
            last: false,
            limit: usize::try_from(limit).unwrap_or(usize::MAX),
            whole: true,
        }
    }

    /// Adds characters of the open paragraph.
    pub(super) fn push(&mut self, text: &str, hidden: bool) {
        if text.is_empty() {
            return;
        }
        if self.last != hidden {
            self.paragraph.push('\n');
        }
        self.hides |= hidden;
        self.last = hidden;
        let room = self.limit.saturating_sub(self.paragraph.len());
        let fits = text.floor_char_boundary(room.min(text.len()));
        self.whole &= fits == text.len();
        self.paragraph.push_str(&text[..fits]);
    }

    /// Ends the paragraph; it is kept where it hides something.
    pub(super) fn end_paragraph(&mut self) {
        if self.hides {
            let paragraph = std::mem::take(&mut self.paragraph);
            self.stretch(&paragraph);
        }
        self.paragraph.clear();
        (self.hides, self.last) = (false, false);
    }

    /// Text that is hidden as a whole, or with the lines around it.
    pub(super) fn stretch(&mut self, text: &str) {
        let text = text.trim_matches('\n');
        let room = self.limit.saturating_sub(self.text.len());
        let fits = text.floor_char_boundary(room.min(text.len()));
        self.whole &= fits == text.len();
        if fits > 0 {
            self.text.push_str(&text[..fits]);
            self.text.push_str("\n\n");
        }
    }

    /// What is kept, and whether it is all.
    pub(super) fn finish(mut self) -> Text {
        self.end_paragraph();
        Text {
            text: self.text,
            whole: self.whole,
            hidden: String::new(),
        }
    }
}
