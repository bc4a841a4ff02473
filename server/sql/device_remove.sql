UPDATE device
SET removed = TRUE
WHERE station_id = $1 AND device = $2
