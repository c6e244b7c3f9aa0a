//! Owns how an attachment's name is written in the headers of its part, for readers new and old. It
//! refuses to know how the name came to be.

use std::fmt::Write as _;

use lettre::message::header::{Header, HeaderName, HeaderValue};

use super::mime;

/// Bytes of a value that stand on one line with what goes around them, in a line of at most 76.
const LINE: usize = 52;

/// A header that is folded here, which lettre's own are not.
macro_rules! folded {
    ($(#[$says:meta])* $header:ident, $name:literal) => {
        $(#[$says])*
        #[derive(Clone)]
        pub(super) struct $header(String);

        impl Header for $header {
            fn name() -> HeaderName {
                HeaderName::new_from_ascii_str($name)
            }

            fn parse(s: &str) -> Result<Self, Box<dyn std::error::Error + Send + Sync>> {
                Ok(Self(s.to_owned()))
            }

            fn display(&self) -> HeaderValue {
                let (plain, folded) = (self.0.clone(), self.0.clone());
                HeaderValue::dangerous_new_pre_encoded(Self::name(), plain, folded)
            }
        }
    };
}

folded!(
    /// Content-Type with the name as readers that do not know RFC 2231 (old Outlook) take it; RFC
    /// 2047 does not allow its words in a parameter, but everyone who needs them reads them there.
    MediaType,
    "Content-Type"
);

folded!(
    /// Content-Disposition with the name as RFC 2183 and RFC 2231 have it. A short name stands in
    /// one piece, which more readers know than numbered ones; a long one is cut between
    /// characters, since some readers decode piece by piece.
    Disposition,
    "Content-Disposition"
);

impl MediaType {
    pub(super) fn new(media_type: &str, name: &str) -> Self {
        Self(if is_plain(name) {
            format!("{media_type};\r\n name=\"{name}\"")
        } else {
            format!("{media_type};\r\n name=\"{}\"", mime::encoded_words(name))
        })
    }
}

impl Disposition {
    pub(super) fn new(name: &str) -> Self {
        let mut out = String::from("attachment;\r\n ");
        let pieces = pieces(name);
        if is_plain(name) {
            let _ = write!(out, "filename=\"{name}\"");
        } else if let [one] = &pieces[..] {
            let _ = write!(out, "filename*=utf-8''{one}");
        } else {
            for (nth, piece) in pieces.iter().enumerate() {
                let _ = match nth {
                    0 => write!(out, "filename*0*=utf-8''{piece}"),
                    _ => write!(out, ";\r\n filename*{nth}*={piece}"),
                };
            }
        }
        Self(out)
    }
}

/// True for what may stand between quotes as it is; a name never holds a quote or a backslash.
fn is_plain(name: &str) -> bool {
    let whole = |b: u8| matches!(b, b' '..=b'~') && b != b'"' && b != b'\\';
    name.len() < LINE && name.bytes().all(whole) && !name.contains("=?")
}

/// The name in percent encoding (RFC 2231 §7), in pieces of whole characters.
fn pieces(name: &str) -> Vec<String> {
    let (mut pieces, mut piece) = (Vec::new(), String::new());
    for c in name.chars() {
        let mut encoded = String::new();
        if c.is_ascii_alphanumeric() || "!#$&+-.^_`{}~".contains(c) {
            encoded.push(c);
        } else {
            for byte in c.encode_utf8(&mut [0; 4]).bytes() {
                let _ = write!(encoded, "%{byte:02X}");
            }
        }
        if piece.len() + encoded.len() > LINE {
            pieces.push(std::mem::take(&mut piece));
        }
        piece.push_str(&encoded);
    }
    pieces.push(piece);
    pieces
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_written_for_readers_new_and_old() {
        assert_eq!(
            Disposition::new("23-CT-TW (2).pdf").0,
            "attachment;\r\n filename=\"23-CT-TW (2).pdf\""
        );
        assert_eq!(
            Disposition::new("12-KH-ĐU.md").0,
            "attachment;\r\n filename*=utf-8''12-KH-%C4%90U.md"
        );
        assert_eq!(
            MediaType::new("application/pdf", "Đ.pdf").0,
            "application/pdf;\r\n name=\"=?utf-8?B?xJAucGRm?=\""
        );
    }

    #[test]
    fn long_names_are_cut_between_characters() {
        let name = format!("{}.pdf", "Nghị quyết ".repeat(9));
        let long = Disposition::new(&name).0;
        assert!(long.contains("filename*0*=utf-8''") && long.contains("filename*2*="));
        let mut back = String::new();
        for line in long.split("\r\n ").skip(1) {
            assert!(line.len() <= 76, "{line}");
            let (_, value) = line.trim_end_matches(';').split_once('=').expect("a value");
            let bytes: Vec<u8> = decoded(value.trim_start_matches("utf-8''"));
            back += std::str::from_utf8(&bytes).expect("whole characters");
        }
        assert_eq!(back, name);
    }

    fn decoded(text: &str) -> Vec<u8> {
        let mut parts = text.split('%');
        let mut out = parts.next().unwrap_or("").as_bytes().to_vec();
        for part in parts {
            out.push(u8::from_str_radix(&part[..2], 16).expect("hexadecimal"));
            out.extend(&part.as_bytes()[2..]);
        }
        out
    }
}
