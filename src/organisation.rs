//! Owns who there is: branches, members, addresses, posts, and whom an audience addresses. It
//! refuses to know files and mail.

use std::cmp::Ordering;
use std::fmt;
use std::str::FromStr;
use std::sync::OnceLock;

use icu_collator::options::CollatorOptions;
use icu_collator::{Collator, CollatorBorrowed};
use icu_locale_core::locale;
use serde::{Deserialize, Serialize};

use crate::spelling::{self, words};

/// The code of a branch, `CB1`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct BranchCode(pub String);

impl fmt::Display for BranchCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.0)
    }
}

words! {
    /// A language of letters and messages.
    Language {
        /// Vietnamese.
        Vi = "vi",
        /// English.
        En = "en",
    }
}

/// One thing said in both languages: what is wrong with a line of the configuration or a row of
/// the roster.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Phrase {
    /// Vietnamese.
    pub vi: String,
    /// English.
    pub en: String,
}

impl Phrase {
    /// From both forms.
    pub fn new(vi: impl Into<String>, en: impl Into<String>) -> Self {
        Self {
            vi: vi.into(),
            en: en.into(),
        }
    }

    /// The same text in both languages: an example, a list of words.
    pub fn same(text: impl Into<String>) -> Self {
        let text = text.into();
        Self {
            vi: text.clone(),
            en: text,
        }
    }

    /// The form in one language.
    #[must_use]
    pub fn to(&self, language: Language) -> &str {
        match language {
            Language::Vi => &self.vi,
            Language::En => &self.en,
        }
    }
}

words! {
    /// Who a delivery goes to.
    RecipientKind {
        /// One person.
        Member = "member",
        /// A branch: its mailbox, else its secretary and deputies.
        Branch = "branch",
        /// The office itself (summaries and notices).
        Office = "office",
    }
}

/// An e-mail address that a letter can be sent to: `local@domain`, RFC 5321 §4.1.2, the domain in
/// lower case and ASCII.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(transparent)]
pub struct Address(String);

impl Address {
    /// The address as it stands in RCPT TO.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The address with its local part hidden, for logs: membership is sensitive personal data.
    #[must_use]
    pub fn masked(&self) -> String {
        let (local, domain) = self.0.rsplit_once('@').unwrap_or(("", &self.0));
        let first: String = local.chars().take(1).collect();
        format!("{first}…@{domain}")
    }

    /// The address that a text means, in the one form it has here.
    fn read(text: &str) -> Result<Self, AddressFault> {
        let text = text.trim();
        if text.is_empty() {
            return Err(AddressFault::Empty);
        }
        let (local, domain) = text.rsplit_once('@').ok_or(AddressFault::NoAt)?;
        let domain = domain.to_ascii_lowercase();
        let parsed = lettre::Address::new(local, &domain).map_err(|_| AddressFault::Shape)?;
        let dotted = match url::Host::parse(parsed.domain()) {
            Ok(url::Host::Domain(name)) => name,
            Ok(literal) => literal.to_string(),
            Err(_) => return Err(AddressFault::Shape),
        };
        let whole = !local.contains('"') && local.len() <= 64 && dotted.len() <= 255;
        if whole && (dotted.contains('.') || dotted == "localhost") {
            Ok(Self([local, &dotted].join("@")))
        } else {
            Err(AddressFault::Shape)
        }
    }
}

impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.0)
    }
}

impl FromStr for Address {
    type Err = AddressFault;

    /// # Errors
    /// What is wrong with the text, in words for a person.
    fn from_str(text: &str) -> Result<Self, AddressFault> {
        if is_settled(text) {
            Ok(Self(text.to_owned()))
        } else {
            Self::read(text)
        }
    }
}

/// True of an address that reading would leave as it is, which is what most letters go to. May be
/// false of such an address; never true of another text.
fn is_settled(text: &str) -> bool {
    let Some((local, domain)) = text.split_once('@').filter(|_| is_addr_spec(text)) else {
        return false;
    };
    // Labels that IDNA has nothing to say about, and no number at the end, which might be an IP's.
    let is_plain = |label: &str| {
        let ldh = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-';
        let hyphened = label.starts_with('-') || label.ends_with('-') || label.starts_with("xn--");
        label.len() <= 63 && !hyphened && label.bytes().all(ldh)
    };
    let (first, last) = domain.rsplit_once('.').unwrap_or_default();
    let named = last.starts_with(|c: char| c.is_ascii_lowercase());
    let short = local.len() <= 64 && domain.len() <= 253;
    short && named && is_plain(last) && first.split('.').all(is_plain)
}

/// True of two dot-atoms with an @ between them (RFC 5322 §3.2.3, §3.4.1, §3.6.4), which a header
/// can hold as they are.
#[must_use]
pub fn is_addr_spec(text: &str) -> bool {
    let atext = |b: u8| b.is_ascii_alphanumeric() || b"!#$%&'*+-/=?^_`{|}~".contains(&b);
    let (mut ats, mut ended) = (0, false);
    for byte in text.bytes() {
        match byte {
            b'.' | b'@' if ended => ats += usize::from(byte == b'@'),
            byte if atext(byte) => {
                ended = true;
                continue;
            }
            _ => return false,
        }
        ended = false;
    }
    ended && ats == 1
}

/// Why a text is no address.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum AddressFault {
    /// Nothing there.
    #[error("no address")]
    Empty,
    /// No `@`.
    #[error("an address has an @ between name and domain")]
    NoAt,
    /// Not `local@domain.tld`.
    #[error("not an address of the form name@domain.tld")]
    Shape,
}

words! {
    /// A post that makes an officer of a branch: exactly Bí thư or Phó Bí thư (chi bộ), never a
    /// part of another post ("Nguyên Bí thư", "Bí thư Đoàn").
    Officer {
        /// Bí thư.
        Secretary = "secretary",
        /// Phó Bí thư.
        Deputy = "deputy",
    }
}

impl Officer {
    /// The officer that a post names, if it names one.
    #[must_use]
    pub fn of_post(post: &str) -> Option<Self> {
        let post = spelling::fold(post);
        let is = |word: &str| {
            let word = spelling::fold(word);
            post == word || post == format!("{word} {}", spelling::fold("chi bộ"))
        };
        if is("Bí thư") {
            Some(Self::Secretary)
        } else if is("Phó Bí thư") {
            Some(Self::Deputy)
        } else {
            None
        }
    }
}

/// A branch as the roster gives it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Branch {
    /// Its code; none where the roster has only names (the ledger then gives CB1, CB2, …).
    pub code: Option<BranchCode>,
    /// Its name, one line.
    pub name: String,
    /// Its own mailbox.
    pub mailbox: Option<Address>,
}

/// A member as the roster gives it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Member {
    /// The code column.
    pub code: Option<String>,
    /// Full name, one line.
    pub name: String,
    /// Where letters go; none where the roster has no usable address.
    pub address: Option<Address>,
    /// The branch as the roster writes it: its code, or its name.
    pub branch: String,
    /// The post as written.
    pub post: String,
    /// Official (chính thức), not probationary (dự bị).
    pub official: bool,
    /// The member's own language.
    pub language: Option<Language>,
    /// The member asked to receive nothing for now.
    pub paused: bool,
    /// What is wrong with the row, in words for the office.
    pub fault: Option<String>,
}

impl Member {
    /// By what this member is known again: the code; without one the address; else the normalised
    /// name and branch. Never the row or a serial number (design: who is who).
    #[must_use]
    pub fn key(&self) -> String {
        match (&self.code, &self.address) {
            (Some(code), _) => format!("code:{}", spelling::fold(code)),
            (None, Some(address)) => format!("address:{}", address.as_str().to_lowercase()),
            (None, None) => {
                format!(
                    "name:{}|{}",
                    spelling::fold(&self.name),
                    spelling::fold(&self.branch)
                )
            }
        }
    }
}

/// To whom a document is addressed.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub enum Audience {
    /// Every branch and member.
    #[default]
    Everyone,
    /// One branch and its members.
    Branch(BranchCode),
    /// Secretaries and deputies of every branch, and the branches themselves.
    Officers,
}

impl Audience {
    /// `everyone`, `officers` or a branch code.
    #[must_use]
    pub fn word(&self) -> String {
        match self {
            Self::Everyone => "everyone".into(),
            Self::Officers => "officers".into(),
            Self::Branch(code) => code.0.clone(),
        }
    }

    /// Reads [`Audience::word`] again; any other word is a branch code.
    #[must_use]
    pub fn parse(word: &str) -> Self {
        let said = |words: &[&str]| {
            let word = spelling::fold(word);
            words.iter().any(|known| spelling::fold(known) == word)
        };
        match word.trim() {
            _ if said(&["everyone", "mọi người", "toàn đảng bộ"]) => Self::Everyone,
            _ if said(&["officers", "chi uỷ", "cấp uỷ", "bí thư"]) => Self::Officers,
            code => Self::Branch(BranchCode(code.to_owned())),
        }
    }
}

/// True where an audience includes a member of `branch` with this officer's post, or the branch
/// itself (`kind`).
#[must_use]
pub fn addresses(
    audience: &Audience,
    kind: RecipientKind,
    branch: &BranchCode,
    officer: Option<Officer>,
) -> bool {
    match audience {
        Audience::Everyone => true,
        Audience::Branch(code) => code == branch,
        Audience::Officers => kind == RecipientKind::Branch || officer.is_some(),
    }
}

/// The order of names in a Vietnamese list: by the given name, which is the last word, then by
/// family and middle names; letters and tones as CLDR orders them for `vi`.
#[must_use]
pub fn by_name(a: &str, b: &str) -> Ordering {
    static COLLATOR: OnceLock<Option<CollatorBorrowed<'static>>> = OnceLock::new();
    let collator = COLLATOR
        .get_or_init(|| Collator::try_new(locale!("vi").into(), CollatorOptions::default()).ok());
    let compare = |a: &str, b: &str| match collator {
        Some(collator) => collator.compare(a, b),
        None => spelling::fold(a).cmp(&spelling::fold(b)),
    };
    let split = |name: &str| {
        let line = spelling::line(name);
        let (others, given) = line.rsplit_once(' ').unwrap_or(("", &line));
        (given.to_owned(), others.to_owned())
    };
    let ((given_a, others_a), (given_b, others_b)) = (split(a), split(b));
    let by_given = compare(&given_a, &given_b);
    by_given
        .then_with(|| compare(&others_a, &others_b))
        .then_with(|| a.cmp(b))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn only_the_exact_post_makes_an_officer() {
        for (post, officer) in [
            ("Bí thư chi bộ", Some(Officer::Secretary)),
            ("PHÓ BÍ THƯ", Some(Officer::Deputy)),
            ("Nguyên Bí thư", None),
            ("Bí thư Đoàn", None),
            ("Chi uỷ viên", None),
            ("", None),
        ] {
            assert_eq!(Officer::of_post(post), officer, "{post}");
        }
    }

    #[test]
    fn addresses_are_parsed_once() {
        for good in [
            "a@b.example",
            "a.b+c@B.Example",
            "o'neil@x-y.vn",
            "a@đảng.vn",
        ] {
            assert!(good.parse::<Address>().is_ok(), "{good}");
        }
        assert_eq!(
            "A@B.EXAMPLE".parse::<Address>().map(|a| a.0),
            Ok("A@b.example".into())
        );
        for bad in [
            "",
            "a",
            "a@",
            "@b.vn",
            "a b@c.vn",
            "a@b",
            "a@b.vn, c@d.vn",
            "a@b..vn",
            "\"a\"@b.vn",
            "a@b.vn\r\nX",
        ] {
            assert!(bad.parse::<Address>().is_err(), "{bad}");
        }
    }

    proptest! {
        #[test]
        fn an_address_that_is_not_read_would_stay_as_it_is(
            local in "[a-zA-Z0-9.!#$%&'*+/=?^_`{|}~-]{1,9}|[a-z]{60,66}",
            first in "(xn--|0x)?[a-zB0-9-]{1,9}|[a-z]{62,65}",
            rest in "([.][a-zà0-9-]{1,9}){0,3}([.][a-z]{2,3})?|([.][a-z]{60,63}){2,4}",
        ) {
            let text = format!("{local}@{first}{rest}");
            if is_settled(&text) {
                prop_assert_eq!(Address::read(&text), Ok(Address(text)));
            }
        }

        #[test]
        fn an_address_in_ascii_can_stand_in_a_header(
            local in "[a-zA-Z0-9.!#$%&'*+/=?^_`{|}~\"(),:;<>\\[\\]-]{1,9}",
            domain in "[a-z0-9._-]{1,9}[.][a-z0-9]{1,3}",
        ) {
            if let Ok(address) = format!("{local}@{domain}").parse::<Address>() {
                prop_assert!(is_addr_spec(address.as_str()), "{}", address);
            }
        }
    }

    #[test]
    fn most_addresses_need_no_reading() {
        for (text, settled) in [
            ("nga.tm@dangbo.example", true),
            ("o'a+b@thue-1.gov.vn", true),
            ("a@B.vn", false),
            ("a@xn--bcher-kva.vn", false),
            ("a@1.2.3.4", false),
            ("a@localhost", false),
            (" a@b.vn", false),
        ] {
            assert_eq!(is_settled(text), settled, "{text}");
        }
    }

    #[test]
    fn names_are_ordered_by_the_given_name() {
        let sorted = include_str!("../tests/corpus/roster-sorted.txt");
        let sorted: Vec<&str> = sorted.lines().collect();
        let mut names = sorted.clone();
        names.sort_unstable();
        assert_ne!(names, sorted);
        names.sort_by(|a, b| by_name(a, b));
        assert_eq!(names, sorted);
        let mut given = [
            "Ứng", "Đào", "Ẩn", "Ơn", "Ân", "Dương", "Ánh", "An", "Ông", "Ăn", "Ong",
        ];
        given.sort_by(|a, b| by_name(a, b));
        assert_eq!(given.join(" "), "An Ánh Ăn Ân Ẩn Dương Đào Ong Ông Ơn Ứng");
        assert_eq!(by_name("", "A"), Ordering::Less);
    }
}
