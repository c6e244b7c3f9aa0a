//! Owns the making of a sheet: which files travel, what they are called, which pages go into which
//! message. It refuses to know the recipients.

use super::attachment::encoded_len;
use super::entry::{self, Fate};
use super::mime::{self, Attached};
use super::page::Page;
use super::sheet::Sheet;
use super::{File, Frame, Item, Unfit, file_name, picture, subject, text};
use crate::document::Part;
use crate::organisation::Language;

/// What the headers of an attachment take, about; the sheet is measured once it is made.
const HEAD: u64 = 1024;

/// The sheet of a bundle. The order of the items is kept; [`super::order`] gives the usual one.
/// A file travels if the whole message, encoded, stays under the limit; the same bytes travel once.
///
/// # Errors
/// [`Unfit::Empty`], [`Unfit::Address`] for the sender's own address, [`Unfit::Build`].
pub fn compose(frame: &Frame<'_>, items: &[Item]) -> Result<Sheet, Unfit> {
    if items.is_empty() {
        return Err(Unfit::Empty);
    }
    let files = candidates(frame, items);
    let mut chosen = vec![false; files.len()];
    let mut sheet = sheet_of(frame, items, &files, &chosen)?;
    choose(frame, &files, sheet.size_max(), &mut chosen);
    loop {
        sheet = sheet_of(frame, items, &files, &chosen)?;
        let fits = sheet.size_max() <= frame.message_size_max;
        let Some(last) = chosen.iter().rposition(|c| *c).filter(|_| !fits) else {
            return Ok(sheet);
        };
        let dropped = files[last].file.sha256;
        for (file, chosen) in files.iter().zip(&mut chosen) {
            *chosen &= file.file.sha256 != dropped;
        }
    }
}

/// A file that may travel.
struct Candidate<'a> {
    /// Of which item.
    item: usize,
    file: &'a File,
    stem: String,
    /// False where the letter does not carry files of this item at all.
    carried: bool,
}

fn candidates<'a>(frame: &Frame<'_>, items: &'a [Item]) -> Vec<Candidate<'a>> {
    let mut files = Vec::new();
    for (nth, item) in items.iter().enumerate() {
        let carried = entry::carries(frame.occasion, item.note);
        let stem = stem(item, frame.language);
        let several = item.annexes.len() > 1;
        let annexes = item.annexes.iter().enumerate().map(|(n, annex)| {
            let label = entry::annex_label(annex.number, several, n, frame.language);
            (&annex.file, format!("{stem} - {label}"))
        });
        let files_of = std::iter::once((&item.file, stem.clone())).chain(annexes);
        files.extend(files_of.map(|(file, stem)| Candidate {
            item: nth,
            file,
            stem,
            carried,
        }));
    }
    files
}

/// The name of an item's file; an annex that comes by itself must not look like its document.
fn stem(item: &Item, language: Language) -> String {
    let stem = file_name::stem(item);
    match (item.facts.part, &item.facts.symbol) {
        (Part::Annex(number), Some(_)) => {
            let number = Some(number).filter(|n| *n > 0);
            let label = entry::annex_label(number, false, 0, language);
            format!("{stem} - {label}")
        }
        _ => stem,
    }
}

/// Takes files in their order as long as there is room; what does not fit is passed over.
fn choose(frame: &Frame<'_>, files: &[Candidate<'_>], empty: u64, chosen: &mut [bool]) {
    let mut room = frame.message_size_max.saturating_sub(empty);
    let mut count = 0;
    for (nth, file) in files.iter().enumerate() {
        let same = |n: &usize| files[*n].file.sha256 == file.file.sha256 && chosen[*n];
        let again = (0..nth).any(|n| same(&n));
        let cost = encoded_len(file.file.size).saturating_add(HEAD);
        if file.carried && again {
            chosen[nth] = true;
        } else if file.carried && count < frame.attachments_max && cost <= room {
            chosen[nth] = true;
            room -= cost;
            count += 1;
        }
    }
}

fn sheet_of(
    frame: &Frame<'_>,
    items: &[Item],
    files: &[Candidate<'_>],
    chosen: &[bool],
) -> Result<Sheet, Unfit> {
    let (fates, attached) = fates(frame, files, chosen);
    let entries = (0..items.len()).map(|nth| {
        let of_item = files
            .iter()
            .zip(&fates)
            .filter(|(file, _)| file.item == nth);
        let fates: Vec<Fate> = of_item.map(|(_, fate)| fate.clone()).collect();
        entry::entry(frame, items, nth, &fates)
    });
    let mut entries: Vec<_> = entries.collect();
    let logo = picture::logo(frame);
    let cid = logo.as_ref().map_or("", |_| picture::LOGO_ID);
    let mut pictures: Vec<_> = logo.into_iter().collect();
    pictures.extend(picture::covers(frame, items, &mut entries));
    let page = Page::new(frame, items, entries, cid)?;
    let subject = subject::subject(frame, items);
    let segments = mime::Mime {
        frame,
        subject: &subject,
        text: &page.text(frame.language)?,
        html: &page.html(frame.language)?,
        pictures: &pictures,
        attached: &attached,
    }
    .segments()?;
    Ok(Sheet {
        language: frame.language,
        subject,
        segments,
    })
}

/// What becomes of each file, and the attachments in order, each set of bytes once.
fn fates(
    frame: &Frame<'_>,
    files: &[Candidate<'_>],
    chosen: &[bool],
) -> (Vec<Fate>, Vec<Attached>) {
    let mut attached: Vec<Attached> = Vec::new();
    let mut names: Vec<String> = Vec::new();
    let mut fates = Vec::new();
    for (candidate, chosen) in files.iter().zip(chosen) {
        let file = candidate.file;
        if !candidate.carried {
            fates.push(Fate::Unmentioned);
            continue;
        }
        if !chosen {
            fates.push(Fate::Elsewhere(elsewhere(frame)));
            continue;
        }
        let known = attached.iter().find(|a| a.sha256 == file.sha256);
        let name = known.map(|a| a.name.clone()).unwrap_or_else(|| {
            let ascii = frame.words.ascii_file_names;
            let name = file_name::unique(&candidate.stem, file.format, ascii, &names);
            names.push(name.clone());
            let media_type = file_name::kind(file.format).1;
            let (sha256, len) = (file.sha256, file.size);
            attached.push(Attached {
                name: name.clone(),
                media_type,
                sha256,
                len,
            });
            name
        });
        fates.push(Fate::Attached(name));
    }
    (fates, attached)
}

/// The line that stands for a file which does not travel.
fn elsewhere(frame: &Frame<'_>) -> String {
    let at = frame
        .words
        .read_at
        .as_deref()
        .map(|at| text::clean(at, super::TITLE_MAX));
    match (at.filter(|at| !at.is_empty()), frame.language) {
        (Some(at), Language::Vi) => {
            format!("không gửi kèm do vượt dung lượng thư; đọc tại: {at}.")
        }
        (None, Language::Vi) => {
            "không gửi kèm do vượt dung lượng thư; xin liên hệ bộ phận văn thư.".to_owned()
        }
        (Some(at), Language::En) => format!("too large for this letter; read it at: {at}."),
        (None, Language::En) => "too large for this letter; please ask the office.".to_owned(),
    }
}
