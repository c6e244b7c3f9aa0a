//! Owns what a document says of others: who signed it for whom, and which documents it replaces or
//! amends. It refuses to decide anything by that: another identity is another document.

use std::fmt;

use chrono::NaiveDate;
use serde::{Deserialize, Serialize};

use super::{Facts, Identity, Part, Symbol, issuer_of};
use crate::spelling;

/// Who signed, as the end of the document writes it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Signer {
    /// Full name.
    pub name: String,
    /// For whom: `T/M BAN BÍ THƯ`, `KT. BỘ TRƯỞNG`; several lines are kept apart by ` / `.
    pub authority: Option<String>,
    /// The signer's own post: `PHÓ THỦ TƯỚNG`.
    pub post: Option<String>,
}

impl fmt::Display for Signer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.name)?;
        let said = [self.authority.as_deref(), self.post.as_deref()];
        let said: Vec<&str> = said.into_iter().flatten().collect();
        if said.is_empty() {
            return Ok(());
        }
        write!(f, " ({})", said.join(", "))
    }
}

/// Another document, as the text names it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Link {
    /// Its number and symbol.
    pub symbol: Symbol,
    /// Its date of issue, where the text gives it.
    pub issued_on: Option<NaiveDate>,
    /// Its issuer, where the text gives it.
    pub issuer: Option<String>,
}

impl Link {
    /// True where a document of this identity can be the one that is named in a document whose
    /// facts are `from`. Symbols come back with every term, so that without a date several can be.
    #[must_use]
    pub fn means(&self, known: &Identity, from: &Facts) -> bool {
        let own = from.issuer.as_ref().map(|f| f.value.as_str());
        let named = self.issuer.as_deref().or(own);
        known.part == Part::Main
            && known.symbol == self.symbol.key()
            && self.issued_on.is_none_or(|day| day == known.issued_on)
            && spelling::fold(&issuer_of(&self.symbol, named)) == spelling::fold(&known.issuer)
    }
}

impl fmt::Display for Link {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.symbol)?;
        self.issued_on.map_or(Ok(()), |day| write!(f, "@{day}"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn known(text: &str) -> Identity {
        text.parse().expect("an identity")
    }

    #[test]
    fn a_name_means_a_document_by_symbol_day_and_issuer() {
        let symbol = |s: &str| Symbol::parse(s).expect(s);
        let mut link = Link {
            symbol: symbol("102-QĐ/TW"),
            issued_on: NaiveDate::from_ymd_opt(2017, 11, 15),
            issuer: Some("Bộ Chính trị".into()),
        };
        let facts = Facts::default();
        let key = link.symbol.key();
        let of = |day: &str, part: &str| known(&format!("tw|{key}|{day}{part}"));
        assert!(link.means(&of("2017-11-15", ""), &facts));
        assert!(!link.means(&of("2012-11-15", ""), &facts));
        assert!(!link.means(&of("2017-11-15", "|annex 1"), &facts));
        link.issued_on = None;
        assert!(
            link.means(&of("2012-11-15", ""), &facts),
            "then several can be"
        );
        assert_eq!(link.to_string(), "102-QĐ/TW");
        link.symbol = symbol("12-KH/ĐU");
        link.issuer = Some("Đảng ủy Cục Thuế".into());
        let key = link.symbol.key();
        let of = |who: &str| known(&format!("{}|{key}|2020-01-02", spelling::fold(who)));
        assert!(link.means(&of("Đảng uỷ Cục Thuế"), &facts));
        assert!(!link.means(&of("Đảng uỷ Cục Hải quan"), &facts));
    }
}
