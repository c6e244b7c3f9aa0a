//! Owns `phobien demo`: the whole job on built-in samples, by real SMTP to a catcher on loopback,
//! and the proof that the catcher and the ledger agree. It refuses to touch any other state.

mod catcher;
mod samples;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};
use indicatif::{ProgressBar, ProgressStyle};

use crate::config::Config;
use crate::daemon::{self, Shell, now, sandbox};
use crate::deliver::{self, Rules, Steering, Until};
use crate::delivery::State;
use crate::document::{Disposition, Reason};
use crate::inbox::{Inbox, Settings};
use crate::ingest::{Ingest, Scanned, read_roster};
use crate::ledger::log::{LogFilter, LogRow};
use crate::ledger::{DeliveryLock, Ledger};
use crate::organisation::{Language, RecipientKind};
use crate::publish::{self, Order, Press, Published};
use crate::schedule::Slot;
use catcher::{Catcher, Caught};

/// What the demo needs of the command line.
#[derive(Clone)]
pub struct Demo {
    /// End when everything is delivered.
    pub once: bool,
    /// JSON lines instead of a summary.
    pub json: bool,
    /// In which language.
    pub language: Language,
    /// How configuration becomes a courier, and the rest of the daemon's shell.
    pub shell: Shell,
}

/// Does the whole job in a fresh temporary folder.
///
/// # Errors
/// The temporary folder, the loopback port or the ledger cannot be used.
pub async fn run(mut demo: Demo) -> Result<ExitCode> {
    let started = Instant::now();
    let home = fresh_home()?;
    let catcher = Catcher::start(&home.join("hop-thu")).await?;
    samples::lay_out(&home, catcher.port)?;
    demo.shell.config_file = home.join("phobien.toml");
    let config = (demo.shell.read_config)(&demo.shell.config_file).map_err(anyhow::Error::msg)?;
    let mut key = [0; 32];
    for half in key.chunks_mut(16) {
        half.copy_from_slice(&(demo.shell.entropy)());
    }
    let ledger = Ledger::open(&config.state_folder, key).await?;
    let scanned = take_in(&demo, &config, &ledger).await?;
    let editions = publish_all(&config, &ledger).await?;
    let way = (demo.shell.make_way)(&config).map_err(anyhow::Error::msg)?;
    deliver_all(&demo, &config, &ledger, &way).await?;
    let rows = all_rows(&ledger).await?;
    let caught = catcher.caught();
    let differences = differences(&rows, &caught, &config);
    let samples = save_samples(&home, &rows, &caught, &ledger).await?;
    let story = Story {
        home: &home,
        scanned: &scanned,
        editions: &editions,
        rows: &rows,
    };
    story.tell(&demo, &samples, &differences, started.elapsed());
    let all_sent = rows.iter().all(|r| r.state == State::Sent) && !rows.is_empty();
    if demo.once {
        ledger.close().await?;
        let good = all_sent && differences.is_empty();
        return Ok(if good {
            ExitCode::SUCCESS
        } else {
            ExitCode::FAILURE
        });
    }
    say(
        &demo,
        "Drop more files into the folder; Ctrl-C ends the demo.",
        "Thả thêm tệp vào thư mục để xem tiếp; Ctrl-C để kết thúc.",
    );
    let ended = daemon::run(demo.shell.clone(), config, ledger.clone()).await;
    ledger.close().await?;
    ended?;
    Ok(ExitCode::SUCCESS)
}

/// A folder of its own under the system's temporary folder.
#[allow(clippy::disallowed_methods, reason = "a command asks the system")]
fn fresh_home() -> Result<PathBuf> {
    use std::os::unix::fs::DirBuilderExt;
    let base = std::env::temp_dir();
    for attempt in 0..100 {
        let home = base.join(format!("phobien-demo-{}-{attempt}", std::process::id()));
        match std::fs::DirBuilder::new().mode(0o700).create(&home) {
            Ok(()) => return Ok(home),
            Err(error) if error.kind() == std::io::ErrorKind::AlreadyExists => {}
            Err(error) => return Err(error).context(format!("{}", home.display())),
        }
    }
    bail!("no fresh folder under {}", base.display())
}

async fn take_in(demo: &Demo, config: &Config, ledger: &Ledger) -> Result<Scanned> {
    say(
        demo,
        "Reading the roster and the documents …",
        "Đang đọc danh sách và văn bản …",
    );
    read_roster(ledger, config, false, now(), demo.shell.entropy).await?;
    let settings = Settings::new(Duration::ZERO, config.limits.file);
    let mut inbox = Inbox::open(&config.documents.folder, settings)?;
    let sandbox = sandbox(demo.shell.program.clone(), config);
    let step = Ingest {
        ledger,
        sandbox: &sandbox,
        config,
    };
    let scanned = step.scan(&mut inbox, (now(), Instant::now()), |seen| {
        let reason = seen.reason.map_or(String::new(), |r| format!(" ({r})"));
        line(
            demo,
            &format!("  {:<10} {}{reason}", seen.disposition, seen.file),
        );
    });
    Ok(scanned.await?)
}

/// The urgent edition, then one of every schedule.
async fn publish_all(config: &Config, ledger: &Ledger) -> Result<Vec<Published>> {
    let press = Press { config, logo: None };
    let mut editions = Vec::new();
    if let Some(order) = publish::urgent_order(ledger, config, now()).await? {
        editions.push(publish::publish(ledger, &press, &order, now()).await?);
    }
    for schedule in &config.schedules {
        let at = publish::free_second(ledger, &schedule.name, now()).await?;
        let order = Order::of(
            schedule,
            Slot {
                nominal_at: at,
                due_at: at,
            },
            false,
        );
        editions.push(publish::publish(ledger, &press, &order, now()).await?);
    }
    Ok(editions)
}

async fn deliver_all(
    demo: &Demo,
    config: &Config,
    ledger: &Ledger,
    way: &deliver::Way,
) -> Result<()> {
    say(
        demo,
        "Delivering by SMTP to the catcher …",
        "Đang gửi qua SMTP tới hộp thư thử …",
    );
    let lock = match DeliveryLock::take(ledger.folder(), "demo")? {
        Ok(lock) => lock,
        Err(holder) => bail!("held by {} ({})", holder.command, holder.pid),
    };
    let waiting = ledger.queue().await?.pending;
    let bar = if demo.json {
        ProgressBar::hidden()
    } else {
        ProgressBar::new(waiting)
    };
    if let Ok(style) = ProgressStyle::with_template("  {bar:40} {pos}/{len}") {
        bar.set_style(style);
    }
    let steering = Steering::until(Until::Done);
    let time: (deliver::Clock, fn() -> f64) = (now, demo.shell.chance);
    let rules = Rules::of(config);
    let shown = bar.clone();
    let watch = move |tally: &deliver::Tally| shown.set_position(tally.sent);
    deliver::deliver(ledger, way, &rules, &steering, time, &lock, watch).await?;
    bar.finish();
    Ok(())
}

async fn all_rows(ledger: &Ledger) -> Result<Vec<LogRow>> {
    let (mut rows, mut after) = (Vec::new(), 0);
    loop {
        let page = ledger.log(&LogFilter::default(), after).await?;
        let Some(last) = page.last() else {
            return Ok(rows);
        };
        after = last.delivery;
        rows.extend(page);
    }
}

/// Where the catcher and the ledger disagree: letters sent and not caught, caught and not sent,
/// caught twice.
fn differences(rows: &[LogRow], caught: &[Caught], config: &Config) -> Vec<String> {
    let mut letters: BTreeMap<(String, String), i64> = BTreeMap::new();
    for row in rows.iter().filter(|r| r.state == State::Sent) {
        let id = crate::letter::message_id(&row.token, &config.mail.from);
        *letters
            .entry((row.address.clone().unwrap_or_default(), id))
            .or_default() += 1;
    }
    for letter in caught {
        *letters
            .entry((letter.to.clone(), letter.message_id.clone()))
            .or_default() -= 1;
    }
    letters
        .iter()
        .filter(|(_, n)| **n != 0)
        .map(|((to, id), n)| {
            let what = if *n > 0 {
                "sent, not caught"
            } else {
                "caught, not sent once"
            };
            format!("{what}: {to} {id}")
        })
        .collect()
}

/// The letters of one member and one branch, as files to look at.
async fn save_samples(
    home: &Path,
    rows: &[LogRow],
    caught: &[Caught],
    ledger: &Ledger,
) -> Result<Vec<PathBuf>> {
    let folder = home.join("thu-mau");
    std::fs::create_dir_all(&folder)?;
    let mut files = Vec::new();
    for (kind, name) in [
        (RecipientKind::Member, "dang-vien"),
        (RecipientKind::Branch, "chi-bo"),
    ] {
        let regular = |r: &&LogRow| r.kind == kind && r.schedule != publish::URGENT;
        let Some(row) = rows.iter().find(regular) else {
            continue;
        };
        let letter = caught.iter().find(|c| c.message_id.starts_with(&row.token));
        if let Some(letter) = letter {
            let eml = folder.join(format!("{name}.eml"));
            std::fs::copy(&letter.file, &eml)?;
            files.push(eml);
        }
        let stored = ledger.sheet(row.bundle).await?;
        let sheet = crate::letter::Sheet::from_bytes(&stored.sheet)?;
        let html = folder.join(format!("{name}.html"));
        std::fs::write(&html, sheet.html(&serde_json::from_str(&row.personal)?)?)?;
        files.push(html);
    }
    Ok(files)
}

/// What there is to tell at the end.
struct Story<'a> {
    home: &'a Path,
    scanned: &'a Scanned,
    editions: &'a [Published],
    rows: &'a [LogRow],
}

impl Story<'_> {
    fn tell(&self, demo: &Demo, samples: &[PathBuf], differences: &[String], took: Duration) {
        if demo.json {
            return self.tell_json(differences, took);
        }
        line(demo, "");
        for published in self.editions {
            self.tell_edition(demo, published);
        }
        let vi = demo.language == Language::Vi;
        for seen in self
            .scanned
            .taken
            .iter()
            .filter(|s| s.disposition != Disposition::Accept)
        {
            let reason = seen.reason.map_or("", Reason::word);
            let what = match (seen.disposition == Disposition::Review, vi) {
                (true, true) => "Chờ người kiểm tra",
                (true, false) => "Waits for a person",
                (false, true) => "Không gửi",
                (false, false) => "Refused",
            };
            line(demo, &format!("{what}: {} ({reason})", seen.file));
        }
        say(demo, "\nSample letters:", "\nThư mẫu:");
        for file in samples {
            line(demo, &format!("  {}", file.display()));
        }
        say(demo, "Catcher's mailbox:", "Hộp thư thử:");
        line(demo, &format!("  {}", self.home.join("hop-thu").display()));
        if differences.is_empty() {
            let (count, seconds) = (self.rows.len(), took.as_secs_f64());
            let vi = format!("Hộp thư thử và sổ khớp nhau: {count} thư; {seconds:.1} s");
            let en = format!("The catcher and the ledger agree: {count} letters; {seconds:.1} s");
            say(demo, &en, &vi);
        }
        for difference in differences {
            line(demo, &format!("!! {difference}"));
        }
    }

    fn tell_edition(&self, demo: &Demo, published: &Published) {
        let edition = &published.edition;
        let of = |kind| {
            let is =
                |r: &&LogRow| r.edition == edition.id && r.kind == kind && r.state == State::Sent;
            self.rows.iter().filter(is).count()
        };
        let (members, branches) = (of(RecipientKind::Member), of(RecipientKind::Branch));
        let documents: Vec<&str> = published.documents.iter().map(|d| d.1.as_str()).collect();
        let (who, what) = (&edition.schedule, documents.join(", "));
        let vi = format!("{who}: đã gửi {members} đảng viên, {branches} chi bộ: {what}");
        let en = format!("{who}: sent to {members} members, {branches} branches: {what}");
        say(demo, &en, &vi);
    }

    fn tell_json(&self, differences: &[String], took: Duration) {
        let sent = |kind| {
            let is = |r: &&LogRow| r.kind == kind && r.state == State::Sent;
            self.rows.iter().filter(is).count()
        };
        let object = serde_json::json!({
            "home": self.home,
            "editions": self.editions.len(),
            "members": sent(RecipientKind::Member),
            "branches": sent(RecipientKind::Branch),
            "refused": self.scanned.taken.iter()
                .filter(|s| s.disposition == Disposition::Quarantine)
                .map(|s| &s.file).collect::<Vec<_>>(),
            "differences": differences,
            "seconds": took.as_secs_f64(),
        });
        print(&object.to_string());
    }
}

fn say(demo: &Demo, en: &str, vi: &str) {
    line(
        demo,
        if demo.language == Language::Vi {
            vi
        } else {
            en
        },
    );
}

fn line(demo: &Demo, text: &str) {
    if !demo.json {
        print(text);
    }
}

/// A closed output is no fault of ours.
fn print(text: &str) {
    use std::io::Write;
    let _ = writeln!(std::io::stdout(), "{text}");
}
