DELETE FROM link
WHERE station_id = $1
