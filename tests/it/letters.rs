//! Owns the proof that letters are mail: independent readers get back what was written, whatever
//! the names and titles, and the same row gives the same bytes.

use std::collections::HashMap;

use chrono::{DateTime, NaiveDate};
use mail_parser::{Address as Parsed, HeaderValue, Message, MessageParser, MimeHeaders};
use phobien::document::{Fact, Facts, Format, Origin, Sha256, Symbol, Urgency};
use phobien::edition::Note;
use phobien::letter::{
    Annex, BranchRow, BranchTable, File, Frame, Item, NAME_MAX, Occasion, Personal, Sender, Sheet,
    Unfit, Words, compose, encode_attachment,
};
use phobien::organisation::{Language, RecipientKind};
use phobien::spelling;
use proptest::prelude::*;

/// The office of these letters.
pub(crate) fn words() -> Words {
    Words {
        organisation: "Đảng bộ bộ phận Cục Công nghệ thông tin".to_owned(),
        signature: "TL. ĐẢNG UỶ - BỘ PHẬN VĂN THƯ".to_owned(),
        contact: Some("vanphong@dangbo.example".to_owned()),
        accent: "#9b1c1c".to_owned(),
        read_at: Some("Văn phòng Đảng uỷ, phòng 301".to_owned()),
        ..Words::default()
    }
}

fn sender() -> Sender {
    Sender {
        from_name: Some("Văn phòng Đảng uỷ".to_owned()),
        from: "vanphong@dangbo.example".parse().expect("address"),
        reply_to: Some("tra-loi@dangbo.example".parse().expect("address")),
    }
}

fn frame<'a>(words: &'a Words, sender: &'a Sender) -> Frame<'a> {
    Frame {
        occasion: Occasion::Regular,
        kind: RecipientKind::Member,
        language: Language::Vi,
        schedule: "Hằng tuần",
        span: Some((day("2020-03-02"), day("2020-03-06"))),
        words,
        sender,
        date: DateTime::parse_from_rfc3339("2020-03-09T07:30:00+07:00").expect("date"),
        list_id: "hang-tuan.dangbo.example",
        edition: "hang-tuan@2020-03-09T07:30:00+07:00",
        message_size_max: 10_000_000,
        attachments_max: 20,
    }
}

fn day(text: &str) -> NaiveDate {
    text.parse().expect(text)
}

fn fact<T>(value: T) -> Option<Fact<T>> {
    Some(Fact {
        value,
        origin: Origin::Heading,
        evidence: String::new(),
    })
}

/// The bytes that stand for a file of this number.
fn bytes_of(seed: u64, len: usize) -> Vec<u8> {
    (0..len as u64)
        .map(|n| (n.wrapping_mul(31).wrapping_add(seed) >> 1) as u8)
        .collect()
}

struct Files(HashMap<Sha256, Vec<u8>>);

impl Files {
    fn new() -> Self {
        Self(HashMap::new())
    }

    fn add(&mut self, name: &str, format: Format, len: usize) -> File {
        let bytes = bytes_of(self.0.len() as u64, len);
        let sha256 = Sha256::of(&bytes);
        self.0.insert(sha256, bytes);
        File {
            name: name.to_owned(),
            format,
            pages: Some(5),
            size: len as u64,
            sha256,
        }
    }

    fn message(&self, sheet: &Sheet, personal: &Personal) -> Vec<u8> {
        let encoded: HashMap<_, _> = self
            .0
            .iter()
            .map(|(hash, bytes)| (*hash, encode_attachment(bytes)))
            .collect();
        let letter = sheet.fill(personal).expect("fits");
        let message = letter
            .to_bytes(|hash| encoded.get(hash).map(Vec::as_slice))
            .expect("files");
        assert_eq!(message.len() as u64, letter.size());
        assert!(letter.size() <= sheet.size_max());
        message
    }
}

fn item(symbol: &str, kind: &str, on: &str, issuer: &str, title: &str, file: File) -> Item {
    Item {
        facts: Facts {
            symbol: Symbol::parse(symbol).and_then(fact),
            kind: fact(kind.to_owned()),
            issued_on: fact(day(on)),
            issuer: fact(issuer.to_owned()),
            title: fact(title.to_owned()),
            ..Facts::default()
        },
        file,
        note: Note::New,
        replaces_sent_on: None,
        sent_on: None,
        due: None,
        annexes: Vec::new(),
    }
}

/// A week as offices have them.
fn week(files: &mut Files) -> Vec<Item> {
    let mut urgent = item(
        "4321/TCT-CNTT",
        "Công văn",
        "2020-03-05",
        "Tổng cục Thuế",
        "nâng cấp ứng dụng quản lý thuế tập trung",
        files.add("CV 4321 hoa toc.docx", Format::Docx, 31_000),
    );
    urgent.facts.urgency = fact(Urgency::HoaToc);
    urgent.due = Some(day("2020-03-13"));
    let mut directive = item(
        "23-CT/TW",
        "Chỉ thị",
        "2018-02-09",
        "Ban Bí thư",
        "tiếp tục đổi mới, nâng cao chất lượng, hiệu quả việc học tập, nghiên cứu, vận dụng và \
         phát triển chủ nghĩa Mác - Lênin, tư tưởng Hồ Chí Minh trong tình hình mới",
        files.add("23-CT-TW_2018.pdf", Format::PdfText, 90_000),
    );
    directive.facts.gist = Some(
        "Các cấp uỷ, tổ chức đảng lãnh đạo, chỉ đạo đổi mới nội dung, chương trình, phương pháp \
         học tập lý luận chính trị."
            .to_owned(),
    );
    let mut guide = item(
        "36-HD/VPTW",
        "Hướng dẫn",
        "2018-04-03",
        "Văn phòng Trung ương Đảng",
        "thể thức và kỹ thuật trình bày văn bản của Đảng",
        files.add("36-HD-VPTW.docx", Format::Docx, 210_000),
    );
    for n in 1..=2 {
        let name = format!("36-HD-VPTW Phu luc {n}.odt");
        let file = files.add(&name, Format::Odt, 18_000 * usize::from(n));
        guide.annexes.push(Annex {
            number: Some(n),
            file,
        });
    }
    let mut plan = item(
        "12-KH/ĐU",
        "Kế hoạch",
        "2020-02-27",
        "Đảng uỷ Cục Công nghệ thông tin",
        "Công tác kiểm tra, giám sát năm 2020",
        files.add("12-KH-DU (dinh chinh).docx", Format::Docx, 44_000),
    );
    plan.note = Note::Correction;
    plan.replaces_sent_on = Some(day("2020-03-02"));
    let scan = item(
        "05-CT/TW",
        "Chỉ thị",
        "2016-05-15",
        "Bộ Chính trị",
        "đẩy mạnh học tập và làm theo tư tưởng, đạo đức, phong cách Hồ Chí Minh",
        files.add("05-CT-TW_scan.pdf", Format::PdfScan, 9_900_000),
    );
    let mut gone = item(
        "06-BC/ĐU",
        "Báo cáo",
        "2020-02-20",
        "Đảng uỷ Cục Công nghệ thông tin",
        "kết quả công tác tháng 02/2020",
        files.add("06-BC-DU.pdf", Format::PdfText, 12_000),
    );
    gone.note = Note::Withdrawn;
    gone.replaces_sent_on = Some(day("2020-02-24"));
    vec![urgent, directive, guide, plan, scan, gone]
}

fn member(name: &str) -> Personal {
    Personal {
        to_name: name.to_owned(),
        to_address: "nga.tm@dangbo.example".to_owned(),
        message_id: "mfzwizlomq2gc3tu@dangbo.example".to_owned(),
        salutation: name.to_owned(),
        table: None,
    }
}

fn branch() -> Personal {
    let row = |(name, post, state): (&str, &str, &str)| BranchRow {
        name: name.to_owned(),
        post: post.to_owned(),
        state: state.to_owned(),
    };
    Personal {
        table: Some(BranchTable {
            rows: [
                ("Trần Kim Chi", "Phó Bí thư chi bộ", "Gửi qua thư điện tử"),
                ("Huỳnh Quang Dũng", "Đảng viên", "Gửi qua thư điện tử"),
                (
                    "Ngô Công Hòa",
                    "Đảng viên (dự bị)",
                    "Chưa có địa chỉ thư điện tử",
                ),
                ("Trần Công Quý", "Bí thư chi bộ", "Gửi qua thư điện tử"),
            ]
            .map(row)
            .to_vec(),
        }),
        ..member("Chi bộ Phòng Tổng hợp")
    }
}

fn parse(message: &[u8]) -> Message<'_> {
    MessageParser::default().parse(message).expect("a message")
}

/// What every letter must be on the wire, whatever stands in it.
fn assert_wire(message: &[u8]) {
    assert!(message.is_ascii() && !message.contains(&0), "7 bit, no NUL");
    let text = std::str::from_utf8(message).expect("ASCII");
    assert!(text.ends_with("\r\n"));
    let lines = text.strip_suffix("\r\n").unwrap_or(text).split("\r\n");
    for line in lines {
        assert!(!line.contains(['\r', '\n']), "bare CR or LF: {line:?}");
        assert!(!line.starts_with('.'), "would need stuffing: {line:?}");
        assert!(line.len() <= 400, "{}: {line}", line.len());
    }
    let (head, _) = text.split_once("\r\n\r\n").expect("a head");
    let names: Vec<_> = head
        .split("\r\n")
        .filter(|line| !line.starts_with(' '))
        .map(|line| line.split(':').next().unwrap_or("").to_lowercase())
        .collect();
    let mut expected = vec![
        "message-id",
        "to",
        "date",
        "from",
        "reply-to",
        "subject",
        "auto-submitted",
        "precedence",
        "list-id",
        "list-unsubscribe",
        "content-language",
        "mime-version",
        "content-type",
    ];
    let mut sorted = names.clone();
    sorted.sort_unstable();
    expected.sort_unstable();
    assert_eq!(sorted, expected, "each header once, and no other");
}

fn one_mailbox(address: Option<&Parsed<'_>>) -> (String, String) {
    let Some(Parsed::List(list)) = address else {
        panic!("no list of addresses: {address:?}");
    };
    assert_eq!(list.len(), 1, "{list:?}");
    let part = |t: &Option<std::borrow::Cow<'_, str>>| t.as_deref().unwrap_or("").to_owned();
    (part(&list[0].name), part(&list[0].address))
}

fn names_and_bytes(message: &Message<'_>) -> Vec<(String, Vec<u8>)> {
    let parts = message.attachments().map(|part| {
        (
            part.attachment_name().unwrap_or("").to_owned(),
            part.contents().to_vec(),
        )
    });
    parts.collect()
}

fn expected_files(files: &Files, sheet: &Sheet) -> Vec<Vec<u8>> {
    sheet
        .attachments()
        .map(|(hash, _)| files.0[&hash].clone())
        .collect()
}

#[test]
fn a_week_is_a_letter() {
    let (words, sender, mut files) = (words(), sender(), Files::new());
    let items = week(&mut files);
    let frame = frame(&words, &sender);
    let sheet = compose(&frame, &items).expect("sheet");
    let message = files.message(&sheet, &member("Trần Mai Nga"));
    assert_wire(&message);
    let parsed = parse(&message);
    assert_eq!(
        parsed.subject(),
        Some("[Phổ biến văn bản] 06 văn bản - tuần 10/2020 (02/3 - 06/3/2020)")
    );
    assert_eq!(parsed.subject(), Some(sheet.subject()));
    let to = one_mailbox(parsed.to());
    assert_eq!(
        to,
        (
            "Trần Mai Nga".to_owned(),
            "nga.tm@dangbo.example".to_owned()
        )
    );
    assert_eq!(one_mailbox(parsed.from()).0, "Văn phòng Đảng uỷ");
    assert_eq!(one_mailbox(parsed.reply_to()).1, "tra-loi@dangbo.example");
    assert_eq!(parsed.message_id(), Some("mfzwizlomq2gc3tu@dangbo.example"));
    assert_eq!(
        parsed.date().map(|d| d.to_timestamp()),
        Some(frame.date.timestamp())
    );
    assert_eq!(
        parsed.header("Auto-Submitted"),
        Some(&HeaderValue::Text("auto-generated".into()))
    );
    let names: Vec<_> = names_and_bytes(&parsed)
        .into_iter()
        .map(|(name, _)| name)
        .collect();
    assert_eq!(
        names,
        [
            "4321-TCT-CNTT_2020.docx",
            "23-CT-TW_2018.pdf",
            "36-HD-VPTW_2018.docx",
            "36-HD-VPTW_2018 - Phụ lục 1.odt",
            "36-HD-VPTW_2018 - Phụ lục 2.odt",
            "12-KH-ĐU_2020.docx",
        ],
        "the scan is too large, the withdrawn one does not travel"
    );
    let found: Vec<_> = names_and_bytes(&parsed)
        .into_iter()
        .map(|(_, bytes)| bytes)
        .collect();
    assert_eq!(found, expected_files(&files, &sheet));

    let text = parsed.body_text(0).expect("text");
    for said in [
        "Kính gửi đồng chí Trần Mai Nga,\r\n",
        "1. [HỎA TỐC] Công văn số 4321/TCT-CNTT ngày 05/3/2020 của Tổng cục Thuế",
        "2. Chỉ thị số 23-CT/TW, ngày 09/02/2018 của Ban Bí thư về tiếp tục",
        "Tệp đính kèm: 23-CT-TW_2018.pdf (88 KB, 5 trang).",
        "Đính chính: thay thế bản gửi ngày 02/3/2020.",
        "5 trang), không gửi kèm do",
        "Trân trọng./.",
    ] {
        assert!(text.contains(said), "{said}\n{text}");
    }
    assert_eq!(
        text.replace('\r', ""),
        sheet.text(&member("Trần Mai Nga")).expect("text")
    );
    let html = parsed.body_html(0).expect("html");
    assert!(
        html.contains("<html lang=\"vi\">") && html.contains("Kính gửi đồng chí Trần Mai Nga,")
    );
    assert!(
        !html.contains("http") && !html.contains("src="),
        "nothing is fetched"
    );
}

#[test]
fn a_branch_gets_an_agenda_and_its_table() {
    let (words, sender, mut files) = (words(), sender(), Files::new());
    let items = week(&mut files);
    for language in [Language::Vi, Language::En] {
        let frame = Frame {
            kind: RecipientKind::Branch,
            language,
            ..frame(&words, &sender)
        };
        let sheet = compose(&frame, &items).expect("sheet");
        let message = files.message(&sheet, &branch());
        assert_wire(&message);
        let parsed = parse(&message);
        let (text, html) = (
            parsed.body_text(0).expect("text"),
            parsed.body_html(0).expect("html"),
        );
        for said in ["Chi bộ Phòng Tổng hợp", "Ngô Công Hòa", "Chưa có địa chỉ"] {
            assert!(text.contains(said) && html.contains(said), "{said}");
        }
        let greeted = match language {
            Language::Vi => "Kính gửi Chi uỷ Chi bộ Phòng Tổng hợp,",
            Language::En => "To the branch committee of Chi bộ Phòng Tổng hợp,",
        };
        assert!(text.contains(greeted) && html.contains(greeted));
        assert_eq!(html.matches("<tr").count(), html.matches("</tr>").count());
    }
}

#[test]
fn subjects_say_what_it_is() {
    let (words, sender, mut files) = (words(), sender(), Files::new());
    let week = week(&mut files);
    let said = |occasion, items: &[Item]| {
        let frame = Frame {
            occasion,
            ..frame(&words, &sender)
        };
        compose(&frame, items).expect("sheet").subject().to_owned()
    };
    assert_eq!(
        said(Occasion::Urgent, &week[..1]),
        "[HỎA TỐC] 4321/TCT-CNTT: nâng cấp ứng dụng quản lý thuế tập trung"
    );
    assert_eq!(
        said(Occasion::Urgent, &week[..2]),
        "[HỎA TỐC] 02 văn bản: 4321/TCT-CNTT, 23-CT/TW"
    );
    assert_eq!(
        said(Occasion::Regular, &week[3..4]),
        "[Đính chính] 12-KH/ĐU: Công tác kiểm tra, giám sát năm 2020"
    );
    assert!(said(Occasion::Regular, &week[5..]).starts_with("[Thu hồi] 06-BC/ĐU"));
    assert_eq!(
        said(Occasion::Regular, &week[..3]),
        "[Phổ biến văn bản] 03 văn bản mới - tuần 10/2020 (02/3 - 06/3/2020)"
    );
    assert!(said(Occasion::Test, &week[..3]).starts_with("[Thư thử] [Phổ biến văn bản] 03"));
    assert!(said(Occasion::RoundUp, &week).starts_with("[Tổng hợp văn bản] 06 văn bản"));
    let long = item(
        "1-CT/TW",
        "Chỉ thị",
        "2020-01-01",
        "x",
        &"dài lắm ".repeat(40),
        week[0].file.clone(),
    );
    let mut long = [long];
    long[0].facts.urgency = fact(Urgency::Khan);
    let subject = said(Occasion::Urgent, &long);
    assert!(
        subject.chars().count() <= 78 && subject.ends_with('…'),
        "{subject}"
    );
}

#[test]
fn the_same_row_gives_the_same_bytes() {
    let (words, sender, mut files) = (words(), sender(), Files::new());
    let items = week(&mut files);
    let frame = frame(&words, &sender);
    let (one, two) = (compose(&frame, &items), compose(&frame, &items));
    assert_eq!(one, two);
    let sheet = one.expect("sheet");
    let kept = Sheet::from_bytes(&sheet.to_bytes()).expect("kept");
    assert_eq!(kept, sheet);
    let row = serde_json::to_string(&branch()).expect("JSON");
    let row: Personal = serde_json::from_str(&row).expect("row");
    assert_eq!(files.message(&sheet, &row), files.message(&kept, &branch()));
    let other = Frame {
        edition: "another",
        ..frame.clone()
    };
    assert_ne!(compose(&other, &items).as_ref(), Ok(&sheet));
    assert_eq!(compose(&frame, &[]), Err(Unfit::Empty));
}

#[test]
fn attachments_stay_under_the_limits() {
    let (words, sender, mut files) = (words(), sender(), Files::new());
    let mut items: Vec<Item> = (0..30)
        .map(|n| {
            let file = files.add(&format!("f{n}.pdf"), Format::PdfText, 40_000 + n);
            item(
                &format!("{}-CT/TW", n + 1),
                "Chỉ thị",
                "2020-01-01",
                "Ban Bí thư",
                "x",
                file,
            )
        })
        .collect();
    items[5].file = items[4].file.clone();
    for (message_size_max, attachments_max) in [
        (10_000_000, 20),
        (500_000, 20),
        (60_000, 20),
        (1, 20),
        (10_000_000, 0),
    ] {
        let frame = Frame {
            message_size_max,
            attachments_max,
            ..frame(&words, &sender)
        };
        let sheet = compose(&frame, &items).expect("sheet");
        let count = sheet.attachments().count();
        let message = files.message(&sheet, &member("Trần Mai Nga"));
        assert!(count <= attachments_max);
        assert!(count == 0 || message.len() as u64 <= message_size_max);
        let mut hashes: Vec<_> = sheet.attachments().map(|(hash, _)| hash).collect();
        hashes.sort_unstable();
        hashes.dedup();
        assert_eq!(hashes.len(), count, "the same bytes travel once");
        assert_eq!(names_and_bytes(&parse(&message)).len(), count);
        match (message_size_max, attachments_max) {
            (10_000_000, 20) => assert_eq!(count, 20),
            (500_000, _) => assert!((5..9).contains(&count), "{count}"),
            _ => assert_eq!(count, 0),
        }
    }
    let round_up = Frame {
        occasion: Occasion::RoundUp,
        ..frame(&words, &sender)
    };
    let sheet = compose(&round_up, &items).expect("sheet");
    assert_eq!(sheet.attachments().count(), 0);
}

#[test]
fn forty_documents_fit_a_mail_reader() {
    let (words, sender, mut files) = (words(), sender(), Files::new());
    let title = "tiếp tục đổi mới, nâng cao chất lượng, hiệu quả việc học tập, nghiên cứu, vận \
                 dụng và phát triển chủ nghĩa Mác - Lênin, tư tưởng Hồ Chí Minh trong tình hình mới";
    let items: Vec<Item> = (0..120)
        .map(|n| {
            let file = files.add(&format!("f{n}.pdf"), Format::PdfScan, 1000 + n);
            let mut item = item(
                &format!("{}-CT/TW", n + 1),
                "Chỉ thị",
                "2020-01-01",
                "Ban Bí thư",
                title,
                file,
            );
            item.facts.urgency = fact(Urgency::Khan);
            item.due = Some(day("2020-03-13"));
            item
        })
        .collect();
    let frame = frame(&words, &sender);
    let html = |n: usize| {
        let sheet = compose(&frame, &items[..n]).expect("sheet");
        sheet.html(&member("Trần Mai Nga")).expect("html").len()
    };
    assert!(html(40) < 90 * 1024, "{}", html(40));
    assert!(html(60) < 102 * 1024, "{}", html(60));
    let text = compose(&frame, &items)
        .expect("sheet")
        .text(&member("x"))
        .expect("text");
    assert!(
        text.lines().all(|line| line.chars().count() <= 72),
        "wrapped"
    );
    assert!(text.contains("120. [KHẨN] Chỉ thị số 120-CT/TW"));
}

#[test]
fn markup_in_facts_is_text() {
    let (mut words, sender, mut files) = (words(), sender(), Files::new());
    let nasty = "</td><script>alert(1)</script><img src=http://x.example/p.png>&amp;\"'";
    words.organisation = nasty.to_owned();
    words.signature = nasty.to_owned();
    words.intro = Some(nasty.to_owned());
    words.footer = Some(nasty.to_owned());
    words.greeting = Some(format!("{nasty} {{name}}"));
    words.accent = "red;background:url(x)".to_owned();
    let mut item = item(
        "1-CT/TW",
        nasty,
        "2020-01-01",
        nasty,
        nasty,
        files.add(nasty, Format::Odt, 9),
    );
    item.facts.gist = Some(nasty.to_owned());
    item.facts.symbol = None;
    let mut personal = branch();
    personal.salutation = nasty.to_owned();
    if let Some(table) = &mut personal.table {
        table.rows[0].name = nasty.to_owned();
    }
    for kind in [RecipientKind::Member, RecipientKind::Branch] {
        for language in [Language::Vi, Language::En] {
            let frame = Frame {
                kind,
                language,
                schedule: nasty,
                ..frame(&words, &sender)
            };
            let sheet = compose(&frame, std::slice::from_ref(&item)).expect("sheet");
            let html = sheet.html(&personal).expect("html");
            for bad in ["<script", "<img", "url(", "&amp;amp;\"", "td>&#60;/td><"] {
                assert!(!html.contains(bad), "{bad} in {html}");
            }
            assert!(html.contains("&#60;script&#62;"));
            assert_wire(&files.message(&sheet, &personal));
        }
    }
}

#[test]
fn the_logo_travels_inside() {
    let (mut words, sender, mut files) = (words(), sender(), Files::new());
    let png = b"\x89PNG\r\n\x1a\n not much of a picture".to_vec();
    words.logo = Some(png.clone());
    let items = week(&mut files);
    let sheet = compose(&frame(&words, &sender), &items[..2]).expect("sheet");
    let message = files.message(&sheet, &member("Trần Mai Nga"));
    assert_wire(&message);
    let parsed = parse(&message);
    let found = parsed
        .parts
        .iter()
        .find(|part| part.content_id() == Some("logo@phobien.invalid"));
    assert_eq!(found.map(|part| part.contents()), Some(png.as_slice()));
    assert!(
        parsed
            .body_html(0)
            .is_some_and(|html| html.contains("cid:logo@phobien.invalid"))
    );
    words.logo = Some(vec![b'x'; 100]);
    let sheet = compose(&frame(&words, &sender), &items[..2]).expect("sheet");
    assert!(
        !sheet.html(&member("x")).expect("html").contains("cid:"),
        "no picture, no logo"
    );
}

#[test]
fn templates_are_normal_and_clean() {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/templates");
    let mut seen = 0;
    for file in std::fs::read_dir(folder).expect("templates") {
        let path = file.expect("file").path();
        let text = std::fs::read_to_string(&path).expect("UTF-8");
        seen += 1;
        for line in text.lines() {
            assert_eq!(
                spelling::line(line),
                line.trim(),
                "NFC, one blank: {}",
                path.display()
            );
        }
    }
    assert!(seen >= 8, "{seen}");
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

// What Python's `email` must read out of letters, written beside each as JSON.
#[test]
fn python_reads_the_same() {
    let (words, sender, mut files) = (words(), sender(), Files::new());
    let folder = tempfile::tempdir().expect("folder");
    let names = [
        "Trần Mai Nga",
        "Evil\" <a@b.example>, x@y.example",
        "=?utf-8?q?Evil?=",
        "Nguyễn\r\nBcc: x@evil.example",
        "Nguye\u{302}\u{303}n, Thị (Hương); \\ \u{202e}",
        "A",
        "",
    ];
    let week = week(&mut files);
    for (nth, name) in names.into_iter().enumerate() {
        let mut words = words.clone();
        words.ascii_file_names = nth % 2 == 1;
        let mut items = week.clone();
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
        let parsed = parse(&message);
        let names = names_and_bytes(&parsed);
        let attachments = names.iter().zip(sheet.attachments()).map(|((name, _), (hash, len))| {
            serde_json::json!({"name": name, "sha256": hash.to_string(), "size": len})
        });
        let expected = serde_json::json!({
            "subject": sheet.subject(),
            "to_name": as_name(name),
            "to_address": personal.to_address,
            "from_name": sender.from_name,
            "message_id": format!("<{}>", personal.message_id),
            "timestamp": frame.date.timestamp(),
            "text": sheet.text(&personal).expect("text"),
            "html": sheet.html(&personal).expect("html"),
            "attachments": attachments.collect::<Vec<_>>(),
        });
        let path = folder.path().join(format!("{nth}.eml"));
        std::fs::write(&path, &message).expect("written");
        let json = serde_json::to_string(&expected).expect("JSON");
        std::fs::write(path.with_extension("json"), json).expect("written");
    }
    let script = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/letters/read_back.py");
    let run = std::process::Command::new("python3")
        .arg(script)
        .arg(folder.path())
        .output();
    match run {
        Ok(out) => {
            let said = String::from_utf8_lossy(&out.stdout).into_owned();
            let failed = String::from_utf8_lossy(&out.stderr).into_owned();
            assert!(out.status.success(), "{said}{failed}");
            assert_eq!(said.trim(), format!("{} letters read", names.len()));
        }
        Err(error) => {
            assert!(
                std::env::var_os("CI").is_none(),
                "python3 is needed under CI: {error}"
            );
        }
    }
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
