//! The sandbox with the real binary: what it reads, what it survives, what it gives up.

use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use phobien::document::{Format, Reason};
use phobien::extract;
use phobien::sandbox::{Limits, Sandbox};

fn limits() -> Limits {
    Limits {
        cpu: Duration::from_secs(10),
        memory: 512 << 20,
        read: extract::Limits::default(),
    }
}

fn binary() -> PathBuf {
    PathBuf::from(env!("CARGO_BIN_EXE_phobien"))
}

fn sample(name: &str) -> Vec<u8> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/corpus");
    std::fs::read(folder.join(name)).expect(name)
}

/// A sandbox whose child is a script of `tests/sandbox`: one that behaves as no reader should.
fn scripted(script: &str, limits: Limits) -> Sandbox {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/sandbox");
    Sandbox::new(folder.join(script), limits)
}

#[tokio::test]
async fn the_child_reads_as_the_reader_does() {
    let sandbox = Sandbox::new(binary(), limits());
    for name in [
        "23-CT-TW_2018.pdf",
        "Tong hop so lieu.docx",
        "CV 4321 hoa toc.docx",
        "Thong bao moi.pdf",
        "69-QD-TW (mac).txt",
        "luat-44-2013-qh13.html",
    ] {
        let bytes = sample(name);
        let there = sandbox.extract(&bytes, name).await.expect("started");
        let here = extract::read(&bytes, name, &limits().read);
        assert_eq!(there, here, "{name}");
    }
}

#[tokio::test]
async fn many_at_once_all_get_their_own_answer() {
    let sandbox = Sandbox::new(binary(), limits());
    let texts: Vec<String> = (0..8).map(|n| format!("Văn bản số {n}")).collect();
    let ask = |text: &String| {
        let (sandbox, text) = (&sandbox, text.clone());
        async move { sandbox.extract(text.as_bytes(), "a.txt").await }
    };
    let [a, b, c, d] = [0, 1, 2, 3].map(|n| ask(&texts[n]));
    let answers = tokio::join!(a, b, c, d);
    for (n, answer) in [answers.0, answers.1, answers.2, answers.3]
        .into_iter()
        .enumerate()
    {
        assert_eq!(answer.expect("started").pages, [texts[n].clone()]);
    }
}

#[tokio::test]
async fn too_little_memory_damages_the_file_and_nobody_else() {
    let small = Limits {
        memory: 40 << 20,
        ..limits()
    };
    let sandbox = Sandbox::new(binary(), small);
    let large = vec![b'a'; 39 << 20];
    let contents = sandbox.extract(&large, "a.txt").await.expect("started");
    assert_eq!(contents.finding, Some(Reason::Damaged));
    assert_eq!(contents.format, Format::Txt);
}

#[tokio::test]
async fn crash_garbage_and_silence_damage_the_file() {
    for script in ["crash", "refuse", "garble", "silent"] {
        let sandbox = scripted(script, limits());
        let contents = sandbox.extract(b"x", "a.pdf").await.expect("started");
        assert_eq!(contents.finding, Some(Reason::Damaged), "{script}");
        assert_eq!(contents.format, Format::Pdf, "{script}");
    }
}

#[tokio::test]
async fn a_child_that_hangs_is_killed() {
    let hasty = Limits {
        cpu: Duration::from_secs(1),
        ..limits()
    };
    let sandbox = scripted("hang", hasty);
    let start = Instant::now();
    // More than a pipe holds: the parent must not wait for a child that never reads.
    let bytes = vec![0; 1 << 20];
    let contents = sandbox.extract(&bytes, "a.pdf").await.expect("started");
    assert_eq!(contents.finding, Some(Reason::Damaged));
    let took = start.elapsed();
    assert!(took < Duration::from_secs(10), "{took:?}");
}

#[tokio::test]
async fn a_child_that_babbles_is_cut_off() {
    let sandbox = scripted("babble", limits());
    let start = Instant::now();
    let contents = sandbox.extract(b"x", "a.pdf").await.expect("started");
    assert_eq!(contents.finding, Some(Reason::Damaged));
    let took = start.elapsed();
    assert!(took < Duration::from_secs(20), "{took:?}");
}

#[tokio::test]
async fn a_child_inherits_nothing() {
    let folder = tempfile::tempdir().expect("folder");
    let open = std::fs::File::open(folder.path()).expect("a descriptor to leak");
    let look = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/sandbox/look");
    let link = folder.path().join("look");
    std::os::unix::fs::symlink(look, &link).expect("link");
    let sandbox = Sandbox::new(link, limits());
    let _ = sandbox.extract(b"x", "a.pdf").await.expect("started");
    drop(open);
    let seen = std::fs::read_to_string(folder.path().join("look.seen")).expect("it ran");
    assert!(seen.starts_with("/\n"), "{seen}");
    let folder = format!("{}\n", folder.path().display());
    for leak in ["CARGO", "HOME", &folder] {
        assert!(!seen.contains(leak), "{leak} in {seen}");
    }
}

#[tokio::test]
async fn a_missing_program_is_no_fault_of_the_file() {
    let sandbox = Sandbox::new(PathBuf::from("/nonexistent/phobien"), limits());
    assert!(sandbox.extract(b"x", "a.pdf").await.is_err());
}

#[test]
fn the_command_gives_up_its_powers_before_reading() {
    use std::io::Write;
    use std::process::{Command, Stdio};
    let mut child = Command::new(binary())
        .arg(phobien::sandbox::COMMAND)
        .args(limits().to_args())
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .expect("starts");
    let proc = PathBuf::from(format!("/proc/{}", child.id()));
    // It waits for its input; by then every limit must hold. The last step shows in its status.
    let deadline = Instant::now() + Duration::from_secs(5);
    loop {
        let status = std::fs::read_to_string(proc.join("status")).expect("status");
        if status.contains("Seccomp:\t2") && status.contains("NoNewPrivs:\t1") {
            break;
        }
        assert!(Instant::now() < deadline, "{status}");
        std::thread::sleep(Duration::from_millis(10));
    }
    let limits = std::fs::read_to_string(proc.join("limits")).expect("limits");
    for (what, value) in [
        ("Max cpu time", "10"),
        ("Max file size", "0"),
        ("Max processes", "0"),
        ("Max open files", "3"),
        ("Max address space", "536870912"),
    ] {
        let line = limits
            .lines()
            .find(|l| l.starts_with(what))
            .unwrap_or_default();
        let soft = line[what.len()..].split_whitespace().next();
        assert_eq!(soft, Some(value), "{line}");
    }
    // Half a header: the parent died. That is a failure, not an empty file.
    let mut stdin = child.stdin.take().expect("stdin");
    stdin.write_all(b"half").expect("written");
    drop(stdin);
    let out = child.wait_with_output().expect("ends");
    assert!(!out.status.success() && out.stdout.is_empty());
}

/// A small PDF whose forms each draw the next one twice: 2^40 pictures of nothing.
fn doubling_pdf() -> Vec<u8> {
    use std::fmt::Write;
    let mut pdf = String::from(
        "%PDF-1.7\n1 0 obj\n<</Type/Catalog/Pages 2 0 R>>\nendobj\n\
         2 0 obj\n<</Type/Pages/Kids[3 0 R]/Count 1>>\nendobj\n\
         3 0 obj\n<</Type/Page/Parent 2 0 R/MediaBox[0 0 9 9]/Contents 4 0 R\
         /Resources<</XObject<</X 10 0 R>> >> >>\nendobj\n\
         4 0 obj\n<</Length 5>>\nstream\n/X Do\nendstream\nendobj\n",
    );
    for n in 10..50 {
        let _ = write!(
            pdf,
            "{n} 0 obj\n<</Type/XObject/Subtype/Form/BBox[0 0 9 9]\
             /Resources<</XObject<</X {} 0 R>> >>\
             /Length 11>>\nstream\n/X Do /X Do\nendstream\nendobj\n",
            n + 1
        );
    }
    pdf.push_str("trailer\n<</Root 1 0 R/Size 99>>\nstartxref\n0\n%%EOF\n");
    pdf.into_bytes()
}

#[tokio::test]
async fn a_file_that_computes_for_ever_is_stopped() {
    let hasty = Limits {
        cpu: Duration::from_secs(1),
        ..limits()
    };
    let sandbox = Sandbox::new(binary(), hasty);
    let start = Instant::now();
    let contents = sandbox
        .extract(&doubling_pdf(), "a.pdf")
        .await
        .expect("started");
    assert_eq!(contents.finding, Some(Reason::Damaged));
    let detail = contents.detail.unwrap_or_default();
    assert!(detail.contains("too"), "{detail}");
    let took = start.elapsed();
    assert!(
        took > Duration::from_millis(800),
        "it ended by itself: {took:?}"
    );
    assert!(took < Duration::from_secs(10), "{took:?}");
}

/// The name by which the test below starts itself again.
const INSIDE: &str = "PHOBIEN_TEST_INSIDE";

/// Locks cannot be taken off, so the test runs itself in a process of its own.
#[test]
#[allow(
    clippy::disallowed_methods,
    reason = "how the test knows that it is the second one"
)]
fn the_locks_hold() {
    if std::env::var_os(INSIDE).is_some() {
        return inside_the_locks_nothing_opens();
    }
    let test = std::env::current_exe().expect("this test");
    let out = std::process::Command::new(test)
        .args(["--exact", "sandbox::the_locks_hold", "--test-threads", "1"])
        .env(INSIDE, "1")
        .output()
        .expect("starts");
    let said = String::from_utf8_lossy(&out.stdout).into_owned();
    assert!(out.status.success() && said.contains("1 passed"), "{said}");
}

fn inside_the_locks_nothing_opens() {
    use std::net::{TcpListener, TcpStream, UdpSocket};
    use std::os::unix::net::UnixDatagram;
    let roomy = Limits {
        memory: 4 << 30,
        ..limits()
    };
    let locks = phobien::sandbox::confine(&roomy).expect("confined");
    assert!(
        locks.whole(),
        "this kernel offers not everything: {locks:?}"
    );
    let refused = |what: &str, error: Option<std::io::Error>| {
        let kind = error.map(|e| e.kind());
        let denied = Some(std::io::ErrorKind::PermissionDenied);
        assert_eq!(kind, denied, "{what}");
    };
    refused("read", std::fs::File::open("/etc/passwd").err());
    refused("write", std::fs::File::create("/tmp/phobien-probe").err());
    refused("list", std::fs::read_dir("/").err());
    refused("remove", std::fs::remove_file("/tmp/phobien-probe").err());
    refused("stat", std::fs::metadata("/etc/passwd").err());
    refused("connect", TcpStream::connect("127.0.0.1:25").err());
    refused("listen", TcpListener::bind("127.0.0.1:0").err());
    refused("datagram", UdpSocket::bind("127.0.0.1:0").err());
    refused("local", UnixDatagram::unbound().err());
    refused(
        "start",
        std::process::Command::new("/bin/true").spawn().err(),
    );
    refused("thread", std::thread::Builder::new().spawn(|| ()).err());
}

#[tokio::test]
async fn a_child_tells_which_locks_hold() {
    let locks = Sandbox::new(binary(), limits()).locks().await;
    assert!(locks.expect("answered").whole());
}
