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
    /// take their usual letters (`23-ct/tw`, `144-QD/TW`), separators the place that the
    /// organisation's own grammar gives them (`62/CT-TW`, `03-NQ/CP`). At most 40 characters. None
    /// where the text fits no grammar.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let tight: String = spelling::line(text)
            .chars()
            .filter(|c| !c.is_whitespace())
            .map(|c| if "–—‑_".contains(c) { '-' } else { c })
            .collect();
        let (number, rest) = tight.split_at(tight.find(['-', '/'])?);
        let digits = number.chars().take_while(char::is_ascii_digit).count();
        let numbered = (1..=5).contains(&digits)
            && number.chars().skip(digits).count() <= 1
            && number.chars().skip(digits).all(char::is_alphabetic);
        let tail = &rest[1..];
        let pieces = || tail.split(['-', '/']);
        let coded = pieces().all(|p| !p.is_empty() && p.chars().all(char::is_alphanumeric))
            && tail.chars().any(char::is_alphabetic)
            && tail.chars().count() <= 34;
        if !numbered || !coded {
            return None;
        }
        let mut normal = number.to_lowercase();
        for part in rest.split_inclusive(['-', '/']) {
            let code = part.trim_end_matches(['-', '/']);
            normal.push_str(&usual(code));
            normal.push_str(&part[code.len()..]);
        }
        Some(Self(regular(normal)))
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

    /// True where a Party organisation writes so: the hyphen first.
    #[must_use]
    pub fn is_party(&self) -> bool {
        matches!(self.grammar(), Grammar::Party)
    }

    /// True for laws and resolutions of the National Assembly: `29/2018/QH14`.
    #[must_use]
    pub fn is_law(&self) -> bool {
        matches!(self.grammar(), Grammar::Law)
    }

    fn grammar(&self) -> Grammar {
        let at = self.0.find(['-', '/']).unwrap_or(0);
        if self.0[at..].starts_with('-') && self.0.contains('/') {
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

/// A code in its usual letters: capitals, but for the few that mix them, and Đ where a keyboard
/// without it gave D.
fn usual(code: &str) -> String {
    const MIXED: [&str; 6] = ["TTg", "CTr", "TTr", "QyĐ", "QĐi", "TrS"];
    const ASCII: [(&str, &str); 8] = [
        ("QD", "QĐ"),
        ("ND", "NĐ"),
        ("DU", "ĐU"),
        ("QYD", "QyĐ"),
        ("QDI", "QĐi"),
        ("HDND", "HĐND"),
        ("BCD", "BCĐ"),
        ("DUK", "ĐUK"),
    ];
    let capitals = code.to_uppercase().replace(['Ð', 'Ɖ'], "Đ");
    if code == "ThU" {
        return code.to_owned();
    }
    if let Some((_, right)) = ASCII.iter().find(|(wrong, _)| *wrong == capitals) {
        return (*right).to_owned();
    }
    let mixed = MIXED.iter().find(|m| m.to_uppercase() == capitals);
    mixed.map_or(capitals, |m| (*m).to_owned())
}

/// The symbol with its separators where its organisation puts them: central Party organs write
/// 62-CT/TW, the Government 03/NQ-CP, whatever old citations and the press write.
fn regular(symbol: String) -> String {
    let seps: Vec<char> = symbol.chars().filter(|c| "-/".contains(*c)).collect();
    let parts: Vec<&str> = symbol.split(['-', '/']).collect();
    if let ([number, code, organ], [first, second]) = (&parts[..], &seps[..]) {
        if (*first, *second) == ('/', '-') && organ.ends_with("TW") {
            return format!("{number}-{code}/{organ}");
        }
        if (*first, *second) == ('-', '/') && ["CP", "TTg"].contains(organ) {
            return format!("{number}/{code}-{organ}");
        }
    }
    symbol
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
            ("144-qd/tw", "144-QĐ/TW", "QĐ", "TW"),
            ("62/CT-TW", "62-CT/TW", "CT", "TW"),
            ("03-NQ/CP", "03/NQ-CP", "NQ", "CP"),
            ("749/qđ-ttg", "749/QĐ-TTg", "QĐ", "TTg"),
            ("15 – ctr/đu", "15-CTr/ĐU", "CTr", "ĐU"),
            ("2455/TCT_DNNCN", "2455/TCT-DNNCN", "", "TCT"),
            ("367-QĐ/TWĐTN-VP", "367-QĐ/TWĐTN-VP", "QĐ", "TWĐTN-VP"),
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
            "2020-2022",
            "1-/TW",
            "7--CT/TW",
            "123456-CT/TW",
            "23-CT/TW Bcc: x@y",
        ] {
            assert_eq!(Symbol::parse(text), None, "{text}");
        }
    }
}
