DELETE FROM change
WHERE station_id = $1
