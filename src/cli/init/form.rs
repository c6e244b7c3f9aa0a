//! Owns the commented configuration as a form: one answer, one line, every comment kept. It refuses
//! to judge an answer by anything but the reader of the configuration itself.

use std::ops::Range;
use std::path::{Path, PathBuf};

use chrono::{NaiveTime, Timelike};
use toml::Value;

use crate::config::{Config, EXAMPLE, Fault, Level};
use crate::spelling;

/// Where the unit looks, and with it the folders of the package.
pub(super) const SYSTEM: &str = "/etc/phobien";
/// The configuration's file in its folder.
pub(super) const CONFIG: &str = "phobien.toml";
/// What is another in a folder of its own than in the example: paths beside the configuration.
const ADAPTED: [(Key, &str); 3] = [
    (DOCUMENTS, "van-ban"),
    (ROSTER, "danh-sach.xlsx"),
    (STATE, "so-cai"),
];

/// When the office gets the summary of a day.
const SUMMARY_AT: &str = "17:00";

/// A line of the form: the head of its table, its key.
pub(super) type Key = (&'static str, &'static str);

pub(super) const NAME: Key = ("[organisation]", "name");
pub(super) const CONTACT: Key = ("[organisation]", "contact");
const NOTIFY: Key = ("[office]", "notify");
const DAILY_SUMMARY: Key = ("[office]", "daily_summary");
pub(super) const DOCUMENTS: Key = ("[documents]", "folder");
pub(super) const READ_AT: Key = ("[documents]", "read_at");
const ROSTER: Key = ("[roster]", "file");
const STATE: Key = ("[state]", "folder");
pub(super) const FROM: Key = ("[mail]", "from");
const REPLY_TO: Key = ("[mail]", "reply_to");
pub(super) const URL: Key = ("[smtp]", "url");
pub(super) const USERNAME: Key = ("[smtp]", "username");
pub(super) const PASSWORD_FILE: Key = ("[smtp]", "password_file");
pub(super) const CA_FILE: Key = ("[smtp]", "ca_file");
const CRON: Key = ("[[schedule]]", "cron");
/// What the example invents, and an office must not send by mistake: no line before an answer.
const INVENTED: [Key; 6] = [CONTACT, NOTIFY, DAILY_SUMMARY, REPLY_TO, READ_AT, USERNAME];

/// The configuration being filled in. It is a valid one at every moment.
#[derive(Clone, Debug)]
pub(super) struct Form {
    text: String,
    file: PathBuf,
}

impl Form {
    /// The example as it fits the folder: its own paths where the unit looks, else paths beside
    /// the configuration.
    pub(super) fn blank(dir: &Path) -> Self {
        let mut form = Self {
            text: EXAMPLE.to_owned(),
            file: dir.join(CONFIG),
        };
        if dir != Path::new(SYSTEM) {
            for (key, path) in ADAPTED {
                form.write(key, &Value::from(path));
            }
        }
        INVENTED.into_iter().for_each(|key| form.leave_out(key));
        form
    }

    /// The bytes as they are written to disk.
    pub(super) fn text(&self) -> &str {
        &self.text
    }

    /// Where it belongs.
    pub(super) fn file(&self) -> &Path {
        &self.file
    }

    /// Puts one line of text in; the form stays as it was where the reader refuses it.
    pub(super) fn put(&mut self, key: Key, text: &str) -> Result<(), Box<Fault>> {
        self.put_value(key, &Value::from(spelling::line(text)))
    }

    /// Puts a path in. Its spelling is the file system's: nothing of it is changed.
    pub(super) fn put_path(&mut self, key: Key, path: &str) -> Result<(), Box<Fault>> {
        self.put_value(key, &Value::from(path.trim()))
    }

    /// Puts in who in the office is told, and with it the summary of each day.
    pub(super) fn put_office(&mut self, addresses: &[String]) -> Result<(), Box<Fault>> {
        let items = addresses
            .iter()
            .map(|text| Value::from(spelling::line(text)));
        self.put_value(NOTIFY, &Value::Array(items.collect()))?;
        self.put(DAILY_SUMMARY, SUMMARY_AT)
    }

    /// Puts in the time of day, `HH:MM`, at which letters go out on working days; false where it is
    /// no time.
    pub(super) fn put_time(&mut self, text: &str) -> bool {
        let Ok(time) = NaiveTime::parse_from_str(text.trim(), "%H:%M") else {
            return false;
        };
        let cron = format!("0 {} {} * * Mon-Fri", time.minute(), time.hour());
        self.put(CRON, &cron).is_ok()
    }

    fn put_value(&mut self, key: Key, value: &Value) -> Result<(), Box<Fault>> {
        let mut filled = self.clone();
        filled.write(key, value);
        if let Err(faults) = Config::parse(&filled.text, &filled.file) {
            let error = faults.into_iter().find(|f| f.level == Level::Error);
            let error = error.unwrap_or_else(|| unreachable!("only errors refuse a configuration"));
            return Err(Box::new(error));
        }
        *self = filled;
        Ok(())
    }

    /// Makes a comment of a line: its default holds.
    pub(super) fn leave_out(&mut self, key: Key) {
        let at = self.line_of(key);
        if !self.text[at.clone()].starts_with('#') {
            self.text.insert_str(at.start, "# ");
        }
    }

    /// What the answers mean.
    pub(super) fn config(&self) -> Config {
        Config::parse(&self.text, &self.file)
            .unwrap_or_else(|_| unreachable!("every answer was read when it was put in"))
    }

    fn write(&mut self, key: Key, value: &Value) {
        let line = format!("{} = {value}", key.1);
        self.text.replace_range(self.line_of(key), &line);
    }

    /// The line of a key, set or as a comment, without its end.
    fn line_of(&self, (table, key): Key) -> Range<usize> {
        let (mut at, mut inside) = (0, false);
        for line in self.text.split_inclusive('\n') {
            let bare = line.trim_end_matches('\n');
            if bare.starts_with('[') {
                inside = bare == table;
            }
            let set = bare.strip_prefix("# ").unwrap_or(bare);
            let rest = set.strip_prefix(key).filter(|_| inside);
            if rest.is_some_and(|rest| rest.starts_with(" = ")) {
                return at..at + bare.len();
            }
            at += line.len();
        }
        unreachable!("the example has every key")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_blank_form_is_a_configuration_of_its_own_folder() {
        let config = Form::blank(Path::new("/a")).config();
        assert_eq!(config.documents.folder, Path::new("/a/van-ban"));
        assert_eq!(config.roster.file, Path::new("/a/danh-sach.xlsx"));
        assert_eq!(config.state_folder, Path::new("/a/so-cai"));
        assert_eq!(config.smtp.username, None);
        assert!(config.organisation.contact.is_none() && config.office.notify.is_empty());
        let system = Form::blank(Path::new(SYSTEM)).config();
        assert_eq!(system.documents.folder, Path::new("/srv/phobien/van-ban"));
        assert_eq!(system.roster.file, Path::new("/etc/phobien/roster.xlsx"));
    }

    #[test]
    fn answers_stand_in_their_places_and_every_comment_stays() {
        let mut form = Form::blank(Path::new("/a"));
        let hostile = "Đảng bộ \"A\" \\ 'B'\u{202e} # [smtp]\u{7}";
        form.put(NAME, hostile).unwrap();
        form.put(USERNAME, "a\"b\\c").unwrap();
        form.put_path(PASSWORD_FILE, "smtp-password").unwrap();
        form.put_office(&["a@b.example".into(), "c@d.example".into()])
            .unwrap();
        assert!(form.put_time("8:05"));
        assert!(!form.put_time("25:00") && !form.put_time("trưa"));
        let config = form.config();
        assert_eq!(config.organisation.name, "Đảng bộ \"A\" \\ 'B' # [smtp]");
        assert_eq!(config.smtp.username.as_deref(), Some("a\"b\\c"));
        assert_eq!(config.office.notify.len(), 2);
        assert_eq!(
            config.office.daily_summary,
            NaiveTime::from_hms_opt(17, 0, 0)
        );
        assert_eq!(config.mail.reply_to, None);
        assert!(form.text().contains("cron = \"0 5 8 * * Mon-Fri\""));
        let comments = |text: &str| {
            let prose = text
                .lines()
                .filter(|l| l.starts_with('#') && !l.contains(" = "));
            prose.map(str::to_owned).collect::<Vec<_>>()
        };
        assert_eq!(comments(form.text()), comments(EXAMPLE));
        assert_eq!(form.text().lines().count(), EXAMPLE.lines().count());
    }

    #[test]
    fn a_refused_answer_changes_nothing() {
        let mut form = Form::blank(Path::new("/a"));
        let before = form.text().to_owned();
        for (key, text) in [
            (FROM, "vanphong"),
            (URL, "smtp://mail.dangbo.example:25"),
            (URL, "smtps://u:p@mail.dangbo.example"),
            (CRON, "7 30"),
            (NAME, ""),
            (ROSTER, "danh-sach.ods"),
            (DOCUMENTS, "~/van-ban"),
        ] {
            let fault = form.put(key, text).unwrap_err();
            assert!(!fault.instead.vi.is_empty(), "{text}: {fault:?}");
            assert_eq!(form.text(), before, "{text}");
        }
    }
}
