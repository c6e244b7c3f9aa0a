//! Owns the envelope of one transaction and the commands it is spoken in (RFC 5321 §4.1.1, with
//! SIZE, 8BITMIME, SMTPUTF8 and DSN). It refuses to know what the server answers.

use std::fmt::Write as _;

use crate::delivery::{Enhanced, Outcome, Reply};
use crate::organisation::Address;

use super::capabilities::Capabilities;
use super::piece::Letter;

/// Characters of an envelope id (RFC 3461 §4.4).
const ENVELOPE_ID_MAX: usize = 100;

/// Bytes of most commands.
const COMMAND: usize = 128;

/// From whom, to whom, under which name. One recipient a transaction: letters are personal, and
/// one refused address must not take another with it.
#[derive(Clone, Debug)]
pub struct Envelope {
    /// The delivery's id: the file name in a Maildir.
    pub delivery: String,
    /// The reverse-path.
    pub from: Address,
    /// The recipient.
    pub to: Address,
    /// What a delivery report gives back (ENVID, RFC 3461), where the server takes it.
    pub envelope_id: Option<String>,
}

impl Envelope {
    /// The commands MAIL and RCPT, with line ends.
    ///
    /// # Errors
    /// Why this letter cannot be given to this server; nothing was said yet.
    pub(super) fn commands(
        &self,
        server: &Capabilities,
        letter: &Letter,
    ) -> Result<(String, String), Outcome> {
        self.fits(server, letter)?;
        let mut mail = String::with_capacity(COMMAND);
        let mut rcpt = String::with_capacity(COMMAND);
        // Writing to a String cannot fail.
        let _ = write!(mail, "MAIL FROM:<{}>", self.from);
        let _ = write!(rcpt, "RCPT TO:<{}>", self.to);
        if server.size {
            let _ = write!(mail, " SIZE={}", letter.size());
        }
        if !letter.is_ascii() {
            mail.push_str(" BODY=8BITMIME");
        }
        if self.needs_utf8() {
            mail.push_str(" SMTPUTF8");
        }
        if server.dsn {
            mail.push_str(" RET=HDRS");
            let id = self.envelope_id.as_deref().map(xtext);
            if let Some(id) = id.filter(|id| id.len() <= ENVELOPE_ID_MAX) {
                let _ = write!(mail, " ENVID={id}");
            }
            rcpt.push_str(" NOTIFY=FAILURE,DELAY");
            if self.to.as_str().is_ascii() {
                let _ = write!(rcpt, " ORCPT=rfc822;{}", xtext(self.to.as_str()));
            }
        }
        mail.push_str("\r\n");
        rcpt.push_str("\r\n");
        Ok((mail, rcpt))
    }

    /// What the server's announcements rule out.
    fn fits(&self, server: &Capabilities, letter: &Letter) -> Result<(), Outcome> {
        for address in [&self.from, &self.to] {
            // An address was parsed once; this keeps a hole there from becoming a command here.
            if !address.as_str().chars().all(is_plain) {
                return Err(own_refusal("5.1.3 this address cannot be written in SMTP"));
            }
        }
        if self.needs_utf8() && !server.utf8 {
            return Err(if self.from.as_str().is_ascii() {
                own_refusal("5.6.7 this address needs SMTPUTF8, which the server does not offer")
            } else {
                Outcome::Barred(
                    "the sender's address needs SMTPUTF8, which the server does not offer".into(),
                )
            });
        }
        if !letter.is_ascii() && !server.eight_bit {
            return Err(Outcome::Barred(
                "the letter has 8-bit bytes and the server does not offer 8BITMIME".into(),
            ));
        }
        match server.size_max {
            Some(most) if u64::try_from(letter.size()).is_ok_and(|size| size > most) => {
                Err(Outcome::Barred(format!(
                    "the letter has {} bytes and the server takes at most {most}; lower [mail] \
                     message_size_max",
                    letter.size()
                )))
            }
            _ => Ok(()),
        }
    }

    fn needs_utf8(&self) -> bool {
        !self.from.as_str().is_ascii() || !self.to.as_str().is_ascii()
    }
}

/// A refusal of our own, in the form of a server's.
fn own_refusal(text: &str) -> Outcome {
    Outcome::Refused(Reply {
        code: 553,
        enhanced: Enhanced::at_start(text),
        text: text.to_owned(),
    })
}

/// A character that cannot end a path or a command.
fn is_plain(c: char) -> bool {
    !c.is_control() && !c.is_whitespace() && !matches!(c, '<' | '>' | '"' | '\\')
}

/// RFC 3461 §4.
fn xtext(text: &str) -> String {
    let mut encoded = String::with_capacity(text.len());
    for byte in text.bytes() {
        if matches!(byte, b'!'..=b'~') && !matches!(byte, b'+' | b'=') {
            encoded.push(char::from(byte));
        } else {
            let _ = write!(encoded, "+{byte:02X}");
        }
    }
    encoded
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::courier::piece::Piece;

    fn commands(to: &str, text: &str, server: &Capabilities) -> Result<String, Outcome> {
        let address = |text: &str| text.parse().unwrap_or_else(|e| panic!("{text}: {e}"));
        let envelope = Envelope {
            delivery: "d".into(),
            from: address("office+x=1@dangbo.example"),
            to: address(to),
            envelope_id: Some("abc+1@dangbo.example".into()),
        };
        let piece = Piece::new(text.as_bytes()).unwrap_or_else(|e| panic!("{e}"));
        let letter = Letter::new(vec![piece]).unwrap_or_else(|e| panic!("{e}"));
        envelope
            .commands(server, &letter)
            .map(|(mail, rcpt)| mail + &rcpt)
    }

    #[test]
    fn a_bare_server_gets_bare_commands() {
        assert_eq!(
            commands("a@b.vn", "x\r\n", &Capabilities::default()),
            Ok("MAIL FROM:<office+x=1@dangbo.example>\r\nRCPT TO:<a@b.vn>\r\n".into())
        );
    }

    #[test]
    fn offered_extensions_are_used() {
        let server = Capabilities {
            size: true,
            dsn: true,
            utf8: true,
            eight_bit: true,
            ..Capabilities::default()
        };
        assert_eq!(
            commands("a+b@c.vn", "x\r\n", &server),
            Ok("MAIL FROM:<office+x=1@dangbo.example> SIZE=3 RET=HDRS \
                ENVID=abc+2B1@dangbo.example\r\n\
                RCPT TO:<a+b@c.vn> NOTIFY=FAILURE,DELAY ORCPT=rfc822;a+2Bb@c.vn\r\n"
                .into())
        );
        let utf8 = commands("đức@c.vn", "é\r\n", &server).unwrap_or_default();
        assert!(utf8.contains(" BODY=8BITMIME SMTPUTF8 "), "{utf8}");
    }

    #[test]
    fn what_the_server_cannot_take_is_not_begun() {
        let bare = Capabilities::default();
        let refused = commands("đức@c.vn", "x\r\n", &bare);
        assert!(matches!(refused, Err(Outcome::Refused(r)) if r.text.contains("SMTPUTF8")));
        let barred = commands("a@c.vn", "é\r\n", &bare);
        assert!(matches!(barred, Err(Outcome::Barred(why)) if why.contains("8BITMIME")));
        let small = Capabilities {
            size: true,
            size_max: Some(4),
            ..bare
        };
        let barred = commands("a@c.vn", "abc\r\n", &small);
        assert!(matches!(barred, Err(Outcome::Barred(why)) if why.contains("5 bytes")));
        assert!(commands("a@c.vn", "ab\r\n", &small).is_ok());
    }
}
