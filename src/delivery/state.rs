//! Owns the states of a delivery and the one function that moves them. It refuses to know who asks
//! for the move and where states are kept. `docs/states.md` shows the same table in words.

use crate::spelling::words;

words! {
    /// Where a delivery stands. Always: deliveries = the sum over these eight.
    State {
        /// Waits for its turn.
        Pending = "pending",
        /// Durably marked before the final dot may be written; found at start it means unknown.
        Sending = "sending",
        /// Waits for its time after a refusal that may pass.
        Deferred = "deferred",
        /// The server accepted it.
        Sent = "sent",
        /// It ended without arriving.
        Failed = "failed",
        /// Nobody can say whether it arrived; resent later, or held for a person.
        Unknown = "unknown",
        /// It must not go any more.
        Cancelled = "cancelled",
        /// It came back.
        Bounced = "bounced",
    }
}

words! {
    /// What happens to a delivery.
    Event {
        /// A worker takes it; the mark is durable before the dialogue reaches the final dot.
        Claimed = "claimed",
        /// Trouble with the connection, or a drain, before the dot: no attempt counted.
        Released = "released",
        /// 250 after the dot.
        Accepted = "accepted",
        /// The server refused this recipient for now.
        PutOff = "put_off",
        /// The server refused this recipient for good.
        Refused = "refused",
        /// No readable reply to the dot.
        Doubted = "doubted",
        /// Found `sending` at start: our own crash.
        Found = "found",
        /// Its time has come.
        Due = "due",
        /// Tried for long enough.
        GaveUp = "gave_up",
        /// A person says it arrived.
        SettledSent = "settled_sent",
        /// A delivery report says it did not arrive.
        Returned = "returned",
        /// Its recipient left, or what it carries must not go.
        Stopped = "stopped",
    }
}

impl State {
    /// The state after `event`, or none where the event cannot happen in this state. A row that
    /// was ever in doubt (`maybe_arrived`) never ends `failed` or `cancelled`, which would claim
    /// that nothing arrived: it is held as `unknown` instead.
    #[must_use]
    pub fn on(self, event: Event, maybe_arrived: bool) -> Option<Self> {
        use State::{Bounced, Cancelled, Deferred, Failed, Pending, Sending, Sent, Unknown};
        let or_held = |state| if maybe_arrived { Unknown } else { state };
        Some(match (self, event) {
            (Pending, Event::Claimed) => Sending,
            (Sending, Event::Released) => Pending,
            (Sending, Event::Accepted) => Sent,
            (Sending, Event::PutOff) => Deferred,
            (Sending, Event::Refused) => or_held(Failed),
            (Sending, Event::Doubted | Event::Found) => Unknown,
            (Deferred | Unknown, Event::Due) => Pending,
            (Deferred, Event::GaveUp) => or_held(Failed),
            (Unknown, Event::SettledSent) => Sent,
            (Sent | Unknown, Event::Returned) => Bounced,
            (Pending | Deferred, Event::Stopped) => or_held(Cancelled),
            (Pending | Sending | Deferred | Sent | Failed | Unknown | Cancelled | Bounced, _) => {
                return None;
            }
        })
    }

    /// True where the row's versions count as told, so that nothing is owed for them (design §4).
    #[must_use]
    pub fn covers(self) -> bool {
        match self {
            Self::Pending | Self::Sending | Self::Deferred | Self::Sent | Self::Unknown => true,
            Self::Failed | Self::Cancelled | Self::Bounced => false,
        }
    }

    /// True where the letter may be in the mailbox.
    #[must_use]
    pub fn may_have_arrived(self, maybe_arrived: bool) -> bool {
        matches!(self, Self::Sent | Self::Unknown | Self::Sending) || maybe_arrived
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Rows: states; columns: events in the order of `Event::ALL`; `x` = cannot happen. A second
    /// word after `/` is the state of a row that was in doubt before: `u` is unknown.
    const TABLE: &str = "
pending   sending x       x    x        x      x       x       x       x      x    x       cancel/u
sending   x       pending sent deferred fail/u unknown unknown x       x      x    x       x
deferred  x       x       x    x        x      x       x       pending fail/u x    x       cancel/u
sent      x       x       x    x        x      x       x       x       x      x    bounced x
failed    x       x       x    x        x      x       x       x       x      x    x       x
unknown   x       x       x    x        x      x       x       pending x      sent bounced x
cancelled x       x       x    x        x      x       x       x       x      x    x       x
bounced   x       x       x    x        x      x       x       x       x      x    x       x
";

    #[test]
    fn every_event_in_every_state() {
        let mut seen = 0;
        for row in TABLE.trim().lines() {
            let mut cells = row.split_whitespace();
            let from: State = cells.next().unwrap().parse().unwrap();
            for event in Event::ALL {
                let cell = cells.next().expect(row);
                let (plain, doubted) = cell.split_once('/').unwrap_or((cell, cell));
                let long = |word: &'static str| match word {
                    "u" => "unknown",
                    "cancel" => "cancelled",
                    "fail" => "failed",
                    word => word,
                };
                let (plain, doubted) = (long(plain), long(doubted));
                assert_eq!(from.on(*event, false), plain.parse().ok(), "{from} {event}");
                assert_eq!(
                    from.on(*event, true),
                    doubted.parse().ok(),
                    "{from} {event} doubted"
                );
                seen += 1;
            }
        }
        assert_eq!(seen, State::ALL.len() * Event::ALL.len());
    }

    #[test]
    fn doubt_never_ends_as_if_nothing_arrived() {
        for from in State::ALL {
            for event in Event::ALL {
                let to = from.on(*event, true);
                assert!(
                    !matches!(to, Some(State::Failed | State::Cancelled)),
                    "{from} {event}"
                );
            }
        }
    }
}
