//! Owns what may be said by mail of people and of files with a secrecy mark: codes and branches, no
//! address, no server's words, no file's name. It refuses to know what is told of.

use crate::delivery::{Enhanced, State};
use crate::ledger::summary;
use crate::letter::Because;
use crate::letter::office::Missed;
use crate::organisation::{Language, RecipientKind};

/// What mail may say of files with a secrecy mark: neither how many, nor what they are called.
pub(super) fn secret_files(language: Language) -> &'static str {
    match language {
        Language::Vi => {
            "Trong thư mục tiếp nhận có tệp mang dấu chỉ độ mật, không được gửi: xem `phobien \
             status` trên máy chủ và xử lý theo quy định; không trao đổi về tệp này qua thư"
        }
        Language::En => {
            "The documents folder holds a file with a secrecy mark, which is not sent: see \
             `phobien status` on the server; do not write about it by mail"
        }
    }
}

/// Of a matter noted in both languages, `Việt. / English: `command``, the one that an office of
/// Vietnamese reads, with the commands of the other; anything of another shape is kept whole.
#[must_use]
pub fn in_language(detail: &str, language: Language) -> String {
    let parts: Vec<&str> = detail.split(" / ").collect();
    let (Language::Vi, [vi, en]) = (language, &parts[..]) else {
        return detail.to_owned();
    };
    let pieces = || en.split('`').enumerate();
    let bare = pieces().any(|(nth, piece)| nth % 2 == 0 && piece.contains("phobien"));
    if bare || vi.contains('`') {
        return detail.to_owned();
    }
    let commands = pieces().filter(|(nth, _)| nth % 2 == 1);
    let commands: Vec<_> = commands.map(|(_, piece)| format!("`{piece}`")).collect();
    if commands.is_empty() {
        return (*vi).to_owned();
    }
    let vi = vi.trim_end_matches('.');
    format!("{vi}: {}", commands.join(", "))
}

/// A recipient by its code where it has one: the office has the list of names.
pub(super) fn missed(row: summary::Missed) -> Missed {
    let why = because(row.state, row.untried, row.reply.as_deref());
    let branch = row.branch.unwrap_or_default();
    let who = match (row.kind, row.code) {
        (RecipientKind::Branch, _) => row.name,
        (_, Some(code)) if !code.is_empty() => code,
        _ => row.name,
    };
    Missed { branch, who, why }
}

/// Why a letter that stands so did not arrive, without the server's own words; `untried`: there was
/// nowhere to send it to.
#[must_use]
pub fn because(state: State, untried: bool, reply: Option<&str>) -> Because {
    let reply = reply.unwrap_or("");
    match (state, reply) {
        (State::Pending | State::Sending, _) => Because::Queued,
        (State::Deferred, _) => match refused(reply) {
            Because::NoMailbox(code) | Because::Refused(code) => Because::PutOff(code),
            other => other,
        },
        (State::Failed, "held") if untried => Because::Held,
        (State::Failed, _) if untried => Because::NoAddress,
        (State::Cancelled, "left") => Because::Left,
        (State::Cancelled, _) => Because::Stopped,
        (State::Bounced, _) => Because::Bounced,
        (State::Unknown, _) => Because::InDoubt,
        _ => refused(reply),
    }
}

/// The codes of a reply (RFC 3463); its words are the server's own and may name anybody.
fn refused(reply: &str) -> Because {
    let (code, rest) = reply.split_once(' ').unwrap_or((reply, ""));
    if code.len() != 3 || !code.bytes().all(|b| b.is_ascii_digit()) {
        return Because::Refused(String::new());
    }
    match Enhanced::at_start(rest) {
        Some(status) if (status.class, status.subject) == (5, 1) => {
            Because::NoMailbox(format!("{code} {status}"))
        }
        Some(status) => Because::Refused(format!("{code} {status}")),
        None => Because::Refused(code.to_owned()),
    }
}

/// A sentence without the addresses in it: a server's words may name anybody.
pub(super) fn without_addresses(text: &str) -> String {
    let words = text.split(' ').map(|word| {
        let side = |side: &str| side.chars().any(char::is_alphanumeric);
        let shown = match word.rsplit_once('@') {
            Some((local, domain)) if side(local) && domain.contains('.') => "…@…",
            _ => word,
        };
        shown.to_owned()
    });
    words.collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn of_a_reply_only_the_codes_are_told() {
        let refused = |reply| refused(reply);
        assert_eq!(
            refused("550 5.1.1 <nga@a.example> unknown"),
            Because::NoMailbox("550 5.1.1".into())
        );
        assert_eq!(
            refused("552 5.2.2 full"),
            Because::Refused("552 5.2.2".into())
        );
        assert_eq!(refused("554 no"), Because::Refused("554".into()));
        assert_eq!(
            refused("the connection broke"),
            Because::Refused(String::new())
        );
        let both =
            "Văn bản d-4: đề nghị bổ sung. / Complete it: `phobien documents show d-4`, `set`";
        let vi = "Văn bản d-4: đề nghị bổ sung: `phobien documents show d-4`, `set`";
        assert_eq!(in_language(both, Language::Vi), vi);
        assert_eq!(in_language(both, Language::En), both);
        let bare = "1 lỗi / faults: phobien members check";
        assert_eq!(in_language(bare, Language::Vi), bare, "no command is lost");
        let words = "550 5.7.1 <nga@a.example>: refused; see 23-CT/TW@2018-02-09";
        let told = without_addresses(words);
        assert_eq!(told, "550 5.7.1 …@… refused; see 23-CT/TW@2018-02-09");
    }
}
