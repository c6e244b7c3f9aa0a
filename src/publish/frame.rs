//! Owns what every letter of an edition has in common, taken from the configuration at the moment
//! of freezing. It refuses to know recipients.

use chrono::{DateTime, FixedOffset, NaiveDate, Utc};

use crate::config::Config;
use crate::delivery::{FrozenDkim, FrozenEnvelope};
use crate::letter::{Sender, Words};
use crate::organisation::Language;

/// The configuration as publishing needs it, with what it names already read.
#[derive(Debug)]
pub struct Press<'a> {
    /// The configuration.
    pub config: &'a Config,
    /// The bytes of `[letter] logo`.
    pub logo: Option<Vec<u8>>,
}

impl Press<'_> {
    /// The envelope of an edition that is due then, as the ledger keeps it.
    pub(super) fn envelope(&self, due_at: DateTime<Utc>) -> String {
        let from = self.config.mail.from.as_str().to_owned();
        let reverse_path = self
            .config
            .reverse_path
            .clone()
            .unwrap_or_else(|| from.clone());
        let dkim = self.config.mail.dkim.as_ref().map(|dkim| FrozenDkim {
            domain: dkim.domain.clone(),
            selector: dkim.selector.clone(),
            signed_at: due_at.timestamp(),
        });
        FrozenEnvelope {
            from,
            reverse_path,
            dkim,
        }
        .to_json()
    }

    /// The office's words in a language: its own where it is its own language, else the
    /// template's, which exist in both.
    pub(super) fn words(&self, language: Language) -> Words {
        let config = self.config;
        let own = |text: &Option<String>| {
            text.clone()
                .filter(|_| language == config.organisation.language)
        };
        Words {
            organisation: config.organisation.name.clone(),
            signature: config.organisation.signature.clone(),
            contact: config.organisation.contact.clone(),
            greeting: own(&config.letter.greeting),
            intro: own(&config.letter.intro),
            footer: own(&config.letter.footer),
            accent: config.letter.accent.clone(),
            logo: self.logo.clone(),
            ascii_file_names: config.letter.ascii_file_names,
            read_at: config.documents.read_at.clone(),
        }
    }

    /// Who writes.
    pub(super) fn sender(&self) -> Sender {
        let mail = &self.config.mail;
        Sender {
            from_name: mail.from_name.clone(),
            from: mail.from.clone(),
            reply_to: mail.reply_to.clone(),
        }
    }

    /// A moment on the organisation's clock.
    pub(super) fn local(&self, at: DateTime<Utc>) -> DateTime<FixedOffset> {
        at.with_timezone(&self.config.organisation.time_zone)
            .fixed_offset()
    }

    /// The days from one moment to another on the organisation's clock.
    pub(super) fn days(
        &self,
        from: Option<DateTime<Utc>>,
        to: DateTime<Utc>,
    ) -> Option<(NaiveDate, NaiveDate)> {
        Some((self.local(from?).date_naive(), self.local(to).date_naive()))
    }

    /// List-Id (RFC 2919) of a schedule.
    pub(super) fn list_id(&self, schedule: &str) -> String {
        let from = self.config.mail.from.as_str();
        let domain = from
            .rsplit_once('@')
            .map_or("localhost", |(_, domain)| domain);
        let label: String = crate::spelling::ascii(schedule)
            .chars()
            .map(|c| {
                if c.is_ascii_alphanumeric() || c == '-' {
                    c
                } else {
                    '-'
                }
            })
            .collect();
        format!("{label}.{domain}")
    }
}
