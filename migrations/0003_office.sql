-- What an edition is for: documents, or a summary of what happened to the office.
ALTER TABLE editions ADD COLUMN purpose TEXT NOT NULL DEFAULT 'documents';

-- Which end, or pause, of which edition the office was told of, and by which summary: once each.
CREATE TABLE summarised (
    edition_id INTEGER NOT NULL REFERENCES editions (id),
    state      TEXT NOT NULL,
    summary_id INTEGER NOT NULL REFERENCES editions (id),
    PRIMARY KEY (edition_id, state)
);
CREATE INDEX editions_by_end ON editions (closed_at);

-- Until when the letters of a bundle ask to be confirmed (YYYY-MM-DD); none: they do not ask.
ALTER TABLE bundles ADD COLUMN confirm_by TEXT;

-- Who confirmed to have studied which version, and how; the first word of it counts.
CREATE TABLE confirmations (
    recipient_kind TEXT NOT NULL,
    recipient_id   INTEGER NOT NULL,
    document_id    INTEGER NOT NULL REFERENCES documents (id),
    confirmed_at   INTEGER NOT NULL,
    means          TEXT NOT NULL,
    PRIMARY KEY (recipient_kind, recipient_id, document_id)
);

-- Replies name their letter by its token.
CREATE INDEX deliveries_by_token ON deliveries (token);
