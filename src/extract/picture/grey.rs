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
    pub(super) fn unframed(mut self) -> Self {
        let (width, height) = (self.width as usize, self.height as usize);
        let mut seen = vec![false; self.pixels.len()];
        for start in 0..self.pixels.len() {
            if seen[start] || self.pixels[start] >= INK {
                continue;
            }
            let (mut piece, mut next) = (vec![start], 0);
            seen[start] = true;
            let (mut left, mut right, mut low) = (start % width, start % width, start / width);
            while let Some(at) = piece.get(next).copied() {
                next += 1;
                let (x, y) = (at % width, at / width);
                (left, right, low) = (left.min(x), right.max(x), low.max(y));
                for row in y.saturating_sub(1)..(y + 2).min(height) {
                    for column in x.saturating_sub(1)..(x + 2).min(width) {
                        let beside = row * width + column;
                        if !seen[beside] && self.pixels[beside] < INK {
                            seen[beside] = true;
                            piece.push(beside);
                        }
                    }
                }
            }
            let most = |part: usize, of: usize| part * 10 > of * 6;
            if most(right - left, width) && most(low - start / width, height) {
                piece.iter().for_each(|at| self.pixels[*at] = u8::MAX);
            }
        }
        self
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
