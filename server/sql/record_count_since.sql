SELECT COUNT(*) AS n
FROM record
WHERE station_id = $1 AND updated_entry >= $2 AND created_entry >= $2
