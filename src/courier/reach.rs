//! Owns the way to another server of the office, the mailbox's, secured as the way to the
//! submission server is. It refuses to know what is said there.

use std::path::Path;
use std::time::Duration;

use crate::config::Security;

use super::NoLink;
use super::network::{Network, Raw};
use super::server::{Server, Wanted};
use super::wire::Stream;

/// Connects to a server, with TLS from the first byte where asked; without it only to this machine
/// itself. Nothing is said yet.
///
/// # Errors
/// Why there is no connection.
pub async fn reach(
    (host, port): (&str, u16),
    tls: bool,
    ca_file: Option<&Path>,
    timeout: Duration,
) -> Result<Raw, NoLink> {
    let server = Server::new(Wanted {
        network: Network::Tcp,
        host,
        port,
        security: if tls {
            Security::Implicit
        } else {
            Security::Plain
        },
        ca_file,
        account: None,
        local_name: "localhost",
        timeout,
        final_timeout: timeout,
    });
    let server = server.map_err(|fault| NoLink::Barred(fault.to_string()))?;
    server.stream().await.map(Stream::into_raw)
}
