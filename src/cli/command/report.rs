//! Owns how a report is asked for on the command line. It refuses to know what stands in it.

use std::path::PathBuf;

use clap::{ArgGroup, Args, ValueEnum};

/// Which letters, or which document; in which form; where to.
#[derive(Args, Clone, Debug)]
#[command(group = ArgGroup::new("what").multiple(true).required(true)
    .args(["edition", "since", "document", "not_received"]))]
pub(in crate::cli) struct Report {
    /// The edition, e-12
    pub(in crate::cli) edition: Option<String>,
    /// Letters due then or later: 2026-11-01 or RFC 3339
    #[arg(long, value_name = "DATE")]
    pub(in crate::cli) since: Option<String>,
    /// Letters due until the end of that day, or until that moment
    #[arg(long, value_name = "DATE")]
    pub(in crate::cli) until: Option<String>,
    /// Of this branch and its members, by code or name
    #[arg(long)]
    pub(in crate::cli) branch: Option<String>,
    /// Letters that carried this document
    #[arg(long, value_name = "DOCUMENT")]
    pub(in crate::cli) document: Option<String>,
    /// Letters to this address or code
    #[arg(long, value_name = "ADDRESS|CODE")]
    pub(in crate::cli) to: Option<String>,
    /// Who has not yet received this document, and why
    #[arg(long, value_name = "DOCUMENT",
        conflicts_with_all = ["edition", "since", "until", "document", "to"])]
    pub(in crate::cli) not_received: Option<String>,
    /// A workbook, values for other programs, or a page to print [default: as FILE is called, else
    /// xlsx]
    #[arg(long, value_name = "FORMAT")]
    pub(in crate::cli) format: Option<ReportForm>,
    /// Write it there; nothing is ever overwritten [default: xlsx into the working directory, csv
    /// and html to stdout]
    #[arg(long, value_name = "FILE")]
    pub(in crate::cli) out: Option<PathBuf>,
}

/// The form of a report.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(in crate::cli) enum ReportForm {
    Xlsx,
    Csv,
    Html,
}
