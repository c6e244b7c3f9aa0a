-- How far a mailbox was read over IMAP: its numbers count only under their validity (RFC 3501
-- §2.3.1.1).
CREATE TABLE mailboxes (
    name     TEXT PRIMARY KEY,
    validity INTEGER NOT NULL,
    last_uid INTEGER NOT NULL,
    read_at  INTEGER NOT NULL
);

-- Which files of a Maildir were read, while they lie there.
CREATE TABLE mailbox_files (
    mailbox TEXT NOT NULL,
    file    TEXT NOT NULL,
    PRIMARY KEY (mailbox, file)
);

-- What came back for a letter, by kind, and when first. Never what was written: that stays in the
-- mailbox.
CREATE TABLE returns (
    delivery_id INTEGER NOT NULL REFERENCES deliveries (id),
    class       TEXT NOT NULL,
    status      TEXT,
    at          INTEGER NOT NULL,
    PRIMARY KEY (delivery_id, class)
);
CREATE INDEX returns_hard ON returns (delivery_id) WHERE class = 'hard';
