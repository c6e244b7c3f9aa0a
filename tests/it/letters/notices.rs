//! Owns the tests of letters that ask for an answer and of those to the office: hostile words stay
//! words, and everything fits a mail reader. It refuses to know when such letters go.

use chrono::DateTime;
use phobien::edition::{EditionId, EditionState, Note};
use phobien::letter::Because;
use phobien::letter::office::{Concern, Ended, Letters, Missed, Summary, compose_summary};
use phobien::letter::{Frame, Occasion, Personal, compose};
use phobien::organisation::{Language, RecipientKind};

use super::office::{Files, day, frame, item, member, sender, words};
use super::wire::{assert_wire, one_mailbox, parse};
use phobien::document::Format;

const HOSTILE: &str =
    "<img src=x onerror=alert(1)>&\"'\r\nBcc: x@y.vn\u{f0002}\u{f0000}=?utf-8?B?x?=";

/// The values of every `href` of a page.
fn links(html: &str) -> Vec<String> {
    let found = html.split("href=\"").skip(1);
    found
        .map(|rest| rest.split('"').next().unwrap_or("").to_owned())
        .collect()
}

#[test]
fn the_answer_is_one_link_whatever_the_documents_are_called() {
    let (words, sender, mut files) = (words(), sender(), Files::new());
    let items: Vec<_> = (0..40)
        .map(|n| {
            let file = files.add("a.pdf", Format::PdfText, 100);
            let mut item = item("", "Chỉ thị", "2020-01-01", HOSTILE, HOSTILE, file);
            item.facts.symbol = None;
            item.file.name = format!("{n} {HOSTILE}");
            item
        })
        .collect();
    for language in [Language::Vi, Language::En] {
        for occasion in [Occasion::Regular, Occasion::Reminder] {
            let frame = Frame {
                confirm_by: Some(day("2020-03-13")),
                occasion,
                language,
                ..frame(&words, &sender)
            };
            let sheet = compose(&frame, &items).expect("sheet");
            let personal = member("Trần Mai Nga");
            let message = files.message(&sheet, &personal);
            assert_wire(&message);
            let parsed = parse(&message);
            let html = parsed.body_html(0).expect("html");
            let links = links(&html);
            assert_eq!(links.len(), 1, "{links:?}");
            let link = links[0].replace("&#38;", "&").replace("&amp;", "&");
            let token = personal.message_id.split('@').next().unwrap();
            assert!(
                link.starts_with("mailto:tra-loi@dangbo.example?subject="),
                "{link}"
            );
            assert!(link.contains(&format!("%5b{token}%5d&body=")), "{link}");
            let plain = |c: char| c.is_ascii_alphanumeric() || "%&=?:@._-+".contains(c);
            assert!(link.chars().all(plain) && link.len() < 2000, "{link}");
            assert_eq!(link.matches('&').count(), 1);
            let text = parsed.body_text(0).expect("text");
            assert_eq!(text.matches(token).count(), 1, "{text}");
            assert_eq!(html.matches(token).count(), 1);
            let asks = text.contains("13/3/2020") || text.contains("13 March 2020");
            assert_eq!(asks, occasion == Occasion::Regular, "{text}");
            assert!(!html.contains("<img src=x"));
        }
    }
    let silent = compose(&frame(&words, &sender), &items).expect("sheet");
    let html = silent.html(&member("x")).expect("html");
    assert!(links(&html).is_empty(), "who is not asked finds no link");
}

fn summary(editions: usize, missed: usize, text: &str) -> Summary {
    let at = DateTime::parse_from_rfc3339("2020-03-09T17:00:00+07:00").expect("date");
    let one = |n: usize| Ended {
        id: EditionId(n as i64),
        schedule: text.to_owned(),
        due: at,
        state: EditionState::ALL[n % EditionState::ALL.len()],
        late: n.is_multiple_of(2),
        why: text.to_owned(),
        documents: vec![text.to_owned(); 40],
        letters: Letters {
            sent: 7,
            failed: missed as u64,
            ..Letters::default()
        },
        missed: (0..missed)
            .map(|_| Missed {
                branch: text.to_owned(),
                who: text.to_owned(),
                why: Because::NoMailbox("550 5.1.1".to_owned()),
            })
            .collect(),
        missed_more: 3,
    };
    Summary {
        day: (editions != 1).then_some((at, at)),
        editions: (0..editions).map(one).collect(),
        editions_more: 2,
        concerns: (0..20)
            .map(|_| Concern {
                detail: text.repeat(9),
                since: at,
            })
            .collect(),
        concerns_more: 1,
        events: 12,
        head: "ab".repeat(32),
    }
}

#[test]
fn a_summary_takes_every_word_for_a_word_and_fits() {
    let (words, sender, files) = (words(), sender(), Files::new());
    let personal = Personal {
        to_name: String::new(),
        ..member("Văn phòng")
    };
    for language in [Language::Vi, Language::En] {
        for (editions, missed) in [(0, 0), (1, 25), (12, 8)] {
            let frame = Frame {
                kind: RecipientKind::Office,
                language,
                ..frame(&words, &sender)
            };
            let summary = summary(editions, missed, HOSTILE);
            let sheet = compose_summary(&frame, &summary).expect("sheet");
            assert!(sheet.subject().chars().count() <= 78, "{}", sheet.subject());
            let message = files.message(&sheet, &personal);
            assert_wire(&message);
            let parsed = parse(&message);
            assert_eq!(parsed.subject(), Some(sheet.subject()));
            assert_eq!(one_mailbox(parsed.to()).1, personal.to_address);
            assert!(parsed.header("List-Unsubscribe").is_none() && parsed.header("Bcc").is_none());
            let html = parsed.body_html(0).expect("html");
            assert!(
                html.len() < 100 * 1024,
                "{editions} {missed}: {}",
                html.len()
            );
            assert!(!html.contains("<img") && !html.contains("http"), "{html}");
            assert!(html.contains(&format!("lang=\"{language}\"")));
            let text = parsed.body_text(0).expect("text");
            assert!(text.contains(&summary.head) && html.contains(&summary.head));
            assert!(
                text.lines()
                    .all(|line| line.chars().count() <= 78 || !line.contains(' '))
            );
            let line = text.split_whitespace().collect::<Vec<_>>().join(" ");
            assert_eq!(line.matches("550 5.1.1").count(), editions * missed);
        }
    }
}

#[test]
fn a_notice_of_withdrawal_asks_for_no_confirmation_of_it() {
    let (words, sender, mut files) = (words(), sender(), Files::new());
    let mut items = super::office::week(&mut files);
    let last = items.len() - 1;
    items[last].note = Note::Withdrawn;
    let frame = Frame {
        confirm_by: Some(day("2020-03-13")),
        ..frame(&words, &sender)
    };
    let html = compose(&frame, &items).expect("sheet");
    let html = html.html(&member("Trần Mai Nga")).expect("html");
    let link = links(&html).remove(0);
    assert!(!link.contains("06%2DBC"), "{link}");
}
