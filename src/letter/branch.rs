//! Owns the table of a branch's letter: its words, frozen in the delivery's row, and how they are
//! written into the letter. It refuses to know how what it tells of was found out.

use std::fmt::Write as _;

use askama::filters::{Escaper as _, Html};
use chrono::NaiveDate;
use serde::{Deserialize, Serialize};

use super::wording::{self, say};
use super::{Because, NAME_MAX, text};
use crate::organisation::Language;

/// Bytes of the table as HTML; the rows beyond are counted, not shown. With it the holes of a
/// letter stay under [`super::sheet::HOLES_MAX`].
const TABLE_MAX: usize = 24 * 1024;

/// Documents that are named in a cell, and in the line under the table.
const NAMED_IN_CELL: usize = 8;
const NAMED_BELOW: usize = 40;

/// Characters of a cell.
const CELL_MAX: usize = 400;
/// Characters of the line under the table.
const NOTE_MAX: usize = 2000;

/// A member of a branch, and what became of the documents since its letter before.
#[derive(Clone, Debug)]
pub struct MemberTold {
    /// Full name.
    pub name: String,
    /// Post as written.
    pub post: String,
    /// How letters reach the member now.
    pub reach: Reach,
    /// What each document is called and what became of it.
    pub documents: Vec<(String, Told)>,
}

/// How letters reach a member.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reach {
    /// By mail.
    Mail,
    /// No usable address stands in the roster.
    NoAddress,
    /// Hard failures hold the address.
    Held,
    /// The member asked for a pause, or the office did.
    Paused,
}

/// What became of a document on its way to a member.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Told {
    /// The server has it.
    Sent,
    /// It will still go.
    Waiting,
    /// It did not arrive.
    Missing(Because),
}

/// The members of a branch and what they were sent, in the order shown.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct BranchTable {
    /// One member a row.
    pub rows: Vec<BranchRow>,
    /// What stands under them: the documents of the time.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub note: String,
}

/// A member in a [`BranchTable`].
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct BranchRow {
    /// Full name.
    pub name: String,
    /// Post as written.
    pub post: String,
    /// What was sent, in words: `Đủ 03 văn bản`.
    #[serde(default)]
    pub sent: String,
    /// How the member is reached and what did not arrive, in words: `Qua thư điện tử`.
    pub state: String,
}

/// The table in words. `since` is the day of the letter before; none: there was none.
#[must_use]
pub fn branch_table(
    members: &[MemberTold],
    since: Option<NaiveDate>,
    language: Language,
) -> BranchTable {
    let mut sent: Vec<&str> = Vec::new();
    for (called, told) in members.iter().flat_map(|member| &member.documents) {
        if *told == Told::Sent && !sent.contains(&called.as_str()) {
            sent.push(called);
        }
    }
    let row = |member: &MemberTold| BranchRow {
        name: member.name.clone(),
        post: member.post.clone(),
        sent: cell_sent(member, sent.len(), language),
        state: cell_state(member, language),
    };
    BranchTable {
        rows: members.iter().map(row).collect(),
        note: note(&sent, since, language),
    }
}

/// What a member was sent, of `all` that the branch's members were sent.
fn cell_sent(member: &MemberTold, all: usize, language: Language) -> String {
    let sent = member.documents.iter().filter(|(_, t)| *t == Told::Sent);
    let sent: Vec<&str> = sent.map(|(called, _)| called.as_str()).collect();
    match (sent.len(), language) {
        (0, _) => "–".to_owned(),
        (n, Language::Vi) if n == all && n > 1 => format!("Đủ {n:02} văn bản"),
        (n, Language::En) if n == all && n > 1 => format!("All {n} documents"),
        _ => named(&sent, NAMED_IN_CELL, ", ", language),
    }
}

/// What did not arrive and why, each reason once; else how the member is reached.
fn cell_state(member: &MemberTold, language: Language) -> String {
    let reach = match member.reach {
        Reach::Mail => None,
        Reach::NoAddress => Some(("Chưa có địa chỉ thư", "No address yet")),
        Reach::Held => Some(("Địa chỉ tạm ngừng gửi", "Address on hold")),
        Reach::Paused => Some(("Tạm dừng nhận thư", "Paused")),
    };
    let mut parts = Vec::new();
    parts.extend(reach.map(|(vi, en)| say(language, vi, en).to_owned()));
    let mut reasons: Vec<(&Told, Vec<&str>)> = Vec::new();
    for (called, told) in &member.documents {
        match reasons.iter_mut().find(|(known, _)| *known == told) {
            _ if *told == Told::Sent => {}
            Some((_, documents)) => documents.push(called),
            None => reasons.push((told, vec![called])),
        }
    }
    for (told, documents) in reasons {
        let documents = named(&documents, NAMED_IN_CELL, ", ", language);
        let missing = say(language, "chưa tới", "not reached by");
        parts.push(match (told, member.reach) {
            (Told::Sent | Told::Waiting, _) => {
                format!("{} {documents}", say(language, "đang gửi", "under way:"))
            }
            // The roster of today has said it already.
            (Told::Missing(Because::NoAddress), Reach::NoAddress)
            | (Told::Missing(Because::Held), Reach::Held) => format!("{missing} {documents}"),
            (Told::Missing(why), _) => format!("{missing} {documents}: {}", why.words(language)),
        });
    }
    if parts.is_empty() {
        return say(language, "Qua thư điện tử", "By e-mail").to_owned();
    }
    wording::capital(&parts.join("; "))
}

/// The documents that were sent in the time, once for all rows.
fn note(sent: &[&str], since: Option<NaiveDate>, language: Language) -> String {
    let since = since.map(|day| wording::day(day, language));
    let time = match (&since, language) {
        (Some(day), Language::Vi) => format!("Từ thư ngày {day} đến nay"),
        (None, Language::Vi) => "Đến nay".to_owned(),
        (Some(day), Language::En) => format!("Since the letter of {day}"),
        (None, Language::En) => "So far".to_owned(),
    };
    let list = named(sent, NAMED_BELOW, "; ", language);
    match (sent.len(), language) {
        (0, Language::Vi) => format!("{time}, chưa gửi văn bản nào tới đảng viên trong chi bộ."),
        (n, Language::Vi) => {
            format!("{time}, đã gửi {n:02} văn bản tới đảng viên trong chi bộ: {list}.")
        }
        (0, Language::En) => format!("{time} no document was sent to the branch's members."),
        (1, Language::En) => {
            format!("{time} one document was sent to the branch's members: {list}.")
        }
        (n, Language::En) => {
            format!("{time} {n} documents were sent to the branch's members: {list}.")
        }
    }
}

/// Names in a row; those beyond `most` are counted.
fn named(documents: &[&str], most: usize, between: &str, language: Language) -> String {
    let shown = documents.iter().take(most);
    let shown = shown.map(|called| text::clean(called, NAME_MAX));
    let mut list = shown.collect::<Vec<_>>().join(between);
    if let more @ 1.. = documents.len().saturating_sub(most) {
        let _ = match language {
            Language::Vi => write!(list, " và {more:02} văn bản khác"),
            Language::En => write!(list, " and {more} more"),
        };
    }
    list
}

/// A row that is safe to show.
struct Cells {
    name: String,
    post: String,
    sent: String,
    state: String,
}

impl BranchTable {
    /// One line a member, and a rest that is counted.
    pub(super) fn text(&self, language: Language) -> String {
        let (rows, hidden) = self.shown();
        let mut lines = String::new();
        for (nth, row) in rows.iter().enumerate() {
            let comma = if row.post.is_empty() { "" } else { ", " };
            let sent = match row.sent.as_str() {
                "" | "–" => String::new(),
                sent => format!("{sent}. "),
            };
            let Cells {
                name, post, state, ..
            } = row;
            let _ = writeln!(lines, "{}. {name}{comma}{post}: {sent}{state}", nth + 1);
        }
        if hidden > 0 {
            let _ = writeln!(lines, "{}", rest(hidden, language));
        }
        let note = text::clean(&self.note, NOTE_MAX);
        if !note.is_empty() {
            let _ = writeln!(lines, "\n{note}");
        }
        text::wrap(&lines).trim_end().to_owned()
    }

    /// The rows of the table; its frame and head stand in the template.
    pub(super) fn html(&self, language: Language) -> String {
        let (rows, hidden) = self.shown();
        let mut html = String::new();
        for (nth, row) in rows.iter().enumerate() {
            html_row(nth + 1, row, &mut html);
        }
        if hidden > 0 {
            wide(&rest(hidden, language), &mut html);
        }
        let note = text::clean(&self.note, NOTE_MAX);
        if !note.is_empty() {
            wide(&note, &mut html);
        }
        html
    }

    /// The cleaned rows that are shown, and how many are not.
    fn shown(&self) -> (Vec<Cells>, usize) {
        let (mut rows, mut html) = (Vec::new(), String::new());
        for row in &self.rows {
            let cells = Cells {
                name: text::clean(&row.name, NAME_MAX),
                post: text::clean(&row.post, NAME_MAX),
                sent: text::clean(&row.sent, CELL_MAX),
                state: text::clean(&row.state, CELL_MAX),
            };
            html_row(rows.len() + 1, &cells, &mut html);
            if html.len() > TABLE_MAX {
                break;
            }
            rows.push(cells);
        }
        let hidden = self.rows.len() - rows.len();
        (rows, hidden)
    }
}

/// What a cell needs where a reader drops the style sheet; colours follow the page there.
const CELL: &str = "padding:7px 8px 7px 0;border-top:1px solid #e4e0d8;text-align:left;\
                    font-size:15px;line-height:1.45";

fn html_row(number: usize, row: &Cells, out: &mut String) {
    let _ = write!(
        out,
        "<tr valign=\"top\"><td class=\"c n\" style=\"{CELL}\">{number}</td>"
    );
    let _ = write!(out, "<td class=\"c\" style=\"{CELL}\">");
    escape(&row.name, out);
    if !row.post.is_empty() {
        out.push_str("<br><span class=\"m\" style=\"font-size:14px;color:#5a554d\">");
        escape(&row.post, out);
        out.push_str("</span>");
    }
    out.push_str("</td>");
    for cell in [&row.sent, &row.state] {
        let _ = write!(out, "<td class=\"c\" style=\"{CELL}\">");
        escape(cell, out);
        out.push_str("</td>");
    }
    out.push_str("</tr>\n");
}

/// A line over the whole table.
fn wide(line: &str, out: &mut String) {
    let _ = write!(out, "<tr><td class=\"c m\" colspan=\"4\" style=\"{CELL}\">");
    escape(line, out);
    out.push_str("</td></tr>\n");
}

fn rest(n: usize, language: Language) -> String {
    match language {
        Language::Vi => format!("… và {n:02} đồng chí khác."),
        Language::En => format!("… and {n} more."),
    }
}

/// The escaping of the templates; writing to a `String` does not fail.
pub(super) fn escape(text: &str, out: &mut String) {
    let _ = Html.write_escaped_str(out, text);
}

#[cfg(test)]
mod tests {
    use super::*;

    fn member(name: &str, reach: Reach, documents: &[(&str, Told)]) -> MemberTold {
        let documents = documents.iter().cloned();
        MemberTold {
            name: name.to_owned(),
            post: "Đảng viên".to_owned(),
            reach,
            documents: documents.map(|(c, t)| (c.to_owned(), t)).collect(),
        }
    }

    #[test]
    fn each_member_is_told_of_as_the_ledger_knows() {
        let refused = Told::Missing(Because::NoMailbox("550 5.1.1".to_owned()));
        let nowhere = Told::Missing(Because::NoAddress);
        let members = [
            member(
                "An",
                Reach::Mail,
                &[("1-CT/TW", Told::Sent), ("2-KH/ĐU", Told::Sent)],
            ),
            member(
                "Bình",
                Reach::Mail,
                &[("1-CT/TW", Told::Sent), ("2-KH/ĐU", refused)],
            ),
            member(
                "Chi",
                Reach::NoAddress,
                &[("1-CT/TW", nowhere.clone()), ("2-KH/ĐU", nowhere)],
            ),
            member("Dũng", Reach::Paused, &[]),
            member("Em", Reach::Mail, &[("2-KH/ĐU", Told::Waiting)]),
        ];
        let table = branch_table(&members, "2020-03-02".parse().ok(), Language::Vi);
        let cells: Vec<_> = table
            .rows
            .iter()
            .map(|r| (r.sent.as_str(), r.state.as_str()))
            .collect();
        assert_eq!(
            cells,
            [
                ("Đủ 02 văn bản", "Qua thư điện tử"),
                (
                    "1-CT/TW",
                    "Chưa tới 2-KH/ĐU: không có hộp thư này (550 5.1.1)"
                ),
                ("–", "Chưa có địa chỉ thư; chưa tới 1-CT/TW, 2-KH/ĐU"),
                ("–", "Tạm dừng nhận thư"),
                ("–", "Đang gửi 2-KH/ĐU"),
            ]
        );
        assert_eq!(
            table.note,
            "Từ thư ngày 02/3/2020 đến nay, đã gửi 02 văn bản tới đảng viên trong chi bộ: \
             1-CT/TW; 2-KH/ĐU."
        );
    }

    #[test]
    fn a_long_table_is_counted_out() {
        let members: Vec<_> = (0..1000)
            .map(|n| {
                member(
                    &format!("Nguyễn Văn {n}"),
                    Reach::Mail,
                    &[("1-CT/TW", Told::Sent)],
                )
            })
            .collect();
        let table = branch_table(&members, None, Language::Vi);
        let html = table.html(Language::Vi);
        assert!(html.len() < TABLE_MAX + 1000 && html.contains("đồng chí khác."));
        let shown = table.shown().0.len();
        assert_eq!(html.matches("<tr").count(), shown + 2);
        assert!(shown > 30, "{shown}");
    }
}
