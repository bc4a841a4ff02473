SELECT
    book, record, row_key, day, officer, sort, cells
FROM line
WHERE station_id = $1 AND book = $2 AND day >= $3 AND day <= $4
ORDER BY day, sort, record, row_key
