-- The ledger: one state to back up. Times are milliseconds since 1970 UTC, dates are YYYY-MM-DD,
-- yes and no are 1 and 0, words are those of floor 0. docs/ledger.md describes every table.

CREATE TABLE meta (
    name  TEXT PRIMARY KEY,
    value TEXT NOT NULL
);

-- The bytes of accepted and waiting documents, once each.
CREATE TABLE blobs (
    sha256 TEXT PRIMARY KEY,
    size   INTEGER NOT NULL,
    bytes  BYTEA NOT NULL
);

-- Page 1 of a stored document as a small picture. It goes with the bytes.
CREATE TABLE covers (
    sha256 TEXT PRIMARY KEY REFERENCES blobs (sha256) ON DELETE CASCADE,
    png    BYTEA NOT NULL
);

-- Document versions. Nothing of a document with a secrecy mark ever stands here.
CREATE TABLE documents (
    id            INTEGER PRIMARY KEY,
    chain         INTEGER NOT NULL,
    identity      TEXT,
    file          TEXT NOT NULL,
    folder        TEXT,
    format        TEXT NOT NULL,
    pages         INTEGER,
    size          INTEGER NOT NULL,
    sha256        TEXT NOT NULL,
    fingerprint   TEXT,
    symbol        TEXT,
    symbol_key    TEXT,
    issued_on     TEXT,
    facts         TEXT NOT NULL,
    text_source   TEXT NOT NULL,
    trusted       INTEGER NOT NULL,
    disposition   TEXT NOT NULL,
    reason        TEXT,
    detail        TEXT,
    standing      TEXT NOT NULL,
    audience      TEXT NOT NULL,
    due_on        TEXT,
    urgency       TEXT,
    duplicate_of  INTEGER REFERENCES documents (id),
    supersedes    INTEGER REFERENCES documents (id),
    annex_of      INTEGER REFERENCES documents (id),
    first_seen_at INTEGER NOT NULL,
    accepted_at   INTEGER,
    urgent_done   INTEGER NOT NULL DEFAULT 0
);
CREATE INDEX documents_by_sha256 ON documents (sha256);
CREATE INDEX documents_by_identity ON documents (identity);
CREATE INDEX documents_by_standing ON documents (standing);

-- What was seen where in the folder, so that a file is read once and reported once.
CREATE TABLE sightings (
    path        TEXT PRIMARY KEY,
    size        INTEGER NOT NULL,
    modified_at INTEGER NOT NULL,
    inode       INTEGER NOT NULL,
    file        TEXT NOT NULL,
    format      TEXT NOT NULL,
    secrecy     TEXT,
    disposition TEXT NOT NULL,
    reason      TEXT,
    detail      TEXT,
    document_id INTEGER REFERENCES documents (id),
    seen_at     INTEGER NOT NULL,
    sidecar     TEXT
);

CREATE TABLE branches (
    id            INTEGER PRIMARY KEY,
    code          TEXT NOT NULL UNIQUE,
    name          TEXT NOT NULL,
    name_key      TEXT NOT NULL UNIQUE,
    mailbox       TEXT,
    first_seen_at INTEGER NOT NULL,
    left_at       INTEGER,
    reading       INTEGER NOT NULL
);

-- Members as the roster last gave them. `key` is by what a member is known again; `reading` is the
-- number of the roster reading that last held the row; `paused` is 1 where the roster says so, 2
-- where the office said so here, 3 for both.
CREATE TABLE members (
    id            INTEGER PRIMARY KEY,
    key           TEXT NOT NULL UNIQUE,
    code          TEXT,
    name          TEXT NOT NULL,
    address       TEXT,
    branch_id     INTEGER NOT NULL REFERENCES branches (id),
    post          TEXT NOT NULL,
    officer       TEXT,
    official      INTEGER NOT NULL,
    language      TEXT,
    paused        INTEGER NOT NULL,
    fault         TEXT,
    pseudonym     TEXT NOT NULL,
    first_seen_at INTEGER NOT NULL,
    left_at       INTEGER,
    reading       INTEGER NOT NULL
);
CREATE INDEX members_by_branch ON members (branch_id);

-- Hard failures by address. Two from different editions hold it.
CREATE TABLE addresses (
    address      TEXT PRIMARY KEY,
    failures     INTEGER NOT NULL,
    last_edition INTEGER NOT NULL,
    held_at      INTEGER
);

-- Since when the ledger knows a schedule as it is configured: it has no slots before.
CREATE TABLE schedules (
    name  TEXT NOT NULL,
    cron  TEXT NOT NULL,
    zone  TEXT NOT NULL,
    since INTEGER NOT NULL,
    PRIMARY KEY (name, cron, zone)
);

-- One occurrence of a schedule. UNIQUE (schedule, nominal_at) is what makes wake-ups mere hints.
CREATE TABLE editions (
    id         INTEGER PRIMARY KEY,
    schedule   TEXT NOT NULL,
    nominal_at INTEGER NOT NULL,
    due_at     INTEGER NOT NULL,
    state      TEXT NOT NULL,
    late       INTEGER NOT NULL,
    urgent     INTEGER NOT NULL,
    why        TEXT,
    envelope   TEXT NOT NULL,
    total      INTEGER NOT NULL DEFAULT 0,
    created_at INTEGER NOT NULL,
    closed_at  INTEGER,
    UNIQUE (schedule, nominal_at)
);
CREATE INDEX editions_by_state ON editions (state);

-- What a letter carries. `sheet` is the finished message with named holes; `stale` says why it
-- must not go any more.
CREATE TABLE bundles (
    id         INTEGER PRIMARY KEY,
    edition_id INTEGER NOT NULL REFERENCES editions (id),
    kind       TEXT NOT NULL,
    language   TEXT NOT NULL,
    sheet      BYTEA NOT NULL,
    stale      TEXT
);
CREATE INDEX bundles_by_edition ON bundles (edition_id);

CREATE TABLE bundle_documents (
    bundle_id   INTEGER NOT NULL REFERENCES bundles (id),
    position    INTEGER NOT NULL,
    document_id INTEGER NOT NULL REFERENCES documents (id),
    note        TEXT NOT NULL,
    PRIMARY KEY (bundle_id, position)
);
CREATE INDEX bundle_documents_by_document ON bundle_documents (document_id);

-- One row a letter: the record of who was sent what. `personal` fills the sheet's holes.
CREATE TABLE deliveries (
    id               INTEGER PRIMARY KEY,
    edition_id       INTEGER NOT NULL REFERENCES editions (id),
    bundle_id        INTEGER NOT NULL REFERENCES bundles (id),
    recipient_kind   TEXT NOT NULL,
    recipient_id     INTEGER NOT NULL,
    member_id        INTEGER,
    branch_id        INTEGER,
    code             TEXT,
    name             TEXT NOT NULL,
    person           TEXT,
    address          TEXT NOT NULL,
    generation       INTEGER NOT NULL,
    token            TEXT NOT NULL,
    personal         TEXT NOT NULL,
    state            TEXT NOT NULL,
    attempts         INTEGER NOT NULL DEFAULT 0,
    doubts           INTEGER NOT NULL DEFAULT 0,
    maybe_arrived    INTEGER NOT NULL DEFAULT 0,
    first_attempt_at INTEGER,
    last_attempt_at  INTEGER,
    first_reply_at   INTEGER,
    next_attempt_at  INTEGER,
    reply_code       INTEGER,
    reply            TEXT,
    replaced_by      INTEGER,
    UNIQUE (edition_id, recipient_kind, recipient_id, address, generation)
);
CREATE INDEX deliveries_by_state ON deliveries (edition_id, state);
CREATE INDEX deliveries_by_recipient ON deliveries (recipient_kind, recipient_id);
CREATE INDEX deliveries_by_address ON deliveries (address);
CREATE INDEX deliveries_by_branch ON deliveries (branch_id);
CREATE INDEX deliveries_waiting ON deliveries (next_attempt_at)
    WHERE state IN ('deferred', 'unknown');
CREATE INDEX deliveries_live ON deliveries (state, edition_id)
    WHERE state IN ('pending', 'sending', 'deferred', 'unknown');

-- The attempts that did not end in `sent`; the one that did is the delivery's own row.
CREATE TABLE attempts (
    delivery_id INTEGER NOT NULL REFERENCES deliveries (id),
    at          INTEGER NOT NULL,
    outcome     TEXT NOT NULL,
    reply_code  INTEGER,
    reply       TEXT
);
CREATE INDEX attempts_by_delivery ON attempts (delivery_id);

-- Append-only, hash-chained: decisions of persons, closed editions. Never names or addresses.
CREATE TABLE events (
    id       INTEGER PRIMARY KEY,
    at       INTEGER NOT NULL,
    kind     TEXT NOT NULL,
    subject  TEXT NOT NULL,
    detail   TEXT NOT NULL,
    previous TEXT NOT NULL,
    hash     TEXT NOT NULL
);

-- What needs a person, until it is cleared.
CREATE TABLE attention (
    what   TEXT NOT NULL,
    about  TEXT NOT NULL,
    detail TEXT NOT NULL,
    since  INTEGER NOT NULL,
    PRIMARY KEY (what, about)
);
