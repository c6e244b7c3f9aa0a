//! Owns the samples of headings and what must be read in them; it refuses to know file formats.

use std::collections::{BTreeMap, BTreeSet};
use std::time::{Duration, Instant};

use phobien::document::{Contents, Fact, Format, Link, Part, Policy, Reason, judge};
use phobien::recognise;
use proptest::prelude::*;

fn contents(pages: Vec<String>) -> Contents {
    let mut contents = Contents::nothing(Format::Txt, Reason::Empty, "");
    contents.finding = None;
    contents.pages = pages;
    contents
}

/// Everything that was read, in the words of the samples.
fn said(text: &str, name: &str) -> BTreeMap<String, String> {
    let contents = contents(vec![text.to_owned()]);
    let (facts, source) = recognise::read(&contents, name);
    let (disposition, reason) = judge(&contents, &facts, source, &Policy::default());
    fn word<T: ToString>(fact: Option<&Fact<T>>) -> Option<String> {
        fact.map(|f| f.value.to_string())
    }
    let part = match facts.part {
        Part::Main => None,
        Part::Annex(n) => Some(format!("annex {n}")),
    };
    let symbols = |links: &[Fact<Link>]| {
        let all: Vec<String> = links.iter().map(|l| l.value.symbol.to_string()).collect();
        Some(all.join("; ")).filter(|s| !s.is_empty())
    };
    let source = Some(source.to_string()).filter(|s| s != "text");
    let judged = reason.map_or(disposition.to_string(), |r| format!("{disposition}/{r}"));
    [
        ("symbol", word(facts.symbol.as_ref())),
        ("type", word(facts.kind.as_ref())),
        ("issuer", word(facts.issuer.as_ref())),
        ("date", word(facts.issued_on.as_ref())),
        ("title", word(facts.title.as_ref())),
        ("urgency", word(facts.urgency.as_ref())),
        ("secrecy", word(facts.secrecy.as_ref())),
        ("circulation", word(facts.circulation.as_ref())),
        ("annex", word(facts.annex_of.as_ref())),
        ("part", part),
        ("newer", facts.says_newer.then(|| "yes".to_owned())),
        ("source", source),
        (
            "signer",
            facts.signer.as_ref().map(|s| s.value.name.clone()),
        ),
        (
            "recipients",
            facts.recipients.as_ref().map(|r| r.value.join("; ")),
        ),
        ("replaces", symbols(&facts.replaces)),
        ("amends", symbols(&facts.amends)),
        ("judged", Some(judged)),
    ]
    .into_iter()
    .filter_map(|(key, value)| Some((key.to_owned(), value?)))
    .collect()
}

/// Compared only where a sample names them.
const BY_THE_WAY: [&str; 4] = ["recipients", "signer", "replaces", "amends"];

/// What is read otherwise than a file of samples says, and how many samples it has.
fn misreadings(file: &str) -> (Vec<String>, usize) {
    let (mut wrong, mut count) = (Vec::new(), 0);
    for sample in file.split("\n@ ").skip(1) {
        count += 1;
        let (head, text) = sample.split_once("\n--\n").unwrap_or((sample, ""));
        let (name, keys) = head.split_once('\n').expect("a sample has expectations");
        let mut expected: BTreeMap<String, String> = keys
            .lines()
            .filter_map(|line| line.split_once(": "))
            .map(|(key, value)| (key.to_owned(), value.to_owned()))
            .collect();
        let mut read = said(&text.replace('¦', "\t"), name);
        read.retain(|key, _| expected.contains_key(key) || !BY_THE_WAY.contains(&key.as_str()));
        for map in [&mut expected, &mut read] {
            if let Some(issuer) = map.get_mut("issuer") {
                *issuer = phobien::spelling::fold(issuer);
            }
        }
        for key in expected.keys().chain(read.keys()).collect::<BTreeSet<_>>() {
            let (meant, read) = (expected.get(key), read.get(key));
            if meant != read {
                wrong.push(format!("{name}: {key}: expected {meant:?}, read {read:?}"));
            }
        }
    }
    (wrong, count)
}

#[test]
fn samples_are_read_as_they_say() {
    for file in [
        include_str!("../recognise/samples.txt"),
        include_str!("../recognise/further.txt"),
    ] {
        let (wrong, count) = misreadings(file);
        assert!(count >= 40, "{count} samples");
        assert!(wrong.is_empty(), "\n{}", wrong.join("\n"));
    }
}

/// Pieces that headings are made of, so that arbitrary text comes near to them.
fn piece() -> impl Strategy<Value = String> {
    prop_oneof![
        3 => "\\PC{0,20}",
        1 => any::<String>(),
        4 => prop::sample::select(vec![
            "CHỈ THỊ", "Số 23-CT/TW", "MẬT", "\t", "\n", "  ", "Hà Nội, ngày 09 tháng 02 năm 2018",
            "ĐẢNG CỘNG SẢN VIỆT NAM", "PHỤ LỤC II", "(Kèm theo Quyết định số 1-QĐ/TW", "V/v ",
            "về việc", "Số    -KH/ĐU", "Căn cứ ", "\u{323}", "\u{301}\u{302}", "-", "/", "tr ị",
            "DỰ THẢO", "HỎA TỐC", "\u{fdfa}", "İ", "ǅ", "ﬁ", "Độ mật: ",
        ]).prop_map(str::to_owned),
    ]
}

const MARKS: &[&str] = &[
    "MẬT",
    "M Ậ T",
    "  TỐI MẬT",
    "TUYỆT MẬT",
    "MA\u{302}\u{323}T",
];

proptest! {
    #![proptest_config(ProptestConfig::with_cases(300))]

    #[test]
    fn reading_never_panics(
        pages in prop::collection::vec(prop::collection::vec(piece(), 0..40), 0..4),
        name in prop::collection::vec(piece(), 0..6),
    ) {
        let pages = pages.into_iter().map(|p| p.concat()).collect();
        let contents = contents(pages);
        let name = name.concat();
        let (facts, source) = recognise::read(&contents, &name);
        let _ = judge(&contents, &facts, source, &Policy::default());
        let _ = recognise::read_ocr(&contents, &name);
        let _ = phobien::document::fingerprint(&contents);
        for fact in [&facts.title, &facts.issuer].into_iter().flatten() {
            prop_assert!(fact.evidence.chars().count() <= 120);
            prop_assert_eq!(phobien::spelling::line(&fact.value), fact.value.as_str());
        }
    }

    /// A mark on a line of its own is found whatever else stands on the pages, unless the line
    /// above ends in "bí".
    #[test]
    fn a_mark_is_never_missed(
        before in prop::collection::vec("[a-zA-ZĐđàệốư .,\t]{0,60}", 0..30),
        after in prop::collection::vec("[a-zA-ZĐđàệốư .,\t]{0,60}", 0..30),
        mark in prop::sample::select(MARKS),
        page in 0usize..3,
    ) {
        let text = format!("{}\nx\n{mark}\n{}", before.join("\n"), after.join("\n"));
        let mut pages = vec!["Trang đầu".to_owned(); page];
        pages.push(text);
        let (facts, _) = recognise::read(&contents(pages), "a.pdf");
        prop_assert!(facts.secrecy.is_some());
        prop_assert!(facts.title.is_none() && facts.symbol.is_none());
    }
}

/// Time grows with the text and not faster: 1 MB of every unpleasant shape within seconds even in
/// a debug build on a busy machine.
#[test]
fn a_megabyte_is_read_in_linear_time() {
    let shapes = [
        "Đảng uỷ yêu cầu các chi bộ thực hiện nghiêm túc. ".to_owned(),
        "Đảng uỷ yêu cầu các chi bộ thực hiện.\n".to_owned(),
        "M ".to_owned(),
        "M\n".to_owned(),
        "M\t".to_owned(),
        "MẬT ĐỘ\n".to_owned(),
        "Số 1-".to_owned(),
        "1/1/1-".to_owned(),
        "CHỈ THỊ\n".to_owned(),
        "ngày ".to_owned(),
        "\u{301}".to_owned(),
        " ".to_owned(),
        "\n".to_owned(),
    ];
    for shape in shapes {
        let page = shape.repeat(1_000_000 / shape.len());
        let contents = contents(vec![page]);
        let start = Instant::now();
        let _ = recognise::read(&contents, "a.txt");
        let took = start.elapsed();
        assert!(took < Duration::from_secs(40), "{shape:?} took {took:?}");
    }
}
