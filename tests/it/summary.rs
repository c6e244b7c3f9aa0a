//! Owns the tests of what the office is told: after each edition, once a day, once each, and not a
//! name or an address too many. It refuses to judge how it looks.

use phobien::delivery::State;
use phobien::edition::EditionState;
use phobien::ledger::log::LogRow;
use phobien::ledger::{closing, events};
use phobien::organisation::RecipientKind;
use phobien::publish::{OFFICE_DAILY, OFFICE_EDITIONS, OFFICE_MATTERS};

use super::office::{Office, Settings, now, pass};
use super::peer::{Action, Peer, Rule, Script, Stage};

const NOTIFY: &str = "[office]\nnotify = [\"vp@office.example\"]\n";
const DAILY: &str = "[office]\nnotify = [\"vp@office.example\", \"bt@office.example\"]\n\
     daily_summary = \"17:00\"\n";

/// An office whose roster's faults are a matter of yesterday.
async fn office(more: &str) -> Office {
    let office = Office::open(Settings {
        more,
        ..Settings::default()
    })
    .await;
    let mut tx = office.ledger.begin().await.unwrap();
    events::clear(&mut tx, "roster", None).await.unwrap();
    tx.commit().await.unwrap();
    office
}

async fn summaries(office: &Office) -> Vec<LogRow> {
    let mut rows = office.log().await;
    rows.retain(|row| row.kind == RecipientKind::Office);
    rows
}

#[tokio::test]
async fn the_office_is_told_of_each_edition_once_and_of_no_summary() {
    let rule = Rule::at(Stage::Rcpt)
        .to("an@a.example")
        .then(Action::reply("550 5.1.1 <an@a.example> no such user here"));
    let peer = Peer::start(Script::new().rule(rule)).await;
    let mut office = office(NOTIFY).await;
    office.config.smtp = peer.smtp();
    office.document("23-CT/TW", |_| {}).await;
    assert!(office.tell().await.is_empty(), "nothing ended yet");
    let edition = office.publish("day").await.edition;
    office.deliver().await;
    let told = office.tell().await;
    assert_eq!((told.len(), told[0].total), (1, 1));
    assert_eq!(told[0].schedule, OFFICE_EDITIONS);
    assert_eq!(office.deliver().await.sent, 1);
    for _ in 0..3 {
        pass(60);
        assert!(
            office.tell().await.is_empty(),
            "told once; a summary ends untold"
        );
    }
    let row = summaries(&office).await.remove(0);
    assert_eq!(
        (row.state, row.code.as_deref(), row.branch.as_deref()),
        (State::Sent, None, None)
    );
    assert_eq!(row.address.as_deref(), Some("vp@office.example"));
    assert_eq!(peer.record().times("vp@office.example"), 1);
    let text = office.text_of(&row).await;
    assert!(
        text.starts_with("[Kết quả gửi] day 23/11/2026: đã gửi 3/5, chưa tới 2"),
        "{text}"
    );
    for said in [
        "gửi được một phần",
        "23-CT/TW",
        "- Chi bộ Một, A2: không có hộp thư này (550 5.1.1)",
        "- Chi bộ Hai, B2: chưa có địa chỉ thư dùng được",
        &edition.id.to_string(),
    ] {
        assert!(text.contains(said), "{said}: {text}");
    }
    let head = office.ledger.audit().await.unwrap();
    assert!(head.faults.is_empty(), "{:?}", head.faults);
    for hidden in ["an@a.example", "no such user", "Đỗ Văn Ân", "Quân"] {
        assert!(!text.contains(hidden), "{hidden}: {text}");
    }
}

#[tokio::test]
async fn a_pause_is_told_at_once_and_the_end_after_it() {
    let office = office(NOTIFY).await;
    office.document("23-CT/TW", |_| {}).await;
    let id = office.publish("day").await.edition.id;
    let mut tx = office.ledger.begin().await.unwrap();
    let why = "the server refuses many alike, so nobody is blamed: 550 5.7.1 <an@a.example> no";
    phobien::ledger::editions::move_edition(&mut tx, id, EditionState::Paused, Some(why), now())
        .await
        .unwrap();
    events::attend(&mut tx, "paused", &id.to_string(), why, now())
        .await
        .unwrap();
    tx.commit().await.unwrap();
    assert_eq!(office.tell().await.len(), 1);
    assert!(office.tell().await.is_empty());
    let row = summaries(&office).await.remove(0);
    let text = office.text_of(&row).await;
    assert!(text.starts_with("[Tạm dừng gửi] day"), "{text}");
    assert!(
        text.contains("nobody is blamed") && !text.contains("an@a.example"),
        "{text}"
    );
    let mut tx = office.ledger.begin().await.unwrap();
    closing::cancel(&mut tx, id, "cancelled", now())
        .await
        .unwrap();
    tx.commit().await.unwrap();
    pass(1);
    assert_eq!(office.tell().await.len(), 1, "the end is another matter");
}

async fn attend(office: &Office, what: &str, about: &str, detail: &str) {
    let mut tx = office.ledger.begin().await.unwrap();
    events::attend(&mut tx, what, about, detail, now())
        .await
        .unwrap();
    tx.commit().await.unwrap();
}

#[tokio::test]
async fn a_matter_is_told_of_once_and_many_come_together() {
    let mut office = office(NOTIFY).await;
    assert!(
        office.tell().await.is_empty(),
        "that somebody has no address is no news"
    );
    attend(&office, "damaged", "a.pdf", "a.pdf is damaged").await;
    attend(&office, "secret", "MAT.pdf", "MAT.pdf has a mark").await;
    let told = office.tell().await;
    assert_eq!((told.len(), told[0].total), (1, 1));
    assert_eq!(told[0].schedule, OFFICE_MATTERS);
    let text = office
        .text_of(&summaries(&office).await.pop().unwrap())
        .await;
    assert!(text.starts_with("[Việc cần xử lý] 03 việc: "), "{text}");
    assert!(text.contains("a.pdf is damaged"), "{text}");
    assert!(
        text.contains("dấu chỉ độ mật") && !text.contains("MAT.pdf"),
        "{text}"
    );
    // Forty more at once are one letter, an hour later.
    for nth in 0..40 {
        attend(
            &office,
            "damaged",
            &format!("{nth}.pdf"),
            "a file is damaged",
        )
        .await;
    }
    pass(3500);
    office.reopen().await;
    assert!(office.tell().await.is_empty(), "not yet");
    pass(101);
    assert_eq!(office.tell().await.len(), 1);
    let text = office
        .text_of(&summaries(&office).await.pop().unwrap())
        .await;
    assert!(text.starts_with("[Việc cần xử lý] 40 việc: "), "{text}");
    assert!(!text.contains("a.pdf"), "{text}");
    // What did not fit comes in the next ones, then there is silence.
    pass(3601);
    assert_eq!(office.tell().await.len(), 1);
    for _ in 0..30 {
        pass(3601);
        assert!(office.tell().await.is_empty(), "each of them once");
    }
    // Cleared, and back a day later: a new one.
    let mut tx = office.ledger.begin().await.unwrap();
    events::clear(&mut tx, "damaged", Some("a.pdf"))
        .await
        .unwrap();
    tx.commit().await.unwrap();
    attend(&office, "damaged", "a.pdf", "a.pdf is damaged").await;
    assert_eq!(office.tell().await.len(), 1);
}

#[tokio::test]
async fn a_missed_slot_is_told_of() {
    let office = office(NOTIFY).await;
    let slot = phobien::schedule::Slot {
        nominal_at: now() - chrono::TimeDelta::hours(20),
        due_at: now() - chrono::TimeDelta::hours(20),
    };
    let why = phobien::schedule::Why::Missed;
    phobien::publish::skip(&office.ledger, "day", slot, why, now())
        .await
        .unwrap();
    assert_eq!(office.tell().await.len(), 1);
    assert!(office.tell().await.is_empty(), "once");
    let text = office.text_of(&summaries(&office).await.remove(0)).await;
    assert!(text.contains("đã quá thời hạn gửi bù"), "{text}");
}

#[tokio::test]
async fn the_day_is_told_once_also_where_nothing_happened() {
    let mut office = office(DAILY).await;
    // 15:00 in Hà Nội: the schedule is first seen now.
    assert!(office.tell().await.is_empty());
    pass(2 * 3600 - 1);
    assert!(office.tell().await.is_empty(), "a second before its time");
    pass(5);
    let told = office.tell().await;
    assert_eq!((told.len(), told[0].total, told[0].late), (1, 2, false));
    assert_eq!(told[0].schedule, OFFICE_DAILY);
    office.reopen().await;
    assert!(
        office.tell().await.is_empty(),
        "a restart makes no second one"
    );
    assert_eq!(office.deliver().await.sent, 2);
    let row = summaries(&office).await.remove(0);
    let text = office.text_of(&row).await;
    assert!(
        text.starts_with("[Tổng hợp gửi] 23/11/2026: không có thư gửi đi"),
        "{text}"
    );
    assert!(text.contains("Trong ngày không có đợt gửi nào."), "{text}");
    assert!(
        text.contains("1 đảng viên chưa có địa chỉ thư dùng được"),
        "{text}"
    );
    // The machine is off until three hours after the next one's time, and for the one before.
    pass(2 * 86_400 + 3 * 3600);
    let told = office.tell().await;
    assert_eq!((told.len(), told[0].late), (1, true));
    assert_eq!(
        told[0].nominal_at,
        now() - chrono::TimeDelta::seconds(3 * 3600 + 4)
    );
    let skipped = office
        .ledger
        .slots_on_record(OFFICE_DAILY, chrono::DateTime::UNIX_EPOCH)
        .await
        .unwrap();
    assert_eq!(skipped.len(), 3, "the day between is on record, skipped");
}

#[tokio::test]
async fn a_summary_is_owed_to_nobody_and_opens_no_guard() {
    let mut office = office(DAILY).await;
    office.config.documents.first_ingest_max = 1;
    office.tell().await;
    pass(2 * 3600 + 1);
    office.tell().await;
    office.deliver().await;
    office.document("23-CT/TW", |_| {}).await;
    office.document("24-CT/TW", |_| {}).await;
    let waits = phobien::publish::first_ingest_waits(&office.ledger, &office.config).await;
    assert_eq!(
        waits.unwrap(),
        Some(2),
        "a letter to the office is no first edition"
    );
    assert!(office.ledger.editions(9).await.unwrap().is_empty());
    assert!(office.ledger.audit().await.unwrap().faults.is_empty());
}

#[tokio::test]
async fn an_office_that_cannot_be_reached_stands_in_attention() {
    let rule = Rule::at(Stage::Rcpt)
        .to("vp@office.example")
        .times(2)
        .then(Action::reply("550 5.1.1 no such user"));
    let peer = Peer::start(Script::new().rule(rule)).await;
    let mut office = office(NOTIFY).await;
    office.config.smtp = peer.smtp();
    for symbol in ["23-CT/TW", "24-CT/TW", "25-CT/TW"] {
        office.document(symbol, |_| {}).await;
        office.publish("day").await;
        office.deliver().await;
        office.tell().await;
        office.deliver().await;
        let unreached = office.ledger.office_unreached().await.unwrap();
        assert!(unreached.is_some(), "{symbol}");
    }
    let states: Vec<_> = summaries(&office)
        .await
        .into_iter()
        .map(|r| (r.state, r.reply))
        .collect();
    assert_eq!(
        states[2],
        (State::Failed, Some("held".into())),
        "{states:?}"
    );
}
