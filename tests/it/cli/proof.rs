//! Owns the tests of `verify`: what was altered behind phobien's back is found, what phobien did is
//! not. It alone writes to the database of a desk.

use sqlx::{Connection, Executor, SqliteConnection};

use super::desk::Desk;

/// Alters the database as somebody with a tool for it would.
fn alter(desk: &Desk, sql: &str) {
    let file = desk.path("so-cai/phobien.db");
    let runtime = tokio::runtime::Runtime::new().unwrap();
    runtime.block_on(async {
        let at = format!("sqlite://{}", file.display());
        let mut database = SqliteConnection::connect(&at).await.unwrap();
        let done = database.execute(sqlx::AssertSqlSafe(sql)).await.unwrap();
        assert!(done.rows_affected() > 0, "{sql}");
        database.close().await.unwrap();
    });
}

#[test]
fn what_was_altered_is_found_and_where() {
    for (sql, found) in [
        (
            "UPDATE deliveries SET state = 'failed' WHERE id = 1",
            "edition e-1",
        ),
        (
            "UPDATE deliveries SET last_attempt_at = 1 WHERE id = 2",
            "edition e-1",
        ),
        (
            "DELETE FROM attempts; DELETE FROM deliveries WHERE id = 3",
            "edition e-1",
        ),
        (
            "UPDATE documents SET sha256 = 'x' WHERE id = 1",
            "edition e-1",
        ),
        (
            "UPDATE events SET detail = '{}' WHERE kind = 'document'",
            "it was altered",
        ),
        (
            "UPDATE events SET at = at + 1 WHERE kind = 'edition_closed'",
            "it was altered",
        ),
        (
            "DELETE FROM events WHERE kind = 'document'",
            "altered or removed",
        ),
        (
            "DELETE FROM events WHERE kind = 'edition_closed'",
            "does not have its end",
        ),
        (
            "UPDATE editions SET total = total + 1",
            "it counts 4 deliveries and has 3",
        ),
        ("UPDATE blobs SET bytes = X'00'", "bytes"),
    ] {
        let desk = Desk::open("maildir:thu");
        desk.drop_document(1, "về công tác cán bộ");
        desk.good(&["send", "hang-ngay"]);
        let intact = desk.row(&["verify"]);
        assert_eq!(intact["intact"], true, "{intact}");
        assert_eq!(intact["editions"], 1);
        alter(&desk, sql);
        let row = desk.lines(1, &["verify"]).pop().unwrap();
        let faults = row["faults"].to_string();
        assert!(faults.contains(found), "{sql}: {faults}");
        assert!(
            desk.bad(1, &["verify"]).is_empty(),
            "the faults are the answer"
        );
    }
}

#[test]
fn a_letter_taken_out_before_it_went_is_missed() {
    let desk = Desk::open("maildir:thu");
    desk.drop_document(2, "về công tác kiểm tra, giám sát");
    desk.good(&["ingest"]);
    desk.good(&["publish", "hang-ngay"]);
    desk.good(&["verify"]);
    alter(&desk, "DELETE FROM deliveries WHERE id = 2");
    let row = desk.lines(1, &["verify"]).pop().unwrap();
    let faults = row["faults"].to_string();
    assert!(faults.contains("edition e-1: it counts"), "{faults}");
}

#[test]
fn what_phobien_itself_changes_later_is_in_the_chain() {
    let port = super::desk::silent_server();
    let desk = Desk::open(&format!("smtp://127.0.0.1:{port}"));
    desk.drop_document(6, "về công tác phát triển đảng viên");
    desk.lines(1, &["send", "hang-ngay"]);
    desk.good(&["verify"]);
    for row in desk.lines(0, &["log", "--state", "unknown"]) {
        desk.row(&["settle", row["delivery"].as_str().unwrap(), "sent"]);
        let proof = desk.row(&["verify"]);
        assert_eq!(proof["faults"], serde_json::json!([]));
    }
    let edition = &desk.lines(0, &["status"])[0]["editions"][0];
    assert_eq!(edition["state"], "sent", "every letter arrived after all");
}

#[test]
fn an_altered_ledger_makes_no_backup() {
    let desk = Desk::open("maildir:thu");
    desk.drop_document(41, "về công tác văn thư trong sinh hoạt chi bộ");
    desk.lines(0, &["send", "hang-ngay"]);
    alter(
        &desk,
        "UPDATE deliveries SET state = 'sent', reply_code = 999",
    );
    let said = desk.bad(1, &["backup", "copy.db"]);
    assert!(said.contains("are not those it ended with"), "{said}");
    assert!(!desk.path("copy.db").exists() && !desk.path("copy.db.part").exists());
}
