//! Owns a sheet, the finished message of a bundle with named holes, and the letter that comes of
//! filling them. It refuses to know templates and MIME: it only joins pieces.

use std::borrow::Cow;

use super::{Personal, Unfit, attachment, quoted};
use crate::document::Sha256;
use crate::organisation::Language;

/// Bytes that the holes of a letter may take at most: To, Message-ID, two names, and a branch's
/// table twice, every character encoded.
pub(super) const HOLES_MAX: u64 = 160 * 1024;

/// Bytes that the holes of a letter without a table may take at most.
pub(super) const HOLES_PLAIN_MAX: u64 = 12 * 1024;

/// A place that a delivery fills.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Hole {
    To,
    MessageId,
    NameText,
    NameHtml,
    TableText,
    TableHtml,
    Token,
}

impl Hole {
    /// In the order of their numbers in a stored sheet.
    pub(super) const ALL: [Self; 7] = [
        Self::To,
        Self::MessageId,
        Self::NameText,
        Self::NameHtml,
        Self::TableText,
        Self::TableHtml,
        Self::Token,
    ];
}

/// Of what a fixed piece is part.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Part {
    /// Headers and boundaries.
    Frame,
    /// The plain text, quoted-printable.
    Text,
    /// The page, quoted-printable.
    Html,
}

impl Part {
    /// In the order of their numbers in a stored sheet.
    pub(super) const ALL: [Self; 3] = [Self::Frame, Self::Text, Self::Html];
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Segment {
    Static(Part, Vec<u8>),
    Hole(Hole),
    Attachment { sha256: Sha256, len: u64 },
}

/// The finished message of a bundle with named holes. Templates, configuration and facts are not
/// consulted after it is made; the ledger keeps it with the edition.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sheet {
    pub(super) language: Language,
    pub(super) subject: String,
    pub(super) segments: Vec<Segment>,
}

/// A message ready to be written, in pieces that borrow from the sheet.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Letter<'a> {
    /// In the order of the message.
    pub pieces: Vec<Piece<'a>>,
}

/// A piece of a message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Piece<'a> {
    /// Bytes as sent.
    Bytes(Cow<'a, [u8]>),
    /// What [`super::encode_attachment`] made of the file with this hash and length.
    Attachment {
        /// Names the file.
        sha256: Sha256,
        /// Its bytes before encoding.
        len: u64,
    },
}

impl Sheet {
    /// The subject as people read it.
    #[must_use]
    pub fn subject(&self) -> &str {
        &self.subject
    }

    /// The files that the letter carries, in order, each once: hash and bytes.
    pub fn attachments(&self) -> impl Iterator<Item = (Sha256, u64)> + '_ {
        self.segments.iter().filter_map(|segment| match segment {
            Segment::Attachment { sha256, len } => Some((*sha256, *len)),
            Segment::Static(..) | Segment::Hole(_) => None,
        })
    }

    /// The pieces of [`Sheet::fill`] that are the same in every letter, by their place; none where
    /// a delivery fills it or a file goes.
    pub fn fixed(&self) -> impl Iterator<Item = Option<&[u8]>> {
        self.segments.iter().map(|segment| match segment {
            Segment::Static(_, bytes) => Some(&bytes[..]),
            Segment::Hole(_) | Segment::Attachment { .. } => None,
        })
    }

    /// Bytes that no letter of this sheet exceeds, attachments encoded.
    #[must_use]
    pub fn size_max(&self) -> u64 {
        let fixed: u64 = self
            .segments
            .iter()
            .map(|segment| match segment {
                Segment::Static(_, bytes) => bytes.len() as u64,
                Segment::Attachment { len, .. } => attachment::encoded_len(*len),
                Segment::Hole(_) => 0,
            })
            .fold(0, u64::saturating_add);
        let table = self.segments.contains(&Segment::Hole(Hole::TableHtml));
        fixed.saturating_add(if table { HOLES_MAX } else { HOLES_PLAIN_MAX })
    }

    /// The letter of one delivery: the same values, the same bytes.
    ///
    /// # Errors
    /// [`Unfit::Address`] and [`Unfit::MessageId`]; text of any kind is taken.
    pub fn fill(&self, personal: &Personal) -> Result<Letter<'_>, Unfit> {
        // Collected through a Result they would have no size to begin with.
        let mut pieces = Vec::with_capacity(self.segments.len());
        for segment in &self.segments {
            pieces.push(match segment {
                Segment::Static(_, bytes) => Piece::Bytes(Cow::Borrowed(bytes)),
                Segment::Hole(hole) => Piece::Bytes(Cow::Owned(self.filling(*hole, personal)?)),
                Segment::Attachment { sha256, len } => Piece::Attachment {
                    sha256: *sha256,
                    len: *len,
                },
            });
        }
        Ok(Letter { pieces })
    }

    fn filling(&self, hole: Hole, personal: &Personal) -> Result<Vec<u8>, Unfit> {
        Ok(match hole {
            Hole::To => personal.to_header()?,
            Hole::MessageId => personal.message_id_header()?,
            Hole::NameText => personal.name_text(),
            Hole::NameHtml => personal.name_html(),
            Hole::TableText => personal.table_text(self.language),
            Hole::TableHtml => personal.table_html(self.language),
            Hole::Token => personal.token(),
        })
    }

    /// The plain text as this recipient reads it.
    ///
    /// # Errors
    /// As [`Sheet::fill`].
    pub fn text(&self, personal: &Personal) -> Result<String, Unfit> {
        let holes = [Hole::NameText, Hole::TableText, Hole::Token];
        self.decoded(Part::Text, holes, personal)
    }

    /// The page as this recipient sees it. A logo stays a `cid:` of the message.
    ///
    /// # Errors
    /// As [`Sheet::fill`].
    pub fn html(&self, personal: &Personal) -> Result<String, Unfit> {
        let holes = [Hole::NameHtml, Hole::TableHtml, Hole::Token];
        self.decoded(Part::Html, holes, personal)
    }

    fn decoded(&self, part: Part, holes: [Hole; 3], who: &Personal) -> Result<String, Unfit> {
        let (mut encoded, mut within) = (Vec::new(), Part::Frame);
        for segment in &self.segments {
            if let Segment::Static(of, _) = segment {
                within = *of;
            }
            match segment {
                Segment::Static(of, bytes) if *of == part => encoded.extend_from_slice(bytes),
                // The token stands in both pages.
                Segment::Hole(Hole::Token) if within != part => {}
                Segment::Hole(hole) if holes.contains(hole) => {
                    encoded.extend(self.filling(*hole, who)?);
                }
                Segment::Static(..) | Segment::Hole(_) | Segment::Attachment { .. } => {}
            }
        }
        Ok(quoted::decode(&encoded))
    }
}

impl Letter<'_> {
    /// Bytes of the whole message.
    #[must_use]
    pub fn size(&self) -> u64 {
        let of = |piece: &Piece<'_>| match piece {
            Piece::Bytes(bytes) => bytes.len() as u64,
            Piece::Attachment { len, .. } => attachment::encoded_len(*len),
        };
        self.pieces.iter().map(of).fold(0, u64::saturating_add)
    }

    /// The whole message; `encoded` gives what [`super::encode_attachment`] made of a file, and
    /// none of it is made where one is missing.
    pub fn to_bytes<'b>(&self, encoded: impl Fn(&Sha256) -> Option<&'b [u8]>) -> Option<Vec<u8>> {
        let mut out = Vec::with_capacity(usize::try_from(self.size()).unwrap_or(0));
        for piece in &self.pieces {
            match piece {
                Piece::Bytes(bytes) => out.extend_from_slice(bytes),
                Piece::Attachment { sha256, .. } => out.extend_from_slice(encoded(sha256)?),
            }
        }
        Some(out)
    }
}
