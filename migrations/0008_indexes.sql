-- Every letter moves twice through each index by state; `deliveries_by_state` alone serves, by way
-- of the editions.
DROP INDEX deliveries_live;

-- What waits for its time, by edition: a turn must not read all that is put off to learn that
-- nothing is due.
DROP INDEX deliveries_waiting;
CREATE INDEX deliveries_waiting ON deliveries (edition_id, next_attempt_at)
    WHERE state IN ('deferred', 'unknown');

-- An edition's letters in the order of their ids, which is how all of them are read page by page:
-- through another index every page would read and sort all that are left.
CREATE INDEX deliveries_by_edition ON deliveries (edition_id);
