//! Owns the tests of the running service: the real binary, a folder, a mail server on loopback,
//! signals. It refuses to look inside the process.

use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::time::{Duration, Instant};

use super::peer::{Action, Peer, Rule, Script, Stage};

const PHOBIEN: &str = env!("CARGO_BIN_EXE_phobien");
/// How long a thing may take that takes a second or two.
const PATIENCE: Duration = Duration::from_secs(40);

const ROSTER: &str = "\
ma,ho_ten,email,chi_bo,chuc_vu,loai
A1,Trần Mai Nga,nga@a.example,Chi bộ Một,Bí thư chi bộ,Chính thức
A2,Đỗ Văn Ân,an@a.example,Chi bộ Một,Đảng viên,Chính thức
B1,Phạm Thu My,my@b.example,Chi bộ Hai,Bí thư,Chính thức
";

/// A home with configuration, roster and folder; and what runs in it.
struct Home {
    folder: tempfile::TempDir,
    port: u16,
}

impl Home {
    fn new(peer: &Peer) -> Self {
        let home = Self {
            folder: tempfile::tempdir().unwrap(),
            port: peer.address.port(),
        };
        std::fs::create_dir(home.path("in")).unwrap();
        std::fs::write(home.path("roster.csv"), ROSTER).unwrap();
        home.configure("0 30 7 1 1 *");
        home
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn configure(&self, cron: &str) {
        let text = format!(
            "[organisation]\nname = \"Đảng bộ bộ phận\"\n[documents]\nfolder = \"in\"\n\
             settle = \"200ms\"\nrescan = \"1s\"\n[roster]\nfile = \"roster.csv\"\n\
             [state]\nfolder = \"state\"\n[mail]\nfrom = \"vp@office.example\"\n\
             [smtp]\nurl = \"smtp://127.0.0.1:{}\"\n\
             [[schedule]]\nname = \"day\"\ncron = \"{cron}\"\nto = \"members\"\n\
             on_holiday = \"send\"\n\
             [[schedule]]\nname = \"branch\"\ncron = \"0 0 8 1 1 *\"\nto = \"branches\"\n",
            self.port
        );
        std::fs::write(self.path("phobien.toml"), text).unwrap();
    }

    fn command(&self, words: &[&str]) -> Command {
        let mut command = Command::new(PHOBIEN);
        command
            .arg("--config")
            .arg(self.path("phobien.toml"))
            .args(words)
            .current_dir(&self.folder);
        command
            .env_remove("NOTIFY_SOCKET")
            .env_remove("JOURNAL_STREAM");
        command
    }

    /// JSON lines of a command that runs beside the service, and its exit code.
    fn ask(&self, words: &[&str]) -> (i32, Vec<serde_json::Value>) {
        let out = self
            .command(&[&["--json"], words].concat())
            .output()
            .unwrap();
        let text = String::from_utf8(out.stdout).unwrap();
        let lines = text
            .lines()
            .map(|l| serde_json::from_str(l).unwrap())
            .collect();
        (out.status.code().unwrap(), lines)
    }

    fn run(&self) -> Service {
        let log = std::fs::File::create(self.path("log")).unwrap();
        let child = self
            .command(&["run"])
            .stderr(log)
            .stdout(Stdio::null())
            .spawn()
            .unwrap();
        let service = Service {
            child,
            log: self.path("log"),
        };
        service.says("phobien is running");
        service
    }

    fn drop_document(&self, name: &str, number: u32, mark: &str) {
        let text = format!(
            "ĐẢNG UỶ CỤC THỬ NGHIỆM          ĐẢNG CỘNG SẢN VIỆT NAM\n*\n\
             Số {number}-TB/ĐU                Hà Nội, ngày 06 tháng 02 năm 2026\n{mark}\n\n\
             THÔNG BÁO\nvề việc tổ chức sinh hoạt chi bộ số {number}\n-----\n\n\
             Đảng uỷ thông báo đến các chi bộ thời gian tổ chức sinh hoạt chi bộ như sau:\n\n\
             1. Các chi bộ tổ chức sinh hoạt theo đúng thời gian đã thông báo.\n"
        );
        std::fs::write(self.path("in").join(name), text).unwrap();
    }
}

/// The running service, killed at the end of the test.
struct Service {
    child: Child,
    log: PathBuf,
}

impl Service {
    fn log(&self) -> String {
        std::fs::read_to_string(&self.log).unwrap()
    }

    fn says(&self, words: &str) {
        until(words, || self.log().contains(words), || self.log());
    }

    fn signal(&self, name: &str) {
        let pid = self.child.id().to_string();
        assert!(
            Command::new("kill")
                .args([name, &pid])
                .status()
                .unwrap()
                .success()
        );
    }

    fn stop(mut self) -> (ExitStatus, Duration) {
        self.signal("-TERM");
        let asked = Instant::now();
        (self.child.wait().unwrap(), asked.elapsed())
    }
}

impl Drop for Service {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn until(what: &str, mut done: impl FnMut() -> bool, told: impl Fn() -> String) {
    let started = Instant::now();
    while !done() {
        assert!(started.elapsed() < PATIENCE, "never: {what}\n{}", told());
        std::thread::sleep(Duration::from_millis(50));
    }
}

fn states(home: &Home) -> Vec<String> {
    let (_, rows) = home.ask(&["log"]);
    rows.iter()
        .map(|r| r["state"].as_str().unwrap().to_owned())
        .collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_dropped_document_goes_out_when_its_slot_falls_due() {
    let peer = Peer::start(Script::new()).await;
    let home = Home::new(&peer);
    home.configure("*/3 * * * * *");
    let service = home.run();
    home.drop_document("31-TB-DU.txt", 31, "");
    until(
        "three letters",
        || peer.record().taken.len() >= 3,
        || service.log(),
    );
    until(
        "all on record",
        || states(&home).iter().all(|s| s == "sent"),
        || service.log(),
    );
    std::thread::sleep(Duration::from_secs(4));
    assert_eq!(peer.record().taken.len(), 3, "later slots owe nothing");
    let (_, status) = home.ask(&["status"]);
    let editions = status[0]["editions"].as_array().unwrap();
    assert!(
        editions.iter().any(|e| e["state"] == "empty"),
        "{editions:?}"
    );
    let (status, took) = service.stop();
    assert!(
        status.success() && took < Duration::from_secs(25),
        "{status} after {took:?}"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn an_urgent_document_goes_out_at_once_to_members_and_branches() {
    let peer = Peer::start(Script::new()).await;
    let home = Home::new(&peer);
    let service = home.run();
    home.drop_document("32-TB-DU.txt", 32, "KHẨN");
    until(
        "five letters",
        || peer.record().taken.len() >= 5,
        || service.log(),
    );
    let (code, _) = home.ask(&["status"]);
    assert_eq!(code, 0, "nothing needs a person");
    assert!(service.stop().0.success());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_second_service_is_turned_away_and_commands_work_beside_the_first() {
    let peer = Peer::start(Script::new()).await;
    let home = Home::new(&peer);
    let service = home.run();
    let started = Instant::now();
    let second = home.command(&["run"]).output().unwrap();
    assert_eq!(second.status.code(), Some(3));
    assert!(started.elapsed() < Duration::from_secs(2));
    let said = String::from_utf8_lossy(&second.stderr).into_owned();
    assert!(said.contains(&service.child.id().to_string()), "{said}");
    home.drop_document("33-TB-DU.txt", 33, "");
    service.says("33-TB-DU.txt");
    let (code, published) = home.ask(&["publish", "day"]);
    assert_eq!(
        (code, published[0]["deliveries"].as_u64()),
        (0, Some(3)),
        "{published:?}"
    );
    until(
        "the service delivers it",
        || peer.record().taken.len() == 3,
        || service.log(),
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn the_service_manager_hears_of_it() {
    let peer = Peer::start(Script::new()).await;
    let home = Home::new(&peer);
    let socket = std::os::unix::net::UnixDatagram::bind(home.path("notify")).unwrap();
    socket.set_read_timeout(Some(PATIENCE)).unwrap();
    let mut command = home.command(&["run"]);
    command
        .env("NOTIFY_SOCKET", home.path("notify"))
        .stderr(Stdio::null());
    let service = Service {
        child: command.spawn().unwrap(),
        log: home.path("log"),
    };
    let hear = |word: &str| {
        let mut said = [0; 4096];
        let begun = std::time::Instant::now();
        loop {
            assert!(begun.elapsed() < PATIENCE, "{word} was never said");
            let read = socket.recv(&mut said).unwrap();
            if String::from_utf8_lossy(&said[..read]).contains(word) {
                break;
            }
        }
    };
    hear("READY=1");
    hear("WATCHDOG=1");
    hear("STATUS=");
    service.signal("-TERM");
    hear("STOPPING=1");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_faulty_reload_changes_nothing_and_says_so() {
    let peer = Peer::start(Script::new()).await;
    let home = Home::new(&peer);
    let service = home.run();
    std::fs::write(home.path("phobien.toml"), "[organisation]\nnmae = 1\n").unwrap();
    service.signal("-HUP");
    service.says("the old one stays");
    std::fs::write(home.path("roster.csv"), "không phải danh sách\n").unwrap();
    home.configure("*/2 * * * * *");
    service.signal("-HUP");
    service.says("configuration read again");
    home.drop_document("34-TB-DU.txt", 34, "");
    until(
        "the old roster serves",
        || peer.record().taken.len() == 3,
        || service.log(),
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stop_lets_the_letter_under_way_finish() {
    let slow = Action::Drip(b"250 2.0.0 Ok\r\n".to_vec(), Duration::from_millis(150));
    let peer = Peer::start(Script::new().rule(Rule::at(Stage::Dot).then(slow))).await;
    let home = Home::new(&peer);
    let service = home.run();
    home.drop_document("35-TB-DU.txt", 35, "KHẨN");
    until(
        "a dot",
        || !peer.record().taken.is_empty(),
        || service.log(),
    );
    let (status, took) = service.stop();
    assert!(
        status.success() && took < Duration::from_secs(25),
        "{status} after {took:?}"
    );
    let taken = peer.record().taken.len();
    let sent = states(&home).iter().filter(|s| *s == "sent").count();
    assert_eq!(
        sent, taken,
        "what the server took is on record as sent, nothing is in doubt"
    );
    assert!(
        !states(&home)
            .iter()
            .any(|s| s == "sending" || s == "unknown")
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_a_folder_holds_stops_the_service() {
    let peer = Peer::start(Script::new()).await;
    let home = Home::new(&peer);
    let service = home.run();
    let folder = home.path("in");
    std::os::unix::fs::symlink("/etc/hostname", folder.join("link.pdf")).unwrap();
    assert!(
        Command::new("mkfifo")
            .arg(folder.join("pipe.pdf"))
            .status()
            .unwrap()
            .success()
    );
    std::fs::write(folder.join("broken.pdf"), b"%PDF-1.7 nothing").unwrap();
    std::fs::write(folder.join("empty.docx"), b"").unwrap();
    home.drop_document("mat.txt", 7, "MẬT");
    home.drop_document("36-TB-DU.txt", 36, "KHẨN");
    until(
        "the good one goes out",
        || peer.record().taken.len() == 5,
        || service.log(),
    );
    assert!(
        folder.join("mat.txt").exists(),
        "a secret file stays where it lies"
    );
    assert!(
        !contains_bytes(&home.path("state"), "sinh hoạt chi bộ số 7"),
        "nothing of it is kept"
    );
    let (code, status) = home.ask(&["status"]);
    assert_eq!(code, 1, "a person must look");
    let told = status[0]["attention"].to_string();
    assert!(told.contains("mat.txt"), "{told}");
}

fn contains_bytes(folder: &Path, words: &str) -> bool {
    let files = std::fs::read_dir(folder)
        .unwrap()
        .map(|e| e.unwrap().path());
    let holds = |file: PathBuf| {
        let bytes = std::fs::read(file).unwrap_or_default();
        bytes.windows(words.len()).any(|w| w == words.as_bytes())
    };
    files.filter(|f| f.is_file()).any(holds)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_correction_goes_only_to_whom_the_corrected_one_went() {
    let peer = Peer::start(Script::new()).await;
    let home = Home::new(&peer);
    home.ask(&["members", "list"]);
    std::fs::create_dir(home.path("in/Chi bộ Một")).unwrap();
    home.drop_document("Chi bộ Một/37-TB-DU.txt", 37, "");
    home.ask(&["ingest"]);
    let file = home.path("in/37-TB-DU (đính chính).txt");
    home.drop_document("new.txt", 37, "");
    let text = std::fs::read_to_string(home.path("in/new.txt")).unwrap();
    std::fs::remove_file(home.path("in/new.txt")).unwrap();
    std::fs::write(file, text.replace("đúng thời gian", "đúng giờ")).unwrap();
    let (code, _) = home.ask(&["send", "day"]);
    assert_eq!(code, 0);
    let record = peer.record();
    assert_eq!(
        (record.times("nga@a.example"), record.times("my@b.example")),
        (1, 0)
    );
}
