//! Owns `documents purge` and `documents attach`: what is asked back before, what is told after. It
//! refuses to remove anything without `--yes`.

use anyhow::Result;

use super::decide;
use super::open::Desk;
use super::row;
use super::show::{Screen, safe};
use super::stop::Stop;
use crate::daemon::now;
use crate::ingest;
use crate::ledger::backup::Kept;

pub(super) async fn purge(desk: &Desk, text: &str, yes: bool, by: Option<&str>) -> Result<()> {
    let row = desk.document(text).await?;
    let screen = &desk.screen;
    if !yes {
        let (id, file) = (row.id, &row.document.file);
        let vi = format!(
            "{id} {file}: nội dung, thông tin và các thư có văn bản này sẽ bị xoá khỏi sổ, không \
             lấy lại được; nhật ký ai đã nhận vẫn còn. Nếu đúng: phobien documents purge {id} --yes"
        );
        let en = format!(
            "{id} {file}: its content, its facts and every letter that quotes it are removed for \
             good; who was sent it stays on record. If this is right: phobien documents purge {id} \
             --yes"
        );
        return Err(Stop::usage(safe(screen.say(&vi, &en))));
    }
    let done = ingest::purge(&desk.ledger, &row, by, now()).await?;
    let left = desk.document(&row.id.to_string()).await?;
    screen.row(&row::Document::on_record(&left));
    let (id, sheets) = (row.id, done.purged.sheets);
    let vi = format!("{id}: đã xoá khỏi sổ; {sheets} mẫu thư đã được làm rỗng.");
    let en = format!("{id}: removed from the ledger; {sheets} frozen letters emptied.");
    screen.line(screen.say(&vi, &en));
    for place in &done.purged.places {
        let vi = format!("Tệp còn trong thư mục: {place}; đề nghị gỡ tệp.");
        let en = format!("The file still lies in the folder: {place}; remove it.");
        screen.note(&vi, &en);
    }
    if !done.folded {
        let vi = format!(
            "Tiến trình khác đang đọc sổ, nhật ký ghi trước chưa được dọn: chạy lại lệnh này, \
             hoặc khởi động lại dịch vụ (phobien documents purge {id} --yes)."
        );
        let en = format!(
            "Another process reads the ledger, so its write-ahead log still holds old pages: \
             repeat `phobien documents purge {id} --yes`, or restart the service."
        );
        screen.note(&vi, &en);
    }
    name_backups(&desk.screen, &done.backups);
    screen.note(
        "Bản sao thư mục dữ liệu làm bằng cách khác trước lúc này cũng còn văn bản: phải xử lý \
         riêng.",
        "Copies of the state folder that were made in other ways before now still hold the \
         document too: treat them by hand.",
    );
    Ok(())
}

/// Names the copies of the ledger that still hold what was removed.
pub(super) fn name_backups(screen: &Screen, backups: &[Kept]) {
    for backup in backups {
        let (file, at) = (backup.file.display(), screen.time(backup.made_at));
        let (vi, en) = if backup.file.exists() {
            (
                format!("Bản sao lưu {file} ({at}) còn dữ liệu đó: xoá, hoặc thay bằng bản mới."),
                format!("The backup {file} ({at}) still holds it: delete it, or make a new one."),
            )
        } else {
            (
                format!("Bản sao lưu {file} ({at}) còn dữ liệu đó; tệp không còn ở chỗ cũ."),
                format!("The backup {file} ({at}) held it and lies there no more: find it."),
            )
        };
        screen.note(&safe(&vi), &safe(&en));
    }
}

/// Makes a document on record, or a file in the folder, an annex of another; never releases it.
pub(super) async fn attach(desk: &Desk, main: &str, annex: &str, by: Option<&str>) -> Result<()> {
    for name in [main, annex] {
        if desk.ledger.find_documents(name).await?.is_empty() {
            super::ingest::scan(desk).await?;
            break;
        }
    }
    let main = desk.document(main).await?;
    let annex = desk.document(annex).await?;
    if annex.id == main.id {
        let id = main.id;
        let vi = format!("{id} không thể là phụ lục của chính nó");
        let en = format!("{id} cannot be its own annex");
        return Err(desk.screen.usage(&vi, &en));
    }
    if main.document.annex_of.is_some() {
        let id = main.id;
        let vi = format!("{id} cũng là phụ lục; đề nghị ghi văn bản chính của phụ lục đó");
        let en = format!("{id} is an annex itself; name its main document");
        return Err(desk.screen.usage(&vi, &en));
    }
    decide::belong(desk, &annex, main.id, by).await
}
