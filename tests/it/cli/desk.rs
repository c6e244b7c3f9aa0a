//! Owns a folder to type commands in, and what a command gave. It refuses to know what is tested.

use std::io::Write;
use std::path::Path;
use std::process::{Child, Command, Output, Stdio};

use serde_json::Value;

/// The configuration of the tests, with the way out to be filled in.
const CONFIG: &str = r#"
[organisation]
name = "Đảng bộ bộ phận thử nghiệm"
language = "en"
[documents]
folder = "van-ban"
[roster]
file = "roster.csv"
[state]
folder = "so-cai"
[mail]
from = "Văn phòng <vanphong@dangbo.example>"
[smtp]
url = "URL"
timeout = "5s"
final_timeout = "5s"
[delivery]
on_unknown = "hold"
[[schedule]]
name = "hang-ngay"
cron = "0 30 7 * * Mon-Fri"
to = "members"
[[schedule]]
name = "chi-bo"
cron = "0 0 8 * * Mon"
to = "branches"
"#;

const ROSTER: &str = "\
ma,ho_ten,email,chi_bo,chuc_vu,loai
DV001,Trần Công Quý,quy@mot.example,Chi bộ Một,Bí thư chi bộ,Chính thức
DV002,Trần Kim Chi,chi@mot.example,Chi bộ Một,Đảng viên,Chính thức
DV003,Ngô Minh Sáng,sang@hai.example,Chi bộ Hai,Bí thư,Chính thức
";

/// A folder with a configuration, a roster and documents.
pub(super) struct Desk {
    pub(super) home: tempfile::TempDir,
}

/// What a command gave.
#[derive(Debug)]
pub(super) struct Said {
    pub(super) code: Option<i32>,
    pub(super) out: String,
    pub(super) err: String,
}

impl Desk {
    /// A desk after `init`, with a configuration of its own.
    pub(super) fn open(url: &str) -> Self {
        let home = tempfile::tempdir().unwrap();
        let desk = Self { home };
        desk.good(&["init", "."]);
        desk.write("phobien.toml", &CONFIG.replace("URL", url));
        desk.write("roster.csv", ROSTER);
        desk
    }

    pub(super) fn path(&self, name: &str) -> std::path::PathBuf {
        self.home.path().join(name)
    }

    pub(super) fn write(&self, name: &str, text: &str) {
        std::fs::write(self.path(name), text).unwrap();
    }

    /// Drops a document, of the shape that Party offices write.
    pub(super) fn drop_document(&self, number: u32, title: &str) {
        let name = format!("van-ban/{number:02}-QD-TW.txt");
        self.write(&name, &document(number, title));
    }

    pub(super) fn command(&self, args: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_phobien"));
        command
            .args(args)
            .current_dir(self.home.path())
            .env_clear()
            .env("LANG", "C.UTF-8")
            .stdin(Stdio::null());
        command
    }

    /// Types a command and waits for its end.
    pub(super) fn type_in(&self, args: &[&str]) -> Said {
        said(self.command(args).output().unwrap())
    }

    /// Starts a command without waiting.
    pub(super) fn start(&self, args: &[&str]) -> Child {
        let mut command = self.command(args);
        command.stdout(Stdio::piped()).stderr(Stdio::piped());
        command.spawn().unwrap()
    }

    /// A command that must end with 0.
    #[track_caller]
    pub(super) fn good(&self, args: &[&str]) -> String {
        let said = self.type_in(args);
        assert_eq!(said.code, Some(0), "{args:?}: {}{}", said.out, said.err);
        said.out
    }

    /// A command that must end with `code`; answers what it says on stderr.
    #[track_caller]
    pub(super) fn bad(&self, code: i32, args: &[&str]) -> String {
        let said = self.type_in(args);
        assert_eq!(said.code, Some(code), "{args:?}: {}{}", said.out, said.err);
        assert!(!said.err.contains("panicked"), "{}", said.err);
        said.err
    }

    /// The JSON lines of a command that must end with `code`.
    #[track_caller]
    pub(super) fn lines(&self, code: i32, args: &[&str]) -> Vec<Value> {
        let said = self.type_in(&[args, &["--json"]].concat());
        assert_eq!(said.code, Some(code), "{args:?}: {}{}", said.out, said.err);
        lines(&said.out)
    }

    /// The one JSON line of a command that must end with 0.
    #[track_caller]
    pub(super) fn row(&self, args: &[&str]) -> Value {
        let mut lines = self.lines(0, args);
        assert_eq!(lines.len(), 1, "{args:?}: {lines:?}");
        lines.remove(0)
    }
}

pub(super) fn said(output: Output) -> Said {
    Said {
        code: output.status.code(),
        out: String::from_utf8_lossy(&output.stdout).into_owned(),
        err: String::from_utf8_lossy(&output.stderr).into_owned(),
    }
}

#[track_caller]
pub(super) fn lines(text: &str) -> Vec<Value> {
    let line = |line: &str| serde_json::from_str(line).unwrap_or_else(|e| panic!("{e}: {line}"));
    text.lines().map(line).collect()
}

/// A row has exactly these keys.
#[track_caller]
pub(super) fn has_keys(row: &Value, keys: &str) {
    let mut wanted: Vec<&str> = keys.split_whitespace().collect();
    let mut found: Vec<&str> = row
        .as_object()
        .unwrap()
        .keys()
        .map(String::as_str)
        .collect();
    wanted.sort_unstable();
    found.sort_unstable();
    assert_eq!(found, wanted);
}

pub(super) const DOCUMENT: &str = "document file format pages symbol type issuer issued_on title \
    urgency secrecy disposition reason text_source sha256 duplicate_of supersedes annex_of \
    standing recipients signer signer_authority signer_post replaces amends circulation candidates \
    confidence";
pub(super) const PUBLISH: &str =
    "edition schedule nominal_at due_at new state deliveries documents document_ids";
pub(super) const LOG: &str = "edition schedule due_at delivery recipient_kind code name person \
    branch address state attempts first_attempt_at last_attempt_at message_id reply documents \
    document_ids confirmed_at";
pub(super) const COUNTS: &str =
    "sent failed deferred unknown pending sending cancelled bounced paused seconds";
pub(super) const STATUS: &str = "now node next queue rate editions attention";
pub(super) const EDITION: &str = "edition schedule due_at state late why total sent failed";
pub(super) const MEMBER: &str = "code name branch role official address state fault";
pub(super) const CHECK: &str = "level file line key message instead";

/// The text of a document.
pub(super) fn document(number: u32, title: &str) -> String {
    format!(
        "BAN CHẤP HÀNH TRUNG ƯƠNG          ĐẢNG CỘNG SẢN VIỆT NAM
*                                 Hà Nội, ngày 06 tháng 02 năm 2017
Số {number:02}-QĐ/TW

                               QUY ĐỊNH
       {title}
                                -----

- Căn cứ Điều lệ Đảng;

- Theo đề nghị của Văn phòng Trung ương Đảng, Ban Bí thư quy định như sau:

Trong những năm qua, các cấp uỷ, tổ chức đảng đã có nhiều cố gắng trong lãnh đạo, chỉ đạo.

                         I- MỤC ĐÍCH, YÊU CẦU

1. Phát huy vai trò tiền phong, gương mẫu của cán bộ, đảng viên, trước hết là người đứng đầu.

2. Văn bản này được phổ biến đến chi bộ để thực hiện.

Nơi nhận:
- Các tỉnh uỷ, thành uỷ;
- Lưu Văn phòng Trung ương Đảng;

                                        T/M BAN BÍ THƯ
                                        Đinh Thế Huynh
"
    )
}

/// A mail server that takes every letter and hangs up after the final dot without a word. It
/// serves until the test ends and gives its port.
pub(super) fn silent_server() -> u16 {
    use std::io::{BufRead, BufReader};
    let listener = std::net::TcpListener::bind(("127.0.0.1", 0)).unwrap();
    let port = listener.local_addr().unwrap().port();
    std::thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            std::thread::spawn(move || {
                let mut write = stream.try_clone().unwrap();
                let mut read = BufReader::new(stream);
                let mut line = String::new();
                let mut say = |text: &str| write.write_all(text.as_bytes());
                let mut in_data = false;
                say("220 silent.example\r\n")?;
                while read.read_line(&mut line)? > 0 {
                    match (in_data, line.trim_end()) {
                        (true, ".") => return Ok::<_, std::io::Error>(()),
                        (true, _) => {}
                        (false, "DATA") => {
                            in_data = true;
                            say("354 go\r\n")?;
                        }
                        (false, _) => say("250 ok\r\n")?,
                    }
                    line.clear();
                }
                Ok(())
            });
        }
    });
    port
}

/// Copies a file of the corpus into the documents folder.
pub(super) fn corpus(desk: &Desk, name: &str) -> std::path::PathBuf {
    let from = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("tests/corpus")
        .join(name);
    let to = desk.path("van-ban").join(name);
    std::fs::copy(from, &to).unwrap();
    to
}
