//! Owns the proof that letters say what they should, look alike on every repetition and stay within
//! their limits.

mod gallery;
mod notices;
mod office;
mod readers;
mod wire;

use mail_parser::{HeaderValue, MimeHeaders};
use phobien::document::{Format, Urgency};
use phobien::edition::Note;
use phobien::letter::{Frame, Item, Occasion, Personal, Sheet, Unfit, compose};
use phobien::organisation::{Language, RecipientKind};
use phobien::spelling;

use office::{Files, branch, day, fact, frame, item, member, sender, week, words};
use wire::{assert_wire, expected_files, names_and_bytes, one_mailbox, parse};

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
}

#[test]
fn a_week_reads_well() {
    let (words, sender, mut files) = (words(), sender(), Files::new());
    let sheet = compose(&frame(&words, &sender), &week(&mut files)).expect("sheet");
    let message = files.message(&sheet, &member("Trần Mai Nga"));
    let parsed = parse(&message);
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
        for said in [
            "Chi bộ Phòng Tổng hợp",
            "Ngô Công Hòa",
            "Chưa có địa chỉ",
            "Đủ 03 văn bản",
        ] {
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
    let mut nameless = [long[0].clone(), long[0].clone()];
    for item in &mut nameless {
        (item.facts.symbol, item.facts.title) = (None, None);
        item.file.name = "\u{200b} ".to_owned();
    }
    assert_eq!(
        said(Occasion::Urgent, &nameless),
        "[KHẨN] 02 văn bản: văn bản, văn bản"
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
fn a_round_up_shows_its_period_at_a_glance() {
    let (words, sender, mut files) = (words(), sender(), Files::new());
    let mut items = week(&mut files);
    let known = items.len();
    for item in &mut items {
        item.note = Note::Again;
    }
    items[0].note = Note::Listed;
    let read = |language| {
        let frame = Frame {
            occasion: Occasion::RoundUp,
            language,
            span: Some((day("2020-01-01"), day("2020-03-31"))),
            ..frame(&words, &sender)
        };
        let sheet = compose(&frame, &items).expect("sheet");
        let text = sheet.text(&member("Trần Mai Nga")).expect("text");
        let line = text.split_whitespace().collect::<Vec<_>>().join(" ");
        format!("{}\n{line}", sheet.subject())
    };
    let vi = read(Language::Vi);
    let subject = format!("[Tổng hợp văn bản] {known:02} văn bản - quý I/2020");
    assert!(vi.starts_with(&subject), "{vi}");
    assert!(
        vi.contains("kỳ. Gồm 02 ") && vi.contains("; 01 văn bản chưa gửi."),
        "{vi}"
    );
    let en = read(Language::En);
    assert!(
        en.contains("quarter 1 of 2020") && en.contains("; 1 not sent to you yet."),
        "{en}"
    );
}

#[test]
fn forty_documents_fit_a_mail_reader() {
    let (words, sender, mut files) = (words(), sender(), Files::new());
    let title = "tiếp tục đổi mới, nâng cao chất lượng, hiệu quả việc học tập, nghiên cứu, vận \
                 dụng và phát triển chủ nghĩa Mác - Lênin, tư tưởng Hồ Chí Minh trong tình hình \
                 mới";
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

/// A grey page of 4 by 6 pixels.
const PAGE: &[u8] =
    b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR\0\0\0\x04\0\0\0\x06\x08\0\0\0\0\xde\xb3\x9f\xf0";

#[test]
fn first_pages_travel_inside_the_letter() {
    let (words, sender, mut files) = (words(), sender(), Files::new());
    let mut items = week(&mut files);
    for item in &mut items {
        item.cover = Some(PAGE.to_vec());
    }
    items[1].cover = Some(b"GIF89a".to_vec());
    let frame = frame(&words, &sender);
    let sheet = compose(&frame, &items).expect("sheet");
    let message = files.message(&sheet, &member("Trần Mai Nga"));
    assert_wire(&message);
    let shown: Vec<_> = parse(&message)
        .parts
        .iter()
        .filter_map(|part| Some(part.content_id()?.to_owned()))
        .collect();
    let id = |n: usize| format!("trang-1-{n}@phobien.invalid");
    assert_eq!(
        shown,
        [1, 3, 4, 5].map(id),
        "neither what is no PNG nor what is withdrawn"
    );
    let html = sheet.html(&member("Trần Mai Nga")).expect("html");
    for id in &shown {
        assert!(html.contains(&format!(
            "src=\"cid:{id}\" alt=\"\" width=\"84\" height=\"126\""
        )));
    }
    let page = sheet.page(&member("Trần Mai Nga")).expect("page");
    assert!(!page.contains("cid:") && page.contains("data:image/png;base64,iVBOR"));

    // Too many, too large, or where the documents themselves hardly fit: none.
    let count = |frame: &Frame<'_>, items: &[Item]| {
        let sheet = compose(frame, items).expect("sheet");
        let html = sheet.html(&member("Trần Mai Nga")).expect("html");
        html.matches("cid:").count()
    };
    let many: Vec<Item> = (0..13).map(|_| items[0].clone()).collect();
    assert_eq!(count(&frame, &many), 0);
    let small = Frame {
        message_size_max: 300,
        ..frame
    };
    assert_eq!(count(&small, &items), 0);
    let page = [PAGE, &[0; 60_000]].concat();
    items
        .iter_mut()
        .for_each(|item| item.cover = Some(page.clone()));
    assert_eq!(count(&frame, &items), 1, "one fits");
}
