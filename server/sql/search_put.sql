INSERT INTO search (
    station_id, record, words
) VALUES (
    $1, $2, $3
)
ON CONFLICT (station_id, record) DO UPDATE SET words = excluded.words
