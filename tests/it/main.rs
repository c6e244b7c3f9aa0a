//! The integration tests: one binary, one module a topic.

mod letters;
mod extract;
mod sandbox;
