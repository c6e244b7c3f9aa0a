//! Owns the tests of confirmations: who is asked, what counts as an answer, who is reminded and how
//! often. It refuses to look at how the letter is laid out.

use phobien::document::{DocumentId, Standing};
use phobien::edition::{EditionState, Means};
use phobien::ledger::log::{LogFilter, LogRow};
use phobien::ledger::{confirmations, decisions};
use phobien::publish::{self, Order, REMINDER};
use phobien::schedule::Slot;

use super::office::{Office, Settings, now, pass};

const DAY: i64 = 86_400;
const ASK: &str = "[confirmation]\nask = true\nremind_after = [\"2d\", \"4d\"]\n";

/// An office on a Monday, 15:00 in Hà Nội, that asks.
async fn office() -> Office {
    Office::open(Settings {
        more: ASK,
        ..Settings::default()
    })
    .await
}

/// The reminders that are due, as the service publishes them; their recipients' codes.
async fn reminded(office: &Office) -> Vec<String> {
    let schedule = publish::reminder_schedule(&office.config).unwrap();
    let calendar = office.config.calendar();
    let due = publish::due_slots(&office.ledger, &[schedule], &calendar, now())
        .await
        .unwrap();
    let mut codes = Vec::new();
    for order in due.run {
        let edition = office.order(&order).await.edition;
        let filter = LogFilter {
            edition: Some(edition.id),
            ..LogFilter::default()
        };
        let rows = office.ledger.log(&filter, 0).await.unwrap();
        codes.extend(rows.into_iter().filter_map(|row| row.code));
    }
    office.deliver().await;
    codes
}

async fn row_of(office: &Office, code: &str, document: Option<DocumentId>) -> LogRow {
    let filter = LogFilter {
        code: Some(code.to_owned()),
        document,
        ..LogFilter::default()
    };
    office.ledger.log(&filter, 0).await.unwrap().remove(0)
}

async fn on_paper(office: &Office, code: &str, document: DocumentId) -> bool {
    let mut tx = office.ledger.begin().await.unwrap();
    let who = confirmations::confirmer(&mut tx, code)
        .await
        .unwrap()
        .unwrap();
    let how = (Means::Paper, Some("Văn thư"));
    let done = confirmations::confirm(&mut tx, &who, document, how, now()).await;
    tx.commit().await.unwrap();
    done.unwrap().new
}

#[tokio::test]
async fn a_letter_asks_and_its_token_confirms_what_it_carried() {
    let office = office().await;
    let first = office.document("23-CT/TW", |_| {}).await;
    let second = office.document("24-CT/TW", |_| {}).await;
    office.publish("day").await;
    office.publish("branch").await;
    office.deliver().await;
    let row = row_of(&office, "A1", None).await;
    let text = office.text_of(&row).await;
    assert!(
        text.contains("xác nhận đã nghiên cứu trước ngày 30/11/2026"),
        "{text}"
    );
    assert!(text.contains(&row.token), "{text}");
    let stored = office.ledger.sheet(row.bundle).await.unwrap();
    let sheet = phobien::letter::Sheet::from_bytes(&stored.sheet).unwrap();
    let personal = serde_json::from_str(&row.personal).unwrap();
    let html = sheet.html(&personal).unwrap();
    let subject = "X%c3%a1c%20nh%e1%ba%adn%20%c4%91%c3%a3%20nghi%c3%aan%20c%e1%bb%a9u%20%5b";
    let link = format!("mailto:vp@office.example?subject={subject}{}%5d", row.token);
    assert!(html.contains(&link), "{html}");
    assert!(
        !html.contains("http") && !html.contains("<img"),
        "nobody is followed"
    );
    let branch = row_of(&office, "CB1", None).await;
    assert!(!office.text_of(&branch).await.contains(&branch.token));

    let mut tx = office.ledger.begin().await.unwrap();
    let none = confirmations::confirm_letter(&mut tx, "nothing", now())
        .await
        .unwrap();
    assert_eq!(none, None);
    let carried = confirmations::confirm_letter(&mut tx, &row.token, now())
        .await
        .unwrap();
    tx.commit().await.unwrap();
    let mut carried = carried.unwrap();
    carried.sort();
    assert_eq!(carried, [first, second]);
    assert_eq!(row_of(&office, "A1", None).await.confirmed_at, Some(now()));
    assert_eq!(row_of(&office, "A2", None).await.confirmed_at, None);
    assert!(office.ledger.audit().await.unwrap().faults.is_empty());
}

#[tokio::test]
async fn paper_counts_once_and_by_document() {
    let office = office().await;
    let first = office.document("23-CT/TW", |_| {}).await;
    let second = office.document("24-CT/TW", |_| {}).await;
    office.publish("day").await;
    office.deliver().await;
    assert!(
        on_paper(&office, "B2", first).await,
        "who has no address confirms on paper"
    );
    assert!(on_paper(&office, "A1", first).await);
    let at = now();
    pass(60);
    assert!(
        !on_paper(&office, "A1", first).await,
        "the first word counts"
    );
    assert_eq!(
        row_of(&office, "A1", Some(first)).await.confirmed_at,
        Some(at)
    );
    assert_eq!(row_of(&office, "A1", Some(second)).await.confirmed_at, None);
    assert_eq!(
        row_of(&office, "A1", None).await.confirmed_at,
        None,
        "not all of it"
    );
    assert!(on_paper(&office, "A1", second).await);
    assert_eq!(row_of(&office, "A1", None).await.confirmed_at, Some(now()));
}

#[tokio::test]
async fn reminders_go_to_whom_was_sent_it_and_who_did_not_confirm() {
    let office = office().await;
    assert!(
        reminded(&office).await.is_empty(),
        "the schedule is first seen now"
    );
    let document = office.document("23-CT/TW", |_| {}).await;
    office.publish("day").await;
    office.deliver().await;
    on_paper(&office, "A1", document).await;
    // Tuesday and Wednesday, 08:00 in Hà Nội: two days are not over yet.
    pass(2 * DAY - 6 * 3600);
    assert!(reminded(&office).await.is_empty());
    pass(DAY);
    assert_eq!(
        reminded(&office).await,
        ["A2", "A3", "B1"],
        "B2 was sent nothing"
    );
    assert!(
        reminded(&office).await.is_empty(),
        "once a day, however often it is asked"
    );
    let row = office.log().await.pop().unwrap();
    assert_eq!(row.schedule, REMINDER);
    let text = office.text_of(&row).await;
    assert!(
        text.starts_with("[Nhắc] 01 văn bản chưa xác nhận nghiên cứu"),
        "{text}"
    );
    assert!(
        text.contains(&row.token) && !text.contains("Tệp đính kèm"),
        "{text}"
    );
    // Saturday and Sunday nobody is reminded; on Monday it is the second and last time.
    for (days, expected) in [(2, 0), (1, 0), (1, 2), (1, 0), (30, 0)] {
        if expected > 0 {
            on_paper(&office, "A2", document).await;
        }
        pass(days * DAY);
        assert_eq!(reminded(&office).await.len(), expected, "{}", now());
    }
    let next = office.publish("day").await;
    assert_eq!(
        next.edition.state,
        EditionState::Empty,
        "a reminder leaves nothing owed"
    );
}

#[tokio::test]
async fn what_is_withdrawn_or_whose_reader_pauses_is_not_asked_for() {
    let office = office().await;
    reminded(&office).await;
    let document = office.document("23-CT/TW", |_| {}).await;
    office.publish("day").await;
    office.deliver().await;
    let mut tx = office.ledger.begin().await.unwrap();
    phobien::ledger::matters::pause_member(&mut tx, "A2", true)
        .await
        .unwrap();
    tx.commit().await.unwrap();
    let order = |seconds: i64| {
        let at = now() + chrono::TimeDelta::seconds(seconds);
        let schedule = publish::reminder_schedule(&office.config).unwrap();
        let slot = Slot {
            nominal_at: at,
            due_at: at,
        };
        Order::of(&schedule, slot, false)
    };
    pass(3 * DAY);
    let first = office.order(&order(0)).await.edition;
    assert_eq!(first.total, 3, "A1, A3, B1");
    let mut tx = office.ledger.begin().await.unwrap();
    decisions::stand(&mut tx, document, Standing::Withdrawn)
        .await
        .unwrap();
    tx.commit().await.unwrap();
    let tally = office.deliver().await;
    assert_eq!(
        (tally.sent, tally.cancelled),
        (0, 3),
        "it waited and goes no more"
    );
    let press = publish::Press {
        config: &office.config,
        logo: None,
    };
    let made_up = publish::make_up_orders(&office.ledger, press.config, now()).await;
    assert!(
        made_up.unwrap().is_empty(),
        "nothing makes up for a reminder"
    );
    pass(9 * DAY);
    assert_eq!(office.order(&order(1)).await.edition.total, 0);
}
