SELECT
    book, record, row_key, day, officer, sort, cells
FROM line
WHERE station_id = $1 AND book = $2
ORDER BY sort, record, row_key
