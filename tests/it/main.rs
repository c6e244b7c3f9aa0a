//! The integration tests: one binary, one module a topic.

mod extract;
mod inbox;
mod sandbox;
