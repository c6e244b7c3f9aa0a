//! Owns how a file must look: its length, its opening, its name, nothing left unfinished. It
//! refuses to know what the file is for.

use super::homes::{LONG_FILES, LONG_FUNCTIONS, LONG_LINES};
use super::source::Source;

pub(crate) const LINES_A_FILE_MAX: usize = 500;
pub(crate) const LINES_A_FUNCTION_MAX: usize = 70;
pub(crate) const COLUMNS_MAX: usize = 100;
/// A file this short is a placeholder or one declaration, and has nothing to explain.
pub(crate) const LINES_UNEXPLAINED_MAX: usize = 3;

pub(crate) fn too_long(sources: &[Source]) -> Vec<String> {
    let mut faults = Vec::new();
    for Source { path, text, .. } in sources {
        let lines = text.lines().count();
        if lines > LINES_A_FILE_MAX && !LONG_FILES.iter().any(|(file, _)| file == path) {
            faults.push(format!(
                "{path}:{lines}: over {LINES_A_FILE_MAX} lines; split it by noun"
            ));
        }
        for (number, line) in text.lines().enumerate() {
            let excused = LONG_LINES
                .iter()
                .any(|(file, has, _)| file == path && line.contains(has));
            let columns = line.chars().count();
            if columns > COLUMNS_MAX && !excused {
                let at = number + 1;
                faults.push(format!(
                    "{path}:{at}: {columns} columns, at most {COLUMNS_MAX}"
                ));
            }
        }
    }
    for source in sources {
        // A test's table of cases is data; its length says how much is tested.
        for function in source.functions().into_iter().filter(|f| !f.test) {
            let excused = LONG_FUNCTIONS
                .iter()
                .any(|(file, name, _)| *file == source.path && *name == function.name);
            if function.lines > LINES_A_FUNCTION_MAX && !excused {
                faults.push(format!(
                    "{}:{}: fn {} has {} lines, at most {LINES_A_FUNCTION_MAX}; name its parts",
                    source.path, function.line, function.name, function.lines
                ));
            }
        }
    }
    faults
}

pub(crate) fn unexplained(sources: &[Source]) -> Vec<String> {
    let long = sources
        .iter()
        .filter(|s| s.text.lines().count() > LINES_UNEXPLAINED_MAX);
    long.filter_map(|source| {
        let Source { path, text, .. } = source;
        let opening: Vec<&str> = text
            .lines()
            .map_while(|line| line.strip_prefix("//!"))
            .collect();
        let sentences = opening.join(" ").matches(['.', '!', '?']).count();
        // A test file says what it tests; what it refuses to know is the tested module's matter.
        let wanted = if source.is_test_file() { 1 } else { 2 };
        (sentences < wanted).then(|| {
            format!(
                "{path}:1: open with `//!`: one sentence what it owns, one what it refuses to know"
            )
        })
    })
    .collect()
}

pub(crate) fn unfinished(sources: &[Source]) -> Vec<String> {
    let mut faults = Vec::new();
    for source in sources {
        let path = &source.path;
        for word in ["todo!", "unimplemented!", "dbg!", "#[ignore"] {
            let places = source.places(word).into_iter().map(|at| source.line(at));
            faults
                .extend(places.map(|l| format!("{path}:{l}: `{word}`: finish it or take it out")));
        }
        for (number, line) in source.text.lines().enumerate() {
            if line.contains(concat!("FIX", "ME")) {
                faults.push(format!(
                    "{path}:{}: mend it, or say in docs/ why not",
                    number + 1
                ));
            }
        }
        // sqlx's `get` panics at a value of another type, which a damaged database may hold.
        if path.starts_with("src/ledger/") {
            for word in ["row.get(", " r.get(", "(r.get(", ".get::<"] {
                let places = source.places(word).into_iter();
                faults.extend(
                    places.map(|at| format!("{path}:{}: `{word}`: use `try_get`", source.line(at))),
                );
            }
        }
        for word in [".unwrap()", ".expect(", ".unwrap_err()", ".expect_err("] {
            let places = source
                .places(word)
                .into_iter()
                .filter(|at| !source.is_test(*at));
            faults.extend(places.map(|at| {
                format!(
                    "{path}:{}: `{word}` outside tests: return the error",
                    source.line(at)
                )
            }));
        }
    }
    faults
}

/// `#[allow]` and `#[expect]` without a reason in the attribute or in a comment beside or above it.
pub(crate) fn unreasoned(sources: &[Source]) -> Vec<String> {
    let mut faults = Vec::new();
    for source in sources {
        let lines: Vec<&str> = source.text.lines().collect();
        for word in ["#[allow(", "#![allow(", "#[expect(", "#![expect("] {
            for line in source.places(word).into_iter().map(|at| source.line(at)) {
                let near = lines[line.saturating_sub(2)..line].iter();
                let inside = lines[line - 1..lines.len().min(line + 4)].iter();
                let said = near.into_iter().any(|l| l.contains("//"))
                    || inside.into_iter().any(|l| l.contains("reason = \""));
                if !said {
                    faults.push(format!("{}:{line}: `{word}…` needs a reason", source.path));
                }
            }
        }
    }
    faults
}

/// Names that say nothing, and files that no `mod` reaches.
pub(crate) fn misnamed(sources: &[Source]) -> Vec<String> {
    let mut faults = Vec::new();
    for Source { path, .. } in sources {
        let words = path.trim_end_matches(".rs").split('/');
        for word in words {
            if [
                "utils", "util", "common", "helpers", "types", "models", "misc",
            ]
            .contains(&word)
            {
                faults.push(format!(
                    "{path}:1: `{word}` says nothing; name the noun it owns"
                ));
            }
        }
        let Some((folder, name)) = path.trim_end_matches(".rs").rsplit_once('/') else {
            continue;
        };
        let (folder, name) = match name {
            "mod" => folder.rsplit_once('/').unwrap_or((folder, name)),
            _ => (folder, name),
        };
        let parents = match folder {
            "src" => vec!["src/lib.rs".to_owned()],
            "tests/it" => vec!["tests/it/main.rs".to_owned()],
            _ => vec![
                format!("{folder}/mod.rs"),
                format!("{folder}.rs"),
                format!("{folder}/lib.rs"),
            ],
        };
        let mut above = sources
            .iter()
            .filter(|s| parents.contains(&s.path))
            .peekable();
        let root = matches!(name, "lib" | "main") || above.peek().is_none();
        if !root && !above.any(|s| s.declared().contains(name)) {
            faults.push(format!(
                "{path}:1: nothing says `mod {name};`: a dead file, or a lost one"
            ));
        }
    }
    faults
}
