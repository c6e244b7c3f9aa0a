-- Every letter moves twice through each index by state; `deliveries_by_state` alone serves, by way
-- of the editions. What waits for its time is found by edition and time: a turn must not read
-- all that is put off to learn that nothing is due.
DROP INDEX deliveries_live;
DROP INDEX deliveries_waiting;
CREATE INDEX deliveries_waiting ON deliveries (edition_id, next_attempt_at)
    WHERE state IN ('deferred', 'unknown');
