SELECT COUNT(*) AS n
FROM record
WHERE station_id = $1
