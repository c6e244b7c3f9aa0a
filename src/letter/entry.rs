//! Owns what a letter says of one document: its sentence, its title, its marks, its files. It
//! refuses to know the page around it.

use super::{Frame, GISTS, Item, Occasion, TITLE_MAX, text, wording};
use crate::document::{Facts, Origin, Part};
use crate::edition::Note;
use crate::organisation::Language;
use crate::spelling;

/// Characters of a first sentence.
const GIST_MAX: usize = 240;

/// Characters of a type or an issuer.
const WORD_MAX: usize = 120;

/// What becomes of a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Fate {
    /// It travels under this name.
    Attached(String),
    /// It is too large for the letter, or one too many.
    Elsewhere(String),
    /// The letter only names its document.
    Unmentioned,
}

/// A document as both pages show it. All of it is one-line text, not yet escaped.
#[derive(Clone, Debug, Default)]
pub(super) struct Entry {
    pub number: usize,
    /// False: only the first line is shown.
    pub full: bool,
    /// `Chỉ thị số`
    pub heading: String,
    /// `23-CT/TW`
    pub symbol: String,
    /// `ngày 09/02/2018 của Ban Bí thư`, with its comma where the Party writes one.
    pub dated: String,
    /// With a capital, without a stop.
    pub title: String,
    /// All of it in one sentence, for the plain text.
    pub sentence: String,
    /// What an agenda calls it.
    pub short: String,
    pub withdrawn: bool,
    /// The mark, where there is one, in capitals.
    pub badge: String,
    /// The plain text's line of urgency and marks; a withdrawn document needs none.
    pub particulars: String,
    /// Corrected, withdrawn, sent before: what to heed.
    pub notices: Vec<String>,
    /// The first operative sentence.
    pub gist: String,
    /// Scanned, unchecked, due.
    pub marks: Vec<String>,
    pub files: Vec<FileLine>,
    /// Page 1, where it is shown.
    pub cover: Option<Cover>,
}

/// Page 1 of a document as the page shows it.
#[derive(Clone, Debug)]
pub(super) struct Cover {
    /// Its Content-ID.
    pub id: String,
    /// Pixels of the page, not of the picture.
    pub width: u32,
    pub height: u32,
}

/// A file as both pages show it.
#[derive(Clone, Debug)]
pub(super) struct FileLine {
    /// `Tệp đính kèm`
    pub label: String,
    pub name: String,
    /// `88 KB, 5 trang`
    pub detail: String,
    /// Where to read it instead; empty where it is attached.
    pub elsewhere: String,
}

/// The entry of one item; `fates` are of its file and its annexes, in their order.
pub(super) fn entry(frame: &Frame<'_>, items: &[Item], nth: usize, fates: &[Fate]) -> Entry {
    let (item, language) = (&items[nth], frame.language);
    let mark = item.facts.urgency.as_ref().map(|u| u.value);
    let (heading, dated, title) = names(item, language);
    let symbol = item.facts.symbol.as_ref();
    let symbol = symbol.map_or_else(String::new, |s| text::clean(s.value.as_str(), WORD_MAX));
    let named = format!("{heading} {symbol}").trim_end().to_owned();
    let sentence = sentence(&format!("{named}{dated}"), &title, item, language);
    let told = wording::urgency(mark, language);
    let withdrawn = item.note == Note::Withdrawn;
    let marks = if withdrawn {
        Vec::new()
    } else {
        marks(item, language)
    };
    let short = if item.facts.symbol.is_none() && !title.is_empty() {
        text::cut(&wording::capital(&title), WORD_MAX)
    } else {
        named
    };
    Entry {
        short,
        withdrawn,
        number: nth + 1,
        full: nth < super::FULL_ENTRIES,
        heading,
        symbol,
        dated,
        title: wording::capital(&title),
        sentence,
        badge: if mark.is_some() {
            told.to_uppercase()
        } else {
            String::new()
        },
        particulars: if withdrawn {
            String::new()
        } else {
            particulars(told, &marks, language)
        },
        notices: notices(frame, item),
        // Whoever is reminded has the document.
        gist: if items.len() <= GISTS && item.note != Note::Reminder {
            gist(&item.facts)
        } else {
            String::new()
        },
        marks,
        files: files(item, language, fates),
        cover: None,
    }
}

/// Heading without its symbol, date with issuer, and title.
fn names(item: &Item, language: Language) -> (String, String, String) {
    let facts = &item.facts;
    let clean = |t: &str| text::clean(t, WORD_MAX);
    let kind = facts
        .kind
        .as_ref()
        .map(|k| wording::capital(&clean(&k.value)));
    let vi = language == Language::Vi;
    let kind = kind.filter(|k| !k.is_empty()).map_or_else(
        || (if vi { "Văn bản" } else { "Document" }).to_owned(),
        |kind| match wording::kind_in_english(&kind).filter(|_| !vi) {
            Some(english) => format!("{english} ({kind})"),
            None => kind,
        },
    );
    let no = if vi { "số" } else { "No." };
    let heading = match (&facts.symbol, &facts.annex_of) {
        (Some(_), _) if facts.part != Part::Main => {
            let (annex, of) = if vi {
                ("Phụ lục", "kèm theo văn bản số")
            } else {
                ("Annex", "to document No.")
            };
            match facts.part {
                Part::Annex(number @ 1..) => format!("{annex} {number} {of}"),
                Part::Annex(0) | Part::Main => format!("{annex} {of}"),
            }
        }
        (Some(_), _) => format!("{kind} {no}"),
        (None, Some(main)) if vi => format!("Phụ lục kèm theo văn bản số {}", main.value),
        (None, Some(main)) => format!("Annex to document No. {}", main.value),
        (None, None) => kind,
    };
    let comma = facts
        .symbol
        .as_ref()
        .is_some_and(|s| wording::is_party(&s.value));
    let mut dated = String::new();
    if let Some(date) = &facts.issued_on {
        dated.push_str(if comma && vi { ", " } else { " " });
        dated.push_str(if vi { "ngày " } else { "of " });
        dated.push_str(&wording::day(date.value, language));
    }
    let issuer = facts
        .issuer
        .as_ref()
        .map(|i| clean(&i.value))
        .filter(|i| !i.is_empty());
    if let Some(issuer) = issuer {
        dated.push_str(if vi { " của " } else { ", " });
        dated.push_str(&issuer);
    }
    let title = facts
        .title
        .as_ref()
        .map(|t| text::clean(&t.value, TITLE_MAX));
    let stop = |c: char| c == '.' || c == ' ';
    let title = title
        .map(|t| t.trim_end_matches(stop).to_owned())
        .filter(|t| !t.is_empty());
    let nameless = facts.symbol.is_none() && facts.annex_of.is_none();
    let file = || text::clean(&item.file.name, WORD_MAX);
    let title = title.or_else(|| nameless.then(file)).unwrap_or_default();
    (heading, dated, title)
}

/// One sentence, joined as the office would write it: a title in small letters follows `về`, one
/// with a capital follows a colon, since only a person knows whether its capital is a name's.
fn sentence(named: &str, title: &str, item: &Item, language: Language) -> String {
    let first = title.split(' ').next().unwrap_or("");
    let small = first.chars().next().is_some_and(char::is_lowercase);
    let kind = item.facts.kind.as_ref().map(|k| spelling::fold(&k.value));
    let letter = kind.is_some_and(|k| k == spelling::fold("Công văn"));
    let join = match () {
        () if title.is_empty() => "",
        () if language == Language::En => ": ",
        () if spelling::fold(first) == spelling::fold("về") => " ",
        () if small && letter => " về việc ",
        () if small => " về ",
        () => ": ",
    };
    let lower = if join == " " {
        title.replacen("Về", "về", 1)
    } else {
        title.to_owned()
    };
    let end = if lower.ends_with('…') { "" } else { "." };
    format!("{named}{join}{lower}{end}")
}

fn notices(frame: &Frame<'_>, item: &Item) -> Vec<String> {
    let on = |date| wording::day(date, frame.language);
    let whom = wording::whom(frame.kind);
    let date = match item.note {
        Note::Again => item.sent_on,
        Note::New
        | Note::Correction
        | Note::Listed
        | Note::Withdrawn
        | Note::Annex
        | Note::Reminder => item.replaces_sent_on,
    };
    let notice = match (item.note, date, frame.language) {
        (Note::New | Note::Listed | Note::Annex | Note::Reminder, ..) | (Note::Again, None, _) => {
            return Vec::new();
        }
        (Note::Correction, Some(date), Language::Vi) => {
            format!("Đính chính: thay thế bản gửi ngày {}.", on(date))
        }
        (Note::Correction, None, Language::Vi) => {
            "Đính chính: thay thế bản đã gửi trước đây.".to_owned()
        }
        (Note::Correction, Some(date), Language::En) => {
            format!("Correction: replaces the version sent on {}.", on(date))
        }
        (Note::Correction, None, Language::En) => {
            "Correction: replaces the version sent before.".to_owned()
        }
        (Note::Again, Some(date), Language::Vi) => format!("Đã gửi ngày {}.", on(date)),
        (Note::Again, Some(date), Language::En) => format!("Sent on {}.", on(date)),
        (Note::Withdrawn, date, Language::Vi) => {
            let sent = date.map_or_else(
                || "bản đã gửi".to_owned(),
                |d| format!("bản đã gửi ngày {}", on(d)),
            );
            format!("Thu hồi: đề nghị {whom} không sử dụng, không lưu hành {sent}.")
        }
        (Note::Withdrawn, date, Language::En) => {
            let sent = date.map_or_else(String::new, |d| format!(" on {}", on(d)));
            format!("Withdrawn: please do not use or pass on the copy sent{sent}.")
        }
    };
    vec![notice]
}

/// OCR is never quoted.
fn gist(facts: &Facts) -> String {
    let read = facts.title.as_ref().is_none_or(|t| t.origin != Origin::Ocr);
    let gist = facts.gist.as_deref().filter(|_| read);
    gist.map(|g| text::clean(g, GIST_MAX)).unwrap_or_default()
}

fn particulars(urgency: &str, marks: &[String], language: Language) -> String {
    let urgency = match language {
        Language::Vi => format!("Độ khẩn: {urgency}."),
        Language::En => format!("Urgency: {}.", urgency.to_lowercase()),
    };
    let all = std::iter::once(urgency.as_str()).chain(marks.iter().map(String::as_str));
    all.collect::<Vec<_>>().join(" ")
}

fn marks(item: &Item, language: Language) -> Vec<String> {
    let facts = &item.facts;
    let from = |origin| {
        let is = |o: &Origin| *o == origin;
        facts.symbol.as_ref().is_some_and(|f| is(&f.origin))
            || facts.title.as_ref().is_some_and(|f| is(&f.origin))
            || facts.issued_on.as_ref().is_some_and(|f| is(&f.origin))
    };
    let unchecked = from(Origin::Ocr) || from(Origin::Name);
    let due = item
        .due
        .map(|d| wording::day(d, language))
        .unwrap_or_default();
    let said = [
        (
            !due.is_empty(),
            "Thời hạn thực hiện: ngày ",
            "To be done by ",
            due.as_str(),
        ),
        (
            wording::is_scan(item.file.format),
            "Bản quét",
            "Scanned copy",
            "",
        ),
        (
            unchecked,
            "Thông tin văn bản chưa kiểm tra",
            "Details not yet checked",
            "",
        ),
    ];
    said.into_iter()
        .filter(|(applies, ..)| *applies)
        .map(|(_, vi, en, rest)| match language {
            Language::Vi => format!("{vi}{rest}."),
            Language::En => format!("{en}{rest}."),
        })
        .collect()
}

fn files(item: &Item, language: Language, fates: &[Fate]) -> Vec<FileLine> {
    let vi = language == Language::Vi;
    let main = (&item.file, String::new());
    let annexes = item.annexes.iter().enumerate().map(|(nth, annex)| {
        (
            &annex.file,
            annex_label(annex.number, item.annexes.len() > 1, nth, language),
        )
    });
    std::iter::once(main)
        .chain(annexes)
        .zip(fates)
        .filter_map(|((file, annex), fate)| {
            let (name, elsewhere) = match fate {
                Fate::Attached(name) => (name.clone(), String::new()),
                Fate::Elsewhere(where_) => (text::clean(&file.name, WORD_MAX), where_.clone()),
                Fate::Unmentioned => return None,
            };
            let attached = elsewhere.is_empty();
            let label = match (annex.is_empty(), attached, vi) {
                (false, ..) => annex,
                (true, true, true) => "Tệp đính kèm".to_owned(),
                (true, true, false) => "Attached".to_owned(),
                (true, false, true) => "Tệp văn bản".to_owned(),
                (true, false, false) => "File".to_owned(),
            };
            let pages = file.pages.filter(|n| *n > 0);
            let pages = pages.map(|n| format!(", {}", wording::pages(n, language)));
            let size = wording::size(file.size, language);
            let detail = format!("{size}{}", pages.unwrap_or_default());
            Some(FileLine {
                label,
                name,
                detail,
                elsewhere,
            })
        })
        .collect()
}

/// `Phụ lục 1`; a number of its own, else its place among several.
pub(super) fn annex_label(
    number: Option<u16>,
    several: bool,
    nth: usize,
    language: Language,
) -> String {
    let word = match language {
        Language::Vi => "Phụ lục",
        Language::En => "Annex",
    };
    match number.map(usize::from).or(several.then_some(nth + 1)) {
        Some(n) => format!("{word} {n}"),
        None => word.to_owned(),
    }
}

/// True where a letter of this occasion carries the files of such an item.
pub(super) fn carries(occasion: Occasion, note: Note) -> bool {
    occasion != Occasion::RoundUp && !matches!(note, Note::Withdrawn | Note::Reminder)
}
