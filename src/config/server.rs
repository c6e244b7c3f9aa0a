//! Owns how the places where letters go and come back to are written: `smtps://`, `imaps://`,
//! `smtp://…?tls=required` and `maildir:`. It refuses to open a connection, and never repeats a
//! URL, which may hold a password.

use std::path::{Path, PathBuf};

use toml::de::DeValue;
use url::{Host, Url};

use super::fault::Complaint;
use super::value;
use super::walk::Read;
use super::{Place, Security, Transport};
use crate::organisation::{Address, Phrase};

const EXAMPLE: &str = "\"smtps://mail.dangbo.example:465\" | \
                       \"smtp://mail.dangbo.example:587?tls=required\" | \"maildir:thu-muc\"";

fn refused(vi: &str, en: &str, instead: &str) -> Complaint {
    Complaint::new(Phrase::new(vi, en), Phrase::same(instead))
}

/// Where letters go.
pub(super) fn transport(base: &Path) -> impl Fn(&DeValue<'_>) -> Read<Transport> + '_ {
    move |value| {
        let text = value::text(value)?;
        match text.strip_prefix("maildir:") {
            Some(path) => maildir(base, path).map(Transport::Maildir),
            None => smtp(&text),
        }
    }
}

fn maildir(base: &Path, path: &str) -> Read<PathBuf> {
    if path.is_empty() || path.starts_with("//") || path.starts_with('~') {
        let (vi, en) = (
            "sau maildir: phải là đường dẫn",
            "a path must follow maildir:",
        );
        return Err(refused(vi, en, "\"maildir:/var/lib/phobien/mail\""));
    }
    Ok(base.join(path))
}

/// A server's URL without a name or a password in it.
fn url_of(text: &str, example: &str) -> Read<Url> {
    let url = Url::parse(text).map_err(|_| {
        refused(
            "không đọc được địa chỉ máy chủ",
            "this is no server address",
            example,
        )
    })?;
    if !url.username().is_empty() || url.password().is_some() {
        return Err(refused(
            "không ghi tên đăng nhập và mật khẩu trong địa chỉ máy chủ",
            "neither a user name nor a password stands in the server's address",
            "username = \"…\", password_file = \"…\"",
        ));
    }
    Ok(url)
}

/// The server's name in a URL.
fn host_of(url: &Url, example: &str) -> Read<String> {
    let host = match url.host() {
        Some(Host::Domain(name)) => name.to_ascii_lowercase(),
        Some(Host::Ipv4(ip)) => ip.to_string(),
        Some(Host::Ipv6(ip)) => ip.to_string(),
        None => String::new(),
    };
    // The url crate keeps the host of a scheme that it does not know as written.
    let host = Host::parse(&host)
        .map(|h| h.to_string())
        .ok()
        .filter(|_| !host.is_empty());
    host.or_else(|| url.host().and_then(ipv6))
        .ok_or_else(|| refused("thiếu tên máy chủ", "the server's name is missing", example))
}

/// The port in a URL, else the usual one.
fn port_of(url: &Url, usual: u16, example: &str) -> Read<u16> {
    match url.port().unwrap_or(usual) {
        0 => Err(refused("cổng phải khác 0", "the port cannot be 0", example)),
        port => Ok(port),
    }
}

const MAILBOX_EXAMPLE: &str = "\"imaps://mail.dangbo.example\" | \"maildir:/var/mail/vanphong\"";

/// Where letters come back to.
pub(super) fn place(base: &Path) -> impl Fn(&DeValue<'_>) -> Read<Place> + '_ {
    move |value| {
        let text = value::text(value)?;
        match text.strip_prefix("maildir:") {
            Some(path) => maildir(base, path).map(Place::Maildir),
            None => imap(&text),
        }
    }
}

fn imap(text: &str) -> Read<Place> {
    let url = url_of(text, MAILBOX_EXAMPLE)?;
    let bare = matches!(url.path(), "" | "/") && url.query().is_none() && url.fragment().is_none();
    if !bare {
        return Err(refused(
            "sau tên máy chủ chỉ được ghi cổng; chỉ đọc hộp thư đến (INBOX)",
            "only a port may follow the server's name; what is read is INBOX",
            MAILBOX_EXAMPLE,
        ));
    }
    let host = host_of(&url, MAILBOX_EXAMPLE)?;
    let (tls, usual) = match url.scheme() {
        "imaps" => (true, 993),
        "imap" if is_loopback(&host) => (false, 143),
        "imap" => {
            return Err(refused(
                "kết nối không mã hoá chỉ được phép tới chính máy này",
                "an unencrypted connection is allowed only to this machine itself",
                "\"imaps://…\"",
            ));
        }
        _ => {
            let (vi, en) = (
                "không hiểu kiểu địa chỉ này",
                "this kind of address is unknown",
            );
            return Err(refused(vi, en, MAILBOX_EXAMPLE));
        }
    };
    let port = port_of(&url, usual, MAILBOX_EXAMPLE)?;
    Ok(Place::Imap { host, port, tls })
}

fn smtp(text: &str) -> Read<Transport> {
    let url = url_of(text, EXAMPLE)?;
    let tls = tls_of(&url)?;
    let host = host_of(&url, EXAMPLE)?;
    let (security, port) = match (url.scheme(), tls) {
        ("smtps", false) => (Security::Implicit, 465),
        ("smtp", true) => (Security::StartTls, 587),
        ("smtp", false) if is_loopback(&host) => (Security::Plain, 25),
        ("smtp", false) => {
            return Err(refused(
                "kết nối không mã hoá chỉ được phép tới chính máy này",
                "an unencrypted connection is allowed only to this machine itself",
                "\"smtps://…\" | \"smtp://…?tls=required\"",
            ));
        }
        _ => {
            let (vi, en) = (
                "không hiểu kiểu địa chỉ này",
                "this kind of address is unknown",
            );
            return Err(refused(vi, en, EXAMPLE));
        }
    };
    let port = port_of(&url, port, EXAMPLE)?;
    Ok(Transport::Smtp {
        host,
        port,
        security,
    })
}

fn ipv6(host: Host<&str>) -> Option<String> {
    match host {
        Host::Ipv6(ip) => Some(ip.to_string()),
        Host::Domain(_) | Host::Ipv4(_) => None,
    }
}

/// True if `?tls=required` is asked for; anything else after the server's name is refused.
fn tls_of(url: &Url) -> Read<bool> {
    let bare = matches!(url.path(), "" | "/") && url.fragment().is_none();
    match url.query() {
        None if bare => Ok(false),
        Some("tls=required") if bare && url.scheme() == "smtp" => Ok(true),
        _ => Err(refused(
            "sau tên máy chủ và cổng chỉ được ghi ?tls=required (với smtp://)",
            "only ?tls=required may follow server and port (with smtp://)",
            EXAMPLE,
        )),
    }
}

fn is_loopback(host: &str) -> bool {
    host == "localhost"
        || host
            .parse::<std::net::IpAddr>()
            .is_ok_and(|ip| ip.is_loopback())
}

/// What stands for `{token}` at its longest: a local part holds 64 characters (RFC 5321 §4.5.3).
const TOKEN_SAMPLE: &str = "01234567890123456789012345678901";

/// The pattern of the reverse-path: an address with `{token}` once in its local part.
pub(super) fn reverse_path(value: &DeValue<'_>) -> Read<String> {
    let text = value::text(value)?;
    let once = text.matches("{token}").count() == 1;
    let local = text
        .split('@')
        .next()
        .is_some_and(|local| local.contains("{token}"));
    let filled: Result<Address, _> = text.replace("{token}", TOKEN_SAMPLE).parse();
    if once && local && filled.is_ok() {
        return Ok(text);
    }
    let vi = "phải là một địa chỉ thư có {token} đúng một lần trước dấu @";
    let en = "it must be an address that holds {token} once, before the @";
    Err(refused(vi, en, "\"bounce+{token}@dangbo.example\""))
}
