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
    // The file still lies in the folder: it is not taken in again.
    desk.lines(0, &["ingest"]);
    assert!(!holds(&desk, MARKER));
    let list = desk.lines(0, &["documents", "list"]);
    assert!(list.iter().all(|d| d["symbol"] != "41-QĐ/TW"), "{list:?}");
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
