SELECT
    book, record, row_key, day, officer, sort, cells
FROM line
WHERE station_id = $1 AND book = $2 AND row_key = $3
    AND COALESCE(day, '') >= $4 AND COALESCE(day, '') <= $5
ORDER BY day, sort, record
LIMIT $6
