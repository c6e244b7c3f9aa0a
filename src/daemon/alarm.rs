//! Owns the alarm clock: one job a schedule that rings at its cron times. It refuses to be the
//! truth: a tick lost, doubled or late is harmless, since each asks the slot ledger what is due.

use std::sync::Arc;

use tokio::sync::Notify;
use tokio_cron_scheduler::{Job, JobScheduler};

use crate::schedule::Schedule;

/// Rings when a schedule's cron time comes.
pub(super) struct Alarm {
    bell: Arc<Notify>,
    scheduler: Option<JobScheduler>,
}

impl Alarm {
    /// Sets the alarm. Where that fails the sweep alone finds what is due.
    pub(super) async fn set(schedules: &[Schedule]) -> Self {
        let bell = Arc::new(Notify::new());
        let scheduler = match start(schedules, &bell).await {
            Ok(scheduler) => Some(scheduler),
            Err(error) => {
                tracing::warn!(%error, "alarm cannot be set; slots are found by the sweep");
                None
            }
        };
        Self { bell, scheduler }
    }

    pub(super) async fn rings(&self) {
        self.bell.notified().await;
    }

    pub(super) async fn unset(&mut self) {
        if let Some(mut scheduler) = self.scheduler.take()
            && let Err(error) = scheduler.shutdown().await
        {
            tracing::debug!(%error, "alarm did not stop");
        }
    }
}

async fn start(
    schedules: &[Schedule],
    bell: &Arc<Notify>,
) -> Result<JobScheduler, tokio_cron_scheduler::JobSchedulerError> {
    let scheduler = JobScheduler::new().await?;
    for schedule in schedules {
        let bell = Arc::clone(bell);
        let job = Job::new_async_tz(schedule.cron.as_str(), schedule.zone, move |_, _| {
            let bell = Arc::clone(&bell);
            Box::pin(async move { bell.notify_one() })
        })?;
        scheduler.add(job).await?;
    }
    scheduler.start().await?;
    Ok(scheduler)
}
