//! Owns the ledger in memory as the suite tries it.

use phobien::delivery::{Progress, State};
use phobien::edition::{EditionId, EditionState};

use super::{Seen, Subject, address, later};
use crate::simulation::memory::{Bundle, Edition, Memory, Row};

/// The members, as the suite calls them.
const CODES: [&str; 4] = ["A1", "A2", "A3", "B1"];

pub(super) struct InMemory(Memory);

fn number(code: &str) -> i64 {
    CODES.iter().position(|c| *c == code).unwrap() as i64
}

impl Subject for InMemory {
    type Outbox = Memory;

    async fn new() -> Self {
        Self(Memory::default())
    }

    fn outbox(&self) -> &Memory {
        &self.0
    }

    async fn publish(&self, due_in: i64, urgent: bool, to: &[&str]) -> EditionId {
        let mut books = self.0.books();
        let name = format!("e-{}", books.editions.len() + 1);
        let bundle = books.add_bundle(Bundle {
            sheet: format!("sheet of {name}").into_bytes(),
            envelope: format!("envelope of {name}"),
            stale: None,
        });
        let edition = Edition {
            state: EditionState::Open,
            due_at: later(due_in),
            urgent,
            why: None,
        };
        let row = |code: &&str| Row {
            edition: EditionId(0),
            bundle,
            member: number(code),
            address: address(code),
            token: format!("{name}-{code}"),
            personal: String::new(),
            progress: Progress {
                state: State::Pending,
                attempts: 0,
                doubts: 0,
                maybe_arrived: false,
                first_reply_at: None,
                next_attempt_at: None,
            },
            reply: None,
            found: 0,
        };
        books.publish(edition, to.iter().map(row).collect())
    }

    async fn leave(&self, code: &str) {
        self.0.books().left.insert(number(code));
    }

    async fn withdraw(&self, edition: EditionId) {
        let mut books = self.0.books();
        let bundle = books.rows.values().find(|r| r.edition == edition);
        let bundle = bundle.unwrap().bundle;
        books.bundles.get_mut(&bundle).unwrap().stale = Some("withdrawn".into());
    }

    async fn resume(&self, edition: EditionId) {
        self.0
            .books()
            .move_edition(edition, EditionState::Open, None);
    }

    async fn row(&self, delivery: i64) -> Seen {
        let row = self.0.books().rows[&delivery].clone();
        Seen {
            progress: row.progress,
            reply: row.reply,
        }
    }

    async fn state(&self, edition: EditionId) -> EditionState {
        self.0.books().editions[&edition].state
    }

    async fn is_held(&self, code: &str) -> bool {
        self.0.books().is_held(&address(code))
    }

    async fn attention(&self) -> Vec<(String, String)> {
        let books = self.0.books();
        let matters = books.attention.keys();
        matters.map(|(w, a)| ((*w).to_owned(), a.clone())).collect()
    }
}
