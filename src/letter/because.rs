//! Owns the words for why somebody was not reached, as far as mail may say it: codes, never a
//! server's own words, which may name anybody. It refuses to know how it was found out.

use super::wording::say;
use crate::organisation::Language;

/// Why somebody was not reached.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Because {
    /// No usable address stands in the roster.
    NoAddress,
    /// Hard failures hold the address.
    Held,
    /// Not in the roster any more.
    Left,
    /// The edition was stopped.
    Stopped,
    /// The server knows no such mailbox; its code.
    NoMailbox(String),
    /// The server refused, or put off until it was given up; its code.
    Refused(String),
    /// It came back.
    Bounced,
    /// It may have arrived.
    InDoubt,
}

impl Because {
    /// As a clause.
    #[must_use]
    pub fn words(&self, language: Language) -> String {
        let (vi, en) = match self {
            Self::NoAddress => ("chưa có địa chỉ thư dùng được", "no usable address"),
            Self::Held => (
                "địa chỉ tạm ngừng sau hai lần bị từ chối",
                "the address is held after two refusals",
            ),
            Self::Left => ("không còn trong danh sách", "not in the roster any more"),
            Self::Stopped => ("đợt gửi đã dừng", "the edition was stopped"),
            Self::NoMailbox(_) => ("không có hộp thư này", "no such mailbox"),
            Self::Refused(_) => ("máy chủ từ chối", "refused by the server"),
            Self::Bounced => ("thư bị trả lại", "it came back"),
            Self::InDoubt => (
                "chưa rõ đã tới hay chưa",
                "nobody can say whether it arrived",
            ),
        };
        let words = say(language, vi, en);
        match self {
            Self::NoMailbox(code) | Self::Refused(code) if !code.is_empty() => {
                format!("{words} ({code})")
            }
            _ => words.to_owned(),
        }
    }
}
