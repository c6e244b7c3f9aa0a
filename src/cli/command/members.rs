//! Owns what can be typed after `phobien members`. It refuses to know what any of it does.

use std::path::PathBuf;

use clap::{Args, Subcommand, ValueEnum};

#[derive(Debug, Subcommand)]
pub(in crate::cli) enum Members {
    /// Every member on record
    List,
    /// The faults of the roster file, and what to write instead
    Check,
    /// Take over a roster that lost many members
    Accept,
    /// Send to a held address again
    Release {
        /// The address
        address: String,
    },
    /// Send a member nothing for now; what it is owed goes out when the pause ends
    Pause {
        /// The member's code; without one the address
        code: String,
        /// End the pause
        #[arg(long)]
        end: bool,
    },
    /// Everything on record about one person
    Export(Export),
    /// Remove a person who left the roster from the record for good; what was sent to whom stays
    /// under a pseudonym
    Erase {
        /// The member's code, address or full name
        #[arg(value_name = "CODE")]
        who: String,
        /// Do it
        #[arg(long)]
        yes: bool,
        /// Who decides, for the record
        #[arg(long, value_name = "NAME", value_parser = super::somebody)]
        by: Option<String>,
    },
}

#[derive(Args, Debug)]
pub(in crate::cli) struct Export {
    /// The member's code, address or full name
    #[arg(value_name = "CODE")]
    pub(in crate::cli) who: String,
    /// One JSON object, or a table for a spreadsheet
    #[arg(long, default_value = "json")]
    pub(in crate::cli) format: Sheet,
    /// Write it there, for nobody else to read; none is ever overwritten
    #[arg(long, value_name = "FILE")]
    pub(in crate::cli) out: Option<PathBuf>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(in crate::cli) enum Sheet {
    Json,
    Csv,
}
