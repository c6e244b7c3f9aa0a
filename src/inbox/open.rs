//! Owns the opening of what lies in the folder: never through a link, never out of the folder,
//! never anything but a plain file. It refuses a file that is not the one that was asked for.

use std::ffi::OsStr;
use std::fs::File;
use std::io::{self, Read};
use std::os::fd::{AsFd, OwnedFd};
use std::path::{Component, Path};

use chrono::{DateTime, Utc};
use rustix::fs::{AtFlags, FileType, Mode, OFlags, Stat, fstat, openat, statat};
use rustix::io::Errno;
use rustix::path::Arg;

use super::{Finding, Refused, Stamp};
use crate::document::Reason;

/// Opens an entry of a folder: no link, no waiting, not inherited.
fn open(folder: &impl AsFd, name: impl Arg, flags: OFlags) -> rustix::io::Result<OwnedFd> {
    let flags = flags | OFlags::NOFOLLOW | OFlags::NONBLOCK | OFlags::CLOEXEC;
    openat(folder, name, flags, Mode::empty())
}

/// Opens a folder below `root`; the empty path is `root` itself. Each step is opened on its own, so
/// that no link and no `..` leads out of it: openat2(2) would do it in one call, and services that
/// must make no set-user-ID files (`RestrictSUIDSGID=`) are not let to make that call.
pub(super) fn folder(root: &impl AsFd, path: &Path) -> rustix::io::Result<OwnedFd> {
    let flags = OFlags::RDONLY | OFlags::DIRECTORY;
    let mut folder = open(root, c".", flags)?;
    for step in path.components() {
        let Component::Normal(name) = step else {
            return Err(Errno::XDEV);
        };
        folder = open(&folder, name, flags)?;
    }
    Ok(folder)
}

/// The state of an entry of a folder, itself and not what it may point to.
pub(super) fn stat(folder: &impl AsFd, name: &OsStr) -> rustix::io::Result<Stat> {
    statat(folder, name, AtFlags::SYMLINK_NOFOLLOW)
}

#[expect(
    clippy::unnecessary_cast,
    clippy::cast_sign_loss,
    reason = "the widths of these fields differ between machines; sizes are never negative"
)]
pub(super) fn stamp(stat: &Stat) -> Stamp {
    let seconds = (stat.st_mtime as i64).saturating_mul(1_000_000_000);
    Stamp {
        size: stat.st_size as u64,
        modified_ns: seconds.saturating_add(stat.st_mtime_nsec as i64),
        device: stat.st_dev as u64,
        inode: stat.st_ino as u64,
    }
}

/// When the entry came to be as and where it is.
#[expect(
    clippy::unnecessary_cast,
    clippy::cast_possible_truncation,
    reason = "the widths of these fields differ between machines; nanoseconds are below 10^9"
)]
pub(super) fn laid(stat: &Stat) -> Option<DateTime<Utc>> {
    DateTime::from_timestamp(stat.st_ctime as i64, stat.st_ctime_nsec as u32)
}

/// Why an entry must not be opened, from its state alone.
pub(super) fn judge(stat: &Stat, size_max: u64) -> Option<Finding> {
    let detail = match FileType::from_raw_mode(stat.st_mode) {
        FileType::RegularFile if stat.st_nlink > 1 => "the file has a second name elsewhere",
        FileType::RegularFile if stamp(stat).size > size_max => {
            let reason = Reason::TooLarge;
            let detail = "the file is larger than the limit";
            return Some(Finding { reason, detail });
        }
        FileType::RegularFile => return None,
        FileType::Directory => "it is a folder, not a file",
        FileType::Symlink => "it is a link, not a file",
        FileType::Fifo => "it is a pipe, not a file",
        FileType::Socket => "it is a socket, not a file",
        _ => "it is a device, not a file",
    };
    let reason = Reason::UnsafeFile;
    Some(Finding { reason, detail })
}

/// Opens the very file that was found, or refuses. Its state is judged before it is opened, so
/// that no pipe or device ever is, and again afterwards.
pub(super) fn file(
    root: &impl AsFd,
    path: &Path,
    expected: &Stamp,
    size_max: u64,
) -> Result<(File, Stat), Refused> {
    let (parent, name) = parent(root, path)?;
    let check = |stat: &Stat| match judge(stat, size_max) {
        Some(finding) => Err(Refused::Finding(finding)),
        None if stamp(stat) != *expected => Err(Refused::Changed),
        None => Ok(()),
    };
    check(&stat(&parent, name).map_err(refused)?)?;
    let fd = open(&parent, name, OFlags::RDONLY).map_err(refused)?;
    let opened = fstat(&fd).map_err(refused)?;
    check(&opened)?;
    Ok((File::from(fd), opened))
}

/// The state of what lies at a path, without opening it.
pub(super) fn look(root: &impl AsFd, path: &Path) -> Result<Stat, Refused> {
    let (parent, name) = parent(root, path)?;
    stat(&parent, name).map_err(refused)
}

/// The open folder that a path leads to, and the last component.
pub(super) fn parent<'a>(
    root: &impl AsFd,
    path: &'a Path,
) -> Result<(OwnedFd, &'a OsStr), Refused> {
    // A path without a last component (`..`, `/`) was never found by a scan.
    let name = path.file_name().ok_or(Refused::Changed)?;
    let parent = folder(root, path.parent().unwrap_or(Path::new(""))).map_err(refused)?;
    Ok((parent, name))
}

/// Reads the very file that was found, once, and makes sure that it stayed the same meanwhile.
pub(super) fn read(
    root: &impl AsFd,
    path: &Path,
    expected: &Stamp,
    size_max: u64,
) -> Result<Vec<u8>, Refused> {
    let (file, before) = file(root, path, expected, size_max)?;
    let mut bytes = Vec::new();
    bytes
        .try_reserve_exact(usize::try_from(expected.size).unwrap_or(usize::MAX))
        .map_err(|_| io::Error::from(io::ErrorKind::OutOfMemory))?;
    (&file)
        .take(expected.size.saturating_add(1))
        .read_to_end(&mut bytes)?;
    let after = fstat(&file).map_err(refused)?;
    let same = stamp(&after) == *expected
        && (after.st_ctime, after.st_ctime_nsec) == (before.st_ctime, before.st_ctime_nsec);
    if same && bytes.len() as u64 == expected.size {
        Ok(bytes)
    } else {
        Err(Refused::Changed)
    }
}

pub(super) fn refused(error: Errno) -> Refused {
    match error {
        Errno::NOENT => Refused::Gone,
        // A link or a file where a folder was; a way out of the folder.
        Errno::NOTDIR | Errno::LOOP | Errno::XDEV => Refused::Changed,
        error => Refused::Io(error.into()),
    }
}
