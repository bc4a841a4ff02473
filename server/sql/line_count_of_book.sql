SELECT COUNT(*) AS n
FROM line
WHERE station_id = $1 AND book = $2
