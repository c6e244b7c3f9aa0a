//! Owns tesseract: where it is on this machine, and what its process is given. It refuses to know
//! what a picture says.

use std::ffi::{OsStr, OsString};
use std::io;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::Command;

/// Where the program may be.
const PROGRAMS: [&str; 2] = ["/usr/bin/tesseract", "/usr/local/bin/tesseract"];
/// The folders in which folders of its languages lie.
const DATA: [&str; 3] = ["/usr/share/tesseract-ocr", "/usr/local/share", "/usr/share"];
/// Vietnamese.
const LANGUAGE: &str = "vie";
/// What a program is started by: the loaders of both machines and both C libraries.
const LOADERS: [&str; 4] = [
    "/lib64/ld-linux-x86-64.so.2",
    "/lib/ld-linux-aarch64.so.1",
    "/lib/ld-musl-x86_64.so.1",
    "/lib/ld-musl-aarch64.so.1",
];
/// Where it finds its libraries.
const LIBRARIES: [&str; 5] = [
    "/usr/lib",
    "/usr/local/lib",
    "/lib",
    "/lib64",
    "/etc/ld.so.cache",
];

/// tesseract with Vietnamese.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reader {
    program: PathBuf,
    /// The folder of its languages.
    data: PathBuf,
}

/// What is missing for recognising pictures.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Missing {
    /// The program.
    Program,
    /// Its Vietnamese.
    Language,
}

impl Missing {
    /// What must be installed.
    #[must_use]
    pub fn packages(self) -> &'static str {
        match self {
            Self::Program => "tesseract-ocr tesseract-ocr-vie",
            Self::Language => "tesseract-ocr-vie",
        }
    }
}

/// What is to be recognised.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Picture {
    /// A page of lines and columns.
    Page,
    /// Few words, anywhere.
    Words,
    /// A page of a TIFF file, from 1.
    TiffPage(u32),
}

impl Picture {
    fn word(self) -> String {
        match self {
            Self::Page => "page".to_owned(),
            Self::Words => "words".to_owned(),
            Self::TiffPage(number) => number.to_string(),
        }
    }

    fn parse(word: &str) -> Option<Self> {
        match word {
            "page" => Some(Self::Page),
            "words" => Some(Self::Words),
            number => number.parse().ok().map(Self::TiffPage),
        }
    }
}

impl Reader {
    /// Looks for tesseract and its Vietnamese in the system's folders; `PATH` is not asked.
    ///
    /// # Errors
    /// What is missing.
    pub fn find() -> Result<Self, Missing> {
        let program = PROGRAMS.iter().map(PathBuf::from).find(|p| p.is_file());
        let program = program.ok_or(Missing::Program)?;
        let file = format!("{LANGUAGE}.traineddata");
        let below = |folder: &PathBuf| {
            let inner = std::fs::read_dir(folder).into_iter().flatten().flatten();
            let mut folders: Vec<PathBuf> = inner.map(|e| e.path().join("tessdata")).collect();
            folders.push(folder.join("tessdata"));
            // The newest version's, where there are several.
            folders.sort();
            folders.into_iter().rev()
        };
        let mut folders = DATA.iter().map(PathBuf::from).flat_map(|f| below(&f));
        let data = folders.find(|folder| folder.join(&file).is_file());
        Ok(Self {
            program,
            data: data.ok_or(Missing::Language)?,
        })
    }

    /// Itself as arguments of the hidden command, before `picture`.
    pub(super) fn to_args(&self, picture: Picture) -> [OsString; 3] {
        [
            self.program.clone().into(),
            self.data.clone().into(),
            picture.word().into(),
        ]
    }

    /// Reads what [`Reader::to_args`] wrote.
    #[must_use]
    pub fn from_args(args: &[OsString]) -> Option<(Self, Picture)> {
        let [program, data, picture] = args else {
            return None;
        };
        let reader = Self {
            program: program.into(),
            data: data.into(),
        };
        Some((reader, Picture::parse(picture.to_str()?)?))
    }

    /// What it starts and what it reads.
    pub(super) fn needs(&self) -> (Vec<&Path>, Vec<&Path>) {
        let mut start = vec![self.program.as_path()];
        start.extend(LOADERS.iter().map(Path::new));
        let mut read = vec![self.data.as_path()];
        read.extend(LIBRARIES.iter().map(Path::new));
        (start, read)
    }

    /// Makes this process the program; returns only where that failed.
    pub(super) fn start(&self, picture: Picture) -> io::Error {
        let mut command = Command::new(&self.program);
        command.args(["stdin", "stdout", "-l", LANGUAGE, "--tessdata-dir"]);
        command.arg(&self.data);
        let page = match picture {
            Picture::Page => None,
            Picture::Words => {
                command.args(["--psm", "11"]);
                None
            }
            Picture::TiffPage(number) => Some(number.saturating_sub(1)),
        };
        if let Some(page) = page {
            let setting = format!("tessedit_page_number={page}");
            command.args([OsStr::new("-c"), OsStr::new(&setting)]);
        }
        command.env_clear().env("OMP_THREAD_LIMIT", "1").exec()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_reader_survives_the_command_line() {
        let reader = Reader {
            program: "/usr/bin/tesseract".into(),
            data: "/usr/share/tessdata".into(),
        };
        for picture in [Picture::Page, Picture::Words, Picture::TiffPage(3)] {
            let args = reader.to_args(picture);
            assert_eq!(Reader::from_args(&args), Some((reader.clone(), picture)));
        }
        assert_eq!(Reader::from_args(&[]), None);
        let strange = [OsString::from("/a"), "/b".into(), "all".into()];
        assert_eq!(Reader::from_args(&strange), None);
    }
}
