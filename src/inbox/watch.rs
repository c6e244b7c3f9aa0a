//! Owns the hint that something moved in the folder. It refuses to say what: a scan tells, and a
//! scan happens now and then without any hint, since some file systems give none.

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use notify::event::{AccessKind, AccessMode, EventKind};
use notify::{Config, Event, RecommendedWatcher, RecursiveMode, Watcher as _};
use tokio::sync::Notify;

#[derive(Debug, Default)]
struct Bell {
    rung: Notify,
    lame: AtomicBool,
}

/// Wakes whoever waits when the folder may have changed.
#[derive(Debug)]
pub struct Watcher {
    bell: Arc<Bell>,
    /// Held for its life: dropping it ends the watching.
    watcher: Option<RecommendedWatcher>,
}

impl Watcher {
    /// Watches a folder and what lies below it. Where that is impossible (the limit of watches is
    /// reached, the file system knows no events) the watcher never wakes anybody, and the sentence
    /// says why; scanning every now and then still finds everything.
    #[must_use]
    pub fn start(folder: &Path) -> (Self, Option<String>) {
        let bell = Arc::new(Bell::default());
        let ring = Arc::clone(&bell);
        let handler = move |event: notify::Result<Event>| match event {
            Ok(event) if is_hint(&event) => ring.rung.notify_one(),
            Ok(_) => {}
            Err(_) => {
                ring.lame.store(true, Ordering::Relaxed);
                ring.rung.notify_one();
            }
        };
        let config = Config::default().with_follow_symlinks(false);
        let started = RecommendedWatcher::new(handler, config).and_then(|mut watcher| {
            watcher.watch(folder, RecursiveMode::Recursive)?;
            Ok(watcher)
        });
        let (watcher, warning) = match started {
            Ok(watcher) => (Some(watcher), None),
            Err(error) => (
                None,
                Some(format!(
                    "the folder cannot be watched, it is only scanned now and then: {error}"
                )),
            ),
        };
        (Self { bell, watcher }, warning)
    }

    /// Ends when the folder may have changed since the last call ended. Many changes are one hint.
    pub async fn changed(&self) {
        if self.watcher.is_none() {
            std::future::pending::<()>().await;
        }
        self.bell.rung.notified().await;
    }

    /// True once, after the watching itself failed on the way (a new sub-folder over the limit of
    /// watches): hints may be missing from now on.
    #[must_use]
    pub fn became_lame(&self) -> bool {
        self.bell.lame.swap(false, Ordering::Relaxed)
    }
}

/// Reading is no change: a scan must not wake the next one.
fn is_hint(event: &Event) -> bool {
    match event.kind {
        EventKind::Access(AccessKind::Close(AccessMode::Write)) => true,
        EventKind::Access(_) => event.need_rescan(),
        _ => true,
    }
}
