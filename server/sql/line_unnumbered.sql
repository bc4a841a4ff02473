-- The lines of a book whose records have no number in it yet, by day and what sorts them.
SELECT
    record, day, sort, cells
FROM line
WHERE
    station_id = $1 AND book = $2 AND (day, sort, record) > ($3, $4, $5) AND day <= $6
    AND NOT EXISTS (
        SELECT 1 FROM number
        WHERE
            number.station_id = line.station_id
            AND number.record = line.record
            AND number.book = line.book
    )
ORDER BY day, sort, record
LIMIT $7
