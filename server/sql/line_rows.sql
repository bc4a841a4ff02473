-- The keys of the rows that the lines of some days fold into.
SELECT row_key
FROM line
WHERE station_id = $1 AND book = $2 AND day >= $3 AND day <= $4
GROUP BY row_key
ORDER BY MIN(day), MIN(sort), row_key
LIMIT $5 OFFSET $6
