//! Owns letters that came back without the agreed form: qmail, Exim, old sendmail, Domino,
//! GroupWise, MDaemon and their kin. It refuses to see one in what a person wrote.

use std::sync::LazyLock;

use regex::Regex;

use super::open::Opened;
use super::{Reading, judge, kept, open, plain};
use crate::delivery::Class;

/// What a server says stands at the top; below lies the letter, or a novel.
const SAID_MAX: usize = 6000;

/// Reads a message of a mail server to the sender of a letter; none where it is no such message.
pub(super) fn read(opened: &Opened) -> Option<Reading> {
    if !is_from_a_server(opened) {
        return None;
    }
    let said = before_copy(&opened.text);
    let words = plain(&format!("{} {said}", opened.subject));
    let has = |list: &[&str]| list.iter().any(|phrase| words.contains(phrase));
    let status = judge::enhanced_in(said);
    let verdict = judge::judge(status, said);
    let class = if has(STILL_TRYING) && !has(NOT_ANY_MORE) {
        Class::Delayed
    } else if has(ARRIVED) && !has(FAILED) {
        Class::Delivered
    } else if status.is_some() || judge::code_in(said).is_some() || has(FAILED) {
        verdict.class
    } else if verdict.class == Class::Hard {
        Class::Hard
    } else {
        return None;
    };
    Some(Reading {
        recipient: recipient(opened, said),
        status: verdict.status.map(|status| status.to_string()),
        words: kept(said),
        ..Reading::of(class)
    })
}

/// True where a mail server wrote it: by its name, by a header field that only servers write, or
/// by a subject of theirs on a message that wants no answer.
fn is_from_a_server(opened: &Opened) -> bool {
    let local = opened.from.as_deref().unwrap_or_default();
    let local = local.split('@').next().unwrap_or_default();
    let named = SERVERS.contains(&local) || local.starts_with("microsoftexchange");
    let subject = plain(&opened.subject);
    let titled = SUBJECTS.iter().any(|words| subject.contains(words));
    let nobody = opened.is_from_nobody() || opened.header("auto-submitted").is_some();
    let automatic = super::answer::has_title_of_an_answer(opened);
    (named && !automatic)
        || opened.header("x-failed-recipients").is_some()
        || plain(&opened.text).contains("this is the qmail-send program")
        || (titled && nobody && !automatic)
}

/// The text before the copy of the letter.
fn before_copy(text: &str) -> &str {
    static COPY: LazyLock<Regex> = LazyLock::new(|| {
        let marks = "--- Below this line is (?:a|the) |-{2,} ?This is a copy of |\
                     -{3,} ?(?:Original|Returned) message|-{3,} ?Unsent message below|\
                     -{3,} ?Message header follows|Received: from |Return-Path: ?<|\
                     -{3,} ?Undelivered message follows|: Message (?:contains|header)|\
                     -{3,} ?The header of the original message|Original message headers:|\
                     -{3,} ?Begin message|Message headers follow";
        Regex::new(&format!("(?im)^[> \\t]*(?:{marks})"))
            .unwrap_or_else(|_| unreachable!("a constant"))
    });
    let end = COPY.find(text).map_or(text.len(), |found| found.start());
    let end = end.min(open::cut(text, SAID_MAX).len());
    &text[..end]
}

/// Whom the letter could not reach.
fn recipient(opened: &Opened, said: &str) -> Option<String> {
    static ADDRESS: LazyLock<Regex> = LazyLock::new(|| {
        Regex::new(r"[A-Za-z0-9.!#$%&'*+/=?^_{|}~-]+@[A-Za-z0-9-]+(?:\.[A-Za-z0-9-]+)+")
            .unwrap_or_else(|_| unreachable!("a constant"))
    });
    if let Some(failed) = opened.header("x-failed-recipients") {
        let first = failed.split(',').next().unwrap_or(failed);
        return Some(first.trim().to_owned());
    }
    let server = |address: &str| {
        let local = address
            .split('@')
            .next()
            .unwrap_or_default()
            .to_ascii_lowercase();
        SERVERS.contains(&local.as_str())
    };
    let own = opened.header("to").unwrap_or_default().to_ascii_lowercase();
    let found = ADDRESS.find_iter(said).map(|found| found.as_str());
    let mut others = found.filter(|a| !server(a) && !own.contains(&a.to_ascii_lowercase()));
    others.next().map(str::to_owned)
}

/// Who writes for a mail server.
const SERVERS: &[&str] = &[
    "mailer-daemon",
    "mailerdaemon",
    "mail-daemon",
    "maildaemon",
    "mail.daemon",
    "postmaster",
    "mdaemon",
    "mailer",
    "mail-delivery",
    "maildelivery",
    "mail-delivery-system",
    "mail-delivery-subsystem",
    "mailsystem",
    "mmdf",
    "smtp",
    "groupwise",
    "mailadmin",
];

/// What they call it.
const SUBJECTS: &[&str] = &[
    "undeliverable",
    "undelivered mail",
    "delivery status notification",
    "returned mail",
    "mail delivery fail",
    "failure notice",
    "delivery failure",
    "delivery failed",
    "delivery notification",
    "mail system error",
    "message undeliverable",
    "non-delivery",
    "delivery report",
    "could not be delivered",
    "mail could not be delivered",
    "message delayed",
    "delivery delayed",
    "delayed mail",
    "warning: message",
    "warning: could not send",
    "khong gui duoc",
    "khong the gui",
    "khong chuyen duoc",
    "thu bi tra lai",
];

/// It is not over.
const STILL_TRYING: &[&str] = &[
    "will be retried",
    "will continue to try",
    "will keep trying",
    "still trying",
    "try again until",
    "not yet been delivered",
    "delivery has been delayed",
    "delivery delayed",
    "message delayed",
    "has been delayed",
    "is delayed",
    "do not need to resend",
    "warning message only",
    "could not send message for past",
    "delivery attempts will continue",
    "will be attempted",
    "still in the queue",
    "will be made",
    "tries to deliver",
    "will retry",
    "keep trying",
    "tiep tuc gui",
    "se gui lai",
    "bi cham",
];

/// It is.
const NOT_ANY_MORE: &[&str] = &[
    "will not be retried",
    "giving up",
    "no more attempts",
    "no further attempts",
    "i m not going to try again",
    "i'm not going to try again",
    "no longer be retried",
    "has been given up",
    "permanent error",
];

/// It arrived.
const ARRIVED: &[&str] = &[
    "successfully delivered",
    "has been delivered",
    "was delivered to",
    "successfully relayed",
    "was relayed",
    "delivered to the following recipient",
    "return receipt",
];

/// It did not.
const FAILED: &[&str] = &[
    "undeliver",
    "could not be delivered",
    "couldn t be delivered",
    "couldn't be delivered",
    "not delivered",
    "not be delivered",
    "unable to deliver",
    "wasn't able to deliver",
    "wasn t able to deliver",
    "delivery failed",
    "delivery failure",
    "failed to deliver",
    "fatal errors",
    "permanent error",
    "failure notice",
    "did not reach",
    "did not receive",
    "not reach",
    "returned to sender",
    "returned mail",
    "failed permanently",
    "giving up",
    "cannot be delivered",
    "can not be delivered",
    "delivery to the following",
    "mail delivery fail",
    "khong gui duoc",
    "khong the gui",
    "khong chuyen duoc",
    "bi tra lai",
];
