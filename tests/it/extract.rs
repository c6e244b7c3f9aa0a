//! The sample corpus through the readers: real format, finding, and the title's words.

use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use phobien::document::{Contents, Format, Reason};
use phobien::extract::{self, Limits};
use serde_json::Value;
use unicode_normalization::UnicodeNormalization;

/// Formats whose text is read; the others are only recognised.
const READ: [&str; 9] = [
    "pdf-text", "pdf-scan", "docx", "doc", "odt", "rtf", "txt", "md", "html",
];

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/corpus")
}

/// The manifest's entries whose files are stored, with their bytes.
fn corpus() -> Vec<(Value, String, Vec<u8>)> {
    let manifest = std::fs::read_to_string(folder().join("manifest.json")).expect("manifest");
    let manifest: Value = serde_json::from_str(&manifest).expect("manifest is JSON");
    let entries = manifest["documents"].as_array().expect("documents").clone();
    let on_disk: Vec<PathBuf> = std::fs::read_dir(folder())
        .expect("corpus")
        .map(|entry| entry.expect("entry").path())
        .collect();
    let mut found = Vec::new();
    for entry in entries {
        let name = entry["file"].as_str().expect("file").to_owned();
        let same = |path: &&PathBuf| {
            let shown = path.file_name().unwrap_or_default().to_string_lossy();
            shown.nfc().eq(name.nfc())
        };
        match on_disk.iter().find(same) {
            Some(path) => found.push((entry, name, std::fs::read(path).expect("readable"))),
            None => assert_eq!(name, "big.pdf", "a file of the manifest is missing"),
        }
    }
    assert!(found.len() >= 37, "{}", found.len());
    found
}

fn words(text: &str) -> Vec<String> {
    let nfc: String = text.nfc().collect::<String>().to_lowercase();
    nfc.split(|c: char| !c.is_alphanumeric())
        .filter(|word| !word.is_empty())
        .map(str::to_owned)
        .collect()
}

#[test]
fn every_sample_has_its_format_and_finding() {
    for (entry, name, bytes) in corpus() {
        let contents = extract::read(&bytes, &name, &Limits::default());
        let format = entry["format"].as_str().expect("format");
        assert_eq!(contents.format.word(), format, "{name}: {contents:?}");
        let expected = match entry["reason"].as_str() {
            // These are for those who read the text.
            Some("secret" | "circulation" | "no_symbol" | "same_bytes") | None => {
                (!READ.contains(&format)).then_some("unsupported")
            }
            reason => reason,
        };
        let also: Vec<&str> = entry["also_reason"]
            .as_array()
            .map(|list| list.iter().filter_map(Value::as_str).collect())
            .unwrap_or_default();
        let finding = contents.finding.map(Reason::word);
        let right = finding == expected || finding.is_some_and(|f| also.contains(&f));
        assert!(
            right,
            "{name}: {finding:?}, expected {expected:?} {:?}",
            contents.detail
        );
        assert_eq!(
            contents.finding.is_some(),
            contents.detail.is_some(),
            "{name}"
        );
    }
}

#[test]
fn the_text_holds_the_title() {
    let mut read = 0;
    for (entry, name, bytes) in corpus() {
        let contents = extract::read(&bytes, &name, &Limits::default());
        if contents.finding.is_some() {
            continue;
        }
        let first = contents.pages.first().expect("a page");
        let text = words(first);
        let joined = text.concat();
        for word in words(entry["title"].as_str().unwrap_or_default()) {
            // One sample has stray blanks inside words: only the letters must be there.
            assert!(joined.contains(&word), "{name}: no {word} in {first}");
        }
        let symbol: String = entry["symbol"].as_str().unwrap_or_default().nfc().collect();
        let tight: String = first.nfc().filter(|c| !c.is_whitespace()).collect();
        assert!(tight.contains(&symbol), "{name}: no {symbol} in {first}");
        assert_eq!(contents.unread_pages, 0, "{name}");
        read += 1;
    }
    assert!(read >= 24, "only {read} samples were read");
}

fn sample(name: &str) -> Contents {
    let bytes = std::fs::read(folder().join(name)).expect(name);
    extract::read(&bytes, name, &Limits::default())
}

#[test]
fn the_heading_keeps_its_columns() {
    for (name, left, right) in [
        ("23-CT-TW_2018.pdf", "BAN CHẤP HÀNH", "ĐẢNG CỘNG SẢN"),
        ("36-HD-VPTW.docx", "VĂN PHÒNG", "Hà Nội"),
        ("luat-44-2013-qh13.html", "QUỐC HỘI", "CỘNG HÒA"),
        ("nghi-dinh-30-2020.md", "CHÍNH PHỦ", "CỘNG HÒA"),
    ] {
        let page = &sample(name).pages[0];
        let page: String = page.nfc().collect();
        let line = page
            .lines()
            .find(|line| line.contains(left))
            .unwrap_or_default();
        let columns = line.split_once('\t');
        let apart = columns.is_some_and(|(l, r)| l.contains(left) && r.contains(right));
        assert!(apart, "{name}: {page}");
    }
}

#[test]
fn a_box_is_read_once_and_stands_alone() {
    let page = &sample("CV 4321 hoa toc.docx").pages[0];
    let marks: Vec<&str> = page.lines().filter(|l| l.trim() == "HỎA TỐC").collect();
    assert_eq!(marks.len(), 1, "{page}");
}

#[test]
fn a_wrong_name_is_told() {
    let docx = std::fs::read(folder().join("36-HD-VPTW.docx")).expect("sample");
    let contents = extract::read(&docx, "36-HD-VPTW.pdf", &Limits::default());
    assert_eq!(contents.format, Format::Docx);
    assert_eq!(contents.finding, Some(Reason::WrongType));
}

#[test]
fn limits_count_what_they_cut() {
    let pdf = std::fs::read(folder().join("Nghị quyết Trung ương 4 khóa XII.pdf")).expect("sample");
    let all = extract::read(&pdf, "a.pdf", &Limits::default());
    let two = Limits {
        pages: 2,
        ..Limits::default()
    };
    let cut = extract::read(&pdf, "a.pdf", &two);
    assert_eq!(cut.pages, all.pages[..2]);
    assert_eq!(cut.page_count, all.page_count);
    assert_eq!(Some(cut.unread_pages), all.page_count.map(|n| n - 2));
    let short = Limits {
        text: 3000,
        ..Limits::default()
    };
    for name in ["66-QD-TW.txt", "36-HD-VPTW.docx", "luat-44-2013-qh13.html"] {
        let bytes = std::fs::read(folder().join(name)).expect(name);
        let cut = extract::read(&bytes, name, &short);
        assert!(
            cut.unread_pages == 1 && cut.pages[0].len() <= 3200,
            "{name}"
        );
    }
    let cut = extract::read(&pdf, "a.pdf", &short);
    assert!(cut.unread_pages > 0 && cut.pages.concat().len() < 4000);
}

/// Small deterministic generator: a failing seed can be run again.
struct Dice(u64);

impl Dice {
    fn roll(&mut self, sides: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        usize::try_from(self.0 % sides as u64).unwrap_or(0)
    }
}

#[test]
fn mutated_files_never_panic_and_end_soon() {
    let limits = Limits {
        zip_part: 2_000_000,
        zip_total: 4_000_000,
        ..Limits::default()
    };
    let samples = [
        "749-QD-TTg.pdf",
        "NQ32_phong_cu.pdf",
        "18-NQ-TW tai do.pdf",
        "CV 4321 hoa toc.docx",
        "Bao cao tong ket.docx",
        "luat-44-2013-qh13.html",
        "nghi-dinh-30-2020.md",
        "69-QD-TW (mac).txt",
        "QD 37 nhung dieu DV khong duoc lam.doc",
        "144-QD-TW.rtf",
    ];
    let mut slowest = Duration::ZERO;
    for (n, name) in samples.iter().enumerate() {
        let original = std::fs::read(folder().join(name)).expect(name);
        for seed in 0..20u64 {
            let mut dice = Dice(seed * 7919 + n as u64 + 1);
            let mut bytes = original.clone();
            for _ in 0..=dice.roll(40) {
                let at = dice.roll(bytes.len());
                match dice.roll(4) {
                    0 => bytes[at] = u8::try_from(dice.roll(256)).unwrap_or(0),
                    1 => bytes[at] ^= 1 << dice.roll(8),
                    2 => bytes.truncate(at.max(16)),
                    _ => {
                        let end = (at + dice.roll(64)).min(bytes.len());
                        let piece = bytes[at..end].to_vec();
                        bytes.splice(at..at, piece);
                    }
                }
            }
            let start = Instant::now();
            let contents = extract::read(&bytes, name, &limits);
            slowest = slowest.max(start.elapsed());
            let told = contents.detail.as_deref().unwrap_or_default();
            assert!(
                !told.contains("failed on the file"),
                "{name} seed {seed} panicked"
            );
        }
    }
    assert!(slowest < Duration::from_secs(10), "{slowest:?}");
}
