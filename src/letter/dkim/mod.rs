//! Owns DKIM signatures (RFC 6376, RFC 8463): the two algorithms, the header that goes before a
//! letter. It refuses to know where keys are kept and how letters are made.

mod relaxed;

use aws_lc_rs::digest::{SHA256, digest};
use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::signature::{Ed25519KeyPair, RSA_PKCS1_SHA256, RsaKeyPair};
use chrono::{DateTime, Utc};
use data_encoding::BASE64;

use crate::delivery::FrozenEnvelope;

/// The headers that are signed, in this order, where a letter has them (RFC 6376 §5.4.1).
const SIGNED: [&str; 14] = [
    "from",
    "to",
    "subject",
    "date",
    "message-id",
    "reply-to",
    "mime-version",
    "content-type",
    "content-language",
    "auto-submitted",
    "precedence",
    "list-id",
    "list-unsubscribe",
    "list-unsubscribe-post",
];
/// Named once more than they stand, so that nobody can add another (RFC 6376 §8.15).
const SEALED: [&str; 4] = ["from", "to", "subject", "date"];
/// Where a line of the signature is folded.
const FOLD: usize = 72;

/// Why a key cannot sign.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum KeyFault {
    /// Not a private key in PEM.
    #[error("it holds no private key in PEM (-----BEGIN PRIVATE KEY-----)")]
    Pem,
    /// A key that signs nothing here.
    #[error("it holds neither an RSA key of 2048 bits and more nor an Ed25519 key")]
    Kind,
}

enum Key {
    Rsa(Box<RsaKeyPair>),
    Ed25519(Box<Ed25519KeyPair>),
}

/// Signs letters in the name of a domain. The same letter and time give the same signature.
pub struct Signer {
    key: Key,
    domain: String,
    selector: String,
}

impl std::fmt::Debug for Signer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Signer({}._domainkey.{})", self.selector, self.domain)
    }
}

impl Signer {
    /// A signer with the private key of a PEM file: RSA (PKCS #1 or #8) or Ed25519 (PKCS #8).
    ///
    /// # Errors
    /// What is wrong with the key; no byte of it is quoted.
    pub fn new(pem: &str, domain: &str, selector: &str) -> Result<Self, KeyFault> {
        let (label, der) = unwrap_pem(pem).ok_or(KeyFault::Pem)?;
        let key = match label {
            "RSA PRIVATE KEY" => RsaKeyPair::from_der(&der).map(|k| Key::Rsa(Box::new(k))),
            "PRIVATE KEY" => RsaKeyPair::from_pkcs8(&der)
                .map(|k| Key::Rsa(Box::new(k)))
                .or_else(|_| {
                    Ed25519KeyPair::from_pkcs8_maybe_unchecked(&der)
                        .map(|k| Key::Ed25519(Box::new(k)))
                }),
            _ => return Err(KeyFault::Pem),
        };
        Ok(Self {
            key: key.map_err(|_| KeyFault::Kind)?,
            domain: domain.to_owned(),
            selector: selector.to_owned(),
        })
    }

    /// The header for a letter that consists of these pieces: `DKIM-Signature: …` with CRLF, to
    /// stand before everything else. None where the letter has no end of headers, or the system
    /// no randomness to blind the key with.
    #[must_use]
    pub fn header(&self, pieces: &[&[u8]], at: DateTime<Utc>) -> Option<String> {
        let (head, from) = head(pieces)?;
        let mut body = relaxed::Body::new();
        body.feed(&head[from..]);
        let mut passed = 0;
        for piece in pieces {
            let skip = head.len().saturating_sub(passed).min(piece.len());
            passed += piece.len();
            body.feed(&piece[skip..]);
        }
        let fields = relaxed::fields(&head[..from]);
        let (mut names, mut signed) = (Vec::with_capacity(20), Vec::with_capacity(2048));
        for name in SIGNED {
            // Of several the last (RFC 6376 §5.4.2).
            let is = |(have, _): &&(&[u8], _)| have.eq_ignore_ascii_case(name.as_bytes());
            if let Some((_, value)) = fields.iter().rev().find(is) {
                names.push(name);
                signed.extend_from_slice(name.as_bytes());
                signed.push(b':');
                relaxed::write_value(value, &mut signed);
                signed.extend_from_slice(b"\r\n");
            }
        }
        names.extend(SEALED);
        let algorithm = match self.key {
            Key::Rsa(_) => "rsa-sha256",
            Key::Ed25519(_) => "ed25519-sha256",
        };
        // The blanks are where the header is folded; they are signed with it.
        let names: Vec<_> = names.chunks(5).map(|five| five.join(":")).collect();
        let tags = format!(
            "v=1; a={algorithm}; c=relaxed/relaxed; d={}; s={}; t={}; h={}; bh={}; b=",
            self.domain,
            self.selector,
            at.timestamp(),
            names.join(": "),
            BASE64.encode(body.finish().as_ref()),
        );
        signed.extend_from_slice(format!("dkim-signature:{tags}").as_bytes());
        Some(fold(&tags, &BASE64.encode(&self.sign(&signed)?)))
    }

    fn sign(&self, signed: &[u8]) -> Option<Vec<u8>> {
        match &self.key {
            Key::Rsa(key) => {
                let mut signature = vec![0; key.public_modulus_len()];
                key.sign(
                    &RSA_PKCS1_SHA256,
                    &SystemRandom::new(),
                    signed,
                    &mut signature,
                )
                .ok()?;
                Some(signature)
            }
            // RFC 8463 §3: what is signed is the digest, not the text.
            Key::Ed25519(key) => Some(key.sign(digest(&SHA256, signed).as_ref()).as_ref().to_vec()),
        }
    }
}

/// The header of a letter's signature as its edition froze it; none where it froze none.
///
/// # Errors
/// The key of that edition is not the one at hand: signed otherwise, or not at all, the letter
/// would not be the one that an earlier attempt sent.
pub fn sign(
    signer: Option<&Signer>,
    frozen: &FrozenEnvelope,
    pieces: &[&[u8]],
) -> Result<Option<String>, String> {
    let Some(dkim) = &frozen.dkim else {
        return Ok(None);
    };
    let name = format!("{}._domainkey.{}", dkim.selector, dkim.domain);
    let signer = signer
        .filter(|s| (&s.domain, &s.selector) == (&dkim.domain, &dkim.selector))
        .ok_or_else(|| format!("the edition was to be signed as {name}, see [mail] dkim"))?;
    let at = DateTime::from_timestamp(dkim.signed_at, 0).unwrap_or_default();
    let header = signer.header(pieces, at);
    header
        .map(Some)
        .ok_or_else(|| format!("the letter cannot be signed as {name}"))
}

/// The label and content of the first PEM block (RFC 7468).
fn unwrap_pem(pem: &str) -> Option<(&str, Vec<u8>)> {
    let (_, rest) = pem.split_once("-----BEGIN ")?;
    let (label, rest) = rest.split_once("-----")?;
    let (body, _) = rest.split_once("-----END ")?;
    let packed: String = body.split_ascii_whitespace().collect();
    Some((label, BASE64.decode(packed.as_bytes()).ok()?))
}

/// The first pieces joined, as far as the blank line after the headers, and where the body begins.
fn head(pieces: &[&[u8]]) -> Option<(Vec<u8>, usize)> {
    let mut head = Vec::new();
    for piece in pieces {
        let seen = head.len().saturating_sub(3);
        head.extend_from_slice(piece);
        if let Some(at) = head[seen..].windows(4).position(|w| w == b"\r\n\r\n") {
            return Some((head, seen + at + 4));
        }
    }
    None
}

/// The header, folded at its blanks; the signature itself anywhere, since it is not signed.
fn fold(tags: &str, signature: &str) -> String {
    let mut out = String::from("DKIM-Signature:");
    let mut width = out.len();
    for word in tags.split(' ') {
        if width + 1 + word.len() > FOLD {
            out.push_str("\r\n\t");
            width = 1;
        } else {
            out.push(' ');
            width += 1;
        }
        out.push_str(word);
        width += word.len();
    }
    let mut rest = signature;
    while !rest.is_empty() {
        let (line, after) = rest.split_at(rest.len().min(FOLD));
        out.push_str("\r\n\t");
        out.push_str(line);
        rest = after;
    }
    out.push_str("\r\n");
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_signature_stands_in_short_lines_and_depends_on_every_piece() {
        // The key of RFC 8463 §A.2, in the wrapping of PKCS #8.
        let der = [
            b"\x30\x2e\x02\x01\x00\x30\x05\x06\x03\x2b\x65\x70\x04\x22\x04\x20".as_slice(),
            &BASE64
                .decode(b"nWGxne/9WmC6hEr0kuwsxERJxWl7MmkZcDusAxyuf2A=")
                .expect("base64"),
        ];
        let pem = format!(
            "-----BEGIN PRIVATE KEY-----\n{}\n-----END PRIVATE KEY-----\n",
            BASE64.encode(&der.concat())
        );
        let signer = Signer::new(&pem, "dangbo.example", "phobien").expect("a key");
        let at = DateTime::from_timestamp(1_900_000_000, 0).expect("a time");
        let letter: [&[u8]; 3] = [
            b"To: a@b.example\r\nFrom: x@dangbo.example\r\n",
            b"Subject: =?utf-8?b?VGjhu60=?=\r\n\r",
            b"\nThu\r\n",
        ];
        let header = signer.header(&letter, at).expect("signed");
        let flat = header.replace("\r\n\t", " ");
        assert!(
            flat.contains("h=from:to:subject:from:to: subject:date;"),
            "{header}"
        );
        assert!(header.ends_with("\r\n") && header.lines().all(|line| line.len() <= 78));
        assert_eq!(signer.header(&[&letter.concat()], at), Some(header.clone()));
        let mut other = letter;
        other[2] = b"\nThu.\r\n";
        assert_ne!(signer.header(&other, at), Some(header));
        assert_eq!(signer.header(&[b"To: no end\r\n"], at), None);
    }

    #[test]
    fn what_is_no_key_is_refused() {
        for (pem, fault) in [
            ("", KeyFault::Pem),
            (
                "-----BEGIN PRIVATE KEY-----\n!!\n-----END PRIVATE KEY-----",
                KeyFault::Pem,
            ),
            (
                "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----",
                KeyFault::Pem,
            ),
            (
                "-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----",
                KeyFault::Kind,
            ),
        ] {
            assert_eq!(
                Signer::new(pem, "a.example", "s").err(),
                Some(fault),
                "{pem}"
            );
        }
    }
}
