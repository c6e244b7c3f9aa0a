//! Owns the certificates a peer shows, right and wrong. It refuses to know connections.

use std::io::Write;
use std::sync::Arc;

use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, DnType, IsCa, KeyPair};
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::ServerConfig;
use tokio_rustls::rustls::crypto::aws_lc_rs;
use tokio_rustls::rustls::pki_types::{CertificateDer, PrivateKeyDer};

/// A certificate with its key, and the authority to trust.
pub(crate) struct Certificate {
    chain: CertificateDer<'static>,
    key: Vec<u8>,
    authority_pem: String,
}

impl std::fmt::Debug for Certificate {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Certificate")
    }
}

impl Certificate {
    /// For 127.0.0.1 and localhost, valid.
    pub(crate) fn valid() -> Self {
        Self::signed(&["127.0.0.1", "localhost"], 2099)
    }

    /// For the right name, until 2021.
    pub(crate) fn expired() -> Self {
        Self::signed(&["127.0.0.1", "localhost"], 2021)
    }

    /// Valid, for another name.
    pub(crate) fn wrong_host() -> Self {
        Self::signed(&["mail.elsewhere.example"], 2099)
    }

    /// For the right name, signed by itself and not by the authority that is trusted.
    pub(crate) fn self_signed() -> Self {
        let other = Self::valid();
        let key = KeyPair::generate().expect("a key");
        let certificate = params(&["127.0.0.1"], 2099)
            .self_signed(&key)
            .expect("signed");
        Self {
            chain: certificate.der().clone(),
            key: key.serialize_der(),
            ..other
        }
    }

    fn signed(names: &[&str], until: i32) -> Self {
        let mut authority = CertificateParams::default();
        authority.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        authority
            .distinguished_name
            .push(DnType::CommonName, "Test authority");
        let authority =
            CertifiedIssuer::self_signed(authority, KeyPair::generate().expect("a key"))
                .expect("signed");
        let key = KeyPair::generate().expect("a key");
        let certificate = params(names, until)
            .signed_by(&key, &authority)
            .expect("signed");
        Self {
            chain: certificate.der().clone(),
            key: key.serialize_der(),
            authority_pem: authority.pem(),
        }
    }

    pub(super) fn acceptor(&self) -> TlsAcceptor {
        let key = PrivateKeyDer::try_from(self.key.clone()).expect("a key");
        let config = ServerConfig::builder_with_provider(Arc::new(aws_lc_rs::default_provider()))
            .with_safe_default_protocol_versions()
            .expect("versions")
            .with_no_client_auth()
            .with_single_cert(vec![self.chain.clone()], key)
            .expect("a certificate");
        TlsAcceptor::from(Arc::new(config))
    }

    pub(super) fn authority_file(&self) -> tempfile::TempPath {
        let mut file = tempfile::NamedTempFile::new().expect("a file");
        file.write_all(self.authority_pem.as_bytes())
            .expect("written");
        file.into_temp_path()
    }
}

fn params(names: &[&str], until: i32) -> CertificateParams {
    let names: Vec<String> = names.iter().map(|n| (*n).to_owned()).collect();
    let common = names[0].clone();
    let mut params = CertificateParams::new(names).expect("names");
    params.distinguished_name.push(DnType::CommonName, common);
    params.not_before = rcgen::date_time_ymd(2020, 1, 2);
    params.not_after = rcgen::date_time_ymd(until, 3, 4);
    params
}
