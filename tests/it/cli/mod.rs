//! Owns the tests that drive the real binary in a folder of its own: what people type, what
//! scripts read, how it exits. It refuses to look inside.

mod annexes;
mod beside;
mod branch;
mod collect;
mod day;
mod desk;
mod edges;
mod levels;
mod manual;
mod metrics;
mod office;
mod people;
mod period;
mod proof;
mod purge;
mod report;
mod restore;
mod scene;
mod sums;
