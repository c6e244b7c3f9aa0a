//! Painting and image files: what is painted of what, and how little hostile sizes can ask for. It
//! refuses to need tesseract; `tests/run ocr` scores what is recognised.

use std::path::Path;

use phobien::document::{Format, Reason};
use phobien::extract::{Limits, Part, paint, read};

fn sample(name: &str) -> Vec<u8> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/pictures");
    std::fs::read(folder.join(name)).expect(name)
}

/// Width and height of a PNG.
fn size(png: &[u8]) -> (u32, u32) {
    let number = |at: usize| u32::from_be_bytes(png[at..at + 4].try_into().expect("four"));
    assert!(png.starts_with(b"\x89PNG"));
    (number(16), number(20))
}

#[test]
fn image_files_are_scans_with_pages() {
    for (name, format, pages) in [
        ("anh chup 88.jpg", Format::Jpeg, 1),
        ("31-HD-BTCTU.png", Format::Png, 1),
        ("1287-QD-UBND.tif", Format::Tiff, 2),
    ] {
        let contents = read(&sample(name), name, &Limits::default());
        assert_eq!(contents.format, format);
        assert_eq!(contents.page_count, Some(pages), "{name}");
        assert_eq!(contents.unread_pages, pages);
        assert_eq!(contents.scans.pages.len(), pages as usize);
        assert_eq!(contents.finding, Some(Reason::NoTextLayer));
    }
}

#[test]
fn covers_are_small() {
    for name in [
        "45-KH-TU.pdf",
        "66-KL-DU.pdf",
        "anh chup 88.jpg",
        "31-HD-BTCTU.png",
    ] {
        let png = paint(&sample(name), &Part::Cover).expect(name);
        let (width, height) = size(&png);
        assert!(width <= 200 && height <= 300 && width > 150, "{name}");
        assert!(png.len() < 40_000, "{name}: {}", png.len());
    }
    assert_eq!(paint(b"not a picture", &Part::Cover), None);
    assert_eq!(paint(&sample("1287-QD-UBND.tif"), &Part::Cover), None);
}

#[test]
fn pictures_at_the_head_are_painted_alone() {
    let pdf = sample("65-KL-DU.pdf");
    let contents = read(&pdf, "65-KL-DU.pdf", &Limits::default());
    assert_eq!((contents.head_picture, contents.scans.head), (true, 1));
    let head = |index, turn| paint(&pdf, &Part::Head { index, turn });
    let (width, height) = size(&head(0, 0).expect("a stamp"));
    assert!(width > height && width < 500, "{width} {height}");
    assert!(size(&head(0, 90).expect("turned")).0 < height + 40);
    assert_eq!(head(1, 0), None);
}

/// A PDF whose only page claims a size.
fn claims(media: &str, unit: &str) -> Vec<u8> {
    format!(
        "%PDF-1.7\n1 0 obj\n<</Type/Catalog/Pages 2 0 R>>\nendobj\n\
         2 0 obj\n<</Type/Pages/Kids[3 0 R]/Count 1>>\nendobj\n\
         3 0 obj\n<</Type/Page/Parent 2 0 R/MediaBox[{media}]/UserUnit {unit}/Contents 4 0 R>>\n\
         endobj\n4 0 obj\n<</Length 12>>\nstream\n0 0 9 9 re f \nendstream\nendobj\n\
         trailer\n<</Root 1 0 R/Size 9>>\nstartxref\n0\n%%EOF\n"
    )
    .into_bytes()
}

#[test]
fn no_page_is_painted_larger_than_paper() {
    for (media, unit) in [
        ("0 0 595 842", "1"),
        ("0 0 595 842", "75000"),
        ("0 0 1000000000 1000000000", "1"),
        ("0 0 2 100000000", "1"),
        ("-9e30 -9e30 9e30 9e30", "9e30"),
        ("0 0 0.0001 0.0001", "1"),
        ("5 5 5 5", "0"),
    ] {
        let pdf = claims(media, unit);
        for part in [Part::Page(1), Part::Top { turn: 8 }, Part::Cover] {
            if let Some(png) = paint(&pdf, &part) {
                let (width, height) = size(&png);
                let pixels = u64::from(width) * u64::from(height);
                assert!(pixels <= 9_010_000, "{media} {unit}: {width} x {height}");
            }
        }
    }
    assert!(paint(&claims("0 0 595 842", "1"), &Part::Page(1)).is_some());
    assert_eq!(paint(&claims("0 0 595 842", "1"), &Part::Page(2)), None);
    assert_eq!(paint(&claims("0 0 595 842", "1"), &Part::Page(0)), None);
}

#[test]
fn image_files_that_claim_too_much_are_not_decoded() {
    let mut png = sample("31-HD-BTCTU.png");
    png[16..24].copy_from_slice(&[0, 1, 0, 0, 0, 1, 0, 0]);
    let contents = read(&png, "a.png", &Limits::default());
    assert_eq!(contents.finding, Some(Reason::NoTextLayer));
    assert!(contents.scans.pages.is_empty() && contents.unread_pages == 1);
    assert_eq!(paint(&png, &Part::Page(1)), None);
    // A chain of directories that bites its own tail.
    let mut tiff = b"II*\0\x08\0\0\0\x02\0".to_vec();
    for tag in [[0, 1], [1, 1]] {
        tiff.extend_from_slice(&tag);
        tiff.extend_from_slice(&[4, 0, 1, 0, 0, 0, 9, 0, 0, 0]);
    }
    tiff.extend_from_slice(&[8, 0, 0, 0]);
    let contents = read(&tiff, "a.tif", &Limits::default());
    assert!(contents.page_count.is_some_and(|pages| pages <= 10_000));
}

#[test]
fn broken_image_files_are_damaged_or_unread() {
    for name in ["anh chup 88.jpg", "31-HD-BTCTU.png", "1287-QD-UBND.tif"] {
        let whole = sample(name);
        for length in (0..600).chain([whole.len() / 2]) {
            let contents = read(&whole[..length], name, &Limits::default());
            assert!(contents.finding.is_some(), "{name} {length}");
        }
    }
}
