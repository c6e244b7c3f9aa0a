//! Owns the SQLite ledger as the suite tries it: an office's, with its members.

use std::collections::BTreeMap;
use std::sync::Mutex;

use chrono::DateTime;
use phobien::delivery::Progress;
use phobien::document::{DocumentId, Standing};
use phobien::edition::{Bundle, EditionId, EditionState, Entry, Note, Purpose};
use phobien::ledger::editions::{self, Freeze, NewDelivery, NewEdition};
use phobien::ledger::{Ledger, decisions};
use phobien::organisation::{Language, RecipientKind};

use sqlx::sqlite::SqliteRow;
use sqlx::{Connection, Row, SqliteConnection};

use super::{Seen, Subject, address, later, now};
use crate::office::{Office, ROSTER, Settings};

pub(super) struct InSqlite {
    office: Office,
    ids: BTreeMap<String, i64>,
    carried: Mutex<BTreeMap<EditionId, DocumentId>>,
}

impl InSqlite {
    /// What the database says where nobody else has to ask it.
    async fn ask(&self, sql: &'static str) -> Vec<SqliteRow> {
        let file = self.office.ledger.folder().join("phobien.db");
        let url = format!("sqlite://{}", file.display());
        let mut database = SqliteConnection::connect(&url).await.unwrap();
        sqlx::query(sql).fetch_all(&mut database).await.unwrap()
    }

    fn delivery(&self, bundle: i64, generation: i64, name: &str, code: &str) -> NewDelivery {
        NewDelivery {
            bundle,
            kind: RecipientKind::Member,
            recipient: self.ids[code],
            member: Some(self.ids[code]),
            branch: Some(1),
            code: Some(code.to_owned()),
            name: code.to_owned(),
            person: None,
            address: address(code),
            generation,
            token: format!("{name}-{code}"),
            personal: "{}".into(),
            unreachable: None,
        }
    }
}

impl Subject for InSqlite {
    type Outbox = Ledger;

    async fn new() -> Self {
        let office = Office::open(Settings::default()).await;
        let members = office.ledger.members().await.unwrap();
        let ids = members.into_iter().map(|m| (m.code.unwrap(), m.id));
        Self {
            ids: ids.collect(),
            carried: Mutex::default(),
            office,
        }
    }

    fn outbox(&self) -> &Ledger {
        &self.office.ledger
    }

    async fn publish(&self, due_in: i64, urgent: bool, to: &[&str]) -> EditionId {
        let count = self.office.ledger.editions(99).await.unwrap().len();
        let name = format!("e-{}", count + 1);
        let document = self.office.document("23-CT/TW", |_| {}).await;
        let mut tx = self.office.ledger.begin().await.unwrap();
        let new = NewEdition {
            schedule: name.clone(),
            purpose: Purpose::Documents,
            nominal_at: later(due_in),
            due_at: later(due_in),
            state: EditionState::Open,
            late: false,
            urgent,
            why: None,
            envelope: format!("envelope of {name}"),
        };
        let Freeze::New(id) = editions::freeze(&mut tx, &new, now()).await.unwrap() else {
            panic!("{name} is there already");
        };
        let bundle = Bundle {
            kind: RecipientKind::Member,
            language: Language::Vi,
            entries: vec![Entry {
                document,
                note: Note::New,
            }],
        };
        let sheet = format!("sheet of {name}").into_bytes();
        let bundle = editions::add_bundle(&mut tx, id, &bundle, &sheet)
            .await
            .unwrap();
        let rows: Vec<_> = (1..)
            .zip(to)
            .map(|(n, code)| self.delivery(bundle, n, &name, code))
            .collect();
        let total = editions::add_deliveries(&mut tx, id, rows).await.unwrap();
        editions::begin_edition(&mut tx, id, total, EditionState::Open)
            .await
            .unwrap();
        tx.commit().await.unwrap();
        self.carried.lock().unwrap().insert(id, document);
        id
    }

    async fn leave(&self, code: &str) {
        let stays = |line: &&str| !line.starts_with(code);
        let roster: Vec<&str> = ROSTER.lines().filter(stays).collect();
        self.office.write_roster(&roster.join("\n")).await;
    }

    async fn withdraw(&self, edition: EditionId) {
        let document = self.carried.lock().unwrap()[&edition];
        let mut tx = self.office.ledger.begin().await.unwrap();
        decisions::stand(&mut tx, document, Standing::Withdrawn)
            .await
            .unwrap();
        tx.commit().await.unwrap();
    }

    async fn resume(&self, edition: EditionId) {
        let mut tx = self.office.ledger.begin().await.unwrap();
        editions::move_edition(&mut tx, edition, EditionState::Open, None, now())
            .await
            .unwrap();
        tx.commit().await.unwrap();
    }

    async fn row(&self, delivery: i64) -> Seen {
        let rows = self.ask("SELECT * FROM deliveries").await;
        let row = rows.iter().find(|r| r.get::<i64, _>("id") == delivery);
        let row = row.unwrap();
        let count = |name| u32::try_from(row.get::<i64, _>(name)).unwrap();
        let at = |name| {
            let ms = row.get::<Option<i64>, _>(name);
            ms.map(|ms| DateTime::from_timestamp_millis(ms).unwrap())
        };
        Seen {
            progress: Progress {
                state: row.get::<&str, _>("state").parse().unwrap(),
                attempts: count("attempts"),
                doubts: count("doubts"),
                maybe_arrived: count("maybe_arrived") == 1,
                first_reply_at: at("first_reply_at"),
                next_attempt_at: at("next_attempt_at"),
            },
            reply: row.get("reply"),
        }
    }

    async fn state(&self, edition: EditionId) -> EditionState {
        let row = self.office.ledger.edition(edition).await.unwrap();
        row.unwrap().state
    }

    async fn is_held(&self, code: &str) -> bool {
        let held = self.ask("SELECT address FROM addresses WHERE held_at IS NOT NULL");
        let held = held.await;
        held.iter().any(|r| r.get::<String, _>(0) == address(code))
    }

    async fn attention(&self) -> Vec<(String, String)> {
        let matters = self.office.ledger.attention().await.unwrap();
        // An office has matters of its own, as a member without an address.
        let told = matters.into_iter().map(|m| (m.what, m.about));
        told.filter(|(what, _)| matches!(what.as_str(), "paused" | "server"))
            .collect()
    }
}
