SELECT
    book, record, row_key, day, officer, sort, cells
FROM line
WHERE station_id = $1 AND record = $2
ORDER BY book, row_key
