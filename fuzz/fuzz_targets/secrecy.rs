//! Owns the law of the gate: whatever a text says, a mark that stands on a line of its own makes it
//! secret. It refuses to know how marks are found.

#![no_main]

use libfuzzer_sys::fuzz_target;
use phobien_fuzz::{recognise, spelling};

/// Marks as files give them: Unicode composed and decomposed, spaced, TCVN3, VNI, boxed.
const MARKS: [&str; 10] = [
    "MẬT",
    "TỐI MẬT",
    "TUYỆT MẬT",
    "MA\u{302}\u{323}T",
    "M  Ậ  T",
    "MËT",
    "TèI MËT",
    "MAÄT",
    "│ MẬT │",
    "  Mật  ",
];

/// The readers' own line ends.
const ENDS: [char; 3] = ['\n', '\r', '\x0c'];

/// "BẢO VỆ BÍ" above "MẬT" is a title that broke, the one case where the line above counts.
fn breaks_a_title(above: &str) -> bool {
    let letters: String = above
        .chars()
        .filter(|c| c.is_alphabetic() || c.is_whitespace())
        .collect();
    let plain = spelling::ascii(&letters).to_lowercase();
    let last = plain.split_whitespace().last().unwrap_or("");
    last.ends_with("bi") || last.ends_with("bao")
}

fuzz_target!(|bytes: &[u8]| {
    let [mark, line, rest @ ..] = bytes else {
        return;
    };
    let text = String::from_utf8_lossy(rest);
    let mark = MARKS[usize::from(*mark) % MARKS.len()];
    let mut lines: Vec<&str> = text.split(ENDS).collect();
    let at = usize::from(*line) % (lines.len() + 1);
    if lines[..at].iter().any(|above| breaks_a_title(above)) {
        return;
    }
    lines.insert(at, mark);
    let contents = phobien_fuzz::pages(vec!["Trang đầu.".to_owned(), lines.join("\n")]);
    let (facts, _) = recognise::read(&contents, "a.txt");
    assert!(
        facts.secrecy.is_some(),
        "{mark:?} on line {at} was let through"
    );
});
