//! Owns the way to one submission server: reaching it, TLS, greeting, EHLO, STARTTLS, login, in
//! the order that never says anything in clear that should not be. It refuses to know letters.

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicU8, Ordering};
use std::time::Duration;

use tokio::net::{TcpStream, lookup_host};
use tokio::time::{Instant, timeout_at};
use tokio_rustls::TlsConnector;
use tokio_rustls::rustls::client::WebPkiServerVerifier;
use tokio_rustls::rustls::crypto::aws_lc_rs;
use tokio_rustls::rustls::pki_types::pem::PemObject;
use tokio_rustls::rustls::pki_types::{CertificateDer, ServerName};
use tokio_rustls::rustls::{self, CertificateError, ClientConfig, RootCertStore};

use crate::config::Security;
use crate::delivery::Trouble;

use super::capabilities::Capabilities;
use super::certificate::{Explaining, Refused};
use super::judge::{self, Stage};
use super::login::{Account, Door};
use super::network::{Dialling, Network, Raw};
use super::reply::WireReply;
use super::wire::{Stream, Wire, closed};
use super::{Fault, NoLink};

/// Addresses of one name that are tried.
const ADDRESSES_MAX: usize = 4;

/// A submission server and how to speak with it.
pub(super) struct Server {
    network: Network,
    host: String,
    port: u16,
    security: Security,
    tls: Option<(TlsConnector, ServerName<'static>)>,
    account: Option<Account>,
    door: Door,
    /// Our own name in EHLO.
    local_name: String,
    timeout: Duration,
    pub(super) final_timeout: Duration,
    /// Groups of commands (RFC 2920).
    pub(super) pipelining: Trust,
    /// The next envelope behind a letter's final dot, in the same write (RFC 2920 §3.1).
    pub(super) riding: Trust,
}

/// What is needed to build a [`Server`].
pub(super) struct Wanted<'a> {
    pub(super) network: Network,
    pub(super) host: &'a str,
    pub(super) port: u16,
    pub(super) security: Security,
    pub(super) ca_file: Option<&'a Path>,
    pub(super) account: Option<Account>,
    pub(super) local_name: &'a str,
    pub(super) timeout: Duration,
    pub(super) final_timeout: Duration,
}

/// Whether a server that announces PIPELINING can be taken at its word: some announce it and then
/// throw away what arrived with the command before, or with a letter.
#[derive(Default)]
pub(super) struct Trust(AtomicU8);

impl Trust {
    const UNTRIED: u8 = 0;
    const PROVEN: u8 = 1;
    const BROKEN: u8 = 2;

    /// False once a group was misunderstood.
    pub(super) fn may_try(&self) -> bool {
        self.0.load(Ordering::Relaxed) != Self::BROKEN
    }

    /// A whole group was answered as it should be.
    pub(super) fn prove(&self) {
        self.0.store(Self::PROVEN, Ordering::Relaxed);
    }

    /// A group was not understood, and none ever was: never again. True where that is the
    /// conclusion, be it for this group or for one that was on its way at the same time.
    pub(super) fn lose(&self) -> bool {
        let (from, to) = (Self::UNTRIED, Self::BROKEN);
        let order = Ordering::Relaxed;
        match self.0.compare_exchange(from, to, order, order) {
            Ok(_) => {
                tracing::warn!("the server announces PIPELINING and does not do it so");
                true
            }
            Err(now) => now == Self::BROKEN,
        }
    }
}

impl Server {
    pub(super) fn new(wanted: Wanted<'_>) -> Result<Self, Fault> {
        let name = wanted.local_name;
        let spoken = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'-' | b':');
        let inner = name
            .strip_prefix('[')
            .and_then(|n| n.strip_suffix(']'))
            .unwrap_or(name);
        if inner.is_empty() || !inner.bytes().all(spoken) {
            return Err(Fault::LocalName(name.to_owned()));
        }
        let tls = match wanted.security {
            Security::Plain => None,
            Security::StartTls | Security::Implicit => {
                let host = ServerName::try_from(wanted.host.to_owned())
                    .map_err(|_| Fault::ServerName(wanted.host.to_owned()))?;
                let config = client_config(wanted.ca_file)?;
                Some((TlsConnector::from(Arc::new(config)), host))
            }
        };
        Ok(Self {
            network: wanted.network,
            host: wanted.host.to_owned(),
            port: wanted.port,
            security: wanted.security,
            tls,
            account: wanted.account,
            door: Door::default(),
            local_name: name.to_owned(),
            timeout: wanted.timeout,
            final_timeout: wanted.final_timeout,
            pipelining: Trust::default(),
            riding: Trust::default(),
        })
    }

    /// A connection on which nothing was said yet.
    pub(super) async fn stream(&self) -> Result<Stream, NoLink> {
        let plain = match &self.network {
            Network::Tcp => Stream::Tcp(self.reach().await?),
            Network::Given(dial) => Stream::Given(self.dial(dial()).await?),
        };
        match self.security {
            Security::Implicit => self.secure(plain.into_raw()).await,
            Security::Plain | Security::StartTls => Ok(plain),
        }
    }

    /// A connection ready for letters.
    pub(super) async fn open(&self) -> Result<(Wire, Capabilities), NoLink> {
        let mut wire = Wire::new(self.stream().await?, self.timeout);
        self.greeting(&mut wire).await?;
        let mut server = self.ehlo(&mut wire).await?;
        if self.security == Security::StartTls {
            wire = self.start_tls(wire, &server).await?;
            // What was announced in clear may have been said by anybody.
            server = self.ehlo(&mut wire).await?;
        }
        if let Some(account) = &self.account {
            self.door.log_in(account, &mut wire, &server).await?;
        }
        tracing::debug!(host = %self.host, pipelining = server.pipelining, "connected");
        Ok((wire, server))
    }

    async fn reach(&self) -> Result<TcpStream, NoLink> {
        let deadline = Instant::now() + self.timeout;
        let silence = || NoLink::Trouble(Trouble::Silence(Stage::Connect.word()));
        let name = (self.host.trim_matches(['[', ']']), self.port);
        let found = timeout_at(deadline, lookup_host(name))
            .await
            .map_err(|_| silence())?;
        let connection = |why: String| NoLink::Trouble(Trouble::Connection(why));
        let found =
            found.map_err(|e| connection(format!("the name {} is not found: {e}", self.host)))?;
        let mut last = connection(format!("the name {} has no address", self.host));
        let addresses: Vec<_> = found.take(ADDRESSES_MAX).collect();
        let share = self.timeout / u32::try_from(addresses.len().max(1)).unwrap_or(1);
        for address in addresses {
            if self.security == Security::Plain && !address.ip().is_loopback() {
                last = NoLink::Barred(format!(
                    "plain smtp:// is for this machine only and {} is {address}; use smtps:// or \
                     ?tls=required",
                    self.host
                ));
                continue;
            }
            let until = deadline.min(Instant::now() + share);
            match timeout_at(until, TcpStream::connect(address)).await {
                Ok(Ok(tcp)) => {
                    // Without it each letter waits 40 ms for the server's delayed ACK.
                    let set = tcp.set_nodelay(true);
                    set.map_err(|e| connection(format!("TCP_NODELAY: {e}")))?;
                    return Ok(tcp);
                }
                Ok(Err(error)) => last = connection(format!("{address}: {error}")),
                Err(_) => last = silence(),
            }
        }
        Err(last)
    }

    async fn dial(&self, dialling: Dialling) -> Result<Raw, NoLink> {
        match timeout_at(Instant::now() + self.timeout, dialling).await {
            Ok(Ok(raw)) => Ok(raw),
            Ok(Err(error)) => Err(Trouble::Connection(error.to_string()).into()),
            Err(_) => Err(Trouble::Silence(Stage::Connect.word()).into()),
        }
    }

    async fn secure(&self, raw: Raw) -> Result<Stream, NoLink> {
        let Some((connector, name)) = &self.tls else {
            return Err(NoLink::Barred("TLS is not set up".into()));
        };
        let handshake = connector.connect(name.clone(), raw);
        match timeout_at(Instant::now() + self.timeout, handshake).await {
            Ok(Ok(tls)) => Ok(Stream::Tls(Box::new(tls))),
            Ok(Err(error)) => Err(handshake_fault(&error)),
            Err(_) => Err(NoLink::Trouble(Trouble::Silence(Stage::Tls.word()))),
        }
    }

    async fn greeting(&self, wire: &mut Wire) -> Result<(), NoLink> {
        let reply = wire.reply().await;
        let reply = reply.map_err(|cut| judge::trouble(Stage::Greeting, cut))?;
        match reply.code {
            220 => Ok(()),
            code => Err(turned_away(Stage::Greeting, code, &reply)),
        }
    }

    async fn ehlo(&self, wire: &mut Wire) -> Result<Capabilities, NoLink> {
        let line = format!("EHLO {}\r\n", self.local_name);
        let reply = command(wire, Stage::Ehlo, &line).await?;
        match reply.code {
            250 => Ok(Capabilities::read(&reply.lines)),
            code => Err(turned_away(Stage::Ehlo, code, &reply)),
        }
    }

    async fn start_tls(&self, mut wire: Wire, server: &Capabilities) -> Result<Wire, NoLink> {
        if !server.starttls {
            return Err(NoLink::Barred(
                "[smtp] url demands STARTTLS and the server does not offer it: its set-up, or \
                 somebody on the way who wants the letters in clear"
                    .into(),
            ));
        }
        let reply = command(&mut wire, Stage::StartTls, "STARTTLS\r\n").await?;
        if reply.code != 220 {
            return Err(turned_away(Stage::StartTls, reply.code, &reply));
        }
        let Some(raw) = wire.into_plain() else {
            return Err(NoLink::protocol(
                "bytes in clear behind the reply to STARTTLS: somebody on the way may be adding \
                 to what the server says",
            ));
        };
        Ok(Wire::new(self.secure(raw).await?, self.timeout))
    }
}

/// One command of the opening and its reply.
async fn command(wire: &mut Wire, stage: Stage, line: &str) -> Result<WireReply, NoLink> {
    if !wire.is_quiet() {
        return Err(NoLink::unasked(stage));
    }
    let cut = |cut| NoLink::Trouble(judge::trouble(stage, cut));
    wire.send(line.as_bytes()).await.map_err(cut)?;
    wire.reply().await.map_err(cut)
}

/// A negative reply before there is a sender.
fn turned_away(stage: Stage, code: u16, reply: &WireReply) -> NoLink {
    match code {
        // STARTTLS and its enhanced code 4.7.0 are about TLS, not about how much we send.
        454 => Trouble::NotNow(reply.kept()).into(),
        400..=499 => judge::not_now(reply.kept()).into(),
        500..=599 => NoLink::Barred(format!(
            "the server turns this machine away at {}: {}",
            stage.word(),
            reply.kept()
        )),
        _ => judge::out_of_place(stage, reply).into(),
    }
}

/// A refused certificate or a server without common ground needs a person; anything else may be
/// the connection.
fn handshake_fault(error: &std::io::Error) -> NoLink {
    let inner = error
        .get_ref()
        .and_then(|e| e.downcast_ref::<rustls::Error>());
    match inner {
        Some(rustls::Error::InvalidCertificate(CertificateError::Other(other))) => {
            let words = other.0.downcast_ref::<Refused>().map(ToString::to_string);
            NoLink::Barred(words.unwrap_or_else(|| error.to_string()))
        }
        Some(
            fault @ (rustls::Error::InvalidCertificate(_)
            | rustls::Error::PeerIncompatible(_)
            | rustls::Error::AlertReceived(_)),
        ) => NoLink::Barred(format!("TLS with the server fails: {fault}")),
        Some(fault) => NoLink::protocol(&format!(
            "no TLS comes back ({fault}); smtps:// is usually port 465, smtp://…?tls=required 587"
        )),
        None => NoLink::Trouble(judge::trouble(Stage::Tls, closed(error))),
    }
}

/// TLS with the system's roots and the configured ones, certificates always checked.
fn client_config(ca_file: Option<&Path>) -> Result<ClientConfig, Fault> {
    let mut roots = RootCertStore::empty();
    let found = rustls_native_certs::load_native_certs();
    roots.add_parsable_certificates(found.certs);
    if let Some(file) = ca_file {
        let fault = |why: String| Fault::CaFile {
            file: file.to_owned(),
            why,
        };
        let certificates = CertificateDer::pem_file_iter(file).map_err(|e| fault(e.to_string()))?;
        let before = roots.len();
        for certificate in certificates {
            let certificate = certificate.map_err(|e| fault(e.to_string()))?;
            roots.add(certificate).map_err(|e| fault(e.to_string()))?;
        }
        if roots.len() == before {
            return Err(fault("no certificate in it".into()));
        }
    }
    if roots.is_empty() {
        return Err(Fault::NoRoots);
    }
    let provider = Arc::new(aws_lc_rs::default_provider());
    let tls = |e: &dyn std::fmt::Display| Fault::Tls(e.to_string());
    let verifier = WebPkiServerVerifier::builder_with_provider(Arc::new(roots), provider.clone())
        .build()
        .map_err(|e| tls(&e))?;
    let config = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .map_err(|e| tls(&e))?
        // "Dangerous" is rustls' word for any verifier of one's own; this one only explains the
        // refusals of the usual one.
        .dangerous()
        .with_custom_certificate_verifier(Arc::new(Explaining(verifier)))
        .with_no_client_auth();
    Ok(config)
}
