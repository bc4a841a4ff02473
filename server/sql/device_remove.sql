UPDATE device
SET removed_seq = last_seq
WHERE station_id = $1 AND device = $2
