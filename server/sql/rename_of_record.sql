SELECT old_name, new_name
FROM rename
WHERE station_id = $1 AND record = $2
ORDER BY old_name
