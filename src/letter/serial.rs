//! Owns how a sheet is kept: a version, its language and subject, then its pieces, each with its
//! length, and at the end the hash of all that. It refuses to know what the pieces say; stored
//! bytes are read as hostile.

use super::sheet::{Hole, Part, Segment, Sheet};
use crate::document::Sha256;
use crate::organisation::Language;

/// Opens every stored sheet; the last byte is the version of the layout.
const MAGIC: [u8; 4] = *b"PhS\x02";
/// The layout before, which had no hash; an edition of that time may still be under way.
const UNSEALED: [u8; 4] = *b"PhS\x01";
/// The hash at the end.
const SEAL: usize = 32;

/// Pieces of a sheet at most.
const SEGMENTS_MAX: usize = 10_000;

/// The first byte of a piece: fixed bytes, hole, attachment.
const STATIC: u8 = 0;
const HOLE: u8 = 1;
const ATTACHMENT: u8 = 2;

/// Bytes that are no sheet of a layout this program knows.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not a stored sheet, altered since, or of another version")]
pub struct NoSheet;

impl Sheet {
    /// For the ledger.
    #[must_use]
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut out = MAGIC.to_vec();
        out.push(index(Language::ALL, &self.language));
        put(self.subject.as_bytes(), &mut out);
        for segment in &self.segments {
            match segment {
                Segment::Static(part, bytes) => {
                    out.extend([STATIC, index(&Part::ALL, part)]);
                    put(bytes, &mut out);
                }
                Segment::Hole(hole) => out.extend([HOLE, index(&Hole::ALL, hole)]),
                Segment::Attachment { sha256, len } => {
                    out.push(ATTACHMENT);
                    out.extend(sha256.0);
                    out.extend(len.to_be_bytes());
                }
            }
        }
        let seal = Sha256::of(&out).0;
        out.extend(seal);
        out
    }

    /// The sheet again.
    ///
    /// # Errors
    /// [`NoSheet`], whatever is wrong with the bytes.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, NoSheet> {
        let mut rest = match bytes.first_chunk() {
            Some(&UNSEALED) => bytes,
            Some(&MAGIC) => unsealed(bytes)?,
            _ => return Err(NoSheet),
        };
        let _: [u8; MAGIC.len()] = array(&mut rest)?;
        let language = nth(Language::ALL, &mut rest)?;
        let subject = String::from_utf8(get(&mut rest)?.to_vec()).map_err(|_| NoSheet)?;
        let mut segments = Vec::new();
        while let [tag, tail @ ..] = rest {
            rest = tail;
            segments.push(match *tag {
                STATIC => Segment::Static(nth(&Part::ALL, &mut rest)?, get(&mut rest)?.to_vec()),
                HOLE => Segment::Hole(nth(&Hole::ALL, &mut rest)?),
                ATTACHMENT => Segment::Attachment {
                    sha256: Sha256(array(&mut rest)?),
                    len: u64::from_be_bytes(array(&mut rest)?),
                },
                _ => return Err(NoSheet),
            });
            if segments.len() > SEGMENTS_MAX {
                return Err(NoSheet);
            }
        }
        Ok(Self {
            language,
            subject,
            segments,
        })
    }
}

/// What the hash at the end is of. A database has no checksums of its own: a byte that a disk
/// turned over would go out to everybody.
fn unsealed(bytes: &[u8]) -> Result<&[u8], NoSheet> {
    let (sheet, seal) = bytes.split_last_chunk::<SEAL>().ok_or(NoSheet)?;
    if Sha256::of(sheet).0 == *seal {
        Ok(sheet)
    } else {
        Err(NoSheet)
    }
}

fn index<T: PartialEq>(all: &[T], one: &T) -> u8 {
    let at = all.iter().position(|other| other == one);
    at.and_then(|at| u8::try_from(at).ok()).unwrap_or(u8::MAX)
}

fn nth<T: Copy>(all: &[T], rest: &mut &[u8]) -> Result<T, NoSheet> {
    let [at] = array(rest)?;
    all.get(usize::from(at)).copied().ok_or(NoSheet)
}

fn put(bytes: &[u8], out: &mut Vec<u8>) {
    out.extend((bytes.len() as u64).to_be_bytes());
    out.extend_from_slice(bytes);
}

fn get<'a>(rest: &mut &'a [u8]) -> Result<&'a [u8], NoSheet> {
    let len = usize::try_from(u64::from_be_bytes(array(rest)?)).map_err(|_| NoSheet)?;
    let (bytes, tail) = rest.split_at_checked(len).ok_or(NoSheet)?;
    *rest = tail;
    Ok(bytes)
}

fn array<const N: usize>(rest: &mut &[u8]) -> Result<[u8; N], NoSheet> {
    let (bytes, tail) = rest.split_first_chunk::<N>().ok_or(NoSheet)?;
    *rest = tail;
    Ok(*bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sheet() -> Sheet {
        Sheet {
            language: Language::En,
            subject: "Đính chính".to_owned(),
            segments: vec![
                Segment::Static(Part::Frame, b"A: b\r\n".to_vec()),
                Segment::Hole(Hole::TableHtml),
                Segment::Static(Part::Html, Vec::new()),
                Segment::Attachment {
                    sha256: Sha256([7; 32]),
                    len: u64::MAX,
                },
            ],
        }
    }

    #[test]
    fn a_sheet_comes_back() {
        let bytes = sheet().to_bytes();
        assert_eq!(Sheet::from_bytes(&bytes), Ok(sheet()));
        assert!(sheet().size_max() > u64::MAX / 2);
    }

    #[test]
    fn damaged_bytes_are_refused_without_harm() {
        let bytes = sheet().to_bytes();
        for cut in 0..bytes.len() {
            assert_eq!(Sheet::from_bytes(&bytes[..cut]), Err(NoSheet), "{cut}");
        }
        for at in 0..bytes.len() {
            let mut bad = bytes.clone();
            bad[at] ^= 1;
            assert_eq!(Sheet::from_bytes(&bad), Err(NoSheet), "{at}");
        }
    }

    #[test]
    fn a_sheet_of_the_layout_before_is_read_and_harmless_when_damaged() {
        let sealed = sheet().to_bytes();
        let mut bytes = sealed[..sealed.len() - SEAL].to_vec();
        bytes[..MAGIC.len()].copy_from_slice(&UNSEALED);
        assert_eq!(Sheet::from_bytes(&bytes), Ok(sheet()));
        for at in 0..bytes.len() {
            let mut bad = bytes.clone();
            bad[at] ^= 0xff;
            let _ = Sheet::from_bytes(&bad);
            let _ = Sheet::from_bytes(&bytes[..at]);
        }
    }
}
