//! Owns the watched folder: which files are complete, reading them safely, moving them aside. It
//! refuses to know what stands in a file, and never deletes or overwrites one.

mod aside;
mod name;
mod open;
mod scan;
mod watch;

use std::collections::HashMap;
use std::fs::File;
use std::io;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use chrono::{DateTime, Utc};

use crate::document::Reason;

pub use aside::ASIDE;
pub use name::shown;
pub use watch::Watcher;

/// How a file waits and how much of it is read.
#[derive(Clone, Debug)]
pub struct Settings {
    /// A file is complete after this long without a change of size or time; zero takes what lies
    /// there now.
    pub settle: Duration,
    /// A file that ends too early for its kind (a PDF without its end mark, a ZIP without its
    /// directory) waits this long instead, then is handed over as it is.
    pub patience: Duration,
    /// Bytes of a file; `[limits] file`.
    pub file_max: u64,
}

impl Settings {
    /// `[documents] settle` and `[limits] file`; patience is twelve times the settling.
    #[must_use]
    pub fn new(settle: Duration, file_max: u64) -> Self {
        Self {
            settle,
            patience: settle * 12,
            file_max,
        }
    }
}

/// What tells one state of a file from another without reading it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Stamp {
    /// Bytes.
    pub size: u64,
    /// Time of the last change of content, nanoseconds since 1970.
    pub modified_ns: i64,
    /// The file system it lies on.
    pub device: u64,
    /// Its number there.
    pub inode: u64,
}

/// Why a file must not be read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    /// `unsafe_file` or `too_large`.
    pub reason: Reason,
    /// One English sentence for the log and the office.
    pub detail: &'static str,
}

/// The facts that a person laid beside a document, as `NAME.toml`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Sidecar {
    /// Its text; whether it is sensible TOML is for others to judge.
    Text(String),
    /// It lies there and cannot be used, and why. It may narrow the audience: the document must
    /// not go out as if it were not there.
    Unusable(&'static str),
}

/// Says whether a file is known as it is.
pub type Known<'a> = dyn Fn(&Path, &Stamp) -> bool + 'a;

/// A complete file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Found {
    /// Where it lies below the folder, exact bytes.
    pub path: PathBuf,
    /// The same for people: NFC, invisible characters and broken bytes spelled out.
    pub place: String,
    /// The last component of `place`.
    pub name: String,
    /// The first sub-folder it lies in, for people; none at the top.
    pub folder: Option<String>,
    /// Its state.
    pub stamp: Stamp,
    /// What lies beside it as `NAME.toml`.
    pub sidecar: Option<Sidecar>,
    /// Set where the file must not be opened.
    pub finding: Option<Finding>,
}

/// Something that lies in the folder and speaks of a document without being one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Stray {
    /// Where it lies below the folder, for people; see [`Found::place`].
    pub place: String,
    /// What it is.
    pub kind: StrayKind,
    /// It has lain so for long enough that nothing more is to be expected.
    pub settled: bool,
}

/// What a stray is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum StrayKind {
    /// A sidecar beside no document.
    Sidecar,
    /// A folder called like a sidecar or a document.
    Folder,
}

/// What a look at the whole folder gave.
#[derive(Clone, Debug, Default)]
pub struct Scan {
    /// Every complete file, in the order of their paths.
    pub found: Vec<Found>,
    /// How many files are not complete yet: look again after the settling.
    pub waiting: usize,
    /// What speaks of a document and is none, in the order of their places.
    pub strays: Vec<Stray>,
    /// Folders that could not be read, or lie too deep; sentences for the log and the office, in
    /// English and in Vietnamese.
    pub troubles: Vec<String>,
}

/// Why a file that was found was not read or moved.
#[derive(Debug, thiserror::Error)]
pub enum Refused {
    /// It is no longer there. Nothing is wrong.
    #[error("the file is gone")]
    Gone,
    /// It is not what was found; the next scan will tell.
    #[error("the file has changed since it was found")]
    Changed,
    /// It must not be read.
    #[error("{}: {}", .0.reason, .0.detail)]
    Finding(Finding),
    /// The machine says no.
    #[error(transparent)]
    Io(#[from] io::Error),
}

/// Why the machine refused, in Vietnamese.
#[must_use]
pub fn cause(error: &io::Error) -> String {
    let words = match error.kind() {
        io::ErrorKind::NotFound => "không có ở đó",
        io::ErrorKind::PermissionDenied => "không có quyền đọc",
        io::ErrorKind::NotADirectory => "không phải là thư mục",
        io::ErrorKind::IsADirectory => "là thư mục, không phải tệp",
        io::ErrorKind::InvalidData => "nội dung không đọc được",
        io::ErrorKind::StorageFull => "ổ đĩa đã đầy",
        kind => return format!("máy báo lỗi ({kind})"),
    };
    words.to_owned()
}

/// The watched folder. All of its methods block on the file system.
#[derive(Debug)]
pub struct Inbox {
    root: File,
    settings: Settings,
    seen: HashMap<PathBuf, scan::Seen>,
}

impl Inbox {
    /// Opens the folder; it may be reached by a link, what lies in it may not.
    ///
    /// # Errors
    /// The folder is not there or must not be read.
    pub fn open(folder: &Path, settings: Settings) -> io::Result<Self> {
        let root = File::open(folder)?;
        if !root.metadata()?.is_dir() {
            return Err(io::ErrorKind::NotADirectory.into());
        }
        Ok(Self {
            root,
            settings,
            seen: HashMap::new(),
        })
    }

    /// True where the path leads to this folder still: another may have been put in its place or
    /// mounted over it since.
    #[must_use]
    pub fn is_at(&self, folder: &Path) -> bool {
        let (Ok(ours), Ok(there)) = (self.root.metadata(), std::fs::metadata(folder)) else {
            return false;
        };
        (ours.dev(), ours.ino()) == (there.dev(), there.ino())
    }

    /// Looks at the whole folder. What it gives is the truth of this moment and depends on no
    /// earlier event; only the settling is remembered. Every complete file is given every time.
    ///
    /// # Errors
    /// The folder itself can no longer be read.
    pub fn scan(&mut self, now: Instant) -> io::Result<Scan> {
        self.scan_but(now, &|_, _| false)
    }

    /// The same without the files that are `known` as they are, by path and state; those beside
    /// which something lies are given all the same. Nothing is remembered of what is left out.
    ///
    /// # Errors
    /// The folder itself can no longer be read.
    pub fn scan_but(&mut self, now: Instant, known: &Known<'_>) -> io::Result<Scan> {
        scan::scan(&self.root, &self.settings, &mut self.seen, (now, known))
    }

    /// True where something lies at a path below the folder, or may: only what is surely gone is
    /// not there.
    #[must_use]
    pub fn is_there(&self, path: &Path) -> bool {
        !matches!(open::look(&self.root, path), Err(Refused::Gone))
    }

    /// When a file was laid at its path below the folder, or its content or mode changed last: the
    /// system's own note (`ctime`), which no copying brings along. None where nothing lies there.
    #[must_use]
    pub fn laid_at(&self, path: &Path) -> Option<DateTime<Utc>> {
        open::look(&self.root, path)
            .ok()
            .and_then(|s| open::laid(&s))
    }

    /// Reads a file once, whole, into memory.
    ///
    /// # Errors
    /// See [`Refused`]; whoever swaps, grows or links the file meanwhile gets a refusal.
    pub fn read(&self, found: &Found) -> Result<Vec<u8>, Refused> {
        if let Some(finding) = &found.finding {
            return Err(Refused::Finding(finding.clone()));
        }
        open::read(
            &self.root,
            &found.path,
            &found.stamp,
            self.settings.file_max,
        )
    }

    /// Moves a file, and its sidecar, into [`ASIDE`] below the folder and gives the new path. A
    /// name that is taken gets a number; nothing is ever overwritten.
    ///
    /// # Errors
    /// See [`Refused`]; a file that is not the one found stays where it is.
    pub fn quarantine(&self, found: &Found) -> Result<PathBuf, Refused> {
        aside::quarantine(&self.root, found)
    }
}
