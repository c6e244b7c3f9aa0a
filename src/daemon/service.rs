//! Owns the conversation with systemd and the signals. It refuses to say "alive" for a daemon whose
//! parts do not move.

use sd_notify::NotifyState;
use tokio::signal::unix::{Signal as Stream, SignalKind, signal};

/// What a signal asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Signal {
    /// SIGTERM or SIGINT: drain and end.
    Stop,
    /// SIGHUP: read configuration and roster again.
    Reload,
}

/// The signals listened to.
pub(super) struct Signals {
    terminate: Stream,
    interrupt: Stream,
    hang_up: Stream,
}

impl Signals {
    pub(super) fn listen() -> std::io::Result<Self> {
        Ok(Self {
            terminate: signal(SignalKind::terminate())?,
            interrupt: signal(SignalKind::interrupt())?,
            hang_up: signal(SignalKind::hangup())?,
        })
    }

    pub(super) async fn next(&mut self) -> Signal {
        tokio::select! {
            _ = self.terminate.recv() => Signal::Stop,
            _ = self.interrupt.recv() => Signal::Stop,
            _ = self.hang_up.recv() => Signal::Reload,
        }
    }
}

/// The service manager, where there is one.
pub(super) struct Service {
    status: String,
}

impl Service {
    pub(super) fn start() -> Self {
        Self {
            status: String::new(),
        }
    }

    pub(super) fn ready(&self) {
        say(&[NotifyState::Ready]);
    }

    pub(super) fn stopping(&self) {
        say(&[NotifyState::Stopping]);
    }

    /// Shows the status where it changed.
    pub(super) fn status(&mut self, status: &str) {
        if self.status != status {
            status.clone_into(&mut self.status);
            say(&[NotifyState::Status(status)]);
        }
    }
}

/// Feeds the watchdog: the daemon's parts move, be it in a folder of thousands of files.
pub(super) fn moving() {
    say(&[NotifyState::Watchdog]);
}

/// Without a service manager nobody listens, which is fine.
fn say(states: &[NotifyState<'_>]) {
    if let Err(error) = sd_notify::notify(states) {
        tracing::debug!(%error, "the service manager does not listen");
    }
}
