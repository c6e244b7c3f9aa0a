//! Owns TOML rosters: `[[chi_bo]]` and `[[dang_vien]]` become branches and rows. It refuses to know
//! what the keys of a member mean.

use std::io::{self, Read};

use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::columns::Columns;
use super::roll::{Roll, branch_of_fields};
use super::row::{Cell, Row};
use super::{BYTES_MAX, Fault, Place, Problem};

/// The keys of `[[dang_vien]]`, in the order of the columns.
const MEMBER_KEYS: [&str; 10] = [
    "ma",
    "ho_ten",
    "email",
    "chi_bo",
    "chuc_vu",
    "du_bi",
    "dien_thoai",
    "ngay_vao_dang",
    "ngon_ngu",
    "tam_dung",
];
/// English names of two of them.
const ALSO: [(&str, &str); 2] = [("language", "ngon_ngu"), ("paused", "tam_dung")];
/// The keys of `[[chi_bo]]`.
const BRANCH_KEYS: [&str; 3] = ["ma", "ten", "hop_thu"];

/// Reads a TOML roster; it is in memory as a whole.
pub(super) fn read<R: Read>(source: R, roll: &mut Roll<'_, '_>) -> io::Result<()> {
    let mut bytes = Vec::new();
    source.take(BYTES_MAX).read_to_end(&mut bytes)?;
    let Ok(text) = String::from_utf8(bytes) else {
        roll.file_fault(Problem::Unreadable, "TOML: UTF-8");
        return Ok(());
    };
    let text = text.strip_prefix('\u{feff}').unwrap_or(&text);
    let (tree, errors) = DeTable::parse_recoverable(text);
    let lines = Lines::of(text);
    for error in &errors {
        let row = error.span().map_or(0, |span| lines.line(span.start));
        roll.fault(Fault::new(Problem::Unreadable, row, None, error.message()));
    }
    // Half a roster would look like members lost.
    if !errors.is_empty() {
        return Ok(());
    }
    for (key, value) in tree.get_ref() {
        match (key.get_ref().as_ref(), value.get_ref()) {
            ("chi_bo" | "dang_vien", DeValue::Array(_)) | ("dang_bo", DeValue::String(_)) => {}
            (key, _) => unknown(key, lines.line(value.span().start), roll),
        }
    }
    for (row, table) in tables(tree.get_ref(), "chi_bo", &lines) {
        for key in table
            .keys()
            .filter(|key| !BRANCH_KEYS.contains(&key.get_ref().as_ref()))
        {
            unknown(key.get_ref(), lines.line(key.span().start), roll);
        }
        let field = |key: &str| {
            table
                .get(key)
                .and_then(|v| v.get_ref().as_str())
                .unwrap_or("")
        };
        branch_of_fields(roll, row, BRANCH_KEYS.map(field));
    }
    let columns = Columns::of_keys(&MEMBER_KEYS);
    for (row, table) in tables(tree.get_ref(), "dang_vien", &lines) {
        if !roll.going() {
            break;
        }
        let row = member(row, table, &lines, roll);
        roll.row(&columns, &row);
    }
    Ok(())
}

fn unknown(key: &str, row: usize, roll: &mut Roll<'_, '_>) {
    let place = Place {
        letter: String::new(),
        header: crate::spelling::line(key),
    };
    roll.fault(Fault::new(Problem::UnknownKey, row, Some(place), ""));
}

fn tables<'t>(tree: &'t DeTable<'t>, key: &str, lines: &Lines) -> Vec<(usize, &'t DeTable<'t>)> {
    let array = tree.get(key).and_then(|value| value.get_ref().as_array());
    let items = array.into_iter().flat_map(|array| array.iter());
    let table =
        |v: &'t Spanned<DeValue<'t>>| Some((lines.line(v.span().start), v.get_ref().as_table()?));
    items.filter_map(table).collect()
}

fn member(number: usize, table: &DeTable<'_>, lines: &Lines, roll: &mut Roll<'_, '_>) -> Row {
    let mut cells = Vec::new();
    for (key, value) in table {
        let name = key.get_ref().as_ref();
        let name = ALSO
            .iter()
            .find(|(also, _)| *also == name)
            .map_or(name, |(_, known)| known);
        let Some(index) = MEMBER_KEYS.iter().position(|known| *known == name) else {
            unknown(name, lines.line(key.span().start), roll);
            continue;
        };
        let cell = match value.get_ref() {
            DeValue::String(text) if text.is_empty() => continue,
            DeValue::String(text) => Cell::Text(text.to_string()),
            DeValue::Boolean(value) => Cell::Bool(*value),
            DeValue::Integer(number) => number.as_str().parse().map_or(Cell::Error, Cell::Number),
            DeValue::Datetime(_) => Cell::Date,
            DeValue::Float(_) | DeValue::Array(_) | DeValue::Table(_) => Cell::Error,
        };
        cells.push((index, cell));
    }
    cells.sort_by_key(|(index, _)| *index);
    Row { number, cells }
}

/// Where the lines of a text begin.
struct Lines(Vec<usize>);

impl Lines {
    fn of(text: &str) -> Self {
        Self(
            std::iter::once(0)
                .chain(text.match_indices('\n').map(|(n, _)| n + 1))
                .collect(),
        )
    }

    /// The line of a byte, from 1.
    fn line(&self, at: usize) -> usize {
        self.0.partition_point(|start| *start <= at)
    }
}
