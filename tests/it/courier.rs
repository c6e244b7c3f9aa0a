//! Owns the proof that the courier judges what happens on the wire as the fault table says,
//! against a peer that does each of these things.
