SELECT COUNT(*) AS n
FROM change
WHERE station_id = $1
