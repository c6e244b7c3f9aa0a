//! Owns the reading of OpenDocument texts (ISO/IEC 26300): which parts hold text, and what in the
//! package is locked or dangerous. It refuses spreadsheets and presentations, and formulas' words.

mod part;
mod styles;

use super::Limits;
use super::office::{self, Sheet};
use super::package::{Package, Refusal};
use crate::document::{Contents, Format, Reason};
use part::Section;
use styles::Styles;

/// What a package calls itself: a text, a template of one, or a text that holds others.
const TEXT: &str = "application/vnd.oasis.opendocument.text";

/// True for a package whose names are those of OpenDocument.
pub(super) fn is_one(names: &[String]) -> bool {
    let has = |wanted: &str| names.iter().any(|name| name == wanted);
    has("META-INF/manifest.xml") && (has("mimetype") || has("content.xml"))
}

/// Reads an opened package that the limits allow.
pub(super) fn read(package: &mut Package<'_>, limits: &Limits) -> Result<Contents, Refusal> {
    let manifest = package.text("META-INF/manifest.xml")?.unwrap_or_default();
    let kind = match package.text("mimetype")? {
        Some(kind) => kind.trim().to_owned(),
        None => media_type(&manifest, "/").unwrap_or_default(),
    };
    if !kind.starts_with(TEXT) {
        return Ok(super::no_document(Format::Zip));
    }
    if manifest.contains("encryption-data") {
        return Err((Reason::Encrypted, "the file opens only with a password"));
    }
    if package.names().iter().any(|name| is_script(name)) {
        return Err((Reason::Macro, "the file carries macros"));
    }
    let parts = Parts {
        looks: package.text("styles.xml")?.unwrap_or_default(),
        text: package
            .text("content.xml")?
            .ok_or((Reason::Damaged, "the file has no main text"))?,
        meta: package.text("meta.xml")?.unwrap_or_default(),
        objects: embeds(&manifest),
    };
    let write = |sheet: &mut Sheet| parts.write(sheet);
    Ok(office::contents(Format::Odt, limits.text, write))
}

/// A flat OpenDocument text: the whole of it in one XML file.
pub(super) fn read_flat(xml: &str, limits: &Limits) -> Contents {
    office::contents(Format::Odt, limits.text, |sheet| {
        write(xml, xml, xml, sheet)
    })
}

/// What of a package is read.
struct Parts {
    looks: String,
    text: String,
    meta: String,
    /// Other documents are embedded.
    objects: bool,
}

impl Parts {
    fn write(&self, sheet: &mut Sheet) -> Result<Option<u32>, Refusal> {
        if self.objects {
            sheet.active();
        }
        write(&self.looks, &self.text, &self.meta, sheet)
    }
}

/// Headers and styles, the text, footers; the page count.
fn write(looks: &str, text: &str, meta: &str, sheet: &mut Sheet) -> Result<Option<u32>, Refusal> {
    let mut styles = Styles::default();
    part::read(looks, Section::Headers, sheet, &mut styles)?;
    styles.next_part();
    part::read(text, Section::Body, sheet, &mut styles)?;
    styles.next_part();
    part::read(looks, Section::Footers, sheet, &mut styles)?;
    Ok(attribute(meta, "meta:page-count").and_then(|count| count.parse().ok()))
}

/// Basic modules and scripts; an empty library is only its list.
fn is_script(name: &str) -> bool {
    let list = [
        "script-lc.xml",
        "script-lb.xml",
        "dialog-lc.xml",
        "dialog-lb.xml",
    ];
    let file = !name.ends_with('/') && !list.iter().any(|end| name.ends_with(end));
    file && (name.starts_with("Basic/") || name.starts_with("Scripts/"))
}

/// True where the manifest lists an embedded document. Charts and formulas are no documents.
fn embeds(manifest: &str) -> bool {
    entries(manifest).any(|entry| {
        let kind = attribute(entry, "manifest:media-type").unwrap_or_default();
        let path = attribute(entry, "manifest:full-path").unwrap_or_default();
        let document = kind.starts_with("application/vnd.oasis.opendocument.")
            && !["chart", "formula"].iter().any(|end| kind.ends_with(end));
        let ole = kind == "application/vnd.sun.star.oleobject";
        path != "/" && (document || ole)
    })
}

fn media_type(manifest: &str, path: &str) -> Option<String> {
    let entry = entries(manifest).find(|e| attribute(e, "manifest:full-path") == Some(path));
    attribute(entry?, "manifest:media-type").map(str::to_owned)
}

/// The tags of a manifest that name a part.
fn entries(manifest: &str) -> impl Iterator<Item = &str> {
    let tags = manifest.split('<').filter_map(|tag| tag.split('>').next());
    tags.filter(|tag| tag.starts_with("manifest:file-entry"))
}

/// The value of the first attribute of that name.
fn attribute<'a>(xml: &'a str, name: &str) -> Option<&'a str> {
    let after = &xml[xml.find(name)? + name.len()..];
    let after = after.trim_start().strip_prefix('=')?.trim_start();
    let quote = after.chars().next().filter(|c| matches!(c, '"' | '\''))?;
    after[1..].split(quote).next()
}
