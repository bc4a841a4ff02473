UPDATE station
SET name = $2
WHERE station_id = $1
