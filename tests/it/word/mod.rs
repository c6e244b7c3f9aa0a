//! Files of word processors through the readers: DOC, ODT and RTF of one document read alike, every
//! rule of a format has its case, and no mutation of a file makes its reader fail or hang.

mod doc;
mod odt;
mod rtf;

use std::path::Path;
use std::time::{Duration, Instant};

use phobien::document::{Contents, Reason};
use phobien::extract::{self, Limits};
use proptest::prelude::*;
use unicode_normalization::UnicodeNormalization;

const HEADED: &str = "Nơi nhận:\tT/M BAN THƯỜNG VỤ\n- Các chi bộ,\tPHÓ BÍ THƯ\n\
    - Lưu VP.\tTrần Văn Bình";

fn read(bytes: &[u8], name: &str) -> Contents {
    extract::read(bytes, name, &Limits::default())
}

fn samples() -> Vec<(String, Vec<u8>)> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/extract");
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder).expect("samples") {
        let path = entry.expect("entry").path();
        let name = path.file_name().unwrap().to_string_lossy().into_owned();
        if [".doc", ".odt", ".rtf"]
            .iter()
            .any(|end| name.ends_with(end))
        {
            found.push((name, std::fs::read(path).expect("sample")));
        }
    }
    found.sort();
    assert_eq!(found.len(), 12);
    found
}

/// What every format of a sample must read as, to the letter.
fn expected(name: &str) -> String {
    match name.split('.').next().unwrap_or_default() {
        "41-NQ-HU" => format!(
            "Trang mẫu của Văn phòng\n\nHUYỆN ỦY THANH BA\tĐẢNG CỘNG SẢN VIỆT NAM\n\
            *\tThanh Ba, ngày 12 tháng 9 năm 2019\nSố 41-NQ/HU\nNGHỊ QUYẾT\n\
            về phát triển kinh tế tập thể giai đoạn 2020 - 2025\n\
            Căn cứ Điều lệ Đảng, Ban Chấp hành Đảng bộ huyện quyết nghị một số nội dung.\n\
            Các chi bộ có trách nhiệm thực hiện và báo cáo kết quả trước ngày 30 tháng 11.\n\
            {HEADED}\n\nChân trang 2019"
        ),
        "118-KH-TU" => format!(
            "TỈNH ỦY HÒA BÌNH\tĐẢNG CỘNG SẢN VIỆT NAM\n\
            *\tHòa Bình, ngày 07 tháng 02 năm 2023\nSố 118-KH/TU\nKẾ HOẠCH\n\nHỎA TỐC\n\n\
            KIỂM TRA, GIÁM SÁT NĂM 2023\n\
            Thực hiện chương trình công tác, Ban Thường vụ ban hành kế hoạch kiểm tra.\n\
            Ủy ban Kiểm tra chủ trì, phối hợp với các ban đảng.\n\
            {HEADED}\n\nChú thích ở cuối trang."
        ),
        "09-CT-HU" => "huyện ủy Yên Lạc\tĐảng Cộng sản Việt Nam\n\
            *\tYên Lạc, ngày 15 tháng 3 năm 2006\nSố 09-CT/HU\nchỉ thị\n\
            về phòng, chống dịch cúm gia cầm\n\
            Ban Thường vụ Huyện ủy yêu cầu các cấp ủy thực hiện tốt những việc sau đây.\n\
            Chỉ thị này phổ biến đến chi bộ.\n\
            Nơi nhận: các chi bộ\tPhó Bí thư\n\tTrần Văn Bình"
            .to_owned(),
        _ => format!(
            "ĐẢNG ỦY XÃ TÂN LẬP\tĐẢNG CỘNG SẢN VIỆT NAM\n\
            *\tTân Lập, ngày 20 tháng 5 năm 2022\nSố 27-TB/ĐU\nTHÔNG BÁO\n\
            về lịch tiếp công dân quý III\n\
            Đảng ủy thông báo lịch tiếp công dân của các đồng chí trong Ban Thường vụ.\n{HEADED}"
        ),
    }
}

#[test]
fn one_document_reads_alike_in_every_format() {
    for (name, bytes) in samples() {
        let contents = read(&bytes, &name);
        assert_eq!(contents.finding, None, "{name} {:?}", contents.detail);
        let text: String = contents.pages.concat().nfc().collect();
        assert_eq!(text.trim(), expected(&name), "{name}");
        assert_eq!(contents.unread_pages, 0, "{name}");
        assert_eq!(contents.head_picture, name.starts_with("27-"), "{name}");
        let pages = name.ends_with(".odt").then_some(1);
        assert_eq!(contents.page_count, pages, "{name}");
    }
}

/// Every reader gives the gate what its file keeps and does not show, and nothing else gets it.
#[test]
fn what_no_page_shows_is_given_to_the_gate_alone() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/extract/hidden");
    let mut count = 0;
    for entry in std::fs::read_dir(folder).expect("samples") {
        let path = entry.expect("entry").path();
        let name = path.file_name().unwrap().to_string_lossy().into_owned();
        let contents = read(&std::fs::read(&path).expect("sample"), &name);
        assert_eq!(contents.finding, None, "{name}");
        assert!(!contents.pages.concat().contains("MẬT"), "{name}");
        let (facts, _) = phobien::recognise::read(&contents, &name);
        if name.starts_with("no-mark") {
            assert!(contents.hidden.contains("mật"), "{name} {contents:?}");
            assert!(facts.secrecy.is_none() && facts.symbol.is_some(), "{name}");
        } else {
            assert!(facts.secrecy.is_some(), "{name} {contents:?}");
        }
        count += 1;
    }
    assert_eq!(count, 16);
}

#[test]
fn a_short_limit_cuts_and_says_so() {
    let short = Limits {
        text: 300,
        ..Limits::default()
    };
    for (name, bytes) in samples() {
        let cut = extract::read(&bytes, &name, &short);
        assert!(
            cut.unread_pages == 1 && cut.pages.concat().len() < 400,
            "{name}: {cut:?}"
        );
    }
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

    fn byte(&mut self) -> u8 {
        u8::try_from(self.roll(256)).unwrap_or(0)
    }

    /// Changes up to forty places: bytes, bits, the end, doubled pieces, numbers at their limits.
    fn spoil(&mut self, bytes: &mut Vec<u8>) {
        for _ in 0..=self.roll(40) {
            let at = self.roll(bytes.len());
            match self.roll(5) {
                0 => bytes[at] = self.byte(),
                1 => bytes[at] ^= 1 << self.roll(8),
                2 if self.roll(10) == 0 => bytes.truncate(at.max(16)),
                3 => {
                    let end = (at + self.roll(64)).min(bytes.len());
                    let piece = bytes[at..end].to_vec();
                    bytes.splice(at..at, piece);
                }
                _ => {
                    let end = (at + 4).min(bytes.len());
                    bytes[at..end].fill([0, 0x7f, 0xff][self.roll(3)]);
                }
            }
        }
    }
}

#[test]
fn mutations_never_panic_and_end_soon() {
    let mut slowest = Duration::ZERO;
    for (n, (name, original)) in samples().into_iter().enumerate() {
        for seed in 0..200u64 {
            let mut bytes = original.clone();
            Dice(seed * 7919 + n as u64 + 1).spoil(&mut bytes);
            let start = Instant::now();
            let contents = read(&bytes, &name);
            slowest = slowest.max(start.elapsed());
            let told = contents.detail.unwrap_or_default();
            assert!(!told.contains("failed on the file"), "{name} seed {seed}");
        }
    }
    assert!(slowest < Duration::from_secs(5), "{slowest:?}");
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(300))]

    #[test]
    fn any_bytes_behind_a_magic_end(bytes in prop::collection::vec(any::<u8>(), 0..2000)) {
        let compound = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1W\0o\0r\0d\0D\0o\0c\0u\0m\0e\0n\0t\0";
        let flat = format!("{} ", odt::FLAT);
        for magic in [&b"{\\rtf1 "[..], compound, flat.as_bytes()] {
            let contents = read(&[magic, &bytes].concat(), "a");
            prop_assert!(!contents.detail.unwrap_or_default().contains("failed on the file"));
        }
    }

    #[test]
    fn any_rtf_words_end(words in prop::collection::vec(0usize..30, 0..200)) {
        let rtf: String = words.iter().map(|n| rtf::WORDS[n % rtf::WORDS.len()]).collect();
        let contents = read(format!("{{\\rtf1 {rtf}").as_bytes(), "a.rtf");
        prop_assert!(!contents.detail.unwrap_or_default().contains("failed on the file"));
    }
}

#[test]
fn spreadsheets_are_no_documents() {
    let mut zip = odt::Package::new("application/vnd.oasis.opendocument.spreadsheet");
    zip.part("content.xml", "<x/>");
    let contents = read(&zip.bytes(), "Bang luong.ods");
    assert_eq!(contents.finding, Some(Reason::Unsupported));
    let sheet = doc::compound(&[("/Workbook", &[1, 2, 3])]);
    let contents = read(&sheet, "Bang luong.xls");
    assert_eq!(contents.finding, Some(Reason::Unsupported));
    assert!(contents.detail.unwrap_or_default().contains("spreadsheet"));
}
