//! Owns any bytes painted in every way that is asked of them. It refuses to know what is on them.

#![no_main]

use libfuzzer_sys::fuzz_target;
use phobien_fuzz::extract::{Part, paint};

fuzz_target!(|bytes: &[u8]| {
    for part in [
        Part::Page(1),
        Part::Top { turn: 8 },
        Part::Head { index: 0, turn: -8 },
        Part::Cover,
    ] {
        if let Some(png) = paint(bytes, &part) {
            assert!(png.starts_with(b"\x89PNG"));
        }
    }
    phobien_fuzz::read(bytes, "a.png");
});
