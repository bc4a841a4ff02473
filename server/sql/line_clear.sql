DELETE FROM line
WHERE station_id = $1
