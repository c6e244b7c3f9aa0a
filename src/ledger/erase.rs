//! Owns the removal of a person from the record: name, address, code, the personal part of letters,
//! every word that names it. It refuses to remove that somebody was sent what, which the audit
//! chain proves under a pseudonym.

use chrono::{DateTime, Utc};
use sqlx::{Row, query};

use super::person::{self, Called, ERASED, Person};
use super::traces::{self, containing, replaced, without};
use super::{Result, Tx, closing, events, returned};
use crate::organisation::Address;

/// What an erasure removed.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Erased {
    /// What stands for the person now.
    pub alias: String,
    /// Letters to it.
    pub letters: u64,
    /// Of those, how many waited and were stopped.
    pub stopped: u64,
    /// Letters to branches whose table listed it.
    pub listed: u64,
    /// Summaries to the office that named it, now empty.
    pub summaries: u64,
    /// Events that named it.
    pub events: u64,
    /// When it first stood on record: copies of the ledger made since hold it.
    pub since: Option<DateTime<Utc>>,
}

/// Why a person cannot be erased now.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Obstacle {
    /// It stands in the roster.
    Listed,
    /// Its address is the mailbox of this branch.
    Mailbox(String),
    /// A letter to it is on the wire.
    OnTheWire,
    /// It was erased before.
    Erased,
}

/// Why the person cannot be erased now; none where it can.
///
/// # Errors
/// The database failed.
pub async fn obstacle(tx: &mut Tx, id: i64) -> Result<Option<Obstacle>> {
    for who in person::again(tx, id).await? {
        if who.is_erased() {
            return Ok(Some(Obstacle::Erased));
        }
        if who.listed {
            return Ok(Some(Obstacle::Listed));
        }
        for address in person::called(tx, &who).await?.addresses {
            let row = query("SELECT code FROM branches WHERE mailbox = $1 AND left_at IS NULL")
                .bind(&address)
                .fetch_optional(&mut **tx)
                .await?;
            if let Some(row) = row {
                return Ok(Some(Obstacle::Mailbox(row.try_get(0)?)));
            }
        }
        // The last condition says nothing more; it leads to what an index begins with.
        let row = query(
            "SELECT 1 FROM deliveries WHERE state = 'sending' AND (member_id = $1
                OR (recipient_kind = 'member' AND recipient_id = $1)
                OR address IN (SELECT address FROM members WHERE id = $1))
             AND edition_id IN (SELECT id FROM editions) LIMIT 1",
        )
        .bind(who.id)
        .fetch_optional(&mut **tx)
        .await?;
        if row.is_some() {
            return Ok(Some(Obstacle::OnTheWire));
        }
    }
    Ok(None)
}

/// Removes a person, for whom [`obstacle`] must be none, from every row. The rows stay, under the
/// pseudonym.
///
/// # Errors
/// The database failed.
pub async fn erase(
    tx: &mut Tx,
    instance_key: &[u8; 32],
    id: i64,
    by: Option<&str>,
    now: DateTime<Utc>,
) -> Result<Erased> {
    let mut done = Erased::default();
    for who in person::again(tx, id).await? {
        let called = person::called(tx, &who).await?;
        let own = own_words(tx, &who, &called).await?;
        let alias = who.alias();
        returned::remember(tx, instance_key, &who, &own).await?;
        done.stopped += stop_waiting(tx, who.id).await?;
        done.listed += branch_letters(tx, &who, &called, &own).await?;
        done.letters += letters(tx, who.id, &alias).await?;
        for address in &own.addresses {
            forget_address(tx, address, &alias).await?;
        }
        done.summaries += summaries(tx, &own).await?;
        done.events += chain(tx, &own, &alias, now).await?;
        forget(tx, who.id).await?;
        let about = who.code.as_ref().unwrap_or(&who.name);
        events::clear(tx, returned::RETURNED, Some(about)).await?;
        let by = by.map_or_else(String::new, |by| without(by, &own, &alias));
        let detail = serde_json::json!({ "decision": "erase", "by": by, "letters": done.letters });
        events::append(tx, "decision", &alias, &detail, now).await?;
        done.since = Some(done.since.map_or(who.first_seen, |s| s.min(who.first_seen)));
        if done.alias.is_empty() {
            done.alias = alias;
        }
    }
    let open = closing::open_editions(tx).await?;
    closing::close_finished(tx, &open, now).await?;
    Ok(done)
}

/// Empties a member's row; the pseudonym of the chain stays.
///
/// # Errors
/// The database failed.
pub(super) async fn forget(tx: &mut Tx, id: i64) -> Result<()> {
    query(
        "UPDATE members SET key = $2 || pseudonym, code = 'p-' || substr(pseudonym, 1, 12),
         name = 'p-' || substr(pseudonym, 1, 12), address = NULL, post = '', officer = NULL,
         official = 1, language = NULL, paused = 0, fault = NULL WHERE id = $1",
    )
    .bind(id)
    .bind(ERASED)
    .execute(&mut **tx)
    .await?;
    Ok(())
}

/// Of what a person was called, what is no listed member's too: two may share a name or a mailbox.
async fn own_words(tx: &mut Tx, who: &Person, called: &Called) -> Result<Called> {
    let mut own = called.clone();
    let rows = query("SELECT name, address FROM members WHERE left_at IS NULL AND id <> $1")
        .bind(who.id)
        .fetch_all(&mut **tx)
        .await?;
    for row in &rows {
        own.names.remove(row.try_get::<&str, _>(0)?);
        if let Some(address) = row.try_get::<Option<&str>, _>(1)? {
            own.addresses.remove(address);
        }
    }
    Ok(own)
}

/// Stops what waits; what was ever in doubt is held instead, and no more attempted.
async fn stop_waiting(tx: &mut Tx, id: i64) -> Result<u64> {
    let stopped = query(
        "UPDATE deliveries SET reply = 'left', next_attempt_at = NULL,
         state = CASE WHEN maybe_arrived = 1 THEN 'unknown' ELSE 'cancelled' END
         WHERE state IN ('pending', 'deferred') AND (member_id = $1
            OR (recipient_kind = 'member' AND recipient_id = $1))",
    )
    .bind(id)
    .execute(&mut **tx)
    .await?;
    query(
        "UPDATE deliveries SET next_attempt_at = NULL WHERE state = 'unknown' AND (member_id = $1
            OR (recipient_kind = 'member' AND recipient_id = $1))",
    )
    .bind(id)
    .execute(&mut **tx)
    .await?;
    Ok(stopped.rows_affected())
}

/// The person in the rows of its letters. A server's words may name it; our own never do.
async fn letters(tx: &mut Tx, id: i64, alias: &str) -> Result<u64> {
    query(
        "UPDATE attempts SET reply = NULL WHERE delivery_id IN (SELECT id FROM deliveries
         WHERE member_id = $1 OR (recipient_kind = 'member' AND recipient_id = $1))",
    )
    .bind(id)
    .execute(&mut **tx)
    .await?;
    let own = query(
        "UPDATE deliveries SET code = $2, name = $2, person = NULL, token = '', personal = '',
         address = CASE WHEN address = '' THEN '' ELSE $2 END,
         reply = CASE WHEN state = 'cancelled' OR attempts = 0 AND state = 'failed' THEN reply END
         WHERE recipient_kind = 'member' AND recipient_id = $1",
    )
    .bind(id)
    .bind(alias)
    .execute(&mut **tx)
    .await?;
    let as_officer = query(
        "UPDATE deliveries SET person = $2, address = $2, token = '',
         reply = CASE WHEN state = 'cancelled' OR attempts = 0 AND state = 'failed' THEN reply END
         WHERE recipient_kind = 'branch' AND member_id = $1",
    )
    .bind(id)
    .bind(alias)
    .execute(&mut **tx)
    .await?;
    Ok(own.rows_affected() + as_officer.rows_affected())
}

/// The person in letters to branches: in the table of those that list it, and everywhere in those
/// that went to it. One row of a table is one person, so a namesake keeps the other row.
async fn branch_letters(tx: &mut Tx, who: &Person, called: &Called, own: &Called) -> Result<u64> {
    let (mut listed, alias) = (0, who.alias());
    for (id, officer, waits, mut letter) in traces::branch_letters(tx, who, called).await? {
        if let Some(table) = &mut letter.table
            && let Some(at) =
                traces::row_of(table.rows.iter().map(|r| (&*r.name, &*r.post)), who, called)
        {
            listed += 1;
            if waits {
                // Nobody is to read a pseudonym in a letter.
                table.rows.remove(at);
            } else {
                let row = &mut table.rows[at];
                row.name.clone_from(&alias);
                row.post.clear();
            }
        }
        if officer && called.names.contains(&letter.to_name) {
            letter.to_name.clone_from(&alias);
        }
        if officer || own.addresses.contains(&letter.to_address) {
            letter.to_address.clone_from(&alias);
            letter.message_id.clone_from(&alias);
        }
        let personal = serde_json::to_string(&letter);
        let personal = personal.unwrap_or_else(|_| unreachable!("plain strings"));
        query("UPDATE deliveries SET personal = $2 WHERE id = $1")
            .bind(id)
            .bind(personal)
            .execute(&mut **tx)
            .await?;
    }
    Ok(listed)
}

/// An address that is nobody's who is listed: wherever else it stands.
async fn forget_address(tx: &mut Tx, address: &str, alias: &str) -> Result<()> {
    query("DELETE FROM addresses WHERE address = $1")
        .bind(address)
        .execute(&mut **tx)
        .await?;
    query("UPDATE branches SET mailbox = NULL WHERE mailbox = $1 AND left_at IS NOT NULL")
        .bind(address)
        .execute(&mut **tx)
        .await?;
    query("UPDATE members SET address = NULL WHERE address = $1 AND left_at IS NOT NULL")
        .bind(address)
        .execute(&mut **tx)
        .await?;
    query(
        "UPDATE deliveries SET address = $2, token = '',
         personal = CASE WHEN recipient_kind = 'branch' AND state NOT IN ('pending', 'deferred')
            THEN personal ELSE '' END
         WHERE address = $1",
    )
    .bind(address)
    .bind(alias)
    .execute(&mut **tx)
    .await?;
    let pattern = containing(&address.to_lowercase());
    for statement in [
        "UPDATE deliveries SET reply = NULL WHERE lower(reply) LIKE $1 ESCAPE '!'",
        "UPDATE attempts SET reply = NULL WHERE lower(reply) LIKE $1 ESCAPE '!'",
        "UPDATE editions SET why = NULL WHERE lower(why) LIKE $1 ESCAPE '!'",
    ] {
        query(statement).bind(&pattern).execute(&mut **tx).await?;
    }
    let rows = query("SELECT what, about, detail FROM attention")
        .fetch_all(&mut **tx)
        .await?;
    for row in &rows {
        let detail = replaced(row.try_get(2)?, address, alias);
        query("UPDATE attention SET detail = $3 WHERE what = $1 AND about = $2")
            .bind(row.try_get::<&str, _>(0)?)
            .bind(row.try_get::<&str, _>(1)?)
            .bind(detail)
            .execute(&mut **tx)
            .await?;
    }
    Ok(())
}

/// Empties the summaries to the office that name the person. What one told that is still waiting
/// is told again by the next.
async fn summaries(tx: &mut Tx, own: &Called) -> Result<u64> {
    let found = traces::summaries(tx, own).await?;
    for (bundle, edition) in &found {
        query("UPDATE bundles SET sheet = $2, stale = COALESCE(stale, 'erased') WHERE id = $1")
            .bind(bundle)
            // Bytes are bound, since the databases write them differently.
            .bind(Vec::<u8>::new())
            .execute(&mut **tx)
            .await?;
        query(
            "DELETE FROM summarised WHERE summary_id = $1 AND EXISTS (SELECT 1 FROM deliveries
             WHERE edition_id = $1 AND state IN ('pending', 'deferred'))",
        )
        .bind(edition.0)
        .execute(&mut **tx)
        .await?;
    }
    Ok(found.len() as u64)
}

/// Takes the person's words out of the events that have them. Answers how many.
async fn chain(tx: &mut Tx, own: &Called, alias: &str, now: DateTime<Utc>) -> Result<u64> {
    let found = traces::events(tx, own).await?;
    for (id, detail) in &found {
        let detail = traces::scrubbed(detail, own, alias);
        events::redact(tx, *id, &detail, now).await?;
    }
    Ok(found.len() as u64)
}

/// True where a person was ever called by one of these addresses: of the office's own, say.
///
/// # Errors
/// The database failed.
pub async fn is_called(tx: &mut Tx, id: i64, addresses: &[Address]) -> Result<bool> {
    for who in person::again(tx, id).await? {
        let called = person::called(tx, &who).await?;
        if addresses
            .iter()
            .any(|a| called.addresses.contains(a.as_str()))
        {
            return Ok(true);
        }
    }
    Ok(false)
}
