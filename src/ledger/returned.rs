//! Owns who was erased and stands in the roster again: known by keyed marks, held until the office
//! decides. It refuses to know who they were.

use std::collections::HashSet;

use chrono::{DateTime, Utc};
use sqlx::sqlite::SqliteConnection;
use sqlx::{Row, query};

use super::person::{self, Called, Person};
use super::{Result, Tx, all, events};

/// What needs a person where one who was erased stands in the roster again.
pub(super) const RETURNED: &str = "erased";

/// Keeps the marks by which the person is known again.
pub(super) async fn remember(
    tx: &mut Tx,
    key: &[u8; 32],
    who: &Person,
    own: &Called,
) -> Result<()> {
    let addresses = own.addresses.iter().map(|a| person::address_key(a));
    for known in std::iter::once(who.key.clone()).chain(addresses) {
        query("INSERT INTO erased (mark) VALUES ($1) ON CONFLICT (mark) DO NOTHING")
            .bind(person::mark(key, &known))
            .execute(&mut **tx)
            .await?;
    }
    Ok(())
}

/// Holds those whom a reading of the roster brought back after they were erased, until the office
/// decides. Answers how many are held.
///
/// # Errors
/// The database failed.
pub async fn hold_returned(tx: &mut Tx, key: &[u8; 32], now: DateTime<Utc>) -> Result<u64> {
    query(
        "DELETE FROM attention WHERE what = 'erased' AND NOT EXISTS (SELECT 1 FROM members m
         WHERE m.left_at IS NULL AND COALESCE(m.code, m.name) = attention.about)",
    )
    .execute(&mut **tx)
    .await?;
    // New in this reading, or held by the office's word before.
    let held = known(
        tx,
        key,
        "SELECT id, key, COALESCE(code, name), address FROM members
         WHERE left_at IS NULL AND (first_seen_at = $1 OR paused >= 2)",
        now,
    )
    .await?;
    for who in &held {
        hold(tx, who, now).await?;
    }
    Ok(held.len() as u64)
}

/// In a copy that was made before somebody was erased: who is to be erased once more. They leave
/// the roster as the copy knows it; whoever stands in the roster's file is a new member by it.
///
/// # Errors
/// The database failed.
pub async fn left_in_copy(tx: &mut Tx, key: &[u8; 32], now: DateTime<Utc>) -> Result<Vec<i64>> {
    let people = known(
        tx,
        key,
        "SELECT id, key, COALESCE(code, name), address FROM members WHERE first_seen_at <= $1",
        now,
    )
    .await?;
    for who in &people {
        query("UPDATE members SET left_at = COALESCE(left_at, $2) WHERE id = $1")
            .bind(who.id)
            .bind(super::ms(now))
            .execute(&mut **tx)
            .await?;
    }
    Ok(people.into_iter().map(|who| who.id).collect())
}

/// Copies the marks of another ledger of the same office. Those of any other would mark nobody.
///
/// # Errors
/// A database failed; the other may be damaged, or of a schema without marks.
pub(super) async fn carry_over(
    from: &mut SqliteConnection,
    to: &mut SqliteConnection,
) -> Result<()> {
    let marks = query("SELECT mark FROM erased").fetch_all(from).await?;
    for row in &marks {
        query("INSERT INTO erased (mark) VALUES ($1) ON CONFLICT (mark) DO NOTHING")
            .bind(row.try_get::<&str, _>(0)?)
            .execute(&mut *to)
            .await?;
    }
    Ok(())
}

/// A member whom a mark means.
struct Known {
    id: i64,
    about: String,
}

/// Of these members those whom a mark means.
async fn known(
    tx: &mut Tx,
    key: &[u8; 32],
    members: &'static str,
    at: DateTime<Utc>,
) -> Result<Vec<Known>> {
    let marks = query("SELECT mark FROM erased")
        .fetch_all(&mut **tx)
        .await?;
    let marks: HashSet<String> = all(&marks, |r| r.try_get(0))?;
    if marks.is_empty() {
        return Ok(Vec::new());
    }
    let rows = query(members).bind(super::ms(at));
    let mut found = Vec::new();
    for row in &rows.fetch_all(&mut **tx).await? {
        let address: Option<String> = row.try_get(3)?;
        let keys = [row.try_get(1)?].into_iter();
        let mut keys = keys.chain(address.map(|a| person::address_key(&a)));
        if keys.any(|known: String| marks.contains(&person::mark(key, &known))) {
            let (id, about) = (row.try_get(0)?, row.try_get(2)?);
            found.push(Known { id, about });
        }
    }
    Ok(found)
}

async fn hold(tx: &mut Tx, who: &Known, now: DateTime<Utc>) -> Result<()> {
    query("UPDATE members SET paused = (paused & 1) + 2 WHERE id = $1")
        .bind(who.id)
        .execute(&mut **tx)
        .await?;
    let who = &who.about;
    let detail = format!(
        "{who}: dữ liệu cá nhân đã được xoá theo yêu cầu, nay lại có trong danh sách nên chưa \
         gửi gì; nếu đúng / was erased and stands in the roster again, so nothing is sent; if \
         that is right: `phobien members pause {who} --end`"
    );
    events::attend(tx, RETURNED, who, &detail, now).await
}

/// Forgets that a member was erased before: the office knows, and lets letters go.
///
/// # Errors
/// The database failed.
pub async fn let_return(tx: &mut Tx, key: &[u8; 32], code: &str) -> Result<()> {
    let rows = query(
        "SELECT key, address, COALESCE(code, name) FROM members
         WHERE left_at IS NULL AND (code = $1 OR (code IS NULL AND address = $1))",
    )
    .bind(code)
    .fetch_all(&mut **tx)
    .await?;
    for row in &rows {
        let address: Option<String> = row.try_get(1)?;
        let keys = [row.try_get(0)?].into_iter();
        for known in keys.chain(address.map(|a| person::address_key(&a))) {
            let known: String = known;
            query("DELETE FROM erased WHERE mark = $1")
                .bind(person::mark(key, &known))
                .execute(&mut **tx)
                .await?;
        }
        events::clear(tx, RETURNED, Some(row.try_get(2)?)).await?;
    }
    Ok(())
}
