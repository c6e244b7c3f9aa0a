//! Owns the types of documents of Party and State with their codes. It refuses to know how a type
//! is found in a text.

use super::Symbol;
use crate::spelling;

/// Every type's word and the codes that stand for it in a symbol: Party types of regulation
/// 399-QĐ/TW, State types of decree 30/2020/NĐ-CP annex III and of the laws on legal documents.
/// Longer words stand before words they begin with.
pub const KINDS: &[(&str, &[&str])] = &[
    ("Nghị quyết liên tịch", &["NQLT"]),
    ("Nghị quyết", &["NQ"]),
    ("Nghị định", &["NĐ"]),
    ("Quyết định", &["QĐ"]),
    ("Quy định", &["QyĐ", "QĐi"]),
    ("Quy chế", &["QC"]),
    ("Quy hoạch", &[]),
    ("Chỉ thị", &["CT"]),
    ("Kết luận", &["KL"]),
    ("Thông tư liên tịch", &["TTLT"]),
    ("Thông tư", &[]),
    ("Thông tri", &[]),
    ("Thông báo", &["TB"]),
    ("Thông cáo", &["TC"]),
    ("Hướng dẫn", &["HD"]),
    ("Báo cáo", &["BC"]),
    ("Kế hoạch", &["KH"]),
    ("Chương trình hành động", &[]),
    ("Chương trình", &["CTr"]),
    ("Chiến lược", &[]),
    ("Đề án", &["ĐA"]),
    ("Dự án", &["DA"]),
    ("Phương án", &["PA"]),
    ("Tờ trình", &["TTr"]),
    ("Công văn", &["CV"]),
    ("Công điện", &["CĐ"]),
    ("Biên bản", &["BB"]),
    ("Bộ luật", &[]),
    ("Luật", &[]),
    ("Pháp lệnh", &["PL"]),
    ("Lệnh", &["L"]),
    ("Văn bản hợp nhất", &["VBHN"]),
    ("Hiến pháp", &[]),
    ("Điều lệ", &["ĐL"]),
    ("Cương lĩnh", &[]),
    ("Tuyên bố", &[]),
    ("Lời kêu gọi", &[]),
    ("Hợp đồng", &["HĐ"]),
    ("Bản ghi nhớ", &["BGN"]),
    ("Bản thoả thuận", &["BTT"]),
    ("Giấy uỷ quyền", &["GUQ"]),
    ("Giấy mời", &["GM"]),
    ("Giấy giới thiệu", &["GGT"]),
    ("Giấy chứng nhận", &[]),
    ("Giấy đi đường", &[]),
    ("Giấy nghỉ phép", &["GNP"]),
    ("Phiếu gửi", &["PG"]),
    ("Phiếu chuyển", &["PC"]),
    ("Phiếu báo", &["PB"]),
    ("Thư công", &[]),
    ("Bản sao", &["BS"]),
    ("Phụ lục", &[]),
];

/// The type's word as the table writes it, for any spelling of it.
#[must_use]
pub fn kind_named(word: &str) -> Option<&'static str> {
    let word = spelling::fold(word);
    KINDS
        .iter()
        .map(|(name, _)| *name)
        .find(|name| spelling::fold(name) == word)
}

impl Symbol {
    /// The type that the symbol's code stands for. TT is thông tri in the Party and thông tư in the
    /// State; a Party QĐ can also be a quy định, so the heading's word goes before this. A letter
    /// without a type code is a công văn.
    #[must_use]
    pub fn kind(&self) -> Option<&'static str> {
        let code = self.type_code();
        match code {
            "TT" if self.is_party() => Some("Thông tri"),
            "TT" => Some("Thông tư"),
            "" if self.is_law() => Some("Luật"),
            "" => Some("Công văn"),
            _ => KINDS
                .iter()
                .find(|(_, codes)| codes.contains(&code))
                .map(|(word, _)| *word),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_stand_for_types() {
        for (symbol, kind) in [
            ("23-CT/TW", Some("Chỉ thị")),
            ("12-TT/TW", Some("Thông tri")),
            ("78/2021/TT-BTC", Some("Thông tư")),
            ("08-QĐi/TW", Some("Quy định")),
            ("4321/TCT-CNTT", Some("Công văn")),
            ("29/2018/QH14", Some("Luật")),
            ("8011-CV/BTCTW", Some("Công văn")),
            ("12-XX/TW", None),
        ] {
            assert_eq!(
                Symbol::parse(symbol).and_then(|s| s.kind()),
                kind,
                "{symbol}"
            );
        }
        assert_eq!(kind_named("CHỈ THỊ"), Some("Chỉ thị"));
        assert_eq!(kind_named("Giấy ủy quyền"), Some("Giấy uỷ quyền"));
        assert_eq!(kind_named("Bài báo"), None);
    }
}
