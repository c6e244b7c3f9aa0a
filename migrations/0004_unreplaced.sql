-- Letters that were cancelled because what they carried went stale, and that nothing made up for:
-- asked at every turn, so it must not grow with the years.
CREATE INDEX deliveries_unreplaced ON deliveries (edition_id)
    WHERE state = 'cancelled' AND replaced_by IS NULL AND reply IN ('withdrawn', 'superseded');
