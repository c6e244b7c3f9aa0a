//! Owns the way of secrets from their files: the passwords of mail server and mailbox, the key that
//! signs. It
//! refuses a file that everybody can read, and never shows what stands in one.

use std::io::Read;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use anyhow::Result;
use secrecy::SecretString;

use super::open::environment;
use super::stop::Stop;
use crate::config::{Config, Mailbox, Smtp};
use crate::letter::Signer;

/// Longest password, bytes.
const PASSWORD_MAX: u64 = 1024;
/// Longest key file, bytes: RSA of 8192 bits in PEM has 6,400.
const KEY_MAX: u64 = 16 * 1024;
/// The systemd credentials that hold them where no file is configured.
const CREDENTIAL: &str = "smtp-password";
const MAILBOX_CREDENTIAL: &str = "mailbox-password";
const KEY_CREDENTIAL: &str = "mail-dkim";

/// The password of `[smtp] username`; none where nobody logs in.
pub(super) fn smtp_password(smtp: &Smtp) -> Result<Option<SecretString>> {
    if smtp.username.is_none() {
        return Ok(None);
    }
    // Where neither is there, the courier says what is missing.
    let Some(file) = file_of(smtp.password_file.as_ref(), CREDENTIAL) else {
        return Ok(None);
    };
    password(&file, "[smtp] password").map(Some)
}

/// The password of `[mailbox] username`.
pub(super) fn mailbox_password(mailbox: &Mailbox) -> Result<SecretString> {
    let Some(file) = file_of(mailbox.password_file.as_ref(), MAILBOX_CREDENTIAL) else {
        return Err(Stop::usage(format!(
            "[mailbox] username needs password_file or the credential {MAILBOX_CREDENTIAL}"
        )));
    };
    password(&file, "[mailbox] password")
}

/// One line with a password.
fn password(file: &Path, key: &str) -> Result<SecretString> {
    let text = read(file, key, PASSWORD_MAX)?;
    // Editors end a file with a line end; nothing else is taken off.
    let password = text.strip_suffix('\n').unwrap_or(&text);
    let password = password.strip_suffix('\r').unwrap_or(password);
    if password.is_empty() || password.contains(['\0', '\n', '\r']) {
        let why = "does not hold one line with a password";
        return Err(fault(key, file, why));
    }
    Ok(SecretString::from(password))
}

/// Who signs letters; none where `[mail] dkim` is not set.
pub(super) fn signer(config: &Config) -> Result<Option<Signer>> {
    let Some(dkim) = &config.mail.dkim else {
        return Ok(None);
    };
    let Some(file) = file_of(dkim.key_file.as_ref(), KEY_CREDENTIAL) else {
        return Err(Stop::usage(format!(
            "[mail] dkim needs key_file or the credential {KEY_CREDENTIAL}"
        )));
    };
    let pem = read(&file, "[mail] dkim key_file", KEY_MAX)?;
    let signer = Signer::new(&pem, &dkim.domain, &dkim.selector);
    let signer = signer.map_err(|why| fault("[mail] dkim key_file", &file, &why.to_string()))?;
    Ok(Some(signer))
}

/// The file that is configured, else the systemd credential.
fn file_of(configured: Option<&PathBuf>, credential: &str) -> Option<PathBuf> {
    configured.cloned().or_else(|| {
        let folder = environment("CREDENTIALS_DIRECTORY").map(PathBuf::from)?;
        Some(folder.join(credential)).filter(|file| file.exists())
    })
}

fn fault(key: &str, file: &Path, why: &str) -> anyhow::Error {
    Stop::usage(format!("{key} {}: {why}", file.display()))
}

fn read(file: &Path, key: &str, max: u64) -> Result<String> {
    let fault = |why: &str| fault(key, file, why);
    let opened = std::fs::File::open(file).map_err(|e| fault(&e.to_string()))?;
    let meta = opened.metadata().map_err(|e| fault(&e.to_string()))?;
    if !meta.is_file() {
        return Err(fault("is no plain file"));
    }
    if meta.permissions().mode() & 0o007 != 0 {
        return Err(fault("everybody may read it; run `chmod 600` on it"));
    }
    let mut text = String::new();
    opened
        .take(max + 1)
        .read_to_string(&mut text)
        .map_err(|_| fault("cannot be read as text"))?;
    if text.len() as u64 > max {
        return Err(fault("is longer than what belongs there"));
    }
    Ok(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_password_that_everybody_can_read_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("password");
        std::fs::write(&file, "mật khẩu \n").unwrap();
        let mode = |mode| {
            std::fs::set_permissions(&file, std::fs::Permissions::from_mode(mode)).unwrap();
        };
        mode(0o644);
        let read = || read(&file, "[smtp] password", PASSWORD_MAX);
        let refused = read().unwrap_err().to_string();
        assert!(refused.contains("chmod 600") && !refused.contains("khẩu "));
        mode(0o640);
        assert_eq!(read().unwrap(), "mật khẩu \n");
    }
}
