//! Owns how a command ends other than well: the words and the exit code of the contract. It
//! refuses to know which command.

use std::fmt;
use std::process::ExitCode;

use super::show::Screen;
use crate::deliver::DeliverError;
use crate::ingest::{DecideError, IngestError};
use crate::ledger::{Ailment, Holder, LedgerError};
use crate::publish::PublishError;

/// A command that ends with an exit code of its own.
#[derive(Debug)]
pub(super) struct Stop {
    /// The exit code.
    pub(super) code: u8,
    /// For stderr.
    words: String,
}

/// It ran and something failed.
pub(super) const FAILED: u8 = 1;
/// Usage or configuration.
pub(super) const USAGE: u8 = 2;
/// Another process holds the delivery lock.
pub(super) const LOCKED: u8 = 3;

impl fmt::Display for Stop {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.words)
    }
}

impl std::error::Error for Stop {}

impl Stop {
    fn with(code: u8, words: impl Into<String>) -> anyhow::Error {
        anyhow::Error::new(Self {
            code,
            words: words.into(),
        })
    }

    /// What was asked cannot be understood, or the configuration cannot be used.
    pub(super) fn usage(words: impl Into<String>) -> anyhow::Error {
        Self::with(USAGE, words)
    }

    /// It was understood and could not be done.
    pub(super) fn failed(words: impl Into<String>) -> anyhow::Error {
        Self::with(FAILED, words)
    }

    /// Somebody else delivers.
    pub(super) fn locked(screen: &Screen, holder: &Holder) -> anyhow::Error {
        let Holder { command, pid } = holder;
        let vi = format!("`phobien {command}` (pid {pid}) đang giữ quyền gửi; đề nghị chờ");
        let en = format!(
            "the delivery lock is held by `phobien {command}` (pid {pid}); it delivers, or wait"
        );
        Self::with(LOCKED, screen.say(&vi, &en))
    }
}

/// 0, or 1.
pub(super) fn code(good: bool) -> ExitCode {
    ExitCode::from(if good { 0 } else { FAILED })
}

/// What ails the ledger, where that is why a command ends.
pub(super) fn ailment(error: &anyhow::Error) -> Option<Ailment> {
    let of = error.chain().find_map(|cause| {
        if let Some(DeliverError::Ledger(error)) = cause.downcast_ref() {
            return Some(error);
        }
        if let Some(PublishError::Ledger(error)) = cause.downcast_ref() {
            return Some(error);
        }
        if let Some(DecideError::Ledger(error)) = cause.downcast_ref() {
            return Some(error);
        }
        let ingest = match cause.downcast_ref() {
            Some(DecideError::Ingest(error)) => Some(error),
            _ => cause.downcast_ref(),
        };
        if let Some(IngestError::Ledger(error)) = ingest {
            return Some(error);
        }
        cause.downcast_ref::<LedgerError>()
    });
    of?.ailment()
}
