//! Owns a peer's end of a connection: bytes in and out, plain or TLS, and the ways to end it. It
//! refuses to know SMTP.

use std::io;
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio_rustls::TlsAcceptor;
use tokio_rustls::server::TlsStream;

/// How long a closing end waits for the other, so that a close is no reset.
const CLOSING: Duration = Duration::from_millis(500);

/// What a peer is reached over.
pub(crate) trait Connection: AsyncRead + AsyncWrite + Send + Unpin {
    /// Its end will be a break (RST), no goodbye.
    fn break_off(&self);
}

impl Connection for TcpStream {
    fn break_off(&self) {
        let _ = self.set_zero_linger();
    }
}

enum Bytes {
    Plain(Box<dyn Connection>),
    Tls(Box<TlsStream<Box<dyn Connection>>>),
    Gone,
}

/// The peer's end.
pub(super) struct Stream {
    bytes: Bytes,
    /// Read and not yet used.
    pub(super) buffer: Vec<u8>,
    /// Bytes that may still be read and written before the connection is broken.
    read_left: usize,
    write_left: usize,
}

impl Stream {
    pub(super) fn new(plain: Box<dyn Connection>, read_left: usize, write_left: usize) -> Self {
        Self {
            bytes: Bytes::Plain(plain),
            buffer: Vec::new(),
            read_left,
            write_left,
        }
    }

    /// TLS from here on; what was read already goes to nobody.
    pub(super) async fn secure(&mut self, acceptor: &TlsAcceptor) -> io::Result<()> {
        match std::mem::replace(&mut self.bytes, Bytes::Gone) {
            Bytes::Plain(plain) => {
                self.bytes = Bytes::Tls(Box::new(acceptor.accept(plain).await?));
                Ok(())
            }
            _ => Err(io::ErrorKind::InvalidInput.into()),
        }
    }

    /// Reads more; an error ends the dialogue.
    pub(super) async fn fill(&mut self) -> io::Result<()> {
        let mut chunk = [0; 16 * 1024];
        let most = chunk.len().min(self.read_left);
        if most == 0 {
            return Err(self.reset());
        }
        let read = match &mut self.bytes {
            Bytes::Plain(plain) => plain.read(&mut chunk[..most]).await?,
            Bytes::Tls(tls) => tls.read(&mut chunk[..most]).await?,
            Bytes::Gone => 0,
        };
        if read == 0 {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        self.read_left -= read;
        self.buffer.extend_from_slice(&chunk[..read]);
        if self.read_left == 0 {
            return Err(self.reset());
        }
        Ok(())
    }

    pub(super) async fn write(&mut self, bytes: &[u8]) -> io::Result<()> {
        let most = bytes.len().min(self.write_left);
        self.write_left -= most;
        match &mut self.bytes {
            Bytes::Plain(plain) => plain.write_all(&bytes[..most]).await?,
            Bytes::Tls(tls) => {
                tls.write_all(&bytes[..most]).await?;
                tls.flush().await?;
            }
            Bytes::Gone => return Err(io::ErrorKind::NotConnected.into()),
        }
        if most < bytes.len() {
            return self.close().await;
        }
        Ok(())
    }

    /// FIN, and what the other side still says is read, lest the system answer it with RST.
    pub(super) async fn close(&mut self) -> io::Result<()> {
        let _ = match &mut self.bytes {
            Bytes::Plain(plain) => plain.shutdown().await,
            Bytes::Tls(tls) => tls.shutdown().await,
            Bytes::Gone => Ok(()),
        };
        self.read_left = usize::MAX;
        let drained = async { while self.fill().await.is_ok() {} };
        let _ = tokio::time::timeout(CLOSING, drained).await;
        Err(io::ErrorKind::ConnectionAborted.into())
    }

    /// RST.
    pub(super) fn reset(&mut self) -> io::Error {
        match &self.bytes {
            Bytes::Plain(plain) => plain.break_off(),
            Bytes::Tls(tls) => tls.get_ref().0.break_off(),
            Bytes::Gone => {}
        }
        self.bytes = Bytes::Gone;
        io::ErrorKind::ConnectionAborted.into()
    }

    /// Stays until the client leaves.
    pub(super) async fn wait_for_the_end(&mut self) -> io::Error {
        loop {
            if let Err(error) = self.fill().await {
                return error;
            }
            self.buffer.clear();
        }
    }
}
