//! Owns how running text, table rows and text boxes of any markup become lines: cells side by side
//! with tabs, asides after a blank line. It refuses to know which markup they came from.

/// Text as far as the limit let it be read.
#[derive(Clone)]
pub(super) struct Text {
    /// The text.
    pub(super) text: String,
    /// False where the limit cut it, or a part could not be placed.
    pub(super) whole: bool,
    /// What the markup keeps and nobody is shown; the gate alone looks at it.
    pub(super) hidden: String,
}

/// How deep tables and text boxes may lie in each other.
const DEPTH_MAX: usize = 64;

enum Frame {
    /// A cell.
    Text(String),
    /// The finished cells of a row.
    Row(Vec<String>),
    /// A text box.
    Aside(String),
}

/// Collects text in reading order. Opening and closing need not match: markup is hostile.
pub(super) struct Flow {
    /// The text around everything.
    base: String,
    frames: Vec<Frame>,
    /// Finished text boxes that wait for the end of the block they are anchored in.
    asides: Vec<String>,
    left: usize,
    whole: bool,
}

impl Flow {
    /// Starts empty, with room for `limit` bytes.
    pub(super) fn new(limit: u64) -> Self {
        Self {
            base: String::new(),
            frames: Vec::new(),
            asides: Vec::new(),
            left: usize::try_from(limit).unwrap_or(usize::MAX),
            whole: true,
        }
    }

    fn top(&mut self) -> &mut String {
        if self.between_cells() {
            // Text between cells: markup allows it nowhere, but it must not get lost.
            self.frames.push(Frame::Text(String::new()));
        }
        match self.frames.last_mut() {
            Some(Frame::Text(text) | Frame::Aside(text)) => text,
            Some(Frame::Row(_)) | None => &mut self.base,
        }
    }

    fn between_cells(&self) -> bool {
        matches!(self.frames.last(), Some(Frame::Row(_)))
    }

    /// Adds characters as they are.
    pub(super) fn push(&mut self, text: &str) {
        let fits = text.floor_char_boundary(self.left.min(text.len()));
        self.whole &= fits == text.len();
        self.left -= fits;
        if fits > 0 {
            self.top().push_str(&text[..fits]);
        }
    }

    /// Adds characters with every run of blanks as one space, as HTML shows them.
    pub(super) fn push_folded(&mut self, text: &str) {
        if self.between_cells() && text.trim_ascii().is_empty() {
            return;
        }
        for (n, word) in text.split(|c: char| c.is_ascii_whitespace()).enumerate() {
            let line = self.top();
            if n > 0 && !line.is_empty() && !line.ends_with([' ', '\n', '\t']) {
                self.push(" ");
            }
            self.push(word);
        }
    }

    /// Ends the line, if one was begun.
    pub(super) fn end_line(&mut self) {
        self.break_line();
        self.place_asides();
    }

    fn break_line(&mut self) {
        if self.between_cells() {
            return;
        }
        let line = self.top();
        while line.ends_with(' ') {
            line.pop();
        }
        if !line.is_empty() && !line.ends_with('\n') {
            line.push('\n');
        }
    }

    /// Ends the line even where it is empty: one blank line at most.
    pub(super) fn end_paragraph(&mut self) {
        if self.between_cells() {
            return;
        }
        let text = self.top();
        if text.ends_with('\n') {
            self.end_block();
        } else {
            self.end_line();
        }
    }

    /// Ends the line and leaves one blank line.
    pub(super) fn end_block(&mut self) {
        if self.between_cells() {
            return;
        }
        self.end_line();
        let text = self.top();
        if !text.is_empty() && !text.ends_with("\n\n") {
            text.push('\n');
        }
    }

    /// Opens a table row.
    pub(super) fn open_row(&mut self) {
        self.open(Frame::Row(Vec::new()));
    }

    /// Opens a cell of the open row; one that was left open ends here.
    pub(super) fn open_cell(&mut self) {
        self.close_cell();
        self.open(Frame::Text(String::new()));
    }

    /// Opens a text box.
    pub(super) fn open_aside(&mut self) {
        self.open(Frame::Aside(String::new()));
    }

    fn open(&mut self, frame: Frame) {
        if self.frames.len() < DEPTH_MAX {
            self.frames.push(frame);
        } else {
            self.whole = false;
        }
    }

    /// Closes the open cell, if one is open.
    pub(super) fn close_cell(&mut self) {
        let in_row = self.frames.iter().rev().nth(1);
        if !matches!(in_row, Some(Frame::Row(_))) {
            return;
        }
        if let Some(Frame::Text(cell)) = self.frames.pop()
            && let Some(Frame::Row(cells)) = self.frames.last_mut()
        {
            cells.push(cell);
        }
    }

    /// Closes the open row, if one is open: its cells stand side by side, line by line.
    pub(super) fn close_row(&mut self) {
        self.close_cell();
        if !matches!(self.frames.last(), Some(Frame::Row(_))) {
            return;
        }
        if let Some(Frame::Row(cells)) = self.frames.pop() {
            let row = self.side_by_side(&cells);
            self.break_line();
            self.top().push_str(&row);
            self.place_asides();
        }
    }

    /// Closes the open text box, if one is open, with whatever is open inside it.
    pub(super) fn close_aside(&mut self) {
        if !self.frames.iter().any(|f| matches!(f, Frame::Aside(_))) {
            return;
        }
        while !matches!(self.frames.last(), Some(Frame::Aside(_))) {
            self.close_innermost();
        }
        if let Some(Frame::Aside(text)) = self.frames.pop()
            && !text.trim().is_empty()
        {
            self.asides.push(text);
        }
    }

    fn close_innermost(&mut self) {
        match self.frames.last() {
            Some(Frame::Row(_)) => self.close_row(),
            Some(Frame::Aside(_)) => self.close_aside(),
            _ => {
                let before = self.frames.len();
                self.close_cell();
                if self.frames.len() == before
                    && let Some(Frame::Text(text)) = self.frames.pop()
                {
                    self.top().push_str(&text);
                }
            }
        }
    }

    /// Rows of one table, as a reader sees them: first lines beside each other, then the second.
    fn side_by_side(&mut self, cells: &[String]) -> String {
        let mut columns: Vec<_> = cells.iter().map(|c| c.trim_end().split('\n')).collect();
        let mut out = String::new();
        loop {
            let mut any = false;
            let start = out.len();
            for (n, column) in columns.iter_mut().enumerate() {
                if n > 0 {
                    out.push('\t');
                }
                if let Some(line) = column.next() {
                    any = true;
                    out.push_str(line.trim_end());
                }
            }
            let used = out[start..].trim_end_matches('\t').len();
            out.truncate(start + used);
            if !any {
                return out;
            }
            out.push('\n');
            // Cells were counted when pushed; only the tabs between them are new.
            let tabs = columns.len().saturating_sub(1);
            if self.left < tabs {
                self.whole = false;
                return out;
            }
            self.left -= tabs;
        }
    }

    /// Text boxes go after the outermost block they are anchored in, each after a blank line.
    fn place_asides(&mut self) {
        if !self.frames.is_empty() || self.asides.is_empty() {
            return;
        }
        let asides = std::mem::take(&mut self.asides);
        let text = self.top();
        for aside in asides {
            if !text.is_empty() && !text.ends_with("\n\n") {
                text.push('\n');
            }
            text.push_str(aside.trim_matches('\n'));
            text.push_str("\n\n");
        }
    }

    /// Closes what is open and gives the text.
    pub(super) fn finish(mut self) -> Text {
        while !self.frames.is_empty() {
            self.close_innermost();
        }
        self.end_line();
        Text {
            text: self.base,
            whole: self.whole,
            hidden: String::new(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cells_stand_side_by_side_and_boxes_apart() {
        let mut flow = Flow::new(1000);
        flow.open_row();
        for cell in ["BAN BÍ THƯ\n*\nSố 23-CT/TW", "ĐẢNG CỘNG SẢN\nHà Nội"] {
            flow.open_cell();
            flow.push(cell);
            flow.end_line();
            flow.open_aside();
            flow.push("KHẨN");
            flow.end_line();
            flow.close_aside();
            flow.close_cell();
        }
        flow.close_row();
        flow.push("CHỈ THỊ");
        let text = flow.finish();
        assert!(text.whole);
        let rows = "BAN BÍ THƯ\tĐẢNG CỘNG SẢN\n*\tHà Nội\nSố 23-CT/TW\n";
        assert_eq!(text.text, format!("{rows}\nKHẨN\n\nKHẨN\n\nCHỈ THỊ\n"));
    }

    #[test]
    fn nothing_gets_lost_in_broken_nesting() {
        let mut flow = Flow::new(1000);
        flow.close_row();
        flow.close_aside();
        flow.open_row();
        flow.push("a");
        flow.open_row();
        flow.open_aside();
        flow.open_cell();
        flow.push("b");
        flow.close_row();
        flow.push("c");
        let text = flow.finish().text;
        for letter in ["a", "b", "c"] {
            assert!(text.contains(letter), "{text:?}");
        }
    }

    #[test]
    fn the_limit_holds_for_cells_too() {
        let mut flow = Flow::new(100);
        flow.open_row();
        for _ in 0..5000 {
            flow.open_cell();
            flow.close_cell();
        }
        flow.open_cell();
        flow.push(&"x\n".repeat(90));
        flow.close_row();
        let text = flow.finish();
        assert!(!text.whole && text.text.len() < 20_000);
    }
}
