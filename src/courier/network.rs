//! Owns what carries the bytes of a connection: TCP, or a stream that the caller makes. It refuses
//! to know what is said over it.

use std::fmt;
use std::io;
use std::pin::Pin;
use std::sync::Arc;

use tokio::io::{AsyncRead, AsyncWrite};

/// Bytes in both directions.
pub trait Duplex: AsyncRead + AsyncWrite + fmt::Debug + Send + Sync + Unpin {}

impl<T: AsyncRead + AsyncWrite + fmt::Debug + Send + Sync + Unpin> Duplex for T {}

/// A connection before TLS, whatever carries it.
pub type Raw = Box<dyn Duplex>;

/// A connection being made.
pub type Dialling = Pin<Box<dyn Future<Output = io::Result<Raw>> + Send>>;

/// What makes connections.
#[derive(Clone)]
pub enum Network {
    /// The system's, to the configured host and port.
    Tcp,
    /// The caller's, whatever the host is called: how delivery is simulated.
    Given(Arc<dyn Fn() -> Dialling + Send + Sync>),
}
