//! Owns what can be typed after `phobien documents`. It refuses to know what any of it does.

use std::path::PathBuf;

use clap::{Args, Subcommand};

#[derive(Debug, Subcommand)]
pub(in crate::cli) enum Documents {
    /// Every document, and every file refused
    List {
        /// Only what waits for a person
        #[arg(long)]
        waiting: bool,
    },
    /// One document with everything known of it, and where that was read
    Show {
        /// d-7, file name or SYMBOL[@DATE]
        document: String,
        /// Write page 1 as a small picture (PNG) to this file
        #[arg(long, value_name = "FILE")]
        cover: Option<PathBuf>,
    },
    /// Complete facts; never releases
    Set(Box<Set>),
    /// Release what waits
    Approve {
        /// d-7, file name or SYMBOL[@DATE]
        document: String,
        /// Who approves, for the record
        #[arg(long, value_name = "NAME", value_parser = super::somebody)]
        by: Option<String>,
    },
    /// Keep it from going out until approved again
    Hold {
        /// d-7, file name or SYMBOL[@DATE]
        document: String,
        /// Who decides, for the record
        #[arg(long, value_name = "NAME", value_parser = super::somebody)]
        by: Option<String>,
    },
    /// Make a document, or a file in the folder, an annex of another; never releases
    Attach {
        /// The main document: d-7, file name or SYMBOL[@DATE]
        main: String,
        /// The annex: d-8, or a file's name
        annex: String,
        /// Who decides, for the record
        #[arg(long, value_name = "NAME", value_parser = super::somebody)]
        by: Option<String>,
    },
    /// Remove a wrongly accepted document from the ledger for good; who was sent it stays on record
    Purge {
        /// d-7, file name or SYMBOL[@DATE]
        document: String,
        /// Do it
        #[arg(long)]
        yes: bool,
        /// Who decides, for the record
        #[arg(long, value_name = "NAME", value_parser = super::somebody)]
        by: Option<String>,
    },
    /// Take it back: waiting letters are cancelled, who has it gets a notice
    Withdraw {
        /// d-7, file name or SYMBOL[@DATE]
        document: String,
        /// Who decides, for the record
        #[arg(long, value_name = "NAME", value_parser = super::somebody)]
        by: Option<String>,
    },
}

/// Facts, by the names that sidecars use too.
#[derive(Args, Debug)]
pub(in crate::cli) struct Set {
    /// d-7, file name or SYMBOL[@DATE]
    pub(in crate::cli) document: String,
    /// 23-CT/TW
    #[arg(long)]
    pub(in crate::cli) symbol: Option<String>,
    /// Chỉ thị
    #[arg(long, value_name = "TYPE")]
    pub(in crate::cli) r#type: Option<String>,
    /// Ban Bí thư
    #[arg(long)]
    pub(in crate::cli) issuer: Option<String>,
    /// 2018-02-09
    #[arg(long, value_name = "DATE")]
    pub(in crate::cli) issued_on: Option<String>,
    /// Trích yếu
    #[arg(long)]
    pub(in crate::cli) title: Option<String>,
    /// Khẩn, Thượng khẩn or Hỏa tốc
    #[arg(long)]
    pub(in crate::cli) urgency: Option<String>,
    /// everyone, officers (chi uỷ, bí thư), or a branch's code or name
    #[arg(long)]
    pub(in crate::cli) audience: Option<String>,
    /// Until when it is to be dealt with
    #[arg(long, value_name = "DATE")]
    pub(in crate::cli) due: Option<String>,
    /// The document that it is an annex of
    #[arg(long, value_name = "DOCUMENT")]
    pub(in crate::cli) annex_of: Option<String>,
    /// Who decides, for the record
    #[arg(long, value_name = "NAME", value_parser = super::somebody)]
    pub(in crate::cli) by: Option<String>,
}
