//! Owns the meaning of `phobien.toml`: text becomes a [`Config`] once, with all its faults at
//! once; after that nothing is checked again. It refuses to know anything that runs.

mod fault;
mod people;
mod schedules;
mod sections;
mod server;
mod value;
mod walk;

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::time::Duration;

use chrono::{NaiveDate, NaiveTime};
use chrono_tz::Tz;
use toml::de::DeTable;

use crate::organisation::{Address, Language};
use crate::schedule::{Calendar, Schedule};
use crate::spelling::words;

pub use fault::{Fault, Level};

/// The commented configuration that `init` writes: every key with its default.
pub const EXAMPLE: &str = include_str!("../../config/phobien.example.toml");
/// The least that a configuration must say.
pub const MINIMAL: &str = include_str!("../../config/phobien.minimal.toml");
/// Longest configuration, bytes.
pub const TEXT_BYTES_MAX: usize = 1 << 20;

/// What the configuration means. Built only by [`Config::parse`]; sizes are bytes.
#[derive(Clone, Debug)]
pub struct Config {
    /// The file it was read from.
    pub file: PathBuf,
    /// `[organisation]`
    pub organisation: Organisation,
    /// `[office]`
    pub office: Office,
    /// `[letter]`
    pub letter: LetterWords,
    /// `[documents]`
    pub documents: Documents,
    /// `[roster]`
    pub roster: Roster,
    /// `[state] folder`
    pub state_folder: PathBuf,
    /// `[mail]`
    pub mail: Mail,
    /// `[smtp]`
    pub smtp: Smtp,
    /// `[mailbox] reverse_path`, with `{token}`; none: the address of `[mail] from`
    pub reverse_path: Option<String>,
    /// `[mailbox]`; none: nobody reads what comes back
    pub mailbox: Option<Mailbox>,
    /// `[delivery]`
    pub delivery: Delivery,
    /// `[urgent] confirm = "required"`: urgent editions wait for a person
    pub urgent_confirm: bool,
    /// `[confirmation]`
    pub confirmation: Confirmation,
    /// `[[schedule]]`, in the order of the file
    pub schedules: Vec<Schedule>,
    /// `[calendar]`
    pub calendar: CalendarDays,
    /// `[retention] deliveries`, months: then the person is pseudonymised
    pub retention_months: u32,
    /// `[metrics] listen`: where figures are given out; none: nowhere
    pub metrics: Option<SocketAddr>,
    /// `[limits]`
    pub limits: Limits,
    /// What was understood, but may not have been meant.
    pub warnings: Vec<Fault>,
}

impl Config {
    /// Reads a whole configuration. Relative paths start at the folder of `file`; nothing is
    /// looked up on disk.
    ///
    /// # Errors
    /// Every fault at once, warnings included, in the order of the lines.
    pub fn parse(text: &str, file: &Path) -> Result<Self, Vec<Fault>> {
        let mut walk = walk::Walk::new(text, file);
        if text.len() > TEXT_BYTES_MAX {
            walk.syntax(&format!("more than {TEXT_BYTES_MAX} bytes"), None);
            return Err(walk.faults());
        }
        let (tree, errors) = DeTable::parse_recoverable(text);
        for error in errors {
            walk.syntax(error.message(), error.span());
        }
        let config = sections::config(&mut walk, tree.get_ref(), file);
        let faults = walk.faults();
        match config {
            Some(config) if faults.iter().all(|fault| fault.level == Level::Warning) => Ok(Self {
                warnings: faults,
                ..config
            }),
            _ => Err(faults),
        }
    }

    /// The days worked and the days off.
    #[must_use]
    pub fn calendar(&self) -> Calendar {
        let CalendarDays {
            holidays,
            working_days,
        } = &self.calendar;
        Calendar::new(holidays.iter().copied(), working_days.iter().copied())
    }
}

/// `[organisation]`
#[derive(Clone, Debug)]
pub struct Organisation {
    /// Its full name.
    pub name: String,
    /// Under whose name letters go out.
    pub signature: String,
    /// Whom to ask.
    pub contact: Option<String>,
    /// In which clock schedules and letters speak.
    pub time_zone: Tz,
    /// Its language.
    pub language: Language,
}

/// `[office]`
#[derive(Clone, Debug, Default)]
pub struct Office {
    /// Who gets summaries and notices.
    pub notify: Vec<Address>,
    /// When the daily summary goes.
    pub daily_summary: Option<NaiveTime>,
}

/// `[letter]`: words only.
#[derive(Clone, Debug)]
pub struct LetterWords {
    /// With `{name}`; none: the template's own.
    pub greeting: Option<String>,
    /// None: the template's own.
    pub intro: Option<String>,
    /// An extra line above the legal footer.
    pub footer: Option<String>,
    /// `#rrggbb`
    pub accent: String,
    /// A PNG or JPEG.
    pub logo: Option<PathBuf>,
    /// Attachment names in plain ASCII.
    pub ascii_file_names: bool,
}

words! {
    /// `[documents] ocr`
    Ocr {
        /// Scans are never read.
        Off = "off",
        /// What is read from a scan helps a person and never releases.
        Assist = "assist",
        /// All pages are read and believed.
        Trust = "trust",
    }
}

words! {
    /// `[documents] picture_marks`: an unread picture in the upper third of page 1.
    PictureMarks {
        /// It may be a secrecy mark: a person looks.
        Review = "review",
        /// It is taken for decoration.
        Ignore = "ignore",
    }
}

/// `[documents]`
#[derive(Clone, Debug)]
pub struct Documents {
    /// Where the office drops files.
    pub folder: PathBuf,
    /// Complete after this long without a change.
    pub settle: Duration,
    /// How often the folder is read whole.
    pub rescan: Duration,
    /// `approval = "required"`
    pub approval_required: bool,
    /// The first-ingest guard.
    pub first_ingest_max: usize,
    /// What is done with scans.
    pub ocr: Ocr,
    /// Pages of a scan that are read.
    pub ocr_pages: usize,
    /// What an unread picture means.
    pub picture_marks: PictureMarks,
    /// Where to read what does not fit a letter.
    pub read_at: Option<String>,
}

/// `[roster]`
#[derive(Clone, Debug)]
pub struct Roster {
    /// `.xlsx`, `.csv` or `.toml`
    pub file: PathBuf,
    /// For CSV rosters: the list of branches.
    pub branches: Option<PathBuf>,
}

/// `[mail]`
#[derive(Clone, Debug)]
pub struct Mail {
    /// Display name of From.
    pub from_name: Option<String>,
    /// Address of From, and the reverse-path where no other is configured.
    pub from: Address,
    /// Reply-To.
    pub reply_to: Option<Address>,
    /// Bytes of a whole message above which attachments become a line.
    pub message_size_max: u64,
    /// Who signs letters, where phobien does.
    pub dkim: Option<Dkim>,
}

/// `[mail] dkim`
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Dkim {
    /// The domain that signs.
    pub domain: String,
    /// Which of its keys.
    pub selector: String,
    /// The private key; none where the credential `mail-dkim` holds it.
    pub key_file: Option<PathBuf>,
}

/// How the connection to the server is secured.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Security {
    /// Plain; only ever to loopback.
    Plain,
    /// STARTTLS, required (RFC 3207).
    StartTls,
    /// TLS from the first byte (RFC 8314).
    Implicit,
}

/// Where letters go.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Transport {
    /// A submission server.
    Smtp {
        /// Its name, as its certificate says.
        host: String,
        /// Its port.
        port: u16,
        /// TLS or not.
        security: Security,
    },
    /// `maildir:PATH`
    Maildir(PathBuf),
}

/// `[smtp]`
#[derive(Clone, Debug)]
pub struct Smtp {
    /// `url`
    pub transport: Transport,
    /// Who logs in.
    pub username: Option<String>,
    /// Where the password stands; none: the credential `smtp-password`.
    pub password_file: Option<PathBuf>,
    /// Roots added to the system's.
    pub ca_file: Option<PathBuf>,
    /// Connections at once.
    pub connections: usize,
    /// Messages a minute.
    pub rate_per_minute: Option<u32>,
    /// Deadline of each stage of the dialogue but the last.
    pub timeout: Duration,
    /// Deadline of the reply to the final dot.
    pub final_timeout: Duration,
}

/// Where letters come back to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Place {
    /// INBOX of an IMAP server.
    Imap {
        /// Its name, as its certificate says.
        host: String,
        /// Its port.
        port: u16,
        /// TLS from the first byte (RFC 8314); without it only ever to loopback.
        tls: bool,
    },
    /// `maildir:PATH`
    Maildir(PathBuf),
}

/// `[mailbox]`, where it has a url.
#[derive(Clone, Debug)]
pub struct Mailbox {
    /// `url`
    pub place: Place,
    /// Who logs in.
    pub username: Option<String>,
    /// Where the password stands; none: the credential `mailbox-password`.
    pub password_file: Option<PathBuf>,
    /// Roots added to the system's; default: those of `[smtp] ca_file`.
    pub ca_file: Option<PathBuf>,
    /// How often it is read.
    pub every: Duration,
}

/// `[delivery]`
#[derive(Clone, Debug)]
pub struct Delivery {
    /// Waits between attempts; the last one repeats.
    pub retry_after: Vec<Duration>,
    /// Counted from the first attempt that got a reply to RCPT.
    pub give_up_after: Duration,
    /// `on_unknown = "hold"`: a person decides.
    pub hold_unknown: bool,
    /// Wait before an unknown delivery is sent again.
    pub unknown_after: Duration,
    /// How many deliveries may be unsettled at once: what a crash can double.
    pub in_doubt_max: usize,
    /// How far back a new member is owed documents.
    pub new_member_days: u32,
}

/// `[confirmation]`
#[derive(Clone, Debug)]
pub struct Confirmation {
    /// Members are asked to confirm that they studied what they were sent.
    pub ask: bool,
    /// By when, from the letter on.
    pub within: Duration,
    /// When reminders go, from the letter on; shortest first, few.
    pub remind_after: Vec<Duration>,
    /// At what time of a working day.
    pub remind_at: NaiveTime,
}

/// `[calendar]`, on top of the built-in public holidays.
#[derive(Clone, Debug, Default)]
pub struct CalendarDays {
    /// Further days off.
    pub holidays: Vec<NaiveDate>,
    /// Days worked although a weekend or holiday.
    pub working_days: Vec<NaiveDate>,
}

/// `[limits]`
#[derive(Clone, Debug)]
pub struct Limits {
    /// Bytes of a file.
    pub file: u64,
    /// Pages read.
    pub pages: usize,
    /// Bytes of text kept.
    pub text: u64,
    /// Entries of a ZIP.
    pub zip_entries: usize,
    /// Bytes of one unpacked ZIP entry.
    pub zip_part: u64,
    /// Bytes of all of them.
    pub zip_total: u64,
    /// Unpacked to packed bytes, at most.
    pub zip_ratio: u64,
    /// CPU time of an extraction.
    pub extract_cpu: Duration,
    /// Memory of an extraction.
    pub extract_memory: u64,
    /// Attachments of a letter.
    pub attachments: usize,
}

#[cfg(test)]
mod tests;
