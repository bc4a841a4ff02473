SELECT field, target
FROM link
WHERE station_id = $1 AND record = $2
ORDER BY field, target
