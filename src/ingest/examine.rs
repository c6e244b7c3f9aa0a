//! Owns the examination of one file's bytes: extracted in the sandbox, recognised, judged. It
//! refuses to know the ledger, so that `inspect` and the daemon cannot disagree.

use super::pictures;
use crate::config::{Config, Ocr, PictureMarks};
use crate::document::{
    self, Contents, Disposition, Facts, Identity, Policy, Reason, Sha256, TextSource,
};
use crate::recognise;
use crate::sandbox::{Reader, Reading, Sandbox};

/// What phobien reads out of a file.
#[derive(Clone, Debug)]
pub struct Examined {
    /// Its real format and its pages.
    pub contents: Contents,
    /// What is known of it.
    pub facts: Facts,
    /// What the facts were read from.
    pub source: TextSource,
    /// What is done with it.
    pub disposition: Disposition,
    /// Why.
    pub reason: Option<Reason>,
    /// Of its bytes.
    pub sha256: Sha256,
    /// Of its normalised text.
    pub fingerprint: Sha256,
    /// Bytes.
    pub size: u64,
}

impl Examined {
    /// Canonical identity, where symbol and date are known.
    #[must_use]
    pub fn identity(&self) -> Option<Identity> {
        Identity::of(&self.facts, self.facts.part)
    }

    /// Its text was read wholly, so that comparing it proves something.
    #[must_use]
    pub fn trusted(&self) -> bool {
        self.source == TextSource::Text && self.contents.unread_pages == 0
    }
}

/// The office's decisions that judging needs.
#[must_use]
pub fn policy(config: &Config) -> Policy {
    Policy {
        approval_required: config.documents.approval_required,
        ocr_trusted: config.documents.ocr == Ocr::Trust,
        picture_marks_ignored: config.documents.picture_marks == PictureMarks::Ignore,
    }
}

/// How the office wants pictures recognised, by what this machine has for it.
#[must_use]
pub fn reading(config: &Config, reader: Option<Reader>) -> Option<Reading> {
    let pages = match config.documents.ocr {
        Ocr::Off => return None,
        Ocr::Assist => config.documents.ocr_pages,
        // Only a document that was read wholly is released.
        Ocr::Trust => config.limits.pages,
    };
    reader.map(|reader| Reading { reader, pages })
}

/// Examines a file. Its bytes were read once; hash, extraction and gate all use that copy.
///
/// # Errors
/// The sandbox's child could not be started; the file must be tried again.
pub async fn examine(
    sandbox: &Sandbox,
    bytes: &[u8],
    name: &str,
    policy: &Policy,
) -> std::io::Result<Examined> {
    let mut contents = sandbox.extract(bytes, name).await?;
    let (mut facts, mut source) = recognise::read(&contents, name);
    if facts.secrecy.is_none() {
        let seen = pictures::read(sandbox, bytes, &contents, source, policy).await?;
        if let Some(read) = seen.contents {
            if read.scans.read > 0 {
                (facts, source) = recognise::read_ocr(&read, name);
            }
            contents = read;
        }
        if let Some(mark) = seen.mark.filter(|_| facts.secrecy.is_none()) {
            facts = recognise::marked(mark);
        }
    }
    let (disposition, reason) = document::judge(&contents, &facts, source, policy);
    Ok(Examined {
        fingerprint: document::fingerprint(&contents),
        contents,
        facts,
        source,
        disposition,
        reason,
        sha256: Sha256::of(bytes),
        size: bytes.len() as u64,
    })
}
