//! Owns what can be wrong with a row: where, what is there, what to write instead, in both
//! languages. It refuses to know how a row is read.

use crate::organisation::{Language, Phrase};
use crate::spelling::words;

words! {
    /// How much a fault matters.
    Level {
        /// The row, or its address, cannot be used.
        Error = "error",
        /// It is used, but may not be as meant.
        Warning = "warning",
        /// It was put right in reading.
        Note = "note",
    }
}

words! {
    /// What is wrong.
    Problem {
        /// No header row.
        NoHeader = "no_header",
        /// The file is not what it should be.
        Unreadable = "unreadable",
        /// More rows than are read.
        TooMany = "too_many",
        /// A quotation mark that takes the rows after it into one cell.
        OpenQuote = "open_quote",
        /// A key of a TOML roster that nobody knows.
        UnknownKey = "unknown_key",
        /// The cell holds an error of a formula.
        ErrorCell = "error_cell",
        /// Longer than any name or address.
        TooLong = "too_long",
        /// A member without a name.
        MissingName = "missing_name",
        /// A member without a branch.
        MissingBranch = "missing_branch",
        /// A branch that the list of branches does not have.
        UnknownBranch = "unknown_branch",
        /// A code that an earlier row has.
        DuplicateCode = "duplicate_code",
        /// The same member again, or two that cannot be told apart.
        SamePerson = "same_person",
        /// No address.
        MissingEmail = "missing_email",
        /// An address that no letter can be sent to.
        InvalidEmail = "invalid_email",
        /// An address that another member has too.
        DuplicateEmail = "duplicate_email",
        /// More than one address; the first is used.
        TwoEmails = "two_emails",
        /// An address in capitals.
        EmailCase = "email_case",
        /// `mailto:` before an address.
        MailtoPrefix = "mailto_prefix",
        /// A name in capitals.
        NameCaps = "name_caps",
        /// A name in decomposed characters.
        NameNfd = "name_nfd",
        /// Zero-width and control characters.
        InvisibleChar = "invisible_char",
        /// No-break spaces.
        Nbsp = "nbsp",
        /// Needless spaces.
        SpacesTrimmed = "spaces_trimmed",
        /// Neither official nor probationary.
        UnknownType = "unknown_type",
        /// A word that the column does not know.
        UnknownWord = "unknown_word",
        /// A date typed as text.
        DateText = "date_text",
        /// A telephone number kept as a number.
        PhoneLostZero = "phone_number_lost_zero",
        /// A telephone number with signs in it.
        PhoneFormat = "phone_format",
    }
}

/// A column as the office sees it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Place {
    /// `D`; empty for TOML.
    pub letter: String,
    /// Its header, or the key.
    pub header: String,
}

/// One fault of a roster.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fault {
    /// How much it matters.
    pub level: Level,
    /// What it is.
    pub problem: Problem,
    /// The row, from 1; 0 where it concerns the file.
    pub row: usize,
    /// The column, where it concerns one.
    pub column: Option<Place>,
    /// What is there, one line; empty where it must not be repeated.
    pub there: String,
    /// What is wrong.
    pub message: Phrase,
    /// What to write instead.
    pub instead: Phrase,
}

impl Fault {
    /// A fault with the standing words of its problem.
    pub(super) fn new(problem: Problem, row: usize, column: Option<Place>, there: &str) -> Self {
        let (level, message, instead) = standing(problem);
        let there = crate::spelling::line(there)
            .chars()
            .take(THERE_MAX)
            .collect();
        Self {
            level,
            problem,
            row,
            column,
            there,
            message,
            instead,
        }
    }

    /// As [`Fault::new`], with what to write instead worked out for this case.
    pub(super) fn instead(mut self, vi: impl Into<String>, en: impl Into<String>) -> Self {
        self.instead = Phrase::new(vi, en);
        self
    }

    /// Of a fault of the whole file: where it begins, added to the message.
    pub(super) fn at_row(mut self, row: usize) -> Self {
        self.message.vi += &format!(" (dòng {row})");
        self.message.en += &format!(" (row {row})");
        self
    }

    /// The row that this one collides with, added to the message.
    pub(super) fn with_row(mut self, other: usize) -> Self {
        self.message.vi += &format!(" (dòng {other} và dòng {})", self.row);
        self.message.en += &format!(" (rows {other} and {})", self.row);
        self
    }

    /// What is wrong, for a person.
    #[must_use]
    pub fn message(&self, language: Language) -> &str {
        self.message.to(language)
    }

    /// What to write instead, for a person.
    #[must_use]
    pub fn advice(&self, language: Language) -> &str {
        self.instead.to(language)
    }
}

/// Longest piece of a cell that is repeated, characters.
const THERE_MAX: usize = 120;

/// Level, message and advice of a problem.
fn standing(problem: Problem) -> (Level, Phrase, Phrase) {
    let (level, [vi, en, instead_vi, instead_en]) = match problem {
        Problem::NoHeader
        | Problem::Unreadable
        | Problem::TooMany
        | Problem::OpenQuote
        | Problem::UnknownKey
        | Problem::ErrorCell
        | Problem::TooLong => of_the_file(problem),
        Problem::MissingName
        | Problem::MissingBranch
        | Problem::UnknownBranch
        | Problem::DuplicateCode
        | Problem::SamePerson
        | Problem::UnknownType
        | Problem::UnknownWord => of_the_member(problem),
        Problem::MissingEmail
        | Problem::InvalidEmail
        | Problem::DuplicateEmail
        | Problem::TwoEmails
        | Problem::EmailCase
        | Problem::MailtoPrefix => of_the_address(problem),
        Problem::NameCaps
        | Problem::NameNfd
        | Problem::InvisibleChar
        | Problem::Nbsp
        | Problem::SpacesTrimmed
        | Problem::DateText
        | Problem::PhoneLostZero
        | Problem::PhoneFormat => (Level::Note, of_the_typing(problem)),
    };
    (
        level,
        Phrase::new(vi, en),
        Phrase::new(instead_vi, instead_en),
    )
}

type Words = [&'static str; 4];

fn of_the_file(problem: Problem) -> (Level, Words) {
    let words = match problem {
        Problem::NoHeader => [
            "không tìm thấy dòng tiêu đề",
            "no header row was found",
            "một dòng có các cột Mã, Họ và tên, Email, Chi bộ, Chức vụ, Loại",
            "a row with the columns Mã, Họ và tên, Email, Chi bộ, Chức vụ, Loại",
        ],
        Problem::TooMany => [
            "danh sách có quá nhiều dòng",
            "the roster has too many rows",
            "chia danh sách",
            "divide the roster",
        ],
        Problem::OpenQuote => [
            "dấu nháy kép làm các dòng sau thành một ô",
            "a quotation mark takes the rows after it into one cell",
            "bỏ dấu nháy thừa, hoặc bỏ chỗ xuống dòng trong ô",
            "the row without that mark, or the cell without its line break",
        ],
        Problem::UnknownKey => [
            "không hiểu khoá này",
            "this key is unknown",
            "ma | ho_ten | email | chi_bo | chuc_vu | du_bi",
            "ma | ho_ten | email | chi_bo | chuc_vu | du_bi",
        ],
        Problem::ErrorCell => [
            "ô chứa lỗi của công thức",
            "the cell holds the error of a formula",
            "giá trị thay cho công thức",
            "the value in place of the formula",
        ],
        Problem::TooLong => [
            "nội dung quá dài",
            "the text is too long",
            "nội dung ngắn",
            "less",
        ],
        _ => [
            "không đọc được danh sách",
            "the roster cannot be read",
            "tệp XLSX, CSV (UTF-8) hoặc TOML",
            "a file in XLSX, CSV (UTF-8) or TOML",
        ],
    };
    let level = if problem == Problem::UnknownKey {
        Level::Warning
    } else {
        Level::Error
    };
    (level, words)
}

fn of_the_member(problem: Problem) -> (Level, Words) {
    match problem {
        Problem::MissingName => (
            Level::Error,
            [
                "thiếu họ và tên",
                "the name is missing",
                "họ và tên",
                "the full name",
            ],
        ),
        Problem::MissingBranch => (
            Level::Error,
            [
                "thiếu chi bộ",
                "the branch is missing",
                "tên chi bộ",
                "the branch",
            ],
        ),
        Problem::UnknownBranch => (
            Level::Error,
            [
                "chi bộ không có trong danh sách chi bộ",
                "the branch is not in the list of branches",
                "mã hoặc tên chi bộ trong danh sách",
                "a code or a name of the list",
            ],
        ),
        Problem::DuplicateCode => (
            Level::Error,
            [
                "mã bị trùng",
                "the code occurs twice",
                "mỗi người một mã",
                "a code for each member",
            ],
        ),
        Problem::SamePerson => (
            Level::Error,
            [
                "không phân biệt được hai người",
                "two members cannot be told apart",
                "mã riêng cho từng người",
                "a code for each member",
            ],
        ),
        Problem::UnknownType => (
            Level::Warning,
            [
                "không rõ chính thức hay dự bị; được coi là chính thức",
                "neither official nor probationary; taken as official",
                "Chính thức | Dự bị",
                "Chính thức | Dự bị",
            ],
        ),
        _ => (
            Level::Warning,
            [
                "không hiểu giá trị này",
                "this word is not understood",
                "có | không",
                "yes | no",
            ],
        ),
    }
}

fn of_the_address(problem: Problem) -> (Level, Words) {
    match problem {
        Problem::MissingEmail => (
            Level::Error,
            [
                "thiếu địa chỉ thư",
                "the address is missing",
                "ten@donvi.vn",
                "name@domain.vn",
            ],
        ),
        Problem::DuplicateEmail => (
            Level::Warning,
            [
                "địa chỉ thư đã có ở người khác",
                "another member has the same address",
                "địa chỉ riêng của người này, nếu có",
                "the member's own address, if there is one",
            ],
        ),
        Problem::TwoEmails => (
            Level::Warning,
            [
                "có nhiều địa chỉ; dùng địa chỉ đầu tiên",
                "there is more than one address; the first is used",
                "một địa chỉ",
                "one address",
            ],
        ),
        Problem::EmailCase => (
            Level::Note,
            [
                "địa chỉ viết hoa",
                "the address is in capitals",
                "chữ thường",
                "small letters",
            ],
        ),
        Problem::MailtoPrefix => (
            Level::Note,
            [
                "thừa mailto:",
                "mailto: is needless",
                "chỉ ghi địa chỉ",
                "the address alone",
            ],
        ),
        _ => (
            Level::Error,
            [
                "địa chỉ thư không hợp lệ",
                "no letter can be sent to this address",
                "ten@donvi.vn, không dấu, không có dấu cách",
                "name@domain.vn, plain letters, no blanks",
            ],
        ),
    }
}

fn of_the_typing(problem: Problem) -> Words {
    match problem {
        Problem::NameCaps => [
            "họ tên viết hoa toàn bộ",
            "the name is in capitals",
            "Nguyễn Văn A",
            "Nguyễn Văn A",
        ],
        Problem::NameNfd => [
            "chữ Unicode tổ hợp",
            "decomposed characters",
            "gõ lại bằng Unicode dựng sẵn",
            "precomposed characters",
        ],
        Problem::InvisibleChar => [
            "có ký tự không nhìn thấy",
            "there are invisible characters",
            "gõ lại",
            "type it again",
        ],
        Problem::Nbsp => [
            "có dấu cách không ngắt",
            "there are no-break spaces",
            "dấu cách thường",
            "plain spaces",
        ],
        Problem::DateText => [
            "ngày được gõ dạng văn bản",
            "the date is typed as text",
            "ô kiểu ngày, hoặc năm-tháng-ngày",
            "a date cell, or year-month-day",
        ],
        Problem::PhoneLostZero => [
            "số điện thoại mất số 0 ở đầu",
            "the telephone number lost its leading 0",
            "ô kiểu văn bản",
            "a text cell",
        ],
        Problem::PhoneFormat => [
            "số điện thoại có ký tự khác chữ số",
            "the telephone number has signs other than digits",
            "10 chữ số, bắt đầu bằng 0",
            "10 digits, 0 first",
        ],
        _ => [
            "thừa dấu cách",
            "there are needless spaces",
            "bỏ dấu cách thừa",
            "no such spaces",
        ],
    }
}
