//! Owns what is made of files that a restored ledger does not know: those that lay in the folder
//! before members had last been told, and those of which nobody can say. It refuses to guess.

use std::collections::HashSet;

use chrono::{DateTime, Utc};

use super::{DecideError, Decision, apply, known};
use crate::document::{DocumentId, Standing};
use crate::inbox::Inbox;
use crate::ledger::Ledger;

/// Said of a document that may have been sent before the ledger was restored.
const UNCLEAR: &str = "tiếp nhận sau khi sổ được khôi phục, có thể đã phổ biến trước đó: nếu chưa \
    thì phê duyệt / found when the ledger was restored, members may have it: approve it if not";

/// What became of the documents that came after the copy was made.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Arrivals {
    /// They lay in the folder by the time up to which members had been told.
    pub told: HashSet<DocumentId>,
    /// They were laid there later, maybe by whoever restored the folder: a person decides.
    pub waiting: Vec<DocumentId>,
}

/// Sorts the accepted documents that the copy did not know, once the folder was looked at. Where
/// nobody was told anything after the copy was made, there is nothing to sort. Asking again after
/// a crash answers the same.
///
/// # Errors
/// The ledger failed.
pub async fn arrivals(
    ledger: &Ledger,
    inbox: &Inbox,
    (copied_at, until): (DateTime<Utc>, DateTime<Utc>),
    now: DateTime<Utc>,
) -> Result<Arrivals, DecideError> {
    let mut arrivals = Arrivals::default();
    if until <= copied_at {
        return Ok(arrivals);
    }
    let places = ledger.places().await?;
    for mut row in ledger.documents().await? {
        if row.document.standing != Standing::Accepted || row.first_seen_at <= copied_at {
            continue;
        }
        let of_this = places.iter().filter(|(id, _)| *id == row.id);
        let laid = of_this.filter_map(|(_, key)| inbox.laid_at(&known::path(key)));
        if laid.min().is_some_and(|at| at <= until) {
            arrivals.told.insert(row.id);
        } else {
            row.document.detail = Some(UNCLEAR.to_owned());
            apply(ledger, &row, &Decision::Hold, None, now).await?;
            arrivals.waiting.push(row.id);
        }
    }
    Ok(arrivals)
}
