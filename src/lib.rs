//! phobien makes official documents known: it reads what an office drops into a folder, mails it
//! to every branch and member on schedule, once, and keeps the proof. This file is the map; it
//! owns nothing but the order of the floors, and `tests/it/tidy.rs` reads the floors from here.
//!
//! A name may be used only by floors above its own; floors 1 and 2 have no arrows inside.

// floor 0: words. No IO, no async, no clock.
/// The life of one message: states, events, outcomes, retries, Message-ID.
pub mod delivery;
/// What a document is: symbol, type, marks, identity, disposition, versions.
pub mod document;
/// One occurrence of a schedule; bundles; composing from what is owed.
pub mod edition;
/// Committee, branches, members, addresses; who an audience is.
pub mod organisation;
/// Cron, zone and holidays make due slots; catch-up, merging, skipping.
pub mod schedule;
/// Vietnamese spelling: normal forms, comparison, what a syllable is.
pub mod spelling;

// floor 1: translators. Pure; no arrows inside the floor.
/// The configuration file's text becomes meaning once, all faults at once.
pub mod config;
/// Bytes become pages of text.
pub mod extract;
/// An edition and a recipient become MIME bytes.
pub mod letter;
/// Text and file name become facts with their source; secrecy marks.
pub mod recognise;
/// Mail that came back becomes what it says of a letter.
pub mod returned;
/// A typed list of people becomes an organisation and its faults.
pub mod roster;
/// Rows of a report become CSV, XLSX or a page to print.
pub mod table;

// floor 2: ports. One outside resource each; no arrows inside the floor.
/// The wire: the only SMTP.
pub mod courier;
/// The folder: which files are complete, reading them safely, moving them aside.
pub mod inbox;
/// The database: the only SQL.
pub mod ledger;
/// The office's mailbox: the only IMAP.
pub mod mailbox;
/// Extraction in a limited child process.
pub mod sandbox;

// floor 3: steps. What happens, in order; idempotent; `now` is an argument.
/// Mail that came back becomes bounces and confirmations on record.
pub mod collect;
/// Queued deliveries become letters on the wire and outcomes on record.
pub mod deliver;
/// Files become documents, rosters become recipients on record.
pub mod ingest;
/// What is owed becomes a frozen edition with its deliveries.
pub mod publish;

// floor 4: shells. Who asks.
/// The commands: ask one step, show the answer.
pub mod cli;
/// Timers, signals, drain, readiness; the only `now()`.
pub mod daemon;
