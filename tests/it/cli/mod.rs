//! Owns the tests that drive the real binary in a folder of its own: what people type, what
//! scripts read, how it exits. It refuses to look inside.

mod annexes;
mod beside;
mod collect;
mod day;
mod desk;
mod edges;
mod levels;
mod metrics;
mod office;
mod proof;
mod purge;
mod restore;
mod sums;
