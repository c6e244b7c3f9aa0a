//! Owns the tests of `restore`: nobody gets an old edition twice, everybody gets what they are
//! owed, and what must not take the ledger's place does not. It counts at the mail server.

use mail_parser::MimeHeaders;
use std::time::Duration;

use phobien::ledger::DeliveryLock;
use serde_json::Value;
use sqlx::{Connection, Executor, SqliteConnection};

use super::super::peer::{Action, Peer, Rule, Script, Stage};
use super::desk::{Desk, has_keys};
use super::people::{CHI, QUY, SANG, now_holds, roster, told};

const ROW: &str =
    "restored copied_at aside head told_until held erased editions deliveries waiting";
const MEMBERS: [&str; 3] = ["quy@mot.example", "chi@mot.example", "sang@hai.example"];

/// A desk whose letters go to a scripted server, and that tries again after three seconds.
async fn desk(script: Script) -> (Desk, Peer) {
    let peer = Peer::start(script).await;
    let desk = Desk::open(&format!("smtp://127.0.0.1:{}", peer.address.port()));
    let config = std::fs::read_to_string(desk.path("phobien.toml")).unwrap();
    let soon = "on_unknown = \"hold\"\nretry_after = [\"3s\"]";
    desk.write(
        "phobien.toml",
        &config.replace("on_unknown = \"hold\"", soon),
    );
    (desk, peer)
}

/// The time now, as a person writes it.
fn now() -> String {
    chrono::Utc::now().to_rfc3339()
}

/// A file's time on record is in milliseconds.
fn a_moment_later() {
    std::thread::sleep(Duration::from_millis(20));
}

/// How often each member was sent a document, and not merely its name.
fn times(peer: &Peer, symbol: &str) -> [usize; 3] {
    let (taken, file) = (peer.record().taken, symbol.replace('/', "-"));
    MEMBERS.map(|who| {
        let to_them = taken.iter().filter(|t| t.to.contains(&who.to_owned()));
        let parsed = to_them.filter_map(|t| mail_parser::MessageParser::default().parse(&t.data));
        parsed
            .filter(|m| {
                let mut names = m.attachments().filter_map(|a| a.attachment_name());
                names.any(|name| name.starts_with(&file))
            })
            .count()
    })
}

/// Publishes and delivers; exit 1 where something is still held in doubt.
#[track_caller]
fn send(desk: &Desk, schedule: &str) {
    let said = desk.type_in(&["send", schedule]);
    assert!(matches!(said.code, Some(0 | 1)), "{said:?}");
}

fn edition(desk: &Desk, id: &Value) -> Value {
    let status = desk.lines(1, &["status"]).pop().unwrap();
    let editions = status["editions"].as_array().unwrap().clone();
    editions.into_iter().find(|e| e["edition"] == *id).unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn an_edition_half_sent_is_finished_by_a_person_and_sent_to_nobody_twice() {
    let put_off = Rule::at(Stage::Rcpt).to(MEMBERS[2]).times(1);
    let (desk, peer) =
        desk(Script::new().rule(put_off.then(Action::reply("450 4.3.0 later")))).await;
    desk.drop_document(41, "về công tác văn thư");
    send(&desk, "hang-ngay");
    desk.good(&["backup", "copy.db"]);
    assert_eq!(times(&peer, "41-QĐ/TW"), [1, 1, 0], "half sent");
    // What happens afterwards is lost: the rest of the edition, and a document that came and went.
    std::thread::sleep(Duration::from_secs(4));
    desk.good(&["deliver"]);
    desk.drop_document(42, "về việc khác trong sinh hoạt chi bộ");
    send(&desk, "hang-ngay");
    assert_eq!(times(&peer, "41-QĐ/TW"), [1, 1, 1]);
    assert_eq!(times(&peer, "42-QĐ/TW"), [1, 1, 1]);
    a_moment_later();
    let row = desk.row(&["restore", "copy.db", "--told-until", &now()]);
    has_keys(&row, ROW);
    assert_eq!(
        (&row["held"], &row["deliveries"]),
        (&1.into(), &5.into()),
        "{row}"
    );
    assert_eq!(row["waiting"], serde_json::json!([]), "{row}");
    assert!(desk.path(row["aside"].as_str().unwrap()).is_dir());
    desk.drop_document(43, "về việc mới");
    send(&desk, "hang-ngay");
    send(&desk, "chi-bo");
    assert_eq!(
        times(&peer, "43-QĐ/TW"),
        [2, 1, 2],
        "as a member and as an officer"
    );
    let told = edition(&desk, &row["editions"][0]);
    assert_eq!(
        told["state"], "partly",
        "in doubt, until a person says: {told}"
    );
    let half = desk.row(&["settle", "e-1", "sent"]);
    assert_eq!((&half["state"], &half["sent"]), (&"sent".into(), &3.into()));
    desk.row(&["settle", row["editions"][0].as_str().unwrap(), "sent"]);
    send(&desk, "hang-ngay");
    for old in ["41-QĐ/TW", "42-QĐ/TW"] {
        assert_eq!(times(&peer, old), [1, 1, 1], "{old} went to nobody twice");
    }
    assert_eq!(desk.row(&["verify"])["faults"], serde_json::json!([]));
}

#[tokio::test(flavor = "multi_thread")]
async fn what_turns_out_not_to_have_gone_is_sent_once_by_one_word() {
    let (desk, peer) = desk(Script::new()).await;
    desk.drop_document(41, "về công tác văn thư");
    desk.good(&["ingest"]);
    desk.good(&["backup", "copy.db"]);
    a_moment_later();
    let row = desk.row(&["restore", "copy.db", "--told-until", &now()]);
    let id = row["editions"][0].as_str().unwrap();
    send(&desk, "hang-ngay");
    assert_eq!(times(&peer, "41-QĐ/TW"), [0, 0, 0]);
    let again = desk.row(&["settle", id, "resend"]);
    assert_eq!(again["state"], "open");
    desk.type_in(&["deliver"]);
    assert_eq!(times(&peer, "41-QĐ/TW"), [1, 1, 1]);
    let branches = row["editions"][1].as_str().unwrap();
    desk.row(&["settle", branches, "resend"]);
    desk.good(&["deliver"]);
    assert_eq!(times(&peer, "41-QĐ/TW"), [2, 1, 2], "officers");
    send(&desk, "hang-ngay");
    assert_eq!(times(&peer, "41-QĐ/TW"), [2, 1, 2]);
    desk.bad(1, &["settle", id, "sent"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_move_to_another_machine_sends_what_waited_and_nothing_twice() {
    let (old, first) = desk(Script::new()).await;
    old.drop_document(41, "về công tác văn thư");
    old.good(&["send", "hang-ngay"]);
    old.drop_document(42, "về việc khác");
    old.good(&["ingest"]);
    old.good(&["publish", "hang-ngay"]);
    old.drop_document(43, "về việc thứ ba");
    old.good(&["ingest"]);
    let last = old.lines(0, &["status"]).pop().unwrap()["editions"][1]["due_at"].clone();
    a_moment_later();
    old.good(&["backup", "copy.db"]);
    let (new, second) = desk(Script::new()).await;
    for name in ["41-QD-TW.txt", "42-QD-TW.txt", "43-QD-TW.txt"] {
        let file = format!("van-ban/{name}");
        std::fs::copy(old.path(&file), new.path(&file)).unwrap();
    }
    let copy = old.path("copy.db").display().to_string();
    // The date on the last letter that members had.
    let row = new.row(&["restore", &copy, "--told-until", last.as_str().unwrap()]);
    assert_eq!(
        (&row["held"], &row["editions"], &row["aside"]),
        (&0.into(), &serde_json::json!([]), &Value::Null)
    );
    new.good(&["send", "hang-ngay"]);
    assert_eq!(times(&first, "41-QĐ/TW"), [1, 1, 1]);
    assert_eq!(
        times(&second, "41-QĐ/TW"),
        [0, 0, 0],
        "told by the old machine"
    );
    assert_eq!(times(&second, "42-QĐ/TW"), [1, 1, 1]);
    assert_eq!(times(&second, "43-QĐ/TW"), [1, 1, 1]);
}

#[test]
fn a_copy_that_nobody_let_go_on_sends_nothing_however_it_came_there() {
    let desk = Desk::open("maildir:thu");
    desk.drop_document(41, "về công tác văn thư");
    desk.good(&["ingest"]);
    desk.good(&["backup", "copy.db"]);
    // By hand, as one would without the command.
    std::fs::copy(desk.path("copy.db"), desk.path("so-cai/phobien.db")).unwrap();
    for args in [
        &["run"][..],
        &["send", "hang-ngay"],
        &["deliver"],
        &["publish", "hang-ngay"],
        &["ingest"],
        &["settle", "m-1", "resend"],
    ] {
        let said = desk.bad(2, args);
        assert!(said.contains("--told-until"), "{args:?}: {said}");
    }
    let status = desk.lines(1, &["status"]).pop().unwrap();
    assert!(
        status["attention"].to_string().contains("restored"),
        "{status}"
    );
    assert!(!desk.path("thu").exists());
    a_moment_later();
    desk.row(&["restore", "--told-until", &now()]);
    send(&desk, "hang-ngay");
    assert!(!desk.path("thu").exists(), "held in doubt");
    desk.bad(2, &["restore", "--told-until", &now()]);
}

#[test]
fn without_a_word_the_copy_is_in_place_and_waits() {
    let desk = Desk::open("maildir:thu");
    desk.drop_document(41, "về công tác văn thư");
    send(&desk, "hang-ngay");
    desk.good(&["backup", "copy.db"]);
    let said = desk.type_in(&["restore", "copy.db"]);
    assert_eq!(said.code, Some(0));
    assert!(said.err.contains("--told-until TIME"), "{}", said.err);
    desk.bad(2, &["send", "hang-ngay"]);
    // The one that was set aside is a copy too, should somebody put it back.
    let aside = std::fs::read_dir(desk.path("so-cai")).unwrap();
    let aside = aside
        .map(|f| f.unwrap().path())
        .find(|f| f.is_dir())
        .unwrap();
    std::fs::copy(aside.join("phobien.db"), desk.path("so-cai/phobien.db")).unwrap();
    desk.bad(2, &["send", "hang-ngay"]);
    a_moment_later();
    let early = desk.bad(2, &["restore", "--told-until", "2020-01-01T00:00:00Z"]);
    assert!(early.contains("must not be earlier"), "{early}");
    let late = desk.bad(2, &["restore", "--told-until", "2199-01-01T00:00:00Z"]);
    assert!(late.contains("is to come"), "{late}");
    desk.row(&["restore", "--told-until", &now()]);
    send(&desk, "hang-ngay");
}

#[test]
fn a_file_that_cannot_be_told_new_from_old_waits_for_a_person() {
    let desk = Desk::open("maildir:thu");
    desk.good(&["members"]);
    desk.good(&["backup", "copy.db"]);
    a_moment_later();
    let until = now();
    a_moment_later();
    // Maybe new, maybe put back by whoever restored the folder.
    desk.drop_document(41, "về công tác văn thư");
    let row = desk.row(&["restore", "copy.db", "--told-until", &until]);
    assert_eq!(row["waiting"].as_array().unwrap().len(), 1, "{row}");
    send(&desk, "hang-ngay");
    assert!(!desk.path("thu").exists());
    let id = row["waiting"][0].as_str().unwrap();
    let card = desk.good(&["documents", "show", id]);
    assert!(card.contains("approve it if not"), "{card}");
    desk.good(&["documents", "approve", id, "--by", "VP"]);
    // Each edition of these few seconds took one of them.
    std::thread::sleep(Duration::from_secs(2));
    send(&desk, "hang-ngay");
    assert!(desk.path("thu/chi@mot.example/new").exists());
}

/// Alters a file as somebody with a tool for it would.
fn alter(file: &std::path::Path, sql: &str) {
    let runtime = tokio::runtime::Runtime::new().unwrap();
    runtime.block_on(async {
        let at = format!("sqlite://{}?mode=rwc", file.display());
        let mut database = SqliteConnection::connect(&at).await.unwrap();
        database.execute(sqlx::AssertSqlSafe(sql)).await.unwrap();
        database.close().await.unwrap();
    });
}

#[test]
fn what_is_no_whole_copy_takes_nobodys_place() {
    let desk = Desk::open("maildir:thu");
    desk.drop_document(41, "về công tác văn thư");
    send(&desk, "hang-ngay");
    desk.good(&["backup", "copy.db"]);
    let copy = |name: &str| {
        std::fs::copy(desk.path("copy.db"), desk.path(name)).unwrap();
        desk.path(name)
    };
    alter(
        &copy("altered.db"),
        "UPDATE deliveries SET reply_code = 999",
    );
    alter(
        &copy("newer.db"),
        "UPDATE _sqlx_migrations SET version = 9999 WHERE version = 1",
    );
    alter(&desk.path("other.db"), "CREATE TABLE t (a)");
    let cut = std::fs::read(desk.path("copy.db")).unwrap();
    std::fs::write(desk.path("cut.db"), &cut[..cut.len() / 2]).unwrap();
    desk.write("text.db", "không phải sổ cái\n");
    desk.write("empty.db", "");
    for (file, says) in [
        ("altered.db", "damaged or altered"),
        ("cut.db", "damaged or altered"),
        ("newer.db", "a newer phobien"),
        ("other.db", "no ledger of phobien"),
        ("text.db", "no ledger of phobien"),
        ("empty.db", "no ledger of phobien"),
        ("none.db", "cannot be read"),
        (".", "no ledger of phobien"),
        ("so-cai/phobien.db", "the ledger in use"),
    ] {
        let said = desk.bad(2, &["restore", file, "--told-until", &now()]);
        assert!(said.contains(says), "{file}: {said}");
        assert!(!desk.path("so-cai/phobien.db.part").exists(), "{file}");
    }
    let held = DeliveryLock::take(&desk.path("so-cai"), "run")
        .unwrap()
        .unwrap();
    let said = desk.bad(3, &["restore", "copy.db", "--told-until", &now()]);
    assert!(said.contains("phobien run"), "{said}");
    drop(held);
    send(&desk, "hang-ngay");
    assert_eq!(desk.row(&["verify"])["intact"], true, "nothing was touched");
}

#[test]
fn a_restore_that_was_broken_off_opens_neither_ledger_and_can_be_repeated() {
    let desk = Desk::open("maildir:thu");
    desk.good(&["members"]);
    desk.good(&["backup", "copy.db"]);
    // As the power would leave it between the two renamings.
    std::fs::copy(desk.path("copy.db"), desk.path("so-cai/phobien.db.next")).unwrap();
    let said = desk.bad(1, &["status"]);
    assert!(said.contains("broken off"), "{said}");
    a_moment_later();
    desk.row(&["restore", "copy.db", "--told-until", &now()]);
    desk.good(&["members"]);
}

#[test]
fn who_was_erased_does_not_come_back_with_an_older_copy() {
    let desk = told();
    // So many that a copy of their table has pages above its leaves.
    let others: String = (100..180)
        .map(|n| format!("DV{n},Lê Văn Số {n},so{n}@ba.example,Chi bộ Ba,Đảng viên,Chính thức\n"))
        .collect();
    roster(&desk, &[QUY, CHI, SANG, &others]);
    desk.drop_document(40, "về việc chung");
    desk.good(&["send", "hang-ngay"]);
    desk.good(&["backup", "copy.db"]);
    roster(&desk, &[SANG, &others]);
    desk.good(&["members", "accept"]);
    desk.good(&["members", "erase", "DV001", "--yes"]);
    desk.good(&["members", "erase", "DV002", "--yes"]);
    let words = ["Trần Công Quý", "quy@mot.example", "DV001"];
    assert!(now_holds(&desk, &words).is_empty());
    // One of them is listed again since.
    roster(&desk, &[CHI, SANG, &others]);
    let said = desk.type_in(&["restore", "copy.db"]);
    assert!(!said.err.contains("members erase"), "{}", said.err);
    assert_eq!(now_holds(&desk, &words), words, "the copy has them");
    a_moment_later();
    let row = desk.row(&["restore", "--told-until", &now()]);
    assert_eq!(row["erased"], 2);
    assert_eq!(now_holds(&desk, &words), <[&str; 0]>::default());
    let of_before = desk.type_in(&["log", "--to", "chi@mot.example"]);
    assert!(!of_before.out.contains("41-QĐ/TW"), "{}", of_before.out);
    desk.good(&["verify"]);
    desk.drop_document(42, "về việc khác");
    send(&desk, "hang-ngay");
    let letters = |who: &str| {
        let folder = desk.path("thu").join(who).join("new");
        std::fs::read_dir(folder).unwrap().count()
    };
    assert_eq!(
        letters("chi@mot.example"),
        2,
        "held until the office decides"
    );
    assert_eq!(
        letters("sang@hai.example"),
        4,
        "three members' letters, one branch's"
    );
    let status = desk.lines(1, &["status"]).pop().unwrap();
    let matters = status["attention"].to_string();
    assert!(matters.contains("pause DV002 --end"), "{matters}");
    // Where there is nobody to ask, the office is.
    std::fs::write(desk.path("so-cai/phobien.db"), "hỏng").unwrap();
    let said = desk.type_in(&["restore", "copy.db"]);
    assert!(said.err.contains("members erase"), "{}", said.err);
}
