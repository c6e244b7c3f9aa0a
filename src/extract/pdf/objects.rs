//! Owns the look at every object of a PDF, each once and by itself. It refuses to follow references
//! and to know what is looked for.

use hayro_syntax::Pdf;
use hayro_syntax::object::{Array, Dict, MaybeRef, Object, Stream};

/// How deep objects may lie in each other to be looked at.
const DEPTH_MAX: usize = 32;
/// How many objects are looked at, at most.
const OBJECTS_MAX: usize = 2_000_000;

/// Who looks.
pub(super) trait Visit {
    /// Any dictionary, and that of a stream.
    fn dict(&mut self, dict: &Dict<'_>);
    /// Any stream, after its dictionary.
    fn stream(&mut self, stream: &Stream<'_>);
}

/// Shows every object to `visit`; false where there are too many or they lie too deep.
pub(super) fn all(pdf: &Pdf, visit: &mut impl Visit) -> bool {
    let mut left = OBJECTS_MAX;
    let mut whole = true;
    for object in pdf.objects() {
        whole &= look(&object, 0, &mut left, visit);
    }
    whole
}

/// Shows one object, and what lies in it.
pub(super) fn one(object: &Object<'_>, visit: &mut impl Visit) -> bool {
    look(object, 0, &mut OBJECTS_MAX.clone(), visit)
}

fn look(object: &Object<'_>, depth: usize, left: &mut usize, visit: &mut impl Visit) -> bool {
    if *left == 0 || depth > DEPTH_MAX {
        return false;
    }
    *left -= 1;
    match object {
        Object::Dict(dict) => look_dict(dict, depth, left, visit),
        Object::Stream(stream) => {
            let whole = look_dict(stream.dict(), depth, left, visit);
            visit.stream(stream);
            whole
        }
        Object::Array(array) => look_array(array, depth, left, visit),
        _ => true,
    }
}

fn look_dict(dict: &Dict<'_>, depth: usize, left: &mut usize, visit: &mut impl Visit) -> bool {
    visit.dict(dict);
    dict.entries().fold(true, |whole, (_, value)| match value {
        MaybeRef::NotRef(value) => look(&value, depth + 1, left, visit) && whole,
        MaybeRef::Ref(_) => whole,
    })
}

fn look_array(array: &Array<'_>, depth: usize, left: &mut usize, visit: &mut impl Visit) -> bool {
    array.raw_iter().fold(true, |whole, value| match value {
        MaybeRef::NotRef(value) => look(&value, depth + 1, left, visit) && whole,
        MaybeRef::Ref(_) => whole,
    })
}
