-- Whoever leaves a station leaves it with all devices.
UPDATE device
SET removed_seq = last_seq
WHERE station_id = $1 AND person = $2 AND removed_seq IS NULL
