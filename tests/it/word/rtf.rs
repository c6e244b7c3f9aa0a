//! RTF written here, a case for each rule of the format.

use std::time::{Duration, Instant};

use phobien::document::Reason;

/// Pieces of RTF, for chains of any of them.
pub(super) const WORDS: [&str; 30] = [
    "{",
    "}",
    "\\u-1 ",
    "\\u55357 ",
    "\\'e1",
    "\\'",
    "\\bin3 ",
    "\\bin99999999 ",
    "\\intbl ",
    "\\itap99999 ",
    "\\cell ",
    "\\row ",
    "\\nestcell ",
    "\\nestrow ",
    "\\par ",
    "\\*",
    "{\\shptxt ",
    "{\\header ",
    "{\\footnote ",
    "{\\fonttbl ",
    "\\f1 ",
    "\\uc-5 ",
    "{\\*\\fldinst ",
    "{\\upr ",
    "{\\*\\ud ",
    "{\\sp{\\sn gtextUNICODE}{\\sv ",
    "\\deleted ",
    "\\plain ",
    "chữ ",
    "\\u",
];

const FONTS: &str = "{\\fonttbl{\\f0\\fcharset0 Times New Roman;}\
    {\\f1\\fnil\\fcharset0 .VnTime;}{\\f2\\fcharset163 Arial{\\*\\falt X};}\
    {\\f3\\fcharset1 VNI-Times;}{\\f4\\fcharset128 MS Mincho;}{\\f5\\fcharset0 .VnTimeH;}}";

fn read(body: &str) -> phobien::document::Contents {
    let rtf = format!("{{\\rtf1\\ansi\\ansicpg1252\\deff0{FONTS}{body}}}");
    super::read(rtf.as_bytes(), "a.rtf")
}

#[test]
fn every_rule_of_characters() {
    for (rtf, text) in [
        ("\\u272?\\u7843?ng", "Đảng"),
        ("\\uc0\\u272\\u7843 ng", "Đảng"),
        ("\\uc2\\u272\\'44\\'44\\u7843 ??ng", "Đảng"),
        ("{\\uc0\\u272}\\u7843?ng", "Đảng"),
        ("\\u-4051?", "\u{f02d}"),
        ("\\u55357?\\u56832?x", "😀x"),
        ("\\u55357?x", "\u{fffd}x"),
        ("\\u8211\\endash x", "–x"),
        ("\\u272\\b ng", "Đng"),
        ("{\\f2 \\'d0\\'e3\\'d2ng}", "Đă\u{309}ng"),
        ("\\f2 \\'c2\\'ec", "Â\u{301}"),
        ("{\\f1 \\'a7\\'b6ng \\'f1y t\\-\\'ac}ng", "Đảng ủy tương"),
        ("{\\f3 \\'d1a\\'fbng }{\\b\\f3 u\\'fb}y", "Đảng ủy"),
        ("{\\f5 \\'f1y ban}", "ỦY BAN"),
        ("{\\f4 \\'93\\'fa}", "日"),
        ("{\\caps b\\u7897? tr\\u432?\\u7903?ng} a", "BỘ TRƯỞNG a"),
        ("{\\v \\u7849?n}a\\v b\\v0 c", "ac"),
        ("a{\\deleted b}c\\deleted d\\deleted0 e", "ace"),
        ("a\\~b\\_c\\{d\\}e\\\\f", "a\u{a0}b-c{d}e\\f"),
        ("a\\tab b\\line c\\par d\\\nf", "a\tb\nc\nd\nf"),
        ("\\ldblquote a\\rdblquote\\emdash\\bullet", "“a”—•"),
        ("a\\bin5 }}}}}b", "ab"),
        ("a{\\*\\xyz {b} c}d{\\info{\\title t}}e", "ade"),
        ("a{\\upr{x}{\\*\\ud \\u272?}}", "aĐ"),
        ("{\\field{\\*\\fldinst PAGE}{\\fldrslt 7}}", "7"),
        ("a\\plain\\f1\\plain \\'b6", "a¶"),
        ("{\\pntext 1.\\tab}a{\\xe{b}}", "1.\ta"),
        ("{\\*\\annotation n}a{\\*\\bkmkstart b}", "a"),
    ] {
        let contents = read(rtf);
        assert_eq!(contents.finding.filter(|f| *f != Reason::NoTextLayer), None);
        assert_eq!(contents.pages.concat().trim_end(), text, "{rtf}");
    }
}

#[test]
fn every_rule_of_places() {
    for (rtf, text) in [
        (
            "\\trowd\\cellx1\\cellx2\\pard\\intbl a\\par b\\cell c\\cell\\row\\pard d",
            "a\tc\nb\nd",
        ),
        (
            "{\\trowd\\pard\\intbl{a\\cell }{b\\cell }{\\trowd\\row }}\\pard c",
            "a\tb\nc",
        ),
        (
            "\\pard\\intbl a\\par\\pard\\intbl\\itap2 b\\nestcell c\\nestcell{\\*\\nesttableprops\
             \\trowd\\nestrow}{\\nonesttables\\par x}\\pard\\intbl d\\cell e\\cell\\row",
            "a\te\nb\tc\nd",
        ),
        ("{\\header Tr\\par}{\\footer c\\par}a\\par", "Tr\n\na\n\nc"),
        ("a{\\super\\chftn}{\\*\\footnote n}b\\par c", "ab\nc\n\nn"),
        (
            "a{\\shp{\\*\\shpinst{\\sp{\\sn x}{\\sv 1}}{\\shptxt H\\par}}{\\shprslt H}}b\\par c",
            "ab\n\nH\n\nc",
        ),
        (
            "a{\\*\\do\\dptxbx{\\dptxbxtext H\\par}}\\par b",
            "a\n\nH\n\nb",
        ),
        (
            "{\\shp{\\*\\shpinst{\\sp{\\sn gtextUNICODE}{\\sv M}}}}a\\par b",
            "a\n\nM\n\nb",
        ),
    ] {
        assert_eq!(read(rtf).pages.concat().trim(), text, "{rtf}");
    }
}

#[test]
fn what_is_active_stands_still() {
    for rtf in [
        "a{\\object\\objemb{\\*\\objclass Package}{\\*\\objdata 01}{\\result b}}",
        "a{\\*\\unknown{\\*\\objdata 01}}",
        "a{\\object\\objautlink{\\result b}}",
        "a{\\field{\\*\\fldinst {DDEAUTO} c:\\\\\\\\x}{\\fldrslt b}}",
        "a{\\field{\\*\\fldinst DDE {\\field{\\*\\fldinst QUOTE}{\\fldrslt}}}{\\fldrslt b}}",
        "a{\\*\\template http://a.example/x.dotm}",
    ] {
        assert_eq!(read(rtf).finding, Some(Reason::ActiveContent), "{rtf}");
    }
    for rtf in [
        "a{\\field{\\*\\fldinst HYPERLINK \"https://a.example/\"}{\\fldrslt b}}",
        "a{\\*\\template C:\\\\Normal.dot}",
    ] {
        assert_eq!(read(rtf).finding, None, "{rtf}");
    }
}

#[test]
fn pictures_count_where_they_stand() {
    let long = "a\\par ".repeat(40);
    let picture = "{\\*\\shppict{\\pict\\pngblip 00}}";
    let shape = "{\\shp{\\*\\shpinst{\\sp{\\sn pib}{\\sv {\\pict 00}}}}}";
    for (rtf, head) in [
        (format!("{picture}{long}"), true),
        (format!("{shape}{long}"), true),
        (format!("{long}{picture}"), false),
        (format!("{{\\nonshppict{{\\pict 00}}}}{long}"), false),
        (format!("{{\\*\\listpicture{picture}}}{long}"), false),
    ] {
        let contents = read(&rtf);
        assert_eq!(
            (contents.finding, contents.head_picture),
            (None, head),
            "{rtf}"
        );
    }
    assert_eq!(read(picture).finding, Some(Reason::NoTextLayer));
}

#[test]
fn properties_are_kept_apart_from_the_text_and_names_of_people_are_not() {
    let info = "{\\info{\\title M\\u7852?T}{\\author An}{\\company B}{\\creatim\\yr2020}}";
    let contents = read(&format!("{info}a"));
    assert_eq!(contents.pages[0], "a\n");
    let hidden: Vec<&str> = contents.hidden.split_whitespace().collect();
    assert_eq!(hidden, ["MẬT", "B"], "{:?}", contents.hidden);
}

#[test]
fn page_count_end_and_depth() {
    assert_eq!(read("{\\info{\\nofpages3}}a").page_count, Some(3));
    for rtf in ["{\\rtf1 a", "{\\rtf1 {a}\\bin9 }", "{\\rtf1 \\"] {
        let contents = super::read(rtf.as_bytes(), "a.rtf");
        assert_eq!(contents.finding, Some(Reason::Damaged), "{rtf}");
    }
    let behind = super::read(b"{\\rtf1 a}} b {\\objdata", "a.rtf");
    assert_eq!((behind.finding, &*behind.pages[0]), (None, "a\n"));
    let deep = "{".repeat(100_000);
    assert_eq!(read(&deep).finding, Some(Reason::Bomb));
}

#[test]
fn a_converted_text_that_kept_its_font_is_read_as_it_stands() {
    let words = "Đảng uỷ xã chỉ đạo các chi bộ tổ chức học tập, quán triệt đầy đủ nội dung chỉ thị \
        và báo cáo kết quả về Văn phòng Đảng uỷ trước ngày mồng mười tháng sau để tổng hợp chung";
    let units = |c: char| format!("\\u{}?", u32::from(c));
    let rtf: String = words.chars().map(units).collect();
    assert_eq!(
        read(&format!("{{\\f1 {rtf}}}")).pages.concat().trim(),
        words
    );
}

#[test]
fn long_chains_end_soon() {
    for piece in WORDS {
        let start = Instant::now();
        let contents = read(&piece.repeat(200_000));
        assert!(start.elapsed() < Duration::from_secs(10), "{piece}");
        let told = contents.detail.unwrap_or_default();
        assert!(!told.contains("failed on the file"), "{piece}");
    }
}
