//! Owns the words of the letter to the office, in both languages. It refuses to know its page.

use super::{Ended, Letters, Summary};
use crate::edition::EditionState;
use crate::letter::wording::say;
use crate::letter::{Frame, text, wording};
use crate::organisation::Language;

/// Characters that mail readers show of a subject.
const SHOWN: usize = 78;

/// What the office sees before opening: which, how many of how many, and whether it must act.
pub(super) fn subject(summary: &Summary, frame: &Frame<'_>) -> String {
    let language = frame.language;
    let letters: Letters = summary.editions.iter().map(|e| e.letters).sum();
    let paused = |e: &Ended| e.state == EditionState::Paused;
    if summary.is_notice() {
        let count = summary.concerns.len() as u64 + summary.concerns_more;
        let first = summary.concerns.first().map_or("", |c| c.detail.as_str());
        let first = text::clean(first, SHOWN);
        let words = match language {
            Language::Vi => format!("[Việc cần xử lý] {count:02} việc: {first}"),
            Language::En => format!("[To attend to] {count}: {first}"),
        };
        return text::cut(&words, SHOWN);
    }
    let tag = match summary.day {
        Some(_) => say(language, "Tổng hợp gửi", "Daily summary"),
        None if summary.editions.iter().any(paused) => {
            say(language, "Tạm dừng gửi", "Delivery paused")
        }
        None => say(language, "Kết quả gửi", "Delivery report"),
    };
    let what = match (&summary.day, &summary.editions[..]) {
        (Some((_, until)), _) => wording::day(until.date_naive(), language),
        (None, [one]) => {
            let day = wording::day(one.due.date_naive(), language);
            format!("{} {day}", text::clean(&one.schedule, SHOWN))
        }
        (None, several) => match language {
            Language::Vi => format!("{:02} đợt gửi", several.len()),
            Language::En => format!("{} editions", several.len()),
        },
    };
    text::cut(
        &format!("[{tag}] {what}: {}", in_short(summary, letters, language)),
        SHOWN,
    )
}

fn in_short(summary: &Summary, letters: Letters, language: Language) -> String {
    let (sent, all, unsent) = (letters.sent, letters.all(), letters.unsent());
    let mut parts = vec![match (all, language) {
        (0, Language::Vi) => "không có thư gửi đi".to_owned(),
        (0, Language::En) => "nothing was sent".to_owned(),
        (_, Language::Vi) => format!("đã gửi {sent}/{all}"),
        (_, Language::En) => format!("{sent} of {all} sent"),
    }];
    let concerns = summary.concerns.len() as u64 + summary.concerns_more;
    match language {
        Language::Vi => {
            parts.extend((unsent > 0).then(|| format!("chưa tới {unsent}")));
            parts.extend((concerns > 0).then(|| format!("{concerns} việc cần xử lý")));
        }
        Language::En => {
            parts.extend((unsent > 0).then(|| format!("{unsent} not reached")));
            parts.extend((concerns > 0).then(|| format!("{concerns} to attend to")));
        }
    }
    parts.join(", ")
}

/// The first sentence: all of it in one line.
pub(super) fn opening(summary: &Summary, language: Language) -> String {
    let letters: Letters = summary.editions.iter().map(|e| e.letters).sum();
    let editions = summary.editions.len() as u64 + summary.editions_more;
    let (sent, all) = (letters.sent, letters.all());
    if summary.is_notice() {
        let (vi, en) = (
            "Có việc mới phát sinh cần Văn phòng xử lý. Mỗi việc chỉ báo một lần; toàn bộ việc còn \
             lại xem bằng lệnh `phobien status`.",
            "Something new needs the office. Each matter is told of once; all that are open: \
             `phobien status`.",
        );
        return say(language, vi, en).to_owned();
    }
    if editions == 0 {
        let (vi, en) = (
            "Trong ngày không có đợt gửi nào.",
            "Nothing went out on this day.",
        );
        return say(language, vi, en).to_owned();
    }
    let mut rest = Vec::new();
    for (count, vi, en) in [
        (letters.waiting, "đang chờ gửi", "still waiting"),
        (letters.failed, "không gửi được", "failed"),
        (letters.unknown, "chưa rõ đã tới hay chưa", "in doubt"),
        (
            letters.unreached,
            "chưa có địa chỉ dùng được",
            "without a usable address",
        ),
        (letters.stopped, "đã dừng", "stopped"),
    ] {
        if count > 0 {
            rest.push(format!("{count} {}", say(language, vi, en)));
        }
    }
    let rest = rest.iter().map(|part| format!(", {part}"));
    let rest = rest.collect::<String>();
    match language {
        Language::Vi => format!("{editions:02} đợt gửi, {all} thư: đã gửi {sent}{rest}."),
        Language::En if editions == 1 => {
            format!("1 edition, {all} letters: {sent} sent{rest}.")
        }
        Language::En => format!("{editions} editions, {all} letters: {sent} sent{rest}."),
    }
}

/// What an edition's state is called.
pub(super) fn state(state: EditionState, language: Language) -> &'static str {
    let (vi, en) = match state {
        EditionState::Open => ("đang gửi", "under way"),
        EditionState::Paused => ("tạm dừng, chờ xử lý", "paused, waits for a person"),
        EditionState::Sent => ("đã gửi xong", "sent"),
        EditionState::Partly => ("gửi được một phần", "partly sent"),
        EditionState::Empty => ("không có gì phải gửi", "nothing was owed"),
        EditionState::Skipped => ("bỏ qua", "skipped"),
        EditionState::Cancelled => ("đã huỷ", "cancelled"),
    };
    say(language, vi, en)
}

/// `07:30 24/11/2026`
pub(super) fn moment(at: chrono::DateTime<chrono::FixedOffset>, language: Language) -> String {
    let day = wording::day(at.date_naive(), language);
    match language {
        Language::Vi => format!("{} ngày {day}", at.format("%H:%M")),
        Language::En => format!("{}, {day}", at.format("%H:%M")),
    }
}
