//! Owns the rules of the house as tests: where arrows may point, how long things may be, which
//! crate lives where. It refuses to know what the code does; a fault says file, line and remedy.

mod arrows;
mod homes;
mod manners;
mod source;

use std::collections::BTreeSet;
use std::path::Path;

use arrows::{bad_arrows, circles, climbers, clocks, floors, map, strangers};
use homes::HOMES;
use manners::{COLUMNS_MAX, LINES_A_FUNCTION_MAX};
use manners::{misnamed, too_long, unexplained, unfinished, unreasoned};
use source::Source;
use unicode_normalization::is_nfc;

const ROOT: &str = env!("CARGO_MANIFEST_DIR");

fn src() -> Vec<Source> {
    source::read(Path::new(ROOT), "src")
}

fn src_and_tests() -> Vec<Source> {
    src()
        .into_iter()
        .chain(source::read(Path::new(ROOT), "tests"))
        .collect()
}

/// Fails with every fault at once.
#[track_caller]
fn none(faults: Vec<String>) {
    assert!(
        faults.is_empty(),
        "{} faults:\n{}",
        faults.len(),
        faults.join("\n")
    );
}

/// Every text file that people read or the crate holds, with its path; test data are left out.
fn texts() -> Vec<(String, String)> {
    let kinds = [
        "rs", "md", "html", "txt", "toml", "sql", "py", "sh", "service", "yml", "json",
    ];
    let files = source::files(Path::new(ROOT)).into_iter();
    files
        .filter_map(|file| {
            let path = file.strip_prefix(ROOT).ok()?.to_string_lossy().into_owned();
            let kind = file.extension().map_or("", |e| e.to_str().unwrap_or(""));
            let data = ["tests/corpus", "tests/recognise", "fuzz/corpus"];
            let read = (kinds.contains(&kind) || kind.is_empty())
                && !data.iter().any(|folder| path.starts_with(folder));
            let text = read
                .then(|| std::fs::read_to_string(&file).ok())
                .flatten()?;
            Some((path, text))
        })
        .collect()
}

#[test]
fn arrows_only_go_down() {
    let (floors, sources) = (map(), src());
    none(
        [
            bad_arrows(&floors, &sources),
            climbers(&sources),
            circles(&floors, &sources),
        ]
        .concat(),
    );
}

#[test]
fn a_foreign_crate_has_one_home() {
    none(strangers(&src()));
}

#[test]
fn every_dependency_has_a_home_and_every_home_a_tenant() {
    let text = std::fs::read_to_string(Path::new(ROOT).join("Cargo.toml")).expect("Cargo.toml");
    let manifest: toml::Table = text.parse().expect("Cargo.toml is TOML");
    let named: BTreeSet<String> = manifest["dependencies"]
        .as_table()
        .expect("a table")
        .keys()
        .map(|name| name.replace('-', "_"))
        .collect();
    let housed: BTreeSet<String> = HOMES
        .iter()
        .map(|(name, ..)| name.split("::").next().unwrap_or(name).to_owned())
        .collect();
    let homeless = named
        .difference(&housed)
        .map(|n| format!("Cargo.toml: `{n}` has no home"));
    let gone = housed
        .difference(&named)
        .map(|n| format!("homes.rs: `{n}` is no dependency"));
    let unfounded = HOMES.iter().filter(|home| home.2.is_empty());
    let unfounded = unfounded.map(|home| format!("homes.rs: `{}` without a reason", home.0));
    none(homeless.chain(gone).chain(unfounded).collect());
}

#[test]
fn only_the_shells_know_the_time() {
    none(clocks(&src()));
}

#[test]
fn nothing_is_too_long() {
    none(too_long(&src_and_tests()));
}

#[test]
fn every_file_says_what_it_owns() {
    none(unexplained(&src_and_tests()));
}

#[test]
fn nothing_is_left_unfinished() {
    none(unfinished(&src_and_tests()));
}

#[test]
fn every_exception_has_a_reason() {
    none(unreasoned(&src_and_tests()));
}

#[test]
fn every_file_has_a_telling_name_and_a_parent() {
    none(misnamed(&src_and_tests()));
}

#[test]
fn all_text_is_nfc_and_knows_no_machine() {
    let machine = [
        concat!("/", "work/"),
        concat!("/wor", "k`"),
        concat!("shar", "ed/"),
    ];
    let mut faults = Vec::new();
    for (path, text) in texts() {
        for (number, line) in text.lines().enumerate() {
            let at = format!("{path}:{}", number + 1);
            if !is_nfc(line) {
                faults.push(format!("{at}: not NFC; write decomposed text as escapes"));
            }
            if machine.iter().any(|folder| line.contains(folder)) {
                faults.push(format!(
                    "{at}: names a folder of one machine; take it as an argument"
                ));
            }
        }
    }
    none(faults);
}

/// The rules themselves: each sample breaks one, and only that one may be found.
#[test]
fn each_rule_finds_its_fault() {
    let floors = floors(
        "// floor 0:\npub mod word;\npub mod term;\n// floor 1:\npub mod letter;\n\
        pub mod config;\n// floor 3:\npub mod publish;\n",
    );
    let one = |path: &str, text: &str| vec![Source::new(path, text)];
    let up = one("src/word.rs", "use crate::{letter::Sheet, term::Term};");
    assert_eq!(bad_arrows(&floors, &up).len(), 1);
    let sideways = one(
        "src/letter/mod.rs",
        "fn f() { crate::config::get() } // crate::publish",
    );
    assert_eq!(bad_arrows(&floors, &sideways).len(), 1);
    let tested = one(
        "src/letter/mod.rs",
        "#[cfg(test)]\nmod tests { use crate::config::C; }",
    );
    assert_eq!(bad_arrows(&floors, &tested), Vec::<String>::new());
    let there = Source::new("src/word.rs", "use crate::term::T;");
    let back = Source::new("src/term.rs", "use crate::word::W;");
    assert_eq!(circles(&floors, &[there, back]).len(), 2);
    assert_eq!(
        climbers(&one("src/letter/head.rs", "use super::super::config::C;")).len(),
        1
    );
    let crates = one(
        "src/config/mod.rs",
        "use lettre::{Address, message::Mailbox};",
    );
    assert_eq!(strangers(&crates).len(), 2);
    assert_eq!(
        clocks(&one(
            "src/letter.rs",
            "let now = chrono::Utc::now(); // Utc::now"
        ))
        .len(),
        1
    );
    let long = format!(
        "fn f() {{\n{}}}\n",
        "    g();\n".repeat(LINES_A_FUNCTION_MAX)
    );
    assert_eq!(too_long(&one("src/a.rs", &long)).len(), 1);
    assert_eq!(
        too_long(&one("src/a.rs", &"ữ".repeat(COLUMNS_MAX + 1))).len(),
        1
    );
    assert_eq!(
        unexplained(&one("src/a.rs", "//! Only one.\n\n\n\n")).len(),
        1
    );
    let panics =
        "fn f() { a.unwrap() }\n#[cfg(test)]\nmod tests { fn g() { a.unwrap(); \"}\" } }\n";
    assert_eq!(unfinished(&one("src/a.rs", panics)).len(), 1);
    assert_eq!(
        unfinished(&one("src/a.rs", "fn f() { todo!(); '\"'; todo!() }")).len(),
        2
    );
    let sudden = one("src/ledger/a.rs", "fn f() { f(row.get(0), r.get(1)) }");
    assert_eq!(unfinished(&sudden).len(), 2);
    assert_eq!(
        unreasoned(&one("src/a.rs", "\n#[allow(dead_code)]\nfn f() {}")).len(),
        1
    );
    assert_eq!(misnamed(&one("src/letter/utils.rs", "")).len(), 1);
}

/// What a manifest asks of each crate, be it as text or as a table.
fn versions(manifest: &str) -> std::collections::BTreeMap<String, String> {
    let text = std::fs::read_to_string(Path::new(ROOT).join(manifest)).expect("a manifest");
    let manifest: toml::Table = text.parse().expect("TOML");
    let crates = manifest["dependencies"].as_table().expect("dependencies");
    let version = |asked: &toml::Value| {
        let version = asked.get("version").unwrap_or(asked).as_str();
        version.unwrap_or("").to_owned()
    };
    crates
        .iter()
        .map(|(n, v)| (n.clone(), version(v)))
        .collect()
}

#[test]
fn fuzzing_uses_the_crates_of_the_program() {
    let (ours, theirs) = (versions("Cargo.toml"), versions("fuzz/Cargo.toml"));
    let shared: Vec<_> = theirs.keys().filter(|n| ours.contains_key(*n)).collect();
    assert!(shared.len() >= 5, "{shared:?}");
    for name in shared {
        assert_eq!(theirs[name], ours[name], "{name}");
    }
}
