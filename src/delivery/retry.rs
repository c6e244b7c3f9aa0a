//! When to try again.
/// x
#[derive(Debug)]
pub struct RetryPolicy;
