//! Owns any bytes under the names of a text and of Markdown. It refuses to know how the file is read.

#![no_main]

use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    phobien_fuzz::read(bytes, "a.txt");
    phobien_fuzz::read(bytes, "a.md");
});
