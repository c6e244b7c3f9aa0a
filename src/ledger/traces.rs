//! Owns where else on record a person is named: tables of branch letters, summaries to the office,
//! the words of events. It refuses to change any of it.

use serde_json::Value;
use sqlx::{Row, query};

use super::person::{Called, Person};
use super::{LedgerError, Result, Tx};
use crate::edition::EditionId;
use crate::letter::{Personal, Sheet};

/// Branch letters read at a time.
const PAGE: i64 = 200;

/// A text as the middle of a LIKE pattern with `!` as its escape.
pub(super) fn containing(text: &str) -> String {
    let mut pattern = String::from("%");
    for c in text.chars() {
        if matches!(c, '!' | '%' | '_') {
            pattern.push('!');
        }
        pattern.push(c);
    }
    pattern.push('%');
    pattern
}

/// Which row of a branch's table is the person's: of several of its name the one of its post.
pub(super) fn row_of<'r>(
    rows: impl Iterator<Item = (&'r str, &'r str)>,
    who: &Person,
    called: &Called,
) -> Option<usize> {
    let named = rows
        .enumerate()
        .filter(|(_, (name, _))| called.names.contains(*name));
    let named: Vec<_> = named.collect();
    let of_post = named.iter().find(|(_, (_, post))| *post == who.post);
    of_post.or(named.first()).map(|(at, _)| *at)
}

/// A letter to a branch: its id, whether it went to the person as an officer, whether it waits, and
/// its personal part.
pub(super) type BranchLetter = (i64, bool, bool, Personal);

/// The letters to branches that name the person or went to it.
pub(super) async fn branch_letters(
    tx: &mut Tx,
    who: &Person,
    called: &Called,
) -> Result<Vec<BranchLetter>> {
    let mut found: Vec<BranchLetter> = Vec::new();
    for text in called.names.iter().chain(&called.addresses) {
        let quoted = Value::from(text.as_str()).to_string();
        let pattern = containing(quoted.trim_matches('"'));
        let mut after = 0_i64;
        loop {
            let rows = query(
                "SELECT id, member_id, state, personal FROM deliveries
                 WHERE recipient_kind = 'branch' AND id > $1 AND personal LIKE $2 ESCAPE '!'
                 ORDER BY id LIMIT $3",
            )
            .bind(after)
            .bind(&pattern)
            .bind(PAGE)
            .fetch_all(&mut **tx)
            .await?;
            let Some(last) = rows.last() else { break };
            after = last.try_get(0)?;
            for row in &rows {
                let id: i64 = row.try_get(0)?;
                let officer = row.try_get::<Option<i64>, _>(1)? == Some(who.id);
                let state: &str = row.try_get(2)?;
                let waits = !officer && matches!(state, "pending" | "deferred");
                let letter = serde_json::from_str(row.try_get(3)?);
                let letter: Personal = letter.map_err(|_| LedgerError::Altered {
                    table: "deliveries",
                    id: id.to_string(),
                    value: "a personal part that cannot be read".into(),
                })?;
                if !found.iter().any(|(known, ..)| *known == id) {
                    found.push((id, officer, waits, letter));
                }
            }
        }
    }
    Ok(found)
}

/// The summaries that name a person: by its code, where it has one, else by its name.
pub(super) async fn summaries(tx: &mut Tx, called: &Called) -> Result<Vec<(i64, EditionId)>> {
    let rows = query(
        "SELECT b.id, b.edition_id FROM bundles b JOIN editions e ON e.id = b.edition_id
         WHERE e.purpose = 'summary' AND length(b.sheet) > 0 ORDER BY b.id",
    )
    .fetch_all(&mut **tx)
    .await?;
    let mut found = Vec::new();
    for row in &rows {
        let bundle: i64 = row.try_get(0)?;
        let stored = query("SELECT sheet FROM bundles WHERE id = $1")
            .bind(bundle)
            .fetch_one(&mut **tx)
            .await?;
        let altered = || LedgerError::Altered {
            table: "bundles",
            id: bundle.to_string(),
            value: "a sheet that cannot be read".into(),
        };
        let sheet = Sheet::from_bytes(stored.try_get(0)?).map_err(|_| altered())?;
        let nobody = Personal {
            to_name: String::new(),
            to_address: String::new(),
            message_id: String::new(),
            salutation: String::new(),
            table: None,
        };
        let text = sheet.text(&nobody).map_err(|_| altered())?;
        // Lines are folded in the text.
        let text: Vec<&str> = text.split_whitespace().collect();
        let text = text.join(" ");
        let codes = called.codes.iter().map(|code| format!(", {code}:"));
        let names = called
            .names
            .iter()
            .map(|name| name.chars().take(40).collect());
        let mut words = codes.chain(names).chain(called.addresses.iter().cloned());
        if words.any(|word: String| text.contains(&word)) {
            found.push((bundle, EditionId(row.try_get(1)?)));
        }
    }
    Ok(found)
}

/// The events whose words name a person: who decided, or an address.
pub(super) async fn events(tx: &mut Tx, called: &Called) -> Result<Vec<(i64, Value)>> {
    let mut found: Vec<(i64, Value)> = Vec::new();
    // In whatever case: databases know no capitals but those of ASCII, so all decisions are read.
    let decided = "%\"by\":\"_%".to_owned();
    let addresses = called.addresses.iter().map(|address| containing(address));
    for pattern in std::iter::once(decided).chain(addresses) {
        let rows = query(
            "SELECT id, kind, detail FROM events WHERE lower(detail) LIKE lower($1) ESCAPE '!'
             ORDER BY id",
        )
        .bind(pattern)
        .fetch_all(&mut **tx)
        .await?;
        for row in &rows {
            let id: i64 = row.try_get(0)?;
            let detail: Option<Value> = serde_json::from_str(row.try_get(2)?).ok();
            let Some(detail) = detail else { continue };
            let named = scrubbed(&detail, called, "") != detail;
            if named
                && super::events::may_be_redacted(row.try_get(1)?)
                && !found.iter().any(|(known, _)| *known == id)
            {
                found.push((id, detail));
            }
        }
    }
    Ok(found)
}

/// The detail of an event without a person's words.
pub(super) fn scrubbed(detail: &Value, own: &Called, alias: &str) -> Value {
    let Value::Object(fields) = detail else {
        return detail.clone();
    };
    let scrub = |(name, value): (&String, &Value)| {
        let value = match value {
            // Names stand where somebody decided; elsewhere they are a document's words.
            Value::String(text) if name == "by" => Value::from(without(text, own, alias)),
            Value::String(text) => {
                let text = own
                    .addresses
                    .iter()
                    .fold(text.clone(), |t, a| replaced(&t, a, alias));
                Value::from(text)
            }
            other => other.clone(),
        };
        (name.clone(), value)
    };
    Value::Object(fields.iter().map(scrub).collect())
}

/// The text without a person's names and addresses.
pub(super) fn without(text: &str, own: &Called, alias: &str) -> String {
    let words = own.names.iter().chain(&own.addresses);
    words.fold(text.to_owned(), |text, word| replaced(&text, word, alias))
}

/// The text with every `word` in it replaced, in whatever case.
pub(super) fn replaced(text: &str, word: &str, with: &str) -> String {
    let low = |text: &str| -> Vec<(usize, char)> {
        let letters = text.char_indices();
        let low = |(at, c): (usize, char)| c.to_lowercase().map(move |low| (at, low));
        letters.flat_map(low).collect()
    };
    let (letters, word) = (low(text), low(word));
    let (mut out, mut from, mut at) = (String::with_capacity(text.len()), 0, 0);
    while let Some(here) = letters
        .get(at..at + word.len())
        .filter(|_| !word.is_empty())
    {
        if here.iter().zip(&word).any(|(one, other)| one.1 != other.1) {
            at += 1;
            continue;
        }
        out.push_str(&text[from..here[0].0]);
        out.push_str(with);
        at += word.len();
        from = letters.get(at).map_or(text.len(), |(at, _)| *at);
    }
    out.push_str(&text[from..]);
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pattern_means_its_text() {
        assert_eq!(containing("a_b%c!"), "%a!_b!%c!!%");
    }

    #[test]
    fn words_are_replaced_in_whatever_case() {
        let text = "550 5.1.1 <Quy@Mot.Example> unknown: quy@mot.example";
        let told = "550 5.1.1 <p-1> unknown: p-1";
        assert_eq!(replaced(text, "quy@mot.example", "p-1"), told);
        assert_eq!(replaced("a", "", "b"), "a");
        assert_eq!(replaced("TRẦN QUÝ, VP", "Trần Quý", "p-1"), "p-1, VP");
        assert_eq!(
            replaced("đ/c Trần Quý, VP", "Trần Quý", "p-1"),
            "đ/c p-1, VP"
        );
    }

    #[test]
    fn only_who_decided_is_a_persons_name_in_an_event() {
        let own = Called {
            names: ["Trần Quý".to_owned()].into(),
            addresses: ["q@a.vn".to_owned()].into(),
            ..Called::default()
        };
        let detail = serde_json::json!({
            "by": "Trần Quý (VP)", "file": "Trần Quý.pdf", "to": "Q@a.vn", "letters": 3
        });
        let told = serde_json::json!({
            "by": "p-1 (VP)", "file": "Trần Quý.pdf", "to": "p-1", "letters": 3
        });
        assert_eq!(scrubbed(&detail, &own, "p-1"), told);
    }
}
