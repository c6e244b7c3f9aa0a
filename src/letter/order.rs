//! Owns the order of documents in a letter: urgency, then rank of the issuer, then date. It
//! refuses to know the rest of what is known of them.

use std::cmp::{Ordering, Reverse};

use crate::document::Facts;
use crate::spelling;

/// The more urgent first; then Trung ương, superior bodies, the committee, the branch; then the
/// older; then by symbol, so that the order never depends on how the documents were found.
#[must_use]
pub fn order(a: &Facts, b: &Facts) -> Ordering {
    key(a).cmp(&key(b))
}

fn key(facts: &Facts) -> impl Ord + use<> {
    let symbol = facts.symbol.as_ref().map(|s| s.value.key());
    // 2 before 10, which as text stands before it.
    let number = symbol.as_deref().map(number);
    let issued_on = facts.issued_on.as_ref().map(|d| d.value);
    (
        Reverse(facts.urgency.as_ref().map(|u| u.value)),
        rank(facts),
        issued_on.is_none(),
        issued_on,
        symbol.is_none(),
        number,
        symbol,
        facts.title.as_ref().map(|t| spelling::fold(&t.value)),
    )
}

/// The number that a symbol begins with; 0 where it has none.
fn number(symbol: &str) -> u64 {
    let end = symbol.find(|c: char| !c.is_ascii_digit());
    symbol[..end.unwrap_or(symbol.len())].parse().unwrap_or(0)
}

/// 0 Trung ương and the State's highest bodies, 1 superior bodies, 2 the committee, 3 a branch.
fn rank(facts: &Facts) -> u8 {
    const HIGHEST: [&str; 6] = ["CP", "TTg", "CTN", "UBTVQH", "QH", "BCHTW"];
    let code = facts.symbol.as_ref().map(|s| s.value.organisation());
    let head = code.map(|c| c.trim_end_matches(|c: char| c.is_ascii_digit()));
    match (code, head) {
        (Some(code), _) if code.ends_with("TW") => 0,
        (_, Some(head)) if HIGHEST.contains(&head) => 0,
        (Some("ĐU"), _) => 2,
        (Some("CB"), _) => 3,
        (Some(code), _) if !code.is_empty() => 1,
        _ => {
            let issuer = facts.issuer.as_ref().map(|i| spelling::fold(&i.value));
            let issuer = issuer.unwrap_or_default();
            let says = |words: &str| issuer.contains(&spelling::fold(words));
            match () {
                () if says("Trung ương") || says("Ban Bí thư") || says("Bộ Chính trị") => {
                    0
                }
                () if says("chi bộ") || says("chi uỷ") => 3,
                () if says("đảng uỷ") || issuer.is_empty() => 2,
                () => 1,
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::document::{Fact, Origin, Symbol, Urgency};

    fn facts(symbol: &str, urgency: Option<Urgency>) -> Facts {
        let fact = |value| Fact {
            value,
            origin: Origin::Heading,
            evidence: String::new(),
            mended: false,
        };
        Facts {
            symbol: Symbol::parse(symbol).map(fact),
            urgency: urgency.map(|value| Fact {
                value,
                origin: Origin::Heading,
                evidence: String::new(),
                mended: false,
            }),
            ..Facts::default()
        }
    }

    #[test]
    fn urgent_first_then_by_rank() {
        let sorted = [
            facts("4321/TCT-CNTT", Some(Urgency::HoaToc)),
            facts("9-CV/ĐU", Some(Urgency::Khan)),
            facts("23-CT/TW", None),
            facts("30/2020/NĐ-CP", None),
            facts("36-HD/VPTW", None),
            facts("110-HD/VPTW", None),
            facts("25-KH/TU", None),
            facts("12-KH/ĐU", None),
            facts("05-NQ/CB", None),
        ];
        for pair in sorted.windows(2) {
            assert_eq!(
                order(&pair[0], &pair[1]),
                Ordering::Less,
                "{:?}",
                pair[1].symbol
            );
        }
    }
}
