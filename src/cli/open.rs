//! Owns the opening of everything a command works with: the configuration with all its faults, the
//! ledger, randomness, the machine's name. It refuses to know what the command does.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context, Result};

use super::command::Global;
use super::secret;
use super::show::Screen;
use super::stop::Stop;
use crate::config::{Config, Fault, Level, Place, TEXT_BYTES_MAX};
use crate::courier::{self, Courier};
use crate::daemon::{Shell, now, sandbox};
use crate::deliver::Way;
use crate::inbox::{Inbox, Settings};
use crate::ingest::{self, Ingest, IngestError};
use crate::ledger::Ledger;
use crate::mailbox::{Account, Dialling, Mailbox, Stream};
use crate::organisation::Language;
use crate::publish::{self, Press};
use crate::sandbox::Sandbox;
use crate::schedule::Schedule;

/// Where the configuration is looked for.
const PLACES: [&str; 2] = ["phobien.toml", "/etc/phobien/phobien.toml"];

/// What most commands work with.
pub(super) struct Desk {
    pub(super) config: Config,
    pub(super) ledger: Ledger,
    pub(super) screen: Screen,
    /// The schedules that phobien makes of the configuration: the daily summary, reminders.
    pub(super) own: Vec<Schedule>,
}

impl Desk {
    /// Reads the configuration and opens the ledger.
    pub(super) async fn open(global: &Global) -> Result<Self> {
        let (config, screen) = Self::configured(global)?;
        Self::with(config, screen).await
    }

    /// Opens the ledger of a configuration.
    pub(super) async fn with(config: Config, screen: Screen) -> Result<Self> {
        let ledger = Ledger::open(&config.state_folder, key()).await?;
        Ok(Self {
            own: publish::own_schedules(&config),
            config,
            ledger,
            screen,
        })
    }

    /// The configuration, and how to speak.
    pub(super) fn configured(global: &Global) -> Result<(Config, Screen)> {
        let file = find(global)?;
        let config = match read(&file)? {
            Ok(config) => config,
            Err(faults) => {
                let language = global.lang.unwrap_or_else(spoken);
                return Err(Stop::usage(told(&faults, language)));
            }
        };
        let language = global.lang.unwrap_or(config.organisation.language);
        if !config.warnings.is_empty() {
            super::show::note(&told(&config.warnings, language));
        }
        let screen = Screen::new(language, global.json, config.organisation.time_zone);
        Ok((config, screen))
    }

    /// The configuration as publishing needs it.
    pub(super) fn press(&self) -> Press<'_> {
        let logo = self.config.letter.logo.as_ref();
        let logo = logo.and_then(|file| match std::fs::read(file) {
            Ok(bytes) => Some(bytes),
            Err(error) => {
                let words = format!("{}: {error}", file.display());
                self.screen.note(&words, &words);
                None
            }
        });
        Press {
            config: &self.config,
            logo,
        }
    }

    /// Where files are read.
    pub(super) fn sandbox(&self) -> Result<Sandbox> {
        Ok(sandbox(program()?, &self.config))
    }

    /// The documents folder, taken as it lies there now.
    pub(super) fn inbox(&self) -> Result<Inbox> {
        let folder = &self.config.documents.folder;
        let settings = Settings::new(Duration::ZERO, self.config.limits.file);
        let told = |error| IngestError::Folder(folder.display().to_string(), error);
        Ok(Inbox::open(folder, settings).map_err(told)?)
    }

    /// The step that takes files in.
    pub(super) fn ingest<'a>(&'a self, sandbox: &'a Sandbox) -> Ingest<'a> {
        Ingest {
            ledger: &self.ledger,
            sandbox,
            config: &self.config,
        }
    }

    /// Reads the roster into the ledger, guard included. Where it cannot be read the one on record
    /// serves, with a warning.
    pub(super) async fn read_roster(&self) -> Result<()> {
        let read = ingest::read_roster(&self.ledger, &self.config, false, now(), entropy).await;
        match read {
            Ok(read) => {
                if let Some(why) = read.kept_old {
                    let vi = format!("{}. Nếu đúng: phobien members accept", why.vi);
                    let en = format!("{}. If this is right: phobien members accept", why.en);
                    self.screen.note(&vi, &en);
                }
                let is_error = |f: &&crate::roster::Fault| f.level == crate::roster::Level::Error;
                let errors = read.faults.iter().filter(is_error).count();
                if errors > 0 {
                    let vi = format!("Danh sách có {errors} lỗi: phobien members check");
                    let en = format!("the roster has {errors} faults: phobien members check");
                    self.screen.note(&vi, &en);
                }
                Ok(())
            }
            Err(error @ IngestError::Ledger(_)) => Err(error.into()),
            Err(error) if self.ledger.has_members().await? => {
                let vi = format!("Dùng danh sách đã ghi nhận: {error}");
                let en = format!("the roster on record is used: {error}");
                self.screen.note(&vi, &en);
                Ok(())
            }
            Err(error) => Err(Stop::usage(error.to_string())),
        }
    }
}

/// The configuration file that is meant.
pub(super) fn find(global: &Global) -> Result<PathBuf> {
    if let Some(file) = &global.config {
        return Ok(file.clone());
    }
    let found = PLACES.iter().map(Path::new).find(|file| file.exists());
    found.map(Path::to_owned).ok_or_else(|| {
        Stop::usage(format!(
            "no configuration: neither {} nor {} is there; write one with `phobien init`, or name \
             it with --config FILE",
            PLACES[0], PLACES[1]
        ))
    })
}

/// Reads a configuration, or lists its faults.
pub(super) fn read(file: &Path) -> Result<std::result::Result<Config, Vec<Fault>>> {
    use std::io::Read;
    let stop = |why: &str| Stop::usage(format!("{}: {why}", file.display()));
    let unusable = |error: std::io::Error| match error.kind() {
        std::io::ErrorKind::InvalidData => stop("is not UTF-8; save the file as UTF-8 text"),
        _ => stop(&error.to_string()),
    };
    // Asked before opening: a pipe would keep us waiting for whoever writes into it.
    if !std::fs::metadata(file).map_err(unusable)?.is_file() {
        return Err(stop("is no file"));
    }
    let mut text = String::new();
    std::fs::File::open(file)
        .map_err(unusable)?
        // One byte more than may be, so that too much is seen and said.
        .take(TEXT_BYTES_MAX as u64 + 1)
        .read_to_string(&mut text)
        .map_err(unusable)?;
    Ok(Config::parse(&text, file))
}

/// Faults for people, one a line: file:line, key, what, what to write instead.
pub(super) fn told(faults: &[Fault], language: Language) -> String {
    let (error, warning, write) = match language {
        Language::Vi => ("lỗi", "lưu ý", "Ghi"),
        Language::En => ("error", "warning", "Write"),
    };
    let lines = faults.iter().map(|fault| {
        let level = match fault.level {
            Level::Error => error,
            Level::Warning => warning,
        };
        let key = if fault.key.is_empty() {
            String::new()
        } else {
            format!(" {}:", fault.key)
        };
        let instead = match fault.instead(language) {
            "" => String::new(),
            instead => format!(". {write}: {instead}"),
        };
        format!(
            "{}:{}: {level}:{key} {}{instead}",
            fault.file.display(),
            fault.line,
            fault.message(language)
        )
    });
    lines.collect::<Vec<_>>().join("\n")
}

/// What the daemon and the demo need of the command line.
pub(super) fn shell(config_file: PathBuf) -> Result<Shell> {
    Ok(Shell {
        config_file,
        read_config: |file| match read(file) {
            Ok(Ok(config)) => Ok(config),
            Ok(Err(faults)) => Err(told(&faults, spoken())),
            Err(error) => Err(error.to_string()),
        },
        make_way: |config| way(config).map_err(|error| format!("{error:#}")),
        make_mailbox: |config| mailbox(config).map_err(|error| format!("{error:#}")),
        entropy,
        chance,
        program: program()?,
    })
}

/// The way out as configured.
pub(super) fn way(config: &Config) -> Result<Way> {
    Ok(Way {
        courier: courier(config)?,
        signer: secret::signer(config)?.map(Arc::new),
    })
}

/// Who carries letters.
pub(super) fn courier(config: &Config) -> Result<Courier> {
    let password = secret::smtp_password(&config.smtp)?;
    let courier = Courier::new(&config.smtp, password, &local_name());
    courier.map_err(|fault| Stop::usage(fault.to_string()))
}

/// Where mail comes back to; none where the configuration names no such place.
pub(super) fn mailbox(config: &Config) -> Result<Option<Mailbox>> {
    let Some(mailbox) = &config.mailbox else {
        return Ok(None);
    };
    let (host, port, tls) = match &mailbox.place {
        Place::Maildir(folder) => return Ok(Some(Mailbox::Maildir(folder.clone()))),
        Place::Imap { host, port, tls } => (host.clone(), *port, *tls),
    };
    let user = mailbox.username.clone().unwrap_or_default();
    let ca_file = mailbox.ca_file.as_ref().or(config.smtp.ca_file.as_ref());
    let (ca_file, timeout) = (ca_file.cloned(), config.smtp.timeout);
    let name = format!("imap:{user}@{host}:{port}");
    let dial = move || -> Dialling {
        let (host, ca_file) = (host.clone(), ca_file.clone());
        Box::pin(async move {
            let reached = courier::reach((&host, port), tls, ca_file.as_deref(), timeout).await;
            let raw = reached.map_err(|none| none.to_string())?;
            Ok(Box::new(raw) as Stream)
        })
    };
    Ok(Some(Mailbox::Imap(Account {
        name,
        user,
        password: secret::mailbox_password(mailbox)?,
        dial: Arc::new(dial),
        timeout,
    })))
}

pub(super) fn program() -> Result<PathBuf> {
    std::env::current_exe().context("phobien's own program file cannot be found")
}

/// What the environment says.
#[allow(
    clippy::disallowed_methods,
    reason = "a shell may ask; everything below gets it as an argument"
)]
pub(super) fn environment(name: &str) -> Option<std::ffi::OsString> {
    std::env::var_os(name)
}

/// The language of the environment: Vietnamese where LANG says so.
pub(super) fn spoken() -> Language {
    let set = ["LC_ALL", "LC_MESSAGES", "LANG"]
        .into_iter()
        .find_map(|name| {
            environment(name)?
                .into_string()
                .ok()
                .filter(|v| !v.is_empty())
        });
    match set {
        Some(value) if value.to_ascii_lowercase().starts_with("vi") => Language::Vi,
        _ => Language::En,
    }
}

/// The machine's own name.
pub(super) fn node() -> String {
    let name = std::fs::read_to_string("/proc/sys/kernel/hostname").unwrap_or_default();
    super::show::safe(&name)
}

/// What EHLO says: the machine's name where it may be said, else an address literal (RFC 5321
/// §4.1.3).
pub(super) fn local_name() -> String {
    let name = node();
    let sayable = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '-');
    if !name.is_empty() && name.chars().all(sayable) {
        name
    } else {
        "[127.0.0.1]".to_owned()
    }
}

/// Randomness of the system.
pub(super) fn entropy() -> [u8; 16] {
    let mut bytes = [0; 16];
    getrandom::fill(&mut bytes)
        .unwrap_or_else(|_| unreachable!("a system without randomness cannot keep a ledger"));
    bytes
}

/// A fresh key for a new ledger.
fn key() -> [u8; 32] {
    let mut key = [0; 32];
    for half in key.chunks_mut(16) {
        half.copy_from_slice(&entropy());
    }
    key
}

/// A number in 0..1.
pub(super) fn chance() -> f64 {
    let bytes = entropy();
    let number = u32::from_be_bytes([bytes[0], bytes[1], bytes[2], bytes[3]]);
    f64::from(number) / (f64::from(u32::MAX) + 1.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn faults_say_where_what_and_what_instead() {
        let text = "[smtp]\nurl = 7\n";
        let faults = Config::parse(text, Path::new("a.toml")).unwrap_err();
        let told = told(&faults, Language::En);
        assert!(told.contains("a.toml:2: error: smtp.url:"), "{told}");
        assert!(told.contains(". Write: "), "{told}");
    }

    #[test]
    fn chance_stays_below_one() {
        assert!((0..100).map(|_| chance()).all(|c| (0.0..1.0).contains(&c)));
    }
}
