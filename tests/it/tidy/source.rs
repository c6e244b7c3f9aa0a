//! Owns the reading of Rust source as far as tidy needs it: code without comments and strings,
//! which lines are tests, where functions end, which paths are named. It knows no rule.

use std::collections::BTreeSet;
use std::ops::Range;
use std::path::Path;

/// One file of the crate.
pub(crate) struct Source {
    /// Relative to the crate's root, with `/`.
    pub(crate) path: String,
    /// As written.
    pub(crate) text: String,
    /// As written, with comments, strings and character literals blanked out; same length in
    /// characters, same lines.
    pub(crate) code: Vec<char>,
    /// Where in `code` test-only items stand.
    tests: Vec<Range<usize>>,
}

/// A function: its name, its first line and how many lines it has.
pub(crate) struct Function {
    pub(crate) name: String,
    pub(crate) line: usize,
    pub(crate) lines: usize,
    pub(crate) test: bool,
}

/// A path such as `crate::document::Symbol`, and where it is named.
pub(crate) struct Named {
    pub(crate) path: Vec<String>,
    pub(crate) line: usize,
    pub(crate) test: bool,
}

impl Source {
    /// Reads `text` as the file `path`.
    pub(crate) fn new(path: &str, text: &str) -> Self {
        let code = blank(text);
        let tests = test_items(&code);
        Self {
            path: path.to_owned(),
            text: text.to_owned(),
            code,
            tests,
        }
    }

    /// The module on a floor that this file belongs to: `ledger` for `src/ledger/claim.rs`.
    pub(crate) fn module(&self) -> &str {
        let inside = self.path.strip_prefix("src/").unwrap_or(&self.path);
        let first = inside.split('/').next().unwrap_or(inside);
        first.strip_suffix(".rs").unwrap_or(first)
    }

    /// How many `super` lead from this file's module to the root of the crate.
    pub(crate) fn depth(&self) -> usize {
        let inside = self.path.strip_prefix("src/").unwrap_or(&self.path);
        let parts = inside.split('/').count();
        if inside.ends_with("/mod.rs") {
            parts - 1
        } else {
            parts
        }
    }

    /// The line of a place in `code`, counted from 1.
    pub(crate) fn line(&self, at: usize) -> usize {
        1 + self.code[..at].iter().filter(|c| **c == '\n').count()
    }

    /// True if all of the file is test-only code.
    pub(crate) fn is_test_file(&self) -> bool {
        self.path.starts_with("tests/")
            || self.path.ends_with("/tests.rs")
            || self.path.contains("/tests/")
    }

    /// True if the place stands in test-only code.
    pub(crate) fn is_test(&self, at: usize) -> bool {
        self.is_test_file() || self.tests.iter().any(|range| range.contains(&at))
    }

    /// Every place where `needle` stands in the code, not as the tail of a longer word.
    pub(crate) fn places(&self, needle: &str) -> Vec<usize> {
        let wanted: Vec<char> = needle.chars().collect();
        let whole = wanted.first().is_some_and(|c| is_word(*c));
        let hits = self.code.windows(wanted.len()).enumerate();
        hits.filter(|(at, window)| {
            *window == wanted.as_slice() && !(whole && *at > 0 && is_word(self.code[at - 1]))
        })
        .map(|(at, _)| at)
        .collect()
    }

    /// Every function with a body.
    pub(crate) fn functions(&self) -> Vec<Function> {
        let starts = self.places("fn ").into_iter();
        starts
            .filter_map(|at| {
                let open = body_of(&self.code, at)?;
                let name: String = self.code[at + 3..]
                    .iter()
                    .take_while(|c| is_word(**c))
                    .collect();
                let (first, last) = (self.line(at), self.line(closing(&self.code, open)));
                (!name.is_empty()).then(|| Function {
                    name,
                    line: first,
                    lines: last - first + 1,
                    test: self.is_test(at),
                })
            })
            .collect()
    }

    /// Every path of two or more names, groups of `use` unfolded.
    pub(crate) fn paths(&self) -> Vec<Named> {
        let mut found = Vec::new();
        let mut at = 0;
        while at < self.code.len() {
            if is_word(self.code[at]) && (at == 0 || !is_word(self.code[at - 1])) {
                let (paths, end) = tree(&self.code, at);
                let (line, test) = (self.line(at), self.is_test(at));
                let long = paths.into_iter().filter(|p| p.len() > 1);
                found.extend(long.map(|path| Named { path, line, test }));
                at = end.max(at + 1);
            } else {
                at += 1;
            }
        }
        found
    }

    /// The names of the modules declared here by `mod name;`.
    pub(crate) fn declared(&self) -> BTreeSet<String> {
        let code: String = self.code.iter().collect();
        let words: Vec<&str> = code.split_whitespace().collect();
        let pairs = words.windows(2).filter(|pair| pair[0] == "mod");
        pairs
            .filter_map(|pair| pair[1].strip_suffix(';'))
            .map(str::to_owned)
            .collect()
    }
}

/// Reads every `.rs` file below `root`/`folder`, sorted by path.
pub(crate) fn read(root: &Path, folder: &str) -> Vec<Source> {
    let mut sources: Vec<Source> = files(&root.join(folder))
        .into_iter()
        .filter(|file| file.extension().is_some_and(|e| e == "rs"))
        .map(|file| {
            let path = file.strip_prefix(root).expect("below the root");
            let text = std::fs::read_to_string(&file).expect("source files are UTF-8");
            Source::new(&path.to_string_lossy().replace('\\', "/"), &text)
        })
        .collect();
    sources.sort_by(|a, b| a.path.cmp(&b.path));
    sources
}

/// Every file below `folder`; build output and what begins with a dot is left out.
pub(crate) fn files(folder: &Path) -> Vec<std::path::PathBuf> {
    let Ok(entries) = std::fs::read_dir(folder) else {
        return Vec::new();
    };
    let mut found = Vec::new();
    for entry in entries.flatten() {
        let name = entry.file_name().to_string_lossy().into_owned();
        let hidden = name.starts_with('.') && name != ".ci";
        if hidden || name == "target" || name == "__pycache__" {
            continue;
        }
        if entry.path().is_dir() {
            found.extend(files(&entry.path()));
        } else {
            found.push(entry.path());
        }
    }
    found.sort();
    found
}

fn is_word(c: char) -> bool {
    c.is_alphanumeric() || c == '_'
}

/// Comments, strings and character literals become blanks; line breaks stay.
fn blank(text: &str) -> Vec<char> {
    let source: Vec<char> = text.chars().collect();
    let mut code = source.clone();
    let mut at = 0;
    while at < source.len() {
        let end = match source[at] {
            '/' if source.get(at + 1) == Some(&'/') => line_end(&source, at),
            '/' if source.get(at + 1) == Some(&'*') => comment_end(&source, at),
            '"' => string_end(&source, at),
            'r' if at == 0 || !is_word(source[at - 1]) || source[at - 1] == 'b' => {
                raw_end(&source, at).unwrap_or(at)
            }
            '\'' => char_end(&source, at).unwrap_or(at),
            _ => at,
        };
        for c in &mut code[at..end.min(source.len())] {
            if *c != '\n' {
                *c = ' ';
            }
        }
        at = end.max(at + 1);
    }
    code
}

fn line_end(source: &[char], at: usize) -> usize {
    source[at..]
        .iter()
        .position(|c| *c == '\n')
        .map_or(source.len(), |n| at + n)
}

fn comment_end(source: &[char], start: usize) -> usize {
    let (mut depth, mut at) = (0, start);
    while at < source.len() {
        match (source[at], source.get(at + 1)) {
            ('/', Some('*')) => (depth, at) = (depth + 1, at + 2),
            ('*', Some('/')) if depth == 1 => return at + 2,
            ('*', Some('/')) => (depth, at) = (depth - 1, at + 2),
            _ => at += 1,
        }
    }
    at
}

fn string_end(source: &[char], start: usize) -> usize {
    let mut at = start + 1;
    while at < source.len() && source[at] != '"' {
        at += if source[at] == '\\' { 2 } else { 1 };
    }
    at + 1
}

fn raw_end(source: &[char], start: usize) -> Option<usize> {
    let hashes = source[start + 1..]
        .iter()
        .take_while(|c| **c == '#')
        .count();
    let open = start + 1 + hashes;
    (source.get(open) == Some(&'"')).then(|| {
        let mut close = vec!['"'];
        close.extend(std::iter::repeat_n('#', hashes));
        let rest = source[open + 1..]
            .windows(close.len())
            .position(|w| w == close.as_slice());
        rest.map_or(source.len(), |n| open + 1 + n + close.len())
    })
}

/// The end of a character literal; none for a lifetime.
fn char_end(source: &[char], start: usize) -> Option<usize> {
    match (source.get(start + 1)?, source.get(start + 2)?) {
        ('\\', _) => {
            let close = source[start + 3..].iter().position(|c| *c == '\'')?;
            Some(start + 3 + close + 1)
        }
        (_, '\'') => Some(start + 3),
        _ => None,
    }
}

/// The place of the brace that closes the one at `open`.
fn closing(code: &[char], open: usize) -> usize {
    let mut depth = 0usize;
    for (at, c) in code.iter().enumerate().skip(open) {
        match c {
            '{' => depth += 1,
            '}' if depth == 1 => return at,
            '}' => depth -= 1,
            _ => {}
        }
    }
    code.len() - 1
}

/// Where the body of the item that starts at `at` opens; none if it has no body.
fn body_of(code: &[char], at: usize) -> Option<usize> {
    let mut depth = 0i32;
    for (place, c) in code.iter().enumerate().skip(at) {
        match c {
            '(' | '[' => depth += 1,
            ')' | ']' => depth -= 1,
            ';' if depth == 0 => return None,
            '{' if depth == 0 => return Some(place),
            _ => {}
        }
    }
    None
}

/// Where items marked `#[cfg(test)]` stand.
fn test_items(code: &[char]) -> Vec<Range<usize>> {
    let mark: Vec<char> = "#[cfg(test)]".chars().collect();
    let starts = code
        .windows(mark.len())
        .enumerate()
        .filter(|(_, w)| *w == mark.as_slice());
    starts
        .map(|(at, _)| {
            let item = at + mark.len();
            let end = body_of(code, item).map(|open| closing(code, open) + 1);
            at..end.unwrap_or_else(|| line_end(code, item))
        })
        .collect()
}

/// The paths that begin at `at`, with every `{…}` group unfolded, and where they end.
fn tree(code: &[char], start: usize) -> (Vec<Vec<String>>, usize) {
    let mut prefix = Vec::new();
    let mut at = start;
    loop {
        let word: String = code[at..].iter().take_while(|c| is_word(**c)).collect();
        at += word.chars().count();
        if !word.is_empty() {
            prefix.push(word);
        }
        if code.get(at) != Some(&':') || code.get(at + 1) != Some(&':') {
            return (vec![prefix], at);
        }
        at += 2;
        match code.get(at) {
            Some('{') => return group(code, at, &prefix),
            Some(c) if is_word(*c) => {}
            _ => return (vec![prefix], at),
        }
    }
}

fn group(code: &[char], open: usize, prefix: &[String]) -> (Vec<Vec<String>>, usize) {
    let end = closing(code, open);
    let (mut paths, mut at) = (vec![prefix.to_vec()], open + 1);
    while at < end {
        if !is_word(code[at]) {
            at += 1;
            continue;
        }
        let (inner, next) = tree(code, at);
        for tail in inner {
            paths.push(prefix.iter().cloned().chain(tail).collect());
        }
        at = next;
    }
    (paths, end + 1)
}
