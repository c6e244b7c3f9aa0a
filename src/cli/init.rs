//! Owns `phobien init`: the first files of an office. It refuses to overwrite anything.

use std::fs::OpenOptions;
use std::io::{ErrorKind, Write};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::Path;
use std::process::ExitCode;

use anyhow::{Context, Result};

use crate::config::EXAMPLE;
use crate::organisation::Language;
use crate::roster;

/// What is another in a folder of its own than in the example: paths beside the configuration, and
/// no login before there is a password.
const ADAPTED: [(&str, &str); 4] = [
    ("folder = \"/srv/phobien/van-ban\"", "folder = \"van-ban\""),
    (
        "file = \"/etc/phobien/roster.xlsx\"",
        "file = \"danh-sach.xlsx\"",
    ),
    ("folder = \"/var/lib/phobien\"", "folder = \"so-cai\""),
    ("\nusername = \"phobien\"", "\n# username = \"phobien\""),
];
const CONFIG: &str = "phobien.toml";
const ROSTER: &str = "danh-sach.xlsx";
/// Where documents are dropped, and where the ledger lies: nobody else reads that one.
const FOLDERS: [(&str, u32); 2] = [("van-ban", 0o770), ("so-cai", 0o700)];

pub(super) fn run(dir: &Path, language: Language) -> Result<ExitCode> {
    std::fs::create_dir_all(dir).with_context(|| dir.display().to_string())?;
    for (name, mode) in FOLDERS {
        let folder = dir.join(name);
        let made = std::fs::DirBuilder::new().mode(mode).create(&folder);
        report(&folder, made, language)?;
    }
    let file = dir.join(CONFIG);
    report(&file, write(&file, adapted().as_bytes()), language)?;
    let file = dir.join(ROSTER);
    let bytes = roster::template().context("the roster template")?;
    report(&file, write(&file, &bytes), language)?;
    let config = dir.join(CONFIG);
    let (config, roster) = (config.display(), dir.join(ROSTER));
    let roster = roster.display();
    super::show::note(&match language {
        Language::Vi => format!(
            "Tiếp theo: sửa {config}, điền {roster}, rồi chạy: phobien --config {config} check"
        ),
        Language::En => {
            format!("Next: edit {config}, fill in {roster}, then: phobien --config {config} check")
        }
    });
    Ok(ExitCode::SUCCESS)
}

/// The commented example with paths that start at its own folder.
fn adapted() -> String {
    ADAPTED.iter().fold(EXAMPLE.to_owned(), |text, (from, to)| {
        text.replace(from, to)
    })
}

fn write(file: &Path, bytes: &[u8]) -> std::io::Result<()> {
    let mut file = OpenOptions::new()
        .write(true)
        .create_new(true)
        .mode(0o640)
        .open(file)?;
    file.write_all(bytes)
}

fn report(path: &Path, done: std::io::Result<()>, language: Language) -> Result<()> {
    let there = match done {
        Ok(()) => false,
        Err(error) if error.kind() == ErrorKind::AlreadyExists => true,
        Err(error) => return Err(error).with_context(|| path.display().to_string()),
    };
    let words = match (language, there) {
        (Language::Vi, false) => "đã tạo",
        (Language::Vi, true) => "đã có, giữ nguyên",
        (Language::En, false) => "written",
        (Language::En, true) => "was there, kept",
    };
    super::show::note(&format!("{}: {words}", path.display()));
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::Config;

    #[test]
    fn the_adapted_example_is_a_configuration_of_its_own_folder() {
        for (from, to) in ADAPTED {
            assert_eq!(EXAMPLE.matches(from).count(), 1, "{from}");
            assert!(adapted().contains(to), "{to}");
        }
        let config = Config::parse(&adapted(), Path::new("/a/phobien.toml")).unwrap();
        assert_eq!(config.documents.folder, Path::new("/a/van-ban"));
        assert_eq!(config.roster.file, Path::new("/a/danh-sach.xlsx"));
        assert_eq!(config.state_folder, Path::new("/a/so-cai"));
        assert_eq!(config.smtp.username, None);
    }
}
