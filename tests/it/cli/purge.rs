//! Owns the tests of `documents purge` and `attach`: what is gone afterwards and what must stay. It
//! refuses to look at the database but as bytes.

use mail_parser::MimeHeaders;

use super::desk::Desk;

const MARKER: &str = "zqmarkerzq-phải-xoá";

/// True where any file of the state folder holds the bytes.
fn holds(desk: &Desk, bytes: &str) -> bool {
    let files = std::fs::read_dir(desk.path("so-cai")).unwrap();
    files
        .map(|f| f.unwrap().path())
        .filter(|f| f.is_file())
        .any(|file| {
            let all = std::fs::read(file).unwrap();
            all.windows(bytes.len()).any(|w| w == bytes.as_bytes())
        })
}

#[test]
fn a_purged_document_is_in_no_file_of_the_state_and_its_log_stays() {
    let desk = Desk::open("maildir:thu");
    desk.drop_document(41, &format!("về {MARKER} trong sinh hoạt chi bộ"));
    desk.drop_document(42, "về việc khác trong sinh hoạt chi bộ");
    let sent = desk.lines(0, &["send", "hang-ngay"]);
    assert!(!sent.is_empty());
    assert!(holds(&desk, MARKER), "facts and sheets hold it before");
    let said = desk.bad(2, &["documents", "purge", "41-QĐ/TW"]);
    assert!(said.contains("--yes"), "{said}");
    assert!(holds(&desk, MARKER), "nothing happens without --yes");
    desk.good(&["documents", "purge", "41-QĐ/TW", "--yes", "--by", "VP"]);
    assert!(!holds(&desk, MARKER));
    desk.good(&["verify"]);
    let log = desk.lines(0, &["log"]);
    let purged = |line: &&serde_json::Value| line["documents"].to_string().contains("purged");
    assert_eq!(
        log.iter().filter(purged).count(),
        3,
        "who was sent it stays on record"
    );
    let letter = [
        "preview",
        "hang-ngay",
        "--edition",
        "e-1",
        "--to",
        "chi@mot.example",
    ];
    let said = desk.bad(1, &letter);
    assert!(said.contains("was purged"), "{said}");
    // The file still lies in the folder: it is not taken in again.
    desk.lines(0, &["ingest"]);
    assert!(!holds(&desk, MARKER));
    let list = desk.lines(0, &["documents", "list"]);
    assert!(list.iter().all(|d| d["symbol"] != "41-QĐ/TW"), "{list:?}");
}

#[test]
fn a_purge_names_the_backups_that_still_hold_the_document() {
    let desk = Desk::open("maildir:thu");
    desk.good(&["backup", "before.db"]);
    // A file's time on record is in milliseconds.
    std::thread::sleep(std::time::Duration::from_millis(5));
    desk.drop_document(41, &format!("về {MARKER} trong sinh hoạt chi bộ"));
    desk.lines(0, &["send", "hang-ngay"]);
    let made = desk.row(&["backup", "after.db"]);
    assert_eq!(
        (made["documents"].as_i64(), &made["editions"]),
        (Some(1), &1.into())
    );
    assert_eq!(mode(&desk, "after.db"), 0o600, "people's data is in it");
    assert_eq!(mode(&desk, "so-cai/phobien.db"), 0o600);
    assert!(!desk.path("after.db.part").exists());
    desk.good(&["backup", "moved.db"]);
    std::fs::remove_file(desk.path("moved.db")).unwrap();
    let said = desk.bad(1, &["backup", "after.db"]);
    assert!(
        said.contains("exists") && said.contains("name a new file"),
        "{said}"
    );
    let said = desk
        .type_in(&["documents", "purge", "41-QĐ/TW", "--yes"])
        .err;
    assert!(
        said.contains("after.db") && said.contains("moved.db"),
        "{said}"
    );
    assert!(!said.contains("before.db"), "{said}");
    let after = std::fs::read(desk.path("after.db")).unwrap();
    let marker = MARKER.as_bytes();
    assert!(
        after.windows(marker.len()).any(|w| w == marker),
        "it says the truth"
    );
}

fn mode(desk: &Desk, file: &str) -> u32 {
    use std::os::unix::fs::PermissionsExt;
    let metadata = std::fs::metadata(desk.path(file)).unwrap();
    metadata.permissions().mode() & 0o777
}

#[test]
fn an_annex_is_attached_and_never_released_by_that() {
    let desk = Desk::open("maildir:thu");
    desk.drop_document(41, "về công tác văn thư");
    desk.write(
        "van-ban/bieu mau.txt",
        "Biểu mẫu kèm theo để các chi bộ thực hiện và báo cáo.\n",
    );
    let row = desk.row(&["documents", "attach", "41-QD-TW.txt", "bieu mau.txt"]);
    assert_eq!(row["disposition"], "review");
    assert!(row["annex_of"].is_string(), "{row}");
    let row = desk.row(&["documents", "approve", "bieu mau.txt", "--by", "VP"]);
    assert_eq!(row["disposition"], "accept");
    let sent = desk.lines(0, &["send", "hang-ngay"]);
    assert!(!sent.is_empty());
    let letters = std::fs::read_dir(desk.path("thu/chi@mot.example/new")).unwrap();
    let letters: Vec<String> = letters
        .map(|f| std::fs::read_to_string(f.unwrap().path()).unwrap())
        .collect();
    assert_eq!(letters.len(), 1, "one letter with both");
    let letter = mail_parser::MessageParser::default()
        .parse(&letters[0])
        .unwrap();
    let names: Vec<_> = letter
        .attachments()
        .filter_map(|a| a.attachment_name())
        .collect();
    assert_eq!(names.len(), 2, "{names:?}");
    desk.bad(2, &["documents", "attach", "41-QD-TW.txt", "41-QD-TW.txt"]);
    desk.bad(2, &["documents", "attach", "bieu mau.txt", "41-QD-TW.txt"]);
}
