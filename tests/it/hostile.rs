//! Files made to do harm or to hide something, through the readers.

use std::io::{Cursor, Write};
use std::time::{Duration, Instant};

use phobien::document::{Contents, Format, Reason};
use phobien::extract::{self, Limits};
use zip::ZipWriter;
use zip::write::SimpleFileOptions;

const TYPES: (&str, &str) = ("[Content_Types].xml", "<Types/>");

fn package(parts: &[(&str, &str)]) -> Vec<u8> {
    let mut zip = ZipWriter::new(Cursor::new(Vec::new()));
    for (name, text) in parts {
        zip.start_file(*name, SimpleFileOptions::default())
            .expect("started");
        zip.write_all(text.as_bytes()).expect("written");
    }
    zip.finish().expect("finished").into_inner()
}

fn docx(body: &str, more: &[(&str, &str)]) -> Contents {
    let body = format!("<w:document><w:body>{body}</w:body></w:document>");
    let mut parts = vec![TYPES, ("word/document.xml", &body)];
    parts.extend_from_slice(more);
    extract::read(&package(&parts), "a.docx", &Limits::default())
}

fn p(text: &str) -> String {
    format!("<w:p><w:r><w:t>{text}</w:t></w:r></w:p>")
}

#[test]
fn a_docx_reads_as_word_shows_it() {
    let drawn = format!(
        "<wps:txbx><w:txbxContent>{}</w:txbxContent></wps:txbx>",
        p("MẬT")
    );
    let old = format!(
        "<v:textbox><w:txbxContent>{}</w:txbxContent></v:textbox>",
        p("MẬT")
    );
    let body = format!(
        "<w:p><w:pPr><w:tabs><w:tab w:pos=\"1\"/></w:tabs></w:pPr><w:r><w:t>Số 07</w:t><w:tab/>\
         <w:t>Hà</w:t></w:r><w:ins><w:r><w:t> Nội</w:t></w:r></w:ins><w:del><w:r><w:delText>Huế\
         </w:delText><w:t>Huế</w:t></w:r></w:del><mc:AlternateContent><mc:Choice>{drawn}\
         </mc:Choice><mc:Fallback>{old}</mc:Fallback></mc:AlternateContent></w:p>\
         <w:p><w:r><w:instrText>PAGE \\* MERGEFORMAT</w:instrText></w:r><w:r><w:t>A &amp; B&#7873;\
         </w:t><w:br/><w:t>C</w:t></w:r></w:p><w:p/><w:p/>{}",
        p("hết")
    );
    let water = "<w:hdr><w:p><v:textpath string=\"TUYỆT MẬT\"/></w:p></w:hdr>";
    let note = format!("<w:footnotes>{}</w:footnotes>", p("chú thích"));
    let read = docx(
        &body,
        &[("word/header1.xml", water), ("word/footnotes.xml", &note)],
    );
    assert_eq!(read.finding, None, "{:?}", read.detail);
    assert_eq!(read.unread_pages, 0);
    assert_eq!(
        read.pages[0],
        "TUYỆT MẬT\n\nSố 07\tHà Nội\n\nMẬT\n\nA & Bề\nC\n\nhết\n\nchú thích\n"
    );
}

#[test]
fn packages_made_to_harm() {
    let bomb = "x".repeat(2_000_000);
    let deep = "<w:p>".repeat(300) + &"</w:p>".repeat(300);
    let laughs = "<!DOCTYPE a [<!ENTITY b \"ha\">]><w:p>&b;</w:p>";
    let outside = [
        TYPES,
        ("word/document.xml", "<a/>"),
        ("../../etc/cron.d/x", "x"),
    ];
    let absolute = [TYPES, ("word/document.xml", "<a/>"), ("/etc/passwd", "x")];
    for (what, bytes, finding) in [
        (
            "ratio",
            package(&[TYPES, ("word/document.xml", &bomb)]),
            Reason::Bomb,
        ),
        (
            "depth",
            package(&[TYPES, ("word/document.xml", &deep)]),
            Reason::Bomb,
        ),
        (
            "entities",
            package(&[TYPES, ("word/document.xml", laughs)]),
            Reason::Bomb,
        ),
        ("outside", package(&outside), Reason::Bomb),
        ("absolute", package(&absolute), Reason::Bomb),
        (
            "no text",
            package(&[TYPES, ("word/styles.xml", "<a/>")]),
            Reason::Damaged,
        ),
        (
            "cut xml",
            package(&[TYPES, ("word/document.xml", "<a><b>")]),
            Reason::Damaged,
        ),
    ] {
        let read = extract::read(&bytes, "a.docx", &Limits::default());
        assert_eq!(
            (read.format, read.finding),
            (Format::Docx, Some(finding)),
            "{what}"
        );
    }
    let many: Vec<(String, &str)> = (0..2100).map(|n| (format!("word/{n}"), "")).collect();
    let mut many: Vec<(&str, &str)> = many.iter().map(|(n, t)| (n.as_str(), *t)).collect();
    many.insert(0, TYPES);
    let read = extract::read(&package(&many), "a.docx", &Limits::default());
    assert_eq!(read.finding, Some(Reason::Bomb));
    let whole = package(&[TYPES, ("word/document.xml", "<a/>")]);
    let cut = extract::read(&whole[..whole.len() / 2], "a.docx", &Limits::default());
    assert_eq!(
        (cut.format, cut.finding),
        (Format::Docx, Some(Reason::Damaged))
    );
}

#[test]
fn sizes_that_lie_are_counted_while_unpacking() {
    let mut bytes = package(&[TYPES, ("word/document.xml", &"x".repeat(500_000))]);
    let true_size = 500_000_u32.to_le_bytes();
    while let Some(at) = bytes.windows(4).position(|w| w == true_size) {
        bytes[at..at + 4].copy_from_slice(&100_u32.to_le_bytes());
    }
    let limits = Limits {
        zip_part: 10_000,
        ..Limits::default()
    };
    let read = extract::read(&bytes, "a.docx", &limits);
    assert!(
        matches!(read.finding, Some(Reason::Bomb | Reason::Damaged)),
        "{read:?}"
    );
}

#[test]
fn what_a_docx_hides_is_told() {
    let text = p("Một văn bản bình thường có đủ chữ để đọc.");
    for (body, more, finding, unread) in [
        (format!("{text}<w:altChunk/>"), None, None, 1),
        (
            format!("{text}<w:object><o:OLEObject/></w:object>"),
            None,
            Some(Reason::ActiveContent),
            0,
        ),
        (
            format!("{text}<w:p><w:r><w:instrText>DDEAUTO c:\\\\cmd</w:instrText></w:r></w:p>"),
            None,
            Some(Reason::ActiveContent),
            0,
        ),
        (
            text.clone(),
            Some(("word/embeddings/a.bin", "x")),
            Some(Reason::ActiveContent),
            0,
        ),
        (
            text.clone(),
            Some(("word/vbaProject.bin", "x")),
            Some(Reason::Macro),
            0,
        ),
        (
            "<w:p><w:drawing><a:blip/></w:drawing></w:p>".to_owned(),
            None,
            Some(Reason::NoTextLayer),
            1,
        ),
    ] {
        let more: Vec<_> = more.into_iter().collect();
        let read = docx(&body, &more);
        assert_eq!(
            (read.finding, read.unread_pages),
            (finding, unread),
            "{body} {more:?}"
        );
    }
    let macros = (
        "[Content_Types].xml",
        "<x ContentType=\"ms-word.document.macroEnabled.main\"/>",
    );
    let renamed = package(&[macros, ("word/document.xml", "<a/>")]);
    let read = extract::read(&renamed, "a.docx", &Limits::default());
    assert_eq!(
        (read.format, read.finding),
        (Format::Docm, Some(Reason::Macro))
    );
}

/// A PDF of one page, from its content, its resources and further objects.
fn pdf(content: &str, resources: &str, more: &str) -> Contents {
    pdf_with("", content, resources, more)
}

/// The same with more in its catalog.
fn pdf_with(catalog: &str, content: &str, resources: &str, more: &str) -> Contents {
    let text = format!(
        "%PDF-1.7\n1 0 obj\n<</Type/Catalog/Pages 2 0 R {catalog}>>\nendobj\n\
         2 0 obj\n<</Type/Pages/Kids[3 0 R]/Count 1>>\nendobj\n\
         3 0 obj\n<</Type/Page/Parent 2 0 R/MediaBox[0 0 600 800]/Contents 4 0 R\
         /Resources<</Font<</F <</Type/Font/Subtype/Type1/BaseFont/Helvetica>> >> {resources}\
         >> >>\n\
         endobj\n4 0 obj\n<</Length {}>>\nstream\n{content}\nendstream\nendobj\n{more}\n\
         trailer\n<</Root 1 0 R/Size 9>>\nstartxref\n0\n%%EOF\n",
        content.len()
    );
    extract::read(text.as_bytes(), "a.pdf", &Limits::default())
}

const WORDS: &str = "BT /F 12 Tf 50 700 Td (So 23-CT/TW ve viec mot hai ba bon) Tj ET";
const PICTURE: &str = "5 0 obj\n<</Type/XObject/Subtype/Image/Width 1/Height 1\
    /ColorSpace/DeviceGray/BitsPerComponent 8/Length 1>>\nstream\nx\nendstream\nendobj";

#[test]
fn what_a_docx_keeps_beside_its_text() {
    let body = p("Số 07 ngày tháng").replace(
        "<w:r>",
        "<w:r><w:drawing><wp:docPr descr=\"A\"/>\
        </w:drawing></w:r><w:fldSimple w:instr=\"B\"/><w:r>",
    ) + "<w:p><w:r><w:instrText>C\
        </w:instrText></w:r></w:p><w:sdt><w:sdtPr><w:alias w:val=\"E\"/></w:sdtPr></w:sdt>";
    let app = "<Properties><Company>F</Company></Properties>";
    let core = "<cp:coreProperties><dc:title>D&#7852;</dc:title></cp:coreProperties>";
    let read = docx(
        &body,
        &[("docProps/core.xml", core), ("docProps/app.xml", app)],
    );
    assert_eq!(read.hidden, "A\n\nB\n\nC\n\nE\n\nDẬ\n\nF\n\n");
    assert_eq!(read.pages[0].trim(), "Số 07 ngày tháng");
}

#[test]
fn what_a_pdf_keeps_and_does_not_show() {
    let note = "6 0 obj\n<</Type/Annot/Subtype/Text/F 2/Contents<FEFF004D1EAC0054>>>\nendobj";
    let text = pdf(WORDS, ">> /Annots[6 0 R] /X <<", note);
    assert_eq!((text.hidden.as_str(), text.finding), ("MẬT\n\n", None));
    let rich = "6 0 obj\n<</Type/Annot/Subtype/FreeText/RC(<p>MAT</p>)>>\nendobj";
    assert_eq!(
        pdf(WORDS, ">> /Annots[6 0 R] /X <<", rich).hidden,
        "MAT\n\n"
    );
    assert_eq!(text.unread_pages, 0);
    for (layers, unread) in [
        ("/D<</ON[7 0 R]>>", 0),
        ("/D<</OFF[7 0 R]>>", 1),
        ("/D<</BaseState/OFF>>", 1),
    ] {
        let catalog = format!("/OCProperties<</OCGs[7 0 R]{layers}>>");
        let text = pdf_with(&catalog, WORDS, "", "7 0 obj\n<</Type/OCG>>\nendobj");
        assert_eq!(
            (text.unread_pages, text.finding),
            (unread, None),
            "{layers}"
        );
    }
}

#[test]
fn what_the_drawings_of_a_pdf_stand_for() {
    let mark = "FEFF004D1EAC0054";
    let hidden = |content: &str, more: &str| pdf(content, "", more).hidden;
    for content in [
        format!("/Span <</ActualText <{mark}>>> BDC {WORDS} EMC"),
        format!("/Span <</Actual#54ext <{mark}>>> BDC {WORDS} EMC"),
        format!("{WORDS} /Figure <</Alt <{mark}>>> DP"),
    ] {
        assert_eq!(hidden(&content, ""), "MẬT\n\n", "{content}");
    }
    let form = format!("/Span <</ActualText <{mark}>>> BDC EMC");
    let length = form.len();
    for object in [
        format!("<</Type/StructElem/S/Span/ActualText<{mark}>>>"),
        format!("<</Type/StructElem/S/Figure/Alt<{mark}>>>"),
        format!("<</Type/StructElem/S/Span/E<{mark}>>>"),
        format!("<</Subtype/Form/BBox[0 0 9 9]/Length {length}>>\nstream\n{form}\nendstream"),
    ] {
        let more = format!("6 0 obj\n{object}\nendobj");
        assert_eq!(hidden(WORDS, &more), "MẬT\n\n", "{object}");
    }
    // What the page shows is read in its place; blanks and signs say nothing.
    for said in ["viec mot", "\\(1\\)", " "] {
        let content = format!("/Span <</ActualText ({said})>> BDC {WORDS} EMC");
        assert_eq!(hidden(&content, ""), "", "{said}");
    }
}

#[test]
fn what_a_pdf_starts_or_holds_is_told() {
    assert_eq!(pdf(WORDS, "", "").finding, None);
    for object in [
        "<</S/JavaScript/JS(app.alert)>>",
        "<</Type/Action/S/Launch/F(cmd.exe)>>",
        "<</Kids[<</A<</S/JavaScript>> >>]>>",
        "<</Names<</EmbeddedFiles<<>> >> >>",
        "<</Type/Filespec/F(a.exe)/EF<</F 7 0 R>> >>",
        "<</Type/Annot/Subtype/FileAttachment>>",
    ] {
        let read = pdf(WORDS, "", &format!("6 0 obj\n{object}\nendobj"));
        assert_eq!(read.finding, Some(Reason::ActiveContent), "{object}");
        assert!(
            read.pages[0].contains("23-CT/TW"),
            "the gate still reads it"
        );
    }
}

#[test]
fn a_scan_with_words_beside_it_is_still_a_scan() {
    let scan = "q 600 0 0 800 0 0 cm /I Do Q";
    let resources = "/XObject<</I 5 0 R>>";
    let stamp = pdf(&format!("{scan} {WORDS}"), resources, PICTURE);
    assert_eq!(stamp.finding, Some(Reason::NoTextLayer), "{stamp:?}");
    assert_eq!((stamp.format, stamp.unread_pages), (Format::PdfScan, 1));
    // A copier's invisible text is told, not trusted, however much of it there is.
    let hidden =
        WORDS.replace("Tj ET", "Tj").replace("BT", "BT 3 Tr") + &" (them chu) Tj".repeat(60);
    let copier = pdf(&format!("{scan} {hidden} ET"), resources, PICTURE);
    assert_eq!(copier.finding, Some(Reason::NoTextLayer));
    assert!(copier.pages[0].contains("23-CT/TW"));
    // A crest in the corner of a page of text is no scan.
    let text = WORDS.repeat(10);
    let crest = pdf(
        &format!("q 50 0 0 50 0 0 cm /I Do Q {text}"),
        resources,
        PICTURE,
    );
    assert_eq!((crest.finding, crest.unread_pages), (None, 0));
}

#[test]
fn loops_in_a_pdf_end() {
    let start = Instant::now();
    for more in [
        "2 0 obj\n<</Type/Pages/Kids[2 0 R 2 0 R 3 0 R]/Count 1000000000>>\nendobj",
        "5 0 obj\n<</Type/XObject/Subtype/Form/BBox[0 0 9 9]/Resources<</XObject<</I 5 0 R>> >>\
         /Length 11>>\nstream\n/I Do /I Do\nendstream\nendobj",
    ] {
        let _ = pdf(&format!("/I Do {WORDS}"), "/XObject<</I 5 0 R>>", more);
    }
    assert!(
        start.elapsed() < Duration::from_secs(20),
        "{:?}",
        start.elapsed()
    );
}

#[test]
fn a_picture_where_a_stamp_may_stand_is_told() {
    let resources = "/XObject<</X 5 0 R>>";
    let at = |y: u32| format!("q 120 0 0 40 60 {y} cm /X Do Q {WORDS}");
    assert!(pdf(&at(740), resources, PICTURE).head_picture);
    assert!(
        !pdf(&at(60), resources, PICTURE).head_picture,
        "a signature at the end"
    );
    assert!(!pdf(WORDS, "", "").head_picture);
    // Letters drawn as outlines may stand there too; the boxes of a table do not.
    let line = |x: u32, n: u32| format!("{} {} l ", x + n, 700 + n % 2 * 15);
    let lines = |x: u32| (1..10).map(|n| line(x, n)).collect::<String>();
    let letter = |x: u32| format!("{x} 700 m {} f ", lines(x));
    let word = [60, 80, 100].map(letter).concat();
    assert!(pdf(&format!("{word}{WORDS}"), "", "").head_picture);
    let table = "60 700 50 20 re f 60 700 m 90 700 l S ".repeat(40);
    assert!(!pdf(&format!("{table}{WORDS}"), "", "").head_picture);
}
