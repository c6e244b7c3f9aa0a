//! The sample rosters in all their shapes, the messy office list, hostile and huge ones.

use crate::organisation::Language;
use std::collections::BTreeMap;
use std::io::Cursor;

use unicode_normalization::UnicodeNormalization;

use super::*;

const CSV: &[u8] = include_bytes!("../../tests/corpus/roster.csv");
const XLSX: &[u8] = include_bytes!("../../tests/corpus/roster.xlsx");
const TOML: &[u8] = include_bytes!("../../tests/corpus/roster.toml");
const MESSY: &[u8] = include_bytes!("../../tests/corpus/roster-messy.xlsx");
const EXPECTED: &str = include_str!("../../tests/corpus/roster-messy.expected.json");

#[derive(Default)]
struct Whole {
    branches: Vec<Branch>,
    members: BTreeMap<usize, Member>,
    faults: Vec<Fault>,
}

fn whole(bytes: &[u8], kind: Kind, branches: Option<&[u8]>) -> Whole {
    let mut all = Whole::default();
    let mut sink = |entry| {
        match entry {
            Entry::Branch(branch) => all.branches.push(branch),
            Entry::Member { row, member } => assert!(all.members.insert(row, member).is_none()),
            Entry::Fault(fault) => all.faults.push(fault),
        }
        ControlFlow::Continue(())
    };
    read(Cursor::new(bytes), kind, branches, &mut sink).unwrap();
    all
}

fn problems(all: &Whole) -> Vec<String> {
    all.faults
        .iter()
        .map(|f| format!("{} {}", f.row, f.problem))
        .collect()
}

#[test]
fn three_shapes_of_one_roster() {
    let (csv, xlsx) = (whole(CSV, Kind::Csv, None), whole(XLSX, Kind::Xlsx, None));
    let toml = whole(TOML, Kind::Toml, None);
    for all in [&csv, &xlsx, &toml] {
        assert_eq!(problems(all), [""; 0]);
        assert_eq!((all.branches.len(), all.members.len()), (5, 69));
        assert_eq!(all.members.values().filter(|m| m.official).count(), 65);
    }
    assert_eq!(csv.members, xlsx.members);
    let by_code = |all: &Whole| {
        let of = |m: &Member| {
            (
                m.code.clone(),
                m.name.clone(),
                m.address.clone(),
                m.official,
            )
        };
        all.members.values().map(of).collect::<Vec<_>>()
    };
    assert_eq!(by_code(&csv), by_code(&toml));
    assert_eq!(
        toml.branches[0].code.as_ref().map(|c| c.0.as_str()),
        Some("CB1")
    );
    let mailbox = toml.branches[4].mailbox.as_ref().map(|a| a.as_str());
    assert_eq!(mailbox, Some("hop-thu@chi-bo-5.dangbo.example"));
    assert_eq!(csv.branches[0].name, "Chi bộ Phòng Tổng hợp");
}

#[test]
fn every_fault_of_the_office_list() {
    let all = whole(MESSY, Kind::Xlsx, None);
    let expected: serde_json::Value = serde_json::from_str(EXPECTED).unwrap();
    assert_eq!((all.members.len(), all.branches.len()), (69, 5));
    assert_eq!(all.members.keys().next(), Some(&6));
    assert_eq!(all.members.keys().last(), Some(&74));
    let mut wanted = Vec::new();
    for problem in expected["problems"].as_array().unwrap() {
        let text = |key: &str| problem[key].as_str().map(ToOwned::to_owned);
        let row = problem["row"].as_u64().unwrap() as usize;
        let member = &all.members[&row];
        assert_eq!(Some(&member.name), text("expected_name").as_ref());
        assert_eq!(
            member.address.as_ref().map(|a| a.to_string()),
            text("expected_email")
        );
        assert_eq!(member.fault.is_some(), member.address.is_none(), "{row}");
        wanted.push(format!("{row} {}", text("problem").unwrap()));
    }
    let found = problems(&all);
    let missing: Vec<_> = wanted.iter().filter(|w| !found.contains(w)).collect();
    assert_eq!(missing, [""; 0]);
    // Beyond the expected: an address that two members share is said at both rows.
    let more: Vec<_> = found.iter().filter(|f| !wanted.contains(f)).collect();
    assert_eq!(more, ["21 duplicate_email"]);
    for fault in &all.faults {
        assert!(fault.row >= 6 && fault.column.is_some(), "{fault:?}");
        assert!(!fault.message.vi.is_empty() && !fault.instead.en.is_empty());
    }
    let blanks = all.faults.iter().find(|f| f.row == 19).unwrap();
    assert_eq!(blanks.column.as_ref().unwrap().letter, "D");
    assert!(
        blanks
            .instead
            .en
            .contains("nhungnb@chi-bo-1.dangbo.example")
    );
    // Merged cells: the branch stands only in the first row of each.
    assert_eq!(all.members[&20].branch, "Chi bộ Phòng Tổng hợp");
    assert_eq!(all.members[&74].branch, "Chi bộ Phòng Hỗ trợ người dùng");
}

/// A CSV roster with the usual header.
fn csv(rows: &str) -> Whole {
    whole(
        format!("Mã,Họ và tên,Email,Chi bộ,Loại\n{rows}").as_bytes(),
        Kind::Csv,
        None,
    )
}

#[test]
fn encodings_and_separators() {
    let text = "DANH SÁCH;;;\r\nMã;Họ và tên;Thư điện tử;Chi bộ\r\n\
                1;Đỗ Thị Hương;huong@b.vn;\"Chi bộ \"\"A; B\"\"\"\r\n;;;\r\nTổng cộng;;;\r\n";
    let utf16 = |little: bool| -> Vec<u8> {
        let bytes = |unit: u16| {
            if little {
                unit.to_le_bytes()
            } else {
                unit.to_be_bytes()
            }
        };
        text.encode_utf16().flat_map(bytes).collect()
    };
    // windows-1258 writes a tone after its letter.
    let is_tone = |c: &char| "\u{300}\u{301}\u{303}\u{309}\u{323}".contains(*c);
    let decomposed: String = text
        .chars()
        .flat_map(|c| {
            let parts: Vec<char> = c.nfd().collect();
            let letter: String = parts
                .iter()
                .copied()
                .filter(|c| !is_tone(c))
                .nfc()
                .collect();
            letter
                .chars()
                .chain(parts.into_iter().filter(is_tone))
                .collect::<Vec<_>>()
        })
        .collect();
    let (windows, _, unmapped) = encoding_rs::WINDOWS_1258.encode(&decomposed);
    assert!(!unmapped && std::str::from_utf8(&windows).is_err());
    let with_bom = [b"\xef\xbb\xbf", text.as_bytes()].concat();
    let tabs = text
        .replace(';', "\t")
        .replace("\"A\t B\"", "\"A; B\"")
        .into_bytes();
    let utf16_bom = [vec![0xff, 0xfe], utf16(true)].concat();
    let all = [
        text.as_bytes().to_vec(),
        with_bom,
        windows.into(),
        tabs,
        utf16_bom,
    ];
    for bytes in all.into_iter().chain([utf16(true), utf16(false)]) {
        let read = whole(&bytes, Kind::Csv, None);
        let member = read
            .members
            .get(&3)
            .unwrap_or_else(|| panic!("{:?}", read.members));
        assert_eq!(
            (member.name.as_str(), read.members.len()),
            ("Đỗ Thị Hương", 1)
        );
        assert_eq!(member.branch, "Chi bộ \"A; B\"");
    }
}

#[test]
fn rows_are_counted_as_the_office_sees_them() {
    for end in ["\n", "\r\n"] {
        let rows = [
            "",
            "1,An,a@b.vn,\"Chi",
            "bộ\",",
            "",
            ",,,",
            "2,Ba,b@b.vn,CB,",
        ]
        .join(end);
        let header = format!("Danh sách{end}{end}Mã,Họ và tên,Email,Chi bộ,Loại{end}");
        let all = whole((header + &rows).as_bytes(), Kind::Csv, None);
        assert_eq!(
            all.members.keys().copied().collect::<Vec<_>>(),
            [5, 9],
            "{end:?}"
        );
    }
}

#[test]
fn who_is_who() {
    let all = csv("A1,An Văn Ba,ba@b.vn,Chi bộ 1,Dự bị\n\
                   a1,An Văn Bốn,bon@b.vn,Chi bộ 1,CT\n\
                   ,Cao Ân,x@b.vn,Chi bộ 2,\n\
                   ,Cao Bá,X@b.vn,Chi bộ 2,\n\
                   ,Đỗ Dũng,,CHI BỘ 2,đoàn viên\n\
                   ,ĐỖ DŨNG,-,Chi bộ 2,\n\
                   A2,Đỗ Dũng,ba@b.vn,,\n\
                   A3,,y@b.vn,Chi bộ 1,\n");
    assert_eq!(
        all.members.keys().copied().collect::<Vec<_>>(),
        [2, 4, 6, 8]
    );
    assert_eq!(all.branches.len(), 2);
    assert!(!all.members[&2].official && all.members[&6].official);
    let found: Vec<_> = problems(&all)
        .into_iter()
        .filter(|p| !p.contains("_case"))
        .collect();
    let expected = [
        "3 duplicate_code",
        "5 same_person",
        "6 missing_email",
        "6 unknown_type",
        "7 same_person",
        "8 missing_branch",
        "2 duplicate_email",
        "8 duplicate_email",
        "9 missing_name",
    ];
    assert_eq!(found, expected);
    let twice = all.faults.iter().find(|f| f.row == 3).unwrap();
    assert!(twice.message.en.contains("rows 2 and 3") && twice.there == "a1");
    assert_eq!(all.members[&6].fault.as_deref(), Some("thiếu địa chỉ thư"));
}

#[test]
fn split_names_marks_language_and_pause() {
    let text = "Họ và tên đệm\tTên\tEmail\tChi bộ\tDự bị\tNgôn ngữ\tTạm dừng\n\
                Lê Thị\tHoa\ta@b.vn\tCB1\tx\ten\tx\nLê\tAn\tc@b.vn\tCB1\t\tfr\tmai\n";
    let all = whole(text.as_bytes(), Kind::Csv, None);
    let (hoa, an) = (&all.members[&2], &all.members[&3]);
    assert_eq!(
        (hoa.name.as_str(), an.name.as_str()),
        ("Lê Thị Hoa", "Lê An")
    );
    assert_eq!(
        (hoa.official, hoa.paused, an.official, an.paused),
        (false, true, true, false)
    );
    assert_eq!(hoa.language, Some(crate::organisation::Language::En));
    assert_eq!(problems(&all), ["3 unknown_word", "3 unknown_word"]);
}

#[test]
fn a_list_of_branches_binds() {
    let list = "ma;ten;hop_thu\nCB1;Chi bộ 1;cb1@b.vn\nCB2;Chi bộ 2;không\nCB3;Chi bộ 3;@\n";
    let rows =
        "ma,ho_ten,email,chi_bo\n1,An,a@b.vn,cb1\n2,Ba,b@b.vn,CHI BỘ 2\n3,Ca,c@b.vn,Chi bộ 9\n";
    let all = whole(rows.as_bytes(), Kind::Csv, Some(list.as_bytes()));
    assert_eq!((all.branches.len(), all.members.len()), (3, 3));
    assert_eq!(
        all.branches.iter().filter(|b| b.mailbox.is_some()).count(),
        1
    );
    assert_eq!(problems(&all), ["4 invalid_email", "4 unknown_branch"]);
}

#[test]
fn the_template_reads_back() {
    let all = whole(&template().unwrap(), Kind::Xlsx, None);
    assert_eq!(problems(&all), [""; 0]);
    let member = &all.members[&2];
    assert_eq!(
        (member.name.as_str(), member.branch.as_str()),
        ("Nguyễn Văn A", "Chi bộ 1")
    );
    assert_eq!(
        all.branches[0].code.as_ref().map(|c| c.0.as_str()),
        Some("CB1")
    );
    assert!(all.branches[0].mailbox.is_some() && member.official && !member.paused);
}

#[test]
fn what_is_no_roster_is_one_fault() {
    let many = b"PK\x03\x04 not a zip".as_slice();
    for (bytes, kind) in [
        (many, Kind::Xlsx),
        (b"", Kind::Xlsx),
        (&CSV[..50], Kind::Xlsx),
    ] {
        assert_eq!(problems(&whole(bytes, kind, None)), ["0 unreadable"]);
    }
    for bytes in [
        b"".as_slice(),
        b"a,b\n1,2\n",
        &XLSX[..4000],
        &[0; 5000],
        &[0xff; 5000],
    ] {
        assert_eq!(problems(&whole(bytes, Kind::Csv, None)), ["0 no_header"]);
    }
    let broken = whole(
        b"[[dang_vien]]\nma = \"1\"\nho_ten = \"An",
        Kind::Toml,
        None,
    );
    assert!(broken.members.is_empty() && broken.faults[0].row == 3);
    let unknown = whole(
        b"x = 1\n[[dang_vien]]\nho_ten = \"An\"\ncccd = \"1\"\n",
        Kind::Toml,
        None,
    );
    assert_eq!(problems(&unknown)[..2], ["1 unknown_key", "4 unknown_key"]);
    for cut in (0..MESSY.len()).step_by(997) {
        whole(&MESSY[..cut], Kind::Xlsx, None);
    }
}

#[test]
fn a_quotation_mark_that_takes_rows_into_a_cell_is_a_fault_of_the_file() {
    let all =
        csv("1,An,a@b.vn,CB,CT\n2,\"Ba,b@b.vn,CB,CT\n3,Chi,c@b.vn,CB,CT\n4,\"Du\",d@b.vn,CB,CT\n");
    let fault = all.faults.iter().find(|f| f.problem == Problem::OpenQuote);
    let fault = fault.expect("told");
    assert_eq!((fault.level, fault.row), (Level::Error, 0));
    assert!(fault.message(Language::Vi).ends_with("(dòng 3)"));
    assert!(
        csv("1,\"An\nVăn\",a@b.vn,CB,CT\n")
            .faults
            .iter()
            .all(|f| f.row > 0)
    );
}

#[test]
fn hostile_cells_stay_one_line() {
    let long = "x".repeat(100_000);
    let all = csv(&format!(
        "=1+1,\"An\r\nBcc: all@b.vn\u{202e}\",a@b.vn,\"Chi\u{0}bộ\n1\",CT\n\
         2,{long},b@b.vn,CB,CT\n3,Ba,\"a@b.vn\r\nRCPT TO:<x@y.vn>\",CB,CT\n"
    ));
    let an = &all.members[&2];
    assert_eq!(
        (an.name.as_str(), an.branch.as_str()),
        ("An Bcc: all@b.vn", "Chibộ 1")
    );
    assert!(all.members.values().all(|m| m.name.len() < 500));
    assert_eq!(
        all.members.values().filter(|m| m.address.is_some()).count(),
        1
    );
    assert!(
        all.faults
            .iter()
            .all(|f| f.there.chars().count() <= 120 && !f.there.contains('\n'))
    );
}

#[test]
fn the_sink_ends_the_reading() {
    let mut n = 0;
    let mut sink = |_| {
        n += 1;
        if n == 3 {
            ControlFlow::Break(())
        } else {
            ControlFlow::Continue(())
        }
    };
    read(Cursor::new(CSV), Kind::Csv, None, &mut sink).unwrap();
    assert_eq!(n, 3);
}
