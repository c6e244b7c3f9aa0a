//! Owns letters that go into a folder instead of to a server: one Maildir for each address, as
//! `docs/` fixes it. It refuses to know what is in them.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Write};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

use crate::delivery::{Doubt, Enhanced, Outcome, Reply, Trouble};
use crate::organisation::Address;

use super::envelope::Envelope;
use super::piece::Letter;

/// Writes letters under one folder.
#[derive(Clone, Debug)]
pub(super) struct Maildir {
    pub(super) root: PathBuf,
}

/// A letter that could not be put down.
enum Broken {
    /// It is not in `new`.
    Before(io::Error),
    /// It is there but perhaps not for good.
    After(io::Error),
}

impl Maildir {
    /// Puts one letter down; a retry replaces it, since the file is named by the delivery.
    pub(super) async fn deliver(&self, envelope: &Envelope, letter: &Letter) -> Outcome {
        let box_path = self.root.join(folder_of(&envelope.to));
        let name = encode(&envelope.delivery);
        let letter = letter.clone();
        let written = tokio::task::spawn_blocking(move || put(&box_path, &name, &letter)).await;
        match written {
            Ok(Ok(())) => Outcome::Sent(Reply {
                code: 250,
                enhanced: None,
                text: "written".into(),
            }),
            Ok(Err(Broken::Before(error))) => refusal(&error),
            Ok(Err(Broken::After(error))) => Outcome::Unknown(Doubt::Reset(error.to_string())),
            Err(error) => Outcome::Unknown(Doubt::Reset(error.to_string())),
        }
    }
}

/// Why nothing was written: the address, the set-up, or the moment.
fn refusal(error: &io::Error) -> Outcome {
    use io::ErrorKind as Kind;
    match error.kind() {
        Kind::InvalidFilename => {
            let text = "5.1.3 this address is too long for a folder's name".to_owned();
            Outcome::Refused(Reply {
                code: 553,
                enhanced: Enhanced::at_start(&text),
                text,
            })
        }
        Kind::PermissionDenied | Kind::ReadOnlyFilesystem | Kind::NotADirectory => Outcome::Barred(
            format!("the Maildir of [smtp] url cannot be written to: {error}"),
        ),
        _ => Outcome::Trouble(Trouble::Connection(format!("Maildir: {error}"))),
    }
}

/// `tmp`, then `new`, each step on disk before the next.
fn put(box_path: &Path, name: &str, letter: &Letter) -> Result<(), Broken> {
    make_box(box_path).map_err(Broken::Before)?;
    let (draft, place) = (
        box_path.join("tmp").join(name),
        box_path.join("new").join(name),
    );
    let write = || {
        let mut options = OpenOptions::new();
        let mut file = options
            .write(true)
            .create(true)
            .truncate(true)
            .mode(0o600)
            .open(&draft)?;
        for bytes in letter.plain() {
            file.write_all(bytes)?;
        }
        file.sync_all()?;
        fs::rename(&draft, &place)
    };
    if let Err(error) = write() {
        // Nothing reads `tmp`; a draft left there is replaced by the retry.
        let _ = fs::remove_file(&draft);
        return Err(Broken::Before(error));
    }
    sync(&box_path.join("new")).map_err(Broken::After)
}

fn make_box(box_path: &Path) -> io::Result<()> {
    let make = |path: &Path| {
        fs::DirBuilder::new()
            .recursive(true)
            .mode(0o700)
            .create(path)
    };
    let mut made = false;
    for part in ["tmp", "cur", "new"] {
        let path = box_path.join(part);
        if !path.is_dir() {
            make(&path)?;
            made = true;
        }
    }
    if made {
        sync(box_path)?;
        box_path.parent().map_or(Ok(()), sync)?;
    }
    Ok(())
}

fn sync(folder: &Path) -> io::Result<()> {
    File::open(folder)?.sync_all()
}

/// The folder of an address: lower-case, then encoded.
fn folder_of(address: &Address) -> String {
    encode(&address.as_str().to_lowercase())
}

/// Bytes other than `A-Za-z0-9@._+-`, and a leading dot, percent-encoded.
fn encode(text: &str) -> String {
    let mut encoded = String::with_capacity(text.len());
    for (at, byte) in text.bytes().enumerate() {
        let kept = byte.is_ascii_alphanumeric() || b"@._+-".contains(&byte);
        if kept && (at > 0 || byte != b'.') {
            encoded.push(char::from(byte));
        } else {
            encoded.push_str(&format!("%{byte:02X}"));
        }
    }
    encoded
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_become_folders_that_stay_where_they_belong() {
        for (address, folder) in [
            ("An.Le+x-y_z@Dangbo.Example", "an.le+x-y_z@dangbo.example"),
            ("../../etc@b.vn", "%2E.%2F..%2Fetc@b.vn"),
            (".a@b.vn", "%2Ea@b.vn"),
            ("o'neil@b.vn", "o%27neil@b.vn"),
            ("Đức@b.vn", "%C4%91%E1%BB%A9c@b.vn"),
            ("a%2e@b.vn", "a%252e@b.vn"),
        ] {
            assert_eq!(encode(&address.to_lowercase()), folder, "{address}");
        }
    }
}
