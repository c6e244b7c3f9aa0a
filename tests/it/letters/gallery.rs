//! Owns one letter of every kind, in both languages, as files under `snapshots`: any change to a
//! byte of them shows in a review.
//!
//! `PHOBIEN_RENEW=1 cargo test --locked --test it letters::gallery` writes the files anew.
//! `PHOBIEN_LETTERS=FOLDER` besides writes the letters into `FOLDER/gallery` for filters,
//! browsers and readers of other houses; where `FOLDER` holds `rsa.pem` and `ed25519.pem`, each
//! letter is there once more for each key, signed with it.

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use chrono::{DateTime, FixedOffset};
use mail_parser::{MimeHeaders, PartType};
use phobien::document::{Format, Sha256, Urgency};
use phobien::edition::Note;
use phobien::letter::{Frame, Item, Occasion, Personal, Sheet, Signer, Unfit, compose};
use phobien::organisation::{Language, RecipientKind};

use super::office::{Files, branch_in, day, fact, frame, item, member, sender, week, words};
use super::readers::expected;
use super::wire::{assert_wire, parse};

/// What a letter is about: its name, its occasion, its documents.
type Subject = (&'static str, Occasion, fn(&mut Files) -> Vec<Item>);

const SUBJECTS: [Subject; 11] = [
    ("one", Occasion::Regular, |files| {
        week(files).drain(1..2).collect()
    }),
    ("three", Occasion::Regular, |files| {
        week(files).drain(..3).collect()
    }),
    ("week", Occasion::Regular, week),
    ("forty", Occasion::Regular, forty),
    ("urgent", Occasion::Urgent, |files| {
        week(files).drain(..1).collect()
    }),
    ("round-up", Occasion::RoundUp, |files| {
        week(files).drain(..3).collect()
    }),
    ("correction", Occasion::Regular, |files| {
        week(files).drain(3..4).collect()
    }),
    ("withdrawal", Occasion::Regular, |files| {
        week(files).drain(5..).collect()
    }),
    ("again", Occasion::Regular, again),
    ("test", Occasion::Test, |files| {
        week(files).drain(..3).collect()
    }),
    ("hostile", Occasion::Regular, hostile),
];

/// A month of documents, as many as are described in full.
fn forty(files: &mut Files) -> Vec<Item> {
    let kinds = [
        ("CT/TW", "Chỉ thị", "Ban Bí thư", Format::PdfText),
        ("KH/ĐU", "Kế hoạch", "Đảng uỷ Cục", Format::Docx),
        ("CV/TCT", "Công văn", "Tổng cục Thuế", Format::PdfScan),
    ];
    let one = |n: usize| {
        let (symbol, kind, issuer, format) = kinds[n % kinds.len()];
        let file = files.add(&format!("van ban {n}.pdf"), format, 2000 + n);
        let symbol = format!("{}-{symbol}", n + 1);
        let title = format!("đẩy mạnh việc học tập và làm theo, chuyên đề số {}", n + 1);
        let mut item = item(&symbol, kind, "2020-03-03", issuer, &title, file);
        item.facts.urgency = (n < 2).then_some(Urgency::Khan).and_then(fact);
        item.due = n.is_multiple_of(7).then(|| day("2020-03-20"));
        item
    };
    (0..40).map(one).collect()
}

/// Asked for once more.
fn again(files: &mut Files) -> Vec<Item> {
    let mut items: Vec<Item> = week(files).drain(1..2).collect();
    items[0].note = Note::Again;
    items[0].sent_on = Some(day("2020-03-02"));
    items
}

/// What nobody means well with.
const HOSTILE: [&str; 3] = [
    "Thông báo\r\nBcc: x@evil.example\r\n\r\n<script>alert(1)</script>",
    "=?utf-8?q?Kh=E1=BA=A9n?= \"</td>\" <a href='http://evil.example'>\u{202e}fdp.exe\u{202c}",
    "{name} {{ p.title }} %00 \u{0} \u{f0000} ..\\..\\x.exe; --boundary\n.\nFrom x 😀 &amp;",
];

fn hostile(files: &mut Files) -> Vec<Item> {
    let one = |nasty: &str| {
        let file = files.add(nasty, Format::PdfText, 500 + nasty.len());
        let mut item = item("1-CT/TW", nasty, "2020-01-01", nasty, nasty, file);
        item.facts.symbol = None;
        item.facts.gist = Some(nasty.to_owned());
        item
    };
    HOSTILE.into_iter().map(one).collect()
}

/// A letter of the gallery, finished.
struct Shown<'a> {
    name: String,
    frame: Frame<'a>,
    sheet: Sheet,
    personal: Personal,
    message: Vec<u8>,
}

/// Shows every letter, dated `date`; none: as of the week of its documents.
fn each(date: Option<DateTime<FixedOffset>>, mut show: impl FnMut(&Shown<'_>)) {
    let (words, sender) = (words(), sender());
    for (kind, who) in [
        (RecipientKind::Member, "member"),
        (RecipientKind::Branch, "branch"),
    ] {
        for language in [Language::Vi, Language::En] {
            for (subject, occasion, items) in SUBJECTS {
                let mut files = Files::new();
                let frame = Frame {
                    kind,
                    language,
                    occasion,
                    ..frame(&words, &sender)
                };
                let frame = Frame {
                    date: date.unwrap_or(frame.date),
                    ..frame
                };
                let items = items(&mut files);
                let sheet = compose(&frame, &items).expect("a sheet");
                let personal = addressee(kind, language, subject);
                let message = files.message(&sheet, &personal);
                let name = format!("{who}-{subject}-{}", language.word());
                show(&Shown {
                    name,
                    frame,
                    sheet,
                    personal,
                    message,
                });
            }
        }
    }
}

fn addressee(kind: RecipientKind, language: Language, subject: &str) -> Personal {
    let mut personal = match kind {
        RecipientKind::Branch => branch_in(language),
        RecipientKind::Member | RecipientKind::Office => member("Trần Mai Nga"),
    };
    if subject == "hostile" {
        let name = format!("Trần {}", HOSTILE[1]);
        (personal.to_name, personal.salutation) = (name.clone(), name);
        for row in personal.table.iter_mut().flat_map(|table| &mut table.rows) {
            row.name = HOSTILE[0].to_owned();
        }
    }
    personal
}

impl Shown<'_> {
    /// The head as it stands in the message, the parts in a line each, the plain text.
    fn outline(&self) -> String {
        let parsed = parse(&self.message);
        let text = std::str::from_utf8(&self.message).expect("7 bit");
        let (head, _) = text.split_once("\r\n\r\n").expect("a head");
        let (len, hash) = (self.message.len(), Sha256::of(&self.message));
        let mut out = format!("{len} bytes, SHA-256 {hash}\n\n{head}\n\n").replace('\r', "");
        for part in &parsed.parts {
            let kind = part.content_type().map_or_else(String::new, |kind| {
                format!("{}/{}", kind.ctype(), kind.subtype().unwrap_or(""))
            });
            let size = match part.body {
                PartType::Multipart(_) => String::new(),
                _ => format!(", {} bytes", part.contents().len()),
            };
            let name = part.attachment_name().map(|name| format!(", {name}"));
            let _ = writeln!(out, "{kind}{size}{}", name.unwrap_or_default());
        }
        let text = self.sheet.text(&self.personal).expect("text");
        out + "\n" + &text
    }

    fn html(&self) -> String {
        self.sheet.html(&self.personal).expect("a page")
    }
}

/// Where a letter of the snapshots and the one that is written now differ first.
fn difference(path: &Path, found: &str) -> Option<String> {
    let kept = std::fs::read_to_string(path).unwrap_or_default();
    if kept == found {
        return None;
    }
    let lines = kept.lines().zip(found.lines());
    let same = lines.take_while(|(kept, found)| kept == found).count();
    let line = |text: &str| text.lines().nth(same).unwrap_or("(its end)").to_owned();
    let (name, number) = (path.display(), same + 1);
    Some(format!(
        "{name}:{number}:\n  kept: {}\n  now:  {}",
        line(&kept),
        line(found)
    ))
}

#[test]
fn every_letter_is_as_it_was() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/it/letters/snapshots");
    let renew = std::env::var_os("PHOBIEN_RENEW").is_some();
    if renew {
        let _ = std::fs::remove_dir_all(&folder);
        std::fs::create_dir_all(&folder).expect("a folder");
    }
    let (mut names, mut differences) = (BTreeSet::new(), Vec::new());
    each(None, |shown| {
        assert_wire(&shown.message);
        for (kind, text) in [("txt", shown.outline()), ("html", shown.html())] {
            let path = folder.join(format!("{}.{kind}", shown.name));
            if renew {
                std::fs::write(&path, &text).expect("written");
            }
            differences.extend(difference(&path, &text));
            names.insert(path);
        }
    });
    let files = std::fs::read_dir(&folder).expect("snapshots").flatten();
    let stale = files.map(|file| file.path()).filter(|p| !names.contains(p));
    differences.extend(stale.map(|path| format!("{}: no letter is called so", path.display())));
    assert!(
        differences.is_empty(),
        "{} differences; if they are meant, look at them and write the files anew:\n\
         PHOBIEN_RENEW=1 cargo test --locked --test it letters::gallery\n{}",
        differences.len(),
        differences.join("\n")
    );
}

#[test]
fn a_letter_about_nothing_is_none() {
    let (words, sender) = (words(), sender());
    for kind in [RecipientKind::Member, RecipientKind::Branch] {
        let frame = Frame {
            kind,
            ..frame(&words, &sender)
        };
        assert_eq!(compose(&frame, &[]), Err(Unfit::Empty));
    }
}

/// The keys of a folder, each a signer whose selector is the key's own name.
fn signers(folder: &Path) -> Vec<(&'static str, Signer)> {
    let key = |kind| {
        let pem = std::fs::read_to_string(folder.join(format!("{kind}.pem"))).ok()?;
        Some((
            kind,
            Signer::new(&pem, "dangbo.example", kind).expect("a key"),
        ))
    };
    ["rsa", "ed25519"].into_iter().filter_map(key).collect()
}

#[test]
fn letters_are_handed_to_others() {
    let Some(to) = std::env::var_os("PHOBIEN_LETTERS").map(PathBuf::from) else {
        return; // Nobody asked for them; the test above has read every one.
    };
    let (signers, folder) = (signers(&to), to.join("gallery"));
    std::fs::create_dir_all(&folder).expect("a folder");
    // Filters mistrust a letter of another year.
    let now = chrono::Utc::now().fixed_offset();
    each(Some(now), |shown| {
        let file = |end: &str| folder.join(format!("{}.{end}", shown.name));
        let json = expected(&shown.frame, &shown.sheet, &shown.personal, &shown.message);
        std::fs::write(file("eml"), &shown.message).expect("written");
        std::fs::write(file("json"), json.to_string()).expect("written");
        std::fs::write(file("html"), shown.html()).expect("written");
        for (kind, signer) in &signers {
            let at = shown.frame.date.to_utc();
            let header = signer.header(&[&shown.message], at).expect("signed");
            let signed = [header.as_bytes(), &shown.message].concat();
            std::fs::write(file(&format!("{kind}.eml")), signed).expect("written");
        }
    });
}
