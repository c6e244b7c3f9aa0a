//! Owns what is done with a file once it was read: accepted, kept for a person, or never sent, and
//! the one reason given. It refuses to know how it was read and whether it is known already.

use super::{Contents, Disposition, Fact, Facts, Origin, Reason, TextSource};

/// What the configuration says about judging.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Policy {
    /// `[documents] approval = "required"`: every document waits for a person.
    pub approval_required: bool,
    /// `[documents] ocr = "trust"`: text recognised from every page counts as read.
    pub ocr_trusted: bool,
}

/// What to do with a file, and why it is not simply accepted. The first reason of this order is
/// given: a secrecy mark, what extraction found, unread pages, facts that are not from the text,
/// a mark that limits circulation, no symbol, no date, no title, approval.
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
    if facts.circulation.is_some() {
        return review(Reason::Circulation);
    }
    let (symbol, date) = (read(facts.symbol.as_ref()), read(facts.issued_on.as_ref()));
    match (symbol, date) {
        (Read::Missing, _) => review(Reason::NoSymbol),
        (_, Read::Missing) => review(Reason::NoDate),
        (Read::Guessed, _) | (_, Read::Guessed) => review(Reason::Unverified),
        // A notice without a subject must not go out, so a person supplies it.
        _ if facts.title.is_none() => review(Reason::Unverified),
        _ if policy.approval_required => review(Reason::AwaitingApproval),
        _ => (Disposition::Accept, None),
    }
}

enum Read {
    Missing,
    Guessed,
    Sure,
}

fn read<T>(fact: Option<&Fact<T>>) -> Read {
    match fact.map(|f| f.origin) {
        None => Read::Missing,
        Some(Origin::Name | Origin::Table) => Read::Guessed,
        Some(_) => Read::Sure,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::document::{Format, Secrecy, Symbol};
    use chrono::NaiveDate;

    fn fact<T>(value: T) -> Option<Fact<T>> {
        Some(Fact {
            value,
            origin: Origin::Heading,
            evidence: String::new(),
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

    #[test]
    fn one_fault_at_a_time() {
        type Spoil = fn(&mut Contents, &mut Facts, &mut TextSource, &mut Policy);
        use {Disposition as D, Reason as R};
        let table: [(&str, Spoil, D, Option<R>); 20] = [
            ("none", |_, _, _, _| {}, D::Accept, None),
            (
                "secret",
                |_, f, _, _| f.secrecy = fact(Secrecy::Mat),
                D::Quarantine,
                Some(R::Secret),
            ),
            (
                "encrypted",
                |c, _, _, _| c.finding = Some(R::Encrypted),
                D::Quarantine,
                Some(R::Encrypted),
            ),
            (
                "damaged",
                |c, _, _, _| c.finding = Some(R::Damaged),
                D::Quarantine,
                Some(R::Damaged),
            ),
            (
                "empty",
                |c, _, _, _| c.finding = Some(R::Empty),
                D::Quarantine,
                Some(R::Empty),
            ),
            (
                "bomb",
                |c, _, _, _| c.finding = Some(R::Bomb),
                D::Quarantine,
                Some(R::Bomb),
            ),
            (
                "macro",
                |c, _, _, _| c.finding = Some(R::Macro),
                D::Quarantine,
                Some(R::Macro),
            ),
            (
                "script",
                |c, _, _, _| c.finding = Some(R::ActiveContent),
                D::Quarantine,
                Some(R::ActiveContent),
            ),
            (
                "program",
                |c, _, _, _| c.finding = Some(R::WrongType),
                D::Quarantine,
                Some(R::WrongType),
            ),
            (
                "strange",
                |c, _, _, _| c.finding = Some(R::Unsupported),
                D::Review,
                Some(R::Unsupported),
            ),
            (
                "scan",
                |c, _, _, _| c.finding = Some(R::NoTextLayer),
                D::Review,
                Some(R::NoTextLayer),
            ),
            (
                "half read",
                |c, _, _, _| c.unread_pages = 1,
                D::Review,
                Some(R::NoTextLayer),
            ),
            (
                "name only",
                |_, _, s, _| *s = TextSource::Name,
                D::Review,
                Some(R::Unverified),
            ),
            (
                "nothing",
                |_, _, s, _| *s = TextSource::None,
                D::Review,
                Some(R::Unverified),
            ),
            (
                "ocr",
                |_, _, s, _| *s = TextSource::Ocr,
                D::Review,
                Some(R::Unverified),
            ),
            (
                "draft",
                |_, f, _, _| f.circulation = fact("DỰ THẢO".into()),
                D::Review,
                Some(R::Circulation),
            ),
            (
                "no symbol",
                |_, f, _, _| f.symbol = None,
                D::Review,
                Some(R::NoSymbol),
            ),
            (
                "no date",
                |_, f, _, _| f.issued_on = None,
                D::Review,
                Some(R::NoDate),
            ),
            (
                "no title",
                |_, f, _, _| f.title = None,
                D::Review,
                Some(R::Unverified),
            ),
            (
                "approval",
                |_, _, _, p| p.approval_required = true,
                D::Review,
                Some(R::AwaitingApproval),
            ),
        ];
        for (name, spoil, disposition, reason) in table {
            let (mut contents, mut facts) = good();
            let (mut source, mut policy) = (TextSource::Text, Policy::default());
            spoil(&mut contents, &mut facts, &mut source, &mut policy);
            let judged = judge(&contents, &facts, source, &policy);
            assert_eq!(judged, (disposition, reason), "{name}");
            facts.secrecy = fact(Secrecy::ToiMat);
            let judged = judge(&contents, &facts, source, &policy);
            assert_eq!(
                judged,
                (D::Quarantine, Some(R::Secret)),
                "{name} and secret"
            );
        }
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
