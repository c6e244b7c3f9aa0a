//! Owns what an office is told about a file that was not simply accepted: one plain sentence with
//! what to do, for every reason. It refuses to say anything of what stands in the file.

use crate::document::Reason;

/// Reason, and what is said of it in Vietnamese and in English.
const ADVICE: &[(Reason, &str, &str)] = &[
    (
        Reason::Secret,
        "Tệp có dấu chỉ độ mật (có khi ở phần đã xóa, bị ẩn hoặc chú thích): không được gửi, \
             không được lưu trên máy nối mạng; đề nghị gỡ tệp khỏi máy này và xử lý theo Luật \
             Bảo vệ bí mật nhà nước số 117/2025/QH15",
        "It bears a secrecy mark, perhaps in deleted or hidden text or in a comment: take it off \
             this networked machine and handle it as law 117/2025/QH15 requires",
    ),
    (
        Reason::Encrypted,
        "Tệp có mật khẩu nên không đọc được; đề nghị bỏ mật khẩu rồi chép lại",
        "It opens only with a password: remove the password and copy it again",
    ),
    (
        Reason::Damaged,
        "Tệp hỏng hoặc chưa tải xong; đề nghị tải lại từ nguồn rồi chép lại",
        "It is damaged or incomplete: download it again and copy it again",
    ),
    (
        Reason::Empty,
        "Tệp rỗng, không có nội dung; đề nghị chép lại",
        "It is empty: copy it again",
    ),
    (
        Reason::Bomb,
        "Tệp nén bung ra quá giới hạn an toàn; đề nghị không mở, lấy lại tệp từ nơi gửi",
        "It unpacks beyond the safe limits: do not open it, get the file from its sender again",
    ),
    (
        Reason::Macro,
        "Tệp có macro; đề nghị lưu lại thành DOCX hoặc PDF rồi chép lại",
        "It carries macros: save it as DOCX or PDF and copy that",
    ),
    (
        Reason::ActiveContent,
        "Tệp có nội dung tự chạy hoặc tệp nhúng; đề nghị in lại thành PDF thường rồi chép lại",
        "It carries scripts, actions or embedded files: print it to a plain PDF and copy that",
    ),
    (
        Reason::WrongType,
        "Nội dung tệp không đúng với tên, hoặc không phải văn bản; đề nghị kiểm tra nguồn tệp, \
             không mở trên máy này",
        "Its content is not what its name says, or no document: check where it came from and \
             do not open it",
    ),
    (
        Reason::UnsafeFile,
        "Không phải tệp thường (liên kết, thiết bị hoặc của người khác); đề nghị chép tệp gốc \
             vào thư mục",
        "It is no plain file (a link, a device, or a stranger's): copy the file itself",
    ),
    (
        Reason::TooLarge,
        "Tệp lớn hơn giới hạn cho phép; đề nghị nén ảnh quét hoặc chia tệp rồi chép lại",
        "It is over the size limit: make the scan smaller or split it, and copy it again",
    ),
    (
        Reason::Unsupported,
        "Chưa đọc được loại tệp này; đề nghị bổ sung thông tin và phê duyệt, hoặc chép bản PDF",
        "This kind of file is not read: complete its facts and approve it, or copy a PDF",
    ),
    (
        Reason::NoTextLayer,
        "Có trang chưa đọc được (bản quét), chưa loại trừ được dấu mật; đề nghị xem tệp, bổ \
             sung thông tin rồi phê duyệt",
        "Some pages could not be read (a scan), so a secrecy mark cannot be excluded: look at \
             it, complete its facts and approve it",
    ),
    (
        Reason::Unverified,
        "Thông tin đọc từ tên tệp, ảnh hoặc chưa đủ; đề nghị đối chiếu với văn bản rồi phê \
             duyệt",
        "Its facts come from the file name or a picture, or lack a title: compare them with \
             the document and approve it",
    ),
    (
        Reason::NoSymbol,
        "Chưa có số, ký hiệu hoặc trích yếu; đề nghị bổ sung",
        "It has no number and symbol, or no title: complete it",
    ),
    (
        Reason::NoDate,
        "Chưa có ngày ban hành; đề nghị bổ sung",
        "It has no date of issue: complete it",
    ),
    (
        Reason::SecrecyLetter,
        "Số, ký hiệu có chữ (M, TM, TuM…) có thể là ký hiệu độ mật; đề nghị hỏi nơi ban hành: nếu \
             là văn bản mật thì gỡ tệp khỏi máy này, nếu không thì phê duyệt",
        "The symbol carries a letter (M, TM, TuM) that may stand for a level of secrecy: ask who \
             issued it; take a secret one off this machine, approve one that is not",
    ),
    (
        Reason::Circulation,
        "Văn bản là dự thảo hoặc hạn chế lưu hành; chỉ phê duyệt nếu được phép phổ biến",
        "It is a draft or limited in circulation: approve it only if it may be made known",
    ),
    (
        Reason::UnknownAudience,
        "Thư mục chứa tệp không phải chi bộ nào; đề nghị chọn nơi nhận rồi phê duyệt",
        "Its folder is no branch: say for whom it is, then approve it",
    ),
    (
        Reason::AwaitingApproval,
        "Chờ người có thẩm quyền phê duyệt",
        "It waits for approval by name",
    ),
    (
        Reason::VersionUnclear,
        "Cùng số, cùng ngày với văn bản đã có nhưng nội dung khác, chưa rõ bản nào mới; đề \
             nghị đối chiếu, phê duyệt nếu đây là bản thay thế",
        "A document with its number and date is on record with another text: compare them, and \
             approve this one if it is the newer",
    ),
    (
        Reason::SameBytes,
        "Đã có đúng tệp này; không phải làm gì",
        "The very same file is on record; nothing to do",
    ),
    (
        Reason::SameText,
        "Đã có văn bản này ở định dạng khác; không phải làm gì",
        "The same document is on record in another format; nothing to do",
    ),
];

/// Why, and what to do, in Vietnamese and in English.
#[must_use]
pub fn advice(reason: Reason) -> (&'static str, &'static str) {
    let row = ADVICE.iter().find(|(of, _, _)| *of == reason);
    row.map_or(("", ""), |(_, vi, en)| (vi, en))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_reason_has_a_sentence_of_its_own_in_both_languages() {
        let mut seen = std::collections::HashSet::new();
        for reason in Reason::ALL.iter().copied() {
            let (vi, en) = advice(reason);
            assert!(
                seen.insert(vi) && seen.insert(en),
                "{reason} says nothing new"
            );
            for text in [vi, en] {
                assert!(text.len() >= 20 && !text.ends_with('.'), "{reason}: {text}");
                assert_eq!(crate::spelling::line(text), text, "{reason}");
            }
            assert!(!vi.is_ascii() && en.is_ascii(), "{reason}");
        }
        for (reason, what) in [
            (Reason::Empty, "chép lại"),
            (Reason::Encrypted, "bỏ mật khẩu"),
            (Reason::Damaged, "tải lại"),
            (Reason::Secret, "117/2025/QH15"),
        ] {
            assert!(advice(reason).0.contains(what), "{reason}");
        }
    }
}
