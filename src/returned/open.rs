//! Owns the opening of a message: its headers, its words, its reports and the headers of the letter
//! it gives back, all bounded. It refuses to know what any of it means.

use mail_parser::{Message, MessageParser, MessagePart, MimeHeaders, PartType};

use super::report::{self, Fields};

/// Parts of a message, however deep: what has more was made to hurt. A part inside a part needs a
/// `Content-Type`, so counting those bounds the depth before anything is parsed.
const PARTS_MAX: usize = 200;
/// Header fields that are looked at.
const FIELDS_MAX: usize = 400;
/// Characters of a header field.
const VALUE_MAX: usize = 4000;
/// Bytes of the words of a message.
const TEXT_MAX: usize = 64 * 1024;
/// Reports in one message.
const REPORTS_MAX: usize = 8;

/// A message as the rest needs it.
pub(super) struct Opened {
    /// Header fields, names in lower case, values unfolded.
    pub(super) headers: Fields,
    /// The subject, decoded.
    pub(super) subject: String,
    /// The address of From, in lower case.
    pub(super) from: Option<String>,
    /// The words of the body; quoted parts of HTML are left out.
    pub(super) text: String,
    /// What stands in `message/delivery-status` (RFC 3464) and its kin.
    pub(super) reports: Vec<String>,
    /// `message/feedback-report` (RFC 5965).
    pub(super) feedback: Option<Fields>,
    /// `message/disposition-notification` (RFC 8098).
    pub(super) disposition: Option<Fields>,
    /// The header fields of the letter that is given back.
    pub(super) original: Fields,
}

impl Opened {
    /// Opens a message; none where it is none, or has too many parts.
    pub(super) fn read(bytes: &[u8]) -> Option<Self> {
        if occurrences(bytes, b"content-type") > PARTS_MAX {
            return None;
        }
        let message = MessageParser::default().parse(bytes)?;
        let headers = fields(&message);
        if !is_mail(&headers) {
            return None;
        }
        let mut opened = Self {
            subject: crate::spelling::line(&cut(message.subject().unwrap_or_default(), VALUE_MAX)),
            from: message
                .from()
                .and_then(|from| from.first())
                .and_then(|from| from.address())
                .map(|address| cut(address, VALUE_MAX).to_lowercase()),
            text: words(&message),
            headers,
            reports: Vec::new(),
            feedback: None,
            disposition: None,
            original: Fields::new(),
        };
        for part in &message.parts {
            opened.take(part);
        }
        Some(opened)
    }

    fn take(&mut self, part: &MessagePart<'_>) {
        if let PartType::Message(letter) = &part.body {
            if self.original.is_empty() {
                self.original = fields(letter);
            }
            return;
        }
        let kind = part.content_type().map(|kind| {
            let subtype = kind.subtype().unwrap_or_default();
            format!("{}/{subtype}", kind.ctype()).to_ascii_lowercase()
        });
        let text = || cut(&String::from_utf8_lossy(part.contents()), TEXT_MAX);
        match kind.as_deref() {
            Some(
                "message/delivery-status"
                | "message/global-delivery-status"
                | "text/delivery-status",
            ) if self.reports.len() < REPORTS_MAX => self.reports.push(text()),
            Some("message/feedback-report") => self.feedback = Some(report::fields(&text())),
            Some(
                "message/disposition-notification" | "message/global-disposition-notification",
            ) => self.disposition = Some(report::fields(&text())),
            Some("text/rfc822-headers" | "message/rfc822-headers" | "message/global-headers")
                if self.original.is_empty() =>
            {
                self.original = report::fields(&text());
            }
            _ => {}
        }
    }

    /// The first value of a header field.
    pub(super) fn header(&self, name: &str) -> Option<&str> {
        report::field(&self.headers, name)
    }

    /// True where no answer is wanted: the reverse-path is empty (RFC 5321 §4.5.5).
    pub(super) fn is_from_nobody(&self) -> bool {
        self.header("return-path")
            .is_some_and(|path| path.trim() == "<>")
    }
}

/// Something a mail program could have written.
fn is_mail(headers: &Fields) -> bool {
    let known = [
        "from",
        "date",
        "message-id",
        "received",
        "return-path",
        "subject",
        "to",
        "mime-version",
    ];
    let found = known
        .iter()
        .filter(|name| report::field(headers, name).is_some());
    found.count() >= 2
}

fn fields(message: &Message<'_>) -> Fields {
    message
        .headers_raw()
        .take(FIELDS_MAX)
        .map(|(name, value)| (name.to_ascii_lowercase(), unfolded(value)))
        .collect()
}

/// A header field's value as one line.
pub(super) fn unfolded(value: &str) -> String {
    let words: Vec<&str> = value.split_ascii_whitespace().collect();
    cut(&words.join(" "), VALUE_MAX)
}

/// The words that a person would see first: of the plain text, else of the HTML.
fn words(message: &Message<'_>) -> String {
    let mut text = String::new();
    for at in 0..message.text_body_count() {
        let Some(part) = message.text_part(u32::try_from(at).unwrap_or(u32::MAX)) else {
            break;
        };
        match &part.body {
            PartType::Text(plain) => text.push_str(plain),
            PartType::Html(html) => {
                let own = cut(before_quote(html), TEXT_MAX);
                text.push_str(&mail_parser::decoders::html::html_to_text(&own));
            }
            _ => {}
        }
        text.push('\n');
        if text.len() > TEXT_MAX {
            break;
        }
    }
    cut(&text, TEXT_MAX)
}

/// The HTML before what it quotes of another message.
fn before_quote(html: &str) -> &str {
    let lower = html.to_ascii_lowercase();
    let marks = [
        "<blockquote",
        "gmail_quote",
        "id=\"divrplyfwdmsg\"",
        "id=\"appendonsend\"",
        "moz-cite-prefix",
        "class=\"yahoo_quoted\"",
        "zm_quote",
        "id=\"zwchr\"",
        "<hr",
    ];
    let at = marks.iter().filter_map(|mark| lower.find(mark)).min();
    let before = at.and_then(|at| html.get(..at)).unwrap_or(html);
    // The mark may stand inside a tag that has begun.
    match (before.rfind('<'), before.rfind('>')) {
        (Some(open), Some(close)) if open > close && at.is_some() => &before[..open],
        _ => before,
    }
}

/// The text up to so many bytes, whole characters.
pub(super) fn cut(text: &str, most: usize) -> String {
    let mut end = text.len().min(most);
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    text[..end].to_owned()
}

/// How often a word stands in bytes, in whatever case; no more than matters is counted.
fn occurrences(bytes: &[u8], word: &[u8]) -> usize {
    let first = word[0].to_ascii_lowercase();
    let starts = bytes
        .iter()
        .enumerate()
        .filter(|(_, byte)| byte.to_ascii_lowercase() == first);
    let is_word = |at: usize| {
        bytes
            .get(at..at + word.len())
            .is_some_and(|found| found.eq_ignore_ascii_case(word))
    };
    starts
        .filter(|(at, _)| is_word(*at))
        .take(PARTS_MAX + 1)
        .count()
}
