//! Owns the properties of runs and paragraphs that matter for reading (MS-DOC 2.6): font, case,
//! deletion, tables. It refuses all others, but steps over them.

use super::number::u16_at;
use super::pieces::Change;

/// How a run looks; None where it says nothing and its styles decide.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Run {
    /// Number of the font of letters below U+0080.
    pub(super) font: Option<u16>,
    /// Number of the font of the other letters.
    pub(super) other_font: Option<u16>,
    pub(super) capitals: Option<bool>,
    /// Number of the run's own style.
    pub(super) style: Option<u16>,
    /// Deleted, with the deletion still on record.
    pub(super) deleted: bool,
    /// Formatted as hidden.
    pub(super) vanished: Option<bool>,
    /// Control characters are pictures and marks.
    pub(super) special: bool,
}

/// What a paragraph is in its table.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Place {
    pub(super) style: u16,
    pub(super) in_table: bool,
    pub(super) depth: u32,
    pub(super) ends_row: bool,
    pub(super) ends_inner_cell: bool,
    pub(super) ends_inner_row: bool,
}

impl Run {
    /// Adds what a list of properties says.
    pub(super) fn add(&mut self, list: &[u8]) {
        for (code, operand) in Properties(list) {
            let number = || u16_at(operand, 0);
            let on = operand.first().is_some_and(|value| value & 1 == 1);
            match code {
                0x4a4f => self.font = number(),
                0x4a51 => self.other_font = number(),
                0x083a | 0x083b => self.capitals = Some(on),
                0x4a30 => self.style = number(),
                0x0800 => self.deleted = on,
                0x083c => self.vanished = Some(on),
                0x0855 => self.special = on,
                _ => {}
            }
        }
    }

    /// Adds what holds for the whole piece.
    pub(super) fn change(&mut self, change: Change<'_>) {
        match change {
            Change::One(0x41, value) => self.deleted = value & 1 == 1,
            Change::One(0x5a | 0x5b, value) => self.capitals = Some(value & 1 == 1),
            Change::One(..) => {}
            Change::List(list) => self.add(list),
        }
    }

    /// What this run leaves open, `under` decides.
    pub(super) fn over(self, under: Self) -> Self {
        Self {
            font: self.font.or(under.font),
            other_font: self.other_font.or(under.other_font),
            capitals: self.capitals.or(under.capitals),
            vanished: self.vanished.or(under.vanished),
            ..self
        }
    }
}

impl Place {
    /// Reads style number and properties of a paragraph.
    pub(super) fn read(bytes: &[u8]) -> Self {
        let mut place = Self {
            style: u16_at(bytes, 0).unwrap_or(0),
            ..Self::default()
        };
        place.add(bytes.get(2..).unwrap_or_default());
        place
    }

    fn add(&mut self, list: &[u8]) {
        for (code, operand) in Properties(list) {
            let on = operand.first().is_some_and(|value| *value != 0);
            match code {
                0x2416 => self.in_table = on,
                0x2417 => self.ends_row = on,
                0x244b => self.ends_inner_cell = on,
                0x244c => self.ends_inner_row = on,
                0x6649 => self.depth = super::number::u32_at(operand, 0).unwrap_or(0),
                _ => {}
            }
        }
    }

    /// Adds what holds for the whole piece.
    pub(super) fn change(&mut self, change: Change<'_>) {
        match change {
            Change::One(0x18, value) => self.in_table = value != 0,
            Change::One(0x19, value) => self.ends_row = value != 0,
            Change::One(..) => {}
            Change::List(list) => self.add(list),
        }
    }

    /// In how many tables the paragraph stands.
    pub(super) fn depth(&self) -> usize {
        let depth = usize::try_from(self.depth).unwrap_or(0);
        depth.max(usize::from(self.in_table))
    }
}

/// Goes through a list of properties: each a code, which says how long its operand is.
struct Properties<'a>(&'a [u8]);

impl<'a> Iterator for Properties<'a> {
    type Item = (u16, &'a [u8]);

    fn next(&mut self) -> Option<Self::Item> {
        let code = u16_at(self.0, 0)?;
        let rest = &self.0[2..];
        let length = match code >> 13 {
            0 | 1 => 1,
            2 | 4 | 5 => 2,
            3 => 4,
            7 => 3,
            // Two of the variable ones have lengths of their own kind (MS-DOC 2.6.1).
            _ if code == 0xd608 => usize::from(u16_at(rest, 0)?) + 1,
            _ if code == 0xc615 && rest.first() == Some(&255) => {
                let deleted = usize::from(*rest.get(1)?);
                let added = usize::from(*rest.get(2 + deleted * 4)?);
                3 + deleted * 4 + added * 3
            }
            _ => usize::from(*rest.first()?) + 1,
        };
        let (operand, rest) = rest.split_at_checked(length)?;
        self.0 = rest;
        Some((code, operand))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn properties_are_stepped_over_by_their_length() {
        let mut list = vec![0x35, 0x08, 1]; // bold
        list.extend([0x08, 0xd6, 4, 0, 9, 9, 9]); // a table's columns
        list.extend([0x15, 0xc6, 255, 1, 0, 0, 0, 0, 1, 0, 0, 0]); // tab stops
        list.extend([0x4f, 0x4a, 7, 0]);
        list.extend([0x3b, 0x08, 1]);
        let mut run = Run::default();
        run.add(&list);
        assert_eq!((run.font, run.capitals), (Some(7), Some(true)));
        list.truncate(list.len() - 1);
        let mut cut = Run::default();
        cut.add(&list);
        assert_eq!((cut.font, cut.capitals), (Some(7), None));
    }

    #[test]
    fn a_paragraph_knows_its_table() {
        let bytes = [3, 0, 0x16, 0x24, 1, 0x49, 0x66, 2, 0, 0, 0, 0x4b, 0x24, 1];
        let place = Place::read(&bytes);
        assert_eq!((place.style, place.depth()), (3, 2));
        assert!(place.ends_inner_cell && !place.ends_row);
        assert_eq!(Place::read(&[]), Place::default());
    }
}
