//! Owns the plain text of a letter as text: what a word may hold, where a line is cut and wrapped.
//! It refuses to know what is written.

use crate::spelling;

/// Columns of the plain text (RFC 3676 §4.2 advises less than 78).
pub(super) const COLUMNS: usize = 72;

/// Where the recipient's name goes in a rendered text.
pub(super) const NAME: char = '\u{f0000}';

/// Where the branch's table goes in a rendered text.
pub(super) const TABLE: char = '\u{f0001}';

/// Where the letter's token goes in a rendered text.
pub(super) const TOKEN: char = '\u{f0002}';

/// One line of foreign text: NFC, nothing invisible, nothing of the private planes (the places of
/// the holes are written with those), at most `max` characters, cut at a word.
pub(super) fn clean(text: &str, max: usize) -> String {
    let private = |c: char| matches!(c, '\u{e000}'..='\u{f8ff}' | '\u{f0000}'..='\u{10ffff}');
    let line = if text.contains(private) {
        spelling::line(&text.replace(private, ""))
    } else {
        spelling::line(text)
    };
    // No more bytes than that: no more characters either.
    if line.len() <= max {
        line
    } else {
        cut(&line, max)
    }
}

/// At most `max` characters; cut at a word where one ends in the second half, and marked `…`.
pub(super) fn cut(text: &str, max: usize) -> String {
    if text.chars().count() <= max {
        return text.to_owned();
    }
    let head: String = text.chars().take(max.saturating_sub(1)).collect();
    let end = match head.rfind(' ') {
        Some(at) if at >= head.len() / 2 => at,
        _ => head.len(),
    };
    let open = |c: char| c.is_whitespace() || ",;:-–(".contains(c);
    format!("{}…", head[..end].trim_end_matches(open))
}

/// Wraps every line at words; a continued line hangs under the text of its number or dash.
pub(super) fn wrap(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + text.len() / 16);
    for line in text.trim().lines() {
        let line = line.trim_end();
        if line.chars().count() <= COLUMNS || line.contains([NAME, TABLE]) {
            out.push_str(line);
        } else {
            wrap_line(line, &mut out);
        }
        out.push('\n');
    }
    out
}

fn wrap_line(line: &str, out: &mut String) {
    let body = line.trim_start();
    let indent = line.len() - body.len();
    let first = body.split(' ').next().unwrap_or("");
    let is_number = first
        .strip_suffix('.')
        .is_some_and(|n| n.bytes().all(|b| b.is_ascii_digit()));
    let hang = if is_number || first == "-" {
        indent + first.len() + 1
    } else {
        indent
    };
    out.push_str(&line[..indent]);
    let mut column = indent;
    for (nth, word) in body.split_whitespace().enumerate() {
        let width = word.chars().count();
        if nth > 0 && column + 1 + width > COLUMNS {
            out.push('\n');
            out.extend(std::iter::repeat_n(' ', hang));
            column = hang;
        } else if nth > 0 {
            out.push(' ');
            column += 1;
        }
        out.push_str(word);
        column += width;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_is_cut_at_words() {
        assert_eq!(
            cut("nâng cấp ứng dụng quản lý thuế", 30),
            "nâng cấp ứng dụng quản lý thuế"
        );
        assert_eq!(
            cut("nâng cấp ứng dụng, quản lý thuế", 20),
            "nâng cấp ứng dụng…"
        );
        assert_eq!(cut("aaaaaaaaaa", 5), "aaaa…");
        assert_eq!(clean("a\r\nBcc: x\u{f0000}\u{202e}", 99), "a Bcc: x");
    }

    #[test]
    fn lines_wrap_and_hang() {
        let words = "văn bản ".repeat(20);
        let out = wrap(&format!("12. {words}\n\n   {words}"));
        assert!(out.lines().all(|l| l.chars().count() <= COLUMNS));
        let hang = |l: &str| l.len() - l.trim_start().len();
        assert_eq!(
            out.lines().map(hang).collect::<Vec<_>>(),
            [0, 4, 4, 0, 3, 3, 3]
        );
    }
}
