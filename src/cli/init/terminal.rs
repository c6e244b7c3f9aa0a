//! Owns the asking of people on a terminal: a line with its default, a password that nobody sees.
//! It refuses to know what is asked.

use std::io::{BufRead, IsTerminal, Read, Write, stderr, stdin};

use anyhow::{Context, Result};
use rustix::termios::{LocalModes, OptionalActions, Termios, tcgetattr, tcsetattr};
use secrecy::SecretString;

use crate::cli::show::safe;
use crate::cli::stop::Stop;
use crate::config::Fault;
use crate::organisation::Language;

/// Longest answer, bytes: what a terminal hands over as one line.
const LINE_MAX: u64 = 4096;
/// Longest password, bytes: what is read back from its file.
const PASSWORD_MAX: usize = 1000;

/// A person at a terminal.
pub(super) struct Terminal {
    /// What the person reads.
    pub(super) language: Language,
}

/// One thing said in Vietnamese and in English.
pub(super) type Words<'t> = (&'t str, &'t str);

impl Terminal {
    /// The person, where there is one to read and to answer.
    pub(super) fn open(language: Language) -> Option<Self> {
        (stdin().is_terminal() && stderr().is_terminal()).then_some(Self { language })
    }

    pub(super) fn pick<'t>(&self, (vi, en): Words<'t>) -> &'t str {
        match self.language {
            Language::Vi => vi,
            Language::En => en,
        }
    }

    /// Says a line.
    pub(super) fn say(&self, words: Words<'_>) {
        crate::cli::show::note(self.pick(words));
    }

    /// Asks until the answer is taken. Nothing typed means the default.
    pub(super) fn ask(
        &self,
        words: Words<'_>,
        default: Option<&str>,
        mut take: impl FnMut(&str) -> std::result::Result<(), String>,
    ) -> Result<()> {
        loop {
            let shown = default.filter(|d| !d.is_empty());
            let shown = shown.map_or(String::new(), |d| format!(" [{}]", safe(d)));
            self.prompt(&format!("{}{shown}: ", self.pick(words)));
            let Some(typed) = self.line()? else {
                self.say((
                    "Không đọc được: thiết bị đầu cuối phải dùng bảng mã UTF-8.",
                    "This cannot be read: the terminal must speak UTF-8.",
                ));
                continue;
            };
            let typed = typed.trim();
            let answer = match (typed, default) {
                ("", Some(default)) => default,
                _ => typed,
            };
            match take(answer) {
                Ok(()) => return Ok(()),
                Err(why) => crate::cli::show::note(&format!("  {why}")),
            }
        }
    }

    /// True for yes; Enter means yes.
    pub(super) fn confirm(&self, words: Words<'_>) -> Result<bool> {
        let mut yes = true;
        let hint = self.pick(("Ghi c (có) hoặc k (không).", "Write y or n."));
        let default = self.pick(("c", "y"));
        self.ask(words, Some(default), |answer| {
            yes = match answer.to_lowercase().as_str() {
                "c" | "có" | "co" | "y" | "yes" => true,
                "k" | "không" | "khong" | "n" | "no" => false,
                _ => return Err(hint.to_owned()),
            };
            Ok(())
        })?;
        Ok(yes)
    }

    /// A password: not echoed, not empty, one line. Control-C ends the program with the echo on.
    pub(super) fn password(&self, words: Words<'_>) -> Result<SecretString> {
        loop {
            let typed = {
                // Before it is asked for: whoever answers at once is not shown either.
                let _unseen = Unseen::begin()?;
                self.prompt(&format!("{}: ", self.pick(words)));
                self.unseen_line()?
            };
            self.prompt("\n");
            match String::from_utf8(typed) {
                Ok(text) if !text.is_empty() => return Ok(SecretString::from(text)),
                _ => self.say((
                    "  Mật khẩu để trống hoặc không phải UTF-8.",
                    "  The password is empty or not UTF-8.",
                )),
            }
        }
    }

    fn prompt(&self, text: &str) {
        // A closed stderr is no fault of ours.
        let _ = stderr().write_all(text.as_bytes());
        let _ = stderr().flush();
    }

    /// A line as typed; none where it is no UTF-8.
    fn line(&self) -> Result<Option<String>> {
        let mut bytes = Vec::new();
        let mut stdin = stdin().lock().take(LINE_MAX);
        stdin
            .read_until(b'\n', &mut bytes)
            .context("the terminal")?;
        if bytes.is_empty() {
            return Err(self.left());
        }
        Ok(String::from_utf8(bytes).ok())
    }

    /// Bytes up to Enter, one by one, since the terminal edits nothing now.
    fn unseen_line(&self) -> Result<Vec<u8>> {
        let (mut typed, mut byte) = (Vec::new(), [0]);
        let mut stdin = stdin().lock();
        while typed.len() < PASSWORD_MAX {
            if stdin.read(&mut byte).context("the terminal")? == 0 {
                return Err(self.left());
            }
            match byte[0] {
                b'\n' | b'\r' => break,
                // Control-C, Control-D.
                3 | 4 => return Err(self.left()),
                // Backspace takes a whole character; Control-U everything.
                8 | 127 => while typed.pop().is_some_and(|b| b & 0xc0 == 0x80) {},
                21 => typed.clear(),
                0..=31 => {}
                other => typed.push(other),
            }
        }
        Ok(typed)
    }

    fn left(&self) -> anyhow::Error {
        Stop::usage(self.pick(("đã dừng; chưa ghi tệp nào", "stopped; nothing was written")))
    }
}

/// A fault as a person reads it: what is wrong, what to write instead.
pub(super) fn told(fault: &Fault, language: Language) -> String {
    let write = match language {
        Language::Vi => "Ghi",
        Language::En => "Write",
    };
    format!(
        "{}. {write}: {}",
        fault.message(language),
        fault.instead(language)
    )
}

/// While it lives the terminal shows nothing of what is typed; then it is as before.
struct Unseen(Termios);

impl Unseen {
    fn begin() -> Result<Self> {
        let before = tcgetattr(stdin()).context("the terminal")?;
        let mut unseen = before.clone();
        let modes = LocalModes::ECHO | LocalModes::ICANON | LocalModes::ISIG;
        unseen.local_modes.remove(modes);
        tcsetattr(stdin(), OptionalActions::Now, &unseen).context("the terminal")?;
        Ok(Self(before))
    }
}

impl Drop for Unseen {
    fn drop(&mut self) {
        let _ = tcsetattr(stdin(), OptionalActions::Now, &self.0);
    }
}
