//! Owns the files that commands write for people: new ones, that nobody else reads. It refuses to
//! write over one that is there.

use std::fs::OpenOptions;
use std::io::{ErrorKind, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;

use anyhow::{Context, Result};

use super::show::Screen;
use super::stop::Stop;

/// Writes a result to stdout, or to a new file.
pub(super) fn write_out(screen: &Screen, bytes: &[u8], out: Option<&Path>) -> Result<()> {
    match out {
        Some(file) => write_new(screen, file, bytes),
        None => {
            screen.bytes(bytes);
            Ok(())
        }
    }
}

/// A new file that nobody else reads.
pub(super) fn write_new(screen: &Screen, file: &Path, bytes: &[u8]) -> Result<()> {
    let mut options = OpenOptions::new();
    options.write(true).create_new(true).mode(0o600);
    match options.open(file).and_then(|mut new| new.write_all(bytes)) {
        Err(error) if error.kind() == ErrorKind::AlreadyExists => Err(taken(screen, file)),
        written => written.with_context(|| {
            let file = file.display();
            format!(
                "{file}: name a file in a folder that can be written / đề nghị ghi tên tệp khác"
            )
        }),
    }
}

/// What is said where a file of that name is there.
pub(super) fn taken(screen: &Screen, file: &Path) -> anyhow::Error {
    let name = file.display();
    let vi = format!("đã có tệp {name}; đề nghị đặt tên khác (--out) hoặc chuyển tệp đó đi");
    let en = format!("{name} is there already; name another file (--out) or move that one away");
    Stop::usage(screen.say(&vi, &en))
}
