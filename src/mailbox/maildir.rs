//! Owns the reading of a Maildir: its files as they lie in `new` and `cur`, plain ones only. It
//! refuses to move, rename or mark any.

use std::collections::{HashSet, VecDeque};
use std::fs::File;
use std::io::{self, Read};
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use rustix::fs::{Mode, OFlags};

use super::{Fault, Known, Mark, Message};
use crate::returned::BYTES_MAX;

/// The new files of a Maildir.
pub(super) struct Reader {
    waiting: VecDeque<(String, PathBuf)>,
    /// Known files that lie there no more.
    pub(super) gone: Vec<String>,
}

impl Reader {
    pub(super) async fn open(folder: &Path, known: &Known) -> Result<Self, Fault> {
        let (folder, known) = (folder.to_owned(), known.clone());
        let at = folder.clone();
        let fault = |why: String| Fault::Maildir { folder: at, why };
        let read = tokio::task::spawn_blocking(move || list(&folder, &known));
        match read.await {
            Ok(Ok(reader)) => Ok(reader),
            Ok(Err(error)) => Err(fault(error.to_string())),
            Err(error) => Err(fault(error.to_string())),
        }
    }

    pub(super) async fn next(&mut self) -> Result<Option<Message>, Fault> {
        while let Some((name, file)) = self.waiting.pop_front() {
            let at = file.clone();
            let read = tokio::task::spawn_blocking(move || bytes(&at)).await;
            let read = read.unwrap_or_else(|error| Err(error.into()));
            match read {
                Ok(bytes) => {
                    let mark = Mark::File(name);
                    return Ok(Some(Message { mark, bytes }));
                }
                // A mail reader moved or deleted it; where it lies elsewhere now it is found at
                // the next look.
                Err(error) if error.kind() == io::ErrorKind::NotFound => {}
                Err(error) => {
                    let why = error.to_string();
                    return Err(Fault::Maildir { folder: file, why });
                }
            }
        }
        Ok(None)
    }
}

/// The files that are not known, oldest first.
fn list(folder: &Path, known: &Known) -> io::Result<Reader> {
    let mut there = HashSet::new();
    let mut found: Vec<(SystemTime, String, PathBuf)> = Vec::new();
    for part in ["new", "cur"] {
        for entry in std::fs::read_dir(folder.join(part))? {
            let entry = entry?;
            let Ok(name) = entry.file_name().into_string() else {
                continue;
            };
            // `name:2,S`: what stands behind the colon changes when it is looked at.
            let name = name.split(':').next().unwrap_or(&name).to_owned();
            if name.is_empty() || name.starts_with('.') {
                continue;
            }
            let fresh = there.insert(name.clone());
            if !fresh || known.files.contains(&name) {
                continue;
            }
            let meta = match entry.metadata() {
                Ok(meta) => meta,
                Err(error) if error.kind() == io::ErrorKind::NotFound => continue,
                Err(error) => return Err(error),
            };
            let came = meta.modified()?;
            let old = known
                .since
                .is_some_and(|since| came < SystemTime::from(since));
            if meta.is_file() && !old {
                found.push((came, name, entry.path()));
            }
        }
    }
    found.sort();
    let mut gone: Vec<String> = known.files.difference(&there).cloned().collect();
    gone.sort();
    let waiting = found.into_iter().map(|(_, name, file)| (name, file));
    Ok(Reader {
        waiting: waiting.collect(),
        gone,
    })
}

/// The first bytes of a plain file, never through a link, never waiting.
fn bytes(file: &Path) -> io::Result<Vec<u8>> {
    let flags = OFlags::RDONLY | OFlags::NOFOLLOW | OFlags::NONBLOCK | OFlags::CLOEXEC;
    let opened = File::from(rustix::fs::open(file, flags, Mode::empty())?);
    if !opened.metadata()?.is_file() {
        return Err(io::ErrorKind::NotFound.into());
    }
    let mut bytes = Vec::new();
    let most = u64::try_from(BYTES_MAX).unwrap_or(u64::MAX);
    opened.take(most).read_to_end(&mut bytes)?;
    Ok(bytes)
}
