SELECT
    book, year, n, record, step, at, text
FROM number
WHERE station_id = $1 AND book = $2
ORDER BY year, n
