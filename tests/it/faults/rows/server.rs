//! Owns the rows of the fault matrix where the server as a whole is at fault, or says what it can
//! do. It refuses to know single recipients' troubles.

use phobien::delivery::State;

use super::{SENT, at, barred, deferred, failed, once, paused, row};
use crate::office::{Office, Settings};
use crate::peer::{Action, Certificate, Peer, Rule, Script, Stage};

#[tokio::test]
async fn refused_or_unreachable() {
    let gone = || Script::new().at(Stage::Banner, Action::Close);
    row(gone, barred("connection")).await;
}

#[tokio::test]
async fn tls_expired_wrong_host_or_self_signed() {
    row(
        || Script::new().tls(Certificate::expired()),
        barred("2021-03-04"),
    )
    .await;
    row(
        || Script::new().tls(Certificate::wrong_host()),
        barred("mail.elsewhere.example"),
    )
    .await;
    row(
        || Script::new().tls(Certificate::self_signed()),
        barred("ca_file"),
    )
    .await;
}

#[tokio::test]
async fn starttls_stripped_or_454() {
    let stripped = || {
        let bare = Action::reply("250-peer\r\n250 PIPELINING");
        Script::new()
            .starttls(Certificate::valid())
            .at(Stage::Ehlo, bare)
    };
    row(stripped, barred("STARTTLS")).await;
    let later = || {
        let no = Action::reply("454 4.7.0 TLS not available");
        Script::new()
            .starttls(Certificate::valid())
            .at(Stage::StartTls, no)
    };
    row(later, barred("454 4.7.0 TLS not available")).await;
}

#[tokio::test]
async fn bytes_behind_starttls() {
    let injected = || {
        let more = Action::raw("220 go\r\n250-fake\r\n250 AUTH PLAIN\r\n");
        Script::new()
            .starttls(Certificate::valid())
            .at(Stage::StartTls, more)
    };
    row(injected, barred("somebody on the way")).await;
}

#[tokio::test]
async fn r421_before_the_dot() {
    let bye = || Action::ReplyThenClose("421 4.3.2 closing".into());
    for stage in [Stage::Rcpt, Stage::Data] {
        row(|| at(stage, bye()), deferred(0, "421 4.3.2")).await;
        row(|| once(stage, bye()), SENT).await;
    }
    for stage in [Stage::Banner, Stage::Ehlo] {
        row(|| Script::new().at(stage, bye()), barred("421 4.3.2")).await;
    }
}

#[tokio::test]
async fn failing_quit_and_reset() {
    for action in [Action::Silence, Action::Close, Action::reply("421 bye")] {
        let script = || {
            once(Stage::Rcpt, Action::reply("550 5.1.1 who"))
                .at(Stage::Rset, action.clone())
                .at(Stage::Quit, action.clone())
        };
        row(script, failed("550 5.1.1")).await;
    }
}

#[tokio::test]
async fn without_8bitmime() {
    row(|| Script::new().without("8BITMIME"), SENT).await;
}

/// The roster takes no local part beyond ASCII, so such a member has no usable address, aloud; the
/// wire's side is the courier's test.
#[tokio::test]
async fn without_smtputf8() {
    let roster = "ma,ho_ten,email,chi_bo,chuc_vu,loai\n\
        M1,Trần Đức,đức@x.example,Một,,\nM2,Trần An,an@x.example,Một,,\n";
    let peer = Peer::start(Script::new().without("SMTPUTF8")).await;
    let mut office = Office::open(Settings {
        roster,
        ..Settings::default()
    })
    .await;
    office.config.smtp = peer.smtp();
    office.document("23-CT/TW", |_| {}).await;
    office.publish("day").await;
    assert_eq!(office.deliver().await.sent, 1);
    let rows = office.log().await;
    let row = rows
        .iter()
        .find(|r| r.code.as_deref() == Some("M1"))
        .unwrap();
    assert_eq!((row.state, row.attempts), (State::Failed, 0));
    assert_eq!(row.reply.as_deref(), Some("no usable address"));
}

#[tokio::test]
async fn a_size_too_small() {
    row(
        || Script::new().offering("SIZE 500"),
        paused("message_size_max"),
    )
    .await;
}

#[tokio::test]
async fn pipelining_falsely_offered() {
    row(|| Script::new().forgetting_early_input(), SENT).await;
    row(|| Script::new().forgetting_riders(), SENT).await;
}

#[tokio::test]
async fn a_limit_per_connection() {
    let limited = || {
        let full = Action::ReplyThenClose("421 4.7.0 too many messages on this connection".into());
        Script::new().rule(Rule::at(Stage::Mail).transaction(2).then(full))
    };
    row(limited, SENT).await;
}
