//! Owns the way of a letter's parts into a socket: copied there, or, where many letters share the
//! bytes, taken from a file that the system holds and nobody can change (memfd, sendfile). It
//! refuses to know what the bytes say.

use std::io::{self, IoSlice, Write};
use std::os::fd::OwnedFd;
use std::sync::OnceLock;

use rustix::fs::{MemfdFlags, SealFlags, fcntl_add_seals, memfd_create, sendfile};
use rustix::io::retry_on_intr;
use rustix::net::{SendAncillaryBuffer, SendFlags, sendmsg};
use tokio::io::Interest;
use tokio::net::TcpStream;

/// Bytes below which no file is made: about what one packet holds on the way to this machine
/// itself, so that copying is little beside the calls.
const SEALED_MIN: usize = 64 * 1024;
/// Slices the system takes at once (`IOV_MAX`).
const AT_ONCE_MAX: usize = 1024;

/// Bytes that many letters share, as a file of the system's that nobody can change. It is made
/// when it is first asked for: over TLS it never is.
#[derive(Debug, Default)]
pub(super) struct Sealed(OnceLock<Option<OwnedFd>>);

impl Sealed {
    /// The file with these bytes, always the same; none where they are few or the system has no
    /// such files.
    fn file(&self, bytes: &[u8]) -> Option<&OwnedFd> {
        let make = || {
            let made = (bytes.len() >= SEALED_MIN).then(|| seal(bytes))?;
            made.inspect_err(|error| tracing::debug!(%error, "shared bytes are copied"))
                .ok()
        };
        self.0.get_or_init(make).as_ref()
    }
}

fn seal(bytes: &[u8]) -> io::Result<OwnedFd> {
    let flags = MemfdFlags::CLOEXEC | MemfdFlags::ALLOW_SEALING;
    let mut file = std::fs::File::from(memfd_create("letters", flags)?);
    file.write_all(bytes)?;
    let seals = SealFlags::WRITE | SealFlags::GROW | SealFlags::SHRINK | SealFlags::SEAL;
    fcntl_add_seals(&file, seals)?;
    Ok(file.into())
}

/// A part of a letter.
#[derive(Clone, Copy, Debug)]
pub(super) struct Slice<'a> {
    bytes: &'a [u8],
    /// How much of it went before.
    gone: usize,
    sealed: Option<&'a Sealed>,
}

impl<'a> Slice<'a> {
    pub(super) fn new(bytes: &'a [u8], sealed: Option<&'a Sealed>) -> Self {
        Self {
            bytes,
            gone: 0,
            sealed,
        }
    }

    /// The bytes that are still to go.
    pub(super) fn bytes(&self) -> &'a [u8] {
        self.bytes.get(self.gone..).unwrap_or_default()
    }

    fn file(&self) -> Option<&'a OwnedFd> {
        self.sealed?.file(self.bytes)
    }
}

/// Takes what went off the front.
pub(super) fn advance(slices: &mut &mut [Slice<'_>], mut gone: usize) {
    let mut whole = 0;
    for slice in slices.iter_mut() {
        let left = slice.bytes().len();
        if gone < left {
            slice.gone += gone;
            break;
        }
        gone -= left;
        whole += 1;
    }
    let all = std::mem::take(slices);
    *slices = all.get_mut(whole..).unwrap_or_default();
}

/// Hands over as much as the socket takes, from the first slice on. Answers how many bytes.
///
/// # Errors
/// The connection's. Where the system would not take a file, the bytes are copied.
pub(super) async fn send(tcp: &TcpStream, slices: &[Slice<'_>]) -> io::Result<usize> {
    if let Some((first, file)) = slices.first().and_then(|s| Some((s, s.file()?))) {
        let mut at = first.gone as u64;
        let taken = tcp.async_io(Interest::WRITABLE, || {
            let sent = || sendfile(tcp, file, Some(&mut at), first.bytes().len());
            Ok(retry_on_intr(sent)?)
        });
        match taken.await {
            Err(error) if is_about_files(&error) => {}
            taken => return taken,
        }
    }
    let shared = slices.iter().skip(1).position(|s| s.file().is_some());
    let most = shared.map_or(slices.len(), |at| at + 1).min(AT_ONCE_MAX);
    let bytes = slices.iter().take(most).map(|s| IoSlice::new(s.bytes()));
    let bytes: Vec<IoSlice<'_>> = bytes.collect();
    // What follows at once need not go in a packet of its own.
    let mut flags = SendFlags::NOSIGNAL;
    flags.set(SendFlags::MORE, most < slices.len());
    let taken = tcp.async_io(Interest::WRITABLE, || {
        let mut nothing = SendAncillaryBuffer::default();
        Ok(retry_on_intr(|| sendmsg(tcp, &bytes, &mut nothing, flags))?)
    });
    taken.await
}

/// True where the system has no such call, forbids it, or not for this file.
fn is_about_files(error: &io::Error) -> bool {
    use io::ErrorKind::{InvalidInput, PermissionDenied, Unsupported};
    matches!(error.kind(), InvalidInput | PermissionDenied | Unsupported)
}

#[cfg(test)]
mod tests {
    use super::*;
    use tokio::io::AsyncReadExt;
    use tokio::net::TcpListener;

    /// What arrives of slices, and in how many calls it left.
    async fn sent(slices: &[(&[u8], Option<&Sealed>)]) -> (Vec<u8>, usize) {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let place = listener.local_addr().expect("an address");
        let reader = tokio::spawn(async move {
            let (mut stream, _) = listener.accept().await.expect("a connection");
            let mut read = Vec::new();
            stream.read_to_end(&mut read).await.expect("bytes");
            read
        });
        let tcp = TcpStream::connect(place).await.expect("a connection");
        let slices = slices
            .iter()
            .map(|(bytes, sealed)| Slice::new(bytes, *sealed));
        let mut slices: Vec<_> = slices.collect();
        let (mut rest, mut calls) = (&mut slices[..], 0);
        while !rest.is_empty() {
            let taken = send(&tcp, rest).await.expect("bytes taken");
            advance(&mut rest, taken);
            calls += 1;
        }
        drop(tcp);
        (reader.await.expect("a reader"), calls)
    }

    #[tokio::test]
    async fn what_is_shared_goes_from_its_file_and_once_only() {
        let (few, many) = (vec![b'.'; 9], vec![b'a'; SEALED_MIN]);
        let [one, other, small] = [Sealed::default(), Sealed::default(), Sealed::default()];
        for _ in 0..2 {
            let (read, calls) = sent(&[
                (&few, None),
                (&[], None),
                (&many, Some(&one)),
                (&many, Some(&other)),
                (&few, Some(&small)),
                (&many, None),
                (&[], None),
            ])
            .await;
            assert!(read == [&few[..], &many, &many, &few, &many].concat());
            assert!(calls >= 4, "{calls}");
        }
        assert!(one.file(&many).is_some() && small.file(&few).is_none());
    }

    #[tokio::test]
    async fn what_the_system_does_not_take_from_a_file_is_copied() {
        let folder = std::fs::File::open("/").expect("a folder");
        let sealed = Sealed(OnceLock::from(Some(folder.into())));
        let many = vec![b'a'; 3 * SEALED_MIN];
        let (read, _) = sent(&[(b"b", None), (&many, Some(&sealed)), (b"c", None)]).await;
        assert!(read == [b"b", &many[..], b"c"].concat());
    }

    #[test]
    fn nobody_changes_what_is_on_its_way() {
        let file = seal(b"Subject: 23-CT/TW\r\n").expect("a file");
        let mut file = std::fs::File::from(file);
        assert!(file.write_all(b"x").is_err() && file.set_len(0).is_err());
    }
}
