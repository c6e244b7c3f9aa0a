//! Owns the tests of what an office types about itself: its summaries, confirmations on paper, a
//! member's pause. It refuses to know how a summary is worded in full.

use super::desk::Desk;

/// A desk whose office is told and whose members are asked.
fn desk() -> Desk {
    let desk = Desk::open("maildir:mail");
    let text = std::fs::read_to_string(desk.path("phobien.toml")).unwrap();
    let more = "[office]\nnotify = [\"vanphong@dangbo.example\"]\ndaily_summary = \"17:00\"\n\
                [confirmation]\nask = true\n";
    desk.write("phobien.toml", &format!("{text}{more}"));
    desk.drop_document(11, "Quy định về thí điểm");
    desk
}

/// The letters in the Maildir of an address.
fn letters(desk: &Desk, address: &str) -> Vec<String> {
    let folder = desk.path("mail").join(address).join("new");
    let Ok(entries) = std::fs::read_dir(folder) else {
        return Vec::new();
    };
    let read = |e: std::io::Result<std::fs::DirEntry>| std::fs::read_to_string(e.unwrap().path());
    entries.map(|e| read(e).unwrap()).collect()
}

#[test]
fn the_office_is_told_in_the_same_run() {
    let desk = desk();
    let last = desk.lines(0, &["send", "hang-ngay"]).pop().unwrap();
    assert_eq!(last["sent"], 4, "three members and the office");
    let told = letters(&desk, "vanphong@dangbo.example");
    assert_eq!(told.len(), 1);
    assert!(!told[0].contains("List-Unsubscribe") && told[0].contains("Auto-Submitted"));
    let log = desk.lines(0, &["log", "--to", "vanphong@dangbo.example"]);
    assert_eq!(log.len(), 1);
    assert_eq!(
        (&log[0]["recipient_kind"], &log[0]["state"]),
        (&"office".into(), &"sent".into())
    );
    assert!(log[0]["code"].is_null() && log[0]["branch"].is_null());
    let edition = log[0]["edition"].as_str().unwrap();
    let ask = [
        "preview",
        "office-editions",
        "--to",
        "vanphong@dangbo.example",
        "--edition",
    ];
    let frozen = desk.good(&[&ask[..], &[edition]].concat());
    assert_eq!(frozen, told[0], "what is shown is what was sent");
    desk.good(&["deliver"]);
    assert_eq!(letters(&desk, "vanphong@dangbo.example").len(), 1, "once");
    let status = desk.row(&["status"]);
    let schedules: Vec<_> = status["editions"].as_array().unwrap().iter().collect();
    assert_eq!(
        schedules.len(),
        1,
        "summaries are no editions to look after: {status}"
    );
}

#[test]
fn the_day_can_be_looked_at_and_sent_by_hand() {
    let desk = desk();
    let ask = [
        "preview",
        "office-daily",
        "--to",
        "vanphong@dangbo.example",
        "--format",
        "text",
    ];
    let text = desk.good(&ask);
    assert!(
        text.contains("Nothing went out on this day.") || text.contains("không có đợt"),
        "{text}"
    );
    let published = desk.row(&["publish", "office-daily"]);
    assert_eq!(
        (&published["new"], &published["deliveries"]),
        (&true.into(), &1.into())
    );
    desk.good(&["deliver"]);
    assert_eq!(letters(&desk, "vanphong@dangbo.example").len(), 1);
}

#[test]
fn paper_is_taken_down_once_and_shown() {
    let desk = desk();
    desk.good(&["ingest"]);
    let confirm = |code: &'static str| ["confirm", "--to", code, "--document", "11-QĐ/TW"];
    let early = desk.bad(1, &confirm("DV001"));
    assert!(early.contains("nobody"), "{early}");
    desk.good(&["send", "hang-ngay"]);
    let done = desk.row(&[&confirm("DV001")[..], &["--by", "Nguyễn Văn A"]].concat());
    assert_eq!(
        (&done["new"], &done["code"]),
        (&true.into(), &"DV001".into())
    );
    let again = desk.row(&confirm("DV001"));
    assert_eq!(
        (&again["new"], &again["confirmed_at"]),
        (&false.into(), &done["confirmed_at"])
    );
    let log = desk.lines(0, &["log", "--document", "11-QĐ/TW"]);
    for row in log {
        let is_her = row["code"] == "DV001";
        assert_eq!(row["confirmed_at"].is_string(), is_her, "{row}");
    }
    let nobody = desk.bad(2, &confirm("DV999"));
    assert!(
        nobody.contains("DV999") && nobody.contains("members list"),
        "{nobody}"
    );
    desk.good(&["verify"]);
    let reminder = desk.row(&["publish", "reminder"]);
    assert_eq!(
        reminder["state"], "empty",
        "nobody is reminded before the time"
    );
}

#[test]
fn who_pauses_gets_nothing_and_is_owed_it() {
    let desk = desk();
    let paused = desk.row(&["members", "pause", "DV002"]);
    assert_eq!(paused["state"], "paused");
    let last = desk.lines(0, &["send", "hang-ngay"]).pop().unwrap();
    assert_eq!(last["sent"], 3, "two members and the office");
    let active = desk.row(&["members", "pause", "DV002", "--end"]);
    assert_eq!(active["state"], "active");
    std::thread::sleep(std::time::Duration::from_secs(1));
    let last = desk.lines(0, &["send", "hang-ngay"]).pop().unwrap();
    assert_eq!(
        last["sent"], 2,
        "what it is owed goes out, and the office hears of it"
    );
}
