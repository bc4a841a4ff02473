INSERT INTO number (
    station_id, book, year, n, record, step, at, text
) VALUES (
    $1, $2, $3, $4, $5, $6, $7, $8
)
