INSERT INTO line (
    station_id, book, record, row_key, day, officer, sort, cells
) VALUES (
    $1, $2, $3, $4, $5, $6, $7, $8
)
