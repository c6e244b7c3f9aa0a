//! Owns what a branch is told of its members: what each was sent, what did not arrive and why; by
//! mail, and on paper where mail does not reach it.

use super::desk::Desk;

/// No branch has a mailbox of its own, and Chi bộ Hai has no officer with an address.
const ROSTER: &str = "\
ma,ho_ten,email,chi_bo,chuc_vu,loai
DV001,Trần Công Quý,quy@mot.example,Chi bộ Một,Bí thư chi bộ,Chính thức
DV002,Trần Kim Chi,chi@mot.example,Chi bộ Một,Đảng viên,Chính thức
DV004,Lê <b>Nga</b>,,Chi bộ Một,Đảng viên,Chính thức
DV003,Ngô Minh Sáng,,Chi bộ Hai,Bí thư,Chính thức
";

/// The words of a text without its lines.
fn flat(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

#[test]
fn a_branch_reads_what_its_members_were_sent() {
    let desk = Desk::open("maildir:thu");
    desk.write("roster.csv", ROSTER);
    desk.drop_document(1, "về chế độ học tập lý luận chính trị trong Đảng");
    desk.drop_document(2, "về công tác kiểm tra, giám sát của Đảng");
    desk.good(&["ingest"]);
    let letter = |form| {
        desk.good(&[
            "preview",
            "chi-bo",
            "--to",
            "quy@mot.example",
            "--format",
            form,
        ])
    };
    let before = letter("text");
    assert!(before.contains("So far no document was sent"), "{before}");
    desk.good(&["send", "hang-ngay"]);
    let text = flat(&letter("text"));
    for said in [
        "Trần Công Quý, Bí thư chi bộ: All 2 documents. By e-mail",
        "Lê <b>Nga</b>, Đảng viên: No address yet; not reached by 01-QĐ/TW, 02-QĐ/TW",
        "So far 2 documents were sent to the branch's members: 01-QĐ/TW; 02-QĐ/TW.",
    ] {
        assert!(text.contains(said), "{said}\n{text}");
    }
    let html = letter("html");
    assert!(html.contains("Lê &#60;b&#62;Nga&#60;/b&#62;"), "{html}");

    // The next letter tells of what came after this one.
    desk.good(&["send", "chi-bo"]);
    desk.drop_document(3, "về kỷ luật của Đảng");
    desk.good(&["ingest"]);
    desk.good(&["send", "hang-ngay"]);
    let text = flat(&letter("text"));
    assert!(
        text.contains("Trần Kim Chi, Đảng viên: 03-QĐ/TW. By e-mail"),
        "{text}"
    );
    assert!(
        text.contains("Since the letter of ") && !text.contains("All 2 documents"),
        "{text}"
    );

    // On paper the branch that mail does not reach has its table too.
    let editions = desk.lines(1, &["status"]).remove(0);
    let editions = editions["editions"].as_array().unwrap();
    let edition = editions.iter().find(|e| e["schedule"] == "chi-bo").unwrap();
    let id = edition["edition"].as_str().unwrap();
    let page = desk.good(&["print", id, "--branch", "Chi bộ Hai"]);
    assert!(
        page.contains("Ngô Minh Sáng") && page.contains("No address yet"),
        "{page}"
    );
    assert!(page.starts_with("<!DOCTYPE html>") && !page.contains("cid:"));
}
