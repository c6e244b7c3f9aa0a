//! Owns what a person's words mean: the name of a schedule, a time, an edition, a document, a
//! branch. It refuses to guess; what is ambiguous ends with exit 2 and the candidates.

use anyhow::Result;
use chrono::{DateTime, NaiveDate, NaiveTime, SubsecRound, TimeDelta, TimeZone, Utc};

use super::open::Desk;
use super::show::Screen;
use super::stop::Stop;
use crate::edition::EditionId;
use crate::ingest;
use crate::ledger::documents::DocumentRow;
use crate::ledger::editions::EditionRow;
use crate::publish::URGENT;
use crate::schedule::Schedule;
use crate::spelling;

/// How far ahead an edition may be published.
const AHEAD_MAX: TimeDelta = TimeDelta::hours(24);

impl Desk {
    /// The schedule of a name.
    pub(super) fn schedule(&self, name: &str) -> Result<&Schedule> {
        let schedules = || self.config.schedules.iter().chain(&self.own);
        let key = spelling::fold(name);
        let named = schedules().find(|s| spelling::fold(&s.name) == key);
        named.ok_or_else(|| {
            let known: Vec<_> = schedules().map(|s| s.name.as_str()).collect();
            let (name, known) = (spelling::line(name), known.join(", "));
            let vi = format!("không có lịch `{name}`; các lịch là: {known}");
            let en = format!("no schedule `{name}`; there are: {known}");
            self.screen.usage(&vi, &en)
        })
    }

    /// True for the schedule of urgent documents, which no configuration names.
    pub(super) fn is_urgent(&self, name: &str) -> bool {
        name == URGENT && !self.config.schedules.iter().any(|s| s.name == URGENT)
    }

    /// The edition of an id.
    pub(super) async fn edition(&self, text: &str) -> Result<EditionRow> {
        let id: EditionId = text.parse().map_err(|()| {
            let vi = format!("`{text}` không phải mã đợt gửi; đề nghị ghi như e-12");
            let en = format!("`{text}` is no edition; write one as e-12");
            self.screen.usage(&vi, &en)
        })?;
        let found = self.ledger.edition(id).await?;
        found.ok_or_else(|| {
            let vi = format!("không có đợt gửi {id}; xem `phobien status`");
            let en = format!("there is no edition {id}; see `phobien status`");
            self.screen.usage(&vi, &en)
        })
    }

    /// The one document that a text means.
    pub(super) async fn document(&self, text: &str) -> Result<DocumentRow> {
        let mut found = self.ledger.find_documents(text).await?;
        if found.len() > 1 {
            let lines = found.iter().map(|row| {
                let symbol = row.document.facts.symbol.as_ref();
                let symbol = symbol.map_or_else(String::new, |f| f.value.to_string());
                let day = row.document.facts.issued_on.as_ref();
                let day = day.map_or_else(String::new, |f| f.value.to_string());
                format!("  {}  {symbol}@{day}  {}", row.id, row.document.file)
            });
            let lines: Vec<_> = lines.collect();
            let vi = format!("`{text}` có thể là nhiều văn bản; đề nghị ghi mã của một văn bản:");
            let en = format!("`{text}` may mean several documents; name one by its id:");
            let head = self.screen.say(&vi, &en);
            return Err(Stop::usage(format!("{head}\n{}", lines.join("\n"))));
        }
        if let Some(row) = found.pop() {
            return Ok(row);
        }
        let text = spelling::line(text);
        let refused = self.ledger.refused().await?;
        let (vi, en) = match refused.iter().find(|seen| seen.file == text) {
            Some(seen) => {
                let (vi, en) = seen.reason.map_or(("", ""), ingest::advice);
                (
                    format!("`{text}` không được tiếp nhận. {vi}"),
                    format!("`{text}` was refused. {en}"),
                )
            }
            None => (
                format!("không có văn bản `{text}`; xem `phobien documents list`"),
                format!("no document `{text}`; see `phobien documents list`"),
            ),
        };
        Err(Stop::usage(self.screen.say(&vi, &en)))
    }

    /// The code of a branch, from its code or name.
    pub(super) async fn branch(&self, text: &str) -> Result<String> {
        let code = self.ledger.branch_code(text).await?;
        code.ok_or_else(|| {
            let vi = format!("không có chi bộ `{text}`; xem `phobien members list`");
            let en = format!("no branch `{text}`; see `phobien members list`");
            self.screen.usage(&vi, &en)
        })
    }
}

/// A moment in RFC 3339, whole seconds.
pub(super) fn moment(text: &str) -> Result<DateTime<Utc>> {
    Ok(instant(text)?.trunc_subsecs(0))
}

/// A moment in RFC 3339.
pub(super) fn instant(text: &str) -> Result<DateTime<Utc>> {
    let at = DateTime::parse_from_rfc3339(text).map_err(|_| {
        Stop::usage(format!(
            "`{text}` không phải thời điểm, is no time: 2026-11-24T07:30:00+07:00"
        ))
    })?;
    Ok(at.with_timezone(&Utc))
}

/// A moment at which an edition may be published.
pub(super) fn due(text: &str, now: DateTime<Utc>) -> Result<DateTime<Utc>> {
    let at = moment(text)?;
    if at - now > AHEAD_MAX {
        return Err(Stop::usage(format!(
            "`{text}` is more than 24 h ahead; the schedule publishes it when its time comes"
        )));
    }
    Ok(at)
}

/// A moment, or the beginning of a day on the organisation's clock.
pub(super) fn since(text: &str, screen: &Screen) -> Result<DateTime<Utc>> {
    match text.parse::<NaiveDate>() {
        Ok(day) => Ok(midnight(day, screen)),
        Err(_) => moment(text),
    }
}

/// The first moment after a day on the organisation's clock, or after a moment.
pub(super) fn until(text: &str, screen: &Screen) -> Result<DateTime<Utc>> {
    match text.parse::<NaiveDate>() {
        Ok(day) => Ok(midnight(day.succ_opt().unwrap_or(day), screen)),
        Err(_) => Ok(moment(text)? + TimeDelta::seconds(1)),
    }
}

fn midnight(day: NaiveDate, screen: &Screen) -> DateTime<Utc> {
    let midnight = day.and_time(NaiveTime::MIN);
    let local = screen.zone.from_local_datetime(&midnight).earliest();
    // Where a zone skips midnight, the day begins with the hour after.
    let local = local.or_else(|| {
        let later = midnight + TimeDelta::hours(1);
        screen.zone.from_local_datetime(&later).earliest()
    });
    local.map_or_else(|| midnight.and_utc(), |at| at.with_timezone(&Utc))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::organisation::Language;

    #[test]
    fn days_begin_on_the_organisations_clock() {
        let screen = Screen::new(Language::Vi, true, chrono_tz::Asia::Ho_Chi_Minh);
        let at = since("2026-11-01", &screen).unwrap();
        assert_eq!(at.to_rfc3339(), "2026-10-31T17:00:00+00:00");
        assert!(since("hôm nay", &screen).is_err());
        let end = until("2026-11-01", &screen).unwrap();
        assert_eq!(end, since("2026-11-02", &screen).unwrap());
        let end = until("2026-11-01T00:00:00Z", &screen).unwrap();
        assert_eq!(end.to_rfc3339(), "2026-11-01T00:00:01+00:00");
    }

    #[test]
    fn no_edition_is_published_far_ahead() {
        let now = moment("2026-11-01T00:00:00Z").unwrap();
        assert!(due("2026-11-01T23:59:59.9Z", now).is_ok());
        assert!(due("2026-11-02T00:00:01Z", now).is_err());
        assert!(due("2026-11-02", now).is_err());
    }
}
