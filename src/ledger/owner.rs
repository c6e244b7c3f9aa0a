//! Owns whose the files of a state folder are: the folder's owner's alone, also where root types a
//! command for a service of another user. It refuses to give away what anybody but root has.

use std::fs::{DirBuilder, OpenOptions, Permissions};
use std::io;
use std::os::unix::fs::{DirBuilderExt, MetadataExt, OpenOptionsExt, PermissionsExt, lchown};
use std::path::Path;

/// Membership is sensitive personal data: nobody else reads the state.
pub(super) fn secure_folder(folder: &Path) -> io::Result<()> {
    DirBuilder::new()
        .recursive(true)
        .mode(0o700)
        .create(folder)?;
    if std::fs::metadata(folder)?.permissions().mode() & 0o077 != 0 {
        std::fs::set_permissions(folder, Permissions::from_mode(0o700))?;
    }
    Ok(())
}

/// Nobody else reads the database, nor what SQLite lays beside it by its example. One that is not
/// there begins empty.
pub(super) fn secure_file(file: &Path) -> io::Result<()> {
    let mut new = OpenOptions::new();
    match new.write(true).create_new(true).mode(0o600).open(file) {
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {
            let is = file.symlink_metadata()?;
            if !is.is_file() || is.permissions().mode() & 0o077 == 0 {
                return Ok(());
            }
            std::fs::set_permissions(file, Permissions::from_mode(0o600))
        }
        created => created.map(drop),
    }
}

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
