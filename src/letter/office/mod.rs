//! Owns the letter that tells the office what happened: editions, whom they did not reach, what
//! waits for a person. It refuses to name an address, and more people than fit a screen or two.

mod page;
mod words;

use chrono::{DateTime, FixedOffset};

use super::mime::Mime;
use super::sheet::Sheet;
use super::{Because, Frame, Unfit};
use crate::edition::{EditionId, EditionState};
use page::Page;

/// What happened.
#[derive(Clone, Debug)]
pub struct Summary {
    /// The day that it is of, from and to; none: it tells of editions that just ended.
    pub day: Option<(DateTime<FixedOffset>, DateTime<FixedOffset>)>,
    /// The editions.
    pub editions: Vec<Ended>,
    /// How many more there were.
    pub editions_more: u64,
    /// What waits for a person.
    pub concerns: Vec<Concern>,
    /// How many more there are.
    pub concerns_more: u64,
    /// Events in the audit chain.
    pub events: u64,
    /// Hash of the last of them.
    pub head: String,
}

impl Summary {
    /// True where it tells of matters that came up, and of nothing else.
    fn is_notice(&self) -> bool {
        self.day.is_none() && self.editions.is_empty()
    }
}

/// An edition that ended, or how far it came.
#[derive(Clone, Debug)]
pub struct Ended {
    /// Its id.
    pub id: EditionId,
    /// What its schedule is called.
    pub schedule: String,
    /// Its due time in the organisation's zone.
    pub due: DateTime<FixedOffset>,
    /// Where it stands.
    pub state: EditionState,
    /// It went later than it should.
    pub late: bool,
    /// Why it was skipped, as a sentence.
    pub why: String,
    /// What its documents are called.
    pub documents: Vec<String>,
    /// Its letters.
    pub letters: Letters,
    /// The first of those whom it did not reach.
    pub missed: Vec<Missed>,
    /// How many more they are.
    pub missed_more: u64,
}

/// Letters by what became of them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Letters {
    /// The server has them.
    pub sent: u64,
    /// They will still go.
    pub waiting: u64,
    /// They were refused or came back.
    pub failed: u64,
    /// Nobody can say.
    pub unknown: u64,
    /// They must not go any more.
    pub stopped: u64,
    /// There was no address to send them to.
    pub unreached: u64,
}

impl Letters {
    /// All of them.
    #[must_use]
    pub fn all(&self) -> u64 {
        self.sent + self.waiting + self.unsent() + self.stopped
    }

    /// Those with which somebody has to deal.
    #[must_use]
    pub fn unsent(&self) -> u64 {
        self.failed + self.unknown + self.unreached
    }
}

impl std::iter::Sum for Letters {
    fn sum<I: Iterator<Item = Self>>(all: I) -> Self {
        all.fold(Self::default(), |sum, one| Self {
            sent: sum.sent + one.sent,
            waiting: sum.waiting + one.waiting,
            failed: sum.failed + one.failed,
            unknown: sum.unknown + one.unknown,
            stopped: sum.stopped + one.stopped,
            unreached: sum.unreached + one.unreached,
        })
    }
}

/// A recipient who was not reached: as much as the office needs to find it.
#[derive(Clone, Debug)]
pub struct Missed {
    /// Its branch.
    pub branch: String,
    /// Its code, or its name where it has none.
    pub who: String,
    /// Why.
    pub why: Because,
}

/// Something that waits for a person.
#[derive(Clone, Debug)]
pub struct Concern {
    /// One sentence: what happened and what to do.
    pub detail: String,
    /// Since when.
    pub since: DateTime<FixedOffset>,
}

/// The sheet of a summary; its holes are only To and Message-ID.
///
/// # Errors
/// [`Unfit::Address`] for the sender's own address, [`Unfit::Build`].
pub fn compose_summary(frame: &Frame<'_>, summary: &Summary) -> Result<Sheet, Unfit> {
    let page = Page::new(frame, summary);
    let subject = words::subject(summary, frame);
    let segments = Mime {
        frame,
        subject: &subject,
        text: &page.text(frame.language)?,
        html: &page.html(frame.language)?,
        pictures: &[],
        attached: &[],
    }
    .segments()?;
    Ok(Sheet {
        language: frame.language,
        subject,
        segments,
    })
}
