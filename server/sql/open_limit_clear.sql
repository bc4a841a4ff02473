DELETE FROM open_limit
WHERE station_id = $1
