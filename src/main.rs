//! The binary: hands the command line to the shells. It refuses to do anything else.

use std::ffi::OsString;
use std::process::ExitCode;

use phobien::{cli, sandbox};

fn main() -> ExitCode {
    let args: Vec<OsString> = std::env::args_os().skip(1).collect();
    match args.split_first() {
        // First of all, without threads or a runtime: the child of the sandbox.
        Some((command, limits)) if command == sandbox::COMMAND => extract(limits),
        Some((command, args)) if command == sandbox::READ_COMMAND => recognise(args),
        _ => cli::main(&args),
    }
}

fn extract(limits: &[OsString]) -> ExitCode {
    let done = sandbox::Limits::from_args(limits).map(|limits| sandbox::child(&limits));
    match done {
        Some(Ok(())) => ExitCode::SUCCESS,
        Some(Err(_)) => ExitCode::FAILURE,
        None => ExitCode::from(2),
    }
}

/// Becomes tesseract, or fails.
fn recognise(args: &[OsString]) -> ExitCode {
    let (limits, reader) = args.split_at(args.len().min(sandbox::Limits::ARGS));
    let (limits, reader) = (
        sandbox::Limits::from_args(limits),
        sandbox::Reader::from_args(reader),
    );
    if let (Some(limits), Some((reader, picture))) = (limits, reader) {
        let _ = sandbox::become_reader(&limits, &reader, picture);
        return ExitCode::FAILURE;
    }
    ExitCode::from(2)
}
