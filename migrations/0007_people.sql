-- Marks of persons who were erased: keyed digests of what a member is known by. One who stands in
-- the roster again is held until the office decides.
CREATE TABLE erased (
    mark TEXT PRIMARY KEY
);

-- When the persons in an edition's letters were pseudonymised because the period had passed.
ALTER TABLE editions ADD COLUMN pruned_at INTEGER;
