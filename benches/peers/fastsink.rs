//! A fast SMTP sink for measuring a sending client: accepts everything, throws it away, counts.
//! It finds the end of data with glibc's memmem, so it costs far less than smtp-sink and shows the client's own limit.
//! Build: rustc -O fastsink.rs     Run: ./fastsink ADDRESS:PORT [EXPECT]
//! With EXPECT it ends after that many messages and prints `N messages, S s, R msg/s` from the first MAIL to the last dot.
use std::io::{Read, Write};
use std::net::TcpListener;
use std::sync::atomic::{AtomicU64, Ordering::SeqCst};
use std::sync::OnceLock;
use std::time::Instant;

extern "C" {
    fn memmem(hay: *const u8, hay_len: usize, needle: *const u8, needle_len: usize) -> *const u8;
}
fn find(hay: &[u8], needle: &[u8]) -> Option<usize> {
    let at = unsafe { memmem(hay.as_ptr(), hay.len(), needle.as_ptr(), needle.len()) };
    (!at.is_null()).then(|| at as usize - hay.as_ptr() as usize)
}
static FIRST: OnceLock<Instant> = OnceLock::new();
static MESSAGES: AtomicU64 = AtomicU64::new(0);

fn accepted(expect: u64) {
    let n = MESSAGES.fetch_add(1, SeqCst) + 1;
    if n == expect {
        let s = FIRST.get().unwrap().elapsed().as_secs_f64();
        println!("{n} messages, {s:.3} s, {:.0} msg/s", n as f64 / s);
        // give the last reply time to leave before the process ends
        std::thread::spawn(|| {
            std::thread::sleep(std::time::Duration::from_millis(500));
            std::process::exit(0)
        });
    }
}

fn main() {
    let mut args = std::env::args().skip(1);
    let place = args.next().expect("usage: fastsink ADDRESS:PORT [EXPECT]");
    let expect: u64 = args.next().and_then(|a| a.parse().ok()).unwrap_or(0);
    for stream in TcpListener::bind(place).expect("bind").incoming() {
        let mut s = stream.unwrap();
        s.set_nodelay(true).unwrap();
        std::thread::spawn(move || {
            let _ = s.write_all(b"220 sink ESMTP\r\n");
            let (mut buf, mut n, mut in_data) = (vec![0u8; 1 << 18], 0usize, false);
            let mut out: Vec<u8> = Vec::new();
            loop {
                let r = match s.read(&mut buf[n..]) {
                    Ok(0) | Err(_) => return,
                    Ok(r) => r,
                };
                n += r;
                let mut p = 0;
                loop {
                    if in_data {
                        match find(&buf[p..n], b"\r\n.\r\n") {
                            Some(e) => {
                                p += e + 5;
                                in_data = false;
                                out.extend_from_slice(b"250 2.0.0 Ok\r\n");
                                accepted(expect)
                            }
                            None => {
                                p = n - (n - p).min(4);
                                break;
                            }
                        }
                    } else {
                        let Some(e) = find(&buf[p..n], b"\n") else {
                            break;
                        };
                        match buf[p].to_ascii_uppercase() {
                            b'E' => out.extend_from_slice(b"250-sink\r\n250-PIPELINING\r\n250-8BITMIME\r\n250-SIZE 52428800\r\n250 SMTPUTF8\r\n"),
                            b'M' => { FIRST.get_or_init(Instant::now); out.extend_from_slice(b"250 2.1.0 Ok\r\n") }
                            b'D' => { out.extend_from_slice(b"354 go\r\n"); in_data = true }
                            b'Q' => { let _ = s.write_all(b"221 bye\r\n"); return }
                            _ => out.extend_from_slice(b"250 2.0.0 Ok\r\n"),
                        }
                        p += e + 1;
                    }
                }
                buf.copy_within(p..n, 0);
                n -= p;
                if !out.is_empty() {
                    let _ = s.write_all(&out);
                    out.clear()
                }
            }
        });
    }
}
