//! Owns the end of a document: the list "Nơi nhận" on the left, authority, post and name of the
//! signer on the right, however the two columns were interleaved. It refuses to know the heading.

use super::page::{self, Line, is_rule};
use super::pattern::{Pattern, group};
use crate::document::Signer;
use crate::spelling;

/// Lines below "Nơi nhận" that can belong to it, and above it that can hold the signature.
const BELOW: usize = 60;
const ABOVE: usize = 10;

/// Recipients and characters of one that are kept.
const ITEMS_MAX: usize = 60;
const ITEM_MAX: usize = 300;

/// What the end says.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Ending {
    /// The recipients, without dashes and last stops.
    pub(super) recipients: Vec<String>,
    pub(super) signer: Option<Signer>,
    /// The words that give the signer.
    pub(super) evidence: String,
}

/// Reads the end of a document: from the last "Nơi nhận" of its pages, or from its last lines.
pub(super) fn read(pages: &[String]) -> Ending {
    let last_first = pages.iter().rev().filter(|p| !p.trim().is_empty());
    let mut after = "";
    for page in last_first.clone() {
        let opened = around(page, after);
        after = page;
        if let Some(lines) = opened {
            let at = lines.iter().position(|l| opens(l).is_some()).unwrap_or(0);
            return of(&lines, at);
        }
    }
    let Some(page) = last_first.clone().next() else {
        return Ending::default();
    };
    let tail: Vec<&str> = page.lines().rev().take(25).collect();
    let tail: Vec<&str> = tail.into_iter().rev().collect();
    let lines = page::lines(&tail.join("\n"), 25);
    let mut signature = Signature::default();
    for line in &lines {
        line.cells
            .iter()
            .for_each(|cell| signature.take(cell, line));
    }
    signature.ending(Vec::new())
}

/// The lines about the last "Nơi nhận" of a page. The raw lines are sifted first, since a page may
/// be a megabyte.
fn around(page: &str, next: &str) -> Option<Vec<Line>> {
    let raw: Vec<&str> = page.lines().collect();
    let opening = |raw: &&str| {
        page::cells_of(raw).any(|cell| cell.len() < 4_000 && is_opening(cell).is_some())
    };
    let at = raw.iter().rposition(opening)?;
    let window = raw[at.saturating_sub(ABOVE)..raw.len().min(at + BELOW)].iter();
    // The list may go on over the page.
    let over = next.lines().take(BELOW.saturating_sub(raw.len() - at));
    let window: Vec<&str> = window.copied().chain(over).collect();
    // A raw line above that is an opening too would be taken for the last one.
    let window: Vec<&str> = window
        .iter()
        .enumerate()
        .filter(|(n, raw)| *n >= at.min(ABOVE) || !opening(raw))
        .map(|(_, raw)| *raw)
        .collect();
    let broken = spelling::is_broken(page);
    Some(window.iter().map(|raw| Line::read(raw, broken)).collect())
}

/// What follows the words "Nơi nhận" in a cell, where the cell begins with them.
fn is_opening(cell: &str) -> Option<String> {
    static OPENING: Pattern = Pattern::new(r"(?i)^\W*n.i\s?nh.n\s?(?:[:.]\s*(?P<rest>.*)|\W*$)");
    let first = cell.trim_start_matches(|c: char| !c.is_alphanumeric());
    if !first.starts_with(['N', 'n']) {
        return None;
    }
    let cell = spelling::line(cell);
    let captures = OPENING.captures(&cell)?;
    let rest = group(&captures, "rest").unwrap_or("").to_owned();
    let head: String = cell.chars().filter(|c| c.is_alphabetic()).take(7).collect();
    spelling::near(&head, "Nơinhận", 1).then_some(rest)
}

fn opens(line: &Line) -> Option<(usize, String)> {
    let found = |(at, cell): (usize, &String)| Some((at, is_opening(cell)?));
    line.cells.iter().enumerate().find_map(found)
}

fn of(lines: &[Line], at: usize) -> Ending {
    let mut list = List::default();
    let mut signature = Signature::default();
    for (n, line) in lines.iter().enumerate().skip(at) {
        let opening = (n == at).then(|| opens(line)).flatten();
        if line.text.is_empty() || is_rule(&line.text) {
            list.blank();
            continue;
        }
        for (column, cell) in line.cells.iter().enumerate() {
            if let Some((_, rest)) = opening.as_ref().filter(|(place, _)| *place == column) {
                rest.split(';').for_each(|item| list.inline(item));
            } else if opening.is_some() || !list.claims(cell, column, &signature) {
                signature.take(cell, line);
            } else {
                list.take(cell, column);
            }
        }
        let signed = TITLES.is_match(&line.text);
        if line.text.starts_with('(') && !list.is_open() && !signed {
            break;
        }
    }
    if signature.name.is_none() {
        let mut above = Signature::default();
        for line in &lines[..at] {
            line.cells.iter().for_each(|cell| above.take(cell, line));
        }
        if above.name.is_some() {
            signature = above;
        }
    }
    signature.ending(list.done())
}

/// The list being read.
#[derive(Default)]
struct List {
    items: Vec<String>,
    dashed: bool,
    closed: bool,
    blank: bool,
}

impl List {
    /// True while an item may go on.
    fn is_open(&self) -> bool {
        let ended = |item: &String| item.ends_with([';', ',', '.']);
        !self.closed && self.dashed && !self.items.last().is_none_or(ended)
    }

    fn blank(&mut self) {
        self.blank = true;
        self.closed |= self.dashed && !self.is_open();
    }

    /// True where a cell belongs to the list and not to the signature.
    fn claims(&self, cell: &str, column: usize, signature: &Signature) -> bool {
        if is_dashed(cell) {
            return true;
        }
        if signature.is_part(cell) || is_authority(cell) || is_post(cell) {
            return false;
        }
        // In the left column a line of capitalised words may be the rest of an open item.
        !is_name(cell) || column == 0 && self.is_open() && !has_family_name(cell)
    }

    fn take(&mut self, cell: &str, column: usize) {
        if is_dashed(cell) {
            self.closed = false;
            self.dashed = true;
            self.push(cell);
            return;
        }
        let small = cell.starts_with(char::is_lowercase);
        if self.closed || cell.starts_with('(') && !self.is_open() {
            self.closed = true;
            return;
        }
        let filed = self.items.last().is_some_and(|last| {
            let folded = spelling::fold(last);
            folded.starts_with(&spelling::fold("lưu")) && last.ends_with([';', '.', ','])
        });
        if filed && !small {
            self.closed = true;
        } else if self.items.is_empty() || !self.dashed && !small && column == 0 {
            self.push(cell);
        } else if self.is_open() || small || column > 0 {
            if let Some(item) = self.items.last_mut().filter(|i| i.len() < ITEM_MAX * 2) {
                item.push(' ');
                item.push_str(cell);
            }
        } else {
            self.closed = true;
        }
        self.blank = false;
    }

    /// An item behind the words "Nơi nhận" on their own line.
    fn inline(&mut self, item: &str) {
        if item.chars().any(char::is_alphanumeric) {
            self.push(item);
        }
    }

    fn push(&mut self, item: &str) {
        if self.items.len() < ITEMS_MAX {
            let item = item.trim_start_matches(|c: char| DASHES.contains(c) || c == ' ');
            self.items.push(item.to_owned());
        }
        self.blank = false;
    }

    fn done(self) -> Vec<String> {
        let stops = [',', ';', '.', ' ', '/', ':'];
        let clean = |item: String| {
            let item: String = item.chars().take(ITEM_MAX).collect();
            spelling::line(item.trim_end_matches(stops))
        };
        let items = self.items.into_iter().map(clean);
        items
            .filter(|item| item.chars().any(char::is_alphanumeric))
            .collect()
    }
}

/// What an item of a list begins with.
const DASHES: &str = "-–—−•·*+";

fn is_dashed(cell: &str) -> bool {
    cell.starts_with(|c: char| DASHES.contains(c)) && cell.chars().any(char::is_alphanumeric)
}

/// The signature being read, top to bottom.
#[derive(Default)]
struct Signature {
    authority: Vec<String>,
    post: Vec<String>,
    name: Option<String>,
    /// The next line in capitals goes on with the last one.
    open: bool,
}

impl Signature {
    /// True where a cell goes on with an authority or post in capitals.
    fn is_part(&self, cell: &str) -> bool {
        self.open && spelling::is_capitals(cell) && cell.split(' ').all(spelling::is_syllable)
    }

    fn take(&mut self, cell: &str, line: &Line) {
        let cell = cell.trim_matches(|c: char| c == '*' || c == '_' || c == ' ');
        if is_authority(cell) {
            if self.name.is_some() {
                return;
            }
            self.authority.push(cell.to_owned());
            self.open = true;
        } else if is_post(cell) && self.name.is_none() {
            self.post.push(cell.to_owned());
            self.open = true;
        } else if self.is_part(cell) && self.name.is_none() {
            let last = self.post.last_mut().or(self.authority.last_mut());
            if let Some(last) = last {
                last.push(' ');
                last.push_str(cell);
            }
        } else if self.begun() && self.name.is_none() && is_name(cell) {
            self.name = Some(bare_name(cell));
            self.open = false;
        } else {
            // A line of the left column alone does not end what stands in the right one.
            self.open &= line.cells.len() == 1;
        }
    }

    fn begun(&self) -> bool {
        !self.authority.is_empty() || !self.post.is_empty()
    }

    fn ending(self, recipients: Vec<String>) -> Ending {
        let some =
            |lines: Vec<String>, between| Some(lines.join(between)).filter(|text| !text.is_empty());
        let authority = some(self.authority, " / ");
        let post = some(self.post, " ");
        let said = [authority.as_deref(), post.as_deref(), self.name.as_deref()];
        let evidence: Vec<&str> = said.into_iter().flatten().collect();
        Ending {
            evidence: evidence.join(" / "),
            signer: self.name.map(|name| Signer {
                name,
                authority,
                post,
            }),
            recipients,
        }
    }
}

/// "T/M BAN BÍ THƯ", "KT. BỘ TRƯỞNG", "TL. …", "TUQ. …", "Q. CỤC TRƯỞNG".
fn is_authority(cell: &str) -> bool {
    static AUTHORITY: Pattern =
        Pattern::new(r"(?i)^(?:t ?[/.]? ?m|k ?[/.]? ?t|t ?[/.]? ?l|t ?[/.]? ?u ?q|q)[./]? ?\p{L}");
    static MARKED: Pattern = Pattern::new(r"(?i)^(?:[tkq] ?[/.]|[tk][mtl]\b|tuq)");
    let length = cell.chars().count();
    (5..=120).contains(&length)
        && spelling::is_capitals(cell)
        && MARKED.is_match(cell)
        && AUTHORITY.is_match(cell)
}

/// A post in capitals: BÍ THƯ, PHÓ CHÁNH VĂN PHÒNG.
fn is_post(cell: &str) -> bool {
    const POSTS: [&str; 36] = [
        "bí thư",
        "phó",
        "tổng",
        "chủ tịch",
        "chủ nhiệm",
        "bộ trưởng",
        "thứ trưởng",
        "thủ tướng",
        "chánh",
        "trưởng",
        "cục trưởng",
        "vụ trưởng",
        "viện trưởng",
        "giám đốc",
        "hiệu trưởng",
        "chi cục trưởng",
        "đội trưởng",
        "tổ trưởng",
        "hạt trưởng",
        "thường trực",
        "uỷ viên",
        "quyền",
        "thẩm phán",
        "thống đốc",
        "kế toán trưởng",
        "đại diện",
        "thư ký",
        "người",
        "thủ trưởng",
        "chính uỷ",
        "tư lệnh",
        "chỉ huy trưởng",
        "kiểm sát viên",
        "kiểm toán trưởng",
        "phụ trách",
        "trạm trưởng",
    ];
    let length = cell.chars().count();
    if !(6..=120).contains(&length) || !spelling::is_capitals(cell) {
        return false;
    }
    let folded = spelling::fold(cell);
    POSTS.iter().any(|post| {
        let rest = folded.strip_prefix(&spelling::fold(post));
        rest.is_some_and(|r| r.is_empty() || r.starts_with([' ', ',']))
    })
}

/// Ranks and degrees before a name.
static TITLES: Pattern = Pattern::new(concat!(
    r"(?i)^(?:(?:\((?:đã ký|da ky)\)|đã ký:?|(?:đại|thượng|trung|thiếu) (?:tướng|tá|uý|úy)",
    r"|chuẩn đô đốc|phó đô đốc|đô đốc|(?:(?:gs|pgs|ts|ths|bs|cn|ks|ls|cki|ckii)\.? ?)+[.,]",
    r"|đồng chí:?)\s*)+"
));

/// The name without ranks and degrees.
fn bare_name(cell: &str) -> String {
    let start = TITLES.find(cell).map_or(0, |found| found.end);
    let name = cell[start..].trim();
    spelling::line(if name.is_empty() { cell } else { name })
}

/// Two to six words, each with one capital, no digits and no stops: a person's name.
fn is_name(cell: &str) -> bool {
    let name = bare_name(cell);
    let words: Vec<&str> = name.split(' ').filter(|w| *w != "-").collect();
    let word = |w: &&str| {
        let mut letters = w.chars().filter(|c| *c != '\'' && *c != '-' && *c != '’');
        letters.next().is_some_and(char::is_uppercase)
            && letters
                .all(|c| c.is_lowercase() || w.contains(['-', '\'', '’']) && c.is_alphabetic())
    };
    (2..=6).contains(&words.len()) && name.chars().count() <= 50 && words.iter().all(word)
}

/// True where the first word is a common Vietnamese family name.
fn has_family_name(cell: &str) -> bool {
    const FAMILIES: [&str; 46] = [
        "nguyễn", "trần", "lê", "phạm", "hoàng", "huỳnh", "phan", "vũ", "võ", "đặng", "bùi", "đỗ",
        "hồ", "ngô", "dương", "lý", "đào", "đinh", "đoàn", "trịnh", "mai", "tô", "lâm", "hà",
        "cao", "trương", "lương", "châu", "tạ", "phùng", "vương", "quách", "thái", "triệu", "nông",
        "giàng", "lò", "vàng", "tòng", "hầu", "kiều", "tăng", "chu", "la", "từ", "lưu",
    ];
    let name = bare_name(cell);
    let first = spelling::fold(name.split(' ').next().unwrap_or(""));
    FAMILIES
        .iter()
        .any(|family| spelling::fold(family) == first)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ending(text: &str) -> (String, String) {
        let ending = read(&[text.replace('¦', "\t")]);
        let signer = ending.signer.map(|s| s.to_string());
        (ending.recipients.join(" | "), signer.unwrap_or_default())
    }

    #[test]
    fn patterns_compile() {
        assert!(TITLES.compiles());
    }

    #[test]
    fn columns_are_told_apart() {
        for (text, recipients, signer) in [
            (
                "Nơi nhận:¦T/M BAN BÍ THƯ\n- Các tỉnh uỷ, thành uỷ,\n- Các ban đảng, ban cán sự\n\
                 đảng, đảng uỷ trực thuộc Trung ương,\n- Các đảng uỷ đơn vị Trung¦Trần Quốc \
                 Vượng\nương,\n- Lưu Văn phòng,\n(Bản tóm lược.)",
                "Các tỉnh uỷ, thành uỷ | Các ban đảng, ban cán sự đảng, đảng uỷ trực thuộc Trung \
                 ương | Các đảng uỷ đơn vị Trung ương | Lưu Văn phòng",
                "Trần Quốc Vượng (T/M BAN BÍ THƯ)",
            ),
            (
                "Nơi nhận:¦T/M BAN CHẤP HÀNH TRUNG\n- Các tỉnh uỷ, thành uỷ,¦ƯƠNG\n- Các ban \
                 đảng, ban cán sự\nTỔNG BÍ THƯ\nđảng uỷ trực thuộc,\n- Các đồng chí Uỷ viên Ban \
                 Chấp hành\nNguyễn Phú Trọng\nTrung ương Đảng,\n- Lưu Văn phòng,",
                "Các tỉnh uỷ, thành uỷ | Các ban đảng, ban cán sự đảng uỷ trực thuộc | Các đồng \
                 chí Uỷ viên Ban Chấp hành Trung ương Đảng | Lưu Văn phòng",
                "Nguyễn Phú Trọng (T/M BAN CHẤP HÀNH TRUNG ƯƠNG, TỔNG BÍ THƯ)",
            ),
            (
                "Nơi nhận:\n- Như Điều 3;\n- Lưu: VT, KSTT (2b).\nTM. CHÍNH PHỦ\nKT. THỦ \
                 TƯỚNG\nPHÓ THỦ TƯỚNG\n\n(Đã ký)\n\nĐại tướng Tô Văn Bình",
                "Như Điều 3 | Lưu: VT, KSTT (2b)",
                "Tô Văn Bình (TM. CHÍNH PHỦ / KT. THỦ TƯỚNG, PHÓ THỦ TƯỚNG)",
            ),
            (
                "Nơi nhận:\n\nNhư Điều 3\nBan Bí thư Trung ương Đảng\nLưu: VT\n\n(Bản tóm lược)",
                "Như Điều 3 | Ban Bí thư Trung ương Đảng | Lưu: VT",
                "",
            ),
            (
                "TUQ. CHỦ TỊCH\nCHÁNH VĂN PHÒNG\n\nLò Văn Kín\nNơi nhận: Như trên; Lưu VT.",
                "Như trên | Lưu VT",
                "Lò Văn Kín (TUQ. CHỦ TỊCH, CHÁNH VĂN PHÒNG)",
            ),
            (
                "Nơi nhận:¦TL. TỔNG CỤC TRƯỞNG\n- Như trên;¦CỤC TRƯỞNG CỤC CÔNG NGHỆ\n- Lãnh đạo \
                 (để báo cáo);¦THÔNG TIN\n- Lưu: VT, CNTT.¦PGS.TS. Hoàng Minh Khôi",
                "Như trên | Lãnh đạo (để báo cáo) | Lưu: VT, CNTT",
                "Hoàng Minh Khôi (TL. TỔNG CỤC TRƯỞNG, CỤC TRƯỞNG CỤC CÔNG NGHỆ THÔNG TIN)",
            ),
            (
                "thực hiện./.\n\nK/T TRƯỞNG BAN\nPHÓ TRƯỞNG BAN THƯỜNG TRỰC\n\nY Thanh Hà",
                "",
                "Y Thanh Hà (K/T TRƯỞNG BAN, PHÓ TRƯỞNG BAN THƯỜNG TRỰC)",
            ),
            ("Nơi nhận hồ sơ là văn phòng uỷ ban.\nHết.", "", ""),
            ("", "", ""),
        ] {
            let (read, by) = ending(text);
            assert_eq!(read, recipients, "{text}");
            assert_eq!(by, signer, "{text}");
        }
    }
}
