//! Owns the words by which lists name their columns. It refuses to know what stands below them.

use super::Place;
use crate::spelling;

/// What a column holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Column {
    Code,
    Name,
    /// Họ và tên đệm, where the given name has its own column.
    Family,
    Given,
    Email,
    Branch,
    Post,
    /// Official or probationary; a mark in it means `official`.
    Membership {
        marked_is_official: bool,
    },
    Language,
    Paused,
    Phone,
    Date,
}

impl Column {
    /// The column that a header names.
    fn of_header(header: &str) -> Option<Self> {
        let plain = spelling::ascii(header).to_ascii_lowercase();
        let words: Vec<&str> = plain
            .split(|c: char| !c.is_ascii_alphanumeric())
            .filter(|w| !w.is_empty())
            .collect();
        let text = words.join(" ");
        let has = |part: &str| format!(" {text} ").contains(&format!(" {part} "));
        Some(match text.as_str() {
            "" => return None,
            "ma" | "ma dv" | "ma dang vien" | "ma so" | "ma so dang vien" | "code" => Self::Code,
            _ if text.starts_with("ngay") || has("nam sinh") || has("date") => Self::Date,
            _ if has("sdt") || has("dien thoai") || has("phone") || has("dtdd") => Self::Phone,
            _ if has("email") || has("e mail") || has("thu dien tu") => Self::Email,
            "mail" | "hop thu" | "dia chi thu" => Self::Email,
            _ if has("tam dung") || has("tam ngung") || text == "paused" => Self::Paused,
            "ngon ngu" | "language" | "lang" => Self::Language,
            _ if has("ho va ten dem") || has("ho dem") || has("ho va dem") || has("ho lot") => {
                Self::Family
            }
            "ho" => Self::Family,
            "ten" | "ten goi" => Self::Given,
            _ if has("ho va ten") || has("ho ten") || has("full name") => Self::Name,
            "ten dang vien" | "dang vien" | "name" => Self::Name,
            _ if has("chuc vu") || has("chuc danh") || text == "post" => Self::Post,
            _ if has("chinh thuc") => Self::Membership {
                marked_is_official: true,
            },
            _ if has("du bi") => Self::Membership {
                marked_is_official: false,
            },
            "loai" | "loai dang vien" | "dien dang vien" => Self::Membership {
                marked_is_official: true,
            },
            "chi bo" | "ten chi bo" | "ma chi bo" | "thuoc chi bo" | "branch" => Self::Branch,
            _ if text.starts_with("chi bo ") || text.ends_with(" chi bo") => Self::Branch,
            _ => return None,
        })
    }
}

/// The columns of a list, by their number from 0.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Columns {
    columns: Vec<(usize, Column, String)>,
    /// They are keys of a TOML roster, which has no letters.
    keys: bool,
}

/// Rightmost column that is looked at: CV.
const COLUMNS_MAX: usize = 100;
/// Longest header that is repeated in a fault, characters.
const HEADER_MAX: usize = 60;

impl Columns {
    /// The columns, if the cells are a header row: a name, and at least one column besides.
    pub(super) fn of_header<'c>(cells: impl Iterator<Item = (usize, &'c str)>) -> Option<Self> {
        let mut columns: Vec<(usize, Column, String)> = Vec::new();
        for (index, text) in cells.filter(|(index, _)| *index < COLUMNS_MAX) {
            if text.chars().count() > HEADER_MAX {
                continue;
            }
            let known = Column::of_header(text);
            let fresh = known.filter(|column| !columns.iter().any(|(_, c, _)| c == column));
            columns.extend(fresh.map(|column| (index, column, spelling::line(text))));
        }
        let header = Self {
            columns,
            keys: false,
        };
        let named = header
            .find(Column::Name)
            .or(header.find(Column::Given))
            .is_some();
        (named && header.columns.len() > 1).then_some(header)
    }

    /// The columns of a TOML roster, whose keys are the headers of the CSV form.
    pub(super) fn of_keys(keys: &[&str]) -> Self {
        let column = |(index, key): (usize, &&str)| {
            Column::of_header(key).map(|column| (index, column, (*key).to_owned()))
        };
        Self {
            columns: keys.iter().enumerate().filter_map(column).collect(),
            keys: true,
        }
    }

    /// How many columns were understood.
    pub(super) fn len(&self) -> usize {
        self.columns.len()
    }

    /// The number of a column.
    pub(super) fn find(&self, wanted: Column) -> Option<usize> {
        self.columns
            .iter()
            .find(|(_, column, _)| *column == wanted)
            .map(|(index, ..)| *index)
    }

    /// Every column that was understood, with its number.
    pub(super) fn iter(&self) -> impl Iterator<Item = (usize, Column)> + '_ {
        self.columns
            .iter()
            .map(|(index, column, _)| (*index, *column))
    }

    /// How the office sees a column.
    pub(super) fn place(&self, index: usize) -> Place {
        let header = self.columns.iter().find(|(i, ..)| *i == index);
        let header = header
            .map(|(.., header)| header.clone())
            .unwrap_or_default();
        let letter = if self.keys {
            String::new()
        } else {
            letter(index)
        };
        Place { letter, header }
    }
}

/// The letter of a column: A to Z, AA, ….
pub(super) fn letter(index: usize) -> String {
    let digit = char::from(b'A' + u8::try_from(index % 26).unwrap_or(0));
    if index < 26 {
        digit.into()
    } else {
        format!("{}{digit}", letter(index / 26 - 1))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn headers_are_known_by_their_words() {
        use Column::*;
        let official = Membership {
            marked_is_official: true,
        };
        for (header, column) in [
            ("Họ và tên", Some(Name)),
            ("HỌ TÊN ĐẢNG VIÊN", Some(Name)),
            ("Họ và tên đệm", Some(Family)),
            ("Tên", Some(Given)),
            ("ho_ten", Some(Name)),
            ("Thư điện tử", Some(Email)),
            ("E-mail công vụ", Some(Email)),
            ("Chi bộ", Some(Branch)),
            ("Sinh hoạt tại chi bộ", Some(Branch)),
            ("Chức vụ trong Đảng", Some(Post)),
            ("Đảng viên chính thức/dự bị", Some(official)),
            ("Ngày chính thức", Some(Date)),
            ("Số thẻ đảng viên", None),
            ("STT", None),
            ("Ghi chú", None),
            ("CCCD", None),
        ] {
            assert_eq!(Column::of_header(header), column, "{header}");
        }
        assert_eq!(
            [letter(0), letter(25), letter(26), letter(99)],
            ["A", "Z", "AA", "CV"]
        );
    }
}
