//! Owns `phobien init`: the first files of an office, from answers that are typed, given or left
//! out, then the first word with the mail server. It refuses to overwrite what a person wrote.

mod form;
mod questions;
mod terminal;

use std::fs::OpenOptions;
use std::io::{self, ErrorKind, Write};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::{Context, Result};
use secrecy::{ExposeSecret, SecretString};

use super::command::{Answers, Global, Init};
use super::open::Desk;
use super::stop::{Stop, code};
use super::{open, preview, secret, show};
use crate::config::EXAMPLE;
use crate::organisation::Language;
use crate::roster;
use form::{Form, SYSTEM};
use terminal::{Terminal, told};

/// The file of the password, beside the configuration.
const PASSWORD: &str = "smtp-password";
/// Where the package puts the folder of documents.
const DOCUMENTS: &str = "/srv/phobien/van-ban";

/// What the answers came to.
struct Filled {
    form: Form,
    /// As typed; it stands in no form.
    password: Option<SecretString>,
    /// Somebody gave a mail server: it is tried.
    server: bool,
    test: Option<String>,
}

pub(super) async fn run(global: &Global, ask: Init) -> Result<ExitCode> {
    let language = global.lang.unwrap_or_else(open::spoken);
    let dir = std::path::absolute(&ask.dir).context("the folder")?;
    let office = Office {
        system: dir == Path::new(SYSTEM),
        language,
        dir,
    };
    let blank = Form::blank(&office.dir);
    if !office.is_free(blank.file(), &ask)? {
        office.report(blank.file(), true);
        office.folders(&blank)?;
        office.roster(&blank)?;
        office.next(&blank);
        return Ok(ExitCode::SUCCESS);
    }
    let filled = office.fill(blank, &ask).await?;
    office.write(&filled)?;
    let tried = office.try_out(&filled).await?;
    office.next(&filled.form);
    Ok(code(tried))
}

/// The folder being filled.
struct Office {
    dir: PathBuf,
    /// It is the unit's: the package made the folders, and the service reads what root writes.
    system: bool,
    language: Language,
}

impl Office {
    fn say<'t>(&self, vi: &'t str, en: &'t str) -> &'t str {
        match self.language {
            Language::Vi => vi,
            Language::En => en,
        }
    }

    /// True where no configuration is there, or the package's own that nobody has touched. Answers
    /// for one that is there would be in vain.
    fn is_free(&self, file: &Path, ask: &Init) -> Result<bool> {
        match std::fs::read(file) {
            Ok(bytes) if bytes == EXAMPLE.as_bytes() => Ok(true),
            Ok(_) if ask.answers == Answers::default() => Ok(false),
            Ok(_) => {
                let file = file.display();
                let vi = format!("{file} đã có; đề nghị sửa tệp đó: init không ghi đè");
                let en = format!("{file} is there; edit it: init overwrites nothing");
                Err(Stop::usage(self.say(&vi, &en)))
            }
            Err(error) if error.kind() == ErrorKind::NotFound => Ok(true),
            Err(error) => Err(error).with_context(|| file.display().to_string()),
        }
    }

    /// The configuration to be written: from the answers given, from a person, or to be edited.
    async fn fill(&self, mut form: Form, ask: &Init) -> Result<Filled> {
        let (mut password, mut test) = (None, ask.answers.test.clone());
        if ask.answers != Answers::default() {
            self.take(&mut form, &ask.answers)?;
        } else if let Some(person) = Terminal::open(self.language).filter(|_| !ask.blank) {
            password = questions::ask(&person, &mut form).await?;
            test = questions::test_address(&person, &form)?;
        }
        Ok(Filled {
            form,
            password,
            server: ask.answers.smtp.is_some(),
            test,
        })
    }

    /// Puts given answers in, or lists every one that is refused.
    fn take(&self, form: &mut Form, answers: &Answers) -> Result<()> {
        let mut faults = Vec::new();
        let mut tell = |option: &str, fault: Option<String>| {
            faults.extend(fault.map(|fault| format!("--{option}: {fault}")));
        };
        let texts = [
            ("organisation", form::NAME, &answers.organisation),
            ("from", form::FROM, &answers.from),
            ("contact", form::CONTACT, &answers.contact),
            ("read-at", form::READ_AT, &answers.read_at),
            ("smtp", form::URL, &answers.smtp),
            ("username", form::USERNAME, &answers.username),
        ];
        for (option, key, text) in texts {
            if let Some(Err(fault)) = text.as_ref().map(|text| form.put(key, text)) {
                tell(option, Some(told(&fault, self.language)));
            }
        }
        let paths = [
            ("documents", form::DOCUMENTS, &answers.documents),
            ("password-file", form::PASSWORD_FILE, &answers.password_file),
            ("ca-file", form::CA_FILE, &answers.ca_file),
        ];
        for (option, key, path) in paths {
            let Some(path) = path else { continue };
            let path = std::path::absolute(path).context("a path")?;
            match path.to_str().map(|path| form.put_path(key, path)) {
                Some(Ok(())) => {}
                Some(Err(fault)) => tell(option, Some(told(&fault, self.language))),
                None => tell(
                    option,
                    Some(self.say("không phải UTF-8", "is not UTF-8").into()),
                ),
            }
        }
        if !answers.office.is_empty()
            && let Err(fault) = form.put_office(&answers.office)
        {
            tell("office", Some(told(&fault, self.language)));
        }
        if answers.at.as_ref().is_some_and(|at| !form.put_time(at)) {
            let hint = self.say(
                "ghi giờ và phút, ví dụ 07:30",
                "write hour and minute: 07:30",
            );
            tell("at", Some(hint.to_owned()));
        }
        if faults.is_empty() {
            return Ok(());
        }
        Err(Stop::usage(faults.join("\n")))
    }

    fn write(&self, filled: &Filled) -> Result<()> {
        self.folders(&filled.form)?;
        if let Some(password) = &filled.password {
            let file = self.dir.join(PASSWORD);
            let line = format!("{}\n", password.expose_secret());
            // The service reads it by its group, which the package's folder hands down.
            let mode = if self.system { 0o640 } else { 0o600 };
            put(&file, line.as_bytes(), mode)?;
            self.report(&file, false);
        }
        put(filled.form.file(), filled.form.text().as_bytes(), 0o640)?;
        self.report(filled.form.file(), false);
        self.roster(&filled.form)
    }

    /// Where documents are dropped, and where the ledger lies: nobody else reads that one.
    fn folders(&self, form: &Form) -> Result<()> {
        make(&self.dir, 0o755)?;
        if self.system {
            return Ok(());
        }
        let config = form.config();
        for (folder, mode) in [
            (&config.documents.folder, 0o770),
            (&config.state_folder, 0o700),
        ] {
            let there = folder.exists();
            make(folder, mode)?;
            self.report(folder, there);
        }
        Ok(())
    }

    fn roster(&self, form: &Form) -> Result<()> {
        let file = form.config().roster.file;
        let there = file.exists();
        if !there {
            let bytes = roster::template().context("the roster template")?;
            put(&file, &bytes, 0o640)?;
        }
        self.report(&file, there);
        Ok(())
    }

    /// The first word with the mail server; false where it went wrong. The files stand either way.
    async fn try_out(&self, filled: &Filled) -> Result<bool> {
        if filled.server {
            let smtp = filled.form.config().smtp;
            let said = match secret::smtp_password(&smtp) {
                Ok(password) => questions::try_server(&filled.form, password).await,
                Err(error) => Err(format!("{error:#}")),
            };
            if let Err(why) = said {
                let why = show::safe(&why);
                let vi = format!("Chưa gửi được qua máy chủ thư: {why}");
                let en = format!("The mail server cannot be used: {why}");
                show::note(self.say(&vi, &en));
                return Ok(false);
            }
            show::note(self.say(
                "Máy chủ thư: đã kết nối và đăng nhập được",
                "The mail server: connected and logged in",
            ));
        }
        let Some(to) = &filled.test else {
            return Ok(true);
        };
        let global = Global {
            config: Some(filled.form.file().to_owned()),
            json: false,
            log: None,
            lang: Some(self.language),
        };
        let desk = Desk::open(&global).await?;
        let sent = preview::test_mail(&desk, to, None).await;
        desk.screen.flush();
        desk.ledger.close().await?;
        Ok(sent? == ExitCode::SUCCESS)
    }

    fn report(&self, path: &Path, there: bool) {
        let words = match there {
            false => self.say("đã tạo", "written"),
            true => self.say("đã có, giữ nguyên", "was there, kept"),
        };
        show::note(&format!("{}: {words}", path.display()));
    }

    /// What is left to do, as commands that can be copied.
    fn next(&self, form: &Form) {
        let config = form.config();
        let (file, roster) = (quoted(&config.file), config.roster.file.display());
        let phobien = match self.system {
            true => "phobien".to_owned(),
            false => format!("phobien --config {file}"),
        };
        let start = match self.system {
            true => "systemctl enable --now phobien".to_owned(),
            false => format!("{phobien} run"),
        };
        let [first, second, third] = match self.language {
            Language::Vi => ["điền danh sách đảng viên", "kiểm tra", "khởi động"],
            Language::En => ["fill in the roster", "check", "start"],
        };
        show::note(self.say("Tiếp theo:", "Next:"));
        show::note(&format!("  1. {first}: {roster}"));
        show::note(&format!("  2. {second}: {phobien} check"));
        show::note(&format!("  3. {third}: {start}"));
        let folder = &config.documents.folder;
        if self.system && folder != Path::new(DOCUMENTS) {
            let folder = folder.display();
            show::note(self.say(
                "Thư mục văn bản không phải của gói cài đặt; để dịch vụ dùng được thư mục đó:",
                "The documents folder is not the package's; so that the service can use it:",
            ));
            show::note(&format!(
                "  install -d -m 2770 -o phobien -g phobien-van-ban {folder}"
            ));
            let drop_in = "/etc/systemd/system/phobien.service.d";
            show::note(&format!("  mkdir -p {drop_in}"));
            show::note(&format!(
                "  printf '[Service]\\nReadWritePaths=%s\\n' '{folder}' > {drop_in}/documents.conf"
            ));
            show::note("  systemctl daemon-reload");
        }
    }
}

fn make(folder: &Path, mode: u32) -> Result<()> {
    let made = std::fs::DirBuilder::new()
        .recursive(true)
        .mode(mode)
        .create(folder);
    made.with_context(|| folder.display().to_string())
}

/// Writes a whole file or none: beside its place first, then in it.
fn put(file: &Path, bytes: &[u8], mode: u32) -> Result<()> {
    let mut part = file.as_os_str().to_owned();
    part.push(".part");
    let part = PathBuf::from(part);
    let written = || -> io::Result<()> {
        // What an earlier start left behind.
        if part.exists() {
            std::fs::remove_file(&part)?;
        }
        let mut new = OpenOptions::new();
        let mut new = new.write(true).create_new(true).mode(mode).open(&part)?;
        new.write_all(bytes)?;
        new.sync_all()?;
        std::fs::rename(&part, file)
    };
    written().with_context(|| file.display().to_string())
}

/// A path as a shell takes it.
fn quoted(path: &Path) -> String {
    let path = path.display().to_string();
    let plain = |c: char| c.is_alphanumeric() || "/._-+,:@".contains(c);
    if path.chars().all(plain) {
        return path;
    }
    format!("'{}'", path.replace('\'', "'\\''"))
}
