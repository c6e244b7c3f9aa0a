//! Owns any text under any name: the first line is the name, form feeds part the pages. It refuses
//! to know what the facts should be.

#![no_main]

use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    let text = String::from_utf8_lossy(bytes);
    let (name, text) = text.split_once('\n').unwrap_or(("a.txt", &text));
    let pages = text.split('\x0c').map(str::to_owned).collect();
    phobien_fuzz::examine(&phobien_fuzz::pages(pages), name);
});
