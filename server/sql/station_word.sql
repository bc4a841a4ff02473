UPDATE station
SET word = $2
WHERE station_id = $1
