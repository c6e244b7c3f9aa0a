//! The watched folder against everything that may lie in one.

use std::ffi::OsStr;
use std::fs;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::{DirBuilderExt, MetadataExt, symlink};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use phobien::document::Reason;
use phobien::inbox::{Found, Inbox, Refused, Scan, Settings, Sidecar, Watcher};
use rustix::fs::{CWD, FileType, Mode, mknodat};
use tempfile::TempDir;

const SETTLE: Duration = Duration::from_secs(5);
const MAX: u64 = 1_000_000;

struct Desk {
    folder: TempDir,
    inbox: Inbox,
    now: Instant,
}

impl Desk {
    fn new() -> Self {
        Self::with(Settings::new(SETTLE, MAX))
    }

    /// An inbox that takes what lies there now.
    fn at_once() -> Self {
        Self::with(Settings::new(Duration::ZERO, MAX))
    }

    fn with(settings: Settings) -> Self {
        let folder = tempfile::tempdir().expect("folder");
        let inbox = Inbox::open(folder.path(), settings).expect("opens");
        Self {
            folder,
            inbox,
            now: Instant::now(),
        }
    }

    fn path(&self, name: impl AsRef<OsStr>) -> PathBuf {
        self.folder.path().join(name.as_ref())
    }

    fn put(&self, name: impl AsRef<OsStr>, bytes: &[u8]) {
        let path = self.path(name);
        fs::create_dir_all(path.parent().expect("parent")).expect("folders");
        fs::write(path, bytes).expect("written");
    }

    /// Scans after so much time.
    fn after(&mut self, wait: Duration) -> Scan {
        self.now += wait;
        self.inbox.scan(self.now).expect("scans")
    }

    fn found(&mut self) -> Vec<Found> {
        self.after(Duration::ZERO).found
    }

    fn names(&mut self) -> Vec<String> {
        self.found().into_iter().map(|f| f.place).collect()
    }
}

#[test]
fn a_file_is_complete_when_it_has_settled() {
    let mut desk = Desk::new();
    desk.put("a.txt", b"mot");
    let first = desk.after(Duration::ZERO);
    assert_eq!((first.found.len(), first.waiting), (0, 1));
    assert_eq!(desk.after(Duration::from_secs(4)).found.len(), 0);
    desk.put("a.txt", b"mot hai");
    assert_eq!(desk.after(Duration::from_secs(4)).found.len(), 0, "it grew");
    assert_eq!(desk.after(Duration::from_secs(4)).found.len(), 0);
    let settled = desk.after(Duration::from_secs(1));
    assert_eq!((settled.found.len(), settled.waiting), (1, 0));
    // And again: a scan is the truth, not news.
    assert_eq!(desk.after(Duration::ZERO).found, settled.found);
    assert_eq!(
        desk.inbox.read(&settled.found[0]).expect("read"),
        b"mot hai"
    );
}

#[test]
fn half_a_pdf_or_zip_waits_longer_but_not_for_ever() {
    let mut desk = Desk::new();
    desk.put("whole.pdf", b"%PDF-1.7\n...\n%%EOF\n");
    desk.put("half.pdf", b"%PDF-1.7\n...");
    desk.put("whole.docx", b"PK\x03\x04...PK\x05\x06..................");
    desk.put("half.docx", b"PK\x03\x04...");
    desk.after(Duration::ZERO);
    let scan = desk.after(SETTLE);
    let names: Vec<_> = scan.found.iter().map(|f| f.name.as_str()).collect();
    assert_eq!((names, scan.waiting), (vec!["whole.docx", "whole.pdf"], 2));
    assert_eq!(desk.after(SETTLE * 10).found.len(), 2);
    assert_eq!(desk.after(SETTLE).found.len(), 4);
}

#[test]
fn names_are_kept_exact_and_shown_safely() {
    let mut desk = Desk::at_once();
    let long = format!("{}.txt", "x".repeat(251));
    let raw: [&[u8]; 8] = [
        "Nghi\u{323} quye\u{302}\u{301}t.txt".as_bytes(),
        b"a\nBcc: b@c.txt",
        b"khong phai utf8 \xe4\xff.txt",
        "dao\u{202e}txt.exe".as_bytes(),
        b"con\x01trol\x7f.txt",
        long.as_bytes(),
        b"..x",
        b"...",
    ];
    for name in raw {
        desk.put(OsStr::from_bytes(name), b"noi dung");
    }
    let found = desk.found();
    let shown: Vec<&str> = found.iter().map(|f| f.name.as_str()).collect();
    // Dotfiles are nobody's documents, whatever follows the dots.
    assert_eq!(found.len(), 6, "{shown:?}");
    for name in [
        "Nghị quyết.txt",
        "a\\u{a}Bcc: b@c.txt",
        "khong phai utf8 \\xe4\\xff.txt",
    ] {
        assert!(shown.contains(&name), "{name} in {shown:?}");
    }
    assert!(shown.contains(&"dao\\u{202e}txt.exe") && shown.contains(&long.as_str()));
    for file in &found {
        assert_eq!(
            desk.inbox.read(file).expect("read"),
            b"noi dung",
            "{}",
            file.name
        );
        let moved = desk.inbox.quarantine(file).expect("moved");
        assert!(desk.path(moved.as_os_str()).exists());
    }
    assert!(desk.found().is_empty());
}

#[test]
fn leftovers_dotfiles_and_lone_sidecars_are_no_documents() {
    let mut desk = Desk::at_once();
    for name in [
        "~$a.docx",
        ".~lock.a.odt#",
        "a.tmp",
        "a.part",
        "a.crdownload",
        ".an",
        "x.toml",
    ] {
        desk.put(name, b"x");
    }
    desk.put(".cach-ly/a.pdf", b"x");
    desk.put(".git/a.pdf", b"x");
    assert!(desk.names().is_empty());
}

#[test]
fn a_sub_folder_is_a_branch() {
    let mut desk = Desk::at_once();
    desk.put("chung.txt", b"x");
    desk.put("Chi bo\u{302}\u{323} 3/2020/a.txt", b"x");
    let found = desk.found();
    let folders: Vec<_> = found
        .iter()
        .map(|f| (f.name.as_str(), f.folder.as_deref()))
        .collect();
    assert_eq!(folders, [("a.txt", Some("Chi bộ 3")), ("chung.txt", None)]);
    assert_eq!(found[0].place, "Chi bộ 3/2020/a.txt");
    assert_eq!(desk.inbox.read(&found[0]).expect("read"), b"x");
}

#[test]
fn folders_too_deep_are_told_and_not_entered() {
    let mut desk = Desk::at_once();
    desk.put("1/2/3/4/5/6/7/8/sau.txt", b"x");
    desk.put("1/2/3/4/5/6/7/8/9/qua sau.txt", b"x");
    let scan = desk.after(Duration::ZERO);
    assert_eq!(scan.found.len(), 1);
    assert!(
        scan.troubles[0].contains("1/2/3/4/5/6/7/8/9/"),
        "{:?}",
        scan.troubles
    );
}

#[test]
fn what_is_no_plain_file_is_never_opened() {
    let mut desk = Desk::at_once();
    let outside = tempfile::tempdir().expect("outside");
    let secret = outside.path().join("shadow");
    fs::write(&secret, b"root:x").expect("written");
    symlink(&secret, desk.path("link.pdf")).expect("link");
    symlink(outside.path(), desk.path("folder")).expect("link");
    fs::hard_link(&secret, desk.path("hard.pdf")).expect("hard link");
    let fifo = desk.path("pipe.pdf");
    mknodat(CWD, &fifo, FileType::Fifo, Mode::RWXU, 0).expect("fifo");
    let _socket = std::os::unix::net::UnixListener::bind(desk.path("s.pdf")).expect("socket");
    let found = desk.found();
    assert_eq!(found.len(), 5, "{found:?}");
    for file in &found {
        let finding = file.finding.as_ref().expect("a finding");
        assert_eq!(finding.reason, Reason::UnsafeFile, "{}", file.name);
        assert!(matches!(desk.inbox.read(file), Err(Refused::Finding(_))));
        // Even one that forgot its finding is not read.
        let blind = Found {
            finding: None,
            ..file.clone()
        };
        assert!(
            matches!(desk.inbox.read(&blind), Err(Refused::Finding(_))),
            "{}",
            file.name
        );
    }
    for file in &found {
        desk.inbox.quarantine(file).expect("moved as it is");
    }
    assert!(desk.found().is_empty());
    assert_eq!(fs::read(secret).expect("still there"), b"root:x");
    assert!(desk.path(".cach-ly/link.pdf").is_symlink());
}

#[test]
fn a_file_over_the_limit_is_told_and_not_read() {
    let mut desk = Desk::at_once();
    let file = fs::File::create(desk.path("lon.pdf")).expect("created");
    file.set_len(MAX + 1).expect("sparse");
    let found = desk.found();
    let finding = found[0].finding.as_ref().expect("a finding");
    assert_eq!(finding.reason, Reason::TooLarge);
    assert!(matches!(
        desk.inbox.read(&found[0]),
        Err(Refused::Finding(_))
    ));
}

#[test]
fn a_file_that_is_not_the_one_found_is_refused() {
    let mut desk = Desk::at_once();
    desk.put("a.txt", b"cu");
    desk.put("cb/b.txt", b"cu");
    let found = desk.found();
    let (a, b) = (&found[0], &found[1]);
    // Swapped for another file, of the same size.
    desk.put("moi", b"mo");
    fs::rename(desk.path("moi"), desk.path("a.txt")).expect("swapped");
    assert!(matches!(desk.inbox.read(a), Err(Refused::Changed)));
    assert!(matches!(desk.inbox.quarantine(a), Err(Refused::Changed)));
    assert!(desk.path("a.txt").exists());
    // Its folder swapped for a link that leads out.
    let outside = tempfile::tempdir().expect("outside");
    fs::rename(desk.path("cb"), outside.path().join("cb")).expect("moved");
    symlink(outside.path().join("cb"), desk.path("cb")).expect("link");
    assert!(matches!(desk.inbox.read(b), Err(Refused::Changed)));
    assert!(matches!(desk.inbox.quarantine(b), Err(Refused::Changed)));
    // Gone is simply gone.
    fs::remove_file(desk.path("a.txt")).expect("removed");
    assert!(matches!(desk.inbox.read(a), Err(Refused::Gone)));
    // A path that no scan ever gave.
    for path in ["../a.txt", "/etc/passwd", "..", "/", ""] {
        let lie = Found {
            path: PathBuf::from(path),
            ..a.clone()
        };
        assert!(desk.inbox.read(&lie).is_err(), "{path}");
        assert!(desk.inbox.quarantine(&lie).is_err(), "{path}");
    }
}

#[test]
fn a_sidecar_comes_with_its_document() {
    let mut desk = Desk::new();
    desk.put("a.pdf", b"x");
    desk.put("a.pdf.toml", "symbol = \"05-CT/TW\"".as_bytes());
    desk.put("b.pdf", b"x");
    desk.put("b.pdf.toml", b"\xff\xfe");
    desk.put("c.pdf", b"x");
    symlink("/etc/passwd", desk.path("c.pdf.toml")).expect("link");
    desk.put("d.pdf", b"x");
    desk.after(Duration::ZERO);
    let found = desk.after(SETTLE).found;
    let told: Vec<_> = found.iter().map(|f| f.sidecar.as_ref()).collect();
    let text = Sidecar::Text("symbol = \"05-CT/TW\"".to_owned());
    assert_eq!(told[0], Some(&text));
    assert!(matches!(told[1], Some(Sidecar::Unusable(_))));
    assert!(matches!(told[2], Some(Sidecar::Unusable(_))));
    assert_eq!((told.len(), told[3]), (4, None));
    // A change of the sidecar alone starts the settling again.
    desk.put("a.pdf.toml", b"symbol = \"06\"");
    assert_eq!(desk.after(Duration::ZERO).found.len(), 3);
    let found = desk.after(SETTLE).found;
    assert_eq!(
        found[0].sidecar,
        Some(Sidecar::Text("symbol = \"06\"".to_owned()))
    );
    // It goes aside with its document.
    desk.inbox.quarantine(&found[0]).expect("moved");
    assert!(!desk.path("a.pdf.toml").exists() && desk.path(".cach-ly/a.pdf.toml").exists());
}

#[test]
fn moving_aside_never_overwrites() {
    let mut desk = Desk::at_once();
    for n in 1..=3 {
        desk.put("cb/a.pdf", format!("ban {n}").as_bytes());
        let found = desk.found();
        desk.inbox.quarantine(&found[0]).expect("moved");
    }
    for (name, text) in [
        ("a.pdf", "ban 1"),
        ("a (2).pdf", "ban 2"),
        ("a (3).pdf", "ban 3"),
    ] {
        let path = desk.path(".cach-ly").join(name);
        assert_eq!(fs::read_to_string(path).expect(name), text);
    }
    let mode = fs::metadata(desk.path(".cach-ly")).expect("aside").mode();
    assert_eq!(mode & 0o777, 0o700);
}

#[test]
fn a_trap_instead_of_the_folder_aside_is_an_error() {
    let mut desk = Desk::at_once();
    let outside = tempfile::tempdir().expect("outside");
    symlink(outside.path(), desk.path(".cach-ly")).expect("link");
    desk.put("a.pdf", b"x");
    let found = desk.found();
    assert!(matches!(
        desk.inbox.quarantine(&found[0]),
        Err(Refused::Io(_))
    ));
    assert!(desk.path("a.pdf").exists());
}

#[test]
fn ten_thousand_files_scan_quickly() {
    let mut desk = Desk::new();
    for n in 0..10_000 {
        let path = desk.path(format!("cb{}/{n}.pdf", n % 20));
        if n < 20 {
            fs::DirBuilder::new()
                .mode(0o755)
                .create(path.parent().unwrap_or(Path::new("/")))
                .expect("folder");
        }
        fs::write(path, b"%PDF-1.7\n%%EOF").expect("written");
    }
    let start = Instant::now();
    desk.after(Duration::ZERO);
    let first = start.elapsed();
    assert_eq!(desk.after(SETTLE).found.len(), 10_000);
    let second = start.elapsed() - first;
    assert_eq!(desk.found().len(), 10_000);
    let third = start.elapsed() - first - second;
    let slow = Duration::from_secs(5);
    assert!(
        first < slow && second < slow && third < slow,
        "{first:?} {second:?} {third:?}"
    );
}

#[test]
fn an_inbox_needs_a_folder() {
    let folder = tempfile::tempdir().expect("folder");
    let file = folder.path().join("tep");
    fs::write(&file, b"x").expect("written");
    let settings = Settings::new(SETTLE, MAX);
    assert!(Inbox::open(&file, settings.clone()).is_err());
    assert!(Inbox::open(&folder.path().join("khong co"), settings).is_err());
}

#[tokio::test]
async fn a_change_wakes_and_reading_does_not() {
    let desk = Desk::at_once();
    desk.put("cb/cu.txt", b"x");
    let (watcher, warning) = Watcher::start(desk.folder.path());
    if let Some(warning) = warning {
        // No watches left on this machine: that must be told and harm nothing.
        let never = tokio::time::timeout(Duration::from_millis(50), watcher.changed()).await;
        assert!(never.is_err() && warning.contains("cannot be watched"));
        return;
    }
    let soon = Duration::from_secs(5);
    let quiet = Duration::from_millis(300);
    desk.put("cb/moi.txt", b"x");
    tokio::time::timeout(soon, watcher.changed())
        .await
        .expect("woken");
    while tokio::time::timeout(quiet, watcher.changed()).await.is_ok() {}
    let _ = fs::read(desk.path("cb/moi.txt")).expect("read");
    let _ = fs::read_dir(desk.path("cb")).expect("listed").count();
    assert!(
        tokio::time::timeout(quiet, watcher.changed())
            .await
            .is_err()
    );
    fs::rename(desk.path("cb/moi.txt"), desk.path("moi.txt")).expect("moved");
    tokio::time::timeout(soon, watcher.changed())
        .await
        .expect("woken");
    assert!(!watcher.became_lame());
}

#[tokio::test]
async fn a_folder_that_cannot_be_watched_is_told() {
    let (watcher, warning) = Watcher::start(Path::new("/nonexistent/folder"));
    assert!(warning.is_some_and(|w| w.contains("cannot be watched")));
    let wait = tokio::time::timeout(Duration::from_millis(50), watcher.changed());
    assert!(wait.await.is_err());
}
