//! Owns the tests of the figures for monitoring, as Prometheus asks for them. It refuses to know
//! how they are gathered.

use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::time::{Duration, Instant};

use super::desk::Desk;

/// A desk that gives out figures, and where.
fn desk() -> (Desk, u16) {
    let port = TcpListener::bind("127.0.0.1:0")
        .and_then(|free| free.local_addr())
        .unwrap()
        .port();
    let desk = Desk::open("maildir:thu");
    let text = std::fs::read_to_string(desk.path("phobien.toml")).unwrap();
    let more = format!("[metrics]\nlisten = \"127.0.0.1:{port}\"\n");
    let text = text.replace("[roster]", "settle = \"0s\"\n[roster]");
    desk.write("phobien.toml", &format!("{text}{more}"));
    (desk, port)
}

fn ask(port: u16, request: &str) -> Option<String> {
    let mut stream = TcpStream::connect(("127.0.0.1", port)).ok()?;
    stream
        .set_read_timeout(Some(Duration::from_secs(10)))
        .ok()?;
    stream.write_all(request.as_bytes()).ok()?;
    let mut answer = String::new();
    stream.read_to_string(&mut answer).ok()?;
    Some(answer)
}

/// Asks until the page holds the words.
fn until(port: u16, words: &str) -> String {
    let end = Instant::now() + Duration::from_secs(30);
    loop {
        let page = ask(port, "GET /metrics HTTP/1.1\r\nHost: a\r\n\r\n").unwrap_or_default();
        if page.contains(words) {
            return page;
        }
        assert!(Instant::now() < end, "{words}: {page}");
        std::thread::sleep(Duration::from_millis(200));
    }
}

#[test]
fn figures_are_given_out_and_name_nobody() {
    let (desk, port) = desk();
    desk.drop_document(41, "về công tác văn thư");
    desk.write("van-ban/khong-so.txt", "Kính mời các đồng chí dự họp.");
    let mut service = desk.start(&["run"]);
    until(port, "phobien_files{disposition=\"accept\"} 1");
    until(port, "phobien_attention{");
    desk.good(&["publish", "hang-ngay"]);
    until(port, "phobien_attempts_total{outcome=\"sent\"} 3");
    // They are on record a moment after they were counted.
    let page = until(port, "phobien_oldest_delivery_age_seconds 0.0");
    assert!(page.starts_with("HTTP/1.1 200 OK\r\n"), "{page}");
    for line in [
        "phobien_deliveries{state=\"pending\"} 0",
        "phobien_attempts_total{outcome=\"sent\"} 3",
        "phobien_schedule_last_due_timestamp_seconds{schedule=\"hang-ngay\"} ",
        "phobien_build_info{version=\"",
        "phobien_extractions_total 2",
        "# EOF",
    ] {
        assert!(page.contains(line), "{line}: {page}");
    }
    for file in ["grafana-dashboard.json", "prometheus-alerts.yml"] {
        let file = format!("{}/deploy/{file}", env!("CARGO_MANIFEST_DIR"));
        let asked = std::fs::read_to_string(&file).unwrap();
        let words = asked.split(|c: char| !c.is_ascii_lowercase() && c != '_');
        let figures = words.filter(|word| word.starts_with("phobien_"));
        for figure in figures.map(|word| word.trim_end_matches("_total").trim_end_matches("_info"))
        {
            let given = format!("# TYPE {figure} ");
            assert!(page.contains(&given), "{file}: {given}: {page}");
        }
    }
    for hidden in ["chi@mot.example", "Trần", "41-QĐ/TW", "DV00", "văn thư"] {
        assert!(!page.contains(hidden), "{hidden}: {page}");
    }
    let other = ask(port, "GET / HTTP/1.1\r\nHost: a\r\n\r\n").unwrap();
    assert!(other.starts_with("HTTP/1.1 404"), "{other}");
    let post = ask(port, "POST /metrics HTTP/1.1\r\nHost: a\r\n\r\n").unwrap();
    assert!(post.starts_with("HTTP/1.1 405"), "{post}");
    let noise = ask(port, "\u{16}\u{3}\u{1}\r\n\r\n").unwrap_or_default();
    assert!(!noise.contains("phobien_"), "{noise}");
    let long = format!(
        "GET /metrics HTTP/1.1\r\nA: {}\r\n\r\n",
        "x".repeat(100_000)
    );
    let long = ask(port, &long).unwrap_or_default();
    assert!(!long.contains("phobien_"), "{long}");
    until(port, "phobien_build_info");
    service.kill().unwrap();
    service.wait().unwrap();
}

#[test]
fn an_address_that_is_taken_stops_nothing_and_is_told() {
    let (desk, port) = desk();
    let _taken = TcpListener::bind(("127.0.0.1", port)).unwrap();
    let mut service = desk.start(&["run"]);
    let end = Instant::now() + Duration::from_secs(30);
    loop {
        let said = desk.type_in(&["status", "--json"]);
        if said.out.contains("nobody gets figures") {
            break;
        }
        if Instant::now() > end {
            service.kill().unwrap();
            let service = service.wait_with_output().unwrap();
            panic!("{said:?} {}", String::from_utf8_lossy(&service.stderr));
        }
        std::thread::sleep(Duration::from_millis(200));
    }
    assert!(service.try_wait().unwrap().is_none(), "it runs on");
    service.kill().unwrap();
    service.wait().unwrap();
}
