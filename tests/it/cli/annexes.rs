//! Owns the tests of annexes that come by the name of their file or by their folder, in any order,
//! early and late. It refuses to look at the database.

use mail_parser::MimeHeaders;

use super::desk::{Desk, document};

const ANNEX: &str = "PHỤ LỤC 2\nDanh mục biểu mẫu báo cáo\n\nCác chi bộ tổng hợp số liệu theo các \
biểu mẫu dưới đây và gửi về Văn phòng Đảng uỷ trước ngày 25 hằng tháng để theo dõi.\n";

/// What `documents list` says of a file.
#[track_caller]
fn row(desk: &Desk, file: &str) -> serde_json::Value {
    let list = desk.lines(0, &["documents", "list"]);
    let mut found = list.into_iter().filter(|row| row["file"] == file);
    found
        .next()
        .unwrap_or_else(|| panic!("{file} is not on record"))
}

/// Subjects and names of the files in every letter to a member, the letters in their order.
fn letters(desk: &Desk) -> Vec<(String, Vec<String>)> {
    let Ok(files) = std::fs::read_dir(desk.path("thu/chi@mot.example/new")) else {
        return Vec::new();
    };
    let mut files: Vec<_> = files.map(|f| f.unwrap().path()).collect();
    files.sort_by_key(|f| std::fs::metadata(f).unwrap().modified().unwrap());
    let read = |file: &std::path::PathBuf| {
        let text = std::fs::read_to_string(file).unwrap();
        let parser = mail_parser::MessageParser::default();
        let letter = parser.parse(&text).unwrap();
        let names = letter.attachments().filter_map(|a| a.attachment_name());
        (
            letter.subject().unwrap().to_owned(),
            names.map(str::to_owned).collect(),
        )
    };
    files.iter().map(read).collect()
}

#[test]
fn an_annex_finds_its_document_by_the_name_of_its_file_in_either_order() {
    for annex_first in [true, false] {
        let desk = Desk::open("maildir:thu");
        let name = "57-QĐ-TW - Phụ lục 2.txt";
        let annex = || desk.write(&format!("van-ban/{name}"), ANNEX);
        if annex_first {
            annex();
            desk.lines(0, &["ingest"]);
            let waits = row(&desk, name);
            assert_eq!(waits["disposition"], "review", "{waits}");
        }
        desk.drop_document(57, "về chế độ báo cáo của chi bộ");
        desk.lines(0, &["ingest"]);
        annex();
        desk.lines(0, &["ingest"]);
        let main = row(&desk, "57-QD-TW.txt");
        let joined = row(&desk, name);
        assert_eq!(joined["disposition"], "accept", "{joined}");
        assert_eq!(joined["annex_of"], main["document"], "{joined}");
        desk.lines(0, &["send", "hang-ngay"]);
        let letters = letters(&desk);
        assert_eq!(letters.len(), 1, "{letters:?}");
        assert_eq!(letters[0].1.len(), 2, "{letters:?}");
        let status = desk.type_in(&["status"]);
        assert!(!status.out.contains(name), "{}", status.out);
    }
}

#[test]
fn an_annex_finds_the_one_document_of_its_folder_and_guesses_between_none() {
    let desk = Desk::open("maildir:thu");
    let main = |number, path: &str| {
        let text = document(number, "về chế độ báo cáo của chi bộ");
        desk.write(&format!("van-ban/{path}"), &text);
    };
    let home = desk.path("van-ban/Chi bộ Một");
    for folder in ["Quy định 58", "Nhiều văn bản"] {
        std::fs::create_dir_all(home.join(folder)).unwrap();
    }
    main(58, "Chi bộ Một/Quy định 58/58-QD-TW.txt");
    main(61, "Chi bộ Một/Nhiều văn bản/61-QD-TW.txt");
    main(62, "Chi bộ Một/Nhiều văn bản/62-QD-TW.txt");
    desk.write("van-ban/Chi bộ Một/Quy định 58/bieu.txt", ANNEX);
    let other = ANNEX.replace("25", "26");
    desk.write("van-ban/Chi bộ Một/Nhiều văn bản/mau.txt", &other);
    desk.write("van-ban/Chi bộ Một/roi.txt", &ANNEX.replace("25", "27"));
    desk.lines(0, &["ingest"]);
    let joined = row(&desk, "bieu.txt");
    assert_eq!(joined["disposition"], "accept", "{joined}");
    let main = row(&desk, "58-QD-TW.txt");
    assert_eq!(joined["annex_of"], main["document"], "{joined}");
    for alone in ["mau.txt", "roi.txt"] {
        let waits = row(&desk, alone);
        assert_eq!(waits["disposition"], "review", "{waits}");
        assert!(waits["annex_of"].is_null(), "{waits}");
    }
}

#[test]
fn a_late_annex_follows_to_who_has_the_document_and_only_once() {
    let desk = Desk::open("maildir:thu");
    desk.drop_document(57, "về chế độ báo cáo của chi bộ");
    desk.lines(0, &["send", "hang-ngay"]);
    desk.write("van-ban/57-QD-TW Phu luc 2.txt", ANNEX);
    desk.lines(0, &["send", "hang-ngay"]);
    desk.lines(0, &["send", "hang-ngay"]);
    let letters = letters(&desk);
    assert_eq!(letters.len(), 2, "{letters:?}");
    assert_eq!(
        letters[1].1,
        ["57-QĐ-TW_2017 - Annex 2.txt"],
        "the annex alone: {letters:?}"
    );
    let log = desk.lines(0, &["log", "--document", "57-QD-TW Phu luc 2.txt"]);
    assert_eq!(log.len(), 3, "{log:?}");
}

#[test]
fn a_marked_annex_is_stopped_whatever_its_name() {
    let desk = Desk::open("maildir:thu");
    desk.drop_document(57, "về chế độ báo cáo của chi bộ");
    let secret = ANNEX.replacen("PHỤ LỤC 2", "MẬT\n\nPHỤ LỤC 2", 1);
    desk.write("van-ban/57-QD-TW Phu luc 2.txt", &secret);
    let seen = desk.lines(0, &["ingest"]);
    let stopped = seen.iter().any(|row| row["reason"] == "secret");
    assert!(stopped, "{seen:?}");
    desk.type_in(&["send", "hang-ngay"]);
    assert_eq!(letters(&desk)[0].1.len(), 1);
}

#[test]
fn an_annex_that_says_all_joins_its_document_in_either_order_and_goes_to_whom_it_goes() {
    let named = ANNEX.replace(
        "biểu mẫu báo cáo\n",
        "biểu mẫu báo cáo\n(Kèm theo Quy định số 57-QĐ/TW, ngày 06/3/2024 của Ban Bí thư)\n",
    );
    for annex_first in [true, false] {
        let desk = Desk::open("maildir:thu");
        let main = document(57, "về chế độ báo cáo của chi bộ");
        let day = main
            .lines()
            .find_map(|line| line.split_once(", ngày "))
            .unwrap();
        let written: Vec<&str> = day.1.split_whitespace().collect();
        let day = format!("ngày {}/{}/{}", written[0], written[2], written[4]);
        let annex = named.replace("ngày 06/3/2024", &day);
        if annex_first {
            desk.write("van-ban/phu luc.txt", &annex);
            desk.lines(0, &["ingest"]);
        }
        desk.write("van-ban/57-QD-TW.txt", &main);
        desk.write("van-ban/57-QD-TW.txt.toml", "audience = \"officers\"\n");
        desk.lines(0, &["ingest"]);
        desk.write("van-ban/phu luc.txt", &annex);
        desk.lines(0, &["ingest"]);
        let (main, annex) = (row(&desk, "57-QD-TW.txt"), row(&desk, "phu luc.txt"));
        assert_eq!(annex["annex_of"], main["document"], "{annex} {annex_first}");
        // The symbol names the document, not its annex.
        let id = main["document"].as_str().unwrap();
        assert_eq!(desk.row(&["documents", "show", "57-QĐ/TW"])["document"], id);
        desk.lines(0, &["send", "hang-ngay"]);
        for (_, files) in letters(&desk) {
            assert_eq!(files.len(), 2, "never the annex alone: {files:?}");
        }
        let other = annex["document"].as_str().unwrap();
        for (annex, main) in [(id, id), (id, other)] {
            desk.bad(1, &["documents", "set", annex, "--annex-of", main]);
        }
    }
}

#[test]
fn an_annex_that_names_its_document_wholly_waits_for_it() {
    let desk = Desk::open("maildir:thu");
    let text = "PHỤ LỤC\n(Kèm theo Quy định số 59-QĐ/TW, ngày 12/3/2026\ncủa Ban Thường vụ)\n\
                Danh mục biểu mẫu\n\nCác chi bộ tổng hợp số liệu theo các biểu mẫu dưới đây và \
                gửi về Văn phòng Đảng uỷ trước ngày 25 hằng tháng.\n";
    desk.write("van-ban/bieu mau.txt", text);
    desk.lines(0, &["ingest"]);
    let waits = row(&desk, "bieu mau.txt");
    assert_eq!(waits["disposition"], "review", "{waits}");
    assert_eq!(waits["title"], "Danh mục biểu mẫu", "{waits}");
    assert_eq!(waits["issuer"], "Ban Thường vụ", "{waits}");
    let list = desk.good(&["documents", "list"]);
    assert!(list.contains("chưa có văn bản chính"), "{list}");
    let main = document(59, "về chế độ báo cáo của chi bộ");
    let day = waits["issued_on"].as_str().unwrap();
    assert_eq!(day, "2026-03-12");
    let line = main.lines().find(|l| l.contains("ngày")).unwrap();
    let main = main.replace(line, "Hà Nội, ngày 12 tháng 3 năm 2026");
    desk.write("van-ban/59-QD-TW.txt", &main);
    desk.lines(0, &["ingest"]);
    let joined = row(&desk, "bieu mau.txt");
    assert_eq!(joined["disposition"], "accept", "{joined}");
    let main = row(&desk, "59-QD-TW.txt");
    assert_eq!(joined["annex_of"], main["document"], "{joined}");
    desk.lines(0, &["send", "hang-ngay"]);
    let letters = letters(&desk);
    assert_eq!(letters.len(), 1, "{letters:?}");
    assert_eq!(letters[0].1.len(), 2, "{letters:?}");
}
