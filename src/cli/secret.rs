//! Owns the way of the mail server's password from its file to the courier. It refuses a file that
//! everybody can read, and never shows what stands in one.

use std::io::Read;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use anyhow::Result;
use secrecy::SecretString;

use super::open::environment;
use super::stop::Stop;
use crate::config::Smtp;

/// Longest password, bytes.
const PASSWORD_MAX: u64 = 1024;
/// The systemd credential that holds it where no file is configured.
const CREDENTIAL: &str = "smtp-password";

/// The password of `[smtp] username`; none where nobody logs in.
pub(super) fn smtp_password(smtp: &Smtp) -> Result<Option<SecretString>> {
    if smtp.username.is_none() {
        return Ok(None);
    }
    let credentials = environment("CREDENTIALS_DIRECTORY").map(PathBuf::from);
    let file = match (&smtp.password_file, credentials) {
        (Some(file), _) => file.clone(),
        (None, Some(folder)) if folder.join(CREDENTIAL).exists() => folder.join(CREDENTIAL),
        // The courier says what is missing.
        (None, _) => return Ok(None),
    };
    read(&file).map(Some)
}

fn read(file: &Path) -> Result<SecretString> {
    let fault = |why: &str| Stop::usage(format!("[smtp] password {}: {why}", file.display()));
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
        .take(PASSWORD_MAX + 1)
        .read_to_string(&mut text)
        .map_err(|_| fault("cannot be read as text"))?;
    if text.len() as u64 > PASSWORD_MAX {
        return Err(fault("is longer than any password"));
    }
    // Editors end a file with a line end; nothing else is taken off.
    let password = text.strip_suffix('\n').unwrap_or(&text);
    let password = password.strip_suffix('\r').unwrap_or(password);
    if password.is_empty() || password.contains(['\0', '\n', '\r']) {
        return Err(fault("does not hold one line with a password"));
    }
    Ok(SecretString::from(password))
}

#[cfg(test)]
mod tests {
    use super::*;
    use secrecy::ExposeSecret;

    #[test]
    fn a_password_that_everybody_can_read_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("password");
        std::fs::write(&file, "mật khẩu \n").unwrap();
        let mode = |mode| {
            std::fs::set_permissions(&file, std::fs::Permissions::from_mode(mode)).unwrap();
        };
        mode(0o644);
        let refused = read(&file).unwrap_err().to_string();
        assert!(refused.contains("chmod 600") && !refused.contains("khẩu "));
        mode(0o640);
        assert_eq!(read(&file).unwrap().expose_secret(), "mật khẩu ");
        std::fs::write(&file, "a\nb\n").unwrap();
        assert!(read(&file).is_err());
    }
}
