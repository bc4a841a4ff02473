DELETE FROM number
WHERE station_id = $1
