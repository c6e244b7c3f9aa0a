//! Owns any bytes under the name of an RTF. It refuses to know how the file is read.

#![no_main]

use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| phobien_fuzz::read(bytes, "a.rtf"));
