//! Owns the one integration binary: each topic is a module of its own. It refuses to know what
//! they test.

mod extract;
mod inbox;
mod courier;
mod letters;
mod office;
mod peer;
mod sandbox;
mod spine;
mod tidy;
