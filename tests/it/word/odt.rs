//! OpenDocument texts written here, a case for each rule of the format.

use std::io::{Cursor, Write};

use phobien::document::{Format, Reason};
use zip::write::SimpleFileOptions;

/// How a flat text begins.
pub(super) const FLAT: &str = "<?xml version=\"1.0\"?><office:document \
    office:mimetype=\"application/vnd.oasis.opendocument.text\">";

const TEXT: &str = "application/vnd.oasis.opendocument.text";

/// A package being written.
pub(super) struct Package(zip::ZipWriter<Cursor<Vec<u8>>>);

impl Package {
    pub(super) fn new(kind: &str) -> Self {
        Self::listing(kind, "")
    }

    fn listing(kind: &str, entries: &str) -> Self {
        let mut package = Self(zip::ZipWriter::new(Cursor::new(Vec::new())));
        package.part("mimetype", kind);
        let root = format!(
            "<manifest:file-entry manifest:full-path=\"/\" manifest:media-type=\"{kind}\"/>"
        );
        let manifest = format!("<manifest:manifest>{root}{entries}</manifest:manifest>");
        package.part("META-INF/manifest.xml", &manifest);
        package
    }

    pub(super) fn part(&mut self, name: &str, text: &str) {
        let options = SimpleFileOptions::default();
        self.0.start_file(name, options).expect("a part");
        self.0.write_all(text.as_bytes()).expect("written");
    }

    pub(super) fn bytes(self) -> Vec<u8> {
        self.0.finish().expect("whole").into_inner()
    }
}

fn content(body: &str) -> String {
    format!(
        "<office:document-content><office:scripts/><office:font-face-decls><style:font-face \
        style:name=\"F\" svg:font-family=\"'.VnTime'\"/></office:font-face-decls>\
        <office:automatic-styles>\
        <style:style style:name=\"P\" style:family=\"paragraph\" style:parent-style-name=\"Old\"/>\
        <style:style style:name=\"N\" style:family=\"text\"><style:text-properties \
        style:font-name=\"Arial\"/></style:style>\
        <style:style style:name=\"C\" style:family=\"text\"><style:text-properties \
        fo:text-transform=\"uppercase\"/></style:style>\
        <number:date-style><number:text>/</number:text></number:date-style>\
        </office:automatic-styles>\
        <office:body><office:text>{body}</office:text></office:body></office:document-content>"
    )
}

fn read_listing(body: &str, entries: &str, more: &[&str]) -> phobien::document::Contents {
    let mut package = Package::listing(TEXT, entries);
    package.part("content.xml", &content(body));
    package.part(
        "styles.xml",
        "<office:document-styles><office:styles><style:style style:name=\"Old\" \
        style:family=\"paragraph\"><style:text-properties style:font-name=\"F\"/></style:style>\
        </office:styles><office:master-styles><style:master-page><style:header><text:p>Tr</text:p>\
        </style:header><style:footer><text:p>c</text:p></style:footer></style:master-page>\
        </office:master-styles></office:document-styles>",
    );
    package.part("meta.xml", "<m meta:page-count=\"3\"/>");
    for name in more {
        package.part(name, "x");
    }
    super::read(&package.bytes(), "a.odt")
}

fn read(body: &str) -> phobien::document::Contents {
    read_listing(body, "", &[])
}

#[test]
fn every_rule_of_text() {
    for (xml, text) in [
        (
            "<text:p> a \n b<text:s/>c<text:s text:c=\"3\"/>d </text:p>",
            "a b c   d",
        ),
        (
            "<text:h>a<text:tab/>b</text:h><text:p>c<text:line-break/>d</text:p>",
            "a\tb\nc\nd",
        ),
        (
            "<text:p>&#272;&#x1EA3;ng &amp; <![CDATA[<d>]]></text:p>",
            "Đảng & <d>",
        ),
        (
            "<text:p text:style-name=\"P\">§¶ng<text:span> ñy</text:span></text:p>",
            "Đảng ủy",
        ),
        (
            "<text:p text:style-name=\"P\"><text:span text:style-name=\"N\">§</text:span></text:p>",
            "§",
        ),
        (
            "<text:p>b<text:span text:style-name=\"C\">ộ</text:span></text:p>",
            "bỘ",
        ),
        (
            "<text:tracked-changes><text:changed-region><text:deletion><text:p>x</text:p>\
             </text:deletion></text:changed-region></text:tracked-changes><text:p>a</text:p>",
            "a",
        ),
        (
            "<text:p>a<office:annotation><text:p>x</text:p></office:annotation>b</text:p>",
            "ab",
        ),
        (
            "<text:p>a<text:note><text:note-citation>1</text:note-citation><text:note-body>\
             <text:p>n</text:p></text:note-body></text:note>b</text:p><text:p>c</text:p>",
            "ab\nc\n\nn",
        ),
        (
            "<text:p>a<draw:frame><draw:text-box><text:p>H</text:p></draw:text-box><svg:desc>x\
             </svg:desc></draw:frame>b</text:p><text:p>c</text:p>",
            "ab\n\nH\n\nc",
        ),
        (
            "<text:p><draw:custom-shape><text:p>H</text:p></draw:custom-shape>a</text:p>",
            "a\n\nH",
        ),
        (
            "<text:p>trang <text:page-number>4</text:page-number> <text:title>t</text:title>\
             </text:p>",
            "trang 4 t",
        ),
        (
            "<text:p>a<text:hidden-text text:string-value=\"ẩn\"/></text:p>",
            "a",
        ),
        (
            "<table:table><table:table-row><table:table-cell table:number-columns-spanned=\"2\">\
             <text:p>a</text:p><text:p>b</text:p></table:table-cell><table:covered-table-cell/>\
             <table:table-cell><text:p>c</text:p></table:table-cell></table:table-row>\
             <table:table-row><table:covered-table-cell/><table:table-cell><text:p>d</text:p>\
             </table:table-cell></table:table-row></table:table>",
            "a\tc\nb\n\td",
        ),
    ] {
        let contents = read(xml);
        assert_eq!(
            (contents.format, contents.finding),
            (Format::Odt, None),
            "{xml}"
        );
        assert_eq!(contents.page_count, Some(3));
        let whole = contents.pages.concat();
        let whole = whole
            .trim()
            .strip_prefix("Tr\n\n")
            .expect("the header first");
        assert_eq!(whole.strip_suffix("\n\nc"), Some(text), "{xml}");
    }
}

#[test]
fn what_is_locked_or_active() {
    let entry = |path: &str, kind: &str| {
        format!(
            "<manifest:file-entry manifest:full-path=\"{path}\" manifest:media-type=\"{kind}\"/>"
        )
    };
    let chart = entry("Object 1/", "application/vnd.oasis.opendocument.chart");
    let sheet = entry(
        "Object 1/",
        "application/vnd.oasis.opendocument.spreadsheet",
    );
    let ole = entry("Object 1", "application/vnd.sun.star.oleobject");
    let locked =
        "<manifest:file-entry manifest:full-path=\"content.xml\"><manifest:encryption-data/>";
    let plain = "<text:p>a</text:p>";
    let script =
        "<text:a><office:event-listeners><script:event-listener/></office:event-listeners>";
    for (xml, entries, more, finding) in [
        (plain, "", &[][..], None),
        (plain, &*chart, &[][..], None),
        (plain, &*sheet, &[][..], Some(Reason::ActiveContent)),
        (plain, &*ole, &[][..], Some(Reason::ActiveContent)),
        (plain, locked, &[][..], Some(Reason::Encrypted)),
        (plain, "", &["Basic/Standard/script-lb.xml"][..], None),
        (
            plain,
            "",
            &["Basic/Standard/Module1.xml"][..],
            Some(Reason::Macro),
        ),
        (plain, "", &["Scripts/python/a.py"][..], Some(Reason::Macro)),
        (
            "<draw:object-ole/>",
            "",
            &[][..],
            Some(Reason::ActiveContent),
        ),
        (
            "<text:section-source/>",
            "",
            &[][..],
            Some(Reason::ActiveContent),
        ),
        (script, "", &[][..], Some(Reason::Macro)),
        ("<text:p>a", "", &[][..], Some(Reason::Damaged)),
        ("<text:p>&bad;</text:p>", "", &[][..], Some(Reason::Bomb)),
    ] {
        let contents = read_listing(xml, entries, more);
        assert_eq!(contents.finding, finding, "{xml} {entries} {more:?}");
    }
    let deep = "<text:p>".repeat(1000);
    assert_eq!(read(&deep).finding, Some(Reason::Bomb));
}

#[test]
fn pictures_and_flat_files() {
    let picture = "<text:p><draw:frame><draw:image/></draw:frame></text:p>";
    let long = "<text:p>chữ của văn bản</text:p>".repeat(40);
    assert!(read(&format!("{picture}{long}")).head_picture);
    assert!(!read(&format!("{long}{picture}")).head_picture);
    let flat = format!(
        "{FLAT}<office:body><office:text><text:p>Số 5</text:p></office:text></office:body>\
        </office:document>"
    );
    let contents = super::read(flat.as_bytes(), "a.fodt");
    assert_eq!((contents.format, contents.finding), (Format::Odt, None));
    assert_eq!(contents.pages, ["Số 5\n\n"]);
}
