//! Owns the empty roster that an office is given: a header, an example, choices to pick from. It
//! refuses to know where the file is put.

use rust_xlsxwriter::{DataValidation, Format, Formula, Workbook, Worksheet, XlsxError};

/// Rows that have the choices: more than any office types.
const ROWS: u32 = 5000;
const POSTS: [&str; 4] = [
    "Bí thư chi bộ",
    "Phó Bí thư chi bộ",
    "Chi uỷ viên",
    "Đảng viên",
];
const KINDS: [&str; 2] = ["Chính thức", "Dự bị"];
/// Header and width, in characters.
const COLUMNS: [(&str, f64); 8] = [
    ("Mã", 10.0),
    ("Họ và tên", 28.0),
    ("Thư điện tử", 36.0),
    ("Chi bộ", 36.0),
    ("Chức vụ", 20.0),
    ("Loại", 14.0),
    ("Ngôn ngữ", 10.0),
    ("Tạm dừng", 10.0),
];

/// A roster to fill in, XLSX: sheet `Danh sách` with an example, sheet `Chi bộ` with one branch,
/// whose names the first sheet offers.
///
/// # Errors
/// If the workbook cannot be written, which no input causes.
pub fn template() -> Result<Vec<u8>, XlsxError> {
    let mut book = Workbook::new();
    let bold = Format::new().set_bold().set_background_color(0x00F2_DCDB);
    members(book.add_worksheet().set_name("Danh sách")?, &bold)?;
    let sheet = book.add_worksheet().set_name("Chi bộ")?;
    for (column, (header, width)) in [("ma", 10.0), ("ten", 40.0), ("hop_thu", 36.0)]
        .into_iter()
        .enumerate()
    {
        let column = column as u16;
        sheet.write_with_format(0, column, header, &bold)?;
        sheet.set_column_width(column, width)?;
    }
    for (column, text) in ["CB1", "Chi bộ 1", "chibo1@dangbo.example"]
        .into_iter()
        .enumerate()
    {
        sheet.write(1, column as u16, text)?;
    }
    sheet.set_freeze_panes(1, 0)?;
    book.save_to_buffer()
}

fn members(sheet: &mut Worksheet, bold: &Format) -> Result<(), XlsxError> {
    for (column, (header, width)) in COLUMNS.into_iter().enumerate() {
        sheet.write_with_format(0, column as u16, header, bold)?;
        sheet.set_column_width(column as u16, width)?;
    }
    let example = [
        "DV001",
        "Nguyễn Văn A",
        "nguyenvana@dangbo.example",
        "Chi bộ 1",
        "Bí thư chi bộ",
        "Chính thức",
    ];
    for (column, text) in example.into_iter().enumerate() {
        sheet.write(1, column as u16, text)?;
    }
    let branches = Formula::new("='Chi bộ'!$B$2:$B$500");
    let branch = DataValidation::new().allow_list_formula(branches);
    // A post may be any other too: the list only offers, it does not forbid.
    let post = DataValidation::new()
        .allow_list_strings(&POSTS)?
        .show_error_message(false);
    let kind = DataValidation::new().allow_list_strings(&KINDS)?;
    let language = DataValidation::new().allow_list_strings(&["vi", "en"])?;
    let paused = DataValidation::new().allow_list_strings(&["x"])?;
    for (column, choice) in [
        (3, branch),
        (4, post),
        (5, kind),
        (6, language),
        (7, paused),
    ] {
        sheet.add_data_validation(1, column, ROWS, column, &choice)?;
    }
    sheet.set_freeze_panes(1, 0)?;
    Ok(())
}
