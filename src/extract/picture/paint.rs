//! Owns the painting of PDF pages into grey pixels, whole or only the pictures at the head. It
//! refuses to paint more pixels than it was told to.

use hayro::vello_cpu::color::palette::css::WHITE;
use hayro::vello_cpu::{Pixmap, RasterizerSettings, RenderContext, Resources, TargetInit};
use hayro::{RenderCache, RenderSettings, render_into};
use hayro_interpret::font::GlyphRun;
use hayro_interpret::kurbo::{Affine, BezPath, Point, Rect};
use hayro_interpret::util::TransformExt;
use hayro_interpret::{
    BlendMode, ClipPath, Context, Device, DrawMode, DrawProps, Image, ImageData, ImageDrawProps,
    InterpreterCache, InterpreterSettings, LumaData, SoftMask, interpret_page,
};
use hayro_syntax::Pdf;
use hayro_syntax::page::Page;

use super::grey::{Grey, ink, whole};
use super::{SIDE_MAX, large};
use crate::extract::pdf::{HEAD, MARK_AREA_MIN};

/// Paints a page, from 1; `scale` gives pixels a point for its width and height in points.
pub(super) fn page(bytes: &[u8], number: u32, scale: fn(f64, f64) -> f64) -> Option<Grey> {
    let pdf = Pdf::new(bytes.to_vec()).ok()?;
    let page = pdf.pages().get(number.checked_sub(1)? as usize)?;
    let (width, height) = size(page)?;
    let scale = scale(width, height);
    let (across, down) = (side(width * scale)?, side(height * scale)?);
    let mut context = RenderContext::new(across, down);
    let transform = Affine::scale(scale) * page.initial_transform(true).to_kurbo();
    let settings = RenderSettings {
        // Scans of few dots are made larger smoothly.
        force_image_interpolation: true,
        ..RenderSettings::default()
    };
    let cache = RenderCache::new();
    let interpreter = InterpreterSettings::default();
    render_into(
        page,
        &cache,
        &interpreter,
        &settings,
        &mut context,
        transform,
    );
    context.flush();
    let mut pixmap = Pixmap::new(across, down);
    let paper = RasterizerSettings {
        target_init: TargetInit::Clear(WHITE),
        ..Default::default()
    };
    context.render_with(&mut pixmap, &mut Resources::default(), paper);
    let pixels = pixmap.data().iter().map(|p| ink(p.r, p.g, p.b)).collect();
    Some(Grey {
        width: u32::from(across),
        height: u32::from(down),
        pixels,
    })
}

/// The page's size in points, where it has one that can be painted.
fn size(page: &Page<'_>) -> Option<(f64, f64)> {
    let (width, height) = page.render_dimensions();
    let sane = |side: f32| side.is_finite() && side >= 1.0;
    (sane(width) && sane(height)).then(|| (f64::from(width), f64::from(height)))
}

fn side(pixels: f64) -> Option<u16> {
    u16::try_from(whole(pixels)).ok().filter(|side| *side > 0)
}

/// Paints one of the pictures that begin in the upper third of page 1, alone: what is written
/// across it would be taken for what it says.
pub(super) fn head(bytes: &[u8], index: u32, turn: i16) -> Option<Grey> {
    let pdf = Pdf::new(bytes.to_vec()).ok()?;
    let page = pdf.pages().first()?;
    let (width, height) = size(page)?;
    let cache = InterpreterCache::new();
    let mut context = Context::new(
        page.initial_transform(true).to_kurbo(),
        Rect::new(0.0, 0.0, width, height),
        &cache,
        pdf.xref(),
        InterpreterSettings::default(),
    );
    let mut pictures = Pictures {
        below: height * HEAD,
        left: index,
        turn: f64::from(turn).to_radians(),
        found: None,
    };
    interpret_page(page, &mut context, &mut pictures);
    pictures.found
}

/// Looks for one picture at the head.
struct Pictures {
    below: f64,
    left: u32,
    /// Radians clockwise.
    turn: f64,
    found: Option<Grey>,
}

impl Pictures {
    fn picture(&mut self, image: &Image<'_, '_>, transform: Affine) {
        let (width, height) = (f64::from(image.width()), f64::from(image.height()));
        let place = transform.transform_rect_bbox(Rect::new(0.0, 0.0, width, height));
        let area = transform.determinant().abs() * width * height;
        if self.found.is_some() || area < MARK_AREA_MIN || place.y0 >= self.below {
            return;
        }
        if self.left > 0 {
            self.left -= 1;
            return;
        }
        let draw = |decoded: &Decoded| {
            // From a place of the picture as it stands to a pixel of what was decoded.
            let fit = Affine::scale_non_uniform(
                f64::from(decoded.width) / width,
                f64::from(decoded.height) / height,
            );
            let turn = Affine::rotate_about(self.turn, place.center());
            let turned = turn.transform_rect_bbox(place);
            decoded.placed(turned, fit * transform.inverse() * turn.inverse())
        };
        match image {
            Image::Raster(raster) => raster.with_rgba(
                |data, alpha| {
                    self.found = Decoded::of(&data, alpha.as_ref()).and_then(|d| draw(&d))
                },
                None,
            ),
            Image::Stencil(stencil) => stencil.with_stencil(
                |mask, _| self.found = Decoded::stencil(&mask).and_then(|d| draw(&d)),
                None,
            ),
        }
    }
}

/// A picture's own pixels, laid on white paper.
struct Decoded {
    width: u32,
    height: u32,
    pixels: Vec<u8>,
}

impl Decoded {
    fn of(data: &ImageData, alpha: Option<&LumaData>) -> Option<Self> {
        let mut pixels: Vec<u8> = match data {
            ImageData::Rgb(rgb) => {
                let pixels = rgb.data.chunks_exact(3);
                pixels.map(|p| ink(p[0], p[1], p[2])).collect()
            }
            ImageData::Luma(luma) => luma.data.clone(),
        };
        let (width, height) = (data.width(), data.height());
        if let Some(alpha) = alpha.filter(|a| (a.width, a.height) == (width, height)) {
            for (pixel, alpha) in pixels.iter_mut().zip(&alpha.data) {
                *pixel = 255 - mean(255 - *pixel, *alpha);
            }
        }
        Self::whole(width, height, pixels)
    }

    /// Ink wherever the stencil lets it through, whatever its colour.
    fn stencil(mask: &LumaData) -> Option<Self> {
        let pixels = mask.data.iter().map(|through| 255 - through).collect();
        Self::whole(mask.width, mask.height, pixels)
    }

    fn whole(width: u32, height: u32, pixels: Vec<u8>) -> Option<Self> {
        let sound = pixels.len() as u64 == u64::from(width) * u64::from(height);
        (sound && !pixels.is_empty()).then_some(Self {
            width,
            height,
            pixels,
        })
    }

    /// The picture as it stands on the page, with a margin of white.
    fn placed(&self, place: Rect, back: Affine) -> Option<Grey> {
        const MARGIN: f64 = 16.0;
        let scale = large(place.width(), place.height());
        let sides = (place.width() * scale, place.height() * scale);
        let sane = |side: f64| side.is_finite() && (1.0..=SIDE_MAX).contains(&side);
        if !sane(sides.0) || !sane(sides.1) || !back.as_coeffs().iter().all(|c| c.is_finite()) {
            return None;
        }
        let (width, height) = (whole(sides.0 + 2.0 * MARGIN), whole(sides.1 + 2.0 * MARGIN));
        let mut pixels = Vec::with_capacity(width as usize * height as usize);
        for y in 0..height {
            for x in 0..width {
                let on_page = Point::new(
                    place.x0 + (f64::from(x) + 0.5 - MARGIN) / scale,
                    place.y0 + (f64::from(y) + 0.5 - MARGIN) / scale,
                );
                pixels.push(self.at(back * on_page));
            }
        }
        Some(Grey {
            width,
            height,
            pixels,
        })
    }

    /// The pixel at a place, mixed from its four neighbours; white outside.
    fn at(&self, place: Point) -> u8 {
        let (x, y) = (place.x - 0.5, place.y - 0.5);
        let (left, top) = (x.floor(), y.floor());
        let pixel = |across: f64, down: f64| {
            let inside = across >= 0.0
                && down >= 0.0
                && across < f64::from(self.width)
                && down < f64::from(self.height);
            let at = || whole(down) as usize * self.width as usize + whole(across) as usize;
            if inside {
                f64::from(self.pixels[at()])
            } else {
                255.0
            }
        };
        let mix = |a: f64, b: f64, part: f64| a + (b - a) * part;
        let upper = mix(pixel(left, top), pixel(left + 1.0, top), x - left);
        let under = (pixel(left, top + 1.0), pixel(left + 1.0, top + 1.0));
        let lower = mix(under.0, under.1, x - left);
        u8::try_from(whole(mix(upper, lower, y - top))).unwrap_or(u8::MAX)
    }
}

/// A share of a byte.
fn mean(value: u8, share: u8) -> u8 {
    u8::try_from(u16::from(value) * u16::from(share) / 255).unwrap_or(u8::MAX)
}

impl<'a> Device<'a> for Pictures {
    fn draw_image(&mut self, image: Image<'a, '_>, props: ImageDrawProps<'a>) {
        self.picture(&image, props.transform);
    }

    fn draw_glyph_run(&mut self, _: &GlyphRun<'_, 'a>, _: DrawProps<'a>, _: &DrawMode) {}
    fn draw_path(&mut self, _: &BezPath, _: DrawProps<'a>, _: &DrawMode) {}
    fn draw_rect(&mut self, _: &Rect, _: DrawProps<'a>, _: &DrawMode) {}
    fn push_clip_path(&mut self, _: &ClipPath) {}
    fn push_clip_rect(&mut self, _: &Rect) {}
    fn push_transparency_group(&mut self, _: f32, _: Option<SoftMask<'a>>, _: BlendMode) {}
    fn pop_clip(&mut self) {}
    fn pop_transparency_group(&mut self) {}
}
