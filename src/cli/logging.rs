//! Owns where the log goes and how much of it: stderr, or the journal for the service. It refuses
//! to let libraries say what they were given: a password or an address must not reach a log.

use tracing_subscriber::EnvFilter;
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::util::SubscriberInitExt;

use super::command::LogLevel;
use super::open::environment;

/// Libraries that could log dialogue or statements with their values, or talk of themselves: at
/// most so much.
const CAPPED: [(&str, LogLevel); 7] = [
    ("lettre", LogLevel::Warn),
    ("sqlx", LogLevel::Error),
    ("rustls", LogLevel::Info),
    ("tokio_rustls", LogLevel::Info),
    ("notify", LogLevel::Info),
    ("tokio_cron_scheduler", LogLevel::Warn),
    // It writes down what it says, the password included.
    ("async_imap", LogLevel::Warn),
];

/// Starts the log. `service`: the command is `run`, whose log may belong to the journal.
pub(super) fn start(level: Option<LogLevel>, service: bool) {
    let usual = if service {
        LogLevel::Info
    } else {
        LogLevel::Warn
    };
    let filter = EnvFilter::new(directives(level.unwrap_or(usual)));
    let registry = tracing_subscriber::registry().with(filter);
    let journal = service && environment("JOURNAL_STREAM").is_some();
    let started = match journal.then(tracing_journald::layer) {
        Some(Ok(layer)) => registry.with(layer).try_init(),
        Some(Err(_)) | None => {
            let lines = tracing_subscriber::fmt::layer()
                .with_writer(std::io::stderr)
                .with_target(false)
                .with_ansi(std::io::IsTerminal::is_terminal(&std::io::stderr()));
            registry.with(lines).try_init()
        }
    };
    // Only a second start can fail, and then there is a log already.
    drop(started);
}

fn directives(level: LogLevel) -> String {
    let mut text = word(level).to_owned();
    for (library, cap) in CAPPED {
        text += &format!(",{library}={}", word(level.min(cap)));
    }
    text
}

fn word(level: LogLevel) -> &'static str {
    match level {
        LogLevel::Error => "error",
        LogLevel::Warn => "warn",
        LogLevel::Info => "info",
        LogLevel::Debug => "debug",
        LogLevel::Trace => "trace",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_level_uncaps_a_library() {
        assert_eq!(
            directives(LogLevel::Trace),
            "trace,lettre=warn,sqlx=error,rustls=info,tokio_rustls=info,notify=info,\
             tokio_cron_scheduler=warn,async_imap=warn"
        );
        assert!(directives(LogLevel::Error).contains("rustls=error"));
    }
}
