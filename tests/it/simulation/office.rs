//! Owns the people of a simulated world: documents that come, are corrected and withdrawn, members
//! who come and leave, editions at their slots, a person who resumes what was paused. It refuses to
//! know how letters travel.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};
use phobien::delivery::{self, FrozenEnvelope, Progress, State};
use phobien::document::{DocumentId, Fact, Facts, Format, Origin, Sha256, Standing, Symbol};
use phobien::edition::{
    Candidate, EditionId, EditionState, Entry, Note, Question, Recipient, Told, owed, unrecorded,
};
use phobien::letter::{self, File, Frame, Item, Occasion, Personal, Sender, Words};
use phobien::organisation::{Audience, BranchCode, Language, RecipientKind};
use phobien::schedule::{Calendar, Content, OnHoliday, Schedule};

use super::dice;
use super::memory::{Books, Bundle, Edition, Memory, Row};

/// Who letters are from.
const FROM: &str = "vp@office.example";

struct Document {
    chain: DocumentId,
    standing: Standing,
    accepted_at: DateTime<Utc>,
    file: File,
}

struct Member {
    address: String,
    first_seen: DateTime<Utc>,
}

/// What an office knows beside the ledger.
#[derive(Default)]
struct Desk {
    documents: Vec<Document>,
    members: Vec<Member>,
    /// What bundles carry.
    entries: BTreeMap<i64, Vec<Entry>>,
    /// Until when the slots of each schedule were asked for.
    asked: Option<DateTime<Utc>>,
}

/// The office of a world. Clones share it.
#[derive(Clone)]
pub(crate) struct Office {
    memory: Memory,
    desk: Arc<Mutex<Desk>>,
    schedules: Arc<[Schedule; 2]>,
}

impl Office {
    pub(crate) fn new(memory: Memory, members: u64) -> Self {
        let schedule = |name: &str, cron: &str| Schedule {
            name: name.to_owned(),
            cron: cron.parse().unwrap(),
            zone: chrono_tz::Asia::Ho_Chi_Minh,
            to: RecipientKind::Member,
            content: Content::Owed,
            catch_up: Duration::from_secs(86_400),
            on_holiday: OnHoliday::Send,
        };
        let office = Self {
            memory,
            desk: Arc::default(),
            schedules: Arc::new([
                schedule("day", "0 0 8 * * *"),
                schedule("hours", "0 30 10-16/3 * * *"),
            ]),
        };
        for _ in 0..members {
            office.member_comes();
        }
        office.document_comes();
        office
    }

    /// Does what offices do, until the world is so old; then all is resumed and left in peace.
    pub(crate) async fn work(self, until: Duration) {
        while dice::age() < until {
            tokio::time::sleep(dice::millis(1_000..=2 * 3_600_000)).await;
            match dice::pick(0..=9) {
                0..=2 => self.document_comes(),
                3 => self.document_is_withdrawn(),
                4 => self.member_comes(),
                5 if dice::happens(500) => self.member_leaves(),
                6 => self.doubt_is_sent_again(),
                7 => self.publish("urgent", dice::now(), true),
                _ => {}
            }
            self.publish_what_is_due();
            self.resume();
        }
    }

    /// The slots that fell due since it was last asked, in the words of the schedule.
    pub(crate) fn publish_what_is_due(&self) {
        let now = dice::now();
        let asked = self.desk.lock().unwrap().asked.replace(now);
        let since = asked.unwrap_or(now - TimeDelta::days(1));
        for schedule in self.schedules.iter() {
            for due in schedule.slots(&Calendar::default(), since, now) {
                self.publish(&schedule.name, due.slot.due_at, false);
            }
        }
    }

    /// A person mends whatever paused editions.
    pub(crate) fn resume(&self) {
        let mut books = self.memory.books();
        let paused = books.editions.iter();
        let paused = paused.filter(|(_, e)| e.state == EditionState::Paused);
        for id in paused.map(|(id, _)| *id).collect::<Vec<_>>() {
            books.move_edition(id, EditionState::Open, None);
            books.attention.remove(&("paused", id.to_string()));
        }
    }

    fn document_comes(&self) {
        let mut desk = self.desk.lock().unwrap();
        let id = DocumentId(desk.documents.len() as i64 + 1);
        let bytes = format!("document {} ", id.0).repeat(60).into_bytes();
        let file = File {
            name: format!("van-ban-{}.txt", id.0),
            format: Format::Txt,
            pages: Some(1),
            size: bytes.len() as u64,
            sha256: Sha256::of(&bytes),
        };
        self.memory.books().blobs.insert(file.sha256, bytes);
        let mut chain = id;
        if dice::happens(200) && id.0 > 1 {
            let old = dice::pick(0..=id.0 as u64 - 2) as usize;
            if desk.documents[old].standing == Standing::Accepted {
                chain = desk.documents[old].chain;
                self.stand(&mut desk, old, Standing::Superseded);
            }
        }
        desk.documents.push(Document {
            chain,
            standing: Standing::Accepted,
            accepted_at: dice::now(),
            file,
        });
    }

    fn document_is_withdrawn(&self) {
        let mut desk = self.desk.lock().unwrap();
        let at = dice::pick(0..=desk.documents.len() as u64 - 1) as usize;
        if desk.documents[at].standing == Standing::Accepted {
            self.stand(&mut desk, at, Standing::Withdrawn);
        }
    }

    /// The bundles that carry it go stale, as the ledger does it.
    fn stand(&self, desk: &mut Desk, at: usize, standing: Standing) {
        desk.documents[at].standing = standing;
        let id = DocumentId(at as i64 + 1);
        let mut books = self.memory.books();
        for (bundle, entries) in &desk.entries {
            let carries = |e: &Entry| e.document == id && e.note != Note::Withdrawn;
            let bundle = books.bundles.get_mut(bundle).unwrap();
            if entries.iter().any(carries) && bundle.stale.is_none() {
                bundle.stale = Some(standing.word().to_owned());
            }
        }
    }

    fn member_comes(&self) {
        let mut desk = self.desk.lock().unwrap();
        let n = desk.members.len();
        desk.members.push(Member {
            address: format!("m{n}@a.example"),
            first_seen: dice::now(),
        });
    }

    fn member_leaves(&self) {
        let members = self.desk.lock().unwrap().members.len() as u64;
        let gone = dice::pick(0..=members - 1) as i64;
        self.memory.books().left.insert(gone);
    }

    /// A person has one of the letters sent again that are held in doubt.
    fn doubt_is_sent_again(&self) {
        let mut books = self.memory.books();
        let held = books.rows.iter().find(|(_, row)| {
            row.progress.state == State::Unknown && row.progress.next_attempt_at.is_none()
        });
        if let Some(id) = held.map(|(id, _)| *id) {
            books.send_again(id);
        }
    }

    /// What is owed becomes an edition, unless nothing is.
    pub(crate) fn publish(&self, schedule: &str, due_at: DateTime<Utc>, urgent: bool) {
        let (mut desk, mut books) = (self.desk.lock().unwrap(), self.memory.books());
        let owed: Vec<_> = (0..desk.members.len() as i64)
            .filter(|member| !books.left.contains(member))
            .map(|member| (member, desk.owed_to(&books, member)))
            .collect();
        let key = format!("{schedule}|{}", due_at.timestamp_millis());
        let (mut bundles, mut rows) = (BTreeMap::new(), Vec::new());
        for (member, (entries, held)) in owed {
            if entries.is_empty() {
                continue;
            }
            let names: Vec<_> = entries
                .iter()
                .map(|e| (e.document, e.note.word()))
                .collect();
            let bundle = *bundles.entry(names).or_insert_with(|| {
                let bundle = books.add_bundle(desk.bundle(&key, due_at, &entries));
                desk.entries.insert(bundle, entries);
                bundle
            });
            rows.push(desk.row(&key, bundle, member, held));
        }
        if rows.iter().any(|row| row.progress.state == State::Pending) {
            let edition = Edition {
                state: EditionState::Open,
                due_at,
                urgent,
                why: None,
            };
            books.publish(edition, rows);
        }
    }

    /// Who is still owed something that nothing covers, though a letter could go there.
    pub(crate) fn untold(&self) -> Vec<String> {
        let (desk, books) = (self.desk.lock().unwrap(), self.memory.look());
        let members = (0..desk.members.len() as i64).filter(|m| !books.left.contains(m));
        let untold = members.filter(|member| {
            let (entries, held) = desk.owed_to(&books, *member);
            !entries.is_empty() && !held
        });
        untold
            .map(|m| desk.members[m as usize].address.clone())
            .collect()
    }
}

impl Desk {
    /// What a member is owed, and whether its address is held; then only what no row records.
    fn owed_to(&self, books: &Books, member: i64) -> (Vec<Entry>, bool) {
        let candidate = |(n, d): (i64, &Document)| Candidate {
            document: DocumentId(n),
            chain: d.chain,
            standing: d.standing,
            audience: Audience::Everyone,
            accepted_at: d.accepted_at,
            annex_of: None,
        };
        let candidates: Vec<_> = (1..).zip(&self.documents).map(candidate).collect();
        let rows = books.rows.values().filter(|row| row.member == member);
        let told: Vec<_> = rows.flat_map(|row| self.told(row)).collect();
        let who = &self.members[member as usize];
        let recipient = Recipient {
            kind: RecipientKind::Member,
            branch: BranchCode("CB1".into()),
            officer: None,
            first_seen: who.first_seen,
        };
        let question = Question {
            content: Content::Owed,
            since: None,
            new_member_days: 30,
        };
        let entries = owed(&candidates, &recipient, &told, &question);
        match books.is_held(&who.address) {
            true => (unrecorded(entries, &told), true),
            false => (entries, false),
        }
    }

    fn told(&self, row: &Row) -> Vec<Told> {
        let told = |entry: &Entry| Told {
            document: entry.document,
            chain: self.documents[entry.document.0 as usize - 1].chain,
            note: entry.note,
            state: row.progress.state,
            maybe_arrived: row.progress.maybe_arrived,
            unreached: row.progress.state == State::Failed && row.progress.attempts == 0,
        };
        self.entries[&row.bundle].iter().map(told).collect()
    }

    /// A bundle with the letter that the real composer makes of it.
    fn bundle(&self, key: &str, due_at: DateTime<Utc>, entries: &[Entry]) -> Bundle {
        let item = |entry: &Entry| Item {
            facts: facts(entry.document),
            file: self.documents[entry.document.0 as usize - 1].file.clone(),
            note: entry.note,
            replaces_sent_on: None,
            sent_on: None,
            due: None,
            cover: None,
            annexes: Vec::new(),
        };
        let items: Vec<Item> = entries.iter().map(item).collect();
        let sender = Sender {
            from_name: None,
            from: FROM.parse().unwrap(),
            reply_to: None,
        };
        let frame = Frame {
            occasion: Occasion::Regular,
            kind: RecipientKind::Member,
            language: Language::Vi,
            schedule: "",
            span: None,
            words: &Words::default(),
            sender: &sender,
            date: due_at.fixed_offset(),
            confirm_by: None,
            list_id: "day.office.example",
            edition: key,
            message_size_max: 1_000_000,
            attachments_max: 2,
        };
        let envelope = FrozenEnvelope {
            from: FROM.into(),
            reverse_path: FROM.into(),
            dkim: None,
        };
        Bundle {
            sheet: letter::compose(&frame, &items).unwrap().to_bytes(),
            envelope: envelope.to_json(),
            stale: None,
        }
    }

    fn row(&self, key: &str, bundle: i64, member: i64, held: bool) -> Row {
        let address = self.members[member as usize].address.clone();
        let token = delivery::token(&[7; 32], &[key, &member.to_string(), &address, "1"]);
        let personal = Personal {
            to_name: format!("Người Thứ {member}"),
            to_address: address.clone(),
            message_id: letter::message_id(&token, &FROM.parse().unwrap()),
            salutation: format!("Người Thứ {member}"),
            table: None,
        };
        let (state, reply) = match held {
            true => (State::Failed, Some("held".to_owned())),
            false => (State::Pending, None),
        };
        Row {
            edition: EditionId(0),
            bundle,
            member,
            address,
            token,
            personal: serde_json::to_string(&personal).unwrap(),
            progress: Progress {
                state,
                attempts: 0,
                doubts: 0,
                maybe_arrived: false,
                first_reply_at: None,
                next_attempt_at: None,
            },
            reply,
            found: 0,
        }
    }
}

fn facts(document: DocumentId) -> Facts {
    let symbol = format!("{}-CT/TW", document.0);
    Facts {
        symbol: Some(Fact {
            value: Symbol::parse(&symbol).unwrap(),
            origin: Origin::Heading,
            evidence: String::new(),
            mended: false,
        }),
        ..Facts::default()
    }
}
