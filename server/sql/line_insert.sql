INSERT INTO line (
    station_id, book, record, row_key, day, officer, sort, cells, place
) VALUES (
    $1, $2, $3, $4, $5, $6, $7, $8,
    COALESCE((
        SELECT number.year * 1000000000000 + number.n
        FROM number
        WHERE number.station_id = $1 AND number.book = $2 AND number.record = $3
    ), 9223372036854775807)
)
