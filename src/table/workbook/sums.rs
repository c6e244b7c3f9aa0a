//! Owns the first sheet of a workbook: what the report is, its sums by group, their chart. It
//! refuses to reckon: the sums are given.

use rust_xlsxwriter::{Chart, ChartLegendPosition, ChartSolidFill, ChartType, Color, Worksheet};

use super::look::{self, Look};
use super::{at, breadth};
use crate::table::{Heading, Result, TEXT_MAX, Tone};

/// Groups that a chart shows; of more only their total.
const BARS_MAX: usize = 30;
/// Points.
const TITLE_HEIGHT: f64 = 24.0;
/// Pixels of the chart: its width, its height without bars, the height of a bar.
const CHART: (u32, u32, u32) = (760, 130, 26);

/// Writes what the report is from the first row on, and answers the row below.
pub(super) fn opening(sheet: &mut Worksheet, heading: &Heading, look: &Look) -> Result<u32> {
    // A title's row does not grow by itself.
    sheet.set_row_height(1, TITLE_HEIGHT)?;
    sheet.write_string_with_format(0, 0, &heading.organisation, &look.label)?;
    sheet.write_string_with_format(1, 0, &heading.title, &look.title)?;
    let mut row = 2;
    for (label, value) in &heading.facts {
        let line = format!("{label}: {value}");
        let line: String = line.chars().take(TEXT_MAX).collect();
        sheet.write_string_with_format(row, 0, &line, &look.plain)?;
        row += 1;
    }
    Ok(row + 1)
}

/// Writes the sheet.
pub(super) fn write(sheet: &mut Worksheet, heading: &Heading, look: &Look) -> Result<()> {
    let mut row = opening(sheet, heading, look)?;
    let sums = &heading.sums;
    let head = row;
    sheet.write_string_with_format(row, 0, heading.group, &look.head)?;
    for (column, (text, _)) in sums.heads.iter().enumerate() {
        sheet.write_string_with_format(row, at(column + 1), *text, &look.count)?;
        let width = breadth(text).saturating_add(3).max(10);
        sheet.set_column_width(at(column + 1), f64::from(width))?;
    }
    let names = sums
        .groups
        .iter()
        .map(|(name, _)| breadth(name).saturating_add(3));
    let width = names.max().unwrap_or(0).clamp(24, 60);
    sheet.set_column_width(0, f64::from(width))?;
    for (name, counts) in &sums.groups {
        row += 1;
        sheet.write_string_with_format(row, 0, name, &look.text)?;
        for (column, count) in counts.iter().enumerate() {
            let (column, count) = (at(column + 1), *count as f64);
            sheet.write_number_with_format(row, column, count, &look.number)?;
        }
    }
    let total = row + 1;
    sheet.write_string_with_format(total, 0, heading.total(), &look.total)?;
    for (column, count) in sums.total().into_iter().enumerate() {
        sheet.write_number_with_format(total, at(column + 1), count as f64, &look.sum)?;
    }
    let mut below = total + 2;
    if sums.groups.is_empty() {
        sheet.write_string_with_format(below, 0, heading.nothing, &look.quiet)?;
    } else {
        let bars = match sums.groups.len() {
            1..=BARS_MAX => (head + 1, row),
            _ => (total, total),
        };
        let sheet_name = sheet.name();
        let (chart, height) = chart(&sheet_name, heading, head, bars);
        sheet.insert_chart(below, 0, &chart)?;
        // A row is 20 pixels high.
        below += height.div_ceil(20);
    }
    sheet.write_string_with_format(below + 1, 0, heading.note, &look.label)?;
    sheet.set_screen_gridlines(false);
    look::print(sheet, heading, heading.summary);
    Ok(())
}

/// The parts of each group's whole as one bar, and how many pixels high it all is.
fn chart(sheet: &str, heading: &Heading, head: u32, (first, last): (u32, u32)) -> (Chart, u32) {
    let mut chart = Chart::new(ChartType::BarStacked);
    // The first count is the whole; the others are its parts.
    for (column, (_, tone)) in heading.sums.heads.iter().enumerate().skip(1) {
        let column = at(column + 1);
        chart
            .add_series()
            .set_name((sheet, head, column))
            .set_categories((sheet, first, 0, last, 0))
            .set_values((sheet, first, column, last, column))
            .set_gap(60)
            .set_format(ChartSolidFill::new().set_color(Color::RGB(colour(*tone))));
    }
    let (width, frame, bar) = CHART;
    let height = frame + bar * (last - first + 1);
    chart
        .set_width(width)
        .set_height(height)
        .title()
        .set_name(heading.summary);
    chart.legend().set_position(ChartLegendPosition::Bottom);
    // The first group stands above, as in the table.
    chart.y_axis().set_reverse();
    (chart, height)
}

fn colour(tone: Tone) -> u32 {
    match tone {
        Tone::Good => 0x0047_8C54,
        Tone::Waiting => 0x00D9_A21B,
        Tone::Bad => 0x00B3_261E,
        Tone::Plain => 0x008A_857B,
    }
}
