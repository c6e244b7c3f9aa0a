//! Owns which font and which capitals a run of a WordprocessingML text has when it does not say so
//! itself: styles, what they are based on, defaults, the theme. It refuses to know the text.

use std::collections::BTreeMap;

use quick_xml::events::{BytesStart, Event};
use quick_xml::{Reader, XmlVersion};

/// How many styles stand on each other, at most.
const BASED_MAX: usize = 32;
/// How many styles are kept.
const STYLES_MAX: usize = 20_000;

/// What a run, a style or the defaults say of how text is shown. None: not said here.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Look {
    /// The font of letters beyond ASCII, which are those that old alphabets differ in.
    pub(super) font: Option<String>,
    /// Shown in capitals, however it was typed.
    pub(super) capitals: Option<bool>,
    /// Not shown at all.
    pub(super) hidden: Option<bool>,
}

impl Look {
    /// What this says, else what `base` says.
    pub(super) fn over(&self, base: &Self) -> Self {
        Self {
            font: self.font.clone().or_else(|| base.font.clone()),
            capitals: self.capitals.or(base.capitals),
            hidden: self.hidden.or(base.hidden),
        }
    }
}

#[derive(Debug, Default)]
struct Style {
    based_on: Option<String>,
    look: Look,
}

/// The styles of a file.
#[derive(Debug, Default)]
pub(super) struct Styles {
    styles: BTreeMap<String, Style>,
    defaults: Look,
    /// The style of paragraphs that name none.
    normal: Option<String>,
    theme: Theme,
}

/// The fonts that a theme gives its names (ISO/IEC 29500-1, 20.1.4.1.16).
#[derive(Debug, Default)]
struct Theme {
    major: Option<String>,
    minor: Option<String>,
}

impl Styles {
    /// Reads `word/styles.xml` and `word/theme/theme1.xml`, each as far as it can be read: without
    /// them the text still is there, only its fonts are not known.
    pub(super) fn read(styles: &str, theme: &str) -> Self {
        let mut read = Self {
            theme: Theme::read(theme),
            ..Self::default()
        };
        let mut reader = Reader::from_str(styles);
        let mut at: Option<String> = None;
        let mut in_defaults = false;
        // Numbering and table conditions inside a style change other text than the style's own.
        let mut inside = 0_usize;
        while let Ok(event) = reader.read_event() {
            match event {
                Event::Start(tag) if tag.local_name().as_ref() == "tblStylePr" => inside += 1,
                Event::End(tag) if tag.local_name().as_ref() == "tblStylePr" => {
                    inside = inside.saturating_sub(1);
                }
                Event::Start(tag) | Event::Empty(tag) if inside == 0 => {
                    match tag.local_name().as_ref() {
                        "rPrDefault" => in_defaults = true,
                        "style" => at = read.open(&tag),
                        "basedOn" => {
                            if let Some(style) = at.as_ref().and_then(|id| read.styles.get_mut(id))
                            {
                                style.based_on = value(&tag, "val");
                            }
                        }
                        _ => read.property(&tag, at.as_deref(), in_defaults),
                    }
                }
                Event::End(tag) => match tag.local_name().as_ref() {
                    "rPrDefault" => in_defaults = false,
                    "style" => at = None,
                    _ => {}
                },
                Event::Eof => break,
                _ => {}
            }
        }
        read
    }

    fn open(&mut self, tag: &BytesStart<'_>) -> Option<String> {
        let id = value(tag, "styleId").filter(|_| self.styles.len() < STYLES_MAX)?;
        let is = |name: &str, wanted: &[&str]| {
            value(tag, name).is_some_and(|value| wanted.contains(&value.as_str()))
        };
        if is("default", &["1", "true", "on"]) && is("type", &["paragraph"]) {
            self.normal = Some(id.clone());
        }
        self.styles.insert(id.clone(), Style::default());
        Some(id)
    }

    fn property(&mut self, tag: &BytesStart<'_>, style: Option<&str>, in_defaults: bool) {
        let Some(said) = self.said(tag) else {
            return;
        };
        let place = match style.and_then(|id| self.styles.get_mut(id)) {
            Some(style) => &mut style.look,
            None if in_defaults => &mut self.defaults,
            None => return,
        };
        *place = said.over(place);
    }

    /// What one element of run properties says: `rFonts`, `caps`, `smallCaps`, `vanish`.
    pub(super) fn said(&self, tag: &BytesStart<'_>) -> Option<Look> {
        let mut look = Look::default();
        let on = || !value(tag, "val").is_some_and(|v| ["0", "false", "off"].contains(&&*v));
        match tag.local_name().as_ref() {
            "rFonts" => look.font = self.font(tag),
            "caps" | "smallCaps" => look.capitals = Some(on()),
            "vanish" | "specVanish" => look.hidden = Some(on()),
            _ => return None,
        }
        Some(look)
    }

    fn font(&self, tag: &BytesStart<'_>) -> Option<String> {
        let themed = |name: &str| {
            let theme = value(tag, name)?;
            if theme.starts_with("major") {
                self.theme.major.clone()
            } else {
                self.theme.minor.clone()
            }
        };
        // A theme's font goes before a named one (ISO/IEC 29500-1, 17.3.2.26).
        themed("hAnsiTheme")
            .or_else(|| value(tag, "hAnsi"))
            .or_else(|| themed("asciiTheme"))
            .or_else(|| value(tag, "ascii"))
            .or_else(|| value(tag, "cs"))
    }

    /// The look of a run in a paragraph: its own properties, its style, the paragraph's, the
    /// defaults.
    pub(super) fn look(&self, own: &Look, run: Option<&str>, paragraph: Option<&str>) -> Look {
        let mut look = own.clone();
        for style in [run, paragraph.or(self.normal.as_deref())] {
            let mut at = style;
            for _ in 0..BASED_MAX {
                let Some(style) = at.and_then(|id| self.styles.get(id)) else {
                    break;
                };
                look = look.over(&style.look);
                at = style.based_on.as_deref();
            }
        }
        look.over(&self.defaults)
    }
}

impl Theme {
    fn read(xml: &str) -> Self {
        let mut theme = Self::default();
        let mut reader = Reader::from_str(xml);
        let mut major = false;
        while let Ok(event) = reader.read_event() {
            match event {
                Event::Start(tag) | Event::Empty(tag) => match tag.local_name().as_ref() {
                    "majorFont" => major = true,
                    "minorFont" => major = false,
                    "latin" => {
                        let place = if major {
                            &mut theme.major
                        } else {
                            &mut theme.minor
                        };
                        *place = place.take().or_else(|| value(&tag, "typeface"));
                    }
                    _ => {}
                },
                Event::Eof => break,
                _ => {}
            }
        }
        theme
    }
}

/// The value of an attribute, whatever its name space. None where it is empty.
pub(super) fn value(tag: &BytesStart<'_>, name: &str) -> Option<String> {
    tag.attributes()
        .flatten()
        .find(|a| a.key.local_name().as_ref() == name)
        .map(|a| match a.normalized_value(XmlVersion::Implicit1_0) {
            Ok(value) => value.into_owned(),
            Err(_) => a.value.into_owned(),
        })
        .filter(|value| !value.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    const STYLES: &str = "<w:styles xmlns:w='w'><w:docDefaults><w:rPrDefault><w:rPr>\
        <w:rFonts w:asciiTheme='minorHAnsi' w:hAnsiTheme='minorHAnsi' w:hAnsi='Arial'/></w:rPr>\
        </w:rPrDefault></w:docDefaults>\
        <w:style w:type='paragraph' w:default='1' w:styleId='Normal'><w:rPr><w:rFonts \
        w:ascii='.VnTime' w:hAnsi='.VnTime'/></w:rPr></w:style>\
        <w:style w:type='paragraph' w:styleId='Head'><w:basedOn w:val='Normal'/><w:rPr><w:caps/>\
        </w:rPr><w:tblStylePr><w:rPr><w:rFonts w:hAnsi='Wrong'/></w:rPr></w:tblStylePr></w:style>\
        <w:style w:type='character' w:styleId='Plain'><w:rPr><w:rFonts w:ascii='Times'/>\
        <w:caps w:val='0'/></w:rPr></w:style>\
        <w:style w:styleId='A'><w:basedOn w:val='B'/></w:style>\
        <w:style w:styleId='B'><w:basedOn w:val='A'/></w:style></w:styles>";

    #[test]
    fn a_run_looks_as_its_styles_say() {
        let theme = "<a:t xmlns:a='a'><a:majorFont><a:latin typeface='VNI-Helve'/></a:majorFont>\
            <a:minorFont><a:latin typeface='VNI-Times'/></a:minorFont></a:t>";
        let styles = Styles::read(STYLES, theme);
        let look = |run, paragraph| {
            let look = styles.look(&Look::default(), run, paragraph);
            (look.font.unwrap_or_default(), look.capitals)
        };
        assert_eq!(look(None, None), (".VnTime".to_owned(), None));
        assert_eq!(look(None, Some("Head")), (".VnTime".to_owned(), Some(true)));
        let plain = look(Some("Plain"), Some("Head"));
        assert_eq!(plain, ("Times".to_owned(), Some(false)));
        assert_eq!(
            look(None, Some("A")).0,
            "VNI-Times",
            "a ring of styles ends"
        );
        let own = Look {
            font: Some("Arial".to_owned()),
            ..Look::default()
        };
        assert_eq!(styles.look(&own, None, None).font.as_deref(), Some("Arial"));
        assert_eq!(Styles::read("<w:styles", "<a").look(&own, None, None), own);
    }
}
