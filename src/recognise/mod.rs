//! Owns what the text and the name of a file say of a document: its facts, each with where it was
//! read, and whether it bears a secrecy mark. It refuses to know file formats and what comes next.

mod body;
mod casing;
mod custom;
mod ending;
mod heading;
mod issuer;
mod links;
mod mark;
mod misread;
#[cfg(test)]
mod misspelt;
mod name;
mod page;
mod pattern;
mod reference;
mod secrecy;
mod title;

use chrono::NaiveDate;

pub use misread::{Picture, is_page, mark as picture_mark, picture, without_specks};

use crate::document::{Contents, Fact, Facts, Origin, Part, Secrecy, Symbol, TextSource};
use crate::spelling::{self, Quality};
use custom::Meant;
use heading::{Numbered, TypeLine};
use page::Line;
use reference::Reference;

/// Lines of page 1 that are read for facts.
const PAGE_LINES: usize = 400;

/// Bytes of each page that count for the quality of the text.
const QUALITY_BYTES: usize = 8_000;

/// Bytes of page 1 that are read for facts; the rest can only be body.
const PAGE_BYTES: usize = 200_000;

/// Reads the facts out of a file's text, and out of its name what the text does not say. A secret
/// document gives its mark and nothing else. A text that is not Vietnamese (a legacy encoding, lost
/// letters, another language) gives no facts but the mark.
#[must_use]
pub fn read(contents: &Contents, file_name: &str) -> (Facts, TextSource) {
    read_from(contents, file_name, TextSource::Text)
}

/// The same for text that was recognised from pictures of pages: the facts say so, and nothing is
/// quoted from the body.
#[must_use]
pub fn read_ocr(contents: &Contents, file_name: &str) -> (Facts, TextSource) {
    read_from(contents, file_name, TextSource::Ocr)
}

/// The facts of a document whose mark was seen in a picture: the mark and nothing else.
#[must_use]
pub fn marked(level: Secrecy) -> Facts {
    Facts {
        secrecy: Some(fact(level, Origin::Ocr, "")),
        ..Facts::default()
    }
}

/// True for words that a person gives of a document and that bear a secrecy mark themselves.
#[must_use]
pub fn is_marked(words: &str) -> bool {
    self::secrecy::mark(&[words.to_owned()], "").is_some()
}

fn read_from(contents: &Contents, file_name: &str, text: TextSource) -> (Facts, TextSource) {
    let secrecy = self::secrecy::mark(&contents.pages, file_name)
        .or_else(|| self::secrecy::hidden_mark(&contents.hidden));
    if secrecy.is_some() {
        return (
            Facts {
                secrecy,
                ..Facts::default()
            },
            text,
        );
    }
    let good = quality(&contents.pages).is_good();
    let mut facts = if good {
        of_text(&contents.pages)
    } else {
        Facts::default()
    };
    facts.letter = self::secrecy::letter(&contents.pages, file_name);
    if facts.letter.is_some() {
        // It may be secret: nothing of its body is quoted.
        facts.gist = None;
    }
    let numberless = good && is_numberless(&contents.pages);
    if text == TextSource::Ocr {
        mark_ocr(&mut facts);
    }
    let named = add_name(&mut facts, file_name, good, numberless);
    let source = match (good, named) {
        (true, _) => text,
        (false, true) => TextSource::Name,
        (false, false) => TextSource::None,
    };
    (facts, source)
}

fn quality(pages: &[String]) -> Quality {
    let mut quality = Quality::default();
    for page in pages.iter().take(64) {
        let text = clip(page, QUALITY_BYTES);
        if spelling::is_broken(text) {
            quality.add(&spelling::rejoin(&spelling::line(text)));
        } else {
            quality.add(text);
        }
    }
    quality
}

/// The beginning of a text, at most `max` bytes, whole characters.
fn clip(text: &str, max: usize) -> &str {
    let mut end = max.min(text.len());
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    &text[..end]
}

/// A fact with its evidence as one line of at most 120 characters.
fn fact<T>(value: T, origin: Origin, evidence: &str) -> Fact<T> {
    let evidence = spelling::line(clip(evidence, 2_000))
        .chars()
        .take(120)
        .collect();
    Fact {
        value,
        origin,
        evidence,
        mended: false,
    }
}

fn page_lines(pages: &[String]) -> Vec<Line> {
    let first = pages
        .iter()
        .find(|p| !p.trim().is_empty())
        .map_or("", String::as_str);
    page::lines(clip(first, PAGE_BYTES), PAGE_LINES)
}

/// Where the heading ends: above the type, else above the body, else after 30 lines.
fn heading_end(lines: &[Line], kind: Option<&TypeLine>) -> usize {
    let body = lines
        .iter()
        .position(heading::is_body)
        .unwrap_or(30)
        .min(30);
    kind.map_or(body, |k| k.at).min(lines.len())
}

/// True where the heading keeps the place for a number that is not written yet.
fn is_numberless(pages: &[String]) -> bool {
    let lines = page_lines(pages);
    let end = heading_end(&lines, heading::type_line(&lines).as_ref());
    heading::symbol(&lines[..end]) == Numbered::Blank
}

/// The facts that the text gives.
fn of_text(pages: &[String]) -> Facts {
    let lines = page_lines(pages);
    let kind = heading::type_line(&lines);
    let end = heading_end(&lines, kind.as_ref());
    let head = &lines[..end];
    let below = kind
        .as_ref()
        .map(|k| title::below(&lines, k))
        .unwrap_or_default();
    let rest = &lines[below.end.max(end).min(lines.len())..];
    let mut facts = Facts {
        urgency: mark::urgency(&lines, kind.as_ref()),
        circulation: mark::circulation(pages, &lines, kind.as_ref()),
        kind: kind.as_ref().map(|k| Fact {
            mended: !spelling::fold(&lines[k.at].text).contains(&spelling::fold(k.word)),
            ..fact(k.word.to_owned(), Origin::Heading, &lines[k.at].text)
        }),
        title: below
            .title
            .clone()
            .map(|t| fact(t.clone(), Origin::Heading, &t)),
        gist: body::gist(rest),
        ..Facts::default()
    };
    whole_reference(&mut facts, &lines);
    number_and_date(&mut facts, head, &lines, pages, &below);
    let symbol = facts.symbol.as_ref().map(|f| f.value.clone());
    if facts.title.is_none() && kind.is_none() {
        facts.title = title::of_letter(head).map(|t| fact(t.clone(), Origin::Heading, &t));
    }
    let all = tail(pages, rest);
    let issuer = issuer::issuer(
        head,
        kind.as_ref(),
        below.body.as_deref(),
        &all,
        symbol.as_ref(),
    );
    facts.issuer = facts
        .issuer
        .take()
        .or_else(|| issuer.map(|(name, evidence)| fact(name, Origin::Heading, &evidence)));
    annex(&mut facts, &lines, kind.as_ref(), symbol.is_some());
    // A consolidated text bears the name of what it consolidates.
    let consolidated = symbol.as_ref().is_some_and(|s| s.type_code() == "VBHN");
    if facts.kind.is_none() || consolidated {
        let code = facts
            .symbol
            .as_ref()
            .and_then(|s| s.value.kind().map(|k| (k, s.clone())));
        facts.kind = code.map(|(k, s)| fact(k.to_owned(), s.origin, &s.evidence));
    }
    let title = facts.title.as_ref().map(|t| t.value.as_str());
    let own = facts.symbol.as_ref().map(|s| &s.value);
    facts.says_newer = body::says_newer(&lines, end, title, own);
    let links = links::read(pages, title, own);
    (facts.replaces, facts.amends) = (links.replaces, links.amends);
    add_ending(&mut facts, pages);
    facts
}

/// Recipients and signer, from the end of the text.
fn add_ending(facts: &mut Facts, pages: &[String]) {
    let ending = ending::read(pages);
    let said = ending.recipients.join("; ");
    facts.recipients = Some(ending.recipients)
        .filter(|items| !items.is_empty())
        .map(|items| fact(items, Origin::Body, &said));
    facts.signer = ending
        .signer
        .map(|signer| fact(signer, Origin::Body, &ending.evidence));
}

/// The text below the title on page 1, and the last page, where the signature stands.
fn tail(pages: &[String], rest: &[Line]) -> Vec<Line> {
    let last = pages
        .iter()
        .rfind(|p| !p.trim().is_empty())
        .map_or("", String::as_str);
    let skip = last.len().saturating_sub(6_000);
    let end = (skip..last.len())
        .find(|at| last.is_char_boundary(*at))
        .unwrap_or(last.len());
    let mut all = rest.to_vec();
    if pages.len() > 1 || last.len() > PAGE_BYTES {
        all.extend(page::lines(&last[end..], PAGE_LINES));
    }
    all
}

/// Symbol and date: the heading's, else an old law's below the type, else for a law the day it was
/// passed.
fn number_and_date(
    facts: &mut Facts,
    head: &[Line],
    lines: &[Line],
    pages: &[String],
    below: &title::Below,
) {
    if let Some((day, words)) = heading::date(head) {
        facts.issued_on = Some(fact(day, Origin::Heading, &words));
    }
    if let Numbered::Symbol(symbol, words) = heading::symbol(head) {
        facts.symbol = Some(fact(symbol, Origin::Heading, &words));
    } else if let Some((symbol, day, words)) = &below.number {
        facts.symbol = Some(fact(symbol.clone(), Origin::Heading, words));
        facts.issued_on = facts
            .issued_on
            .take()
            .or(day.map(|d| fact(d, Origin::Heading, words)));
    } else if heading::symbol(head) == Numbered::Nothing {
        let under = &lines[head.len()..below.end.clamp(head.len(), lines.len())];
        if let Numbered::Symbol(symbol, words) = heading::symbol(under) {
            facts.symbol = Some(fact(symbol, Origin::Heading, &words));
        }
        if facts.issued_on.is_none() {
            facts.issued_on = heading::date(under).map(|(d, w)| fact(d, Origin::Heading, &w));
        }
    }
    let is_law = facts.symbol.as_ref().is_some_and(|s| s.value.is_law());
    if facts.issued_on.is_none() && is_law {
        facts.issued_on = body::passed_on(pages).map(|(d, w)| fact(d, Origin::Body, &w));
    }
}

/// An annex bears its main document's symbol, date and issuer, from "(Kèm theo …)".
fn annex(facts: &mut Facts, lines: &[Line], kind: Option<&TypeLine>, numbered: bool) {
    let number = kind
        .filter(|k| k.word == "Phụ lục")
        .map(|k| heading::annex_number(&lines[k.at].text).unwrap_or(0));
    if numbered && number.is_none() {
        return;
    }
    let Some(main) = attached(lines) else {
        facts.part = number.map_or(Part::Main, Part::Annex);
        return;
    };
    let words = format!("Kèm theo {}", main.symbol);
    facts.part = Part::Annex(number.unwrap_or(0));
    facts.annex_of = Some(fact(main.symbol.clone(), Origin::Heading, &words));
    fill(facts, &main, Origin::Heading, &words);
}

/// "Kèm theo …" within the first lines.
fn attached(lines: &[Line]) -> Option<Reference> {
    let top: Vec<&str> = lines.iter().take(25).map(|l| l.text.as_str()).collect();
    (0..top.len()).find_map(|at| {
        let lines = reference::attachment(&top[at..])?;
        reference::attached(&top[at..at + lines].join(" "))
    })
}

/// A page saved from the web begins with the whole reference instead of a heading.
fn whole_reference(facts: &mut Facts, lines: &[Line]) {
    let headed = lines
        .iter()
        .take(25)
        .any(|l| l.cells.iter().any(|c| heading::is_motto(c)));
    if headed {
        return;
    }
    let texts = || {
        lines
            .iter()
            .map(|l| l.text.as_str())
            .filter(|t| !t.is_empty())
            .take(4)
    };
    if let Some((found, words)) = texts().find_map(|t| Some((reference::whole(t)?, t))) {
        fill(facts, &found, Origin::Heading, words);
    }
}

/// Takes from a reference what is not known yet.
fn fill(facts: &mut Facts, from: &Reference, origin: Origin, words: &str) {
    let text = |value: &str| Some(fact(value.to_owned(), origin, words));
    facts.symbol = facts
        .symbol
        .take()
        .or_else(|| Some(fact(from.symbol.clone(), origin, words)));
    facts.issued_on = facts
        .issued_on
        .take()
        .or_else(|| from.issued_on.map(|d| fact(d, origin, words)));
    facts.issuer = facts
        .issuer
        .take()
        .or_else(|| from.issuer.as_deref().and_then(text));
    facts.kind = facts.kind.take().or_else(|| from.kind.and_then(text));
    facts.title = facts
        .title
        .take()
        .or_else(|| from.title.as_deref().and_then(text));
}

fn mark_ocr(facts: &mut Facts) {
    fn ocr<T>(fact: &mut Option<Fact<T>>) {
        if let Some(fact) = fact {
            fact.origin = Origin::Ocr;
        }
    }
    ocr(&mut facts.symbol);
    ocr(&mut facts.kind);
    ocr(&mut facts.issuer);
    ocr(&mut facts.issued_on);
    ocr(&mut facts.title);
    ocr(&mut facts.urgency);
    ocr(&mut facts.circulation);
    ocr(&mut facts.letter);
    ocr(&mut facts.annex_of);
    ocr(&mut facts.recipients);
    ocr(&mut facts.signer);
    for link in facts.replaces.iter_mut().chain(&mut facts.amends) {
        link.origin = Origin::Ocr;
    }
    facts.gist = None;
}

/// Adds what only the name says; true where it said anything. Where the text was read, the name
/// supplies no title, and no symbol into a place that the heading keeps open.
fn add_name(facts: &mut Facts, file_name: &str, good: bool, numberless: bool) -> bool {
    let named = name::read(file_name);
    let by_name = |value: &str| Some(fact(value.to_owned(), Origin::Name, file_name));
    let symbol: Option<Symbol> = named.symbol.filter(|_| !numberless);
    let day: Option<NaiveDate> = named.issued_on.filter(|_| !numberless);
    facts.symbol = facts
        .symbol
        .take()
        .or_else(|| Some(fact(symbol?, Origin::Name, file_name)));
    let own = facts
        .symbol
        .as_ref()
        .is_some_and(|s| s.origin == Origin::Name);
    if own || !good {
        facts.issued_on = facts
            .issued_on
            .take()
            .or_else(|| Some(fact(day?, Origin::Name, file_name)));
    }
    facts.kind = facts.kind.take().or_else(|| named.kind.and_then(by_name));
    if !good {
        facts.title = facts
            .title
            .take()
            .or_else(|| named.title.as_deref().and_then(by_name));
        let code = facts
            .symbol
            .as_ref()
            .map(|s| s.value.organisation().to_owned());
        let body = code
            .as_deref()
            .filter(|c| *c != "TW")
            .and_then(issuer::of_code);
        facts.issuer = facts.issuer.take().or_else(|| body.and_then(by_name));
        match custom::meant(file_name) {
            Some(Meant::One(said)) => fill(facts, &said, Origin::Table, file_name),
            Some(Meant::Several(links)) => facts.candidates = links,
            None => {}
        }
    }
    if named.is_draft && facts.circulation.is_none() {
        facts.circulation = by_name("Dự thảo");
    }
    if facts.part == Part::Main {
        facts.part = named.part;
    }
    facts.says_newer |= named.says_newer;
    let said = [
        facts.symbol.is_some(),
        facts.kind.is_some(),
        facts.title.is_some(),
    ];
    said.contains(&true)
}
