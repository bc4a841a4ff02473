UPDATE device
SET last_seen = $3, clock_offset_ms = $4, seen_index = $5, waiting = $6
WHERE station_id = $1 AND device = $2
