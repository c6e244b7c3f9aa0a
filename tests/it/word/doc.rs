//! Word documents written here, a case for each rule of the format that LibreOffice does not write:
//! many pieces, old versions, locks, macros, objects.

use std::io::{Cursor, Write};
use std::time::{Duration, Instant};

use phobien::document::{Format, Reason};

/// A compound file with these streams.
pub(super) fn compound(streams: &[(&str, &[u8])]) -> Vec<u8> {
    let mut file =
        cfb::CompoundFile::create_with_version(cfb::Version::V3, Cursor::new(Vec::new()))
            .expect("created");
    for (name, bytes) in streams {
        let folder = std::path::Path::new(name).parent().expect("a folder");
        file.create_storage_all(folder).expect("storages");
        let mut stream = file.create_stream(name).expect("a stream");
        stream.write_all(bytes).expect("written");
        stream.flush().expect("written");
    }
    file.flush().expect("written");
    file.into_inner().into_inner()
}

/// One stretch of text as a fast-saved file keeps it.
struct Piece {
    text: &'static str,
    /// One byte a character, in windows-1252.
    narrow: bool,
    /// The whole piece is a tracked deletion.
    deleted: bool,
}

fn piece(text: &'static str) -> Piece {
    Piece {
        text,
        narrow: false,
        deleted: false,
    }
}

/// The two streams of a document whose main text is these pieces.
fn word(pieces: &[Piece]) -> (Vec<u8>, Vec<u8>) {
    let mut main = vec![0; 1024];
    let mut positions = vec![0u32];
    let mut places = Vec::new();
    for piece in pieces {
        let start = u32::try_from(main.len()).expect("short");
        if piece.narrow {
            main.extend(piece.text.chars().map(|c| u32::from(c) as u8));
            places.push((start * 2) | 0x4000_0000);
        } else {
            main.extend(piece.text.encode_utf16().flat_map(u16::to_le_bytes));
            places.push(start);
        }
        let length = piece.text.encode_utf16().count();
        positions.push(positions.last().expect("one") + u32::try_from(length).expect("short"));
    }
    // A list of properties, then the table of pieces.
    let mut clx = vec![1, 3, 0, 0x00, 0x08, 1, 2];
    let size = u32::try_from(positions.len() * 4 + places.len() * 8).expect("short");
    clx.extend(size.to_le_bytes());
    clx.extend(positions.iter().flat_map(|n| n.to_le_bytes()));
    for (piece, place) in pieces.iter().zip(places) {
        clx.extend([0, 0]);
        clx.extend(place.to_le_bytes());
        clx.extend(u16::from(piece.deleted).to_le_bytes());
    }
    let mut put = |at: usize, bytes: &[u8]| main[at..at + bytes.len()].copy_from_slice(bytes);
    put(0, &[0xec, 0xa5, 0xc1, 0]);
    put(0x0a, &0x0200u16.to_le_bytes());
    put(0x4c, &positions.last().expect("one").to_le_bytes());
    put(0x1a2, &0u32.to_le_bytes());
    put(
        0x1a6,
        &u32::try_from(clx.len()).expect("short").to_le_bytes(),
    );
    (main, clx)
}

fn read(main: &[u8], table: &[u8], more: &[(&str, &[u8])]) -> phobien::document::Contents {
    let mut streams = vec![("/WordDocument", main), ("/1Table", table)];
    streams.extend_from_slice(more);
    super::read(&compound(&streams), "a.doc")
}

#[test]
fn pieces_follow_each_other_in_either_width() {
    let (main, table) = word(&[
        piece("Đảng uỷ "),
        Piece {
            narrow: true,
            ..piece("xã \u{96} ")
        },
        Piece {
            deleted: true,
            ..piece("bỏ ")
        },
        piece("Tân\u{1e}Lập\u{b}hai\r\u{13} PAGE \u{14}7\u{15}\u{13} X \u{15}\rcell\u{7}\t.\r"),
    ]);
    let contents = read(&main, &table, &[]);
    assert_eq!((contents.format, contents.finding), (Format::Doc, None));
    // The byte 0x96 of windows-1252 is a dash.
    let text = contents.pages.concat();
    assert_eq!(text.trim(), "Đảng uỷ xã – Tân-Lập\nhai\n7\ncell\n\t.");
    assert_eq!(contents.unread_pages, 0);
}

#[test]
fn what_is_locked_old_or_active() {
    let (main, table) = word(&[piece("Quyết định\r")]);
    let with = |at: usize, bytes: &[u8]| {
        let mut main = main.clone();
        main[at..at + bytes.len()].copy_from_slice(bytes);
        main
    };
    let macros: (&str, &[u8]) = ("/Macros/VBA/dir", &[1]);
    let object: (&str, &[u8]) = ("/ObjectPool/_1/\u{1}Ole", &[1]);
    for (main, more, finding) in [
        (main.clone(), vec![], None),
        (with(0x0a, &[0, 3]), vec![], Some(Reason::Encrypted)),
        (
            with(0, &[0xdc, 0xa5, 0x68, 0]),
            vec![],
            Some(Reason::Unsupported),
        ),
        (with(2, &[0x65, 0]), vec![], Some(Reason::Unsupported)),
        (with(0, &[9, 9]), vec![], Some(Reason::Damaged)),
        (with(0x1a6, &[0xff; 4]), vec![], Some(Reason::Damaged)),
        (with(0x4c, &[0xff; 4]), vec![], Some(Reason::Damaged)),
        (main.clone(), vec![macros], Some(Reason::Macro)),
        (main.clone(), vec![object], Some(Reason::ActiveContent)),
        (main[..40].to_vec(), vec![], Some(Reason::Damaged)),
    ] {
        let contents = read(&main, &table, &more);
        assert_eq!(contents.finding, finding, "{:?}", contents.detail);
        assert_eq!(contents.format, Format::Doc);
    }
    // More text promised than there is.
    let contents = read(&with(0x4c, &[200, 0, 0, 0]), &table, &[]);
    assert_eq!((contents.finding, contents.unread_pages), (None, 1));
    let dde = word(&[piece("a\u{13} DDEAUTO x \u{14}b\u{15}\r")]);
    let contents = read(&dde.0, &dde.1, &[]);
    assert_eq!(contents.finding, Some(Reason::ActiveContent));
}

#[test]
fn pieces_that_share_their_bytes_end_soon() {
    let long: &'static str = Box::leak("chữ ".repeat(50_000).into_boxed_str());
    let (mut main, _) = word(&[piece(long)]);
    let length = 200_000u32;
    let pieces = 20_000u32;
    let mut clx = vec![2];
    clx.extend(((pieces + 1) * 4 + pieces * 8).to_le_bytes());
    clx.extend((0..=pieces).flat_map(|n| (n * length / 2).to_le_bytes()));
    for _ in 0..pieces {
        clx.extend([0, 0]);
        clx.extend(1024u32.to_le_bytes());
        clx.extend([0, 0]);
    }
    main[0x4c..0x50].copy_from_slice(&(pieces * length / 2).to_le_bytes());
    let size = u32::try_from(clx.len()).expect("short");
    main[0x1a6..0x1aa].copy_from_slice(&size.to_le_bytes());
    let start = Instant::now();
    let contents = read(&main, &clx, &[]);
    assert_eq!(contents.unread_pages, 1);
    assert!(start.elapsed() < Duration::from_secs(60));
}

#[test]
fn a_list_of_sectors_that_swells_is_refused() {
    let (main, table) = word(&[piece("Quyết định\r")]);
    let mut bytes = compound(&[("/WordDocument", &main), ("/1Table", &table)]);
    let sector = u32::try_from(bytes.len() / 512 - 1).expect("short");
    // A hundred sectors that all name the first sector of the allocation table, over and over.
    for n in 1..=100 {
        let first = bytes[0x4c..0x50].repeat(127);
        bytes.extend(first);
        bytes.extend((sector + n).to_le_bytes());
    }
    bytes[0x44..0x48].copy_from_slice(&sector.to_le_bytes());
    let contents = super::read(&bytes, "a.doc");
    assert_eq!(contents.finding, Some(Reason::Bomb));
}
