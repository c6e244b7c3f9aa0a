-- Copies made of this ledger, so that a purge can name those which still hold what it removes.
CREATE TABLE backups (
    file    TEXT PRIMARY KEY,
    made_at INTEGER NOT NULL
);
