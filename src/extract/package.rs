//! Owns the opening of ZIP packages within limits: names, sizes and ratios are judged before a
//! byte is unpacked, and counted again while unpacking. It refuses to write anything anywhere.

use std::io::{Cursor, Read};

use zip::ZipArchive;

use super::Limits;
use crate::document::Reason;

/// Why a package is not read: the reason and one sentence.
pub(super) type Refusal = (Reason, &'static str);

/// Ratios say nothing of small parts: an almost empty XML file shrinks by more than any limit.
const RATIO_FROM: u64 = 1_000_000;

/// An opened package. Parts are unpacked one at a time, all of them within one budget.
pub(super) struct Package<'a> {
    zip: ZipArchive<Cursor<&'a [u8]>>,
    names: Vec<String>,
    length: u64,
    part_max: u64,
    budget: u64,
}

impl<'a> Package<'a> {
    /// Reads the directory of a ZIP; nothing is unpacked.
    pub(super) fn open(bytes: &'a [u8], limits: &Limits) -> Result<Self, Refusal> {
        let zip = ZipArchive::new(Cursor::new(bytes))
            .map_err(|_| (Reason::Damaged, "the ZIP directory cannot be read"))?;
        let mut names = Vec::new();
        for n in 0..zip.len().min(limits.zip_entries) {
            let name = zip
                .name_for_index(n)
                .and_then(Result::ok)
                .ok_or((Reason::Damaged, "a name in the ZIP cannot be read"))?;
            names.push(name.into_owned());
        }
        Ok(Self {
            zip,
            names,
            length: bytes.len() as u64,
            part_max: limits.zip_part,
            budget: limits.zip_total,
        })
    }

    /// The names of the parts, as far as the limit of entries goes.
    pub(super) fn names(&self) -> &[String] {
        &self.names
    }

    /// Judges what the directory promises: number, names, sizes, ratios, encryption.
    pub(super) fn judge(&mut self, limits: &Limits) -> Result<(), Refusal> {
        if self.zip.len() > limits.zip_entries {
            return Err((Reason::Bomb, "the ZIP has too many entries"));
        }
        if self.zip.has_duplicate_names() {
            return Err((Reason::Bomb, "the ZIP holds two entries of one name"));
        }
        if self.names.iter().any(|name| !is_plain(name)) {
            return Err((Reason::Bomb, "the ZIP holds a name that leads outside"));
        }
        let mut total: u64 = 0;
        let mut packed: u64 = 0;
        for n in 0..self.names.len() {
            let entry = self
                .zip
                .by_index_data(n)
                .map_err(|_| (Reason::Damaged, "an entry of the ZIP cannot be read"))?;
            if entry.encrypted() {
                return Err((Reason::Encrypted, "the file opens only with a password"));
            }
            let (size, shrunk) = (entry.size(), entry.compressed_size());
            total = total.saturating_add(size);
            packed = packed.saturating_add(shrunk);
            let ratio = size / shrunk.max(1);
            if size > limits.zip_part || (size > RATIO_FROM && ratio > limits.zip_ratio) {
                return Err((Reason::Bomb, "a part of the ZIP unpacks beyond the limits"));
            }
        }
        if total > limits.zip_total {
            return Err((Reason::Bomb, "the ZIP unpacks beyond the limits"));
        }
        // Entries that share their packed bytes make a small file promise a lot.
        if packed > self.length {
            return Err((Reason::Bomb, "entries of the ZIP overlap"));
        }
        Ok(())
    }

    /// Unpacks one part as text. None where the package has no part of that name.
    pub(super) fn text(&mut self, name: &str) -> Result<Option<String>, Refusal> {
        let Some(index) = self.zip.index_for_name(name) else {
            return Ok(None);
        };
        let broken = (Reason::Damaged, "a part of the ZIP cannot be unpacked");
        let part = self.zip.by_index(index).map_err(|_| broken)?;
        let room = self.part_max.min(self.budget);
        let mut bytes = Vec::new();
        part.take(room + 1)
            .read_to_end(&mut bytes)
            .map_err(|_| broken)?;
        let size = bytes.len() as u64;
        if size > room {
            return Err((Reason::Bomb, "a part of the ZIP unpacks beyond the limits"));
        }
        self.budget -= size;
        super::plain::decode(&bytes)
            .map(Some)
            .ok_or((Reason::Damaged, "a part of the file is not Unicode text"))
    }
}

/// True for a name that stays inside: relative, `/` between its steps, no `..`, no NUL.
fn is_plain(name: &str) -> bool {
    !name.starts_with('/')
        && !name.contains(['\\', '\0', ':'])
        && !name.split('/').any(|step| step == "..")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_that_lead_outside() {
        for name in [
            "../a",
            "/etc/passwd",
            "a/../../b",
            "c:\\x",
            "a\\..\\b",
            "a\0b",
        ] {
            assert!(!is_plain(name), "{name:?}");
        }
        for name in ["word/document.xml", "a..b/c", "[Content_Types].xml"] {
            assert!(is_plain(name), "{name:?}");
        }
    }
}
