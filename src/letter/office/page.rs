//! Owns what the templates of the letter to the office are given, and their rendering. It refuses
//! to know MIME.

use askama::Template;

use super::words;
use super::{Ended, Summary};
use crate::letter::accent::{Accent, DARK};
use crate::letter::wording::say;
use crate::letter::{Frame, NAME_MAX, TITLE_MAX, Unfit, text};
use crate::organisation::Language;

/// Characters of a sentence about what waits.
const SENTENCE_MAX: usize = 600;

/// All that a template may show. Text is one-line and not yet escaped.
pub(super) struct Page {
    organisation: String,
    headline: &'static str,
    when: String,
    opening: String,
    editions: Vec<Edition>,
    editions_more: u64,
    concerns: Vec<(String, String)>,
    concerns_more: u64,
    events: u64,
    head: String,
    accent: Accent,
    dark: &'static str,
}

/// An edition as both pages show it.
struct Edition {
    id: String,
    schedule: String,
    due: String,
    state: &'static str,
    late: bool,
    why: String,
    documents: String,
    /// Label and number, of what there is.
    counts: Vec<(&'static str, u64)>,
    missed: Vec<Missed>,
    missed_more: u64,
}

struct Missed {
    branch: String,
    who: String,
    why: String,
}

macro_rules! page {
    ($name:ident, $path:literal) => {
        #[derive(Template)]
        #[template(path = $path)]
        struct $name<'a> {
            o: &'a Page,
        }
    };
}

page!(TextVi, "office.vi.txt");
page!(TextEn, "office.en.txt");
page!(HtmlVi, "office.vi.html");
page!(HtmlEn, "office.en.html");

impl Page {
    pub(super) fn new(frame: &Frame<'_>, summary: &Summary) -> Self {
        let language = frame.language;
        let concern = |c: &super::Concern| {
            let since = words::moment(c.since, language);
            (text::clean(&c.detail, SENTENCE_MAX), since)
        };
        let (headline, when) = match summary.day {
            None if summary.is_notice() => (
                say(language, "Việc cần xử lý", "To attend to"),
                words::moment(frame.date, language),
            ),
            None => (
                say(language, "Kết quả gửi văn bản", "Delivery report"),
                words::moment(frame.date, language),
            ),
            Some((from, until)) => {
                let (from, until) = (
                    words::moment(from, language),
                    words::moment(until, language),
                );
                let when = match language {
                    Language::Vi => format!("Từ {from} đến {until}"),
                    Language::En => format!("{from} to {until}"),
                };
                let words = ("Tổng hợp gửi văn bản trong ngày", "Daily delivery summary");
                (say(language, words.0, words.1), when)
            }
        };
        Self {
            organisation: text::clean(&frame.words.organisation, TITLE_MAX),
            headline,
            when,
            opening: words::opening(summary, language),
            editions: summary
                .editions
                .iter()
                .map(|e| edition(e, language))
                .collect(),
            editions_more: summary.editions_more,
            concerns: summary.concerns.iter().map(concern).collect(),
            concerns_more: summary.concerns_more,
            events: summary.events,
            head: text::clean(&summary.head, NAME_MAX),
            accent: Accent::of(&frame.words.accent),
            dark: DARK,
        }
    }

    /// The plain text, wrapped.
    pub(super) fn text(&self, language: Language) -> Result<String, Unfit> {
        let text = match language {
            Language::Vi => TextVi { o: self }.render(),
            Language::En => TextEn { o: self }.render(),
        };
        Ok(text::wrap(&text.map_err(unfit)?))
    }

    /// The HTML.
    pub(super) fn html(&self, language: Language) -> Result<String, Unfit> {
        let html = match language {
            Language::Vi => HtmlVi { o: self }.render(),
            Language::En => HtmlEn { o: self }.render(),
        };
        let html = html.map_err(unfit)?;
        let lines = html.lines().map(str::trim).filter(|line| !line.is_empty());
        Ok(lines.fold(String::new(), |out, line| out + line + "\n"))
    }
}

fn unfit(error: askama::Error) -> Unfit {
    Unfit::Build(error.to_string())
}

fn edition(ended: &Ended, language: Language) -> Edition {
    let letters = ended.letters;
    let counts = [
        ("Tổng số thư", "Letters", letters.all()),
        ("Đã gửi", "Sent", letters.sent),
        ("Đang chờ", "Waiting", letters.waiting),
        ("Không gửi được", "Failed", letters.failed),
        ("Chưa rõ", "In doubt", letters.unknown),
        ("Chưa có địa chỉ", "No address", letters.unreached),
        ("Đã dừng", "Stopped", letters.stopped),
    ];
    let shown = counts
        .iter()
        .enumerate()
        .filter(|(nth, (.., n))| *nth < 2 || *n > 0);
    let documents = ended.documents.iter().map(|d| text::clean(d, NAME_MAX));
    Edition {
        id: ended.id.to_string(),
        schedule: text::clean(&ended.schedule, NAME_MAX),
        due: words::moment(ended.due, language),
        state: words::state(ended.state, language),
        late: ended.late,
        why: text::clean(&ended.why, TITLE_MAX),
        documents: text::cut(&documents.collect::<Vec<_>>().join(", "), TITLE_MAX),
        counts: shown
            .map(|(_, (vi, en, n))| (say(language, vi, en), *n))
            .collect(),
        missed: ended
            .missed
            .iter()
            .map(|m| Missed {
                branch: text::clean(&m.branch, NAME_MAX),
                who: text::clean(&m.who, NAME_MAX),
                why: m.why.words(language),
            })
            .collect(),
        missed_more: ended.missed_more,
    }
}
