//! Owns the number and symbol of a document (số, ký hiệu) and its grammars of Party and State. It
//! refuses to know where in a text a symbol stands.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::spelling;

/// A symbol in its normal form: `23-CT/TW`, `30/2020/NĐ-CP`, `4321/TCT-CNTT`, `29/2018/QH14`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Symbol(String);

impl Symbol {
    /// Reads one symbol out of text that holds nothing else: blanks around `-` and `/` go, codes
    /// take their usual capitals. None where the text fits no grammar.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let text = spelling::line(text);
        let tight: String = text.split_whitespace().collect();
        let (number, rest) = tight.split_at(tight.find(['-', '/'])?);
        let digits = number.chars().take_while(char::is_ascii_digit).count();
        let numbered = (1..=5).contains(&digits)
            && number.chars().skip(digits).count() <= 1
            && number.chars().skip(digits).all(char::is_alphabetic);
        let tail = &rest[1..];
        let coded = tail
            .chars()
            .all(|c| c.is_alphanumeric() || "-/_".contains(c))
            && tail.chars().any(char::is_alphabetic);
        (numbered && coded).then(|| Self(tight))
    }

    /// The written form.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The form for comparing: folded, a leading zero of the number kept out.
    #[must_use]
    pub fn key(&self) -> String {
        spelling::fold(self.0.trim_start_matches('0'))
    }

    /// The code of the type: `CT` of 23-CT/TW, `NĐ` of 30/2020/NĐ-CP; empty for letters and laws.
    #[must_use]
    pub fn type_code(&self) -> &str {
        match self.grammar() {
            Grammar::Party => self.0.split(['-', '/']).nth(1).unwrap_or(""),
            Grammar::State => {
                let last = self.0.rsplit('/').next().unwrap_or("");
                last.split('-').next().unwrap_or("")
            }
            Grammar::Letter | Grammar::Law => "",
        }
    }

    /// The code of the organisation: `TW` of 23-CT/TW, `CP` of 30/2020/NĐ-CP, `TCT` of
    /// 4321/TCT-CNTT, `QH14` of 29/2018/QH14.
    #[must_use]
    pub fn organisation(&self) -> &str {
        let last = self.0.rsplit('/').next().unwrap_or("");
        match self.grammar() {
            Grammar::Party | Grammar::Law => last,
            Grammar::State => last.split_once('-').map_or("", |(_, org)| org),
            Grammar::Letter => last.split('-').next().unwrap_or(""),
        }
    }

    fn grammar(&self) -> Grammar {
        let at = self.0.find(['-', '/']).unwrap_or(0);
        if self.0[at..].starts_with('-') {
            return Grammar::Party;
        }
        let last = self.0.rsplit('/').next().unwrap_or("");
        let head = last.split('-').next().unwrap_or("");
        if last.starts_with("QH") && last[2..].chars().all(|c| c.is_ascii_digit()) {
            Grammar::Law
        } else if self.0.matches('/').count() >= 2 || STATE_TYPES.contains(&head) {
            Grammar::State
        } else {
            Grammar::Letter
        }
    }
}

/// Type codes of decree 30/2020/NĐ-CP annex III and of the laws on legal documents.
const STATE_TYPES: [&str; 32] = [
    "NQ", "QĐ", "CT", "QC", "QyĐ", "TC", "TB", "HD", "CTr", "KH", "PA", "ĐA", "DA", "BC", "BB",
    "TTr", "HĐ", "CĐ", "BGN", "BTT", "GUQ", "GM", "GGT", "GNP", "PG", "PC", "PB", "PL", "NĐ", "TT",
    "TTLT", "VBHN",
];

enum Grammar {
    Party,
    State,
    Letter,
    Law,
}

impl fmt::Display for Symbol {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn symbols_of_party_and_state() {
        for (text, normal, code, organisation) in [
            ("23-CT/TW", "23-CT/TW", "CT", "TW"),
            ("64 - HD/BTGTW", "64-HD/BTGTW", "HD", "BTGTW"),
            ("30/2020/NĐ-CP", "30/2020/NĐ-CP", "NĐ", "CP"),
            ("749/QĐ-TTg", "749/QĐ-TTg", "QĐ", "TTg"),
            ("4321/TCT-CNTT", "4321/TCT-CNTT", "", "TCT"),
            ("29/2018/QH14", "29/2018/QH14", "", "QH14"),
            (
                "30/2000/PL-UBTVQH10",
                "30/2000/PL-UBTVQH10",
                "PL",
                "UBTVQH10",
            ),
            ("36a/NQ-CP", "36a/NQ-CP", "NQ", "CP"),
        ] {
            let symbol = Symbol::parse(text).expect(text);
            assert_eq!(symbol.as_str(), normal);
            assert_eq!(symbol.type_code(), code, "{text}");
            assert_eq!(symbol.organisation(), organisation, "{text}");
        }
        for text in [
            "",
            "23",
            "CT/TW",
            "09/02/2018",
            "123456-CT/TW",
            "23-CT/TW Bcc: x@y",
        ] {
            assert_eq!(Symbol::parse(text), None, "{text}");
        }
    }
}
