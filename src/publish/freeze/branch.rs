//! Owns the table of a branch's letter: of each member what was sent since the letter before, what
//! did not arrive, and why. It refuses to name documents that were neither sent nor tried.

use std::collections::BTreeMap;

use super::{Result, Run};
use crate::delivery::State;
use crate::document::DocumentId;
use crate::ledger::Tx;
use crate::ledger::branches::{self, MemberOfBranch, Sending};
use crate::ledger::recipients::RecipientRow;
use crate::letter::{BranchTable, MemberTold, Reach, Told, branch_table};
use crate::organisation::{RecipientKind, by_name};
use crate::publish::discreet::because;

impl Run<'_> {
    /// The members of a branch in the order of their names; none for another recipient.
    pub(super) async fn table(
        &self,
        tx: &mut Tx,
        recipient: &RecipientRow,
    ) -> Result<Option<BranchTable>> {
        if recipient.kind != RecipientKind::Branch {
            return Ok(None);
        }
        let (branch, this) = (recipient.branch_id, self.edition);
        let before = branches::letter_before(tx, branch, &self.order.schedule, this).await?;
        let mut members = branches::members_of(tx, branch).await?;
        members.sort_by(|a, b| by_name(&a.name, &b.name));
        let mut fates = Fates::default();
        let since = before.map(|(edition, _)| edition);
        for sending in branches::sendings(tx, branch, since, this).await? {
            fates.add(sending);
        }
        let language = recipient
            .language
            .unwrap_or(self.press.config.organisation.language);
        let since = before.map(|(_, due_at)| self.press.local(due_at).date_naive());
        Ok(Some(branch_table(&fates.told(&members), since, language)))
    }
}

/// What became of the documents on their way to the members.
#[derive(Default)]
struct Fates {
    /// What each document is called, and its place: that of the edition that first had it.
    documents: BTreeMap<DocumentId, (usize, String)>,
    /// Of a member and a document.
    of: BTreeMap<(i64, DocumentId), Told>,
}

impl Fates {
    fn add(&mut self, sending: Sending) {
        let told = match sending.state {
            State::Sent => Told::Sent,
            State::Pending | State::Sending | State::Deferred => Told::Waiting,
            // What was stopped since it was withdrawn or replaced is missed by nobody.
            State::Cancelled
                if matches!(sending.reply.as_deref(), Some("withdrawn" | "superseded")) =>
            {
                return;
            }
            State::Failed | State::Bounced | State::Unknown | State::Cancelled => {
                let reply = sending.reply.as_deref();
                Told::Missing(because(sending.state, sending.untried, reply))
            }
        };
        let place = self.documents.len();
        let named = || (place, sending.called.clone());
        self.documents.entry(sending.document).or_insert_with(named);
        let of = (sending.member, sending.document);
        // The later word counts, but nothing takes back what was sent.
        if self.of.get(&of) != Some(&Told::Sent) {
            self.of.insert(of, told);
        }
    }

    /// One row a member, the documents in the order in which they went.
    fn told(&self, members: &[MemberOfBranch]) -> Vec<MemberTold> {
        let mut documents: Vec<_> = self.documents.iter().collect();
        documents.sort_by_key(|(_, (place, _))| *place);
        let told = |member: &MemberOfBranch| {
            let fate = |(id, (_, called)): &(&DocumentId, &(usize, String))| {
                let told = self.of.get(&(member.id, **id))?.clone();
                Some((called.clone(), told))
            };
            MemberTold {
                name: member.name.clone(),
                post: member.post.clone(),
                reach: reach(member),
                documents: documents.iter().filter_map(fate).collect(),
            }
        };
        members.iter().map(told).collect()
    }
}

fn reach(member: &MemberOfBranch) -> Reach {
    match member.address {
        None => Reach::NoAddress,
        Some(_) if member.held => Reach::Held,
        Some(_) if member.paused => Reach::Paused,
        Some(_) => Reach::Mail,
    }
}
