//! Owns the one integration binary: each topic is a module of its own. It refuses to know what
//! they test.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on has failed")]
#![allow(
    clippy::disallowed_methods,
    reason = "a test may ask what machine it runs on"
)]

mod cli;
mod confirmation;
mod courier;
mod encodings;
mod extract;
mod faults;
mod hostile;
mod inbox;
mod letters;
mod office;
mod outbox;
mod peer;
mod picture;
mod recognition;
mod sandbox;
mod service;
mod simulation;
mod spine;
mod summary;
mod tidy;
mod word;
