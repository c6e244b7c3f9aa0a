//! Not yet written.
pub fn read(
    _: &crate::document::Contents,
    _: &str,
) -> (crate::document::Facts, crate::document::TextSource) {
    (
        crate::document::Facts::default(),
        crate::document::TextSource::None,
    )
}
