//! Owns offices prepared in a state that a person may find theirs in: what has gone wrong, which
//! matter `status` then shows, and what a person does by hand. It refuses to know what is typed.

use phobien::ledger::{Ledger, events, set_meta};

use super::super::peer::{Action, Peer, Rule, Script, Stage};
use super::desk::{Desk, corpus, document, silent_server};

const ROSTER: &str = "\
ma,ho_ten,email,chi_bo,chuc_vu,loai
DV001,Trần Công Quý,quy@dangbo.example,Chi bộ Một,Bí thư chi bộ,Chính thức
DV002,Trần Kim Chi,chi@dangbo.example,Chi bộ Một,Đảng viên,Chính thức
DV003,Ngô Minh Sáng,sang@dangbo.example,Chi bộ Hai,Bí thư,Chính thức
DV004,Cao Kim Thảo,thao@dangbo.example,Chi bộ Hai,Đảng viên,Chính thức
";
const MEMBER: &str = "thao@dangbo.example";
const OFFICE: &str = "vanphong@dangbo.example";

/// A prepared office.
pub(super) struct Scene {
    pub(super) desk: Desk,
    /// The matter that it is about, as `status` calls it; gone when the advice was followed.
    pub(super) what: Option<&'static str>,
    /// What a person does that is no command of phobien.
    pub(super) by_hand: fn(&Desk),
    /// The mail server, where there is one.
    _peer: Option<Peer>,
}

/// What `status` shows to attend to: kind and words.
pub(super) fn matters(desk: &Desk) -> Vec<(String, String)> {
    let said = desk.type_in(&["status", "--json"]);
    let status = super::desk::lines(&said.out).pop();
    let status = status.unwrap_or_else(|| panic!("{said:?}"));
    let text = |row: &serde_json::Value, key: &str| row[key].as_str().unwrap().to_owned();
    let matters = status["attention"].as_array().unwrap().iter();
    matters
        .map(|row| (text(row, "what"), text(row, "detail")))
        .collect()
}

impl Scene {
    /// An office in the state of this name. What it is about is there, or the test ends.
    pub(super) async fn open(name: &str) -> Self {
        let scene = match name {
            "new" | "office" | "branches" | "ready" | "queued" | "moving" => everyday(name),
            "archive" | "waiting" | "secret" | "refused" | "stray" | "folder" => folder(name),
            "shrunken" | "roster" | "unreachable" | "configuration" => written(name),
            "confirm" | "clock" | "restored" | "returned" | "damaged" => held(name).await,
            "away" | "paused" | "held" | "failed" | "unknown" | "summary" => wire(name).await,
            _ => panic!("no office is prepared in the state `{name}`"),
        };
        let found = matters_unless_damaged(&scene, name);
        if let Some(what) = scene.what {
            let there = found.iter().any(|(kind, _)| kind == what);
            assert!(there, "`{name}` is not about `{what}`: {found:?}");
        }
        scene
    }
}

fn matters_unless_damaged(scene: &Scene, name: &str) -> Vec<(String, String)> {
    match name {
        "new" | "damaged" | "configuration" => Vec::new(),
        _ => matters(&scene.desk),
    }
}

fn scene(desk: Desk, what: Option<&'static str>, by_hand: fn(&Desk)) -> Scene {
    Scene {
        desk,
        what,
        by_hand,
        _peer: None,
    }
}

fn nothing(_: &Desk) {}

/// An office with two documents in its folder.
fn office(url: &str) -> Desk {
    let desk = Desk::open(url);
    desk.write("roster.csv", ROSTER);
    std::fs::create_dir(desk.path("backup")).unwrap();
    corpus(&desk, "23-CT-TW_2018.pdf");
    desk
}

/// Changes the configuration.
fn configure(desk: &Desk, from: &str, to: &str) {
    let text = std::fs::read_to_string(desk.path("phobien.toml")).unwrap();
    assert!(text.contains(from), "{from}: {text}");
    desk.write("phobien.toml", &text.replace(from, to));
}

/// Writes letters into folders from now on: the mail server works again.
fn server_works(desk: &Desk) {
    let text = std::fs::read_to_string(desk.path("phobien.toml")).unwrap();
    let line = text.lines().find(|l| l.starts_with("url = ")).unwrap();
    desk.write("phobien.toml", &text.replace(line, "url = \"maildir:thu\""));
}

/// Publishes and delivers, however it ends.
fn send(desk: &Desk, schedule: &str) {
    let said = desk.type_in(&["send", schedule]);
    assert!(matches!(said.code, Some(0 | 1)), "{said:?}");
}

fn everyday(name: &str) -> Scene {
    if name == "new" {
        let home = tempfile::tempdir().unwrap();
        return scene(Desk { home }, None, |desk| {
            configure(desk, "smtps://mail.dangbo.example:465", "maildir:thu");
            desk.write("roster.csv", ROSTER);
            configure(desk, "danh-sach.xlsx", "roster.csv");
        });
    }
    let desk = office("maildir:thu");
    match name {
        "ready" => drop(desk.good(&["ingest"])),
        "queued" => {
            desk.good(&["ingest"]);
            desk.good(&["publish", "hang-ngay"]);
        }
        "branches" => send(&desk, "chi-bo"),
        _ => {
            send(&desk, "chi-bo");
            send(&desk, "hang-ngay");
        }
    }
    scene(desk, None, nothing)
}

fn folder(name: &str) -> Scene {
    let desk = office("maildir:thu");
    if name == "archive" {
        for number in 1..=21 {
            desk.drop_document(number, &format!("về nội dung thứ {number}"));
        }
        desk.good(&["ingest"]);
        return scene(desk, Some("first_ingest"), nothing);
    }
    desk.good(&["ingest"]);
    let (what, by_hand): (_, fn(&Desk)) = match name {
        "waiting" => {
            let text = document(15, "về công tác kiểm tra").replace("ngày 06 tháng 02", "ngày");
            desk.write("van-ban/ke-hoach.txt", &text.replace("Số 15-QĐ/TW", "Số"));
            ("review", nothing)
        }
        "secret" => {
            let text = document(7, "về một việc").replacen("Số 07", "MẬT\nSố 07", 1);
            desk.write("van-ban/mat.txt", &text);
            ("secret", |desk| {
                std::fs::remove_file(desk.path("van-ban/mat.txt")).unwrap();
            })
        }
        "refused" => {
            corpus(&desk, "Bieu mau dang ky.docm");
            ("refused", |desk| {
                std::fs::remove_dir_all(desk.path("van-ban/.cach-ly")).unwrap();
            })
        }
        "stray" => {
            desk.write("van-ban/khac.pdf.toml", "title = \"về một việc\"\n");
            ("stray", |desk| {
                std::fs::remove_file(desk.path("van-ban/khac.pdf.toml")).unwrap();
            })
        }
        _ => {
            std::fs::rename(desk.path("van-ban"), desk.path("van-ban.cu")).unwrap();
            return scene(desk, None, |desk| {
                std::fs::rename(desk.path("van-ban.cu"), desk.path("van-ban")).unwrap();
            });
        }
    };
    desk.good(&["ingest"]);
    scene(desk, Some(what), by_hand)
}

/// What a person wrote: the roster, the configuration.
fn written(name: &str) -> Scene {
    let desk = office("maildir:thu");
    desk.good(&["members"]);
    let row = |n: usize| ROSTER.lines().nth(n).unwrap();
    let mended: fn(&Desk) = |desk| desk.write("roster.csv", ROSTER);
    let (what, by_hand) = match name {
        "shrunken" => {
            desk.write("roster.csv", &format!("{}\n{}\n", row(0), row(1)));
            (Some("roster"), nothing as fn(&Desk))
        }
        "roster" => {
            desk.write(
                "roster.csv",
                &ROSTER.replace("@dangbo.example,Chi bộ H", ",Chi bộ H"),
            );
            (Some("roster"), mended)
        }
        "unreachable" => {
            desk.write("roster.csv", &ROSTER.replace(MEMBER, ""));
            (Some("unreachable"), mended)
        }
        _ => {
            configure(&desk, "[documents]", "[documents]\nsettel = \"5s\"");
            return scene(desk, None, |desk| configure(desk, "settel", "settle"));
        }
    };
    desk.type_in(&["members"]);
    scene(desk, what, by_hand)
}

/// What waits for a person's word.
async fn held(name: &str) -> Scene {
    let desk = office("maildir:thu");
    match name {
        "confirm" => {
            configure(&desk, "[smtp]", "[urgent]\nconfirm = \"required\"\n[smtp]");
            corpus(&desk, "CV 4321 hoa toc.docx");
            desk.good(&["ingest"]);
            desk.good(&["publish", "--urgent"]);
            scene(desk, Some("confirm"), nothing)
        }
        "clock" => {
            desk.good(&["ingest"]);
            jump(&desk).await;
            scene(desk, Some("clock"), nothing)
        }
        _ => {
            desk.good(&["ingest"]);
            let copy = desk.path("backup/phobien-2026-11-25.db");
            let copy = copy.to_str().unwrap().to_owned();
            desk.good(&["backup", &copy]);
            later();
            if name == "damaged" {
                send(&desk, "hang-ngay");
                desk.write("so-cai/phobien.db", "hỏng");
                return scene(desk, None, nothing);
            }
            if name == "restored" {
                desk.good(&["restore", &copy]);
                return scene(desk, Some("restored"), nothing);
            }
            // One schedule: its letters alone are in doubt.
            let text = std::fs::read_to_string(desk.path("phobien.toml")).unwrap();
            let one = text
                .split("[[schedule]]\nname = \"chi-bo\"")
                .next()
                .unwrap();
            desk.write("phobien.toml", one);
            send(&desk, "hang-ngay");
            later();
            let now = chrono::Utc::now().to_rfc3339();
            desk.good(&["restore", &copy, "--told-until", &now]);
            scene(desk, Some("unknown"), nothing)
        }
    }
}

/// Times on record are in milliseconds.
fn later() {
    std::thread::sleep(std::time::Duration::from_millis(20));
}

/// What the service notes when the clock jumps.
async fn jump(desk: &Desk) {
    let ledger = Ledger::open(&desk.path("so-cai"), [7; 32]).await.unwrap();
    let now = chrono::Utc::now();
    let mut tx = ledger.begin().await.unwrap();
    let held = phobien::daemon::CLOCK_HELD;
    set_meta(&mut tx, held, &now.to_rfc3339()).await.unwrap();
    let words = "the clock jumped by 600 minutes";
    events::attend(&mut tx, "clock", "clock", words, now)
        .await
        .unwrap();
    tx.commit().await.unwrap();
    ledger.close().await.unwrap();
}

/// What a mail server does.
async fn wire(name: &str) -> Scene {
    let refuse = |to: &str| {
        let rule = Rule::at(Stage::Rcpt).to(to);
        Script::new().rule(rule.then(Action::reply("550 5.1.1 no such mailbox")))
    };
    let script = match name {
        "paused" => Script::new().at(Stage::Mail, Action::reply("550 5.7.1 sender refused")),
        "held" | "failed" => refuse(MEMBER),
        "summary" => refuse(OFFICE),
        "away" => Script::new().at(Stage::Banner, Action::reply("421 4.3.2 closed")),
        _ => Script::new(),
    };
    let peer = Peer::start(script).await;
    let port = match name {
        "unknown" => silent_server(),
        _ => peer.address.port(),
    };
    let desk = office(&format!("smtp://127.0.0.1:{port}"));
    if name == "summary" {
        let notify =
            format!("[office]\nnotify = [\"{OFFICE}\"]\ndaily_summary = \"17:00\"\n[smtp]");
        configure(&desk, "[smtp]", &notify);
    }
    send(&desk, "hang-ngay");
    if name == "held" {
        desk.drop_document(2, "về công tác kiểm tra, giám sát của Đảng");
        send(&desk, "hang-ngay");
    }
    let (what, by_hand): (_, fn(&Desk)) = match name {
        "away" => (Some("server"), server_works),
        "paused" => (Some("paused"), server_works),
        "held" => (Some("unreachable"), nothing),
        "failed" => (None, server_works),
        "summary" => (Some("office"), server_works),
        _ => (Some("unknown"), server_works),
    };
    Scene {
        desk,
        what,
        by_hand,
        _peer: Some(peer),
    }
}
