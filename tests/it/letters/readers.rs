//! Owns the proof that independent readers get back what was written, whatever the names and
//! titles are.

use std::path::{Path, PathBuf};

use phobien::document::{Format, Symbol};
use phobien::letter::{Frame, NAME_MAX, Occasion, Personal, Sheet, compose};
use phobien::spelling;
use proptest::prelude::*;
use proptest::strategy::ValueTree as _;
use proptest::test_runner::{RngAlgorithm, TestRng, TestRunner};

use super::office::{Files, fact, frame, item, member, sender, week, words};
use super::wire::{assert_wire, expected_files, names_and_bytes, one_mailbox, parse};

// What Python's `email` must read out of letters, written beside each as JSON.
#[test]
fn python_reads_the_same() {
    let temporary = tempfile::tempdir().expect("folder");
    let folder = match std::env::var_os("PHOBIEN_LETTERS") {
        Some(folder) => PathBuf::from(folder).join("random"),
        None => temporary.path().to_owned(),
    };
    std::fs::create_dir_all(&folder).expect("a folder");
    let names = [
        "Trần Mai Nga",
        "Evil\" <a@b.example>, x@y.example",
        "=?utf-8?q?Evil?=",
        "Nguyễn\r\nBcc: x@evil.example",
        "Nguye\u{302}\u{303}n, Thị (Hương); \\ \u{202e}",
        "A",
        "",
    ];
    for (nth, name) in names.into_iter().enumerate() {
        write_letter(&folder.join(format!("{nth}.eml")), nth, name);
    }
    let count = random_letters(&folder) + names.len();
    let script = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/letters/read_back.py");
    let run = std::process::Command::new("python3")
        .arg(script)
        .arg(&folder)
        .output();
    match run {
        Ok(out) => {
            let said = String::from_utf8_lossy(&out.stdout).into_owned();
            let failed = String::from_utf8_lossy(&out.stderr).into_owned();
            assert!(out.status.success(), "{said}{failed}");
            assert_eq!(said.trim(), format!("{count} letters read"));
        }
        Err(error) => {
            assert!(
                std::env::var_os("CI").is_none(),
                "python3 is needed under CI: {error}"
            );
            eprintln!("python3 is not here, so nobody else has read these letters: {error}");
        }
    }
}

/// Letters with any names and titles, the same ones on every run; `PHOBIEN_LETTERS_COUNT` asks for
/// more of them, and `PROPTEST_RNG_SEED` for others.
fn random_letters(folder: &Path) -> usize {
    let number = |name| std::env::var(name).ok().and_then(|n| n.parse::<u64>().ok());
    let count = number("PHOBIEN_LETTERS_COUNT").unwrap_or(64);
    let mut seed = [0; 32];
    seed[..8].copy_from_slice(&number("PROPTEST_RNG_SEED").unwrap_or(1).to_le_bytes());
    let source = TestRng::from_seed(RngAlgorithm::ChaCha, &seed);
    let mut runner = TestRunner::new_with_rng(ProptestConfig::default(), source);
    let words_of = (
        any_text(),
        any_text(),
        any_text(),
        any_text(),
        any::<bool>(),
    );
    for nth in 0..count {
        let drawn = words_of.new_tree(&mut runner).expect("drawn").current();
        write_random(&folder.join(format!("r{nth:05}.eml")), drawn);
    }
    usize::try_from(count).expect("few")
}

fn write_random(path: &Path, drawn: (String, String, String, String, bool)) {
    let (name, title, file_name, own, ascii) = drawn;
    let short = |text: &str| text.chars().take(NAME_MAX / 3).collect::<String>();
    let (mut words, mut sender, mut files) = (words(), sender(), Files::new());
    words.ascii_file_names = ascii;
    sender.from_name = Some(short(&own));
    let mut one = item(
        "1-CT/TW",
        &own,
        "2020-01-01",
        &own,
        &title,
        files.add(&file_name, Format::PdfText, title.len()),
    );
    one.facts.symbol = None;
    let mut two = one.clone();
    two.file = files.add(&file_name, Format::Docx, title.len() + 1);
    let frame = Frame {
        occasion: if ascii {
            Occasion::Urgent
        } else {
            Occasion::Regular
        },
        ..frame(&words, &sender)
    };
    let sheet = compose(&frame, &[one, two]).expect("sheet");
    let personal = member(&short(&name));
    let message = files.message(&sheet, &personal);
    let json = expected(&frame, &sheet, &personal, &message);
    std::fs::write(path, &message).expect("written");
    std::fs::write(path.with_extension("json"), json.to_string()).expect("written");
}

/// A nasty letter, and beside it as JSON what a reader must find in it.
fn write_letter(path: &Path, nth: usize, name: &str) {
    let (mut words, sender, mut files) = (words(), sender(), Files::new());
    words.ascii_file_names = nth % 2 == 1;
    let mut items = week(&mut files);
    items[0].facts.title = fact(format!("{name} về việc số {nth}"));
    let file = files.add(
        &format!("{name} {} .pdf", "dài ".repeat(nth * 9)),
        Format::Txt,
        300,
    );
    let mut own = item("x", name, "2020-01-01", name, name, file);
    own.facts.symbol = None;
    items.push(own);
    let occasion = if nth == 0 {
        Occasion::Regular
    } else {
        Occasion::Urgent
    };
    let frame = Frame {
        occasion,
        ..frame(&words, &sender)
    };
    let items = if nth == 2 { &items[..1] } else { &items[..] };
    let sheet = compose(&frame, items).expect("sheet");
    let personal = member(name);
    let message = files.message(&sheet, &personal);
    let json = expected(&frame, &sheet, &personal, &message);
    std::fs::write(path, &message).expect("written");
    std::fs::write(path.with_extension("json"), json.to_string()).expect("written");
}

/// What a reader must find in a letter, as JSON. Names of files are as our own reader has them:
/// the letter's text must give them too, and every other reader must agree.
pub(super) fn expected(
    frame: &Frame<'_>,
    sheet: &Sheet,
    personal: &Personal,
    message: &[u8],
) -> serde_json::Value {
    let parsed = parse(message);
    let names = names_and_bytes(&parsed);
    let attachments = names.iter().zip(sheet.attachments());
    let attachments = attachments.map(|((name, _), (hash, len))| {
        serde_json::json!({"name": name, "sha256": hash.to_string(), "size": len})
    });
    serde_json::json!({
        "subject": sheet.subject(),
        "to_name": as_name(&personal.to_name),
        "to_address": personal.to_address,
        "from_name": frame.sender.from_name.as_deref().map(as_name).unwrap_or_default(),
        "from_address": frame.sender.from.as_str(),
        "message_id": format!("<{}>", personal.message_id),
        "timestamp": frame.date.timestamp(),
        "text": sheet.text(personal).expect("text"),
        "html": sheet.html(personal).expect("html"),
        "attachments": attachments.collect::<Vec<_>>(),
    })
}

/// Any text, with what is nasty in mail more often than chance would have it.
fn any_text() -> impl Strategy<Value = String> {
    let nasty = prop::sample::select(vec![
        "\r\nBcc: x@evil.example\r\n",
        "=?utf-8?q?x?=",
        "=?utf-8?B?",
        "\u{202e}",
        "\0",
        "\"",
        "\\",
        "<a@b.example>",
        ", ",
        ";",
        "(",
        ":",
        "ễ",
        "e\u{302}\u{303}",
        "\u{f0000}",
        "\u{f0001}",
        "@@",
        "{name}",
        "--",
        "From ",
        ".",
        "\n.\r\n",
        "\t",
        "=",
        "%41",
        "''",
        "&lt;",
        "<b>",
        "Đ",
        "😀",
        "\u{feff}",
        "\u{2028}",
        "/",
        "..",
        "a.exe",
        "CON",
        "*0*=",
    ]);
    let bit = prop_oneof![
        nasty.prop_map(str::to_owned),
        any::<String>(),
        "[a-zA-ZỒÁđ ]{1,12}"
    ];
    prop::collection::vec(bit, 0..8).prop_map(|bits| bits.concat())
}

/// What may be left of a name in To.
fn as_name(text: &str) -> String {
    let private = |c: &char| !matches!(c, '\u{e000}'..='\u{f8ff}' | '\u{f0000}'..='\u{10ffff}');
    spelling::line(&text.chars().filter(private).collect::<String>())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(192))]

    #[test]
    fn any_words_come_back(
        name in any_text(),
        title in any_text(),
        file_name in any_text(),
        own in any_text(),
        ascii in any::<bool>(),
        urgent in any::<bool>(),
        size in 0_usize..400,
    ) {
        let (mut words, mut sender, mut files) = (words(), sender(), Files::new());
        words.ascii_file_names = ascii;
        words.organisation = own.clone();
        words.greeting = Some(own.clone());
        sender.from_name = Some(own.clone());
        let mut one = item("1-CT/TW", &own, "2020-01-01", &own, &title,
            files.add(&file_name, Format::PdfText, size));
        one.facts.symbol = None;
        let mut two = one.clone();
        two.file = files.add(&file_name, Format::Txt, size + 1);
        two.facts.symbol = Symbol::parse("31-TB/ĐU").and_then(fact);
        let frame = Frame {
            occasion: if urgent { Occasion::Urgent } else { Occasion::Regular },
            schedule: &own,
            ..frame(&words, &sender)
        };
        let items = if urgent { vec![one] } else { vec![one.clone(), two, one] };
        let sheet = compose(&frame, &items).expect("sheet");
        let message = files.message(&sheet, &member(&name));
        assert_wire(&message);
        let parsed = parse(&message);
        let (shown, address) = one_mailbox(parsed.to());
        prop_assert_eq!(address, "nga.tm@dangbo.example");
        let expected = as_name(&name);
        if expected.chars().count() <= NAME_MAX {
            prop_assert_eq!(shown, expected.clone());
        }
        prop_assert_eq!(one_mailbox(parsed.from()).1, "vanphong@dangbo.example");
        prop_assert_eq!(parsed.subject(), Some(sheet.subject()));
        prop_assert!(!sheet.subject().chars().any(spelling::is_invisible));
        let found = names_and_bytes(&parsed);
        let bytes: Vec<_> = found.iter().map(|(_, bytes)| bytes.clone()).collect();
        prop_assert_eq!(bytes, expected_files(&files, &sheet));
        for (name, _) in &found {
            prop_assert!(sheet.text(&member("x")).expect("text").split_whitespace()
                .collect::<String>().contains(&name.split_whitespace().collect::<String>()),
                "the name that the letter gives: {}", name);
            prop_assert!(!name.contains(['/', '\\', '"', ':']) && !name.starts_with('.'));
            prop_assert!(!ascii || name.is_ascii());
        }
        if expected.chars().count() <= NAME_MAX && own.contains("{name}") {
            prop_assert!(sheet.fill(&member(&name)).is_ok());
        }
        prop_assert_eq!(Sheet::from_bytes(&sheet.to_bytes()), Ok(sheet));
    }

    #[test]
    fn hostile_sheets_do_no_harm(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
        let mut stored = b"PhS\x01".to_vec();
        stored.extend(&bytes);
        for bytes in [&bytes, &stored] {
            if let Ok(sheet) = Sheet::from_bytes(bytes) {
                let _ = (sheet.size_max(), sheet.fill(&member("x")), sheet.html(&member("x")));
            }
        }
    }
}
