//! Owns any bytes as a Word document, whole or as its parts. It refuses to know how it is read.

#![no_main]

use libfuzzer_sys::fuzz_target;

const FIRST: [(&str, &str); 1] = [("[Content_Types].xml", "<Types/>")];
const PARTS: [&str; 8] = [
    "word/document.xml",
    "word/header1.xml",
    "word/footer1.xml",
    "word/footnotes.xml",
    "word/comments.xml",
    "word/styles.xml",
    "word/numbering.xml",
    "word/_rels/document.xml.rels",
];

fuzz_target!(|bytes: &[u8]| phobien_fuzz::read_package(bytes, "a.docx", &FIRST, &PARTS));
