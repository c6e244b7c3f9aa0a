//! Owns how an office's first files are asked for on the command line. It refuses to judge an
//! answer.

use std::path::PathBuf;

use clap::Args;

/// Where, and the answers that are given instead of being asked.
#[derive(Args, Clone, Debug)]
pub(in crate::cli) struct Init {
    /// Where
    #[arg(default_value = ".")]
    pub(in crate::cli) dir: PathBuf,
    /// Ask nothing: a configuration to edit
    #[arg(long, conflicts_with = "Answers")]
    pub(in crate::cli) blank: bool,
    #[command(flatten)]
    pub(in crate::cli) answers: Answers,
}

/// With any of these nothing is asked.
#[derive(Args, Clone, Debug, Default, PartialEq, Eq)]
#[command(next_help_heading = "Answers")]
pub(in crate::cli) struct Answers {
    /// Full name of the organisation
    #[arg(long, value_name = "NAME")]
    pub(in crate::cli) organisation: Option<String>,
    /// Who the mail is from: `Văn phòng Đảng uỷ <vanphong@dangbo.example>`
    #[arg(long, value_name = "MAILBOX")]
    pub(in crate::cli) from: Option<String>,
    /// Who in the office gets summaries and notices; may be repeated
    #[arg(long, value_name = "ADDRESS")]
    pub(in crate::cli) office: Vec<String>,
    /// Whom members may ask, at the foot of each letter
    #[arg(long, value_name = "TEXT")]
    pub(in crate::cli) contact: Option<String>,
    /// The folder into which documents are dropped
    #[arg(long, value_name = "FOLDER")]
    pub(in crate::cli) documents: Option<PathBuf>,
    /// Where to read what is too large for a letter
    #[arg(long, value_name = "TEXT")]
    pub(in crate::cli) read_at: Option<String>,
    /// The mail server: smtps://HOST:465, smtp://HOST:587?tls=required
    #[arg(long, value_name = "URL")]
    pub(in crate::cli) smtp: Option<String>,
    /// Who logs in there
    #[arg(long, value_name = "NAME")]
    pub(in crate::cli) username: Option<String>,
    /// The file that holds the password, and nothing else
    #[arg(long, value_name = "FILE")]
    pub(in crate::cli) password_file: Option<PathBuf>,
    /// Root certificates beside those of the system, PEM
    #[arg(long, value_name = "FILE")]
    pub(in crate::cli) ca_file: Option<PathBuf>,
    /// At what time letters go out on working days
    #[arg(long, value_name = "HH:MM")]
    pub(in crate::cli) at: Option<String>,
    /// Send a test letter there
    #[arg(long, value_name = "ADDRESS")]
    pub(in crate::cli) test: Option<String>,
}
