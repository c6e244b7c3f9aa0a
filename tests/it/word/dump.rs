//! Temporary.
#[test]
fn dump() {
    for folder in ["/tmp/office/corp", "tests/corpus", "tests/extract"] {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            let name = path.file_name().unwrap().to_string_lossy().into_owned();
            if ![".doc", ".odt", ".rtf", ".docx"].iter().any(|e| name.ends_with(e)) { continue; }
            let bytes = std::fs::read(&path).unwrap();
            let start = std::time::Instant::now();
            let mut n = 0;
            let mut contents = super::read(&bytes, &name);
            while n < 20 { contents = super::read(&bytes, &name); n += 1; }
            let ms = start.elapsed().as_secs_f64() * 1000.0 / 21.0;
            println!("{ms:.2} ms {name} {:?} {} {:?}", contents.finding, contents.head_picture, contents.page_count);
            let _ = std::fs::create_dir_all("/tmp/office/dump");
            std::fs::write(format!("/tmp/office/dump/{name}.txt"), contents.pages.concat()).unwrap();
        }
    }
}
