//! Owns whole references to documents (Chỉ thị số 23-CT/TW, ngày … của …, về …). It refuses to
//! guess what a reference leaves out.

use chrono::NaiveDate;

use super::heading::{day_of, symbol_text, tidy};
use super::pattern::{Pattern, group};
use crate::document::{Symbol, kind_named};

/// A document as a reference names it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Reference {
    pub(super) symbol: Symbol,
    pub(super) kind: Option<&'static str>,
    pub(super) issued_on: Option<NaiveDate>,
    pub(super) issuer: Option<String>,
    pub(super) title: Option<String>,
}

macro_rules! reference {
    ($lead:literal, $tail:literal) => {
        concat!(
            $lead,
            r"(?P<kind>\p{L}+(?: \p{L}+){0,3}?) (?:số:? ?)?(?P<symbol>",
            symbol_text!(),
            r")(?:,? ?(?:ban hành )?ngày ?(?P<d>\d{1,2}) ?(?:tháng|[-/.]) ?(?P<m>\d{1,2}) ?",
            r"(?:năm|[-/.]) ?(?P<y>\d{4}))?(?:,? ?của (?P<org>[^,;()]+?))?",
            $tail
        )
    };
}
static WHOLE: Pattern = Pattern::new(reference!(
    r"(?i)^",
    r#"(?:[,:]? (?P<title>(?:về|v/v) .+)|[.)]*)$"#
));
static ATTACHED: Pattern = Pattern::new(reference!(
    r"(?i)(?:ban hành )?kèm theo ",
    r"(?:,? ?(?P<title>về .+?))?(?:[.)\]]|$)"
));

fn read(captures: &regex::Captures<'_>) -> Option<Reference> {
    let title = group(captures, "title").map(super::title::clean);
    Some(Reference {
        symbol: tidy(group(captures, "symbol")?)?,
        kind: kind_named(group(captures, "kind")?),
        issued_on: day_of(captures),
        issuer: group(captures, "org").map(|org| org.trim().to_owned()),
        title: title.filter(|t| !t.is_empty()),
    })
}

/// A line that is a whole reference and begins with a type: the heading of a page saved from the
/// web.
pub(super) fn whole(text: &str) -> Option<Reference> {
    read(&WHOLE.captures(text)?).filter(|r| r.kind.is_some())
}

/// How many of these lines say what document an annex belongs to, from the first on: "(Kèm theo …"
/// up to its bracket, or to where a line begins anew. None where the first says no such thing.
pub(super) fn attachment(lines: &[&str]) -> Option<usize> {
    /// So many lines a reference may take.
    const LINES: usize = 4;
    static BEGINS: Pattern =
        Pattern::new(r"(?i)^[(\[]?(?:phụ lục )?(?:ban hành |được ban hành )?kèm theo ");
    let first = lines.first().filter(|line| BEGINS.is_match(line))?;
    let bracket = first.starts_with(['(', '[']);
    let closes = |line: &&str| line.contains([')', ']']);
    let closed = lines.iter().take(LINES).position(closes);
    if let Some(at) = closed.filter(|_| bracket) {
        return Some(at + 1);
    }
    let goes_on = |line: &&&str| line.starts_with(|c: char| c.is_lowercase() || c.is_numeric());
    Some(
        1 + lines[1..]
            .iter()
            .take(LINES - 1)
            .take_while(goes_on)
            .count(),
    )
}

/// The main document in "(Kèm theo Hướng dẫn số 36-HD/VPTW, ngày 03/4/2018 của …)".
pub(super) fn attached(text: &str) -> Option<Reference> {
    read(&ATTACHED.captures(text)?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn references_are_taken_apart() {
        assert!(WHOLE.compiles() && ATTACHED.compiles());
        let found =
            whole("Chỉ thị số 41-CT/TW, ngày 28/10/2011 của Ban Bí thư về một việc").expect("r");
        assert_eq!(found.symbol.as_str(), "41-CT/TW");
        assert_eq!(found.issued_on, NaiveDate::from_ymd_opt(2011, 10, 28));
        assert_eq!(found.issuer.as_deref(), Some("Ban Bí thư"));
        assert_eq!(found.title.as_deref(), Some("về một việc"));
        let found = attached(
            "(Ban hành kèm theo Quyết định số 12/2020/QĐ-TTg ngày 05 tháng 3 năm 2020 của \
             Thủ tướng Chính phủ)",
        )
        .expect("attached");
        assert_eq!(found.symbol.as_str(), "12/2020/QĐ-TTg");
        assert_eq!(found.issuer.as_deref(), Some("Thủ tướng Chính phủ"));
        for text in [
            "Thực hiện Chỉ thị số 41-CT/TW của Ban Bí thư",
            "Căn cứ",
            "",
            "Kèm theo biểu mẫu",
        ] {
            assert_eq!(whole(text), None, "{text}");
            assert_eq!(attached(text), None, "{text}");
        }
    }
}
