INSERT INTO link (
    station_id, record, field, target
) VALUES (
    $1, $2, $3, $4
)
