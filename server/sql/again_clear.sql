DELETE FROM again WHERE station_id = $1
