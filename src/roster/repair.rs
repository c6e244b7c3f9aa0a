//! Owns putting right what people type into names and addresses, and saying what was put right.
//! It refuses to know rows and columns.

use unicode_normalization::is_nfc;

use super::Problem;
use crate::organisation::Address;
use crate::spelling;

/// The text as one line, and what was wrong with its typing.
pub(super) fn line(raw: &str) -> (String, Vec<Problem>) {
    let mut problems = Vec::new();
    let is_nbsp = |c: char| matches!(c, '\u{a0}' | '\u{202f}' | '\u{2007}');
    if raw.chars().any(spelling::is_invisible) {
        problems.push(Problem::InvisibleChar);
    }
    if raw.contains(is_nbsp) {
        problems.push(Problem::Nbsp);
    }
    let seen = raw
        .replace(is_nbsp, " ")
        .replace(spelling::is_invisible, "");
    if seen.trim() != seen || seen.contains("  ") {
        problems.push(Problem::SpacesTrimmed);
    }
    (spelling::line(raw), problems)
}

/// A name as it stands in a letter: one line, precomposed, not in capitals.
pub(super) fn name(raw: &str) -> (String, Vec<Problem>) {
    let (mut name, mut problems) = line(raw);
    if !is_nfc(raw) {
        problems.push(Problem::NameNfd);
    }
    name = name.replace(['Ð', 'Ɖ'], "Đ").replace(['ð', 'ɖ'], "đ");
    let letters = || name.chars().filter(|c| c.is_alphabetic());
    if letters().count() > 2 && letters().all(char::is_uppercase) {
        problems.push(Problem::NameCaps);
        name = title_case(&name);
    }
    (name, problems)
}

fn title_case(text: &str) -> String {
    let mut inside = false;
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        if inside {
            out.extend(c.to_lowercase())
        } else {
            out.extend(c.to_uppercase())
        }
        inside = c.is_alphabetic();
    }
    out
}

/// What people write where there is no address.
const NOTHING: [&str; 8] = ["-", "--", "x", ".", "không", "không có", "chưa có", "n/a"];

/// The address in a cell: the first of several, without `mailto:` and name, in small letters.
///
/// # Errors
/// [`Problem::MissingEmail`] or [`Problem::InvalidEmail`].
pub(super) fn address(raw: &str) -> Result<(Address, Vec<Problem>), Problem> {
    let (text, mut problems) = line(raw);
    let nothing = || {
        NOTHING
            .iter()
            .any(|word| spelling::fold(&text) == spelling::fold(word))
    };
    if text.is_empty() || (!text.contains('@') && nothing()) {
        return Err(Problem::MissingEmail);
    }
    let mut parts = text
        .split([';', ',', '/', '|'])
        .map(str::trim)
        .filter(|p| !p.is_empty());
    let first = parts.next().ok_or(Problem::MissingEmail)?;
    let mut several = parts.next().is_some();
    let mut inner = match (first.rfind('<'), first.strip_suffix('>')) {
        (Some(open), Some(_)) if first[..open].contains('@') => return Err(Problem::InvalidEmail),
        (Some(open), Some(closed)) => closed[open + 1..].trim(),
        _ => first,
    };
    if let Some((scheme, rest)) = inner.split_once(':')
        && scheme.eq_ignore_ascii_case("mailto")
    {
        problems.push(Problem::MailtoPrefix);
        inner = rest.trim();
    }
    if inner.contains(' ') && inner.split(' ').all(|piece| usable(piece).is_some()) {
        several = true;
        inner = inner.split(' ').next().unwrap_or_default();
    }
    let address = usable(inner).ok_or(Problem::InvalidEmail)?;
    if several {
        problems.push(Problem::TwoEmails);
    }
    if inner.chars().any(char::is_uppercase) {
        problems.push(Problem::EmailCase);
    }
    Ok((address, problems))
}

/// The address, in small letters: no provider tells `An@` from `an@`, and lists mix them.
/// Letters outside ASCII before the @ need SMTPUTF8 (RFC 6531), which few servers have.
fn usable(text: &str) -> Option<Address> {
    let (local, _) = text.split_once('@')?;
    local.is_ascii().then(|| text.to_lowercase().parse().ok())?
}

/// The local part that offices most often give a member: given name and initials, `thangpt` for
/// Phan Tuấn Thắng.
pub(super) fn usual_local(name: &str) -> String {
    let plain = spelling::ascii(name).to_ascii_lowercase();
    let (others, given) = plain.rsplit_once(' ').unwrap_or(("", &plain));
    given
        .chars()
        .chain(others.split(' ').filter_map(|word| word.chars().next()))
        .collect()
}

/// What an unusable address may have been meant to be, for the advice; never used by itself.
pub(super) fn guess(raw: &str) -> Option<Address> {
    let plain = spelling::ascii(&raw.replace('＠', "@")).replace(' ', "");
    let mut parts = plain.split([';', ',']);
    let mut text = parts.next().unwrap_or_default().to_owned();
    while text.contains("..") {
        text = text.replace("..", ".");
    }
    usable(&text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_as_people_type_them() {
        let of = |raw: &str| address(raw).map(|(a, p)| (a.to_string(), p));
        let ok = |a: &str, p: &[Problem]| Ok((a.to_owned(), p.to_vec()));
        assert_eq!(of("a@b.vn"), ok("a@b.vn", &[]));
        assert_eq!(
            of("Nguyễn An <A@b.vn>"),
            ok("a@b.vn", &[Problem::EmailCase])
        );
        assert_eq!(
            of("MAILTO: a@b.vn "),
            ok("a@b.vn", &[Problem::SpacesTrimmed, Problem::MailtoPrefix])
        );
        for two in [
            "a@b.vn; c@d.vn",
            "a@b.vn, ",
            "a@b.vn c@d.vn",
            "a@b.vn\nc@d.vn",
            "a@b.vn/09",
        ] {
            let read = of(two).unwrap();
            assert_eq!(read.0, "a@b.vn");
            assert_eq!(
                read.1.contains(&Problem::TwoEmails),
                two != "a@b.vn, ",
                "{two:?}"
            );
        }
        for missing in ["", " ", "-", "Không có", "\u{200b}"] {
            assert_eq!(of(missing), Err(Problem::MissingEmail), "{missing:?}");
        }
        for bad in [
            "a",
            "a @ b.vn",
            "a＠b.vn",
            "cường@b.vn",
            "a@b..vn",
            "a@b.vn@c.vn",
            "<",
            ">a<",
        ] {
            assert_eq!(of(bad), Err(Problem::InvalidEmail), "{bad:?}");
        }
        assert_eq!(guess("Cường @ b..vn").unwrap().to_string(), "cuong@b.vn");
        assert_eq!(guess("không biết"), None);
    }

    #[test]
    fn names_as_people_type_them() {
        assert_eq!(name("ĐỖ  THỊ HÀ-MY").0, "Đỗ Thị Hà-My");
        assert_eq!(name("Ðỗ An"), ("Đỗ An".into(), vec![]));
        assert_eq!(name("An").1, []);
        let (read, problems) = name("\u{feff}Hoa\u{300}ng\u{a0}An");
        assert_eq!(read, "Hoàng An");
        assert_eq!(
            problems,
            [Problem::InvisibleChar, Problem::Nbsp, Problem::NameNfd]
        );
    }
}
