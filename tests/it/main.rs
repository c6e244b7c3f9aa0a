//! The integration tests: one binary, one module a topic.

mod extract;
mod hostile;
mod inbox;
mod sandbox;
