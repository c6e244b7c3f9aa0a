//! Owns the proof that the pages for administrators are true: the commands in them are read out of
//! both languages and typed into prepared offices. It refuses to know what the offices are.
//!
//! A block of commands is fenced as `console`. What may follow that word: `scene=NAME` opens an
//! office in that state, `exit=N` is what its phobien commands end with (else 0). Between the block
//! that opens a scene and the next, a person does by hand what the words between them say. Commands
//! of other programs are only looked at for their form.

use std::path::Path;

use super::desk::Desk;
use super::scene::{Scene, matters};

/// What stands in the pages for something that every office has of its own; the pages' index
/// explains the first three.
const EDITION: &str = "e-12";
const LETTER: &str = "m-345";
const DOCUMENT: &str = "d-7";
const MOMENT: &str = "2026-11-26T07:30:00+07:00";
/// Folders of a machine, and where they lie in a prepared office.
const FOLDERS: [(&str, &str); 3] = [
    ("/srv/phobien/van-ban", "van-ban"),
    ("/srv/backup", "backup"),
    ("/etc/phobien", "."),
];

/// Commands of other programs, word by word.
const FOREIGN: &[&str] = &[
    "apt install ./phobien_*.deb",
    "apt install tesseract-ocr tesseract-ocr-vie",
    "apt remove phobien",
    "df -h /var/lib/phobien",
    "dig +short TXT _dmarc.dangbo.example",
    "dig +short TXT dangbo.example",
    "dig +short TXT phobien._domainkey.dangbo.example",
    "journalctl -u phobien --since today",
    "openssl genrsa -out /etc/phobien/dkim.pem 2048",
    "openssl rsa -in /etc/phobien/dkim.pem -pubout",
    "rspamadm configtest",
    "chgrp phobien /etc/phobien/dkim.pem",
    "chmod 640 /etc/phobien/dkim.pem",
    "systemctl enable --now phobien",
    "systemctl reload phobien",
    "systemctl reload rspamd",
    "systemctl restart phobien",
    "systemctl start phobien",
    "systemctl status phobien",
    "systemctl stop phobien",
    "systemd-analyze security phobien",
    "timedatectl",
    "usermod -aG phobien-van-ban vanthu",
];

/// A fenced block of commands.
#[derive(Debug, PartialEq, Eq)]
struct Block {
    scene: Option<String>,
    exit: i32,
    commands: Vec<String>,
}

/// The blocks of a page; faults of its form end the test with the line.
fn blocks(name: &str, text: &str) -> Vec<Block> {
    let (mut blocks, mut open) = (Vec::new(), None::<Block>);
    for (number, line) in text.lines().enumerate() {
        let at = format!("{name}:{}", number + 1);
        match (line.strip_prefix("```"), &mut open) {
            (Some(info), None) if info.split(' ').next() == Some("console") => {
                open = Some(opened(&at, info));
            }
            // A block of another kind: none of its lines is a command.
            (Some(info), None) => {
                assert!(["", "toml", "text", "ucl"].contains(&info), "{at}: {info}");
            }
            (Some(_), Some(_)) => blocks.extend(open.take()),
            (None, Some(block)) => {
                let command = line.strip_prefix("$ ");
                let command = command.unwrap_or_else(|| panic!("{at}: not `$ command`: {line}"));
                block.commands.push(command.trim().to_owned());
            }
            (None, None) => assert!(!line.starts_with("$ "), "{at}: a command outside a block"),
        }
    }
    assert!(open.is_none(), "{name}: a block without an end");
    blocks
}

fn opened(at: &str, info: &str) -> Block {
    let (mut scene, mut exit) = (None, 0);
    for word in info.split(' ').skip(1) {
        match word.split_once('=') {
            Some(("scene", name)) => scene = Some(name.to_owned()),
            Some(("exit", code)) => exit = code.parse().unwrap(),
            _ => panic!("{at}: `{word}` means nothing here"),
        }
    }
    Block {
        scene,
        exit,
        commands: Vec::new(),
    }
}

/// The pages of a language in order: file name and text.
fn pages(folder: &str) -> Vec<(String, String)> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join(folder);
    let files = std::fs::read_dir(folder).unwrap();
    let mut pages: Vec<_> = files
        .map(|file| {
            let file = file.unwrap();
            let name = file.file_name().into_string().unwrap();
            (name, std::fs::read_to_string(file.path()).unwrap())
        })
        .collect();
    pages.sort();
    pages
}

/// A command as its words; what a shell would make more of is refused.
fn words(command: &str) -> Vec<String> {
    let (mut words, mut word, mut quote) = (Vec::new(), None::<String>, None);
    for letter in command.chars() {
        match (quote, letter) {
            (None, '\'' | '"') => {
                quote = Some(letter);
                word.get_or_insert_default();
            }
            (Some(end), letter) if letter == end => quote = None,
            (None, ' ') => words.extend(word.take()),
            (None, '|' | '>' | '<' | ';' | '&' | '$' | '`' | '*' | '?' | '\\') => {
                panic!("`{command}`: a page has plain commands only")
            }
            (_, letter) => word.get_or_insert_default().push(letter),
        }
    }
    assert!(quote.is_none(), "`{command}`: a quote without an end");
    words.extend(word);
    words
}

/// What an office calls its newest edition, the letter in doubt, the document that waits.
fn own_name(desk: &Desk, sample: &str) -> String {
    let ask: &[&str] = match sample {
        EDITION => &["status"],
        LETTER => &["log", "--state", "unknown"],
        _ => &["documents", "list"],
    };
    let said = desk.type_in(&[ask, &["--json"]].concat());
    let rows = super::desk::lines(&said.out);
    let name = match sample {
        EDITION => {
            let editions = rows[0]["editions"].as_array().unwrap().iter();
            let number = |name: &str| name.trim_start_matches("e-").parse::<u32>().unwrap();
            let names = editions.map(|row| row["edition"].as_str().unwrap());
            names.max_by_key(|name| number(name)).map(str::to_owned)
        }
        LETTER => rows
            .first()
            .map(|row| row["delivery"].as_str().unwrap().to_owned()),
        _ => {
            let waits = rows.iter().find(|row| row["standing"] == "waiting");
            let row = waits.or(rows.first());
            row.map(|row| row["document"].as_str().unwrap().to_owned())
        }
    };
    name.unwrap_or_else(|| panic!("nothing to stand for {sample}: {}", said.err))
}

/// A word of a command as the prepared office has it.
fn own(desk: &Desk, word: &str) -> String {
    match word {
        EDITION | LETTER | DOCUMENT => own_name(desk, word),
        MOMENT => chrono::Utc::now().to_rfc3339(),
        _ => {
            let folder = FOLDERS.iter().find(|(folder, _)| word.starts_with(folder));
            folder.map_or_else(
                || word.to_owned(),
                |(folder, here)| {
                    let place = desk.path(here).display().to_string();
                    word.replacen(folder, &place, 1)
                },
            )
        }
    }
}

fn type_in(page: &str, scene: &Scene, block: &Block) {
    for command in &block.commands {
        let Some(rest) = command.strip_prefix("phobien ") else {
            continue;
        };
        let args: Vec<String> = words(rest)
            .iter()
            .map(|word| own(&scene.desk, word))
            .collect();
        let args: Vec<&str> = args.iter().map(String::as_str).collect();
        let said = scene.desk.type_in(&args);
        assert_eq!(
            said.code,
            Some(block.exit),
            "{page}: `{command}` ({args:?}) in {:?}\n{}{}",
            block.scene,
            said.out,
            said.err
        );
    }
}

/// What a page advises has mended what the scene was about.
fn close(page: &str, name: &str, scene: &Scene) {
    let Some(what) = scene.what else { return };
    let left = matters(&scene.desk);
    assert!(
        !left.iter().any(|(kind, _)| kind == what),
        "{page}: after the advice `{what}` is still to attend to in `{name}`: {left:?}"
    );
}

#[test]
fn both_languages_have_the_same_commands() {
    let (vietnamese, english) = (pages("docs/quan-tri"), pages("docs/admin"));
    assert_eq!(vietnamese.len(), 8, "an index and seven pages");
    assert_eq!(vietnamese.len(), english.len());
    for ((vi, ours), (en, theirs)) in vietnamese.iter().zip(&english) {
        let number = |name: &str| name.split('-').next().unwrap().to_owned();
        assert_eq!(number(vi), number(en));
        let (ours, theirs) = (blocks(vi, ours), blocks(en, theirs));
        for (one, other) in ours.iter().zip(&theirs) {
            assert_eq!(one, other, "{vi} and {en}");
        }
        assert_eq!(ours.len(), theirs.len(), "{vi} and {en}");
    }
}

#[test]
fn the_index_names_every_page_and_every_stand_in() {
    for folder in ["docs/quan-tri", "docs/admin"] {
        let pages = pages(folder);
        let (_, index) = pages.iter().find(|(name, _)| name == "README.md").unwrap();
        for (name, _) in pages.iter().filter(|(name, _)| name != "README.md") {
            assert!(index.contains(&format!("({name})")), "{folder}: {name}");
        }
        for sample in [EDITION, LETTER, DOCUMENT, MOMENT] {
            assert!(
                index.contains(&format!("`{sample}`")),
                "{folder}: `{sample}`"
            );
        }
    }
}

/// A heading as a link names it: small letters, no marks, spaces as hyphens.
fn anchor(heading: &str) -> String {
    let kept = |c: &char| c.is_alphanumeric() || matches!(c, ' ' | '-');
    let small = heading.trim_start_matches('#').trim().to_lowercase();
    small
        .chars()
        .filter(kept)
        .collect::<String>()
        .replace(' ', "-")
}

#[test]
fn every_link_leads_somewhere() {
    let link = regex::Regex::new(r"\]\(([^)#]*)(?:#([^)]*))?\)").unwrap();
    for folder in ["docs/quan-tri", "docs/admin"] {
        for (name, text) in pages(folder) {
            for found in link.captures_iter(&text) {
                let file = found.get(1).unwrap().as_str();
                let file = if file.is_empty() { name.as_str() } else { file };
                let place = Path::new(env!("CARGO_MANIFEST_DIR"))
                    .join(folder)
                    .join(file);
                let there = std::fs::read_to_string(&place);
                let there = there.unwrap_or_else(|e| panic!("{folder}/{name}: {file}: {e}"));
                let Some(to) = found.get(2) else { continue };
                let mut headings = there.lines().filter(|line| line.starts_with('#'));
                let known = headings.any(|heading| anchor(heading) == to.as_str());
                assert!(known, "{folder}/{name}: no heading for {}", &found[0]);
            }
        }
    }
}

/// The form only: nothing here installs a package or starts a unit.
#[test]
fn commands_of_other_programs_are_written_as_known_and_are_not_run() {
    let mut written: Vec<String> = Vec::new();
    for (name, text) in pages("docs/quan-tri") {
        let commands = blocks(&name, &text).into_iter().flat_map(|b| b.commands);
        for command in commands.filter(|command| !command.starts_with("phobien ")) {
            let known = FOREIGN.contains(&command.as_str());
            assert!(known, "{name}: `{command}` is no command that is known");
            written.push(command);
        }
    }
    for known in FOREIGN {
        assert!(written.iter().any(|c| c == known), "`{known}`: nowhere");
    }
}

/// Whatever a person may be asked to see to stands in the page of symptoms, in both languages.
#[test]
fn every_matter_that_the_program_tells_of_is_explained() {
    let call = r#"(?:attend\(\s*(?:&mut )?tx|\.tell\(|[^.\w]add\()[,\s]*"([a-z_]+)""#;
    let named = r#"const (?:STRAY|UNREACHABLE): &str = "([a-z_]+)""#;
    let calls = regex::Regex::new(&format!("{call}|{named}")).unwrap();
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut kinds = std::collections::BTreeSet::new();
    for part in ["ingest", "publish", "ledger", "daemon"] {
        for file in std::fs::read_dir(root.join("src").join(part)).unwrap() {
            let file = file.unwrap().path();
            if !file.is_file() {
                continue;
            }
            let text = std::fs::read_to_string(file).unwrap();
            let found = calls.captures_iter(&text);
            kinds.extend(found.map(|c| c.get(1).or(c.get(2)).unwrap().as_str().to_owned()));
        }
    }
    assert!(kinds.len() >= 17, "{kinds:?}");
    for folder in ["docs/quan-tri", "docs/admin"] {
        let (name, text) = pages(folder)
            .into_iter()
            .find(|(n, _)| n.starts_with('4'))
            .unwrap();
        for kind in &kinds {
            assert!(
                text.contains(&format!("| `{kind}` |")),
                "{folder}/{name}: no row for `{kind}`"
            );
        }
    }
}

/// Types every command of the pages whose number is among these, office by office.
async fn follow(numbers: std::ops::RangeInclusive<char>) {
    let of_them = |name: &str| name.chars().next().is_some_and(|c| numbers.contains(&c));
    let mut pages = pages("docs/quan-tri");
    pages.retain(|(name, _)| of_them(name));
    assert!(!pages.is_empty());
    for (page, text) in pages {
        let mut scene = None::<(String, Scene, bool)>;
        for block in blocks(&page, &text) {
            if block.scene.is_some() || scene.is_none() {
                if let Some((name, scene, _)) = &scene {
                    close(&page, name, scene);
                }
                let name = block.scene.clone().unwrap_or_else(|| "office".to_owned());
                let opened = Scene::open(&name).await;
                scene = Some((name, opened, false));
            } else if let Some((_, scene, done)) = &mut scene
                && !std::mem::replace(done, true)
            {
                (scene.by_hand)(&scene.desk);
            }
            let (_, scene, _) = scene.as_ref().unwrap();
            type_in(&page, scene, &block);
        }
        if let Some((name, scene, _)) = &scene {
            close(&page, name, scene);
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_commands_of_install_first_week_and_daily_work_do_what_the_pages_say() {
    follow('1'..='3').await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_commands_for_each_symptom_mend_it() {
    follow('4'..='4').await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_commands_of_mail_security_and_backup_do_what_the_pages_say() {
    follow('5'..='7').await;
}

/// A command named in a sentence is typed with `--help`: it and its options exist.
#[test]
fn commands_named_in_a_sentence_exist() {
    let named = regex::Regex::new("`phobien ([a-z][^`]*)`").unwrap();
    let desk = Desk::open("maildir:thu");
    let mut seen = std::collections::BTreeSet::new();
    for folder in ["docs/quan-tri", "docs/admin"] {
        for (_, text) in pages(folder) {
            seen.extend(named.captures_iter(&text).map(|c| c[1].to_owned()));
        }
    }
    assert!(seen.len() >= 5, "{seen:?}");
    for command in seen {
        let words = words(&command);
        let options = |word: &&String| word.starts_with("--");
        let mut typed: Vec<&str> = words.iter().map(String::as_str).collect();
        typed.retain(|word| !word.starts_with("--"));
        typed.push("--help");
        let help = desk.good(&typed);
        for option in words.iter().filter(options) {
            assert!(
                help.contains(option.as_str()),
                "`phobien {command}`: {help}"
            );
        }
    }
}

#[test]
fn a_slip_in_a_page_is_found() {
    let text = "```console exit=1 scene=x\n$ phobien log --to 'Chi bộ 1'\n```\n";
    let block = blocks("x.md", text).remove(0);
    assert_eq!((block.exit, block.scene.as_deref()), (1, Some("x")));
    assert_eq!(
        words("log --to 'Chi bộ 1' \"\""),
        ["log", "--to", "Chi bộ 1", ""]
    );
    let desk = Desk::open("maildir:thu");
    for slip in ["statsu", "log --documnt 23-CT/TW", "members pause"] {
        let args = words(slip);
        let args: Vec<&str> = args.iter().map(String::as_str).collect();
        assert_eq!(desk.type_in(&args).code, Some(2), "{slip}");
    }
}
