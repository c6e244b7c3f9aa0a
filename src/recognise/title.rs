//! Owns the trích yếu and what stands between it and the type: the deciding body, a plenum's line,
//! an old law's number and date. It refuses to know the heading above.

use super::casing;
use super::heading::{TypeLine, is_body, is_motto, tidy};
use super::mark;
use super::page::{Line, is_rule};
use super::pattern::{Pattern, group};
use super::reference;
use crate::document::Symbol;
use crate::spelling;

/// A title has at most so many lines and characters.
const LINES_MAX: usize = 14;
const TITLE_MAX: usize = 800;

/// What stands below the type.
#[derive(Clone, Debug, Default)]
pub(super) struct Below {
    /// The deciding body as written: "BAN BÍ THƯ" of CỦA BAN BÍ THƯ.
    pub(super) body: Option<String>,
    /// The trích yếu.
    pub(super) title: Option<String>,
    /// Symbol and date where an old law has them here, and the words.
    pub(super) number: Option<(Symbol, Option<chrono::NaiveDate>, String)>,
    /// Where the text below the title begins.
    pub(super) end: usize,
}

static OF: Pattern = Pattern::new(r"(?i)^của (?P<body>.+?)(?: (?P<about>về (?:việc )?.+))?$");
static NUMBER: Pattern = Pattern::new(concat!(
    r"(?i)\bsố:? ?(?P<symbol>",
    super::heading::symbol_text!(),
    r"),?(?: ngày (?P<d>\d{1,2}) ?(?:tháng|[-/.]) ?(?P<m>\d{1,2}) ?(?:năm|[-/.]) ?(?P<y>\d{4}))?"
));
static SESSION: Pattern =
    Pattern::new(r"(?i)^(?:hội nghị|đại hội|kỳ họp)\b.*\b(?:lần thứ|thứ|khoá|khóa)\b");

/// Reads below the type's line. `whole` is page 1.
pub(super) fn below(whole: &[Line], kind: &TypeLine) -> Below {
    let mut below = Below {
        end: kind.at + 1,
        ..Below::default()
    };
    let mut about: Vec<String> = Vec::new();
    let mut at = kind.at + 1;
    if !kind.rest.is_empty() {
        take_rest(&kind.rest, &mut below, &mut about);
    }
    while at < whole.len() && about.is_empty() {
        let line = &whole[at];
        let text = &line.text;
        if text.is_empty() || is_motto(text) || mark::is_mark(text) {
            at += 1;
        } else if let Some(lines) = attachment(whole, at).filter(|_| kind.word == "Phụ lục") {
            at += lines;
        } else if spelling::is_capitals(text) && (OF.is_match(text) || SESSION.is_match(text)) {
            at = body_lines(whole, at, &mut below, &mut about);
        } else if let Some(found) = numbered(text).filter(|_| text.to_lowercase().starts_with("số"))
        {
            below.number = Some(found);
            at += 1;
        } else {
            break;
        }
    }
    let open = !about.is_empty();
    let small = |line: &&Line| !line.text.is_empty() && !spelling::is_capitals(&line.text);
    if open
        && whole
            .get(at)
            .filter(small)
            .is_some_and(|l| begins_small(&l.text))
    {
        // CHƯƠNG TRÌNH CÔNG TÁC / năm 2031: the type's line runs over into the title.
        about
            .iter_mut()
            .for_each(|text| *text = text.to_lowercase());
    }
    let until = (at..whole.len().min(at + 20)).find(|i| is_authority(&whole[*i].text, whole, kind));
    at = gather(&whole[..until.unwrap_or(whole.len())], at, open, &mut about);
    below.end = at;
    let title = clean(&about.join(" "));
    if !title.is_empty() {
        let rest = &whole[at.min(whole.len())..];
        let capitals = spelling::is_capitals(&title);
        below.title = Some(if capitals {
            casing::sentence(&title, rest)
        } else {
            title
        });
    }
    below
}

/// How many lines from `at` on only say what document an annex belongs to.
fn attachment(whole: &[Line], at: usize) -> Option<usize> {
    let lines: Vec<&str> = whole[at..]
        .iter()
        .take(5)
        .map(|l| l.text.as_str())
        .collect();
    reference::attachment(&lines)
}

/// True for the line between title and grounds that says who decides: THỦ TƯỚNG CHÍNH PHỦ, BỘ
/// TRƯỞNG …, or the body of the heading again. A law has none, and its name can be a body's.
fn is_authority(text: &str, whole: &[Line], kind: &TypeLine) -> bool {
    const POSTS: [&str; 8] = [
        "bộ trưởng",
        "thủ tướng",
        "chủ tịch",
        "giám đốc",
        "tổng giám đốc",
        "tổng cục trưởng",
        "cục trưởng",
        "chánh văn phòng",
    ];
    if !spelling::is_capitals(text) || kind.word.to_lowercase().contains("luật") {
        return false;
    }
    let folded = spelling::fold(text);
    POSTS
        .iter()
        .any(|post| folded.starts_with(&spelling::fold(post)))
        || super::issuer::column(&whole[..kind.at])
            .iter()
            .any(|name| spelling::fold(name) == folded)
}

/// True where the first letter is a small one.
fn begins_small(text: &str) -> bool {
    let first = text.chars().find(|c| c.is_alphanumeric());
    first.is_some_and(char::is_lowercase)
}

/// What follows the type on its own line: a body, an old law's number, the title's beginning.
fn take_rest(rest: &str, below: &mut Below, about: &mut Vec<String>) {
    let number = numbered(rest);
    let cut = NUMBER.find(rest).filter(|_| number.is_some());
    let front = cut
        .as_ref()
        .map_or(rest, |range| rest[..range.start].trim());
    below.number = number;
    match OF.captures(front) {
        Some(captures) => {
            below.body = group(&captures, "body").map(str::to_owned);
            about.extend(group(&captures, "about").map(str::to_owned));
        }
        None if !front.is_empty() => about.push(front.to_owned()),
        None => {}
    }
    if let Some(tail) = cut
        .map(|range| rest[range.end..].trim())
        .filter(|t| !t.is_empty())
    {
        about.push(tail.to_owned());
    }
}

/// The lines of the deciding body, with what wraps: CỦA BAN CHẤP HÀNH TRUNG ƯƠNG / KHOÁ XII.
fn body_lines(whole: &[Line], at: usize, below: &mut Below, about: &mut Vec<String>) -> usize {
    let mut next = at + 1;
    take_rest(&whole[at].text, below, about);
    if below.body.is_none() {
        let text = &whole[at].text;
        let central = spelling::fold(text).contains(&spelling::fold("ban chấp hành trung ương"));
        about.clear();
        let wraps = whole.get(next).filter(|l| is_wrap(&l.text));
        let wrapped = wraps.is_some_and(|l| {
            spelling::fold(&l.text).starts_with(&spelling::fold("ban chấp hành trung ương"))
        });
        below.body = (central || wrapped).then(|| "BAN CHẤP HÀNH TRUNG ƯƠNG".to_owned());
    }
    while about.is_empty() && whole.get(next).is_some_and(|line| is_wrap(&line.text)) {
        next += 1;
    }
    next
}

/// True where a line in capitals goes on with a body's name.
fn is_wrap(text: &str) -> bool {
    const WRAPS: [&str; 9] = [
        "khoá",
        "khóa",
        "cộng sản",
        "lần thứ",
        "trung ương",
        "đảng",
        "ban chấp hành trung ương",
        "nước cộng hoà",
        "xã hội chủ nghĩa",
    ];
    let folded = spelling::fold(text);
    spelling::is_capitals(text) && WRAPS.iter().any(|w| folded.starts_with(&spelling::fold(w)))
}

/// Symbol and date in "SỐ 48/2005/QH11 NGÀY 29 THÁNG 11 NĂM 2005".
fn numbered(text: &str) -> Option<(Symbol, Option<chrono::NaiveDate>, String)> {
    let captures = NUMBER.captures(text)?;
    let symbol = tidy(group(&captures, "symbol")?)?;
    Some((symbol, super::heading::day_of(&captures), text.to_owned()))
}

/// Collects the title's lines from `at`; gives where it ends. A rule, the body's beginning and a
/// blank line end it, the latter only where the title does not plainly go on.
fn gather(whole: &[Line], at: usize, open: bool, about: &mut Vec<String>) -> usize {
    let mut end = at;
    let first = about.len();
    let mut blank = false;
    while let Some(line) = whole.get(end).filter(|_| about.len() < first + LINES_MAX) {
        let text = line.text.as_str();
        if text.is_empty() {
            blank = true;
            end += 1;
            continue;
        }
        let started = !about.is_empty();
        let size: usize = about.iter().map(String::len).sum();
        if is_rule(text) {
            if started {
                return end + 1;
            } else {
                end += 1;
                continue;
            }
        }
        if is_body(line) || text.starts_with('(') && started || size > TITLE_MAX * 2 {
            break;
        }
        if started && !goes_on(about, text, blank, &whole[end + 1..], open) {
            break;
        }
        if !mark::is_mark(text) {
            about.push(text.to_owned());
        }
        blank = false;
        end += 1;
    }
    end
}

/// True where `text` belongs to the title gathered so far.
fn goes_on(about: &[String], text: &str, blank: bool, after: &[Line], open: bool) -> bool {
    let last = about.last().map_or("", String::as_str);
    let small = begins_small(text);
    let hangs = hangs(last);
    if spelling::is_capitals(last) {
        return spelling::is_capitals(text) && (!blank || hangs);
    }
    if spelling::is_capitals(text) && text.chars().count() > 12 {
        return false;
    }
    let sentence = text.ends_with(['.', ':', ';']) || text.chars().count() > 160;
    if blank {
        return (small || hangs) && !sentence;
    }
    if small || hangs {
        return !(sentence && text.chars().count() > 160);
    }
    // A capital begins a line: a name inside the title (… phong cách / Hồ Chí Minh), or the body.
    let ahead = after
        .iter()
        .take(6)
        .position(|l| l.is_rule() || l.text.is_empty() || is_body(l));
    let ruled = ahead.is_some_and(|n| {
        after[n].is_rule()
            || after[n].text.is_empty() && after.get(n + 1).is_some_and(Line::is_rule)
    });
    // A line that is whole by itself: the next begins anew and is longer, as the body's first is.
    let length = text.chars().count();
    let whole = after.first().is_some_and(|next| {
        next.text.starts_with(char::is_uppercase) && next.text.chars().count() > length
    });
    let short = length <= 60 && ahead == Some(0) || length <= 70 && whole;
    !sentence && !open && (ruled && ahead.is_some_and(|n| n <= 3) || short)
        || sentence
            && ruled
            && ahead == Some(0)
            && text.chars().count() <= 60
            && !text.ends_with(':')
}

/// True where a line cannot be the end of a title: it ends in a comma, a hyphen or a word that
/// needs another.
fn hangs(line: &str) -> bool {
    const NEEDY: [&str; 22] = [
        "về",
        "của",
        "và",
        "với",
        "trong",
        "cho",
        "theo",
        "đối",
        "tại",
        "từ",
        "đến",
        "các",
        "những",
        "việc",
        "do",
        "để",
        "hoặc",
        "giữa",
        "là",
        "đồng chí",
        "số",
        "khoá",
    ];
    if line.ends_with([',', '-', '–', ';'])
        || line.matches('"').count() % 2 == 1
        || line.matches('“').count() > line.matches('”').count()
    {
        return true;
    }
    let last = spelling::fold(line.rsplit(' ').next().unwrap_or(""));
    NEEDY.iter().any(|w| spelling::fold(w) == last)
}

/// The title without "V/v", outer brackets, stars and dashes, at most [`TITLE_MAX`] characters.
pub(super) fn clean(text: &str) -> String {
    static ABOUT: Pattern = Pattern::new(r"(?i)^\(?v ?/ ?v\s*[:.]?\s*");
    let text = spelling::line(text);
    let text = text.trim_matches(|c: char| "*_ \u{2013}\u{2014}".contains(c));
    let text = ABOUT.find(text).map_or(text, |found| &text[found.end..]);
    let text = text.trim_end_matches(['.', ';', ':', ',', '-', '*', ' ', '_']);
    let odd = text.ends_with(')') && !text.contains('(');
    let text = if odd {
        text.trim_end_matches(')')
    } else {
        text
    };
    let text: String = text.chars().take(TITLE_MAX).collect();
    match text.strip_prefix("Về ") {
        Some(rest) => format!("về {rest}"),
        None => text,
    }
}

/// The trích yếu of a letter: after "V/v" under the number, or above the address where the whole
/// line says so; the left column only.
pub(super) fn of_letter(heading: &[Line]) -> Option<String> {
    static BEGIN: Pattern = Pattern::new(r"(?i)^\(?(?:v ?/ ?v\b|về việc\b)");
    let cells: Vec<(usize, &String)> = heading
        .iter()
        .enumerate()
        .flat_map(|(at, line)| line.cells.iter().map(move |cell| (at, cell)))
        .collect();
    let start = cells.iter().position(|(_, cell)| BEGIN.is_match(cell))?;
    let mut title: Vec<&str> = vec![cells[start].1];
    let mut row = cells[start].0;
    for (at, cell) in &cells[start + 1..] {
        let ends =
            mark::is_mark(cell) || is_rule(cell) || heading[*at].text.starts_with("Kính gửi");
        if ends || *at > row + 1 + usize::from(title.last().is_some_and(|l| hangs(l))) {
            break;
        }
        if is_motto(cell) || is_place_or_date(cell) || *at == row {
            continue;
        }
        title.push(cell);
        row = *at;
    }
    let title = clean(&title.join(" "));
    (!title.is_empty()).then_some(title)
}

fn is_place_or_date(cell: &str) -> bool {
    static PLACE: Pattern = Pattern::new(r"^(?:TP\.? ?)?\p{Lu}\p{Ll}+(?: \p{L}+){0,4}, ?ng[àa]y\b");
    PLACE.is_match(cell)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::recognise::heading::type_line;
    use crate::recognise::page::lines;

    #[test]
    fn titles_of_several_lines() {
        for (text, title) in [
            (
                "CHỈ THỊ\nCỦA BAN BÍ THƯ\nvề tăng cường công tác,\nquản lý cán bộ\n-----\nThời \
                 gian qua, a.",
                "về tăng cường công tác, quản lý cán bộ",
            ),
            (
                "QUY ĐỊNH\nvề thể loại văn bản của\nĐảng\n---\nBan Bí thư quy định",
                "về thể loại văn bản của Đảng",
            ),
            (
                "KẾ HOẠCH\nhọc tập tư tưởng, đạo đức, phong cách\nHồ Chí Minh\n\nThực hiện",
                "học tập tư tưởng, đạo đức, phong cách Hồ Chí Minh",
            ),
            (
                "LUẬT\n\nPHÒNG, CHỐNG\nTHIÊN TAI\n\nCăn cứ Hiến pháp",
                "Phòng, chống thiên tai",
            ),
            (
                "KẾ HOẠCH\nkiểm tra năm 2021\nĐảng uỷ Cục Thuế xây dựng Kế hoạch kiểm tra năm \
                 2021 như sau:",
                "kiểm tra năm 2021",
            ),
            (
                "NGHỊ QUYẾT\nHỘI NGHỊ LẦN THỨ SÁU\nBAN CHẤP HÀNH TRUNG ƯƠNG KHOÁ XII\nvề một số \
                 vấn đề\n*",
                "về một số vấn đề",
            ),
            (
                "QUYẾT ĐỊNH\nV/v ban hành Quy chế\nBỘ TRƯỞNG BỘ TÀI CHÍNH\nCăn cứ",
                "ban hành Quy chế",
            ),
            (
                "CHỈ THỊ CỦA BỘ CHÍNH TRỊ VỀ CÔNG TÁC DÂN VẬN\nThời gian qua, công tác.",
                "về công tác dân vận",
            ),
        ] {
            let lines = lines(text, 30);
            let kind = type_line(&lines).expect(text);
            assert_eq!(below(&lines, &kind).title.as_deref(), Some(title), "{text}");
        }
    }
}
