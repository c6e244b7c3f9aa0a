//! Owns `phobien inspect`: what phobien reads out of files, and how they stand to each other. It
//! refuses to touch any state and needs no configuration.

use std::fs::File;
use std::io::Read;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::Duration;

use anyhow::{Context, Result};
use futures_util::{StreamExt, stream};

use super::card::Card;
use super::command::Global;
use super::open;
use super::row;
use super::show::Screen;
use super::stop::code;
use crate::document::{Disposition, DocumentId, Part, Policy, Reason, Standing};
use crate::extract;
use crate::inbox::shown;
use crate::ingest::{self, Examined};
use crate::ledger::documents::Version;
use crate::organisation::Audience;
use crate::sandbox::{Limits, Reader, Reading, Sandbox};

/// The default of `[limits] file`, bytes.
const FILE_MAX: u64 = 50_000_000;
/// The default of `[limits] extract_cpu`.
const CPU: Duration = Duration::from_secs(10);
/// The default of `[limits] extract_memory`, bytes.
const MEMORY: u64 = 512_000_000;
/// The default of `[documents] ocr_pages`.
const OCR_PAGES: usize = 1;

/// One file of the command line.
struct Given {
    name: String,
    /// None where it must not be opened: then `row` says why.
    examined: Option<Examined>,
    row: row::Document,
}

pub(super) async fn run(global: &Global, files: &[PathBuf]) -> Result<ExitCode> {
    let language = global.lang.unwrap_or_else(open::spoken);
    let screen = Screen::new(language, global.json, chrono_tz::Asia::Ho_Chi_Minh);
    let program = std::env::current_exe().context("phobien's own program file")?;
    let sandbox = Sandbox::new(
        program,
        Limits {
            cpu: CPU,
            memory: MEMORY,
            read: extract::Limits::default(),
        },
    )
    .with_reading(Reader::find().ok().map(|reader| Reading {
        reader,
        pages: OCR_PAGES,
    }));
    let (mut given, mut good) = (Vec::new(), true);
    let mut read = stream::iter(files)
        .map(|file| examine(&sandbox, file))
        .buffered(ingest::AHEAD);
    while let Some(one) = read.next().await {
        match one {
            Ok(one) => given.push(one),
            Err(error) => {
                screen.note(&format!("{error:#}"), &format!("{error:#}"));
                good = false;
            }
        }
    }
    relate(&mut given);
    let beside = files.iter().map(|file| {
        let mut beside = file.clone().into_os_string();
        beside.push(".toml");
        PathBuf::from(beside)
    });
    for file in beside.filter(|file| file.is_file()) {
        let file = super::show::safe(&file.display().to_string());
        let vi = format!("{file}: tệp kèm chỉ được đọc khi tiếp nhận (phobien ingest).");
        let en = format!("{file}: what it says is read by `phobien ingest`, not here.");
        screen.note(&vi, &en);
    }
    for one in &given {
        screen.row(&one.row);
        card(&screen, one);
    }
    Ok(code(good))
}

async fn examine(sandbox: &Sandbox, file: &Path) -> Result<Given> {
    let name = file.file_name().unwrap_or(file.as_os_str());
    let name = shown(name.as_encoded_bytes());
    let unopened = |reason| Given {
        row: row::Document::unopened(&name, reason),
        name: name.clone(),
        examined: None,
    };
    let bytes = match read(file)? {
        Ok(bytes) => bytes,
        Err(reason) => return Ok(unopened(reason)),
    };
    let examined = ingest::examine(sandbox, &bytes, &name, &Policy::default()).await?;
    Ok(Given {
        row: row::Document::examined(&name, &examined),
        name,
        examined: Some(examined),
    })
}

/// The bytes of a plain file of sensible size.
fn read(file: &Path) -> Result<std::result::Result<Vec<u8>, Reason>> {
    let at = || file.display().to_string();
    let meta = std::fs::symlink_metadata(file).with_context(at)?;
    if meta.is_dir() {
        let why = "là thư mục; ghi tên các tệp trong đó / a folder; name the files in it";
        return Err(anyhow::anyhow!("{}: {why}", at()));
    }
    if !meta.is_file() {
        return Ok(Err(Reason::UnsafeFile));
    }
    if meta.len() > FILE_MAX {
        return Ok(Err(Reason::TooLarge));
    }
    let mut bytes = Vec::new();
    let opened = File::open(file).with_context(at)?;
    opened
        .take(FILE_MAX + 1)
        .read_to_end(&mut bytes)
        .with_context(at)?;
    Ok(if bytes.len() as u64 > FILE_MAX {
        Err(Reason::TooLarge)
    } else {
        Ok(bytes)
    })
}

/// Judges copies, renditions, versions and annexes, taking the files as an ingest would: shorter
/// names first, what is refused never.
fn relate(given: &mut [Given]) {
    let mut order: Vec<usize> = (0..given.len()).collect();
    order.sort_by_cached_key(|n| (given[*n].name.chars().count(), given[*n].name.clone()));
    let mut known: Vec<Version> = Vec::new();
    for at in order {
        let Some(examined) = &given[at].examined else {
            continue;
        };
        if examined.disposition == Disposition::Quarantine {
            continue;
        }
        let point = ingest::stand_point(examined, &known);
        let name_of = |id: Option<DocumentId>| {
            let at = usize::try_from(id?.0).ok()?;
            Some(given[at].name.clone())
        };
        let duplicate_of = name_of(point.duplicate_of);
        let (supersedes, annex_of) = (name_of(point.supersedes), name_of(point.annex_of));
        if duplicate_of.is_none() {
            known.push(version(at, &given[at].name, examined));
        }
        let main = given[at].name.clone();
        let row = &mut given[at].row;
        (row.disposition, row.reason) = point.verdict((row.disposition, row.reason));
        (row.duplicate_of, row.supersedes) = (duplicate_of, supersedes);
        row.annex_of = annex_of;
        if let Some(annex) = point.main_of.and_then(|id| usize::try_from(id.0).ok()) {
            given[annex].row.annex_of = Some(main);
        }
    }
    join_annexes(given);
    let identity = |one: &Given| Some((one.examined.as_ref()?.identity()?, one.name.clone()));
    let known: Vec<_> = given.iter().filter_map(identity).collect();
    for one in given.iter_mut() {
        if let Some(examined) = &one.examined {
            let known = known.iter().map(|(id, name)| (id, name.as_str()));
            one.row.resolve(&examined.facts, known);
        }
    }
}

/// Annexes that name their document only by their file's name, as an ingest joins them.
fn join_annexes(given: &mut [Given]) {
    for at in 0..given.len() {
        let (one, row) = (&given[at].examined, &given[at].row);
        let Some(annex) = one.as_ref().filter(|_| row.annex_of.is_none()) else {
            continue;
        };
        let doubted = Policy::default().doubts(&annex.contents) || !annex.trusted();
        if doubted || !ingest::lacks_only_its_main(&annex.facts, row.reason, annex.source) {
            continue;
        }
        let is_live = |row: &row::Document| {
            matches!(row.disposition, Disposition::Accept | Disposition::Review)
        };
        let mains = given.iter().filter(|other| is_live(&other.row));
        let mains = mains.filter_map(|m| Some((&m.name, &m.examined.as_ref()?.facts)));
        if let Some(main) = ingest::main_by_symbol(&annex.facts, mains).cloned() {
            let row = &mut given[at].row;
            row.annex_of = Some(main);
            (row.disposition, row.reason) = (Disposition::Accept, None);
        }
    }
    // An ingest keeps what would go out without its document.
    for one in given {
        let part = one.examined.as_ref().map(|e| e.facts.part);
        let row = &mut one.row;
        let alone = part.is_some_and(|part| part != Part::Main) && row.annex_of.is_none();
        if alone && row.disposition == Disposition::Accept {
            (row.disposition, row.reason) = (Disposition::Review, Some(Reason::Unverified));
            row.why = Some(ingest::ALONE.to_owned());
        }
    }
}

/// A file as comparing needs it; its place on the command line stands for its id.
fn version(at: usize, name: &str, examined: &Examined) -> Version {
    Version {
        audience: Audience::Everyone,
        id: DocumentId(i64::try_from(at).unwrap_or(i64::MAX)),
        file: name.to_owned(),
        identity: examined.identity().map(|i| i.to_string()),
        sha256: examined.sha256.to_string(),
        fingerprint: examined.trusted().then(|| examined.fingerprint.to_string()),
        trusted: examined.trusted(),
        says_newer: examined.facts.says_newer,
        standing: Standing::Accepted,
    }
}

/// A file for people.
fn card(screen: &Screen, one: &Given) {
    if screen.json {
        return;
    }
    let row = &one.row;
    let card = Card::new(screen);
    card.head(&one.name);
    let pages = row.pages.map_or_else(String::new, |n| {
        let one = if n == 1 { "page" } else { "pages" };
        format!(", {n} {}", screen.say("trang", one))
    });
    card.line(("Loại tệp", "File"), &format!("{}{pages}", row.format));
    card.line(
        ("Xử lý", "Disposition"),
        &screen.word(row.disposition.word()),
    );
    if let Some(reason) = row.reason {
        let (vi, en) = ingest::advice(reason);
        let mark = row
            .secrecy
            .map_or_else(String::new, |mark| format!("{mark}. "));
        card.line(("Lý do", "Reason"), &(mark + screen.say(vi, en)));
    }
    if row.secrecy.is_some() || row.reason == Some(Reason::Secret) {
        return;
    }
    for (label, other) in [
        (("Trùng với", "Copy of"), &row.duplicate_of),
        (("Thay bản cũ", "Supersedes"), &row.supersedes),
        (("Phụ lục của", "Annex of"), &row.annex_of),
    ] {
        card.line(label, other.as_deref().unwrap_or(""));
    }
    if let Some(examined) = &one.examined {
        card.facts(&examined.facts);
        card.links(row.replaces.as_deref(), row.amends.as_deref());
        let detail = row.why.as_deref().or(examined.contents.detail.as_deref());
        let detail = detail.unwrap_or("");
        card.line(("Ghi chú", "Note"), detail);
    }
    screen.line("");
}
