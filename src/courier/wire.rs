//! Owns the byte stream to the server, plain or TLS, and the deadline of each read and write. It
//! refuses to know what is said over it.

use std::io::{self, IoSlice};
use std::pin::Pin;
use std::task::{Context, Poll, Waker};
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt, ReadBuf};
use tokio::net::TcpStream;
use tokio::time::{Instant, timeout_at};
use tokio_rustls::client::TlsStream;

use super::network::Raw;
use super::reply::{Malformed, Replies, WireReply};
use super::slice::{self, Slice};

/// Bytes read at once.
const READ: usize = 4096;

/// Bytes a second below which a body counts as stuck: each stage has its deadline, and the body's
/// grows by its size at this rate.
const BODY_RATE_MIN: usize = 16 * 1024;

/// Why the stream is of no more use.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Cut {
    /// It ended, or could not be written to.
    Closed(String),
    /// The deadline passed.
    Silence,
    /// What came was no reply.
    Malformed(Malformed),
}

/// A letter that could not be written whole.
pub(super) struct BodyCut {
    /// Why.
    pub(super) cut: Cut,
    /// The final dot may have left nevertheless.
    pub(super) dot: bool,
}

/// The ways to be connected.
#[derive(Debug)]
pub(super) enum Stream {
    Tcp(TcpStream),
    Given(Raw),
    Tls(Box<TlsStream<Raw>>),
}

impl Stream {
    pub(super) fn into_raw(self) -> Raw {
        match self {
            Self::Tcp(tcp) => Box::new(tcp),
            Self::Given(raw) => raw,
            Self::Tls(tls) => tls,
        }
    }

    /// Hands over as much of the slices as is taken.
    async fn write_some(&mut self, slices: &[Slice<'_>]) -> io::Result<usize> {
        if let Self::Tcp(tcp) = self {
            return slice::send(tcp, slices).await;
        }
        let bytes = slices.iter().map(|slice| IoSlice::new(slice.bytes()));
        self.write_vectored(&bytes.collect::<Vec<_>>()).await
    }
}

/// The stream with the replies read from it.
#[derive(Debug)]
pub(super) struct Wire {
    stream: Stream,
    replies: Replies,
    /// Deadline of each stage but the last.
    timeout: Duration,
}

impl Wire {
    pub(super) fn new(stream: Stream, timeout: Duration) -> Self {
        Self {
            stream,
            replies: Replies::default(),
            timeout,
        }
    }

    /// The stream for STARTTLS; none where anything is waiting to be read: it came before TLS
    /// and could be taken for an answer after it (response injection, RFC 3207 §6).
    pub(super) fn into_plain(self) -> Option<Raw> {
        let plain = !matches!(self.stream, Stream::Tls(_)) && self.replies.is_empty();
        plain.then(|| self.stream.into_raw())
    }

    /// True where no reply is waiting that nobody asked for.
    pub(super) fn is_quiet(&self) -> bool {
        self.replies.is_empty()
    }

    /// True where the other side seems to be there still and has said nothing unasked. Waits for
    /// nothing; so a `true` may be outdated already.
    pub(super) fn is_alive(&mut self) -> bool {
        let mut byte = [0];
        let mut context = Context::from_waker(Waker::noop());
        let read = Pin::new(&mut self.stream).poll_read(&mut context, &mut ReadBuf::new(&mut byte));
        self.is_quiet() && read.is_pending()
    }

    /// Writes a command, or a group of them.
    pub(super) async fn send(&mut self, bytes: &[u8]) -> Result<(), Cut> {
        let written = async {
            self.stream.write_all(bytes).await?;
            self.stream.flush().await
        };
        match timeout_at(Instant::now() + self.timeout, written).await {
            Ok(Ok(())) => Ok(()),
            Ok(Err(error)) => Err(closed(&error)),
            Err(_) => Err(Cut::Silence),
        }
    }

    /// Reads one reply within the deadline of a stage.
    pub(super) async fn reply(&mut self) -> Result<WireReply, Cut> {
        self.reply_within(self.timeout).await
    }

    /// Reads one reply; the time is for all of it, however it drips.
    pub(super) async fn reply_within(&mut self, time: Duration) -> Result<WireReply, Cut> {
        let deadline = Instant::now() + time;
        loop {
            if let Some(reply) = self.replies.next_reply().map_err(Cut::Malformed)? {
                return Ok(reply);
            }
            let mut chunk = [0; READ];
            match timeout_at(deadline, self.stream.read(&mut chunk)).await {
                Ok(Ok(0)) => return Err(Cut::Closed("closed by the server".into())),
                Ok(Ok(n)) => self.replies.feed(chunk.get(..n).unwrap_or_default()),
                Ok(Err(error)) => return Err(closed(&error)),
                Err(_) => return Err(Cut::Silence),
            }
        }
    }

    /// Writes a letter, whose last three bytes are the final dot and its line end, in as few
    /// writes as the system takes, and behind it the commands of the next envelope, if any. Says
    /// whether these left whole: the letter did.
    ///
    /// A failed write says exactly whether the dot may have left: the system reports what it took
    /// before it failed, and a TLS record that was not taken whole cannot be read by anybody.
    pub(super) async fn send_letter(
        &mut self,
        mut slices: Vec<Slice<'_>>,
        rider: &[u8],
    ) -> Result<bool, BodyCut> {
        let total: usize = slices.iter().map(|slice| slice.bytes().len()).sum();
        let seconds = u64::try_from(total / BODY_RATE_MIN).unwrap_or(u64::MAX);
        let deadline = Instant::now() + self.timeout.saturating_add(Duration::from_secs(seconds));
        let tls = matches!(self.stream, Stream::Tls(_));
        if !tls && !rider.is_empty() {
            slices.push(Slice::new(rider, None));
        }
        let mut rest = &mut slices[..];
        let mut taken = 0;
        let cut_at = |taken: usize, cut| BodyCut {
            cut,
            dot: !tls && taken + 2 >= total,
        };
        while !rest.is_empty() {
            let written = self.stream.write_some(rest);
            let cut = match timeout_at(deadline, written).await {
                Ok(Ok(n)) if n > 0 => {
                    taken += n;
                    slice::advance(&mut rest, n);
                    continue;
                }
                Ok(Ok(_)) => Cut::Closed("nothing taken".into()),
                Ok(Err(error)) => closed(&error),
                Err(_) => Cut::Silence,
            };
            // The letter left whole: what became of it is for the server to say.
            return if taken >= total {
                Ok(false)
            } else {
                Err(cut_at(taken, cut))
            };
        }
        match timeout_at(deadline, self.stream.flush()).await {
            Ok(Ok(())) => {}
            Ok(Err(error)) => return Err(cut_at(taken, closed(&error))),
            Err(_) => return Err(cut_at(taken, Cut::Silence)),
        }
        // In a record of its own, so that a failure here casts no doubt on the letter's.
        Ok(!tls || rider.is_empty() || self.send(rider).await.is_ok())
    }

    /// Says goodbye; whether it is heard does not matter.
    pub(super) async fn quit(mut self, time: Duration) {
        let goodbye = async {
            if self.send(b"QUIT\r\n").await.is_ok() {
                // The server's 221, or anything else: the letters are settled already.
                let _ = self.reply().await;
            }
            let _ = self.stream.shutdown().await;
        };
        let _ = tokio::time::timeout(time, goodbye).await;
    }
}

/// An input or output error in words.
pub(super) fn closed(error: &io::Error) -> Cut {
    Cut::Closed(match error.kind() {
        io::ErrorKind::ConnectionReset => "reset by the server".into(),
        io::ErrorKind::BrokenPipe => "closed by the server".into(),
        io::ErrorKind::UnexpectedEof => "closed by the server without a goodbye".into(),
        _ => error.to_string(),
    })
}

impl AsyncRead for Stream {
    fn poll_read(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        match self.get_mut() {
            Self::Tcp(tcp) => Pin::new(tcp).poll_read(cx, buf),
            Self::Given(raw) => Pin::new(raw).poll_read(cx, buf),
            Self::Tls(tls) => Pin::new(tls).poll_read(cx, buf),
        }
    }
}

impl AsyncWrite for Stream {
    fn poll_write(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &[u8],
    ) -> Poll<io::Result<usize>> {
        match self.get_mut() {
            Self::Tcp(tcp) => Pin::new(tcp).poll_write(cx, buf),
            Self::Given(raw) => Pin::new(raw).poll_write(cx, buf),
            Self::Tls(tls) => Pin::new(tls).poll_write(cx, buf),
        }
    }

    fn poll_write_vectored(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bufs: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        match self.get_mut() {
            Self::Tcp(tcp) => Pin::new(tcp).poll_write_vectored(cx, bufs),
            Self::Given(raw) => Pin::new(raw).poll_write_vectored(cx, bufs),
            Self::Tls(tls) => Pin::new(tls).poll_write_vectored(cx, bufs),
        }
    }

    fn is_write_vectored(&self) -> bool {
        true
    }

    fn poll_flush(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        match self.get_mut() {
            Self::Tcp(tcp) => Pin::new(tcp).poll_flush(cx),
            Self::Given(raw) => Pin::new(raw).poll_flush(cx),
            Self::Tls(tls) => Pin::new(tls).poll_flush(cx),
        }
    }

    fn poll_shutdown(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        match self.get_mut() {
            Self::Tcp(tcp) => Pin::new(tcp).poll_shutdown(cx),
            Self::Given(raw) => Pin::new(raw).poll_shutdown(cx),
            Self::Tls(tls) => Pin::new(tls).poll_shutdown(cx),
        }
    }
}
