//! Owns the tests of the spine on a real ledger and a Maildir: owed, frozen, claimed, told once.
//! It refuses to know how files are read.

use phobien::delivery::{Event, State};
use phobien::document::Standing;
use phobien::edition::EditionState;
use phobien::ledger::again::Which;
use phobien::ledger::{closing, decisions, deliveries, editions, matters};
use phobien::organisation::Audience;
use phobien::publish;

use super::office::{Office, Settings, now, pass};

#[tokio::test]
async fn every_member_and_branch_is_told_once_and_on_record() {
    let office = Office::open(Settings::default()).await;
    office.document("23-CT/TW", |_| {}).await;
    let members = office.publish("day").await;
    assert_eq!((members.edition.total, members.new), (5, true));
    assert_eq!(
        office.publish("branch").await.edition.total,
        3,
        "two officers of one branch, one of the other"
    );
    let tally = office.deliver().await;
    assert_eq!((tally.sent, tally.failed), (7, 0));
    assert!(tally.all_sent());
    let mut story = office.story().await;
    story.sort();
    assert_eq!(
        story,
        [
            "branch CB1 an@a.example sent 23-CT/TW",
            "branch CB1 nga@a.example sent 23-CT/TW",
            "branch CB2 my@b.example sent 23-CT/TW",
            "day A1 nga@a.example sent 23-CT/TW",
            "day A2 an@a.example sent 23-CT/TW",
            "day A3 linh@a.example sent 23-CT/TW",
            "day B1 my@b.example sent 23-CT/TW",
            "day B2 - failed 23-CT/TW",
        ]
    );
    assert_eq!(
        office.letters("nga@a.example").len(),
        2,
        "as a member and as an officer"
    );
    let edition = office
        .ledger
        .edition(members.edition.id)
        .await
        .unwrap()
        .unwrap();
    assert_eq!(
        edition.state,
        EditionState::Sent,
        "an unreachable member makes nothing partly"
    );
}

#[tokio::test]
async fn nothing_owed_sends_nothing_and_is_on_record() {
    let office = Office::open(Settings::default()).await;
    office.document("23-CT/TW", |_| {}).await;
    office.publish("day").await;
    office.deliver().await;
    let second = office.publish("day").await;
    assert_eq!(
        (second.edition.state, second.edition.total),
        (EditionState::Empty, 0)
    );
    assert!(second.documents.is_empty());
}

#[tokio::test]
async fn a_slot_has_one_edition_however_often_it_is_asked() {
    let office = Office::open(Settings::default()).await;
    office.document("23-CT/TW", |_| {}).await;
    let first = office.publish("day").await;
    let slot = phobien::schedule::Slot {
        nominal_at: first.edition.nominal_at,
        due_at: first.edition.due_at,
    };
    let schedule = office
        .config
        .schedules
        .iter()
        .find(|s| s.name == "day")
        .unwrap();
    let again = office
        .order(&publish::Order::of(schedule, slot, false))
        .await;
    assert!(!again.new);
    assert_eq!(again.edition.id, first.edition.id);
    assert_eq!(office.log().await.len(), 5);
}

#[tokio::test]
async fn a_correction_replaces_what_it_corrects() {
    let office = Office::open(Settings::default()).await;
    let first = office.document("12-KH/ĐU", |_| {}).await;
    office.publish("day").await;
    office.deliver().await;
    let second = office
        .document("12-KH/ĐU", |d| d.supersedes = Some(first))
        .await;
    let published = office.publish("day").await;
    assert_eq!(published.documents[0].0, second);
    office.deliver().await;
    let letters = office.letters("linh@a.example");
    let bodies: Vec<_> = letters
        .iter()
        .map(|f| std::fs::read_to_string(f).unwrap())
        .collect();
    let subjects: Vec<_> = bodies
        .iter()
        .map(|b| {
            mail_parser::MessageParser::default()
                .parse(b)
                .unwrap()
                .subject()
                .unwrap()
                .to_owned()
        })
        .collect();
    assert!(
        subjects
            .iter()
            .any(|s| s.starts_with("[Đính chính] 12-KH/ĐU")),
        "{subjects:?}"
    );
}

#[tokio::test]
async fn a_superseded_letter_is_stopped_and_made_up_for() {
    let office = Office::open(Settings::default()).await;
    let first = office.document("12-KH/ĐU", |_| {}).await;
    office.publish("day").await;
    office
        .document("12-KH/ĐU", |d| d.supersedes = Some(first))
        .await;
    let tally = office.deliver().await;
    assert_eq!((tally.sent, tally.cancelled), (0, 4));
    let orders = publish::make_up_orders(&office.ledger, &office.config, now())
        .await
        .unwrap();
    assert_eq!(orders.len(), 1);
    let made_up = office.order(&orders[0]).await;
    assert_eq!(made_up.edition.total, 4);
    pass(1);
    assert_eq!(office.deliver().await.sent, 4);
    let none = publish::make_up_orders(&office.ledger, &office.config, now())
        .await
        .unwrap();
    assert!(none.is_empty(), "once per recipient and version");
}

#[tokio::test]
async fn who_left_is_not_written_to_and_who_came_is_told_the_recent() {
    let office = Office::open(Settings::default()).await;
    office.document("23-CT/TW", |_| {}).await;
    office.publish("day").await;
    let without = super::office::ROSTER.replace(
        "A3,Lý Kim Linh,linh@a.example",
        "A9,Tạ Đình Tiến,tien@a.example",
    );
    office.write_roster(&without).await;
    assert_eq!(office.deliver().await.cancelled, 1);
    assert!(office.letters("linh@a.example").is_empty());
    office.publish("day").await;
    office.deliver().await;
    assert_eq!(office.letters("tien@a.example").len(), 1);
}

#[tokio::test]
async fn the_roster_guard_keeps_the_old_list() {
    let many: String = (0..40)
        .map(|i| format!("M{i},Người Thứ {i},m{i}@x.example,Chi bộ Một,,\n"))
        .collect();
    let header = "ma,ho_ten,email,chi_bo,chuc_vu,loai\n";
    let roster = format!("{header}{many}");
    let office = Office::open(Settings {
        roster: &roster,
        ..Settings::default()
    })
    .await;
    let short: String = many.lines().take(30).map(|l| format!("{l}\n")).collect();
    let read = office.write_roster(&format!("{header}{short}")).await;
    assert!(read.kept_old.is_some());
    assert_eq!(
        office
            .ledger
            .members()
            .await
            .unwrap()
            .iter()
            .filter(|m| !m.left)
            .count(),
        40
    );
    assert!(
        office
            .ledger
            .attention()
            .await
            .unwrap()
            .iter()
            .any(|a| a.what == "roster")
    );
    let fine: String = many.lines().take(37).map(|l| format!("{l}\n")).collect();
    assert_eq!(
        office
            .write_roster(&format!("{header}{fine}"))
            .await
            .kept_old,
        None
    );
}

#[tokio::test]
async fn what_a_crash_left_is_sent_again_and_counted() {
    let mut office = Office::open(Settings::default()).await;
    office.document("23-CT/TW", |_| {}).await;
    office.publish("day").await;
    let mut tx = office.ledger.begin().await.unwrap();
    let (claims, _) = deliveries::claim(&mut tx, now(), 2).await.unwrap();
    tx.commit().await.unwrap();
    assert_eq!(claims.len(), 2);
    office.reopen().await;
    assert_eq!(office.deliver().await.sent, 4);
    let log = office.log().await;
    let twice: Vec<_> = log
        .iter()
        .filter(|r| r.attempts == 2)
        .map(|r| r.delivery)
        .collect();
    assert_eq!(twice, claims.iter().map(|c| c.delivery).collect::<Vec<_>>());
}

#[tokio::test]
async fn a_person_settles_a_doubt() {
    let office = Office::open(Settings {
        delivery: "on_unknown = \"hold\"",
        ..Settings::default()
    })
    .await;
    office.document("23-CT/TW", |_| {}).await;
    office.publish("day").await;
    let mut tx = office.ledger.begin().await.unwrap();
    let (claims, _) = deliveries::claim(&mut tx, now(), 1).await.unwrap();
    tx.commit().await.unwrap();
    let tally = office.deliver().await;
    assert_eq!((tally.sent, tally.queue.unknown), (3, 1), "held");
    let mut tx = office.ledger.begin().await.unwrap();
    let id = claims[0].delivery;
    let state = closing::decide(&mut tx, id, Event::Due, now())
        .await
        .unwrap();
    tx.commit().await.unwrap();
    assert_eq!(state, Some(State::Pending));
    assert_eq!(office.deliver().await.sent, 1);
}

#[tokio::test]
async fn a_doubt_settled_in_a_paused_edition_waits_with_it() {
    let office = Office::open(Settings {
        delivery: "on_unknown = \"hold\"",
        ..Settings::default()
    })
    .await;
    office.document("23-CT/TW", |_| {}).await;
    let edition = office.publish("day").await.edition.id;
    let mut tx = office.ledger.begin().await.unwrap();
    let (claims, _) = deliveries::claim(&mut tx, now(), 1).await.unwrap();
    tx.commit().await.unwrap();
    office.deliver().await;
    let move_to = async |state, settled: bool| {
        let mut tx = office.ledger.begin().await.unwrap();
        if settled {
            let id = claims[0].delivery;
            let state = closing::decide(&mut tx, id, Event::Due, now()).await;
            assert_eq!(state.unwrap(), Some(State::Pending));
        } else {
            editions::move_edition(&mut tx, edition, state, None, now())
                .await
                .unwrap();
        }
        tx.commit().await.unwrap();
    };
    move_to(EditionState::Paused, false).await;
    move_to(EditionState::Paused, true).await;
    let tally = office.deliver().await;
    assert_eq!((tally.sent, tally.queue.paused), (0, 1), "still paused");
    move_to(EditionState::Open, false).await;
    assert_eq!(office.deliver().await.sent, 1);
}

#[tokio::test]
async fn a_withdrawn_document_is_noticed_to_those_who_have_it() {
    let office = Office::open(Settings::default()).await;
    let document = office
        .document("23-CT/TW", |d| d.audience = Audience::parse("CB1"))
        .await;
    office.publish("day").await;
    office.deliver().await;
    let mut tx = office.ledger.begin().await.unwrap();
    decisions::stand(&mut tx, document, Standing::Withdrawn)
        .await
        .unwrap();
    tx.commit().await.unwrap();
    let notice = office.publish("day").await;
    assert_eq!(notice.edition.total, 3, "the members of CB1");
    assert_eq!(office.deliver().await.sent, 3);
    assert_eq!(
        office.publish("day").await.edition.state,
        EditionState::Empty
    );
}

#[tokio::test]
async fn a_round_up_covers_nothing() {
    let office = Office::open(Settings::default()).await;
    office.document("23-CT/TW", |_| {}).await;
    assert_eq!(office.publish("month").await.edition.total, 4);
    assert_eq!(office.publish("day").await.edition.total, 5, "still owed");
    assert_eq!(office.deliver().await.sent, 8);
}

#[tokio::test]
async fn a_paused_edition_waits_and_a_cancelled_one_leaves_its_documents_owed() {
    let office = Office::open(Settings::default()).await;
    office.document("23-CT/TW", |_| {}).await;
    let edition = office.publish("day").await.edition.id;
    let mut tx = office.ledger.begin().await.unwrap();
    editions::move_edition(&mut tx, edition, EditionState::Paused, Some("test"), now())
        .await
        .unwrap();
    tx.commit().await.unwrap();
    let tally = office.deliver().await;
    assert_eq!((tally.sent, tally.queue.paused), (0, 4));
    let mut tx = office.ledger.begin().await.unwrap();
    closing::cancel_waiting(&mut tx, edition, "cancelled")
        .await
        .unwrap();
    editions::move_edition(&mut tx, edition, EditionState::Cancelled, None, now())
        .await
        .unwrap();
    tx.commit().await.unwrap();
    pass(1);
    assert_eq!(
        office.publish("day").await.edition.total,
        4,
        "owed again; B2 is on record already"
    );
}

#[tokio::test]
async fn nothing_is_queued_again_for_an_edition_that_was_paused_meanwhile() {
    let office = Office::open(Settings::default()).await;
    office.document("23-CT/TW", |_| {}).await;
    let edition = office.publish("day").await.edition;
    assert_eq!(office.deliver().await.sent, 4);
    let to = Which::To("nga@a.example".into());
    for (state, queued) in [(EditionState::Paused, 0), (EditionState::Open, 1)] {
        let mut tx = office.ledger.begin().await.unwrap();
        editions::move_edition(&mut tx, edition.id, state, None, now())
            .await
            .unwrap();
        tx.commit().await.unwrap();
        // Asked for by somebody who saw it before that.
        let again = publish::again(&office.ledger, &edition, &to, now()).await;
        assert_eq!(again.unwrap(), queued, "{state}");
        assert_eq!(office.log().await.len() as u64, 5 + queued, "{state}");
        let audit = office.ledger.audit().await.unwrap();
        assert_eq!(audit.faults, [""; 0], "{state}");
    }
    assert_eq!(office.deliver().await.sent, 1);
}

#[tokio::test]
async fn a_paused_member_gets_what_is_owed_when_the_pause_ends() {
    let office = Office::open(Settings::default()).await;
    let pause = async |on| {
        let mut tx = office.ledger.begin().await.unwrap();
        assert!(matters::pause_member(&mut tx, "A3", on).await.unwrap());
        tx.commit().await.unwrap();
    };
    pause(true).await;
    office.read_roster().await;
    office.document("23-CT/TW", |_| {}).await;
    office.publish("day").await;
    office.deliver().await;
    assert!(
        office.letters("linh@a.example").is_empty(),
        "a roster reading ends no pause"
    );
    pause(false).await;
    office.publish("day").await;
    office.deliver().await;
    assert_eq!(office.letters("linh@a.example").len(), 1);
}

/// A list on record is not read again, and every change of it is, back to an earlier state too.
#[tokio::test]
async fn every_change_of_a_roster_is_read() {
    let head = "ma,ho_ten,email,chi_bo,chuc_vu,loai\n";
    let row = |n: u32| format!("A{n},Trần Văn Ân,a{n}@a.example,Chi bộ Một,Đảng viên,Chính thức\n");
    let (two, three) = (row(1) + &row(2), row(1) + &row(2) + &row(3));
    let [two, three] = [two, three].map(|rows| format!("{head}{rows}"));
    let office = Office::open(Settings {
        roster: &two,
        ..Settings::default()
    })
    .await;
    let sealed = office.ledger.meta("roster").await.unwrap();
    assert!(sealed.is_some_and(|seal| !seal.is_empty()));
    assert_eq!(office.read_roster().await.members, 2);
    assert_eq!(office.write_roster(&three).await.change.gained, 1);
    let again = office.read_roster().await;
    assert_eq!((again.members, again.change.gained), (3, 0));
    assert_eq!(office.write_roster(&two).await.change.lost, 1);
    assert_eq!(office.write_roster(&two).await.members, 2);
    let faulty = format!("{two}A9,,,,,\n");
    for _ in 0..2 {
        let read = office.write_roster(&faulty).await;
        assert!(!read.faults.is_empty(), "faults are told at every reading");
    }
}

#[tokio::test]
async fn a_limited_rate_delays_letters_and_leaves_none() {
    use std::fmt::Write;
    let mut roster = "ma,ho_ten,email,chi_bo,chuc_vu,loai\n".to_owned();
    for n in 0..120 {
        writeln!(
            roster,
            "A{n},Trần Văn Ân,a{n}@a.example,Chi bộ Một,Đảng viên,Chính thức"
        )
        .unwrap();
    }
    // Fast enough that a letter may start just after none might.
    let office = Office::open(Settings {
        smtp: "rate = \"6000/min\"",
        roster: &roster,
        ..Settings::default()
    })
    .await;
    office.document("23-CT/TW", |_| {}).await;
    office.publish("day").await;
    let tally = office.deliver().await;
    assert_eq!((tally.sent, tally.queue.pending), (120, 0));
}
