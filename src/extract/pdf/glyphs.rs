//! Owns what a page draws: its glyphs with their places, and how much of it is picture or curve.
//! It refuses to know about lines and words.

use std::collections::BTreeMap;
use std::rc::Rc;

use hayro_interpret::font::{Glyph, GlyphRun};
use hayro_interpret::hayro_cmap::BfString;
use hayro_interpret::kurbo::{Affine, BezPath, Point, Rect, Shape, Vec2};
use hayro_interpret::{
    BlendMode, ClipPath, Device, DrawMode, DrawProps, Image, ImageDrawProps, SoftMask,
};
use unicode_normalization::char::is_combining_mark;

use crate::spelling::legacy::Legacy;

/// One glyph in its place; units are points, y goes down.
#[derive(Clone, Debug)]
pub(super) struct Placed {
    /// What it reads.
    pub(super) text: String,
    /// Where its baseline begins.
    pub(super) at: Point,
    /// Where the next glyph of the run would begin.
    pub(super) end: Point,
    /// The height of the font.
    pub(super) em: f64,
    /// The font, where its name says that its letters are an old alphabet's.
    pub(super) font: Option<Rc<str>>,
}

/// Square points from which a picture may hold a readable mark; less is a rule or a dot.
pub(in crate::extract) const MARK_AREA_MIN: f64 = 150.0;

/// A path of fewer elements is a rule, a box or a box with round corners, no letter.
const OUTLINE_MIN: usize = 8;

/// Collects what a page draws.
pub(super) struct Canvas {
    pub(super) glyphs: Vec<Placed>,
    /// Letters that are painted, not laid invisible over a scan.
    pub(super) visible: usize,
    /// Glyphs whose font does not say what they read.
    pub(super) unnamed: usize,
    pub(super) pictures: usize,
    /// Area under pictures.
    pub(super) pictured: f64,
    /// How many pictures begin where a stamp may stand.
    pub(super) head_pictures: u32,
    /// Elements of paths.
    pub(super) curves: usize,
    /// Of them, those of outlines where a stamp may stand: letters drawn as curves, or an emblem.
    pub(super) head_curves: usize,
    /// True where the limit cut the text.
    pub(super) cut: bool,
    left: usize,
    /// What the names of the fonts met so far say, by the key of the font.
    fonts: BTreeMap<u128, Option<Rc<str>>>,
    /// How far below the top of the page a stamp may begin, in points.
    head: f64,
}

impl Canvas {
    /// An empty page with room for `limit` bytes of text, whose head ends at `head` points.
    pub(super) fn new(limit: usize, head: f64) -> Self {
        Self {
            glyphs: Vec::new(),
            visible: 0,
            unnamed: 0,
            pictures: 0,
            pictured: 0.0,
            head_pictures: 0,
            curves: 0,
            head_curves: 0,
            cut: false,
            left: limit,
            fonts: BTreeMap::new(),
            head,
        }
    }

    /// The font of a run, if its letters are an old alphabet's. Only fonts that stand in the file
    /// have names here; of the others the letters themselves must tell.
    fn font(&mut self, run: &GlyphRun<'_, '_>) -> Option<Rc<str>> {
        let Glyph::Outline(glyph) = &**run.glyphs().first()? else {
            return None;
        };
        let data = glyph.font_data()?;
        let said = || {
            let name = data.postscript_name.as_deref()?;
            Legacy::of_font(name).map(|_| Rc::from(name))
        };
        self.fonts
            .entry(data.cache_key)
            .or_insert_with(said)
            .clone()
    }

    fn glyph(&mut self, glyph: &Glyph<'_>, transform: Affine, seen: bool, font: Option<&Rc<str>>) {
        let text = match glyph.as_unicode().map(readable) {
            Some(text) if !text.chars().all(is_private) => Some(text),
            // An old alphabet's font has a letter at every number from 161 on.
            _ if font.is_some() => u8::try_from(glyph.char_code() & 0xff)
                .ok()
                .filter(|code| *code > 0xa0 || code.is_ascii_graphic())
                .map(|code| char::from(code).to_string()),
            text => text,
        };
        let Some(mut text) = text else {
            self.unnamed += 1;
            return;
        };
        if text == "-" && glyph.char_code() == 0xad {
            // WinAnsi calls this number a hyphen; in a TCVN3 font it is ư. A soft hyphen is both.
            text = "\u{ad}".to_owned();
        }
        // Noncharacters and private use: a font's own numbering, not what the page shows.
        if text.is_empty() || text.chars().all(is_private) {
            self.unnamed += 1;
            return;
        }
        if text.len() > self.left {
            self.cut = true;
            return;
        }
        self.left -= text.len();
        if seen && text.chars().any(char::is_alphabetic) {
            self.visible += 1;
        }
        let at = transform * Point::ZERO;
        let up = (transform * Point::new(0.0, 1000.0)) - at;
        let width = f64::from(advance(glyph));
        let end = transform * Point::new(width, 0.0);
        let em = up.hypot();
        if ![at.x, at.y, end.x, end.y, em].iter().all(|v| v.is_finite()) {
            return;
        }
        if let Some(last) = self.glyphs.last_mut()
            && text.chars().all(is_combining_mark)
            && near(last, at, em)
        {
            last.text.push_str(&text);
            return;
        }
        let font = font.cloned();
        self.glyphs.push(Placed {
            text,
            at,
            end,
            em,
            font,
        });
    }
}

/// A mark belongs to the glyph before it, wherever the font draws it from.
fn near(last: &Placed, at: Point, em: f64) -> bool {
    let reach = em.max(last.em) * 1.5;
    (at - last.at).hypot() < reach
}

fn is_private(c: char) -> bool {
    matches!(c, '\u{e000}'..='\u{f8ff}' | '\u{fffd}' | '\u{f0000}'..='\u{10ffff}')
}

fn advance(glyph: &Glyph<'_>) -> f32 {
    match glyph {
        Glyph::Outline(outline) => outline.advance_width().unwrap_or(0.0),
        Glyph::Type3(drawn) => drawn.advance_width().unwrap_or(0.0),
    }
}

/// What a glyph reads, blanks as blanks; control characters read nothing.
fn readable(text: BfString) -> String {
    let text = match text {
        BfString::Char(c) => c.to_string(),
        BfString::String(s) => s,
    };
    text.chars()
        .filter_map(|c| match c {
            '\t' | '\n' | '\r' | '\u{a0}' => Some(' '),
            c if c.is_control() => None,
            c => Some(c),
        })
        .collect()
}

impl<'a> Device<'a> for Canvas {
    fn draw_glyph_run(&mut self, run: &GlyphRun<'_, 'a>, props: DrawProps<'a>, mode: &DrawMode) {
        let seen = !matches!(mode, DrawMode::Invisible);
        let font = self.font(run);
        for glyph in run.glyphs() {
            let transform = props.transform * glyph.transform();
            self.glyph(glyph, transform, seen, font.as_ref());
        }
    }

    fn draw_image(&mut self, image: Image<'a, '_>, props: ImageDrawProps<'a>) {
        self.pictures += 1;
        let size = f64::from(image.width()) * f64::from(image.height());
        let area = props.transform.determinant().abs() * size;
        if area.is_finite() {
            self.pictured += area;
        }
        let sides = Rect::new(0.0, 0.0, image.width().into(), image.height().into());
        let top = props.transform.transform_rect_bbox(sides).y0;
        if area >= MARK_AREA_MIN && top < self.head {
            self.head_pictures = self.head_pictures.saturating_add(1);
        }
    }

    fn draw_path(&mut self, path: &BezPath, props: DrawProps<'a>, _: &DrawMode) {
        let count = path.elements().len();
        self.curves = self.curves.saturating_add(count);
        let place = || props.transform.transform_rect_bbox(path.bounding_box());
        if count >= OUTLINE_MIN && place().y0 < self.head {
            self.head_curves = self.head_curves.saturating_add(count);
        }
    }

    fn draw_rect(&mut self, _: &Rect, _: DrawProps<'a>, _: &DrawMode) {
        self.curves = self.curves.saturating_add(5);
    }

    fn push_clip_path(&mut self, _: &ClipPath) {}
    fn push_clip_rect(&mut self, _: &Rect) {}
    fn push_transparency_group(&mut self, _: f32, _: Option<SoftMask<'a>>, _: BlendMode) {}
    fn pop_clip(&mut self) {}
    fn pop_transparency_group(&mut self) {}
}

/// The direction a glyph runs in, in degrees to the nearest ten: 0 is upright text.
pub(super) fn direction(glyph: &Placed) -> i32 {
    let run: Vec2 = glyph.end - glyph.at;
    if run.hypot() < 1e-6 {
        return 0;
    }
    #[expect(
        clippy::cast_possible_truncation,
        reason = "an angle is at most 180 degrees"
    )]
    let degrees = run.atan2().to_degrees().round() as i32;
    // A scanner's skew of a few degrees still is upright text.
    (degrees + if degrees < 0 { -5 } else { 5 }) / 10 * 10
}
