//! Owns which other documents a text says it replaces, repeals or amends. It refuses to take what
//! is merely cited, or what is said of a third document.

use regex::Captures;

use super::fact;
use super::heading::{day_of, symbol_text, tidy};
use super::page::is_rule;
use super::pattern::{Pattern, group};
use crate::document::{Fact, Link, Origin, Symbol};
use crate::spelling;

/// Bytes of text that are looked through, from the beginning.
const TEXT_MAX: usize = 2_000_000;

/// Characters of one paragraph that are kept.
const PARAGRAPH_MAX: usize = 4_000;

/// Links of one kind that are kept.
const LINKS_MAX: usize = 40;

/// What a text does to others.
#[derive(Debug, Default)]
pub(super) struct Links {
    pub(super) replaces: Vec<Fact<Link>>,
    pub(super) amends: Vec<Fact<Link>>,
}

/// A verb that does something to the documents named behind it.
static DOES: Pattern = Pattern::new(concat!(
    r"(?i)(?P<not>\b(?:không|được|đã|bị|đang|chưa|việc|sẽ) )?\b(?P<verb>thay thế|bãi bỏ|huỷ bỏ",
    r"|hủy bỏ|sửa đổi,? (?:và )?bổ sung|sửa đổi|bổ sung)\b"
));
/// Documents named before it are in force no more.
static EXPIRES: Pattern =
    Pattern::new(r"(?i)\b(?:hết hiệu lực|không còn hiệu lực|chấm dứt hiệu lực)\b");
/// A document by its symbol, with what stands beside it.
static NAMED: Pattern = Pattern::new(concat!(
    r"(?i)(?P<number>\bsố:? ?)?(?P<symbol>\b",
    symbol_text!(),
    r")(?:,? ?(?:ban hành )?ngày ?(?P<d>\d{1,2}) ?(?:tháng|[-/.]) ?(?P<m>\d{1,2}) ?",
    r"(?:năm|[-/.]) ?(?P<y>\d{4}))?(?:,? ?của (?P<org>(?-i:\p{Lu})[^,;.()]*?)",
    r"(?: (?:về|và|quy định|ban hành|hướng dẫn|hết|kể|đã|có|thì)\b|[,;.():]|$))?"
));
/// Only a part of the document behind it is meant.
static PART: Pattern = Pattern::new(
    r"(?i)\b(?:khoản|điểm|điều \d|một số|các điều|các cụm từ|cụm từ|mục|tiết|đoạn|câu|phụ lục)\b",
);
/// How a sentence about the document itself begins.
static LEAD: Pattern = Pattern::new(
    r"(?i)^(?:(?:điều|khoản|mục) \d{1,3}[.:] ?|[-–+•*] ?|\(?[\divx]{1,4}[.)/\-] ?|[a-zđ][.)] ?)+",
);
static SELF: Pattern = Pattern::new(concat!(
    r"(?i)\b(?:văn bản|quy định|quyết định|nghị quyết|chỉ thị|kết luận|quy chế|hướng dẫn|thông tri",
    r"|thông tư(?: liên tịch)?|thông báo|kế hoạch|chương trình|nghị định|luật|bộ luật|pháp lệnh",
    r"|điều lệ|công văn|đề án) này\b"
));

/// Reads the links that title and text of a document give. `own` is its own symbol.
pub(super) fn read(pages: &[String], title: Option<&str>, own: Option<&Symbol>) -> Links {
    let mut links = Links::default();
    if let Some(title) = title.filter(|t| does_from_the_start(t)) {
        sentence(title, own, &mut links);
    }
    let mut left = TEXT_MAX;
    let mut listing: Option<bool> = None;
    for paragraph in paragraphs(pages, &mut left) {
        let lead = LEAD.find(&paragraph).map_or(0, |found| found.end);
        let text = &paragraph[lead..];
        // "… bãi bỏ các văn bản sau đây:" goes on over the items below it.
        match listing.filter(|_| lead > 0 && EXPIRES.find(text).is_none()) {
            Some(replaces) => {
                named(
                    text,
                    own,
                    replaces && PART.find(before_symbol(text)).is_none(),
                    &mut links,
                );
            }
            None => {
                listing = None;
                for text in sentences(text) {
                    let about_itself = SELF.is_match(text) || does_from_the_start(text);
                    if about_itself && !is_grounds(text) {
                        sentence(text, own, &mut links);
                        listing = opens_list(text);
                    }
                }
            }
        }
    }
    links
}

/// True where a sentence or title begins with the verb: "Bãi bỏ Quyết định …", "về việc sửa đổi,
/// bổ sung …".
fn does_from_the_start(text: &str) -> bool {
    static BEGIN: Pattern = Pattern::new(r"(?i)^(?:về (?:việc )?|ban hành \p{L}+ )?$");
    DOES.captures(text).is_some_and(|found| {
        let at = found.get(0).map_or(0, |m| m.start());
        group(&found, "not").is_none() && BEGIN.is_match(&text[..at])
    })
}

/// Grounds name what is in force, not what is done to it.
fn is_grounds(text: &str) -> bool {
    let folded = spelling::fold(&text.chars().take(12).collect::<String>());
    ["căn cứ", "theo ", "thực hiện", "xét "]
        .iter()
        .any(|word| folded.starts_with(&spelling::fold(word)))
}

/// Some where the items below are meant: true where they are replaced, false where amended.
fn opens_list(text: &str) -> Option<bool> {
    if !text.ends_with(':') {
        return None;
    }
    let verb = DOES.captures(text).filter(|c| group(c, "not").is_none());
    let amends = verb.and_then(|c| Some(is_amending(group(&c, "verb")?)));
    match amends {
        Some(amends) => Some(!amends),
        None => EXPIRES.is_match(text).then_some(true),
    }
}

fn is_amending(verb: &str) -> bool {
    let verb = spelling::fold(verb);
    verb.starts_with(&spelling::fold("sửa")) || verb.starts_with(&spelling::fold("bổ"))
}

/// Takes what one sentence says.
fn sentence(text: &str, own: Option<&Symbol>, links: &mut Links) {
    if let Some(expires) = EXPIRES.find(text) {
        let front = text[..expires.start].trim_end();
        let whole = PART.find(before_symbol(front)).is_none();
        named(front, own, whole, links);
    }
    let mut rest = text;
    while let Some(found) = DOES.captures(rest) {
        let end = found.get(0).map_or(rest.len(), |m| m.end());
        let verb = group(&found, "verb").unwrap_or("");
        let passive = group(&found, "not").is_some();
        let tail = &rest[end..];
        let until = DOES.find(tail).map_or(tail.len(), |next| next.start);
        if !passive {
            let object = tail[..until].trim_end();
            let whole = !is_amending(verb) && PART.find(before_symbol(object)).is_none();
            named(object, own, whole, links);
        }
        rest = tail;
    }
}

/// The words before the first symbol.
fn before_symbol(text: &str) -> &str {
    NAMED.find(text).map_or(text, |found| &text[..found.start])
}

/// Takes every document that the words name.
fn named(text: &str, own: Option<&Symbol>, replaces: bool, links: &mut Links) {
    let mut rest = text;
    while let Some(found) = NAMED.captures(rest) {
        let whole = found.get(0).map_or(0..rest.len(), |m| m.range());
        let into = if replaces {
            &mut links.replaces
        } else {
            &mut links.amends
        };
        if let Some(link) = link(&found).filter(|l| own != Some(&l.symbol) || l.issued_on.is_some())
        {
            let known = into.iter().any(|f| f.value.symbol == link.symbol);
            if !known && into.len() < LINKS_MAX {
                into.push(fact(link, Origin::Body, &rest[whole.clone()]));
            }
        }
        let symbol = found.name("symbol").map_or(whole.end, |m| m.end());
        rest = &rest[symbol..];
    }
}

fn link(found: &Captures<'_>) -> Option<Link> {
    let symbol = tidy(group(found, "symbol")?)?;
    let known = symbol.is_law() || !symbol.type_code().is_empty() && symbol.kind().is_some();
    if !known && group(found, "number").is_none() {
        return None;
    }
    Some(Link {
        symbol,
        issued_on: day_of(found),
        issuer: group(found, "org").map(|org| org.trim().to_owned()),
    })
}

/// The paragraphs of a text: wrapped lines made one, items apart.
fn paragraphs(pages: &[String], left: &mut usize) -> Vec<String> {
    let mut out: Vec<String> = Vec::new();
    let mut open = false;
    for page in pages {
        let page = super::clip(page, *left);
        *left -= page.len();
        let broken = spelling::is_broken(page);
        for raw in page.lines() {
            let line = spelling::line(super::clip(raw, PARAGRAPH_MAX));
            if line.is_empty() || is_rule(&line) {
                open = false;
                continue;
            }
            let line = if broken {
                spelling::rejoin(&line)
            } else {
                line
            };
            let last = out.last_mut().filter(|last| {
                let ended = last.ends_with(['.', ':', ';']) || last.ends_with("./.");
                open && !(ended && (LEAD.is_match(&line) || line.starts_with(char::is_uppercase)))
                    && last.len() < PARAGRAPH_MAX
            });
            match last {
                Some(last) => {
                    last.push(' ');
                    last.push_str(&line);
                }
                None => out.push(line),
            }
            open = true;
        }
    }
    out
}

/// A paragraph's sentences: to a stop before a capital.
fn sentences(text: &str) -> impl Iterator<Item = &str> {
    let mut rest = text;
    std::iter::from_fn(move || {
        if rest.is_empty() {
            return None;
        }
        let end = rest.match_indices(". ").find_map(|(at, _)| {
            rest[at + 2..]
                .starts_with(char::is_uppercase)
                .then_some(at + 2)
        });
        let (one, more) = rest.split_at(end.unwrap_or(rest.len()));
        rest = more;
        Some(one.trim())
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn patterns_compile() {
        for pattern in [&DOES, &EXPIRES, &NAMED, &PART, &LEAD, &SELF] {
            assert!(pattern.compiles());
        }
    }

    fn said(text: &str) -> (String, String) {
        let own = Symbol::parse("69-QĐ/TW");
        let links = read(&[text.to_owned()], None, own.as_ref());
        let words = |links: &[Fact<Link>]| {
            let words: Vec<String> = links.iter().map(|l| l.value.to_string()).collect();
            words.join(" ")
        };
        (words(&links.replaces), words(&links.amends))
    }

    #[test]
    fn what_a_text_does_to_others() {
        for (text, replaces, amends) in [
            (
                "Điều 58. Quy định này có hiệu lực kể từ ngày ký và thay thế Quy định số \
                 102-QĐ/TW, ngày\n15/11/2017 của Bộ Chính trị.",
                "102-QĐ/TW@2017-11-15",
                "",
            ),
            (
                "2. Nghị định này thay thế Nghị định số 110/2004/NĐ-CP ngày 08 tháng 4 năm 2004 \
                 và Nghị định số 09/2010/NĐ-CP ngày 08 tháng 02 năm 2010.",
                "110/2004/NĐ-CP@2004-04-08 09/2010/NĐ-CP@2010-02-08",
                "",
            ),
            (
                "Điều 1. Sửa đổi, bổ sung một số điều của Quy chế ban hành kèm theo Quyết định \
                 số 12-QĐ/ĐU ngày 3-4-2021 của Đảng uỷ Cục Thuế như sau:",
                "",
                "12-QĐ/ĐU@2021-04-03",
            ),
            ("Điều 4. Bãi bỏ Quyết định số 45/QĐ-BTC.", "45/QĐ-BTC", ""),
            (
                "Bãi bỏ khoản 2 Điều 5 Thông tư số 45/2019/TT-BTC.",
                "",
                "45/2019/TT-BTC",
            ),
            (
                "Luật Bảo vệ bí mật nhà nước số 29/2018/QH14 hết hiệu lực kể từ ngày Luật này có \
                 hiệu lực.",
                "29/2018/QH14",
                "",
            ),
            (
                "Quyết định này bãi bỏ các văn bản sau đây:\na) Quyết định số 1-QĐ/TW;\nb) Quyết \
                 định số 2-QĐ/TW ngày 1/2/2003.\n\nCác chi bộ báo cáo theo Hướng dẫn số 3-HD/TW.",
                "1-QĐ/TW 2-QĐ/TW@2003-02-01",
                "",
            ),
            (
                "Căn cứ Luật sửa đổi, bổ sung một số điều của Luật số 29/2018/QH14;",
                "",
                "",
            ),
            (
                "Thực hiện Quy định số 41-QĐ/TW thay thế Quy định số 30-QĐ/TW, các chi bộ báo cáo.",
                "",
                "",
            ),
            (
                "Quy định này căn cứ Luật số 29/2018/QH14 đã được sửa đổi, bổ sung theo Luật số \
                 1/2020/QH14.",
                "",
                "",
            ),
            ("(Bản tóm lược; không thay thế bản chính.)", "", ""),
            (
                "Quy định này thay thế bản đã phát hành số 69-QĐ/TW.",
                "",
                "",
            ),
        ] {
            let (first, second) = said(text);
            assert_eq!(first, replaces, "{text}");
            assert_eq!(second, amends, "{text}");
        }
    }

    #[test]
    fn a_title_amends() {
        let title = "sửa đổi, bổ sung một số điều của Nghị định số 30/2020/NĐ-CP về văn thư";
        let links = read(&[], Some(title), None);
        assert_eq!(links.amends[0].value.to_string(), "30/2020/NĐ-CP");
        assert!(links.replaces.is_empty());
    }
}
