//! Owns a grey picture in memory: making it smaller, writing it as PNG. It refuses to know what is
//! on it.

/// Grey pixels, row by row; 0 is black.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Grey {
    pub(super) width: u32,
    pub(super) height: u32,
    pub(super) pixels: Vec<u8>,
}

/// Darker than this is ink.
const INK: u8 = 200;
/// Pixels of a frame's shorter side, at least: its letters are of 12 points or more.
const FRAME_MIN: usize = 80;
/// Pixels of a slanted line, at least.
const LINE_MIN: usize = 150;

/// Ink that hangs together: its pixels, and from where to where it reaches.
struct Piece {
    pixels: Vec<usize>,
    across: (usize, usize),
    down: (usize, usize),
}

impl Piece {
    fn width(&self) -> usize {
        self.across.1 - self.across.0
    }

    fn height(&self) -> usize {
        self.down.1 - self.down.0
    }
}

impl Grey {
    /// The same picture no larger than this, each pixel the mean of those it stands for.
    pub(super) fn within(&self, width: u32, height: u32) -> Self {
        let fit = (f64::from(width) / f64::from(self.width))
            .min(f64::from(height) / f64::from(self.height))
            .min(1.0);
        let size = |side: u32| whole(f64::from(side) * fit).max(1);
        let (across, down) = (size(self.width), size(self.height));
        let span = |at: u32, new: u32, old: u32| {
            let edge = |n: u32| u64::from(n) * u64::from(old) / u64::from(new);
            (edge(at) as usize, edge(at + 1).max(edge(at) + 1) as usize)
        };
        let row = self.width as usize;
        let mut pixels = Vec::with_capacity(across as usize * down as usize);
        for y in 0..down {
            let (top, bottom) = span(y, down, self.height);
            for x in 0..across {
                let (left, right) = span(x, across, self.width);
                let sum: u64 = (top..bottom)
                    .flat_map(|line| &self.pixels[line * row + left..line * row + right])
                    .map(|pixel| u64::from(*pixel))
                    .sum();
                let count = (bottom - top) * (right - left);
                pixels.push(u8::try_from(sum / count as u64).unwrap_or(u8::MAX));
            }
        }
        Self {
            width: across,
            height: down,
            pixels,
        }
    }

    /// The upper third.
    pub(super) fn top(mut self) -> Self {
        self.height = self.height.div_ceil(3);
        self.pixels
            .truncate(self.width as usize * self.height as usize);
        self
    }

    /// Without the frame: ink that hangs together and reaches over most of both sides.
    pub(super) fn unframed(self) -> Self {
        let most = |part: usize, of: u32| part * 10 > of as usize * 6;
        let (width, height) = (self.width, self.height);
        self.without(|piece| most(piece.width(), width) && most(piece.height(), height))
    }

    /// Without what is drawn around words, frames and seals: ink that hangs together, is larger
    /// than a letter of 300 dots an inch, and leaves most of its place white. Slanted lines are
    /// nearly all white.
    pub(super) fn undrawn(self) -> Self {
        self.without(|piece| {
            let (width, height) = (piece.width(), piece.height());
            let hollow = |share: usize| piece.pixels.len() * share < width * height;
            let frame = width.min(height) >= FRAME_MIN && hollow(5);
            frame || (width.max(height) >= LINE_MIN && hollow(10))
        })
    }

    /// Without the pieces of ink that are not wanted.
    fn without(mut self, unwanted: impl Fn(&Piece) -> bool) -> Self {
        let mut seen = vec![false; self.pixels.len()];
        for start in 0..self.pixels.len() {
            if seen[start] || self.pixels[start] >= INK {
                continue;
            }
            let piece = self.piece(start, &mut seen);
            if unwanted(&piece) {
                piece
                    .pixels
                    .iter()
                    .for_each(|at| self.pixels[*at] = u8::MAX);
            }
        }
        self
    }

    /// The ink that hangs together with that at `start`, which is the highest of it.
    fn piece(&self, start: usize, seen: &mut [bool]) -> Piece {
        let (width, height) = (self.width as usize, self.height as usize);
        let mut piece = Piece {
            pixels: vec![start],
            across: (start % width, start % width),
            down: (start / width, start / width),
        };
        let mut next = 0;
        seen[start] = true;
        while let Some(at) = piece.pixels.get(next).copied() {
            next += 1;
            let (x, y) = (at % width, at / width);
            piece.across = (piece.across.0.min(x), piece.across.1.max(x));
            piece.down.1 = piece.down.1.max(y);
            for row in y.saturating_sub(1)..(y + 2).min(height) {
                for column in x.saturating_sub(1)..(x + 2).min(width) {
                    let beside = row * width + column;
                    if !seen[beside] && self.pixels[beside] < INK {
                        seen[beside] = true;
                        piece.pixels.push(beside);
                    }
                }
            }
        }
        piece
    }

    /// The same picture turned by degrees clockwise about its middle; what is turned in is white.
    pub(super) fn turned(self, degrees: f64) -> Self {
        if degrees == 0.0 {
            return self;
        }
        let (sin, cos) = degrees.to_radians().sin_cos();
        let (width, height) = (f64::from(self.width), f64::from(self.height));
        let (middle, half) = (width / 2.0, height / 2.0);
        let mut pixels = Vec::with_capacity(self.pixels.len());
        for y in 0..self.height {
            for x in 0..self.width {
                let (right, down) = (f64::from(x) - middle, f64::from(y) - half);
                let from = (
                    (right * cos + down * sin + middle).round(),
                    (down * cos - right * sin + half).round(),
                );
                let inside = (0.0..width).contains(&from.0) && (0.0..height).contains(&from.1);
                let at = || whole(from.1) as usize * self.width as usize + whole(from.0) as usize;
                pixels.push(if inside { self.pixels[at()] } else { u8::MAX });
            }
        }
        Self { pixels, ..self }
    }

    /// As PNG with this many bits a pixel: 2, 4 or 8.
    pub(super) fn png(&self, bits: u8) -> Option<Vec<u8>> {
        let depth = match bits {
            2 => png::BitDepth::Two,
            4 => png::BitDepth::Four,
            _ => png::BitDepth::Eight,
        };
        let mut out = Vec::new();
        let mut encoder = png::Encoder::new(&mut out, self.width, self.height);
        encoder.set_color(png::ColorType::Grayscale);
        encoder.set_depth(depth);
        let mut writer = encoder.write_header().ok()?;
        if bits >= 8 {
            writer.write_image_data(&self.pixels).ok()?;
        } else {
            writer.write_image_data(&self.packed(bits)).ok()?;
        }
        writer.finish().ok()?;
        Some(out)
    }

    /// Pixels of few bits, several a byte, each row beginning a new one.
    fn packed(&self, bits: u8) -> Vec<u8> {
        let each = usize::from(8 / bits);
        let pack = |pixels: &[u8]| {
            let byte = |byte, pixel: &u8| (byte << bits) | (pixel >> (8 - bits));
            let missing = u32::from(bits) * (each - pixels.len()) as u32;
            pixels.iter().fold(0_u8, byte) << missing
        };
        self.pixels
            .chunks(self.width as usize)
            .flat_map(|row| row.chunks(each).map(pack))
            .collect()
    }
}

/// A size in pixels.
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "float to integer saturates"
)]
pub(super) fn whole(size: f64) -> u32 {
    size.round() as u32
}

/// How dark a colour is, ink of any colour taken for ink: a red stamp is as dark as its letters.
pub(super) fn ink(red: u8, green: u8, blue: u8) -> u8 {
    red.min(green).min(blue)
}
