//! Owns a fast SMTP sink over implicit TLS for measuring a sending client: accepts everything,
//! throws it away. It refuses to be a mail server.
//!
//! `tlssink ADDRESS:PORT CA.pem` writes the certificate of its authority and serves until killed.

#![allow(clippy::unwrap_used, reason = "a peer of a measurement may end")]

use std::io::{self, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::Arc;

use rcgen::{BasicConstraints, CertificateParams, IsCa, Issuer, KeyPair};
use tokio_rustls::rustls::crypto::aws_lc_rs;
use tokio_rustls::rustls::pki_types::{PrivateKeyDer, PrivatePkcs8KeyDer};
use tokio_rustls::rustls::{ServerConfig, ServerConnection, StreamOwned};

/// Bytes read at once.
const ROOM: usize = 1 << 18;
const EHLO: &[u8] = b"250-sink\r\n250-PIPELINING\r\n250-8BITMIME\r\n250 SIZE 52428800\r\n";

fn main() {
    let mut args = std::env::args().skip(1);
    let usage = "usage: tlssink ADDRESS:PORT CA.pem";
    let (place, authority) = (args.next().expect(usage), args.next().expect(usage));
    let config = Arc::new(config(&authority));
    for stream in TcpListener::bind(place).unwrap().incoming() {
        let (stream, config) = (stream.unwrap(), Arc::clone(&config));
        // Whatever breaks a connection ends it and nothing else.
        std::thread::spawn(move || serve(stream, config));
    }
}

fn config(authority: &str) -> ServerConfig {
    let key = KeyPair::generate().unwrap();
    let mut params = CertificateParams::new(Vec::new()).unwrap();
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    let ca = params.self_signed(&key).unwrap();
    std::fs::write(authority, ca.pem()).unwrap();
    let issuer = Issuer::new(params, key);
    let key = KeyPair::generate().unwrap();
    let params = CertificateParams::new(vec!["localhost".to_owned()]).unwrap();
    let certificate = params.signed_by(&key, &issuer).unwrap();
    let key = PrivateKeyDer::Pkcs8(PrivatePkcs8KeyDer::from(key.serialize_der()));
    ServerConfig::builder_with_provider(Arc::new(aws_lc_rs::default_provider()))
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(vec![certificate.der().clone()], key)
        .unwrap()
}

fn serve(tcp: TcpStream, config: Arc<ServerConfig>) -> io::Result<()> {
    tcp.set_nodelay(true)?;
    let session = ServerConnection::new(config).map_err(io::Error::other)?;
    let mut stream = StreamOwned::new(session, tcp);
    stream.write_all(b"220 sink ESMTP\r\n")?;
    let (mut room, mut filled, mut in_data) = (vec![0; ROOM], 0, false);
    loop {
        let taken = stream.read(&mut room[filled..])?;
        if taken == 0 {
            return Ok(());
        }
        filled += taken;
        let (used, answer, quit) = answer(&room[..filled], &mut in_data);
        room.copy_within(used..filled, 0);
        filled -= used;
        stream.write_all(&answer)?;
        if quit {
            return Ok(());
        }
    }
}

/// What is said to what came; how much of it is done with, and whether that was goodbye.
fn answer(bytes: &[u8], in_data: &mut bool) -> (usize, Vec<u8>, bool) {
    let (mut at, mut out) = (0, Vec::new());
    loop {
        let rest = &bytes[at..];
        if *in_data {
            let Some(end) = end_of_data(rest) else {
                // The end may be torn.
                return (bytes.len() - rest.len().min(4), out, false);
            };
            at += end;
            *in_data = false;
            out.extend_from_slice(b"250 2.0.0 Ok\r\n");
            continue;
        }
        let Some(end) = rest.iter().position(|b| *b == b'\n') else {
            return (at, out, false);
        };
        match rest[0].to_ascii_uppercase() {
            b'E' => out.extend_from_slice(EHLO),
            b'D' => {
                out.extend_from_slice(b"354 go\r\n");
                *in_data = true;
            }
            b'Q' => {
                out.extend_from_slice(b"221 bye\r\n");
                return (bytes.len(), out, true);
            }
            _ => out.extend_from_slice(b"250 2.0.0 Ok\r\n"),
        }
        at += end + 1;
    }
}

/// Where the data ends, its end included. A final dot needs a dot at the head of a line, which is
/// rare, so only dots are looked at.
fn end_of_data(bytes: &[u8]) -> Option<usize> {
    let mut from = 0;
    while let Some(dot) = bytes[from..].iter().position(|b| *b == b'.') {
        let dot = from + dot;
        if dot >= 2 && bytes[dot - 2..].starts_with(b"\r\n.\r\n") {
            return Some(dot + 3);
        }
        from = dot + 1;
    }
    None
}
