//! Owns how long a letter takes: the sheet, made once for a bundle, and the personal part, made
//! once for a delivery. It refuses to know the ledger and the wire.
//!
//! `cargo bench --bench letter`. The personal part of a member's letter with three documents shall
//! take at most 20 µs; the run fails where the median of its samples is above that.

#![allow(
    missing_docs,
    reason = "criterion's macros write an undocumented function"
)]

use std::hint::black_box;
use std::process::ExitCode;
use std::time::{Duration, Instant};

use criterion::{BenchmarkId, Criterion};
use phobien::letter::{Frame, Item, Personal, Sheet, compose};
use phobien::organisation::RecipientKind;

#[path = "../tests/it/letters/office.rs"]
#[allow(dead_code, reason = "the tests use the rest of that office")]
mod office;

/// What filling a member's letter of three documents may take.
const PERSONAL_MAX: Duration = Duration::from_micros(20);

/// The documents of a week, as often as it takes to have `n` of them.
fn items(n: usize) -> Vec<Item> {
    let mut files = office::Files::new();
    let week = office::week(&mut files);
    week.into_iter().cycle().take(n).collect()
}

fn letters() -> [(&'static str, RecipientKind, Personal); 2] {
    let member = office::member("Trần Mai Nga");
    [
        ("member", RecipientKind::Member, member),
        ("branch", RecipientKind::Branch, office::branch()),
    ]
}

fn sheet(kind: RecipientKind, items: &[Item]) -> Sheet {
    let (words, sender) = (office::words(), office::sender());
    let frame = Frame {
        kind,
        ..office::frame(&words, &sender)
    };
    compose(&frame, items).expect("a sheet")
}

/// Once for a bundle, and once for a delivery.
fn measure(criterion: &mut Criterion) {
    for (name, kind, personal) in letters() {
        let mut group = criterion.benchmark_group(name);
        for n in [1, 3, 40] {
            let items = items(n);
            group.bench_with_input(BenchmarkId::new("shared", n), &items, |bench, items| {
                bench.iter(|| sheet(kind, black_box(items)));
            });
            let sheet = sheet(kind, &items);
            group.bench_with_input(BenchmarkId::new("personal", n), &sheet, |bench, sheet| {
                bench.iter(|| black_box(sheet.fill(black_box(&personal)).expect("a letter")));
            });
        }
        group.finish();
    }
}

/// The promise itself, apart from criterion's report: the median of a thousand samples.
fn keeps_its_promise() -> bool {
    let [(_, kind, personal), _] = letters();
    let sheet = sheet(kind, &items(3));
    let mut samples: Vec<Duration> = (0..1000)
        .map(|_| {
            let start = Instant::now();
            black_box(sheet.fill(black_box(&personal)).expect("a letter"));
            start.elapsed()
        })
        .collect();
    samples.sort_unstable();
    let median = samples[samples.len() / 2];
    eprintln!("personal part at 3 documents: median {median:?}, at most {PERSONAL_MAX:?}");
    median <= PERSONAL_MAX
}

fn main() -> ExitCode {
    let mut criterion = Criterion::default().configure_from_args();
    measure(&mut criterion);
    criterion.final_summary();
    // `cargo test --benches` runs this unoptimised, where no figure means anything.
    if cfg!(debug_assertions) || keeps_its_promise() {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    }
}
