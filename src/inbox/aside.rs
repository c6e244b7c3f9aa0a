//! Owns the moving aside of files that must never go out. It refuses to overwrite, to delete, and
//! to move anything but the very file it was given.

use std::ffi::{OsStr, OsString};
use std::fs::File;
use std::os::fd::AsFd;
use std::os::unix::ffi::{OsStrExt, OsStringExt};
use std::path::{Path, PathBuf};

use rustix::fs::{AtFlags, Gid, Mode, RenameFlags, Uid, chownat, fstat, mkdirat, renameat_with};
use rustix::io::Errno;

use super::{Found, Refused, open};

/// The folder below the watched one that takes what was moved aside ("set apart").
pub const ASIDE: &str = ".cach-ly";
/// How many files of one name it takes.
const SAME_NAME_MAX: u32 = 10_000;
/// Bytes of a name, on every Linux file system that matters.
const NAME_MAX: usize = 255;

/// See [`super::Inbox::quarantine`].
pub(super) fn quarantine(root: &File, found: &Found) -> Result<PathBuf, Refused> {
    let (parent, name) = open::parent(root, &found.path)?;
    let stat = open::stat(&parent, name).map_err(open::refused)?;
    if open::stamp(&stat) != found.stamp {
        return Err(Refused::Changed);
    }
    match mkdirat(root, ASIDE, Mode::RWXU) {
        Ok(()) => {
            // Root may have typed the command: the service must be able to write there.
            let whose = fstat(root).map_err(|e| Refused::Io(e.into()))?;
            let (user, group) = (Uid::from_raw(whose.st_uid), Gid::from_raw(whose.st_gid));
            let flags = AtFlags::SYMLINK_NOFOLLOW;
            // Who is not root may not give it away, and need not.
            let _ = chownat(root, ASIDE, Some(user), Some(group), flags);
        }
        Err(Errno::EXIST) => {}
        Err(error) => return Err(Refused::Io(error.into())),
    }
    // Were it a link, files would leave the folder through it: that is an error, not a place.
    let aside = open::folder(root, Path::new(ASIDE)).map_err(|e| Refused::Io(e.into()))?;
    let moved = shift(&parent, name, &aside)?;
    if found.sidecar.is_some() {
        let mut beside = name.to_owned();
        beside.push(".toml");
        // Left behind it would speak for the next file of this name. One that vanished does not.
        match shift(&parent, &beside, &aside) {
            Ok(_) | Err(Refused::Gone) => {}
            Err(error) => return Err(error),
        }
    }
    Ok(Path::new(ASIDE).join(moved))
}

/// Moves one entry under its name, or that name with a number.
fn shift(from: &impl AsFd, name: &OsStr, to: &impl AsFd) -> Result<OsString, Refused> {
    for n in 1..=SAME_NAME_MAX {
        let target = numbered(name, n);
        match renameat_with(from, name, to, target.as_os_str(), RenameFlags::NOREPLACE) {
            Ok(()) => return Ok(target),
            Err(Errno::EXIST) => {}
            Err(error) => return Err(open::refused(error)),
        }
    }
    Err(Refused::Io(Errno::EXIST.into()))
}

/// `a.pdf`, `a (2).pdf`, `a (3).pdf`…, cut where it would get too long.
fn numbered(name: &OsStr, n: u32) -> OsString {
    if n == 1 {
        return name.to_owned();
    }
    let bytes = name.as_bytes();
    let dot = bytes.iter().rposition(|b| *b == b'.').filter(|at| *at > 0);
    let (stem, end) = bytes.split_at(dot.unwrap_or(bytes.len()));
    let end = if end.len() > 16 { &[][..] } else { end };
    let number = format!(" ({n})");
    let mut room = stem.len().min(NAME_MAX - number.len() - end.len());
    // Not in the middle of a UTF-8 letter.
    while room < stem.len() && room > 0 && stem[room] & 0xc0 == 0x80 {
        room -= 1;
    }
    OsString::from_vec([&stem[..room], number.as_bytes(), end].concat())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_go_before_the_extension_and_fit() {
        for (name, second) in [
            ("a.pdf", "a (2).pdf"),
            ("a", "a (2)"),
            ("x.y.docx", "x.y (2).docx"),
        ] {
            assert_eq!(numbered(OsStr::new(name), 1), name);
            assert_eq!(numbered(OsStr::new(name), 2), second);
        }
        let long = format!("{}.pdf", "ế".repeat(83));
        let second = numbered(OsStr::new(&long), 12);
        assert!(
            second.len() <= NAME_MAX && second.to_str().is_some_and(|s| s.ends_with("ế (12).pdf"))
        );
    }
}
