SELECT COUNT(*) AS n
FROM search
WHERE station_id = $1
