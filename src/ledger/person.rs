//! Owns who a person on record is: finding one, what it was ever called, what stands for it once
//! it is erased. It refuses to change anything.

use std::collections::BTreeSet;

use chrono::{DateTime, Utc};
use sqlx::sqlite::SqliteRow;
use sqlx::{Row, query};

use super::{Ledger, Result, Tx, all, time};
use crate::delivery;
use crate::organisation::Address;
use crate::spelling;

/// What the key of an erased member begins with: no roster makes such a key.
pub(super) const ERASED: &str = "erased:";

/// A member on record, listed or not.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Person {
    /// Its id.
    pub id: i64,
    /// By what the roster knows it again.
    pub(super) key: String,
    /// Its code.
    pub code: Option<String>,
    /// Full name.
    pub name: String,
    /// Where letters go.
    pub address: Option<String>,
    /// The post as written.
    pub(super) post: String,
    /// Its branch's code.
    pub branch: String,
    /// Stands in the roster.
    pub listed: bool,
    /// When it first stood in the roster.
    pub first_seen: DateTime<Utc>,
    /// What stands for it in the audit chain.
    pub(super) pseudonym: String,
}

impl Person {
    /// What stands for the person where its name stood.
    #[must_use]
    pub fn alias(&self) -> String {
        let short = self.pseudonym.get(..12).unwrap_or(&self.pseudonym);
        format!("p-{short}")
    }

    /// True where nothing of the person is left but what it was sent.
    #[must_use]
    pub fn is_erased(&self) -> bool {
        self.key.starts_with(ERASED)
    }
}

/// What a person was ever called on record.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Called {
    /// Names, as rosters wrote them.
    pub(super) names: BTreeSet<String>,
    /// Addresses.
    pub(super) addresses: BTreeSet<String>,
    /// Codes.
    pub(super) codes: BTreeSet<String>,
}

/// What an erased person is known again by, if it stands in a roster: keyed, so that the table of
/// them names nobody.
pub(super) fn mark(instance_key: &[u8; 32], key: &str) -> String {
    delivery::token(instance_key, &["erased", key])
}

/// The key that an address makes.
pub(super) fn address_key(address: &str) -> String {
    format!("address:{}", address.to_lowercase())
}

impl Ledger {
    /// The members on record that a code, an address or a full name means, those who left too. A
    /// code goes before a name.
    ///
    /// # Errors
    /// The database failed.
    pub async fn people(&self, text: &str) -> Result<Vec<Person>> {
        let line = spelling::line(text);
        let address = text.parse::<Address>();
        let address = address.map_or_else(|_| line.clone(), |a| a.as_str().to_owned());
        let rows = query(
            "SELECT m.*, b.code AS branch FROM members m JOIN branches b ON b.id = m.branch_id
             WHERE m.key = $1 OR m.code = $2 OR m.address = $3 OR m.name = $2 ORDER BY m.id",
        )
        .bind(format!("code:{}", spelling::fold(&line)))
        .bind(&line)
        .bind(&address)
        .fetch_all(&self.readers)
        .await?;
        let mut found: Vec<Person> = all(&rows, person)?;
        // One whom the roster knows by another key now is still one person.
        found.sort_by_key(|p| !p.listed);
        let listed = found.clone();
        let same = |p: &Person, o: &Person| p.name == o.name && p.address == o.address;
        let mut at = 0..;
        found.retain(|p| {
            let before = &listed[..at.next().unwrap_or(0)];
            p.address.is_none() || !before.iter().any(|o| same(p, o))
        });
        let by_code = |p: &Person| {
            let folded = |code: &String| spelling::fold(code) == spelling::fold(&line);
            p.code.as_ref().is_some_and(folded)
        };
        if found.iter().any(by_code) {
            found.retain(by_code);
        }
        Ok(found)
    }
}

/// The person as this transaction sees it, and the rows of it that it left behind when the roster
/// began to know it by another key: the same name and address, not listed.
///
/// # Errors
/// The database failed.
pub(super) async fn again(tx: &mut Tx, id: i64) -> Result<Vec<Person>> {
    let rows = query(
        "SELECT m.*, b.code AS branch FROM members m JOIN branches b ON b.id = m.branch_id
         WHERE m.id = $1 OR (m.left_at IS NOT NULL AND EXISTS (SELECT 1 FROM members o
            WHERE o.id = $1 AND o.name = m.name AND o.address = m.address))
         ORDER BY CASE WHEN m.id = $1 THEN 0 ELSE 1 END, m.id",
    )
    .bind(id)
    .fetch_all(&mut **tx)
    .await?;
    all(&rows, person)
}

/// What a person was ever called, by the roster and by the letters to it.
///
/// # Errors
/// The database failed.
pub(super) async fn called(tx: &mut Tx, who: &Person) -> Result<Called> {
    let rows = query(
        "SELECT DISTINCT CASE WHEN recipient_kind = 'member' THEN code END,
            CASE WHEN recipient_kind = 'member' THEN name ELSE person END, address FROM deliveries
         WHERE (recipient_kind = 'member' AND recipient_id = $1)
            OR (recipient_kind = 'branch' AND member_id = $1)",
    )
    .bind(who.id)
    .fetch_all(&mut **tx)
    .await?;
    let mut called = Called::default();
    called.names.insert(who.name.clone());
    called.codes.extend(who.code.clone());
    called.addresses.extend(who.address.clone());
    for row in &rows {
        called.codes.extend(row.try_get::<Option<String>, _>(0)?);
        called.names.extend(row.try_get::<Option<String>, _>(1)?);
        called.addresses.insert(row.try_get(2)?);
    }
    let alias = who.alias();
    for words in [&mut called.names, &mut called.addresses, &mut called.codes] {
        words.retain(|word| !word.trim().is_empty() && *word != alias);
    }
    Ok(called)
}

fn person(r: &SqliteRow) -> sqlx::Result<Person> {
    Ok(Person {
        id: r.try_get("id")?,
        key: r.try_get("key")?,
        code: r.try_get("code")?,
        name: r.try_get("name")?,
        address: r.try_get("address")?,
        post: r.try_get("post")?,
        branch: r.try_get("branch")?,
        listed: r.try_get::<Option<i64>, _>("left_at")?.is_none(),
        first_seen: time(r.try_get("first_seen_at")?),
        pseudonym: r.try_get("pseudonym")?,
    })
}
