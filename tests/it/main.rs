//! Owns the one integration binary: each topic is a module of its own. It refuses to know what
//! they test.

mod tidy;
