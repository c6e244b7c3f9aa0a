//! Owns the look at the whole folder: every file in it, and which of them have settled. It refuses
//! to read more than a file's two ends.

use std::collections::HashMap;
use std::ffi::{OsStr, OsString};
use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom};
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use rustix::fs::{Dir, FileType, Stat};

use super::{
    Finding, Found, Known, Refused, Scan, Settings, Sidecar, Stamp, Stray, StrayKind, name, open,
};

/// Folders deeper than this are not entered.
const DEPTH_MAX: usize = 8;
/// Entries looked at in one scan.
const ENTRIES_MAX: usize = 200_000;
/// Bytes of a sidecar.
const SIDECAR_MAX: u64 = 64 * 1024;
/// How much of a file's end is looked at. A ZIP's directory ends within this much (its comment may
/// be 65 535 bytes long), a PDF's end mark stands much nearer.
const TAIL: u64 = 66_000;
/// How near its end a PDF has its end mark; where the reader looks for it too.
const PDF_TAIL: usize = 4096;

/// What is remembered of a file between scans.
#[derive(Debug)]
pub(super) struct Seen {
    /// The file's state, and its sidecar's.
    stamps: (Stamp, Option<Stamp>),
    /// Since when it is in this state.
    since: Instant,
    /// True once its end was looked at and is there.
    whole: bool,
    /// What its sidecar says in this state.
    sidecar: Option<Sidecar>,
    /// Looked at in the scan that is running.
    fresh: bool,
}

struct Walk<'a> {
    root: &'a File,
    settings: &'a Settings,
    seen: &'a mut HashMap<PathBuf, Seen>,
    now: Instant,
    known: &'a Known<'a>,
    left: usize,
    scan: Scan,
}

/// See [`super::Inbox::scan_but`].
pub(super) fn scan(
    root: &File,
    settings: &Settings,
    seen: &mut HashMap<PathBuf, Seen>,
    (now, known): (Instant, &Known<'_>),
) -> io::Result<Scan> {
    for state in seen.values_mut() {
        state.fresh = false;
    }
    let mut walk = Walk {
        root,
        settings,
        seen,
        now,
        known,
        left: ENTRIES_MAX,
        scan: Scan::default(),
    };
    let mut folders = vec![PathBuf::new()];
    while let Some(folder) = folders.pop() {
        match walk.folder(&folder, &mut folders) {
            Ok(()) => {}
            Err(error) if folder.as_os_str().is_empty() => return Err(error),
            // It was there a moment ago: moved away, and that is fine.
            Err(error) if error.kind() == io::ErrorKind::NotFound => {}
            Err(error) => {
                walk.trouble(&folder, &error.to_string(), &super::cause(&error));
            }
        }
    }
    let mut scan = walk.scan;
    seen.retain(|_, state| state.fresh);
    scan.strays.sort_by(|a, b| a.place.cmp(&b.place));
    scan.found.sort_by(|a, b| a.path.cmp(&b.path));
    Ok(scan)
}

impl Walk<'_> {
    fn folder(&mut self, path: &Path, folders: &mut Vec<PathBuf>) -> io::Result<()> {
        let fd = open::folder(self.root, path)?;
        let mut files: Vec<(OsString, Stat)> = Vec::new();
        let mut sidecars: HashMap<OsString, Stat> = HashMap::new();
        for entry in Dir::read_from(&fd)? {
            let entry = entry?;
            let bytes = entry.file_name().to_bytes();
            if name::is_ignored(bytes) {
                continue;
            }
            if self.left == 0 {
                let en = "there are too many files; the rest was not looked at";
                self.trouble(path, en, "có quá nhiều tệp; phần còn lại chưa được xem");
                break;
            }
            self.left -= 1;
            let file = OsStr::from_bytes(bytes);
            let Ok(stat) = open::stat(&fd, file) else {
                continue;
            };
            let is_folder = FileType::from_raw_mode(stat.st_mode) == FileType::Directory;
            if is_folder {
                self.enter(path.join(file), folders);
            }
            if is_folder && name::is_file_like(bytes) {
                self.stray(&path.join(file), StrayKind::Folder, true);
            }
            if name::is_sidecar(bytes) {
                sidecars.insert(file.to_owned(), stat);
            } else if !is_folder {
                files.push((file.to_owned(), stat));
            }
        }
        for (file, stat) in files {
            let mut beside = file.clone();
            beside.push(".toml");
            // A folder in a sidecar's place may be meant to narrow the audience: it is unusable.
            self.file(&path.join(&file), &stat, sidecars.remove(&beside).as_ref());
        }
        for (file, stat) in sidecars {
            self.lonely(&path.join(&file), &stat);
        }
        Ok(())
    }

    /// A sidecar without its document, which may still be on its way.
    fn lonely(&mut self, path: &Path, stat: &Stat) {
        if FileType::from_raw_mode(stat.st_mode) == FileType::Directory {
            return;
        }
        let (_, still) = state(self.seen, path, (open::stamp(stat), None), self.now);
        self.stray(path, StrayKind::Sidecar, still >= self.settings.patience);
    }

    fn stray(&mut self, path: &Path, kind: StrayKind, settled: bool) {
        let place = name::shown(path.as_os_str().as_bytes());
        self.scan.strays.push(Stray {
            place,
            kind,
            settled,
        });
    }

    fn enter(&mut self, folder: PathBuf, folders: &mut Vec<PathBuf>) {
        if folder.components().count() > DEPTH_MAX {
            let en = "the folder lies too deep and was not entered";
            self.trouble(&folder, en, "thư mục nằm quá sâu nên không được xem");
        } else {
            folders.push(folder);
        }
    }

    fn trouble(&mut self, folder: &Path, en: &str, vi: &str) {
        let place = name::shown(folder.as_os_str().as_bytes());
        self.scan.troubles.push(format!("{place}/: {en} / {vi}"));
    }

    fn file(&mut self, path: &Path, stat: &Stat, beside: Option<&Stat>) {
        let finding = open::judge(stat, self.settings.file_max);
        let stamps = (open::stamp(stat), beside.map(open::stamp));
        if beside.is_none() && (self.known)(path, &stamps.0) {
            return;
        }
        let (state, still) = state(self.seen, path, stamps, self.now);
        if still < self.settings.settle {
            self.scan.waiting += 1;
            return;
        }
        state.whole = state.whole
            || finding.is_some()
            || still >= self.settings.patience
            || has_end(self.root, path, &stamps.0, self.settings.file_max);
        if !state.whole {
            self.scan.waiting += 1;
            return;
        }
        if let (Some(stat), None) = (beside, &state.sidecar) {
            state.sidecar = Some(sidecar(self.root, path, stat));
        }
        let sidecar = state.sidecar.clone();
        self.scan
            .found
            .push(found(path, stamps.0, sidecar, finding));
    }
}

/// What is remembered of a file, and how long it has been as it is.
fn state<'s>(
    seen: &'s mut HashMap<PathBuf, Seen>,
    path: &Path,
    stamps: (Stamp, Option<Stamp>),
    now: Instant,
) -> (&'s mut Seen, Duration) {
    let new = || Seen {
        stamps,
        since: now,
        whole: false,
        sidecar: None,
        fresh: true,
    };
    let state = seen.entry(path.to_owned()).or_insert_with(new);
    if state.stamps != stamps {
        *state = new();
    }
    state.fresh = true;
    let still = now.saturating_duration_since(state.since);
    (state, still)
}

fn found(path: &Path, stamp: Stamp, sidecar: Option<Sidecar>, finding: Option<Finding>) -> Found {
    let mut steps = path.iter();
    let name = steps.next_back().unwrap_or_default();
    Found {
        place: name::shown(path.as_os_str().as_bytes()),
        name: name::shown(name.as_bytes()),
        folder: steps.next().map(|first| name::shown(first.as_bytes())),
        path: path.to_owned(),
        stamp,
        sidecar,
        finding,
    }
}

fn sidecar(root: &File, path: &Path, stat: &Stat) -> Sidecar {
    if let Some(finding) = open::judge(stat, SIDECAR_MAX) {
        return Sidecar::Unusable(finding.detail);
    }
    let mut beside = path.as_os_str().to_owned();
    beside.push(".toml");
    match open::read(root, Path::new(&beside), &open::stamp(stat), SIDECAR_MAX) {
        Ok(bytes) => {
            String::from_utf8(bytes).map_or(Sidecar::Unusable("it is not UTF-8"), Sidecar::Text)
        }
        Err(Refused::Io(_)) => Sidecar::Unusable("it cannot be read"),
        Err(_) => Sidecar::Unusable("it changed while it was read"),
    }
}

/// False where a file's kind has an end and this file does not have it yet. A file that cannot be
/// looked at has an end, as far as this goes: reading it will tell what is wrong.
fn has_end(root: &File, path: &Path, stamp: &Stamp, size_max: u64) -> bool {
    match open::file(root, path, stamp, size_max) {
        Ok((file, _)) => ends(file, stamp.size).unwrap_or(true),
        Err(Refused::Changed | Refused::Gone) => false,
        Err(_) => true,
    }
}

fn ends(mut file: File, size: u64) -> io::Result<bool> {
    let mut head = [0; 5];
    if file.read(&mut head)? < head.len() {
        return Ok(size < head.len() as u64);
    }
    let (pdf, zip) = (head == *b"%PDF-", head.starts_with(b"PK\x03\x04"));
    if !pdf && !zip {
        return Ok(true);
    }
    file.seek(SeekFrom::Start(size.saturating_sub(TAIL)))?;
    let mut tail = Vec::new();
    file.take(TAIL).read_to_end(&mut tail)?;
    Ok(if pdf {
        let tail = &tail[tail.len().saturating_sub(PDF_TAIL)..];
        tail.windows(5).any(|w| w == b"%%EOF")
    } else {
        tail.windows(4).any(|w| w == b"PK\x05\x06")
    })
}
