-- Of which matters the office was told by mail, and when: each is told of once. A matter is a digest
-- of its word and of what it is about, since a file's name must not outlive the matter itself.
CREATE TABLE told_matters (
    matter  TEXT PRIMARY KEY,
    told_at INTEGER NOT NULL
);
