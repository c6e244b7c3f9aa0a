//! Texts of our own in every encoding and alphabet, through the readers: written here, read
//! exactly.

use std::io::Write;

use phobien::document::{Contents, Format, Reason};
use phobien::extract::{self, Limits};
use phobien::spelling::legacy::{self, Legacy};
use proptest::prelude::*;
use unicode_normalization::UnicodeNormalization;
use zip::write::SimpleFileOptions;

const HEADING: &str = "HUYỆN UỶ YÊN LẠC\tĐẢNG CỘNG SẢN VIỆT NAM\nSố 118-KH/HU\tYên Lạc, ngày \
    07 tháng 9 năm 2021\n\nKẾ HOẠCH\nkiểm tra, giám sát việc thực hiện quy chế dân chủ \
    ở cơ sở\n-----\n";
const BODY: &str = "Thực hiện Chương trình kiểm tra năm 2021, Ban Thường vụ Huyện uỷ xây dựng kế \
    hoạch với những nội dung chủ yếu như sau: nâng cao nhận thức của cán bộ, đảng viên; phát hiện \
    ưu điểm để phát huy, khuyết điểm để khắc phục; kỷ luật nghiêm, đúng người, đúng việc.\n";

/// Every letter of an alphabet that a document can be typed in, and how it is typed: found by
/// asking the decoder, which `iconv` was compared with once, for each code.
fn encode(alphabet: Legacy, text: &str) -> String {
    text.nfc().map(|c| typed(alphabet, c)).collect()
}

fn typed(alphabet: Legacy, c: char) -> String {
    if c.is_ascii() {
        return c.to_string();
    }
    match alphabet {
        Legacy::Tcvn3 => {
            // Only ĂÂÊÔƠƯĐ have capitals there; the others are typed small.
            let shows = |letter: char, wanted: char| {
                legacy::shown(&letter.to_string(), Some(".VnTime")) == wanted.to_string()
            };
            let small = c.to_lowercase().next().unwrap_or(c);
            let code = |wanted: char| {
                let no_tone_capital = |n: &u32| wanted.is_lowercase() || *n < 0xa8;
                (0xa1..=0xff_u32)
                    .filter(no_tone_capital)
                    .filter_map(char::from_u32)
                    .find(|n| shows(*n, wanted))
            };
            code(c).or_else(|| code(small)).unwrap_or(c).to_string()
        }
        Legacy::Vni => vni(c),
    }
}

/// VNI by its rule: a letter, then one sign for shape and tone together.
fn vni(c: char) -> String {
    for (letter, one) in [
        ('đ', 'ñ'),
        ('ơ', 'ô'),
        ('ư', 'ö'),
        ('ỵ', 'î'),
        ('ỉ', 'æ'),
        ('ĩ', 'ó'),
        ('ị', 'ò'),
        ('ì', 'ì'),
        ('í', 'í'),
    ] {
        if c == letter {
            return one.to_string();
        }
        if c.to_lowercase().eq([letter]) {
            return one.to_uppercase().to_string();
        }
    }
    let parts: Vec<char> = c.nfd().collect();
    let mut base = parts[0].to_string();
    let mut marks: Vec<char> = parts[1..].to_vec();
    if marks.contains(&'\u{31b}') {
        base = vni([parts[0], '\u{31b}']
            .iter()
            .collect::<String>()
            .nfc()
            .next()
            .unwrap_or(c));
        marks.retain(|m| *m != '\u{31b}');
    }
    marks.sort_unstable();
    let sign = match marks.as_slice() {
        [] => return base,
        ['\u{300}'] => 'ø',
        ['\u{301}'] => 'ù',
        ['\u{309}'] => 'û',
        ['\u{303}'] => 'õ',
        ['\u{323}'] => 'ï',
        ['\u{302}'] => 'â',
        ['\u{300}', '\u{302}'] => 'à',
        ['\u{301}', '\u{302}'] => 'á',
        ['\u{302}', '\u{309}'] => 'å',
        ['\u{302}', '\u{303}'] => 'ã',
        ['\u{302}', '\u{323}'] => 'ä',
        ['\u{306}'] => 'ê',
        ['\u{300}', '\u{306}'] => 'è',
        ['\u{301}', '\u{306}'] => 'é',
        ['\u{306}', '\u{309}'] => 'ú',
        ['\u{303}', '\u{306}'] => 'ü',
        ['\u{306}', '\u{323}'] => 'ë',
        _ => return c.to_string(),
    };
    let sign = sign.to_string();
    let upper = parts[0].is_uppercase();
    base + &if upper { sign.to_uppercase() } else { sign }
}

/// windows-1258: shapes are letters, tones follow them, all but a few.
fn cp1258(text: &str) -> Vec<u8> {
    let mut apart = String::new();
    for c in text.nfc() {
        let (mut letter, mut tones) = (String::new(), String::new());
        for part in c.nfd() {
            match part {
                '\u{300}' | '\u{301}' | '\u{303}' | '\u{309}' | '\u{323}' => tones.push(part),
                part => letter.push(part),
            }
        }
        apart.extend(letter.nfc());
        apart.push_str(&tones);
    }
    let (bytes, _, lost) = encoding_rs::WINDOWS_1258.encode(&apart);
    assert!(!lost, "{text}");
    bytes.into_owned()
}

fn latin1(text: &str) -> Vec<u8> {
    let byte = |c: char| u8::try_from(u32::from(c)).unwrap_or(b'?');
    text.chars().map(byte).collect()
}

fn utf16(text: &str, little: bool) -> Vec<u8> {
    let bytes = |unit: u16| {
        if little {
            unit.to_le_bytes()
        } else {
            unit.to_be_bytes()
        }
    };
    text.encode_utf16().flat_map(bytes).collect()
}

fn read(bytes: &[u8], name: &str) -> Contents {
    extract::read(bytes, name, &Limits::default())
}

#[test]
fn plain_text_in_every_encoding_reads_exactly() {
    let text = format!("{HEADING}{BODY}");
    let marked = format!("\u{feff}{text}");
    let nfd: String = text.nfd().collect();
    let mixed = format!("{HEADING}{}", encode(Legacy::Tcvn3, BODY));
    let undone: String = encoding_rs::WINDOWS_1252
        .decode_without_bom_handling(text.as_bytes())
        .0
        .into_owned();
    for (what, bytes) in [
        ("UTF-8", text.clone().into_bytes()),
        ("UTF-8 with a mark", marked.clone().into_bytes()),
        ("NFD", nfd.into_bytes()),
        ("UTF-16LE", utf16(&text, true)),
        ("UTF-16BE", utf16(&text, false)),
        ("UTF-16LE with a mark", utf16(&marked, true)),
        ("UTF-16BE with a mark", utf16(&marked, false)),
        ("windows-1258", cp1258(&text)),
        ("TCVN3", latin1(&encode(Legacy::Tcvn3, &text))),
        ("VNI", latin1(&encode(Legacy::Vni, &text))),
        (
            "TCVN3 copied into UTF-8",
            encode(Legacy::Tcvn3, &text).into_bytes(),
        ),
        (
            "VNI copied into UTF-8",
            encode(Legacy::Vni, &text).into_bytes(),
        ),
        ("a Unicode heading over TCVN3", mixed.into_bytes()),
        ("UTF-8 taken for Latin", undone.into_bytes()),
    ] {
        let contents = read(&bytes, "118-KH-HU.txt");
        assert_eq!(contents.format, Format::Txt, "{what}");
        assert_eq!(
            (contents.finding, contents.unread_pages),
            (None, 0),
            "{what}"
        );
        let page: String = contents.pages[0].nfc().collect();
        assert_eq!(page.trim_start_matches('\u{feff}'), text, "{what}");
    }
}

#[test]
fn other_languages_are_read_and_not_made_vietnamese() {
    let english = "The Committee shall meet on 3 June; its \u{93}working rules\u{94} apply. ";
    let contents = read(&latin1(&english.repeat(5)), "rules.txt");
    assert_eq!((contents.finding, contents.unread_pages), (None, 0));
    assert!(contents.pages[0].contains("“working rules”"));
    let french = "Le comité s’est réuni à l’été pour délibérer de la présidence à Genève. ";
    let contents = read(french.repeat(5).as_bytes(), "regles.txt");
    assert_eq!(contents.pages[0], french.repeat(5));
    let russian: Vec<u8> = b"\xf0\xcf\xd3\xd4\xc1\xce\xcf\xd7\xcc\xc5\xce\xc9\xc5 ".repeat(9);
    let contents = read(&russian, "ru.txt");
    assert_eq!(contents.finding, Some(Reason::Unsupported));
    assert_eq!(contents.unread_pages, 1);
}

#[test]
fn a_page_of_the_web_is_read_in_what_it_declares_and_is() {
    let table = "<table><tr><td>HUYỆN UỶ YÊN LẠC<td>ĐẢNG CỘNG SẢN VIỆT NAM</table>";
    let page = |charset: &str| {
        format!("<html><meta charset=\"{charset}\">{table}<p>{BODY}</p><p>MẬT</p></html>")
    };
    let old = |face: &str, alphabet| {
        format!(
            "<html><font face='{face}'>{}</font></html>",
            encode(alphabet, BODY)
        )
    };
    for (what, bytes) in [
        ("as declared", cp1258(&page("windows-1258"))),
        ("declared wrongly", cp1258(&page("iso-8859-1"))),
        ("Unicode declared as Latin", page("iso-8859-1").into_bytes()),
        ("UTF-16", utf16(&page("utf-16"), true)),
        (
            "TCVN3 bytes",
            latin1(&encode(Legacy::Tcvn3, &page("x-user-defined"))),
        ),
        (
            "VNI by its font",
            old("VNI-Times", Legacy::Vni).into_bytes(),
        ),
        (
            "TCVN3 by its font",
            old(".VnTime", Legacy::Tcvn3).into_bytes(),
        ),
    ] {
        let contents = read(&bytes, "trang.html");
        let text: String = contents.pages[0].nfc().collect();
        assert_eq!(contents.finding, None, "{what}");
        assert!(text.contains(BODY.trim()), "{what}: {text}");
    }
}

fn docx(body: &str, styles: &str) -> Vec<u8> {
    let mut zip = zip::ZipWriter::new(std::io::Cursor::new(Vec::new()));
    let document =
        format!("<w:document xmlns:w='w' xmlns:v='v'><w:body>{body}</w:body></w:document>");
    for (name, text) in [
        ("[Content_Types].xml", "<Types/>"),
        ("word/document.xml", document.as_str()),
        ("word/styles.xml", styles),
    ] {
        zip.start_file(name, SimpleFileOptions::default())
            .expect("a part");
        zip.write_all(text.as_bytes()).expect("its bytes");
    }
    zip.finish().expect("a package").into_inner()
}

#[test]
fn a_docx_shows_what_fonts_styles_and_capitals_make_of_it() {
    let style = |font: &str| {
        format!(
            "<w:styles xmlns:w='w'><w:style w:type='paragraph' w:default='1' w:styleId='N'><w:rPr>\
            <w:rFonts w:ascii='{font}' w:hAnsi='{font}'/></w:rPr></w:style><w:style \
            w:type='character' w:styleId='Stamp'><w:rPr><w:caps/></w:rPr></w:style></w:styles>"
        )
    };
    let run = |inside: &str| format!("<w:p><w:r>{inside}</w:r></w:p>");
    let old = encode(Legacy::Tcvn3, BODY.trim());
    let body = run(&format!("<w:t>{old}</w:t>"));
    let shown = |body: &str, font: &str| {
        let contents = read(&docx(body, &style(font)), "a.docx");
        assert_eq!(contents.finding, None, "{:?}", contents.detail);
        contents.pages[0].trim().to_owned()
    };
    assert_eq!(shown(&body, ".VnTime"), BODY.trim(), "by its style");
    assert_eq!(shown(&body, "Arial"), BODY.trim(), "by its letters");
    let unicode = run(&format!("<w:t>{BODY}</w:t>")) + &run("<w:t>và hai bên có</w:t>");
    let text = format!("{}\n\nvà hai bên có", BODY.trim());
    assert_eq!(shown(&unicode, ".VnTime"), text, "a font that lies");
    for mark in [
        "<w:rPr><w:rStyle w:val='Stamp'/></w:rPr><w:t>mật</w:t>",
        "<w:rPr><w:smallCaps/></w:rPr><w:t>mật</w:t>",
        "<w:rPr><w:rFonts w:hAnsi='.VnTimeH'/></w:rPr><w:t>mËt</w:t>",
        "<w:rPr><w:caps/><w:rFonts w:hAnsi='VNI-Times'/></w:rPr><w:t>ma</w:t></w:r><w:r><w:rPr>\
         <w:caps/><w:rFonts w:hAnsi='VNI-Times'/></w:rPr><w:t>ät</w:t>",
        "<w:t>M</w:t><w:sym w:font='.VnTime' w:char='F0CB'/><w:t>T</w:t>",
        "<w:pict><v:textpath string='M&#7852;T'/></w:pict>",
    ] {
        let page = shown(&(body.clone() + &run(mark)), "Arial");
        let seen = page.lines().any(|line| line == "MẬT" || line == "MậT");
        assert!(seen, "{mark}: {page}");
    }
    // The hyphen that Word keeps as an element is the letter ư of that font.
    let soft = "<w:rPr><w:rFonts w:hAnsi='.VnTime'/></w:rPr><w:t>t</w:t><w:softHyphen/><w:t>\u{ac}\
        ng</w:t>";
    assert!(shown(&(body + &run(soft)), "Arial").ends_with("\ntương"));
}

fn sentence() -> impl Strategy<Value = String> {
    let words: Vec<&str> = BODY
        .split_whitespace()
        .chain(HEADING.split_whitespace())
        .collect();
    let small: Vec<String> = words
        .iter()
        .map(|w| {
            w.chars()
                .filter(|c| c.is_alphabetic())
                .flat_map(char::to_lowercase)
                .collect()
        })
        .filter(|w: &String| !w.is_empty())
        .collect();
    prop::collection::vec(prop::sample::select(small), 12..60).prop_map(|words| words.join(" "))
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(40))]

    #[test]
    fn what_is_written_is_read(text in sentence()) {
        for bytes in [
            latin1(&encode(Legacy::Tcvn3, &text)),
            latin1(&encode(Legacy::Vni, &text)),
            encode(Legacy::Tcvn3, &text).into_bytes(),
            encode(Legacy::Vni, &text).into_bytes(),
            cp1258(&text),
            utf16(&text, true),
            utf16(&text, false),
        ] {
            let contents = read(&bytes, "a.txt");
            prop_assert_eq!(contents.finding, None);
            prop_assert_eq!(&contents.pages[0], &text);
        }
        prop_assert_eq!(legacy::unmask(&text), None);
        let healed = legacy::unmask(&encode(Legacy::Tcvn3, &text));
        prop_assert_eq!(healed.as_deref().and_then(legacy::unmask), None);
    }

    #[test]
    fn any_bytes_end_as_contents(bytes in prop::collection::vec(any::<u8>(), 0..600)) {
        for name in ["a.txt", "a.html", "a.md"] {
            let told = read(&bytes, name).detail.unwrap_or_default();
            prop_assert!(!told.contains("failed on the file"));
        }
        let text = String::from_utf8_lossy(&bytes);
        let once = legacy::raise(&text).into_owned();
        prop_assert_eq!(legacy::raise(&once), once.as_str());
    }
}
