//! Owns the inside of the sandbox: a process that first gives up what it could do harm with, then
//! reads one file and answers. It refuses to read a byte before its limits hold.

use std::io::{self, Read, Write};

use rustix::process::{DumpableBehavior, Resource, Rlimit, set_dumpable_behavior, setrlimit};

use serde::{Deserialize, Serialize};

use super::locks::{self, Locks, Open};
use super::{Limits, ocr};
use crate::extract::{self, Part};

/// The lengths of task and file, before both.
const HEADER: usize = 16;

/// What the child is asked to do with the file it is given.
#[derive(Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) enum Task {
    /// Read it: the answer is the contents as JSON.
    Read(String),
    /// Paint of it: the answer is a PNG, or nothing where there is nothing to paint.
    Paint(Part),
    /// Say which locks hold: the answer is [`Locks`] as JSON.
    Locks,
}

/// What the parent says first: how long the task is, and the file.
pub(super) fn header(task: &[u8], length: usize) -> [u8; HEADER] {
    let mut header = [0; HEADER];
    header[..8].copy_from_slice(&(task.len() as u64).to_le_bytes());
    header[8..].copy_from_slice(&(length as u64).to_le_bytes());
    header
}

/// The hidden command: confines itself, reads task and file from standard input, writes the answer
/// to standard output. To be called first thing in `main`, before threads or a runtime exist.
///
/// # Errors
/// A limit cannot be set, the input ends early, or nobody listens. The process must then end with
/// a failure.
pub fn child(limits: &Limits) -> io::Result<()> {
    let locks = confine(limits)?;
    let (task, bytes) = hear(&mut io::stdin().lock(), limits.memory)?;
    let answer = match task {
        Task::Read(name) => serde_json::to_vec(&extract::read(&bytes, &name, &limits.read))?,
        Task::Paint(part) => extract::paint(&bytes, &part).unwrap_or_default(),
        Task::Locks => serde_json::to_vec(&locks)?,
    };
    let mut out = io::stdout().lock();
    out.write_all(&answer)?;
    out.flush()
}

/// Everything this process gives up, for good: files, network, processes, new code. What the
/// kernel does not offer is missing from the answer; the limits hold everywhere.
///
/// # Errors
/// A limit cannot be set. The process must then not go on.
pub fn confine(limits: &Limits) -> io::Result<Locks> {
    rustix::thread::set_no_new_privs(true)?;
    // Before the descriptors end: the rules are one.
    let files = locks::lock_files(Open::default())?;
    limit_all(limits, 3)?;
    let calls = locks::lock_calls(&locks::compute())?;
    Ok(Locks { files, calls })
}

/// The other hidden command: confines this process and becomes tesseract, which reads a picture
/// from standard input and writes its text to standard output.
///
/// # Errors
/// A limit cannot be set, or tesseract cannot be started; where all went well it never returns.
pub fn become_reader(limits: &Limits, reader: &ocr::Reader, picture: ocr::Picture) -> io::Error {
    let confined = || -> io::Result<()> {
        rustix::thread::set_no_new_privs(true)?;
        let (start, read) = reader.needs();
        locks::lock_files(Open {
            read: &read,
            start: &start,
        })?;
        limit_all(limits, READER_FILES)?;
        locks::lock_calls(&locks::load())?;
        Ok(())
    };
    match confined() {
        Ok(()) => reader.start(picture),
        Err(error) => error,
    }
}

/// Descriptors that loading a program and its language takes at once.
const READER_FILES: u64 = 16;

fn limit_all(limits: &Limits, files: u64) -> io::Result<()> {
    let cpu = limits.cpu.as_secs().max(1);
    // The second number is hard: one second after the polite signal comes the other one.
    limit(Resource::Cpu, cpu, cpu + 1)?;
    limit(Resource::As, limits.memory, limits.memory)?;
    limit(Resource::Nofile, files, files)?;
    limit(Resource::Nproc, 0, 0)?;
    limit(Resource::Fsize, 0, 0)?;
    limit(Resource::Core, 0, 0)?;
    set_dumpable_behavior(DumpableBehavior::NotDumpable)?;
    Ok(())
}

fn limit(resource: Resource, soft: u64, hard: u64) -> io::Result<()> {
    let new = Rlimit {
        current: Some(soft),
        maximum: Some(hard),
    };
    Ok(setrlimit(resource, new)?)
}

fn hear(input: &mut impl Read, memory: u64) -> io::Result<(Task, Vec<u8>)> {
    let mut header = [0; HEADER];
    input.read_exact(&mut header)?;
    let number = |at: usize| -> u64 {
        let mut bytes = [0; 8];
        bytes.copy_from_slice(&header[at..at + 8]);
        u64::from_le_bytes(bytes)
    };
    let task = exactly(input, number(0), memory)?;
    let bytes = exactly(input, number(8), memory)?;
    Ok((serde_json::from_slice(&task)?, bytes))
}

/// A file cut short by a dying parent must not be taken for a damaged one.
fn exactly(input: &mut impl Read, length: u64, memory: u64) -> io::Result<Vec<u8>> {
    if length > memory {
        return Err(io::ErrorKind::OutOfMemory.into());
    }
    let mut bytes = Vec::with_capacity(usize::try_from(length).unwrap_or(0));
    input.take(length).read_to_end(&mut bytes)?;
    if bytes.len() as u64 == length {
        Ok(bytes)
    } else {
        Err(io::ErrorKind::UnexpectedEof.into())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_input_must_be_whole() {
        let task = Task::Read("tên.txt".to_owned());
        let words = serde_json::to_vec(&task).expect("JSON");
        let mut said = header(&words, 3).to_vec();
        said.extend_from_slice(&words);
        said.extend_from_slice(b"abc");
        let heard = hear(&mut said.as_slice(), 1000).expect("whole");
        assert_eq!(heard, (task, b"abc".to_vec()));
        for length in 0..said.len() {
            assert!(hear(&mut &said[..length], 1000).is_err(), "{length}");
        }
        assert!(hear(&mut said.as_slice(), 2).is_err());
    }
}
