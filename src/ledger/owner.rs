//! Owns whose the files of a state folder are: the folder's owner's, also where root types a
//! command for a service of another user. It refuses to touch what anybody but root has.

use std::io;
use std::os::unix::fs::{MetadataExt, lchown};
use std::path::Path;

/// Hands what root has made in the folder over to whom the folder belongs. Otherwise the service
/// could not open its own ledger after an administrator looked at it first.
pub(super) fn hand_over(folder: &Path) -> io::Result<()> {
    if !rustix::process::geteuid().is_root() {
        return Ok(());
    }
    let whose = std::fs::metadata(folder)?;
    if whose.uid() == 0 {
        return Ok(());
    }
    hand_over_to(folder, &whose)
}

fn hand_over_to(folder: &Path, whose: &std::fs::Metadata) -> io::Result<()> {
    for entry in std::fs::read_dir(folder)? {
        let path = entry?.path();
        // Never through a link: whoever owns the folder could point it at a file of the system.
        let meta = match path.symlink_metadata() {
            Ok(meta) if meta.uid() == 0 => meta,
            Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
            _ => continue,
        };
        if meta.is_dir() {
            hand_over_to(&path, whose)?;
        }
        lchown(&path, Some(whose.uid()), Some(whose.gid()))?;
    }
    Ok(())
}
