//! Owns the tests of reports as people get them: read back with other readers than the writer, and
//! held against the log. It refuses to judge how they look.

use std::collections::HashMap;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use calamine::{Data, Reader, Xlsx, open_workbook};
use html5ever::tendril::StrTendril;
use html5ever::tokenizer::{
    BufferQueue, Tag, TagKind, Token, TokenSink, TokenSinkResult, Tokenizer,
};
use serde_json::{Value, json};

use super::super::peer::{Action, Peer, Rule, Script, Stage};
use super::desk::{Desk, has_keys};

const ANSWER: &str = "file format rows branches counts";

/// Four members in three branches, whose names mean to do harm; one cannot be reached.
const HOSTILE: &str = "\
ma,ho_ten,email,chi_bo,chuc_vu,loai
DV001,\"=HYPERLINK(\"\"http://x.example\"\",\"\"Tiền\"\")\",quy@mot.example,ONE,Bí thư,Chính thức
DV002,+84 Trần Kim Chi,chi@mot.example,ONE,Đảng viên,Chính thức
DV003,<script>alert(1)</script>,sang@hai.example,TWO,Bí thư,Chính thức
DV004,-2+3,,'Ba',Đảng viên,Chính thức
";
/// Names of branches that are too long for a sheet, alike where they are cut, and full of signs.
const ONE: &str = "Chi bộ [1]: Sản xuất / Kinh doanh * số một?";
const TWO: &str = "Chi bộ [1]: Sản xuất / Kinh doanh * số hai?";

type Sheet = Vec<Vec<Data>>;

/// The sheets of a workbook, in their order.
fn sheets(file: &Path) -> Vec<(String, Sheet)> {
    let mut book: Xlsx<_> = open_workbook(file).unwrap();
    let names = book.sheet_names();
    let sheet = |name: String| {
        let formulas = book.worksheet_formula(&name).unwrap();
        assert!(formulas.cells().all(|(.., f)| f.is_empty()), "{name}");
        let range = book.worksheet_range(&name).unwrap();
        let rows = range.rows().map(<[Data]>::to_vec).collect();
        (name, rows)
    };
    names.into_iter().map(sheet).collect()
}

/// The rows below a head, and where each column stands.
fn below<'s>(sheet: &'s Sheet, head: &str) -> (HashMap<String, usize>, &'s [Vec<Data>]) {
    let has = |row: &Vec<Data>| row.iter().any(|cell| cell == head);
    let at = sheet.iter().position(has);
    let at = at.unwrap_or_else(|| panic!("no {head}: {sheet:?}"));
    let columns = sheet[at].iter().enumerate();
    let columns = columns.map(|(n, head)| (head.to_string(), n)).collect();
    (columns, &sheet[at + 1..])
}

fn csv(bytes: &[u8]) -> Vec<HashMap<String, String>> {
    let text = bytes.strip_prefix("\u{feff}".as_bytes());
    let mut reader = csv::Reader::from_reader(text.expect("a byte order mark"));
    reader.deserialize().map(|row| row.unwrap()).collect()
}

/// What a browser's tokenizer sees of a page.
#[derive(Default)]
struct Page {
    tags: std::cell::RefCell<Vec<Tag>>,
    text: std::cell::RefCell<String>,
}

impl TokenSink for Page {
    type Handle = ();
    fn process_token(&self, token: Token, _: u64) -> TokenSinkResult<()> {
        match token {
            Token::TagToken(tag) if tag.kind == TagKind::StartTag => {
                self.tags.borrow_mut().push(tag);
            }
            Token::CharacterTokens(text) => self.text.borrow_mut().push_str(&text),
            Token::ParseError(error) => panic!("{error}"),
            _ => {}
        }
        TokenSinkResult::Continue
    }
}

fn page(html: &str) -> Page {
    let tokenizer = Tokenizer::new(Page::default(), Default::default());
    let input = BufferQueue::default();
    input.push_back(StrTendril::from(html));
    let _ = tokenizer.feed(&input);
    tokenizer.end();
    tokenizer.sink
}

impl Page {
    fn count(&self, name: &str) -> usize {
        let tags = self.tags.borrow();
        tags.iter().filter(|tag| &*tag.name == name).count()
    }
}

/// A server that refuses the second member for good and puts the third off.
async fn trouble() -> (Peer, Desk) {
    let rule = |to: &str, reply: &str| Rule::at(Stage::Rcpt).to(to).then(Action::reply(reply));
    let script = Script::new()
        .rule(rule(
            "chi@mot.example",
            "550 5.1.1 <chi@mot.example> unknown, ask boss@x.example",
        ))
        .rule(rule("sang@hai.example", "450 4.2.1 later"));
    let peer = Peer::start(script).await;
    let desk = Desk::open(&format!("smtp://127.0.0.1:{}", peer.address.port()));
    (peer, desk)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_workbook_says_what_the_log_says() {
    let (_peer, desk) = trouble().await;
    desk.write(
        "roster.csv",
        &HOSTILE.replace("ONE", ONE).replace("TWO", TWO),
    );
    desk.drop_document(41, "về công tác văn thư");
    desk.lines(1, &["send", "hang-ngay"]);
    let log = desk.lines(0, &["log"]);
    let answer = desk.row(&["report", "e-1"]);
    has_keys(&answer, ANSWER);
    assert_eq!(answer["file"], "bao-cao-e-1.xlsx");
    assert_eq!(answer["rows"], log.len());
    let counts = json!({
        "total": 4, "sent": 1, "waiting": 1, "unknown": 0, "failed": 2, "cancelled": 0,
    });
    assert_eq!(answer["counts"], counts);
    let file = desk.path("bao-cao-e-1.xlsx");
    let mode = std::fs::metadata(&file).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o600);
    assert!(!desk.path("bao-cao-e-1.xlsx.part").exists());

    let sheets = sheets(&file);
    let names: Vec<_> = sheets.iter().map(|(name, _)| name.as_str()).collect();
    assert_eq!(
        names,
        [
            "Summary",
            "Chi bộ -1-- Sản xuất - Kinh doa",
            "Chi bộ -1-- Sản xuất - Kinh (2)",
            "Ba"
        ]
    );
    let (columns, rows) = below(&sheets[0].1, "Letters");
    assert_eq!(rows[0][0], ONE);
    assert_eq!(rows[3][0], "Total");
    for (word, head) in [
        ("total", "Letters"),
        ("sent", "Sent"),
        ("waiting", "Waiting"),
        ("unknown", "In doubt"),
        ("failed", "Failed"),
        ("cancelled", "Stopped"),
    ] {
        let total = answer["counts"][word].as_f64().unwrap();
        assert_eq!(rows[3][columns[head]], total, "{head}");
    }
    let mut seen = 0;
    for (name, sheet) in &sheets[1..] {
        let (columns, rows) = below(sheet, "Recipient");
        for row in rows {
            let of = |head: &str| &row[columns[head]];
            let code = of("Code").to_string();
            let on_record = log.iter().find(|l| l["code"] == code.as_str()).unwrap();
            same_letter(on_record, &of);
            seen += 1;
        }
        assert_eq!(rows[0][0], 1.0, "{name}");
    }
    assert_eq!(seen, log.len());
    let bytes = std::fs::read(&file).unwrap();
    let all = format!("{sheets:?}");
    assert!(!all.contains("boss@") && !all.contains("chi@mot"), "{all}");
    assert!(
        all.contains("c…@mot.example"),
        "which address is at fault: {all}"
    );
    assert!(bytes.starts_with(b"PK"));
}

/// A row of the report is the letter of the log, name and times as they are.
fn same_letter<'d>(on_record: &Value, of: &impl Fn(&str) -> &'d Data) {
    assert_eq!(of("Recipient"), on_record["name"].as_str().unwrap());
    let state = on_record["state"].as_str().unwrap();
    assert_eq!(of("State").to_string().to_lowercase(), state);
    assert_eq!(of("Attempts"), &(on_record["attempts"].as_f64().unwrap()));
    assert_eq!(of("Documents"), "41-QĐ/TW");
    for (head, key) in [("Due", "due_at"), ("Last attempt", "last_attempt_at")] {
        let Some(at) = on_record[key].as_str() else {
            assert_eq!(of(head), &Data::Empty, "{on_record}");
            continue;
        };
        let at = chrono::DateTime::parse_from_rfc3339(at)
            .unwrap()
            .naive_local();
        let Data::DateTime(shown) = of(head) else {
            panic!("{head} is no date: {:?}", of(head));
        };
        // Excel counts days since 1899-12-30 (ECMA-376 part 1 §18.17.4.1).
        let epoch = chrono::NaiveDate::from_ymd_opt(1899, 12, 30).unwrap();
        let seconds = (shown.as_f64() * 86_400.0).round() as i64;
        let shown = epoch.and_time(chrono::NaiveTime::MIN) + chrono::TimeDelta::seconds(seconds);
        let apart = at - shown;
        assert!(
            (0..1000).contains(&apart.num_milliseconds()),
            "{head}: {at} {shown:?}"
        );
    }
    let note = of("Note").to_string();
    let wanted = match state {
        "sent" => "",
        "deferred" => "Put off by the server (450 4.2.1)",
        _ if on_record["attempts"] == 0 => "No usable address",
        _ => "No such mailbox (550 5.1.1): c…@mot.example",
    };
    assert_eq!(note, wanted);
}

#[tokio::test(flavor = "multi_thread")]
async fn values_and_pages_say_the_same_and_harm_nobody() {
    let (_peer, desk) = trouble().await;
    desk.write(
        "roster.csv",
        &HOSTILE.replace("ONE", ONE).replace("TWO", TWO),
    );
    desk.drop_document(41, "về <b>công tác</b> văn thư");
    desk.lines(1, &["send", "hang-ngay"]);
    let log = desk.lines(0, &["log"]);
    let mut command = desk.command(&["report", "e-1", "--format", "csv"]);
    let bytes = command.output().unwrap().stdout;
    let lines = bytes.iter().filter(|b| **b == b'\n').count();
    let ends = bytes.windows(2).filter(|w| w == b"\r\n").count();
    assert_eq!((lines, ends), (5, 5), "RFC 4180");
    let rows = csv(&bytes);
    let names: Vec<_> = rows.iter().map(|row| row["Recipient"].as_str()).collect();
    assert_eq!(
        names,
        [
            "'=HYPERLINK(\"http://x.example\",\"Tiền\")",
            "'+84 Trần Kim Chi",
            "<script>alert(1)</script>",
            "'-2+3"
        ]
    );
    assert_eq!(rows[3]["Branch"], "'Ba'");
    let due = log[0]["due_at"].as_str().unwrap()[..19].replace('T', " ");
    assert_eq!(rows[0]["Due"], due, "the organisation's clock");

    let html = desk.good(&["report", "e-1", "--format", "html", "--lang", "vi"]);
    let page = page(&html);
    assert_eq!((page.count("script"), page.count("b")), (0, 0));
    assert_eq!(page.count("section"), 3);
    assert_eq!(page.count("thead"), 4, "the sums and three branches");
    let lang = page.tags.borrow()[0].attrs[0].value.to_string();
    assert_eq!(lang, "vi");
    let remote = ["src", "href", "action", "data", "background"];
    for tag in page.tags.borrow().iter() {
        let attrs = tag.attrs.iter().map(|a| a.name.local.to_string());
        assert!(
            attrs.into_iter().all(|a| !remote.contains(&a.as_str())),
            "{tag:?}"
        );
    }
    assert!(!html.contains("url(") && !html.contains("@import"));
    let text = page.text.borrow();
    for words in [
        "Báo cáo kết quả gửi văn bản",
        "<script>alert(1)</script>",
        "Không có hộp thư này (550 5.1.1): c…@mot.example",
        "Chưa có địa chỉ thư dùng được",
        "41-QĐ/TW",
    ] {
        assert!(text.contains(words), "{words}: {text}");
    }
    assert!(!text.contains("boss@"));
}

#[test]
fn periods_documents_and_people_narrow_a_report_as_they_do_the_log() {
    let desk = Desk::open("maildir:thu");
    desk.drop_document(41, "về công tác văn thư");
    desk.good(&["send", "hang-ngay"]);
    desk.good(&["send", "chi-bo"]);
    // Moments are told in whole seconds: the last edition is due in a second of its own.
    std::thread::sleep(std::time::Duration::from_secs(1));
    desk.drop_document(42, "về công tác lưu trữ");
    desk.good(&["send", "hang-ngay"]);
    let edition = desk.lines(0, &["log"]).pop().unwrap();
    let due = edition["due_at"].as_str().unwrap().to_owned();
    let day = &due[..10];
    let (next, before) = ("2999-01-01", "1999-12-31");
    for (ask, rows) in [
        (&["--since", day][..], 8),
        (&["--since", day, "--until", day], 8),
        (&["--since", before, "--until", before], 0),
        (&["--since", next], 0),
        (&["--since", &due], 3),
        (&["--document", "41-QĐ/TW"], 5),
        (&["--document", "41-QĐ/TW", "--branch", "chi bộ một"], 3),
        (&["--since", day, "--to", "DV003"], 2),
        (&["e-2"], 2),
    ] {
        let file = format!("ra-{}.csv", ask.join("").replace(['/', ':', ' '], "-"));
        let answer = desk.row(&[&["report"], ask, &["--out", &file]].concat());
        assert_eq!(
            (&answer["rows"], &answer["format"]),
            (&json!(rows), &json!("csv"))
        );
        let written = csv(&std::fs::read(desk.path(&file)).unwrap());
        assert_eq!(written.len(), rows, "{ask:?}");
    }
    let rows = desk.lines(0, &["log", "--since", day]);
    assert_eq!(rows.len(), 8);
    let status = desk.row(&["status"]);
    for edition in status["editions"].as_array().unwrap() {
        let id = edition["edition"].as_str().unwrap();
        let answer = desk.row(&["report", id, "--out", &format!("{id}.html")]);
        assert_eq!(answer["counts"]["total"], edition["total"]);
        assert_eq!(answer["counts"]["sent"], edition["sent"]);
    }
    let empty = sheets_of(&desk, &["--since", next]);
    assert_eq!(empty.len(), 1, "nothing but the summary");
    assert!(format!("{empty:?}").contains("No such letters."));
}

fn sheets_of(desk: &Desk, ask: &[&str]) -> Vec<(String, Sheet)> {
    let answer = desk.row(&[&["report"], ask].concat());
    sheets(&desk.path(answer["file"].as_str().unwrap()))
}

#[test]
fn what_cannot_be_reported_is_said_and_nothing_is_written_over() {
    let desk = Desk::open("maildir:thu");
    desk.drop_document(41, "về công tác văn thư");
    desk.good(&["send", "hang-ngay"]);
    desk.bad(2, &["report"]);
    desk.bad(2, &["report", "--until", "2026-11-01"]);
    assert!(desk.bad(2, &["report", "e-99"]).contains("no edition e-99"));
    desk.bad(2, &["report", "12"]);
    desk.bad(2, &["report", "--since", "hôm qua"]);
    desk.bad(
        2,
        &["report", "--since", "2026-11-02", "--until", "2026-11-01"],
    );
    desk.bad(2, &["report", "e-1", "--not-received", "41-QĐ/TW"]);
    desk.bad(2, &["report", "--not-received", "99-QĐ/TW"]);
    desk.bad(2, &["report", "e-1", "--branch", "Chi bộ Chín"]);
    let before = "của tôi";
    desk.write("ra.xlsx", before);
    let said = desk.bad(2, &["report", "e-1", "--out", "ra.xlsx"]);
    assert!(said.contains("ra.xlsx is there already"), "{said}");
    assert_eq!(
        std::fs::read_to_string(desk.path("ra.xlsx")).unwrap(),
        before
    );
    std::os::unix::fs::symlink("khac.csv", desk.path("noi.csv")).unwrap();
    desk.bad(2, &["report", "e-1", "--out", "noi.csv"]);
    desk.bad(1, &["report", "e-1", "--out", "khong-co/ra.csv"]);
    let said = desk.bad(1, &["report", "e-1", "--out", "/dev/full/ra.csv"]);
    assert!(said.contains("/dev/full"), "{said}");
    let left = std::fs::read_dir(desk.home.path()).unwrap();
    let left = left.map(|f| f.unwrap().file_name().into_string().unwrap());
    let left: Vec<_> = left
        .filter(|f| f.contains(".part") || f.contains("khac"))
        .collect();
    assert_eq!(left, [""; 0]);
}

/// Who has not received a document, by code: why.
fn missing(desk: &Desk, document: &str) -> HashMap<String, String> {
    let mut command = desk.command(&["report", "--not-received", document, "--format", "csv"]);
    let output = command.output().unwrap();
    assert!(output.status.success(), "{output:?}");
    let rows = csv(&output.stdout).into_iter();
    rows.map(|row| (row["Code"].clone(), row["Why not"].clone()))
        .collect()
}

fn told(rows: &[(&str, &str)]) -> HashMap<String, String> {
    let own = |(a, b): &(&str, &str)| ((*a).to_owned(), (*b).to_owned());
    rows.iter().map(own).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn who_has_not_received_a_document_and_why() {
    let (_peer, desk) = trouble().await;
    let config = std::fs::read_to_string(desk.path("phobien.toml")).unwrap();
    let config = config
        .split("[[schedule]]\nname = \"chi-bo\"")
        .next()
        .unwrap();
    desk.write("phobien.toml", config);
    let roster = std::fs::read_to_string(desk.path("roster.csv")).unwrap();
    let roster = roster
        + "DV004,Vũ Thị Lan,,Chi bộ Hai,Đảng viên,Chính thức\n\
           DV005,Lê Văn Tám,tam@hai.example,Chi bộ Hai,Đảng viên,Chính thức\n";
    desk.write("roster.csv", &roster);
    desk.drop_document(41, "về công tác văn thư");
    desk.good(&["ingest"]);
    let late = "In no edition yet";
    let none = ("DV004", "No usable address");
    let all = [
        ("DV001", late),
        ("DV002", late),
        ("DV003", late),
        none,
        ("DV005", late),
    ];
    assert_eq!(missing(&desk, "41-QĐ/TW@2017-02-06"), told(&all));
    desk.good(&["members", "pause", "DV005"]);
    desk.good(&["publish", "hang-ngay"]);
    let (queued, paused) = ("Queued", ("DV005", "Receives nothing for now"));
    let all = [
        ("DV001", queued),
        ("DV002", queued),
        ("DV003", queued),
        none,
        paused,
    ];
    assert_eq!(missing(&desk, "d-1"), told(&all));
    desk.lines(1, &["deliver", "--until-idle"]);
    let all = [
        ("DV002", "No such mailbox (550 5.1.1)"),
        ("DV003", "Put off by the server (450 4.2.1)"),
        none,
        paused,
    ];
    assert_eq!(missing(&desk, "41-QD-TW.txt"), told(&all));

    let answer = desk.row(&["report", "--not-received", "41-QĐ/TW"]);
    has_keys(&answer, ANSWER);
    assert_eq!(answer["file"], "chua-nhan-41-QD-TW.xlsx");
    let counts = json!({"addressed": 5, "received": 1, "missing": 4});
    assert_eq!(answer["counts"], counts);
    let sheets = sheets(&desk.path("chua-nhan-41-QD-TW.xlsx"));
    assert_eq!(sheets.len(), 1, "one command, one sheet");
    let (columns, rows) = below(&sheets[0].1, "Why not");
    assert_eq!(rows.len(), 4);
    assert_eq!(rows[0][columns["Branch"]], "Chi bộ Một");
    assert_eq!(rows[0][columns["Address to check"]], "c…@mot.example");
    assert!(matches!(rows[0][columns["Owed since"]], Data::DateTime(_)));
    let top = format!("{:?}", &sheets[0].1[..5]);
    assert!(top.contains("4 of 5") && top.contains("41-QĐ/TW"), "{top}");
    let of = [
        "report",
        "--not-received",
        "d-1",
        "--branch",
        "CB1",
        "--out",
        "mot.html",
    ];
    assert_eq!(desk.row(&of)["rows"], 1);
}

#[test]
fn once_everybody_has_it_the_list_is_empty_and_says_so() {
    let desk = Desk::open("maildir:thu");
    desk.drop_document(41, "về công tác văn thư");
    desk.good(&["ingest"]);
    assert_eq!(missing(&desk, "d-1").len(), 5, "members and branches");
    desk.good(&["send", "hang-ngay"]);
    let rows = missing(&desk, "d-1");
    assert_eq!(
        rows,
        told(&[("CB1", "In no edition yet"), ("CB2", "In no edition yet")])
    );
    desk.good(&["send", "chi-bo"]);
    assert_eq!(missing(&desk, "d-1"), HashMap::new());
    let sheets = sheets_of(&desk, &["--not-received", "d-1"]);
    assert!(
        format!("{sheets:?}").contains("has received it"),
        "{sheets:?}"
    );
    let html = desk.good(&["report", "--not-received", "d-1", "--format", "html"]);
    assert!(html.contains("has received it"), "{html}");
    desk.good(&["documents", "withdraw", "d-1"]);
    let said = desk.bad(1, &["report", "--not-received", "d-1"]);
    assert!(said.contains("owed to nobody"), "{said}");
}
