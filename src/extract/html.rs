//! Owns the reading of HTML: what a browser would show as text, tables as rows with tabs. It
//! refuses to build a tree, so that no nesting is too deep for it.

use std::cell::RefCell;

use html5ever::tendril::StrTendril;
use html5ever::tokenizer::states::RawKind;
use html5ever::tokenizer::{
    BufferQueue, CharacterTokens, StartTag, Tag, TagToken, Token, TokenSink, TokenSinkResult,
    Tokenizer, TokenizerOpts,
};

use super::flow::{Flow, Text};

/// The text of an HTML file, at most `limit` bytes.
pub(super) fn read(text: &str, limit: u64) -> Text {
    let page = Page(RefCell::new(State {
        flow: Flow::new(limit),
        hidden: 0,
        verbatim: 0,
    }));
    let input = BufferQueue::default();
    input.push_back(StrTendril::from(text));
    let tokenizer = Tokenizer::new(page, TokenizerOpts::default());
    // The sink never asks for a script to be run, so feeding stops only at the end.
    let _ = tokenizer.feed(&input);
    tokenizer.end();
    tokenizer.sink.0.into_inner().flow.finish()
}

struct State {
    flow: Flow,
    /// Inside how many elements that show nothing.
    hidden: usize,
    /// Inside how many elements that keep blanks.
    verbatim: usize,
}

struct Page(RefCell<State>);

impl TokenSink for Page {
    type Handle = ();

    fn process_token(&self, token: Token, _line: u64) -> TokenSinkResult<()> {
        let state = &mut *self.0.borrow_mut();
        match token {
            CharacterTokens(text) if state.hidden == 0 => {
                if state.verbatim > 0 {
                    state.flow.push(&text);
                } else {
                    state.flow.push_folded(&text);
                }
                TokenSinkResult::Continue
            }
            TagToken(tag) => state.tag(&tag),
            _ => TokenSinkResult::Continue,
        }
    }
}

impl State {
    fn tag(&mut self, tag: &Tag) -> TokenSinkResult<()> {
        let name: &str = &tag.name;
        let starts = tag.kind == StartTag;
        match name {
            // What stands in these is not markup (HTML standard, 13.2.6.4.4).
            "script" | "style" | "title" | "textarea" | "noscript" | "iframe" | "xmp"
            | "noembed" | "noframes" | "template" => return self.raw(name, starts),
            "pre" => {
                self.verbatim = count(self.verbatim, starts);
                self.flow.end_block();
            }
            "br" => self.flow.push("\n"),
            "hr" => {
                self.flow.end_line();
                self.flow.push("---");
                self.flow.end_line();
            }
            "tr" if starts => self.flow.open_row(),
            "tr" => self.flow.close_row(),
            "td" | "th" if starts => self.flow.open_cell(),
            "td" | "th" => self.flow.close_cell(),
            "img" => self.alternative(tag),
            "p" | "h1" | "h2" | "h3" | "h4" | "h5" | "h6" | "blockquote" | "ul" | "ol" | "dl"
            | "table" => self.flow.end_block(),
            "div" | "li" | "dt" | "dd" | "section" | "article" | "header" | "footer" | "main"
            | "nav" | "aside" | "address" | "center" | "form" | "figure" | "figcaption"
            | "caption" | "option" | "body" | "head" => self.flow.end_line(),
            _ => {}
        }
        TokenSinkResult::Continue
    }

    fn raw(&mut self, name: &str, starts: bool) -> TokenSinkResult<()> {
        if name == "template" {
            self.hidden = count(self.hidden, starts);
            return TokenSinkResult::Continue;
        }
        self.hidden = usize::from(starts);
        match (name, starts) {
            (_, false) => TokenSinkResult::Continue,
            ("script", true) => TokenSinkResult::RawData(RawKind::ScriptData),
            ("title" | "textarea", true) => TokenSinkResult::RawData(RawKind::Rcdata),
            _ => TokenSinkResult::RawData(RawKind::Rawtext),
        }
    }

    /// A picture's own words: a mark may stand in them.
    fn alternative(&mut self, tag: &Tag) {
        let alt = tag.attrs.iter().find(|a| &*a.name.local == "alt");
        if let Some(alt) = alt.filter(|_| self.hidden == 0) {
            self.flow.push_folded(&alt.value);
        }
    }
}

fn count(depth: usize, starts: bool) -> usize {
    if starts {
        depth.saturating_add(1)
    } else {
        depth.saturating_sub(1)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_page_reads_as_it_is_shown() {
        let html = "<!DOCTYPE html><title>Trang</title><style>p{}</style>\
            <script>var menu='<b>x';</script>\n<table> <tr><td><b>QUỐC HỘI</b><br>Luật số: 44\
            <td>CỘNG HÒA<br><i>Hà  Nội</i></td></tr>\n</table><h1>LUẬT</h1><p>&#272;i&#7873;u 1.\n \
            Ph&ocirc;ng <!-- x --> A &lt;&amp;</p><noscript>n</noscript><p>het";
        let text = read(html, 10_000);
        assert!(text.whole);
        assert_eq!(
            text.text.trim(),
            "QUỐC HỘI\tCỘNG HÒA\nLuật số: 44\tHà Nội\n\nLUẬT\n\nĐiều 1. Phông A <&\n\nhet"
        );
    }

    #[test]
    fn no_nesting_is_too_deep() {
        let html = "<table><tr><td>".repeat(50_000) + "đáy" + &"</b>".repeat(1000);
        let text = read(&html, 10_000);
        assert!(!text.whole && text.text.contains("đáy"));
    }
}
