SELECT COUNT(*) AS n
FROM fork
WHERE station_id = $1
