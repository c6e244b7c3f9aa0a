//! Owns the names of sheets: what Excel takes, none twice. It refuses to know what a sheet holds.

use std::collections::HashSet;

/// UTF-16 units of a name (Excel's limit).
const UNITS_MAX: usize = 31;

/// Names that are given already, in small letters.
#[derive(Debug, Default)]
pub(super) struct Names(HashSet<String>);

impl Names {
    /// A name for a sheet that is called so: without what Excel forbids, cut, made unique.
    pub(super) fn free(&mut self, wanted: &str) -> String {
        let allowed = |c: char| match c {
            '[' | ']' | ':' | '*' | '?' | '/' | '\\' => '-',
            c if c.is_control() => ' ',
            c => c,
        };
        let text: String = wanted.chars().map(allowed).collect();
        let text = text.trim_matches(|c: char| c == '\'' || c.is_whitespace());
        let plain = match text {
            "" => "-",
            // Excel keeps this one for itself.
            text if text.eq_ignore_ascii_case("history") => "History -",
            text => text,
        };
        let numbered = |n: usize| match n {
            1 => cut(plain, UNITS_MAX),
            n => {
                let mark = format!(" ({n})");
                cut(plain, UNITS_MAX - mark.len()) + &mark
            }
        };
        // One more candidate than there are names: one of them is free.
        let mut candidates = (1..=self.0.len() + 1).map(numbered);
        let free = candidates.find(|name| !self.0.contains(&name.to_lowercase()));
        let free = free.unwrap_or_else(|| numbered(self.0.len() + 2));
        self.0.insert(free.to_lowercase());
        free
    }
}

/// The beginning of a text that fits, without a blank or an apostrophe at its end.
fn cut(text: &str, most: usize) -> String {
    let mut units = 0;
    let fits = text.chars().take_while(|c| {
        units += c.len_utf16();
        units <= most
    });
    let cut: String = fits.collect();
    cut.trim_end_matches(|c: char| c == '\'' || c.is_whitespace())
        .to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn excel_takes_every_name_and_none_comes_twice() {
        let mut names = Names::default();
        let long = "Chi bộ Phòng Tổng hợp - Hành chính - Quản trị";
        for wanted in [
            long,
            long,
            "chi bộ 1",
            "CHI BỘ 1",
            "'[]:*?/\\'",
            "",
            "  ",
            "History",
            "''",
            "😀".repeat(20).as_str(),
            "-",
            "a\u{7}b",
        ] {
            let name = names.free(wanted);
            let units = name.encode_utf16().count();
            assert!((1..=UNITS_MAX).contains(&units), "{name}");
            assert!(
                !name.contains(['[', ']', ':', '*', '?', '/', '\\']),
                "{name}"
            );
            assert!(!name.starts_with('\'') && !name.ends_with('\''), "{name}");
        }
        assert_eq!(names.0.len(), 12, "{:?}", names.0);
        assert!(
            names.0.contains("chi bộ phòng tổng hợp - hàn (2)"),
            "{:?}",
            names.0
        );
    }
}
