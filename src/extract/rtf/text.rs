//! Owns characters that wait to be written down: bytes until their code page is known to end,
//! UTF-16 units until their pair has come. It refuses to know groups and fonts.

use encoding_rs::Encoding;

/// Characters of one run.
#[derive(Debug, Default)]
pub(super) struct Waiting {
    text: String,
    /// Bytes after `text`; in some code pages two are one letter.
    bytes: Vec<u8>,
    /// The first half of a pair, after both.
    high: Option<u16>,
}

impl Waiting {
    /// True where nothing waits.
    pub(super) fn is_empty(&self) -> bool {
        self.text.is_empty() && self.bytes.is_empty() && self.high.is_none()
    }

    /// Bytes in the code page of the run.
    pub(super) fn bytes(&mut self, bytes: &[u8]) {
        if !bytes.is_empty() {
            self.give_up_half();
        }
        self.bytes.extend_from_slice(bytes);
    }

    /// One unit of UTF-16. Half of a pair shows as U+FFFD.
    pub(super) fn unit(&mut self, unit: u16, encoding: &'static Encoding) {
        self.decode(encoding);
        if (0xd800..0xdc00).contains(&unit) {
            self.give_up_half();
            self.high = Some(unit);
            return;
        }
        let units = self.high.take().into_iter().chain([unit]);
        let characters = char::decode_utf16(units);
        self.text
            .extend(characters.map(|c| c.unwrap_or(char::REPLACEMENT_CHARACTER)));
    }

    /// The other half did not come.
    fn give_up_half(&mut self) {
        if self.high.take().is_some() {
            self.text.push(char::REPLACEMENT_CHARACTER);
        }
    }

    /// Characters.
    pub(super) fn text(&mut self, text: &str, encoding: &'static Encoding) {
        self.decode(encoding);
        self.give_up_half();
        self.text.push_str(text);
    }

    fn decode(&mut self, encoding: &'static Encoding) {
        if !self.bytes.is_empty() {
            let (text, _) = encoding.decode_without_bom_handling(&self.bytes);
            self.text.push_str(&text);
            self.bytes.clear();
        }
    }

    /// All that waits.
    pub(super) fn take(&mut self, encoding: &'static Encoding) -> String {
        self.decode(encoding);
        self.give_up_half();
        std::mem::take(&mut self.text)
    }
}
