//! Owns any bytes as an OpenDocument text, whole or as its parts. It refuses to know how it is read.

#![no_main]

use libfuzzer_sys::fuzz_target;

const FIRST: [(&str, &str); 1] = [("mimetype", "application/vnd.oasis.opendocument.text")];
const PARTS: [&str; 4] = [
    "content.xml",
    "styles.xml",
    "META-INF/manifest.xml",
    "meta.xml",
];

fuzz_target!(|bytes: &[u8]| phobien_fuzz::read_package(bytes, "a.odt", &FIRST, &PARTS));
