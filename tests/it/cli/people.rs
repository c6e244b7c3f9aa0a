//! Owns the tests of one person's data: handed over whole, removed from every byte of the state. It
//! looks at the database only as bytes, but to put a letter on the wire.

use std::path::Path;

use serde_json::{Value, json};
use sqlx::sqlite::SqliteConnectOptions;
use sqlx::{ConnectOptions, Connection, Executor};

use super::desk::{Desk, silent_server};

const HEAD: &str = "ma,ho_ten,email,chi_bo,chuc_vu,loai\n";
pub(super) const QUY: &str =
    "DV001,Trần Công Quý,quy@mot.example,Chi bộ Một,Bí thư chi bộ,Chính thức\n";
pub(super) const CHI: &str = "DV002,Trần Kim Chi,chi@mot.example,Chi bộ Một,Đảng viên,Chính thức\n";
pub(super) const SANG: &str = "DV003,Ngô Minh Sáng,sang@hai.example,Chi bộ Hai,Bí thư,Chính thức\n";

/// True where a file of the state folder holds the bytes, in whatever folder of it.
fn holds(folder: &Path, text: &str) -> bool {
    std::fs::read_dir(folder).unwrap().any(|entry| {
        let path = entry.unwrap().path();
        if path.is_dir() {
            return holds(&path, text);
        }
        let all = std::fs::read(path).unwrap();
        all.windows(text.len()).any(|w| w == text.as_bytes())
    })
}

/// A desk whose office is told of each edition, after both schedules went out once.
pub(super) fn told() -> Desk {
    let desk = Desk::open("maildir:thu");
    let config = std::fs::read_to_string(desk.path("phobien.toml")).unwrap();
    let office = "[office]\nnotify = [\"vp@dangbo.example\"]\n";
    desk.write("phobien.toml", &format!("{config}{office}"));
    desk.drop_document(41, "về công tác văn thư");
    desk.good(&["send", "hang-ngay"]);
    desk.good(&["send", "chi-bo"]);
    desk
}

pub(super) fn roster(desk: &Desk, rows: &[&str]) {
    desk.write("roster.csv", &format!("{HEAD}{}", rows.concat()));
}

pub(super) fn now_holds(desk: &Desk, words: &[&str]) -> Vec<String> {
    let folder = desk.path("so-cai");
    let held = words.iter().filter(|word| holds(&folder, word));
    held.map(|word| (*word).to_owned()).collect()
}

#[test]
fn an_export_has_all_that_is_on_record_of_a_person_and_of_nobody_else() {
    let desk = told();
    let confirm = [
        "confirm",
        "--to",
        "DV001",
        "--document",
        "41-QĐ/TW",
        "--by",
        "VP",
    ];
    desk.good(&confirm);
    desk.good(&["documents", "hold", "41-QĐ/TW", "--by", "Trần Công Quý"]);
    let said = desk.good(&["members", "export", "DV001"]);
    let all: Value = serde_json::from_str(&said).unwrap();
    assert_eq!(all["roster"]["listed"], true);
    assert_eq!(all["member"][0]["name"], "Trần Công Quý");
    assert_eq!(all["member"][0]["address"], "quy@mot.example");
    assert_eq!(all["member"][0]["official"], true);
    let letters = all["deliveries"].as_array().unwrap();
    let kinds: Vec<_> = letters
        .iter()
        .map(|d| d["recipient_kind"].clone())
        .collect();
    assert_eq!(
        kinds,
        [json!("member"), json!("branch")],
        "as an officer too"
    );
    assert!(
        letters.iter().all(|d| d["documents"] == "41-QĐ/TW"),
        "{letters:?}"
    );
    assert_eq!(all["confirmations"][0]["document"], "41-QĐ/TW");
    assert_eq!(all["named_in_branch_letters"][0]["post"], "Bí thư chi bộ");
    assert!(
        all["named_in_events"][0]["detail"]
            .as_str()
            .unwrap()
            .contains("Trần Công Quý")
    );
    assert!(
        !said.contains("Ngô Minh Sáng") && !said.contains("sang@hai"),
        "{said}"
    );
    let line = desk.row(&["members", "export", "quy@mot.example"]);
    assert_eq!(
        line["member"], all["member"],
        "by the address too, and on one line"
    );
    let decided = line["events"].as_array().unwrap().iter();
    assert!(
        decided
            .clone()
            .any(|e| e["subject"].as_str().unwrap().starts_with("p-"))
    );
    assert!(
        desk.bad(2, &["members", "export", "DV009"])
            .contains("members list")
    );
}

#[test]
fn an_export_to_a_file_is_nobody_elses_and_no_cell_of_it_is_a_formula() {
    use std::os::unix::fs::PermissionsExt;
    let desk = Desk::open("maildir:thu");
    let hostile = "DV004,\"=HYPERLINK(\"\"http://x.example\"\",\"\"Chi\"\")\",x@mot.example,\
        Chi bộ Một,+Đảng viên,Chính thức\n";
    roster(&desk, &[QUY, CHI, SANG, hostile]);
    desk.drop_document(41, "về công tác văn thư");
    desk.good(&["send", "hang-ngay"]);
    let ask = [
        "members", "export", "DV004", "--format", "csv", "--out", "x.csv",
    ];
    let row = desk.row(&ask);
    assert!(row["records"].as_u64().unwrap() >= 2, "{row}");
    let bytes = std::fs::read(desk.path("x.csv")).unwrap();
    assert!(
        bytes.starts_with(b"\xef\xbb\xbf"),
        "what spreadsheets take UTF-8 by"
    );
    let mode = std::fs::metadata(desk.path("x.csv"))
        .unwrap()
        .permissions()
        .mode();
    assert_eq!(mode & 0o777, 0o600);
    let mut table = csv::Reader::from_reader(&bytes[3..]);
    let cells: Vec<csv::StringRecord> = table.records().map(Result::unwrap).collect();
    let held = |group: &str, field: &str| {
        let row = cells.iter().find(|r| &r[0] == group && &r[2] == field);
        row.unwrap_or_else(|| panic!("{group} {field}"))[3].to_owned()
    };
    assert_eq!(
        held("member", "name"),
        "'=HYPERLINK(\"http://x.example\",\"Chi\")"
    );
    assert_eq!(held("member", "post"), "'+Đảng viên");
    assert_eq!(held("deliveries", "state"), "sent");
    let formula = |cell: &str| cell.starts_with(['=', '+', '-', '@']);
    assert!(
        !cells.iter().any(|row| row.iter().any(formula)),
        "{cells:?}"
    );
    assert!(
        desk.bad(2, &ask).contains("is there already"),
        "none is overwritten"
    );
    assert_eq!(std::fs::read(desk.path("x.csv")).unwrap(), bytes);
}

#[test]
fn an_erased_person_is_in_no_byte_of_the_state_and_the_proof_stands() {
    let desk = told();
    desk.good(&["confirm", "--to", "DV001", "--document", "41-QĐ/TW"]);
    desk.good(&["documents", "hold", "41-QĐ/TW", "--by", "Trần Công Quý"]);
    desk.good(&[
        "documents",
        "approve",
        "41-QĐ/TW",
        "--by",
        "đ/c Trần Công Quý, VP",
    ]);
    let words = ["Trần Công Quý", "quy@mot.example", "DV001"];
    assert_eq!(now_holds(&desk, &words), words);
    let before = desk.lines(0, &["log"]);
    roster(&desk, &[CHI, SANG]);
    let said = desk.bad(2, &["members", "erase", "DV001"]);
    assert!(said.contains("--yes") && said.contains("p-"), "{said}");
    assert_eq!(
        now_holds(&desk, &words),
        words,
        "nothing happens without --yes"
    );
    let row = desk.row(&[
        "members",
        "erase",
        "DV001",
        "--yes",
        "--by",
        "Trần Công Quý",
    ]);
    assert_eq!(
        (
            &row["letters"],
            &row["branch_letters"],
            &row["events"],
            &row["folded"]
        ),
        (&json!(2), &json!(1), &json!(2), &json!(true)),
        "{row}"
    );
    assert_eq!(now_holds(&desk, &words), Vec::<String>::new());
    let proof = desk.row(&["verify"]);
    assert_eq!(
        (&proof["intact"], &proof["redacted"]),
        (&json!(true), &json!(2))
    );
    // Who was sent what stays on record, under the pseudonym.
    let alias = row["code"].as_str().unwrap().to_owned();
    let after = desk.lines(0, &["log"]);
    assert_eq!(after.len(), before.len());
    let log = desk.lines(0, &["log", "--to", &alias]);
    assert_eq!(log.len(), 1);
    let kept = (&log[0]["name"], &log[0]["address"], &log[0]["state"]);
    assert_eq!(kept, (&json!(alias), &json!(alias), &json!("sent")));
    let officer = after.iter().filter(|d| d["person"] == json!(alias)).count();
    assert_eq!(
        officer, 1,
        "the branch's letter went to somebody: {after:?}"
    );
    assert_eq!(desk.lines(0, &["log", "--to", "DV001"]).len(), 0);
    let letter = desk.good(&[
        "preview",
        "chi-bo",
        "--to",
        "CB1",
        "--edition",
        "e-3",
        "--format",
        "html",
    ]);
    assert!(
        letter.contains(&alias) && letter.contains("Trần Kim Chi"),
        "{letter}"
    );
    let said = desk.bad(
        1,
        &["preview", "hang-ngay", "--to", &alias, "--edition", "e-1"],
    );
    assert!(said.contains("names nobody"), "{said}");
    assert!(
        desk.bad(1, &["members", "erase", &alias, "--yes"])
            .contains("before")
    );
    // What goes on leaves others as they were.
    desk.drop_document(42, "về việc khác");
    let sent = desk.lines(0, &["send", "hang-ngay"]);
    assert_eq!(sent.last().unwrap()["failed"], 0);
    assert_eq!(now_holds(&desk, &words), Vec::<String>::new());
    assert_eq!(desk.row(&["verify"])["intact"], true);
}

#[test]
fn who_is_listed_or_on_the_wire_is_not_erased_and_is_told_why() {
    let desk = Desk::open(&format!("smtp://127.0.0.1:{}", silent_server()));
    desk.drop_document(41, "về công tác văn thư");
    let said = desk.bad(2, &["members", "erase", "DV002"]);
    assert!(
        said.contains("still in the roster") && said.contains("remove the row"),
        "{said}"
    );
    let said = desk.bad(1, &["members", "erase", "DV002", "--yes"]);
    assert!(said.contains("still in the roster"), "{said}");
    desk.good(&["ingest"]);
    desk.good(&["publish", "hang-ngay"]);
    let file = desk.path("so-cai/phobien.db");
    write(
        &file,
        "UPDATE deliveries SET state = 'sending' WHERE code = 'DV002'",
    );
    roster(&desk, &[QUY, SANG]);
    let said = desk.bad(1, &["members", "erase", "DV002", "--yes"]);
    assert!(
        said.contains("on the wire") && said.contains("phobien deliver"),
        "{said}"
    );
    write(
        &file,
        "UPDATE deliveries SET state = 'pending' WHERE code = 'DV002'",
    );
    let row = desk.row(&["members", "erase", "DV002", "--yes"]);
    assert_eq!((&row["letters"], &row["stopped"]), (&json!(1), &json!(1)));
    assert_eq!(
        now_holds(&desk, &["Trần Kim Chi", "chi@mot.example"]),
        Vec::<String>::new()
    );
    let mailbox = format!("{HEAD}{SANG}");
    desk.write("roster.csv", &mailbox);
    assert!(
        desk.bad(2, &["members", "erase", "DV001"])
            .contains("members accept")
    );
}

#[test]
fn an_erased_person_who_is_listed_again_waits_for_the_office() {
    let desk = told();
    roster(&desk, &[QUY, SANG]);
    desk.good(&["members", "erase", "DV002", "--yes"]);
    // Another code, the same mailbox.
    let back = CHI.replace("DV002", "DV102");
    roster(&desk, &[QUY, &back, SANG]);
    desk.drop_document(42, "về việc khác");
    desk.good(&["send", "hang-ngay"]);
    let letters = std::fs::read_dir(desk.path("thu/chi@mot.example/new")).unwrap();
    assert_eq!(
        letters.count(),
        1,
        "the one of before; nothing is sent silently"
    );
    let matters = matters(&desk);
    let matter = matters
        .as_array()
        .unwrap()
        .iter()
        .find(|m| m["what"] == "erased");
    let matter = matter.unwrap_or_else(|| panic!("{matters}"));
    assert!(
        matter["detail"]
            .as_str()
            .unwrap()
            .contains("pause DV102 --end")
    );
    desk.good(&["members", "pause", "DV102", "--end"]);
    desk.good(&["send", "hang-ngay"]);
    let letters = std::fs::read_dir(desk.path("thu/chi@mot.example/new")).unwrap();
    assert_eq!(letters.count(), 2, "the office decided: what is owed goes");
    roster(&desk, &[QUY, &back, SANG, "\n"]);
    let matters = self::matters(&desk).to_string();
    assert!(!matters.contains("DV102"), "{matters}");
    let list = desk.lines(0, &["members"]);
    let state = |code: &str| list.iter().find(|m| m["code"] == code).unwrap()["state"].clone();
    assert_eq!(state("DV102"), "active", "and is not held anew");
}

#[test]
fn an_event_cannot_be_altered_under_cover_of_an_erasure() {
    let desk = told();
    desk.good(&["documents", "hold", "41-QĐ/TW", "--by", "Trần Kim Chi"]);
    roster(&desk, &[QUY, SANG]);
    desk.good(&["members", "erase", "DV002", "--yes"]);
    assert_eq!(desk.row(&["verify"])["intact"], true);
    let file = desk.path("so-cai/phobien.db");
    let alter = "UPDATE events SET detail = replace(detail, '\"hold\"', '\"approve\"')
        WHERE detail LIKE '%\"hold\"%'";
    write(&file, alter);
    let row = &desk.lines(1, &["verify"])[0];
    assert_eq!(row["intact"], false, "{row}");
}

#[test]
fn a_namesake_at_the_same_mailbox_keeps_everything() {
    let desk = Desk::open("maildir:thu");
    let other = CHI.replace("DV002", "DV005");
    roster(&desk, &[QUY, CHI, &other, SANG]);
    desk.drop_document(41, "về công tác văn thư");
    desk.good(&["send", "hang-ngay"]);
    desk.good(&["send", "chi-bo"]);
    desk.good(&["documents", "hold", "41-QĐ/TW", "--by", "Trần Kim Chi"]);
    roster(&desk, &[QUY, &other, SANG]);
    let row = desk.row(&["members", "erase", "DV002", "--yes"]);
    let done = (&row["letters"], &row["branch_letters"], &row["events"]);
    assert_eq!(done, (&json!(1), &json!(1), &json!(0)), "{row}");
    let log = desk.lines(0, &["log", "--to", "DV005"]);
    let kept = (&log[0]["name"], &log[0]["address"]);
    assert_eq!(kept, (&json!("Trần Kim Chi"), &json!("chi@mot.example")));
    let letter = [
        "preview",
        "chi-bo",
        "--to",
        "CB1",
        "--edition",
        "e-2",
        "--format",
        "text",
    ];
    let letter = desk.good(&letter);
    assert_eq!(
        letter.matches("Trần Kim Chi").count(),
        1,
        "one row is one person: {letter}"
    );
    assert_eq!(now_holds(&desk, &["DV002"]), Vec::<String>::new());
    assert_eq!(desk.row(&["verify"])["intact"], true);
    // The mailbox is the other's, so nobody else who has it is held.
    let third = CHI.replace("DV002", "DV006").replace("Chi,", "Liên,");
    roster(&desk, &[QUY, &other, &third, SANG]);
    assert!(!matters(&desk).to_string().contains("DV006"));
}

#[test]
fn an_address_that_the_organisation_uses_is_not_erased() {
    let desk = Desk::open("maildir:thu");
    desk.drop_document(41, "về công tác văn thư");
    desk.good(&["send", "hang-ngay"]);
    roster(&desk, &[QUY, SANG]);
    let config = std::fs::read_to_string(desk.path("phobien.toml")).unwrap();
    let listed = "file = \"roster.csv\"\nbranches = \"chi-bo.csv\"";
    let config = config.replace("file = \"roster.csv\"", listed);
    let mailbox = |of: &str| {
        let list = format!("ma,ten,hop_thu\nCB1,Chi bộ Một,{of}@mot.example\n");
        desk.write("chi-bo.csv", &list);
    };
    mailbox("chi");
    desk.write("phobien.toml", &config);
    let said = desk.bad(1, &["members", "erase", "DV002", "--yes"]);
    assert!(said.contains("mailbox of the branch CB1"), "{said}");
    mailbox("cb1");
    let office = "[office]\nnotify = [\"chi@mot.example\"]\n";
    desk.write("phobien.toml", &format!("{config}{office}"));
    let said = desk.bad(1, &["members", "erase", "DV002", "--yes"]);
    assert!(said.contains("[office] notify"), "{said}");
    desk.write("phobien.toml", &config);
    desk.good(&["members", "erase", "DV002", "--yes"]);
    let left = now_holds(&desk, &["chi@mot.example"]);
    assert_eq!(left, Vec::<String>::new());
}

#[test]
fn what_waits_and_what_the_office_was_told_name_the_erased_no_more() {
    let desk = told();
    let nowhere = "DV004,Lê Không Thư,,Chi bộ Một,Đảng viên,Chính thức\n";
    roster(&desk, &[QUY, CHI, nowhere, SANG]);
    desk.drop_document(43, "về việc khác nữa");
    desk.good(&["send", "hang-ngay"]);
    desk.drop_document(42, "về việc khác");
    desk.good(&["ingest"]);
    let row = desk.row(&["publish", "chi-bo"]);
    let edition = row["edition"].as_str().unwrap();
    let waits = [
        "preview",
        "chi-bo",
        "--to",
        "CB1",
        "--edition",
        edition,
        "--format",
        "text",
    ];
    assert!(desk.good(&waits).contains("Lê Không Thư"));
    assert_eq!(now_holds(&desk, &["DV004"]), ["DV004"]);
    roster(&desk, &[QUY, CHI, SANG]);
    let row = desk.row(&["members", "erase", "DV004", "--yes"]);
    let done = (&row["branch_letters"], &row["summaries"]);
    assert_eq!(done, (&json!(1), &json!(1)), "{row}");
    let letter = desk.good(&waits);
    assert!(
        !letter.contains("Không Thư") && !letter.contains("p-"),
        "{letter}"
    );
    let words = ["DV004", "Lê Không Thư"];
    assert_eq!(now_holds(&desk, &words), Vec::<String>::new());
    assert_eq!(desk.row(&["verify"])["intact"], true);
    assert_eq!(desk.lines(0, &["deliver"]).last().unwrap()["failed"], 0);
}

/// What needs a person, once the roster was read.
fn matters(desk: &Desk) -> Value {
    desk.good(&["members"]);
    let said = desk.type_in(&["status", "--json"]).out;
    serde_json::from_str::<Value>(&said).unwrap()["attention"].clone()
}

/// Writes to a ledger past the program.
pub(super) fn write(file: &Path, sql: &'static str) {
    let runtime = tokio::runtime::Runtime::new().unwrap();
    runtime.block_on(async {
        let options = SqliteConnectOptions::new().filename(file);
        let options = options.pragma("secure_delete", "on");
        let mut ledger = options.connect().await.unwrap();
        ledger.execute(sql).await.unwrap();
        ledger.close().await.unwrap();
    });
}
