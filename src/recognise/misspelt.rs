//! Owns the spellings of types and mottoes that conversion and typing leave behind, as a test. It
//! refuses to know what stands below them.

use super::heading::{is_motto, kind_alone};

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
