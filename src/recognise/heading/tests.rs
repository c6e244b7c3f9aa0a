//! Owns the headings that offices write, and what is read of each. It refuses to test what stands
//! below a heading.

use super::*;
use crate::recognise::page::lines;

#[test]
fn patterns_compile() {
    for pattern in [
        &BODY,
        &LABELLED,
        &BARE,
        &UNNUMBERED,
        &LABEL,
        &DATE,
        &SHORT,
        &BLANK,
    ] {
        assert!(pattern.compiles());
    }
}

#[test]
fn misspelt_types_are_types() {
    for (text, word) in [
        ("CHỈ THỈ", "Chỉ thị"),
        ("CHỈ THị", "Chỉ thị"),
        ("CHÍ THỊ", "Chỉ thị"),
        ("CHI THỊ", "Chỉ thị"),
        ("CHI THI", "Chỉ thị"),
        ("C H Ỉ T H Ị", "Chỉ thị"),
        ("NGHI QUYẾT", "Nghị quyết"),
        ("NGHỊ QUYÊT", "Nghị quyết"),
        ("NGHI QUYÊT", "Nghị quyết"),
        ("NGHỊ QUYỂT", "Nghị quyết"),
        ("NGHỊ ÐỊNH", "Nghị định"),
        ("NGHI ĐINH", "Nghị định"),
        ("QUYÊT ĐỊNH", "Quyết định"),
        ("QUYÊT ĐINH", "Quyết định"),
        ("QUYẾT ÐỊNH", "Quyết định"),
        ("QUYẾT ĐỊNNH", "Quyết định"),
        ("QUY ĐINH", "Quy định"),
        ("QUY ÐỊNH", "Quy định"),
        ("QUI ĐỊNH", "Quy định"),
        ("QUY CHÊ", "Quy chế"),
        ("KÊT LUẬN", "Kết luận"),
        ("KẾT LUẬM", "Kết luận"),
        ("KÉT LUÂN", "Kết luận"),
        ("THÔNG BAO", "Thông báo"),
        ("THỐNG BÁO", "Thông báo"),
        ("THÔNG TRỊ", "Thông tri"),
        ("HUỚNG DẪN", "Hướng dẫn"),
        ("HƯỚNG DÂN", "Hướng dẫn"),
        ("HUONG DAN", "Hướng dẫn"),
        ("BÁO CAO", "Báo cáo"),
        ("BAO CÁO", "Báo cáo"),
        ("KÊ HOẠCH", "Kế hoạch"),
        ("KẾ HOACH", "Kế hoạch"),
        ("KÊ HOACH", "Kế hoạch"),
        ("CHƯƠNG TRINH", "Chương trình"),
        ("CHUƠNG TRÌNH", "Chương trình"),
        ("TỜ TRINH", "Tờ trình"),
        ("CÔNG ĐIÊN", "Công điện"),
        ("BIÊN BAN", "Biên bản"),
        ("PHÁP LÊNH", "Pháp lệnh"),
    ] {
        assert_eq!(kind_alone(text), Some(word), "{text}");
    }
    for text in [
        "THÔNG TIN",
        "CÔNG NGHỆ",
        "QUY MÔ",
        "CHI BỘ",
        "BAN BÍ THƯ",
        "VĂN PHÒNG",
    ] {
        assert_eq!(kind_alone(text), None, "{text}");
    }
    for motto in [
        "CỘNG HÕA XÃ HỘI CHỦ NGHĨA VIỆT NAM",
        "ÐẢNG CỘNG SẢN VIỆT NAM",
    ] {
        assert!(is_motto(motto), "{motto}");
    }
}

#[test]
fn dates_of_issue_in_all_their_forms() {
    for (text, expected) in [
        ("Hà Nội, ngày 09 tháng 02 năm 2018", Some((2018, 2, 9))),
        (
            "TP. Hồ Chí Minh, ngày 3 tháng 11 năm 2021",
            Some((2021, 11, 3)),
        ),
        ("Hà Nội, ngày 30/5/2019", Some((2019, 5, 30))),
        ("Hà Nội, ngày 09-02-2018", Some((2018, 2, 9))),
        ("Huế, 1.6.2020", Some((2020, 6, 1))),
        (
            "Số 1-CT/TW\tHà Nội, ngày 09 tháng 02\n\tnăm 2018",
            Some((2018, 2, 9)),
        ),
        (
            "Hà Nội, nga\u{300}y 0 9 tháng 0 2 năm 2018",
            Some((2018, 2, 9)),
        ),
        ("Hà Nội, ngày    tháng    năm 2020", None),
        ("Hà Nội, ngày … tháng 02 năm 2020", None),
        ("Hà Nội, ngày 31 tháng 02 năm 2020", None),
        ("Ký bởi: Văn phòng\nThời gian ký: 04/07/2019 10:11:12", None),
        ("Căn cứ Luật ngày 19 tháng 6 năm 2015", None),
        ("V/v họp giao ban, ngày 12/3/2020", None),
    ] {
        let found = date(&lines(text, 10)).map(|(d, _)| d);
        let expected = expected.and_then(|(y, m, d)| NaiveDate::from_ymd_opt(y, m, d));
        assert_eq!(found, expected, "{text}");
    }
}

#[test]
fn own_symbols_only() {
    for (text, expected) in [
        ("Số 23-CT/TW", Some("23-CT/TW")),
        ("Số: 64 - HD/BTGTW", Some("64-HD/BTGTW")),
        ("Luật số: 44/2013/QH13", Some("44/2013/QH13")),
        ("Số:\t2390/BTTTT-THH", Some("2390/BTTTT-THH")),
        (
            "Số 11-KH/ĐU Hà Nội, ngày 01 tháng 02 năm 2020",
            Some("11-KH/ĐU"),
        ),
        ("BAN BÍ THƯ NG C NG\nS : 23-CT/TW", Some("23-CT/TW")),
        ("749/QĐ-TTg", Some("749/QĐ-TTg")),
        ("Số 94-Qđ/TW", Some("94-QĐ/TW")),
        ("Số: 12/BC-VP về việc họp", Some("12/BC-VP")),
        ("Số       -KH/ĐU", None),
        ("Số: .…/QĐ-ABC", None),
        ("ngày 09/02/2018", None),
    ] {
        let found = match symbol(&lines(text, 10)) {
            Numbered::Symbol(symbol, _) => Some(symbol.as_str().to_owned()),
            _ => None,
        };
        assert_eq!(found.as_deref(), expected, "{text}");
    }
    assert_eq!(symbol(&lines("Số      -KH/ĐU", 9)), Numbered::Blank);
}

#[test]
fn annexes_bear_numbers() {
    for (text, number) in [
        ("PHỤ LỤC", Some(0)),
        ("Phụ lục II", Some(2)),
        ("PHỤ LỤC SỐ 14", Some(14)),
        ("PHỤ LỤC XIX", Some(19)),
        ("Phụ lục B", Some(2)),
        ("Phụ lục kèm theo", None),
    ] {
        assert_eq!(annex_number(text), number, "{text}");
    }
}
