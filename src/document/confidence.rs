//! Owns how far one fact can be relied on. It refuses to know what the fact says.

use super::{Fact, Origin};
use crate::spelling::words;

words! {
    /// How far a fact can be relied on, falling.
    Confidence {
        /// The document says it in so many words, or a person does.
        Sure = "sure",
        /// Read with a doubt: recognised from a picture, or a misspelt word was mended.
        Check = "check",
        /// The document does not say it: a file name, or a table of customary names.
        Guess = "guess",
    }
}

impl<T> Fact<T> {
    /// What the fact rests on: where it was read, and whether the words had to be mended.
    #[must_use]
    pub fn confidence(&self) -> Confidence {
        match self.origin {
            Origin::Name | Origin::Table => Confidence::Guess,
            Origin::Ocr => Confidence::Check,
            Origin::Heading | Origin::Body if self.mended => Confidence::Check,
            Origin::Heading | Origin::Body | Origin::Sidecar | Origin::Person => Confidence::Sure,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn confidence_rests_on_origin_and_mending() {
        use Confidence::{Check, Guess, Sure};
        for (origin, plain, mended) in [
            (Origin::Heading, Sure, Check),
            (Origin::Body, Sure, Check),
            (Origin::Ocr, Check, Check),
            (Origin::Name, Guess, Guess),
            (Origin::Table, Guess, Guess),
            (Origin::Sidecar, Sure, Sure),
            (Origin::Person, Sure, Sure),
        ] {
            let mut fact = Fact {
                value: (),
                origin,
                evidence: String::new(),
                mended: false,
            };
            assert_eq!(fact.confidence(), plain, "{origin}");
            fact.mended = true;
            assert_eq!(fact.confidence(), mended, "{origin}");
        }
    }
}
