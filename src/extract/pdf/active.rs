//! Owns the signs of what a PDF would start or unpack: scripts, launch actions, embedded files. It
//! refuses to walk through the file.

use hayro_syntax::object::{Dict, Name};

/// True where a dictionary is a script, starts a program or holds a file.
pub(super) fn is_active(dict: &Dict<'_>) -> bool {
    let is = |key: &[u8], words: &[&[u8]]| {
        dict.get::<Name<'_>>(key)
            .is_some_and(|name| words.contains(&name.as_ref()))
    };
    // Actions (ISO 32000-1, 12.6.4) and files within the file (7.11.4).
    is(b"S", &[b"JavaScript", b"Launch"])
        || is(b"Type", &[b"EmbeddedFile"])
        || is(b"Subtype", &[b"FileAttachment", b"RichMedia"])
        || dict.contains_key(b"JavaScript")
        || dict.contains_key(b"EmbeddedFiles")
        || (dict.contains_key(b"EF") && dict.contains_key(b"F"))
}
