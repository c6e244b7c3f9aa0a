//! Owns the alarm clock: one job a schedule that rings at its cron times. It refuses to be the
//! truth: a tick lost, doubled or late is harmless, since each asks the slot ledger what is due.
//!
//! The scheduler looks at its jobs twice a second for as long as it lives, its tasks outlive it,
//! and it keeps a zone's offset as it was when a job was made. So it is made anew for each time of
//! the schedules, shortly before it, in a runtime that ends with it.

use std::sync::Arc;
use std::time::Duration;

use chrono::{DateTime, TimeZone, Utc};
use tokio::runtime;
use tokio::sync::Notify;
use tokio::task::JoinHandle;
use tokio_cron_scheduler::{Job, JobScheduler, JobSchedulerError};

use super::clock::now;
use crate::schedule::Schedule;

/// How long before its time a job is made.
const EARLY: Duration = Duration::from_secs(3);
/// How long after its time the scheduler is kept.
const LATE: Duration = Duration::from_secs(2);
/// The clock is looked at this often at least: it may be set, and the machine may sleep.
const LOOK: Duration = Duration::from_secs(60);

/// Rings when a schedule's cron time comes.
pub(super) struct Alarm {
    bell: Arc<Notify>,
    keeper: JoinHandle<()>,
}

impl Alarm {
    /// Sets the alarm. Where that fails the sweep alone finds what is due.
    pub(super) fn set(schedules: &[Schedule]) -> Self {
        let bell = Arc::new(Notify::new());
        let keeper = tokio::spawn(keep(schedules.to_vec(), Arc::clone(&bell)));
        Self { bell, keeper }
    }

    pub(super) async fn rings(&self) {
        self.bell.notified().await;
    }
}

impl Drop for Alarm {
    fn drop(&mut self) {
        self.keeper.abort();
    }
}

async fn keep(schedules: Vec<Schedule>, bell: Arc<Notify>) {
    loop {
        let times = schedules.iter().filter_map(|s| next(s, now()));
        let wait = times.min().and_then(|at| (at - now()).to_std().ok());
        match wait {
            Some(wait) if wait <= EARLY => {
                let (schedules, bell) = (schedules.clone(), Arc::clone(&bell));
                // Not one of the runtime's own threads, which it would wait for at the end.
                std::thread::spawn(move || {
                    if let Err(error) = tick(&schedules, &bell) {
                        tracing::warn!(%error, "no alarm; slots are found by the sweep");
                    }
                });
                tokio::time::sleep(wait + LATE).await;
            }
            wait => {
                let nap = wait.map_or(LOOK, |wait| (wait - EARLY).min(LOOK));
                tokio::time::sleep(nap + Duration::from_millis(10)).await;
            }
        }
    }
}

/// The cron time of a schedule after `after`. One that the zone's clock leaves out is none.
fn next(schedule: &Schedule, after: DateTime<Utc>) -> Option<DateTime<Utc>> {
    let mut local = after.with_timezone(&schedule.zone).naive_local();
    loop {
        local = schedule.cron.next_local(local)?;
        let at = schedule.zone.from_local_datetime(&local).earliest();
        if let Some(at) = at.filter(|at| *at > after) {
            return Some(at.to_utc());
        }
    }
}

/// Lets a scheduler live around one time of the schedules.
fn tick(schedules: &[Schedule], bell: &Arc<Notify>) -> Result<(), Box<dyn std::error::Error>> {
    let runtime = runtime::Builder::new_current_thread()
        .enable_time()
        .build()?;
    let lived = runtime.block_on(async {
        let mut scheduler = JobScheduler::new().await?;
        for schedule in schedules {
            scheduler.add(job(schedule, bell)?).await?;
        }
        scheduler.start().await?;
        tokio::time::sleep(EARLY + LATE).await;
        scheduler.shutdown().await
    });
    Ok(lived?)
}

fn job(schedule: &Schedule, bell: &Arc<Notify>) -> Result<Job, JobSchedulerError> {
    let bell = Arc::clone(bell);
    Job::new_async_tz(schedule.cron.as_str(), schedule.zone, move |_, _| {
        let bell = Arc::clone(&bell);
        Box::pin(async move { bell.notify_one() })
    })
}
