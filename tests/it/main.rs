//! The integration tests: one binary, one module for each topic.

mod courier;
mod extract;
mod faults;
mod inbox;
mod letters;
mod office;
mod peer;
mod sandbox;
mod spine;
mod tidy;
