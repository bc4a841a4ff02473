INSERT INTO open_limit (
    station_id, record, name, book, column_id, begun, due
) VALUES (
    $1, $2, $3, $4, $5, $6, $7
)
