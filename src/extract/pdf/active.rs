//! Owns the search for what a PDF would start or unpack: scripts, launch actions, embedded files.
//! It refuses to follow references: every object of the file is looked at by itself.

use hayro_syntax::Pdf;
use hayro_syntax::object::{Array, Dict, MaybeRef, Name, Object};

/// How deep objects may lie in each other to be looked at.
const DEPTH_MAX: usize = 32;
/// How many objects are looked at, at most; a file with more counts as active.
const OBJECTS_MAX: usize = 2_000_000;

/// True where any object of the file is a script, starts a program or holds a file.
pub(super) fn is_active(pdf: &Pdf) -> bool {
    let mut left = OBJECTS_MAX;
    pdf.objects()
        .into_iter()
        .any(|object| look(&object, 0, &mut left))
}

fn look(object: &Object<'_>, depth: usize, left: &mut usize) -> bool {
    if *left == 0 || depth > DEPTH_MAX {
        return true;
    }
    *left -= 1;
    match object {
        Object::Dict(dict) => look_dict(dict, depth, left),
        Object::Stream(stream) => look_dict(stream.dict(), depth, left),
        Object::Array(array) => look_array(array, depth, left),
        _ => false,
    }
}

fn look_dict(dict: &Dict<'_>, depth: usize, left: &mut usize) -> bool {
    let is = |key: &[u8], words: &[&[u8]]| {
        dict.get::<Name<'_>>(key)
            .is_some_and(|name| words.contains(&name.as_ref()))
    };
    // Actions (ISO 32000-1, 12.6.4) and files within the file (7.11.4).
    if is(b"S", &[b"JavaScript", b"Launch"])
        || is(b"Type", &[b"EmbeddedFile"])
        || is(b"Subtype", &[b"FileAttachment", b"RichMedia"])
        || dict.contains_key(b"JavaScript")
        || dict.contains_key(b"EmbeddedFiles")
        || (dict.contains_key(b"EF") && dict.contains_key(b"F"))
    {
        return true;
    }
    dict.entries().any(|(_, value)| match value {
        MaybeRef::NotRef(value) => look(&value, depth + 1, left),
        MaybeRef::Ref(_) => false,
    })
}

fn look_array(array: &Array<'_>, depth: usize, left: &mut usize) -> bool {
    array.raw_iter().any(|value| match value {
        MaybeRef::NotRef(value) => look(&value, depth + 1, left),
        MaybeRef::Ref(_) => false,
    })
}
