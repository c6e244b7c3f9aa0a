//! Owns image files as scans: how many pages they have, how large they are, and a JPEG or PNG as
//! the only picture of a PDF page. It refuses to decode what claims too many pixels.

use crate::document::{Contents, Format, Reason, Scans};

/// Pixels of an image file, at most: A3 at 600 dots an inch. More is not decoded.
const PIXELS_MAX: u64 = 80_000_000;
/// Pages of a TIFF that are counted, at most.
const PAGES_MAX: u32 = 10_000;
/// The width at which image files are taken to have been scanned: A4, in points.
const PAPER: f64 = 595.0;

/// Reads an image file as a scan: its pages, none of them read.
pub(in crate::extract) fn read(bytes: &[u8], format: Format) -> Contents {
    let Some((pages, pixels)) = measure(bytes, format) else {
        let detail = "the picture's size cannot be read";
        return Contents::nothing(format, Reason::Damaged, detail);
    };
    let mut contents = Contents::nothing(
        format,
        Reason::NoTextLayer,
        "the file is a picture: it holds no text",
    );
    contents.page_count = Some(pages);
    contents.unread_pages = pages;
    if pixels > PIXELS_MAX {
        contents.detail = Some(format!(
            "the picture has {pixels} pixels: too many to be read"
        ));
    } else {
        contents.scans = Scans::of((1..=pages).collect());
    }
    contents
}

/// How many pages an image file has, and the pixels of the largest.
fn measure(bytes: &[u8], format: Format) -> Option<(u32, u64)> {
    let (width, height) = match format {
        Format::Jpeg => jpeg(bytes).map(|j| (j.width, j.height))?,
        Format::Png => (number(bytes, 16)?, number(bytes, 20)?),
        _ => return Tiff::of(bytes)?.pages(),
    };
    let pixels = u64::from(width) * u64::from(height);
    (pixels > 0).then_some((1, pixels))
}

fn number(bytes: &[u8], at: usize) -> Option<u32> {
    let four = bytes.get(at..at + 4)?;
    Some(u32::from_be_bytes(four.try_into().ok()?))
}

/// What a JPEG says of itself (ITU T.81, B.2.2; Exif 2.3, 4.6.4).
struct Jpeg {
    width: u32,
    height: u32,
    components: u8,
    /// Degrees clockwise by which it must be turned to stand upright.
    turn: u32,
}

fn jpeg(bytes: &[u8]) -> Option<Jpeg> {
    let (mut at, mut turn) = (2, 0);
    loop {
        // Fill bytes may stand before a marker.
        while *bytes.get(at)? == 0xff && *bytes.get(at + 1)? == 0xff {
            at += 1;
        }
        let (start, marker) = (*bytes.get(at)?, *bytes.get(at + 1)?);
        if start != 0xff || marker == 0xda {
            return None;
        }
        let two = |at: usize| Some(u16::from_be_bytes(bytes.get(at..at + 2)?.try_into().ok()?));
        let length = usize::from(two(at + 2)?).max(2);
        let body = bytes.get(at + 4..at + 2 + length)?;
        match marker {
            0xe1 if body.starts_with(b"Exif\0\0") => turn = turned(&body[6..]).unwrap_or(turn),
            0xc0..=0xcf if !matches!(marker, 0xc4 | 0xc8 | 0xcc) => {
                return Some(Jpeg {
                    height: two(at + 5)?.into(),
                    width: two(at + 7)?.into(),
                    components: *body.get(5)?,
                    turn,
                });
            }
            _ => {}
        }
        at += 2 + length;
    }
}

fn turned(exif: &[u8]) -> Option<u32> {
    let tiff = Tiff::of(exif)?;
    let (orientation, _) = tiff.entry(tiff.first()?, 0x0112)?;
    Some(match orientation {
        3 | 4 => 180,
        5 | 6 => 90,
        7 | 8 => 270,
        _ => 0,
    })
}

/// The directories of a TIFF (TIFF 6.0, section 2).
struct Tiff<'a> {
    bytes: &'a [u8],
    little: bool,
}

impl<'a> Tiff<'a> {
    fn of(bytes: &'a [u8]) -> Option<Self> {
        let little = match bytes.get(..4)? {
            b"II*\0" => true,
            b"MM\0*" => false,
            _ => return None,
        };
        Some(Self { bytes, little })
    }

    fn short(&self, at: usize) -> Option<u16> {
        let two = self.bytes.get(at..at.checked_add(2)?)?.try_into().ok()?;
        Some(if self.little {
            u16::from_le_bytes(two)
        } else {
            u16::from_be_bytes(two)
        })
    }

    fn long(&self, at: usize) -> Option<u32> {
        let four = self.bytes.get(at..at.checked_add(4)?)?.try_into().ok()?;
        Some(if self.little {
            u32::from_le_bytes(four)
        } else {
            u32::from_be_bytes(four)
        })
    }

    fn first(&self) -> Option<usize> {
        usize::try_from(self.long(4)?).ok()
    }

    /// The value of a tag in a directory, and where the next directory stands (0: nowhere).
    fn entry(&self, directory: usize, tag: u16) -> Option<(u32, usize)> {
        let count = usize::from(self.short(directory)?);
        let next = self.long(directory + 2 + count * 12)?;
        let at = (0..count)
            .map(|n| directory + 2 + n * 12)
            .find(|at| self.short(*at) == Some(tag))?;
        let value = match self.short(at + 2)? {
            3 => u32::from(self.short(at + 8)?),
            _ => self.long(at + 8)?,
        };
        Some((value, usize::try_from(next).ok()?))
    }

    /// How many pages there are, and the pixels of the largest. A chain that bites its tail ends
    /// at the limit.
    fn pages(&self) -> Option<(u32, u64)> {
        let (mut at, mut pages, mut largest) = (self.first()?, 0, 0);
        while at != 0 && pages < PAGES_MAX {
            let (width, next) = self.entry(at, 256)?;
            let (height, _) = self.entry(at, 257)?;
            largest = largest.max(u64::from(width) * u64::from(height));
            pages += 1;
            at = next;
        }
        (pages > 0 && largest > 0).then_some((pages, largest))
    }
}

/// A JPEG or PNG as the picture of a PDF's only page, upright and as wide as paper.
pub(super) fn as_pdf(bytes: &[u8], format: Format) -> Option<Vec<u8>> {
    let (_, pixels) = measure(bytes, format)?;
    if pixels > PIXELS_MAX {
        return None;
    }
    if format == Format::Jpeg {
        let it = jpeg(bytes)?;
        let colours = match it.components {
            1 => "/DeviceGray",
            3 => "/DeviceRGB",
            // Programs that write four colours into a JPEG write them inverted.
            4 => "/DeviceCMYK/Decode[1 0 1 0 1 0 1 0]",
            _ => return None,
        };
        let kind = format!("/Filter/DCTDecode/ColorSpace{colours}");
        return Some(wrap((it.width, it.height), it.turn, &kind, bytes));
    }
    let (size, pixels) = png_pixels(bytes)?;
    Some(wrap(size, 0, "/ColorSpace/DeviceRGB", &pixels))
}

/// The pixels of a PNG as red, green and blue on white paper.
fn png_pixels(bytes: &[u8]) -> Option<((u32, u32), Vec<u8>)> {
    let mut decoder = png::Decoder::new(std::io::Cursor::new(bytes));
    decoder.set_transformations(png::Transformations::normalize_to_color8());
    let mut reader = decoder.read_info().ok()?;
    let mut data = vec![0; reader.output_buffer_size()?];
    let frame = reader.next_frame(&mut data).ok()?;
    data.truncate(frame.buffer_size());
    let paper = |colour: u8, alpha: u8| {
        let lack = u16::from(255 - colour) * u16::from(alpha) / 255;
        255 - u8::try_from(lack).unwrap_or(u8::MAX)
    };
    let pixels = match frame.color_type {
        png::ColorType::Rgb => data,
        png::ColorType::Grayscale => data.iter().flat_map(|g| [*g; 3]).collect(),
        png::ColorType::GrayscaleAlpha => data
            .chunks_exact(2)
            .flat_map(|p| [paper(p[0], p[1]); 3])
            .collect(),
        png::ColorType::Rgba => data
            .chunks_exact(4)
            .flat_map(|p| [0, 1, 2].map(|n| paper(p[n], p[3])))
            .collect(),
        png::ColorType::Indexed => return None,
    };
    Some(((frame.width, frame.height), pixels))
}

/// A PDF of one page that is one picture.
fn wrap((width, height): (u32, u32), turn: u32, kind: &str, data: &[u8]) -> Vec<u8> {
    let (across, down) = (PAPER, PAPER * f64::from(height) / f64::from(width));
    let draw = format!("{across} 0 0 {down} 0 0 cm /P Do");
    let mut pdf = format!(
        "%PDF-1.7\n1 0 obj\n<</Type/Catalog/Pages 2 0 R>>\nendobj\n\
         2 0 obj\n<</Type/Pages/Kids[3 0 R]/Count 1>>\nendobj\n\
         3 0 obj\n<</Type/Page/Parent 2 0 R/MediaBox[0 0 {across} {down}]/Rotate {turn}\
         /Contents 4 0 R/Resources<</XObject<</P 5 0 R>> >> >>\nendobj\n\
         4 0 obj\n<</Length {}>>\nstream\n{draw}\nendstream\nendobj\n\
         5 0 obj\n<</Type/XObject/Subtype/Image/Width {width}/Height {height}\
         /BitsPerComponent 8{kind}/Length {}>>\nstream\n",
        draw.len(),
        data.len(),
    )
    .into_bytes();
    let begin = |pdf: &[u8], n: usize| {
        let mark = format!("{n} 0 obj");
        pdf.windows(mark.len()).position(|w| w == mark.as_bytes())
    };
    let places: Vec<usize> = (1..=5).filter_map(|n| begin(&pdf, n)).collect();
    pdf.extend_from_slice(data);
    pdf.extend_from_slice(b"\nendstream\nendobj\n");
    let table = pdf.len();
    pdf.extend_from_slice(b"xref\n0 6\n0000000000 65535 f \n");
    for place in places {
        pdf.extend_from_slice(format!("{place:010} 00000 n \n").as_bytes());
    }
    let end = format!("trailer\n<</Root 1 0 R/Size 6>>\nstartxref\n{table}\n%%EOF\n");
    pdf.extend_from_slice(end.as_bytes());
    pdf
}
