//! Owns the meaning of mail that comes back: bytes become what they say of one of our letters. It
//! refuses to know where the bytes were read and what follows, and it never takes words alone for a
//! sign that a letter is meant: only a token, an envelope id or a Message-ID of ours is one.

mod answer;
mod bounce;
mod judge;
mod open;
mod report;
mod token;

pub use token::Ours;

use crate::delivery::Class;
use open::Opened;
use report::Report;

/// Bytes of a message that are read; the rest is what it gives back of the letter.
pub const BYTES_MAX: usize = 1 << 20;
/// Characters kept of what a server said.
const WORDS_MAX: usize = 300;

/// What phobien reads out of a message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reading {
    /// What it says.
    pub class: Class,
    /// Whom it says it of.
    pub recipient: Option<String>,
    /// The enhanced status code (RFC 3463).
    pub status: Option<String>,
    /// What may be the token of the letter, the surest first; unverified.
    pub tokens: Vec<String>,
    /// Who it is from, in lower case.
    pub from: Option<String>,
    /// What the other server said, one line.
    pub words: String,
}

impl Reading {
    fn of(class: Class) -> Self {
        Self {
            class,
            recipient: None,
            status: None,
            tokens: Vec::new(),
            from: None,
            words: String::new(),
        }
    }

    /// No message.
    #[must_use]
    pub fn unparseable() -> Self {
        Self::of(Class::Unparseable)
    }

    /// The same without a letter of ours: whatever it says, it says it to somebody else.
    #[must_use]
    fn foreign(self) -> Self {
        Self {
            class: Class::Foreign,
            tokens: Vec::new(),
            ..self
        }
    }

    /// What may be kept and shown of a message that is not about a letter of ours: nothing of it.
    #[must_use]
    pub fn foreign_kept(self) -> Self {
        match self.class {
            Class::Unparseable => Self::unparseable(),
            _ => Self::of(Class::Foreign),
        }
    }
}

/// Reads a message. `ours` says by what our letters are known.
#[must_use]
pub fn read(bytes: &[u8], ours: &Ours) -> Reading {
    let bytes = bytes.get(..BYTES_MAX).unwrap_or(bytes);
    let Some(opened) = Opened::read(bytes) else {
        return Reading::of(Class::Unparseable);
    };
    let report = Report::read(&opened);
    let mut reading = sort(&opened, &report);
    reading.tokens = ours.tokens(&opened, &report);
    reading.from = opened.from.clone();
    if reading.tokens.is_empty() {
        return reading.foreign();
    }
    reading
}

/// What it says, whoever's letter it is about. Reports of programs come first: they are said in a
/// form that was agreed on.
fn sort(opened: &Opened, report: &Report) -> Reading {
    if let Some(feedback) = &opened.feedback {
        return complaint(feedback);
    }
    if let Some(notification) = &opened.disposition {
        let recipient = report::field(notification, "final-recipient").map(report::address);
        return Reading {
            recipient: recipient.or_else(|| opened.from.clone()),
            ..Reading::of(Class::ReadReceipt)
        };
    }
    if let Some(reading) = report.reading(opened) {
        return reading;
    }
    if answer::is_complaint_without_form(opened) {
        return Reading::of(Class::Complaint);
    }
    if let Some(reading) = bounce::read(opened) {
        return reading;
    }
    if !opened.reports.is_empty() {
        // It reports something, and nobody can say what.
        return Reading::of(Class::Unparseable);
    }
    let class = if answer::is_read_receipt(opened) {
        Class::ReadReceipt
    } else if answer::is_automatic(opened) {
        Class::AutoReply
    } else if answer::confirms(opened) {
        Class::Confirmation
    } else {
        Class::Reply
    };
    Reading {
        recipient: opened.from.clone(),
        ..Reading::of(class)
    }
}

/// Abuse reports count as complaints; those about authentication or "not spam" do not.
fn complaint(feedback: &[(String, String)]) -> Reading {
    let kind = report::field(feedback, "feedback-type").unwrap_or_default();
    let class = match kind.trim().to_ascii_lowercase().as_str() {
        "abuse" | "fraud" | "virus" | "other" | "opt-out" | "opt-out-list" | "miscategorized" => {
            Class::Complaint
        }
        _ => Class::Foreign,
    };
    Reading {
        recipient: report::field(feedback, "original-rcpt-to").map(report::address),
        ..Reading::of(class)
    }
}

/// One line of foreign words, safe to keep.
fn kept(text: &str) -> String {
    crate::spelling::line(text)
        .chars()
        .take(WORDS_MAX)
        .collect()
}

/// Lower case, without diacritics, every blank one space: how words are compared here.
fn plain(text: &str) -> String {
    crate::spelling::ascii(text).to_ascii_lowercase()
}

#[cfg(test)]
mod tests;
