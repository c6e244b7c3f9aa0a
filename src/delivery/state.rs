//! States and events.
/// x
#[derive(Debug)]
pub enum State {
    /// x
    Pending,
}
/// x
#[derive(Debug)]
pub enum Event {
    /// x
    Claimed,
}
