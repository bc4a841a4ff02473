DELETE FROM record
WHERE station_id = $1
