//! Owns the pages of a letter: what the templates are given, and their rendering. It refuses to
//! know MIME and how documents are described.

use askama::Template;

use super::accent::{Accent, DARK};
use super::entry::Entry;
use super::glance::{among, glance};
use super::subject::{Tone, counted};
use super::{Frame, Item, Occasion, Unfit, confirm, text, wording};
use crate::organisation::{Language, RecipientKind};

/// Characters of the office's own sentences.
const SENTENCE_MAX: usize = 2000;

/// All that a template may show. Text is one-line and not yet escaped.
pub(super) struct Page {
    organisation: String,
    committee: String,
    headline: String,
    /// What stands under the headline: the schedule and the days.
    when: String,
    greeting: String,
    intro: String,
    counted: String,
    /// How many of them are urgent, as the rest of that sentence.
    among: String,
    /// A round-up in one sentence.
    glance: String,
    urgency: String,
    tone: Tone,
    branch: bool,
    /// How a Vietnamese sentence names the reader.
    whom: &'static str,
    test: bool,
    entries: Vec<Entry>,
    /// The sentence that asks to confirm, or nothing.
    ask: String,
    /// The letter that confirms, as a link.
    confirm: String,
    signature: String,
    contact: String,
    footer: String,
    legal: String,
    /// `cid:` of the logo, or nothing.
    logo: String,
    accent: Accent,
    dark: &'static str,
    table: char,
    token: char,
}

macro_rules! page {
    ($name:ident, $path:literal) => {
        #[derive(Template)]
        #[template(path = $path)]
        struct $name<'a> {
            p: &'a Page,
        }
    };
}

page!(IntroVi, "intro.vi.txt");
page!(IntroEn, "intro.en.txt");
page!(LegalVi, "legal.vi.txt");
page!(LegalEn, "legal.en.txt");
page!(TextVi, "letter.vi.txt");
page!(TextEn, "letter.en.txt");
page!(HtmlVi, "letter.vi.html");
page!(HtmlEn, "letter.en.html");

impl Page {
    /// The page of a letter; `logo` is the Content-ID of the picture, or empty.
    pub(super) fn new(
        frame: &Frame<'_>,
        items: &[Item],
        entries: Vec<Entry>,
        logo: &str,
    ) -> Result<Self, Unfit> {
        let (words, language) = (frame.words, frame.language);
        let clean = |t: &str| text::clean(t, SENTENCE_MAX);
        let own = |t: &Option<String>| t.as_deref().map(clean).filter(|t| !t.is_empty());
        let tone = Tone::of(frame.occasion, items);
        let organisation = clean(&words.organisation);
        let replies = frame.sender.reply_to.as_ref().unwrap_or(&frame.sender.from);
        let mut page = Self {
            committee: wording::committee(&organisation, language),
            organisation,
            headline: headline(tone, language),
            when: when(frame),
            greeting: greeting(frame),
            intro: own(&words.intro).unwrap_or_default(),
            counted: counted(tone, items, language),
            among: among(items, language),
            glance: glance(items, language),
            urgency: match tone {
                Tone::Urgent(mark) => wording::urgency(Some(mark), language).to_lowercase(),
                _ => String::new(),
            },
            tone,
            branch: frame.kind == RecipientKind::Branch,
            whom: wording::whom(frame.kind),
            test: frame.occasion == Occasion::Test,
            entries,
            signature: clean(&words.signature),
            contact: own(&words.contact).unwrap_or_else(|| replies.to_string()),
            footer: own(&words.footer).unwrap_or_default(),
            legal: String::new(),
            logo: logo.to_owned(),
            accent: Accent::of(&words.accent),
            dark: DARK,
            table: text::TABLE,
            token: text::TOKEN,
            ask: confirm::ask(frame),
            confirm: confirm::link(frame, items),
        };
        if page.intro.is_empty() {
            page.intro = paragraph(match language {
                Language::Vi => IntroVi { p: &page }.render(),
                Language::En => IntroEn { p: &page }.render(),
            })?;
        }
        page.legal = paragraph(match language {
            Language::Vi => LegalVi { p: &page }.render(),
            Language::En => LegalEn { p: &page }.render(),
        })?;
        Ok(page)
    }

    /// The plain text, wrapped, with the places of the holes.
    pub(super) fn text(&self, language: Language) -> Result<String, Unfit> {
        let text = rendered(match language {
            Language::Vi => TextVi { p: self }.render(),
            Language::En => TextEn { p: self }.render(),
        })?;
        Ok(text::wrap(&text))
    }

    /// The HTML, with the places of the holes.
    pub(super) fn html(&self, language: Language) -> Result<String, Unfit> {
        let html = rendered(match language {
            Language::Vi => HtmlVi { p: self }.render(),
            Language::En => HtmlEn { p: self }.render(),
        })?;
        // Indentation is for those who edit templates; readers need not receive it.
        let lines = html.lines().map(str::trim).filter(|line| !line.is_empty());
        Ok(lines.fold(String::new(), |out, line| out + line + "\n"))
    }
}

fn rendered(result: askama::Result<String>) -> Result<String, Unfit> {
    result.map_err(|e| Unfit::Build(e.to_string()))
}

/// A template that makes one paragraph.
fn paragraph(result: askama::Result<String>) -> Result<String, Unfit> {
    Ok(rendered(result)?
        .split_whitespace()
        .collect::<Vec<_>>()
        .join(" "))
}

fn headline(tone: Tone, language: Language) -> String {
    let words = match (tone, language) {
        (Tone::News, Language::Vi) => "Bản tin tổng hợp văn bản",
        (Tone::News, Language::En) => "Document digest",
        (Tone::Urgent(mark), Language::Vi) => {
            return format!("Văn bản {}", mark.word().to_lowercase());
        }
        (Tone::Urgent(mark), Language::En) => {
            return format!("{} documents", wording::urgency(Some(mark), language));
        }
        (Tone::RoundUp, Language::Vi) => "Danh mục văn bản đã tiếp nhận",
        (Tone::RoundUp, Language::En) => "Round-up of documents received",
        (Tone::Reminder, Language::Vi) => "Nhắc xác nhận đã nghiên cứu văn bản",
        (Tone::Reminder, Language::En) => "Reminder: please confirm",
        (Tone::Correction, Language::Vi) => "Đính chính văn bản",
        (Tone::Correction, Language::En) => "Corrected documents",
        (Tone::Withdrawal, Language::Vi) => "Thu hồi văn bản",
        (Tone::Withdrawal, Language::En) => "Withdrawn documents",
    };
    words.to_owned()
}

/// The days of the edition, and the schedule where people gave it a name of words.
fn when(frame: &Frame<'_>) -> String {
    let date = frame.date.date_naive();
    let (from, to) = frame.span.unwrap_or((date, date));
    let days = wording::capital(&wording::span(from, to, frame.language));
    let schedule = text::clean(frame.schedule, super::NAME_MAX);
    if schedule.is_empty() {
        days
    } else {
        format!("{days} · {schedule}")
    }
}

/// The greeting with the place of the name. The office's own is a member's: a branch is greeted as
/// a body.
fn greeting(frame: &Frame<'_>) -> String {
    let own = frame
        .words
        .greeting
        .as_deref()
        .map(|g| text::clean(g, super::NAME_MAX));
    let own = own.filter(|g| !g.is_empty() && frame.kind == RecipientKind::Member);
    let plain = match (frame.kind, frame.language) {
        (RecipientKind::Member, Language::Vi) => "Kính gửi đồng chí {name},",
        (RecipientKind::Branch, Language::Vi) => "Kính gửi Chi uỷ {name},",
        (RecipientKind::Office, Language::Vi) => "Kính gửi {name},",
        (RecipientKind::Member | RecipientKind::Office, Language::En) => "Dear {name},",
        (RecipientKind::Branch, Language::En) => "To the branch committee of {name},",
    };
    let greeting = own.unwrap_or_else(|| plain.to_owned());
    greeting.replace("{name}", &text::NAME.to_string())
}
