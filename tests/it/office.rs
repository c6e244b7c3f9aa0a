//! Owns an office to test with: a folder of its own with configuration, roster and ledger, and
//! documents put on record directly. It refuses to know what is tested.

use std::cell::Cell;
use std::path::PathBuf;
use std::sync::atomic::{AtomicI64, Ordering};

use chrono::{DateTime, TimeDelta, Utc};
use phobien::config::Config;
use phobien::courier::Courier;
use phobien::deliver::{self, Rules, Steering, Tally, Until, Way};
use phobien::document::{
    Disposition, DocumentId, Fact, Facts, Format, Identity, Origin, Part, Sha256, Standing, Symbol,
    TextSource,
};
use phobien::ingest;
use phobien::ledger::documents::NewDocument;
use phobien::ledger::editions::EditionRow;
use phobien::ledger::log::{LogFilter, LogRow};
use phobien::ledger::{DeliveryLock, Ledger, decisions};
use phobien::letter::Sheet;
use phobien::organisation::Audience;
use phobien::publish::{self, Order, Press, Published};
use phobien::schedule::Slot;

thread_local! {
    /// The clock of a test: seconds since 2026-11-23 08:00 UTC, moved by hand. Every test runs on a
    /// thread of its own.
    static SECONDS: Cell<i64> = const { Cell::new(0) };
}

/// Now.
pub(crate) fn now() -> DateTime<Utc> {
    let start = DateTime::from_timestamp(1_795_420_800, 0).unwrap();
    start + TimeDelta::seconds(SECONDS.get())
}

/// Lets time pass.
pub(crate) fn pass(seconds: i64) {
    SECONDS.set(SECONDS.get() + seconds);
}

fn entropy() -> [u8; 16] {
    Sha256::of(&SECONDS.get().to_be_bytes()).0[..16]
        .try_into()
        .unwrap()
}

fn middle() -> f64 {
    0.5
}

/// An office in a temporary folder.
pub(crate) struct Office {
    pub(crate) home: tempfile::TempDir,
    pub(crate) config: Config,
    pub(crate) ledger: Ledger,
    /// Of `[smtp] username`.
    pub(crate) password: Option<String>,
    next: AtomicI64,
}

/// Where letters go, and what else differs from the defaults.
pub(crate) struct Settings<'a> {
    pub(crate) url: &'a str,
    pub(crate) smtp: &'a str,
    pub(crate) delivery: &'a str,
    pub(crate) roster: &'a str,
    /// Further tables.
    pub(crate) more: &'a str,
}

impl Default for Settings<'_> {
    fn default() -> Self {
        Self {
            url: "maildir:mail",
            smtp: "",
            delivery: "",
            roster: ROSTER,
            more: "",
        }
    }
}

/// Two branches; CB1 without officers' addresses, one member without an address.
pub(crate) const ROSTER: &str = "\
ma,ho_ten,email,chi_bo,chuc_vu,loai
A1,Trần Mai Nga,nga@a.example,Chi bộ Một,Bí thư chi bộ,Chính thức
A2,Đỗ Văn Ân,an@a.example,Chi bộ Một,Phó Bí thư chi bộ,Chính thức
A3,Lý Kim Linh,linh@a.example,Chi bộ Một,Đảng viên,Dự bị
B1,Phạm Thu My,my@b.example,Chi bộ Hai,Bí thư,Chính thức
B2,Cao Hữu Quân,,Chi bộ Hai,Đảng viên,Chính thức
";

impl Office {
    pub(crate) async fn open(settings: Settings<'_>) -> Self {
        let home = tempfile::tempdir().unwrap();
        std::fs::create_dir(home.path().join("in")).unwrap();
        std::fs::write(home.path().join("roster.csv"), settings.roster).unwrap();
        let text = format!(
            "[organisation]\nname = \"Đảng bộ bộ phận\"\n\
             [documents]\nfolder = \"in\"\n[roster]\nfile = \"roster.csv\"\n\
             [state]\nfolder = \"state\"\n[mail]\nfrom = \"Văn phòng <vp@office.example>\"\n\
             [smtp]\nurl = \"{}\"\n{}\n[delivery]\n{}\n\
             [[schedule]]\nname = \"day\"\ncron = \"0 0 8 * * *\"\nto = \"members\"\n\
             [[schedule]]\nname = \"branch\"\ncron = \"0 0 9 * * Mon\"\nto = \"branches\"\n\
             [[schedule]]\nname = \"month\"\ncron = \"0 0 9 1 * *\"\nto = \"members\"\n\
             content = \"period\"\n{}",
            settings.url, settings.smtp, settings.delivery, settings.more
        );
        let config = Config::parse(&text, &home.path().join("phobien.toml"))
            .unwrap_or_else(|faults| panic!("{faults:?}"));
        let ledger = Ledger::open(&config.state_folder, [7; 32]).await.unwrap();
        let office = Self {
            home,
            config,
            ledger,
            password: None,
            next: AtomicI64::new(1),
        };
        office.read_roster().await;
        office
    }

    /// Closes and opens the ledger, as a restart does.
    pub(crate) async fn reopen(&mut self) {
        self.ledger.close().await.expect("a healthy disk");
        self.ledger = Ledger::open(&self.config.state_folder, [8; 32])
            .await
            .unwrap();
    }

    pub(crate) async fn read_roster(&self) -> ingest::RosterRead {
        ingest::read_roster(&self.ledger, &self.config, false, now(), entropy)
            .await
            .unwrap()
    }

    pub(crate) async fn write_roster(&self, text: &str) -> ingest::RosterRead {
        std::fs::write(self.home.path().join("roster.csv"), text).unwrap();
        self.read_roster().await
    }

    /// Puts an accepted document on record.
    pub(crate) async fn document(
        &self,
        symbol: &str,
        change: impl FnOnce(&mut NewDocument),
    ) -> DocumentId {
        let n = self.next.fetch_add(1, Ordering::SeqCst);
        let bytes = format!("{symbol} {n} {}", "nội dung văn bản ".repeat(40)).into_bytes();
        let facts = Facts {
            symbol: Some(fact(Symbol::parse(symbol).unwrap())),
            kind: Some(fact("Chỉ thị".to_owned())),
            issuer: Some(fact("Ban Bí thư".to_owned())),
            issued_on: Some(fact("2026-11-20".parse().unwrap())),
            title: Some(fact("về việc thử nghiệm".to_owned())),
            ..Facts::default()
        };
        let mut new = NewDocument {
            identity: Identity::of(&facts, Part::Main).map(|i| i.to_string()),
            file: format!("van-ban-{n}.txt"),
            folder: None,
            format: Format::Txt,
            pages: Some(1),
            size: bytes.len() as u64,
            sha256: Sha256::of(&bytes),
            fingerprint: Some(Sha256::of(&bytes)),
            facts,
            text_source: TextSource::Text,
            trusted: true,
            disposition: Disposition::Accept,
            reason: None,
            detail: None,
            standing: Standing::Accepted,
            audience: Audience::Everyone,
            due_on: None,
            duplicate_of: None,
            supersedes: None,
            annex_of: None,
        };
        change(&mut new);
        let mut tx = self.ledger.begin().await.unwrap();
        decisions::keep_blob(&mut tx, new.sha256, &bytes)
            .await
            .unwrap();
        let id = decisions::record(&mut tx, &new, now()).await.unwrap();
        tx.commit().await.unwrap();
        id
    }

    /// Publishes a schedule at the next free second.
    pub(crate) async fn publish(&self, schedule: &str) -> Published {
        pass(1);
        let at = publish::free_second(&self.ledger, schedule, now())
            .await
            .unwrap();
        let schedule = self
            .config
            .schedules
            .iter()
            .find(|s| s.name == schedule)
            .unwrap();
        self.order(&Order::of(
            schedule,
            Slot {
                nominal_at: at,
                due_at: at,
            },
            false,
        ))
        .await
    }

    pub(crate) async fn order(&self, order: &Order) -> Published {
        let press = Press {
            config: &self.config,
            logo: None,
        };
        publish::publish(&self.ledger, &press, order, now())
            .await
            .unwrap()
    }

    /// Tells the office what it was not told yet; what was published.
    pub(crate) async fn tell(&self) -> Vec<EditionRow> {
        let press = Press {
            config: &self.config,
            logo: None,
        };
        publish::tell_office(&self.ledger, &press, now())
            .await
            .unwrap()
    }

    /// The letter of a delivery as text.
    pub(crate) async fn text_of(&self, row: &LogRow) -> String {
        let stored = self.ledger.sheet(row.bundle).await.unwrap();
        let sheet = Sheet::from_bytes(&stored.sheet).unwrap();
        let personal = serde_json::from_str(&row.personal).unwrap();
        format!("{}\n{}", sheet.subject(), sheet.text(&personal).unwrap())
    }

    pub(crate) async fn deliver(&self) -> Tally {
        self.deliver_until(Until::Idle).await
    }

    pub(crate) async fn deliver_until(&self, until: Until) -> Tally {
        self.deliver_steered(&Steering::until(until)).await
    }

    pub(crate) async fn deliver_steered(&self, steering: &Steering) -> Tally {
        let password = self.password.clone().map(secrecy::SecretString::from);
        let way = Way {
            courier: Courier::new(&self.config.smtp, password, "phobien.example").unwrap(),
            signer: None,
        };
        let lock = DeliveryLock::take(self.ledger.folder(), "deliver")
            .unwrap()
            .unwrap();
        let rules = Rules::of(&self.config);
        let time: (deliver::Clock, fn() -> f64) = (now, middle);
        deliver::deliver(&self.ledger, &way, &rules, steering, time, &lock, |_| {})
            .await
            .unwrap()
    }

    pub(crate) async fn log(&self) -> Vec<LogRow> {
        let mut rows: Vec<LogRow> = Vec::new();
        loop {
            let after = rows.last().map_or(0, |row| row.delivery);
            let page = self.ledger.log(&LogFilter::default(), after).await.unwrap();
            if page.is_empty() {
                return rows;
            }
            rows.extend(page);
        }
    }

    /// The log in short: `schedule code address state documents`.
    pub(crate) async fn story(&self) -> Vec<String> {
        let row = |r: LogRow| {
            let documents: Vec<_> = r.documents.iter().map(|d| d.1.as_str()).collect();
            format!(
                "{} {} {} {} {}",
                r.schedule,
                r.code.unwrap_or_default(),
                r.address.unwrap_or("-".into()),
                r.state,
                documents.join(",")
            )
        };
        self.log().await.into_iter().map(row).collect()
    }

    /// The letters in the Maildir of an address.
    pub(crate) fn letters(&self, address: &str) -> Vec<PathBuf> {
        let folder = self.home.path().join("mail").join(address).join("new");
        let Ok(entries) = std::fs::read_dir(folder) else {
            return Vec::new();
        };
        entries.map(|e| e.unwrap().path()).collect()
    }
}

fn fact<T>(value: T) -> Fact<T> {
    Fact {
        value,
        origin: Origin::Heading,
        evidence: String::new(),
        mended: false,
    }
}
