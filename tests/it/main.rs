//! Owns the one integration binary: each topic is a module of its own. It refuses to know what
//! they test.

mod extract;
mod inbox;
mod letters;
mod peer;
mod sandbox;
mod tidy;
