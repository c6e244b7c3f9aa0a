//! Owns the files that the demo works on, built into the binary. It refuses to know what becomes
//! of them.

use std::io;
use std::path::Path;

/// The demo's configuration, with `{port}` open.
pub(super) const CONFIG: &str = include_str!("../../../config/demo/phobien.toml");

const ROSTER: &[u8] = include_bytes!("../../../config/demo/roster.xlsx");

macro_rules! samples {
    ($($name:literal),+ $(,)?) => {
        &[$(($name, include_bytes!(concat!("../../../config/demo/", $name)))),+]
    };
}

/// Sample documents: name and bytes.
const DOCUMENTS: &[(&str, &[u8])] = samples![
    "23-CT-TW_2018.pdf",
    "Nghị quyết Trung ương 4 khóa XII.pdf",
    "05-CT-TW.docx",
    "31-TB-ĐU.docx",
    "12-KH-ĐU.md",
    "08-BC-ĐU.docx",
    "Dự thảo kế hoạch kiểm tra.docx",
];

/// Lays configuration, roster and documents into a fresh folder.
pub(super) fn lay_out(home: &Path, port: u16) -> io::Result<()> {
    let documents = home.join("van-ban");
    std::fs::create_dir_all(&documents)?;
    for (name, bytes) in DOCUMENTS {
        std::fs::write(documents.join(name), bytes)?;
    }
    std::fs::write(home.join("danh-sach.xlsx"), ROSTER)?;
    std::fs::write(
        home.join("phobien.toml"),
        CONFIG.replace("{port}", &port.to_string()),
    )
}
