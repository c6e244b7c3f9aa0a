//! Owns the reading of what a file holds as pictures: scanned pages, and pictures where a stamp may
//! stand. It refuses to judge; whatever could be a secrecy mark is told as one.

use std::io;

use super::{Ingest, Result};
use crate::document::{Contents, Format, Policy, Reason, Scans, Secrecy, Sha256, TextSource};
use crate::extract::Part;
use crate::ledger::{LedgerError, decisions};
use crate::recognise;
use crate::sandbox::{Picture, Sandbox};

/// Pictures at the head that are read; a page with more waits for a person.
const HEAD_MAX: u32 = 4;

/// Degrees by which a picture at the head is turned until it can be read: stamps stand aslant.
const TURNS: [i16; 5] = [0, 8, -8, 16, -16];

/// What looking at a file's pictures gave.
#[derive(Debug, Default)]
pub(super) struct Seen {
    /// The contents with what was recognised; none where nothing was.
    pub(super) contents: Option<Contents>,
    /// A secrecy mark in a picture.
    pub(super) mark: Option<Secrecy>,
}

/// Recognises the first unread pages and the pictures at the head of page 1, as far as the office
/// wants it and this machine can.
pub(super) async fn read(
    sandbox: &Sandbox,
    bytes: &[u8],
    contents: &Contents,
    source: TextSource,
    policy: &Policy,
) -> io::Result<Seen> {
    let readable = matches!(contents.finding, None | Some(Reason::NoTextLayer));
    let Some(reading) = sandbox.reading().filter(|_| readable) else {
        return Ok(Seen::default());
    };
    let mut new = contents.clone();
    if is_illegible(contents, source) {
        let all = 1..=contents.page_count.unwrap_or(0);
        new.unread_pages = contents.page_count.unwrap_or(0);
        new.scans = Scans {
            pages: all.take(reading.pages).collect(),
            ..contents.scans.clone()
        };
    }
    let pages: Vec<u32> = new
        .scans
        .pages
        .iter()
        .copied()
        .take(reading.pages)
        .collect();
    let mut mark = None;
    for number in pages {
        mark = mark.max(read_page(sandbox, bytes, &mut new, number).await?);
    }
    if new.scans.read == 0 {
        // Text that was there is better than none.
        new = contents.clone();
    }
    if new.head_picture && mark.is_none() {
        mark = read_head(sandbox, bytes, &mut new).await?;
    }
    conclude(&mut new, policy);
    let changed = new != *contents;
    Ok(Seen {
        contents: changed.then_some(new),
        mark,
    })
}

impl Ingest<'_> {
    /// Paints the cover of a document whose bytes will be stored. That it cannot be painted is no
    /// fault of the document.
    pub(super) async fn cover(
        &self,
        sha256: Sha256,
        format: Format,
        bytes: &[u8],
    ) -> Result<Option<Vec<u8>>> {
        let paints = matches!(
            format,
            Format::PdfText | Format::PdfScan | Format::Jpeg | Format::Png
        );
        if !paints || self.ledger.cover(sha256).await?.is_some() {
            return Ok(None);
        }
        let painted = self.sandbox.paint(bytes, Part::Cover).await;
        Ok(painted.ok().flatten())
    }

    /// Stores a cover beside the bytes that it shows, where they were stored.
    pub(super) async fn keep_cover(&self, sha256: Sha256, cover: Option<Vec<u8>>) -> Result<()> {
        let Some(png) = cover else {
            return Ok(());
        };
        if self.ledger.lacks_cover(sha256).await? {
            let mut tx = self.ledger.begin().await?;
            decisions::keep_cover(&mut tx, sha256, &png).await?;
            tx.commit().await.map_err(LedgerError::from)?;
        }
        Ok(())
    }
}

/// A PDF whose letters are there and say nothing (an unknown old font) is read as a scan.
fn is_illegible(contents: &Contents, source: TextSource) -> bool {
    contents.format == Format::PdfText
        && contents.unread_pages == 0
        && matches!(source, TextSource::Name | TextSource::None)
}

/// Puts the text of a painted page into its place; gives the mark that stands on it.
async fn read_page(
    sandbox: &Sandbox,
    bytes: &[u8],
    contents: &mut Contents,
    number: u32,
) -> io::Result<Option<Secrecy>> {
    let text = if contents.format == Format::Tiff {
        sandbox.recognise(bytes, Picture::TiffPage(number)).await?
    } else {
        recognise_part(sandbox, bytes, Part::Page(number), Picture::Page).await?
    };
    let Some(text) = text else {
        return Ok(None);
    };
    let mut mark = recognise::picture_mark(&text);
    if number == 1 {
        mark = mark.max(read_top(sandbox, bytes, mark.is_some()).await?);
    }
    if recognise::is_page(&text) {
        let at = number as usize - 1;
        if contents.pages.len() <= at {
            contents.pages.resize(at + 1, String::new());
        }
        contents.pages[at] = recognise::without_specks(&text);
        contents.scans.pages.retain(|page| *page != number);
        contents.scans.read += 1;
        contents.unread_pages = contents.unread_pages.saturating_sub(1);
        if number == 1 {
            // They were painted with the page.
            (contents.head_picture, contents.scans.head) = (false, 0);
        }
    }
    Ok(mark)
}

/// Looks for a mark at the top of page 1. A stamp beside the heading is lost among lines and
/// columns, slanted or in a frame it is taken for a drawing; few words are found apart. Where the
/// page itself showed a mark, one look tells its level.
async fn read_top(sandbox: &Sandbox, bytes: &[u8], marked: bool) -> io::Result<Option<Secrecy>> {
    let turns = if marked { &TURNS[..1] } else { &TURNS };
    for turn in turns.iter().copied() {
        let top = recognise_part(sandbox, bytes, Part::Top { turn }, Picture::Words).await?;
        if let Some(mark) = top.and_then(|text| recognise::picture_mark(&text)) {
            return Ok(Some(mark));
        }
    }
    Ok(None)
}

/// Reads the pictures at the head, each alone. They count as read only where each says something.
async fn read_head(
    sandbox: &Sandbox,
    bytes: &[u8],
    contents: &mut Contents,
) -> io::Result<Option<Secrecy>> {
    let mut read = 0;
    for index in 0..contents.scans.head.min(HEAD_MAX) {
        for turn in TURNS {
            let part = Part::Head { index, turn };
            let text = recognise_part(sandbox, bytes, part, Picture::Words).await?;
            match recognise::picture(&text.unwrap_or_default()) {
                recognise::Picture::Mark(level) => return Ok(Some(level)),
                recognise::Picture::Words => {
                    read += 1;
                    break;
                }
                recognise::Picture::Illegible => {}
            }
        }
    }
    contents.head_picture = read == 0 || read < contents.scans.head;
    if contents.scans.head == 0 {
        // Outlines: whether they are letters is seen only on the page.
        return read_top(sandbox, bytes, false).await;
    }
    Ok(None)
}

async fn recognise_part(
    sandbox: &Sandbox,
    bytes: &[u8],
    part: Part,
    picture: Picture,
) -> io::Result<Option<String>> {
    match sandbox.paint(bytes, part).await? {
        Some(png) => sandbox.recognise(&png, picture).await,
        None => Ok(None),
    }
}

/// What the finding of a scan is now: it goes where every page was read and the office trusts that.
fn conclude(contents: &mut Contents, policy: &Policy) {
    if contents.scans.read == 0 || contents.finding != Some(Reason::NoTextLayer) {
        return;
    }
    if contents.unread_pages == 0 && policy.ocr_trusted {
        (contents.finding, contents.detail) = (None, None);
        return;
    }
    contents.detail = Some(format!(
        "the pages are pictures: {} read by OCR, {} not read",
        contents.scans.read, contents.unread_pages
    ));
}
