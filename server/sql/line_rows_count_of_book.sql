SELECT COUNT(DISTINCT row_key) AS n
FROM line
WHERE station_id = $1 AND book = $2
