//! Owns what can ail the database (no room, no right to write, a failing disk, a damaged file) and
//! what a person does about each. It refuses to try anything again.

use std::io;
use std::sync::atomic::{AtomicBool, Ordering};

use super::LedgerError;

/// This process saw an fsync fail. What the disk holds of the last writes nobody can say then, and
/// asking again would be answered "done" without being so: whoever starts next reads the log anew.
static UNSYNCED: AtomicBool = AtomicBool::new(false);

/// What ails the database.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ailment {
    /// No room on the disk.
    Full,
    /// The folder or its disk cannot be written.
    ReadOnly,
    /// A file cannot be opened.
    Closed,
    /// The disk failed.
    Disk,
    /// An fsync failed.
    Unsynced,
    /// The file is not what was written.
    Damaged,
}

impl Ailment {
    /// By SQLite's result code; none where the database is well and something else was wrong.
    pub(super) fn of(error: &sqlx::Error) -> Option<Self> {
        if let sqlx::Error::ColumnDecode { .. } = error {
            return Some(Self::Damaged);
        }
        let code = error.as_database_error()?.code()?;
        Self::of_code(code.parse().ok()?)
    }

    fn of_code(code: u32) -> Option<Self> {
        match (code & 0xff, code >> 8) {
            // SQLITE_IOERR_FSYNC and SQLITE_IOERR_DIR_FSYNC.
            (10, 4 | 5) => Some(Self::Unsynced),
            (10, _) => Some(Self::Disk),
            (14, _) => Some(Self::Closed),
            (8, _) => Some(Self::ReadOnly),
            (13, _) => Some(Self::Full),
            // SQLITE_CORRUPT and SQLITE_NOTADB.
            (11 | 26, _) => Some(Self::Damaged),
            _ => None,
        }
    }

    fn of_io(error: &io::Error) -> Self {
        match error.kind() {
            io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => Self::Full,
            io::ErrorKind::ReadOnlyFilesystem | io::ErrorKind::PermissionDenied => Self::ReadOnly,
            _ => Self::Disk,
        }
    }

    /// Waiting mends nothing: this process must end.
    #[must_use]
    pub fn is_final(self) -> bool {
        matches!(self, Self::Unsynced | Self::Damaged)
    }

    /// What to do, in Vietnamese and in English.
    #[must_use]
    pub fn advice(self) -> (&'static str, &'static str) {
        match self {
            Self::Full => (
                "ổ đĩa của thư mục dữ liệu đã đầy; đề nghị giải phóng dung lượng, phobien sẽ gửi \
                 tiếp (hoặc chạy lại lệnh)",
                "no room on the disk of the state folder; make room, then the service goes on by \
                 itself and a command is run again",
            ),
            Self::ReadOnly => (
                "không ghi được vào thư mục dữ liệu; đề nghị kiểm tra quyền và cách gắn ổ đĩa, \
                 rồi chạy lại",
                "the state folder is not writable; look at its owner and how its disk is mounted, \
                 then run it again",
            ),
            Self::Closed => (
                "không mở được sổ cái trong thư mục dữ liệu; đề nghị kiểm tra chủ sở hữu và quyền \
                 của tệp, sau đó tới ổ đĩa và nhật ký hệ thống, rồi chạy lại",
                "the ledger in the state folder cannot be opened; look at its owner and rights, \
                 then at the disk and the system's log, and run it again",
            ),
            Self::Disk => (
                "ổ đĩa của thư mục dữ liệu bị lỗi; đề nghị kiểm tra dung lượng, cách gắn ổ đĩa và \
                 nhật ký hệ thống, rồi chạy lại",
                "the disk of the state folder fails; look at its room, its mount and the system's \
                 log, then run it again",
            ),
            Self::Unsynced => (
                "ổ đĩa của thư mục dữ liệu không xác nhận đã lưu (fsync) nên phobien dừng ghi; đề \
                 nghị kiểm tra ổ đĩa và nhật ký hệ thống, rồi chạy lại",
                "the disk of the state folder did not confirm what was written (fsync), so \
                 phobien writes no more; look at the disk and the system's log, then start again",
            ),
            Self::Damaged => (
                "tệp sổ cái bị hỏng nên không gửi gì. Đề nghị: 1. dừng dịch vụ; 2. chạy `phobien \
                 restore TỆP --told-until GIỜ` với bản `phobien backup` mới nhất và ngày giờ ghi \
                 trên thư gần nhất đảng viên đã nhận; sổ cái cũ được giữ lại bên cạnh. Không xoá \
                 sổ cái để làm lại từ đầu: mọi người sẽ nhận lại mọi văn bản",
                "the database in the state folder is damaged, so nothing is sent. 1. Stop the \
                 service; 2. run `phobien restore FILE --told-until TIME` with the newest `phobien \
                 backup` and the date on the last letter that members had; the old ledger is kept \
                 beside it. Do not begin with an empty ledger: everybody would be sent everything \
                 again",
            ),
        }
    }
}

/// For the end of an error's words.
pub(super) fn advice(error: &sqlx::Error) -> String {
    Ailment::of(error).map_or_else(String::new, |ailment| format!(". {}", ailment.advice().1))
}

/// True from the first failed fsync on, for the rest of this process.
pub(super) fn unsynced() -> bool {
    UNSYNCED.load(Ordering::Acquire)
}

impl From<sqlx::Error> for LedgerError {
    fn from(error: sqlx::Error) -> Self {
        if Ailment::of(&error) == Some(Ailment::Unsynced) {
            UNSYNCED.store(true, Ordering::Release);
        }
        Self::Database(error)
    }
}

impl LedgerError {
    /// What ails the database, where that is why.
    #[must_use]
    pub fn ailment(&self) -> Option<Ailment> {
        match self {
            Self::Database(error) => Ailment::of(error),
            Self::Unsynced => Some(Ailment::Unsynced),
            Self::Altered { .. } => Some(Ailment::Damaged),
            Self::Folder { source, .. } => Some(Ailment::of_io(source)),
            Self::Schema { .. }
            | Self::Backup { .. }
            | Self::Unsound(_)
            | Self::Restore { .. }
            | Self::Interrupted(_) => None,
        }
    }

    /// Waiting mends nothing: whoever delivers must end.
    #[must_use]
    pub fn is_final(&self) -> bool {
        self.ailment().is_some_and(Ailment::is_final)
    }
}

#[cfg(test)]
mod tests {
    use super::Ailment;

    #[test]
    fn codes_of_sqlite_name_what_ails_it() {
        for (code, ailment) in [
            (1034, Some(Ailment::Unsynced)),
            (1290, Some(Ailment::Unsynced)),
            (778, Some(Ailment::Disk)),
            (14, Some(Ailment::Closed)),
            (1544, Some(Ailment::ReadOnly)),
            (13, Some(Ailment::Full)),
            (11, Some(Ailment::Damaged)),
            (267, Some(Ailment::Damaged)),
            (26, Some(Ailment::Damaged)),
            (5, None),
            (2067, None),
        ] {
            assert_eq!(Ailment::of_code(code), ailment, "{code}");
        }
    }
}
