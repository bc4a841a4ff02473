-- The first entry that was received at a moment or later.
SELECT COALESCE(MIN(idx), 9223372036854775807) AS idx
FROM entry
WHERE station_id = $1 AND received_at >= $2
