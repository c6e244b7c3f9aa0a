//! Owns what a person must be told when the server's certificate is refused: whose it is, since
//! when and until when, and what was expected. It refuses to decide: rustls does.

use std::sync::Arc;

use tokio_rustls::rustls::client::WebPkiServerVerifier;
use tokio_rustls::rustls::client::danger::{
    HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier,
};
use tokio_rustls::rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use tokio_rustls::rustls::{
    CertificateError, DigitallySignedStruct, Error, OtherError, SignatureScheme,
};

/// Characters of a name that are shown.
const NAME_CHARS_MAX: usize = 100;

/// A refused certificate, in words.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub(super) struct Refused(String);

/// The usual verifier, whose refusals come with words.
#[derive(Debug)]
pub(super) struct Explaining(pub(super) Arc<WebPkiServerVerifier>);

impl ServerCertVerifier for Explaining {
    fn verify_server_cert(
        &self,
        end_entity: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        server_name: &ServerName<'_>,
        ocsp_response: &[u8],
        now: UnixTime,
    ) -> Result<ServerCertVerified, Error> {
        let verified =
            self.0
                .verify_server_cert(end_entity, intermediates, server_name, ocsp_response, now);
        verified.map_err(|error| match error {
            Error::InvalidCertificate(why) => {
                let words = explain(&why, end_entity, &server_name.to_str());
                let other = OtherError(Arc::new(Refused(words)));
                Error::InvalidCertificate(CertificateError::Other(other))
            }
            error => error,
        })
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        self.0.verify_tls12_signature(message, cert, dss)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        self.0.verify_tls13_signature(message, cert, dss)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.0.supported_verify_schemes()
    }
}

/// What is wrong with the certificate and what to do.
fn explain(why: &CertificateError, certificate: &[u8], expected: &str) -> String {
    let wrong = match why {
        CertificateError::Expired | CertificateError::ExpiredContext { .. } => {
            "has expired; have it renewed".to_owned()
        }
        CertificateError::NotValidYet | CertificateError::NotValidYetContext { .. } => {
            "is not valid yet; is a clock wrong?".to_owned()
        }
        CertificateError::NotValidForName => "does not have this name".to_owned(),
        CertificateError::NotValidForNameContext { presented, .. } => {
            let names: Vec<&str> = presented.iter().take(10).map(String::as_str).collect();
            let names = shown(&names.join(", "));
            format!("is for {names}; put the name it has into [smtp] url")
        }
        CertificateError::UnknownIssuer => "is signed by an authority this machine does not trust \
            (or by itself); if that is right, name the authority's certificate in [smtp] ca_file"
            .to_owned(),
        other => format!("is refused: {other}"),
    };
    let facts = Facts::read(certificate).map_or_else(String::new, |facts| {
        format!(
            " (subject {}, issuer {}, valid {} to {})",
            facts.subject, facts.issuer, facts.from, facts.until
        )
    });
    format!("the certificate shown by {expected}{facts} {wrong}")
}

/// What is told of a certificate.
#[derive(Debug, PartialEq, Eq)]
struct Facts {
    subject: String,
    issuer: String,
    from: String,
    until: String,
}

impl Facts {
    /// Reads the few fields of X.509 (RFC 5280 §4.1) that are shown. The certificate was refused
    /// and may be anything.
    fn read(certificate: &[u8]) -> Option<Self> {
        let (_, whole, _) = element(certificate)?;
        let (_, body, _) = element(whole)?;
        let (tag, _, after) = element(body)?;
        // The version is optional, the serial number is not.
        let after_serial = if tag == 0xa0 {
            element(after)?.2
        } else {
            after
        };
        let (_, _, after) = element(after_serial)?;
        let (_, issuer, after) = element(after)?;
        let (_, validity, after) = element(after)?;
        let (_, subject, _) = element(after)?;
        let (from_tag, from, after) = element(validity)?;
        let (until_tag, until, _) = element(after)?;
        Some(Self {
            subject: common_name(subject),
            issuer: common_name(issuer),
            from: date(from_tag, from)?,
            until: date(until_tag, until)?,
        })
    }
}

/// The first element of DER: its tag, its content, and what follows it.
fn element(der: &[u8]) -> Option<(u8, &[u8], &[u8])> {
    let (&tag, rest) = der.split_first()?;
    let (&first, rest) = rest.split_first()?;
    let (length, rest) = if first < 0x80 {
        (usize::from(first), rest)
    } else {
        let (bytes, rest) = rest.split_at_checked(usize::from(first & 0x7f))?;
        if bytes.len() > 3 {
            return None;
        }
        let length = bytes
            .iter()
            .fold(0, |sum, byte| sum << 8 | usize::from(*byte));
        (length, rest)
    };
    let (content, after) = rest.split_at_checked(length)?;
    Some((tag, content, after))
}

/// The common name of a distinguished name, else its organisation.
fn common_name(name: &[u8]) -> String {
    const COMMON_NAME: &[u8] = &[0x55, 0x04, 0x03];
    const ORGANISATION: &[u8] = &[0x55, 0x04, 0x0a];
    let find = |wanted: &[u8]| {
        let mut rest = name;
        while let Some((_, set, after)) = element(rest) {
            rest = after;
            let attribute = element(set).map(|(_, attribute, _)| attribute);
            let (_, oid, value) = attribute.and_then(element)?;
            if oid == wanted {
                let (_, text, _) = element(value)?;
                return Some(shown(&String::from_utf8_lossy(text)));
            }
        }
        None
    };
    find(COMMON_NAME)
        .or_else(|| find(ORGANISATION))
        .unwrap_or_else(|| "without a name".into())
}

/// UTCTime or GeneralizedTime as a date (RFC 5280 §4.1.2.5).
fn date(tag: u8, text: &[u8]) -> Option<String> {
    let text = std::str::from_utf8(text).ok().filter(|t| t.is_ascii())?;
    let (year, rest) = match tag {
        0x17 => {
            let (year, rest) = text.split_at_checked(2)?;
            let century = if year < "50" { "20" } else { "19" };
            (format!("{century}{year}"), rest)
        }
        _ => {
            let (year, rest) = text.split_at_checked(4)?;
            (year.to_owned(), rest)
        }
    };
    Some(format!("{year}-{}-{}", rest.get(..2)?, rest.get(2..4)?))
}

/// A foreign name made safe to show.
fn shown(name: &str) -> String {
    let plain = |c: &char| !c.is_control();
    name.chars().filter(plain).take(NAME_CHARS_MAX).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn certificate() -> Vec<u8> {
        let mut asked = rcgen::CertificateParams::new(vec!["mail.dangbo.example".into()])
            .unwrap_or_else(|e| panic!("{e}"));
        asked
            .distinguished_name
            .push(rcgen::DnType::CommonName, "mail.dangbo.example");
        asked.not_before = rcgen::date_time_ymd(2020, 1, 2);
        asked.not_after = rcgen::date_time_ymd(2021, 3, 4);
        let key = rcgen::KeyPair::generate().unwrap_or_else(|e| panic!("{e}"));
        asked
            .self_signed(&key)
            .unwrap_or_else(|e| panic!("{e}"))
            .der()
            .to_vec()
    }

    #[test]
    fn an_expired_certificate_is_told_by_name_and_dates() {
        let words = explain(
            &CertificateError::Expired,
            &certificate(),
            "mail.dangbo.example",
        );
        assert_eq!(
            words,
            "the certificate shown by mail.dangbo.example (subject mail.dangbo.example, issuer \
             mail.dangbo.example, valid 2020-01-02 to 2021-03-04) has expired; have it renewed"
        );
    }

    proptest! {
        #[test]
        fn no_certificate_is_too_broken_to_speak_of(at in any::<usize>(), byte in any::<u8>()) {
            let mut der = certificate();
            let at = at % der.len();
            der[at] = byte;
            explain(&CertificateError::BadEncoding, &der, "x");
            der.truncate(at);
            explain(&CertificateError::BadEncoding, &der, "x");
        }
    }
}
