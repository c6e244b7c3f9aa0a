//! Owns the personal part of a letter: what a delivery's row freezes, and how it is written into
//! the holes of a sheet. It refuses to know the sheet around the holes.

use std::fmt::{self, Write};

use email_encoding::headers::quoted_string;
use email_encoding::headers::writer::EmailWriter;
use serde::{Deserialize, Serialize};

use super::branch::{BranchTable, escape};
use super::{NAME_MAX, Unfit, quoted, text};
use crate::organisation::{Address, Language, is_addr_spec};

/// Where the header begins that names the recipient.
const TO: &str = "To: ";

/// The longest address: 64 before the @, 255 behind it (RFC 5321 §4.5.3.1).
const ADDRESS_MAX: usize = 320;

/// The longest Message-ID, far from the end of a line (RFC 5322 §2.1.1).
const MESSAGE_ID_MAX: usize = 250;

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

/// Appends one mailbox (RFC 5322 §3.4) to a header of one line so far.
fn mailbox(name: &str, address: &str, header: &mut String) -> fmt::Result {
    let column = header.len();
    let mut writer = EmailWriter::new(header, column, 0, false);
    if name.is_empty() {
        return writer.write_str(address);
    }
    quoted_string::encode(name, &mut writer)?;
    writer.space();
    writer.write_char('<')?;
    writer.write_str(address)?;
    writer.write_char('>')
}

impl Personal {
    /// `To`, folded and encoded (RFC 2047), byte for byte as lettre's header of one mailbox, which
    /// would take three times as long.
    pub(super) fn to_header(&self) -> Result<Vec<u8>, Unfit> {
        if self.to_address.len() > ADDRESS_MAX || !is_addr_spec(&self.to_address) {
            return Err(Unfit::Address);
        }
        let name = text::clean(&self.to_name, NAME_MAX);
        let mut header = String::with_capacity(3 * name.len() + self.to_address.len() + 48);
        header.push_str(TO);
        mailbox(&name, &self.to_address, &mut header).map_err(|_| Unfit::Address)?;
        header.push_str("\r\n");
        Ok(header.into_bytes())
    }

    pub(super) fn message_id_header(&self) -> Result<Vec<u8>, Unfit> {
        if self.message_id.len() > MESSAGE_ID_MAX || !is_addr_spec(&self.message_id) {
            return Err(Unfit::MessageId);
        }
        Ok(["Message-ID: <", &self.message_id, ">\r\n"]
            .concat()
            .into_bytes())
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
    use lettre::message::{Mailbox, Mailboxes, header};
    use proptest::prelude::*;

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
        let long = format!("{}@b.vn", "a".repeat(ADDRESS_MAX));
        for bad in [
            "", "a", "@b", "a@", "a@b@c", "a b@c", "a..b@c", ".a@b", "a@b.", &long,
        ] {
            let mut personal = personal("x");
            personal.to_address = bad.to_owned();
            assert_eq!(personal.to_header(), Err(Unfit::Address), "{bad}");
        }
    }

    proptest! {
        #[test]
        fn to_is_written_as_lettre_writes_it(
            name in "([A-Za-zĐđễứ,.\"<>@\\\\ -]{1,9} ?){0,9}",
            address in "[a-z][a-z0-9_+'-]{0,40}([.][a-z0-9]{1,20})?@[a-z]{1,60}[.]vn",
        ) {
            let (local, domain) = address.rsplit_once('@').expect("two sides");
            let name = text::clean(&name, NAME_MAX);
            let to = lettre::Address::new(local, domain).expect("an address");
            let mailbox = Mailbox::new((!name.is_empty()).then(|| name.clone()), to);
            let mut headers = header::Headers::new();
            headers.set(header::To::from(Mailboxes::from(mailbox)));
            let ours = Personal { to_address: address.clone(), ..personal(&name) };
            let ours = String::from_utf8(ours.to_header().expect("To")).expect("ASCII");
            prop_assert_eq!(ours, headers.to_string());
        }
    }
}
