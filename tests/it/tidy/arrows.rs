//! Owns where arrows may point: floors, circles, foreign crates and the clock. It refuses to know
//! how a file looks.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use super::homes::{ANYWHERE, CLOCKS, HOMES, Home, SHELLS};
use super::source::{Named, Source};

/// Module → floor.
pub(crate) type Floors = BTreeMap<String, usize>;

pub(crate) fn floors(map: &str) -> Floors {
    let mut floors = Floors::new();
    let mut floor = None;
    for line in map.lines() {
        if let Some(rest) = line.trim().strip_prefix("// floor ") {
            floor = rest.split(':').next().and_then(|n| n.trim().parse().ok());
        } else if let Some(name) = line.trim().strip_prefix("pub mod ") {
            let floor = floor.expect("src/lib.rs: a module stands above the first floor");
            floors.insert(name.trim_end_matches(';').to_owned(), floor);
        }
    }
    floors
}

/// The floors as `src/lib.rs` lists them; `main` stands above them all.
pub(crate) fn map() -> Floors {
    let lib =
        std::fs::read_to_string(Path::new(super::ROOT).join("src/lib.rs")).expect("src/lib.rs");
    let mut floors = floors(&lib);
    assert!(
        (0..=4).all(|floor| floors.values().any(|f| *f == floor)),
        "src/lib.rs: floors 0 to 4"
    );
    floors.insert("main".to_owned(), 5);
    floors
}

/// The module of this crate that a path names, if it names one.
fn target(path: &Named) -> Option<&str> {
    matches!(path.path[0].as_str(), "crate" | "phobien").then(|| path.path[1].as_str())
}

/// Every arrow between two modules, with the place where it is drawn.
fn arrows<'a>(sources: &'a [Source], path_of: &'a [Vec<Named>]) -> Vec<Arrow<'a>> {
    let pairs = sources
        .iter()
        .zip(path_of)
        .filter(|(source, _)| source.path != "src/lib.rs");
    pairs
        .flat_map(|(source, paths)| {
            paths.iter().filter_map(move |path| {
                let to = target(path)?;
                let place = format!("{}:{}", source.path, path.line);
                (to != source.module()).then_some(Arrow {
                    from: source.module(),
                    to,
                    place,
                    test: path.test,
                })
            })
        })
        .collect()
}

struct Arrow<'a> {
    from: &'a str,
    to: &'a str,
    place: String,
    test: bool,
}

pub(crate) fn bad_arrows(floors: &Floors, sources: &[Source]) -> Vec<String> {
    let paths: Vec<_> = sources.iter().map(Source::paths).collect();
    let mut faults = Vec::new();
    for Arrow {
        from,
        to,
        place,
        test,
    } in arrows(sources, &paths)
    {
        let (Some(own), Some(other)) = (floors.get(from), floors.get(to)) else {
            let unknown = if floors.contains_key(from) { to } else { from };
            faults.push(format!(
                "{place}: `{unknown}` is on no floor; name it in src/lib.rs"
            ));
            continue;
        };
        if other > own {
            faults.push(format!(
                "{place}: {from} (floor {own}) uses {to} (floor {other}): arrows go down; move the \
                 word to a floor below both, or the verb to a floor above both"
            ));
        } else if other == own && (1..=3).contains(own) && !test {
            faults.push(format!(
                "{place}: {from} uses {to}, its neighbour on floor {own}: no arrows inside this \
                 floor; hand over words of floor 0, or join the two one floor above"
            ));
        }
    }
    faults
}

/// Names that are reached by climbing with `super` instead of from the root.
pub(crate) fn climbers(sources: &[Source]) -> Vec<String> {
    let mut faults = Vec::new();
    for source in sources.iter().filter(|s| s.path != "src/lib.rs") {
        for path in source.paths() {
            let climbed = path.path.iter().take_while(|name| *name == "super").count();
            if climbed > 0 && climbed >= source.depth() + usize::from(path.test) {
                let place = format!("{}:{}", source.path, path.line);
                faults.push(format!(
                    "{place}: `super` reaches the root; write `crate::…`"
                ));
            }
        }
    }
    faults
}

/// Circles between the modules of one floor, where arrows inside the floor are allowed at all.
pub(crate) fn circles(floors: &Floors, sources: &[Source]) -> Vec<String> {
    let paths: Vec<_> = sources.iter().map(Source::paths).collect();
    let mut uses: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
    for arrow in arrows(sources, &paths).into_iter().filter(|a| !a.test) {
        if floors.get(arrow.from) == floors.get(arrow.to) {
            uses.entry(arrow.from).or_default().insert(arrow.to);
        }
    }
    let mut faults = Vec::new();
    for start in uses.keys() {
        let (mut reached, mut open) = (BTreeSet::new(), vec![*start]);
        while let Some(module) = open.pop() {
            for next in uses.get(module).into_iter().flatten() {
                if reached.insert(*next) {
                    open.push(next);
                }
            }
        }
        if reached.contains(start) {
            faults.push(format!(
                "src/{start}: uses itself through {reached:?}; one of them must not know the other"
            ));
        }
    }
    faults
}

/// The longest name in the table that the path begins with.
fn home<'a>(path: &[String], homes: &'a [Home]) -> Option<&'a Home> {
    let fits = homes.iter().filter(|(name, ..)| {
        let parts: Vec<&str> = name.split("::").collect();
        parts.len() <= path.len() && parts.iter().zip(path).all(|(a, b)| a == b)
    });
    fits.max_by_key(|(name, ..)| name.len())
}

pub(crate) fn strangers(sources: &[Source]) -> Vec<String> {
    let mut faults = Vec::new();
    for source in sources {
        for path in source.paths().into_iter().filter(|p| !p.test) {
            let Some((name, modules, reason)) = home(&path.path, HOMES) else {
                continue;
            };
            if *modules != ANYWHERE && !modules.contains(&source.module()) {
                faults.push(format!(
                    "{}:{}: `{name}` lives in {} ({reason}); ask that module, or give the crate a \
                     second home in tests/it/tidy/homes.rs with a reason",
                    source.path,
                    path.line,
                    modules.join(", ")
                ));
            }
        }
    }
    faults
}

pub(crate) fn clocks(sources: &[Source]) -> Vec<String> {
    let mut faults = Vec::new();
    for source in sources.iter().filter(|s| !SHELLS.contains(&s.module())) {
        for (name, modules, _) in CLOCKS.iter().filter(|c| !c.1.contains(&source.module())) {
            let places = source
                .places(name)
                .into_iter()
                .filter(|at| !source.is_test(*at));
            faults.extend(places.map(|at| {
                let also = modules.join(", ");
                let line = source.line(at);
                format!(
                    "{}:{line}: `{name}` belongs to the shells {also}; take it as an argument",
                    source.path
                )
            }));
        }
    }
    faults
}
