//! Owns the tests of `collect`: what comes back in a Maildir, what follows from it, and that
//! nothing there is touched. It refuses to know how a message is understood.

use std::path::PathBuf;
use std::time::{Duration, Instant};

use serde_json::Value;

use super::desk::{Desk, has_keys};

const COLLECT: &str = "file class recipient status token delivery document documents";

/// A desk whose mail comes back to a Maildir, with one document sent to all members.
fn desk() -> Desk {
    let desk = Desk::open("maildir:thu");
    let text = std::fs::read_to_string(desk.path("phobien.toml")).unwrap();
    let more = "[confirmation]\nask = true\n[mailbox]\nurl = \"maildir:hop-thu\"\nevery = \"1s\"\n\
                reverse_path = \"bounce+{token}@dangbo.example\"\n";
    desk.write("phobien.toml", &format!("{text}{more}"));
    for part in ["new", "cur", "tmp"] {
        std::fs::create_dir_all(desk.path("hop-thu").join(part)).unwrap();
    }
    desk.drop_document(11, "Quy định về thí điểm");
    desk.good(&["send", "hang-ngay"]);
    desk
}

/// The newest letter to a member.
fn letter(desk: &Desk, code: &str) -> Value {
    desk.lines(0, &["log", "--to", code]).pop().unwrap()
}

fn token(letter: &Value) -> String {
    let id = letter["message_id"].as_str().unwrap();
    id.trim_start_matches('<')
        .split('@')
        .next()
        .unwrap()
        .to_owned()
}

fn arrive(desk: &Desk, name: &str, text: &str) -> PathBuf {
    let file = desk.path("hop-thu/new").join(name);
    std::fs::write(&file, text).unwrap();
    file
}

/// A delivery report as Postfix writes it.
fn report(token: &str, status: &str, said: &str) -> String {
    format!(
        "Return-Path: <>\r\nFrom: MAILER-DAEMON@relay.example\r\n\
         To: bounce+{token}@dangbo.example\r\nSubject: Undelivered Mail Returned to Sender\r\n\
         Content-Type: multipart/report; report-type=delivery-status; boundary=b\r\n\r\n\
         --b\r\nContent-Type: text/plain\r\n\r\nNot delivered.\r\n\
         --b\r\nContent-Type: message/delivery-status\r\n\r\nReporting-MTA: dns; relay.example\r\n\
         \r\nFinal-Recipient: rfc822; chi@mot.example\r\nAction: failed\r\nStatus: {status}\r\n\
         Diagnostic-Code: smtp; {said}\r\n\r\n--b--\r\n"
    )
}

fn reply(token: &str, from: &str, words: &str) -> String {
    format!(
        "From: <{from}>\r\nTo: vanphong@dangbo.example\r\nSubject: Re: x\r\n\
         In-Reply-To: <{token}@dangbo.example>\r\nContent-Type: text/plain; charset=utf-8\r\n\r\n\
         {words}\r\n"
    )
}

fn matters(desk: &Desk) -> Vec<String> {
    let said = desk.type_in(&["status", "--json"]);
    let status: Value = serde_json::from_str(said.out.trim()).unwrap();
    let matters = status["attention"].as_array().unwrap();
    matters
        .iter()
        .map(|m| m["what"].as_str().unwrap().to_owned())
        .collect()
}

#[test]
fn a_letter_that_comes_back_is_owed_again_and_the_second_holds_the_address() {
    let desk = desk();
    let first = letter(&desk, "DV002");
    arrive(
        &desk,
        "1",
        &report(&token(&first), "5.1.1", "550 5.1.1 user unknown"),
    );
    let row = desk.row(&["collect"]);
    has_keys(&row, COLLECT);
    assert_eq!(row["class"], "hard");
    assert_eq!(row["status"], "5.1.1");
    assert_eq!(row["recipient"], "chi@mot.example");
    assert_eq!(row["delivery"], first["delivery"]);
    assert_eq!(row["document"], first["document_ids"][0]);
    let now = letter(&desk, "DV002");
    assert_eq!(now["state"], "bounced");
    assert!(
        now["reply"].as_str().unwrap().contains("user unknown"),
        "{now}"
    );
    assert_eq!(matters(&desk), ["returned"]);
    let status = desk.lines(1, &["status"]).remove(0);
    assert_eq!(status["editions"][0]["state"], "partly");
    assert!(
        desk.lines(0, &["collect"]).is_empty(),
        "each message is read once"
    );
    std::thread::sleep(Duration::from_secs(1));
    let last = desk.lines(0, &["send", "hang-ngay"]).pop().unwrap();
    assert_eq!(last["sent"], 1, "what came back is owed again");
    assert!(matters(&desk).is_empty(), "it was sent once more");
    let second = letter(&desk, "DV002");
    assert_ne!(second["delivery"], first["delivery"]);
    arrive(
        &desk,
        "2",
        &report(&token(&second), "5.1.1", "550 5.1.1 user unknown"),
    );
    // The same report once more changes nothing, nor does a late one about the first letter.
    arrive(
        &desk,
        "3",
        &report(&token(&second), "5.1.1", "550 5.1.1 user unknown"),
    );
    arrive(
        &desk,
        "4",
        &report(&token(&first), "5.1.1", "550 5.1.1 user unknown"),
    );
    assert_eq!(desk.lines(0, &["collect"]).len(), 3);
    let members = desk.lines(0, &["members", "list"]);
    let states: Vec<_> = members
        .iter()
        .map(|m| m["state"].as_str().unwrap())
        .collect();
    assert_eq!(
        states.iter().filter(|state| **state == "held").count(),
        1,
        "{states:?}"
    );
    assert_eq!(desk.row(&["verify"])["intact"], true);
}

#[test]
fn what_is_not_the_addresss_fault_changes_nothing_that_is_owed() {
    let desk = desk();
    let sent = letter(&desk, "DV002");
    for (name, status, said) in [
        ("1", "5.2.2", "552 5.2.2 mailbox full"),
        ("2", "5.7.1", "554 5.7.1 blocked as spam"),
        ("3", "5.3.4", "552 5.3.4 message too big"),
    ] {
        arrive(&desk, name, &report(&token(&sent), status, said));
    }
    for row in desk.lines(0, &["collect"]) {
        assert_eq!(row["class"], "soft", "{row}");
    }
    assert_eq!(letter(&desk, "DV002")["state"], "sent");
    assert!(matters(&desk).is_empty());
}

#[test]
fn a_reply_confirms_only_from_whom_the_letter_went_to() {
    let desk = desk();
    let sent = letter(&desk, "DV002");
    let yes = "Tôi đã nghiên cứu.";
    arrive(&desk, "1", &reply(&token(&sent), "sang@hai.example", yes));
    arrive(
        &desk,
        "2",
        &reply(
            &token(&sent),
            "chi@mot.example",
            "Xin hỏi có phụ lục không?",
        ),
    );
    for row in desk.lines(0, &["collect"]) {
        assert_eq!(row["class"], "reply", "{row}");
    }
    assert!(letter(&desk, "DV002")["confirmed_at"].is_null());
    arrive(&desk, "3", &reply(&token(&sent), "Chi@mot.example", yes));
    let row = desk.row(&["collect"]);
    assert_eq!(row["class"], "confirmation");
    assert_eq!(row["document"], sent["document_ids"][0]);
    assert!(letter(&desk, "DV002")["confirmed_at"].is_string());
    assert!(letter(&desk, "DV001")["confirmed_at"].is_null());
    assert_eq!(desk.row(&["verify"])["intact"], true);
}

#[test]
fn nothing_in_the_mailbox_is_touched_and_hostile_mail_is_let_lie() {
    let desk = desk();
    let sent = letter(&desk, "DV002");
    let known = token(&sent);
    let head = format!("From: a@b.example\r\nTo: bounce+{known}@dangbo.example\r\n");
    let forged = "aaaaaaaaaaaaaaaaaaaaaaaa";
    for (name, text) in [
        (
            "deep",
            format!(
                "{head}{}",
                "Content-Type: message/rfc822\r\n\r\n".repeat(20_000)
            ),
        ),
        (
            "wide",
            format!("{head}{}\r\n", "X-A: b\r\n".repeat(200_000)),
        ),
        (
            "nul",
            format!("{head}\0\0\r\n\r\n\0{}", "\0".repeat(100_000)),
        ),
        (
            "long",
            format!("{head}Subject: {}\r\n\r\n", "ữ".repeat(1_500_000)),
        ),
        ("empty", String::new()),
        ("forged", report(forged, "5.1.1", "550 5.1.1 user unknown")),
        (
            "words",
            report("", "5.1.1", "550 5.1.1 chi@mot.example: user unknown"),
        ),
        ("esc", format!("{head}Subject: \x1b]0;x\x07\r\n\r\n\x1b[2J")),
    ] {
        arrive(&desk, name, &text);
    }
    std::os::unix::fs::symlink("/etc/passwd", desk.path("hop-thu/new/link")).unwrap();
    let list = || {
        let files = std::fs::read_dir(desk.path("hop-thu/new")).unwrap();
        let mut files: Vec<_> = files
            .map(|f| f.unwrap())
            .map(|f| (f.file_name(), f.metadata().unwrap().modified().unwrap()))
            .collect();
        files.sort();
        files
    };
    let before = list();
    let rows = desk.lines(0, &["collect"]);
    assert_eq!(rows.len(), 8, "{rows:?}");
    for row in &rows {
        assert_ne!(row["class"], "hard", "{row}");
        let file = row["file"].as_str().unwrap();
        if ["forged", "words"].contains(&file) {
            assert_eq!(row["class"], "foreign", "{row}");
            assert!(
                row["recipient"].is_null() && row["token"].is_null(),
                "{row}"
            );
        }
    }
    assert_eq!(list(), before);
    assert_eq!(letter(&desk, "DV002")["state"], "sent");
    // A mail reader looks at one: it is the same message.
    let (from, to) = ("hop-thu/new/forged", "hop-thu/cur/forged:2,S");
    std::fs::rename(desk.path(from), desk.path(to)).unwrap();
    assert!(desk.lines(0, &["collect"]).is_empty());
    let people = desk.good(&["collect"]);
    assert!(people.contains("0 messages read"), "{people}");
}

#[test]
fn a_mailbox_that_is_not_there_is_said() {
    let desk = Desk::open("maildir:thu");
    let said = desk.bad(2, &["collect"]);
    assert!(said.contains("[mailbox] url"), "{said}");
    let text = std::fs::read_to_string(desk.path("phobien.toml")).unwrap();
    desk.write(
        "phobien.toml",
        &format!("{text}[mailbox]\nurl = \"maildir:nirgends\"\n"),
    );
    let said = desk.bad(1, &["collect"]);
    assert!(said.contains("nirgends"), "{said}");
    let faults = desk.type_in(&["check", "--json"]);
    assert!(faults.out.contains("mailbox.url"), "{}", faults.out);
}

#[test]
fn the_service_reads_it_and_says_when_it_cannot() {
    let desk = desk();
    let sent = letter(&desk, "DV002");
    let mut service = desk.start(&["run"]);
    let wait = |what: &str, done: &dyn Fn() -> bool| {
        let end = Instant::now() + Duration::from_secs(60);
        while !done() {
            assert!(Instant::now() < end, "{what}");
            std::thread::sleep(Duration::from_millis(300));
        }
    };
    arrive(
        &desk,
        "1",
        &report(&token(&sent), "5.1.1", "550 5.1.1 user unknown"),
    );
    wait("it is read", &|| {
        letter(&desk, "DV002")["state"] == "bounced"
    });
    let (there, aside) = (desk.path("hop-thu"), desk.path("weg"));
    std::fs::rename(&there, &aside).unwrap();
    wait("it is told of", &|| {
        matters(&desk).contains(&"mailbox".to_owned())
    });
    std::fs::rename(&aside, &there).unwrap();
    wait("it is well again", &|| {
        !matters(&desk).contains(&"mailbox".to_owned())
    });
    let pid = rustix::process::Pid::from_child(&service);
    rustix::process::kill_process(pid, rustix::process::Signal::TERM).unwrap();
    let ended = service.wait().unwrap();
    assert!(ended.success(), "{ended}");
}

#[test]
fn messages_are_looked_at_without_any_state() {
    let desk = Desk::open("maildir:thu");
    let text = std::fs::read_to_string(desk.path("phobien.toml")).unwrap();
    let more = "[mailbox]\nreverse_path = \"bounce+{token}@dangbo.example\"\n";
    desk.write("phobien.toml", &format!("{text}{more}"));
    desk.write(
        "a.eml",
        &report("any-shape", "5.1.1", "550 5.1.1 user unknown"),
    );
    desk.write("b.eml", &reply("x", "chi@mot.example", "đã nghiên cứu"));
    let rows = desk.lines(0, &["collect", "--inspect", "a.eml", "b.eml"]);
    assert_eq!(
        (&rows[0]["class"], &rows[0]["token"]),
        (&"hard".into(), &"any-shape".into())
    );
    assert_eq!(rows[1]["class"], "confirmation");
    rows.iter().for_each(|row| has_keys(row, COLLECT));
    assert!(!desk.path("so-cai/phobien.db").exists());
    let said = desk.bad(1, &["collect", "--inspect", "nirgends.eml"]);
    assert!(said.contains("nirgends.eml"), "{said}");
}
