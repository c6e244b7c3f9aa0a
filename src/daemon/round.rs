//! Owns one turn of the service: reload what changed, take in files, publish what is due. It
//! refuses to remember anything that the ledger should know.

use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant, SystemTime};

use anyhow::{Context, Result};

use super::Shell;
use super::alarm::Alarm;
use super::clock::{self, now};
use super::machine::sandbox;
use super::matter;
use crate::config::Config;
use crate::inbox::{Inbox, Settings, Watcher};
use crate::ingest::{self, Ingest};
use crate::ledger::{Ledger, LedgerError, Written, set_meta};
use crate::publish::{self, Order, Press, PublishError};
use crate::sandbox::{Meter, Sandbox};

/// The ledger's note that the clock jumped and publishing is held; `resume clock` removes it.
pub const CLOCK_HELD: &str = "clock_held";

/// What woke the daemon.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Woken {
    Start,
    Reload,
    Folder,
    Alarm,
    Sweep,
}

/// What a turn came to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Turned {
    /// Nothing can have come since the last one, or nothing had.
    Quiet,
    /// All was asked.
    Asked,
    /// All was asked, and the configuration is another now.
    Reloaded,
}

/// What is due is asked at least this often, whatever happens.
const ASK: Duration = Duration::from_secs(60);

/// What tells one state of a watched file from another.
type Stamp = Option<(SystemTime, u64)>;

/// Everything a turn works with.
pub(super) struct Round {
    pub(super) shell: Shell,
    pub(super) config: Config,
    pub(super) ledger: Ledger,
    inbox: Inbox,
    watcher: Watcher,
    pub(super) sandbox: Sandbox,
    /// How the reading of files counts, over all configurations.
    pub(super) meter: Arc<Meter>,
    alarm: Alarm,
    clock: clock::Watch,
    config_stamp: Stamp,
    roster_stamp: Stamp,
    scanned_at: Option<Instant>,
    /// When all was asked last, and how the ledger stood then.
    asked: Option<(Instant, Option<Written>)>,
    settling: bool,
    /// More files lie in the folder than one look takes in.
    behind: bool,
}

impl Round {
    pub(super) async fn open(shell: Shell, config: Config, ledger: Ledger) -> Result<Self> {
        let (inbox, watcher) = open_folder(&config)?;
        let meter = Arc::<Meter>::default();
        let sandbox = sandbox(shell.program.clone(), &config);
        // It starts with this configuration, so no older one stays.
        matter::untell(&ledger, "configuration", "file").await;
        Ok(Self {
            sandbox: sandbox.with_meter(Arc::clone(&meter)),
            meter,
            alarm: Alarm::set(&config.schedules),
            clock: clock::Watch::start(),
            config_stamp: stamp(&shell.config_file),
            roster_stamp: None,
            scanned_at: None,
            asked: None,
            settling: false,
            behind: false,
            inbox,
            watcher,
            shell,
            config,
            ledger,
        })
    }

    pub(super) async fn folder_changed(&self) {
        self.watcher.changed().await;
        // A copy raises many events; one look after it serves them all.
        tokio::time::sleep(Duration::from_millis(200)).await;
    }

    pub(super) async fn alarm(&self) {
        self.alarm.rings().await;
    }

    /// How long to sleep at most before the next turn.
    pub(super) fn nap(&self, sweep: Duration) -> Duration {
        let nap = sweep.min(self.config.documents.rescan);
        if self.behind {
            Duration::ZERO
        } else if self.settling {
            nap.min(self.config.documents.settle / 2 + POLL_MIN)
        } else {
            nap
        }
    }

    /// One turn. Whatever fails is told and tried again at the next one: bad input never stops
    /// the daemon.
    pub(super) async fn turn(&mut self, woken: Woken) -> Turned {
        let reloaded = self.reload(woken).await;
        self.watch_clock().await;
        if woken == Woken::Sweep && !reloaded && self.is_quiet() {
            // A rescan is for events that were missed: mostly it finds nothing, and asks no more.
            if self.scan_is_due() && !self.clock_is_held().await {
                self.look(woken).await;
            }
            if self.is_quiet() {
                return Turned::Quiet;
            }
        }
        let stood = self.is_as_asked();
        self.ask(woken).await;
        if reloaded {
            Turned::Reloaded
        } else if woken == Woken::Sweep && stood && self.is_as_asked() {
            // It was only a minute ago, and nothing came of it.
            Turned::Quiet
        } else {
            Turned::Asked
        }
    }

    /// Takes in what came, publishes what is due.
    async fn ask(&mut self, woken: Woken) {
        self.asked = Some((Instant::now(), self.ledger.written()));
        if self.clock_is_held().await {
            // What is taken in now would be of a wrong day, and owed to nobody or to everybody.
            return;
        }
        self.roster(woken).await;
        self.look(woken).await;
        match self.tell_office().await {
            Ok(()) => self.untell("publish", "office").await,
            Err(error) => self.tell("publish", "office", &error.to_string()).await,
        }
        if self.behind {
            // Half a folder is no ground for an edition, nor for the guard of the first ingest.
            return;
        }
        match self.publish().await {
            Ok(()) => self.untell("publish", "publish").await,
            Err(PublishError::NoRoster) => {}
            Err(error) => self.tell("publish", "publish", &error.to_string()).await,
        }
        self.keep_the_period().await;
    }

    /// True where nothing can have come since all was asked: nobody wrote to the ledger, no time
    /// of a schedule came (the alarm rings for it), and it is not long ago.
    fn is_quiet(&self) -> bool {
        let roster = stamp(&self.config.roster.file);
        let asked = self.asked.as_ref();
        let lately = asked.is_some_and(|(at, _)| at.elapsed() < ASK);
        lately
            && self.is_as_asked()
            && !self.settling
            && !self.behind
            && roster.is_some()
            && roster == self.roster_stamp
    }

    /// True where the ledger stands as it did when all was asked.
    fn is_as_asked(&self) -> bool {
        let asked = self.asked.as_ref().and_then(|(_, then)| then.as_ref());
        asked.is_some() && asked == self.ledger.written().as_ref()
    }

    fn scan_is_due(&self) -> bool {
        let rescan = self.config.documents.rescan;
        self.scanned_at.is_none_or(|at| at.elapsed() >= rescan)
    }

    /// Reads the configuration again on SIGHUP or when its file changed; a faulty one changes
    /// nothing and is told.
    async fn reload(&mut self, woken: Woken) -> bool {
        let stamp = stamp(&self.shell.config_file);
        if woken != Woken::Reload && stamp == self.config_stamp {
            return false;
        }
        self.config_stamp = stamp;
        let config = match (self.shell.read_config)(&self.shell.config_file) {
            Ok(config) => config,
            Err(faults) => {
                let words = format!(
                    "cấu hình mới có lỗi nên giữ cấu hình cũ: {faults} / the new \
                             configuration has faults, the old one stays: {faults}"
                );
                self.tell("configuration", "file", &words).await;
                return false;
            }
        };
        if config.state_folder != self.config.state_folder {
            let words = "[state] folder đã đổi; khởi động lại dịch vụ để dùng / [state] folder \
                         changed; restart the service to use it";
            self.tell("configuration", "state", words).await;
            return false;
        }
        let opened = open_folder(&config).and_then(|folder| {
            Ok((
                folder,
                (self.shell.make_way)(&config).map_err(anyhow::Error::msg)?,
            ))
        });
        let ((inbox, watcher), _) = match opened {
            Ok(opened) => opened,
            Err(error) => {
                let words = format!(
                    "không dùng được cấu hình mới nên giữ cấu hình cũ: {error:#} / the new \
                             configuration cannot be used, the old one stays: {error:#}"
                );
                self.tell("configuration", "file", &words).await;
                return false;
            }
        };
        (self.inbox, self.watcher) = (inbox, watcher);
        let sandbox = sandbox(self.shell.program.clone(), &config);
        self.sandbox = sandbox.with_meter(Arc::clone(&self.meter));
        self.alarm = Alarm::set(&config.schedules);
        self.config = config;
        self.roster_stamp = None;
        self.untell("configuration", "file").await;
        tracing::info!("configuration read again");
        true
    }

    /// Reads the roster again on SIGHUP or when its file changed.
    async fn roster(&mut self, woken: Woken) {
        let stamp = stamp(&self.config.roster.file);
        if woken != Woken::Reload && stamp == self.roster_stamp && stamp.is_some() {
            return;
        }
        let entropy = self.shell.entropy;
        let read = ingest::read_roster(&self.ledger, &self.config, false, now(), entropy).await;
        match read {
            Ok(read) => {
                self.roster_stamp = stamp;
                self.untell("roster", "file").await;
                match read.kept_old {
                    Some(why) => tracing::warn!(why = why.en, "roster"),
                    None => tracing::info!(
                        members = read.members,
                        faults = read.faults.len(),
                        "roster read"
                    ),
                }
            }
            Err(error) => {
                let words = format!(
                    "không đọc được danh sách nên giữ danh sách cũ: {error} / the roster cannot be \
                     read, the old one stays: {error}"
                );
                self.tell("roster", "file", &words).await;
            }
        }
    }

    /// Looks into the folder where that is due; what is wrong with it is told.
    async fn look(&mut self, woken: Woken) {
        if let Err(error) = self.scan(woken).await {
            self.tell("folder", "documents", &format!("{error:#}"))
                .await;
        }
    }

    async fn scan(&mut self, woken: Woken) -> Result<()> {
        if !self.scan_is_due()
            && !self.settling
            && !self.behind
            && !matches!(woken, Woken::Folder | Woken::Reload)
        {
            return Ok(());
        }
        #[allow(
            clippy::disallowed_methods,
            reason = "the daemon is where time comes from"
        )]
        let monotonic = Instant::now();
        self.scanned_at = Some(monotonic);
        if !self.inbox.is_at(&self.config.documents.folder) {
            match open_folder(&self.config) {
                Ok(opened) => (self.inbox, self.watcher) = opened,
                Err(error) => {
                    let words = format!(
                        "không dùng được thư mục tiếp nhận {}, văn bản đưa vào chưa được thấy / \
                         {error:#}; what is dropped is not seen until it can be",
                        self.config.documents.folder.display()
                    );
                    self.tell("folder", "documents", &words).await;
                    return Ok(());
                }
            }
            tracing::info!("another documents folder stands at the path; it is used from now on");
        }
        let step = Ingest {
            ledger: &self.ledger,
            sandbox: &self.sandbox,
            config: &self.config,
        };
        let scanned = step
            .scan(&mut self.inbox, (now(), monotonic), |_| {
                super::service::moving()
            })
            .await?;
        self.settling = scanned.waiting > 0;
        self.behind = scanned.left > 0;
        if self.watcher.became_lame() {
            tracing::warn!("folder events are incomplete; files are found by the rescan");
        }
        match scanned.troubles.first() {
            Some(trouble) => self.tell("folder", "documents", trouble).await,
            None => self.untell("folder", "documents").await,
        }
        Ok(())
    }

    /// A wrong date must not send a month of editions: a jump holds publishing.
    async fn watch_clock(&mut self) {
        if let Some(jump) = self.clock.jumped() {
            let words = format!(
                "đồng hồ máy lệch {0} phút nên chưa tiếp nhận, chưa gửi gì / the clock jumped by \
                 {0} minutes; nothing is taken in or published until `phobien resume clock`",
                jump.num_minutes()
            );
            if let Err(error) = self.hold_clock().await {
                tracing::error!(%error, "ledger");
            }
            self.tell("clock", "clock", &words).await;
        }
    }

    async fn hold_clock(&self) -> std::result::Result<(), LedgerError> {
        let mut tx = self.ledger.begin().await?;
        set_meta(&mut tx, CLOCK_HELD, &now().to_rfc3339()).await?;
        tx.commit().await?;
        Ok(())
    }

    /// True where a jump waits for a person. A ledger that cannot be read says so elsewhere.
    async fn clock_is_held(&self) -> bool {
        let held = self.ledger.meta(CLOCK_HELD).await;
        held.is_ok_and(|value| value.is_some_and(|at| !at.is_empty()))
    }

    /// Urgent documents at once, then every slot that is due and has no edition, then what makes
    /// up for letters that must not go any more.
    async fn publish(&mut self) -> publish::Result<()> {
        let press = self.press();
        if let Some(count) = publish::first_ingest_waits(&self.ledger, &self.config).await? {
            return Err(PublishError::FirstIngest(count));
        }
        if let Some(order) = publish::urgent_order(&self.ledger, &self.config, now()).await? {
            self.issue(&press, &order).await?;
        }
        let calendar = self.config.calendar();
        let reminders = publish::reminder_schedule(&self.config);
        let schedules: Vec<_> = self
            .config
            .schedules
            .iter()
            .cloned()
            .chain(reminders)
            .collect();
        let due = publish::due_slots(&self.ledger, &schedules, &calendar, now()).await?;
        for (schedule, slot, why) in due.skip {
            publish::skip(&self.ledger, &schedule, slot, why, now()).await?;
        }
        for order in due.run {
            self.issue(&press, &order).await?;
        }
        for order in publish::make_up_orders(&self.ledger, &self.config, now()).await? {
            self.issue(&press, &order).await?;
        }
        Ok(())
    }

    /// What ended since the last look, and the day once a day, goes to the office.
    async fn tell_office(&self) -> publish::Result<()> {
        for edition in publish::tell_office(&self.ledger, &self.press(), now()).await? {
            tracing::info!(edition = %edition.id, schedule = edition.schedule, "office told");
        }
        Ok(())
    }

    fn press(&self) -> Press<'_> {
        let logo = self.config.letter.logo.as_ref();
        Press {
            config: &self.config,
            logo: logo.and_then(|file| std::fs::read(file).ok()),
        }
    }

    async fn issue(&self, press: &Press<'_>, order: &Order) -> publish::Result<()> {
        let published = publish::publish(&self.ledger, press, order, now()).await?;
        if published.new {
            let edition = &published.edition;
            tracing::info!(
                edition = %edition.id,
                schedule = edition.schedule,
                state = %edition.state,
                deliveries = edition.total,
                "edition published"
            );
        }
        Ok(())
    }

    /// One line for the service manager.
    pub(super) async fn summary(&self) -> String {
        let calendar = self.config.calendar();
        let next = publish::upcoming(&self.config.schedules, &calendar, 1, now());
        let queue = self.ledger.queue().await.unwrap_or_default();
        let waiting = queue.pending + queue.sending + queue.deferred + queue.unknown;
        let next = next.first().map_or_else(String::new, |(name, slot)| {
            let zone = self.config.organisation.time_zone;
            format!(
                "; next: {name} {}",
                slot.due_at.with_timezone(&zone).format("%d/%m %H:%M")
            )
        });
        format!("{waiting} letters waiting{next}")
    }

    /// Puts a matter where a person sees it, and in the journal.
    pub(super) async fn tell(&self, what: &str, about: &str, detail: &str) {
        matter::tell(&self.ledger, what, about, detail).await;
    }

    pub(super) async fn untell(&self, what: &str, about: &str) {
        matter::untell(&self.ledger, what, about).await;
    }
}

/// How soon a settling file is looked at again, at least.
const POLL_MIN: Duration = Duration::from_millis(250);

fn open_folder(config: &Config) -> Result<(Inbox, Watcher)> {
    let folder = &config.documents.folder;
    let settings = Settings::new(config.documents.settle, config.limits.file);
    let inbox = Inbox::open(folder, settings)
        .with_context(|| format!("documents folder {} cannot be used", folder.display()))?;
    let (watcher, warning) = Watcher::start(folder);
    if let Some(warning) = warning {
        tracing::warn!(warning, "files are found by the rescan");
    }
    Ok((inbox, watcher))
}

fn stamp(file: &Path) -> Stamp {
    let meta = std::fs::metadata(file).ok()?;
    Some((meta.modified().ok()?, meta.len()))
}
