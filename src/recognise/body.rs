//! Owns what the text below the title gives: the first operative sentence, the day a law was
//! passed, and whether the document says that it replaces an earlier issue of itself. It refuses to
//! invent a word.

use chrono::NaiveDate;

use super::heading::day_of;
use super::page::{Line, is_rule};
use super::pattern::{Pattern, group};
use crate::document::Symbol;
use crate::spelling;

/// The longest gist, in characters; a longer sentence is cut at a word, with an ellipsis.
const GIST_MAX: usize = 320;

/// The first operative sentence: the first after grounds (Căn cứ …;), address and headings of
/// parts. As it stands in the text.
pub(super) fn gist(body: &[Line]) -> Option<String> {
    static LEAD: Pattern =
        Pattern::new(r"(?i)^(?:(?:điều|khoản) \d{1,3}[.:] |[-–+] |\(?\d{1,2}[.)] |[a-z]\) )");
    paragraphs(body).into_iter().take(40).find_map(|paragraph| {
        if is_preamble(&paragraph) {
            return None;
        }
        let text = LEAD
            .find(&paragraph)
            .map_or(&paragraph[..], |lead| &paragraph[lead.end..]);
        let sentence = sentence(text);
        let words = sentence.split(' ').count();
        (words >= 5 && !spelling::is_capitals(sentence)).then(|| {
            // What follows is not quoted, so it is not announced either.
            let said = sentence.trim_end_matches(':').trim_end_matches("như sau");
            let said = said.trim_end_matches([' ', ',', ';', '-', '–']);
            match sentence.ends_with(':') {
                true => cut(said) + ".",
                false => cut(sentence),
            }
        })
    })
}

/// Grounds, address, headings, notes in brackets.
fn is_preamble(paragraph: &str) -> bool {
    static HEADING: Pattern = Pattern::new(concat!(
        r"(?i)^(?:kính gửi|nơi nhận|chương |phần |mục |[ivx]{1,4} ?[-.–/] ?\p{L}",
        r"|theo đề nghị|xét đề nghị|\(.*\)$)"
    ));
    static GROUNDS: Pattern =
        Pattern::new(r"(?i)^[-–+ ]*(?:căn cứ|thực hiện|theo|thi hành|sau khi)\b");
    HEADING.is_match(paragraph)
        || spelling::is_capitals(paragraph)
        || GROUNDS.is_match(paragraph) && !paragraph.ends_with(['.', ':'])
        || paragraph.ends_with(':') && paragraph.split(' ').count() < 5
}

/// Lines joined into paragraphs: a blank line, a rule, a sentence's end before a capital, or the
/// beginning of an item ends one.
fn paragraphs(body: &[Line]) -> Vec<String> {
    static ITEM: Pattern = Pattern::new(
        r"(?i)^(?:[-–+•] |\d{1,2}[.)] |[a-zđ]\) |điều \d|chương |nơi nhận|căn cứ |[ivx]{1,4} ?- )",
    );
    let mut out: Vec<String> = Vec::new();
    let mut open = false;
    for line in body.iter().take(120) {
        if line.text.is_empty() || is_rule(&line.text) {
            open = false;
            continue;
        }
        let ended = out.last().is_some_and(|p| {
            p.ends_with(['.', ':', ';']) || spelling::is_capitals(p) || p.starts_with("Kính gửi")
        });
        let begins = line.text.starts_with(char::is_uppercase) && ended
            || ITEM.is_match(&line.text)
            || spelling::is_capitals(&line.text);
        match out
            .last_mut()
            .filter(|p| open && !begins && p.len() < 4_000)
        {
            Some(paragraph) => {
                paragraph.push(' ');
                paragraph.push_str(&line.text);
            }
            None => out.push(line.text.clone()),
        }
        open = true;
    }
    out
}

/// The first sentence of a paragraph: to a full stop before a capital letter.
fn sentence(text: &str) -> &str {
    let end = text.match_indices(". ").find(|(at, _)| {
        let before = text[..*at].rsplit(' ').next().unwrap_or("");
        let short = before.chars().count() <= 2
            && before.starts_with(|c: char| c.is_ascii_digit() || c.is_uppercase());
        !short && text[at + 2..].starts_with(char::is_uppercase)
    });
    end.map_or(text, |(at, _)| &text[..=at]).trim()
}

fn cut(sentence: &str) -> String {
    let Some((at, _)) = sentence.char_indices().nth(GIST_MAX) else {
        return sentence.to_owned();
    };
    let end = sentence[..at].rfind(' ').unwrap_or(at);
    format!("{}…", sentence[..end].trim_end_matches([',', ';']))
}

/// The day a law was passed, from its last article: "… thông qua ngày 26 tháng 11 năm 2013".
pub(super) fn passed_on(pages: &[String]) -> Option<(NaiveDate, String)> {
    static PASSED: Pattern = Pattern::new(
        r"(?i)thông\s+qua\s+ngày\s+(?P<d>\d{1,2})\s+tháng\s+(?P<m>\d{1,2})\s+năm\s+(?P<y>\d{4})",
    );
    pages.iter().rev().take(3).find_map(|page| {
        let skip = page.len().saturating_sub(20_000);
        let tail = page
            .get(skip..)
            .or_else(|| page.get(skip + 1..))
            .or_else(|| page.get(skip + 2..))?;
        let text = spelling::line(tail);
        let captures = PASSED.captures(&text)?;
        Some((day_of(&captures)?, captures.get(0)?.as_str().to_owned()))
    })
}

/// True where heading, title or a line of page 1 says that this is a correction or a new issue:
/// the words in heading or title, a line of its own, or "thay thế …" followed by its own symbol.
pub(super) fn says_newer(
    page: &[Line],
    end: usize,
    title: Option<&str>,
    own: Option<&Symbol>,
) -> bool {
    static TITLE: Pattern = Pattern::new(concat!(
        r"(?i)đính chính|bản thay thế|thay thế (?:cho )?bản|bản sửa|sửa đổi lần|\(",
        r"(?:sửa đổi|đã sửa)\)"
    ));
    static AGAIN: Pattern = Pattern::new(concat!(
        r"(?i)(?:thay thế|đính chính|thu hồi|sửa đổi) (?:cho )?(?:\p{L}+ ){0,4}?",
        r"(?:số:? ?)?(?P<symbol>\d{1,5}[^\s,;.)]{2,30})"
    ));
    let head = page[..end.min(page.len())]
        .iter()
        .flat_map(|line| &line.cells);
    let own_line = page.iter().any(|line| {
        let short = line.cells.len() == 1 && line.text.chars().count() <= 60;
        short
            && !line.text.ends_with([',', ';'])
            && (spelling::is_capitals(&line.text) || line.text.starts_with('('))
            && TITLE.is_match(&line.text)
    });
    own_line
        || title.is_some_and(|t| TITLE.is_match(t))
        || head.into_iter().any(|cell| TITLE.is_match(cell))
        || own.is_some_and(|own| {
            page.iter().any(|line| {
                AGAIN
                    .captures(&line.text)
                    .and_then(|c| Symbol::parse(group(&c, "symbol")?))
                    .is_some_and(|symbol| symbol.key() == own.key())
            })
        })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::recognise::page::lines;

    #[test]
    fn the_first_operative_sentence() {
        for (text, expected) in [
            (
                "Căn cứ Luật A;\nTheo đề nghị của Bộ trưởng B,\n\nQUYẾT ĐỊNH:\nĐiều 1. Phê duyệt \
                 Chương trình phát triển\nđô thị. Giao Bộ B.",
                "Phê duyệt Chương trình phát triển đô thị.",
            ),
            (
                "Căn cứ tình hình thực tế, Đảng uỷ thông báo đổi ngày họp.\n1. Một",
                "Căn cứ tình hình thực tế, Đảng uỷ thông báo đổi ngày họp.",
            ),
            (
                "Kính gửi: Các chi bộ\nĐể bảo đảm tiến độ, đề nghị các chi bộ báo cáo như sau:\n\
                 1. A",
                "Để bảo đảm tiến độ, đề nghị các chi bộ báo cáo.",
            ),
            (
                "I- MỤC ĐÍCH\n1. Phát huy vai trò của đảng viên.",
                "Phát huy vai trò của đảng viên.",
            ),
        ] {
            assert_eq!(gist(&lines(text, 50)).as_deref(), Some(expected), "{text}");
        }
        assert_eq!(gist(&[]), None);
        let long = format!("Đảng uỷ {}.", "yêu cầu ".repeat(200));
        assert!(
            gist(&lines(&long, 5))
                .is_some_and(|g| g.chars().count() <= GIST_MAX + 1 && g.ends_with('…'))
        );
    }
}
