//! Owns the life of one message: its states, the events that move it, what an attempt can end
//! with, when to try again, its Message-ID. It refuses to know SMTP and SQL.

mod brake;
mod envelope;
mod outcome;
mod retry;
mod returned;
mod state;

pub use brake::{Brake, Verdict};
pub use envelope::{FrozenDkim, FrozenEnvelope};
pub use outcome::{Doubt, Enhanced, Outcome, Reply, Trouble};
pub use retry::{Progress, RetryPolicy};
pub use returned::Class;
pub use state::{Event, State};

use hmac::{Hmac, Mac};

/// The token of a delivery: what stands in its Message-ID, its envelope id and its VERP address.
/// HMAC-SHA-256, first 15 bytes, of everything that makes the delivery what it is; so a retry has
/// the same one and nobody without the instance's key can make one up.
#[must_use]
pub fn token(instance_key: &[u8; 32], parts: &[&str]) -> String {
    let mut mac = Hmac::<sha2::Sha256>::new_from_slice(instance_key)
        .unwrap_or_else(|_| unreachable!("HMAC takes a key of any length"));
    for part in parts {
        mac.update(&(part.len() as u64).to_be_bytes());
        mac.update(part.as_bytes());
    }
    let digest = mac.finalize().into_bytes();
    data_encoding::BASE32_NOPAD
        .encode(&digest[..15])
        .to_ascii_lowercase()
}
