//! Owns what the port promises, one promise a function, on whatever ledger it is tried.

use super::*;

pub(super) async fn claims_come_in_order_and_no_more_than_asked<S: Subject>() {
    let subject = S::new().await;
    let late = subject.publish(-10, false, &["A1", "A2"]).await;
    let early = subject.publish(-20, false, &["A3"]).await;
    let urgent = subject.publish(-5, true, &["B1"]).await;
    let turned = subject.outbox().turn(&claiming(3), now()).await.unwrap();
    assert_eq!(
        addresses(&turned),
        ["b1@a.example", "a3@a.example", "a1@a.example"]
    );
    let editions: Vec<_> = turned.claims.iter().map(|c| c.edition).collect();
    assert_eq!(editions, [urgent, early, late]);
    for claim in &turned.claims {
        let row = subject.row(claim.delivery).await;
        assert_eq!(row.progress, claim.progress);
        assert_eq!(row.progress.state, State::Sending);
    }
    let rest = subject.outbox().turn(&claiming(9), now()).await.unwrap();
    assert_eq!(addresses(&rest), ["a2@a.example"]);
    let none = subject.outbox().turn(&claiming(9), now()).await.unwrap();
    assert!(none.claims.is_empty() && none.closed.is_empty());
}

pub(super) async fn what_is_not_due_or_paused_waits<S: Subject>() {
    let subject = S::new().await;
    subject.publish(10, false, &["A1"]).await;
    let paused = subject.publish(0, false, &["A2"]).await;
    let pause = Turn {
        pauses: vec![Pause {
            edition: paused,
            why: "test".into(),
            detail: "test".into(),
        }],
        ..claiming(9)
    };
    let outbox = subject.outbox();
    assert!(outbox.turn(&pause, now()).await.unwrap().claims.is_empty());
    let turned = outbox.turn(&claiming(9), later(10)).await.unwrap();
    assert_eq!(addresses(&turned), ["a1@a.example"]);
    subject.resume(paused).await;
    let turned = outbox.turn(&claiming(9), later(10)).await.unwrap();
    assert_eq!(addresses(&turned), ["a2@a.example"]);
}

pub(super) async fn who_left_and_what_is_stale_is_stopped<S: Subject>() {
    let subject = S::new().await;
    let first = subject.publish(-2, false, &["A1", "A2", "A3"]).await;
    let second = subject.publish(-1, false, &["B1"]).await;
    subject.leave("A2").await;
    subject.withdraw(second).await;
    let turned = subject.outbox().turn(&claiming(3), now()).await.unwrap();
    assert_eq!(addresses(&turned), ["a1@a.example", "a3@a.example"]);
    let stopped: Vec<_> = turned
        .stopped
        .iter()
        .map(|s| (s.edition, &*s.why))
        .collect();
    assert_eq!(stopped, [(first, "left"), (second, "withdrawn")]);
    assert_eq!(turned.closed, [(second, EditionState::Partly)]);
    let row = subject.row(turned.claims[0].delivery + 1).await;
    assert_eq!(row.progress.state, State::Cancelled);
    assert_eq!(row.reply.as_deref(), Some("left"));
}

pub(super) async fn what_may_have_arrived_is_held_when_it_is_stopped<S: Subject>() {
    let subject = S::new().await;
    subject.publish(0, false, &["A1"]).await;
    let outbox = subject.outbox();
    let claim = outbox
        .turn(&claiming(1), now())
        .await
        .unwrap()
        .claims
        .remove(0);
    outbox.find_abandoned(false, now()).await.unwrap();
    subject.leave("A1").await;
    let turned = outbox.turn(&claiming(1), now()).await.unwrap();
    assert_eq!((turned.claims.len(), turned.stopped.len()), (0, 1));
    let row = subject.row(claim.delivery).await;
    assert_eq!(row.progress.state, State::Unknown);
    assert_eq!(row.progress.next_attempt_at, None, "held");
}

pub(super) async fn only_what_is_sending_can_be_settled<S: Subject>() {
    let subject = S::new().await;
    subject.publish(0, false, &["A1"]).await;
    let outbox = subject.outbox();
    let claim = outbox
        .turn(&claiming(1), now())
        .await
        .unwrap()
        .claims
        .remove(0);
    let done = settled(&claim, State::Sent);
    outbox
        .turn(&settling(vec![done.clone()]), now())
        .await
        .unwrap();
    assert!(outbox.turn(&settling(vec![done]), now()).await.is_err());
}

pub(super) async fn after_an_error_nothing_happened<S: Subject>() {
    let subject = S::new().await;
    subject.publish(0, false, &["A1", "A2"]).await;
    let outbox = subject.outbox();
    let claim = outbox
        .turn(&claiming(1), now())
        .await
        .unwrap()
        .claims
        .remove(0);
    let done = settled(&claim, State::Sent);
    let twice = Turn {
        most: 9,
        server: Some(Server::Troubled("test".into())),
        ..settling(vec![done.clone(), done])
    };
    assert!(outbox.turn(&twice, now()).await.is_err());
    assert_eq!(subject.row(claim.delivery).await.progress, claim.progress);
    let queue = outbox.queue().await.unwrap();
    assert_eq!((queue.pending, queue.sending), (1, 1));
    assert!(subject.attention().await.is_empty());
}

pub(super) async fn a_settlement_is_kept_whole<S: Subject>() {
    let subject = S::new().await;
    subject.publish(0, false, &["A1"]).await;
    let outbox = subject.outbox();
    let claim = outbox
        .turn(&claiming(1), now())
        .await
        .unwrap()
        .claims
        .remove(0);
    let mut done = until(&claim, State::Unknown, later(60));
    done.progress.first_reply_at = Some(later(1));
    outbox
        .turn(&settling(vec![done.clone()]), now())
        .await
        .unwrap();
    let row = subject.row(claim.delivery).await;
    assert_eq!(row.progress, done.progress);
    assert_eq!(row.reply.as_deref(), Some("said so"));
    let again = outbox.turn(&claiming(1), later(60)).await.unwrap();
    let progress = Progress {
        state: State::Sending,
        next_attempt_at: None,
        ..done.progress
    };
    assert_eq!(again.claims[0].progress, progress);
    assert_eq!(again.claims[0].token, claim.token, "the same letter");
}

pub(super) async fn what_has_its_time_comes_back<S: Subject>() {
    let subject = S::new().await;
    subject.publish(0, false, &["A1", "A2", "A3"]).await;
    let outbox = subject.outbox();
    let claims = outbox.turn(&claiming(9), now()).await.unwrap().claims;
    let done = vec![
        until(&claims[0], State::Deferred, later(60)),
        until(&claims[1], State::Unknown, later(61)),
        settled(&claims[2], State::Unknown),
    ];
    outbox.turn(&settling(done), now()).await.unwrap();
    let turned = async |at| outbox.turn(&claiming(9), later(at)).await.unwrap();
    assert!(turned(59).await.claims.is_empty());
    assert_eq!(addresses(&turned(60).await), ["a1@a.example"]);
    assert_eq!(addresses(&turned(61).await), ["a2@a.example"]);
    assert!(turned(1_000_000).await.claims.is_empty(), "one is held");
}

pub(super) async fn two_hard_failures_of_different_editions_hold_an_address<S: Subject>() {
    let subject = S::new().await;
    let outbox = subject.outbox();
    let fail = async || {
        let mut claims = outbox.turn(&claiming(1), now()).await.unwrap().claims;
        let mut done = settled(&claims.remove(0), State::Failed);
        done.hard = true;
        outbox.turn(&settling(vec![done]), now()).await.unwrap();
    };
    subject.publish(-9, false, &["A1", "A1"]).await;
    subject.publish(-8, false, &["A1"]).await;
    fail().await;
    fail().await;
    assert!(!subject.is_held("A1").await, "one edition counts once");
    fail().await;
    assert!(subject.is_held("A1").await);
    assert!(!subject.is_held("A2").await);
}

pub(super) async fn an_edition_ends_when_nothing_waits<S: Subject>() {
    let subject = S::new().await;
    let all = subject.publish(-3, false, &["A1"]).await;
    let part = subject.publish(-2, false, &["A1", "A2"]).await;
    let wait = subject.publish(-1, false, &["A1", "A2"]).await;
    let outbox = subject.outbox();
    let claims = outbox.turn(&claiming(9), now()).await.unwrap().claims;
    let mut done: Vec<_> = claims.iter().map(|c| settled(c, State::Sent)).collect();
    done[1] = settled(&claims[1], State::Unknown);
    done[3] = until(&claims[3], State::Unknown, later(5));
    let turned = outbox.turn(&settling(done), now()).await.unwrap();
    let ends = [(all, EditionState::Sent), (part, EditionState::Partly)];
    assert_eq!(turned.closed, ends);
    assert_eq!(subject.state(all).await, EditionState::Sent);
    assert_eq!(subject.state(part).await, EditionState::Partly);
    assert_eq!(subject.state(wait).await, EditionState::Open);
}

pub(super) async fn an_edition_is_looked_at_when_the_queue_runs_dry<S: Subject>() {
    let subject = S::new().await;
    let first = subject.publish(-2, false, &["A1"]).await;
    let second = subject.publish(-1, false, &["A1", "A2"]).await;
    let outbox = subject.outbox();
    let claim = outbox
        .turn(&claiming(1), now())
        .await
        .unwrap()
        .claims
        .remove(0);
    let full = Turn {
        most: 1,
        ..settling(vec![settled(&claim, State::Sent)])
    };
    let turned = outbox.turn(&full, now()).await.unwrap();
    assert_eq!((turned.claims.len(), turned.closed.len()), (1, 0));
    let untouched = Turn {
        most: 9,
        ..Turn::default()
    };
    let turned = outbox.turn(&untouched, now()).await.unwrap();
    assert_eq!((turned.claims.len(), turned.closed.len()), (1, 0));
    // Whoever claims nothing while nothing is out looks at all that is open.
    let turned = outbox.turn(&claiming(9), now()).await.unwrap();
    assert_eq!(turned.closed, [(first, EditionState::Sent)]);
    assert_eq!(subject.state(second).await, EditionState::Open);
}

pub(super) async fn a_pause_and_the_server_are_told<S: Subject>() {
    let subject = S::new().await;
    let edition = subject.publish(0, false, &["A1"]).await;
    let outbox = subject.outbox();
    let pause = Pause {
        edition,
        why: "test".into(),
        detail: "mend it".into(),
    };
    let bad = Turn {
        pauses: vec![pause],
        server: Some(Server::Troubled("away".into())),
        ..Turn::default()
    };
    outbox.turn(&bad, now()).await.unwrap();
    assert_eq!(subject.state(edition).await, EditionState::Paused);
    let told = |what: &str, about: String| (what.to_owned(), about);
    let paused = told("paused", edition.to_string());
    let mut attention = subject.attention().await;
    attention.sort();
    assert_eq!(attention, [paused.clone(), told("server", "smtp".into())]);
    let good = Turn {
        server: Some(Server::Well),
        ..Turn::default()
    };
    outbox.turn(&good, now()).await.unwrap();
    assert_eq!(subject.attention().await, [paused]);
}

pub(super) async fn what_has_ended_is_not_paused<S: Subject>() {
    let subject = S::new().await;
    let edition = subject.publish(0, false, &["A1"]).await;
    subject.withdraw(edition).await;
    let ended = subject.outbox().turn(&claiming(9), now()).await.unwrap();
    assert_eq!(ended.closed, [(edition, EditionState::Partly)]);
    let late = Turn {
        pauses: vec![Pause {
            edition,
            why: "test".into(),
            detail: "mend it".into(),
        }],
        ..Turn::default()
    };
    subject.outbox().turn(&late, now()).await.unwrap();
    assert_eq!(subject.state(edition).await, EditionState::Partly);
    assert_eq!(subject.attention().await, []);
}

pub(super) async fn what_the_server_taught_is_kept_until_it_teaches_more<S: Subject>() {
    let subject = S::new().await;
    let outbox = subject.outbox();
    assert_eq!(outbox.learnt().await.unwrap(), None);
    for words in ["slow", "slower"] {
        let news = Turn {
            learnt: Some(words.into()),
            ..Turn::default()
        };
        outbox.turn(&news, now()).await.unwrap();
        outbox.turn(&claiming(1), now()).await.unwrap();
        assert_eq!(outbox.learnt().await.unwrap().as_deref(), Some(words));
    }
}

pub(super) async fn what_was_taken_lately_is_counted<S: Subject>() {
    let subject = S::new().await;
    subject.publish(0, false, &["A1", "A2", "A3"]).await;
    let outbox = subject.outbox();
    assert_eq!(outbox.taken_since(now()).await.unwrap(), 0);
    let early = outbox.turn(&claiming(1), now()).await.unwrap().claims;
    let late = outbox.turn(&claiming(2), later(60)).await.unwrap().claims;
    // One of them is still under way.
    let done: Vec<_> = early
        .iter()
        .chain(&late[1..])
        .map(|claim| settled(claim, State::Sent))
        .collect();
    outbox.turn(&settling(done), later(61)).await.unwrap();
    assert_eq!(outbox.taken_since(now()).await.unwrap(), 2);
    assert_eq!(outbox.taken_since(later(1)).await.unwrap(), 1);
    outbox
        .turn(&settling(vec![settled(&late[0], State::Sent)]), later(62))
        .await
        .unwrap();
    assert_eq!(
        outbox.taken_since(later(1)).await.unwrap(),
        2,
        "the edition is at its end, and counts"
    );
    assert_eq!(outbox.taken_since(later(63)).await.unwrap(), 0);
}

pub(super) async fn what_a_crash_left_is_doubt<S: Subject>() {
    let subject = S::new().await;
    subject.publish(0, false, &["A1", "A2", "A3"]).await;
    let outbox = subject.outbox();
    let claims = outbox.turn(&claiming(2), now()).await.unwrap().claims;
    assert_eq!(outbox.find_abandoned(false, later(5)).await.unwrap(), 2);
    let row = subject.row(claims[0].delivery).await.progress;
    assert_eq!((row.state, row.maybe_arrived), (State::Unknown, true));
    assert_eq!((row.attempts, row.doubts), (1, 0), "no doubt of the wire");
    assert_eq!(row.next_attempt_at, Some(later(5)));
    let again = outbox.turn(&claiming(9), later(5)).await.unwrap();
    assert_eq!(again.claims.len(), 3);
    assert_eq!(again.claims[0].token, claims[0].token);
    assert_eq!(outbox.find_abandoned(false, later(6)).await.unwrap(), 3);
    assert_eq!(outbox.find_abandoned(false, later(6)).await.unwrap(), 0);
}

pub(super) async fn what_a_crash_left_can_be_held<S: Subject>() {
    let subject = S::new().await;
    let edition = subject.publish(0, false, &["A1"]).await;
    let outbox = subject.outbox();
    let claims = outbox.turn(&claiming(1), now()).await.unwrap().claims;
    assert_eq!(outbox.find_abandoned(true, now()).await.unwrap(), 1);
    let row = subject.row(claims[0].delivery).await.progress;
    assert_eq!((row.state, row.next_attempt_at), (State::Unknown, None));
    let turned = outbox.turn(&claiming(1), later(9)).await.unwrap();
    assert_eq!(turned.closed, [(edition, EditionState::Partly)]);
}

pub(super) async fn the_next_time_is_the_nearest<S: Subject>() {
    let subject = S::new().await;
    let outbox = subject.outbox();
    let next = async |at| outbox.next_time(later(at)).await.unwrap();
    assert_eq!(next(0).await, None);
    subject.publish(50, false, &["A1"]).await;
    let open = subject.publish(0, false, &["A1", "A2"]).await;
    assert_eq!(next(0).await, Some(later(50)));
    assert_eq!(next(50).await, None, "what is due waits for nothing");
    let claims = outbox.turn(&claiming(9), now()).await.unwrap().claims;
    let done = vec![
        until(&claims[0], State::Deferred, later(30)),
        until(&claims[1], State::Unknown, later(20)),
    ];
    outbox.turn(&settling(done), now()).await.unwrap();
    assert_eq!(next(0).await, Some(later(20)));
    assert_eq!(
        next(25).await,
        Some(later(20)),
        "past, and still waited for"
    );
    let pause = Turn {
        pauses: vec![Pause {
            edition: open,
            why: "test".into(),
            detail: "test".into(),
        }],
        ..Turn::default()
    };
    outbox.turn(&pause, now()).await.unwrap();
    assert_eq!(
        next(0).await,
        Some(later(50)),
        "a paused edition has no time"
    );
}

pub(super) async fn the_queue_counts_what_waits<S: Subject>() {
    let subject = S::new().await;
    subject.publish(-2, false, &["A1", "A2", "A3", "B1"]).await;
    let paused = subject.publish(-1, false, &["A1", "A2"]).await;
    let outbox = subject.outbox();
    let claims = outbox.turn(&claiming(4), now()).await.unwrap().claims;
    let done = vec![
        settled(&claims[0], State::Sent),
        until(&claims[1], State::Deferred, later(9)),
        settled(&claims[2], State::Unknown),
    ];
    let pause = Pause {
        edition: paused,
        why: "test".into(),
        detail: "test".into(),
    };
    let turn = Turn {
        pauses: vec![pause],
        ..settling(done)
    };
    outbox.turn(&turn, now()).await.unwrap();
    let queue = outbox.queue().await.unwrap();
    assert_eq!((queue.pending, queue.paused), (2, 2));
    assert_eq!((queue.sending, queue.deferred, queue.unknown), (1, 1, 1));
}

pub(super) async fn a_sheet_is_the_edition_s_own<S: Subject>() {
    let subject = S::new().await;
    subject.publish(0, false, &["A1"]).await;
    let outbox = subject.outbox();
    let claim = outbox
        .turn(&claiming(1), now())
        .await
        .unwrap()
        .claims
        .remove(0);
    let stored = outbox.sheet(claim.bundle).await.unwrap();
    assert_eq!(stored.sheet, b"sheet of e-1");
    assert_eq!(stored.envelope, "envelope of e-1");
}
