SELECT COALESCE(MAX(n), 0) AS n
FROM number
WHERE station_id = $1 AND book = $2 AND year = $3
