//! Owns pictures: image files as scans with pages, and the painting of a page, of what stands at
//! its head, or of a cover. It refuses to know what a picture says.

mod file;
mod grey;
mod paint;

use std::panic::{AssertUnwindSafe, catch_unwind};

use serde::{Deserialize, Serialize};

use super::kind::Kind;
use crate::document::Format;
use grey::Grey;

pub(super) use file::read;

/// Which part of a file is painted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Part {
    /// A page, from 1, large enough for its letters to be recognised.
    Page(u32),
    /// The upper third of page 1, as large, turned by degrees clockwise, without what is drawn
    /// around words.
    Top {
        /// Degrees.
        turn: i16,
    },
    /// One of the pictures that stand where a stamp may stand on page 1, from 0, without what else
    /// is drawn there, turned by degrees clockwise; large enough for its letters to be recognised.
    /// A frame around it is left out: recognisers take what is framed for a drawing.
    Head {
        /// Which one.
        index: u32,
        /// Degrees.
        turn: i16,
    },
    /// Page 1 as a small picture: at most 200 pixels wide, 300 high and 40 000 bytes.
    Cover,
}

/// Pixels of a painted page, at most: A4 at 300 dots an inch, whatever the page claims to measure.
const PIXELS_MAX: f64 = 9_000_000.0;
/// Pixels along each side, at most.
const SIDE_MAX: f64 = 6000.0;
/// Dots an inch at which letters of 12 points are recognised well.
const DOTS: f64 = 300.0;
const POINTS: f64 = 72.0;
/// Width and height of a cover, pixels, and its bytes.
const COVER: (u32, u32) = (200, 300);
const COVER_BYTES: usize = 40_000;

/// Paints a part of a file as a grey PNG. None where the file has no such part, or none that can be
/// painted. The bytes are hostile: a panic of a reader is none; against hangs and lack of memory
/// call it in a sandbox.
#[must_use]
pub fn paint(bytes: &[u8], part: &Part) -> Option<Vec<u8>> {
    catch_unwind(AssertUnwindSafe(|| paint_kind(bytes, *part))).ok()?
}

fn paint_kind(bytes: &[u8], part: Part) -> Option<Vec<u8>> {
    let wrapped;
    let pdf = match Kind::of(bytes) {
        Kind::Pdf => bytes,
        Kind::Other(format @ (Format::Jpeg | Format::Png)) => {
            wrapped = file::as_pdf(bytes, format)?;
            &wrapped
        }
        _ => return None,
    };
    match part {
        Part::Page(number) => paint::page(pdf, number, large)?.png(8),
        Part::Top { turn } => {
            let top = paint::page(pdf, 1, large)?.top().undrawn();
            top.turned(f64::from(turn)).png(8)
        }
        Part::Head { index, turn } => paint::head(pdf, index, turn)?.unframed().png(8),
        Part::Cover => cover(&paint::page(pdf, 1, small)?),
    }
}

/// Pixels a point of a page to be recognised.
fn large(width: f64, height: f64) -> f64 {
    (DOTS / POINTS)
        .min((PIXELS_MAX / (width * height)).sqrt())
        .min(SIDE_MAX / width.max(height))
}

/// Pixels a point of a page to be shown: twice the cover, made smooth by halving.
fn small(width: f64, height: f64) -> f64 {
    let (across, down) = (f64::from(COVER.0), f64::from(COVER.1));
    2.0 * (across / width).min(down / height)
}

/// The cover with as many greys as its bytes allow.
fn cover(page: &Grey) -> Option<Vec<u8>> {
    let small = page.within(COVER.0, COVER.1);
    let shades = [8, 4, 2];
    shades
        .iter()
        .filter_map(|bits| small.png(*bits))
        .find(|png| png.len() < COVER_BYTES)
}
