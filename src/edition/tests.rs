//! Owns the table of who is owed what: one line a case of design §4. It refuses to know more of
//! the ledger than the facts of the case.

use super::*;

const DAY: i64 = 86_400;

fn at(day: i64) -> DateTime<Utc> {
    DateTime::from_timestamp(day * DAY, 0).unwrap()
}

/// Documents by number: 1 everyone, 2 replaces 1 (same chain), 3 for CB1, 4 for officers,
/// 5 withdrawn, 6 waiting, 7 known before, 8 accepted long ago (day 10; all others on day 100).
fn candidates() -> Vec<Candidate> {
    let standing = |n| match n {
        1 => Standing::Superseded,
        5 => Standing::Withdrawn,
        6 => Standing::Waiting,
        7 => Standing::Known,
        _ => Standing::Accepted,
    };
    let audience = |n| match n {
        3 => Audience::Branch(BranchCode("CB1".into())),
        4 => Audience::Officers,
        _ => Audience::Everyone,
    };
    (1..=8)
        .map(|n| Candidate {
            document: DocumentId(n),
            chain: DocumentId(if n == 2 { 1 } else { n }),
            standing: standing(n),
            audience: audience(n),
            accepted_at: at(if n == 8 { 10 } else { 100 }),
            annex_of: None,
        })
        .collect()
}

fn recipient(text: &str) -> Recipient {
    let mut words = text.split(' ');
    Recipient {
        kind: words.next().unwrap().parse().unwrap(),
        branch: BranchCode(words.next().unwrap().into()),
        first_seen: at(words.next().unwrap().parse().unwrap()),
        officer: words.next().and_then(|w| match w {
            "secretary" => Some(Officer::Secretary),
            "deputy" => Some(Officer::Deputy),
            _ => None,
        }),
    }
}

/// `2:new:sent` or `2:new:pending?` (ever in doubt).
fn told(text: &str) -> Vec<Told> {
    let one = |word: &str| {
        let parts: Vec<&str> = word.split(':').collect();
        let document = parts[0].parse().unwrap();
        Told {
            document: DocumentId(document),
            chain: DocumentId(if document == 2 { 1 } else { document }),
            note: parts[1].parse().unwrap(),
            state: parts[2].trim_end_matches('?').parse().unwrap(),
            maybe_arrived: parts[2].ends_with('?'),
            unreached: parts[2] == "failed" && parts.get(3) == Some(&"unreached"),
        }
    };
    text.split_whitespace().map(one).collect()
}

fn case(who: &str, had: &str, content: Content) -> String {
    let since = (content == Content::Period).then(|| at(50));
    let question = Question {
        content,
        since,
        new_member_days: 30,
    };
    owed(&candidates(), &recipient(who), &told(had), &question)
        .iter()
        .map(|e| format!("{}:{}", e.document.0, e.note))
        .collect::<Vec<_>>()
        .join(" ")
}

#[test]
fn every_case_of_owed() {
    let all = "2:new 8:new";
    for (why, who, had, expected) in [
        (
            "a member of old is owed what is accepted",
            "member CB2 1",
            "",
            all,
        ),
        (
            "a branch audience reaches its own",
            "member CB1 1",
            "",
            "2:new 3:new 8:new",
        ),
        (
            "moved away: the branch's document no more",
            "member CB2 1",
            "2:new:sent 8:new:sent",
            "",
        ),
        (
            "officers get theirs",
            "member CB2 1 deputy",
            "",
            "2:new 4:new 8:new",
        ),
        (
            "a branch counts as officers",
            "branch CB2 1",
            "",
            "2:new 4:new 8:new",
        ),
        (
            "a new member is owed only the recent",
            "member CB2 90",
            "",
            "2:new",
        ),
        (
            "who came back keeps first_seen",
            "member CB2 1",
            "8:new:sent",
            "2:new",
        ),
        (
            "pending covers",
            "member CB2 1",
            "2:new:pending 8:new:sending",
            "",
        ),
        (
            "deferred covers",
            "member CB2 1",
            "2:new:deferred 8:new:sent",
            "",
        ),
        (
            "unknown covers",
            "member CB2 1",
            "2:new:unknown? 8:new:sent",
            "",
        ),
        (
            "failed does not cover",
            "member CB2 1",
            "2:new:failed 8:new:sent",
            "2:new",
        ),
        (
            "bounced does not cover",
            "member CB2 1",
            "2:new:bounced 8:new:sent",
            "2:new",
        ),
        (
            "cancelled does not cover",
            "member CB2 1",
            "2:new:cancelled 8:new:sent",
            "2:new",
        ),
        (
            "failed once, sent later",
            "member CB2 1",
            "2:new:failed 2:new:sent 8:new:sent",
            "",
        ),
        (
            "had version 1: a correction",
            "member CB2 1",
            "1:new:sent 8:new:sent",
            "2:correction",
        ),
        (
            "version 1 in doubt: a correction",
            "member CB2 1",
            "1:new:unknown? 8:new:sent",
            "2:correction",
        ),
        (
            "version 1 pending again after doubt",
            "member CB2 1",
            "1:new:pending? 8:new:sent",
            "2:correction",
        ),
        (
            "version 1 never left: new",
            "member CB2 1",
            "1:new:cancelled 8:new:sent",
            "2:new",
        ),
        (
            "version 1 failed: new",
            "member CB2 1",
            "1:new:failed 8:new:sent",
            "2:new",
        ),
        (
            "withdrawn: a notice to who has it",
            "member CB2 1",
            "5:new:sent 2:new:sent 8:new:sent",
            "5:withdrawn",
        ),
        (
            "withdrawn, in doubt: a notice",
            "member CB2 1",
            "5:new:unknown? 2:new:sent 8:new:sent",
            "5:withdrawn",
        ),
        (
            "withdrawn, never sent: nothing",
            "member CB2 1",
            "5:new:cancelled 2:new:sent 8:new:sent",
            "",
        ),
        (
            "the notice went: nothing",
            "member CB2 1",
            "5:new:sent 5:withdrawn:sent 2:new:sent 8:new:sent",
            "",
        ),
        (
            "the notice failed: again",
            "member CB2 1",
            "5:new:sent 5:withdrawn:failed 2:new:sent 8:new:sent",
            "5:withdrawn",
        ),
        (
            "audience narrowed: nothing more",
            "member CB2 1",
            "2:new:sent 8:new:sent 3:new:failed",
            "",
        ),
        (
            "branch with two officers: one address covers",
            "branch CB2 1",
            "2:new:sent 2:new:failed 4:new:sent 8:new:sent",
            "",
        ),
        (
            "branch: all addresses failed",
            "branch CB2 1",
            "2:new:failed 2:new:failed 4:new:sent 8:new:sent",
            "2:new",
        ),
        (
            "two schedules: the first covers",
            "member CB2 1",
            "2:new:sent 8:new:pending",
            "",
        ),
    ] {
        assert_eq!(case(who, had, Content::Owed), expected, "{why}");
    }
}

#[test]
fn a_round_up_lists_the_period_and_marks_what_was_sent() {
    let all = case("member CB1 1", "2:new:sent", Content::Period);
    assert_eq!(
        all, "2:again 3:listed",
        "8 is older than the period, 7 was known before"
    );
    assert_eq!(
        case("member CB2 99", "2:new:failed", Content::Period),
        "2:listed"
    );
}

#[test]
fn an_unreachable_recipient_is_recorded_once_a_version() {
    let question = Question {
        content: Content::Owed,
        since: None,
        new_member_days: 30,
    };
    let had = told("2:new:failed:unreached");
    let entries = owed(&candidates(), &recipient("member CB2 1"), &had, &question);
    assert_eq!(entries.len(), 2, "both are still owed");
    let fresh = unrecorded(entries, &had);
    assert_eq!(fresh.iter().map(|e| e.document.0).collect::<Vec<_>>(), [8]);
}

/// Document 1 has the annex 9; what a member is owed of the two, by how 1 stands and what was told.
#[test]
fn an_annex_travels_with_its_document_and_follows_it_alone() {
    for (standing, had, owes) in [
        (Standing::Accepted, "", "1:new 9:annex"),
        (Standing::Accepted, "1:new:sent", "9:new"),
        (Standing::Accepted, "1:new:failed", "1:new 9:annex"),
        (Standing::Accepted, "1:new:sent 9:annex:sent", ""),
        (Standing::Accepted, "1:new:sent 9:new:failed", "9:new"),
        (Standing::Known, "", "9:new"),
        (Standing::Superseded, "", ""),
        (Standing::Withdrawn, "", ""),
    ] {
        let mut all: Vec<Candidate> = candidates().drain(..1).collect();
        all[0].standing = standing;
        all.push(Candidate {
            document: DocumentId(9),
            chain: DocumentId(9),
            standing: Standing::Accepted,
            annex_of: Some(DocumentId(1)),
            ..all[0].clone()
        });
        let question = Question {
            content: Content::Owed,
            since: None,
            new_member_days: 30,
        };
        let told = if had.is_empty() {
            Vec::new()
        } else {
            told(had)
        };
        let entries = owed(&all, &recipient("member CB1 50"), &told, &question);
        let said: Vec<String> = entries
            .iter()
            .map(|e| format!("{}:{}", e.document.0, e.note.word()))
            .collect();
        assert_eq!(said.join(" "), owes, "{standing} {had}");
        let unreached = unrecorded(entries, &self::told("1:new:failed"));
        assert!(unreached.iter().any(|e| e.note != Note::Annex) || unreached.is_empty());
    }
}
