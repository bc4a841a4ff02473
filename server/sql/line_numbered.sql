-- The lines of a book whose records have their number in it, by number.
SELECT
    line.cells, number.book, number.year, number.n, number.record, number.step, number.at,
    number.text
FROM number
JOIN line
    ON line.station_id = number.station_id
    AND line.book = number.book
    AND line.record = number.record
WHERE
    number.station_id = $1 AND number.book = $2 AND (number.year, number.n) > ($3, $4)
    AND COALESCE(line.day, '') >= $5 AND COALESCE(line.day, '') <= $6
ORDER BY number.year, number.n, line.row_key
LIMIT $7
