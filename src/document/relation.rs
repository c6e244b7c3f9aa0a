//! Owns how a new file stands to a version that is known: the same, newer, older, an annex, or
//! nothing to do with it. It refuses to know where versions are kept.

use sha2::Digest;

use super::{Contents, Identity, KINDS, Part, Sha256};
use crate::spelling::Letters;

/// What comparing needs to know of one version.
#[derive(Clone, Copy, Debug)]
pub struct Version<'a> {
    /// None where symbol or date is unknown.
    pub identity: Option<&'a Identity>,
    /// [`fingerprint`] of its text.
    pub text: Sha256,
    /// SHA-256 of the file.
    pub bytes: Sha256,
    /// It says of itself that it replaces or corrects an earlier issue.
    pub says_newer: bool,
    /// Its text was read wholly and rightly; never for OCR and unread pages.
    pub trusted: bool,
}

/// How a new file stands to a known version.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Relation {
    /// The same file.
    SameBytes,
    /// The same document in another rendition.
    SameText,
    /// The new one replaces the known one.
    Supersedes,
    /// The known one replaced the new one: it arrived late.
    SupersededBy,
    /// One document, two texts, and nothing sure says which is newer.
    VersionUnclear,
    /// The new one is an annex of the known one.
    Annex,
    /// The known one is an annex of the new one.
    Main,
    /// Different documents.
    Unrelated,
}

/// Judges `new` against one `known` version. An annex never supersedes its main document, since
/// the part belongs to the identity; a file's time decides nothing.
#[must_use]
pub fn relate(new: &Version<'_>, known: &Version<'_>) -> Relation {
    if new.bytes == known.bytes {
        return Relation::SameBytes;
    }
    let (Some(a), Some(b)) = (new.identity, known.identity) else {
        return Relation::Unrelated;
    };
    let one_symbol = (&a.issuer, &a.symbol, a.issued_on) == (&b.issuer, &b.symbol, b.issued_on);
    if !one_symbol {
        return Relation::Unrelated;
    }
    match (a.part, b.part) {
        (Part::Main, Part::Annex(_)) => return Relation::Main,
        (Part::Annex(_), Part::Main) => return Relation::Annex,
        (one, other) if one != other => return Relation::Unrelated,
        _ => {}
    }
    if !new.trusted || !known.trusted {
        return Relation::VersionUnclear;
    }
    if new.text == known.text {
        return Relation::SameText;
    }
    match (new.says_newer, known.says_newer) {
        (true, false) => Relation::Supersedes,
        (false, true) => Relation::SupersededBy,
        _ => Relation::VersionUnclear,
    }
}

/// True where, of two files with the same bytes, the one named `a` is the original: the shorter
/// name (`x.pdf` before `x - Copy.pdf`), at equal length the first in order.
#[must_use]
pub fn is_original(a: &str, b: &str) -> bool {
    (a.chars().count(), a) <= (b.chars().count(), b)
}

/// SHA-256 of the text as all renditions of one document share it. Only letters and digits count,
/// folded, without blanks (a PDF tears words, a DOCX does not) and page numbers. The heading and
/// what follows the last "Nơi nhận" stand in two columns, which formats give in different orders,
/// so of these only the stock of characters counts; the order of everything between counts.
#[must_use]
pub fn fingerprint(contents: &Contents) -> Sha256 {
    let lines: Vec<Letters> = contents
        .pages
        .iter()
        .enumerate()
        .flat_map(|(at, page)| numberless(page, at + 1))
        .map(Letters::of)
        .collect();
    let kinds: Vec<Letters> = KINDS.iter().map(|(word, _)| Letters::of(word)).collect();
    let address = Letters::of("kính gửi").base;
    let opens = |line: &Letters| kinds.contains(line) || line.base.starts_with(&address);
    let head = lines.iter().take(60).position(opens).unwrap_or(0);
    let closing = Letters::of("nơi nhận").base;
    let tail = lines[head..]
        .iter()
        .rposition(|line| line.base.contains(&closing))
        .map_or(lines.len(), |at| head + at);
    let mut digest = sha2::Sha256::new();
    for part in [&lines[..head], &lines[tail..]] {
        let mut stock: Vec<char> = part
            .iter()
            .flat_map(|line| line.base.chars().chain(line.tones.chars()))
            .collect();
        stock.sort_unstable();
        digest.update(stock.into_iter().collect::<String>());
        digest.update([0]);
    }
    for line in &lines[head..tail] {
        digest.update(&line.base);
    }
    digest.update([0]);
    for line in &lines[head..tail] {
        digest.update(&line.tones);
    }
    Sha256(digest.finalize().into())
}

/// The lines of page `number` without the page's number: its first or last line, where that is
/// the number and nothing else. Anywhere else a number is content.
fn numberless(page: &str, number: usize) -> impl Iterator<Item = &str> {
    let is_number = |line: &str| {
        let line = line.trim().trim_matches('-').trim();
        line.strip_prefix("Trang").unwrap_or(line).trim().parse() == Ok(number)
    };
    let mut lines: Vec<&str> = page
        .lines()
        .filter(|line| !line.trim().is_empty())
        .collect();
    if lines.last().is_some_and(|line| is_number(line)) {
        lines.pop();
    } else if lines.first().is_some_and(|line| is_number(line)) {
        lines.remove(0);
    }
    lines.into_iter()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::document::{Format, Reason};
    use chrono::NaiveDate;

    fn identity(symbol: &str, day: u32, part: Part) -> Identity {
        Identity {
            issuer: "tw".into(),
            symbol: symbol.into(),
            issued_on: NaiveDate::from_ymd_opt(2020, 3, day).expect("day"),
            part,
        }
    }

    #[test]
    fn versions_stand_to_each_other() {
        let main = identity("23-ct/tw", 1, Part::Main);
        let other_day = identity("23-ct/tw", 2, Part::Main);
        let one = identity("23-ct/tw", 1, Part::Annex(1));
        let two = identity("23-ct/tw", 1, Part::Annex(2));
        let (m, o, a1, a2) = (Some(&main), Some(&other_day), Some(&one), Some(&two));
        let version = |identity, text: &str, bytes: &str, says_newer, trusted| Version {
            identity,
            text: Sha256::of(text.as_bytes()),
            bytes: Sha256::of(bytes.as_bytes()),
            says_newer,
            trusted,
        };
        let known = version(m, "a", "1", false, true);
        let newer = version(m, "a", "1", true, true);
        let annex = version(a1, "b", "1", false, true);
        let blurred = version(m, "a", "1", false, false);
        use Relation as R;
        for (id, text, bytes, says_newer, trusted, known, expected) in [
            (None, "a", "1", false, false, known, R::SameBytes),
            (m, "a", "2", false, true, known, R::SameText),
            (m, "b", "2", true, true, known, R::Supersedes),
            (m, "b", "2", false, true, newer, R::SupersededBy),
            (m, "b", "2", false, true, known, R::VersionUnclear),
            (m, "b", "2", true, true, newer, R::VersionUnclear),
            (m, "b", "2", true, false, known, R::VersionUnclear),
            (m, "a", "2", true, true, blurred, R::VersionUnclear),
            (a1, "b", "2", true, true, known, R::Annex),
            (m, "b", "2", true, true, annex, R::Main),
            (a2, "c", "3", true, true, annex, R::Unrelated),
            (o, "a", "2", true, true, known, R::Unrelated),
            (None, "a", "2", true, true, known, R::Unrelated),
        ] {
            let new = version(id, text, bytes, says_newer, trusted);
            assert_eq!(relate(&new, &known), expected, "{new:?}");
        }
        assert!(is_original("a.pdf", "a - Copy.pdf") && !is_original("a (1).pdf", "a.pdf"));
    }

    fn print(pages: &[&str]) -> Sha256 {
        let mut contents = Contents::nothing(Format::Txt, Reason::Empty, "");
        contents.pages = pages.iter().map(|p| (*p).to_owned()).collect();
        fingerprint(&contents)
    }

    #[test]
    fn renditions_of_one_text_share_a_fingerprint_and_corrections_do_not() {
        let docx = print(&[
            "ĐẢNG UỶ A\nSố 1-TB/ĐU\tĐẢNG CỘNG SẢN VIỆT NAM\nHà Nội, ngày 02 tháng 3 năm 2020\n\
             THÔNG BÁO\nvề thời gian họp\nTừ ngày 13/3 sang ngày 27/3.\n\
             Nơi nhận:\n- Các chi bộ\tT/M ĐẢNG ỦY\nNguyễn A",
        ]);
        let pdf = "ĐẢNG ỦY A\tĐẢNG CỘNG SẢN VIỆT NAM\nSố 1-TB/ĐU\tHà Nội, ngày 02 tháng 3 năm \
             2020\n\nTHÔNG BÁO\nvề th ời\ngian họp\n-----\nTừ ngày 13/3 sang ngày\n27/3.\n\
             Nơi nhận:\tT/M ĐẢNG UỶ\n- Các chi bộ\tNguyễn A\n1\n";
        assert_eq!(print(&[pdf, "- 2 -\n"]), docx);
        assert_ne!(print(&[pdf, "3\n"]), docx);
        assert_ne!(
            print(&[&pdf
                .replace("13/3", "27/3")
                .replace("ngày\n27/3", "ngày\n13/3")]),
            docx
        );
        assert_ne!(print(&[&pdf.replace("27/3.", "28/3.")]), docx);
        assert_ne!(print(&[&pdf.replace("họp", "hợp")]), docx);
    }
}
