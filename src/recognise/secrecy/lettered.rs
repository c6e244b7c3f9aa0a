//! Owns letters beside a symbol that may stand for a level of secrecy: `15-TB/ĐU(M)`, `(TuM)`. It
//! refuses to decide what they mean: some offices write levels so, others units, so a person must.

use super::fact;
use crate::document::{Fact, Origin};
use crate::recognise::page::Line;
use crate::recognise::pattern::{Pattern, group};
use crate::spelling;

/// Letters in brackets behind a symbol, whatever is left of its number.
static BEHIND: Pattern = Pattern::new(concat!(
    r"(?P<symbol>(?:\d{1,5}\p{L}?\s?)?[-–/_]\s?[\p{Lu}][\p{L}\d]*(?:\s?[-–/_]\s?[\p{L}\d]+)*",
    r"\s?[(\[{]\s?(?:T|Tu|TU|Ty|Tuy|TUY|TUYET|Tg)?[.\s]{0,2}M\.?\s?[)\]}])",
));

/// M as one of the codes of a symbol, or straight behind its number.
static WITHIN: Pattern = Pattern::new(concat!(
    r"(?:^|\s|:)(?P<symbol>\d{1,5}(?:M\s?[-–/]|(?:\s?[-–/]\s?[\p{L}\d]+)*\s?[-–/]\s?(?:M|TuM)",
    r"(?:\s?[-–/]|$))[-–/\p{L}\d]*)",
));

/// The letters alone in a cell of the heading, in brackets or a box.
static ALONE: Pattern = Pattern::new(r"^(?P<symbol>[(\[{]?\s?(?:Tu|TU|Ty|Tuy|T)?\.?M\s?[)\]}]?)$");

/// The letter beside the symbol in the heading or in the file's name.
pub(in crate::recognise) fn letter(heading: &[Line], file_name: &str) -> Option<Fact<String>> {
    let cells = heading.iter().flat_map(|line| &line.cells);
    let in_cells = cells.filter_map(|cell| {
        let found = BEHIND.captures(cell);
        let found = found.or_else(|| WITHIN.captures(cell));
        let found = found.or_else(|| ALONE.captures(cell))?;
        Some(fact(
            group(&found, "symbol")?.to_owned(),
            Origin::Heading,
            cell,
        ))
    });
    let named = || {
        let name = spelling::line(file_name);
        let found = BEHIND.captures(&name)?;
        Some(fact(
            group(&found, "symbol")?.to_owned(),
            Origin::Name,
            file_name,
        ))
    };
    in_cells.into_iter().next().or_else(named)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::recognise::page::lines;

    #[test]
    fn letters_beside_a_symbol_are_a_question() {
        for (text, value) in [
            ("Số 15-TB/ĐU(M)", "15-TB/ĐU(M)"),
            ("Số 12-BC/TU (TM)", "12-BC/TU (TM)"),
            ("Số: 12-BC/TU (TuM)", "12-BC/TU (TuM)"),
            ("Số: 15/BC-UBND[M]", "15/BC-UBND[M]"),
            ("Số:      -TB/ĐU(M)", "-TB/ĐU(M)"),
            (
                "15-TB/ĐU (M)\tHà Nội, ngày 02 tháng 3 năm 2020",
                "15-TB/ĐU (M)",
            ),
            ("Số 15-M-TB/ĐU", "15-M-TB/ĐU"),
            ("Số 15-TB/ĐU-M", "15-TB/ĐU-M"),
            ("Số 15M-TB/ĐU", "15M-TB/ĐU"),
            ("Số 15-TB/ĐU\n(M)", "(M)"),
            ("Số 15-TB/ĐU\n[ TM ]", "[ TM ]"),
        ] {
            let found = letter(&lines(text, 9), "a.pdf").map(|f| f.value);
            assert_eq!(found.as_deref(), Some(value), "{text}");
        }
        assert!(letter(&[], "15-TB-ĐU(M).pdf").is_some());
    }

    #[test]
    fn units_and_copies_are_none() {
        for text in [
            "Số 15-TB/ĐU",
            "Số: 12/BC-TM",
            "Số: 4321/TCT-CNTT (2)",
            "Số: 30/2020/NĐ-CP",
            "Số 36a/NQ-CP",
            "Số: 15/MTTQ-BTT",
            "V/v mua sắm (máy M)",
            "TM. BAN THƯỜNG VỤ",
        ] {
            assert_eq!(letter(&lines(text, 9), "15-TB-ĐU (1).pdf"), None, "{text}");
        }
    }
}
