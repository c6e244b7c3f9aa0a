//! Owns the proof that nothing is ever said in clear that should not be, and that a refused
//! certificate or login is explained.

use phobien::courier::{Courier, NoLink};
use phobien::delivery::Trouble;
use secrecy::SecretString;

use super::{AN, assert_true, once, word};
use crate::peer::{Action, Certificate, Peer, Script, Stage};

/// Why there is no link.
async fn no_link(peer: &Peer) -> NoLink {
    let courier = super::courier(peer);
    courier.connect().await.err().expect("no link")
}

fn barred(none: NoLink) -> String {
    match none {
        NoLink::Barred(words) => words,
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn letters_go_over_tls_from_the_first_byte_and_after_starttls() {
    for script in [
        Script::new().tls(Certificate::valid()),
        Script::new().starttls(Certificate::valid()),
        Script::new()
            .starttls(Certificate::valid())
            .without("PIPELINING"),
    ] {
        let peer = Peer::start(script).await;
        let outcome = once(&super::courier(&peer), AN).await;
        assert_eq!(word(&outcome), "sent", "{outcome:?}");
        assert_true(&outcome, &peer.record());
    }
}

#[tokio::test]
async fn resets_over_tls_are_told_apart_by_the_dot() {
    for (stage, action, expected) in [
        (Stage::Data, Action::Reset, "connection"),
        (Stage::Dot, Action::take(Action::Reset), "unknown: reset"),
        (Stage::Dot, Action::take(Action::Close), "unknown: reset"),
        (Stage::Dot, Action::Silence, "unknown: silence"),
    ] {
        let peer = Peer::start(Script::new().tls(Certificate::valid()).at(stage, action)).await;
        assert_eq!(word(&once(&super::courier(&peer), AN).await), expected);
    }
}

#[tokio::test]
async fn refused_certificates_are_explained() {
    for (certificate, words) in [
        (
            Certificate::expired(),
            &["127.0.0.1", "2020-01-02", "2021-03-04", "expired"][..],
        ),
        (
            Certificate::wrong_host(),
            &["127.0.0.1", "mail.elsewhere.example"],
        ),
        (
            Certificate::self_signed(),
            &["127.0.0.1", "2099-03-04", "ca_file"],
        ),
    ] {
        let text = format!("{certificate:?}");
        let peer = Peer::start(Script::new().tls(certificate)).await;
        let told = barred(no_link(&peer).await);
        for word in words {
            assert!(told.contains(word), "{text}: {told}");
        }
        assert_eq!(peer.record().commands, []);
    }
}

#[tokio::test]
async fn refused_certificates_after_starttls_end_it() {
    for certificate in [Certificate::expired(), Certificate::wrong_host()] {
        let peer = Peer::start(Script::new().starttls(certificate)).await;
        barred(no_link(&peer).await);
        let said = peer.record().commands;
        assert_eq!(said.len(), 2, "{said:?}");
    }
}

/// A peer with a certificate that does not announce STARTTLS any more, as somebody on the way
/// could arrange.
#[tokio::test]
async fn starttls_taken_away_is_never_gone_without() {
    let stripped = "250-peer\r\n250 PIPELINING";
    let script = Script::new().starttls(Certificate::valid());
    let peer = Peer::start(script.at(Stage::Ehlo, Action::reply(stripped))).await;
    assert!(barred(no_link(&peer).await).contains("STARTTLS"));
    assert_eq!(peer.record().said("MAIL"), 0);
}

#[tokio::test]
async fn starttls_refused_is_never_gone_without() {
    for (reply, expected) in [
        ("454 4.7.0 not now", "not now"),
        ("454 not now", "not now"),
        ("502 5.5.1 no", "barred"),
    ] {
        let script = Script::new().starttls(Certificate::valid());
        let peer = Peer::start(script.at(Stage::StartTls, Action::reply(reply))).await;
        let outcome = once(&super::courier(&peer), AN).await;
        assert_eq!(word(&outcome), expected, "{reply}");
        let record = peer.record();
        assert_eq!((record.said("MAIL"), record.said("EHLO")), (0, 1));
    }
}

#[tokio::test]
async fn what_comes_in_clear_behind_starttls_is_an_attack() {
    let injected = "220 go\r\n250-fake\r\n250 AUTH PLAIN\r\n";
    let script = Script::new().starttls(Certificate::valid());
    let peer = Peer::start(script.at(Stage::StartTls, Action::raw(injected))).await;
    let none = no_link(&peer).await;
    assert!(matches!(&none, NoLink::Trouble(Trouble::Protocol(w)) if w.contains("STARTTLS")));
    assert_eq!(peer.record().said("EHLO"), 1);
}

/// The same, but the bytes come a little later, into the handshake.
#[tokio::test]
async fn what_comes_in_clear_into_the_handshake_breaks_it() {
    let chunks = vec![
        b"220 go\r\n".to_vec(),
        b"250-fake\r\n250 AUTH PLAIN\r\n".to_vec(),
    ];
    let script = Script::new().starttls(Certificate::valid());
    let peer = Peer::start(script.at(Stage::StartTls, Action::Split(chunks))).await;
    let none = no_link(&peer).await;
    assert!(
        matches!(none, NoLink::Trouble(Trouble::Protocol(_))),
        "{none:?}"
    );
    assert_eq!(peer.record().said("EHLO"), 1);
}

#[tokio::test]
async fn a_port_without_tls_is_told() {
    let clear = Peer::start(Script::new()).await;
    let with = Peer::start(Script::new().tls(Certificate::valid())).await;
    let mut smtp = with.smtp();
    smtp.transport = phobien::config::Transport::Smtp {
        host: "127.0.0.1".into(),
        port: clear.address.port(),
        security: phobien::config::Security::Implicit,
    };
    let courier = Courier::new(&smtp, None, "localhost").expect("a courier");
    let none = courier.connect().await.err().expect("no link");
    assert!(none.to_string().contains("port 465"), "{none}");
}

#[tokio::test]
async fn a_handshake_without_end_has_a_deadline() {
    let silent = Peer::start(Script::new().at(Stage::Banner, Action::Silence)).await;
    let with = Peer::start(Script::new().tls(Certificate::valid())).await;
    let mut smtp = with.smtp();
    smtp.transport = phobien::config::Transport::Smtp {
        host: "127.0.0.1".into(),
        port: silent.address.port(),
        security: phobien::config::Security::Implicit,
    };
    let courier = Courier::new(&smtp, None, "localhost").expect("a courier");
    let none = courier.connect().await.err().expect("no link");
    assert_eq!(none, NoLink::Trouble(Trouble::Silence("TLS handshake")));
}

async fn log_in(script: Script, password: &str) -> (Peer, Result<(), NoLink>) {
    let peer = Peer::start(script).await;
    let mut smtp = peer.smtp();
    smtp.username = Some("phobien".into());
    let password = Some(SecretString::from(password.to_owned()));
    let courier = Courier::new(&smtp, password, "localhost").expect("a courier");
    let linked = courier.connect().await.map(drop);
    (peer, linked)
}

#[tokio::test]
async fn logins_by_plain_and_by_login() {
    let script = || {
        Script::new()
            .tls(Certificate::valid())
            .account("phobien", "mật khẩu 1")
    };
    for script in [
        script(),
        script().offering("AUTH LOGIN"),
        script().offering("AUTH=PLAIN"),
    ] {
        let (peer, linked) = log_in(script, "mật khẩu 1").await;
        assert_eq!(linked, Ok(()));
        assert_eq!(
            peer.record().logins,
            [("phobien".into(), "mật khẩu 1".into())]
        );
    }
}

#[tokio::test]
async fn a_refused_login_stops_and_never_shows_the_password() {
    let secret = "canary-9f3";
    for offer in ["AUTH PLAIN", "AUTH LOGIN"] {
        let script = Script::new().account("phobien", "other").offering(offer);
        let (peer, linked) = log_in(script, secret).await;
        let told = barred(linked.expect_err("refused"));
        assert!(told.contains("535") && !told.contains(secret), "{told}");
        assert_eq!(peer.record().said("AUTH"), 1);
    }
}

#[tokio::test]
async fn each_refusal_of_a_login_has_its_class() {
    for (action, expected) in [
        (Action::reply("535 5.7.8 wrong"), "barred"),
        (Action::reply("534 5.7.9 weak"), "barred"),
        (Action::reply("530 5.7.0 no"), "barred"),
        (
            Action::reply("454 4.7.0 Temporary authentication failure"),
            "not now",
        ),
        (Action::reply("421 bye"), "not now"),
        (Action::reply("250 ok"), "protocol"),
        (Action::reply("334 bm9uc2Vuc2U="), "protocol"),
        (Action::reply("334 !!"), "protocol"),
        (Action::Silence, "silence"),
        (Action::Close, "connection"),
        (Action::Reset, "connection"),
    ] {
        let script = Script::new()
            .account("phobien", "x")
            .at(Stage::Auth, action.clone());
        let (_, linked) = log_in(script, "x").await;
        let outcome = linked.expect_err("refused").into();
        assert_eq!(word(&outcome), expected, "{action:?}");
    }
}

#[tokio::test]
async fn a_server_without_a_login_is_told() {
    let (_, linked) = log_in(Script::new(), "x").await;
    assert!(barred(linked.expect_err("refused")).contains("username"));
}
