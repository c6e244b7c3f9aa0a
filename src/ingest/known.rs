//! Owns which files are on record as they lie in the folder: sixteen bytes a file, so that a folder
//! of any size is looked at in little memory. It refuses to know what became of them.

use std::collections::HashSet;
use std::os::unix::ffi::OsStringExt;
use std::path::{Path, PathBuf};

use super::{Result, sidecar};
use crate::document::Sha256;
use crate::inbox::{Found, Stamp};
use crate::ledger::Ledger;

/// Stands before the bytes of a path that is not UTF-8.
const SPELLED: char = '\u{0}';

/// The files on record, each by a digest of its path, state and sidecar.
pub(super) struct Known(HashSet<[u8; 16]>);

impl Known {
    pub(super) async fn load(ledger: &Ledger) -> Result<Self> {
        Ok(Self(ledger.stamps(digest).await?))
    }

    /// True where the file is on record as it lies there and nothing lies beside it.
    pub(super) fn alone(&self, path: &Path, stamp: &Stamp) -> bool {
        self.has(&key(path), stamp, None)
    }

    /// The same, with what lies beside it.
    pub(super) fn whole(&self, found: &Found) -> bool {
        let said = sidecar::fingerprint(found);
        self.has(&key(&found.path), &found.stamp, said.as_deref())
    }

    fn has(&self, path: &str, stamp: &Stamp, sidecar: Option<&str>) -> bool {
        let digest = digest(path, stamp.size, stamp.modified_ns, stamp.inode, sidecar);
        self.0.contains(&digest)
    }
}

fn digest(path: &str, size: u64, modified: i64, inode: u64, sidecar: Option<&str>) -> [u8; 16] {
    let sidecar = sidecar.map_or_else(String::new, |said| format!("+{said}"));
    let state = format!("{size} {modified} {inode} {}{path}{sidecar}", path.len());
    let mut half = [0; 16];
    half.copy_from_slice(&Sha256::of(state.as_bytes()).0[..16]);
    half
}

/// The key of a file's sighting: its path below the folder; other bytes than UTF-8 are spelled out.
pub(super) fn key(path: &Path) -> String {
    match path.to_str() {
        Some(path) => path.to_owned(),
        None => {
            let bytes = path.as_os_str().as_encoded_bytes();
            format!("{SPELLED}{}", data_encoding::HEXLOWER.encode(bytes))
        }
    }
}

/// The path that a key stands for.
pub(super) fn path(key: &str) -> PathBuf {
    let spelled = key.strip_prefix(SPELLED);
    let bytes = spelled.and_then(|hex| data_encoding::HEXLOWER.decode(hex.as_bytes()).ok());
    match bytes {
        Some(bytes) => PathBuf::from(std::ffi::OsString::from_vec(bytes)),
        None => PathBuf::from(key),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_path_has_a_key_of_its_own() {
        for bytes in [&b"Chi b\xe1\xbb\x99 1/a.pdf"[..], b"e\xff\xfe.txt", b""] {
            let there = PathBuf::from(std::ffi::OsString::from_vec(bytes.to_vec()));
            assert_eq!(path(&key(&there)), there);
        }
    }

    #[test]
    fn every_part_of_a_state_counts() {
        let one = digest("a", 1, 2, 3, None);
        for other in [
            digest("b", 1, 2, 3, None),
            digest("a", 9, 2, 3, None),
            digest("a", 1, 9, 3, None),
            digest("a", 1, 2, 9, None),
            digest("a", 1, 2, 3, Some("")),
            digest("a+", 1, 2, 3, None),
        ] {
            assert_ne!(one, other);
        }
    }
}
