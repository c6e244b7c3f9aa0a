//! Owns the reading of PDFs: which pages have text, which are pictures, what in a file is active.
//! It refuses to guess at letters that a font does not name.

mod active;
mod glyphs;
mod hidden;
mod layout;
mod objects;
mod replaced;

use hayro_interpret::util::TransformExt;
use hayro_interpret::{Context, InterpreterCache, InterpreterSettings, interpret_page};
use hayro_syntax::page::Page;
use hayro_syntax::{DecryptionError, LoadPdfError, Pdf};

use super::{Limits, letters};
use crate::document::{Contents, Format, Reason, Scans};
use glyphs::Canvas;
use replaced::Replaced;

pub(super) use glyphs::MARK_AREA_MIN;

/// The share of a page's height, from the top, in which a stamp may begin.
pub(super) const HEAD: f64 = 1.0 / 3.0;
/// Unread pages that are told by number, at most.
const PAINTED_MAX: usize = 10_000;
/// How near its end a whole PDF has its end mark (ISO 32000-1 annex H, note 18 says 1024; some
/// servers append a few lines).
const END_WITHIN: usize = 4096;
/// Fewer letters than this beside a picture: the picture is the page.
const LETTERS_MIN: usize = 20;
/// Under a picture of half the page, fewer letters than this are a signature's note, not a page.
const LETTERS_BESIDE_SCAN: usize = 200;
/// Outlines of more parts than this may be letters drawn as curves.
const CURVES_MAX: usize = 200;
/// As many at the head may be a mark: three letters have more.
const HEAD_CURVES_MAX: usize = 24;

/// Reads a PDF.
pub(super) fn read(bytes: &[u8], limits: &Limits) -> Contents {
    if !has_end(bytes) {
        let detail = "the file is cut short: its end mark is missing";
        return Contents::nothing(Format::Pdf, Reason::Damaged, detail);
    }
    let pdf = match Pdf::new(bytes.to_vec()) {
        Ok(pdf) => pdf,
        Err(error) => return refused(error),
    };
    if pdf.pages().is_empty() {
        let detail = "the file holds no page that can be found";
        return Contents::nothing(Format::Pdf, Reason::Damaged, detail);
    }
    let mut contents = contents(read_pages(&pdf, limits), pdf.pages().len());
    contents.hidden.push_str(&hidden::properties(&pdf));
    let (bookmarks, all) = hidden::bookmarks(&pdf);
    contents.hidden.push_str(&bookmarks);
    let mut replaced = Replaced::new(limits.text);
    let looked = objects::all(&pdf, &mut replaced);
    pdf.pages()
        .iter()
        .take(limits.pages)
        .for_each(|page| replaced.page(page));
    contents.hidden.push_str(&replaced.hidden(&contents.pages));
    contents.unread_pages += u32::from(!all || !replaced.whole);
    if replaced.active || !looked {
        let detail = "the file carries scripts, launch actions or embedded files";
        contents.finding = Some(Reason::ActiveContent);
        contents.detail = Some(detail.to_owned());
    } else if contents.finding.is_none() && hidden::has_layers_off(&pdf) {
        contents.unread_pages += 1;
        contents.detail = Some("the file has layers that no page shows".to_owned());
    }
    contents
}

fn has_end(bytes: &[u8]) -> bool {
    let tail = &bytes[bytes.len().saturating_sub(END_WITHIN)..];
    tail.windows(5).any(|w| w == b"%%EOF")
}

fn refused(error: LoadPdfError) -> Contents {
    match error {
        LoadPdfError::Decryption(DecryptionError::PasswordProtected) => {
            let detail = "the file opens only with a password";
            Contents::nothing(Format::Pdf, Reason::Encrypted, detail)
        }
        LoadPdfError::Decryption(_) => {
            let detail = "the file is encrypted in a way that cannot be read";
            Contents::nothing(Format::Pdf, Reason::Encrypted, detail)
        }
        LoadPdfError::Invalid => {
            let detail = "the structure of the file cannot be read";
            Contents::nothing(Format::Pdf, Reason::Damaged, detail)
        }
    }
}

/// One page as it was read.
struct Read {
    text: String,
    /// The words of its annotations, and letters that no line holds.
    notes: String,
    whole: bool,
    /// Pictures that begin where a stamp may stand.
    head_pictures: u32,
    /// Outlines stand there.
    head_drawn: bool,
}

fn read_pages(pdf: &Pdf, limits: &Limits) -> Vec<Read> {
    let cache = InterpreterCache::new();
    let mut left = usize::try_from(limits.text).unwrap_or(usize::MAX);
    let mut pages = Vec::new();
    for page in pdf.pages().iter().take(limits.pages) {
        let read = read_page(pdf, page, &cache, left);
        left -= (read.text.len() + read.notes.len()).min(left);
        pages.push(read);
        if left == 0 {
            break;
        }
    }
    pages
}

fn read_page<'a>(
    pdf: &'a Pdf,
    page: &Page<'a>,
    cache: &InterpreterCache<'a>,
    limit: usize,
) -> Read {
    let (width, height) = page.render_dimensions();
    let area = kurbo_rect(width, height);
    let mut context = Context::new(
        page.initial_transform(true).to_kurbo(),
        area,
        cache,
        pdf.xref(),
        InterpreterSettings::default(),
    );
    let mut canvas = Canvas::new(limit, area.height() * HEAD);
    interpret_page(page, &mut context, &mut canvas);
    let head_pictures = canvas.head_pictures;
    let head_drawn = canvas.head_curves >= HEAD_CURVES_MAX;
    let scan = canvas.pictured >= area.area() / 2.0;
    let (visible, curves) = (canvas.visible, canvas.curves);
    let (unnamed, pictures, cut) = (canvas.unnamed, canvas.pictures, canvas.cut);
    let lonely = layout::lonely(&canvas.glyphs);
    let text = layout::lines(canvas.glyphs);
    let count = letters(&text);
    let (mut notes, all_notes) = hidden::notes(page, limit);
    notes.push_str(&lonely);
    let hides = (pictures > 0 && count < LETTERS_MIN)
        || (curves > CURVES_MAX && count == 0)
        || (scan && visible < LETTERS_BESIDE_SCAN)
        || unnamed > count;
    Read {
        text,
        notes,
        whole: !hides && !cut && all_notes,
        head_pictures,
        head_drawn,
    }
}

fn kurbo_rect(width: f32, height: f32) -> hayro_interpret::kurbo::Rect {
    hayro_interpret::kurbo::Rect::new(0.0, 0.0, f64::from(width), f64::from(height))
}

fn contents(read: Vec<Read>, page_count: usize) -> Contents {
    let page_count = u32::try_from(page_count).unwrap_or(u32::MAX);
    let good = read.iter().filter(|page| page.whole).count();
    let unread = page_count.saturating_sub(u32::try_from(good).unwrap_or(u32::MAX));
    let head = read.first().map_or(0, |page| page.head_pictures);
    let pages = (1..=page_count)
        .filter(|number| {
            read.get(*number as usize - 1)
                .is_none_or(|page| !page.whole)
        })
        .take(PAINTED_MAX)
        .collect();
    let lettered = read.iter().any(|p| p.whole && letters(&p.text) > 0);
    let pictures = "the pages are pictures: no text of theirs can be trusted";
    Contents {
        format: if lettered {
            Format::PdfText
        } else {
            Format::PdfScan
        },
        page_count: Some(page_count),
        head_picture: head > 0 || read.first().is_some_and(|page| page.head_drawn),
        scans: Scans {
            pages,
            read: 0,
            head,
        },
        hidden: read.iter().map(|page| page.notes.as_str()).collect(),
        pages: read.into_iter().map(|page| page.text).collect(),
        unread_pages: unread,
        finding: (!lettered).then_some(Reason::NoTextLayer),
        detail: (!lettered).then(|| pictures.to_owned()),
    }
}
