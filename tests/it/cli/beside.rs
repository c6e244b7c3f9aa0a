//! Owns what lies in the folder beside documents, or in their place, and what the office is told of
//! it. It refuses to know how folders are read.

use std::time::{Duration, Instant};

use super::desk::{Desk, document};

/// What stands in `attention` under a word.
fn told(desk: &Desk, what: &str) -> Vec<String> {
    let code = desk.type_in(&["status", "--json"]).code.unwrap();
    let status = desk.lines(code, &["status"]);
    let matters = status[0]["attention"].as_array().unwrap().iter();
    let told = matters.filter(|matter| matter["what"] == what);
    told.map(|matter| matter["detail"].as_str().unwrap().to_owned())
        .collect()
}

#[test]
fn what_speaks_of_no_document_is_told_until_it_is_gone() {
    let desk = Desk::open("maildir:thu");
    let name = "57-QD-TW.txt";
    desk.drop_document(57, "về chế độ báo cáo của chi bộ");
    desk.write("van-ban/khac.pdf.toml", "title = \"về một việc\"\n");
    for folder in ["19-CT-TW.pdf", "moi.docx.toml", "chi-bo.v2"] {
        std::fs::create_dir(desk.path("van-ban").join(folder)).unwrap();
    }
    desk.write(&format!("van-ban/{name}.toml"), "title = \"về chế độ\"\n");
    for _ in 0..2 {
        desk.type_in(&["ingest"]);
        let told = told(&desk, "stray");
        assert_eq!(told.len(), 3, "{told:?}");
        for (place, vi, en) in [
            ("19-CT-TW.pdf", "là thư mục", "A folder"),
            ("khac.pdf.toml", "tệp kèm", "A sidecar"),
            ("moi.docx.toml", "là thư mục", "A folder"),
        ] {
            let one = told.iter().find(|detail| detail.contains(place)).unwrap();
            assert!(one.contains(vi) && one.contains(en), "{one}");
        }
    }
    std::fs::remove_file(desk.path("van-ban/khac.pdf.toml")).unwrap();
    for folder in ["19-CT-TW.pdf", "moi.docx.toml"] {
        std::fs::remove_dir(desk.path("van-ban").join(folder)).unwrap();
    }
    desk.type_in(&["ingest"]);
    assert_eq!(told(&desk, "stray"), [""; 0]);
}

#[test]
fn another_folder_in_the_place_of_the_documents_is_read_and_a_missing_one_is_told() {
    let desk = Desk::open("maildir:thu");
    let config = std::fs::read_to_string(desk.path("phobien.toml")).unwrap();
    let soon = "settle = \"0s\"\nrescan = \"1s\"\n[roster]";
    desk.write("phobien.toml", &config.replace("[roster]", soon));
    desk.drop_document(57, "về việc thứ nhất");
    let mut service = desk.start(&["run"]);
    let until = |what: &str, is: &dyn Fn() -> bool| {
        let end = Instant::now() + Duration::from_secs(30);
        while !is() {
            assert!(Instant::now() < end, "{what}");
            std::thread::sleep(Duration::from_millis(200));
        }
    };
    let knows = |symbol: &str| desk.type_in(&["documents"]).out.contains(symbol);
    until("the first document", &|| knows("57-QĐ/TW"));
    std::fs::rename(desk.path("van-ban"), desk.path("cu")).unwrap();
    until("the folder is gone", &|| !told(&desk, "folder").is_empty());
    std::fs::create_dir(desk.path("van-ban")).unwrap();
    desk.drop_document(58, "về việc thứ hai");
    desk.write("cu/59-QD-TW.txt", &document(59, "về việc thứ ba"));
    until("the document in the new folder", &|| knows("58-QĐ/TW"));
    until("nothing to tell", &|| told(&desk, "folder").is_empty());
    assert!(!knows("59-QĐ/TW"), "the old folder is nobody's");
    service.kill().unwrap();
    service.wait().unwrap();
}

#[test]
fn a_folder_in_the_place_of_a_sidecar_keeps_the_document_waiting() {
    let desk = Desk::open("maildir:thu");
    let name = "57-QD-TW.txt";
    desk.drop_document(57, "về chế độ báo cáo của chi bộ");
    std::fs::create_dir(desk.path("van-ban").join(format!("{name}.toml"))).unwrap();
    let taken = desk.lines(0, &["ingest"]);
    assert_eq!(taken[0]["disposition"], "review", "{taken:?}");
}

#[test]
fn a_secret_laid_over_a_document_that_was_accepted_says_so() {
    let desk = Desk::open("maildir:thu");
    let name = "57-QD-TW.txt";
    desk.drop_document(57, "về chế độ báo cáo của chi bộ");
    let accepted = desk.lines(0, &["send", "hang-ngay"]);
    assert!(!accepted.is_empty());
    let secret = document(57, "về một việc").replacen("Số 57", "MẬT\nSố 57", 1);
    for text in [secret.clone(), secret + "\nthêm"] {
        desk.write(&format!("van-ban/{name}"), &text);
        desk.type_in(&["ingest"]);
        let told = told(&desk, "secret");
        assert_eq!(told.len(), 1);
        for words in [name, "đã được tiếp nhận (d-1)", "was accepted before (d-1)"] {
            assert!(told[0].contains(words), "{told:?}");
        }
        assert!(!told[0].contains("một việc"));
    }
    // A name that belonged to nothing says nothing of the kind.
    desk.write(
        "van-ban/moi.txt",
        &document(58, "về việc khác").replacen("Số", "MẬT\nSố", 1),
    );
    desk.type_in(&["ingest"]);
    let told = told(&desk, "secret");
    let new = told
        .iter()
        .find(|detail| detail.contains("moi.txt"))
        .unwrap();
    assert!(!new.contains("accepted before"), "{new}");
}

#[test]
fn a_letter_beside_the_symbol_waits_for_a_person_and_nothing_is_kept() {
    let desk = Desk::open("maildir:thu");
    let text = document(57, "về chế độ báo cáo của chi bộ").replacen("/TW", "/TW(M)", 1);
    desk.write("van-ban/57-QD-TW.txt", &text);
    let taken = desk.lines(0, &["ingest"]);
    assert_eq!(taken[0]["reason"], "secrecy_letter", "{taken:?}");
    for (language, words) in [("vi", "ký hiệu độ mật"), ("en", "level of secrecy")] {
        let said = desk.good(&["--lang", language, "documents"]);
        assert!(said.contains(words), "{said}");
        let said = desk.good(&["--lang", language, "inspect", "van-ban/57-QD-TW.txt"]);
        assert!(said.contains(words) && said.contains("/TW(M)"), "{said}");
    }
    let body = "Phát huy vai trò tiền phong".as_bytes();
    let kept = |desk: &Desk| {
        let files = std::fs::read_dir(desk.path("so-cai")).unwrap();
        let bytes = files.filter_map(|file| std::fs::read(file.unwrap().path()).ok());
        let bytes: Vec<u8> = bytes.flatten().collect();
        bytes.windows(body.len()).any(|at| at == body)
    };
    assert!(!kept(&desk));
    desk.good(&["documents", "approve", "57-QD-TW.txt"]);
    assert_eq!(desk.lines(0, &["documents"])[0]["standing"], "accepted");
    assert!(kept(&desk));
}

#[test]
fn check_tells_of_a_roster_without_members_and_of_a_ledger_among_the_documents() {
    let desk = Desk::open("maildir:thu");
    desk.write("roster.csv", "ma,ho_ten,email,chi_bo\n");
    let said = desk.good(&["check"]);
    assert!(said.contains("names no member"), "{said}");
    let config = std::fs::read_to_string(desk.path("phobien.toml")).unwrap();
    desk.write("phobien.toml", &config.replace("so-cai", "van-ban/so-cai"));
    let said = desk.type_in(&["check"]);
    assert_eq!(said.code, Some(1), "{said:?}");
    assert!(
        said.out.contains("lies in the documents folder"),
        "{said:?}"
    );
}
