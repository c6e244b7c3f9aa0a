//! Owns the tables about the office and its words: organisation, office, letter, mail. It refuses
//! to know how a letter looks.

use std::path::Path;

use chrono_tz::{TZ_VARIANTS, Tz};
use toml::de::DeValue;

use super::fault::{Complaint, nearest};
use super::value;
use super::walk::{Read, Section, Walk};
use super::{Dkim, LetterWords, Mail, Office, Organisation};
use crate::organisation::{Address, Language, Phrase};
use crate::spelling;

/// Attachments above this become a line (contract: 10 MB).
const MESSAGE_SIZE_DEFAULT: u64 = 10_000_000;
/// Less than this holds no letter.
const MESSAGE_SIZE_MIN: u64 = 50_000;

/// What people write for the zone of Vietnam, which bears the name of one city.
const VIETNAM: [&str; 6] = ["hanoi", "ha_noi", "ha noi", "viet", "+7", "+07"];

fn language(value: &DeValue<'_>) -> Read<Language> {
    value::choice(&[("vi", Language::Vi), ("en", Language::En)])(value)
}

fn time_zone(value: &DeValue<'_>) -> Read<Tz> {
    let text = value::text(value)?;
    text.parse().map_err(|_| {
        let message = Phrase::new(
            format!("không có múi giờ `{text}`"),
            format!("no time zone `{text}`"),
        );
        let plain = spelling::ascii(&text).to_ascii_lowercase();
        if VIETNAM.iter().any(|word| plain.contains(word)) {
            return Complaint::new(message, Phrase::same("\"Asia/Ho_Chi_Minh\""));
        }
        let zones = TZ_VARIANTS.iter().map(|zone| zone.name());
        let instead = nearest(&text, zones).unwrap_or("Asia/Ho_Chi_Minh");
        Complaint::new(message, Phrase::same(format!("\"{instead}\"")))
    })
}

pub(super) fn organisation<'a>(
    walk: &mut Walk<'a>,
    root: &mut Section<'a>,
) -> Option<Organisation> {
    let mut s = walk.section(root, "organisation");
    let name = walk.need(&mut s, "name", "\"Đảng bộ bộ phận …\"", value::text);
    let signature = walk.get(&mut s, "signature", value::text);
    let contact = walk.get(&mut s, "contact", value::text);
    let time_zone = walk.get(&mut s, "time_zone", time_zone);
    let language = walk.get(&mut s, "language", language);
    walk.done(s);
    Some(Organisation {
        name: name?,
        signature: signature.unwrap_or_else(|| "TL. ĐẢNG UỶ - BỘ PHẬN VĂN THƯ".into()),
        contact,
        time_zone: time_zone.unwrap_or(chrono_tz::Asia::Ho_Chi_Minh),
        language: language.unwrap_or(Language::Vi),
    })
}

pub(super) fn office<'a>(walk: &mut Walk<'a>, root: &mut Section<'a>) -> Office {
    let mut s = walk.section(root, "office");
    let notify = walk
        .get(&mut s, "notify", value::list(value::address))
        .unwrap_or_default();
    let daily_summary = walk.get(&mut s, "daily_summary", value::time_of_day);
    if daily_summary.is_some() && notify.is_empty() {
        let message = Phrase::new(
            "không có ai nhận bản tổng hợp hằng ngày",
            "nobody would receive the daily summary",
        );
        let complaint = Complaint::new(message, Phrase::same("notify = [\"…\"]"));
        walk.warn(&s, "daily_summary", complaint);
    }
    walk.done(s);
    Office {
        notify,
        daily_summary,
    }
}

/// A greeting; its only hole is `{name}`.
fn greeting(value: &DeValue<'_>) -> Read<String> {
    let text = value::text(value)?;
    if text.replace("{name}", "").contains(['{', '}']) {
        let message = Phrase::new(
            "trong lời chào chỉ có thể dùng {name}",
            "the only hole of a greeting is {name}",
        );
        return Err(Complaint::new(
            message,
            Phrase::same("\"Kính gửi đồng chí {name},\""),
        ));
    }
    Ok(text)
}

pub(super) fn letter<'a>(walk: &mut Walk<'a>, root: &mut Section<'a>, base: &Path) -> LetterWords {
    let mut s = walk.section(root, "letter");
    let words = LetterWords {
        greeting: walk.get(&mut s, "greeting", greeting),
        intro: walk
            .get(&mut s, "intro", value::paragraph)
            .filter(|text| !text.is_empty()),
        footer: walk
            .get(&mut s, "footer", value::paragraph)
            .filter(|text| !text.is_empty()),
        accent: walk
            .get(&mut s, "accent", value::colour)
            .unwrap_or_else(|| "#9b1c1c".into()),
        logo: walk.get(&mut s, "logo", value::path(base)),
        ascii_file_names: walk
            .get(&mut s, "ascii_file_names", value::flag)
            .unwrap_or(false),
    };
    let extension = words.logo.as_ref().map(|logo| extension(logo));
    if extension.is_some_and(|e| !matches!(e.as_str(), "png" | "jpg" | "jpeg")) {
        let message = Phrase::new(
            "biểu trưng phải là PNG hoặc JPEG",
            "a logo is a PNG or a JPEG",
        );
        walk.object(
            &s,
            "logo",
            Complaint::new(message, Phrase::same("\"logo.png\"")),
        );
    }
    walk.done(s);
    words
}

/// The extension of a path, lower case.
pub(super) fn extension(path: &Path) -> String {
    path.extension()
        .unwrap_or_default()
        .to_string_lossy()
        .to_ascii_lowercase()
}

pub(super) fn mail<'a>(walk: &mut Walk<'a>, root: &mut Section<'a>, base: &Path) -> Option<Mail> {
    let mut s = walk.section(root, "mail");
    let example = "\"Văn phòng Đảng uỷ <vanphong@dangbo.example>\"";
    let from = walk.need(&mut s, "from", example, value::mailbox);
    let reply_to = walk.get(&mut s, "reply_to", value::address);
    let size = walk.get(&mut s, "message_size_max", value::size);
    if size.is_some_and(|size| size < MESSAGE_SIZE_MIN) {
        let message = Phrase::new("quá nhỏ để chứa một bức thư", "too small to hold a letter");
        walk.object(
            &s,
            "message_size_max",
            Complaint::new(message, Phrase::same("\"10 MB\"")),
        );
    }
    let domain = from.as_ref().map(|(_, from)| domain(from));
    let dkim = dkim(walk, &mut s, base, domain.as_deref());
    walk.done(s);
    let (from_name, from) = from?;
    let message_size_max = size.unwrap_or(MESSAGE_SIZE_DEFAULT);
    Some(Mail {
        from_name,
        from,
        reply_to,
        message_size_max,
        dkim,
    })
}

/// Who signs. A signature of another domain than From's proves nothing to the reader's server
/// (DMARC, RFC 7489 §3.1), so it is a fault.
fn dkim<'a>(
    walk: &mut Walk<'a>,
    mail: &mut Section<'a>,
    base: &Path,
    from: Option<&str>,
) -> Option<Dkim> {
    let mut s = walk.section(mail, "dkim");
    if !s.is_there() {
        return None;
    }
    let domain = walk.need(&mut s, "domain", "\"dangbo.example\"", value::domain);
    let selector = walk.need(&mut s, "selector", "\"phobien\"", value::domain);
    let key_file = walk.get(&mut s, "key_file", value::path(base));
    if let (Some(domain), Some(from)) = (&domain, from) {
        let aligned = from == domain || from.ends_with(&format!(".{domain}"));
        if !aligned {
            let message = Phrase::new(
                format!("thư gửi từ {from}, chữ ký của {domain} không có giá trị"),
                format!("letters are from {from}; a signature of {domain} is worth nothing"),
            );
            let instead = Phrase::same(format!("\"{from}\""));
            walk.object(&s, "domain", Complaint::new(message, instead));
        }
    }
    walk.done(s);
    Some(Dkim {
        domain: domain?,
        selector: selector?,
        key_file,
    })
}

/// The domain of an address, lower case as it stands in DNS.
fn domain(address: &Address) -> String {
    let address = address.as_str();
    let domain = address.rsplit_once('@').map_or(address, |(_, d)| d);
    domain.to_ascii_lowercase()
}
