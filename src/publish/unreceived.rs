//! Owns the question who has not yet received a document: whoever would be owed it if nothing
//! counted but letters that the server took. It refuses to know how the answer is shown.

use std::collections::HashSet;

use chrono::{DateTime, Utc};

use super::Result;
use super::discreet::because;
use super::freeze::Documents;
use crate::config::Config;
use crate::delivery::State;
use crate::document::DocumentId;
use crate::edition::{Candidate, EditionId, EditionState, Question, Recipient, Told, owed};
use crate::ledger::Tx;
use crate::ledger::documents::DocumentRow;
use crate::ledger::recipients::{self, RecipientRow};
use crate::ledger::report::{self, LetterRow};
use crate::letter::Because;
use crate::organisation::{BranchCode, RecipientKind};
use crate::schedule::Content;

/// Recipients considered at a time.
const PAGE: u32 = 1000;

/// Somebody in the roster of this moment to whom a document has not come.
#[derive(Clone, Debug)]
pub struct Unreceived {
    /// Member or branch.
    pub kind: RecipientKind,
    /// Its code.
    pub code: Option<String>,
    /// Its name.
    pub name: String,
    /// Why it has not come.
    pub why: Because,
    /// Since when it is owed: since it was accepted, or since the recipient stands in the roster.
    pub since: DateTime<Utc>,
    /// The last letter that was to bring it.
    pub edition: Option<EditionId>,
    /// When that was last tried.
    pub last_attempt_at: Option<DateTime<Utc>>,
    /// Where it could not go, where the address may be at fault.
    pub address: Option<String>,
}

/// Some recipients of a branch.
#[derive(Clone, Debug)]
pub struct Page {
    /// The last of them; the next page comes after.
    pub last: i64,
    /// How many of them are to receive the document.
    pub addressed: u64,
    /// Those to whom it has not come.
    pub missing: Vec<Unreceived>,
}

/// The question about one document.
#[derive(Clone, Debug)]
pub struct Inquiry {
    document: DocumentId,
    /// The document itself, or that of which it is an annex.
    main: DocumentId,
    candidates: Vec<Candidate>,
    accepted_at: DateTime<Utc>,
    question: Question,
    /// The kinds of recipient that some schedule tells.
    pub kinds: Vec<RecipientKind>,
}

impl Inquiry {
    /// The question about an accepted document.
    ///
    /// # Errors
    /// The ledger failed.
    pub async fn about(tx: &mut Tx, config: &Config, row: &DocumentRow) -> Result<Self> {
        let mut only = HashSet::from([row.id]);
        let all = Documents::load(tx, Some(&only)).await?.candidates;
        let chain = all.iter().find(|c| c.document == row.id);
        let chain = chain.and_then(|c| c.annex_of);
        // An annex is owed to whom its document goes, so both are asked about together.
        let mut main = row.id;
        if let Some(chain) = chain {
            let every = Documents::load(tx, None).await?.candidates;
            let leader = every
                .iter()
                .find(|c| c.chain == chain && c.annex_of.is_none());
            main = leader.map_or(main, |c| c.document);
            only.insert(main);
        }
        let candidates = Documents::load(tx, Some(&only)).await?.candidates;
        let tells = |schedule: &&crate::schedule::Schedule| {
            schedule.content == Content::Owed || row.document.facts.urgency.is_some()
        };
        let mut kinds: Vec<_> = config
            .schedules
            .iter()
            .filter(tells)
            .map(|s| s.to)
            .collect();
        // A branch stands before its members.
        kinds.sort_unstable_by(|a, b| b.cmp(a));
        kinds.dedup();
        Ok(Self {
            document: row.id,
            main,
            candidates,
            accepted_at: row.accepted_at.unwrap_or(row.first_seen_at),
            question: Question {
                content: Content::Owed,
                since: None,
                new_member_days: config.delivery.new_member_days,
            },
            kinds,
        })
    }

    /// The recipients of a kind in a branch after `after`, in the order of their ids; none at the
    /// end.
    ///
    /// # Errors
    /// The ledger failed.
    pub async fn page(
        &self,
        tx: &mut Tx,
        (kind, branch): (RecipientKind, i64),
        after: i64,
    ) -> Result<Option<Page>> {
        let found = recipients::of_branch(tx, kind, branch, after, PAGE).await?;
        let (Some(first), Some(last)) = (found.first(), found.last()) else {
            return Ok(None);
        };
        let documents = [self.document, self.main];
        let letters = report::letters(tx, (kind, branch), (first.id, last.id), documents).await?;
        let mut page = Page {
            last: last.id,
            addressed: 0,
            missing: Vec::new(),
        };
        for recipient in &found {
            let letters = letters.get(&recipient.id).map_or(&[][..], Vec::as_slice);
            if !self.is_owed(recipient, &[]) {
                continue;
            }
            page.addressed += 1;
            let had: Vec<Told> = letters.iter().map(|letter| letter.told).collect();
            let had: Vec<Told> = had.into_iter().filter(|t| t.state == State::Sent).collect();
            if self.is_owed(recipient, &had) {
                page.missing.push(self.missing(recipient, letters));
            }
        }
        Ok(Some(page))
    }

    /// The rule by which editions are made, for whoever was told this and nothing else.
    fn is_owed(&self, recipient: &RecipientRow, told: &[Told]) -> bool {
        let who = Recipient {
            kind: recipient.kind,
            branch: BranchCode(recipient.branch.clone()),
            officer: recipient.officer,
            first_seen: recipient.first_seen,
        };
        let entries = owed(&self.candidates, &who, told, &self.question);
        entries.iter().any(|e| e.document == self.document)
    }

    fn missing(&self, recipient: &RecipientRow, letters: &[LetterRow]) -> Unreceived {
        let of_this = |l: &&LetterRow| l.told.document == self.document;
        let last = letters.iter().rfind(of_this);
        // Of several addresses of a branch one may still be under way.
        let under_way = |l: &&LetterRow| l.told.state.covers();
        let live = letters.iter().filter(of_this).rfind(under_way);
        let shown = live.or(last);
        let why = match live {
            Some(letter) => of_letter(letter),
            None if recipient.paused => Because::Paused,
            None if recipient.mailboxes.is_empty() => Because::NoAddress,
            None if recipient.mailboxes.iter().all(|m| m.held) => Because::Held,
            None => match last {
                // There was no address then, there is one now: it goes with the next edition.
                Some(letter) if letter.told.unreached => Because::NotYet,
                Some(letter) => of_letter(letter),
                None => Because::NotYet,
            },
        };
        let faulty = matches!(
            why,
            Because::Held | Because::NoMailbox(_) | Because::Refused(_) | Because::Bounced
        );
        let address = recipient.mailboxes.first().filter(|_| faulty);
        Unreceived {
            kind: recipient.kind,
            code: recipient.code.clone(),
            name: recipient.name.clone(),
            why,
            since: self.accepted_at.max(recipient.first_seen),
            edition: shown.map(|letter| letter.edition),
            last_attempt_at: shown.and_then(|letter| letter.last_attempt_at),
            address: address.map(|m| m.address.clone()),
        }
    }
}

fn of_letter(letter: &LetterRow) -> Because {
    let told = &letter.told;
    if told.state == State::Pending && letter.edition_state == EditionState::Paused {
        return Because::EditionPaused;
    }
    because(told.state, told.unreached, letter.reply.as_deref())
}
