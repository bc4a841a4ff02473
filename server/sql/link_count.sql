SELECT COUNT(*) AS n
FROM link
WHERE station_id = $1
