//! Owns chance and time of a simulated world: one seed, one thread, no other source of either. It
//! refuses to know what is decided by them.

use std::cell::Cell;
use std::ops::RangeInclusive;
use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};
use tokio::time::Instant;

use crate::peer::mixed;

thread_local! {
    static DRAWN: Cell<u64> = const { Cell::new(0) };
    static BEGUN: Cell<Option<Instant>> = const { Cell::new(None) };
}

/// Begins a world on this thread: its chance and its time. The runtime's clock is paused.
pub(crate) fn begin(seed: u64) {
    DRAWN.set(mixed(seed));
    BEGUN.set(Some(Instant::now()));
}

/// The next number. A world runs on one thread and in one order, so the draws do too.
pub(crate) fn draw() -> u64 {
    let drawn = DRAWN.get().wrapping_add(0x9e37_79b9_7f4a_7c15);
    DRAWN.set(drawn);
    mixed(drawn)
}

/// One of so many.
pub(crate) fn pick(range: RangeInclusive<u64>) -> u64 {
    range.start() + draw() % (range.end() - range.start() + 1)
}

/// True so many times in a thousand.
pub(crate) fn happens(per_mille: u64) -> bool {
    draw() % 1000 < per_mille
}

/// In 0..1, as the step asks for it.
pub(crate) fn chance() -> f64 {
    (draw() >> 11) as f64 / (1u64 << 53) as f64
}

/// A time between.
pub(crate) fn millis(range: RangeInclusive<u64>) -> Duration {
    Duration::from_millis(pick(range))
}

/// How long the world has lasted.
pub(crate) fn age() -> Duration {
    BEGUN.get().unwrap().elapsed()
}

/// The time of day, as the step asks for it: begins on a Monday at 08:00 in Hà Nội.
pub(crate) fn now() -> DateTime<Utc> {
    let begin = DateTime::from_timestamp(1_795_395_600, 0).unwrap();
    begin + TimeDelta::from_std(age()).unwrap()
}
