SELECT row_key
FROM line
WHERE station_id = $1 AND book = $2
GROUP BY row_key
ORDER BY MIN(place), MIN(sort), row_key
LIMIT $3 OFFSET $4
