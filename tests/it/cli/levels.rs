//! Owns the tests of schemas: a ledger of every released one is brought up to date as it is, by
//! opening it and by restoring it, and one from the future is refused. It alone makes old ledgers.

use std::path::Path;

use sqlx::migrate::{Migration, MigrationType, Migrator};
use sqlx::sqlite::SqliteConnectOptions;
use sqlx::{AssertSqlSafe, ConnectOptions, Connection, Executor, Row, SqlSafeStr, query};

use super::desk::Desk;

/// The released steps, in order.
fn steps() -> Vec<Migration> {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/migrations");
    let files = std::fs::read_dir(folder).unwrap();
    let mut files: Vec<_> = files.map(|f| f.unwrap().path()).collect();
    files.sort();
    let step = |file: &std::path::PathBuf| {
        let name = file.file_stem().unwrap().to_str().unwrap().to_owned();
        let (number, words) = name.split_once('_').unwrap();
        let sql = AssertSqlSafe(std::fs::read_to_string(file).unwrap()).into_sql_str();
        let simple = MigrationType::Simple;
        Migration::new(
            number.parse().unwrap(),
            words.to_owned().into(),
            simple,
            sql,
            false,
        )
    };
    files.iter().map(step).collect()
}

/// Writes what the ledger `full` holds into a new one that has only the first steps.
async fn at_level(steps: &[Migration], full: &Path, old: &Path) {
    let options = SqliteConnectOptions::new().filename(old);
    let options = options.create_if_missing(true).foreign_keys(false);
    let mut new = options.connect().await.unwrap();
    let migrator = Migrator::with_migrations(steps.to_vec());
    migrator.run(&mut new).await.unwrap();
    let attach = format!("ATTACH '{}' AS full", full.display());
    new.execute(AssertSqlSafe(attach)).await.unwrap();
    let tables = "SELECT name FROM main.sqlite_master WHERE type = 'table'
        AND name NOT LIKE 'sqlite%' AND name <> '_sqlx_migrations'";
    for table in query(tables).fetch_all(&mut new).await.unwrap() {
        let table: String = table.get(0);
        let columns = format!("SELECT name FROM pragma_table_info('{table}')");
        let columns = query(AssertSqlSafe(columns))
            .fetch_all(&mut new)
            .await
            .unwrap();
        let columns: Vec<String> = columns.iter().map(|c| c.get(0)).collect();
        let list = columns.join(", ");
        let copy = format!("INSERT INTO main.{table} ({list}) SELECT {list} FROM full.{table}");
        new.execute(AssertSqlSafe(copy)).await.unwrap();
    }
    new.close().await.unwrap();
}

#[test]
fn a_ledger_of_every_released_schema_goes_on_as_it_is() {
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let steps = steps();
    for level in 1..=steps.len() {
        let desk = Desk::open("maildir:thu");
        desk.drop_document(41, "về công tác văn thư");
        desk.good(&["send", "hang-ngay"]);
        desk.good(&["publish", "chi-bo"]);
        let before = desk.lines(0, &["log"]);
        let (full, old) = (desk.path("so-cai/phobien.db"), desk.path("old.db"));
        runtime.block_on(at_level(&steps[..level], &full, &old));
        let moment = chrono::Utc::now().to_rfc3339();
        std::fs::copy(&old, &full).unwrap();
        assert_eq!(
            desk.lines(0, &["log"]),
            before,
            "level {level}: nothing is lost"
        );
        assert_eq!(desk.row(&["verify"])["intact"], true, "level {level}");
        desk.good(&["deliver"]);
        desk.good(&["send", "hang-ngay"]);
        let letters = std::fs::read_dir(desk.path("thu/chi@mot.example/new")).unwrap();
        assert_eq!(letters.count(), 1, "level {level}: once");
        let row = desk.row(&["restore", "old.db", "--told-until", &moment]);
        assert_eq!(row["held"], 2, "level {level}: {row}");
        assert_eq!(desk.row(&["verify"])["intact"], true, "level {level}");
    }
}

#[test]
fn an_older_program_refuses_a_newer_ledger_and_says_what_to_do() {
    let desk = Desk::open("maildir:thu");
    desk.good(&["members"]);
    let file = desk.path("so-cai/phobien.db");
    let before = std::fs::read(&file).unwrap();
    let runtime = tokio::runtime::Runtime::new().unwrap();
    runtime.block_on(async {
        let mut newer = SqliteConnectOptions::new()
            .filename(&file)
            .connect()
            .await
            .unwrap();
        let step = "INSERT INTO _sqlx_migrations (version, description, success, checksum,
            execution_time) VALUES (9999, 'later', 1, X'00', 0)";
        newer.execute(step).await.unwrap();
        newer.close().await.unwrap();
    });
    let newer = std::fs::read(&file).unwrap();
    assert_ne!(before, newer);
    for args in [&["status"][..], &["run"], &["send", "hang-ngay"]] {
        let said = desk.bad(1, args);
        assert!(said.contains("A newer phobien wrote it"), "{said}");
    }
}

#[test]
fn who_opens_a_fresh_ledger_at_the_same_time_waits_for_the_other() {
    for _ in 0..5 {
        let desk = Desk::open("maildir:thu");
        let started: Vec<_> = (0..6).map(|_| desk.start(&["members"])).collect();
        for one in started {
            let said = one.wait_with_output().unwrap();
            let err = String::from_utf8_lossy(&said.stderr);
            assert!(said.status.success(), "{err}");
        }
    }
}
