//! Owns the letter's one colour: readable on paper and on a dark screen (WCAG 2.1 §1.4.3, AA). It
//! refuses to know where it is used.

/// The accent in light and in dark surroundings, `#rrggbb`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Accent {
    /// Text on white, and white text on it.
    pub light: String,
    /// Text on [`DARK`], and [`DARK`] text on it.
    pub dark: String,
}

/// The sheet's ground on a dark screen.
pub(super) const DARK: &str = "#1f1f21";

/// Contrast of small text (AA), with a little to spare for rounding.
const CONTRAST: f64 = 4.6;

/// The office's red, where the configured colour is none.
const DEFAULT: [u8; 3] = [0x9b, 0x1c, 0x1c];

impl Accent {
    /// The nearest readable colours to a configured one.
    pub(super) fn of(text: &str) -> Self {
        let colour = parse(text).unwrap_or(DEFAULT);
        let ground = parse(DARK).unwrap_or([0; 3]);
        Self {
            light: towards(colour, 0, [255; 3]),
            dark: towards(colour, 255, ground),
        }
    }
}

fn parse(text: &str) -> Option<[u8; 3]> {
    let digits = text.strip_prefix('#').filter(|d| d.len() == 6)?;
    let number = u32::from_str_radix(digits, 16).ok()?;
    let [_, colour @ ..] = number.to_be_bytes();
    Some(colour)
}

/// Mixes `goal` into the colour until it stands out from the ground.
fn towards(colour: [u8; 3], goal: u8, ground: [u8; 3]) -> String {
    let mixed = |step: u16| {
        colour.map(|c| {
            let (c, goal) = (u16::from(c), u16::from(goal));
            u8::try_from((c * (20 - step) + goal * step) / 20).unwrap_or(u8::MAX)
        })
    };
    let readable = (0..20)
        .map(mixed)
        .find(|c| contrast(*c, ground) >= CONTRAST);
    let [r, g, b] = readable.unwrap_or([goal; 3]);
    format!("#{r:02x}{g:02x}{b:02x}")
}

fn contrast(a: [u8; 3], b: [u8; 3]) -> f64 {
    let (a, b) = (luminance(a), luminance(b));
    (a.max(b) + 0.05) / (a.min(b) + 0.05)
}

fn luminance(colour: [u8; 3]) -> f64 {
    let linear = colour.map(|c| {
        let c = f64::from(c) / 255.0;
        if c <= 0.03928 {
            c / 12.92
        } else {
            ((c + 0.055) / 1.055).powf(2.4)
        }
    });
    0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_accent_is_readable() {
        for text in [
            "#9b1c1c", "#ffff00", "#000000", "#ffffff", "red", "#12345", "#é1234",
        ] {
            let accent = Accent::of(text);
            let on = |c: &str, ground| contrast(parse(c).expect(c), ground);
            assert!(on(&accent.light, [255; 3]) >= 4.5, "{text} {accent:?}");
            assert!(
                on(&accent.dark, parse(DARK).expect(DARK)) >= 4.5,
                "{text} {accent:?}"
            );
        }
        assert_eq!(Accent::of("#9b1c1c").light, "#9b1c1c");
    }
}
