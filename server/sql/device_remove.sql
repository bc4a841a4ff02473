-- Only its own officer ends a device by enrolling another in its place.
UPDATE device
SET removed_seq = last_seq
WHERE station_id = $1 AND device = $2 AND person = $3 AND removed_seq IS NULL
