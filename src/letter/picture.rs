//! Owns the pictures inside a letter: the office's logo and the first pages of documents. It
//! refuses to fetch any: what a letter shows travels with it.

use std::borrow::Cow;

use super::entry::{Cover, Entry};
use super::sheet::{Part, Segment, Sheet};
use super::{Frame, GISTS, Item, LOGO_MAX, Personal, Unfit};
use crate::edition::Note;

/// Content-ID of the logo.
pub(super) const LOGO_ID: &str = "logo@phobien.invalid";

/// Bytes of all covers of a letter; documents after those that fit are shown without.
const COVERS_MAX: usize = 96 * 1024;

/// Pixels across at which a cover is shown: half of what it has, for screens with small pixels.
const COVER_WIDTH: u32 = 84;

/// A picture that travels inside the message.
#[derive(Clone, Debug)]
pub(super) struct Picture<'a> {
    /// Its Content-ID (RFC 2392), without brackets.
    pub id: Cow<'static, str>,
    pub bytes: &'a [u8],
    pub media_type: &'static str,
}

/// The office's logo, where there is one that mail readers show.
pub(super) fn logo<'a>(frame: &Frame<'a>) -> Option<Picture<'a>> {
    let bytes = frame.words.logo.as_deref()?;
    let media_type = match bytes {
        _ if bytes.len() > LOGO_MAX => return None,
        [0x89, b'P', b'N', b'G', ..] => "image/png",
        [0xff, 0xd8, 0xff, ..] => "image/jpeg",
        _ => return None,
    };
    Some(Picture {
        id: Cow::Borrowed(LOGO_ID),
        bytes,
        media_type,
    })
}

/// The covers that fit, told to their entries. A document that was withdrawn is not shown again,
/// and a long letter is a list.
pub(super) fn covers<'a>(
    frame: &Frame<'_>,
    items: &'a [Item],
    entries: &mut [Entry],
) -> Vec<Picture<'a>> {
    // Where little fits, the documents themselves come first.
    let tenth = usize::try_from(frame.message_size_max / 10).unwrap_or(COVERS_MAX);
    let (mut pictures, mut room) = (Vec::new(), COVERS_MAX.min(tenth));
    if items.len() > GISTS {
        return pictures;
    }
    for (item, entry) in items.iter().zip(entries) {
        let shown = matches!(item.note, Note::New | Note::Correction);
        let Some(png) = item.cover.as_deref().filter(|_| shown) else {
            continue;
        };
        let Some((width, height)) = size(png).filter(|_| png.len() <= room) else {
            continue;
        };
        room -= png.len();
        let id = format!("trang-1-{}@phobien.invalid", entry.number);
        entry.cover = Some(Cover {
            id: id.clone(),
            width: COVER_WIDTH,
            height: (COVER_WIDTH * height).div_ceil(width),
        });
        pictures.push(Picture {
            id: Cow::Owned(id),
            bytes: png,
            media_type: "image/png",
        });
    }
    pictures
}

/// Width and height of a PNG (its first chunk, ISO 15948 §11.2.2) of the shape of a page.
fn size(png: &[u8]) -> Option<(u32, u32)> {
    let number = |at: usize| Some(u32::from_be_bytes(*png.get(at..)?.first_chunk()?));
    if !png.starts_with(b"\x89PNG\r\n\x1a\n") {
        return None;
    }
    let (width, height) = (number(16)?, number(20)?);
    let page = (1..=1000).contains(&width) && (1..=1000).contains(&height);
    (page && height <= width * 3).then_some((width, height))
}

impl Sheet {
    /// The page as this recipient sees it, with its pictures inside, to be opened by itself.
    ///
    /// # Errors
    /// As [`Sheet::fill`].
    pub fn page(&self, personal: &Personal) -> Result<String, Unfit> {
        let mut html = self.html(personal)?;
        for segment in &self.segments {
            let Segment::Static(Part::Frame, bytes) = segment else {
                continue;
            };
            for part in String::from_utf8_lossy(bytes).split("\r\n--") {
                if let Some((id, data)) = as_data(part) {
                    html = html.replace(&format!("\"cid:{id}\""), &format!("\"{data}\""));
                }
            }
        }
        Ok(html)
    }
}

/// A part of the message that is a picture: its Content-ID, and a `data:` link (RFC 2397).
fn as_data(part: &str) -> Option<(&str, String)> {
    let (head, body) = part.split_once("\r\n\r\n")?;
    let field = |name: &str| head.lines().find_map(|line| line.strip_prefix(name));
    let id = field("Content-ID: <")?.strip_suffix('>')?;
    let media_type = field("Content-Type: ")?;
    let base64: String = body.split_ascii_whitespace().collect();
    Some((id, format!("data:{media_type};base64,{base64}")))
}
