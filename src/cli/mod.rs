//! Owns the command line (being written).
pub mod demo;
