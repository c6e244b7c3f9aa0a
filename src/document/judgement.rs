//! Owns what is done with a file once it was read: accepted, kept for a person, or never sent, and
//! the one reason given. It refuses to know how it was read and whether it is known already.

use super::{Confidence, Contents, Disposition, Fact, Facts, Part, Reason, TextSource};

/// What the configuration says about judging.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Policy {
    /// `[documents] approval = "required"`: every document waits for a person.
    pub approval_required: bool,
    /// `[documents] ocr = "trust"`: text recognised from every page counts as read.
    pub ocr_trusted: bool,
    /// `[documents] picture_marks = "ignore"`: a picture at the top of page 1 is no question.
    pub picture_marks_ignored: bool,
}

impl Policy {
    /// True where a picture that nobody read may be a secrecy mark.
    #[must_use]
    pub fn doubts(&self, contents: &Contents) -> bool {
        contents.head_picture && !self.picture_marks_ignored
    }
}

/// What to do with a file, and why it is not simply accepted. The first reason of this order is
/// given: a secrecy mark, what extraction found, a letter that may be one, unread pages, facts that
/// are not from the text, no symbol, a mark that limits circulation, no date, no title, a picture
/// at the top, approval.
#[must_use]
pub fn judge(
    contents: &Contents,
    facts: &Facts,
    source: TextSource,
    policy: &Policy,
) -> (Disposition, Option<Reason>) {
    let review = |reason| (Disposition::Review, Some(reason));
    if facts.secrecy.is_some() {
        return (Disposition::Quarantine, Some(Reason::Secret));
    }
    match contents.finding {
        Some(reason @ (Reason::Unsupported | Reason::NoTextLayer)) => return review(reason),
        Some(reason) => return (Disposition::Quarantine, Some(reason)),
        None => {}
    }
    // Before anything that a person could mend without looking at the letter.
    if facts.letter.is_some() {
        return review(Reason::SecrecyLetter);
    }
    let trusted = match source {
        TextSource::Text => true,
        TextSource::Ocr => policy.ocr_trusted,
        TextSource::Name | TextSource::None => false,
    };
    if contents.unread_pages > 0 {
        return review(Reason::NoTextLayer);
    }
    if !trusted {
        return review(Reason::Unverified);
    }
    let guessed = is_guess(facts.symbol.as_ref()) || is_guess(facts.issued_on.as_ref());
    match (&facts.symbol, &facts.issued_on) {
        // Before the mark: a person who gives a draft its number sees the mark next.
        (None, _) => review(Reason::NoSymbol),
        _ if facts.circulation.is_some() => review(Reason::Circulation),
        (_, None) => review(Reason::NoDate),
        _ if guessed => review(Reason::Unverified),
        // A notice without a subject must not go out, so a person supplies it. An annex is named
        // by its document and its number.
        _ if facts.title.is_none() && facts.part == Part::Main => review(Reason::Unverified),
        // The picture may be a stamp that says MẬT; a person looks at it.
        _ if policy.doubts(contents) => review(Reason::Unverified),
        _ if policy.approval_required => review(Reason::AwaitingApproval),
        _ => (Disposition::Accept, None),
    }
}

fn is_guess<T>(fact: Option<&Fact<T>>) -> bool {
    fact.is_some_and(|f| f.confidence() == Confidence::Guess)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::document::{Format, Origin, Secrecy, Symbol};
    use chrono::NaiveDate;

    fn fact<T>(value: T) -> Option<Fact<T>> {
        Some(Fact {
            value,
            origin: Origin::Heading,
            evidence: String::new(),
            mended: false,
        })
    }

    fn good() -> (Contents, Facts) {
        let mut contents = Contents::nothing(Format::Txt, Reason::Empty, "");
        contents.finding = None;
        contents.pages = vec!["text".into()];
        let facts = Facts {
            symbol: fact(Symbol::parse("7-CT/TW").expect("symbol")),
            issued_on: NaiveDate::from_ymd_opt(2020, 1, 2).and_then(fact),
            title: fact("về một việc".to_owned()),
            ..Facts::default()
        };
        (contents, facts)
    }

    /// The judgement of one spoilt document, and of the same with a secrecy mark.
    fn spoilt(spoil: impl Fn(&mut Contents, &mut Facts, &mut TextSource, &mut Policy)) -> String {
        let (mut contents, mut facts) = good();
        let (mut source, mut policy) = (TextSource::Text, Policy::default());
        spoil(&mut contents, &mut facts, &mut source, &mut policy);
        let (disposition, reason) = judge(&contents, &facts, source, &policy);
        facts.secrecy = fact(Secrecy::ToiMat);
        let judged = judge(&contents, &facts, source, &policy);
        assert_eq!(judged, (Disposition::Quarantine, Some(Reason::Secret)));
        format!("{disposition} {}", reason.map_or("", Reason::word))
    }

    #[test]
    fn what_extraction_found() {
        for reason in Reason::ALL.iter().copied() {
            let kept = matches!(reason, Reason::Unsupported | Reason::NoTextLayer);
            let disposition = if kept { "review" } else { "quarantine" };
            let judged = spoilt(|contents, _, _, _| contents.finding = Some(reason));
            assert_eq!(judged, format!("{disposition} {reason}"));
        }
        assert_eq!(
            spoilt(|c, _, _, _| c.unread_pages = 1),
            "review no_text_layer"
        );
    }

    #[test]
    fn what_the_facts_say() {
        let draft = || fact("DỰ THẢO".to_owned());
        assert_eq!(spoilt(|_, _, _, _| {}), "accept ");
        assert_eq!(spoilt(|_, f, _, _| f.symbol = None), "review no_symbol");
        assert_eq!(spoilt(|_, f, _, _| f.issued_on = None), "review no_date");
        assert_eq!(spoilt(|_, f, _, _| f.title = None), "review unverified");
        assert_eq!(
            spoilt(|_, f, _, _| f.circulation = draft()),
            "review circulation"
        );
        let lettered = |f: &mut Facts| f.letter = fact("7-CT/TW (M)".to_owned());
        assert_eq!(spoilt(|_, f, _, _| lettered(f)), "review secrecy_letter");
        let lost = |f: &mut Facts| (f.symbol, f.letter) = (None, fact("-CT/TW (M)".to_owned()));
        assert_eq!(spoilt(|_, f, _, _| lost(f)), "review secrecy_letter");
        for source in [TextSource::Name, TextSource::None, TextSource::Ocr] {
            assert_eq!(spoilt(|_, _, s, _| *s = source), "review unverified");
        }
        let approval = spoilt(|_, _, _, p| p.approval_required = true);
        assert_eq!(approval, "review awaiting_approval");
        let blank = |f: &mut Facts| (f.symbol, f.circulation) = (None, draft());
        assert_eq!(spoilt(|_, f, _, _| blank(f)), "review no_symbol");
    }

    #[test]
    fn a_picture_where_a_mark_may_stand_waits_for_a_person() {
        let (mut contents, facts) = good();
        contents.head_picture = true;
        let judged = |policy| judge(&contents, &facts, TextSource::Text, &policy);
        assert_eq!(
            judged(Policy::default()),
            (Disposition::Review, Some(Reason::Unverified))
        );
        let ignored = Policy {
            picture_marks_ignored: true,
            ..Policy::default()
        };
        assert_eq!(judged(ignored), (Disposition::Accept, None));
    }

    #[test]
    fn ocr_is_trusted_only_by_configuration_and_names_never() {
        let (contents, mut facts) = good();
        let policy = Policy {
            ocr_trusted: true,
            ..Policy::default()
        };
        let judged = judge(&contents, &facts, TextSource::Ocr, &policy);
        assert_eq!(judged, (Disposition::Accept, None));
        if let Some(symbol) = &mut facts.symbol {
            symbol.origin = Origin::Name;
        }
        let judged = judge(&contents, &facts, TextSource::Text, &policy);
        assert_eq!(judged, (Disposition::Review, Some(Reason::Unverified)));
    }
}
