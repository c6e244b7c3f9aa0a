//! Owns the message as mail: headers and parts, built by lettre, then cut at the places of the
//! holes. It refuses to know what the pages say.

use std::fmt::Write as _;
use std::time::SystemTime;

use chrono::{DateTime, Utc};
use lettre::address::Envelope;
use lettre::message::header::{self, HeaderName, HeaderValue};
use lettre::message::{Body, Mailbox, MultiPart, SinglePart};

use super::picture::Picture;
use super::sheet::{Hole, Part, Segment};
use super::{Frame, Unfit, attachment, parameter, quoted, text};
use crate::document::Sha256;
use crate::organisation::{Address, Language, RecipientKind};
use crate::spelling;

/// Bytes of text in one encoded word, so that the word stays under 75 characters and the line
/// under 76 (RFC 2047 §2), whatever stands before it.
const WORD: usize = 36;

/// The last second of the year 9999: the Date header has four digits.
const LAST_SECOND: i64 = 253_402_300_799;

/// A file that travels.
pub(super) struct Attached {
    pub name: String,
    pub media_type: &'static str,
    pub sha256: Sha256,
    pub len: u64,
}

/// A message to be.
pub(super) struct Mime<'a> {
    pub frame: &'a Frame<'a>,
    pub subject: &'a str,
    pub text: &'a str,
    pub html: &'a str,
    pub pictures: &'a [Picture<'a>],
    pub attached: &'a [Attached],
}

impl Mime<'_> {
    /// The message, cut at its holes.
    pub(super) fn segments(&self) -> Result<Vec<Segment>, Unfit> {
        let seed = self.seed();
        let boundary = |n: u8| format!("ph{n}{seed}");
        let html = part(
            header::ContentType::TEXT_HTML,
            self.marked(&seed, Part::Html),
        );
        let plain = part(
            header::ContentType::TEXT_PLAIN,
            self.marked(&seed, Part::Text),
        );
        let pages = MultiPart::alternative()
            .boundary(boundary(1))
            .singlepart(plain);
        let pages = if self.pictures.is_empty() {
            pages.singlepart(html)
        } else {
            let mut related = MultiPart::related().boundary(boundary(2)).singlepart(html);
            for picture in self.pictures {
                related = related.singlepart(inline(picture)?);
            }
            pages.multipart(related)
        };
        let whole = if self.attached.is_empty() {
            pages
        } else {
            let mut mixed = MultiPart::mixed().boundary(boundary(3)).multipart(pages);
            for (nth, attached) in self.attached.iter().enumerate() {
                mixed = mixed.singlepart(attached.part(marker(&seed, &format!("a{nth}"))));
            }
            mixed
        };
        let message = self.headers()?.multipart(whole).map_err(build)?;
        let mut segments = vec![Segment::Hole(Hole::MessageId), Segment::Hole(Hole::To)];
        self.cut(&message.formatted(), &seed, &mut segments)?;
        Ok(segments)
    }

    /// What makes boundaries and marks: a digest of all they must not occur in.
    fn seed(&self) -> String {
        let mut all = String::new();
        for part in [self.frame.edition, self.subject, self.text, self.html] {
            let _ = write!(all, "{}:{part}", part.len());
        }
        for attached in self.attached {
            let _ = write!(all, "{}", attached.sha256);
        }
        Sha256::of(all.as_bytes()).to_string()[..40].to_owned()
    }

    fn headers(&self) -> Result<lettre::message::MessageBuilder, Unfit> {
        let sender = self.frame.sender;
        let from = mailbox(sender.from_name.as_deref(), &sender.from)?;
        let envelope = Envelope::new(Some(from.email.clone()), vec![from.email.clone()]);
        let replies = sender.reply_to.as_ref().unwrap_or(&sender.from);
        let language = self.frame.language;
        // lettre asks for an envelope; the real one is the courier's.
        let mut builder = lettre::Message::builder()
            .envelope(envelope.map_err(build)?)
            .date(system_time(self.frame.date.to_utc()))
            .from(from)
            .reply_to(mailbox(None, replies)?)
            .raw_header(subject_header(self.subject));
        let fixed = [
            ("Auto-Submitted", "auto-generated".to_owned()),
            ("Precedence", "bulk".to_owned()),
            (
                "List-Id",
                format!("<{}>", list_id(self.frame.list_id, replies)),
            ),
            (
                "List-Unsubscribe",
                format!("<{}>", unsubscribe(replies, language)),
            ),
            ("Content-Language", language.word().to_owned()),
        ];
        // The office is no list that anybody leaves.
        let listed = self.frame.kind != RecipientKind::Office;
        let fixed = fixed
            .into_iter()
            .filter(|(name, _)| listed || !name.starts_with("List-"));
        for (name, value) in fixed {
            builder = builder.raw_header(HeaderValue::dangerous_new_pre_encoded(
                HeaderName::new_from_ascii_str(name),
                value.clone(),
                value,
            ));
        }
        Ok(builder)
    }

    /// A page in quoted-printable, its bounds and holes marked.
    fn marked(&self, seed: &str, of: Part) -> Vec<u8> {
        let (page, name, table) = match of {
            Part::Html => (self.html, Hole::NameHtml, Hole::TableHtml),
            Part::Text | Part::Frame => (self.text, Hole::NameText, Hole::TableText),
        };
        let mut out = marker(seed, if of == Part::Html { "html" } else { "text" }).into_bytes();
        let places = [
            (text::NAME, name),
            (text::TABLE, table),
            (text::TOKEN, Hole::Token),
        ];
        let mut rest = page;
        while let Some(at) = rest.find(places.map(|(place, _)| place)) {
            let (place, hole) = places
                .into_iter()
                .find(|(place, _)| rest[at..].starts_with(*place))
                .unwrap_or(places[0]);
            quoted::encode(&rest[..at], &mut out);
            let number = Hole::ALL
                .iter()
                .position(|h| *h == hole)
                .unwrap_or_default();
            out.extend_from_slice(marker(seed, &number.to_string()).as_bytes());
            rest = rest[at..].trim_start_matches(place);
        }
        quoted::encode(rest, &mut out);
        out.extend_from_slice(marker(seed, "end").as_bytes());
        out
    }

    fn cut(&self, message: &[u8], seed: &str, out: &mut Vec<Segment>) -> Result<(), Unfit> {
        let message = std::str::from_utf8(message).map_err(build)?;
        if !message.is_ascii() {
            return Err(Unfit::Address);
        }
        let mut part = Part::Frame;
        for (nth, piece) in message.split(&format!("@@{seed}:")).enumerate() {
            let (key, bytes) = match piece.split_once("@@") {
                Some(split) if nth > 0 => split,
                _ => ("", piece),
            };
            let attached = key.strip_prefix('a').and_then(|n| n.parse::<usize>().ok());
            match (
                key,
                attached.and_then(|n| self.attached.get(n)),
                key.parse::<usize>(),
            ) {
                ("text", ..) => part = Part::Text,
                ("html", ..) => part = Part::Html,
                ("end", ..) => part = Part::Frame,
                (_, Some(Attached { sha256, len, .. }), _) => {
                    out.push(Segment::Attachment {
                        sha256: *sha256,
                        len: *len,
                    });
                }
                (_, _, Ok(hole)) => out.extend(Hole::ALL.get(hole).map(|h| Segment::Hole(*h))),
                _ => {}
            }
            if !bytes.is_empty() {
                out.push(Segment::Static(part, bytes.as_bytes().to_vec()));
            }
        }
        Ok(())
    }
}

impl Attached {
    fn part(&self, marker: String) -> SinglePart {
        SinglePart::builder()
            .header(parameter::MediaType::new(self.media_type, &self.name))
            .header(parameter::Disposition::new(&self.name))
            .body(Body::dangerous_pre_encoded(
                marker.into_bytes(),
                header::ContentTransferEncoding::Base64,
            ))
    }
}

fn build(error: impl std::fmt::Display) -> Unfit {
    Unfit::Build(error.to_string())
}

fn marker(seed: &str, key: &str) -> String {
    format!("@@{seed}:{key}@@")
}

fn part(content_type: header::ContentType, encoded: Vec<u8>) -> SinglePart {
    let encoding = header::ContentTransferEncoding::QuotedPrintable;
    let body = Body::dangerous_pre_encoded(encoded, encoding);
    SinglePart::builder().header(content_type).body(body)
}

fn inline(picture: &Picture<'_>) -> Result<SinglePart, Unfit> {
    let encoded = attachment::encode_attachment(picture.bytes);
    let encoding = header::ContentTransferEncoding::Base64;
    Ok(SinglePart::builder()
        .header(header::ContentType::parse(picture.media_type).map_err(build)?)
        .header(header::ContentDisposition::inline())
        .header(header::ContentId::from(format!("<{}>", picture.id)))
        .body(Body::dangerous_pre_encoded(encoded, encoding)))
}

fn mailbox(name: Option<&str>, address: &Address) -> Result<Mailbox, Unfit> {
    let (local, domain) = address.as_str().rsplit_once('@').ok_or(Unfit::Address)?;
    let address = lettre::Address::new(local, domain).map_err(|_| Unfit::Address)?;
    let name = name
        .map(|n| text::clean(n, super::NAME_MAX))
        .filter(|n| !n.is_empty());
    Ok(Mailbox::new(name, address))
}

/// lettre writes the Date in UTC; a time outside its four-digit years is moved to their edge.
fn system_time(date: DateTime<Utc>) -> SystemTime {
    let seconds = date.timestamp().clamp(0, LAST_SECOND);
    DateTime::from_timestamp(seconds, 0).map_or(SystemTime::UNIX_EPOCH, SystemTime::from)
}

/// Plain where it is plain; else encoded as a whole, so that what looks like an encoded word in a
/// title stays what it is.
fn subject_header(subject: &str) -> HeaderValue {
    let name = HeaderName::new_from_ascii_str("Subject");
    if subject.is_ascii() && !subject.contains("=?") {
        return HeaderValue::new(name, subject.to_owned());
    }
    let encoded = encoded_words(subject);
    HeaderValue::dangerous_new_pre_encoded(name, subject.to_owned(), encoded)
}

/// RFC 2047 encoded words, one a line, each of whole characters.
pub(super) fn encoded_words(text: &str) -> String {
    let mut words = Vec::new();
    let mut word = String::new();
    for c in text.chars() {
        if word.len() + c.len_utf8() > WORD {
            words.push(std::mem::take(&mut word));
        }
        word.push(c);
    }
    words.push(word);
    let encoded = words.iter().map(|word| {
        format!(
            "=?utf-8?B?{}?=",
            data_encoding::BASE64.encode(word.as_bytes())
        )
    });
    encoded.collect::<Vec<_>>().join("\r\n ")
}

/// Labels of a domain (RFC 2919 §3): anything else becomes a hyphen; nothing left is the domain of
/// the address.
fn list_id(text: &str, address: &Address) -> String {
    let plain: String = spelling::ascii(text)
        .to_lowercase()
        .chars()
        .map(|c| {
            if c.is_ascii_alphanumeric() || c == '.' {
                c
            } else {
                '-'
            }
        })
        .take(200)
        .collect();
    let labels = plain.split('.').map(|label| label.trim_matches('-'));
    let id = labels
        .filter(|label| !label.is_empty())
        .collect::<Vec<_>>()
        .join(".");
    let domain = address
        .as_str()
        .rsplit_once('@')
        .map_or("", |(_, domain)| domain);
    if id.is_empty() { domain.to_owned() } else { id }
}

/// A letter to the office, since leaving a list of members is a matter for people (RFC 6068). Its
/// percent encoding is in small letters: capitals behind a percent sign look to filters like a
/// placeholder that somebody forgot to fill.
fn unsubscribe(address: &Address, language: Language) -> String {
    let subject = match language {
        Language::Vi => "Tạm dừng nhận thư",
        Language::En => "Pause my letters",
    };
    mailto(address, subject, "")
}

/// A link that begins a letter (RFC 6068); places of holes stay what they are.
pub(super) fn mailto(address: &Address, subject: &str, body: &str) -> String {
    let percent = |text: &str, kept: &[u8]| {
        text.chars().fold(String::new(), |mut out, c| {
            let mut utf8 = [0; 4];
            for byte in c.encode_utf8(&mut utf8).bytes() {
                if byte.is_ascii_alphanumeric() || kept.contains(&byte) {
                    out.push(char::from(byte));
                } else if c == text::TOKEN {
                    out.push(c);
                    break;
                } else {
                    let _ = write!(out, "%{byte:02x}");
                }
            }
            out
        })
    };
    let mut link = format!(
        "mailto:{}?subject={}",
        percent(address.as_str(), b"@._-+"),
        percent(subject, b"")
    );
    if !body.is_empty() {
        let _ = write!(link, "&body={}", percent(body, b""));
    }
    link
}
