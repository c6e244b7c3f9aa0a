//! Owns the test that what is counted adds up, whatever became of letters: `send`, `status`, `log`
//! and the server's own record. It refuses to judge what became of a single one.

use std::collections::HashMap;

use serde_json::Value;

use super::super::peer::{Action, Peer, Rule, Script, Stage, mixed};
use super::desk::Desk;

/// More than the guard of new editions needs, less than takes long.
const MEMBERS: u64 = 40;
/// Worlds, a few seconds each, most of them waiting.
const SEEDS: u64 = 6;
/// States that a letter can be in, as the last line of `deliver` names them.
const STATES: [&str; 8] = [
    "sent",
    "failed",
    "deferred",
    "unknown",
    "pending",
    "sending",
    "cancelled",
    "bounced",
];

/// What the server does with a member's letter, by chance; mostly nothing special.
fn fate(seed: u64, member: u64) -> Option<(Stage, Action)> {
    let reply = |stage, text| Some((stage, Action::reply(text)));
    match mixed(seed * 1000 + member) % 16 {
        0 => reply(Stage::Rcpt, "550 5.1.1 no such user"),
        1 => reply(Stage::Rcpt, "450 4.2.1 later"),
        2 => reply(Stage::Dot, "552 5.2.2 mailbox full"),
        3 => reply(Stage::Dot, "451 4.3.0 later"),
        4 => Some((Stage::Dot, Action::Close)),
        5 => Some((Stage::Dot, Action::take(Action::Close))),
        // Who always says this is asked for ever: the server's trouble is no recipient's fault.
        6 if member.is_multiple_of(2) => reply(Stage::Rcpt, "421 4.3.2 closing"),
        _ => None,
    }
}

fn roster() -> String {
    let line = |n| {
        // A tenth of them cannot be reached.
        let address = match n % 10 {
            9 => String::new(),
            _ => format!("m{n}@x.example"),
        };
        let branch = n % 3;
        format!("DV{n:03},Họ Tên {n},{address},Chi bộ {branch},Đảng viên,Chính thức\n")
    };
    let lines: String = (0..MEMBERS).map(line).collect();
    format!("ma,ho_ten,email,chi_bo,chuc_vu,loai\n{lines}")
}

fn of(row: &Value, key: &str) -> u64 {
    row[key].as_u64().unwrap_or_else(|| panic!("{key}: {row}"))
}

/// Rows of the log by their state.
fn by_state(rows: &[Value]) -> HashMap<String, u64> {
    let mut counts = HashMap::new();
    for row in rows {
        *counts
            .entry(row["state"].as_str().unwrap().to_owned())
            .or_default() += 1;
    }
    counts
}

fn adds_up(desk: &Desk, last: &Value, what: &str) {
    let log = desk.type_in(&["log", "--json"]);
    let rows = super::desk::lines(&log.out);
    let counts = by_state(&rows);
    let count = |state: &str| counts.get(state).copied().unwrap_or(0);
    let status = desk.type_in(&["status", "--json"]);
    let status = super::desk::lines(&status.out).pop().unwrap();
    for state in ["pending", "sending", "deferred", "unknown"] {
        assert_eq!(
            of(&status["queue"], state),
            count(state),
            "{what}: {state} {status}"
        );
        assert_eq!(of(last, state), count(state), "{what}: {state} {last}");
    }
    let known: u64 = STATES.iter().map(|state| count(state)).sum();
    assert_eq!(known, rows.len() as u64, "{what}: {counts:?}");
    for edition in status["editions"].as_array().unwrap() {
        let mine: Vec<_> = rows
            .iter()
            .filter(|row| row["edition"] == edition["edition"])
            .cloned()
            .collect();
        let counts = by_state(&mine);
        let count = |state: &str| counts.get(state).copied().unwrap_or(0);
        assert_eq!(of(edition, "total"), mine.len() as u64, "{what}: {edition}");
        assert_eq!(of(edition, "sent"), count("sent"), "{what}: {edition}");
        let failed = count("failed") + count("bounced");
        assert_eq!(of(edition, "failed"), failed, "{what}: {edition}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_counted_adds_up() {
    for seed in 0..SEEDS {
        let mut script = Script::new();
        for member in 0..MEMBERS {
            if let Some((stage, action)) = fate(seed, member) {
                let address = format!("m{member}@x.example");
                // Half of the fates change at the second attempt, the others never.
                let rule = Rule::at(stage).to(&address);
                let rule = if member % 2 == 0 { rule.times(1) } else { rule };
                script = script.rule(rule.then(action));
            }
        }
        let peer = Peer::start(script).await;
        let desk = Desk::open(&format!("smtp://127.0.0.1:{}", peer.address.port()));
        let config = std::fs::read_to_string(desk.path("phobien.toml")).unwrap();
        let soon = "on_unknown = \"hold\"\nretry_after = [\"1s\"]\ngive_up_after = \"3s\"";
        let config = config.replace("on_unknown = \"hold\"", soon);
        desk.write("phobien.toml", &config);
        desk.write("roster.csv", &roster());
        desk.drop_document(41, "về công tác văn thư");
        let mut sent = 0;
        for (turn, words) in [
            &["send", "hang-ngay"][..],
            &["deliver", "--until-idle"],
            &["deliver"],
        ]
        .into_iter()
        .enumerate()
        {
            let said = desk.type_in(&[words, &["--json"]].concat());
            assert!(matches!(said.code, Some(0 | 1)), "{said:?}");
            let last = super::desk::lines(&said.out).pop().unwrap();
            sent += of(&last, "sent");
            adds_up(&desk, &last, &format!("seed {seed}, turn {turn}"));
        }
        let log = super::desk::lines(&desk.type_in(&["log", "--json"]).out);
        let on_record = log.iter().filter(|row| row["state"] == "sent");
        let on_record: Vec<_> = on_record.collect();
        assert_eq!(
            sent,
            on_record.len() as u64,
            "seed {seed}: each of them was counted once"
        );
        for row in on_record {
            let address = row["address"].as_str().unwrap();
            assert!(peer.record().times(address) >= 1, "seed {seed}: {row}");
        }
    }
}
