//! The mass-failure brake.
/// x
#[derive(Debug, Default)]
pub struct Brake;
/// x
#[derive(Debug)]
pub enum Verdict {
    /// x
    Go,
}
