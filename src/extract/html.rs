//! Owns the reading of HTML: what a browser would show as text, tables as rows with tabs. It
//! refuses to build a tree, so that no nesting is too deep for it.

use std::cell::RefCell;

use html5ever::tendril::StrTendril;
use html5ever::tokenizer::states::RawKind;
use html5ever::tokenizer::{
    BufferQueue, CharacterTokens, CommentToken, StartTag, Tag, TagToken, Token, TokenSink,
    TokenSinkResult, Tokenizer, TokenizerOpts,
};

use encoding_rs::Encoding;

use super::flow::{Flow, Text};
use super::hidden::Hidden;
use crate::spelling::legacy;

/// Elements that set a font and lie in each other deeper than this keep the font of the outer ones.
const FONTS_MAX: usize = 256;

/// How far into a file it may declare its encoding (HTML standard, 13.2.3.2).
const DECLARED_WITHIN: usize = 1024;

/// The encoding that `<meta charset=…>`, the older `content="text/html; charset=…"` or an XML
/// declaration names.
pub(super) fn declared(bytes: &[u8]) -> Option<&'static Encoding> {
    let start = &bytes[..bytes.len().min(DECLARED_WITHIN)];
    let start = start.to_ascii_lowercase();
    [&b"charset="[..], b"encoding="].iter().find_map(|key| {
        let at = start.windows(key.len()).position(|w| w == *key)? + key.len();
        let label = start[at..].trim_ascii_start();
        let label = label
            .strip_prefix(b"\"")
            .or(label.strip_prefix(b"'"))
            .unwrap_or(label);
        let end = |b: &u8| !b.is_ascii_alphanumeric() && !b"-_:.".contains(b);
        Encoding::for_label(&label[..label.iter().position(end).unwrap_or(label.len())])
    })
}

/// The text of an HTML file, at most `limit` bytes.
pub(super) fn read(text: &str, limit: u64) -> Text {
    let page = Page(RefCell::new(State {
        flow: Flow::new(limit),
        hidden: 0,
        verbatim: 0,
        fonts: Vec::new(),
        run: String::new(),
        unseen: String::new(),
        unshown: Hidden::new(limit),
    }));
    let input = BufferQueue::default();
    input.push_back(StrTendril::from(text));
    let tokenizer = Tokenizer::new(page, TokenizerOpts::default());
    // The sink never asks for a script to be run, so feeding stops only at the end.
    let _ = tokenizer.feed(&input);
    tokenizer.end();
    let mut state = tokenizer.sink.0.into_inner();
    state.flush();
    let hidden = state.unshown.finish();
    let mut text = state.flow.finish();
    text.whole &= hidden.whole;
    text.hidden = hidden.text;
    text
}

struct State {
    flow: Flow,
    /// Inside how many elements that show nothing.
    hidden: usize,
    /// Inside how many elements that keep blanks.
    verbatim: usize,
    /// The open elements that set a font, outermost first.
    fonts: Vec<Face>,
    /// Characters since the last tag: an old alphabet's letter may be two of them.
    run: String,
    /// The same inside elements that show nothing.
    unseen: String,
    /// What the file keeps and no browser shows: comments, its title, style sheets, values.
    unshown: Hidden,
}

/// An element that sets a font.
struct Face {
    element: String,
    font: String,
    /// Elements of the same name open inside it.
    inside: usize,
}

struct Page(RefCell<State>);

impl TokenSink for Page {
    type Handle = ();

    fn process_token(&self, token: Token, _line: u64) -> TokenSinkResult<()> {
        let state = &mut *self.0.borrow_mut();
        match token {
            CharacterTokens(text) => {
                let run = match state.hidden {
                    0 => &mut state.run,
                    _ => &mut state.unseen,
                };
                run.push_str(&text);
                TokenSinkResult::Continue
            }
            CommentToken(words) => {
                state.keep(&words);
                TokenSinkResult::Continue
            }
            TagToken(tag) => {
                state.flush();
                state.font(&tag);
                state.tip(&tag);
                state.tag(&tag)
            }
            _ => TokenSinkResult::Continue,
        }
    }
}

impl State {
    /// Adds the characters since the last tag as their font shows them.
    fn flush(&mut self) {
        let unseen = std::mem::take(&mut self.unseen);
        self.keep(&unseen);
        let run = std::mem::take(&mut self.run);
        let text = legacy::shown(&run, self.fonts.last().map(|face| face.font.as_str()));
        if self.verbatim > 0 {
            self.flow.push(&text);
        } else {
            self.flow.push_folded(&text);
        }
    }

    /// Keeps what is not shown, each line a paragraph.
    fn keep(&mut self, words: &str) {
        for line in words.lines().map(str::trim).filter(|l| !l.is_empty()) {
            self.unshown.stretch(line);
        }
    }

    /// Follows the fonts of `face` attributes and of styles in elements. What style sheets say is
    /// left to the letters themselves.
    fn font(&mut self, tag: &Tag) {
        let name: &str = &tag.name;
        let ends_itself = ["p", "li", "td", "th", "tr"].contains(&name);
        let starts = tag.kind == StartTag;
        let font = font_of(tag).filter(|_| starts && !tag.self_closing);
        if let Some(face) = self.fonts.last_mut().filter(|face| face.element == name) {
            match (starts, face.inside) {
                (true, _) if ends_itself => drop(self.fonts.pop()),
                (true, _) => face.inside += usize::from(font.is_none()),
                (false, 0) => drop(self.fonts.pop()),
                (false, _) => face.inside -= 1,
            }
        }
        if let Some(font) = font.filter(|_| self.fonts.len() < FONTS_MAX) {
            let element = name.to_owned();
            let inside = 0;
            self.fonts.push(Face {
                element,
                font,
                inside,
            });
        }
    }

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
            "input" => self.value(tag),
            "p" | "h1" | "h2" | "h3" | "h4" | "h5" | "h6" | "blockquote" | "ul" | "ol" | "dl"
            | "table" => self.flow.end_block(),
            "div" | "li" | "dt" | "dd" | "section" | "article" | "header" | "footer" | "main"
            | "nav" | "aside" | "address" | "center" | "form" | "figure" | "figcaption"
            | "caption" | "option" | "details" | "summary" | "body" | "head" => {
                self.flow.end_line()
            }
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

    /// What a browser shows of an element only to who points at it.
    fn tip(&mut self, tag: &Tag) {
        let tip = tag.attrs.iter().find(|a| &*a.name.local == "title");
        if let Some(tip) = tip {
            self.keep(&tip.value);
        }
    }

    /// What a form was filled with, shown or not.
    fn value(&mut self, tag: &Tag) {
        for key in ["value", "placeholder"] {
            let value = tag.attrs.iter().find(|a| &*a.name.local == key);
            if let Some(value) = value {
                self.keep(&value.value);
            }
        }
    }
}

/// The font an element asks for: the first of its list.
fn font_of(tag: &Tag) -> Option<String> {
    let value = |name: &str| tag.attrs.iter().find(|a| &*a.name.local == name);
    let list = match (value("face"), value("style")) {
        (Some(face), _) => face.value.to_string(),
        (None, style) => {
            let style = &style?.value;
            // Small for the search only: a name's last letter can count.
            let at = style.to_ascii_lowercase().find("font-family:")? + "font-family:".len();
            style.get(at..)?.split(';').next()?.to_owned()
        }
    };
    let first = list.split(',').next()?;
    let first = first.trim().trim_matches(['"', '\'', ' ']);
    (!first.is_empty() && first.len() < 100).then(|| first.to_owned())
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
            Ph<abbr title=tip>&ocirc;</abbr>ng \
            <!-- x --> A &lt;&amp;</p><noscript>n</noscript><p>het";
        let text = read(html, 10_000);
        assert!(text.whole);
        assert_eq!(
            text.text.trim(),
            "QUỐC HỘI\tCỘNG HÒA\nLuật số: 44\tHà Nội\n\nLUẬT\n\nĐiều 1. Phông A <&\n\nhet"
        );
        assert_eq!(
            text.hidden,
            "Trang\n\np{}\n\nvar menu='<b>x';\n\ntip\n\nx\n\nn\n\n"
        );
    }

    #[test]
    fn fonts_are_read_where_they_stand() {
        let html = "<font face='.VnTimeH'>mËt</font><p style='color:red; \
            font-family: \".VnTime\", x'>\
            §¶ng <span>uû <font face=\"VNI-Times\">x&atilde; Ña&ucirc;ng</font> x·</span> \
            <b>huyÖn<p>Đã hết</p><span style='font-family:VNI-Times'>a<span>õ</span>õ Baû</span>n";
        let read = read(html, 10_000).text;
        assert_eq!(
            read.trim(),
            "MẬT\n\nĐảng uỷ xã Đảng xã huyện\n\nĐã hết\n\naõõ Bản"
        );
    }

    #[test]
    fn encodings_are_declared_in_many_ways() {
        for (html, name) in [
            ("<meta charset=windows-1258>", Some("windows-1258")),
            (
                "<META content=\"text/html; charset=ISO-8859-1\">",
                Some("windows-1252"),
            ),
            ("<?xml version='1.0' encoding='utf-8'?>", Some("UTF-8")),
            ("<meta charset=\"klingon\">", None),
            ("<p>", None),
        ] {
            assert_eq!(
                declared(html.as_bytes()).map(Encoding::name),
                name,
                "{html}"
            );
        }
    }

    #[test]
    fn no_nesting_is_too_deep() {
        let html = "<table><tr><td>".repeat(50_000) + "đáy" + &"</b>".repeat(1000);
        let text = read(&html, 10_000);
        assert!(!text.whole && text.text.contains("đáy"));
    }
}
