//! Owns the sentences and fields in which a document says of itself that it is secret: "Văn bản
//! này có độ mật: Tối mật". It refuses to know marks, and what a regulation says of others.

use super::shape::has_word_from_m_to_t;
use super::{AFTER, MARK_MAX, level_word, words};
use crate::document::Secrecy;
use crate::recognise::pattern::Pattern;
use crate::spelling;

/// "Văn bản này" at the head of a sentence, words that give it nothing but a level, the level.
static ITSELF: Pattern = Pattern::new(concat!(
    r#"(?i)(?:^|[.;:!?)\]"”–—|-] ?|\d )(?P<head>(?:tài liệu|văn bản|báo cáo|kế hoạch|hồ sơ"#,
    r"|công văn|nghị quyết|chỉ thị|tờ trình|thông báo|công điện|quyết định|đề án|hướng dẫn",
    r"|kết luận|biên bản|danh sách|phụ lục|chương trình|thông tin|nội dung|tệp|bản \p{L}+)",
    r"(?: \p{L}+){0,2} này),? (?:(?:là|thuộc|có|được|đã|đóng|dấu|độ|mức|cấp|chỉ|loại|danh|mục",
    r#"|xác|định|tài|liệu|văn|bản|mang|bảo|mật|bí|chế|ở|ghi)[ :“”"'\[(–-]+){1,12}"#,
    r"(?P<level>tuyệt mật|tối mật|mật)\b",
));

/// A line that calls the document secret, and says at most how to keep it.
static CALLED: Pattern = Pattern::new(concat!(
    r"(?i)^[\[(*\s]*(?:tài liệu|văn bản|hồ sơ|thuộc)(?: (?:này|là|thuộc|có|loại|độ|mức|dấu",
    r"|đóng|được|danh mục|phạm vi|bí mật nhà nước))* (?P<level>tuyệt mật|tối mật|mật)[\])*.\s]*",
    r"(?P<keep>[,;.–-] ?(?:không|cấm|lưu|xem|thu|sử dụng|chỉ)\b.*)?$",
));

/// "Độ mật của văn bản này: Mật", "Mức độ bảo mật - Tối mật", "Độ mật: A": the label of a field
/// and its value. A, B and C were the letters on envelopes (circular 33/2015/TT-BCA).
static FIELD: Pattern = Pattern::new(concat!(
    r"(?i)^\W*(?:dấu )?(?:chỉ )?(?:mức )?(?:cấp )?(?:độ|cấp|mức) (?:bảo )?mật",
    r"(?: (?:của|văn|bản|tài|liệu|này|là|được|xác|định)\b)*\W*(?P<level>tuyệt|tối|mật|m|a|b|c)\b",
    r"(?P<rest>.{0,60})$",
));

/// Lines of a sentence that are read before the one with its level.
const ABOVE: usize = 2;

/// The level that a page gives its document in a sentence, and the sentence.
pub(super) fn declared(page: &str) -> Option<(Secrecy, String)> {
    let lines: Vec<&str> = page.lines().collect();
    let with_level = (0..lines.len()).filter(|at| has_word_from_m_to_t(lines[*at]));
    // A sentence can begin with any of the lines, whatever stands above it. Most pages name levels
    // nowhere near "này", and must not cost a pattern.
    with_level
        .flat_map(|at| (at.saturating_sub(ABOVE)..=at).map(move |from| (from, at)))
        .filter(|(from, at)| lines[*from..=*at].iter().any(|line| has_this(line)))
        .filter_map(|(from, at)| sentence(&lines[from..(at + 2).min(lines.len())]))
        .max_by_key(|(level, _)| *level)
}

/// True where "này" may stand.
fn has_this(line: &str) -> bool {
    words(line).any(|word| word.starts_with(['n', 'N']) && word.ends_with(['y', 'Y']))
}

fn sentence(lines: &[&str]) -> Option<(Secrecy, String)> {
    // One paragraph a line is common; a sentence about itself is short.
    let text = spelling::line(&lines.join(" "));
    let mut rest = &text[..];
    // The first sentence of the kind may speak of others, and the next of itself.
    while let Some(found) = ITSELF.captures(rest) {
        if let Some(level) = of_itself(rest, &found) {
            return Some(level);
        }
        rest = &rest[found.name("level")?.end()..];
    }
    None
}

/// The level and the words of a match, where they do speak of the document itself.
fn of_itself(text: &str, found: &regex::Captures<'_>) -> Option<(Secrecy, String)> {
    let (head, level) = (found.name("head")?, found.name("level")?);
    let before = words(&text[..level.start()]).last().map(spelling::fold);
    let next = words(&text[level.end()..]).next().map(spelling::fold);
    let is = |word: &Option<String>, list: &[&str]| {
        let word = word.as_ref();
        word.is_some_and(|word| list.iter().any(|other| spelling::fold(other) == *word))
    };
    let is_state = is(&before, &["bí"]) && is(&next, &["nhà"]);
    // "thuộc độ Mật." gives a level, "có độ mật phù hợp" speaks of one.
    let goes_on = text[level.end()..]
        .trim_start()
        .starts_with(char::is_alphabetic);
    let is_word =
        is(&before, &["bí", "bảo"]) || is(&next, &AFTER) || goes_on && is(&before, &["độ"]);
    let begins = head.as_str().starts_with(char::is_uppercase);
    let found = || {
        (
            level_of(level.as_str()),
            text[head.start()..level.end()].to_owned(),
        )
    };
    (begins && (is_state || !is_word)).then(found)
}

/// The level of a cell that calls the document secret. Words that a heading may say and a text only
/// with how to keep it.
pub(super) fn called(cell: &str, heading: bool) -> Option<Secrecy> {
    if cell.len() > MARK_MAX * 3 || !has_word_from_m_to_t(cell) {
        return None;
    }
    let text = spelling::line(cell);
    let found = CALLED.captures(&text)?;
    let shown = text.starts_with(|c: char| !c.is_lowercase());
    let kept = found.name("keep").is_some();
    (shown && (heading || kept)).then(|| level_of(found.name("level").map_or("", |m| m.as_str())))
}

/// The value of a field: "Độ mật: Mật", "Mức độ mật - Tối mật".
pub(super) fn field(cell: &str) -> Option<Secrecy> {
    let text = spelling::line(cell);
    let found = FIELD.captures(&text)?;
    let rest = found.name("rest").map_or("", |m| m.as_str()).trim_start();
    let value = spelling::fold(found.name("level")?.as_str());
    let ends = !rest.starts_with(char::is_alphabetic);
    match value.as_str() {
        "a" => ends.then_some(Secrecy::TuyetMat),
        "b" => ends.then_some(Secrecy::ToiMat),
        "c" => ends.then_some(Secrecy::Mat),
        word => Some(level_word(word).unwrap_or(Secrecy::Mat)),
    }
}

/// The level that is the whole value of any field: "Phân loại: Tối mật". In a heading no other
/// value is called so.
pub(super) fn labelled(cell: &str) -> Option<Secrecy> {
    let (_, value) = cell.rsplit_once(':')?;
    super::whole_level(value).filter(|_| value.trim().starts_with(char::is_uppercase))
}

fn level_of(level: &str) -> Secrecy {
    let folded = spelling::fold(level);
    let first = folded.split(' ').next().unwrap_or_default();
    level_word(first).unwrap_or(Secrecy::Mat)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_document_says_its_level() {
        use Secrecy::{Mat, ToiMat, TuyetMat};
        for (text, level) in [
            ("Văn bản này có độ mật: Tối mật.", ToiMat),
            ("Văn bản này được đóng dấu MẬT.", Mat),
            ("Văn bản này thuộc độ Mật.", Mat),
            (
                "Kính gửi các chi bộ. Tài liệu này là tài liệu tuyệt mật, không sao chụp.",
                TuyetMat,
            ),
            ("1. Báo cáo này\nđược xác định độ mật là “Tối mật”", ToiMat),
            ("Kế hoạch này thuộc danh mục bí mật nhà nước.", Mat),
            ("VĂN BẢN NÀY THUỘC LOẠI TỐI MẬT", ToiMat),
            (
                "Văn bản này có độ mật phù hợp. Tài liệu này là tài liệu mật.",
                Mat,
            ),
            (
                "đến toàn thể đảng viên\nVăn bản này thuộc độ Mật.\nNơi nhận",
                Mat,
            ),
        ] {
            let decomposed: String =
                unicode_normalization::UnicodeNormalization::nfd(text).collect();
            for text in [text, &decomposed] {
                assert_eq!(declared(text).map(|f| f.0), Some(level), "{text}");
            }
        }
    }

    #[test]
    fn what_is_said_of_others_is_no_mark() {
        for text in [
            "Trường hợp văn bản này có độ mật thì thực hiện theo Luật.",
            "Nếu tài liệu này thuộc bí mật nhà nước thì không đăng tải.",
            "Văn bản này có độ mật phù hợp với nội dung.",
            "Tài liệu này được bảo mật theo quy định.",
            "Văn bản này thay thế văn bản mật trước đây.",
            "Quy định này không thuộc danh mục bí mật nhà nước.",
            "Văn bản có độ mật: gửi qua đường giao liên.",
            "Đề án này có mật độ cao.",
            "Văn bản mật, tối mật, tuyệt mật được đăng ký riêng.",
        ] {
            assert_eq!(declared(text), None, "{text}");
            assert_eq!(called(text, false), None, "{text}");
        }
        assert_eq!(called("Tài liệu mật", false), None);
        assert_eq!(called("tài liệu mật", true), None);
        assert_eq!(called("Tài liệu mật phải được bảo quản", true), None);
    }

    #[test]
    fn lines_call_a_document_secret() {
        for (text, level) in [
            ("Tài liệu mật", Secrecy::Mat),
            ("(Tài liệu tối mật)", Secrecy::ToiMat),
            ("Tài liệu tuyệt mật, không phổ biến", Secrecy::TuyetMat),
            ("Văn bản thuộc loại Mật", Secrecy::Mat),
            (
                "Văn bản thuộc danh mục bí mật nhà nước độ Tối mật",
                Secrecy::ToiMat,
            ),
        ] {
            assert_eq!(called(text, true), Some(level), "{text}");
        }
        assert!(called("Tài liệu tuyệt mật, không phổ biến", false).is_some());
    }

    #[test]
    fn fields_have_values() {
        for (text, level) in [
            ("Độ bảo mật: Tối mật", Some(Secrecy::ToiMat)),
            ("Độ mật của văn bản này: Mật.", Some(Secrecy::Mat)),
            ("Mức độ mật - Tối mật", Some(Secrecy::ToiMat)),
            ("Cấp độ bảo mật: Mật", Some(Secrecy::Mat)),
            ("Dấu chỉ độ mật: tuyệt mật", Some(Secrecy::TuyetMat)),
            ("Độ mật: A", Some(Secrecy::TuyetMat)),
            ("Độ mật: C.", Some(Secrecy::Mat)),
            ("Độ mật: A Lưới", None),
            ("Độ mật: Thường", None),
            ("Độ mật:", None),
            ("Mức độ bảo mật: cao", None),
            (
                "dấu chỉ mức độ mật, mức độ khẩn; chỉ dẫn phạm vi lưu hành",
                None,
            ),
            ("Độ mật của văn bản do người soạn thảo đề xuất", None),
        ] {
            assert_eq!(field(text), level, "{text}");
        }
    }
}
