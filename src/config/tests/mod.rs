//! The example holds every key; every fault names its line, its key and what to write.

mod faults;

use super::*;
use crate::schedule::{Content, OnHoliday};

fn parse(text: &str) -> Result<Config, Vec<Fault>> {
    Config::parse(text, Path::new("/etc/phobien/phobien.toml"))
}

fn walked(text: &str) -> (Option<Config>, Vec<String>, Vec<Fault>) {
    let mut walk = walk::Walk::new(text, Path::new("x.toml"));
    let tree = DeTable::parse(text).unwrap();
    let config = sections::config(&mut walk, tree.get_ref(), Path::new("x.toml"));
    let asked = walk.asked.clone();
    (config, asked, walk.faults())
}

#[test]
fn the_minimal_configuration_has_the_defaults_of_the_example() {
    let minimal = parse(MINIMAL).unwrap();
    let example = parse(EXAMPLE).unwrap();
    assert_eq!(
        (&minimal.warnings[..], &example.warnings[..]),
        (&[][..], &[][..])
    );
    assert_eq!(minimal.documents.folder, Path::new("/etc/phobien/van-ban"));
    assert_eq!(minimal.delivery.in_doubt_max, 16);
    // What is not required has the same value whether written as in the example or left out.
    let defaults = |config: &Config| {
        let Config {
            delivery,
            limits,
            calendar,
            schedules,
            retention_months,
            ..
        } = config;
        let Documents {
            settle,
            rescan,
            ocr,
            ocr_pages,
            ..
        } = &config.documents;
        let Smtp {
            connections,
            timeout,
            final_timeout,
            ..
        } = &config.smtp;
        format!(
            "{delivery:?} {limits:?} {calendar:?} {schedules:?} {retention_months} {settle:?} \
             {rescan:?} {ocr} {ocr_pages} {connections} {timeout:?} {final_timeout:?} {} {} {:?}",
            config.letter.accent, config.mail.message_size_max, config.state_folder
        )
    };
    assert_eq!(defaults(&minimal), defaults(&example));
    let schedule = &minimal.schedules[0];
    assert_eq!(schedule.cron.as_str(), "0 30 7 * * Mon-Fri");
    assert_eq!(
        (schedule.content, schedule.on_holiday),
        (Content::Owed, OnHoliday::NextWorkingDay)
    );
    let server = Transport::Smtp {
        host: "mail.dangbo.example".into(),
        port: 465,
        security: Security::Implicit,
    };
    assert_eq!(minimal.smtp.transport, server);
    assert_eq!(minimal.mail.from_name.as_deref(), Some("Văn phòng Đảng uỷ"));
}

#[test]
fn the_example_holds_every_key() {
    // A comment that is a line of TOML is a key whose default is to be absent.
    let whole: String = EXAMPLE
        .lines()
        .map(|line| match line.strip_prefix("# ") {
            Some(inner) if inner.parse::<toml::Table>().is_ok() => format!("{inner}\n"),
            _ => format!("{line}\n"),
        })
        .collect();
    let tree = DeTable::parse(&whole).unwrap();
    let (_, asked, _) = walked(EXAMPLE);
    assert!(asked.len() > 60, "{}", asked.len());
    for path in asked {
        let (section, key) = path.replace("[1]", "").split_once('.').map_or_else(
            || (path.clone(), String::new()),
            |(section, key)| (section.to_owned(), key.to_owned()),
        );
        let section = tree.get_ref().get(section.as_str()).map(|s| s.get_ref());
        let table = section.and_then(|s| s.as_table().or_else(|| s.get(0)?.get_ref().as_table()));
        assert!(
            table.is_some_and(|t| t.contains_key(key.as_str())),
            "{path}"
        );
    }
}

/// The minimal configuration with one line put in the place of a key's, or after its section.
fn with(section: &str, line: &str) -> String {
    let key = line.split([' ', '=']).next().unwrap();
    let mut inside = false;
    let mut out = String::new();
    for old in MINIMAL.lines() {
        if old.starts_with('[') {
            inside = old.trim_matches(['[', ']']) == section;
        }
        if !(inside && old.starts_with(&format!("{key} "))) {
            out += &format!("{old}\n");
        }
        if inside && old.starts_with('[') {
            out += &format!("{line}\n");
        }
    }
    if !out.contains(line) {
        out + &format!("\n[{section}]\n{line}\n")
    } else {
        out
    }
}

#[test]
fn every_fault_names_line_and_key() {
    for (section, line, key, part) in faults::FAULTS {
        let text = with(section, line);
        let faults = parse(&text).expect_err(line);
        assert_eq!(faults.len(), 1, "{line}: {faults:#?}");
        let fault = &faults[0];
        let wanted = if *section == "smpt" { "[smpt]" } else { line };
        let at = 1 + text.lines().position(|l| l == wanted).unwrap();
        assert_eq!((fault.line, fault.key.as_str()), (at, *key), "{fault:#?}");
        assert_eq!(fault.level, Level::Error);
        let said = |l| format!("{} / {}", fault.message(l), fault.instead(l));
        assert!(
            said(Language::En).contains(part),
            "{line}: {}",
            said(Language::En)
        );
        assert!(!fault.message(Language::Vi).is_empty() && !fault.instead.vi.is_empty());
        assert!(!said(Language::En).contains("geheim") && !said(Language::Vi).contains("geheim"));
    }
}

#[test]
fn warnings_do_not_stop() {
    for (section, line, key) in [
        ("metrics", "listen = \"0.0.0.0:9187\"", "metrics.listen"),
        ("roster", "branches = \"chi-bo.csv\"", "roster.branches"),
        ("delivery", "in_doubt_max = 2", "delivery.in_doubt_max"),
        (
            "office",
            "daily_summary = \"17:00\"",
            "office.daily_summary",
        ),
    ] {
        let config = parse(&with(section, line)).expect(line);
        let found: Vec<_> = config
            .warnings
            .iter()
            .map(|w| (w.level, w.key.as_str()))
            .collect();
        assert_eq!(found, [(Level::Warning, key)]);
    }
}

#[test]
fn what_is_missing_is_named_all_at_once() {
    let faults = parse("[smtp]\nconnections = 4\n[schedule]\n").unwrap_err();
    let found: Vec<_> = faults.iter().map(|f| f.key.as_str()).collect();
    let keys = [
        "organisation.name",
        "documents.folder",
        "roster.file",
        "mail.from",
    ];
    assert!(keys.iter().all(|key| found.contains(key)), "{found:?}");
    assert!(
        found.contains(&"smtp.url") && found.contains(&"schedule"),
        "{found:?}"
    );
    let url = faults.iter().find(|f| f.key == "smtp.url").unwrap();
    assert_eq!(url.line, 1);
}

#[test]
fn a_line_that_is_no_toml_leaves_the_others_readable() {
    let text = MINIMAL.replace("folder = \"van-ban\"", "folder = \"van-ban") + "catch_upp = \"1h\"";
    let faults = parse(&text).unwrap_err();
    let found: Vec<_> = faults.iter().map(|f| (f.line, f.key.as_str())).collect();
    let broken = 1 + text.lines().position(|l| l.starts_with("folder")).unwrap();
    let last = text.lines().count();
    assert_eq!(
        found,
        [(broken, ""), (last, "schedule[1].catch_upp")],
        "{faults:#?}"
    );
    let deep = format!("a = {}", "[".repeat(100_000));
    assert!(parse(&deep).is_err() && parse("\u{feff}").is_err() && parse("a = 1\na = 2").is_err());
}

#[test]
fn two_schedules_of_one_name_are_a_fault() {
    let text = MINIMAL.to_owned()
        + "\n[[schedule]]\nname = \"Hang-Ngay\"\ncron = \"@daily\"\nto = \"branches\"\n";
    let faults = parse(&text).unwrap_err();
    assert_eq!(faults[0].key, "schedule[2].name");
    assert!(faults[0].message.en.contains("schedule 1"));
}

#[test]
fn places_where_letters_go() {
    let of =
        |url: &str| parse(&with("smtp", &format!("url = \"{url}\""))).map(|c| c.smtp.transport);
    let smtp = |host: &str, port, security| Transport::Smtp {
        host: host.into(),
        port,
        security,
    };
    for (url, transport) in [
        (
            "smtp://Mail.VN?tls=required",
            smtp("mail.vn", 587, Security::StartTls),
        ),
        (
            "smtp://mail.vn:2525/?tls=required",
            smtp("mail.vn", 2525, Security::StartTls),
        ),
        (
            "smtp://localhost:2525",
            smtp("localhost", 2525, Security::Plain),
        ),
        (
            "smtp://127.0.0.1:1025",
            smtp("127.0.0.1", 1025, Security::Plain),
        ),
        ("smtp://[::1]", smtp("::1", 25, Security::Plain)),
        ("maildir:out", Transport::Maildir("/etc/phobien/out".into())),
        ("maildir:/srv/mail", Transport::Maildir("/srv/mail".into())),
    ] {
        assert_eq!(of(url), Ok(transport), "{url}");
    }
}
