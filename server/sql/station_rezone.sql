UPDATE station
SET zone_minutes = $2
WHERE station_id = $1
