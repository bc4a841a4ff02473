SELECT
    book, year, n, record, step, at, text
FROM number
WHERE station_id = $1 AND record = $2
ORDER BY book, year, n
