//! Owns an office that writes letters: its words, a week of documents, its people. It refuses to
//! know what is proved with them.

use std::collections::HashMap;

use chrono::{DateTime, NaiveDate};
use phobien::document::{Fact, Facts, Format, Origin, Sha256, Symbol, Urgency};
use phobien::edition::Note;
use phobien::letter::{
    Annex, Because, File, Frame, Item, MemberTold, Occasion, Personal, Reach, Sender, Sheet, Told,
    Words, branch_table, encode_attachment,
};
use phobien::organisation::{Language, RecipientKind};

/// The office of these letters.
pub(super) fn words() -> Words {
    Words {
        organisation: "Đảng bộ bộ phận Cục Công nghệ thông tin".to_owned(),
        signature: "TL. ĐẢNG UỶ - BỘ PHẬN VĂN THƯ".to_owned(),
        contact: Some("vanphong@dangbo.example".to_owned()),
        accent: "#9b1c1c".to_owned(),
        read_at: Some("Văn phòng Đảng uỷ, phòng 301".to_owned()),
        ..Words::default()
    }
}

pub(super) fn sender() -> Sender {
    Sender {
        from_name: Some("Văn phòng Đảng uỷ".to_owned()),
        from: "vanphong@dangbo.example".parse().expect("address"),
        reply_to: Some("tra-loi@dangbo.example".parse().expect("address")),
    }
}

pub(super) fn frame<'a>(words: &'a Words, sender: &'a Sender) -> Frame<'a> {
    Frame {
        occasion: Occasion::Regular,
        kind: RecipientKind::Member,
        language: Language::Vi,
        schedule: "Hằng tuần",
        span: Some((day("2020-03-02"), day("2020-03-06"))),
        words,
        sender,
        date: DateTime::parse_from_rfc3339("2020-03-09T07:30:00+07:00").expect("date"),
        confirm_by: None,
        list_id: "hang-tuan.dangbo.example",
        edition: "hang-tuan@2020-03-09T07:30:00+07:00",
        message_size_max: 10_000_000,
        attachments_max: 20,
    }
}

pub(super) fn day(text: &str) -> NaiveDate {
    text.parse().expect(text)
}

pub(super) fn fact<T>(value: T) -> Option<Fact<T>> {
    Some(Fact {
        value,
        origin: Origin::Heading,
        evidence: String::new(),
        mended: false,
    })
}

/// The bytes that stand for a file of this number.
pub(super) fn bytes_of(seed: u64, len: usize) -> Vec<u8> {
    (0..len as u64)
        .map(|n| (n.wrapping_mul(31).wrapping_add(seed) >> 1) as u8)
        .collect()
}

pub(super) struct Files(pub(super) HashMap<Sha256, Vec<u8>>);

impl Files {
    pub(super) fn new() -> Self {
        Self(HashMap::new())
    }

    pub(super) fn add(&mut self, name: &str, format: Format, len: usize) -> File {
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

    /// A file that is too large for any letter, so that its bytes are never asked for.
    pub(super) fn too_large(name: &str, format: Format, size: u64) -> File {
        File {
            name: name.to_owned(),
            format,
            pages: Some(5),
            size,
            sha256: Sha256::of(name.as_bytes()),
        }
    }

    pub(super) fn message(&self, sheet: &Sheet, personal: &Personal) -> Vec<u8> {
        let encoded: HashMap<_, _> = sheet
            .attachments()
            .map(|(hash, _)| (hash, encode_attachment(&self.0[&hash])))
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

pub(super) fn item(
    symbol: &str,
    kind: &str,
    on: &str,
    issuer: &str,
    title: &str,
    file: File,
) -> Item {
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
        cover: None,
        annexes: Vec::new(),
    }
}

/// A week as offices have them: urgent, new, with annexes, corrected, too large, withdrawn.
pub(super) fn week(files: &mut Files) -> Vec<Item> {
    let mut items = news(files);
    items.extend(changes(files));
    items
}

fn news(files: &mut Files) -> Vec<Item> {
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
    vec![urgent, directive, guide]
}

fn changes(files: &mut Files) -> Vec<Item> {
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
        Files::too_large("05-CT-TW_scan.pdf", Format::PdfScan, 9_900_000),
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
    vec![plan, scan, gone]
}

pub(super) fn member(name: &str) -> Personal {
    Personal {
        to_name: name.to_owned(),
        to_address: "nga.tm@dangbo.example".to_owned(),
        message_id: "mfzwizlomq2gc3tu@dangbo.example".to_owned(),
        salutation: name.to_owned(),
        table: None,
    }
}

pub(super) fn branch() -> Personal {
    branch_in(Language::Vi)
}

/// A branch's letter, with all that may become of its members' letters.
pub(super) fn branch_in(language: Language) -> Personal {
    let sent = |called: &str| (called.to_owned(), Told::Sent);
    let told = |name: &str, post: &str, reach, documents: &[(String, Told)]| MemberTold {
        name: name.to_owned(),
        post: post.to_owned(),
        reach,
        documents: documents.to_vec(),
    };
    let all = ["23-CT/TW", "36-HD/VPTW", "12-KH/ĐU"].map(sent);
    let full = Told::Missing(Because::Refused("552 5.2.2".to_owned()));
    let partly = [
        sent("23-CT/TW"),
        sent("36-HD/VPTW"),
        ("12-KH/ĐU".to_owned(), full),
    ];
    let nowhere = Told::Missing(Because::NoAddress);
    let none = all.clone().map(|(called, _)| (called, nowhere.clone()));
    let late = [
        sent("12-KH/ĐU"),
        ("4321/TCT-CNTT".to_owned(), Told::Waiting),
    ];
    let members = [
        told("Trần Kim Chi", "Phó Bí thư chi bộ", Reach::Mail, &all),
        told("Huỳnh Quang Dũng", "Đảng viên", Reach::Mail, &partly),
        told("Ngô Công Hòa", "Đảng viên (dự bị)", Reach::NoAddress, &none),
        told("Lê Thị Minh Ngọc", "Đảng viên", Reach::Paused, &[]),
        told("Phạm Hồng Phúc", "Đảng viên (dự bị)", Reach::Mail, &late),
        told("Trần Công Quý", "Bí thư chi bộ", Reach::Mail, &all),
    ];
    Personal {
        table: Some(branch_table(&members, Some(day("2020-02-03")), language)),
        ..member("Chi bộ Phòng Tổng hợp")
    }
}
