INSERT INTO catalogue (
    station_id, hash, bundle
) VALUES (
    $1, $2, $3
)
ON CONFLICT (station_id, hash) DO NOTHING
