//! Owns the locks that a child closes behind itself: which files it may open, which system calls it
//! may make. It refuses to know what the child does behind them.

use std::io;
use std::path::Path;

use landlock::{
    ABI, Access, AccessFs, AccessNet, CompatLevel, Compatible, PathBeneath, PathFd, Ruleset,
    RulesetAttr, RulesetCreatedAttr, RulesetStatus, Scope,
};
use seccompiler::TargetArch;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

/// Which locks hold around a child. Where the kernel offers none, memory, time, descriptors and
/// processes are limited still.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Locks {
    /// It can open no file, and no connection where the kernel knows that rule (landlock).
    pub files: bool,
    /// It can make only the system calls that computing needs (seccomp).
    pub calls: bool,
}

impl Locks {
    /// True where both hold.
    #[must_use]
    pub fn whole(self) -> bool {
        self.files && self.calls
    }
}

/// What a child may still open: nothing, or files to read and programs to start.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Open<'a> {
    /// Folders and files that may be read.
    pub(super) read: &'a [&'a Path],
    /// Files that may be started as programs.
    pub(super) start: &'a [&'a Path],
}

/// Takes files, TCP and signals to others away but for `open`. True where the kernel holds it.
pub(super) fn lock_files(open: Open<'_>) -> io::Result<bool> {
    let ruleset = || -> Result<bool, landlock::RulesetError> {
        let mut rules = Ruleset::default()
            .set_compatibility(CompatLevel::BestEffort)
            .handle_access(AccessFs::from_all(ABI::V5))?
            .handle_access(AccessNet::from_all(ABI::V4))?
            .scope(Scope::from_all(ABI::V6))?
            .create()?;
        let reading = AccessFs::ReadFile | AccessFs::ReadDir;
        for (paths, access) in [
            (open.read, reading),
            (open.start, AccessFs::ReadFile | AccessFs::Execute),
        ] {
            // What is not on this machine cannot be opened anyway.
            for fd in paths.iter().filter_map(|path| PathFd::new(path).ok()) {
                rules = rules.add_rule(PathBeneath::new(fd, access))?;
            }
        }
        let status = rules.restrict_self()?.ruleset;
        Ok(status != RulesetStatus::NotEnforced)
    };
    ruleset().map_err(io::Error::other)
}

/// What computing needs of the system once its input is open: memory, pipes, time, its end.
const COMPUTE: &[&str] = &[
    "read",
    "readv",
    "write",
    "writev",
    "close",
    "brk",
    "munmap",
    "mremap",
    "madvise",
    "futex",
    "sched_yield",
    "getrandom",
    "clock_gettime",
    "clock_nanosleep",
    "rt_sigaction",
    "rt_sigprocmask",
    "rt_sigreturn",
    "sigaltstack",
    "restart_syscall",
    "exit",
    "exit_group",
];

/// What the loader of another program needs besides, on every machine.
const LOAD: &[&str] = &[
    "execve",
    "mmap",
    "mprotect",
    "pread64",
    "lseek",
    "fstat",
    "newfstatat",
    "statx",
    "faccessat",
    "faccessat2",
    "readlinkat",
    "getdents64",
    "getcwd",
    "fcntl",
    "set_tid_address",
    "set_robust_list",
    "rseq",
    "prlimit64",
    "sysinfo",
    "sched_getaffinity",
    "getpid",
    "gettid",
    "uname",
    "ioctl",
];

/// The same, by the calls that only the older machine has.
const LOAD_X86_64: &[&str] = &["access", "arch_prctl", "readlink"];

/// `PROT_EXEC`.
const EXECUTABLE: u64 = 4;
/// `O_WRONLY | O_RDWR | O_CREAT | O_TRUNC`, the same numbers on both machines.
const WRITING: u64 = 0o1 | 0o2 | 0o100 | 0o1000;

/// One call, allowed only where none of `bits` stands in its argument `index`.
fn without(call: &str, index: u8, bits: u64) -> Value {
    json!({"syscall": call, "args": [
        {"index": index, "type": "dword", "op": {"masked_eq": bits}, "val": 0}
    ]})
}

/// The filter of a child that only computes: no file, socket, process, thread or new code.
pub(super) fn compute() -> Vec<Value> {
    let mut rules: Vec<Value> = COMPUTE.iter().map(|c| json!({"syscall": c})).collect();
    rules.push(without("mmap", 2, EXECUTABLE));
    rules.push(without("mprotect", 2, EXECUTABLE));
    rules
}

/// The filter of a child that becomes another program: it may load that and read files.
pub(super) fn load() -> Vec<Value> {
    let old = if cfg!(target_arch = "x86_64") {
        LOAD_X86_64
    } else {
        &[]
    };
    let calls = COMPUTE.iter().chain(LOAD).chain(old);
    let mut rules: Vec<Value> = calls.map(|c| json!({"syscall": c})).collect();
    rules.push(without("openat", 2, WRITING));
    rules
}

/// Lets this thread, and what it starts, make only the calls of `rules`; every other one fails with
/// EPERM. False where the kernel or the machine knows no such filter.
pub(super) fn lock_calls(rules: &[Value]) -> io::Result<bool> {
    let Ok(machine) = TargetArch::try_from(std::env::consts::ARCH) else {
        return Ok(false);
    };
    let filter = json!({"child": {
        "mismatch_action": {"errno": 1},
        "match_action": "allow",
        "filter": rules,
    }});
    let text = serde_json::to_vec(&filter)?;
    let programs =
        seccompiler::compile_from_json(text.as_slice(), machine).map_err(io::Error::other)?;
    let program = programs.get("child").ok_or(io::ErrorKind::InvalidData)?;
    // A kernel without filters says so here; the child goes on under its limits.
    Ok(seccompiler::apply_filter(program).is_ok())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_filters_are_known_on_both_machines() {
        for machine in ["x86_64", "aarch64"] {
            let machine = TargetArch::try_from(machine).expect("known");
            for mut rules in [compute(), load()] {
                if machine == TargetArch::aarch64 {
                    let old = |rule: &Value| LOAD_X86_64.iter().any(|c| rule["syscall"] == *c);
                    rules.retain(|rule| !old(rule));
                }
                let filter = json!({"child": {
                    "mismatch_action": {"errno": 1}, "match_action": "allow", "filter": rules,
                }});
                let text = serde_json::to_vec(&filter).expect("JSON");
                let programs = seccompiler::compile_from_json(text.as_slice(), machine);
                assert!(programs.is_ok(), "{machine:?}: {programs:?}");
            }
        }
    }
}
