//! Owns what can be typed: commands, options, help with examples. It refuses to know what any of
//! it does; the contract page names what here must not change.

mod documents;
mod init;
mod members;
mod report;

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand, ValueEnum};

use crate::delivery::State;
use crate::organisation::Language;
pub(super) use documents::{Documents, Set};
pub(super) use init::{Answers, Init};
pub(super) use members::{Export, Members, Sheet};
pub(super) use report::{Report, ReportForm};

/// phobien: makes official documents known to every branch and member, on schedule, once, and
/// keeps the proof.
#[derive(Debug, Parser)]
#[command(
    name = "phobien",
    version,
    disable_help_subcommand = true,
    arg_required_else_help = true,
    after_help = "\
First steps:
  phobien demo --once             the whole job on samples, touching nothing of yours
  phobien init /etc/phobien       a commented configuration, a roster to fill in, the folders
  phobien check                   every fault at once, and the next times letters go
  phobien run                     the service (what systemd starts)

Every day:
  phobien status                  one screen; exit 1 when something needs a person
  phobien inspect *.pdf           what phobien reads out of files, touching no state
  phobien log --document 23-CT/TW who was sent it, and when

Exit codes: 0 done, 1 it ran and something failed, 2 usage or configuration, 3 another process
holds the delivery lock."
)]
pub(super) struct Cli {
    #[command(flatten)]
    pub(super) global: Global,
    #[command(subcommand)]
    pub(super) command: Command,
}

/// What every command understands.
#[derive(Args, Clone, Debug)]
pub(super) struct Global {
    /// The configuration [default: ./phobien.toml, then /etc/phobien/phobien.toml]
    #[arg(long, global = true, value_name = "FILE", env = "PHOBIEN_CONFIG")]
    pub(super) config: Option<PathBuf>,
    /// One JSON object a line on stdout, nothing else there
    #[arg(long, global = true)]
    pub(super) json: bool,
    /// How much is logged to stderr [default: warn; run: info]
    #[arg(long, global = true, value_name = "LEVEL", env = "PHOBIEN_LOG")]
    pub(super) log: Option<LogLevel>,
    /// Language of the output [default: the configuration's, else LANG]
    #[arg(long, global = true, value_name = "vi|en", value_parser = language)]
    pub(super) lang: Option<Language>,
}

fn language(text: &str) -> Result<Language, String> {
    text.parse().map_err(|known| format!("write {known}"))
}

/// Levels of the log.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, ValueEnum)]
pub(super) enum LogLevel {
    Error,
    Warn,
    Info,
    Debug,
    Trace,
}

#[derive(Debug, Subcommand)]
pub(super) enum Command {
    /// The service: watch, publish when due, deliver
    Run,
    /// The whole job on built-in samples, in a fresh temporary folder
    #[command(after_help = "\
Example:
  phobien demo --once   ends when everything is delivered; exit 0 only if it all was")]
    Demo {
        /// End when everything is delivered
        #[arg(long)]
        once: bool,
    },
    /// Write a commented configuration, a roster to fill in and the folders; never overwrites
    #[command(after_help = "\
Examples:
  phobien init /etc/phobien           asks ten questions, tries the mail server, sends a test letter
  phobien init office --blank         asks nothing: edit office/phobien.toml
  phobien init office --organisation 'Đảng bộ A' --from vanphong@dangbo.example \\
    --smtp smtps://mail.dangbo.example:465 --username vanphong --password-file password
Nothing is asked where an answer is given, or where nobody sits at a terminal.")]
    Init(Init),
    /// Read configuration, roster and folders, log in to the mail server; list every fault
    #[command(after_help = "\
Examples:
  phobien check             all of it
  phobien check --offline   without speaking to the mail server
Exit 2 where the configuration is faulty, 1 where something else is.")]
    Check {
        /// Do not speak to the mail server
        #[arg(long)]
        offline: bool,
    },
    /// Show what phobien reads out of files; needs no configuration, touches no state
    #[command(after_help = "\
Example:
  phobien inspect van-ban/*.pdf --json | jq 'select(.disposition != \"accept\")'
Copies, renditions and new versions are judged among the files given.")]
    Inspect {
        /// The files
        #[arg(required = true, value_name = "FILE")]
        files: Vec<PathBuf>,
    },
    /// Look at the documents folder once, now, and record what is there
    #[command(after_help = "\
Examples:
  phobien ingest                  new files become documents on record
  phobien ingest --already-known  the archive that was there before: on record, owed to nobody
  phobien ingest --release        the many files of the first ingest are new: send them")]
    Ingest {
        /// What was never published is known to everybody already
        #[arg(long, conflicts_with = "release")]
        already_known: bool,
        /// Lift the guard of the first ingest
        #[arg(long)]
        release: bool,
    },
    /// Freeze an edition of what is owed and queue its letters
    #[command(after_help = "\
Examples:
  phobien publish hang-ngay --dry-run                       what would go out now
  phobien publish hang-ngay                                 now
  phobien publish hang-ngay --at 2026-11-24T07:30:00+07:00  for then, at most 24 h ahead
  phobien publish --urgent                                  urgent documents only")]
    Publish(Publish),
    /// Send what is queued
    #[command(after_help = "\
Without --until-idle it stays until nothing waits for another attempt (paused and held letters
are not waited for). Exit 0 if every letter is sent, else 1; 3 while `run` delivers.")]
    Deliver {
        /// End when nothing could be started now
        #[arg(long)]
        until_idle: bool,
    },
    /// ingest, urgent edition if any, publish, deliver --until-idle
    #[command(after_help = "\
Beside the running service it leaves delivery to it and waits for the edition.")]
    Send {
        /// The schedule
        schedule: String,
    },
    /// Show the very letter that somebody would get, or got
    #[command(after_help = "\
Examples:
  phobien preview hang-ngay --to DV004 --format text
  phobien preview hang-ngay --to quytc@dangbo.example --format html --out thu.html
  phobien preview hang-ngay --to DV004 --edition e-12 > thu.eml   the bytes that were sent")]
    Preview(Preview),
    /// Send a trial letter to one address; never counted as a delivery
    #[command(name = "test-mail")]
    TestMail {
        /// Where to
        address: String,
        /// Whose letter [default: the first schedule]
        #[arg(long)]
        schedule: Option<String>,
    },
    /// See and decide on documents
    #[command(after_help = "\
A document is named by its id (d-7), its file name, or SYMBOL[@YYYY-MM-DD].
Examples:
  phobien documents list --waiting
  phobien documents set d-7 --symbol 23-CT/TW --issued-on 2018-02-09
  phobien documents approve 23-CT/TW --by 'Nguyễn Văn A'")]
    Documents {
        #[command(subcommand)]
        command: Option<Documents>,
    },
    /// The roster as read; its faults; lift a hold; one person's data
    #[command(after_help = "\
Examples:
  phobien members export DV004 --out DV004.json
  phobien members export DV004 --format csv --out DV004.csv
  phobien members erase DV004 --yes --by 'Nguyễn Văn A'   once it is out of the roster")]
    Members {
        #[command(subcommand)]
        command: Option<Members>,
    },
    /// One screen: next times, queue, last editions, what needs a person
    Status,
    /// Who was sent what
    #[command(after_help = "\
Examples:
  phobien log --document 23-CT/TW --state failed
  phobien log --to DV004 --since 2026-11-01
  phobien log --branch CB2 --json")]
    Log(Log),
    /// Who was sent what, or who has not received a document, as a file for people
    #[command(after_help = "\
Examples:
  phobien report e-12                                     a workbook, a sheet a branch
  phobien report --since 2026-11-01 --until 2026-11-30 --format html > bao-cao.html
  phobien report --not-received 23-CT/TW                  who has not yet received it, and why
  phobien report --not-received 23-CT/TW --branch CB2 --format csv
Reports hold personal data: a new file can be read by whoever made it alone.")]
    Report(Report),
    /// Read the mailbox once: what came back, who confirmed
    #[command(after_help = "\
Examples:
  phobien collect                  reads what is new in the mailbox; deletes and flags nothing
  phobien collect --inspect *.eml  what phobien reads out of messages, touching no state")]
    Collect {
        /// Look at messages in files instead
        #[arg(long, value_name = "FILE", num_args = 1..)]
        inspect: Vec<PathBuf>,
    },
    /// Put on record that somebody confirmed on paper to have studied a document
    #[command(after_help = "\
Examples:
  phobien confirm --to DV004 --document 23-CT/TW --by 'Nguyễn Văn A'
  phobien log --document 23-CT/TW --json | jq 'select(.confirmed_at == null) | .code'")]
    Confirm(Confirm),
    /// Queue again what an edition still owes, with a new Message-ID
    #[command(after_help = "\
Examples:
  phobien resend e-12            whatever ended unsent and is still owed
  phobien resend e-12 --failed   only what was refused or came back
  phobien resend e-12 --to DV004 this letter, even if it was sent")]
    Resend(Resend),
    /// Stop an edition; its documents stay owed
    Cancel {
        /// The edition, e-12
        edition: String,
    },
    /// Take the people out of letters older than [retention]; the service does it once a day
    Retention {
        /// Only say what would happen
        #[arg(long)]
        dry_run: bool,
    },
    /// Let a paused edition go on, or publishing after a jump of the clock
    Resume {
        /// The edition, e-12, or `clock`
        what: String,
    },
    /// Prove that the ledger is as it was written: the audit chain, the letters, the documents
    Verify,
    /// Copy the ledger to a new file while the service runs, and check the copy
    #[command(after_help = "\
Example:
  phobien backup /srv/backup/phobien-2026-11-25.db
The copy holds documents, deliveries, people and keys: keep it as you keep the state folder.")]
    Backup {
        /// The new file; none is ever overwritten
        file: PathBuf,
    },
    /// Take over a copy of the ledger, never sending again what members had since it was made
    #[command(after_help = "\
Examples:
  phobien restore phobien-2026-11-25.db --told-until 2026-11-26T07:30:00+07:00
  phobien restore phobien-2026-11-25.db                       look first; nothing is sent
  phobien restore --told-until 2026-11-26T07:30:00+07:00      then say it
TIME is the date on the last letter that members had. What may have gone out between the copy and
then is held in doubt: `phobien settle EDITION sent` or `resend` decides. The ledger that was there
is kept in the state folder. Stop the service first.")]
    Restore(Restore),
    /// Decide a letter in doubt, or all of an edition
    Settle {
        /// The delivery, m-345, or the edition, e-12
        delivery: String,
        /// What is true, or to be done
        verdict: Verdict,
    },
    /// The letter of a branch as a page to print
    Print {
        /// The edition, e-12
        edition: String,
        /// The branch, by code or name
        #[arg(long)]
        branch: String,
        /// Write it there
        #[arg(long, value_name = "FILE")]
        out: Option<PathBuf>,
    },
    /// Man pages and shell completions
    #[command(hide = true)]
    Generate {
        #[command(subcommand)]
        what: Generate,
    },
}

impl Command {
    /// True where it would send, or let something be sent, from a ledger as it stands.
    pub(super) fn sends(&self) -> bool {
        matches!(
            self,
            Self::Ingest { .. }
                | Self::Publish(_)
                | Self::Deliver { .. }
                | Self::Send { .. }
                | Self::Collect { .. }
                | Self::Resend(_)
                | Self::Resume { .. }
                | Self::Settle { .. }
        )
    }
}

#[derive(Args, Debug)]
pub(super) struct Restore {
    /// The copy; it stays as it is
    #[arg(required_unless_present = "told_until")]
    pub(super) file: Option<PathBuf>,
    /// Up to when members had been told, RFC 3339; until this is said nothing is sent
    #[arg(long, value_name = "TIME")]
    pub(super) told_until: Option<String>,
}

#[derive(Args, Debug)]
pub(super) struct Publish {
    /// The schedule
    #[arg(required_unless_present = "urgent", conflicts_with = "urgent")]
    pub(super) schedule: Option<String>,
    /// When, RFC 3339; at most 24 h ahead [default: now]
    #[arg(long, value_name = "RFC3339", conflicts_with = "urgent")]
    pub(super) at: Option<String>,
    /// Only say what would happen
    #[arg(long)]
    pub(super) dry_run: bool,
    /// Urgent documents only
    #[arg(long)]
    pub(super) urgent: bool,
}

#[derive(Args, Debug)]
pub(super) struct Preview {
    /// The schedule
    pub(super) schedule: String,
    /// For whom: address, member code or branch code
    #[arg(long, value_name = "ADDRESS|CODE")]
    pub(super) to: String,
    /// As it would be then, RFC 3339 [default: the next slot]
    #[arg(long, value_name = "RFC3339", conflicts_with = "edition")]
    pub(super) at: Option<String>,
    /// As it is in this edition
    #[arg(long, value_name = "EDITION")]
    pub(super) edition: Option<String>,
    /// The whole message, its page or its text
    #[arg(long, default_value = "eml")]
    pub(super) format: Form,
    /// Write it there
    #[arg(long, value_name = "FILE")]
    pub(super) out: Option<PathBuf>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(super) enum Form {
    Eml,
    Html,
    Text,
}

#[derive(Args, Debug)]
pub(super) struct Log {
    /// Carrying this document
    #[arg(long, value_name = "DOCUMENT")]
    pub(super) document: Option<String>,
    /// To this address or code
    #[arg(long, value_name = "ADDRESS|CODE")]
    pub(super) to: Option<String>,
    /// To this branch and its members, by code or name
    #[arg(long)]
    pub(super) branch: Option<String>,
    /// Of this edition
    #[arg(long)]
    pub(super) edition: Option<String>,
    /// Due then or later: 2026-11-01 or RFC 3339
    #[arg(long, value_name = "DATE")]
    pub(super) since: Option<String>,
    /// In this state
    #[arg(long, value_parser = state)]
    pub(super) state: Option<State>,
}

#[derive(Args, Debug)]
pub(super) struct Confirm {
    /// Who confirmed: the code of a member or branch
    #[arg(long, value_name = "CODE")]
    pub(super) to: String,
    /// Which document: d-7, file name or SYMBOL[@DATE]
    #[arg(long, value_name = "DOCUMENT")]
    pub(super) document: String,
    /// Who takes it down, for the record
    #[arg(long, value_name = "NAME", value_parser = somebody)]
    pub(super) by: Option<String>,
}

fn state(text: &str) -> Result<State, String> {
    text.parse().map_err(|known| format!("write {known}"))
}

#[derive(Args, Debug)]
pub(super) struct Resend {
    /// The edition, e-12
    pub(super) edition: String,
    /// Only what was refused or came back
    #[arg(long, conflicts_with = "to")]
    pub(super) failed: bool,
    /// This recipient's letter, even if it was sent
    #[arg(long, value_name = "ADDRESS|CODE")]
    pub(super) to: Option<String>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(super) enum Verdict {
    /// It arrived
    Sent,
    /// Send it once more, with the same Message-ID
    Resend,
}

#[derive(Debug, Subcommand)]
pub(super) enum Generate {
    /// Man pages, one a command
    Man {
        /// Where
        dir: PathBuf,
    },
    /// Completions for a shell, on stdout
    Completions {
        /// Which
        shell: clap_complete::Shell,
    },
}

/// The name of a person for the record: one that says who.
fn somebody(text: &str) -> Result<String, String> {
    let name = crate::spelling::line(text);
    if name.chars().any(char::is_alphanumeric) {
        Ok(name)
    } else {
        Err("say who: a name for the record / đề nghị ghi tên người quyết định".to_owned())
    }
}
