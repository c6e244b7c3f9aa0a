//! Owns reports as CSV: UTF-8 with a byte order mark, RFC 4180, one list with the group first. It
//! refuses to let a cell be a formula where the file is opened in a spreadsheet.

use std::io::Write;

use csv::{Terminator, Writer, WriterBuilder};

use super::{Cell, Heading, Result};

/// What makes Excel and LibreOffice read a file as UTF-8.
const BYTE_ORDER_MARK: &[u8] = "\u{feff}".as_bytes();

/// A list being written.
pub(super) struct Delimited<W: Write> {
    out: Writer<W>,
    group: String,
}

impl<W: Write> Delimited<W> {
    pub(super) fn begin(heading: &Heading, mut out: W) -> Result<Self> {
        out.write_all(BYTE_ORDER_MARK)?;
        let mut out = WriterBuilder::new()
            .terminator(Terminator::CRLF)
            .from_writer(out);
        let heads = heading.columns.iter().map(|column| column.head);
        record(&mut out, std::iter::once(heading.group).chain(heads))?;
        Ok(Self {
            out,
            group: String::new(),
        })
    }

    pub(super) fn group(&mut self, name: String) {
        self.group = name;
    }

    pub(super) fn rows(&mut self, rows: &[Vec<Cell>]) -> Result<()> {
        for row in rows {
            let cells = row.iter().map(value);
            let cells = std::iter::once(harmless(&self.group)).chain(cells);
            record(&mut self.out, cells)?;
        }
        Ok(())
    }

    pub(super) fn finish(mut self) -> Result<()> {
        Ok(self.out.flush()?)
    }
}

fn record<W: Write>(
    out: &mut Writer<W>,
    cells: impl Iterator<Item = impl AsRef<[u8]>>,
) -> Result<()> {
    let written = out.write_record(cells);
    Ok(written.map_err(std::io::Error::from)?)
}

fn value(cell: &Cell) -> String {
    match cell {
        Cell::Empty => String::new(),
        Cell::Text(text) | Cell::Word(text, _) => harmless(text),
        Cell::Number(count) => count.to_string(),
        Cell::Time(at) => at.format("%Y-%m-%d %H:%M:%S").to_string(),
    }
}

/// Text that no spreadsheet takes for a formula: an apostrophe before whatever would begin one
/// (OWASP, CSV injection), the full-width forms of the same signs included.
fn harmless(text: &str) -> String {
    let risky = |c: char| "=+-@\t\r\n＝＋－＠".contains(c);
    if text.starts_with(risky) {
        format!("'{text}")
    } else {
        text.to_owned()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_that_a_spreadsheet_would_reckon_stays_a_formula() {
        for risky in [
            "=1+1", "+84", "-2", "@SUM(A1)", "\t=1", "\r=1", "＝1", "\n@",
        ] {
            assert_eq!(harmless(risky), format!("'{risky}"));
        }
        for fine in ["", "Nguyễn Văn A", "23-CT/TW", "a=b", "'đã có"] {
            assert_eq!(harmless(fine), fine);
        }
    }
}
