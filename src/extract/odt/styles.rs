//! Owns which font and case a style of an OpenDocument text gives its runs, down its line of
//! parents. It refuses to know text.

use std::collections::HashMap;

/// How long a line of parents may be. LibreOffice's own styles have four.
const PARENTS_MAX: usize = 32;

/// What of a style matters for reading.
#[derive(Clone, Debug, Default)]
pub(super) struct Style {
    pub(super) parent: Option<String>,
    pub(super) font: Option<String>,
    pub(super) capitals: Option<bool>,
    pub(super) hidden: Option<bool>,
}

/// A style's family ("text", "paragraph") and name; a default style has no name.
pub(super) type Key = (String, String);

/// All styles that a part may name.
#[derive(Debug, Default)]
pub(super) struct Styles {
    named: HashMap<Key, Style>,
    /// Those of the part being read; another part may use their names for others.
    automatic: HashMap<Key, Style>,
    /// The family of each declared font face.
    faces: HashMap<String, String>,
}

impl Styles {
    /// Forgets what belongs to one part only.
    pub(super) fn next_part(&mut self) {
        self.automatic.clear();
    }

    /// Adds a style.
    pub(super) fn add(&mut self, key: Key, style: Style, automatic: bool) {
        if automatic {
            self.automatic.insert(key, style);
        } else {
            self.named.insert(key, style);
        }
    }

    /// Declares a font face.
    pub(super) fn face(&mut self, name: String, family: String) {
        self.faces.insert(name, family);
    }

    /// Font and case of a style of `family`, as far as it or its parents name one.
    pub(super) fn look(&self, family: &str, name: &str) -> Style {
        let mut look = Style::default();
        let mut name = Some(name.to_owned());
        for _ in 0..PARENTS_MAX {
            let Some(current) = name else { break };
            let key = (family.to_owned(), current);
            let Some(style) = self.automatic.get(&key).or_else(|| self.named.get(&key)) else {
                break;
            };
            let face = || style.font.as_ref().map(|font| self.family(font));
            look.font = look.font.or_else(face);
            look.capitals = look.capitals.or(style.capitals);
            look.hidden = look.hidden.or(style.hidden);
            name = style.parent.clone();
        }
        look
    }

    fn family(&self, font: &str) -> String {
        let family = self.faces.get(font).map_or(font, String::as_str);
        let first = family.split(',').next().unwrap_or(family);
        first.trim().trim_matches(['\'', '"']).to_owned()
    }
}
