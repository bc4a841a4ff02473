-- The lines of a record whose place is not that of its number.
SELECT line.row_key
FROM line
LEFT JOIN number ON number.station_id = line.station_id AND number.book = line.book
    AND number.record = line.record
WHERE line.station_id = $1 AND line.record = $2
    AND line.place <> COALESCE(number.year * 1000000000000 + number.n, 9223372036854775807)
