INSERT INTO card (
    code, station_id, record
) VALUES (
    $1, $2, $3
)
ON CONFLICT DO NOTHING
