//! Owns the one integration binary: each topic is a module of its own. It refuses to know what
//! they test.

mod cli;
mod courier;
mod extract;
mod faults;
mod hostile;
mod inbox;
mod letters;
mod office;
mod peer;
mod recognition;
mod sandbox;
mod service;
mod spine;
mod tidy;
