//! Owns what the office is told of things in the folder that speak of a document and are none, once
//! for each. It refuses to read or to move them.

use std::collections::HashSet;

use chrono::{DateTime, Utc};

use super::{Ingest, Result};
use crate::inbox::{Stray, StrayKind};
use crate::ledger::LedgerError;
use crate::ledger::events::{self, Attention};

/// The kind of these matters.
const STRAY: &str = "stray";

impl Ingest<'_> {
    /// Tells of each stray that has settled, and reminds no more of those that are gone.
    pub(super) async fn tell_strays(
        &self,
        strays: &[Stray],
        told: &[Attention],
        now: DateTime<Utc>,
    ) -> Result<()> {
        let told = told.iter().filter(|matter| matter.what == STRAY);
        let told: HashSet<&str> = told.map(|matter| matter.about.as_str()).collect();
        let there: HashSet<&str> = strays.iter().map(|stray| stray.place.as_str()).collect();
        let new = strays
            .iter()
            .filter(|stray| stray.settled && !told.contains(stray.place.as_str()));
        let new: Vec<&Stray> = new.collect();
        let gone: Vec<&str> = told.difference(&there).copied().collect();
        if new.is_empty() && gone.is_empty() {
            return Ok(());
        }
        let mut tx = self.ledger.begin().await?;
        for stray in new {
            events::attend(&mut tx, STRAY, &stray.place, &sentence(stray), now).await?;
        }
        for place in gone {
            events::clear(&mut tx, STRAY, Some(place)).await?;
        }
        tx.commit().await.map_err(LedgerError::from)?;
        Ok(())
    }
}

/// What it is and what to do, in both languages.
fn sentence(stray: &Stray) -> String {
    let place = &stray.place;
    match stray.kind {
        StrayKind::Sidecar => format!(
            "Tệp kèm “{place}” không có văn bản cùng tên bên cạnh nên không được dùng; đề nghị đặt \
             tên tệp kèm đúng tên văn bản, thêm .toml, hoặc bỏ tệp đó. / A sidecar beside no \
             document: give it the whole name of its document and .toml, or remove it."
        ),
        StrayKind::Folder => format!(
            "“{place}” là thư mục nhưng mang tên như một tệp, nên không được đọc như văn bản hay \
             tệp kèm; đề nghị đổi tên thư mục, hoặc chép tệp ra ngoài. / A folder called like a \
             file is read as none: rename it, or copy the file out of it."
        ),
    }
}
