//! Owns what every fuzz target shares: small limits, packages made of their parts, and what must
//! hold of anything that was read. It refuses to know any format.

#![allow(dead_code, reason = "the floors above use the rest")]

#[path = "../../src/document/mod.rs"]
pub mod document;
#[path = "../../src/extract/mod.rs"]
pub mod extract;
#[path = "../../src/recognise/mod.rs"]
pub mod recognise;
#[path = "../../src/spelling/mod.rs"]
pub mod spelling;

use std::io::{Cursor, Write};

use document::{Contents, Disposition, Format, Policy, Reason, fingerprint, judge};
use extract::Limits;
use zip::write::SimpleFileOptions;
use zip::{CompressionMethod, ZipWriter};

/// Between the parts of a package in an input: no byte of any UTF-8 text.
const PART: u8 = 0xff;
/// An empty page costs nothing; a page's text may end within a line of the limit.
const TEXT_SLACK: usize = 64 * 1024;

/// Limits that an input of a few kilobytes can reach.
#[must_use]
pub fn limits() -> Limits {
    Limits {
        pages: 20,
        text: 200_000,
        zip_entries: 200,
        zip_part: 1_000_000,
        zip_total: 4_000_000,
        zip_ratio: 200,
    }
}

/// Reads a file as the sandbox's child does, and checks what came of it.
pub fn read(bytes: &[u8], name: &str) {
    let limits = limits();
    let contents = extract::read(bytes, name, &limits);
    let text: usize = contents.pages.iter().map(String::len).sum();
    assert!(
        contents.pages.len() <= limits.pages,
        "more pages than allowed"
    );
    assert!(
        text <= limits.text as usize + TEXT_SLACK,
        "{text} bytes of text"
    );
    assert_eq!(contents.finding == Some(Reason::Empty), bytes.is_empty());
    // Flowing formats only say how many pages they had when they were last printed.
    if let (Format::Pdf, Some(count)) = (contents.format, contents.page_count) {
        let read = contents.pages.len() as u32;
        assert!(read >= count || contents.unread_pages > 0 || contents.finding.is_some());
    }
    examine(&contents, name);
}

/// What follows extraction in the parent, outside the sandbox.
pub fn examine(contents: &Contents, name: &str) {
    let _ = fingerprint(contents);
    let read: [fn(&Contents, &str) -> _; 2] = [recognise::read, recognise::read_ocr];
    for read in read {
        let (facts, source) = read(contents, name);
        let (disposition, _) = judge(contents, &facts, source, &Policy::default());
        let closed =
            facts.secrecy.is_some() || contents.unread_pages > 0 || contents.finding.is_some();
        assert!(
            !closed || disposition != Disposition::Accept,
            "{contents:?}"
        );
    }
}

/// Pages of text as a reader gives them.
#[must_use]
pub fn pages(pages: Vec<String>) -> Contents {
    let mut contents = Contents::nothing(Format::Txt, Reason::Empty, "");
    (contents.finding, contents.detail) = (None, None);
    contents.pages = pages;
    contents
}

/// Reads a package: a whole ZIP as it is, anything else as the parts of one, so that the fuzzer
/// needs to know nothing of checksums.
pub fn read_package(bytes: &[u8], name: &str, first: &[(&str, &str)], parts: &[&str]) {
    if bytes.starts_with(b"PK") {
        return read(bytes, name);
    }
    let mut zip = ZipWriter::new(Cursor::new(Vec::new()));
    let stored = SimpleFileOptions::default().compression_method(CompressionMethod::Stored);
    let fixed = first.iter().map(|(name, text)| (*name, text.as_bytes()));
    let given = parts.iter().copied().zip(bytes.split(|b| *b == PART));
    for (part, text) in fixed.chain(given) {
        zip.start_file(part, stored).expect("a part begins");
        zip.write_all(text).expect("a part is written");
    }
    read(&zip.finish().expect("a package").into_inner(), name);
}
