//! Owns the list of what needs a person: what was noted, and what the rows themselves say, in one
//! language. It refuses to know where it is shown.

use chrono::{DateTime, Utc};

use super::{PublishError, Result, first_ingest_waits};
use crate::config::Config;
use crate::ledger::Ledger;
use crate::ledger::events::Attention;
use crate::organisation::Language;

/// What stands in the list without asking for anything to be done today (design: a member without
/// a usable address alone makes no exit 1).
pub const UNREACHABLE: &str = "unreachable";

/// Everything that needs a person, what was noted first.
///
/// # Errors
/// The ledger failed.
pub async fn matters(
    ledger: &Ledger,
    config: &Config,
    language: Language,
    now: DateTime<Utc>,
) -> Result<Vec<Attention>> {
    let mut matters = noted(ledger, language).await?;
    let mut add = |what: &str, since, vi: String, en: String| {
        matters.push(Attention {
            what: what.to_owned(),
            about: String::new(),
            detail: match language {
                Language::Vi => vi,
                Language::En => en,
            },
            since,
        });
    };
    if let Some(at) = ledger.copied_at().await? {
        let vi = "sổ cái là bản sao lưu được khôi phục, chưa gửi gì: `phobien restore --told-until \
                  GIỜ` (ngày giờ ghi trên thư gần nhất đảng viên đã nhận)";
        let en = "the ledger is a restored copy and sends nothing: `phobien restore --told-until \
                  TIME` (the date on the last letter that members had)";
        add("restored", at, vi.to_owned(), en.to_owned());
    }
    if let Some(count) = first_ingest_waits(ledger, config).await? {
        let vi = format!(
            "{count} văn bản ở lần tiếp nhận đầu, chưa gửi gì: `phobien ingest --already-known` \
             nếu đã phổ biến, `phobien ingest --release` để gửi"
        );
        let en = PublishError::FirstIngest(count).to_string();
        add("first_ingest", now, vi, en);
    }
    if let Some(held) = ledger.held_in_doubt().await? {
        let vi = format!(
            "{} thư chưa rõ đã tới hay chưa: `phobien log --state unknown`, rồi `phobien settle`",
            held.count
        );
        let en = format!(
            "{} letters are in doubt: `phobien log --state unknown`, then `phobien settle`",
            held.count
        );
        add("unknown", held.since, vi, en);
    }
    if let Some(office) = ledger.office_unreached().await? {
        let vi = format!(
            "bản tổng hợp không tới được {} địa chỉ của Văn phòng: kiểm tra [office] notify; gửi \
             lại cho địa chỉ bị tạm ngừng: `phobien members release ĐỊA-CHỈ`",
            office.count
        );
        let en = format!(
            "summaries do not reach {} addresses of the office: look at [office] notify; where an \
             address is held: `phobien members release ADDRESS`",
            office.count
        );
        add("office", office.since, vi, en);
    }
    if let Some(members) = ledger.unreachable_members().await? {
        let vi = format!(
            "{} đảng viên chưa có địa chỉ thư dùng được: `phobien members list`",
            members.count
        );
        let en = format!(
            "{} members have no usable address: `phobien members list`",
            members.count
        );
        add(UNREACHABLE, members.since, vi, en);
    }
    Ok(matters)
}

/// What was noted, and what came back.
async fn noted(ledger: &Ledger, language: Language) -> Result<Vec<Attention>> {
    let mut matters = ledger.attention().await?;
    matters.extend(came_back(ledger, language).await?);
    Ok(matters)
}

/// Addresses that letters came back from.
async fn came_back(ledger: &Ledger, language: Language) -> Result<Option<Attention>> {
    let Some(returned) = ledger.returned_addresses().await? else {
        return Ok(None);
    };
    let count = returned.count;
    let detail = match language {
        Language::Vi => format!(
            "thư gửi tới {count} địa chỉ bị trả lại, văn bản còn phải gửi lại: `phobien log \
             --state bounced`, rồi sửa địa chỉ trong danh sách"
        ),
        Language::En => format!(
            "letters to {count} addresses came back and their documents are owed again: `phobien \
             log --state bounced`, then correct the addresses in the roster"
        ),
    };
    Ok(Some(Attention {
        what: "returned".to_owned(),
        about: String::new(),
        detail,
        since: returned.since,
    }))
}
