//! Owns what the closed words of states and reasons are called in Vietnamese, for people. It
//! refuses to be parsed: programs and options keep the words of the contract.

use super::show::Screen;
use crate::organisation::Language;

/// Word of the contract, and what an office calls it.
const WORDS: [(&str, &str); 63] = [
    // deliveries
    ("pending", "chờ gửi"),
    ("sending", "đang gửi"),
    ("deferred", "hoãn"),
    ("sent", "đã gửi"),
    ("failed", "không gửi được"),
    ("unknown", "chưa rõ"),
    ("cancelled", "đã dừng"),
    ("bounced", "bị trả lại"),
    // editions
    ("open", "đang gửi"),
    ("paused", "tạm dừng"),
    ("partly", "gửi được một phần"),
    ("empty", "không có gì phải gửi"),
    ("skipped", "bỏ qua"),
    ("nothing owed", "không có văn bản phải gửi"),
    // documents
    ("accept", "tiếp nhận"),
    ("review", "chờ kiểm tra"),
    ("quarantine", "không gửi"),
    ("duplicate", "trùng"),
    ("accepted", "đã tiếp nhận"),
    ("waiting", "chờ kiểm tra"),
    ("known", "đã phổ biến từ trước"),
    ("superseded", "đã được thay thế"),
    ("withdrawn", "đã thu hồi"),
    ("refused", "không gửi"),
    // reasons
    ("secret", "có dấu độ mật"),
    ("encrypted", "có mật khẩu"),
    ("damaged", "tệp hỏng"),
    ("bomb", "nén quá mức"),
    ("macro", "có macro"),
    ("active_content", "có nội dung thực thi"),
    ("wrong_type", "không đúng loại tệp"),
    ("unsafe_file", "tệp không an toàn"),
    ("too_large", "tệp quá lớn"),
    ("unsupported", "loại tệp không đọc được"),
    ("no_text_layer", "bản quét, không có chữ"),
    ("unverified", "chưa kiểm chứng"),
    ("no_symbol", "thiếu số, ký hiệu hoặc trích yếu"),
    ("no_date", "thiếu ngày ban hành"),
    ("secrecy_letter", "ký hiệu có chữ chỉ độ mật?"),
    ("circulation", "hạn chế lưu hành"),
    ("unknown_audience", "thư mục không phải chi bộ nào"),
    ("awaiting_approval", "chờ phê duyệt"),
    ("version_unclear", "chưa rõ bản nào mới"),
    ("same_bytes", "cùng tệp"),
    ("same_text", "cùng nội dung"),
    // members
    ("active", "nhận thư"),
    ("unreachable", "chưa có địa chỉ"),
    ("held", "địa chỉ tạm ngừng"),
    ("left", "không còn trong danh sách"),
    // origins of facts
    ("heading", "đầu trang 1"),
    ("body", "trong văn bản"),
    ("ocr", "nhận dạng ảnh"),
    ("name", "tên tệp"),
    ("table", "bảng tra"),
    ("sidecar", "tệp kèm"),
    ("person", "người nhập"),
    // confidence in facts
    ("sure", "chắc chắn"),
    ("check", "cần đối chiếu"),
    ("guess", "phỏng đoán"),
    // faults
    ("error", "lỗi"),
    ("warning", "lưu ý"),
    ("note", "đã tự sửa"),
    ("no usable address", "chưa có địa chỉ"),
];

impl Screen {
    /// A closed word as people on this screen call it.
    pub(super) fn word(&self, word: &str) -> String {
        let own = WORDS.iter().find(|(known, _)| *known == word);
        match (self.language, own) {
            (Language::Vi, Some((_, vietnamese))) => (*vietnamese).to_owned(),
            _ => word.to_owned(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::delivery::State;
    use crate::document::{Confidence, Disposition, Origin, Reason, Standing};
    use crate::edition::EditionState;

    #[test]
    fn every_closed_word_has_a_name_once() {
        let named = |word: &str| WORDS.iter().filter(|(known, _)| *known == word).count();
        let all = State::ALL.iter().map(|w| w.word());
        let all = all
            .chain(EditionState::ALL.iter().map(|w| w.word()))
            .chain(Disposition::ALL.iter().map(|w| w.word()))
            .chain(Standing::ALL.iter().map(|w| w.word()))
            .chain(Reason::ALL.iter().map(|w| w.word()))
            .chain(Origin::ALL.iter().map(|w| w.word()))
            .chain(Confidence::ALL.iter().map(|w| w.word()));
        for word in all {
            assert_eq!(named(word), 1, "{word}");
        }
    }
}
