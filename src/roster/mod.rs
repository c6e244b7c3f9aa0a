//! Owns the reading of typed lists of people: XLSX, CSV and TOML become branches and members, row
//! by row, with every fault and what to write instead. It refuses to know who was there before.
//!
//! Least data: of a row only code, name, address, branch, post, kind of membership, language and
//! pause are kept; telephone numbers and dates are looked at for faults and dropped.

mod columns;
mod delimited;
mod fault;
mod repair;
mod roll;
mod row;
mod tables;
mod template;
mod workbook;

use std::io::{Read, Seek};
use std::ops::ControlFlow;

use crate::organisation::{Branch, Member};

pub use fault::{Fault, Level, Place, Problem};
pub use template::template;

/// Most members of a roster.
pub const MEMBERS_MAX: usize = 1_000_000;
/// Most branches of a roster.
pub const BRANCHES_MAX: usize = 10_000;
/// Longest roster, bytes.
pub const BYTES_MAX: u64 = 256_000_000;

/// One thing read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Entry {
    /// A branch, before any of its members.
    Branch(Branch),
    /// A member; without a usable address it has none, and a fault.
    Member {
        /// Where it stands, from 1 as the office's program counts: row, or line.
        row: usize,
        /// Who.
        member: Member,
    },
    /// Something to put right. It follows the member of its row, if the row was used.
    Fault(Fault),
}

/// What takes the entries as they come; it may end the reading.
pub type Sink<'s> = dyn FnMut(Entry) -> ControlFlow<()> + 's;

/// The shape of a roster.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// `.xlsx`; a second sheet `Chi bộ` lists the branches.
    Xlsx,
    /// `.csv`, any of the usual encodings and separators.
    Csv,
    /// `.toml`
    Toml,
}

impl Kind {
    /// The shape that an extension names, in any case.
    #[must_use]
    pub fn of_extension(extension: &str) -> Option<Self> {
        match extension.to_ascii_lowercase().as_str() {
            "xlsx" => Some(Self::Xlsx),
            "csv" => Some(Self::Csv),
            "toml" => Some(Self::Toml),
            _ => None,
        }
    }
}

/// Reads a roster to its end or until `sink` breaks. `branches` is the list that
/// `[roster] branches` names, for CSV. CSV streams; XLSX needs its shared texts in memory, TOML
/// all of it. To tell members apart some 130 bytes of each stay in memory until the end.
///
/// # Errors
/// Only where the source itself cannot be read; everything about its content is a fault.
pub fn read<R: Read + Seek>(
    source: R,
    kind: Kind,
    branches: Option<&[u8]>,
    sink: &mut Sink<'_>,
) -> std::io::Result<()> {
    let mut roll = roll::Roll::new(sink);
    match kind {
        Kind::Csv => {
            if let Some(list) = branches {
                delimited::branches(list, &mut roll)?;
            }
            delimited::members(source, &mut roll)
        }
        Kind::Xlsx => workbook::read(source, &mut roll),
        Kind::Toml => tables::read(source, &mut roll),
    }
}

#[cfg(test)]
mod tests;
