//! Owns the reading of Markdown: its text without its signs, tables as rows with tabs. It refuses
//! to follow links and to show code differently from text.

use pulldown_cmark::{Event, Options, Parser, Tag, TagEnd};

use super::flow::{Flow, Text};
use super::html;

/// The text of a Markdown file, at most `limit` bytes.
pub(super) fn read(text: &str, limit: u64) -> Text {
    let options = Options::ENABLE_TABLES | Options::ENABLE_STRIKETHROUGH;
    let mut flow = Flow::new(limit);
    // Raw HTML comes line by line; only the whole block can be read.
    let mut markup = String::new();
    let (mut whole, mut hidden) = (true, String::new());
    for event in Parser::new_ext(text, options) {
        match event {
            Event::Text(words) | Event::Code(words) => flow.push(&words),
            Event::InlineMath(words) | Event::DisplayMath(words) => flow.push(&words),
            Event::FootnoteReference(mark) => flow.push(&format!("[{mark}]")),
            Event::InlineHtml(tag) if tag.starts_with("<br") => flow.push("\n"),
            Event::InlineHtml(tag) => hidden.push_str(&html::read(&tag, limit).hidden),
            Event::Html(line) => markup.push_str(&line),
            Event::SoftBreak | Event::HardBreak => flow.push("\n"),
            Event::Rule => {
                flow.push("---");
                flow.end_block();
            }
            Event::TaskListMarker(done) => flow.push(if done { "[x] " } else { "[ ] " }),
            Event::Start(tag) => start(&mut flow, &tag),
            Event::End(TagEnd::HtmlBlock) => {
                let shown = html::read(&std::mem::take(&mut markup), limit);
                whole &= shown.whole;
                hidden.push_str(&shown.hidden);
                flow.push(&shown.text);
                flow.end_block();
            }
            Event::End(tag) => end(&mut flow, tag),
        }
    }
    let mut read = flow.finish();
    read.whole &= whole;
    read.hidden = hidden;
    read
}

fn start(flow: &mut Flow, tag: &Tag<'_>) {
    match tag {
        Tag::TableHead | Tag::TableRow => flow.open_row(),
        Tag::TableCell => flow.open_cell(),
        Tag::List(_) | Tag::Item => flow.end_line(),
        _ => {}
    }
}

fn end(flow: &mut Flow, tag: TagEnd) {
    match tag {
        TagEnd::TableHead | TagEnd::TableRow => flow.close_row(),
        TagEnd::TableCell => flow.close_cell(),
        TagEnd::Item => flow.end_line(),
        TagEnd::Paragraph
        | TagEnd::Heading(_)
        | TagEnd::BlockQuote(_)
        | TagEnd::CodeBlock
        | TagEnd::List(_)
        | TagEnd::Table => flow.end_block(),
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn signs_go_and_words_stay() {
        let text = "| CHÍNH PHỦ | CỘNG HÒA |\n|---|---|\n| Số: 30/2020/NĐ-CP | |\n| | Hà Nội |\n\n\
            # NGHỊ ĐỊNH\n\n**về *công tác* văn thư**\nhai\n\n- một\n- hai\n\n<div>MẬT\n<b>x\
            </b></div>\n\n---\nNgoài [ra](http://x) `mã` &amp;";
        assert_eq!(
            read(text, 10_000).text,
            "CHÍNH PHỦ\tCỘNG HÒA\nSố: 30/2020/NĐ-CP\n\tHà Nội\n\nNGHỊ ĐỊNH\n\nvề công tác văn thư\n\
            hai\n\nmột\nhai\n\nMẬT x\n\n---\n\nNgoài ra mã &\n\n"
        );
    }
}
