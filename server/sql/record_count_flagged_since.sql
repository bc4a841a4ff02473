SELECT COUNT(*) AS n
FROM record
WHERE station_id = $1 AND updated_entry >= $3 AND created_entry >= $3 AND (flags & $2) <> 0
