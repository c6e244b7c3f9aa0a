//! Owns what this machine offers for reading files: the sandbox as configured, and what is missing
//! for it. It refuses to install anything.

use std::path::PathBuf;

use crate::config::{Config, Ocr};
use crate::ingest;
use crate::sandbox::{Limits, Reader, Sandbox};

/// Where files are read, as the configuration wants it and this machine can.
#[must_use]
pub fn sandbox(program: PathBuf, config: &Config) -> Sandbox {
    let reading = ingest::reading(config, Reader::find().ok());
    Sandbox::new(program, sandbox_limits(config)).with_reading(reading)
}

/// What this machine lacks for reading files safely and wholly, each with what to do: in Vietnamese
/// and English.
pub async fn lacks(sandbox: &Sandbox, config: &Config) -> Vec<(String, String)> {
    let mut lacks = Vec::new();
    if let Err(missing) = Reader::find()
        && config.documents.ocr != Ocr::Off
    {
        let packages = missing.packages();
        lacks.push((
            format!("không nhận dạng được bản quét, ảnh: đề nghị cài gói {packages}"),
            format!("scans and pictures cannot be read: install {packages}"),
        ));
    }
    match sandbox.locks().await {
        Ok(locks) if locks.whole() => {}
        Ok(locks) => {
            let (files, calls) = (locks.files, locks.calls);
            lacks.push((
                format!(
                    "nhân hệ điều hành không khoá hết tiến trình đọc tệp (landlock: {files}, \
                     seccomp: {calls}): đề nghị dùng nhân Linux 5.13 trở lên"
                ),
                format!(
                    "the kernel does not lock the reading of files fully (landlock: {files}, \
                     seccomp: {calls}): use Linux 5.13 or newer"
                ),
            ));
        }
        Err(error) => lacks.push((
            format!("không khởi động được tiến trình đọc tệp: {error}"),
            format!("the process that reads files cannot be started: {error}"),
        )),
    }
    lacks
}

fn sandbox_limits(config: &Config) -> Limits {
    let limits = &config.limits;
    Limits {
        cpu: limits.extract_cpu,
        memory: limits.extract_memory,
        read: crate::extract::Limits {
            pages: limits.pages,
            text: limits.text,
            zip_entries: limits.zip_entries,
            zip_part: limits.zip_part,
            zip_total: limits.zip_total,
            zip_ratio: limits.zip_ratio,
        },
    }
}
