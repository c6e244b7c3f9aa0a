//! Owns the running of extraction in a child process with little memory, little time and no way
//! out. It refuses to know what documents are; whatever the child does, a [`Contents`] comes back.

mod child;

use std::ffi::OsString;
use std::io;
use std::os::unix::process::ExitStatusExt;
use std::path::PathBuf;
use std::process::{ExitStatus, Stdio};
use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::process::{Child, Command};
use tokio::sync::Semaphore;

use crate::document::{Contents, Reason};
use crate::extract;

pub use child::child;

/// The hidden command of the binary that the sandbox starts: `phobien extract NUMBERS…`.
pub const COMMAND: &str = "extract";
/// How many children run at once.
const CHILDREN: usize = 2;
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
    /// The limits as arguments of the hidden command.
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
    slots: Semaphore,
}

impl Sandbox {
    /// A sandbox whose children run `program extract …`; `program` is phobien's own binary.
    #[must_use]
    pub fn new(program: PathBuf, limits: Limits) -> Self {
        Self {
            program,
            limits,
            slots: Semaphore::new(CHILDREN),
        }
    }

    /// What stands in `bytes`, read in a child. A child that crashes, hangs, grows or babbles makes
    /// the file [`Reason::Damaged`]. Dropping the future kills the child.
    ///
    /// # Errors
    /// The child could not be started: a fact about this machine, not about the file. The caller
    /// must try the file again.
    pub async fn extract(&self, bytes: &[u8], name: &str) -> io::Result<Contents> {
        let _slot = self.slots.acquire().await.map_err(io::Error::other)?;
        let mut child = self.spawn()?;
        let wall = self.limits.cpu.max(Duration::from_secs(1)) * WALL_TO_CPU;
        let damaged = |detail: &str| {
            let format = extract::format_by_name(name);
            Contents::nothing(format, Reason::Damaged, detail)
        };
        let talk = talk(&mut child, bytes, name, self.answer_max());
        let Ok(answer) = tokio::time::timeout(wall, talk).await else {
            child.kill().await?;
            return Ok(damaged("reading the file took too long"));
        };
        let (answer, status) = answer?;
        if !status.success() {
            return Ok(damaged(cause(status)));
        }
        Ok(serde_json::from_slice(&answer)
            .unwrap_or_else(|_| damaged("the reader gave no sensible answer")))
    }

    fn answer_max(&self) -> u64 {
        let text = self.limits.read.text.saturating_mul(JSON_PER_BYTE);
        // An empty page costs a few bytes too.
        let pages = self.limits.read.pages as u64 * 8;
        text.saturating_add(pages).saturating_add(JSON_BESIDES)
    }

    fn spawn(&self) -> io::Result<Child> {
        // Descriptors are not inherited: the standard library opens all of them close-on-exec.
        Command::new(&self.program)
            .arg(COMMAND)
            .args(self.limits.to_args())
            .env_clear()
            .current_dir("/")
            .process_group(0)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            // A panic's message may quote the document.
            .stderr(Stdio::null())
            .kill_on_drop(true)
            .spawn()
    }
}

/// Hands the file over while listening, so that neither side waits for the other for ever.
async fn talk(
    child: &mut Child,
    bytes: &[u8],
    name: &str,
    answer_max: u64,
) -> io::Result<(Vec<u8>, ExitStatus)> {
    let stdin = child.stdin.take();
    let stdout = child.stdout.take();
    let say = async {
        if let Some(mut pipe) = stdin {
            // A child that dies early closes the pipe: its status tells more than this error.
            let _ = pipe.write_all(&child::header(name, bytes.len())).await;
            let _ = pipe.write_all(name.as_bytes()).await;
            let _ = pipe.write_all(bytes).await;
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
