//! Owns the tests of how long the record names people, and of who left: nothing more is sent to
//! such a one. It looks at the database only to make letters old or deferred.

use serde_json::{Value, json};

use super::desk::Desk;
use super::people::{QUY, SANG, now_holds, roster, told, write};

#[test]
fn the_period_takes_the_people_out_of_old_letters_and_says_before_what_it_will() {
    let desk = told();
    desk.drop_document(42, "về việc khác");
    let file = desk.path("so-cai/phobien.db");
    // Two years and more ago; who left then is in no letter since.
    write(&file, "UPDATE editions SET due_at = due_at - 70000000000");
    roster(&desk, &[QUY, SANG]);
    desk.good(&["send", "hang-ngay"]);
    write(&file, "UPDATE members SET left_at = left_at - 70000000000");
    let words = ["Trần Kim Chi", "chi@mot.example", "DV002"];
    assert_eq!(now_holds(&desk, &words), words);
    let names = |row: &Value| row["name"].as_str().unwrap().starts_with("p-");
    let said = desk.row(&["retention", "--dry-run"]);
    assert!(
        !desk.lines(0, &["log"]).iter().any(names),
        "a dry run does nothing"
    );
    let done = desk.row(&["retention"]);
    for key in ["editions", "letters", "people", "folded"] {
        assert_eq!(said[key], done[key], "{key}: {said} {done}");
    }
    assert_eq!(
        (&done["people"], &done["folded"]),
        (&json!(1), &json!(true))
    );
    let log = desk.lines(0, &["log"]);
    let old: Vec<_> = log.iter().filter(|d| d["edition"] == "e-1").collect();
    assert_eq!(old.len(), 3);
    assert!(
        old.iter().all(|d| names(d) && d["address"] == d["code"]),
        "{old:?}"
    );
    assert_eq!(now_holds(&desk, &words), Vec::<String>::new());
    // Who is listed is still sent what comes, and what came is found.
    assert_eq!(desk.lines(0, &["log", "--to", "DV001"]).len(), 1);
    assert_eq!(desk.row(&["verify"])["intact"], true);
    let again = desk.row(&["retention"]);
    assert_eq!(
        (&again["letters"], &again["people"]),
        (&json!(0), &json!(0))
    );
    let sent = desk.lines(0, &["send", "hang-ngay"]);
    assert_eq!(sent.last().unwrap()["sent"], 0, "nothing is owed anew");
    let events = desk.row(&["members", "export", "DV001"]);
    let told = events["deliveries"].as_array().unwrap().len();
    assert_eq!(
        told, 3,
        "what is kept under the pseudonym is the person's data still"
    );
}

#[test]
fn the_service_looks_at_the_period_once_a_day() {
    let desk = told();
    let file = desk.path("so-cai/phobien.db");
    write(&file, "UPDATE editions SET due_at = due_at - 70000000000");
    let mut service = desk.start(&["run"]);
    let done = (0..100).any(|_| {
        std::thread::sleep(std::time::Duration::from_millis(100));
        desk.row(&["retention", "--dry-run"])["letters"] == 0
    });
    let pid = service.id().to_string();
    assert!(
        std::process::Command::new("kill")
            .arg(&pid)
            .status()
            .unwrap()
            .success()
    );
    service.wait().unwrap();
    assert!(done, "the service did not look");
    assert_eq!(desk.row(&["verify"])["intact"], true);
    let log = desk.lines(0, &["log", "--edition", "e-1"]);
    assert!(
        log.iter()
            .all(|d| d["name"].as_str().unwrap().starts_with("p-")),
        "{log:?}"
    );
}

#[test]
fn who_left_gets_nothing_more_waiting_or_deferred() {
    let desk = Desk::open("maildir:thu");
    desk.drop_document(41, "về công tác văn thư");
    desk.good(&["ingest"]);
    desk.good(&["publish", "hang-ngay"]);
    let file = desk.path("so-cai/phobien.db");
    write(
        &file,
        "UPDATE deliveries SET state = 'deferred', attempts = 1, next_attempt_at = 1,
         first_reply_at = 1, reply = '451 later' WHERE code = 'DV003'",
    );
    roster(
        &desk,
        &[
            QUY,
            "DV004,Lê An,an@hai.example,Chi bộ Hai,Đảng viên,Chính thức\n",
        ],
    );
    // It is what the office drops that counts: the roster is read before anything is attempted.
    desk.type_in(&["deliver"]);
    let log = desk.lines(0, &["log"]);
    let state = |code: &str| {
        let row = log.iter().find(|d| d["code"] == code).unwrap();
        (row["state"].clone(), row["reply"].clone())
    };
    assert_eq!(state("DV001").0, "sent");
    for code in ["DV002", "DV003"] {
        assert_eq!(state(code), (json!("cancelled"), json!("left")), "{code}");
    }
    assert!(!desk.path("thu/chi@mot.example").exists());
    assert!(!desk.path("thu/sang@hai.example").exists());
}
