-- The device's log grew by intake.
UPDATE device
SET last_seq = $3, last_hash = $4, last_seen = $5
WHERE station_id = $1 AND device = $2
