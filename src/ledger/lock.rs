//! Owns the delivery lock of a state folder: one process delivers, and its file names who. It
//! refuses to know what the holder does with it.

use std::fs::File;
use std::io::{Read, Seek, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;

use super::{LedgerError, Result, owner};

/// The name of the lock file in the state folder.
const LOCK_FILE: &str = "delivery.lock";

/// Who holds the lock.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Holder {
    /// `run`, `deliver` or `send`.
    pub command: String,
    /// Its process id.
    pub pid: u32,
}

/// The lock, held until dropped; the system frees it when the process dies, however it dies.
#[derive(Debug)]
pub struct DeliveryLock {
    _file: File,
}

impl DeliveryLock {
    /// Takes the lock for `command`, or says who holds it.
    ///
    /// # Errors
    /// The lock file cannot be used.
    pub fn take(folder: &Path, command: &str) -> Result<std::result::Result<Self, Holder>> {
        let fail = |source| LedgerError::Folder {
            folder: folder.to_owned(),
            source,
        };
        let mut file = File::options()
            .read(true)
            .write(true)
            .create(true)
            .truncate(false)
            .mode(0o600)
            .open(folder.join(LOCK_FILE))
            .map_err(fail)?;
        if file.try_lock().is_err() {
            return Ok(Err(holder(&mut file)));
        }
        let text = format!("{command} {}\n", std::process::id());
        file.set_len(0)
            .and_then(|()| file.rewind())
            .and_then(|()| file.write_all(text.as_bytes()))
            .and_then(|()| owner::hand_over(folder))
            .map_err(fail)?;
        Ok(Ok(Self { _file: file }))
    }

    /// Who holds the lock now, without taking it from anybody.
    ///
    /// # Errors
    /// The lock file cannot be used.
    pub fn holder(folder: &Path) -> Result<Option<Holder>> {
        let mut file = match File::open(folder.join(LOCK_FILE)) {
            Ok(file) => file,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(None),
            Err(source) => {
                let folder = folder.to_owned();
                return Err(LedgerError::Folder { folder, source });
            }
        };
        let named = holder(&mut file);
        // Only where that process lives is the lock tried, so that looking never gets in the way
        // of one that is about to take it.
        let lives = Path::new("/proc").join(named.pid.to_string()).exists();
        Ok((lives && file.try_lock_shared().is_err()).then_some(named))
    }
}

fn holder(file: &mut File) -> Holder {
    let mut text = String::new();
    // The holder may be writing its name at this moment; then it is simply not known yet.
    let _ = file.take(200).read_to_string(&mut text);
    let mut words = text.split_whitespace();
    Holder {
        command: words.next().unwrap_or("unknown").to_owned(),
        pid: words.next().and_then(|w| w.parse().ok()).unwrap_or(0),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_second_taker_learns_who_holds_it() {
        let folder = tempfile::tempdir().unwrap();
        let first = DeliveryLock::take(folder.path(), "run").unwrap().unwrap();
        let holder = DeliveryLock::take(folder.path(), "send")
            .unwrap()
            .unwrap_err();
        assert_eq!(
            holder,
            Holder {
                command: "run".into(),
                pid: std::process::id()
            }
        );
        assert_eq!(DeliveryLock::holder(folder.path()).unwrap(), Some(holder));
        drop(first);
        assert_eq!(DeliveryLock::holder(folder.path()).unwrap(), None);
        assert!(DeliveryLock::take(folder.path(), "send").unwrap().is_ok());
    }
}
