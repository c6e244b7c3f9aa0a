//! Slots on holidays, in gaps and overlaps of every zone, and what becomes of missed ones.

use super::*;
use crate::organisation::RecipientKind;
use crate::schedule::{Content, Ruling};
use std::time::Duration;

fn schedule(cron: &str, zone: Tz, on_holiday: OnHoliday) -> Schedule {
    Schedule {
        name: "hang-ngay".into(),
        cron: cron.parse().unwrap(),
        zone,
        to: RecipientKind::Member,
        content: Content::Owed,
        catch_up: Duration::from_secs(12 * 3600),
        on_holiday,
    }
}

fn vietnam(cron: &str, on_holiday: OnHoliday) -> Schedule {
    schedule(cron, chrono_tz::Asia::Ho_Chi_Minh, on_holiday)
}

fn at(text: &str) -> DateTime<Utc> {
    DateTime::parse_from_rfc3339(&format!("{text}+07:00"))
        .unwrap()
        .with_timezone(&Utc)
}

/// `nominal > due` or `nominal word`, day and hour of Vietnam.
fn shown(due: &Due) -> String {
    let day = |t: DateTime<Utc>| {
        t.with_timezone(&chrono_tz::Asia::Ho_Chi_Minh)
            .format("%d/%m %H:%M")
            .to_string()
    };
    match due.skip {
        Some(why) => format!("{} {why}", day(due.slot.nominal_at)),
        None => format!("{} > {}", day(due.slot.nominal_at), day(due.slot.due_at)),
    }
}

fn listed(s: &Schedule, after: &str, until: &str) -> Vec<String> {
    s.slots(&Calendar::default(), at(after), at(until))
        .iter()
        .map(shown)
        .collect()
}

#[test]
fn slots_move_off_holidays_and_merge() {
    let weekdays = vietnam("0 30 7 * * Mon-Fri", OnHoliday::NextWorkingDay);
    // Tết 2026: Monday 16/2 to Friday 20/2.
    let tet = listed(&weekdays, "2026-02-13T07:30:00", "2026-02-24T07:29:59");
    let expected = [
        "16/02 07:30 merged",
        "17/02 07:30 merged",
        "18/02 07:30 merged",
        "19/02 07:30 merged",
        "20/02 07:30 merged",
        "23/02 07:30 > 23/02 07:30",
    ];
    assert_eq!(tet, expected);
    // A weekly slot on Thursday 30/4 goes on Monday 4/5: Friday 1/5 is off too.
    let weekly = vietnam("0 0 8 * * Thu", OnHoliday::NextWorkingDay);
    let moved = ["30/04 08:00 > 04/05 08:00"];
    assert_eq!(
        listed(&weekly, "2026-04-29T00:00:00", "2026-05-04T08:00:00"),
        moved
    );
    assert!(listed(&weekly, "2026-04-29T00:00:00", "2026-05-04T07:59:59").is_empty());
    let (skip, send) = (OnHoliday::Skip, OnHoliday::Send);
    let skipped = listed(
        &vietnam("0 0 8 * * Thu", skip),
        "2026-04-29T00:00:00",
        "2026-05-04T00:00:00",
    );
    assert_eq!(skipped, ["30/04 08:00 holiday"]);
    let sent = listed(
        &vietnam("0 0 8 * * Thu", send),
        "2026-04-29T00:00:00",
        "2026-05-04T00:00:00",
    );
    assert_eq!(sent, ["30/04 08:00 > 30/04 08:00"]);
    // A plain weekend is no holiday.
    let first = vietnam("0 0 8 1 * *", OnHoliday::NextWorkingDay);
    let sunday = ["01/11 08:00 > 01/11 08:00"];
    assert_eq!(
        listed(&first, "2026-10-30T00:00:00", "2026-11-03T00:00:00"),
        sunday
    );
}

#[test]
fn next_due_knows_a_moved_slot_under_way() {
    let weekly = vietnam("0 0 8 * * Thu", OnHoliday::NextWorkingDay);
    let calendar = Calendar::default();
    let next = weekly.next_due(2, &calendar, at("2026-05-02T12:00:00"));
    let times: Vec<_> = next.iter().map(|slot| slot.due_at).collect();
    assert_eq!(
        times,
        [at("2026-05-04T08:00:00"), at("2026-05-07T08:00:00")]
    );
    assert_eq!(
        weekly.previous(at("2026-05-07T08:00:00")),
        Some(at("2026-04-30T08:00:00"))
    );
    assert_eq!(
        weekly.next_due(1, &calendar, at("2026-05-04T08:00:00"))[0].due_at,
        times[1]
    );
}

#[test]
fn the_latest_missed_slot_runs() {
    let daily = vietnam("0 0 8 * * *", OnHoliday::Send);
    let rule = |now: &str| -> Vec<String> {
        let open = daily.slots(&Calendar::default(), at("2026-11-09T00:00:00"), at(now));
        daily
            .rule(&open, at(now))
            .iter()
            .map(|(_, ruling)| format!("{ruling:?}"))
            .collect()
    };
    let (missed, late) = ("Skip { why: Missed }", "Run { late: true }");
    assert_eq!(rule("2026-11-09T08:00:00"), ["Run { late: false }"]);
    assert_eq!(rule("2026-11-11T20:00:00"), [missed, missed, late]);
    assert_eq!(rule("2026-11-11T20:00:01"), [missed, missed, missed]);
    let hourly = vietnam("0 0 * * * *", OnHoliday::Send);
    let open = hourly.slots(
        &Calendar::default(),
        at("2026-11-09T00:00:00"),
        at("2026-11-09T03:30:00"),
    );
    let words: Vec<_> = hourly
        .rule(&open, at("2026-11-09T03:30:00"))
        .into_iter()
        .map(|r| r.1)
        .collect();
    let overtaken = Ruling::Skip {
        why: Why::Overtaken,
    };
    assert_eq!(words, [overtaken, overtaken, Ruling::Run { late: true }]);
}

#[test]
fn no_catch_up_still_runs_on_time() {
    let strict = Schedule {
        catch_up: Duration::ZERO,
        ..vietnam("0 0 8 * * *", OnHoliday::Send)
    };
    let open = strict.slots(
        &Calendar::default(),
        at("2026-11-09T00:00:00"),
        at("2026-11-09T08:01:00"),
    );
    assert_eq!(
        strict.rule(&open, at("2026-11-09T08:01:00"))[0].1,
        Ruling::Run { late: false }
    );
    let skip = Ruling::Skip { why: Why::Missed };
    assert_eq!(strict.rule(&open, at("2026-11-09T08:02:01"))[0].1, skip);
}

#[test]
fn a_slot_of_every_second_stays_within_the_limit() {
    let dense = vietnam("* * * * * *", OnHoliday::NextWorkingDay);
    let all = dense.slots(
        &Calendar::default(),
        at("2026-11-09T00:00:00"),
        at("2026-12-09T00:00:00"),
    );
    assert_eq!(all.len(), SLOTS_MAX);
    assert_eq!(
        all[SLOTS_MAX - 1].slot.nominal_at,
        at("2026-11-10T03:46:40")
    );
}

/// Every change of every zone's clock in 2025: a daily slot in the middle of the stretch that is
/// left out or repeated comes once a day.
#[test]
fn one_slot_a_day_in_every_zone_whatever_its_clock_does() {
    let day = TimeDelta::days(1);
    let (mut gaps, mut overlaps) = (0, 0);
    for zone in chrono_tz::TZ_VARIANTS {
        let start = at("2025-01-01T00:00:00");
        for (low, high) in (0..366).map(|n| (start + day * n, start + day * (n + 1))) {
            let Some((change, by)) = change_between(low, high, zone) else {
                continue;
            };
            let clock = change.with_timezone(&zone).naive_local();
            let middle = clock - by / 2;
            let cron = middle.format("%-S %-M %-H * * *").to_string();
            let daily = schedule(&cron, zone, OnHoliday::Send);
            let slots = daily.slots(&Calendar::default(), change - day * 2, change + day * 2);
            let times: Vec<_> = slots.iter().map(|due| due.slot.nominal_at).collect();
            // A day of the clock is shorter or longer by the change, never more.
            let even = |t: &[DateTime<Utc>]| (t[1] - t[0] - day).abs() <= by.abs();
            assert!(times.windows(2).all(even), "{zone} {change} {times:?}");
            assert!(times.len() >= 3, "{zone} {change} {times:?}");
            if by > TimeDelta::zero() {
                gaps += 1;
                assert!(times.contains(&change), "{zone}: the end of the gap");
            } else {
                overlaps += 1;
                assert!(times.contains(&(change + by / 2)), "{zone}: the first pass");
                let second_pass = change - by / 4;
                assert_eq!(daily.previous(second_pass), Some(change + by / 2), "{zone}");
            }
            for pair in times.windows(2) {
                assert_eq!(daily.previous(pair[1]), Some(pair[0]), "{zone}");
            }
        }
    }
    assert!(gaps > 100 && overlaps > 100, "{gaps} {overlaps}");
}

/// The moment within a day at which a zone's clock is moved, and by how much.
fn change_between(
    low: DateTime<Utc>,
    high: DateTime<Utc>,
    zone: Tz,
) -> Option<(DateTime<Utc>, TimeDelta)> {
    let moment = |seconds| DateTime::from_timestamp(seconds, 0).unwrap();
    let ahead = |t: DateTime<Utc>| t.with_timezone(&zone).naive_local() - t.naive_utc();
    let (before, after) = (ahead(low), ahead(high));
    let (mut low, mut high) = (low.timestamp(), high.timestamp());
    while before != after && high - low > 1 {
        let middle = (low + high) / 2;
        if ahead(moment(middle)) == before {
            low = middle
        } else {
            high = middle
        }
    }
    (before != after).then(|| (moment(high), after - before))
}
