//! Owns the personal part of a letter: what a delivery's row freezes, and how it is written into
//! the holes of a sheet. It refuses to know the sheet around the holes.

use lettre::message::{Mailbox, header};
use serde::{Deserialize, Serialize};

use super::branch::{BranchTable, escape};
use super::{NAME_MAX, Unfit, quoted, text};
use crate::organisation::{Address, Language};

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

    pub(super) fn table_text(&self, language: Language) -> Vec<u8> {
        self.table_as(|table| table.text(language))
    }

    /// The rows of the table; its frame and head stand in the template.
    pub(super) fn table_html(&self, language: Language) -> Vec<u8> {
        self.table_as(|table| table.html(language))
    }

    fn table_as(&self, form: impl FnOnce(&BranchTable) -> String) -> Vec<u8> {
        let written = self.table.as_ref().map(form).unwrap_or_default();
        let mut out = Vec::new();
        quoted::encode(&written, &mut out);
        out
    }
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
}
