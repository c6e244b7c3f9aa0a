//! Owns the simulated network: two ends of a stream with delays, writes taken in part, breaks that
//! lose what is under way. It refuses to know what is said over it.

use std::collections::VecDeque;
use std::fmt;
use std::io;
use std::pin::Pin;
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll, Waker};
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::time::{Instant, Sleep, sleep_until};

use super::dice;
use super::machine::Machine;
use crate::peer::Connection;

/// Bytes under way in one direction; a writer waits for room beyond it.
const ROOM: usize = 16 * 1024;

/// One direction.
#[derive(Default)]
struct Way {
    parcels: VecDeque<(Instant, Vec<u8>)>,
    bytes: usize,
    /// The writer is gone; what is under way still arrives.
    ended: bool,
    /// Nothing arrives any more.
    broken: bool,
    /// Nobody will read.
    deserted: bool,
    reader: Option<Waker>,
    writer: Option<Waker>,
}

impl Way {
    fn wake(&mut self) {
        for waker in [self.reader.take(), self.writer.take()]
            .into_iter()
            .flatten()
        {
            waker.wake();
        }
    }
}

type Shared = Arc<Mutex<Way>>;

/// One end of a stream.
pub(super) struct End {
    inward: Shared,
    outward: Shared,
    delay: Duration,
    sleep: Option<Pin<Box<Sleep>>>,
    /// Our side's: what stops when its power goes, and sees what is written.
    machine: Option<Machine>,
    /// The last line that was not written whole yet.
    line: Vec<u8>,
}

/// A stream from our machine to somebody.
pub(super) fn stream(machine: Machine, delay: Duration) -> (End, End) {
    let (there, back) = (Shared::default(), Shared::default());
    let end = |inward: &Shared, outward: &Shared, machine| End {
        inward: Arc::clone(inward),
        outward: Arc::clone(outward),
        delay,
        sleep: None,
        machine,
        line: Vec::new(),
    };
    let ours = end(&back, &there, Some(machine));
    (ours, end(&there, &back, None))
}

impl End {
    /// False where this end's machine has no power (any more): it does nothing, for ever.
    fn acts(&self) -> bool {
        self.machine.as_ref().is_none_or(Machine::acts)
    }

    /// Shows our machine each line as it leaves, to hold it against the ledger.
    fn show(&mut self, bytes: &[u8]) {
        let Some(machine) = &self.machine else { return };
        for byte in bytes {
            if *byte != b'\n' {
                self.line.push(*byte);
                continue;
            }
            machine.says(&self.line);
            self.line.clear();
        }
    }
}

impl AsyncRead for End {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let inward = Arc::clone(&self.inward);
        let mut way = inward.lock().unwrap();
        way.reader = Some(cx.waker().clone());
        if way.broken {
            return Poll::Ready(Err(io::ErrorKind::ConnectionReset.into()));
        }
        let Some((at, bytes)) = way.parcels.front_mut() else {
            return match way.ended {
                true => Poll::Ready(Ok(())),
                false => Poll::Pending,
            };
        };
        if *at > Instant::now() {
            let mut sleep = Box::pin(sleep_until(*at));
            let poll = sleep.as_mut().poll(cx);
            self.sleep = Some(sleep);
            if poll.is_pending() {
                return Poll::Pending;
            }
        }
        if !self.acts() {
            return Poll::Pending;
        }
        let n = bytes.len().min(buf.remaining());
        buf.put_slice(&bytes[..n]);
        bytes.drain(..n);
        if bytes.is_empty() {
            way.parcels.pop_front();
        }
        way.bytes -= n;
        if let Some(writer) = way.writer.take() {
            writer.wake();
        }
        Poll::Ready(Ok(()))
    }
}

impl AsyncWrite for End {
    fn poll_write(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &[u8],
    ) -> Poll<io::Result<usize>> {
        let outward = Arc::clone(&self.outward);
        let mut way = outward.lock().unwrap();
        if way.broken {
            return Poll::Ready(Err(io::ErrorKind::BrokenPipe.into()));
        }
        if way.bytes >= ROOM && !way.deserted {
            way.writer = Some(cx.waker().clone());
            return Poll::Pending;
        }
        if !self.acts() {
            return Poll::Pending;
        }
        // A system takes what it likes of a write.
        let most = buf.len().min(ROOM);
        let n = match self.machine {
            Some(_) if dice::happens(100) => dice::pick(1..=most as u64) as usize,
            _ => most,
        };
        self.show(&buf[..n]);
        if way.deserted {
            // Taken by our system, and read by nobody.
            return Poll::Ready(Ok(n));
        }
        let last = way.parcels.back().map(|(at, _)| *at);
        let at = (Instant::now() + self.delay).max(last.unwrap_or_else(Instant::now));
        way.parcels.push_back((at, buf[..n].to_vec()));
        way.bytes += n;
        if let Some(reader) = way.reader.take() {
            reader.wake();
        }
        Poll::Ready(Ok(n))
    }

    fn poll_flush(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }

    fn poll_shutdown(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        let mut way = self.outward.lock().unwrap();
        way.ended = true;
        way.wake();
        Poll::Ready(Ok(()))
    }
}

impl Connection for End {
    fn break_off(&self) {
        for way in [&self.inward, &self.outward] {
            let mut way = way.lock().unwrap();
            way.broken = true;
            way.wake();
        }
    }
}

impl Drop for End {
    fn drop(&mut self) {
        let mut way = self.outward.lock().unwrap();
        way.ended = true;
        way.wake();
        drop(way);
        let mut way = self.inward.lock().unwrap();
        way.deserted = true;
        way.wake();
    }
}

impl fmt::Debug for End {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a simulated stream")
    }
}
