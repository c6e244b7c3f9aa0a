//! Owns the figures: their names, their help, and how they are gathered when somebody asks. It
//! refuses to keep any of them, and to label one with a person, an address or a document.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};

use chrono::{DateTime, Utc};
use prometheus_client::encoding::text::encode;
use prometheus_client::metrics::counter::ConstCounter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::{ConstGauge, Gauge};
use prometheus_client::metrics::info::Info;
use prometheus_client::registry::{Registry, Unit};

use crate::config::Config;
use crate::daemon::now;
use crate::deliver::Tally;
use crate::ledger::{Ledger, LedgerError};
use crate::organisation::Language;
use crate::publish::{self, PublishError};
use crate::sandbox::Meter;

/// A label and its value.
type Label = [(&'static str, String); 1];

/// Why there are no figures.
#[derive(Debug, thiserror::Error)]
pub(in crate::daemon) enum FiguresError {
    #[error(transparent)]
    Ledger(#[from] LedgerError),
    #[error(transparent)]
    Publish(#[from] PublishError),
    #[error(transparent)]
    Format(#[from] fmt::Error),
}

/// Where the figures come from.
pub(in crate::daemon) struct Source {
    pub(in crate::daemon) ledger: Ledger,
    pub(in crate::daemon) config: Config,
    /// How the running delivery counts.
    pub(in crate::daemon) tally: Arc<Mutex<Tally>>,
    /// How the reading of files counts.
    pub(in crate::daemon) meter: Arc<Meter>,
}

impl Source {
    /// All figures as they are now, in the text format.
    pub(super) async fn text(&self) -> Result<String, FiguresError> {
        let at = now();
        let queue = self.ledger.queue().await?;
        let matters = publish::matters(&self.ledger, &self.config, Language::En, at).await?;
        let mut kinds = BTreeMap::new();
        for matter in matters {
            *kinds.entry(matter.what).or_insert(0) += 1;
        }
        let mut page = Page(Registry::with_prefix("phobien"));
        page.build();
        page.family(
            ("deliveries", "Letters that still wait", "state"),
            [
                ("pending", queue.pending),
                ("sending", queue.sending),
                ("deferred", queue.deferred),
                ("unknown", queue.unknown),
            ]
            .map(|(state, count)| (state.to_owned(), count)),
        );
        let oldest = self.ledger.oldest_waiting().await?;
        page.seconds(
            "oldest_delivery_age",
            "How long ago the oldest letter that still waits was due; 0 where none waits",
            oldest.map_or(0.0, |due| age(due, at)),
        );
        let slots = self.ledger.last_due(at).await?;
        page.family(
            (
                "schedule_last_due_timestamp_seconds",
                "The last slot of a schedule that was seen to",
                "schedule",
            ),
            slots
                .into_iter()
                .map(|(name, due)| (name, due.timestamp().cast_unsigned())),
        );
        page.family(
            (
                "files",
                "Files of the documents folder by what was decided",
                "disposition",
            ),
            self.ledger.files_by_disposition().await?,
        );
        page.family(("attention", "Matters that need a person", "what"), kinds);
        let tally = *self.tally.lock().unwrap_or_else(PoisonError::into_inner);
        page.attempts(&tally);
        page.readings(&self.meter);
        let mut text = String::new();
        encode(&mut text, &page.0)?;
        Ok(text)
    }
}

/// The page being written.
struct Page(Registry);

impl Page {
    fn build(&mut self) {
        let version = env!("CARGO_PKG_VERSION");
        let info = Info::new([("version", version)]);
        self.0.register("build", "Which phobien runs", info);
    }

    fn family(
        &mut self,
        (name, help, label): (&str, &str, &'static str),
        values: impl IntoIterator<Item = (String, u64)>,
    ) {
        let family = Family::<Label, Gauge>::default();
        for (value, count) in values {
            let count = i64::try_from(count).unwrap_or(i64::MAX);
            family.get_or_create(&[(label, value)]).set(count);
        }
        self.0.register(name, help, family);
    }

    fn seconds(&mut self, name: &str, help: &str, value: f64) {
        let gauge = ConstGauge::new(value);
        self.0.register_with_unit(name, help, Unit::Seconds, gauge);
    }

    fn attempts(&mut self, tally: &Tally) {
        let family = Family::<Label, prometheus_client::metrics::counter::Counter>::default();
        for (outcome, count) in [
            ("sent", tally.sent),
            ("deferred", tally.put_off),
            ("failed", tally.failed),
            ("unknown", tally.in_doubt),
        ] {
            let label = [("outcome", outcome.to_owned())];
            family.get_or_create(&label).inc_by(count);
        }
        let help = "Attempts by their outcome since delivery was started";
        self.0.register("attempts", help, family);
    }

    fn readings(&mut self, meter: &Meter) {
        let files = ConstCounter::new(meter.files());
        let help = "Files read in a child since the start";
        self.0.register("extractions", help, files);
        let took = ConstCounter::new(meter.took().as_secs_f64());
        let help = "Time spent reading files in children since the start";
        self.0
            .register_with_unit("extraction", help, Unit::Seconds, took);
    }
}

fn age(due: DateTime<Utc>, now: DateTime<Utc>) -> f64 {
    (now - due).num_milliseconds().max(0) as f64 / 1000.0
}
