UPDATE device
SET frozen = $3
WHERE station_id = $1 AND device = $2
