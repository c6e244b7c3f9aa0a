//! Owns a day of an office, typed command by command, with every JSON line held against the
//! contract's keys. It refuses to know how anything is done.

use super::desk::{
    CHECK, COUNTS, DOCUMENT, Desk, EDITION, LOG, MEMBER, PUBLISH, STATUS, corpus, has_keys, lines,
};
use serde_json::{Value, json};

fn texts(row: &Value, key: &str) -> Vec<String> {
    let texts = row[key].as_array().unwrap().iter();
    texts.map(|t| t.as_str().unwrap().to_owned()).collect()
}

#[test]
fn from_the_folder_to_the_mailbox() {
    let desk = Desk::open("maildir:thu");
    let mut faults = desk.lines(0, &["check", "--offline"]);
    // Whether this machine can read scans is not the office's fault.
    faults.retain(|row| !row["message"].as_str().unwrap().contains("tesseract-ocr"));
    assert_eq!(faults, [] as [Value; 0]);
    desk.drop_document(1, "về chế độ học tập lý luận chính trị trong Đảng");
    desk.drop_document(2, "về công tác kiểm tra, giám sát của Đảng");
    let taken = desk.lines(0, &["ingest"]);
    taken.iter().for_each(|row| has_keys(row, DOCUMENT));
    assert_eq!(taken.len(), 2);
    assert!(
        taken.iter().all(|row| row["disposition"] == "accept"),
        "{taken:?}"
    );
    assert_eq!(
        desk.lines(0, &["ingest"]),
        [] as [Value; 0],
        "nothing is new any more"
    );

    let rehearsed = desk.row(&["publish", "hang-ngay", "--dry-run"]);
    has_keys(&rehearsed, PUBLISH);
    assert_eq!(
        (&rehearsed["edition"], &rehearsed["deliveries"]),
        (&Value::Null, &json!(3))
    );
    let at = rehearsed["due_at"].as_str().unwrap().to_owned();
    assert!(at.ends_with("+07:00"), "{at}");
    let published = desk.row(&["publish", "hang-ngay", "--at", &at]);
    has_keys(&published, PUBLISH);
    assert_eq!(
        (&published["new"], &published["state"]),
        (&json!(true), &json!("open"))
    );
    assert_eq!(texts(&published, "documents"), ["01-QĐ/TW", "02-QĐ/TW"]);
    let again = desk.row(&["publish", "hang-ngay", "--at", &at]);
    assert_eq!(
        (&again["new"], &again["edition"]),
        (&json!(false), &published["edition"])
    );
    let empty = desk.row(&["publish", "hang-ngay"]);
    assert_eq!(
        (&empty["state"], &empty["deliveries"]),
        (&json!("empty"), &json!(0))
    );

    let counts = desk.row(&["deliver", "--until-idle"]);
    has_keys(&counts, COUNTS);
    assert_eq!(
        (&counts["sent"], &counts["pending"]),
        (&json!(3), &json!(0))
    );
    let log = desk.lines(0, &["log", "--to", "DV002"]);
    assert_eq!(log.len(), 1);
    has_keys(&log[0], LOG);
    assert_eq!(
        (&log[0]["state"], &log[0]["name"]),
        (&json!("sent"), &json!("Trần Kim Chi"))
    );
    assert_eq!(desk.lines(0, &["log", "--document", "01-QĐ/TW"]).len(), 3);
    assert_eq!(desk.lines(0, &["log", "--state", "failed"]).len(), 0);
    looks_the_same(&desk, &log[0]);
    status(&desk);
}

/// What a preview shows is what was sent, byte for byte.
fn looks_the_same(desk: &Desk, row: &Value) {
    let id = row["delivery"].as_str().unwrap();
    let stored = desk.path("thu/chi@mot.example/new").join(id);
    let edition = row["edition"].as_str().unwrap();
    let ask = [
        "preview",
        "hang-ngay",
        "--to",
        "chi@mot.example",
        "--edition",
        edition,
    ];
    let eml = desk.command(&ask).output().unwrap().stdout;
    assert_eq!(eml, std::fs::read(&stored).unwrap());
    let message_id = row["message_id"].as_str().unwrap();
    let head = String::from_utf8_lossy(&eml).into_owned();
    assert!(
        head.contains(&format!("Message-ID: <{message_id}>")),
        "{message_id}"
    );
    desk.good(&[&ask[..], &["--format", "html", "--out", "thu.html"]].concat());
    let html = std::fs::read_to_string(desk.path("thu.html")).unwrap();
    assert!(html.contains("Trần Kim Chi"));
    let said = desk.bad(
        2,
        &[&ask[..], &["--format", "html", "--out", "phobien.toml"]].concat(),
    );
    assert!(said.contains("is there already"), "{said}");
    let text = desk.good(&[&ask[..], &["--format", "text"]].concat());
    assert!(
        text.contains("Trần Kim Chi") && text.contains("01-QĐ/TW"),
        "{text}"
    );
}

fn status(desk: &Desk) {
    let status = desk.row(&["status"]);
    has_keys(&status, STATUS);
    has_keys(&status["queue"], "pending sending deferred unknown");
    has_keys(&status["next"][0], "schedule due_at");
    let editions = status["editions"].as_array().unwrap();
    editions.iter().for_each(|row| has_keys(row, EDITION));
    assert!(
        editions
            .iter()
            .any(|e| e["state"] == "sent" && e["sent"] == 3)
    );
    assert_eq!(status["attention"], json!([]));
}

#[test]
fn a_person_stops_an_edition_and_its_documents_stay_owed() {
    let desk = Desk::open("maildir:thu");
    desk.drop_document(3, "về thi hành Điều lệ Đảng trong toàn Đảng");
    desk.good(&["ingest"]);
    let first = desk.row(&["publish", "hang-ngay"]);
    let first = first["edition"].as_str().unwrap();
    let cancelled = desk.row(&["cancel", first]);
    has_keys(&cancelled, EDITION);
    assert_eq!(cancelled["state"], "cancelled");
    desk.bad(1, &["cancel", first]);
    desk.bad(1, &["resend", first]);
    let counts = desk.row(&["deliver", "--until-idle"]);
    assert_eq!(counts["sent"], 0, "a cancelled edition sends nothing");
    assert_eq!(desk.lines(0, &["log", "--state", "cancelled"]).len(), 3);

    let lines = desk.lines(0, &["send", "hang-ngay"]);
    has_keys(&lines[0], PUBLISH);
    let counts = lines.last().unwrap();
    has_keys(counts, COUNTS);
    assert_eq!(
        counts["sent"], 3,
        "what was owed goes with the next edition"
    );

    let second = lines[0]["edition"].as_str().unwrap();
    assert_eq!(
        desk.row(&["resend", second])["total"],
        3,
        "nothing is owed any more"
    );
    assert_eq!(desk.row(&["resend", second, "--to", "DV001"])["total"], 4);
    desk.bad(2, &["resend", second, "--to", "nobody@x.example"]);
    let counts = desk.row(&["deliver", "--until-idle"]);
    assert_eq!(counts["sent"], 1);
    let rows = desk.lines(0, &["log", "--to", "DV001", "--state", "sent"]);
    let ids: Vec<_> = rows
        .iter()
        .map(|r| r["message_id"].as_str().unwrap())
        .collect();
    assert_eq!(ids.len(), 2);
    assert_ne!(ids[0], ids[1], "a resend has a Message-ID of its own");
}

#[test]
fn a_branch_gets_its_letter_and_its_page() {
    let desk = Desk::open("maildir:thu");
    desk.drop_document(4, "về những điều đảng viên không được làm");
    let lines = desk.lines(0, &["send", "chi-bo"]);
    assert_eq!(lines.last().unwrap()["sent"], 2);
    let edition = lines[0]["edition"].as_str().unwrap();
    let page = desk.good(&["print", edition, "--branch", "chi bộ một"]);
    assert!(page.contains("<html") && page.contains("Trần Kim Chi"));
    assert!(!page.contains("Ngô Minh Sáng"), "the other branch's member");
    desk.bad(2, &["print", edition, "--branch", "Chi bộ Chín"]);
    let rows = desk.lines(0, &["log", "--branch", "CB1"]);
    assert_eq!(rows.len(), 1);
    assert_eq!(
        (&rows[0]["recipient_kind"], &rows[0]["branch"]),
        (&json!("branch"), &json!("CB1"))
    );
}

#[test]
fn a_document_waits_for_its_facts_and_a_name() {
    let desk = Desk::open("maildir:thu");
    let config = std::fs::read_to_string(desk.path("phobien.toml")).unwrap();
    // Whatever is installed beside: no pictures are read here.
    let blind = config.replace("[documents]", "[documents]\nocr = \"off\"");
    desk.write("phobien.toml", &blind);
    corpus(&desk, "05-CT-TW_scan.pdf");
    let taken = desk.lines(0, &["ingest"]);
    assert_eq!(taken[0]["disposition"], "review");
    let id = taken[0]["document"].as_str().unwrap();
    assert_eq!(
        desk.lines(1, &["status"])[0]["attention"]
            .as_array()
            .unwrap()
            .len(),
        1
    );
    desk.bad(1, &["documents", "approve", id]);
    desk.bad(2, &["documents", "set", id]);
    let wrong = desk.bad(2, &["documents", "set", id, "--issued-on", "hôm qua"]);
    assert!(wrong.contains("2026-11-23"), "{wrong}");
    let set = [
        "documents",
        "set",
        id,
        "--issued-on",
        "2016-05-15",
        "--title",
        "về học tập",
    ];
    let set = desk.row(&set);
    has_keys(&set, DOCUMENT);
    assert_eq!(
        (&set["issued_on"], &set["disposition"]),
        (&json!("2016-05-15"), &json!("review"))
    );
    let approved = desk.row(&["documents", "approve", "05-CT/TW", "--by", "Nguyễn Văn A"]);
    assert_eq!(approved["disposition"], "accept");
    desk.good(&["status"]);
    desk.row(&["publish", "hang-ngay"]);
    desk.row(&["documents", "withdraw", id]);
    let counts = desk.lines(1, &["deliver", "--until-idle"]);
    let counts = counts.last().unwrap();
    assert_eq!(
        (&counts["sent"], &counts["cancelled"]),
        (&json!(0), &json!(3))
    );
    let rows = desk.lines(0, &["documents"]);
    rows.iter().for_each(|row| has_keys(row, DOCUMENT));
}

#[test]
fn more_files_than_one_look_takes_in_are_all_taken_in() {
    let desk = Desk::open("maildir:thu");
    for number in 1..=201 {
        desk.drop_document(number, &format!("về việc thứ {number} trong chương trình"));
    }
    desk.good(&["ingest"]);
    assert_eq!(desk.lines(0, &["documents", "list"]).len(), 201);
    assert!(desk.lines(0, &["ingest"]).is_empty());
}

#[test]
fn the_first_ingest_asks_before_it_sends_an_archive() {
    let desk = Desk::open("maildir:thu");
    for number in 1..=21 {
        desk.drop_document(
            number,
            &format!("về nội dung thứ {number} của chương trình"),
        );
    }
    desk.good(&["ingest"]);
    let refused = desk.bad(1, &["publish", "hang-ngay"]);
    assert!(refused.contains("--already-known"), "{refused}");
    let attention = &desk.lines(1, &["status"])[0]["attention"];
    assert_eq!(attention[0]["what"], "first_ingest");
    has_keys(&attention[0], "what detail since");
    desk.good(&["ingest", "--already-known"]);
    let empty = desk.row(&["publish", "hang-ngay"]);
    assert_eq!(empty["state"], "empty", "the archive is owed to nobody");
    desk.drop_document(22, "về một nội dung mới");
    let lines = desk.lines(0, &["send", "hang-ngay"]);
    assert_eq!(texts(&lines[0], "documents"), ["22-QĐ/TW"]);
}

#[test]
fn the_roster_is_shown_with_its_faults() {
    let desk = Desk::open("maildir:thu");
    let members = desk.lines(0, &["members"]);
    assert_eq!(members.len(), 3);
    members.iter().for_each(|row| has_keys(row, MEMBER));
    assert!(members.iter().all(|m| m["state"] == "active"));
    desk.write(
        "roster.csv",
        "ma,ho_ten,email,chi_bo\nDV009,Lý Văn Tám,tam(a)x,Chi bộ Một\n",
    );
    let faults = desk.lines(1, &["members", "check"]);
    faults.iter().for_each(|row| has_keys(row, CHECK));
    assert!(
        faults
            .iter()
            .any(|f| f["line"] == 2 && f["level"] == "error"),
        "{faults:?}"
    );
    let said = desk.type_in(&["members", "--json"]);
    assert!(said.err.contains("members accept"), "{}", said.err);
    assert_eq!(lines(&said.out).len(), 3, "the old roster stays");
    desk.good(&["members", "accept"]);
    let members = desk.lines(0, &["members"]);
    let eighth = members.iter().find(|m| m["code"] == "DV009").unwrap();
    assert_eq!(
        (&eighth["state"], &eighth["address"]),
        (&json!("unreachable"), &Value::Null)
    );
    assert_eq!(members.iter().filter(|m| m["state"] == "left").count(), 3);
}

#[test]
fn a_stored_document_has_a_cover_and_one_that_nobody_read_has_none() {
    let desk = Desk::open("maildir:thu");
    corpus(&desk, "23-CT-TW_2018.pdf");
    corpus(&desk, "05-CT-TW_scan.pdf");
    desk.lines(0, &["ingest"]);
    let file = desk.path("bia.png");
    let show = |document: &str| {
        let file = file.to_str().unwrap();
        ["documents", "show", document, "--cover", file].map(str::to_owned)
    };
    let args = show("23-CT-TW_2018.pdf");
    desk.lines(0, &args.each_ref().map(String::as_str));
    let png = std::fs::read(&file).unwrap();
    assert!(png.starts_with(b"\x89PNG") && png.len() < 40_000);
    std::fs::remove_file(&file).unwrap();
    let args = show("05-CT-TW_scan.pdf");
    desk.bad(1, &args.each_ref().map(String::as_str));
    assert!(!file.exists());
}
