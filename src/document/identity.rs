//! Owns when two files are the same document: issuer, symbol, date of issue and part. It refuses
//! to know what the files look like.

use std::fmt;

use chrono::NaiveDate;

use serde::{Deserialize, Serialize};

use super::{Facts, Symbol};
use crate::spelling;

/// Which part of a document a file is.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize,
)]
#[serde(rename_all = "snake_case")]
pub enum Part {
    /// The document itself.
    #[default]
    Main,
    /// Phụ lục N; 0 where it bears no number.
    Annex(u16),
}

/// Canonical issuer, symbol, date and part. Never the symbol alone: a Party committee counts from
/// 01 again in every term of office (guide 36-HD/VPTW §1.3), so 23-CT/TW is two documents.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Identity {
    /// Folded name of the issuing organisation.
    pub issuer: String,
    /// Folded symbol.
    pub symbol: String,
    /// Date of issue.
    pub issued_on: NaiveDate,
    /// Main document or annex.
    pub part: Part,
}

impl Identity {
    /// The identity that the facts give, or none where the symbol or the date is missing.
    #[must_use]
    pub fn of(facts: &Facts, part: Part) -> Option<Self> {
        let symbol = &facts.symbol.as_ref()?.value;
        let heading = facts.issuer.as_ref().map(|f| f.value.as_str());
        Some(Self {
            issuer: issuer_of(symbol, heading),
            symbol: symbol.key(),
            issued_on: facts.issued_on.as_ref()?.value,
            part,
        })
    }

    /// The written identity of the document that a written one is a part of, or is.
    #[must_use]
    pub fn main_of(written: &str) -> &str {
        written
            .split_once("|annex ")
            .map_or(written, |(main, _)| main)
    }
}

impl std::str::FromStr for Identity {
    type Err = ();

    /// Reads the written form again.
    fn from_str(text: &str) -> Result<Self, ()> {
        let mut words = text.split('|');
        let mut word = || words.next().ok_or(());
        let (issuer, symbol) = (word()?.to_owned(), word()?.to_owned());
        let issued_on = word()?.parse().map_err(|_| ())?;
        let part = match words
            .next()
            .map(|w| w.strip_prefix("annex ").ok_or(())?.parse().map_err(|_| ()))
        {
            None => Part::Main,
            Some(number) => Part::Annex(number?),
        };
        Ok(Self {
            issuer,
            symbol,
            issued_on,
            part,
        })
    }
}

impl fmt::Display for Identity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}|{}|{}", self.issuer, self.symbol, self.issued_on)?;
        match self.part {
            Part::Main => Ok(()),
            Part::Annex(n) => write!(f, "|annex {n}"),
        }
    }
}

/// The canonical issuer: the organisation's code where it names one body, since headings name now
/// the parent, now the deciding body; the heading only where many bodies share the code (every
/// committee is ĐU, every branch CB).
#[must_use]
pub fn issuer_of(symbol: &Symbol, heading: Option<&str>) -> String {
    const SHARED: [&str; 17] = [
        "ĐU", "CB", "TU", "HU", "QU", "ThU", "ĐUK", "ĐH", "BCĐ", "UBND", "HĐND", "UBKT", "BTV",
        "VP", "CĐ", "ĐTN", "ĐB",
    ];
    let code = symbol.organisation();
    let first = code.split('-').next().unwrap_or("");
    if !code.is_empty() && !SHARED.contains(&first) {
        return spelling::fold(code);
    }
    spelling::fold(heading.unwrap_or(code)).replace('|', "/")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_code_of_one_body_goes_before_the_heading() {
        for (symbol, heading, issuer) in [
            ("23-CT/TW", Some("Ban Bí thư"), "tw"),
            ("17/NQ-CP", None, "cp"),
            ("12-KH/ĐU", Some("Đảng ủy Cục Thuế"), "Đảng uỷ Cục Thuế"),
            ("12-KH/ĐU", None, "ĐU"),
            (
                "45/QĐ-UBND",
                Some("Uỷ ban nhân dân xã A"),
                "Ủy ban nhân dân xã A",
            ),
            (
                "45/UBND-VX",
                Some("Uỷ ban nhân dân xã B"),
                "Uỷ ban nhân dân xã B",
            ),
        ] {
            let symbol = Symbol::parse(symbol).expect(symbol);
            assert_eq!(
                issuer_of(&symbol, heading),
                spelling::fold(issuer),
                "{symbol}"
            );
        }
    }
}
