//! Owns the inside of the sandbox: a process that first gives up what it could do harm with, then
//! reads one file and answers. It refuses to read a byte before its limits hold.

use std::io::{self, Read, Write};

use rustix::process::{DumpableBehavior, Resource, Rlimit, set_dumpable_behavior, setrlimit};

use super::Limits;
use crate::extract;

/// The lengths of name and content, before both.
const HEADER: usize = 16;

/// What the parent says first: how long the name is, and the file.
pub(super) fn header(name: &str, length: usize) -> [u8; HEADER] {
    let mut header = [0; HEADER];
    header[..8].copy_from_slice(&(name.len() as u64).to_le_bytes());
    header[8..].copy_from_slice(&(length as u64).to_le_bytes());
    header
}

/// The hidden command: limits itself, reads name and file from standard input, extracts, writes
/// the contents as JSON to standard output. To be called first thing in `main`, before threads or
/// a runtime exist.
///
/// # Errors
/// A limit cannot be set, the input ends early, or nobody listens. The process must then end with
/// a failure.
pub fn child(limits: &Limits) -> io::Result<()> {
    confine(limits)?;
    let (name, bytes) = hear(&mut io::stdin().lock(), limits.memory)?;
    let contents = extract::read(&bytes, &name, &limits.read);
    let answer = serde_json::to_vec(&contents)?;
    let mut out = io::stdout().lock();
    out.write_all(&answer)?;
    out.flush()
}

/// Everything this process gives up. Rules on files and system calls (landlock, seccomp) belong
/// here, after the limits.
fn confine(limits: &Limits) -> io::Result<()> {
    let cpu = limits.cpu.as_secs().max(1);
    // The second number is hard: one second after the polite signal comes the other one.
    limit(Resource::Cpu, cpu, cpu + 1)?;
    limit(Resource::As, limits.memory, limits.memory)?;
    limit(Resource::Nofile, 3, 3)?;
    limit(Resource::Nproc, 0, 0)?;
    limit(Resource::Fsize, 0, 0)?;
    limit(Resource::Core, 0, 0)?;
    set_dumpable_behavior(DumpableBehavior::NotDumpable)?;
    rustix::thread::set_no_new_privs(true)?;
    Ok(())
}

fn limit(resource: Resource, soft: u64, hard: u64) -> io::Result<()> {
    let new = Rlimit {
        current: Some(soft),
        maximum: Some(hard),
    };
    Ok(setrlimit(resource, new)?)
}

fn hear(input: &mut impl Read, memory: u64) -> io::Result<(String, Vec<u8>)> {
    let mut header = [0; HEADER];
    input.read_exact(&mut header)?;
    let number = |at: usize| -> u64 {
        let mut bytes = [0; 8];
        bytes.copy_from_slice(&header[at..at + 8]);
        u64::from_le_bytes(bytes)
    };
    let name = exactly(input, number(0), memory)?;
    let bytes = exactly(input, number(8), memory)?;
    let name = String::from_utf8(name).map_err(|_| io::ErrorKind::InvalidData)?;
    Ok((name, bytes))
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
        let mut said = header("tên.txt", 3).to_vec();
        said.extend_from_slice("tên.txt".as_bytes());
        said.extend_from_slice(b"abc");
        let heard = hear(&mut said.as_slice(), 1000).expect("whole");
        assert_eq!(heard, ("tên.txt".to_owned(), b"abc".to_vec()));
        for length in 0..said.len() {
            assert!(hear(&mut &said[..length], 1000).is_err(), "{length}");
        }
        assert!(hear(&mut said.as_slice(), 2).is_err());
    }
}
