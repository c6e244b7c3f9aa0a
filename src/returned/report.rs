//! Owns delivery reports in the form that was agreed on (RFC 3464): fields, groups, actions. It
//! refuses to guess at words that stand beside the form.

use super::open::{Opened, unfolded};
use super::{Reading, judge, kept, open};
use crate::delivery::Class;

/// Header fields: names in lower case, values on one line.
pub(super) type Fields = Vec<(String, String)>;

/// Recipients in one report.
const GROUPS_MAX: usize = 100;
/// Fields of one of them.
const FIELDS_MAX: usize = 60;

/// The value of the first field of a name.
pub(super) fn field<'f>(fields: &'f [(String, String)], name: &str) -> Option<&'f str> {
    let found = fields.iter().find(|(known, _)| known == name);
    found.map(|(_, value)| value.as_str())
}

/// `rfc822; a@b.vn`, `<a@b.vn>` or `a@b.vn` as the address, xtext undone.
pub(super) fn address(value: &str) -> String {
    let address = value.split_once(';').map_or(value, |(_, address)| address);
    let address = address.trim().trim_matches(['<', '>', '"', ' ']);
    open::cut(&xtext(address), 320)
}

/// RFC 3461 §4: `+2B` is a plus sign. What is no such code stays.
pub(super) fn xtext(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find('+') {
        out.push_str(&rest[..at]);
        let code = rest.get(at + 1..at + 3).filter(|hex| {
            let is_hex = |b: u8| b.is_ascii_digit() || (b'A'..=b'F').contains(&b);
            hex.bytes().all(is_hex)
        });
        let byte = code.and_then(|hex| u8::from_str_radix(hex, 16).ok());
        match byte.filter(|byte| matches!(byte, b'!'..=b'~')) {
            Some(byte) => {
                out.push(char::from(byte));
                rest = &rest[at + 3..];
            }
            None => {
                out.push('+');
                rest = &rest[at + 1..];
            }
        }
    }
    out.push_str(rest);
    out
}

/// Fields up to the first empty line that follows one.
pub(super) fn fields(text: &str) -> Fields {
    groups(text).into_iter().next().unwrap_or_default()
}

/// The groups of fields in a report, parted by empty lines.
fn groups(text: &str) -> Vec<Fields> {
    let mut groups: Vec<Fields> = Vec::new();
    let mut open = false;
    for line in text.lines() {
        let line = line.trim_end();
        if line.is_empty() {
            open = false;
            continue;
        }
        if line.starts_with([' ', '\t']) {
            if let Some((_, value)) = groups.last_mut().and_then(|group| group.last_mut()) {
                *value = unfolded(&format!("{value} {line}"));
            }
            continue;
        }
        let Some((name, value)) = line.split_once(':') else {
            continue;
        };
        let name = name.trim().to_ascii_lowercase();
        // Some leave out the empty line between two recipients.
        let again = name == "final-recipient"
            && groups
                .last()
                .is_some_and(|group| field(group, &name).is_some());
        if !open || again {
            if groups.len() == GROUPS_MAX {
                break;
            }
            groups.push(Fields::new());
            open = true;
        }
        if let Some(group) = groups.last_mut().filter(|group| group.len() < FIELDS_MAX) {
            group.push((name, unfolded(value)));
        }
    }
    groups
}

/// All delivery reports of a message.
pub(super) struct Report {
    /// Groups without a recipient: about the message.
    pub(super) message: Vec<Fields>,
    recipients: Vec<Fields>,
}

impl Report {
    pub(super) fn read(opened: &Opened) -> Self {
        let all = opened.reports.iter().flat_map(|text| groups(text));
        let (recipients, message) = all.partition(|group| {
            let has = |name: &str| field(group, name).is_some();
            has("final-recipient") || has("original-recipient") || has("action") || has("status")
        });
        Self {
            message,
            recipients,
        }
    }

    /// Every field, about whomever.
    pub(super) fn all(&self) -> impl Iterator<Item = &(String, String)> {
        self.message.iter().chain(&self.recipients).flatten()
    }

    /// What the reports say; none where they say nothing that was agreed on. Of several recipients
    /// the one the letter was for counts, else the best that became of any: one letter went to one
    /// address, and what a list behind it did with it is the list's matter.
    pub(super) fn reading(&self, opened: &Opened) -> Option<Reading> {
        let to = field(&opened.original, "to").map(str::to_ascii_lowercase);
        let is_meant = |group: &Fields| {
            let names = ["original-recipient", "final-recipient"];
            let named = names.iter().filter_map(|name| field(group, name));
            let mut named = named.map(|value| address(value).to_ascii_lowercase());
            to.as_ref()
                .is_some_and(|to| named.any(|name| to.contains(&name)))
        };
        let said = |group| one(group, opened);
        let meant = self.recipients.iter().filter(|group| is_meant(group));
        let found = meant
            .filter_map(said)
            .min_by_key(|reading| badness(reading.class));
        found.or_else(|| {
            let all = self.recipients.iter().filter_map(said);
            all.min_by_key(|reading| badness(reading.class))
        })
    }
}

/// The less it claims, the surer it is.
fn badness(class: Class) -> u8 {
    match class {
        Class::Delivered => 0,
        Class::Delayed => 1,
        Class::Soft => 2,
        _ => 3,
    }
}

/// What a report says of one recipient.
fn one(group: &Fields, opened: &Opened) -> Option<Reading> {
    let said = field(group, "diagnostic-code").unwrap_or_default();
    let said = said.split_once(';').map_or(said, |(_, said)| said).trim();
    let status = field(group, "status").and_then(judge::enhanced);
    let action = field(group, "action")
        .unwrap_or_default()
        .to_ascii_lowercase();
    let verdict = judge::judge(status, said);
    let class = match action.split([' ', '(', ';']).next().unwrap_or_default() {
        "failed" | "failure" => match verdict.class {
            // Exchange reports what nobody there could place without a word of why.
            Class::Soft if said.is_empty() => judge::judge(status, &opened.text).class,
            class => class,
        },
        "delayed" => Class::Delayed,
        "delivered" | "relayed" | "expanded" => Class::Delivered,
        _ => match status.map(|status| status.class) {
            Some(2) => Class::Delivered,
            Some(4) => Class::Delayed,
            Some(_) => verdict.class,
            None => return None,
        },
    };
    let recipient = [
        "original-recipient",
        "final-recipient",
        "x-actual-recipient",
    ];
    let recipient = recipient.iter().find_map(|name| field(group, name));
    Some(Reading {
        recipient: recipient
            .map(address)
            .filter(|address| address.contains('@')),
        status: verdict.status.map(|status| status.to_string()),
        words: kept(said),
        ..Reading::of(class)
    })
}
