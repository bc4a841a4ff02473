-- How many rows the lines of some days fold into.
SELECT COUNT(DISTINCT row_key) AS n
FROM line
WHERE station_id = $1 AND book = $2 AND day >= $3 AND day <= $4
