//! Owns the running of extraction and recognition in child processes with little memory, little
//! time and no way out. It refuses to know what documents are.

mod child;
mod locks;
mod ocr;

use std::ffi::OsString;
use std::io;
use std::os::unix::process::ExitStatusExt;
use std::path::PathBuf;
use std::process::{ExitStatus, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::process::{Child, Command};
use tokio::sync::Semaphore;

use crate::document::{Contents, Reason};
use crate::extract::{self, Part};
use child::Task;

pub use child::{become_reader, child, confine};
pub use locks::Locks;
pub use ocr::{Missing, Picture, Reader};

/// The hidden command of the binary that the sandbox starts: `phobien extract NUMBERS…`.
pub const COMMAND: &str = "extract";
/// The other hidden command: becomes tesseract behind locks.
pub const READ_COMMAND: &str = "read-picture";
/// Bytes of a painted part, at most: nine million grey pixels that do not compress.
const PAINTED_MAX: u64 = 16 << 20;
/// Bytes of text that a picture can hold.
const RECOGNISED_MAX: u64 = 1 << 20;
/// How many children run at once.
pub const CHILDREN: usize = 2;
/// Wall time is this many times the CPU time: a child that only waits is stuck.
const WALL_TO_CPU: u32 = 3;
/// A character of text is at most this many bytes of JSON (`\u0001`).
const JSON_PER_BYTE: u64 = 6;
/// JSON besides the text.
const JSON_BESIDES: u64 = 64 * 1024;

/// What one extraction may cost.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Limits {
    /// CPU time, in whole seconds; `[limits] extract_cpu`.
    pub cpu: Duration,
    /// Bytes of address space; `[limits] extract_memory`.
    pub memory: u64,
    /// What the readers themselves keep to.
    pub read: extract::Limits,
}

impl Limits {
    /// How many arguments [`Limits::to_args`] gives.
    pub const ARGS: usize = 8;

    /// The limits as arguments of the hidden commands.
    #[must_use]
    pub fn to_args(&self) -> Vec<OsString> {
        let read = &self.read;
        let numbers = [
            self.cpu.as_secs().max(1),
            self.memory,
            read.pages as u64,
            read.text,
            read.zip_entries as u64,
            read.zip_part,
            read.zip_total,
            read.zip_ratio,
        ];
        numbers.iter().map(|n| n.to_string().into()).collect()
    }

    /// Reads what [`Limits::to_args`] wrote; none where it is anything else.
    #[must_use]
    pub fn from_args(args: &[OsString]) -> Option<Self> {
        let numbers: Vec<u64> = args
            .iter()
            .map(|arg| arg.to_str()?.parse().ok())
            .collect::<Option<_>>()?;
        let [cpu, memory, pages, text, entries, part, total, ratio] = numbers[..] else {
            return None;
        };
        Some(Self {
            cpu: Duration::from_secs(cpu),
            memory,
            read: extract::Limits {
                pages: usize::try_from(pages).ok()?,
                text,
                zip_entries: usize::try_from(entries).ok()?,
                zip_part: part,
                zip_total: total,
                zip_ratio: ratio,
            },
        })
    }
}

/// Starts children of one binary, at most two at a time.
#[derive(Debug)]
pub struct Sandbox {
    program: PathBuf,
    limits: Limits,
    reading: Option<Reading>,
    slots: Semaphore,
    meter: Arc<Meter>,
}

/// How many files were read, and how long that took in all.
#[derive(Debug, Default)]
pub struct Meter {
    files: AtomicU64,
    micros: AtomicU64,
}

impl Meter {
    fn count(&self, took: Duration) {
        let micros = u64::try_from(took.as_micros()).unwrap_or(u64::MAX);
        self.files.fetch_add(1, Ordering::Relaxed);
        self.micros.fetch_add(micros, Ordering::Relaxed);
    }

    /// Files read.
    #[must_use]
    pub fn files(&self) -> u64 {
        self.files.load(Ordering::Relaxed)
    }

    /// Time that it took, the start of the child included.
    #[must_use]
    pub fn took(&self) -> Duration {
        Duration::from_micros(self.micros.load(Ordering::Relaxed))
    }
}

/// How pictures are recognised.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reading {
    /// By what.
    pub reader: Reader,
    /// How many pages of a file, at most.
    pub pages: usize,
}

/// What a child left behind.
enum End {
    Answer(Vec<u8>),
    /// It took longer than its computing could explain.
    Late,
    Failed(ExitStatus),
}

impl Sandbox {
    /// A sandbox whose children run `program extract …`; `program` is phobien's own binary.
    #[must_use]
    pub fn new(program: PathBuf, limits: Limits) -> Self {
        Self {
            program,
            limits,
            reading: None,
            slots: Semaphore::new(CHILDREN),
            meter: Arc::default(),
        }
    }

    /// The same that recognises pictures too.
    #[must_use]
    pub fn with_reading(self, reading: Option<Reading>) -> Self {
        Self { reading, ..self }
    }

    /// The same that counts its readings there.
    #[must_use]
    pub fn with_meter(self, meter: Arc<Meter>) -> Self {
        Self { meter, ..self }
    }

    /// How pictures are recognised; none where they are not.
    #[must_use]
    pub fn reading(&self) -> Option<&Reading> {
        self.reading.as_ref()
    }

    /// What stands in `bytes`, read in a child. A child that crashes, hangs, grows or babbles makes
    /// the file [`Reason::Damaged`]. Dropping the future kills the child.
    ///
    /// # Errors
    /// The child could not be started: a fact about this machine, not about the file. The caller
    /// must try the file again.
    pub async fn extract(&self, bytes: &[u8], name: &str) -> io::Result<Contents> {
        let damaged = |detail: &str| {
            let format = extract::format_by_name(name);
            Contents::nothing(format, Reason::Damaged, detail)
        };
        let task = Task::Read(name.to_owned());
        let begun = Instant::now();
        let end = self.ask(&task, bytes, self.answer_max()).await?;
        self.meter.count(begun.elapsed());
        Ok(match end {
            End::Late => damaged("reading the file took too long"),
            End::Failed(status) => damaged(cause(status)),
            End::Answer(answer) => serde_json::from_slice(&answer)
                .unwrap_or_else(|_| damaged("the reader gave no sensible answer")),
        })
    }

    /// A part of a file as PNG, painted in a child; none where it has no such part or it cannot be
    /// painted. Dropping the future kills the child.
    ///
    /// # Errors
    /// The child could not be started.
    pub async fn paint(&self, bytes: &[u8], part: Part) -> io::Result<Option<Vec<u8>>> {
        Ok(
            match self.ask(&Task::Paint(part), bytes, PAINTED_MAX).await? {
                End::Answer(png) if !png.is_empty() => Some(png),
                End::Answer(_) | End::Late | End::Failed(_) => None,
            },
        )
    }

    /// The text of a picture file, recognised in a child; none where that failed, took too long, or
    /// is not done here. Dropping the future kills the child.
    ///
    /// # Errors
    /// The child could not be started.
    pub async fn recognise(&self, file: &[u8], picture: Picture) -> io::Result<Option<String>> {
        let Some(reading) = &self.reading else {
            return Ok(None);
        };
        let _slot = self.slots.acquire().await.map_err(io::Error::other)?;
        let mut command = self.command(READ_COMMAND);
        command.args(reading.reader.to_args(picture));
        Ok(match self.run(command, &[file], RECOGNISED_MAX).await? {
            End::Answer(text) => Some(String::from_utf8_lossy(&text).into_owned()),
            End::Late | End::Failed(_) => None,
        })
    }

    /// Which locks this machine puts around a child, as a child found them.
    ///
    /// # Errors
    /// The child could not be started, or gave no answer.
    pub async fn locks(&self) -> io::Result<Locks> {
        match self.ask(&Task::Locks, &[], JSON_BESIDES).await? {
            End::Answer(answer) => Ok(serde_json::from_slice(&answer)?),
            End::Late | End::Failed(_) => Err(io::Error::other("the child of the sandbox failed")),
        }
    }

    async fn ask(&self, task: &Task, bytes: &[u8], answer_max: u64) -> io::Result<End> {
        let _slot = self.slots.acquire().await.map_err(io::Error::other)?;
        let task = serde_json::to_vec(task)?;
        let header = child::header(&task, bytes.len());
        let said = [&header[..], &task, bytes];
        self.run(self.command(COMMAND), &said, answer_max).await
    }

    /// Runs a child to its end, as far as its time goes.
    async fn run(&self, mut command: Command, said: &[&[u8]], max: u64) -> io::Result<End> {
        let mut child = command.spawn()?;
        let wall = self.limits.cpu.max(Duration::from_secs(1)) * WALL_TO_CPU;
        let talk = talk(&mut child, said, max);
        let Ok(answer) = tokio::time::timeout(wall, talk).await else {
            child.kill().await?;
            return Ok(End::Late);
        };
        let (answer, status) = answer?;
        Ok(if status.success() {
            End::Answer(answer)
        } else {
            End::Failed(status)
        })
    }

    fn answer_max(&self) -> u64 {
        let text = self.limits.read.text.saturating_mul(JSON_PER_BYTE);
        // An empty page costs a few bytes too, and its number.
        let pages = self.limits.read.pages as u64 * 16;
        text.saturating_add(pages).saturating_add(JSON_BESIDES)
    }

    fn command(&self, hidden: &str) -> Command {
        // Descriptors are not inherited: the standard library opens all of them close-on-exec.
        let mut command = Command::new(&self.program);
        command
            .arg(hidden)
            .args(self.limits.to_args())
            .env_clear()
            .current_dir("/")
            .process_group(0)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            // A panic's message may quote the document.
            .stderr(Stdio::null())
            .kill_on_drop(true);
        command
    }
}

/// Hands the file over while listening, so that neither side waits for the other for ever.
async fn talk(
    child: &mut Child,
    said: &[&[u8]],
    answer_max: u64,
) -> io::Result<(Vec<u8>, ExitStatus)> {
    let stdin = child.stdin.take();
    let stdout = child.stdout.take();
    let say = async {
        if let Some(mut pipe) = stdin {
            // A child that dies early closes the pipe: its status tells more than this error.
            for part in said {
                let _ = pipe.write_all(part).await;
            }
            let _ = pipe.shutdown().await;
        }
    };
    let hear = async {
        let mut answer = Vec::new();
        if let Some(pipe) = stdout {
            pipe.take(answer_max).read_to_end(&mut answer).await?;
        }
        io::Result::Ok(answer)
    };
    let ((), answer) = tokio::join!(say, hear);
    let answer = answer?;
    if answer.len() as u64 >= answer_max {
        child.start_kill()?;
    }
    Ok((answer, child.wait().await?))
}

fn cause(status: ExitStatus) -> &'static str {
    const ABORT: i32 = 6;
    const KILL: i32 = 9;
    const SEGMENT: i32 = 11;
    const CPU: i32 = 24;
    match status.signal() {
        Some(CPU | KILL) => "reading the file took too much computing",
        Some(ABORT | SEGMENT) => "reading the file took too much memory or nesting",
        _ => "the reader failed on the file",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn limits_survive_the_command_line() {
        let limits = Limits {
            cpu: Duration::from_secs(7),
            memory: 512 << 20,
            read: extract::Limits::default(),
        };
        let mut args = limits.to_args();
        assert_eq!(Limits::from_args(&args), Some(limits));
        args.push("1".into());
        assert_eq!(Limits::from_args(&args), None);
        assert_eq!(Limits::from_args(&[]), None);
    }
}
