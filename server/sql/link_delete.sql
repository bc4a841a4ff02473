DELETE FROM link
WHERE station_id = $1 AND record = $2
