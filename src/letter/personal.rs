//! Owns the personal part of a letter: what a delivery's row freezes, and how it is written into
//! the holes of a sheet. It refuses to know the sheet around the holes.

use std::fmt::Write as _;

use askama::filters::{Escaper as _, Html};
use lettre::message::{Mailbox, header};
use serde::{Deserialize, Serialize};

use super::{NAME_MAX, Unfit, quoted, text};
use crate::organisation::{Address, Language};

/// Bytes of a branch's table as HTML; the rows beyond are counted, not shown. With it the holes of
/// a letter stay under [`super::sheet::HOLES_MAX`].
const TABLE_MAX: usize = 24 * 1024;

/// What makes a letter one recipient's: frozen in the delivery's row as JSON.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Personal {
    /// Display name of To; empty: the bare address.
    pub to_name: String,
    /// The one address of To.
    pub to_address: String,
    /// `token@domain`, without angle brackets.
    pub message_id: String,
    /// Who is greeted: the member's full name, or the branch's name.
    pub salutation: String,
    /// The branch's members: always there for a branch's letter, ignored by a member's.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub table: Option<BranchTable>,
}

/// The members of a branch and what they get, in the order shown.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct BranchTable {
    /// One member a row.
    pub rows: Vec<BranchRow>,
}

/// A member in a [`BranchTable`].
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct BranchRow {
    /// Full name.
    pub name: String,
    /// Post as written.
    pub post: String,
    /// What the member gets, in words: `Gửi qua thư điện tử`, `Chưa có địa chỉ`.
    pub state: String,
}

/// The Message-ID of a delivery: its token at the domain of From (RFC 5322 §3.6.4).
#[must_use]
pub fn message_id(token: &str, from: &Address) -> String {
    let domain = from
        .as_str()
        .rsplit_once('@')
        .map_or("localhost", |(_, domain)| domain);
    format!("{token}@{domain}")
}

impl Personal {
    /// `To` and `Message-ID`, folded and encoded.
    pub(super) fn to_header(&self) -> Result<Vec<u8>, Unfit> {
        let (local, domain) = self.to_address.rsplit_once('@').ok_or(Unfit::Address)?;
        let ascii = self.to_address.bytes().all(|b| b.is_ascii_graphic());
        let address = lettre::Address::new(local, domain).map_err(|_| Unfit::Address)?;
        if !ascii || self.to_address.len() > 320 {
            return Err(Unfit::Address);
        }
        let name = text::clean(&self.to_name, NAME_MAX);
        let mailbox = Mailbox::new((!name.is_empty()).then_some(name), address);
        let mut headers = header::Headers::new();
        headers.set(header::To::from(lettre::message::Mailboxes::from(mailbox)));
        Ok(headers.to_string().into_bytes())
    }

    pub(super) fn message_id_header(&self) -> Result<Vec<u8>, Unfit> {
        let id = &self.message_id;
        let atom = |c: u8| c.is_ascii_alphanumeric() || b".-_+=@".contains(&c);
        let sides = id.split('@').filter(|side| !side.is_empty()).count();
        if id.len() > 250 || sides != 2 || id.matches('@').count() != 1 || !id.bytes().all(atom) {
            return Err(Unfit::MessageId);
        }
        Ok(format!("Message-ID: <{id}>\r\n").into_bytes())
    }

    /// The token of the Message-ID, which is the same text in both pages.
    pub(super) fn token(&self) -> Vec<u8> {
        let token = self.message_id.split('@').next().unwrap_or("");
        let token: String = token.chars().filter(char::is_ascii_alphanumeric).collect();
        let mut out = Vec::new();
        quoted::encode(&token, &mut out);
        out
    }

    pub(super) fn name_text(&self) -> Vec<u8> {
        let mut out = Vec::new();
        quoted::encode(&text::clean(&self.salutation, NAME_MAX), &mut out);
        out
    }

    pub(super) fn name_html(&self) -> Vec<u8> {
        let mut html = String::new();
        escape(&text::clean(&self.salutation, NAME_MAX), &mut html);
        let mut out = Vec::new();
        quoted::encode(&html, &mut out);
        out
    }

    /// One line a member, and a rest that is counted.
    pub(super) fn table_text(&self, language: Language) -> Vec<u8> {
        let (rows, hidden) = self.rows();
        let mut lines = String::new();
        for (nth, [name, post, state]) in rows.iter().enumerate() {
            let comma = if post.is_empty() { "" } else { ", " };
            let _ = writeln!(lines, "{}. {name}{comma}{post}: {state}", nth + 1);
        }
        if hidden > 0 {
            let _ = writeln!(lines, "{}", rest(hidden, language));
        }
        let mut out = Vec::new();
        quoted::encode(text::wrap(&lines).trim_end(), &mut out);
        out
    }

    /// The rows of the table; its frame and head stand in the template.
    pub(super) fn table_html(&self, language: Language) -> Vec<u8> {
        let (rows, hidden) = self.rows();
        let mut html = String::new();
        for (nth, row) in rows.iter().enumerate() {
            html_row(nth + 1, row, &mut html);
        }
        if hidden > 0 {
            let rest = rest(hidden, language);
            let _ = writeln!(html, "<tr><td class=\"c\" colspan=\"4\">{rest}</td></tr>");
        }
        let mut out = Vec::new();
        quoted::encode(&html, &mut out);
        out
    }

    /// The cleaned rows that are shown, and how many are not.
    fn rows(&self) -> (Vec<[String; 3]>, usize) {
        let clean = |t: &String| text::clean(t, NAME_MAX);
        let all = self.table.as_ref().map_or(&[][..], |t| &t.rows);
        let (mut rows, mut html) = (Vec::new(), String::new());
        for row in all {
            let row = [clean(&row.name), clean(&row.post), clean(&row.state)];
            html_row(rows.len() + 1, &row, &mut html);
            if html.len() > TABLE_MAX {
                break;
            }
            rows.push(row);
        }
        let hidden = all.len() - rows.len();
        (rows, hidden)
    }
}

/// The classes stand in the style sheet of the page; without it the table is plain, not broken.
fn html_row(number: usize, cells: &[String; 3], out: &mut String) {
    let _ = write!(out, "<tr valign=\"top\"><td class=\"c n\">{number}</td>");
    for cell in cells {
        out.push_str("<td class=\"c\">");
        escape(cell, out);
        out.push_str("</td>");
    }
    out.push_str("</tr>\n");
}

fn rest(n: usize, language: Language) -> String {
    match language {
        Language::Vi => format!("… và {n:02} đồng chí khác."),
        Language::En => format!("… and {n} more."),
    }
}

/// The escaping of the templates; writing to a `String` does not fail.
fn escape(text: &str, out: &mut String) {
    let _ = Html.write_escaped_str(out, text);
}

#[cfg(test)]
mod tests {
    use super::*;

    fn personal(name: &str) -> Personal {
        Personal {
            to_name: name.to_owned(),
            to_address: "nga.tm@dangbo.example".to_owned(),
            message_id: "abc234@dangbo.example".to_owned(),
            salutation: name.to_owned(),
            table: None,
        }
    }

    #[test]
    fn names_stay_names() {
        let to = personal("Evil\" <a@b>, x@y\r\nBcc: z@z")
            .to_header()
            .expect("To");
        let to = String::from_utf8(to).expect("ASCII");
        assert_eq!(
            to.matches("\r\n").count() - to.matches("\r\n ").count(),
            1,
            "{to}"
        );
        assert!(to.ends_with("<nga.tm@dangbo.example>\r\n") && to.matches('@').count() == 1);
        assert_eq!(
            quoted::decode(&personal("<b>\"&'").name_html()),
            "&#60;b&#62;&#34;&#38;&#39;"
        );
    }

    #[test]
    fn a_message_id_is_one_atom_at_one_domain() {
        for bad in ["", "a", "@b", "a@", "a@b@c", "a>\r\nX: y@b", "à@b"] {
            let mut personal = personal("x");
            personal.message_id = bad.to_owned();
            assert_eq!(personal.message_id_header(), Err(Unfit::MessageId), "{bad}");
            personal.to_address = format!("{bad}ê@b.vn");
            assert_eq!(personal.to_header(), Err(Unfit::Address), "{bad}");
        }
    }

    #[test]
    fn a_long_table_is_counted_out() {
        let row = |n| BranchRow {
            name: format!("Nguyễn Văn {n}"),
            post: "Đảng viên".to_owned(),
            state: "Gửi qua thư điện tử".to_owned(),
        };
        let mut personal = personal("Chi bộ 1");
        personal.table = Some(BranchTable {
            rows: (0..1000).map(row).collect(),
        });
        let html = quoted::decode(&personal.table_html(Language::Vi));
        assert!(html.len() < TABLE_MAX + 300 && html.contains("đồng chí khác."));
        let shown = personal.rows().0.len();
        assert_eq!(html.matches("<tr").count(), shown + 1);
        assert!(shown > 100, "{shown}");
    }
}
