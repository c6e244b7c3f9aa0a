//! Owns how a workbook looks and prints: fonts, formats, A4 landscape. It refuses to know what
//! stands in it.

use chrono::{Datelike, NaiveDateTime, Timelike};
use rust_xlsxwriter::{
    Color, ExcelDateTime, Format, FormatAlign, FormatBorder, Worksheet, XlsxError,
};

use super::breadth;
use crate::organisation::Language;
use crate::table::{Cell, Heading, Tone, moment};

/// The font of official documents.
const FONT: &str = "Times New Roman";
/// Points.
const SIZE: f64 = 11.0;
/// Excel's number for A4.
const A4: u8 = 9;
/// Lines between cells.
const LINE: u32 = 0x00D9_D4C9;

/// The formats of cells.
#[derive(Debug)]
pub(super) struct Look {
    pub(super) title: Format,
    pub(super) label: Format,
    /// A value beside a label: one that runs on over the cells beside it.
    pub(super) plain: Format,
    pub(super) quiet: Format,
    pub(super) head: Format,
    /// Above counts.
    pub(super) count: Format,
    /// The number of a row.
    pub(super) serial: Format,
    pub(super) text: Format,
    pub(super) number: Format,
    pub(super) time: Format,
    pub(super) total: Format,
    pub(super) sum: Format,
    good: Format,
    waiting: Format,
    bad: Format,
    language: Language,
}

impl Look {
    pub(super) fn new(language: Language) -> Self {
        let plain = Format::new().set_font_name(FONT).set_font_size(SIZE);
        let cell = plain
            .clone()
            .set_text_wrap()
            .set_align(FormatAlign::Top)
            .set_border_bottom(FormatBorder::Thin)
            .set_border_bottom_color(Color::RGB(LINE));
        let head = plain
            .clone()
            .set_bold()
            .set_text_wrap()
            .set_align(FormatAlign::VerticalCenter)
            .set_background_color(Color::RGB(0x00F2_DCDB))
            .set_border_bottom(FormatBorder::Thin);
        let total = plain.clone().set_bold().set_border_top(FormatBorder::Thin);
        let form = match language {
            Language::Vi => "dd/mm/yyyy hh:mm",
            Language::En => "yyyy-mm-dd hh:mm",
        };
        let coloured = |colour: u32| cell.clone().set_font_color(Color::RGB(colour));
        Self {
            title: plain
                .clone()
                .set_bold()
                .set_font_size(16.0)
                .set_font_color(Color::RGB(0x009B_1C1C)),
            label: plain.clone().set_font_color(Color::RGB(0x005A_554D)),
            quiet: plain.clone().set_italic(),
            count: head.clone().set_align(FormatAlign::Right),
            head,
            serial: cell.clone().set_align(FormatAlign::Center),
            time: cell
                .clone()
                .set_num_format(form)
                .set_align(FormatAlign::Left),
            number: cell.clone().set_num_format("0"),
            sum: total.clone().set_num_format("0"),
            good: coloured(0x002F_6B3A),
            waiting: coloured(0x008A_5F00),
            bad: coloured(0x00B3_261E).set_bold(),
            text: cell,
            plain,
            total,
            language,
        }
    }

    pub(super) fn tone(&self, tone: Tone) -> &Format {
        match tone {
            Tone::Good => &self.good,
            Tone::Waiting => &self.waiting,
            Tone::Bad => &self.bad,
            Tone::Plain => &self.text,
        }
    }

    /// How many characters wide a cell is shown, with a little room.
    pub(super) fn breadth(&self, cell: &Cell) -> u16 {
        let shown = match cell {
            Cell::Empty => 0,
            Cell::Text(text) | Cell::Word(text, _) => breadth(text),
            Cell::Number(count) => breadth(&count.to_string()),
            Cell::Time(at) => breadth(&moment(*at, self.language)),
        };
        shown.saturating_add(2)
    }
}

/// A time as Excel counts it: days since 1900, without a zone.
pub(super) fn excel(at: NaiveDateTime) -> Result<ExcelDateTime, XlsxError> {
    let year = u16::try_from(at.year()).unwrap_or(1900);
    let (month, day) = (at.month() as u8, at.day() as u8);
    let (hour, minute) = (at.hour() as u16, at.minute() as u8);
    ExcelDateTime::from_ymd(year, month, day)?.and_hms(hour, minute, at.second())
}

/// A4 landscape, as wide as the paper, the sheet's name above and the page's number below.
pub(super) fn print(sheet: &mut Worksheet, heading: &Heading, name: &str) {
    // `&` begins a code there.
    let said = |text: &str| {
        text.replace('&', "&&")
            .chars()
            .take(100)
            .collect::<String>()
    };
    sheet
        .set_paper_size(A4)
        .set_landscape()
        .set_print_fit_to_pages(1, 0)
        .set_margins(0.5, 0.5, 0.7, 0.6, 0.3, 0.3)
        .set_header(format!("&L&9{}&R&9{}", said(&heading.title), said(name)))
        .set_footer(format!("&L&9{}&R&9&P/&N", said(&heading.organisation)));
}
