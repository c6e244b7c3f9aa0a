//! Owns reports as a page to print: A4, nothing remote, heads on every sheet. It refuses to hold
//! the rows.

use std::io::{BufWriter, Write};

use askama::Template;

use super::{Cell, Column, Heading, Result, Tone, moment};

/// A column of at most so many characters is never wrapped.
const SHORT_MAX: u16 = 12;

/// A page being written.
pub(super) struct Page<W: Write> {
    out: BufWriter<W>,
    heading: Heading,
    open: bool,
    number: u64,
}

#[derive(Template)]
#[template(path = "report.html", block = "opening")]
struct Opening<'a> {
    h: &'a Heading,
    bars: &'a [Bar],
    total: &'a [u64],
}

#[derive(Template)]
#[template(path = "report.html", block = "group")]
struct Group<'a> {
    h: &'a Heading,
    name: &'a str,
}

#[derive(Template)]
#[template(path = "report.html", block = "rows")]
struct Rows<'a> {
    rows: &'a [Vec<Shown>],
}

#[derive(Template)]
#[template(path = "report.html", block = "end")]
struct End {}

#[derive(Template)]
#[template(path = "report.html", block = "closing")]
struct Closing<'a> {
    h: &'a Heading,
    empty: bool,
}

/// A group's sums, and the parts of its bar.
struct Bar {
    name: String,
    counts: Vec<u64>,
    /// Class and share in percent.
    parts: Vec<(&'static str, String)>,
}

/// A cell as it is shown.
struct Shown {
    class: &'static str,
    text: String,
}

impl<W: Write> Page<W> {
    pub(super) fn begin(heading: Heading, out: W) -> Result<Self> {
        let mut out = BufWriter::new(out);
        let bars: Vec<Bar> = heading
            .sums
            .groups
            .iter()
            .map(|(name, counts)| bar(name, counts, &heading))
            .collect();
        let opening = Opening {
            h: &heading,
            bars: &bars,
            total: &heading.sums.total(),
        };
        opening.write_into(&mut out)?;
        Ok(Self {
            out,
            heading,
            open: false,
            number: 0,
        })
    }

    pub(super) fn group(&mut self, name: &str) -> Result<()> {
        self.end()?;
        let group = Group {
            h: &self.heading,
            name,
        };
        group.write_into(&mut self.out)?;
        self.open = true;
        self.number = 0;
        Ok(())
    }

    pub(super) fn rows(&mut self, rows: &[Vec<Cell>]) -> Result<()> {
        let mut shown = Vec::with_capacity(rows.len());
        for row in rows {
            self.number += 1;
            let number = Shown {
                class: "n",
                text: self.number.to_string(),
            };
            let cells = row.iter().zip(&self.heading.columns);
            let cells = cells.map(|(cell, column)| self.shown(cell, column));
            shown.push(std::iter::once(number).chain(cells).collect());
        }
        Ok(Rows { rows: &shown }.write_into(&mut self.out)?)
    }

    pub(super) fn finish(mut self) -> Result<()> {
        self.end()?;
        let closing = Closing {
            h: &self.heading,
            empty: self.heading.rows == 0,
        };
        closing.write_into(&mut self.out)?;
        Ok(self.out.flush()?)
    }

    fn end(&mut self) -> Result<()> {
        if std::mem::take(&mut self.open) {
            End {}.write_into(&mut self.out)?;
        }
        Ok(())
    }

    fn shown(&self, cell: &Cell, column: &Column) -> Shown {
        let (class, text) = match cell {
            Cell::Empty => ("", String::new()),
            Cell::Text(text) if column.widest <= SHORT_MAX => ("s", text.clone()),
            Cell::Text(text) => ("", text.clone()),
            Cell::Word(text, tone) => (class(*tone), text.clone()),
            Cell::Number(count) => ("d", count.to_string()),
            Cell::Time(at) => ("d", moment(*at, self.heading.language)),
        };
        Shown { class, text }
    }
}

fn bar(name: &str, counts: &[u64], heading: &Heading) -> Bar {
    let whole = counts.first().copied().unwrap_or(0).max(1);
    let share = |count: u64| {
        let thousandths = count.saturating_mul(1000) / whole;
        format!("{}.{}", thousandths / 10, thousandths % 10)
    };
    let parts = heading.sums.heads.iter().zip(counts).skip(1);
    let parts = parts.filter(|(_, count)| **count > 0);
    Bar {
        name: name.to_owned(),
        counts: counts.to_vec(),
        parts: parts
            .map(|((_, tone), count)| (class(*tone), share(*count)))
            .collect(),
    }
}

fn class(tone: Tone) -> &'static str {
    match tone {
        Tone::Good => "good",
        Tone::Waiting => "wait",
        Tone::Bad => "bad",
        Tone::Plain => "",
    }
}
