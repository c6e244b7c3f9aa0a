//! Owns what is found wrong with `[smtp]` before anything is sent.

use std::io::Write;
use std::time::Duration;

use phobien::config::{Security, Smtp, Transport};
use phobien::courier::{Courier, Fault};

fn smtp(host: &str, security: Security) -> Smtp {
    Smtp {
        transport: Transport::Smtp {
            host: host.into(),
            port: 465,
            security,
        },
        username: None,
        password_file: None,
        ca_file: None,
        connections: 1,
        rate_per_minute: None,
        timeout: Duration::from_millis(300),
        final_timeout: Duration::from_millis(300),
    }
}

fn fault(smtp: &Smtp, local_name: &str) -> Option<Fault> {
    Courier::new(smtp, None, local_name).err()
}

#[test]
fn a_name_that_is_no_name_is_told() {
    let plain = smtp("localhost", Security::Plain);
    for name in ["", "a b", "x\r\nMAIL", "máy"] {
        assert!(
            matches!(fault(&plain, name), Some(Fault::LocalName(_))),
            "{name:?}"
        );
    }
    for name in [
        "localhost",
        "may-1.dangbo.example",
        "[127.0.0.1]",
        "[IPv6:::1]",
    ] {
        assert!(fault(&plain, name).is_none(), "{name:?}");
    }
}

#[test]
fn a_user_without_a_password_is_told() {
    let mut smtp = smtp("localhost", Security::Plain);
    smtp.username = Some("phobien".into());
    assert!(matches!(fault(&smtp, "localhost"), Some(Fault::Password)));
}

#[test]
fn a_ca_file_that_is_none_is_told() {
    let mut smtp = smtp("localhost", Security::Implicit);
    smtp.ca_file = Some("/nowhere/ca.pem".into());
    assert!(matches!(
        fault(&smtp, "localhost"),
        Some(Fault::CaFile { .. })
    ));
    let mut file = tempfile::NamedTempFile::new().expect("a file");
    file.write_all(b"no certificate\n").expect("written");
    smtp.ca_file = Some(file.path().to_owned());
    let told = fault(&smtp, "localhost").expect("a fault").to_string();
    assert!(told.contains("no certificate in it"), "{told}");
}

#[tokio::test]
async fn plain_smtp_never_leaves_this_machine() {
    // TEST-NET-1 (RFC 5737): nothing is sent there in any case.
    let plain = smtp("192.0.2.1", Security::Plain);
    let courier = Courier::new(&plain, None, "localhost").expect("a courier");
    let told = courier.connect().await.err().expect("no link").to_string();
    assert!(told.contains("this machine only"), "{told}");
}
