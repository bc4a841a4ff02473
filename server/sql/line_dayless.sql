SELECT
    record, cells
FROM line
WHERE station_id = $1 AND book = $2 AND day IS NULL
ORDER BY sort, record, row_key
